//! The time of one leader, and the handles that others look at it with.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::driver::time::{Moment, Now};
use crate::lock::lock;

/// Whether this process is the leader: a cheap clone, for the tasks that do the work.
#[derive(Clone, Debug)]
pub struct Leadership {
    shared: Arc<Mutex<Shared>>,
    fence: i64,
}

#[derive(Debug)]
struct Shared {
    /// When the clocks were last looked at.
    last: Now,
    /// The time from when the last accepted renewal was sent until then.
    spent: Duration,
    lasts: Duration,
    over: bool,
}

impl Leadership {
    /// Whether this process is the leader at this moment. Look before each step that two leaders must not do, with fresh clocks.
    #[must_use]
    pub fn is_valid(&self, now: Now) -> bool {
        !self.time_left(now).is_zero()
    }

    /// How long this process will be the leader without a further renewal: at most the renew deadline.
    #[must_use]
    pub fn time_left(&self, now: Now) -> Duration {
        let shared = lock(&self.shared);
        if shared.over { Duration::ZERO } else { shared.lasts.saturating_sub(shared.elapsed(now)) }
    }

    /// A number that grows with each leader: `leaseTransitions`. A store that refuses smaller numbers than the greatest that it has seen is
    /// safe from a leader that was stopped for long. It begins again at zero if the lease is deleted.
    #[must_use]
    pub fn fence(&self) -> i64 {
        self.fence
    }
}

impl Shared {
    fn elapsed(&self, now: Now) -> Duration {
        self.spent.saturating_add(between(self.last, now))
    }
}

/// The time between two readings, by the clock that says more: one of them may have stood still.
pub(super) fn between(before: Now, now: Now) -> Duration {
    (now.mono - before.mono).max(now.unix.saturating_sub(before.unix))
}

/// The leader's side.
#[derive(Debug)]
pub(super) struct Term {
    leadership: Leadership,
}

impl Term {
    /// The claim was sent this long before now.
    pub(super) fn new(spent: Duration, now: Now, lasts: Duration, fence: i64) -> Self {
        let shared = Shared { last: now, spent, lasts, over: false };
        Self { leadership: Leadership { shared: Arc::new(Mutex::new(shared)), fence } }
    }

    pub(super) fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Whether the term lasts until now and longer. Each look counts the time since the last one, so that a clock that was set back
    /// hides only the time until the next.
    pub(super) fn look(&mut self, now: Now) -> bool {
        let mut shared = lock(&self.leadership.shared);
        (shared.spent, shared.last) = (shared.elapsed(now), now);
        shared.spent < shared.lasts
    }

    /// A renewal that was sent this long before now was accepted.
    pub(super) fn renew(&mut self, spent: Duration, now: Now) {
        let mut shared = lock(&self.leadership.shared);
        (shared.spent, shared.last) = (spent, now);
    }

    /// The moment at which the term ends without a renewal, if no clock jumps.
    pub(super) fn end(&self) -> Moment {
        let shared = lock(&self.leadership.shared);
        shared.last.mono + shared.lasts.saturating_sub(shared.spent)
    }

    pub(super) fn over(self) {
        lock(&self.leadership.shared).over = true;
    }
}
