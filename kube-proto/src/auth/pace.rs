//! A limit on how often a credential is fetched.
//!
//! | fetch | pause before the next |
//! |---|---|
//! | fails | 1 s, then 2 s, 4 s, … up to [`CAP`]; or until the credential in use ends, if that is sooner |
//! | works, but within the last pause and [`SOON`] after the one before, or replaces a credential that was refused at its first use | 1 s, then 2 s, 4 s, … up to [`CAP`] |
//! | works otherwise | none |
//!
//! A random part of up to half is added to each pause: the programs of a cluster do not ask an issuer together.
//!
//! All calls of a session share the pause. During it, a call uses the credential in use, or fails at once with the last
//! error. An hour of failures has at most 65 fetches, and a source that recovers is found within one and a half
//! times [`CAP`].

use std::time::Duration;

use crate::driver::time::{Moment, Now};
use crate::random::Random;

/// The pace of one source.
#[derive(Debug, Default)]
pub(crate) struct FetchPace {
    /// Fetches in a row that count as failures.
    strikes: u32,
    /// The pause after the last strike.
    pause: Duration,
    not_before: Moment,
    /// The time of the last fetch that worked.
    worked: Option<Now>,
}

impl FetchPace {
    /// A fetch failed. `spare` is the expiry of the credential in use, if that is still good. The pause ends at the
    /// latest then.
    pub(crate) fn fail(&mut self, spare: Option<Moment>, now: Now, random: &mut Random) {
        self.strike(now, random);
        if let Some(end) = spare {
            self.not_before = self.not_before.min(end);
        }
    }

    /// A fetch worked. `wasted`: it replaces a credential that was refused at its first use.
    pub(crate) fn work(&mut self, wasted: bool, now: Now, random: &mut Random) {
        // Fetches that follow each other after exactly the pause are still too fast.
        let usual = self.pause.saturating_add(SOON);
        let soon = self.worked.is_some_and(|at| at.mono.after(usual) > now.mono);
        if wasted || soon {
            self.strike(now, random);
        } else {
            (self.strikes, self.pause) = (0, Duration::ZERO);
        }
        self.worked = Some(now);
    }

    /// The rest of the pause, if there is one.
    pub(crate) fn held(&self, now: Moment) -> Option<Duration> {
        Some(self.not_before.since(now)).filter(|left| !left.is_zero())
    }

    /// Whether the last successful fetch was less than [`MOMENT`] ago: another fetch would give the same refused value.
    ///
    /// Both clocks must agree. The monotonic clock stands still while a machine sleeps.
    pub(crate) fn just_worked(&self, now: Now) -> bool {
        self.worked.is_some_and(|at| at.mono.after(MOMENT) > now.mono && at.unix.abs_diff(now.unix) < MOMENT)
    }

    fn strike(&mut self, now: Now, random: &mut Random) {
        self.pause = random.jitter(FIRST.saturating_mul(1 << self.strikes.min(16)).min(CAP), JITTER);
        self.strikes = self.strikes.saturating_add(1);
        self.not_before = now.mono.after(self.pause);
    }
}

/// The pause after the first failure. It doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause, without its random part.
const CAP: Duration = Duration::from_secs(60);
/// The part of a pause that a random number adds at most.
const JITTER: f64 = 0.5;
/// A successful fetch that follows another within the last pause and this span counts as a failure.
const SOON: Duration = Duration::from_secs(5);
/// A refused value younger than this is not replaced.
const MOMENT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now::default().after(Duration::from_secs(seconds))
    }

    /// The rest of the pause, in seconds.
    fn held(pace: &FetchPace, seconds: u64) -> f64 {
        pace.held(Moment::after_zero(Duration::from_secs(seconds))).unwrap_or_default().as_secs_f64()
    }

    #[track_caller]
    fn about(pause: f64, least: u32) {
        assert!((f64::from(least)..f64::from(least) * 1.5).contains(&pause), "{pause} is not about {least}");
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_end_with_success() {
        let (mut pace, mut random) = (FetchPace::default(), Random::new(1));
        assert_eq!(held(&pace, 0), 0.0);
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            pace.fail(None, at(100), &mut random);
            about(held(&pace, 100), pause);
        }
        pace.work(false, at(200), &mut random);
        assert_eq!(held(&pace, 200), 0.0);
        pace.fail(None, at(300), &mut random);
        about(held(&pace, 300), 1);
    }

    #[test]
    fn programs_do_not_ask_an_issuer_together() {
        let mut pauses: Vec<_> = (0..20)
            .map(|seed| {
                let (mut pace, mut random) = (FetchPace::default(), Random::new(seed));
                pace.fail(None, at(0), &mut random);
                (held(&pace, 0) * 1e9) as u64
            })
            .collect();
        pauses.sort();
        pauses.dedup();
        assert!(pauses.len() > 10 && pauses.last().unwrap() - pauses[0] > 250_000_000, "{pauses:?}");
    }

    #[test]
    fn a_pause_ends_with_the_credential_in_use() {
        let (mut pace, mut random) = (FetchPace::default(), Random::new(1));
        let end = Some(Moment::after_zero(Duration::from_secs(110)));
        (0..9).for_each(|_| pace.fail(end, at(100), &mut random));
        assert_eq!(held(&pace, 100), 10.0);
    }

    #[test]
    fn success_too_often_is_a_storm_as_well() {
        let (mut pace, mut random) = (FetchPace::default(), Random::new(1));
        let fetches = (0..3600).filter(|second| {
            let free = pace.held(Moment::after_zero(Duration::from_secs(*second))).is_none();
            if free {
                pace.work(false, at(*second), &mut random);
            }
            free
        });
        assert!(fetches.count() < 80);
        let mut pace = FetchPace::default();
        for (second, pause) in [(0, 1), (100, 2), (200, 4)] {
            pace.work(true, at(second), &mut random);
            about(held(&pace, second), pause);
        }
    }

    #[test]
    fn the_moment_ends_when_one_clock_has_passed_it() {
        let mut pace = FetchPace::default();
        pace.work(false, at(100), &mut Random::new(1));
        assert!(pace.just_worked(at(109)));
        assert!(!pace.just_worked(at(110)));
        // The machine slept for an hour.
        let slept = Now { mono: Moment::after_zero(Duration::from_secs(101)), unix: Duration::from_secs(3700) };
        assert!(!pace.just_worked(slept));
    }
}
