//! The headers that every request has, and those that a request brings itself.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use kube_proto::api::{ApiRequest, Unary};
use kube_proto::config::{Config, Impersonate};
use kube_proto::driver::{Exchange, OneResult, Session, SessionOptions};
use kube_proto::settings::Settings;

use crate::script::{Script, session_with};

fn alice() -> Impersonate {
    Impersonate {
        user: "alice".into(),
        uid: Some("7".into()),
        groups: vec!["dev".into(), "ops".into()],
        extra: BTreeMap::from([("scopes".into(), vec!["view".into(), String::new()])]),
    }
}

fn session() -> Session {
    session_with(|config| config.impersonate = Some(alice()), |settings| settings.user_agent = "session/1".into())
}

fn request(own: &[(&'static str, &str)]) -> Unary<bytes::Bytes> {
    let request = ApiRequest::raw(Method::GET, "/version", "");
    let request = own.iter().fold(request, |request, (name, value)| {
        request.header(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    request.bytes()
}

/// The headers of the request, as lines, without those that are of no interest here.
fn lines(exchange: &Exchange) -> Vec<String> {
    let headers = exchange.request.headers().iter();
    let wanted = headers.filter(|(name, _)| name.as_str().starts_with("impersonate-") || *name == "user-agent");
    let mut lines: Vec<String> =
        wanted.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect();
    lines.sort();
    lines
}

#[test]
fn a_request_s_own_identity_and_agent_replace_the_session_s() {
    let own = ["impersonate-extra-scopes: ", "impersonate-extra-scopes: view", "impersonate-group: dev"];
    let alice = [&own[..], &["impersonate-group: ops", "impersonate-uid: 7", "impersonate-user: alice"]].concat();
    let table = [
        (&[][..], [&alice[..], &["user-agent: session/1"]].concat()),
        (&[("user-agent", "mine/2")], [&alice[..], &["user-agent: mine/2"]].concat()),
        (&[("impersonate-user", "bob")], vec!["impersonate-user: bob", "user-agent: session/1"]),
        (&[("impersonate-user", "bob"), ("impersonate-group", "g"), ("user-agent", "m")], {
            vec!["impersonate-group: g", "impersonate-user: bob", "user-agent: m"]
        }),
        (&[("impersonate-user", "bob"), ("impersonate-group", "g"), ("impersonate-group", "h")], {
            vec!["impersonate-group: g", "impersonate-group: h", "impersonate-user: bob", "user-agent: session/1"]
        }),
    ];
    for (own, expected) in table {
        assert_eq!(lines(&Script::new(request(own), &session()).exchange()), expected, "{own:?}");
        let shared = Script::new(request(own).single_flight(), &session()).exchange();
        assert_eq!(lines(&shared), expected, "{own:?}, shared");
    }
}

fn refused(operation: impl OneResult) -> String {
    Script::new(operation, &session()).error().to_string()
}

#[test]
fn a_request_s_own_identity_is_checked() {
    let own_rights = "the server would use the caller's own rights";
    let ends = "the white space at its ends would be lost on the way";
    let table = [
        (&[("impersonate-user", "")][..], own_rights),
        (&[("impersonate-user", " ")], own_rights),
        (&[("impersonate-user", "\t")], own_rights),
        (&[("impersonate-user", "\u{a0}")], own_rights),
        (&[("impersonate-user", " bob ")], ends),
        (&[("impersonate-user", "bob"), ("impersonate-uid", "")], "cannot impersonate the uid \"\""),
        (&[("impersonate-user", "bob"), ("impersonate-group", "g ")], ends),
        (&[("impersonate-user", "bob"), ("impersonate-extra-k", "v ")], ends),
        (&[("impersonate-user", "bob"), ("impersonate-user", "eve")], "more than one header impersonate-user"),
        (&[("user-agent", "a"), ("user-agent", "b")], "more than one header user-agent"),
        (&[("impersonate-group", "system:masters")], "without impersonate-user"),
        (&[("impersonate-extra-k", "v")], "without impersonate-user"),
    ];
    for (own, text) in table {
        let error = refused(request(own));
        assert!(error.contains(text) && error.contains("/version"), "{own:?}: {error}");
        assert!(refused(request(own).single_flight()).contains(text), "{own:?}");
    }
}

#[test]
fn a_session_refuses_an_identity_that_a_server_would_not_take_as_it_is() {
    type Change = fn(&mut Impersonate);
    let table: [(Change, &str); 6] = [
        (|it| it.user.clear(), "the user \"\": the server would use the caller's own rights"),
        (|it| it.user = " \t".into(), "the user \" \\t\": the server would use the caller's own rights"),
        (|it| it.user = "alice ".into(), "the user \"alice \": the white space"),
        (|it| it.uid = Some(String::new()), "the uid \"\": the server would ignore it"),
        (|it| it.groups.push("\u{a0}g".into()), "the group \"\\u{a0}g\": the white space"),
        (|it| drop(it.extra.insert("k".into(), vec!["v ".into()])), "the extra value \"v \": the white space"),
    ];
    for (change, text) in table {
        let mut identity = alice();
        change(&mut identity);
        for account in [false, true] {
            let mut config = Config::new("https://k.test").unwrap().with_token("t").with_impersonate(identity.clone());
            if account {
                config = config.with_service_account_token(kube_proto::config::ServiceAccountToken::new("builder"));
            }
            let error = Session::new(&config, SessionOptions::new(Settings::default(), 1)).unwrap_err().to_string();
            assert!(error.contains(&format!("cannot impersonate {text}")), "{error}");
        }
    }
}
