//! Tests of the whole loader: from environment and files to a configuration or an error.

mod refused;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::config::*;
use crate::kubeconfig::{Context, FILE_LIMIT};

/// A simulated file system for the loader, and a record of what the loader read.
struct World {
    files: BTreeMap<PathBuf, Result<Bytes, ReadFailure>>,
    locate: Locate,
    overrides: Overrides,
    reads: Vec<String>,
}

const HOME: &str = "/home/u/.kube/config";

impl World {
    fn new() -> World {
        let locate = Locate { home: Some("/home/u".into()), ..Locate::default() };
        World { files: BTreeMap::new(), locate, overrides: Overrides::default(), reads: Vec::new() }
    }

    /// `~/.kube/config` has one context, this cluster and this user.
    fn of(cluster: &Value, user: &Value) -> World {
        World::new().file(HOME, &one(cluster, user).to_string())
    }

    fn file(mut self, path: &str, content: &str) -> World {
        self.files.insert(path.into(), Ok(Bytes::from(content.to_owned())));
        self
    }

    fn denied(mut self, path: &str) -> World {
        let failure = ReadFailure { not_found: false, text: "permission denied".into() };
        self.files.insert(path.into(), Err(failure));
        self
    }

    fn pod(mut self) -> World {
        self.locate.kubernetes_service_host = Some("10.0.0.1".into());
        self.locate.kubernetes_service_port = Some("443".into());
        self.file(&sa("token"), "pod-token\n").file(&sa("ca.crt"), "POD CA").file(&sa("namespace"), "pod-ns\n")
    }

    fn env(mut self, kubeconfig: &str) -> World {
        self.locate.kubeconfig_env = Some(OsString::from(kubeconfig));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Overrides)) -> World {
        change(&mut self.overrides);
        self
    }

    fn load(&mut self) -> Result<Loaded, String> {
        let loader = Loader::new(self.locate.clone(), self.overrides.clone());
        self.drive(loader).map_err(|error| error.to_string())
    }

    fn drive(&mut self, mut loader: Loader) -> Result<Loaded, ConfigError> {
        for _ in 0..100 {
            match loader.want() {
                Want::Read { path, limit } => {
                    assert_eq!(limit, FILE_LIMIT);
                    // A file that the loader did not name changes nothing; `want` returns the same step again.
                    loader.give(Path::new("/not/wanted"), Ok(Bytes::from_static(b"!")));
                    assert!(matches!(loader.want(), Want::Read { path: again, .. } if again == path));
                    self.reads.push(path.display().to_string());
                    let missing = || Err(ReadFailure { not_found: true, text: "no such file or directory".into() });
                    let content = self.files.get(&path).cloned().unwrap_or_else(missing);
                    loader.give(&path, content);
                }
                Want::Done(result) => {
                    loader.give(Path::new(HOME), Ok(Bytes::new()));
                    assert!(matches!(loader.want(), Want::Done(again) if again == result));
                    return result;
                }
            }
        }
        Err(ConfigError::misuse("the loader does not end"))
    }

    #[track_caller]
    fn config(&mut self) -> Config {
        self.load().map(|loaded| loaded.config).unwrap_or_else(|error| unreachable!("{error}"))
    }
}

fn sa(file: &str) -> String {
    format!("{SERVICE_ACCOUNT}/{file}")
}

fn one(cluster: &Value, user: &Value) -> Value {
    json!({
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    })
}

fn cluster(server: &str) -> Value {
    json!({ "server": server })
}

fn named(name: &str, server: &str) -> String {
    let mut value = one(&cluster(server), &json!({}));
    value["clusters"][0]["name"] = name.into();
    value["contexts"][0]["context"]["cluster"] = name.into();
    value.to_string()
}

#[test]
fn where_the_kubeconfig_is() {
    let mut world = World::of(&cluster("https://home"), &json!({}));
    let loaded = world.load().unwrap();
    assert_eq!((loaded.config.server.host.as_str(), loaded.context.as_deref()), ("home", Some("x")));
    assert_eq!(loaded.config.origin, "context \"x\" of /home/u/.kube/config");
    assert_eq!(world.reads, [HOME]);
    assert_eq!((loaded.warnings.len(), loaded.in_cluster), (0, false));

    // The variable takes precedence over home: duplicates, empty names and missing files are skipped.
    let mut world =
        World::of(&cluster("https://home"), &json!({})).env("/1::/2:/1:/3:").file("/2", &named("2", "https://2"));
    let mut world = {
        world = world.file("/3", &named("3", "https://3"));
        world
    };
    let loaded = world.load().unwrap();
    assert_eq!((loaded.config.server.host.as_str(), loaded.warnings.len()), ("2", 0));
    assert_eq!(world.reads, ["/1", "/2", "/3"]);
    assert_eq!(loaded.kubeconfig.clusters().len(), 2);

    // An empty variable counts as not set.
    let mut world = World::of(&cluster("https://home"), &json!({})).env("");
    assert_eq!(world.config().server.host, "home");

    // The flag takes precedence over everything; its file is the only one, and must exist.
    let mut world = World::of(&cluster("https://home"), &json!({})).env("/2").file("/2", &named("2", "https://2"));
    world.locate.kubeconfig = Some("/4".into());
    assert_eq!(world.load().unwrap_err(), "error loading config file \"/4\": no such file or directory");
    assert_eq!(world.reads, ["/4"]);
    let mut world = world.file("/4", &named("4", "https://4"));
    assert_eq!(world.config().server.host, "4");

    // There is no configuration at all.
    let mut world = World::new();
    assert_eq!(
        world.load().unwrap_err(),
        "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable: \
         there is no kubeconfig at /home/u/.kube/config"
    );
    let mut world = World::new().file(HOME, "");
    assert!(world.load().unwrap_err().ends_with("/home/u/.kube/config has no contexts"));
    let mut world = World::new().file(HOME, "{\"contexts\": [{\"name\": \"a\"}, {\"name\": \"b\"}]}");
    assert!(world.load().unwrap_err().ends_with("no context is chosen, there are \"a\", \"b\""));
}

#[test]
fn files_that_say_nothing_in_the_list() {
    let two = named("2", "https://2");
    for nothing in ["", " \n\t\n", "\u{feff}", "{}", "\u{feff}{\"clusters\": null, \"current-context\": \"\"}"] {
        let mut world = World::new().env("/1:/2:/3").file("/1", nothing).file("/2", &two).file("/3", nothing);
        let loaded = world.load().unwrap();
        assert_eq!((loaded.config.server.host.as_str(), loaded.warnings.len()), ("2", 0), "{nothing:?}");
        assert_eq!(loaded.kubeconfig.files().len(), 3);
        // A new stanza goes to the first file that exists, even if it is empty.
        assert_eq!(loaded.kubeconfig.file_for_new(), Some(Path::new("/1")));
    }
    // An editor may have written a byte order mark.
    let mut world = World::new().file(HOME, &format!("\u{feff}{two}"));
    assert_eq!(world.config().server.host, "2");
}

#[cfg(feature = "kubeconfig")]
#[test]
fn the_first_document_counts_whatever_stands_before_and_behind_it() {
    let document = "clusters: [{name: c, cluster: {server: https://one}}]\ncontexts: [{name: x, context: {cluster: c}}]\n\
                    current-context: x\n";
    let other = document.replace("one", "two");
    for text in [
        document.to_owned(),
        format!("\u{feff}{document}"),
        format!("\u{feff}# mine\n---\n{document}"),
        format!("---\n{document}...\n---\n{other}"),
        format!("{document}---\n{other}"),
        format!("{document}---\n@@ not YAML at all: ["),
    ] {
        let mut world = World::new().env("/0:/1").file("/0", "# nothing\n").file("/1", &text);
        assert_eq!(world.config().server.host, "one", "{text}");
    }
}

#[test]
fn all_files_of_the_variable_missing_is_a_warning() {
    let mut world = World::new().env("/1:/2").pod();
    let loaded = world.load().unwrap();
    assert_eq!(loaded.warnings, ["Config not found: /1, /2"]);
    assert!(loaded.in_cluster);
}

#[test]
fn the_environment_is_a_value() {
    let locate = Locate::from_env(|name| (name != "HOME").then(|| OsString::from(format!("{name}!"))));
    assert_eq!(locate.kubeconfig_env, Some("KUBECONFIG!".into()));
    assert_eq!(locate.home, None);
    assert_eq!(locate.kubernetes_service_host.as_deref(), Some("KUBERNETES_SERVICE_HOST!"));
    assert_eq!(locate.kubernetes_service_port.as_deref(), Some("KUBERNETES_SERVICE_PORT!"));
    assert_eq!(locate.pod_namespace.as_deref(), Some("POD_NAMESPACE!"));
    assert_eq!(locate.kubernetes_master, Some("KUBERNETES_MASTER!".into()));
    assert_eq!(Locate::from_env(|_| Some(OsString::new())), Locate::default());
}

#[test]
fn the_proxy_of_the_file_or_else_of_the_environment() {
    let env = |name: &str| match name {
        "https_proxy" => Some("http://env".into()),
        "NO_PROXY" => Some("direct".into()),
        _ => None,
    };
    for (server, url, proxy) in [
        ("https://h", "socks5://own", Some("socks5://own:1080")),
        ("https://h", "", Some("http://env:80")),
        ("https://direct", "", None),
        ("https://direct", "http://own", Some("http://own:80")),
        ("http://h", "", None),
    ] {
        let mut world = World::of(&json!({"server": server, "proxy-url": url}), &json!({}));
        world.locate.proxy = Locate::from_env(env).proxy;
        assert_eq!(world.config().proxy.map(|proxy| proxy.to_string()).as_deref(), proxy, "{server} {url}");
    }
    let mut world = World::new().pod();
    world.locate.proxy = Locate::from_env(env).proxy;
    assert_eq!(world.config().proxy.map(|proxy| proxy.host).as_deref(), Some("env"));
    world.locate.proxy.https_proxy = Some("ftp://u:hunter2@env".into());
    let error = world.load().unwrap_err();
    assert!(error.contains("HTTPS_PROXY") && error.contains("NO_PROXY") && !error.contains("hunter2"), "{error}");
}

#[test]
fn the_first_file_wins_and_paths_belong_to_their_file() {
    let first = json!({
        "clusters": [{"name": "c", "cluster": {"server": "https://1", "certificate-authority": "ca.crt"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "ns"}}],
    });
    let second = json!({
        "clusters": [{"name": "c", "cluster": {"server": "https://2", "tls-server-name": "no"}}],
        "users": [{"name": "u", "user": {
            "client-certificate": "../pki/cert", "client-key": "/abs/key", "tokenFile": "token",
        }}],
        "current-context": "x",
    });
    let mut world = World::new().env("/1/k:/2/k").file("/1/k", &first.to_string()).file("/2/k", &second.to_string());
    for file in ["/1/ca.crt", "/pki/cert", "/abs/key", "/2/token"] {
        world = world.file(file, &format!(" {file}\n"));
    }
    let config = world.config();
    assert_eq!(world.reads, ["/1/k", "/2/k", "/1/ca.crt", "/pki/cert", "/abs/key", "/2/token"]);
    assert_eq!((config.server.host.as_str(), config.default_namespace.as_str()), ("1", "ns"));
    assert_eq!(
        config.tls,
        TlsSettings {
            ca: Some(" /1/ca.crt\n".into()),
            client_certificate: Some(" /pki/cert\n".into()),
            client_key: Some(" /abs/key\n".into()),
            server_name: None,
            insecure_skip_verify: false,
            files: TlsFiles {
                ca: Some("/1/ca.crt".into()),
                client_certificate: Some("/pki/cert".into()),
                client_key: Some("/abs/key".into()),
            },
        }
    );
    let token = CredentialConfig::TokenFile { path: "/2/token".into(), fallback: Some("/2/token".into()) };
    assert_eq!(config.credential, token);
}

#[test]
fn every_field_reaches_the_config() {
    let cluster = json!({
        "server": "https://h:1/p/?q#f", "tls-server-name": "n", "certificate-authority-data": "Q0 E=\n",
        "proxy-url": "socks5://p", "disable-compression": true,
    });
    let user = json!({
        "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ", "token": "t", "as": "a", "as-uid": "i",
        "as-groups": ["g"], "as-user-extra": {"k": ["v"]},
    });
    let config = World::of(&cluster, &user).config();
    assert_eq!(config.server.to_string(), "https://h:1/p");
    assert_eq!(
        config.tls,
        TlsSettings {
            ca: Some("CA".into()),
            client_certificate: Some("CERT".into()),
            client_key: Some("KEY".into()),
            server_name: Some("n".into()),
            ..TlsSettings::default()
        }
    );
    assert_eq!(config.credential, CredentialConfig::Bearer("t".into()));
    assert_eq!(
        config.impersonate,
        Some(Impersonate {
            user: "a".into(),
            uid: Some("i".into()),
            groups: vec!["g".into()],
            extra: BTreeMap::from([("k".into(), vec!["v".into()])]),
        })
    );
    assert_eq!(config.proxy.as_ref().unwrap().scheme, ProxyScheme::Socks5);
    assert!(config.disable_compression);
    assert_eq!((config.default_namespace.as_str(), config.request_timeout), ("default", None));
    let loaded = World::of(&json!({"server": "h", "insecure-skip-tls-verify": true}), &json!({})).load().unwrap();
    assert!(loaded.warnings[0].contains("the server https://h is not verified"), "{:?}", loaded.warnings);
    let config = loaded.config;
    assert_eq!((config.server.tls, config.tls.insecure_skip_verify, config.tls.ca), (true, true, None));
}

#[test]
fn the_scheme_if_none_is_written() {
    let certificate = json!({"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"});
    let table = [
        (cluster("h"), json!({}), "http://h"),
        (json!({"server": "h", "certificate-authority-data": "Q0E="}), json!({}), "https://h"),
        (json!({"server": "h:1", "insecure-skip-tls-verify": true}), json!({}), "https://h:1"),
        (cluster("h"), certificate, "https://h"),
    ];
    for (cluster, user, server) in table {
        assert_eq!(World::of(&cluster, &user).config().server.to_string(), server);
    }
    let error = World::of(&cluster("h/path"), &json!({})).load().unwrap_err();
    assert_eq!(
        error,
        "invalid configuration: host must be a URL or a host:port pair: \"h/path\" \
         (field clusters[\"c\"].server, context \"x\", file /home/u/.kube/config): mend the URL"
    );
}

#[test]
fn credentials_come_in_order() {
    let exec = json!({"command": "./p", "apiVersion": "client.authentication.k8s.io/v1beta1", "args": ["a"],
        "env": [{"name": "E", "value": "v"}], "installHint": "a\u{1b}b"});
    let settings = json!({"id-token": "id", "idp-issuer-url": "https://i", "client-id": "c"});
    let provider = json!({"name": "oidc", "config": settings});
    let basic = CredentialConfig::Basic { username: "n".into(), password: "p".into() };
    let file = |fallback: &str| CredentialConfig::TokenFile { path: "/t".into(), fallback: Some(fallback.into()) };
    let certificate = json!({"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ", "exec": exec});
    let plugin = CredentialConfig::Exec(Box::new(ExecPlugin {
        command: "/home/u/.kube/p".into(),
        args: vec!["a".into()],
        env: vec![("E".into(), "v".into())],
        api_version: ExecApiVersion::V1Beta1,
        install_hint: Some("aU+001Bb".into()),
        interactive_mode: InteractiveMode::IfAvailable,
        cluster: None,
    }));
    let oidc = CredentialConfig::AuthProvider {
        name: "oidc".into(),
        config: BTreeMap::from([
            ("client-id".into(), "c".into()),
            ("id-token".into(), "id".into()),
            ("idp-issuer-url".into(), "https://i".into()),
        ]),
        user: "u".into(),
        file: Some(HOME.into()),
    };
    let table = [
        (json!({}), CredentialConfig::None),
        (json!({"token": "t"}), CredentialConfig::Bearer("t".into())),
        (json!({"token": "t\n"}), CredentialConfig::Bearer("t".into())),
        (json!({"tokenFile": "/t"}), file("from-file")),
        (json!({"tokenFile": "/missing", "token": "t"}), {
            CredentialConfig::TokenFile { path: "/missing".into(), fallback: Some("t".into()) }
        }),
        (json!({"username": "n", "password": "p"}), basic.clone()),
        (json!({"username": "n"}), CredentialConfig::Basic { username: "n".into(), password: "".into() }),
        (json!({"password": "p"}), CredentialConfig::None),
        (json!({"exec": exec}), plugin),
        (json!({"exec": exec, "token": "t"}), CredentialConfig::Bearer("t".into())),
        (json!({"exec": exec, "tokenFile": "/t"}), file("from-file")),
        (json!({"exec": exec, "username": "n", "password": "p"}), basic),
        (certificate, CredentialConfig::None),
        (json!({"auth-provider": provider}), oidc),
        (json!({"auth-provider": provider, "token": "t"}), CredentialConfig::Bearer("t".into())),
    ];
    for (user, credential) in table {
        let mut world = World::of(&cluster("https://h"), &user).file("/t", " from-file\n");
        assert_eq!(world.config().credential, credential, "{user}");
    }
}

#[test]
fn what_a_plugin_is_told_about_the_cluster() {
    let cluster = json!({
        "server": "https://h/p?q", "certificate-authority": "ca", "proxy-url": "http://u:secret@p", "tls-server-name": "n",
        "extensions": [{"name": "other", "extension": 1}, {"name": "client.authentication.k8s.io/exec", "extension": {"a": 1}}],
    });
    let user = json!({"exec": {"command": "p", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Always",
        "provideClusterInfo": true}});
    let config = World::of(&cluster, &user).file("/home/u/.kube/ca", "CA").config();
    let CredentialConfig::Exec(plugin) = &config.credential else { panic!("{config:?}") };
    assert_eq!((plugin.command.as_path(), plugin.interactive_mode), (Path::new("p"), InteractiveMode::Always));
    let info: Value = serde_json::from_str(&exec_info(plugin, true)).unwrap();
    assert_eq!(
        info["spec"],
        json!({"interactive": true, "cluster": {
            "server": "https://h/p", "tls-server-name": "n", "certificate-authority-data": "Q0E=", "proxy-url": "http://u:secret@p",
            "config": {"a": 1},
        }})
    );
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn overrides_as_flags() {
    let cluster = json!({"server": "https://h", "tls-server-name": "n", "certificate-authority": "ca"});
    let user = json!({"tokenFile": "t", "client-certificate": "c", "client-key": "k"});
    let mut all = one(&cluster, &user);
    let list = |all: &mut Value, list: &str, item: Value| all[list].as_array_mut().unwrap().push(item);
    list(&mut all, "clusters", json!({"name": "d", "cluster": {"server": "https://d"}}));
    list(&mut all, "users", json!({"name": "v", "user": {"token": "v"}}));
    list(&mut all, "contexts", json!({"name": "y", "context": {"cluster": "d", "user": "v", "namespace": "y"}}));
    let world = || World::new().file(HOME, &all.to_string()).file("/w/ca", "W CA");

    let config = world().with(|it| it.context = Some("y".into())).config();
    assert_eq!((config.server.host.as_str(), config.default_namespace.as_str()), ("d", "y"));
    let mut it = world().with(|it| (it.context, it.user) = (Some("y".into()), Some("v".into())));
    assert_eq!(it.config().credential, CredentialConfig::Bearer("v".into()));
    let config = world().with(|it| (it.cluster, it.user) = (Some("d".into()), Some("v".into()))).config();
    assert_eq!((config.server.host.as_str(), &config.credential), ("d", &CredentialConfig::Bearer("v".into())));

    // The paths of flags are relative to the working directory.
    let mut it = world().with(|it| {
        it.user = Some("v".into());
        it.certificate_authority = Some("ca".into());
        it.server = Some("https://new".into());
        it.namespace = Some("ns/n".into());
        it.request_timeout = Some(Duration::from_secs(3));
        it.impersonate = Some("i".into());
        it.impersonate_uid = Some("uid".into());
    });
    it.locate.current_dir = Some("/w".into());
    let config = it.config();
    assert_eq!(it.reads, [HOME, "/w/ca"]);
    assert_eq!((config.server.host.as_str(), config.tls.server_name.clone()), ("new", None));
    assert_eq!((config.tls.ca.as_deref(), config.default_namespace.as_str()), (Some(&b"W CA"[..]), "n"));
    assert_eq!(config.request_timeout, Some(Duration::from_secs(3)));
    assert_eq!(config.impersonate.map(|it| (it.user, it.uid)), Some(("i".into(), Some("uid".into()))));

    // Empty flags count as not set.
    let empty = || Some(String::new());
    let config = world().with(|it| {
        (it.context, it.cluster, it.user, it.namespace) = (empty(), empty(), Some("v".into()), empty());
        (it.server, it.token, it.client_key) = (Some("".into()), Some("".into()), empty());
    });
    let config = { config }.file("/home/u/.kube/ca", "CA").config();
    assert_eq!((config.server.host.as_str(), &config.credential), ("h", &CredentialConfig::Bearer("v".into())));

    // Overrides need no file.
    let config = World::new().with(|it| it.server = Some("https://h".into())).config();
    assert_eq!((config.server.host.as_str(), config.origin.as_str()), ("h", "the server https://h"));
    let error = World::new().with(|it| it.tls_server_name = Some("n".into())).load().unwrap_err();
    assert!(error.contains("default cluster has no server defined"), "{error}");
    // The error for a missing configuration suggests this variable.
    let mut world = World::new();
    world.locate.kubernetes_master = Some("http://localhost:8080".into());
    assert_eq!(world.config().server.to_string(), "http://localhost:8080");
}

#[test]
fn in_a_pod() {
    let mut world = World::new().pod();
    let loaded = world.load().unwrap();
    assert_eq!(world.reads, [HOME.to_owned(), sa("token"), sa("ca.crt"), sa("namespace")]);
    let config = loaded.config;
    assert!(loaded.in_cluster && loaded.warnings.is_empty());
    assert_eq!(config.server.to_string(), "https://10.0.0.1");
    assert_eq!(
        config.credential,
        CredentialConfig::TokenFile { path: sa("token").into(), fallback: Some("pod-token".into()) }
    );
    assert_eq!((config.tls.ca.as_deref(), config.tls.files.ca), (Some(&b"POD CA"[..]), Some(sa("ca.crt").into())));
    assert_eq!((config.default_namespace.as_str(), config.origin.as_str()), ("pod-ns", "the cluster of this pod"));

    let mut world = World::new().pod();
    world.locate.kubernetes_service_host = Some("fd00::1".into());
    world.locate.kubernetes_service_port = Some("6443".into());
    world.locate.pod_namespace = Some("env-ns".into());
    let config = world.config();
    assert_eq!(
        (config.server.to_string().as_str(), config.default_namespace.as_str()),
        ("https://[fd00::1]:6443", "env-ns")
    );
    assert!(!world.reads.contains(&sa("namespace")));

    // Without a namespace it is the default; without a CA the system's CAs apply.
    let mut world = World::new().pod();
    world.files.remove(Path::new(&sa("namespace")));
    world.files.remove(Path::new(&sa("ca.crt")));
    let loaded = world.load().unwrap();
    assert_eq!((loaded.config.default_namespace.as_str(), loaded.config.tls), ("default", TlsSettings::default()));
    let warning =
        format!("Expected to load root CA config from {}, but got err: no such file or directory", sa("ca.crt"));
    assert_eq!(loaded.warnings, [warning]);

    // A kubeconfig or an override that names a server takes precedence over the pod.
    assert!(!World::of(&cluster("https://h"), &json!({})).pod().load().unwrap().in_cluster);
    assert!(!World::new().pod().with(|it| it.server = Some("https://h".into())).load().unwrap().in_cluster);
    // Overrides apply to the pod's configuration too.
    let loaded = World::new().pod().with(|it| {
        it.namespace = Some("n".into());
        it.impersonate = Some("i".into());
    });
    let loaded = { loaded }.load().unwrap();
    assert!(loaded.in_cluster && loaded.config.impersonate.is_some() && loaded.config.default_namespace == "n");
    let config = World::new().pod().with(|it| it.token = Some("t".into())).config();
    assert_eq!(config.credential, CredentialConfig::Bearer("t".into()));
}

#[test]
fn not_in_a_pod() {
    // The variables are set, but there is no token: this is no pod, and nothing is configured.
    let mut world = World::new().pod();
    world.files.remove(Path::new(&sa("token")));
    let error = world.load().unwrap_err();
    assert!(
        error.contains("no configuration has been provided, try setting KUBERNETES_MASTER environment variable"),
        "{error}"
    );
    assert!(error.contains("there is no /var/run/secrets/kubernetes.io/serviceaccount/token"), "{error}");
    let mut world = World::new().pod().denied(&sa("token"));
    assert!(world.load().unwrap_err().contains("permission denied"));
    let (host, port) = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT");
    let long = "a.".repeat(127);
    for (address, number, result) in [
        ("10.0.0.1", "443", Ok("10.0.0.1")),
        ("fd00::1", "6443", Ok("fd00::1")),
        ("Kubernetes.default.svc", "443", Ok("kubernetes.default.svc")),
        ("my_api.example.", "443", Ok("my_api.example.")),
        ("api", "443", Ok("api")),
        ("10.0.0.1", "x", Err(port)),
        ("10.0.0.1", "+443", Err(port)),
        ("10.0.0.1", "0", Err(port)),
        ("10.0.0.1", "65536", Err(port)),
        ("10.0.0.1", "443/path", Err(port)),
        ("10.0.0.1", "443@other", Err(port)),
        ("user:hunter2@other", "443", Err(host)),
        ("10.0.0.1/path", "443", Err(host)),
        ("10.0.0.1:80", "443", Err(host)),
        ("[fd00::1]", "443", Err(host)),
        ("fe80::1%eth0", "443", Err(host)),
        ("https://10.0.0.1", "443", Err(host)),
        ("a..b", "443", Err(host)),
        ("a b", "443", Err(host)),
        ("a#", "443", Err(host)),
        (&long, "443", Err(host)),
    ] {
        let mut world = World::new().pod();
        world.locate.kubernetes_service_host = Some(address.into());
        world.locate.kubernetes_service_port = Some(number.into());
        let in_cluster = world.drive(Loader::in_cluster(world.locate.clone(), Overrides::default()));
        match (world.load(), result) {
            (Ok(loaded), Ok(expected)) => assert_eq!(loaded.config.server.host, expected),
            (Err(error), Err(variable)) => {
                assert!(error.starts_with(&format!("invalid configuration: {variable} is ")), "{error}");
                assert!(!error.contains("hunter2"), "{error}");
                assert_eq!(in_cluster.unwrap_err().to_string(), error);
            }
            (got, _) => panic!("{address} {number}: {got:?}"),
        }
    }

    // The caller asks for the pod's configuration.
    let mut world = World::of(&cluster("https://h"), &json!({})).pod();
    let loaded = world.drive(Loader::in_cluster(world.locate.clone(), Overrides::default())).unwrap();
    assert!(loaded.in_cluster && !world.reads.contains(&HOME.to_owned()));
    world.files.remove(Path::new(&sa("token")));
    let error = world.drive(Loader::in_cluster(world.locate.clone(), Overrides::default())).unwrap_err();
    assert!(error.to_string().contains("unable to read tokenFile /var/run/secrets"), "{error}");
    let error = world.drive(Loader::in_cluster(Locate::default(), Overrides::default())).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::NotConfigured);
    assert!(
        error.to_string().contains("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"),
        "{error}"
    );
}

#[test]
fn the_kubeconfig_alone() {
    let world = World::of(&cluster("https://h"), &json!({"client-certificate": "/missing"}));
    let mut loader = KubeconfigLoader::new(&world.locate);
    let Want::Read { path, .. } = loader.want() else { panic!() };
    loader.give(&path, world.files[&path].clone());
    let Want::Done(Ok(mut merged)) = loader.want() else { panic!() };
    assert_eq!(merged.contexts().into_keys().collect::<Vec<_>>(), ["x"]);
    assert_eq!(merged.set_context("y", Context::default()).unwrap(), Path::new(HOME));
    // Without any file, changes go to the last path that was tried, as in kubectl.
    let mut loader = KubeconfigLoader::new(&World::new().env("/1:/2").locate);
    for path in ["/1", "/2"] {
        assert!(matches!(loader.want(), Want::Read { .. }));
        loader.give(Path::new(path), Err(ReadFailure { not_found: true, text: String::new() }));
    }
    let Want::Done(Ok(mut merged)) = loader.want() else { panic!() };
    assert_eq!(loader.warnings(), ["Config not found: /1, /2"]);
    assert_eq!(merged.set_context("y", Context::default()).unwrap(), Path::new("/2"));
}

proptest::proptest! {
    /// Arbitrary file contents give a result and no panic.
    #[test]
    fn garbage_ends(first: Vec<u8>, second in "[-a-z0-9:{}\\[\\]&*!|>'\"#, \n\t]{0,80}") {
        for text in [first, second.into_bytes()] {
            let mut world = World::new().pod();
            world.files.insert(HOME.into(), Ok(text.into()));
            let _ = world.load();
        }
    }

    /// Arbitrary errors in the document or its fields: neither the error nor the result shows a secret.
    #[test]
    fn secrets_are_never_shown((cluster, mut user) in stanzas(), secret in 0..7_usize, cut in 0..400_usize) {
        let list = json!(["hunter2"]);
        match secret {
            0 => user["token"] = "hunter2".into(),
            1 => user["password"] = "hunter2".into(),
            2 => user["client-key-data"] = "aHVudGVyMg==hunter2".into(),
            3 => user["token"] = list,
            4 => user["exec"] = json!({"command": "c", "args": list, "env": [{"name": "n", "value": "hunter2"}]}),
            5 => user["auth-provider"] = json!({"name": "oidc", "config": {"id-token": "hunter2"}}),
            _ => user["tokenFile"] = "/t".into(),
        }
        let text = one(&cluster, &user).to_string();
        let cut = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
        for text in [&text, &text[..cut]] {
            let mut world = World::new().file(HOME, text).file("/t", "hunter2");
            let result = world.load();
            proptest::prop_assert!(!format!("{result:?}").contains("hunter2"), "{result:?}");
            if let Err(error) = result {
                proptest::prop_assert!(!error.is_empty());
            }
        }
    }
}

/// A cluster and a user with most of their fields, most of them invalid.
fn stanzas() -> impl proptest::strategy::Strategy<Value = (Value, Value)> {
    use proptest::prelude::*;
    let text = prop_oneof![
        "[a-z]{0,2}",
        "[!-~]{0,12}",
        "(https?|ftp)://[!-~]{0,12}",
        any::<String>(),
        Just("Q0E=".to_owned())
    ];
    let cluster = ["certificate-authority-data", "certificate-authority", "proxy-url", "insecure-skip-tls-verify", "x"];
    let user =
        ["client-certificate", "client-certificate-data", "client-key", "username", "as", "as-uid", "tokenFile", "x"];
    let fields =
        |keys: &[&'static str]| prop::collection::btree_map(prop::sample::select(keys.to_vec()), text.clone(), 0..4);
    let server = prop_oneof![Just("https://h".to_owned()), text.clone()];
    (server, fields(&cluster), fields(&user)).prop_map(|(server, cluster, user)| {
        let mut cluster = json!(cluster);
        cluster["server"] = server.into();
        (cluster, json!(user))
    })
}
