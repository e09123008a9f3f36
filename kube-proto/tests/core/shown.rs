//! Foreign text that acts on a terminal, in every place that shows it: the `Display` of errors, of statuses, of tables
//! and of a watch's state. The fields keep what came.

use std::collections::VecDeque;

use http::Response;
use kube_proto::api::{ListParams, LogParams};
use kube_proto::config::{ConfigError, TokenError};
use kube_proto::driver::{Fault, FaultKind, Input, Operation, ProcessOutput, Session, Step};
use kube_proto::error::{ApiError, Attempt, visible};
use kube_proto::kubeconfig::Kubeconfig;
use kube_proto::response::{ResponseInfo, Status, Table};
use kube_proto::watch::WatchSettings;
use kube_proto::{Error, ErrorKind, yaml};
use serde_json::json;

use crate::border::pods;
use crate::credentials::plugin;
use crate::script::{Script, head, session, session_with};

/// Colours the terminal, writes over the line, and turns the direction of the text.
const EVIL: &str = "a\u{1b}[31mb\u{9b}1mc\rd\u{202e}e\u{7}f\u{2067}";

/// Fails if a character of the text acts on a terminal, or if the foreign text is not there at all.
#[track_caller]
fn is_safe(what: &str, shown: &str) {
    assert_eq!(visible(shown), shown, "{what}: {shown:?}");
    assert!(shown.contains("[31mb"), "{what} does not show the text: {shown:?}");
}

fn status() -> Status {
    let details = json!({"kind": EVIL, "name": EVIL, "causes": [{"field": EVIL, "message": EVIL}]});
    let status = json!({"kind": "Status", "status": "Failure", "message": EVIL, "reason": EVIL, "code": 422, "details": details});
    serde_json::from_value(status).unwrap()
}

#[test]
fn the_texts_of_values() {
    let status = status();
    assert_eq!((status.message.as_str(), status.reason.as_str()), (EVIL, EVIL), "the fields are as they came");
    is_safe("a status", &status.to_string());
    is_safe("a status for kubectl", &status.kubectl_message());
    let invalid = Status { reason: "Invalid".into(), ..status.clone() };
    is_safe("an invalid object for kubectl", &invalid.kubectl_message());

    let attempt =
        Attempt { verb: "GET".into(), resource: format!("/{EVIL}"), server: EVIL.into(), ..Attempt::default() };
    is_safe("an attempt", &attempt.to_string());
    let fault = Fault::unknown(FaultKind::Protocol, EVIL);
    is_safe("a fault", &fault.to_string());
    for kind in [
        ErrorKind::Api(Box::new(ApiError { status, ..ApiError::default() })),
        ErrorKind::Transport(fault),
        ErrorKind::TooLarge { what: EVIL.into(), limit: 1 },
        ErrorKind::Decode { text: EVIL.into(), excerpt: EVIL.into() },
        ErrorKind::Credential(EVIL.into()),
        ErrorKind::Misuse(EVIL.into()),
    ] {
        let error = Error::new(kind).during(&attempt);
        is_safe("an error", &error.to_string());
        is_safe("the Debug of an error", &format!("{error:?}"));
        if let Some(source) = std::error::Error::source(&error) {
            is_safe("the source of an error", &source.to_string());
        }
    }

    let table = json!({
        "columnDefinitions": [{"name": EVIL, "type": "string"}, {"name": "N", "type": "string"}],
        "rows": [{"cells": [EVIL, {"a": EVIL}]}],
    });
    let text = serde_json::from_value::<Table>(table).unwrap().to_text(false);
    assert!(visible(&text) == text && text.contains("[31mb") && text.contains("[31MB"), "{text:?}");

    let (head, ()) = Response::builder()
        .header("warning", http::HeaderValue::from_bytes("299 - \"a[31mb\u{9b}\u{202e}c\"".as_bytes()).unwrap())
        .body(())
        .unwrap()
        .into_parts();
    is_safe("a warning", &ResponseInfo::of(&head).warnings.concat());
    is_safe(
        "an issuer's error",
        &TokenError::parse(json!({"error": EVIL, "error_description": EVIL}).to_string().as_bytes()).text,
    );
    is_safe("YAML", &yaml::to_string(&json!({EVIL: [EVIL], "b": format!("{EVIL}\n{EVIL}")})));
    let key = yaml::to_string(&json!(EVIL));
    let twice = format!("{key}: 1\n{key}: 2\n", key = key.trim_end());
    let error = yaml::documents(&twice).unique_keys().find_map(Result::err).unwrap();
    is_safe("an error of YAML", &error.to_string());
}

#[test]
fn the_errors_of_configurations() {
    for document in [
        json!({"contexts": [{"name": EVIL, "context": {"cluster": 7}}]}),
        json!({"users": [{"name": "a", "user": {"as-user-extra": {EVIL: 7}}}]}),
    ] {
        let error: ConfigError = Kubeconfig::parse(document.to_string().as_bytes()).unwrap_err();
        assert_eq!(visible(&error.to_string()), error.to_string());
        error.problems().iter().for_each(|problem| assert_eq!(visible(&problem.to_string()), problem.to_string()));
    }
}

/// The error of an operation whose effect is answered with these inputs.
fn fails<O: Operation>(operation: O, session: &Session, answers: impl IntoIterator<Item = Input>) -> Error {
    let (mut script, mut answers) = (Script::new(operation, session), VecDeque::from_iter(answers));
    loop {
        match script.turn() {
            Step::Done(Err(error)) => return error,
            Step::Wait(_) => script.arrived.push_back(answers.pop_front().unwrap()),
            _ => {}
        }
    }
}

#[test]
fn the_errors_of_operations() {
    let status = serde_json::to_string(&status()).unwrap();
    for (what, code, media, text) in [
        ("a status", 422, "application/json", status.clone()),
        ("a page", 404, "text/html", format!("<title>{EVIL}</title>")),
        ("plain text", 403, "text/plain", EVIL.to_owned()),
        ("another document", 400, "application/json", json!({"message": EVIL}).to_string()),
        ("what is no JSON", 200, "application/json", EVIL.to_owned()),
        ("another kind of JSON", 200, "application/json", json!({"error": EVIL}).to_string()),
    ] {
        let answer = || [head(code, &[("content-type", media)]), Input::Data(text.clone().into()), Input::End];
        let error = fails(pods().list(&ListParams::default()), &session(), answer());
        is_safe(what, &error.to_string());
        if code != 200 {
            is_safe(what, &fails(pods().logs("a", &LogParams::default()), &session(), answer()).to_string());
        }
    }
    let output = ProcessOutput { status: 1, stdout: Default::default(), stderr: EVIL.into() };
    let error = fails(pods().get("a"), &session_with(plugin, |_| {}), [Input::Output(Box::new(output))]);
    is_safe("a plugin's complaint", &error.to_string());
}

/// The state of a watch that failed, for logs.
#[test]
fn the_state_of_a_watch() {
    let mut script = Script::new(pods().watch(WatchSettings::default().streaming(false)), &session());
    script.exchange();
    script.arrived.extend([head(403, &[]), Input::Data(serde_json::to_string(&status()).unwrap().into()), Input::End]);
    while script.task.operation().state().trouble.is_none() {
        script.turn();
    }
    is_safe("a watch", &script.task.operation().state().to_string());
}
