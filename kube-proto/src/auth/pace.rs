//! A limit on how often a credential is fetched.
//!
//! | fetch | pause before the next |
//! |---|---|
//! | fails | 1 s, then 2 s, 4 s, … up to [`CAP`]; or until the credential in use ends, if that is sooner |
//! | works, but within the last pause and [`SOON`] after the one before, or replaces a credential that was refused at its first use | 1 s, then 2 s, 4 s, … up to [`CAP`] |
//! | works otherwise | none |
//!
//! All calls of a session share the pause. During it, a call uses the credential in use, or fails at once with the last
//! error. An hour of failures has about 70 fetches at most, and a source that recovers is found within [`CAP`].

use std::time::Duration;

use crate::driver::time::{Moment, Now};

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
    pub(crate) fn fail(&mut self, spare: Option<Moment>, now: Now) {
        self.strike(now);
        if let Some(end) = spare {
            self.not_before = self.not_before.min(end);
        }
    }

    /// A fetch worked. `wasted`: it replaces a credential that was refused at its first use.
    pub(crate) fn work(&mut self, wasted: bool, now: Now) {
        // Fetches that follow each other after exactly the pause are still too fast.
        let usual = self.pause.saturating_add(SOON);
        let soon = self.worked.is_some_and(|at| at.mono.after(usual) > now.mono);
        if wasted || soon {
            self.strike(now);
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

    fn strike(&mut self, now: Now) {
        self.pause = FIRST.saturating_mul(1 << self.strikes.min(16)).min(CAP);
        self.strikes = self.strikes.saturating_add(1);
        self.not_before = now.mono.after(self.pause);
    }
}

/// The pause after the first failure. It doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const CAP: Duration = Duration::from_secs(60);
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

    fn held(pace: &FetchPace, seconds: u64) -> u64 {
        pace.held(Moment::after_zero(Duration::from_secs(seconds))).unwrap_or_default().as_secs()
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_end_with_success() {
        let mut pace = FetchPace::default();
        assert_eq!(held(&pace, 0), 0);
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            pace.fail(None, at(100));
            assert_eq!((held(&pace, 100), held(&pace, 100 + pause)), (pause, 0));
        }
        pace.work(false, at(200));
        assert_eq!(held(&pace, 200), 0);
        pace.fail(None, at(300));
        assert_eq!(held(&pace, 300), 1);
    }

    #[test]
    fn a_pause_ends_with_the_credential_in_use() {
        let mut pace = FetchPace::default();
        (0..9).for_each(|_| pace.fail(Some(Moment::after_zero(Duration::from_secs(110))), at(100)));
        assert_eq!(held(&pace, 100), 10);
    }

    #[test]
    fn success_too_often_is_a_storm_as_well() {
        let mut pace = FetchPace::default();
        let fetches = (0..3600).filter(|second| {
            let free = pace.held(Moment::after_zero(Duration::from_secs(*second))).is_none();
            if free {
                pace.work(false, at(*second));
            }
            free
        });
        assert!(fetches.count() < 80);
        let mut pace = FetchPace::default();
        for (second, pause) in [(0, 1), (100, 2), (200, 4)] {
            pace.work(true, at(second));
            assert_eq!(held(&pace, second), pause);
        }
    }

    #[test]
    fn the_moment_ends_when_one_clock_has_passed_it() {
        let mut pace = FetchPace::default();
        pace.work(false, at(100));
        assert!(pace.just_worked(at(109)));
        assert!(!pace.just_worked(at(110)));
        // The machine slept for an hour.
        let slept = Now { mono: Moment::after_zero(Duration::from_secs(101)), unix: Duration::from_secs(3700) };
        assert!(!pace.just_worked(slept));
    }
}
