//! Credentials that a client must fetch: from plugins, from an issuer, from the API server, from a pod's folder; and
//! files that are renewed while a client uses them.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube_proto::api::{ListParams, WriteParams};
use kube_proto::config::{
    Config, CredentialConfig, ExecApiVersion, ExecPlugin, InteractiveMode, Loader, Locate, Overrides, SERVICE_ACCOUNT,
    ServiceAccountToken, Want,
};
use kube_proto::kubeconfig::Kubeconfig;
use kube_proto::resource::SelfSubjectReview;
use kube_proto::{Api, Error};
use kube_test_server::serve::{Authority, Binding, Bound};
use kube_test_server::{Options, Server, User};
use kube_tests::issuer::{BoundIssuer, Issuer, Mood};
use serde_json::{Value, json};

use super::kubeconfig::Folder;
use super::support::*;
use crate::context::{Client, Context};
use crate::rows::{Need, Row, row};
use crate::servers::{ADMINS, Site, load};

const KUBECONFIGS: &[Need] = &[Need::Kubeconfigs];

pub(crate) const ROWS: &[Row] = &[
    row!(oidc).real().needs(KUBECONFIGS),
    row!(oidc_refreshes_and_writes_back).in_memory(),
    row!(oidc_after_a_401).in_memory(),
    row!(oidc_issuers_that_fail).in_memory(),
    row!(bound_tokens),
    row!(exec_v1beta1).needs(KUBECONFIGS),
    row!(exec_gets_the_cluster).in_memory(),
    row!(exec_after_a_401).in_memory(),
    row!(exec_that_fails).in_memory(),
    row!(in_a_pod).needs(KUBECONFIGS),
    row!(a_renewed_token_file).in_memory(),
    row!(renewed_certificates_and_authority).in_memory(),
];

fn who(client: &Client) -> Result<String, Error> {
    let api = Api::<SelfSubjectReview>::all();
    let review = client.call(api.create(&SelfSubjectReview::default(), &WriteParams::default()))?;
    Ok(review.status.user_info.username)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The server accepts this token for that user, and no other token of that user.
fn accept(cx: &Context, user: &str, token: &str) {
    let Site::Memory(memory) = &cx.site else { panic!("a real server does not take tokens from a test") };
    memory.bound.with(|server| {
        let users = &mut server.options_mut().users;
        users.retain(|known| known.name != user);
        users.push(User::new(user).group(ADMINS).token(token));
    });
}

/// The kubeconfig of the administrator, with another user.
fn with_user(cx: &Context, user: &Value) -> Value {
    let admin = Kubeconfig::parse(&std::fs::read(cx.site.kubeconfig("admin")).unwrap()).unwrap();
    let mut config: Value = serde_json::from_str(&admin.to_json()).unwrap();
    config["users"][0]["user"] = user.clone();
    config
}

/// The tokens of the one user of a kubeconfig.
fn tokens(file: &Path) -> (String, String, Value) {
    let config = Kubeconfig::parse(&std::fs::read(file).unwrap()).unwrap();
    let mut rest: Value = serde_json::from_str(&config.to_json()).unwrap();
    let settings = rest["users"][0]["user"]["auth-provider"]["config"].as_object_mut().unwrap();
    let mut take = |key: &str| settings.remove(key).map(|value| value.as_str().unwrap().to_owned()).unwrap_or_default();
    (take("id-token"), take("refresh-token"), rest)
}

fn oidc(cx: &Context) {
    let folder = Folder::new(cx);
    let file = folder.write("oidc", std::fs::read(cx.site.kubeconfig("oidc")).unwrap());
    let before = tokens(&file);
    let client = cx.client(load(&file).unwrap().config).unwrap();
    assert_eq!(who(&client).unwrap(), "oidc:oidc");
    assert!(client.call(config_maps(cx).list(&ListParams::default())).is_ok());
    // The file has the issuer's tokens, and is otherwise unchanged.
    let after = tokens(&file);
    assert_ne!(before.0, after.0);
    assert_eq!((before.1, &before.2), (after.1.clone(), &after.2));
    // The next program finds a valid token.
    assert_eq!(who(&cx.client(load(&file).unwrap().config).unwrap()).unwrap(), "oidc:oidc");
    assert_eq!(tokens(&file), after);
}

/// An issuer with its own CA, and a kubeconfig with this identity token.
fn issued(cx: &Context, change: impl FnOnce(&mut Issuer), id_token: &str) -> (BoundIssuer, Folder, Config) {
    let authority = Authority::new("issuer-ca").unwrap();
    let mut issuer = Issuer::new("kubectl", "client s&cret");
    (issuer.now, issuer.rotates) = (now(), true);
    change(&mut issuer);
    let first = issuer.refresh_token(0);
    let issuer = BoundIssuer::start(issuer, &authority).unwrap();
    let folder = Folder::new(cx);
    let ca = folder.write("issuer.crt", authority.pem());
    let user = json!({"x-kept": true, "auth-provider": {"name": "oidc", "config": {
        "idp-issuer-url": issuer.url(), "client-id": "kubectl", "client-secret": "client s&cret",
        "idp-certificate-authority": ca, "id-token": id_token, "refresh-token": first, "extra-scopes": "kept",
    }}});
    let file = folder.write("config", with_user(cx, &user).to_string());
    let config = load(&file).unwrap().config;
    (issuer, folder, config)
}

fn oidc_refreshes_and_writes_back(cx: &Context) {
    let (issuer, folder, config) = issued(cx, |issuer| issuer.secret_in_body = true, "");
    let file = folder.file("config");
    let before = tokens(&file);
    let token = issuer.with(|issuer| issuer.id_token(1, issuer.now));
    accept(cx, "oidc", &token);
    let client = cx.client(config).unwrap();
    let results = client.batch((0..20).map(|_| config_maps(cx).list(&ListParams::default())), 10);
    assert!(results.into_iter().all(|result| result.is_ok()));
    assert_eq!(who(&client).unwrap(), "oidc");
    // The refresh token can be used once: twenty calls used it once, and the new one is in the file.
    assert_eq!(issuer.with(|issuer| issuer.given), 1);
    let after = tokens(&file);
    assert_eq!((after.0, after.1), (token, issuer.with(|issuer| issuer.refresh_token(1))));
    assert_eq!(before.2, after.2);
    // The next program needs no issuer.
    issuer.with(|issuer| issuer.mood = Mood::Down);
    assert_eq!(who(&cx.client(load(&file).unwrap().config).unwrap()).unwrap(), "oidc");
}

fn oidc_after_a_401(cx: &Context) {
    // A token whose times are valid, but which the server refuses: its key was changed, for example.
    let old = Issuer::new("kubectl", "").id_token(99, now());
    let (issuer, folder, config) = issued(cx, |_| {}, &old);
    accept(cx, "oidc", &issuer.with(|issuer| issuer.id_token(1, issuer.now)));
    let client = cx.client(config).unwrap();
    let api = config_maps(cx);
    let created = client.call(api.create(&config_map("once", "k", "v"), &WriteParams::default())).unwrap();
    assert_eq!(cx.call(config_maps(cx).get("once")).unwrap().metadata.uid, created.metadata.uid);
    assert_eq!(tokens(&folder.file("config")).1, issuer.with(|issuer| issuer.refresh_token(1)));
    // Another program refreshed, and the server refuses the old token: the new one is in the file.
    let theirs = issuer.with(|issuer| issuer.id_token(7, issuer.now));
    let (_, refresh, mut config) = tokens(&folder.file("config"));
    config["users"][0]["user"]["auth-provider"]["config"]["id-token"] = json!(theirs);
    config["users"][0]["user"]["auth-provider"]["config"]["refresh-token"] = json!(refresh);
    let fresh = cx.client(load(&folder.file("config")).unwrap().config).unwrap();
    folder.write("config", config.to_string());
    accept(cx, "oidc", &theirs);
    issuer.with(|issuer| issuer.mood = Mood::Down);
    assert_eq!(who(&fresh).unwrap(), "oidc");
}

fn oidc_issuers_that_fail(cx: &Context) {
    let (issuer, folder, config) = issued(cx, |_| {}, "");
    let fails = |says: &str| {
        let error = who(&cx.client(config.clone()).unwrap()).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("t0ken") && !error.contains("s&cret"), "{error}");
    };
    issuer.with(|issuer| issuer.mood = Mood::Down);
    fails("answers 503 Service Unavailable for /.well-known/openid-configuration");
    issuer.with(|issuer| issuer.mood = Mood::Babbles);
    fails("did not answer with a JSON object");
    issuer.with(|issuer| (issuer.mood, issuer.given) = (Mood::Well, 5));
    fails("does not accept the refresh token any more (invalid_grant: not this one): log in again");
    folder.write("issuer.crt", Authority::new("another").unwrap().pem());
    fails("cannot be asked: ");
    drop(issuer);
    fails("cannot be asked: ");
}

fn bound_tokens(cx: &Context) {
    let account: ServiceAccount = object(json!({"metadata": {"name": "builder"}}));
    cx.call(Api::<ServiceAccount>::namespaced(cx.namespace()).create(&account, &WriteParams::default())).unwrap();
    let token = ServiceAccountToken::new("builder").namespace(cx.namespace());
    let client = cx.client(cx.site.admin().with_service_account_token(token)).unwrap();
    assert_eq!(who(&client).unwrap(), format!("system:serviceaccount:{}:builder", cx.namespace()));
    // The token is that of the account, and not of the user that may request its tokens.
    let error = client.call(config_maps(cx).create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    let missing = ServiceAccountToken::new("no-such-account").namespace(cx.namespace());
    let error = who(&cx.client(cx.site.admin().with_service_account_token(missing)).unwrap()).unwrap_err();
    says(&error, &["no token for service account", "no-such-account", "not found"]);
}

fn shell(api_version: ExecApiVersion, script: &str) -> ExecPlugin {
    ExecPlugin {
        command: "sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("WHO".into(), "exec".into())],
        api_version,
        install_hint: Some("get a shell".into()),
        interactive_mode: InteractiveMode::Never,
        cluster: None,
    }
}

/// A script that prints this token.
fn prints(version: &str, token: &str) -> String {
    format!(
        r#"printf '{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/{version}","status":{{"token":"{token}"}}}}'"#
    )
}

fn exec_v1beta1(cx: &Context) {
    let CredentialConfig::Bearer(token) = cx.site.load("token").config.credential else { panic!() };
    let script = prints("v1beta1", token.expose());
    let told = "case $KUBERNETES_EXEC_INFO in *client.authentication.k8s.io/v1beta1*) ;; *) exit 9;; esac;";
    let plugin = shell(ExecApiVersion::V1Beta1, &format!("{told} {script}"));
    assert_eq!(who(&cx.client(cx.site.anonymous().with_exec(plugin)).unwrap()).unwrap(), "token");
    // An answer of another version is not accepted.
    let error =
        who(&cx.client(cx.site.anonymous().with_exec(shell(ExecApiVersion::V1, &script))).unwrap()).unwrap_err();
    says(&error, &["client.authentication.k8s.io/v1beta1"]);
    assert!(!error.to_string().contains(token.expose()));
}

fn exec_gets_the_cluster(cx: &Context) {
    accept(cx, "exec", "token-of-exec");
    let folder = Folder::new(cx);
    let told = folder.file("told");
    let script = format!("printf %s \"$KUBERNETES_EXEC_INFO\" >{}; {}", told.display(), prints("v1", "token-of-exec"));
    let user = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
        "interactiveMode": "IfAvailable", "provideClusterInfo": true,
    }});
    let mut config = with_user(cx, &user);
    config["clusters"][0]["cluster"]["extensions"] = json!([
        {"name": "other", "extension": {"not": "told"}},
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me", "more": [1]}},
    ]);
    let file = folder.write("config", config.to_string());
    assert_eq!(who(&cx.client(load(&file).unwrap().config).unwrap()).unwrap(), "exec");
    let info: Value = serde_json::from_slice(&std::fs::read(&told).unwrap()).unwrap();
    let cluster = &config["clusters"][0]["cluster"];
    assert_eq!(
        info,
        json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "spec": {
                // Here no standard input is a terminal.
                "interactive": false,
                "cluster": {
                    "server": cluster["server"], "certificate-authority-data": cluster["certificate-authority-data"],
                    "config": {"audience": "me", "more": [1]},
                },
            },
        })
    );
}

fn exec_after_a_401(cx: &Context) {
    let folder = Folder::new(cx);
    let source = folder.write("token", "first");
    let script = prints("v1", "@").replace('@', &format!("'$(cat {})'", source.display()));
    let client = cx.client(cx.site.anonymous().with_exec(shell(ExecApiVersion::V1, &script))).unwrap();
    accept(cx, "exec", "first");
    assert_eq!(who(&client).unwrap(), "exec");
    // A credential that the plugin has just given is not fetched again.
    accept(cx, "exec", "second");
    assert!(who(&client).unwrap_err().is_unauthorized());
    folder.write("token", "second");
    let moment = || who(&client).ok();
    assert_eq!(cx.eventually("the plugin is run again", moment), "exec");
}

fn exec_that_fails(cx: &Context) {
    let fails_within = |limit, plugin: ExecPlugin| {
        let mut settings = crate::context::settings();
        settings.plugin = limit;
        let client = cx.client_with(cx.site.anonymous().with_exec(plugin), settings).unwrap();
        let error = who(&client).unwrap_err();
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
        error
    };
    let fails = |plugin| fails_within(Duration::from_secs(120), plugin);
    let script = |script: &str| fails(shell(ExecApiVersion::V1, script));
    says(&script("echo s3cr3t; echo please log in >&2; exit 3"), &["sh failed with exit code 3: please log in"]);
    says(&script("echo s3cr3t-garbage"), &["plugin sh: "]);
    says(&script("exit 0"), &["plugin sh: "]);
    says(&script(&prints("v1", "")), &["plugin sh: ", "token"]);
    let asleep = fails_within(Duration::from_millis(300), shell(ExecApiVersion::V1, "sleep 1000"));
    says(&asleep, &["the plugin sh took longer than 300ms"]);
    says(&script("yes s3cr3t"), &["larger than the limit"]);
    says(&script("kill -9 $$"), &["exit code 137"]);
    let with = |change: fn(&mut ExecPlugin)| {
        let mut plugin = shell(ExecApiVersion::V1, "exit 0");
        change(&mut plugin);
        fails(plugin)
    };
    says(&with(|plugin| plugin.command = "no-such-program".into()), &["no-such-program not found", "get a shell"]);
    // Standard input is not a terminal here.
    says(&with(|plugin| plugin.interactive_mode = InteractiveMode::Always), &["standard input is not a terminal"]);
}

/// The configuration of a pod, with its files in another folder.
fn pod(cx: &Context, folder: &Path) -> (Config, bool) {
    let server = cx.site.admin().server;
    let locate = Locate {
        kubernetes_service_host: Some(server.host.clone()),
        kubernetes_service_port: Some(server.port.to_string()),
        ..Locate::default()
    };
    let here = |path: &Path| folder.join(path.strip_prefix(SERVICE_ACCOUNT).unwrap());
    let mut loader = Loader::new(locate, Overrides::default());
    let loaded = loop {
        match loader.want() {
            Want::Read { path, .. } => {
                let content = std::fs::read(here(&path)).unwrap();
                loader.give(&path, Ok(content.into()));
            }
            Want::Done(loaded) => break loaded.unwrap(),
        }
    };
    let mut config = loaded.config;
    config.tls.files.ca = config.tls.files.ca.as_deref().map(here);
    let CredentialConfig::TokenFile { path, .. } = &mut config.credential else { panic!("no token file") };
    *path = here(path);
    (config, loaded.in_cluster)
}

fn in_a_pod(cx: &Context) {
    let (config, in_cluster) = pod(cx, &cx.site.service_account());
    assert!(in_cluster);
    assert_eq!(config.default_namespace, "kube-test");
    let expected = if cx.site.is_real() { "system:serviceaccount:kube-test:tests" } else { "token" };
    assert_eq!(who(&cx.client(config).unwrap()).unwrap(), expected);
}

fn a_renewed_token_file(cx: &Context) {
    let folder = cx.site.service_account();
    let (config, _) = pod(cx, &folder);
    let client = cx.client(config).unwrap();
    assert_eq!(who(&client).unwrap(), "token");
    // The kubelet writes another token, and the server does not accept the old one any more.
    std::fs::write(folder.join("token"), "renewed\n").unwrap();
    accept(cx, "token", "renewed");
    assert_eq!(cx.eventually("the file is read again", || who(&client).ok()), "token");
}

fn renewed_certificates_and_authority(cx: &Context) {
    let folder = Folder::new(cx);
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let start = |authority: &Arc<Authority>, user: &str| {
        let binding = Binding::tls().authority(Arc::clone(authority)).listener(Arc::clone(&listener));
        let options = Options { users: vec![User::new(user).group("system:masters")], ..Options::default() };
        let bound = Bound::start(Server::new(options), binding).unwrap();
        let issued = authority.client(user, &["system:masters".to_owned()]).unwrap();
        folder.write("ca.crt", authority.pem());
        folder.write("client.crt", issued.certificate);
        folder.write("client.key", issued.key);
        bound
    };
    let bound = start(&Arc::new(Authority::new("first").unwrap()), "anna");
    let file = folder.write(
        "config",
        json!({
            "clusters": [{"name": "c", "cluster": {"server": bound.url(), "certificate-authority": "ca.crt"}}],
            "users": [{"name": "u", "user": {"client-certificate": "client.crt", "client-key": "client.key"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x",
        })
        .to_string(),
    );
    let client = cx.client(load(&file).unwrap().config).unwrap();
    assert_eq!(who(&client).unwrap(), "anna");
    // Everything is renewed: the server's certificate, its authority, the client's certificate and key.
    drop(bound);
    let _bound = start(&Arc::new(Authority::new("second").unwrap()), "berta");
    assert_eq!(who(&client).unwrap(), "berta");
    let api = Api::<ConfigMap>::namespaced("default");
    assert!(client.call(api.list(&ListParams::default())).is_ok());
}
