//! The policies of a session over all of its calls: budget, rates, deadline; and the page of their defaults.

use std::time::Duration;

use kube_proto::ErrorKind;
use kube_proto::api::{ExecParams, LogParams, WriteParams};
use kube_proto::driver::{Fault, FaultKind, Input, Step};
use kube_proto::error::{RetryCause, TimeoutStage};
use kube_proto::settings::{AdaptivePolicy, BreakerPolicy, ClassRates, ConflictPolicy, Rate, RetryBudget, Settings};
use kube_proto::watch::WatchSettings;

use crate::border::pods;
use crate::script::{Script, answer, data, head, secs, session, session_with, token_file};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

fn lost() -> Input {
    Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, "the connection was lost")))
}

/// The default column of the page, from the settings.
fn defaults() -> Vec<(&'static str, String)> {
    let Settings { retry, retry_budget, rate, rates, adaptive, concurrent, breaker, call, conflicts, .. } =
        Settings::default();
    let RetryBudget { share, reserve } = retry_budget.unwrap();
    let AdaptivePolicy { lower, every, least, .. } = adaptive.unwrap();
    let ConflictPolicy { tries, backoff } = conflicts;
    let limit = |rate: Option<Rate>| rate.map_or("none".to_owned(), |rate| format!("{rate:?}"));
    assert_eq!(rates, ClassRates::default());
    let span = |span: Duration| match span.as_millis() {
        whole if whole.is_multiple_of(1000) => format!("{} s", whole / 1000),
        millis => format!("{millis} ms"),
    };
    vec![
        ("repetitions after `Retry-After`", retry.asked.to_string()),
        ("longest `Retry-After` that is obeyed", span(retry.patience)),
        ("repetitions of a read after a lost connection", retry.lost.to_string()),
        ("first wait after a lost connection", span(retry.backoff)),
        ("repetitions of all calls, for each call", share.to_string()),
        ("repetitions saved up", reserve.to_string()),
        ("rate of requests", limit(rate)),
        ("rate of reads, of writes, of streams", limit(rates.reads)),
        ("after a 429, part of the rate", lower.to_string()),
        ("after a 429, a step up each", span(every)),
        ("after a 429, least rate", format!("{least}/s")),
        ("calls at the same time", concurrent.map_or("none".into(), |most| most.to_string())),
        ("circuit breaker", breaker.map_or("off".into(), |breaker: BreakerPolicy| format!("{breaker:?}"))),
        ("connect", span(call.connect)),
        ("head of a response", span(call.head)),
        ("silence in a body", span(call.idle.unwrap())),
        ("total time of a call", span(call.total.unwrap())),
        ("writes of an edit with conflicts", tries.to_string()),
        ("first wait after a conflict", span(backoff)),
    ]
}

#[test]
fn the_page_has_the_defaults() {
    let page = include_str!("../../docs/resilience.md");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<(&str, String)> = rows
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [policy, default, _, _, _] = cells[..] else { panic!("{line}") };
            (policy, default.to_owned())
        })
        .collect();
    assert_eq!(rows, defaults());
}

/// Ten calls in an outage: the first ones use the budget up, the others end at their first error.
#[test]
fn the_budget_is_the_session_s() {
    let budget = RetryBudget { share: 0.5, reserve: 4 };
    let session = session_with(|_| {}, |settings| settings.retry_budget = Some(budget));
    let mut attempts = Vec::new();
    for _ in 0..10 {
        let mut script = Script::new(pods().get("a"), &session);
        let mut count = 0;
        loop {
            match script.turn() {
                Step::Do(_) => {
                    count += 1;
                    script.arrived.push_back(lost());
                }
                Step::Wait(until) => _ = script.pass(until.unwrap().since(script.now.mono)),
                Step::Done(result) => break assert!(result.is_err()),
                Step::Yield(_) => panic!(),
            }
        }
        attempts.push(count);
    }
    // 4 saved up, and half a one from each call.
    assert_eq!(attempts, [4, 2, 2, 1, 2, 1, 2, 1, 2, 1]);
    let stats = session.statistics();
    assert_eq!((stats.retries, stats.unrepeated), (8, 9));
}

/// A dead pooled connection costs nothing of the budget.
#[test]
fn a_fresh_connection_is_free() {
    let session = session_with(|_| {}, |settings| settings.retry_budget = Some(RetryBudget { share: 0.0, reserve: 0 }));
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    let stale = Fault { stale: true, ..Fault::unsent(FaultKind::Closed, "idle for too long") };
    script.arrived.push_back(Input::Failed(Box::new(stale)));
    assert!(script.exchange().fresh);
    script.arrived.extend([head(503, &[("retry-after", "1")]), Input::End]);
    script.error();
}

#[test]
fn each_class_has_its_own_rate() {
    let one = Some(Rate { per_second: 1.0, burst: 1 });
    let session = session_with(|_| {}, |settings| settings.rates = ClassRates { writes: one, ..ClassRates::default() });
    let object = serde_json::from_str(POD).unwrap();
    let mut writes: Vec<_> =
        (0..3).map(|_| Script::new(pods().create(&object, &WriteParams::default()), &session)).collect();
    writes[0].exchange();
    assert_eq!(writes[1].waits(), Some(secs(1)));
    assert_eq!(writes[2].waits(), Some(secs(2)), "in the order of their arrival");
    for _ in 0..10 {
        Script::new(pods().get("a"), &session).exchange();
        Script::new(pods().watch(WatchSettings::default()), &session).exchange();
    }
}

/// A 429 lowers the rate of reads, for other calls too; it rises again.
#[test]
fn a_429_slows_its_class_down() {
    let session = session();
    let mut first = Script::new(pods().get("a"), &session);
    let mut others: Vec<_> = (0..39).map(|_| Script::new(pods().get("a"), &session)).collect();
    first.exchange();
    others.iter_mut().for_each(|script| _ = script.exchange());
    first.arrived.extend([head(429, &[("retry-after", "1")]), Input::End]);
    first.waits();
    // Half of 40 each second from now on, one each 50 ms.
    let waits = |passed: Duration| -> Vec<Duration> {
        let mut scripts: Vec<_> = (0..4).map(|_| Script::new(pods().get("a"), &session)).collect();
        let wait = |script: &mut Script<_>| match script.pass(passed).turn() {
            Step::Wait(until) => until.unwrap().since(script.now.mono),
            Step::Do(_) => Duration::ZERO,
            _ => panic!(),
        };
        scripts.iter_mut().map(wait).collect()
    };
    let ms = Duration::from_millis;
    assert_eq!(waits(ms(1)), [ms(0), ms(50), ms(100), ms(150)]);
    Script::new(pods().watch(WatchSettings::default()), &session).exchange();
    assert_eq!(waits(secs(6)), [ms(0); 4], "free again");
}

/// One deadline for a chain: the second call has what the first one left.
#[test]
fn a_chain_has_one_deadline() {
    let all = session();
    let chain = all.with_deadline(secs(20));
    let mut first = Script::new(pods().get("a"), &chain);
    first.exchange();
    first.pass(secs(12));
    first.arrived.extend(answer(200, POD));
    first.item();
    let mut second = Script::new(pods().get("a"), &chain);
    second.now = first.now;
    second.exchange();
    assert_eq!(second.waits(), Some(secs(8)));
    let error = second.pass(secs(8)).error();
    let ErrorKind::Timeout { stage: TimeoutStage::Total, limit, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(*limit, secs(20));
    assert!(error.to_string().contains("get pods \"a\""), "{error}");
    // Other operations of the client are not bounded by it.
    let mut other = Script::new(pods().get("a"), &all);
    other.now = second.now;
    other.exchange();
    // A shorter one inside: what is left of the outer one counts.
    let inner = chain.with_deadline(secs(60));
    let mut third = Script::new(pods().get("a"), &inner);
    third.now = second.now;
    assert!(matches!(third.turn(), Step::Do(_) | Step::Done(Err(_))));
}

/// It reaches into repetitions, credentials, and the recovery of a watch.
#[test]
fn a_deadline_reaches_everywhere() {
    let chain = session().with_deadline(secs(10));
    let mut script = Script::new(pods().get("a"), &chain);
    script.exchange();
    script.arrived.extend([head(503, &[("retry-after", "30")]), Input::End]);
    assert_eq!(script.waits(), Some(secs(10)));
    script.pass(secs(10)).error();

    let chain = session_with(token_file, |_| {}).with_deadline(secs(10));
    let mut script = Script::new(pods().get("a"), &chain);
    assert!(matches!(script.turn(), Step::Do(_)));
    assert_eq!(script.waits(), Some(secs(10)));
    script.pass(secs(10));
    let ended = std::iter::repeat_with(|| script.turn()).take(3).find_map(|step| match step {
        Step::Done(result) => result.err(),
        _ => None,
    });
    let error = ended.unwrap();
    assert!(error.to_string().contains("longer than 10s"), "{error}");

    let chain = session().with_deadline(secs(10));
    let mut script = Script::new(pods().watch(WatchSettings::default()), &chain);
    for _ in 0..100 {
        match script.turn() {
            Step::Do(_) => script.arrived.push_back(lost()),
            Step::Wait(until) => _ = script.pass(until.unwrap().since(script.now.mono)),
            Step::Yield(_) => {}
            Step::Done(result) => {
                let error = result.unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
                return;
            }
        }
    }
    panic!("the watch goes on");
}

/// It bounds the opening of a session, and a log for as long as it follows.
#[test]
fn a_deadline_of_sessions_and_logs() {
    let is_late = |error: &kube_proto::Error| matches!(error.kind(), ErrorKind::Timeout { .. });
    let chain = session().with_deadline(secs(10));
    let mut exec = Script::new(pods().exec("a", &ExecParams::run(["date"])), &chain);
    exec.exchange();
    assert_eq!(exec.waits(), Some(secs(10)));
    let error = exec.pass(secs(10)).error();
    assert!(is_late(&error) && error.outcome_unknown(), "{error}");

    let chain = session_with(token_file, |_| {}).with_deadline(secs(10));
    let mut exec = Script::new(pods().exec("a", &ExecParams::run(["date"])), &chain);
    assert!(matches!(exec.turn(), Step::Do(_)));
    assert_eq!(exec.waits(), Some(secs(10)), "the credential's time counts");

    let chain = session().with_deadline(secs(10));
    let params = LogParams::default().follow();
    let mut log = Script::new(pods().logs("a", &params), &chain);
    log.exchange();
    log.pass(secs(6)).arrived.extend([head(200, &[]), data("one line\n")]);
    assert!(matches!(log.turn(), Step::Yield(_)));
    assert_eq!(log.waits(), Some(secs(4)));
    let error = log.pass(secs(4)).error();
    assert!(is_late(&error), "{error}");
}

/// An error says how often the request was sent, why again, and how long all of it took.
#[test]
fn an_error_has_its_attempts() {
    let session = session();
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.pass(secs(2)).arrived.extend([head(429, &[("retry-after", "1")]), Input::End]);
    let wait = script.sent_away(secs(1));
    script.pass(wait).exchange();
    script.pass(secs(3)).arrived.push_back(lost());
    let Step::Wait(Some(until)) = script.turn() else { panic!() };
    let again = until.since(script.now.mono);
    script.pass(again).exchange();
    script.pass(secs(4)).arrived.extend([head(500, &[]), Input::End]);
    let error = script.error();
    let attempts = error.attempts().unwrap();
    assert_eq!((attempts.made, attempts.took, attempts.over_budget), (3, secs(9) + wait + again, false));
    let busy = RetryCause::Status(http::StatusCode::TOO_MANY_REQUESTS);
    let earlier: Vec<_> = attempts.earlier.iter().map(|one| (one.cause, one.took, one.pause)).collect();
    assert_eq!(earlier, [(busy, secs(2), wait), (RetryCause::Connection, secs(3), again)]);
    let text = error.to_string();
    assert!(
        text.contains("(3 attempts in ") && text.contains("; repeated because of 429, a lost connection)"),
        "{text}"
    );

    // One attempt is not worth a word.
    let mut once = Script::new(pods().get("a"), &session);
    once.exchange();
    once.arrived.extend([head(500, &[]), Input::End]);
    let error = once.error();
    assert_eq!(error.attempts().unwrap().made, 1);
    assert!(!error.to_string().contains("attempt"), "{error}");
}

/// A call that the budget does not let go on says so, and so does one whose deadline passes during a wait.
#[test]
fn an_error_names_the_budget_and_the_wait() {
    let session = session_with(|_| {}, |settings| settings.retry_budget = Some(RetryBudget { share: 0.0, reserve: 0 }));
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.push_back(lost());
    let error = script.error();
    assert!(error.attempts().unwrap().over_budget);
    assert!(error.to_string().ends_with("(1 attempt in 0ns; the budget of repetitions is used up)"), "{error}");

    let session = crate::script::session().with_deadline(secs(5));
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.extend([head(429, &[("retry-after", "50")]), Input::End]);
    script.waits();
    let error = script.pass(secs(5)).error();
    assert!(error.to_string().ends_with("(1 attempt in 5s; to be repeated because of 429)"), "{error}");
}
