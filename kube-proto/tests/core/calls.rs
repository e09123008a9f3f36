//! A call, and what can go wrong with it.

use kube_proto::Api;
use kube_proto::ErrorKind;
use kube_proto::api::{ApiRequest, ExecParams, ListParams, Trim, Unary, Upgrade, WriteParams};
use kube_proto::driver::{Effect, ExchangeKind, Fault, FaultKind, Input, Operation, Raw, Reach, Step};
use kube_proto::error::TimeoutStage;
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::{BreakerPolicy, Rate, RetryPolicy};
use kube_proto::watch::{Event, WatchSettings};

use crate::border::pods;
use crate::script::{Script, answer, data, head, name, secs, session, session_with, status};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

fn closed(reach: Reach, stale: bool) -> Input {
    Input::Failed(Box::new(Fault { kind: FaultKind::Closed, reach, stale, text: "connection closed".into() }))
}

fn pod() -> DynamicObject {
    serde_json::from_str(POD).unwrap()
}

#[test]
fn a_dead_pooled_connection_is_replaced_by_a_fresh_one_once() {
    let mut script = Script::new(pods().get("a"), &session());
    assert!(!script.exchange().fresh);
    script.arrived.push_back(closed(Reach::Unknown, true));
    assert!(script.exchange().fresh);
    assert!(matches!(script.feed(answer(200, POD)), Step::Yield(_)));
}

#[test]
fn a_post_on_a_dead_pooled_connection_is_repeated_only_if_nothing_was_sent() {
    let create = || Script::new(pods().create(&pod(), &WriteParams::default()), &session());
    let mut unsent = create();
    unsent.exchange();
    unsent.arrived.push_back(closed(Reach::NotSent, true));
    assert!(unsent.exchange().fresh);

    let mut unknown = create();
    unknown.exchange();
    unknown.arrived.push_back(closed(Reach::Unknown, true));
    let error = unknown.error();
    assert!(error.outcome_unknown());
    assert!(error.to_string().contains("may have been carried out"), "{error}");
}

#[test]
fn the_client_waits_as_long_as_retry_after_says() {
    let mut script = Script::new(pods().create(&pod(), &WriteParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(429, &[("retry-after", "3")]), data("Too many requests"), Input::End]);
    let wait = script.sent_away(secs(3));
    script.pass(wait);
    script.exchange();
    assert!(matches!(script.feed(answer(201, POD)), Step::Yield(_)));
}

#[test]
fn calls_of_one_session_that_were_sent_away_together_come_back_one_by_one() {
    let session = session();
    let waits: std::collections::BTreeSet<_> = (0..20)
        .map(|_| {
            let mut script = Script::new(pods().get("a"), &session);
            script.exchange();
            script.arrived.extend([head(503, &[("retry-after", "20")]), Input::End]);
            script.sent_away(secs(20))
        })
        .collect();
    assert_eq!(waits.len(), 20, "{waits:?}");
}

#[test]
fn an_exec_is_a_change_and_a_dry_run_is_a_read() {
    let exec = pods().target().exec("a", &ExecParams::run(["date"]));
    let mut script = Script::new(Upgrade::new(exec, |_| Ok(Raw::new())), &session());
    assert_eq!(script.exchange().request.method(), http::Method::GET);
    script.arrived.push_back(closed(Reach::Unknown, false));
    assert!(script.error().outcome_unknown());

    let dry = pods().create(&pod(), &WriteParams::default().dry_run());
    let mut script = Script::new(dry, &session());
    script.exchange();
    script.arrived.push_back(closed(Reach::Unknown, true));
    assert!(script.exchange().fresh);
}

#[test]
fn the_total_deadline_ends_everything() {
    let session = session_with(|_| {}, |settings| settings.call.total = Some(secs(5)));
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.extend([head(503, &[("retry-after", "3")]), Input::End]);
    let wait = script.sent_away(secs(3));
    script.pass(wait);
    script.exchange();
    script.arrived.extend([head(503, &[("retry-after", "3")]), Input::End]);
    let rest = secs(5) - wait;
    assert_eq!(script.waits(), Some(rest), "no wait passes the total");
    let error = script.pass(rest).error();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
}

#[test]
fn the_total_deadline_counts_in_every_state() {
    let session = session_with(
        |_| {},
        |settings| {
            settings.call.total = Some(secs(3));
            settings.concurrent = Some(1);
        },
    );
    // The stage in which it ends.
    fn ends<O: Operation>(mut script: Script<O>) -> TimeoutStage {
        assert_eq!(script.waits(), Some(secs(3)), "no wait passes the total");
        assert!(matches!(script.pass(secs(2)).turn(), Step::Wait(_)));
        match script.pass(secs(1)).error().kind() {
            ErrorKind::Timeout { stage, limit, .. } if *limit == secs(3) => *stage,
            other => panic!("{other:?}"),
        }
    }
    let mut head_awaited = Script::new(pods().get("a"), &session);
    head_awaited.exchange();
    assert_eq!(ends(Script::new(pods().get("b"), &session)), TimeoutStage::Permit);
    assert_eq!(ends(head_awaited), TimeoutStage::Total);
    let mut body = Script::new(pods().get("a"), &session);
    body.exchange();
    body.arrived.extend([head(200, &[]), data("{")]);
    assert_eq!(ends(body), TimeoutStage::Total);
    let mut list = Script::new(pods().pages(&ListParams::default()), &session);
    list.exchange();
    list.arrived.extend([head(200, &[]), data(r#"{"items":[{"metadata":{"name":"a"}}"#)]);
    list.item();
    assert_eq!(ends(list), TimeoutStage::Total);
}

#[test]
fn a_list_that_drips_is_not_waited_for() {
    let settings = WatchSettings::default().streaming(false);
    let session = session();
    let mut watch = Script::new(pods().watch(settings), &session);
    let mut list = Script::new(pods().list(&ListParams::default()), &session);
    watch.exchange();
    list.exchange();
    let beginning = r#"{"kind":"PodList","apiVersion":"v1","items":["#;
    watch.arrived.extend([head(200, &[]), data(beginning)]);
    list.arrived.extend([head(200, &[]), data(beginning)]);
    watch.waits();
    list.waits();
    let mut seconds = 0;
    let error = loop {
        assert!(seconds < 60, "a byte every two seconds is no progress");
        seconds += 2;
        match list.pass(secs(2)).feed([data(" ")]) {
            Step::Wait(_) => {}
            Step::Done(Err(error)) => break error,
            other => panic!("{}", name(&other)),
        }
    };
    assert!(error.to_string().contains("too little of the response within 30s"), "{error}");
    for _ in 0..seconds / 2 {
        match watch.pass(secs(2)).feed([data(" ")]) {
            Step::Wait(_) | Step::Yield(Event::InitBegin) => {}
            Step::Yield(Event::Trouble(trouble)) => {
                assert_eq!(trouble.ending, kube_proto::watch::Ending::Silent);
                return;
            }
            other => panic!("{}", name(&other)),
        }
    }
    panic!("the watch goes on");
}

#[test]
fn a_head_that_drips_is_not_a_head() {
    // The driver reports a head only when it is whole. The deadline of the head ends the call.
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    for _ in 0..74 {
        script.waits();
        script.pass(secs(1));
    }
    script.waits();
    assert!(script.pass(secs(1)).error().to_string().contains("no response"));
}

#[test]
fn silence_is_counted_from_the_first_wait_and_anew_after_data() {
    let session = session_with(|_| {}, |settings| settings.stream.idle = Some(secs(10)));
    let mut script = Script::new(ApiRequest::raw(http::Method::GET, "/log", "").chunks(), &session);
    assert_eq!(script.exchange().kind, ExchangeKind::Stream);
    assert!(matches!(script.feed([head(200, &[]), data("a")]), Step::Yield(_)));
    // The caller does something else for an hour. This does not count as silence of the server.
    script.pass(secs(3600));
    assert_eq!(script.waits(), Some(secs(10)));
    script.pass(secs(9));
    assert!(matches!(script.feed([data("b")]), Step::Yield(_)));
    assert_eq!(script.waits(), Some(secs(10)));
    let error = script.pass(secs(10)).error();
    assert!(error.to_string().contains("no more of the response within 10s"), "{error}");
}

#[test]
fn a_log_may_be_silent_for_a_day() {
    let mut script = Script::new(ApiRequest::raw(http::Method::GET, "/log", "").chunks(), &session());
    script.exchange();
    script.arrived.push_back(head(200, &[]));
    assert_eq!(script.waits(), None);
    assert_eq!(script.pass(secs(86_400)).waits(), None);
}

#[test]
fn permits_wait_in_line_and_come_back_when_a_call_is_dropped() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let mut first = Script::new(pods().get("a"), &session);
    first.exchange();
    let mut second = Script::new(pods().get("b"), &session);
    let mut third = Script::new(pods().get("c"), &session);
    second.waits();
    third.waits();
    drop(first);
    assert_eq!((second.woken(), third.woken()), (1, 0));
    third.waits();
    second.exchange();
    second.arrived.extend(answer(200, POD));
    second.item();
    assert_eq!(third.woken(), 1, "the permit is back at the end of the response");
    third.exchange();
}

#[test]
fn a_stream_gives_its_permit_back_at_its_head() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let mut stream = Script::new(ApiRequest::raw(http::Method::GET, "/log", "").chunks(), &session);
    stream.exchange();
    let mut call = Script::new(pods().get("a"), &session);
    call.waits();
    stream.arrived.push_back(head(200, &[]));
    stream.waits();
    assert_eq!(call.woken(), 1);
    call.exchange();
}

#[test]
fn no_permit_is_held_while_the_caller_thinks() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let items =
        r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},"#;
    let mut pages = Script::new(pods().pages(&ListParams::default()), &session);
    pages.exchange();
    pages.arrived.extend([head(200, &[]), data(items)]);
    pages.item();
    let mut watch = Script::new(pods().watch(WatchSettings::default().streaming(false)), &session);
    watch.exchange();
    watch.arrived.extend([head(200, &[]), data(items)]);
    while !matches!(watch.item(), Event::InitApplied(_)) {}
    let mut call = Script::new(pods().get("a"), &session);
    call.exchange();
    // A list that yields one document keeps its permit to the end.
    call.arrived.extend(answer(200, POD));
    call.item();
    let mut list = Script::new(pods().list(&ListParams::default()), &session);
    list.exchange();
    list.arrived.extend([head(200, &[]), data(items)]);
    list.waits();
    Script::new(pods().get("a"), &session).waits();
}

#[test]
fn nothing_is_held_during_a_backoff() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let mut first = Script::new(pods().get("a"), &session);
    first.exchange();
    first.arrived.extend([head(503, &[("retry-after", "9")]), Input::End]);
    first.waits();
    Script::new(pods().get("b"), &session).exchange();
}

#[test]
fn a_holder_that_is_not_polled_loses_its_permit_and_one_that_is_polled_does_not() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let mut holder = Script::new(pods().get("a"), &session);
    holder.exchange();
    let mut waiter = Script::new(pods().get("b"), &session);
    for _ in 0..6 {
        assert!(holder.waits().unwrap() <= secs(10), "a holder comes back in time to renew");
        waiter.waits();
        holder.pass(secs(10));
        waiter.pass(secs(10));
    }
    // The holder is not polled any more.
    waiter.waits();
    waiter.pass(secs(31));
    waiter.exchange();
}

#[test]
fn a_rate_is_waited_for() {
    let rate = Rate { per_second: 1.0, burst: 1 };
    let session = session_with(|_| {}, |settings| settings.rate = Some(rate));
    Script::new(pods().get("a"), &session).exchange();
    let mut second = Script::new(pods().get("b"), &session);
    assert_eq!(second.waits(), Some(secs(1)));
    second.pass(secs(1)).exchange();
}

#[test]
fn every_failure_of_the_server_is_told_to_the_breaker() {
    type Fails = fn(&mut Script<Unary<DynamicObject>>);
    let answered = |code: u16, headers: &'static [(&str, &str)]| (code, headers);
    let failures: [Fails; 5] = [
        |script| {
            script.waits();
            script.pass(secs(75)).error();
        },
        |script| {
            script.arrived.extend(answer(504, "{}"));
            script.error();
        },
        |script| {
            script.arrived.extend([head(503, &[]), Input::End]);
            script.error();
        },
        |script| {
            script.arrived.extend([head(500, &[("content-encoding", "br")]), Input::End]);
            script.turn();
        },
        |script| {
            script.arrived.push_back(closed(Reach::Answered, false));
            script.error();
        },
    ];
    let policy = BreakerPolicy { failures: 1, rest: secs(10), longest: secs(10) };
    let session = || session_with(|_| {}, |settings| settings.breaker = Some(policy));
    for (place, fails) in failures.into_iter().enumerate() {
        let session = session();
        let mut failing = Script::new(pods().get("a"), &session);
        failing.exchange();
        fails(&mut failing);
        let now = failing.now;
        let again = |operation| {
            let mut script = Script::new(operation, &session);
            script.now = now;
            script
        };
        let error = again(pods().get("a")).error();
        assert!(matches!(error.kind(), ErrorKind::CircuitOpen { .. }), "{place}: {error}");
        // A failed connection is every group's; the rest is the group's own.
        let other = ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
        let step = again(Api::dynamic(other).within("default").get("a")).turn();
        assert_eq!(matches!(step, Step::Done(_)), place == 4, "{place}: {}", name(&step));
    }
    for (code, headers) in [
        answered(404, &[]),
        answered(401, &[]),
        answered(429, &[("retry-after", "100")]),
        answered(503, &[("retry-after", "100")]),
    ] {
        let session = session();
        let mut script = Script::new(pods().get("a"), &session);
        script.exchange();
        script.arrived.extend([head(code, headers), Input::End]);
        script.error();
        Script::new(pods().get("a"), &session).exchange();
    }
}

#[test]
fn an_open_circuit_says_what_failed() {
    let policy = BreakerPolicy { failures: 1, rest: secs(10), longest: secs(10) };
    let session = session_with(|_| {}, |settings| settings.breaker = Some(policy));
    let metrics = || ApiRequest::raw(http::Method::GET, "/apis/metrics.k8s.io/v1beta1/nodes", "").bytes();
    let mut failing = Script::new(metrics(), &session);
    failing.exchange();
    failing.arrived.extend([head(503, &[("content-type", "text/plain")]), data("service unavailable"), Input::End]);
    failing.error();
    let failed = failing.now;
    let mut refused = Script::new(metrics(), &session);
    let error = refused.pass(secs(2)).error();
    let text = error.to_string();
    let ErrorKind::CircuitOpen { since, until, retry_in, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((*since, *until), (failed.unix, refused.now.unix + *retry_in));
    assert!((secs(8)..secs(13)).contains(retry_in), "{text}");
    let (why, when) = text.split_once(" (metrics.k8s.io failed: ").unwrap();
    assert!(why.ends_with("has failed too often since 2027-01-15T08:00:00Z"), "{text}");
    assert!(when.contains("); the next try is allowed at 2027-01-15T08:00:1"), "{text}");
    Script::new(pods().get("a"), &session).exchange();
}

#[test]
fn the_breaker_opens_and_a_dropped_trial_is_free_again() {
    let policy = BreakerPolicy { failures: 1, rest: secs(10), longest: secs(10) };
    let session = session_with(|_| {}, |settings| settings.breaker = Some(policy));
    let mut failing = Script::new(pods().get("a"), &session);
    failing.exchange();
    failing.arrived.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "no"))));
    failing.error();
    let mut refused = Script::new(pods().get("a"), &session);
    assert!(matches!(refused.error().kind(), ErrorKind::CircuitOpen { .. }));

    let mut trial = Script::new(pods().get("a"), &session);
    trial.pass(secs(15)).exchange();
    let mut beside = Script::new(pods().get("a"), &session);
    assert!(matches!(beside.pass(secs(15)).error().kind(), ErrorKind::CircuitOpen { .. }));
    drop(trial);
    let mut next = Script::new(pods().get("a"), &session);
    next.pass(secs(15)).exchange();
    assert!(matches!(next.feed(answer(200, POD)), Step::Yield(_)));
    Script::new(pods().get("a"), &session).exchange();
}

#[test]
fn the_answer_before_the_request_was_sent_whole_is_the_answer() {
    let mut script = Script::new(pods().create(&pod(), &WriteParams::default()), &session());
    script.exchange();
    let body = status(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
    script.arrived.extend(answer(413, &body));
    let error = script.error();
    assert!(error.status().unwrap().is_request_entity_too_large());
    assert!(!error.outcome_unknown());
}

#[test]
fn a_body_that_is_not_json_is_shown() {
    for (code, kind, says) in [
        (200, "text/html", "is this an API server, or a proxy before it?"),
        (502, "text/html", "Bad Gateway"),
        (200, "application/json", "does not decode"),
    ] {
        let session = session_with(|_| {}, |settings| settings.retry = RetryPolicy::NEVER);
        let mut script = Script::new(pods().get("a"), &session);
        script.exchange();
        script.arrived.extend([head(code, &[("content-type", kind)]), data("<html>Bad Gateway</html>"), Input::End]);
        let error = script.error().to_string();
        assert!(error.contains(says) && error.contains("Bad Gateway"), "{error}");
    }
}

#[test]
fn warnings_and_the_audit_id_are_there_with_the_answer() {
    let mut script = Script::new(pods().get("a").with_info(), &session());
    script.exchange();
    let headers = [("warning", r#"299 - "v1 Foo is deprecated""#), ("audit-id", "u-1")];
    script.arrived.extend([head(200, &headers), data(POD), Input::End]);
    let answer = script.item();
    assert_eq!(answer.info.warnings, ["v1 Foo is deprecated"]);
    assert_eq!(answer.info.audit_id.as_deref(), Some("u-1"));
    assert_eq!(answer.value.metadata.name.as_deref(), Some("a"));
}

#[test]
fn a_document_beyond_its_limit_is_refused_at_once() {
    let session = session_with(|_| {}, |settings| settings.limits.document = 100);
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.extend([head(200, &[]), data(&"x".repeat(64)), data(&"x".repeat(64))]);
    assert!(script.error().to_string().contains("limit of 100 bytes"));
    // The same for a length that is only announced.
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.extend([head(200, &[("content-length", "2147483648")]), data("{")]);
    assert!(script.error().to_string().contains("limit of 100 bytes"));
}

#[test]
fn fifty_megabytes_of_error_are_not_kept() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    script.arrived.push_back(head(500, &[("content-type", "text/plain")]));
    let chunk = "e".repeat(64 << 10);
    let mut fed = 0;
    let error = loop {
        script.arrived.push_back(data(&chunk));
        fed += chunk.len();
        match script.turn() {
            Step::Done(Err(error)) => break error,
            Step::Do(Effect::Abort) | Step::Wait(_) => {}
            other => panic!("{}", name(&other)),
        }
    };
    assert!(fed <= 256 << 10, "aborted after {fed} bytes");
    assert!(error.to_string().len() < 8 << 10, "{}", error.to_string().len());
}

#[test]
fn a_get_may_leave_out_parts_of_the_object() {
    let trim = Trim::managed_fields().annotation("a");
    let body =
        r#"{"kind":"Pod","metadata":{"name":"x","annotations":{"a":"1","b":"2"},"managedFields":[{"manager":"m"}]}}"#;
    for (call, left) in [(pods().get("x"), (true, true)), (pods().get("x").trim(trim), (false, false))] {
        let mut script = Script::new(call, &session());
        script.exchange();
        script.arrived.extend(answer(200, body));
        let pod = script.item();
        assert_eq!((!pod.metadata.managed_fields.is_empty(), pod.metadata.annotations.contains_key("a")), left);
        assert_eq!(pod.metadata.annotations["b"], "2");
    }
}
