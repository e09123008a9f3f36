//! Lines of the next run that were taken for lines of the run before: the pod's status may be seconds behind the kubelet.
//!
//! | state | event | next |
//! |---|---|---|
//! | `ahead` is none | a response begins | keeps what was yielded before it, and the time of its first new line |
//! | `ahead` is none | the next run began before the first new line of a response | `ahead` is what was yielded; the rest goes on from what was yielded before that response |
//! | `ahead` is some | the rest was read | none; the next run goes on from `ahead` |
//! | `ahead` is some | what is read as the rest begins with the next run, or in its second: that one may have ended, too | the same, and a doubt |

use std::collections::VecDeque;
use std::mem;

use jiff::SignedDuration;

use super::seen::{Print, Seen};

/// The last responses of the current run that had new lines.
#[derive(Debug, Default)]
pub(super) struct Overtaken {
    responses: VecDeque<Response>,
    /// What was yielded of a later run, while the rest of the run before is read, and its first line.
    ahead: Option<(Seen, Print)>,
}

#[derive(Debug)]
struct Response {
    before: Seen,
    /// Its first new line.
    first: Option<Print>,
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

    /// That response has this new line.
    pub(super) fn line(&mut self, line: Print) {
        if let Some(response) = self.responses.back_mut() {
            response.first.get_or_insert(line);
        }
    }

    /// The rest of the run before is to be read; the current run began in this second.
    pub(super) fn go_back(&mut self, seen: &mut Seen, began: SignedDuration) {
        if self.ahead.is_some() {
            return;
        }
        let place = self.responses.iter().position(|response| response.first.is_some_and(|first| first.time >= began));
        let response = place.and_then(|place| self.responses.drain(place..).next());
        if let Some(Response { mut before, first: Some(first) }) = response {
            before.add_within(seen, began);
            self.ahead = Some((mem::replace(seen, before), first));
        }
    }

    /// Whether a line of this time comes after lines of the next run.
    pub(super) fn is_late(&self, time: SignedDuration) -> bool {
        self.ahead.as_ref().is_some_and(|(ahead, _)| ahead.is_after(time))
    }

    /// Whether what begins with this line is not the rest of the run before, but the next run.
    pub(super) fn is_next(&self, line: Print) -> bool {
        self.ahead.as_ref().is_some_and(|(_, first)| line.time > first.time || line == *first)
    }

    /// The rest of the run before is over.
    pub(super) fn go_on(&mut self, seen: &mut Seen) {
        self.responses.clear();
        if let Some((ahead, _)) = self.ahead.take() {
            *seen = ahead;
        }
    }
}

#[cfg(test)]
mod tests {
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
            let line = Print::of(at(second * 10), b"x");
            overtaken.line(line);
            seen.began(line, true);
        }
        assert_eq!(overtaken.responses.len(), RESPONSES);
        overtaken.go_back(&mut seen, at(60));
        assert_eq!(seen.resume().since, Some(49));
        assert!(overtaken.is_late(at(55)) && !overtaken.is_late(at(71)));
        let next = |second, text: &[u8]| Print::of(at(second), text);
        assert!(overtaken.is_next(next(60, b"x")) && overtaken.is_next(next(61, b"y")));
        assert!(!overtaken.is_next(next(59, b"x")) && !overtaken.is_next(next(60, b"y")));
        // A second time changes nothing.
        overtaken.go_back(&mut seen, at(0));
        assert_eq!(seen.resume().since, Some(49));
        overtaken.go_on(&mut seen);
        assert!(!overtaken.is_next(next(60, b"x")));
        assert_eq!(seen.resume().since, Some(69));
        overtaken.go_back(&mut seen, at(0));
        assert_eq!(seen.resume().since, Some(69));
    }
}
