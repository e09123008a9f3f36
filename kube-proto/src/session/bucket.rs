//! A token bucket whose tokens are reserved: each call learns when it may be sent.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::driver::time::Moment;
use crate::lock::lock;
use crate::settings::policy::Rate;

/// A token bucket in the form of its theoretical arrival time (GCRA), without a timer.
#[derive(Debug)]
pub(crate) struct Bucket {
    interval: Duration,
    tolerance: Duration,
    arrival: Moment,
    /// Earlier arrivals that were reserved and returned unused.
    free: BTreeSet<Moment>,
}

/// A reserved token. Dropped unused, it is free for another call.
#[derive(Debug)]
pub(crate) struct Token {
    of: Arc<Mutex<Bucket>>,
    arrival: Moment,
    /// The token is usable from this moment.
    pub(super) slot: Moment,
    pub(super) used: bool,
}

impl Bucket {
    pub(crate) fn new(rate: Rate) -> Self {
        let interval = interval(rate.per_second);
        let tolerance = interval.saturating_mul(rate.burst.max(1) - 1);
        Self { interval, tolerance, arrival: Moment::ZERO, free: BTreeSet::new() }
    }

    /// The next available token; `None` if it is usable only after `until`.
    pub(super) fn take(this: &Arc<Mutex<Self>>, now: Moment, until: Option<Moment>) -> Option<Token> {
        let (arrival, slot) = lock(this).reserve(now, until)?;
        Some(Token { of: Arc::clone(this), arrival, slot, used: false })
    }

    /// Changes the rate. Tokens that are reserved keep their moments.
    pub(super) fn change(this: &Mutex<Self>, per_second: f64) {
        let mut bucket = lock(this);
        bucket.interval = interval(per_second);
    }

    /// When the next token is usable.
    pub(crate) fn next(&self, now: Moment) -> Moment {
        self.arrival(now).before(self.tolerance).max(now)
    }

    fn arrival(&self, now: Moment) -> Moment {
        self.free.range(now..).next().copied().unwrap_or_else(|| self.arrival.max(now))
    }

    /// Reserves the next token: its arrival, and the moment from which it is usable. `None` if that is after `until`.
    pub(crate) fn reserve(&mut self, now: Moment, until: Option<Moment>) -> Option<(Moment, Moment)> {
        // A token that was returned after its moment has expired, like one that was never taken.
        self.free = self.free.split_off(&now);
        let arrival = self.arrival(now);
        let slot = arrival.before(self.tolerance).max(now);
        if until.is_some_and(|until| slot > until) {
            return None;
        }
        if !self.free.remove(&arrival) {
            self.arrival = arrival.after(self.interval);
        }
        Some((arrival, slot))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.used {
            lock(&self.of).free.insert(self.arrival);
        }
    }
}

fn interval(per_second: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / per_second.max(1e-6)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Moment {
        Moment::after_zero(Duration::from_millis(n))
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut bucket = Bucket::new(Rate { per_second: 10.0, burst: 3 });
        let mut slot = |now| bucket.reserve(now, None).unwrap().1;
        let slots: Vec<_> = (0..5).map(|_| slot(ms(1000))).collect();
        assert_eq!(slots, [ms(1000), ms(1000), ms(1000), ms(1100), ms(1200)]);
        assert_eq!(slot(ms(9000)), ms(9000), "a pause fills it up");
    }
}
