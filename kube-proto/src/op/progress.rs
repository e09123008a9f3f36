//! Whether a response makes progress.
//!
//! | response | event | the deadline |
//! |---|---|---|
//! | any | the first wait, or the first after it was set anew | set to the idle time-out from now |
//! | a stream | data | set anew |
//! | a watch | an event, or with the earlier data [`MUCH`] bytes or more | set anew |
//! | a watch | less data than that | stays, as for a call |
//! | a call | data, with the earlier data [`LEAST`] bytes or more | set anew |
//! | a call | less data than that | stays; time in which the caller does not wait does not count |
//! | any | data, [`LATE`] or more after the deadline | set anew: the caller was late, and when the data came is not known |
//!
//! So a server that drips one byte every two seconds is found, although it is never silent, and so is a watch that gets
//! nothing but blank lines. Any other stream may be as slow as it likes.

use std::time::Duration;

use crate::driver::effect::ExchangeKind;
use crate::driver::time::Moment;
use crate::error::TimeoutStage;

/// The progress of one response's body.
#[derive(Debug)]
pub(super) struct Progress {
    idle: Option<Duration>,
    least: usize,
    /// The rest of the time, at the last data.
    left: Duration,
    /// Bytes since the deadline was set anew.
    received: usize,
    /// Set while the caller waits.
    until: Option<Moment>,
}

/// The bytes of a call's response that must arrive within its idle time-out, unless it ends before.
pub(super) const LEAST: usize = 1024;

/// The bytes of a watch that count without a whole event: a large one takes time.
pub(super) const MUCH: usize = 16 << 10;

/// A driver that wakes for the deadline is not later than this.
const LATE: Duration = Duration::from_secs(1);

impl Progress {
    /// `of_events`: the stream is a watch.
    pub(super) fn new(idle: Option<Duration>, kind: ExchangeKind, of_events: bool) -> Self {
        let least = match kind {
            ExchangeKind::Call => LEAST,
            _ if of_events => MUCH,
            _ => 1,
        };
        Self { idle, least, left: idle.unwrap_or_default(), received: 0, until: None }
    }

    /// So many bytes arrived.
    pub(super) fn receive(&mut self, bytes: usize, now: Moment) {
        self.received = self.received.saturating_add(bytes);
        match self.until.take() {
            Some(until) if now.since(until) >= LATE => self.begin(),
            _ if self.received >= self.least => self.begin(),
            Some(until) => self.left = until.since(now),
            None => {}
        }
    }

    /// The deadline, for a caller that waits now.
    pub(super) fn wait(&mut self, now: Moment) -> Option<Moment> {
        self.idle?;
        Some(*self.until.get_or_insert_with(|| now.after(self.left)))
    }

    /// The stage that took too long, after the deadline.
    pub(super) fn missed(&self) -> TimeoutStage {
        if self.received == 0 { TimeoutStage::Body } else { TimeoutStage::Progress }
    }

    /// Sets the deadline anew.
    pub(super) fn begin(&mut self) {
        (self.left, self.received) = (self.idle.unwrap_or_default(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    fn ten(kind: ExchangeKind) -> Progress {
        Progress::new(Some(Duration::from_secs(10)), kind, false)
    }

    #[test]
    fn a_call_that_drips_has_one_deadline() {
        let mut progress = ten(ExchangeKind::Call);
        for second in (0..10).step_by(2) {
            assert_eq!(progress.wait(s(second)), Some(s(10)));
            progress.receive(1, s(second + 1));
            assert_eq!(progress.wait(s(second + 1)), Some(s(10)));
            progress.receive(1, s(second + 2));
        }
        assert_eq!(progress.wait(s(10)), Some(s(10)), "the time is over, and not set anew by the last byte");
        let mut progress = ten(ExchangeKind::Call);
        assert_eq!(progress.wait(s(0)), Some(s(10)));
        progress.receive(1, s(5));
        // From 5 to 30 the caller does something else.
        assert_eq!(progress.wait(s(30)), Some(s(35)));
        assert_eq!(progress.missed(), TimeoutStage::Progress);
        progress.receive(LEAST - 1, s(34));
        assert_eq!(progress.wait(s(34)), Some(s(44)));
        assert_eq!(progress.missed(), TimeoutStage::Body);
    }

    #[test]
    fn a_late_caller_s_time_is_not_the_server_s() {
        let mut progress = ten(ExchangeKind::Call);
        assert_eq!(progress.wait(s(0)), Some(s(10)));
        progress.receive(1, s(60));
        assert_eq!(progress.wait(s(60)), Some(s(70)));
    }

    #[test]
    fn a_stream_may_be_slow() {
        let mut progress = ten(ExchangeKind::Stream);
        for second in (0..100).step_by(9) {
            assert_eq!(progress.wait(s(second)), Some(s(second + 10)));
            progress.receive(1, s(second + 9));
        }
        assert_eq!(ten(ExchangeKind::Stream).missed(), TimeoutStage::Body);
        assert_eq!(Progress::new(None, ExchangeKind::Stream, false).wait(s(5)), None);
    }
    #[test]
    fn a_watch_needs_events_or_much_data() {
        let mut progress = Progress::new(Some(Duration::from_secs(10)), ExchangeKind::Stream, true);
        assert_eq!(progress.wait(s(0)), Some(s(10)));
        progress.receive(MUCH - 1, s(4));
        assert_eq!(progress.wait(s(4)), Some(s(10)));
        assert_eq!(progress.missed(), TimeoutStage::Progress);
        progress.receive(1, s(6));
        assert_eq!(progress.wait(s(6)), Some(s(16)));
        progress.receive(1, s(8));
        progress.begin();
        assert_eq!(progress.wait(s(8)), Some(s(18)));
    }
}
