//! The rules between `Task` and a driver.

use kube_proto::Api;
use kube_proto::api::LogParams;
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};

use crate::script::{Script, answer, data, head, secs, session, session_with};

pub fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

#[test]
fn resumed_without_input_it_repeats_its_step() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    let first = script.waits();
    assert_eq!(first, script.waits());
    assert_eq!(first, script.waits());
}

#[test]
fn the_end_is_repeated() {
    let mut script = Script::new(pods().get(""), &session());
    let first = script.error().to_string();
    assert_eq!(first, script.error().to_string());
    assert!(!script.task.in_flight());
}

#[test]
fn unrequested_inputs_are_dropped() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    // Data before a head, an unrequested file, then the real answer, and more after its end.
    script.arrived.extend([data("x"), Input::File("y".into()), Input::End]);
    script.arrived.extend(answer(200, POD));
    script.arrived.extend([data("z"), Input::End]);
    assert_eq!(script.item().metadata.name.as_deref(), Some("a"));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

#[test]
fn data_that_lies_in_the_socket_comes_before_a_look_at_the_clock() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    script.waits();
    // The caller comes back after a day. The answer is there, so the call does not time out.
    script.pass(secs(86_400));
    assert!(matches!(script.feed(answer(200, POD)), Step::Yield(_)));
}

#[test]
fn a_late_caller_without_data_finds_the_time_out() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    let limit = script.waits().unwrap();
    assert!(matches!(script.pass(limit - secs(1)).turn(), Step::Wait(_)));
    let error = script.pass(secs(1)).error();
    assert!(error.to_string().contains("no response within 75s"), "{error}");
}

/// After an effect or an item the answer may be unread in the socket: no deadline counts before the next wait.
#[test]
fn a_late_caller_s_time_is_not_the_server_s() {
    let session = session_with(
        |_| {},
        |settings| {
            settings.call.total = Some(secs(1000));
            settings.stream.total = Some(secs(1000));
            settings.stream.idle = Some(secs(30));
        },
    );
    // The deadline of the head, and the total one.
    for late in [80, 1001] {
        let mut script = Script::new(pods().get("a"), &session);
        script.exchange();
        assert!(matches!(script.pass(secs(late)).turn(), Step::Wait(_)), "{late}");
        assert!(matches!(script.feed(answer(200, POD)), Step::Yield(_)), "{late}");
    }
    // The idle and the total deadline of a body.
    for late in [40, 1001] {
        let mut script = Script::new(pods().logs("a", &LogParams::default()), &session);
        script.exchange();
        script.feed([head(200, &[]), data("one")]);
        assert!(matches!(script.pass(secs(late)).feed([data("two")]), Step::Yield(_)), "{late}");
    }
}

#[test]
fn an_abort_is_not_answered_and_nothing_late_arrives() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    // A refusal whose body never ends is aborted at its limit.
    let mut step = script.feed([head(503, &[("retry-after", "1")])]);
    for _ in 0..100 {
        if !matches!(step, Step::Wait(_)) {
            break;
        }
        step = script.feed([data(&"x".repeat(1 << 10))]);
    }
    assert!(matches!(step, Step::Do(Effect::Abort)));
    assert!(!script.task.in_flight());
    script.arrived.extend([data("late"), Input::End]);
    let wait = script.sent_away(secs(1));
    script.arrived.clear();
    script.pass(wait);
    script.exchange();
    assert!(matches!(script.feed(answer(200, POD)), Step::Yield(_)));
}

#[test]
fn a_driver_that_fails_is_an_error_that_says_what_was_attempted() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    let fault = Fault::unsent(FaultKind::Refused, "Connection refused (os error 111)");
    let Step::Done(Err(error)) = script.feed([Input::Failed(Box::new(fault))]) else { panic!("no error") };
    assert_eq!(
        error.to_string(),
        "get pods \"a\" in namespace \"default\": https://k.test:6443: Connection refused (os error 111); \
         did you specify the right host and port, and is the server running?"
    );
}
