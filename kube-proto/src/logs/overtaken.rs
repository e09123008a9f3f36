//! Lines of the next run that were taken for lines of the run before: the pod's status may be seconds behind the kubelet.
//!
//! | state | event | next |
//! |---|---|---|
//! | `ahead` is none | a response begins | keeps what was yielded before it, and the time of its first new line |
//! | `ahead` is none | the next run began before the first new line of a response | `ahead` is what was yielded; the rest goes on from what was yielded before that response |
//! | `ahead` is some | the rest was read | none; the next run goes on from `ahead` |

use std::collections::VecDeque;
use std::mem;

use jiff::SignedDuration;

use super::seen::Seen;

/// The last responses of the current run that had new lines.
#[derive(Debug, Default)]
pub(super) struct Overtaken {
    responses: VecDeque<Response>,
    /// What was yielded of a later run, while the rest of the run before is read.
    ahead: Option<Seen>,
}

#[derive(Debug)]
struct Response {
    before: Seen,
    /// The time of its first new line.
    first: Option<SignedDuration>,
}

/// So many responses fit in the seconds that the pod's status may be late.
const RESPONSES: usize = 4;

impl Overtaken {
    /// A response begins, which may be of a later run than the pod said.
    pub(super) fn begin(&mut self, seen: &Seen) {
        self.responses.retain(|response| response.first.is_some());
        if self.responses.len() >= RESPONSES {
            self.responses.pop_front();
        }
        self.responses.push_back(Response { before: seen.clone(), first: None });
    }

    /// That response has a new line of this time.
    pub(super) fn line(&mut self, time: SignedDuration) {
        if let Some(response) = self.responses.back_mut() {
            response.first.get_or_insert(time);
        }
    }

    /// The rest of the run before is to be read; the current run began in this second.
    pub(super) fn go_back(&mut self, seen: &mut Seen, began: SignedDuration) {
        if self.ahead.is_some() {
            return;
        }
        let place = self.responses.iter().position(|response| response.first.is_some_and(|first| first >= began));
        if let Some(Response { mut before, .. }) = place.and_then(|place| self.responses.drain(place..).next()) {
            before.add_within(seen, began);
            self.ahead = Some(mem::replace(seen, before));
        }
    }

    /// Whether a line of this time comes after lines of the next run.
    pub(super) fn is_late(&self, time: SignedDuration) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.is_after(time))
    }

    /// The rest of the run before is over.
    pub(super) fn go_on(&mut self, seen: &mut Seen) {
        self.responses.clear();
        if let Some(ahead) = self.ahead.take() {
            *seen = ahead;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seen::Print;
    use super::*;

    fn at(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    #[test]
    fn the_rest_begins_before_the_first_response_of_the_next_run() {
        let (mut overtaken, mut seen) = (Overtaken::default(), Seen::new(10, false));
        // More responses than are kept, each with a line.
        for second in 0..8 {
            overtaken.begin(&seen);
            // One that has nothing new leaves nothing.
            overtaken.begin(&seen);
            overtaken.line(at(second * 10));
            seen.began(Print::of(at(second * 10), b"x"), true);
        }
        assert_eq!(overtaken.responses.len(), RESPONSES);
        overtaken.go_back(&mut seen, at(60));
        assert_eq!(seen.resume().since, Some(49));
        assert!(overtaken.is_late(at(55)) && !overtaken.is_late(at(71)));
        // A second time changes nothing.
        overtaken.go_back(&mut seen, at(0));
        assert_eq!(seen.resume().since, Some(49));
        overtaken.go_on(&mut seen);
        assert_eq!(seen.resume().since, Some(69));
        overtaken.go_back(&mut seen, at(0));
        assert_eq!(seen.resume().since, Some(69));
    }
}
