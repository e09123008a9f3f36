use super::*;
use crate::driver::fault::Reach;
use crate::response::status::Status;

/// This many seconds after a start; 1970 was 1000 seconds before it.
const fn s(seconds: u64) -> Now {
    Now { mono: Moment::after_zero(secs(seconds)), unix: secs(1000 + seconds) }
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn seeded(seed: u64) -> Breaker {
    let policy = BreakerPolicy { failures: 2, rest: secs(10), longest: secs(30) };
    Breaker::new(Some(policy), seed, &Arc::default())
}

fn breaker() -> Breaker {
    seeded(0)
}

/// Until when the connections are not tried.
fn rest(breaker: &Breaker, now: Now) -> Duration {
    breaker.admit(None, now).unwrap_err().retry_in
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
fn opens_at_the_threshold_and_says_since_when_why_and_until_when() {
    let breaker = open();
    let whole = rest(&breaker, s(1));
    assert!((secs(10)..secs(15)).contains(&whole), "{whole:?}");
    let refused = breaker.admit(Some("apps"), s(4)).unwrap_err();
    assert_eq!(refused.retry_in, whole - secs(3));
    assert_eq!(refused.cause, "it could not be reached: connection refused");
    assert_eq!(refused.since, secs(1000), "the first of the failures");
}

#[test]
fn one_failure_may_be_enough() {
    for failures in [0, 1] {
        let policy = BreakerPolicy { failures, ..BreakerPolicy::default() };
        let breaker = Breaker::new(Some(policy), 0, &Arc::default());
        breaker.report(None, &unreachable(), s(7));
        assert_eq!(breaker.admit(None, s(8)).unwrap_err().since, secs(1007));
    }
}

#[test]
fn rests_grow_to_a_bound_and_begin_anew_after_a_success() {
    let breaker = open();
    let mut now = s(1);
    let mut wait = || {
        let wait = rest(&breaker, now);
        assert_eq!(breaker.admit(None, now).unwrap_err().since, secs(1000));
        now = now.after(wait);
        breaker.report(None, &unreachable(), now);
        wait
    };
    for least in [10, 20, 30, 30, 30] {
        let wait = wait();
        assert!((secs(least)..secs(least + least / 2)).contains(&wait), "{least}: {wait:?}");
    }
    (0..100).for_each(|_| assert!(wait() < secs(45)));
    breaker.report(None, &Outcome::Answered, now);
    breaker.report(None, &unreachable(), now);
    breaker.report(None, &unreachable(), now);
    assert!(rest(&breaker, now) < secs(15));
}

#[test]
fn the_clients_of_a_server_do_not_try_it_together() {
    let wait = |seed| {
        let breaker = seeded(seed);
        (0..2).for_each(|_| breaker.report(None, &unreachable(), s(0)));
        rest(&breaker, s(0))
    };
    let mut waits: Vec<_> = (0..20).map(wait).collect();
    assert_eq!(wait(3), waits[3], "the same seed, the same rest");
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 10 && *waits.last().unwrap() - waits[0] > Duration::from_millis(2500), "{waits:?}");
}

#[test]
fn calls_that_began_before_do_not_lengthen_the_rest() {
    let breaker = open();
    let whole = rest(&breaker, s(1));
    (0..100).for_each(|_| breaker.report(None, &unreachable(), s(2)));
    assert_eq!(rest(&breaker, s(1)), whole);
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
    let trial = breaker.admit(None, s(16)).unwrap();
    assert!(trial.any());
    assert_eq!(rest(&breaker, s(16)), secs(1));
    drop(trial);
    assert!(breaker.admit(None, s(16)).unwrap().any());
}

#[test]
fn the_trial_decides() {
    let breaker = open();
    breaker.report(None, &Outcome::Answered, s(16));
    assert!(!breaker.admit(None, s(16)).unwrap().any());
    let breaker = open();
    breaker.report(None, &unreachable(), s(16));
    assert!(rest(&breaker, s(17)) >= secs(19));
}

#[test]
fn off_it_never_opens() {
    let breaker = Breaker::new(None, 0, &Arc::default());
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
    let held = breaker.groups().get("x").unwrap().trial.take(s(20).mono).unwrap();
    assert!(breaker.admit(Some("x"), s(20)).is_err(), "another call is the trial of the group");
    assert!(breaker.admit(None, s(20)).unwrap().any(), "the trial of the connections was given back");
    drop(held);
    assert!(breaker.admit(Some("x"), s(20)).unwrap().0.iter().all(Option::is_some));
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
        ("`Open`", "a call after the rest") => called(s(15)),
        ("`Open`", "another call during the trial") => {
            let trial = breaker.admit(group, s(15)).unwrap();
            let next = called(s(15));
            drop(trial);
            next
        }
        ("`Open`", "the trial succeeds") => {
            let trial = breaker.admit(group, s(15)).unwrap();
            breaker.report(group, &Outcome::Answered, s(15));
            drop(trial);
            name(&breaker)
        }
        ("`Open`", "the trial fails") => {
            let before = breaker.admit(group, s(0)).unwrap_err().retry_in;
            let trial = breaker.admit(group, s(15)).unwrap();
            fail(s(15));
            drop(trial);
            let after = breaker.admit(group, s(15)).unwrap_err().retry_in;
            assert!(after > before && after < before * 3, "{before:?} {after:?}");
            "`Open`, a longer rest"
        }
        ("`Open`", "a call fails that began before") => {
            let before = breaker.admit(group, s(1)).unwrap_err().retry_in;
            fail(s(1));
            assert_eq!(breaker.admit(group, s(1)).unwrap_err().retry_in, before);
            "`Open`, the same rest"
        }
        ("`Open`", "the trial is dropped, and another call") => {
            drop(breaker.admit(group, s(15)).unwrap());
            called(s(15))
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
    assert_eq!((states, outcomes), (10, 23));
}
