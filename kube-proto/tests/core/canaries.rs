//! A canary in every field of every input that may be secret: no `Debug`, no `Display` and no error shows it.
//!
//! What `secrets` proves for the turns of operations, this module proves for values: configurations, kubeconfigs, what
//! plugins and issuers print, requests and their parameters, and what the border carries. A canary is in each text that
//! holds a secret by its meaning, or may: PEM, because a private key may stand beside a certificate; arguments of
//! programs; the user and the query of a URL; headers, bodies and patches.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use kube_proto::api::{
    ApiRequest, AttachParams, ExecParams, GetParams, JsonPatch, LabelSelector, ListParams, LogParams, Patch,
    ProxyTarget, WatchParams,
};
use kube_proto::config::{
    Config, CredentialConfig, ExecApiVersion, ExecCluster, ExecPlugin, InteractiveMode, IssuerMetadata, OidcProvider,
    Overrides, ProxyEnv, Secret, ServiceAccountToken, TlsSettings, TokenError, TokenResponse, UrlText,
    parse_exec_credential,
};
use kube_proto::driver::options::ClientOptions;
use kube_proto::driver::{
    Effect, Endpoint, Exchange, ExchangeKind, ExecSpec, FileWrite, Input, ProcessOutput, Session, SessionOptions, Task,
    Tls,
};
use kube_proto::kubeconfig::Kubeconfig;
use kube_proto::resource::{Lazy, PartialObject};
use kube_proto::settings::Settings;
use serde_json::{Value, json};

use crate::border::pods;
use crate::script::Script;

const CANARY: &str = "c4n4ry";

/// Fails if the text has the canary: as text, in base64, or as the numbers of its bytes.
#[track_caller]
fn is_silent(what: &str, shown: &str) {
    let numbers = CANARY.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",");
    let close: String = shown.split_whitespace().collect();
    let found = [CANARY, ENCODED, &numbers].into_iter().find(|secret| close.contains(secret));
    assert_eq!(found, None, "{what}: {shown}");
}

#[track_caller]
fn is_silent_in_debug(what: &str, value: &(impl Debug + ?Sized)) {
    is_silent(what, &format!("{value:?}"));
    is_silent(what, &format!("{value:#?}"));
}

/// `c4n4ry` in base64, wherever it begins at a multiple of three bytes.
const ENCODED: &str = "YzRuNHJ5";

/// A certificate with its key in one PEM.
fn pem() -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{ENCODED}\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
    )
}

fn secret() -> Secret {
    CANARY.into()
}

fn plugin() -> ExecPlugin {
    ExecPlugin {
        command: "/bin/plugin".into(),
        args: vec![secret()],
        env: vec![("TOKEN".into(), secret())],
        api_version: ExecApiVersion::V1,
        install_hint: None,
        interactive_mode: InteractiveMode::Never,
        cluster: Some(ExecCluster {
            certificate_authority: Some(pem().into()),
            proxy_url: Some(secret()),
            config: serde_json::from_value::<Value>(json!({"a": CANARY}))
                .ok()
                .map(kube_proto::kubeconfig::RawExtension),
            ..ExecCluster::default()
        }),
    }
}

fn tls() -> TlsSettings {
    TlsSettings {
        ca: Some(pem().into()),
        client_certificate: Some(pem().into()),
        client_key: Some(secret()),
        ..TlsSettings::default()
    }
}

/// Configurations with each kind of credential.
fn configs() -> Vec<Config> {
    let new = || {
        let mut config = Config::new("https://k.test:6443/prefix?token=c4n4ry").unwrap();
        config.tls = tls();
        config.with_proxy("http://c4n4ry:c4n4ry@proxy.test/?c4n4ry").unwrap()
    };
    let oidc = [
        ("idp-issuer-url", "https://issuer.test"),
        ("client-id", "me"),
        ("client-secret", CANARY),
        ("id-token", CANARY),
        ("refresh-token", CANARY),
    ];
    let oidc = CredentialConfig::AuthProvider {
        name: "oidc".into(),
        config: oidc.map(|(key, value)| (key.to_owned(), value.into())).into(),
        user: "me".into(),
        file: Some("/k".into()),
    };
    let file = CredentialConfig::TokenFile { path: "/t".into(), fallback: Some(secret()) };
    let of = |credential: CredentialConfig| {
        let mut config = new();
        config.credential = credential;
        config
    };
    let mut direct = new();
    direct.proxy = None;
    let mut env = ProxyEnv::default();
    (env.https_proxy, env.http_proxy, env.all_proxy) = (url(), url(), url());
    vec![
        new().with_token(CANARY),
        new().with_basic("me", CANARY),
        new().with_exec(plugin()),
        new().with_token(CANARY).with_service_account_token(ServiceAccountToken::new("sa")),
        of(oidc),
        of(file),
        direct.with_proxy_env(&env).unwrap(),
    ]
}

fn url() -> Option<UrlText> {
    Some("http://c4n4ry:c4n4ry@host.test/?c4n4ry".into())
}

#[test]
fn configurations() {
    for config in configs() {
        is_silent_in_debug("a configuration", &config);
        config.warnings().iter().for_each(|warning| is_silent("a warning", warning));
        is_silent_in_debug("options", &ClientOptions::new(config.clone()));
        let session = Session::new(&config, SessionOptions::new(Settings::default(), 1)).unwrap();
        is_silent_in_debug("a session", &session);
        let mut script = Script::new(pods().get("a"), &session);
        is_silent_in_debug("a task", &script.task);
        if let kube_proto::driver::Step::Do(effect) = script.turn() {
            is_silent_in_debug("an effect", &effect);
            if let Effect::Exchange(exchange) = &effect {
                is_silent_in_debug("an endpoint", &exchange.to);
                is_silent("an endpoint", &exchange.to.to_string());
                is_silent_in_debug("an identity", &exchange.to.tls().map(|tls| &tls.settings));
                is_silent_in_debug("a proxy", &exchange.to.proxy());
                exchange.to.proxy().iter().for_each(|proxy| is_silent("a proxy", &proxy.to_string()));
            }
        }
    }
    let overrides = Overrides {
        server: url(),
        token: Some(secret()),
        password: Some(secret()),
        proxy_url: url(),
        ..Overrides::default()
    };
    is_silent_in_debug("overrides", &overrides);
}

/// Each field of a kubeconfig that holds a secret.
fn kubeconfig() -> Value {
    json!({
        "clusters": [{"name": "c", "cluster": {
            "server": "https://c4n4ry:c4n4ry@k.test?c4n4ry", "certificate-authority-data": ENCODED, "proxy-url": "http://c4n4ry:c4n4ry@p.test",
            "extensions": [{"name": "e", "extension": {"a": CANARY}}], "unknown": CANARY,
        }}],
        "users": [{"name": "u", "user": {
            "client-certificate-data": ENCODED, "client-key-data": ENCODED, "token": CANARY, "username": "me", "password": CANARY,
            "auth-provider": {"name": "oidc", "config": {"client-secret": CANARY, "id-token": CANARY, "refresh-token": CANARY}},
            "exec": {"command": "p", "args": [CANARY], "env": [{"name": "A", "value": CANARY}], "unknown": {"a": CANARY}},
            "unknown": [CANARY],
        }}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "extensions": [{"name": "e", "extension": CANARY}]}}],
        "current-context": "x",
    })
}

#[test]
fn kubeconfigs() {
    let document = kubeconfig();
    let read = Kubeconfig::parse(document.to_string().as_bytes()).unwrap();
    assert!(read.to_json().matches(CANARY).count() > 10, "the canaries are in it");
    is_silent_in_debug("a kubeconfig", &read);
    // A value of the wrong type in place of each text, and a text in place of each other value.
    for pointer in places(&document, "") {
        let mut broken = document.clone();
        let place = broken.pointer_mut(&pointer).unwrap();
        *place = if place.is_string() { json!({CANARY: [CANARY]}) } else { json!(CANARY) };
        match Kubeconfig::parse(broken.to_string().as_bytes()) {
            Ok(read) => is_silent_in_debug(&pointer, &read),
            Err(error) => {
                is_silent(&pointer, &error.to_string());
                is_silent_in_debug(&pointer, &error);
            }
        }
    }
}

/// The JSON pointers to all values of a document, except those to names, which errors show.
fn places(value: &Value, at: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at_, value)| (format!("{at}/{at_}"), value)).collect(),
        _ => Vec::new(),
    };
    children.into_iter().flat_map(|(place, value)| [vec![place.clone()], places(value, &place)].concat()).collect()
}

#[test]
fn what_plugins_and_issuers_print() {
    let status = json!({"token": CANARY, "clientCertificateData": pem(), "clientKeyData": pem(), "expirationTimestamp": "2030-01-01T00:00:00Z"});
    let printed = json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status});
    let found = parse_exec_credential(printed.to_string().as_bytes(), ExecApiVersion::V1).unwrap();
    assert!(found.token.as_ref().is_some_and(|token| token.expose() == CANARY));
    is_silent_in_debug("a plugin's credential", &found);
    for pointer in places(&printed, "") {
        let mut broken = printed.clone();
        *broken.pointer_mut(&pointer).unwrap() = json!([{CANARY: CANARY}]);
        let found = parse_exec_credential(broken.to_string().as_bytes(), ExecApiVersion::V1);
        is_silent_in_debug(&pointer, &found);
        is_silent(&pointer, &found.map_or_else(|error| error.to_string(), |_| String::new()));
    }
    let tokens = json!({"id_token": CANARY, "refresh_token": CANARY, "expires_in": 1}).to_string();
    is_silent_in_debug("an issuer's tokens", &TokenResponse::parse(tokens.as_bytes()).unwrap());
    let metadata = json!({"token_endpoint": "https://issuer.test/token?c4n4ry", "x": CANARY}).to_string();
    is_silent_in_debug("an issuer's document", &IssuerMetadata::parse(metadata.as_bytes()).unwrap());
    for endpoint in ["https://c4n4ry:c4n4ry@issuer.test/", "ftp://issuer.test/?c4n4ry", "http://issuer.test/?c4n4ry"] {
        let metadata = json!({"token_endpoint": endpoint}).to_string();
        is_silent("an issuer's bad document", &IssuerMetadata::parse(metadata.as_bytes()).unwrap_err().to_string());
    }
    let refused = json!({"error": "invalid_grant", "id_token": CANARY}).to_string();
    is_silent_in_debug("an issuer's refusal", &TokenError::parse(refused.as_bytes()));
    for config in configs() {
        if let CredentialConfig::AuthProvider { config, .. } = &config.credential {
            is_silent_in_debug("an issuer's settings", &OidcProvider::parse(config).unwrap());
        }
    }
}

#[test]
fn requests_and_their_parameters() {
    let exec = ExecParams::run(["login", CANARY]).container("c");
    is_silent_in_debug("the parameters of an exec", &exec);
    for parameters in [
        &GetParams::default() as &dyn Debug,
        &ListParams::default(),
        &WatchParams::default(),
        &LogParams::default(),
        &AttachParams::default(),
    ] {
        is_silent_in_debug("parameters", parameters);
    }
    let patch = || JsonPatch::new().replace("/data/a", CANARY).test("/data/a", CANARY);
    is_silent_in_debug("a JSON patch", &patch());
    is_silent_in_debug("a patch", &Patch::json(patch()));
    is_silent_in_debug("a patch", &Patch::merge(&json!({"data": {"a": CANARY}})));
    let target = format!("/proxy/{}?{CANARY}={CANARY}", "path");
    let mut header = HeaderValue::from_static(CANARY);
    header.set_sensitive(false);
    let raw = ApiRequest::raw(Method::POST, target, CANARY).header(header::AUTHORIZATION, header).param("p", CANARY);
    is_silent_in_debug("a request", &raw);
    is_silent("its attempt", &raw.attempt("").to_string());
    let built = raw.build("", "").unwrap();
    assert!(built.uri().query().is_some_and(|query| query.matches(CANARY).count() == 3));
    for path in [format!("no-slash?{CANARY}"), format!("/a\u{0}?{CANARY}")] {
        let request = ApiRequest::raw(Method::GET, path, "");
        is_silent_in_debug("a bad request", &request);
        if let Err(error) = request.build("", "") {
            is_silent("a bad request", &error.to_string());
        }
    }
    let proxied = pods().target().proxy(&ProxyTarget::new("a"), Method::GET, format!("/x?{CANARY}"), CANARY);
    is_silent_in_debug("a proxied request", &proxied);
    let _: LabelSelector = "a=b".parse().unwrap();
}

#[test]
fn the_border() {
    let tls = Tls { id: 1, server_name: "k".into(), settings: Arc::new(tls()), api_server: true };
    is_silent_in_debug("the settings of TLS", &*tls.settings);
    let request = Request::post(format!("/a/exec?command={CANARY}"))
        .header("authorization", CANARY)
        .body(Bytes::from(CANARY))
        .unwrap();
    let exchange = Exchange {
        to: Endpoint::new("k", 443, Some(tls), None),
        request,
        kind: ExchangeKind::Call,
        fresh: false,
        tag: Default::default(),
        connect: Duration::from_secs(1),
    };
    let shown = format!("{exchange:?}");
    assert!(shown.contains("/a/exec?[14 bytes]"), "{shown}");
    is_silent_in_debug("an exchange", &exchange);
    let spec = ExecSpec {
        program: "p".into(),
        args: vec![CANARY.into()],
        env: vec![("A".into(), CANARY.into())],
        stdin: false,
        limit: 1,
    };
    let write = FileWrite { path: "/k".into(), content: CANARY.into(), replaces: Some(CANARY.into()), limit: 1 };
    for effect in
        [Effect::Exchange(Box::new(exchange)), Effect::Run(Box::new(spec)), Effect::WriteFile(Box::new(write))]
    {
        is_silent_in_debug("an effect", &effect);
    }
    let (head, ()) = http::Response::builder().header("set-cookie", CANARY).body(()).unwrap().into_parts();
    let output = ProcessOutput { status: 0, stdout: CANARY.into(), stderr: CANARY.into() };
    for input in [
        Input::Head(Box::new(head)),
        Input::Data(CANARY.into()),
        Input::File(CANARY.into()),
        Input::Output(Box::new(output)),
    ] {
        is_silent_in_debug("an input", &input);
    }
    let object = format!(r#"{{"metadata":{{"name":"a"}},"data":{{"a":"{CANARY}"}}}}"#);
    is_silent_in_debug("a lazy object", &Lazy::<PartialObject>::new(object).unwrap());
    let session = Session::new(&configs()[0], SessionOptions::new(Settings::default(), 1)).unwrap();
    is_silent_in_debug(
        "a task of a request",
        &Task::new(ApiRequest::raw(Method::POST, format!("/?{CANARY}"), CANARY).bytes(), session),
    );
}
