//! Identity tokens of an OpenID Connect issuer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use kube_proto::api::Unary;
use kube_proto::config::{Config, CredentialConfig, ProxyEnv, Secret};
use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, Reach, Session, SessionOptions, Step};
use kube_proto::resource::DynamicObject;

use crate::credentials::{POD, authorization, get};
use crate::script::{Script, answer, data, head, name, secs, session_with, status};

pub type Get = Script<Unary<DynamicObject>>;

/// Seconds of unix time at which a [`Script`] begins.
pub const NOW: u64 = 1_800_000_000;

pub fn id_token(who: &str, issued: u64, expires: u64) -> String {
    let claims = format!(r#"{{"sub":"{who}","iat":{issued},"exp":{expires}}}"#);
    format!("e30.{}.s3cr3t", BASE64_URL_SAFE_NO_PAD.encode(claims))
}

fn oidc(settings: &[(&str, &str)]) -> impl FnOnce(&mut Config) {
    let mut all: BTreeMap<String, Secret> = [
        ("idp-issuer-url", "https://issuer.test/realms/a"),
        ("client-id", "kubectl"),
        ("client-secret", "client s3cr3t"),
        ("refresh-token", "refresh-s3cr3t-1"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), Secret::from(value)))
    .collect();
    all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), Secret::from(*value))));
    move |config| {
        config.tls.ca = Some("CLUSTER CA".into());
        config.tls.client_certificate = Some("CERT".into());
        config.tls.client_key = Some("KEY".into());
        config.credential =
            CredentialConfig::AuthProvider { name: "oidc".into(), config: all, user: "u".into(), file: None };
    }
}

fn begun(settings: &[(&str, &str)]) -> (Session, Get) {
    let session = session_with(oidc(settings), |_| {});
    let call = get(&session);
    (session, call)
}

/// Expects the request for the discovery document, and answers it.
#[track_caller]
pub fn discovers(call: &mut Get, more: &str) -> Exchange {
    let exchange = call.exchange();
    assert_eq!(exchange.request.uri(), "/realms/a/.well-known/openid-configuration");
    let document = format!(r#"{{"token_endpoint":"https://token.test:8443/token"{more}}}"#);
    call.arrived.extend(answer(200, &document));
    exchange
}

pub fn form(exchange: &Exchange) -> &str {
    std::str::from_utf8(exchange.request.body()).unwrap()
}

/// Expects the request for a token, and returns the fields of its form.
#[track_caller]
pub fn asks(call: &mut Get) -> Exchange {
    let exchange = call.exchange();
    assert_eq!(
        (exchange.to.to_string().as_str(), exchange.request.uri().path()),
        ("https://token.test:8443", "/token")
    );
    assert!(exchange.fresh);
    exchange
}

#[track_caller]
pub fn gives(call: &mut Get, token: &str, refresh: Option<&str>) {
    let refresh = refresh.map(|token| format!(r#","refresh_token":"{token}""#)).unwrap_or_default();
    call.arrived.extend(answer(200, &format!(r#"{{"id_token":"{token}"{refresh}}}"#)));
}

#[test]
fn a_token_that_is_still_good_is_used() {
    let token = id_token("a", NOW - 600, NOW + 600);
    let (session, mut call) = begun(&[("id-token", &token)]);
    assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
    assert_eq!(authorization(&get(&session).pass(secs(539)).exchange()), format!("Bearer {token}"));
    // A minute before its end the client gets another token; meanwhile this one still serves.
    let mut early = get(&session);
    discovers(early.pass(secs(541)), "");
    assert_eq!(authorization(&get(&session).pass(secs(541)).exchange()), format!("Bearer {token}"));
}

#[test]
fn a_token_that_ends_now_is_not_used() {
    for token in [id_token("a", NOW - 600, NOW + 10), id_token("a", 0, 1), "no.token".into(), "e30.e30.e30".into()] {
        let (_, mut call) = begun(&[("id-token", &token)]);
        discovers(&mut call, "");
    }
    let token = id_token("a", NOW - 600, NOW + 11);
    let (_, mut call) = begun(&[("id-token", &token)]);
    assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
}

#[test]
fn the_end_of_a_token_as_go_reads_it() {
    let with = |end: &str| format!("e30.{}.s", BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{end}}}"#)));
    for (end, good) in [
        ("1800000600", true),
        ("\"1800000600\"", true),
        ("1800000600.5", true),
        ("1.8000006e9", true),
        ("253402300800", true),
        ("9007199254740993", true),
        ("18446744073709551616", true),
        ("\"1e300\"", true),
        ("1799999999", false),
        ("\"1799999999\"", false),
        ("-1", false),
        ("null", false),
        ("true", false),
        ("\"soon\"", false),
        ("\" 1800000600\"", false),
        ("[1800000600]", false),
    ] {
        let (token, mut call) = (with(end), begun(&[("id-token", &with(end))]).1);
        match good {
            true => assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"), "{end}"),
            false => drop(discovers(&mut call, "")),
        }
    }
    // An end that cannot be read is not no end: the next call gets another token.
    for end in ["\"soon\"", "{}", "-1"] {
        let (session, mut call) = begun(&[]);
        discovers(&mut call, "");
        asks(&mut call);
        gives(&mut call, &with(end), None);
        call.exchange();
        call.arrived.extend(answer(200, POD));
        call.item();
        discovers(get(&session).pass(secs(30)), "");
    }
}

/// Without a refresh token, and whether another program may have written a new token into the kubeconfig or not.
#[test]
fn a_valid_token_that_the_server_refuses_is_the_server_s_401() {
    let token = id_token("a", NOW - 600, NOW + 600);
    for file in [None, Some("/kubeconfig")] {
        let session = session_with(oidc(&[("id-token", &token), ("refresh-token", "")]), |_| {});
        let session = match file {
            None => session,
            Some(file) => session_with(
                |config| {
                    oidc(&[("id-token", &token), ("refresh-token", "")])(config);
                    let CredentialConfig::AuthProvider { file: home, .. } = &mut config.credential else { panic!() };
                    *home = Some(file.into());
                },
                |_| {},
            ),
        };
        let mut call = get(&session);
        assert_eq!(authorization(&call.exchange()), format!("Bearer {token}"));
        call.arrived.extend(answer(401, &status(401, "Unauthorized", "no audience fits")));
        if file.is_some() {
            assert!(matches!(call.turn(), Step::Do(Effect::ReadFile { .. })));
            call.arrived.push_back(Input::File("{}".into()));
        }
        let error = call.error();
        assert!(error.to_string().contains("no audience fits") && !error.to_string().contains("log in"), "{error}");
        assert_eq!(error.status().map(|status| status.code), Some(401));
        // When it has ended, the advice is to log in.
        let mut late = get(&session);
        late.pass(secs(600));
        if file.is_some() {
            assert!(matches!(late.turn(), Step::Do(Effect::ReadFile { .. })));
            late.arrived.push_back(Input::File("{}".into()));
        }
        assert!(late.error().to_string().contains("log in again"));
    }
}

#[test]
fn a_refresh_goes_to_another_server_with_another_identity() {
    let (session, mut call) = begun(&[("idp-certificate-authority-data", &BASE64_STANDARD.encode("ISSUER CA"))]);
    let discovery = discovers(&mut call, "");
    let tls = discovery.to.tls().unwrap();
    assert_eq!((discovery.to.to_string().as_str(), tls.server_name.as_str()), ("https://issuer.test", "issuer.test"));
    assert_eq!((tls.settings.ca.as_deref(), &tls.settings.client_certificate), (Some(&b"ISSUER CA"[..]), &None));
    let asked = asks(&mut call);
    assert_eq!(form(&asked), "grant_type=refresh_token&refresh_token=refresh-s3cr3t-1");
    let pair = BASE64_STANDARD.encode("kubectl:client%20s3cr3t");
    assert_eq!(authorization(&asked), format!("Basic {pair}"));
    assert_ne!(asked.to.tls().unwrap().id, tls.id);
    let token = id_token("b", NOW, NOW + 300);
    gives(&mut call, &token, None);
    let exchange = call.exchange();
    assert_eq!((authorization(&exchange), exchange.to == *session.endpoint()), (&*format!("Bearer {token}"), true));
    call.arrived.extend(answer(200, POD));
    call.item();
    // Printed values contain no part of it.
    for shown in [format!("{call:?}", call = call.task), format!("{session:?} {asked:?} {discovery:?}")] {
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}

#[test]
fn nothing_that_is_for_the_api_server_goes_to_the_issuer() {
    let session = session_with(
        |config| {
            oidc(&[])(config);
            config.impersonate = Some(kube_proto::config::Impersonate { user: "alice".into(), ..Default::default() });
        },
        |_| {},
    );
    let mut call = get(&session);
    for exchange in [discovers(&mut call, ""), asks(&mut call)] {
        assert!(!exchange.request.headers().contains_key("impersonate-user"));
        assert!(exchange.request.headers().contains_key("user-agent"));
    }
    gives(&mut call, &id_token("b", NOW, NOW + 300), None);
    assert!(call.exchange().request.headers().contains_key("impersonate-user"));
}

#[test]
fn the_environment_leads_to_the_issuer_and_the_proxy_of_the_server_does_not() {
    // The proxies to the issuer and to its token endpoint, each on its own way.
    for (env, own, issuer, token) in [
        (&[][..], None, None, None),
        (&[], Some("http://own:1"), None, None),
        (&[("HTTPS_PROXY", "http://p:3128")], None, Some("p:3128"), Some("p:3128")),
        (&[("HTTPS_PROXY", "http://p:3128")], Some("http://own:1"), Some("p:3128"), Some("p:3128")),
        (&[("HTTPS_PROXY", "https://p"), ("NO_PROXY", ".test:8443")], None, Some("p:443"), None),
        (&[("https_proxy", "p:3128"), ("NO_PROXY", "issuer.test")], None, None, Some("p:3128")),
        (&[("ALL_PROXY", "socks5://p"), ("NO_PROXY", "k.test")], None, Some("p:1080"), Some("p:1080")),
        (&[("HTTP_PROXY", "http://p:3128")], None, None, None),
        (&[("HTTPS_PROXY", "http://p:3128"), ("NO_PROXY", "*")], None, None, None),
    ] {
        let with = |config: &mut Config| {
            oidc(&[("idp-certificate-authority-data", &BASE64_STANDARD.encode("ISSUER CA"))])(config);
            if let Some(url) = own {
                *config = config.clone().with_proxy(url).unwrap();
            }
            let env = env.iter().map(|(name, value)| (*name, *value)).collect::<BTreeMap<_, _>>();
            let env = ProxyEnv::from_env(|name| env.get(name).map(Into::into));
            *config = config.clone().with_proxy_env(&env).unwrap();
        };
        let session = session_with(with, |_| {});
        let mut call = get(&session);
        let to = [discovers(&mut call, ""), asks(&mut call)].map(|exchange| exchange.to);
        let found = to.each_ref().map(|to| to.proxy().map(|proxy| format!("{}:{}", proxy.host, proxy.port)));
        assert_eq!(found, [issuer, token].map(|text| text.map(str::to_owned)), "{env:?} {own:?}");
        // The authority that verifies the issuer also verifies its proxy.
        let below = to.iter().filter_map(|to| to.proxy_tls()).map(|tls| tls.settings.ca.as_deref());
        assert!(below.into_iter().all(|ca| ca == Some(b"ISSUER CA")));
    }
}

#[test]
fn a_proxy_to_the_issuer_that_cannot_be_used_is_reported() {
    let session = session_with(
        |config| {
            oidc(&[])(config);
            let env = ProxyEnv { https_proxy: Some("gopher://u:s3cr3t@p".into()), ..ProxyEnv::default() };
            let env = ProxyEnv { no_proxy: "k.test".into(), ..env };
            *config = config.clone().with_proxy_env(&env).unwrap();
        },
        |_| {},
    );
    let text = get(&session).error().to_string();
    let says = ["the OIDC issuer https://issuer.test/realms/a cannot be asked", "HTTPS_PROXY", "gopher://"];
    assert!(says.iter().all(|part| text.contains(part)) && !text.contains("s3cr3t"), "{text}");
}

#[test]
fn a_refresh_token_that_is_replaced_is_used_from_then_on() {
    let (session, mut call) = begun(&[]);
    discovers(&mut call, "");
    asks(&mut call);
    gives(&mut call, &id_token("b", NOW, NOW + 300), Some("refresh-s3cr3t-2"));
    call.exchange();
    for expected in ["refresh-s3cr3t-2", "refresh-s3cr3t-2"] {
        let mut later = get(&session);
        let first = discovers(later.pass(secs(280)), "");
        let second = asks(&mut later);
        assert!(form(&second).ends_with(expected), "{}", form(&second));
        // The same servers have the same identities.
        let mut again = get(&session);
        drop(later);
        assert_eq!(discovers(again.pass(secs(281)), "").to, first.to);
        assert_eq!(asks(&mut again).to, second.to);
    }
}

#[test]
fn a_token_that_the_api_server_refuses_is_renewed() {
    let token = id_token("a", NOW - 600, NOW + 6000);
    let (_, mut call) = begun(&[("id-token", &token)]);
    call.exchange();
    // It is renewed at once: the refused token did not come from the issuer just now.
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    discovers(&mut call, "");
    asks(&mut call);
    let other = id_token("b", NOW, NOW + 300);
    gives(&mut call, &other, None);
    assert_eq!(authorization(&call.exchange()), format!("Bearer {other}"));
}

#[test]
fn the_client_s_secret_goes_where_the_issuer_wants_it() {
    // The issuer refuses Basic: the client sends the secret in the body, and from then on in the body at once.
    let (session, mut call) = begun(&[]);
    discovers(&mut call, "");
    asks(&mut call);
    call.arrived.extend(answer(401, r#"{"error":"invalid_client"}"#));
    let asked = asks(&mut call);
    assert!(form(&asked).ends_with("&client_id=kubectl&client_secret=client%20s3cr3t"), "{}", form(&asked));
    assert!(!asked.request.headers().contains_key("authorization"));
    gives(&mut call, &id_token("b", NOW, NOW + 300), None);
    call.exchange();
    let mut later = get(&session);
    discovers(later.pass(secs(280)), "");
    assert!(form(&asks(&mut later)).contains("client_secret"));

    // The discovery document names the method.
    let (_, mut call) = begun(&[]);
    discovers(&mut call, r#","token_endpoint_auth_methods_supported":["client_secret_post"]"#);
    assert!(form(&asks(&mut call)).contains("client_secret"));

    // A public client.
    let (_, mut call) = begun(&[("client-secret", "")]);
    discovers(&mut call, "");
    let asked = asks(&mut call);
    assert!(form(&asked).ends_with("&client_id=kubectl"));
    call.arrived.extend(answer(401, r#"{"error":"invalid_client"}"#));
    assert!(call.error().to_string().contains("gave no token: invalid_client"));

    // The issuer refuses both.
    let (_, mut call) = begun(&[]);
    discovers(&mut call, "");
    for _ in 0..2 {
        asks(&mut call);
        call.arrived.extend(answer(400, r#"{"error":"unauthorized_client","error_description":"no such client"}"#));
    }
    assert!(call.error().to_string().contains("unauthorized_client: no such client"));
}

#[test]
fn wrong_answers_of_an_issuer_are_reported() {
    let redirect = || vec![head(302, &[("location", "https://other.test/")]), Input::End];
    let broken = || vec![Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "Connection refused")))];
    // answers to the discovery, the error
    let table: Vec<(Vec<Input>, &str)> = vec![
        (
            answer(404, "<html>nothing here").into(),
            "answers 404 Not Found for /realms/a/.well-known/openid-configuration: is",
        ),
        (redirect(), "and leads to https://other.test/: is idp-issuer-url right?"),
        (answer(200, "<html>").into(), "did not answer with a JSON object"),
        (answer(200, "{}").into(), "has no token_endpoint"),
        (answer(200, r#"{"token_endpoint":"http://token.test/"}"#).into(), "is not https"),
        (broken(), "the OIDC issuer https://issuer.test/realms/a cannot be asked: Connection refused"),
        (vec![head(200, &[]), data(&"x".repeat(2 << 20))], "larger than the limit of 1048576 bytes"),
    ];
    for (answers, says) in table {
        let (_, mut call) = begun(&[]);
        call.exchange();
        call.arrived.extend(answers);
        let error = call.error().to_string();
        assert!(error.contains(says), "{error}");
    }
    let table: Vec<(Vec<Input>, &str)> = vec![
        (answer(400, r#"{"error":"invalid_grant","error_description":"Session not active"}"#).into(), {
            "does not accept the refresh token any more (invalid_grant: Session not active): log in again"
        }),
        (answer(200, r#"{"access_token":"s3cr3t"}"#).into(), "was the scope \"openid\" asked for"),
        (answer(200, r#"{"id_token":"a\nb"}"#).into(), "the id-token is not a valid header value"),
        (answer(503, "s3rver is tired").into(), "gave no token: 503 Service Unavailable: s3rver is tired"),
        (
            vec![Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, "connection reset")))],
            "gave no token: connection reset",
        ),
    ];
    for (answers, says) in table {
        let (_, mut call) = begun(&[]);
        discovers(&mut call, "");
        asks(&mut call);
        call.arrived.extend(answers);
        let error = call.error().to_string();
        assert!(error.contains(says) && !error.contains("s3cr3t"), "{error}");
    }
    let (_, mut call) = begun(&[("refresh-token", "")]);
    assert!(call.error().to_string().contains("No valid id-token, and cannot refresh without refresh-token"));
}

#[test]
fn a_slow_issuer_is_given_up_and_a_dead_pooled_connection_is_not_its_fault() {
    let (_, mut call) = begun(&[]);
    let stale = Fault { kind: FaultKind::Closed, reach: Reach::NotSent, stale: true, text: "closed".into() };
    assert!(!call.exchange().fresh);
    call.arrived.push_back(Input::Failed(Box::new(stale)));
    let again = discovers(&mut call, "");
    assert!(again.fresh);
    asks(&mut call);
    for _ in 0..3 {
        call.waits();
        call.pass(secs(10));
    }
    assert!(matches!(call.turn(), Step::Do(Effect::Abort)));
    let error = call.error().to_string();
    assert!(error.contains("the OIDC issuer https://issuer.test/realms/a took longer than 30s"), "{error}");
}

#[test]
fn an_authority_in_a_file_is_read_for_every_refresh() {
    let (session, mut call) = begun(&[("idp-certificate-authority", "/issuer/ca")]);
    let refreshed = |call: &mut Get, ca: &str| {
        match call.turn() {
            Step::Do(Effect::ReadFile { path, .. }) => assert_eq!(path.to_str(), Some("/issuer/ca")),
            other => panic!("{}", name(&other)),
        }
        call.arrived.push_back(Input::File(ca.to_owned().into()));
        let to = discovers(call, "").to;
        asks(call);
        gives(call, &id_token(ca, NOW, NOW + 300), None);
        call.exchange();
        assert_eq!(to.tls().unwrap().settings.ca.as_deref(), Some(ca.as_bytes()));
        to
    };
    let one = refreshed(&mut call, "CA-1");
    let mut later = get(&session);
    assert_eq!(refreshed(later.pass(secs(280)), "CA-1"), one);
    let mut later = get(&session);
    assert_ne!(refreshed(later.pass(secs(560)), "CA-2"), one);
    let mut gone = get(&session);
    assert!(matches!(gone.pass(secs(900)).turn(), Step::Do(Effect::ReadFile { .. })));
    gone.arrived.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "no such file"))));
    let error = gone.error().to_string();
    assert!(error.contains("the CA /issuer/ca of the OIDC issuer"), "{error}");
}

#[test]
fn clocks_that_disagree() {
    // The local clock is a day ahead of the issuer's, or behind.
    for issued in [NOW - 86_400, NOW + 86_400] {
        let (session, mut call) = begun(&[]);
        discovers(&mut call, "");
        asks(&mut call);
        let token = id_token("b", issued, issued + 300);
        gives(&mut call, &token, None);
        call.exchange();
        assert_eq!(authorization(&get(&session).pass(secs(269)).exchange()), format!("Bearer {token}"));
        let mut later = get(&session);
        discovers(later.pass(secs(271)), "");
    }
}

#[test]
fn providers_that_were_removed() {
    let mut config = Config::new("https://k.test:6443").unwrap();
    for (name, says) in [("gcp", "gke-gcloud-auth-plugin"), ("azure", "kubelogin")] {
        config.credential =
            CredentialConfig::AuthProvider { name: name.into(), config: BTreeMap::new(), user: "u".into(), file: None };
        let error =
            Session::new(&config, SessionOptions::new(kube_proto::settings::Settings::default(), 42)).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}
