//! The two servers: one in memory for each row, and one real Kubernetes for all rows.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::config::{Config, Loaded, Loader, Locate, Overrides, ReadFailure, Want};
use kube_proto::settings::Settings;
use kube_test_server::serve::{Authority, Binding, Bound, ClientAuth};
use kube_test_server::{Options, Rule, Server, User};
use serde_json::{Value, json};

use crate::rows::Need;

/// The server of a row.
pub(crate) enum Site {
    Memory(Box<Memory>),
    Real(Arc<Cluster>),
}

/// An in-memory server, with kubeconfigs like those of `tests/cluster`.
pub(crate) struct Memory {
    pub(crate) bound: Bound,
    folder: PathBuf,
}

/// A real cluster.
pub(crate) struct Cluster {
    admin: PathBuf,
    /// The facts that `tests/cluster/up` has recorded; empty for a given cluster.
    facts: BTreeMap<String, String>,
    /// Write-locked during a compaction, read-locked by rows that need the history.
    pub(crate) history: RwLock<()>,
    /// Write-locked by rows that disturb the server, read-locked by all others.
    pub(crate) calm: RwLock<()>,
}

impl Site {
    pub(crate) fn memory(change: fn(&mut Options)) -> Self {
        Site::Memory(Box::new(Memory::start(change).unwrap()))
    }

    /// The configuration of a user with all rights.
    pub(crate) fn admin(&self) -> Config {
        self.load("admin").config
    }

    /// The same server, without any credential.
    pub(crate) fn anonymous(&self) -> Config {
        let mut config = self.admin();
        config.tls.client_certificate = None;
        config.tls.client_key = None;
        config
    }

    /// The kubeconfig of this name.
    pub(crate) fn load(&self, name: &str) -> Loaded {
        load(&self.kubeconfig(name)).unwrap()
    }

    /// The same with overrides of a command line.
    pub(crate) fn load_with(&self, name: &str, overrides: Overrides) -> Result<Loaded, String> {
        load_with(&self.kubeconfig(name), overrides)
    }

    /// The path of the kubeconfig of this name.
    pub(crate) fn kubeconfig(&self, name: &str) -> PathBuf {
        match self {
            Site::Memory(memory) => memory.folder.join(name),
            Site::Real(cluster) if name == "admin" => cluster.admin.clone(),
            Site::Real(cluster) => Path::new(&cluster.facts["KUBECONFIGS"]).join(name),
        }
    }

    /// The folder of a pod's service account: `token`, `ca.crt`, `namespace`.
    pub(crate) fn service_account(&self) -> PathBuf {
        match self {
            Site::Memory(memory) => memory.folder.join("serviceaccount"),
            Site::Real(cluster) => PathBuf::from(&cluster.facts["SERVICE_ACCOUNT_FOLDER"]),
        }
    }

    pub(crate) fn cluster(&self) -> Option<Arc<Cluster>> {
        match self {
            Site::Memory(_) => None,
            Site::Real(cluster) => Some(Arc::clone(cluster)),
        }
    }

    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Site::Real(_))
    }
}

impl Memory {
    fn start(change: fn(&mut Options)) -> io::Result<Self> {
        let mut options = Options::default();
        let viewer = Rule::allow("get,list,watch", "*", "*");
        let few = Rule::allow("get,list", "", "configmaps").within("default");
        options.users = vec![
            User::new("admin").group("system:masters"),
            User::new("token").group(ADMINS).token("token-of-token").password("password-of-token"),
            User::new("token-file").group(ADMINS).token("token-of-token-file"),
            User::new("exec").group(ADMINS).token("token-of-exec"),
            User::new("exec-cert").group(ADMINS),
            User::new("impersonated").rules(vec![viewer]),
            User::new("few-rights").rules(vec![few]),
        ];
        change(&mut options);
        let authority = Arc::new(Authority::new("cluster-ca")?);
        let binding = Binding::tls().client_auth(ClientAuth::Optional).authority(Arc::clone(&authority));
        let bound = Bound::start(Server::new(options), binding)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("api-{}-{number}", std::process::id()));
        let memory = Self { bound, folder };
        memory.write_kubeconfigs(&authority)?;
        Ok(memory)
    }

    fn write_kubeconfigs(&self, authority: &Authority) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let certificate = |name: &str, group: &str| {
            let issued = authority.client(name, &[group.to_owned()])?;
            io::Result::Ok((STANDARD.encode(&issued.certificate), STANDARD.encode(&issued.key), issued))
        };
        let shown = |(certificate, key, _): &(String, String, _)| json!({"client-certificate-data": certificate, "client-key-data": key});
        let admin = certificate("admin", "system:masters")?;
        let few = certificate("few-rights", "none")?;
        let exec = certificate("exec-cert", ADMINS)?.2;
        let own = json!({"certificate-authority-data": STANDARD.encode(authority.pem())});
        let other = json!({"certificate-authority-data": STANDARD.encode(Authority::new("cluster-ca")?.pem())});
        let plugin = |name: &str| {
            json!({"exec": {
                "apiVersion": "client.authentication.k8s.io/v1", "command": format!("./{name}.sh"), "args": ["--quiet"],
                "env": [{"name": "KUBE_TEST_PLUGIN", "value": name}], "interactiveMode": "Never", "provideClusterInfo": false,
            }})
        };
        let mut impersonate = shown(&admin);
        for (field, value) in [
            ("as", json!("impersonated")),
            ("as-uid", json!("uid-of-impersonated")),
            ("as-groups", json!(["kube-test:viewers", "kube-test:others"])),
            ("as-user-extra", json!({"example.com/scopes": ["read", "list"]})),
        ] {
            impersonate[field] = value;
        }
        for (name, cluster, user) in [
            ("admin", &own, shown(&admin)),
            ("token", &own, json!({"token": "token-of-token"})),
            ("token-file", &own, json!({"tokenFile": "files.token"})),
            ("exec", &own, plugin("exec-token")),
            ("exec-cert", &own, plugin("exec-cert")),
            ("impersonate", &own, impersonate),
            ("few-rights", &own, shown(&few)),
            ("skip-verify", &json!({"insecure-skip-tls-verify": true}), shown(&admin)),
            ("wrong-ca", &other, shown(&admin)),
        ] {
            self.write(name, &self.kubeconfig(cluster, &user).to_string())?;
        }
        std::fs::create_dir_all(self.folder.join("serviceaccount"))?;
        self.write("serviceaccount/token", "token-of-token\n")?;
        self.write("serviceaccount/ca.crt", &authority.pem())?;
        self.write("serviceaccount/namespace", "kube-test\n")?;
        // With a newline at its end, as in such files.
        self.write("files.token", "token-of-token-file\n")?;
        self.write_plugin("exec-token", &json!({"token": "token-of-exec"}))?;
        self.write_plugin("exec-cert", &json!({"clientCertificateData": exec.certificate, "clientKeyData": exec.key}))
    }

    fn kubeconfig(&self, cluster: &Value, user: &Value) -> Value {
        let mut cluster = cluster.clone();
        cluster["server"] = json!(self.bound.url());
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
        })
    }

    /// An exec plugin that checks its input, and counts its calls.
    fn write_plugin(&self, name: &str, status: &Value) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let document =
            json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
        self.write(
            &format!("{name}.sh"),
            &format!(
                "#!/bin/sh\n[ \"$1\" = --quiet ] && [ \"$KUBE_TEST_PLUGIN\" = {name} ] && [ -n \"$KUBERNETES_EXEC_INFO\" ] || exit 1\n\
                 echo call >>\"$0.calls\"\ncat <<\"JSON\"\n{document}\nJSON\n"
            ),
        )?;
        std::fs::set_permissions(self.folder.join(format!("{name}.sh")), std::fs::Permissions::from_mode(0o700))
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        std::fs::write(self.folder.join(name), text)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Cluster {
    /// The real cluster, if there is one and it answers; otherwise the reason.
    pub(crate) fn find() -> Result<Self, String> {
        let given = std::env::var_os("KUBE_TEST_KUBECONFIG").filter(|path| !path.is_empty());
        let facts = match given {
            Some(_) => BTreeMap::new(),
            None => facts().ok_or("no cluster: tests/cluster/up starts one")?,
        };
        let admin = match (given, facts.get("KUBECONFIG")) {
            (Some(path), _) => PathBuf::from(path),
            (None, Some(path)) => PathBuf::from(path),
            (None, None) => return Err("the cluster's env names no KUBECONFIG".to_owned()),
        };
        let cluster = Self { admin, facts, history: RwLock::new(()), calm: RwLock::new(()) };
        match cluster.ready() {
            Ok(()) => Ok(cluster),
            Err(error) => Err(format!("the cluster does not answer: {error}")),
        }
    }

    fn ready(&self) -> Result<(), String> {
        let config = load(&self.admin)?.config;
        let mut settings = Settings::default();
        settings.call.total = Some(Duration::from_secs(10));
        let client = kube_transport_std::Client::builder(config).settings(settings).build();
        let ready = client.and_then(|client| client.call(ApiRequest::raw(Method::GET, "/readyz", "").bytes()));
        ready.map(|_| ()).map_err(|error: Error| error.to_string())
    }

    /// The stock kubectl of the cluster's version.
    pub(crate) fn kubectl(&self) -> Option<PathBuf> {
        self.facts.get("KUBECTL").map(PathBuf::from)
    }

    pub(crate) fn has(&self, need: Need) -> bool {
        match need {
            Need::Node => self.facts.contains_key("NODE"),
            Need::Kubeconfigs => self.facts.contains_key("KUBECONFIGS"),
            Need::Compaction => self.facts.contains_key("ETCD"),
            Need::Time => std::env::var_os("KUBE_TEST_LONG").is_some(),
            Need::Disruption => {
                let may = std::env::var_os("KUBE_TEST_DISRUPT").is_some();
                may && self.facts.contains_key("KUBE_APISERVER_PID")
            }
        }
    }

    /// Compacts the history up to now.
    pub(crate) fn compact(&self) {
        self.script("compact", &[]);
    }

    /// Runs one of the scripts of `tests/cluster`.
    pub(crate) fn script(&self, name: &str, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cluster").join(name);
        let output = std::process::Command::new(script).args(arguments).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The facts of `tests/cluster/up`, if it has run.
fn facts() -> Option<BTreeMap<String, String>> {
    let state = match std::env::var_os("KUBE_TEST_STATE") {
        Some(state) => PathBuf::from(state),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cluster/state"),
    };
    let text = std::fs::read_to_string(state.join("env")).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Reads a kubeconfig as an application does.
pub(crate) fn load(path: &Path) -> Result<Loaded, String> {
    load_with(path, Overrides::default())
}

fn load_with(path: &Path, overrides: Overrides) -> Result<Loaded, String> {
    let locate = Locate { kubeconfig: Some(path.to_owned()), ..Locate::default() };
    let mut loader = Loader::new(locate, overrides);
    loop {
        match loader.want() {
            Want::Read { path, limit: _ } => {
                let bytes = std::fs::read(&path).map_err(|error| ReadFailure {
                    not_found: error.kind() == io::ErrorKind::NotFound,
                    text: error.to_string(),
                });
                loader.give(&path, bytes.map(Into::into));
            }
            Want::Done(result) => return result.map_err(|error| error.to_string()),
        }
    }
}

pub(crate) const ADMINS: &str = "kube-test:admins";

static COUNT: AtomicU32 = AtomicU32::new(0);
