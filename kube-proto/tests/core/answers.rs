//! The `ResponseInfo` of every kind of operation.

use std::sync::{Arc, Mutex};

use http::Method;
use kube_proto::api::Upgrade;
use kube_proto::api::{ApiRequest, ListParams, LogParams, WatchParams};
use kube_proto::config::ServiceAccountToken;
use kube_proto::driver::Raw;
use kube_proto::driver::{Effect, Input, Operation, Step};
use kube_proto::response::ResponseInfo;
use kube_proto::watch::{Event, WatchSettings};

use crate::border::pods;
use crate::credentials::POD;
use crate::script::{Script, answer, data, head, secs, session, session_with, status};

/// A head with this audit id, and a warning that names it.
fn said(code: u16, id: &str) -> Input {
    let warning = format!(r#"299 - "about \"{id}\"", 299 - "and more""#);
    head(code, &[("content-type", "application/json"), ("audit-id", id), ("warning", &warning)])
}

#[track_caller]
fn is(answered: &ResponseInfo, code: u16, id: &str) {
    assert_eq!((answered.code.as_u16(), answered.audit_id.as_deref()), (code, Some(id)));
    assert_eq!(answered.warnings, [format!("about \"{id}\""), "and more".to_owned()]);
}

/// An operation whose request was sent.
fn sent<O: Operation>(operation: O) -> Script<O> {
    let mut script = Script::new(operation, &session());
    script.exchange();
    script
}

fn list(names: &[&str], token: &str) -> String {
    let items: Vec<_> = names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)).collect();
    format!(
        r#"{{"kind":"PodList","metadata":{{"resourceVersion":"7","continue":"{token}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

const ADDED: &str = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}}\n";

#[test]
fn calls_and_lists() {
    let mut script = sent(pods().get("a").with_info());
    assert!(script.task.operation().response_info().is_none());
    script.arrived.extend([said(200, "a"), data(POD), Input::End]);
    is(&script.item().info, 200, "a");

    let mut script = sent(pods().list(&ListParams::default()).with_info());
    script.arrived.extend([said(200, "b"), data(&list(&["a"], "")), Input::End]);
    let answer = script.item();
    is(&answer.info, 200, "b");
    assert_eq!(answer.value.items.len(), 1);

    // Every object comes with the response info of its own page.
    let mut script = sent(pods().pages(&ListParams::default()).with_info());
    script.arrived.extend([said(200, "c"), data(&list(&["a", "b"], "more")), Input::End]);
    let (one, two) = (script.item(), script.item());
    is(&one.info, 200, "c");
    assert!(Arc::ptr_eq(&one.info, &two.info));
    script.exchange();
    script.arrived.extend([said(200, "d"), data(&list(&["c"], "")), Input::End]);
    is(&script.item().info, 200, "d");
    assert_eq!(script.task.operation().operation().metadata().unwrap().resource_version, "7");
}

#[test]
fn streams() {
    let mut script = sent(pods().watch_once(&WatchParams::default()).with_info());
    script.arrived.push_back(said(200, "e"));
    script.waits();
    is(script.task.operation().response_info().unwrap(), 200, "e");
    script.arrived.push_back(data(ADDED));
    is(&script.item().info, 200, "e");

    let mut script = sent(pods().logs("a", &LogParams::default()));
    script.arrived.extend([said(200, "f"), data("line\n")]);
    script.item();
    is(script.task.operation().response_info().unwrap(), 200, "f");

    // A watch that recovers: the info of the latest response, of its list or of its watch.
    let mut script = Script::new(pods().watch(WatchSettings::default().streaming(false)), &session());
    assert!(script.task.operation().response_info().is_none());
    script.exchange();
    script.arrived.extend([said(200, "g"), data(&list(&["a"], "")), Input::End]);
    while !matches!(script.item(), Event::InitDone { .. }) {}
    is(script.task.operation().response_info().unwrap(), 200, "g");
    script.exchange();
    script.arrived.extend([said(200, "h"), data(ADDED)]);
    script.item();
    is(script.task.operation().response_info().unwrap(), 200, "h");
}

#[test]
fn upgrades() {
    let kept = Arc::<Mutex<Option<ResponseInfo>>>::default();
    let keep = Arc::clone(&kept);
    let mut script = sent(Upgrade::new(ApiRequest::raw(Method::GET, "/test/echo", ""), move |head| {
        *keep.lock().unwrap() = Some(ResponseInfo::of(head));
        Ok(Raw::new())
    }));
    script.arrived.push_back(said(101, "i"));
    script.item();
    is(kept.lock().unwrap().as_ref().unwrap(), 101, "i");
}

#[test]
fn refusals_of_every_kind() {
    fn refused<O: Operation>(operation: O) {
        let mut script = sent(operation);
        script.arrived.extend([said(403, "j"), data(&status(403, "Forbidden", "no")), Input::End]);
        is(script.error().response_info().unwrap(), 403, "j");
    }
    refused(pods().get("a"));
    refused(pods().list(&ListParams::default()));
    refused(pods().pages(&ListParams::default()));
    refused(pods().watch_once(&WatchParams::default()));
    refused(pods().logs("a", &LogParams::default()));
    refused(Upgrade::new(ApiRequest::raw(Method::GET, "/test/echo", ""), |_| Ok(Raw::new())));
}

#[test]
fn the_answer_of_another_try_or_of_a_credential_is_not_the_item_s() {
    let session = session_with(
        |config| {
            let account = ServiceAccountToken::new("builder").namespace("ci");
            *config = config.clone().with_token("base").with_service_account_token(account);
        },
        |_| {},
    );
    let mut script = Script::new(pods().get("a").with_info(), &session);
    assert!(script.exchange().request.uri().path().ends_with("/token"));
    let token = r#"{"status":{"token":"t","expirationTimestamp":"1999-01-15T08:15:00Z"}}"#;
    script.arrived.extend([said(201, "token"), data(token), Input::End]);
    assert!(script.exchange().request.uri().path().ends_with("/pods/a"));
    assert!(script.task.operation().response_info().is_none());
    // The request is sent again, after an exchange for the credential.
    script.pass(secs(60)).arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    assert!(script.exchange().request.uri().path().ends_with("/token"));
    script.arrived.extend([said(201, "token"), data(&token.replace(r#""t""#, r#""u""#)), Input::End]);
    assert!(matches!(script.turn(), Step::Do(Effect::Exchange(_))));
    script.arrived.extend([said(200, "pod"), data(POD), Input::End]);
    is(&script.item().info, 200, "pod");
}
