//! Tokens of a service account, requested with another credential.

use kube_proto::api::Unary;
use kube_proto::config::{Config, Impersonate, ServiceAccountToken};
use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, Reach, Session, SessionOptions, Step};
use kube_proto::resource::DynamicObject;
use kube_proto::settings::Settings;

use crate::certificates::certified;
use crate::credentials::{POD, authorization, get, plugin, printed, runs};
use crate::script::{Script, answer, head, name, secs, session_with, status, token_file};

type Get = Script<Unary<DynamicObject>>;

fn account() -> ServiceAccountToken {
    ServiceAccountToken::new("builder").namespace("ci").expiration(secs(900))
}

pub fn over(base: impl FnOnce(&mut Config)) -> Session {
    session_with(
        |config| {
            base(config);
            *config = config.clone().with_service_account_token(account());
        },
        |_| {},
    )
}

/// Expects the request for a token.
#[track_caller]
fn asks(call: &mut Get) -> Exchange {
    let exchange = call.exchange();
    assert_eq!(exchange.request.method(), "POST");
    assert_eq!(exchange.request.uri(), "/api/v1/namespaces/ci/serviceaccounts/builder/token");
    assert_eq!(exchange.request.headers()["content-type"], "application/json");
    exchange
}

fn gives(call: &mut Get, token: &str, seconds: u64) {
    // The server's clock may differ.
    let body = format!(
        r#"{{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","spec":{{"expirationSeconds":{seconds}}},
            "status":{{"token":"{token}","expirationTimestamp":"1999-01-15T08:15:00Z"}}}}"#
    );
    call.arrived.extend(answer(201, &body));
}

#[test]
fn a_token_is_asked_for_and_renewed() {
    let session = over(|config| *config = config.clone().with_token("base-s3cr3t"));
    let mut call = get(&session);
    let asked = asks(&mut call);
    assert_eq!(authorization(&asked), "Bearer base-s3cr3t");
    let body: serde_json::Value = serde_json::from_slice(asked.request.body()).unwrap();
    assert_eq!(body["spec"]["expirationSeconds"], 900);
    let mut other = get(&session);
    other.waits();
    gives(&mut call, "sa-s3cr3t-1", 900);
    assert_eq!(authorization(&call.exchange()), "Bearer sa-s3cr3t-1");
    assert_eq!(authorization(&other.exchange()), "Bearer sa-s3cr3t-1");
    assert_eq!(authorization(&get(&session).pass(secs(839)).exchange()), "Bearer sa-s3cr3t-1");
    let mut later = get(&session);
    assert_eq!(authorization(&asks(later.pass(secs(841)))), "Bearer base-s3cr3t");
    gives(&mut later, "sa-s3cr3t-2", 900);
    assert_eq!(authorization(&later.exchange()), "Bearer sa-s3cr3t-2");
    let shown = format!("{:?} {session:?} {asked:?}", later.task);
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn the_end_of_a_token_by_its_two_fields() {
    // The seconds count, whatever the moment is; a moment that cannot be read is not no end.
    for (fields, renewed_after) in [
        (r#""spec":{"expirationSeconds":900},"status":{"token":"t","expirationTimestamp":"?"}"#, Some(840)),
        (r#""status":{"token":"t","expirationTimestamp":"2027-01-15T08:15:00Z"}"#, Some(840)),
        (r#""status":{"token":"t","expirationTimestamp":"2027-01-15T08:15:00.1234567891Z"}"#, Some(840)),
        (r#""status":{"token":"t","expirationTimestamp":"2027-01-15 08:15:00Z"}"#, None),
        (r#""status":{"token":"t","expirationTimestamp":"never"}"#, None),
    ] {
        let session = over(|_| {});
        let mut call = get(&session);
        asks(&mut call);
        call.arrived.extend(answer(201, &format!("{{{fields}}}")));
        match renewed_after {
            Some(seconds) => {
                assert_eq!(authorization(&call.exchange()), "Bearer t");
                assert_eq!(authorization(&get(&session).pass(secs(seconds - 1)).exchange()), "Bearer t");
                asks(get(&session).pass(secs(seconds + 1)));
            }
            None => {
                let error = call.error().to_string();
                assert!(error.contains("its expirationTimestamp is not RFC 3339"), "{fields}: {error}");
            }
        }
    }
}

#[test]
fn the_base_is_used_for_nothing_else() {
    let session = over(|config| {
        *config = config
            .clone()
            .with_client_certificate("CERT", "KEY")
            .with_impersonate(Impersonate { user: "admin".into(), ..Impersonate::default() });
    });
    let mut call = get(&session);
    let asked = asks(&mut call);
    assert_eq!(asked.request.headers()["impersonate-user"], "admin");
    assert!(asked.to.tls().unwrap().settings.client_certificate.is_some());
    gives(&mut call, "t", 900);
    let exchange = call.exchange();
    assert!(!exchange.request.headers().contains_key("impersonate-user"));
    assert!(exchange.to.tls().unwrap().settings.client_certificate.is_none());
    assert_ne!(exchange.to, asked.to);
    call.arrived.extend(answer(200, POD));
    call.item();
    assert_eq!(get(&session).exchange().to, exchange.to);
}

#[test]
fn the_base_is_fetched_like_any_other() {
    let session = over(plugin);
    let mut call = get(&session);
    runs(&mut call);
    let mut other = get(&session);
    other.waits();
    // The call that fetches it is dropped at each point, and another takes over.
    drop(call);
    runs(&mut other);
    other.arrived.push_back(printed("base", None));
    asks(&mut other);
    let mut third = get(&session);
    third.waits();
    drop(other);
    asks(&mut third);
    gives(&mut third, "t", 900);
    assert_eq!(authorization(&third.exchange()), "Bearer t");
}

#[test]
fn a_base_that_is_refused_is_replaced_once() {
    let session = over(token_file);
    let mut call = get(&session);
    assert!(matches!(call.turn(), Step::Do(kube_proto::driver::Effect::ReadFile { .. })));
    call.arrived.push_back(Input::File("one".into()));
    asks(&mut call);
    call.pass(secs(20)).arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    assert!(matches!(call.turn(), Step::Do(kube_proto::driver::Effect::ReadFile { .. })));
    call.arrived.push_back(Input::File("two".into()));
    assert_eq!(authorization(&asks(&mut call)), "Bearer two");
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "not you")));
    let error = call.error().to_string();
    assert!(error.contains("no token for service account ci/builder: not you"), "{error}");
}

#[test]
fn refusals_are_reported_without_secrets() {
    let refusal = status(403, "Forbidden", "serviceaccounts is forbidden");
    let table = [
        (answer(403, &refusal), "no token for service account ci/builder: serviceaccounts"),
        (answer(201, "{\"status\":{\"token\":7,\"x\":\"s3cr3t\"}}"), "not a TokenRequest with a token"),
        (answer(200, "s3cr3t"), "not a TokenRequest with a token"),
        ([head(500, &[]), Input::Data("boom".into()), Input::End], "boom"),
    ];
    for (answers, says) in table {
        let session = over(|_| {});
        let mut call = get(&session);
        asks(&mut call);
        call.arrived.extend(answers);
        let error = call.error().to_string();
        assert!(error.contains(says) && !error.contains("s3cr3t"), "{error}");
    }
}

#[test]
fn a_token_that_is_refused_is_asked_for_again() {
    let session = over(|_| {});
    let mut call = get(&session);
    asks(&mut call);
    gives(&mut call, "one", 900);
    call.exchange();
    call.pass(secs(20)).arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    asks(&mut call);
    gives(&mut call, "two", 900);
    assert_eq!(authorization(&call.exchange()), "Bearer two");
}

#[test]
fn names_that_would_lead_elsewhere() {
    for (namespace, name) in [("a/b", "c"), ("a", ""), ("a", ".."), ("a", "b?c"), ("", "b")] {
        let config = Config::new("https://k.test:6443").unwrap();
        let config = config.with_service_account_token(ServiceAccountToken::new(name).namespace(namespace));
        let error = Session::new(&config, SessionOptions::new(Settings::default(), 42)).unwrap_err();
        assert!(error.to_string().contains("cannot be the name of"), "{error}");
    }
}

fn no_tls(kind: FaultKind) -> Input {
    Input::Failed(Box::new(Fault { kind, reach: Reach::NotSent, stale: false, text: "no TLS".into() }))
}

#[track_caller]
fn reads(call: &mut Get, wanted: &str, content: &'static str) {
    match call.turn() {
        Step::Do(Effect::ReadFile { path, .. }) => assert_eq!(path.to_str(), Some(wanted)),
        other => panic!("expected {wanted} to be read, found {}", name(&other)),
    }
    call.arrived.push_back(Input::File(content.into()));
}

fn authority(exchange: &Exchange) -> &[u8] {
    exchange.to.tls().unwrap().settings.ca.as_deref().unwrap()
}

fn authority_in_a_file(config: &mut Config) {
    config.tls.ca = Some("CA-1".into());
    config.tls.files.ca = Some("/pki/ca".into());
}

#[test]
fn another_authority_is_looked_for_where_the_token_cannot_be_asked_for() {
    let session = over(|config| {
        authority_in_a_file(config);
        token_file(config);
    });
    let mut call = get(&session);
    reads(&mut call, "/run/token", "base");
    assert_eq!(authority(&asks(&mut call)), b"CA-1");
    call.arrived.push_back(no_tls(FaultKind::Tls));
    reads(&mut call, "/pki/ca", "CA-2");
    assert_eq!(authority(&asks(&mut call)), b"CA-2");
    gives(&mut call, "t", 900);
    // The call began with the old one. It learns of the new one without reading a file.
    assert_eq!(authority(&call.exchange()), b"CA-1");
    call.arrived.push_back(no_tls(FaultKind::Tls));
    let exchange = call.exchange();
    assert_eq!((authority(&exchange), authorization(&exchange)), (&b"CA-2"[..], "Bearer t"));

    // There is no other authority: the fault is the answer, after one try.
    let session = over(authority_in_a_file);
    let mut call = get(&session);
    asks(&mut call);
    call.arrived.push_back(no_tls(FaultKind::Tls));
    reads(&mut call, "/pki/ca", "CA-1");
    let error = call.error().to_string();
    assert!(error.contains("no token for service account ci/builder: no TLS"), "{error}");
}

#[test]
fn a_certificate_in_files_that_is_refused_is_read_again() {
    let session = over(|config| {
        *config = config.clone().with_client_certificate("CERT-1", "KEY-1");
        config.tls.files.client_certificate = Some("/pki/cert".into());
        config.tls.files.client_key = Some("/pki/key".into());
    });
    let shown = |exchange: &Exchange| exchange.to.tls().unwrap().settings.client_certificate.clone().unwrap();
    let mut call = get(&session);
    assert_eq!(shown(&asks(&mut call)), "CERT-1");
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    reads(&mut call, "/pki/cert", "CERT-2");
    reads(&mut call, "/pki/key", "KEY-2");
    assert_eq!(shown(&asks(&mut call)), "CERT-2");
    gives(&mut call, "t", 900);
    // Calls present no certificate, so for them nothing is new.
    let first = call.exchange();
    call.arrived.extend(answer(200, POD));
    call.item();
    assert_eq!(get(&session).exchange().to, first.to);
}

#[test]
fn a_plugin_s_certificate_that_is_refused_is_fetched_again() {
    let session = over(plugin);
    let mut call = get(&session);
    runs(&mut call);
    call.arrived.push_back(certified("t", "BAD"));
    asks(&mut call);
    call.pass(secs(20)).arrived.push_back(no_tls(FaultKind::Tls));
    runs(&mut call);
    call.arrived.push_back(certified("t", "GOOD"));
    let shown = asks(&mut call).to.tls().unwrap().settings.client_certificate.clone();
    assert_eq!(shown.as_deref(), Some(&b"GOOD"[..]));
    call.pass(secs(20)).arrived.push_back(no_tls(FaultKind::Tls));
    assert!(call.error().to_string().contains("no TLS"), "once");
}

#[test]
fn a_token_is_asked_for_again_where_the_pooled_connection_was_dead() {
    let dead = || {
        Input::Failed(Box::new(Fault {
            kind: FaultKind::Closed,
            reach: Reach::Unknown,
            stale: true,
            text: "dead".into(),
        }))
    };
    let session = over(|_| {});
    let mut call = get(&session);
    assert!(!asks(&mut call).fresh);
    call.arrived.push_back(dead());
    assert!(asks(&mut call).fresh);
    call.arrived.push_back(dead());
    call.error();
}
