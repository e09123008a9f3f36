#![doc = include_str!("BREAKER.md")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::driver::time::Moment;
use crate::lease::clock::Clock;
use crate::lease::{Lease, Leases};
use crate::settings::policy::BreakerPolicy;

/// The circuit breaker of a session.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: Option<BreakerPolicy>,
    trial: Arc<Leases>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Moment },
}

impl Breaker {
    pub(crate) fn new(policy: Option<BreakerPolicy>, clock: &Arc<Clock>) -> Self {
        let trial = Leases::new(1, Arc::clone(clock));
        Self { policy, trial, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// `Ok` lets the call through, with a lease if it is the trial. `Err` is the time until the next try.
    pub(crate) fn admit(&self, now: Moment) -> Result<Option<Lease>, Duration> {
        let until = match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Closed { .. } => return Ok(None),
            State::Open { until } => until,
        };
        match until.since(now) {
            left if left > Duration::ZERO => Err(left),
            _ => self.trial.take(now).map(Some).ok_or(Duration::from_secs(1)),
        }
    }

    /// Counts the result of a call that was let through.
    pub(crate) fn report(&self, success: bool, now: Moment) {
        let Some(policy) = self.policy else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match (&*state, success) {
            (_, true) => State::Closed { failures: 0 },
            (State::Closed { failures }, false) if failures + 1 < policy.failures => {
                State::Closed { failures: failures + 1 }
            }
            (_, false) => State::Open { until: now.after(policy.rest) },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    fn open() -> Breaker {
        let breaker = Breaker::new(Some(BreakerPolicy { failures: 2, rest: s(10).since_zero() }), &Arc::default());
        breaker.report(false, s(0));
        assert!(breaker.admit(s(0)).unwrap().is_none(), "one failure is not two");
        breaker.report(false, s(1));
        breaker
    }

    #[test]
    fn opens_at_the_threshold_and_says_how_long() {
        assert_eq!(open().admit(s(4)).unwrap_err(), Duration::from_secs(7));
    }

    #[test]
    fn success_in_between_starts_the_count_anew() {
        let breaker = Breaker::new(Some(BreakerPolicy { failures: 2, rest: s(10).since_zero() }), &Arc::default());
        for ok in [false, true, false] {
            breaker.report(ok, s(0));
        }
        assert!(breaker.admit(s(0)).is_ok());
    }

    #[test]
    fn one_trial_at_a_time_and_a_dropped_one_is_free_again() {
        let breaker = open();
        let trial = breaker.admit(s(11)).unwrap();
        assert!(trial.is_some());
        assert!(breaker.admit(s(11)).is_err());
        drop(trial);
        assert!(breaker.admit(s(11)).unwrap().is_some());
    }

    #[test]
    fn the_trial_decides() {
        let breaker = open();
        breaker.report(true, s(11));
        assert!(breaker.admit(s(11)).unwrap().is_none());
        let breaker = open();
        breaker.report(false, s(11));
        assert_eq!(breaker.admit(s(12)).unwrap_err(), Duration::from_secs(9));
    }

    #[test]
    fn off_it_never_opens() {
        let breaker = Breaker::new(None, &Arc::default());
        (0..100).for_each(|_| breaker.report(false, s(0)));
        assert!(breaker.admit(s(0)).is_ok());
    }

    /// The result of an event in a state, in the words of the page; `None` if this row has no test.
    fn follows(state: &str, event: &str) -> Option<&'static str> {
        let clock = Arc::<Clock>::default();
        let policy = BreakerPolicy { failures: 2, rest: Duration::from_secs(10) };
        let breaker = Breaker::new(Some(policy), &clock);
        let name = |breaker: &Breaker| match &*breaker.state.lock().unwrap() {
            State::Closed { .. } => "`Closed`",
            State::Open { .. } => "`Open`",
        };
        let called = |now| match breaker.admit(now) {
            Ok(None) => "let through",
            Ok(Some(_)) => "the trial",
            Err(_) => "refused",
        };
        if state == "`Open`" {
            breaker.report(false, s(0));
            breaker.report(false, s(0));
            assert_eq!(name(&breaker), "`Open`");
        }
        Some(match (state, event) {
            ("`Closed`", "a success") => {
                breaker.report(false, s(0));
                breaker.report(true, s(0));
                breaker.report(false, s(0));
                name(&breaker)
            }
            ("`Closed`", "a failure below the threshold") => {
                breaker.report(false, s(0));
                name(&breaker)
            }
            ("`Closed`", "a failure at the threshold") => {
                breaker.report(false, s(0));
                breaker.report(false, s(0));
                name(&breaker)
            }
            ("`Open`", "a call before the rest is over") => called(s(9)),
            ("`Open`", "a call after the rest") => called(s(10)),
            ("`Open`", "another call during the trial") => {
                let trial = breaker.admit(s(10)).unwrap();
                let next = called(s(10));
                drop(trial);
                next
            }
            ("`Open`", "the trial succeeds") => {
                let trial = breaker.admit(s(10)).unwrap();
                breaker.report(true, s(10));
                drop(trial);
                name(&breaker)
            }
            ("`Open`", "the trial fails") => {
                let trial = breaker.admit(s(10)).unwrap();
                breaker.report(false, s(10));
                drop(trial);
                name(&breaker)
            }
            ("`Open`", "the trial is dropped, and another call") => {
                drop(breaker.admit(s(10)).unwrap());
                called(s(10))
            }
            _ => return None,
        })
    }

    #[test]
    fn the_page_is_the_machine() {
        let mut rows = 0;
        for line in include_str!("BREAKER.md").lines().filter(|line| line.starts_with("| `")) {
            let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [state, event, next] = row[..] else { panic!("{line}") };
            assert_eq!(follows(state, event), Some(next), "{line}");
            rows += 1;
        }
        assert_eq!(rows, 9);
    }
}
