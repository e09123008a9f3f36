//! The server's warnings, and the hook that gets them.

use std::sync::{Arc, Mutex};

use kube_proto::api::{ApiRequest, ListParams, LogParams, Upgrade, WatchParams};
use kube_proto::config::{Config, ServiceAccountToken};
use kube_proto::driver::{Input, Operation, Raw, Session, SessionOptions};
use kube_proto::response::{Warning, Warnings};
use kube_proto::settings::Settings;
use kube_proto::watch::WatchSettings;

use crate::border::pods;
use crate::script::{Script, data, head};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

type Hook = Box<dyn Fn(&Warning<'_>) + Send + Sync>;

type Texts = Arc<Mutex<Vec<String>>>;

/// A hook that keeps the request and the text, and a session with it.
fn session(make: fn(Hook) -> Warnings) -> (Session, Texts) {
    session_of(&Config::new("https://k.test:6443").unwrap(), make)
}

fn session_of(config: &Config, make: fn(Hook) -> Warnings) -> (Session, Texts) {
    let texts = Texts::default();
    let keep = Arc::clone(&texts);
    let warnings = make(Box::new(move |warning| {
        keep.lock().unwrap().push(format!("{}: {}", warning.attempt, warning.text));
    }));
    (Session::new(config, SessionOptions { warnings, ..SessionOptions::new(Settings::default(), 42) }).unwrap(), texts)
}

fn answered<O: Operation>(operation: O, code: u16, session: &Session) {
    let mut script = Script::new(operation, session);
    script.exchange();
    let warnings = [("warning", r#"299 - "old", 299 - "unknown field \"x\"""#), ("warning", r#"199 - "other code""#)];
    script.arrived.push_back(head(code, &warnings));
    if code == 200 {
        script.arrived.push_back(data(POD));
    }
    if code != 101 {
        script.arrived.push_back(Input::End);
    }
    script.turn();
}

#[test]
fn the_hook_gets_the_warnings_of_every_response() {
    let (session, texts) = session(|hook| Warnings::to(hook));
    let told = |verb: &str| {
        let texts = std::mem::take(&mut *texts.lock().unwrap());
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].starts_with(verb) && texts[0].ends_with(": old"), "{texts:?}");
        assert!(texts[1].ends_with(r#": unknown field "x""#), "{texts:?}");
    };
    for _ in 0..2 {
        answered(pods().get("a"), 200, &session);
        told(r#"get pods "a" in namespace "default""#);
    }
    answered(pods().get("a").with_info(), 200, &session);
    told("get");
    answered(pods().get("a"), 403, &session);
    told("get");
    answered(pods().list(&ListParams::default()), 200, &session);
    told("list");
    answered(pods().pages(&ListParams::default()), 200, &session);
    told("list");
    answered(pods().watch_once(&WatchParams::default()), 200, &session);
    told("watch");
    answered(pods().watch(WatchSettings::default()), 200, &session);
    told("watch");
    answered(pods().logs("a", &LogParams::default()), 200, &session);
    told("get pods/log");
    answered(Upgrade::new(ApiRequest::raw(http::Method::GET, "/x", ""), |_| Ok(Raw::new())), 101, &session);
    told("GET /x");
}

/// The token comes from the API server too. Its answer has warnings, whether it gives the token or refuses it.
#[test]
fn the_hook_gets_the_warnings_of_a_request_for_a_token() {
    for code in [201, 403] {
        let config = Config::new("https://k.test:6443").unwrap();
        let config = config.with_service_account_token(ServiceAccountToken::new("builder").namespace("ci"));
        let (session, texts) = session_of(&config, |hook| Warnings::to(hook));
        let mut script = Script::new(pods().get("a"), &session);
        script.exchange();
        script.arrived.push_back(head(code, &[("warning", r#"299 - "the token lives for too long""#)]));
        script.arrived.extend([data(r#"{"status":{"token":"t"}}"#), Input::End]);
        script.turn();
        let expected =
            r#"create serviceaccounts/token "builder" in namespace "ci": the token lives for too long"#.to_owned();
        assert_eq!(*texts.lock().unwrap(), [expected]);
    }
}

#[test]
fn each_text_once() {
    let (session, texts) = session(|hook| Warnings::once(hook));
    for name in ["a", "b"] {
        answered(pods().get(name), 200, &session);
    }
    assert_eq!(texts.lock().unwrap().len(), 2);
}

#[test]
fn they_can_be_turned_off() {
    let (session, texts) = session(|_| Warnings::off());
    answered(pods().get("a"), 200, &session);
    assert!(texts.lock().unwrap().is_empty());
}

/// The hook may use the session: no lock is held.
#[test]
fn a_hook_may_call_the_session() {
    let slot = Arc::new(Mutex::new(None::<Session>));
    let own = Arc::clone(&slot);
    let warnings = Warnings::once(move |_| {
        let session = own.lock().unwrap().take();
        if let Some(session) = session {
            answered(pods().get("b"), 200, &session);
        }
    });
    let config = Config::new("https://k.test:6443").unwrap();
    let options = SessionOptions { warnings, ..SessionOptions::new(Settings::default(), 42) };
    let session = Session::new(&config, options).unwrap();
    *slot.lock().unwrap() = Some(session.clone());
    answered(pods().get("a"), 200, &session);
    assert_eq!(session.statistics().responses, 2);
}
