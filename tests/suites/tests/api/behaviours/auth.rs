//! Every kind of login: the kubeconfigs of `tests/cluster`, and the same for the in-memory server.

use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::api::{ListParams, WriteParams};
use kube_proto::driver::FaultKind;
use kube_proto::resource::{SelfSubjectReview, UserInfo};
use kube_proto::{Api, ErrorKind};

use super::support::*;
use crate::context::{Client, Context};
use crate::rows::{Need, Row, row};

const KUBECONFIGS: &[Need] = &[Need::Kubeconfigs];

pub(crate) const ROWS: &[Row] = &[
    row!(client_certificate).needs(KUBECONFIGS),
    row!(token).needs(KUBECONFIGS),
    row!(token_file).needs(KUBECONFIGS),
    row!(service_account).real().needs(KUBECONFIGS),
    row!(exec_token).needs(KUBECONFIGS),
    row!(exec_certificate).needs(KUBECONFIGS),
    row!(exec_runs_once_for_many).needs(KUBECONFIGS),
    row!(impersonation).needs(KUBECONFIGS),
    row!(few_rights).needs(KUBECONFIGS),
    row!(another_server_name).real().needs(KUBECONFIGS),
    row!(unverified_servers).needs(KUBECONFIGS),
    row!(a_wrong_authority).needs(KUBECONFIGS),
    row!(an_expired_certificate).real().needs(KUBECONFIGS),
    row!(a_closed_port),
    row!(password).in_memory(),
];

fn client(cx: &Context, kubeconfig: &str) -> Client {
    cx.client(cx.site.load(kubeconfig).config).unwrap()
}

/// The user that the server sees.
fn whoami(client: &Client) -> UserInfo {
    let api = Api::<SelfSubjectReview>::all();
    client.call(api.create(&SelfSubjectReview::default(), &WriteParams::default())).unwrap().status.user_info
}

/// Checks that a client has all rights, as that user.
fn full(cx: &Context, kubeconfig: &str, user: &str) {
    let client = client(cx, kubeconfig);
    assert_eq!(whoami(&client).username, user);
    let created = client.call(config_maps(cx).create(&config_map("by-it", "k", "v"), &WriteParams::default())).unwrap();
    assert_eq!(client.call(config_maps(cx).get("by-it")).unwrap().metadata.uid, created.metadata.uid);
}

fn client_certificate(cx: &Context) {
    full(cx, "admin", "admin");
    assert!(whoami(&client(cx, "admin")).groups.contains(&"system:masters".to_owned()));
}

fn token(cx: &Context) {
    full(cx, "token", "token");
    assert!(whoami(&client(cx, "token")).groups.contains(&"kube-test:admins".to_owned()));
}

fn token_file(cx: &Context) {
    full(cx, "token-file", "token-file");
}

fn service_account(cx: &Context) {
    full(cx, "service-account", "system:serviceaccount:kube-test:tests");
}

fn exec_token(cx: &Context) {
    full(cx, "exec", "exec");
}

fn exec_certificate(cx: &Context) {
    full(cx, "exec-cert", "exec-cert");
}

fn exec_runs_once_for_many(cx: &Context) {
    let calls = cx.site.kubeconfig("exec").with_file_name("exec-token.sh.calls");
    let count = || std::fs::read_to_string(&calls).unwrap_or_default().lines().count();
    let client = client(cx, "exec");
    // Other rows run the same plugin: the count only shows that it does not run for each call.
    let before = count();
    let results = client.batch((0..30).map(|_| config_maps(cx).list(&ListParams::default().limit(1))), 10);
    assert!(results.into_iter().all(|result| result.is_ok()));
    let runs = count() - before;
    assert!((1..=5).contains(&runs), "{runs} runs");
    if !cx.site.is_real() {
        assert_eq!(runs, 1);
    }
}

fn impersonation(cx: &Context) {
    let client = client(cx, "impersonate");
    let info = whoami(&client);
    assert_eq!((info.username.as_str(), info.uid.as_str()), ("impersonated", "uid-of-impersonated"));
    for group in ["kube-test:viewers", "kube-test:others", "system:authenticated"] {
        assert!(info.groups.iter().any(|one| one == group), "{info:?}");
    }
    assert_eq!(info.extra["example.com/scopes"], ["read", "list"]);
    assert!(client.call(config_maps(cx).list(&ListParams::default())).is_ok());
    let error = client.call(config_maps(cx).create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    says(&error, &["User \"impersonated\" cannot create resource \"configmaps\""]);
}

fn few_rights(cx: &Context) {
    let client = client(cx, "few-rights");
    assert_eq!(whoami(&client).username, "few-rights");
    let here = Api::<ConfigMap>::default_namespace();
    assert!(client.call(here.list(&ListParams::default())).is_ok(), "without a namespace it is `default`");
    assert!(client.call(here.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap_err().is_forbidden());
}

fn another_server_name(cx: &Context) {
    full(cx, "tls-server-name", "admin");
}

fn unverified_servers(cx: &Context) {
    full(cx, "skip-verify", "admin");
}

fn a_wrong_authority(cx: &Context) {
    let error = client(cx, "wrong-ca").call(config_maps(cx).get("a")).unwrap_err();
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Tls, "{error}");
    assert!(!error.outcome_unknown());
    says(&error, &["get configmaps \"a\"", "https://127.0.0.1:", "certificate"]);
}

fn an_expired_certificate(cx: &Context) {
    let error = client(cx, "expired-cert").call(config_maps(cx).get("a")).unwrap_err();
    // A server that checks certificates after the handshake answers; one that checks within it breaks the connection.
    assert!(error.is_unauthorized(), "{error}");
}

fn a_closed_port(cx: &Context) {
    let closed = kube_tests::scripted::ClosedPort::new();
    let port = closed.port;
    let config = kube_proto::config::Config::new(&format!("https://127.0.0.1:{port}")).unwrap();
    let mut settings = crate::context::settings();
    settings.call.total = Some(Duration::from_secs(10));
    let error = cx.client_with(config, settings).unwrap().call(Api::<ConfigMap>::namespaced("a").get("a")).unwrap_err();
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Refused, "{error}");
    says(&error, &[&format!("https://127.0.0.1:{port}"), "did you specify the right host and port"]);
}

fn password(cx: &Context) {
    let config = cx.site.anonymous();
    let with = |password: &str| cx.client(config.clone().with_basic("token", password)).unwrap();
    assert_eq!(whoami(&with("password-of-token")).username, "token");
    let error = with("wrong").call(config_maps(cx).get("a")).unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
}
