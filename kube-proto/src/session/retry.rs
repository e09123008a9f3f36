#![doc = include_str!("RETRY.md")]

use std::time::Duration;

use http::{Method, StatusCode};

use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::random::Random;
use crate::settings::policy::RetryPolicy;

/// The repetitions of one call so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tries {
    asked: u32,
    lost: u32,
    stale: bool,
}

/// The request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) after: Duration,
    pub(crate) fresh: bool,
}

/// Whether the method may be repeated without a further change on the server.
pub(crate) fn is_safe(method: &Method) -> bool {
    method.is_safe()
}

/// The repetition after a fault, if one is allowed.
pub(crate) fn after_fault(
    policy: &RetryPolicy,
    tries: &mut Tries,
    method: &Method,
    fault: &Fault,
    random: &mut Random,
) -> Option<Again> {
    let unprocessed = fault.reach == Reach::NotSent;
    let unanswered = fault.reach != Reach::Answered;
    if fault.kind != FaultKind::Closed || !(unprocessed || (unanswered && is_safe(method))) {
        return None;
    }
    if fault.stale && !tries.stale {
        tries.stale = true;
        return Some(Again { after: Duration::ZERO, fresh: true });
    }
    if tries.lost >= policy.lost {
        return None;
    }
    let base = policy.backoff.saturating_mul(1 << tries.lost.min(16)).min(policy.patience);
    tries.lost += 1;
    Some(Again { after: random.jitter(base, 0.5), fresh: false })
}

/// The repetition after an answer that is no success, if one is allowed.
pub(crate) fn after_answer(
    policy: &RetryPolicy,
    tries: &mut Tries,
    method: &Method,
    code: StatusCode,
    retry_after: Option<Duration>,
) -> Option<Again> {
    let after = retry_after.filter(|after| *after <= policy.patience)?;
    let before_processing = matches!(code, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let repeatable = before_processing || (code.is_server_error() && is_safe(method));
    if !repeatable || tries.asked >= policy.asked {
        return None;
    }
    tries.asked += 1;
    Some(Again { after, fresh: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_FRESH: Option<Again> = Some(Again { after: Duration::ZERO, fresh: true });

    fn fault(kind: FaultKind, reach: Reach, stale: bool) -> Fault {
        Fault { kind, reach, stale, text: String::new() }
    }

    #[test]
    fn faults() {
        use FaultKind::{Closed, ConnectTimeout, Protocol, Refused, Resolve, Tls};
        use Reach::{Answered, NotSent, Unknown};
        // kind, reach, stale, is GET repeated, is POST repeated
        let table = [
            (Closed, NotSent, true, true, true),
            (Closed, Unknown, true, true, false),
            (Closed, NotSent, false, true, true),
            (Closed, Unknown, false, true, false),
            (Closed, Answered, false, false, false),
            (Refused, NotSent, false, false, false),
            (Resolve, NotSent, false, false, false),
            (ConnectTimeout, NotSent, false, false, false),
            (Tls, NotSent, false, false, false),
            (Protocol, Answered, false, false, false),
            (Protocol, Unknown, false, false, false),
        ];
        for (kind, reach, stale, get, post) in table {
            for (method, again) in [(Method::GET, get), (Method::POST, post)] {
                let fault = fault(kind, reach, stale);
                let mut random = Random::new(1);
                let found = after_fault(&RetryPolicy::default(), &mut Tries::default(), &method, &fault, &mut random);
                assert_eq!(found.is_some(), again, "{method} {fault:?}");
                assert_eq!(found.is_some_and(|found| found.fresh), again && stale, "{method} {fault:?}");
            }
        }
    }

    #[test]
    fn a_dead_pooled_connection_is_excused_once_and_even_without_retries() {
        let dead = fault(FaultKind::Closed, Reach::NotSent, true);
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        let mut next = || after_fault(&RetryPolicy::NEVER, &mut tries, &Method::POST, &dead, &mut random);
        assert_eq!(next(), NOW_FRESH);
        assert_eq!(next(), None);
    }

    #[test]
    fn lost_connections_back_off_and_end() {
        let lost = fault(FaultKind::Closed, Reach::Unknown, false);
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        let policy = RetryPolicy::default();
        let waits: Vec<_> = std::iter::from_fn(|| {
            after_fault(&policy, &mut tries, &Method::GET, &lost, &mut random).map(|again| again.after.as_millis())
        })
        .collect();
        assert_eq!(waits.len(), 3);
        for (wait, base) in waits.iter().zip([500, 1000, 2000]) {
            assert!((base..base * 3 / 2).contains(wait), "{waits:?}");
        }
    }

    #[test]
    fn answers() {
        let after = Some(Duration::from_secs(2));
        // code, Retry-After, is GET repeated, is POST repeated
        let table = [
            (429, after, true, true),
            (429, None, false, false),
            (503, after, true, true),
            (503, None, false, false),
            (500, after, true, false),
            (504, after, true, false),
            (500, None, false, false),
            (409, after, false, false),
            (404, None, false, false),
            (429, Some(Duration::from_secs(3600)), false, false),
        ];
        for (code, retry_after, get, post) in table {
            for (method, again) in [(Method::GET, get), (Method::POST, post)] {
                let code = StatusCode::from_u16(code).unwrap();
                let (policy, mut tries) = (RetryPolicy::default(), Tries::default());
                let found = after_answer(&policy, &mut tries, &method, code, retry_after);
                assert_eq!(found.is_some(), again, "{method} {code} {retry_after:?}");
            }
        }
    }

    #[test]
    fn a_server_that_always_says_later_is_asked_eleven_times() {
        let mut tries = Tries::default();
        let asked = std::iter::from_fn(|| {
            let code = StatusCode::TOO_MANY_REQUESTS;
            after_answer(&RetryPolicy::default(), &mut tries, &Method::GET, code, Some(Duration::ZERO))
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

    /// The result of a row, in the words of the page; `None` if this row has no test.
    fn follows(outcome: &str, method: &Method) -> Option<&'static str> {
        let policy = RetryPolicy::default();
        let (mut tries, mut random) = (Tries::default(), Random::new(1));
        let closed = |reach, stale| fault(FaultKind::Closed, reach, stale);
        let found = match outcome {
            "`Closed` on a pooled connection, `NotSent`" => closed(Reach::NotSent, true),
            "`Closed` on a pooled connection, `Unknown`" => closed(Reach::Unknown, true),
            "`Closed`, `NotSent`" => closed(Reach::NotSent, false),
            "`Closed`, `Unknown`" => closed(Reach::Unknown, false),
            "`Closed`, `Answered`" => closed(Reach::Answered, false),
            "any other fault" => fault(FaultKind::Tls, Reach::NotSent, false),
            status => {
                let (code, rest) = status.split_once(' ')?;
                let after = match rest {
                    "with `Retry-After`" => Some(Duration::from_secs(1)),
                    "without `Retry-After`" => None,
                    "with a `Retry-After` above `patience`" => Some(policy.patience + Duration::from_secs(1)),
                    _ => return None,
                };
                let code = StatusCode::from_bytes(code.as_bytes()).ok()?;
                return Some(words(after_answer(&policy, &mut tries, method, code, after), true));
            }
        };
        Some(words(after_fault(&policy, &mut tries, method, &found, &mut random), false))
    }

    #[test]
    fn the_page_is_the_table() {
        let mut rows = 0;
        for line in include_str!("RETRY.md").lines().filter(|line| line.starts_with('|')).skip(2) {
            let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [outcome, safe, other] = row[..] else { panic!("{line}") };
            for (method, expected) in
                [(Method::GET, safe), (Method::HEAD, safe), (Method::POST, other), (Method::PUT, other)]
            {
                assert_eq!(follows(outcome, &method), Some(expected), "{method}: {line}");
            }
            rows += 1;
        }
        assert_eq!(rows, 13);
    }
}
