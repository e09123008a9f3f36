//! The budget of repetitions of a session: they add at most a share to its load.
//!
//! | event | tokens |
//! |---|---|
//! | the session begins | `reserve` |
//! | a call begins | `share` more, up to `reserve` |
//! | a repetition, at least one token | one less |
//! | a repetition, less than one token | the same; the call ends with its error |
//!
//! Some repetitions are free:
//!
//! - The one on a fresh connection after a dead pooled one, and the one with another credential: each is made once for a call,
//!   and the server has not worked on the first attempt.
//! - Those after a 429 with `Retry-After`. The server has rejected the request before any work and says when it wants it. The
//!   lowered rate ([`Pace`](super::pace)) bounds what all calls send again, and a batch of calls takes longer instead of failing.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::settings::policy::RetryBudget;

/// The tokens of a session, in thousandths.
#[derive(Debug)]
pub(crate) struct Budget {
    /// What a call adds, and the most; `None` is no limit.
    limits: Option<(u64, u64)>,
    tokens: AtomicU64,
}

impl Budget {
    pub(crate) fn new(budget: Option<RetryBudget>) -> Self {
        let limits = budget.map(|RetryBudget { share, reserve }| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range")]
            let share = (share.clamp(0.0, 1000.0) * ONE as f64) as u64;
            (share, u64::from(reserve) * ONE)
        });
        Self { limits, tokens: AtomicU64::new(limits.map_or(0, |(_, most)| most)) }
    }

    /// A call begins.
    pub(crate) fn earn(&self) {
        if let Some((share, most)) = self.limits {
            let more = |tokens: u64| Some(tokens.saturating_add(share).min(most)).filter(|more| *more != tokens);
            let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
    }

    /// Whether a call may be repeated now. Then it takes a token.
    pub(crate) fn spend(&self) -> bool {
        let less = |tokens: u64| tokens.checked_sub(ONE);
        self.limits.is_none() || self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// One token.
const ONE: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_and_then_the_share() {
        let budget = Budget::new(Some(RetryBudget { share: 0.25, reserve: 3 }));
        let spent = |tries: usize| (0..tries).filter(|_| budget.spend()).count();
        assert_eq!(spent(10), 3);
        (0..3).for_each(|_| budget.earn());
        assert_eq!(spent(10), 0);
        budget.earn();
        assert_eq!(spent(10), 1);
        (0..1000).for_each(|_| budget.earn());
        assert_eq!(spent(10), 3, "no more than the reserve is kept");
    }

    /// Whatever the order of calls and failures: never more repetitions than the reserve and the share of the calls.
    #[test]
    fn repetitions_stay_within_the_share() {
        let mut random = crate::random::Random::new(5);
        for _ in 0..50 {
            let budget = Budget::new(Some(RetryBudget { share: 0.1, reserve: 20 }));
            let (mut calls, mut repeated) = (0u64, 0u64);
            for _ in 0..500 {
                match random.draw() % 3 {
                    0 => {
                        budget.earn();
                        calls += 1;
                    }
                    _ => repeated += u64::from(budget.spend()),
                }
                assert!(repeated * 10 <= 200 + calls, "{repeated} of {calls}");
            }
        }
    }

    #[test]
    fn none_is_no_limit() {
        let budget = Budget::new(None);
        assert!((0..1000).all(|_| budget.spend()));
    }
}
