#![doc = include_str!("RETRY.md")]

use std::time::Duration;

use http::StatusCode;

use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::random::Random;
use crate::settings::policy::RetryPolicy;

/// The repetitions of one call so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tries {
    asked: u32,
    lost: u32,
    /// The one repetition at once, on a fresh connection, was used.
    fresh: bool,
}

/// The request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) after: Duration,
    pub(crate) fresh: bool,
    /// It takes nothing of the session's budget.
    pub(crate) free: bool,
}

/// The repetition after a fault, if one is allowed. `mutates`: the request may change something on the server.
pub(crate) fn after_fault(
    policy: &RetryPolicy,
    tries: &mut Tries,
    mutates: bool,
    fault: &Fault,
    random: &mut Random,
) -> Option<Again> {
    let repeatable = match fault.reach {
        Reach::NotSent => true,
        Reach::Unknown => !mutates,
        Reach::Answered => false,
    };
    if fault.kind != FaultKind::Closed || !repeatable {
        return None;
    }
    let fresh = fault.stale.then(|| tries.fresh()).flatten();
    fresh.or_else(|| tries.lost(policy, random))
}

/// The repetition after an answer that is no success, if one is allowed. `mutates`: the request may change something on
/// the server.
pub(crate) fn after_answer(
    policy: &RetryPolicy,
    tries: &mut Tries,
    mutates: bool,
    code: StatusCode,
    retry_after: Option<Duration>,
    random: &mut Random,
) -> Option<Again> {
    match (code.as_u16(), retry_after) {
        (408, _) if !mutates => tries.fresh().or_else(|| tries.lost(policy, random)),
        (421, _) => tries.fresh(),
        (425, None) => tries.lost(policy, random),
        // The rate is lowered after a 429, so that what all calls send again is bounded by what the server accepts.
        (429, Some(after)) => tries.asked(policy, after, random).map(|again| Again { free: true, ..again }),
        (425 | 503, Some(after)) => tries.asked(policy, after, random),
        (500.., Some(after)) if !mutates => tries.asked(policy, after, random),
        (502, None) if !mutates => tries.lost(policy, random),
        _ => None,
    }
}

impl Tries {
    /// At once, on a new connection.
    fn fresh(&mut self) -> Option<Again> {
        let first = !std::mem::replace(&mut self.fresh, true);
        first.then_some(Again { after: Duration::ZERO, fresh: true, free: true })
    }

    /// After the next backoff.
    fn lost(&mut self, policy: &RetryPolicy, random: &mut Random) -> Option<Again> {
        if self.lost >= policy.lost {
            return None;
        }
        let base = policy.backoff.saturating_mul(1 << self.lost.min(16)).min(policy.patience);
        self.lost += 1;
        Some(Again { after: random.jitter(base, 0.5), fresh: false, free: false })
    }

    /// When the server says.
    fn asked(&mut self, policy: &RetryPolicy, after: Duration, random: &mut Random) -> Option<Again> {
        if self.asked >= policy.asked || after > policy.patience {
            return None;
        }
        self.asked += 1;
        let after = after.saturating_add(random.below((after / 2).max(policy.backoff)));
        Some(Again { after, fresh: false, free: false })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW_FRESH: Option<Again> = Some(Again { after: Duration::ZERO, fresh: true, free: true });

    fn fault(kind: FaultKind, reach: Reach, stale: bool) -> Fault {
        Fault { kind, reach, stale, text: String::new() }
    }

    #[test]
    fn a_dead_pooled_connection_is_excused_once_and_even_without_retries() {
        let dead = fault(FaultKind::Closed, Reach::NotSent, true);
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        let mut next = || after_fault(&RetryPolicy::NEVER, &mut tries, true, &dead, &mut random);
        assert_eq!(next(), NOW_FRESH);
        assert_eq!(next(), None);
    }

    #[test]
    fn lost_connections_back_off_and_end() {
        let lost = fault(FaultKind::Closed, Reach::Unknown, false);
        let policy = RetryPolicy::default();
        let waits = |seed| {
            let (mut tries, mut random) = (Tries::default(), Random::new(seed));
            let again = || after_fault(&policy, &mut tries, false, &lost, &mut random);
            std::iter::from_fn(again).map(|again| again.after).collect::<Vec<_>>()
        };
        for seed in 0..20 {
            let waits = waits(seed);
            assert_eq!(waits.len(), 3);
            for (wait, base) in waits.iter().zip([500, 1000, 2000]) {
                assert!((base..base * 3 / 2).contains(&wait.as_millis()), "{waits:?}");
            }
        }
        spread((0..20).map(|seed| waits(seed)[0]), Duration::from_millis(500), Duration::from_millis(250));
    }

    /// The waits of many callers are all over `least..least + width`.
    #[track_caller]
    fn spread(waits: impl Iterator<Item = Duration>, least: Duration, width: Duration) {
        let waits: BTreeSet<_> = waits.collect();
        let (first, last) = (*waits.first().unwrap(), *waits.last().unwrap());
        assert!(waits.len() > 10 && first >= least && last < least + width, "{waits:?}");
        assert!(last - first > width / 2, "{waits:?}");
    }

    #[test]
    fn callers_that_were_sent_away_together_do_not_come_back_together() {
        let wait = |after: Duration, seed| {
            let (code, mut random) = (StatusCode::TOO_MANY_REQUESTS, Random::new(seed));
            let policy = RetryPolicy::default();
            after_answer(&policy, &mut Tries::default(), false, code, Some(after), &mut random).unwrap().after
        };
        for (after, width) in [(0, 500), (1000, 500), (20_000, 10_000), (60_000, 30_000)] {
            let (after, width) = (Duration::from_millis(after), Duration::from_millis(width));
            spread((0..20).map(|seed| wait(after, seed)), after, width);
        }
    }

    #[test]
    fn a_backoff_is_not_longer_than_the_patience() {
        let secs = Duration::from_secs;
        let policy = RetryPolicy { backoff: secs(40), patience: secs(60), lost: 4, ..RetryPolicy::default() };
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        for base in [40, 60, 60, 60] {
            let wait = tries.lost(&policy, &mut random).unwrap().after;
            assert!(wait >= secs(base) && wait <= secs(base * 3 / 2), "{wait:?}");
        }
        assert_eq!(tries.lost(&policy, &mut random), None);
    }

    #[test]
    fn a_server_that_always_says_later_is_asked_eleven_times() {
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        let asked = std::iter::from_fn(|| {
            let code = StatusCode::TOO_MANY_REQUESTS;
            let later = Some(Duration::ZERO);
            after_answer(&RetryPolicy::default(), &mut tries, true, code, later, &mut random)
        });
        assert_eq!(asked.count(), 10);
    }

    /// The words of the page for a repetition.
    fn words(again: Option<Again>, by_server: bool) -> &'static str {
        match again {
            None => "error",
            Some(Again { fresh: true, .. }) => "again, fresh",
            Some(_) if by_server => "again, Retry-After",
            Some(_) => "again, backoff",
        }
    }

    const KINDS: [(&str, FaultKind); 12] = [
        ("Resolve", FaultKind::Resolve),
        ("Refused", FaultKind::Refused),
        ("Connect", FaultKind::Connect),
        ("ConnectTimeout", FaultKind::ConnectTimeout),
        ("Tls", FaultKind::Tls),
        ("TlsSettings", FaultKind::TlsSettings),
        ("Proxy", FaultKind::Proxy),
        ("Closed", FaultKind::Closed),
        ("Protocol", FaultKind::Protocol),
        ("TooLarge", FaultKind::TooLarge),
        ("Io", FaultKind::Io),
        ("Unsupported", FaultKind::Unsupported),
    ];

    /// The fault of a row, if it is about one.
    fn fault_of(outcome: &str) -> Option<Fault> {
        let (kind, reach) = outcome.split_once(", ")?;
        let stale = kind.ends_with("pooled connection");
        let kind = kind.split(" on a ").next()?.trim_matches('`');
        let kind = KINDS.iter().find(|(name, _)| *name == kind)?.1;
        let reach = match reach {
            "`NotSent`" => Reach::NotSent,
            "`Unknown`" => Reach::Unknown,
            "`Answered`" => Reach::Answered,
            _ => return None,
        };
        Some(fault(kind, reach, stale))
    }

    /// The result of a row, in the words of the page; `None` if this row has no test.
    fn follows(outcome: &str, mutates: bool) -> Option<&'static str> {
        let policy = RetryPolicy::default();
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        if outcome.contains("second") {
            tries.fresh();
        }
        if let Some(fault) = fault_of(outcome) {
            return Some(words(after_fault(&policy, &mut tries, mutates, &fault, &mut random), false));
        }
        let (code, rest) = outcome.split_once(' ')?;
        let after = match rest {
            "with `Retry-After`" => Some(Duration::from_secs(1)),
            "without `Retry-After`" | "a second time" => None,
            "with a `Retry-After` above `patience`" => Some(policy.patience + Duration::from_secs(1)),
            _ => return None,
        };
        let code = StatusCode::from_bytes(code.as_bytes()).ok()?;
        let again = after_answer(&policy, &mut tries, mutates, code, after, &mut random);
        Some(words(again, after.is_some()))
    }

    #[test]
    fn the_page_is_the_table() {
        let mut rows = BTreeSet::new();
        for line in include_str!("RETRY.md").lines().filter(|line| line.starts_with('|')).skip(2) {
            let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [outcome, read, change] = row[..] else { panic!("{line}") };
            for (mutates, expected) in [(false, read), (true, change)] {
                assert_eq!(follows(outcome, mutates), Some(expected), "mutates {mutates}: {line}");
            }
            assert!(rows.insert(outcome), "{line}");
        }
        assert_eq!(rows.len(), 41);
        for (name, _) in KINDS {
            assert!(rows.iter().any(|row| row.starts_with(&format!("`{name}`"))), "{name} has no row");
        }
    }
}
