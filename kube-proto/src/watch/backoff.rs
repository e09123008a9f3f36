//! The wait before the next exchange.

use std::time::Duration;

use crate::driver::time::Moment;
use crate::random::Random;

/// Exponential backoff. The defaults are those of client-go (docs/wire.md §4.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The first wait. 800 ms by default.
    pub first: Duration,
    /// The factor from one wait to the next. 2 by default.
    pub factor: f64,
    /// The longest wait, before its jitter. 30 s by default.
    pub cap: Duration,
    /// Each wait is lengthened by a random part of itself, below this factor. 1 by default.
    pub jitter: f64,
    /// After this time without a wait, the next one is `first` again. 120 s by default.
    pub reset: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        let (first, cap, reset) = (Duration::from_millis(800), Duration::from_secs(30), Duration::from_secs(120));
        Self { first, factor: 2.0, cap, jitter: 1.0, reset }
    }
}

/// The waits of one watch so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct BackoffState {
    /// The next wait, before its jitter.
    next: Option<Duration>,
    /// When the last wait began.
    last: Moment,
    /// The theoretical arrival time of steps without a wait (GCRA): five at once, then one per second.
    arrival: Moment,
}

impl BackoffState {
    /// Starts a wait and returns its length.
    pub(crate) fn back_off(&mut self, policy: &Backoff, now: Moment, random: &mut Random) -> Duration {
        if now.since(self.last) > policy.reset {
            self.next = None;
        }
        self.last = now;
        let base = self.next.unwrap_or(policy.first).min(policy.cap);
        self.next = Some(Duration::try_from_secs_f64(base.as_secs_f64() * policy.factor).unwrap_or(policy.cap));
        let wait = random.jitter(base, policy.jitter);
        // Even with very short waits, failures are not repeated in a tight loop.
        if wait < INTERVAL { wait.max(self.hurry(now)) } else { wait }
    }

    /// The wait before a step without backoff: zero, unless there were many such steps.
    pub(crate) fn hurry(&mut self, now: Moment) -> Duration {
        let arrival = self.arrival.max(now);
        self.arrival = arrival.after(INTERVAL);
        arrival.before(INTERVAL * (BURST - 1)).since(now)
    }
}

const INTERVAL: Duration = Duration::from_secs(1);
const BURST: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn waits_grow_to_their_cap_and_are_jittered() {
        let (mut pace, mut random) = (BackoffState::default(), Random::new(7));
        let mut now = s(1000);
        for base in [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000] {
            let wait = pace.back_off(&Backoff::default(), Moment::after_zero(now), &mut random);
            let base = Duration::from_millis(base);
            assert!(wait >= base && wait < base * 2, "{wait:?} for {base:?}");
            now += wait;
        }
        // Within `reset` the waits continue; after it they start again.
        assert!(pace.back_off(&Backoff::default(), Moment::after_zero(now + s(60)), &mut random) >= s(30));
        assert!(pace.back_off(&Backoff::default(), Moment::after_zero(now + s(181)), &mut random) < s(2));
    }

    #[test]
    fn a_backoff_of_zero_is_still_paced() {
        let none = Backoff { first: s(0), ..Backoff::default() };
        let (mut pace, mut random) = (BackoffState::default(), Random::new(7));
        let waits: Vec<_> = (0..7).map(|_| pace.back_off(&none, Moment::after_zero(s(10)), &mut random)).collect();
        assert_eq!(waits, [s(0), s(0), s(0), s(0), s(0), s(1), s(2)]);
    }

    #[test]
    fn steps_without_a_wait_are_five_and_then_one_per_second() {
        let mut pace = BackoffState::default();
        let waits: Vec<_> = (0..8).map(|_| pace.hurry(Moment::after_zero(s(10)))).collect();
        assert_eq!(waits, [s(0), s(0), s(0), s(0), s(0), s(1), s(2), s(3)]);
        assert_eq!(pace.hurry(Moment::after_zero(s(100))), s(0));
    }
}
