//! Whether a response makes progress.
//!
//! | response | event | the deadline |
//! |---|---|---|
//! | any | the first wait, or the first after it was set anew | set to the idle time-out from now |
//! | a stream | data | set anew |
//! | a call | data, with the earlier data [`LEAST`] bytes or more | set anew |
//! | a call | less data than that | stays; time in which the caller does not wait does not count |
//! | any | data, [`LATE`] or more after the deadline | set anew: the caller was late, and when the data came is not known |
//!
//! So a server that drips one byte every two seconds is found, although it is never silent. A stream may be as slow as
//! its events.

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

/// A driver that wakes for the deadline is not later than this.
const LATE: Duration = Duration::from_secs(1);

impl Progress {
    pub(super) fn new(idle: Option<Duration>, kind: ExchangeKind) -> Self {
        let least = if kind == ExchangeKind::Call { LEAST } else { 1 };
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

    fn begin(&mut self) {
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
        Progress::new(Some(Duration::from_secs(10)), kind)
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
        assert_eq!(Progress::new(None, ExchangeKind::Stream).wait(s(5)), None);
    }
}
