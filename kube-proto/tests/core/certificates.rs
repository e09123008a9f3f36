//! TLS identities: from plugins, and from files that another program renews.

use std::time::Duration;

use bytes::Bytes;
use kube_proto::api::Unary;
use kube_proto::api::WatchParams;
use kube_proto::config::{Config, TlsFiles};
use kube_proto::driver::{
    Effect, Endpoint, Exchange, Fault, FaultKind, Input, ProcessOutput, Reach, Session, SessionOptions, Step,
};
use kube_proto::resource::DynamicObject;

use crate::border::pods;
use crate::credentials::{POD, authorization, get, plugin, runs};
use crate::script::{Script, answer, data, head, name, secs, session_with, status, token_file};

pub fn certified(token: &str, certificate: &str) -> Input {
    let version = "client.authentication.k8s.io/v1";
    let stdout = format!(
        r#"{{"kind":"ExecCredential","apiVersion":"{version}","status":{{"token":"{token}",
            "clientCertificateData":"{certificate}","clientKeyData":"KEY-s3cr3t","expirationTimestamp":"2027-01-15T08:10:00Z"}}}}"#
    );
    Input::Output(Box::new(ProcessOutput { status: 0, stdout: stdout.into(), stderr: Bytes::new() }))
}

fn certificate(to: &Endpoint) -> &str {
    std::str::from_utf8(to.tls().unwrap().settings.client_certificate.as_deref().unwrap()).unwrap()
}

fn identity(to: &Endpoint) -> u64 {
    to.tls().unwrap().id
}

fn in_files(config: &mut Config) {
    config.tls.ca = Some("CA-1".into());
    config.tls.client_certificate = Some("CERT-1".into());
    config.tls.client_key = Some("KEY-1".into());
    config.tls.files = TlsFiles {
        ca: Some("/pki/ca".into()),
        client_certificate: Some("/pki/cert".into()),
        client_key: Some("/pki/key".into()),
    };
}

type Get = Script<Unary<DynamicObject>>;

/// Answers the reads of all three files with the content of this version.
#[track_caller]
fn files(script: &mut Get, ca: u32, cert: u32, key: u32) {
    for (path, content) in [("/pki/ca", format!("CA-{ca}")), ("/pki/cert", format!("CERT-{cert}"))] {
        reads(script, path);
        script.arrived.push_back(Input::File(content.into()));
    }
    reads(script, "/pki/key");
    script.arrived.push_back(Input::File(format!("KEY-{key}").into()));
}

#[track_caller]
fn reads(script: &mut Get, wanted: &str) {
    match script.turn() {
        Step::Do(Effect::ReadFile { path, .. }) => assert_eq!(path.to_str(), Some(wanted)),
        other => panic!("expected {wanted} to be read, found {}", name(&other)),
    }
}

fn fault(kind: FaultKind, reach: Reach) -> Input {
    Input::Failed(Box::new(Fault { kind, reach, stale: false, text: "no TLS".into() }))
}

fn at(session: &Session, second: u64) -> Get {
    let mut call = get(session);
    call.pass(secs(second));
    call
}

#[test]
fn a_plugin_s_certificate_is_another_identity() {
    let session = session_with(plugin, |_| {});
    let mut call = get(&session);
    runs(&mut call);
    call.arrived.push_back(certified("t", "CERT"));
    let exchange = call.exchange();
    assert_ne!(exchange.to, *session.endpoint());
    assert_eq!((certificate(&exchange.to), authorization(&exchange)), ("CERT", "Bearer t"));
    assert!(!format!("{exchange:?} {session:?} {:?}", call.task).contains("s3cr3t"));
    call.arrived.extend(answer(200, POD));
    call.item();
}

/// The name to verify, the proxy and the rest of the server stay, whichever certificate is shown.
#[test]
fn the_server_s_name_stays_under_every_identity() {
    fn named(config: &mut Config) {
        config.tls.ca = Some("CA-1".into());
        config.tls.server_name = Some("inner.test".into());
        *config = config.clone().with_proxy("http://proxy.test:3128").unwrap();
    }
    #[track_caller]
    fn same(to: &Endpoint, ca: &[u8]) {
        let tls = to.tls().unwrap();
        assert_eq!((tls.server_name.as_str(), tls.api_server), ("inner.test", true));
        assert_eq!(tls.settings.server_name.as_deref(), Some("inner.test"));
        assert_eq!(tls.settings.ca.as_deref(), Some(ca));
        assert_eq!((to.host(), to.port(), to.dial()), ("k.test", 6443, ("proxy.test", 3128)));
    }
    let configured = session_with(named, |_| {});
    same(&get(&configured).exchange().to, b"CA-1");
    same(configured.endpoint(), b"CA-1");
    // A plugin's certificate, the next one, and one under new files.
    let session = session_with(
        |config| {
            named(config);
            plugin(config);
            config.tls.files.ca = Some("/pki/ca".into());
        },
        |_| {},
    );
    for (second, cert) in [(0, "CERT-1"), (596, "CERT-2")] {
        let mut call = at(&session, second);
        if second > 0 {
            reads(&mut call, "/pki/ca");
            call.arrived.push_back(Input::File("CA-2".into()));
        }
        runs(&mut call);
        call.arrived.push_back(certified("t", cert));
        let exchange = call.exchange();
        assert_eq!(certificate(&exchange.to), cert);
        same(&exchange.to, if second > 0 { b"CA-2" } else { b"CA-1" });
    }
    // Files alone.
    let session = session_with(
        |config| {
            named(config);
            in_files(config);
        },
        |_| {},
    );
    same(&get(&session).exchange().to, b"CA-1");
    let mut call = at(&session, 61);
    files(&mut call, 2, 2, 2);
    let exchange = call.exchange();
    assert_eq!(certificate(&exchange.to), "CERT-2");
    same(&exchange.to, b"CA-2");
    // No certificate: a service account's token alone.
    let session = session_with(
        |config| {
            named(config);
            *config = config
                .clone()
                .with_client_certificate("CERT", "KEY")
                .with_service_account_token(kube_proto::config::ServiceAccountToken::new("builder"));
        },
        |_| {},
    );
    let mut call = get(&session);
    same(&call.exchange().to, b"CA-1");
    call.arrived.extend(answer(201, r#"{"spec":{"expirationSeconds":600},"status":{"token":"t"}}"#));
    let exchange = call.exchange();
    assert!(exchange.to.tls().unwrap().settings.client_certificate.is_none());
    same(&exchange.to, b"CA-1");
}

/// A driver stops reading at the limit of the effect.
#[test]
fn every_file_is_read_with_its_limit() {
    let limited = |config: fn(&mut Config)| session_with(config, |settings| settings.limits.file = 777);
    let limit = |call: &mut Get| match call.turn() {
        Step::Do(Effect::ReadFile { limit, .. }) => limit,
        other => panic!("expected a file to be read, found {}", name(&other)),
    };
    assert_eq!(limit(&mut get(&limited(token_file))), 777);
    let begun = || {
        let session = limited(in_files);
        get(&session).exchange();
        session
    };
    let mut call = at(&begun(), 61);
    for content in ["CA-2", "CERT-2", "KEY-2"] {
        assert_eq!(limit(&mut call), 777);
        call.arrived.push_back(Input::File(content.into()));
    }
    assert_eq!(certificate(&call.exchange().to), "CERT-2");
    // What is too large is not used, and the old content goes on.
    let mut call = at(&begun(), 61);
    assert_eq!(limit(&mut call), 777);
    call.arrived.push_back(fault(FaultKind::TooLarge, Reach::NotSent));
    assert_eq!(certificate(&call.exchange().to), "CERT-1");
}

#[test]
fn a_certificate_that_is_still_the_same_keeps_its_connections() {
    let session = session_with(plugin, |_| {});
    let renewed = |second: u64, token: &str, cert: &str| -> Exchange {
        let mut call = at(&session, second);
        runs(&mut call);
        call.arrived.push_back(certified(token, cert));
        let exchange = call.exchange();
        call.arrived.extend(answer(200, POD));
        call.item();
        exchange
    };
    let one = renewed(0, "t1", "CERT");
    let two = renewed(550, "t2", "CERT");
    let three = renewed(596, "t3", "OTHER");
    assert_eq!((authorization(&two), one.to == two.to), ("Bearer t2", true));
    assert_eq!((certificate(&three.to), two.to == three.to), ("OTHER", false));
}

#[test]
fn a_plugin_s_certificate_that_is_refused_is_fetched_again() {
    for kind in [FaultKind::Tls, FaultKind::TlsSettings] {
        let session = session_with(plugin, |_| {});
        let mut call = get(&session);
        runs(&mut call);
        call.arrived.push_back(certified("t", "BAD"));
        call.exchange();
        call.pass(secs(20)).arrived.push_back(fault(kind, Reach::NotSent));
        runs(&mut call);
        call.arrived.push_back(certified("t", "GOOD"));
        assert_eq!(certificate(&call.exchange().to), "GOOD");
        // Only once.
        call.pass(secs(20)).arrived.push_back(fault(kind, Reach::NotSent));
        assert!(call.error().to_string().contains("no TLS"));
    }
}

#[test]
fn only_a_token_goes_to_a_server_without_tls() {
    let mut config = Config::new("http://k.test:8080").unwrap();
    plugin(&mut config);
    let session = Session::new(&config, SessionOptions::new(kube_proto::settings::Settings::default(), 42)).unwrap();
    let mut call = get(&session);
    runs(&mut call);
    call.arrived.push_back(certified("t", "CERT"));
    let exchange = call.exchange();
    assert_eq!((exchange.to == *session.endpoint(), authorization(&exchange)), (true, "Bearer t"));
}

#[test]
fn files_are_read_again_and_another_content_is_another_identity() {
    let session = session_with(in_files, |_| {});
    let first = at(&session, 0).exchange();
    assert_eq!(first.to, *session.endpoint());
    assert_eq!(at(&session, 59).exchange().to, first.to);

    let mut same = at(&session, 60);
    files(&mut same, 1, 1, 1);
    // The other calls do not wait for the read.
    assert_eq!(at(&session, 60).exchange().to, first.to);
    assert_eq!(same.exchange().to, first.to);

    let mut rotated = at(&session, 120);
    files(&mut rotated, 1, 2, 2);
    let second = rotated.exchange();
    assert_eq!((certificate(&second.to), second.to == first.to), ("CERT-2", false));
    assert_eq!(at(&session, 121).exchange().to, second.to);
    let shown = format!("{session:?} {:?} {second:?}", rotated.task);
    assert!(!shown.contains("KEY-2"), "{shown}");

    // Back to the old content. It must not get the old identity: TLS sessions of that identity may be resumed with the
    // revoked certificate.
    let mut back = at(&session, 181);
    files(&mut back, 1, 1, 1);
    let third = back.exchange();
    assert_eq!((certificate(&third.to), third.to == first.to), ("CERT-1", false));
}

#[test]
fn files_that_cannot_be_read_keep_the_old_identity() {
    let session = session_with(in_files, |_| {});
    let first = at(&session, 0).exchange();
    let mut call = at(&session, 60);
    reads(&mut call, "/pki/ca");
    call.arrived.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "gone"))));
    assert_eq!(call.exchange().to, first.to);
    let mut call = at(&session, 62);
    reads(&mut call, "/pki/ca");
    call.arrived.push_back(Input::File("CA-2".into()));
    reads(&mut call, "/pki/cert");
    call.arrived.push_back(Input::File(" \n".into()));
    assert_eq!(call.exchange().to, first.to, "half of a change is none");
}

#[test]
fn a_half_written_pair_keeps_the_old_one() {
    let session = session_with(in_files, |_| {});
    let first = at(&session, 0).exchange();
    // The certificate is new, the key is still old.
    let mut call = at(&session, 60);
    files(&mut call, 1, 2, 1);
    let half = call.exchange();
    assert_ne!(half.to, first.to);
    call.arrived.push_back(fault(FaultKind::TlsSettings, Reach::NotSent));
    assert_eq!(call.exchange().to, first.to, "the same call continues with the old one");
    call.arrived.extend(answer(200, POD));
    call.item();
    assert_eq!(at(&session, 61).exchange().to, first.to);

    let mut still = at(&session, 120);
    files(&mut still, 1, 2, 1);
    assert_eq!(still.exchange().to, first.to, "it is not tried again");

    let mut whole = at(&session, 180);
    files(&mut whole, 1, 2, 2);
    let second = whole.exchange();
    assert!(certificate(&second.to) == "CERT-2" && identity(&second.to) > identity(&half.to));
}

#[test]
fn going_back_does_not_undo_a_concurrent_read() {
    let session = session_with(in_files, |_| {});
    at(&session, 0).exchange();
    let mut half = at(&session, 60);
    files(&mut half, 1, 2, 1);
    half.exchange();
    // One call reads the files, which are whole again. Before it is done, another call finds that the half-written pair
    // cannot be used, and goes back.
    let mut reader = at(&session, 120);
    reads(&mut reader, "/pki/ca");
    let mut other = at(&session, 120);
    other.exchange();
    other.arrived.push_back(fault(FaultKind::TlsSettings, Reach::NotSent));
    assert_eq!(certificate(&other.exchange().to), "CERT-1");
    reader.arrived.push_back(Input::File("CA-1".into()));
    reads(&mut reader, "/pki/cert");
    reader.arrived.push_back(Input::File("CERT-2".into()));
    reads(&mut reader, "/pki/key");
    reader.arrived.push_back(Input::File("KEY-2".into()));
    let whole = reader.exchange();
    assert_eq!(certificate(&whole.to), "CERT-2");
    // The server refuses the old certificate as well, and the call gets the new one.
    other.arrived.push_back(fault(FaultKind::Tls, Reach::NotSent));
    assert_eq!(other.exchange().to, whole.to);
    assert_eq!(at(&session, 121).exchange().to, whole.to);
}

#[test]
fn an_identity_that_was_never_used_is_not_gone_back_to() {
    let session = session_with(in_files, |_| {});
    let mut call = at(&session, 0);
    let first = call.exchange();
    call.arrived.extend(answer(200, POD));
    call.item();
    // Read and never used: half of a pair, and then files that do not match.
    for (second, key) in [(60, 1), (120, 7)] {
        let mut gone = at(&session, second);
        files(&mut gone, 1, 2, key);
        gone.exchange();
    }
    let mut call = at(&session, 121);
    assert_eq!(certificate(&call.exchange().to), "CERT-2");
    call.arrived.push_back(fault(FaultKind::TlsSettings, Reach::NotSent));
    assert_eq!(call.exchange().to, first.to);
}

#[test]
fn a_server_with_another_certificate_has_the_files_read_at_once() {
    let session = session_with(in_files, |_| {});
    let mut call = at(&session, 30);
    call.exchange();
    call.arrived.push_back(fault(FaultKind::Tls, Reach::NotSent));
    files(&mut call, 2, 1, 1);
    let exchange = call.exchange();
    assert_eq!(exchange.to.tls().unwrap().settings.ca.as_deref(), Some(&b"CA-2"[..]));
    call.arrived.extend(answer(200, POD));
    call.item();

    // If the new content does not help, the fault is the answer; and not every call reads the files again.
    let mut other = at(&session, 50);
    other.exchange();
    other.arrived.push_back(fault(FaultKind::Tls, Reach::NotSent));
    files(&mut other, 2, 1, 1);
    assert!(other.error().to_string().contains("no TLS"));
    let mut third = at(&session, 51);
    third.exchange();
    third.arrived.push_back(fault(FaultKind::Tls, Reach::NotSent));
    files(&mut third, 2, 1, 1);
    assert!(third.error().to_string().contains("no TLS"));
    let mut fourth = at(&session, 51);
    fourth.exchange();
    fourth.arrived.push_back(fault(FaultKind::Tls, Reach::NotSent));
    assert!(fourth.error().to_string().contains("no TLS"));
}

#[test]
fn what_may_have_been_sent_is_not_sent_again() {
    let session = session_with(in_files, |_| {});
    let mut call = at(&session, 30);
    call.exchange();
    call.arrived.push_back(fault(FaultKind::Tls, Reach::Unknown));
    call.error();
}

#[test]
fn a_401_looks_at_token_and_certificate() {
    let session = session_with(
        |config| {
            in_files(config);
            token_file(config);
        },
        |_| {},
    );
    let mut call = at(&session, 0);
    reads(&mut call, "/run/token");
    call.arrived.push_back(Input::File("one".into()));
    call.exchange();
    call.pass(secs(20)).arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    files(&mut call, 1, 2, 2);
    reads(&mut call, "/run/token");
    call.arrived.push_back(Input::File("one".into()));
    let exchange = call.exchange();
    assert_eq!((certificate(&exchange.to), authorization(&exchange)), ("CERT-2", "Bearer one"));
}

#[test]
fn an_authority_in_a_file_is_renewed_under_a_plugin_s_certificate() {
    let session = session_with(
        |config| {
            plugin(config);
            config.tls.ca = Some("CA-1".into());
            config.tls.files.ca = Some("/pki/ca".into());
        },
        |_| {},
    );
    let mut call = at(&session, 0);
    runs(&mut call);
    call.arrived.push_back(certified("t", "CERT"));
    let first = call.exchange();
    let mut call = at(&session, 60);
    reads(&mut call, "/pki/ca");
    call.arrived.push_back(Input::File("CA-2".into()));
    let second = call.exchange();
    let settings = &second.to.tls().unwrap().settings;
    assert_eq!((settings.ca.as_deref(), certificate(&second.to)), (Some(&b"CA-2"[..]), "CERT"));
    assert_ne!(first.to, second.to);
}

#[test]
fn files_that_were_not_read_yet_are_read_first() {
    let session = session_with(|config| config.tls.files.ca = Some("/pki/ca".into()), |_| {});
    let mut call = at(&session, 0);
    reads(&mut call, "/pki/ca");
    call.arrived.push_back(Input::File("CA-1".into()));
    assert_eq!(call.exchange().to.tls().unwrap().settings.ca.as_deref(), Some(&b"CA-1"[..]));
    let session = session_with(|config| config.tls.files.ca = Some("/pki/ca".into()), |_| {});
    let mut call = at(&session, 0);
    reads(&mut call, "/pki/ca");
    call.arrived.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "no such file"))));
    let error = call.error().to_string();
    assert!(error.contains("/pki/ca cannot be read: no such file"), "{error}");
}

#[test]
fn files_that_are_never_read_are_given_up() {
    let just_before = Duration::from_millis(9_999);
    let session = session_with(|config| config.tls.files.ca = Some("/pki/ca".into()), |_| {});
    let mut call = at(&session, 0);
    reads(&mut call, "/pki/ca");
    call.waits();
    call.pass(just_before).waits();
    assert!(matches!(call.pass(Duration::from_millis(1)).turn(), Step::Do(Effect::Abort)));
    let error = call.error().to_string();
    assert!(error.contains("/pki/ca took longer than 10s"), "{error}");
    // The identity that is there goes on.
    let session = session_with(in_files, |_| {});
    at(&session, 0).exchange();
    let mut call = at(&session, 60);
    reads(&mut call, "/pki/ca");
    call.waits();
    call.pass(just_before).waits();
    assert!(matches!(call.pass(Duration::from_millis(1)).turn(), Step::Do(Effect::Abort)));
    assert_eq!(certificate(&call.exchange().to), "CERT-1");
}

#[test]
fn a_stream_under_way_lives_on_with_the_identity_that_it_began_with() {
    let session = session_with(in_files, |_| {});
    let mut events = Script::new(pods().watch_once(&WatchParams::default()), &session);
    let began = events.exchange();
    events.arrived.push_back(head(200, &[("content-type", "application/json")]));
    events.waits();
    let mut call = at(&session, 61);
    files(&mut call, 1, 2, 2);
    let renewed = call.exchange();
    assert_eq!((certificate(&renewed.to), renewed.to == began.to), ("CERT-2", false));
    // Nothing is aborted, and nothing is requested again.
    for _ in 0..3 {
        events.pass(secs(61)).arrived.push_back(data(&format!("{{\"type\":\"ADDED\",\"object\":{POD}}}\n")));
        events.item();
        events.waits();
    }
}
