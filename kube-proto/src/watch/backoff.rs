//! How long to wait before the next exchange.

use std::time::Duration;

use crate::driver::time::Moment;
use crate::random::Random;

/// Waits that grow: the numbers of the official client unless others are set (WIRE §4.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// Each wait is so many times the one before...
    pub factor: f64,
    /// ...up to this.
    pub cap: Duration,
    /// Each wait is lengthened by a random part of itself, below this factor.
    pub jitter: f64,
    /// After so much time without a wait the next one is the first again.
    pub reset: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        let (first, cap, reset) = (Duration::from_millis(800), Duration::from_secs(30), Duration::from_secs(120));
        Self { first, factor: 2.0, cap, jitter: 1.0, reset }
    }
}

/// Where one watch stands with its waits.
#[derive(Clone, Debug, Default)]
pub(super) struct BackoffState {
    /// The next wait, before its jitter.
    next: Option<Duration>,
    /// When the last one began.
    last: Moment,
    /// The theoretical arrival time of steps without a wait: one a second, after five at once (GCRA).
    arrival: Moment,
}

impl BackoffState {
    /// The wait that begins now.
    pub(super) fn back_off(&mut self, policy: &Backoff, now: Moment, random: &mut Random) -> Duration {
        if now.since(self.last) > policy.reset {
            self.next = None;
        }
        self.last = now;
        let base = self.next.unwrap_or(policy.first).min(policy.cap);
        self.next = Some(Duration::try_from_secs_f64(base.as_secs_f64() * policy.factor).unwrap_or(policy.cap));
        let wait = random.jitter(base, policy.jitter);
        // However short the waits are set: what fails is never repeated without end at once.
        if wait < INTERVAL { wait.max(self.hurry(now)) } else { wait }
    }

    /// The wait before a step that needs none: almost always zero.
    pub(super) fn hurry(&mut self, now: Moment) -> Duration {
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
        // A minute later the trouble is the same; two minutes later it is another.
        assert!(pace.back_off(&Backoff::default(), Moment::after_zero(now + s(60)), &mut random) >= s(30));
        assert!(pace.back_off(&Backoff::default(), Moment::after_zero(now + s(181)), &mut random) < s(2));
    }

    #[test]
    fn a_backoff_of_nothing_is_paced_all_the_same() {
        let none = Backoff { first: s(0), ..Backoff::default() };
        let (mut pace, mut random) = (BackoffState::default(), Random::new(7));
        let waits: Vec<_> = (0..7).map(|_| pace.back_off(&none, Moment::after_zero(s(10)), &mut random)).collect();
        assert_eq!(waits, [s(0), s(0), s(0), s(0), s(0), s(1), s(2)]);
    }

    #[test]
    fn steps_without_a_wait_are_five_and_then_one_a_second() {
        let mut pace = BackoffState::default();
        let waits: Vec<_> = (0..8).map(|_| pace.hurry(Moment::after_zero(s(10)))).collect();
        assert_eq!(waits, [s(0), s(0), s(0), s(0), s(0), s(1), s(2), s(3)]);
        assert_eq!(pace.hurry(Moment::after_zero(s(100))), s(0));
    }
}
