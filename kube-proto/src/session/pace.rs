//! The rate of one class of requests while the server asks for fewer: 429, its flow control.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Free` | a 429 | `Slowed`: to `lower` of the rate of the last second |
//! | `Slowed` | a 429, `every` or longer after it was last lowered | `Slowed`, to `lower` of this rate, at least `least` |
//! | `Slowed` | a 429 before that | `Slowed`: it is an answer to what was sent before, so the rate is at most `lower` of what was accepted |
//! | `Slowed` | `every` without a 429 | `Slowed`, to a rate higher by `raise` of the first one |
//! | `Slowed` | the rate reaches the first one | `Free` |
//!
//! Requests of another class keep their rate. The server's flow control has levels for users and kinds of requests, and the
//! renewal of a lease must not wait because lists were too many.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::bucket::Bucket;
use crate::driver::time::Moment;
use crate::observe::RateStep;
use crate::settings::policy::{AdaptivePolicy, Rate};

/// The pace of one class.
#[derive(Debug)]
pub(crate) struct Pace {
    policy: AdaptivePolicy,
    /// The requests of the last whole second, and of the current one.
    last: u32,
    current: (Moment, u32),
    state: State,
}

#[derive(Debug)]
enum State {
    Free,
    /// `first` is the rate at the first 429, `changed` the time of the last step, `lowered` that of the last one down.
    Slowed {
        rate: f64,
        first: f64,
        changed: Moment,
        lowered: Moment,
        bucket: Arc<Mutex<Bucket>>,
    },
}

impl Pace {
    pub(crate) fn new(policy: AdaptivePolicy) -> Self {
        Self { policy, last: 0, current: (Moment::ZERO, 0), state: State::Free }
    }

    /// Counts a request that is about to ask for its tokens. The bucket that it needs a token of, if there is one; and
    /// whether the rate has changed.
    pub(crate) fn enter(&mut self, now: Moment) -> (Option<Arc<Mutex<Bucket>>>, Option<RateStep>) {
        self.count(now, 1);
        let changed = self.advance(now);
        match &self.state {
            State::Free => (None, changed),
            State::Slowed { bucket, .. } => (Some(Arc::clone(bucket)), changed),
        }
    }

    /// The server sent a 429. The rate, if it is lower now.
    pub(crate) fn rejected(&mut self, now: Moment) -> Option<RateStep> {
        let before = self.rate();
        self.reject(now);
        self.rate().filter(|rate| before.is_none_or(|before| *rate < before)).map(RateStep::Lowered)
    }

    fn reject(&mut self, now: Moment) {
        self.count(now, 0);
        self.advance(now);
        let AdaptivePolicy { lower, least, every, .. } = self.policy;
        match &mut self.state {
            State::Free => {
                let first = f64::from(self.last.max(self.current.1)).max(least);
                let rate = (first * lower).max(least);
                let bucket = Arc::new(Mutex::new(Bucket::new(Rate { per_second: rate, burst: 1 })));
                self.state = State::Slowed { rate, first, changed: now, lowered: now, bucket };
            }
            State::Slowed { rate, changed, lowered, bucket, .. } if now.since(*lowered) >= every => {
                (*rate, *changed, *lowered) = ((*rate * lower).max(least), now, now);
                Bucket::change(bucket, *rate);
            }
            State::Slowed { rate, first, bucket, .. } => {
                // A burst is sent before its first 429 arrives. Only what the server accepted of it says what it can do.
                *first = (*first - 1.0).max(least);
                let most = (*first * lower).max(least);
                if *rate > most {
                    *rate = most;
                    Bucket::change(bucket, *rate);
                }
            }
        }
    }

    /// The rate, in requests per second; `None` if it is free.
    fn rate(&self) -> Option<f64> {
        match self.state {
            State::Free => None,
            State::Slowed { rate, .. } => Some(rate),
        }
    }

    /// Raises the rate by the steps that are due.
    fn advance(&mut self, now: Moment) -> Option<RateStep> {
        let AdaptivePolicy { raise, every, .. } = self.policy;
        let every = every.max(Duration::from_millis(1));
        let State::Slowed { rate, first, changed, bucket, .. } = &mut self.state else { return None };
        let steps = now.since(*changed).as_nanos() / every.as_nanos();
        if steps == 0 {
            return None;
        }
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        *rate += f64::from(steps) * raise * *first;
        *changed = changed.after(every.saturating_mul(steps));
        if *rate >= *first {
            self.state = State::Free;
            return Some(RateStep::Free);
        }
        Bucket::change(bucket, *rate);
        Some(RateStep::Raised(*rate))
    }

    fn count(&mut self, now: Moment, requests: u32) {
        let (since, count) = self.current;
        match now.since(since) {
            span if span < SECOND => self.current.1 = count.saturating_add(requests),
            span => {
                self.last = if span < SECOND * 2 { count } else { 0 };
                self.current = (now, requests);
            }
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Moment {
        Moment::after_zero(Duration::from_millis(n))
    }

    const POLICY: AdaptivePolicy = AdaptivePolicy { lower: 0.5, raise: 0.1, every: Duration::from_secs(1), least: 2.0 };

    #[test]
    fn the_table() {
        let mut pace = Pace::new(POLICY);
        for n in 0..100 {
            assert!(pace.enter(ms(5000 + n * 10)).0.is_none(), "free");
        }
        assert_eq!(pace.rejected(ms(6000)), Some(RateStep::Lowered(50.0)));
        assert_eq!(pace.rate(), Some(50.0), "half of the last second's");
        pace.rejected(ms(6500));
        assert_eq!(pace.rate(), Some(49.5), "one of the hundred was not accepted");
        assert!(pace.enter(ms(7000)).0.is_some());
        assert_eq!(pace.rate(), Some(59.4), "a step");
        pace.rejected(ms(8100));
        assert_eq!(pace.rate(), Some(69.3 / 2.0), "a step up, and half of that");
        assert_eq!(pace.rejected(ms(8999)), None, "it is low enough");
        assert_eq!(pace.rate(), Some(69.3 / 2.0));
        for second in 9..15 {
            assert!(pace.enter(ms(second * 1000 + 100)).0.is_some(), "{second}");
        }
        let (bucket, changed) = pace.enter(ms(15_100));
        assert!(bucket.is_none() && changed == Some(RateStep::Free), "free again");
        assert_eq!(pace.rate(), None);
    }

    #[test]
    fn it_stays_above_the_least() {
        let policy = AdaptivePolicy { raise: 0.0, ..POLICY };
        let mut pace = Pace::new(policy);
        (0..20).for_each(|n| drop(pace.enter(ms(n))));
        for second in 1..10 {
            pace.rejected(ms(second * 2000 - 1000 + 1));
        }
        assert_eq!(pace.rate(), Some(2.0));
        let mut idle = Pace::new(policy);
        idle.rejected(ms(60_000));
        assert_eq!(idle.rate(), Some(2.0), "a first request that is rejected");
    }
}
