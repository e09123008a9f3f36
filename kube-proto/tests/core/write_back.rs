//! Tokens that an OIDC issuer renews, and the kubeconfig that contains them.

use std::path::Path;

use bytes::Bytes;
use kube_proto::config::{Config, CredentialConfig, Secret};
use kube_proto::driver::{Effect, Fault, FaultKind, FileWrite, Input, Session, Step};
use kube_proto::kubeconfig::Kubeconfig;
use serde_json::{Value, json};

use crate::credentials::{POD, authorization, get};
use crate::issuers::{Get, NOW, asks, discovers, form, gives, id_token};
use crate::script::{answer, name, secs, session_with, status};

const FILE: &str = "/home/me/.kube/config";

/// The kubeconfig with these two tokens.
pub fn file(id: &str, refresh: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "x-top": {"kept": [1, null]},
        "clusters": [{"name": "c", "cluster": {"server": "https://k.test:6443"}}],
        "users": [
            {"name": "other", "user": {"token": "other-s3cr3t"}},
            {"name": "u", "user": {"x-user": "kept", "auth-provider": {"name": "oidc", "x-provider": "kept", "config": {
                "idp-issuer-url": "https://issuer.test/realms/a", "client-id": "kubectl", "client-secret": "client-s3cr3t",
                "id-token": id, "refresh-token": refresh, "extra-scopes": "kept",
            }}}},
        ],
    })
}

pub fn old_token() -> String {
    id_token("old", NOW - 600, NOW - 1)
}

/// A session with that kubeconfig: [`file`] with [`old_token`] and `refresh-s3cr3t-1`.
pub fn session(write_back: bool) -> Session {
    let settings = file(&old_token(), "refresh-s3cr3t-1")["users"][1]["user"]["auth-provider"]["config"].take();
    let Value::Object(settings) = settings else { panic!("{settings}") };
    let settings = settings.into_iter().map(|(key, value)| (key, Secret::from(value.as_str().unwrap()))).collect();
    let credential = CredentialConfig::AuthProvider {
        name: "oidc".into(),
        config: settings,
        user: "u".into(),
        file: Some(FILE.into()),
    };
    session_with(|config: &mut Config| config.credential = credential, |settings| settings.write_back = write_back)
}

#[track_caller]
fn reads(call: &mut Get, content: &Value) {
    match call.turn() {
        Step::Do(Effect::ReadFile { path, .. }) => assert_eq!(path, Path::new(FILE)),
        other => panic!("expected the kubeconfig to be read, found {}", name(&other)),
    }
    call.arrived.push_back(Input::File(content.to_string().into()));
}

#[track_caller]
fn writes(call: &mut Get) -> FileWrite {
    match call.turn() {
        Step::Do(Effect::WriteFile(write)) => {
            assert_eq!(write.path, Path::new(FILE));
            *write
        }
        other => panic!("expected the kubeconfig to be written, found {}", name(&other)),
    }
}

fn failed(kind: FaultKind) -> Input {
    Input::Failed(Box::new(Fault::unsent(kind, "so it is")))
}

/// Runs the refresh until the issuer has given a token; returns the form that the issuer got.
#[track_caller]
fn refreshes(call: &mut Get, found: &Value, token: &str, next: Option<&str>) -> String {
    reads(call, found);
    discovers(call, "");
    let asked = asks(call);
    gives(call, token, next);
    form(&asked).to_owned()
}

#[test]
fn renewed_tokens_are_written_back_and_nothing_else_is_changed() {
    let session = session(true);
    let mut call = get(&session);
    let mut waiting = get(&session);
    let found = file(&old_token(), "refresh-s3cr3t-1");
    let token = id_token("new", NOW, NOW + 300);
    reads(&mut call, &found);
    waiting.waits();
    discovers(&mut call, "");
    asks(&mut call);
    gives(&mut call, &token, Some("refresh-s3cr3t-2"));
    reads(&mut call, &found);
    // Waiting calls do not wait for the write.
    assert_eq!(waiting.woken(), 1);
    assert_eq!(authorization(&waiting.exchange()), format!("Bearer {token}"));
    let write = writes(&mut call);
    assert_eq!(write.replaces, Some(found.to_string().into()));
    let written: Value = serde_json::from_slice(&write.content).unwrap();
    assert_eq!(written, file(&token, "refresh-s3cr3t-2"));
    assert!(!format!("{write:?} {:?}", call.task).contains("s3cr3t"));
    // Another program was faster: its change is kept.
    let mut other = found.clone();
    other["current-context"] = json!("theirs");
    call.arrived.push_back(Input::File(other.to_string().into()));
    let write = writes(&mut call);
    other["users"] = file(&token, "refresh-s3cr3t-2")["users"].take();
    assert_eq!(serde_json::from_slice::<Value>(&write.content).unwrap(), other);
    call.arrived.push_back(Input::Written);
    assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
    call.arrived.extend(answer(200, POD));
    call.item();
    assert!(session.unsaved().is_none());
    assert_eq!(session.statistics().refreshes, 1);
}

#[test]
fn a_kubeconfig_that_cannot_be_written_does_not_stop_the_call() {
    for (answers, says) in [
        (vec![failed(FaultKind::NotFound)], None),
        (vec![failed(FaultKind::Io)], Some("so it is")),
        (vec![Input::File(Bytes::from_static(b"{"))], Some("error loading config file")),
        (vec![Input::File(file("", "").to_string().into()), failed(FaultKind::Io)], Some("so it is")),
    ] {
        let session = session(true);
        let mut call = get(&session);
        let token = id_token("new", NOW, NOW + 300);
        refreshes(&mut call, &file(&old_token(), "refresh-s3cr3t-1"), &token, Some("refresh-s3cr3t-2"));
        assert!(matches!(call.turn(), Step::Do(Effect::ReadFile { .. })));
        for answer in answers {
            call.arrived.push_back(answer);
            if says.is_some_and(|says| says == "so it is") && call.arrived.len() == 1 {
                match call.turn() {
                    Step::Do(Effect::WriteFile(_)) => continue,
                    Step::Do(Effect::Exchange(exchange)) => {
                        assert_eq!(authorization(&exchange), format!("Bearer {token}"));
                    }
                    other => panic!("{}", name(&other)),
                }
            } else {
                assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
            }
        }
        let unsaved = session.unsaved().map(|error| error.to_string());
        assert_eq!(unsaved.is_some(), says.is_some(), "{unsaved:?}");
        let text = unsaved.unwrap_or_default();
        assert!(text.contains(says.unwrap_or_default()) && !text.contains("s3cr3t"), "{text}");
        // This process keeps the token that it could not write: the old one in the file does not replace it.
        let mut later = get(&session);
        let asked = refreshes(
            later.pass(secs(280)),
            &file(&old_token(), "refresh-s3cr3t-1"),
            &id_token("third", NOW + 280, NOW + 600),
            None,
        );
        assert!(asked.ends_with("refresh-s3cr3t-2"), "{asked}");
    }
}

#[test]
fn a_lock_that_stays_is_not_waited_for_long() {
    let session = session(true);
    let mut call = get(&session);
    let found = file(&old_token(), "refresh-s3cr3t-1");
    let token = id_token("new", NOW, NOW + 300);
    refreshes(&mut call, &found, &token, None);
    reads(&mut call, &found);
    let begin = call.now.mono;
    loop {
        match call.turn() {
            Step::Do(Effect::WriteFile(_)) => call.arrived.push_back(failed(FaultKind::Locked)),
            Step::Wait(Some(until)) => {
                let span = until - call.now.mono;
                call.pass(span);
            }
            Step::Do(Effect::Exchange(exchange)) => {
                assert_eq!(authorization(&exchange), format!("Bearer {token}"));
                break;
            }
            other => panic!("{}", name(&other)),
        }
    }
    assert_eq!(call.now.mono - begin, secs(2));
    let text = session.unsaved().unwrap().to_string();
    assert!(text.contains("remove /home/me/.kube/config.lock"), "{text}");
}

#[test]
fn what_another_program_got_is_used() {
    // Another program has refreshed: its token is good.
    let session = session(true);
    let mut call = get(&session);
    let theirs = id_token("theirs", NOW, NOW + 600);
    reads(&mut call, &file(&theirs, "refresh-s3cr3t-2"));
    assert_eq!(authorization(&call.exchange()), format!("Bearer {theirs}"));
    // The server refuses that token: now this process refreshes, with the refresh token of the other program.
    call.pass(secs(20)).arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    let token = id_token("ours", NOW, NOW + 300);
    let asked = refreshes(&mut call, &file(&theirs, "refresh-s3cr3t-2"), &token, None);
    assert!(asked.ends_with("refresh-s3cr3t-2"), "{asked}");
    reads(&mut call, &file(&theirs, "refresh-s3cr3t-2"));
    let write = writes(&mut call);
    assert_eq!(serde_json::from_slice::<Value>(&write.content).unwrap(), file(&token, "refresh-s3cr3t-2"));
    call.arrived.push_back(Input::Written);
    assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
}

#[test]
fn a_long_running_process_uses_a_new_log_in() {
    let session = session(true);
    let mut call = get(&session);
    reads(&mut call, &file(&old_token(), "refresh-s3cr3t-1"));
    discovers(&mut call, "");
    asks(&mut call);
    call.arrived.extend(answer(400, r#"{"error":"invalid_grant"}"#));
    assert!(call.error().to_string().contains("log in again"));
    let mut later = get(&session);
    let theirs = id_token("theirs", NOW, NOW + 600);
    reads(later.pass(secs(60)), &file(&theirs, "refresh-s3cr3t-9"));
    assert_eq!(authorization(&later.exchange()), format!("Bearer {theirs}"));
}

#[test]
fn a_user_that_is_another_s_by_now_is_left_alone() {
    for change in [
        |user: &mut Value| *user = json!({"token": "static"}),
        |user: &mut Value| user["auth-provider"]["config"]["client-id"] = json!("other"),
        |user: &mut Value| user["auth-provider"]["config"]["idp-issuer-url"] = json!("https://other.test"),
        |user: &mut Value| user["auth-provider"]["name"] = json!("gcp"),
    ] {
        let session = session(true);
        let mut call = get(&session);
        let mut found = file(&id_token("theirs", NOW, NOW + 600), "refresh-s3cr3t-9");
        change(&mut found["users"][1]["user"]);
        let token = id_token("new", NOW, NOW + 300);
        let asked = refreshes(&mut call, &found, &token, None);
        assert!(asked.ends_with("refresh-s3cr3t-1"), "{asked}");
        reads(&mut call, &found);
        assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
        assert!(session.unsaved().is_none());
    }
}

#[test]
fn nothing_is_written_where_that_is_not_wanted() {
    let session = session(false);
    let mut call = get(&session);
    let token = id_token("new", NOW, NOW + 300);
    refreshes(&mut call, &file(&old_token(), "refresh-s3cr3t-1"), &token, Some("refresh-s3cr3t-2"));
    assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
}

#[test]
fn a_loaded_kubeconfig_knows_where_it_stands() {
    use kube_proto::config::{Loader, Locate, Overrides, Want};
    let mut text = file("", "refresh-s3cr3t-1");
    text["contexts"] = json!([{"name": "x", "context": {"cluster": "c", "user": "u"}}]);
    text["current-context"] = json!("x");
    assert!(Kubeconfig::parse(text.to_string().as_bytes()).is_ok());
    let locate = Locate { kubeconfig: Some("config".into()), current_dir: Some("/work".into()), ..Locate::default() };
    let mut loader = Loader::new(locate, Overrides::default());
    let loaded = loop {
        match loader.want() {
            Want::Read { path, .. } => loader.give(&path, Ok(text.to_string().into())),
            Want::Done(loaded) => break loaded.unwrap(),
        }
    };
    let CredentialConfig::AuthProvider { user, file, .. } = loaded.config.credential else { panic!() };
    assert_eq!((user.as_str(), file.as_deref()), ("u", Some(Path::new("/work/config"))));
}
