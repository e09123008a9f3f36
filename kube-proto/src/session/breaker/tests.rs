use super::*;
use crate::driver::fault::Reach;
use crate::response::status::Status;

const fn s(seconds: u64) -> Moment {
    Moment::after_zero(Duration::from_secs(seconds))
}

fn breaker() -> Breaker {
    Breaker::new(Some(BreakerPolicy { failures: 2, rest: s(10).since_zero() }), &Arc::default())
}

fn unreachable() -> Outcome {
    Outcome::Unreachable("connection refused".into())
}

fn failed() -> Outcome {
    Outcome::Failed("no backend".into())
}

fn open() -> Breaker {
    let breaker = breaker();
    breaker.report(None, &unreachable(), s(0));
    assert!(!breaker.admit(None, s(0)).unwrap().any(), "one failure is not two");
    breaker.report(None, &unreachable(), s(1));
    breaker
}

#[test]
fn opens_at_the_threshold_and_says_how_long_and_why() {
    let refused = open().admit(Some("apps"), s(4)).unwrap_err();
    assert_eq!(refused.retry_in, Duration::from_secs(7));
    assert_eq!(refused.cause, "it could not be reached: connection refused");
}

#[test]
fn success_in_between_starts_the_count_anew() {
    let breaker = breaker();
    for outcome in [failed(), Outcome::Answered, failed()] {
        breaker.report(Some("apps"), &outcome, s(0));
    }
    assert!(breaker.admit(Some("apps"), s(0)).is_ok());
}

#[test]
fn one_trial_at_a_time_and_a_dropped_one_is_free_again() {
    let breaker = open();
    let trial = breaker.admit(None, s(11)).unwrap();
    assert!(trial.any());
    assert!(breaker.admit(None, s(11)).is_err());
    drop(trial);
    assert!(breaker.admit(None, s(11)).unwrap().any());
}

#[test]
fn the_trial_decides() {
    let breaker = open();
    breaker.report(None, &Outcome::Answered, s(11));
    assert!(!breaker.admit(None, s(11)).unwrap().any());
    let breaker = open();
    breaker.report(None, &unreachable(), s(11));
    assert_eq!(breaker.admit(None, s(12)).unwrap_err().retry_in, Duration::from_secs(9));
}

#[test]
fn off_it_never_opens() {
    let breaker = Breaker::new(None, &Arc::default());
    (0..100).for_each(|_| breaker.report(Some(""), &unreachable(), s(0)));
    (0..100).for_each(|_| breaker.report(Some(""), &failed(), s(0)));
    assert!(breaker.admit(Some(""), s(0)).is_ok());
}

#[test]
fn a_group_that_fails_blocks_no_other() {
    let breaker = breaker();
    for _ in 0..5 {
        breaker.report(Some("metrics.k8s.io"), &failed(), s(0));
        breaker.report(Some("x"), &Outcome::Silent("no answer".into()), s(0));
    }
    assert_eq!(breaker.admit(Some("metrics.k8s.io"), s(1)).unwrap_err().cause, "metrics.k8s.io failed: no backend");
    assert!(breaker.admit(Some("x"), s(1)).is_err());
    for group in [Some(""), Some("apps"), None] {
        assert!(breaker.admit(group, s(1)).is_ok(), "{group:?}");
    }
    // Two circuits are open: their trials are two, and a call that is refused by one keeps none.
    breaker.report(None, &unreachable(), s(5));
    breaker.report(None, &unreachable(), s(5));
    assert!(breaker.admit(Some("x"), s(14)).is_err());
    let held = breaker.groups().get("x").unwrap().trial.take(s(15)).unwrap();
    assert!(breaker.admit(Some("x"), s(15)).is_err(), "another call is the trial of the group");
    assert!(breaker.admit(None, s(15)).unwrap().any(), "the trial of the connections was given back");
    drop(held);
    assert!(breaker.admit(Some("x"), s(15)).unwrap().0.iter().all(Option::is_some));
}

#[test]
fn groups_are_forgotten() {
    let breaker = breaker();
    breaker.report(Some("a"), &failed(), s(0));
    breaker.report(Some("a"), &Outcome::Answered, s(0));
    assert_eq!(breaker.groups().len(), 0);
    breaker.report(Some("open"), &failed(), s(0));
    for i in 0..1000 {
        breaker.report(Some("open"), &failed(), s(0));
        breaker.report(Some(&i.to_string()), &failed(), s(0));
    }
    assert_eq!(breaker.groups().len(), GROUPS);
    assert!(breaker.admit(Some("open"), s(0)).is_err(), "an open circuit is not forgotten for a closed one");
}

/// The result of an event in a state, in the words of the page; `None` if this row has no test.
fn follows(state: &str, event: &str, group: Option<&str>, failure: &Outcome) -> Option<&'static str> {
    let breaker = breaker();
    let circuit = |breaker: &Breaker| match group {
        Some(group) => breaker.groups().get(group).cloned(),
        None => Some(breaker.connections.clone()),
    };
    let name = |breaker: &Breaker| match circuit(breaker) {
        Some(circuit) if circuit.is_open() => "`Open`",
        _ => "`Closed`",
    };
    let called = |now| match breaker.admit(group, now) {
        Ok(trials) if trials.any() => "the trial",
        Ok(_) => "let through",
        Err(_) => "refused",
    };
    let fail = |now| breaker.report(group, failure, now);
    if state == "`Open`" {
        fail(s(0));
        fail(s(0));
        assert_eq!(name(&breaker), "`Open`");
    }
    Some(match (state, event) {
        ("`Closed`", "a success") => {
            fail(s(0));
            breaker.report(group, &Outcome::Answered, s(0));
            fail(s(0));
            name(&breaker)
        }
        ("`Closed`", "a failure below the threshold") => {
            fail(s(0));
            name(&breaker)
        }
        ("`Closed`", "a failure at the threshold") => {
            fail(s(0));
            fail(s(0));
            name(&breaker)
        }
        ("`Open`", "a call before the rest is over") => called(s(9)),
        ("`Open`", "a call after the rest") => called(s(10)),
        ("`Open`", "another call during the trial") => {
            let trial = breaker.admit(group, s(10)).unwrap();
            let next = called(s(10));
            drop(trial);
            next
        }
        ("`Open`", "the trial succeeds") => {
            let trial = breaker.admit(group, s(10)).unwrap();
            breaker.report(group, &Outcome::Answered, s(10));
            drop(trial);
            name(&breaker)
        }
        ("`Open`", "the trial fails") => {
            let trial = breaker.admit(group, s(10)).unwrap();
            fail(s(10));
            drop(trial);
            name(&breaker)
        }
        ("`Open`", "the trial is dropped, and another call") => {
            drop(breaker.admit(group, s(10)).unwrap());
            called(s(10))
        }
        _ => return None,
    })
}

/// What a row of the second table does with the two circuits; `None` if this row has no test.
fn tells(outcome: &str) -> Option<[&'static str; 2]> {
    let fault = |kind, stale| Outcome::of_fault(&Fault { kind, reach: Reach::Unknown, stale, text: "t".into() });
    let found = match outcome {
        "the server's name has no address" => vec![fault(FaultKind::Resolve, false)],
        "no connection, or none in time" => {
            [FaultKind::Refused, FaultKind::Connect, FaultKind::ConnectTimeout].map(|kind| fault(kind, false)).into()
        }
        "TLS failed" => vec![fault(FaultKind::Tls, false)],
        "the proxy refused" => vec![fault(FaultKind::Proxy, false)],
        "the connection ended before an answer" => vec![fault(FaultKind::Closed, false), fault(FaultKind::Io, false)],
        "a pooled connection was dead" => vec![fault(FaultKind::Closed, true)],
        "the answer is no HTTP" => vec![fault(FaultKind::Protocol, false), fault(FaultKind::TooLarge, false)],
        "the driver or the settings cannot do it" => {
            vec![fault(FaultKind::Unsupported, false), fault(FaultKind::TlsSettings, false)]
        }
        "no head in time" => vec![Some(Outcome::Silent("no answer".into()))],
        "2xx" => vec![Some(Outcome::Answered)],
        // A call does not report these.
        "the total deadline" | "the call is dropped" => vec![None],
        status => {
            let (code, rest) = status.split_once(' ').unwrap_or((status, ""));
            let message = if rest.contains("webhook") {
                "Internal error occurred: failed calling webhook \"w\": context deadline exceeded"
            } else {
                "m"
            };
            let retry_after = (rest == "with `Retry-After`").then_some(Duration::from_secs(1));
            let status = Status { code: code.parse().ok()?, message: message.into(), ..Status::default() };
            vec![Some(Outcome::of_refusal(&ApiError { status, retry_after, ..ApiError::default() }))]
        }
    };
    let mut told: Vec<_> = found
        .iter()
        .map(|outcome| match outcome {
            None => ["", ""],
            Some(Outcome::Unreachable(_)) => ["failure", ""],
            Some(Outcome::Silent(_)) => ["", "failure"],
            Some(Outcome::Failed(_)) => ["success", "failure"],
            Some(Outcome::Answered) => ["success", "success"],
        })
        .collect();
    told.dedup();
    (told.len() == 1).then(|| told[0])
}

#[test]
fn the_page_is_the_machine() {
    let (mut states, mut outcomes) = (0, 0);
    for line in include_str!("../BREAKER.md").lines().filter(|line| line.starts_with("| ")) {
        let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [first, second, third] = row[..] else { panic!("{line}") };
        match first {
            "state" | "outcome" => {}
            state if state.starts_with('`') => {
                let circuits =
                    [(None, unreachable()), (Some(""), failed()), (Some("apps"), Outcome::Silent("no answer".into()))];
                for (group, failure) in circuits {
                    assert_eq!(follows(state, second, group, &failure), Some(third), "{group:?}: {line}");
                }
                states += 1;
            }
            outcome => {
                assert_eq!(tells(outcome), Some([second, third]), "{line}");
                outcomes += 1;
            }
        }
    }
    assert_eq!((states, outcomes), (9, 23));
}
