//! A kubeconfig as `kubectl config view` shows it: the fields of kubectl, in its order, without secrets.

use kube_proto::kubeconfig::{Cluster, Context, ExecConfig, Kubeconfig, NamedExtension, User};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// A JSON value whose objects keep their order.
#[derive(Clone, Debug)]
pub(super) enum Ordered {
    Leaf(Value),
    List(Vec<Ordered>),
    Map(Vec<(String, Ordered)>),
}

impl Ordered {
    /// A value with its keys in this order; other keys follow, sorted.
    pub(super) fn of(value: &Value, order: &[&str]) -> Self {
        match value {
            Value::Object(map) => {
                let mut items: Vec<_> = map.iter().map(|(key, item)| (key.clone(), Self::of(item, order))).collect();
                items.sort_by_key(|(key, _)| order.iter().position(|name| name == key).unwrap_or(usize::MAX));
                Self::Map(items)
            }
            Value::Array(items) => Self::List(items.iter().map(|item| Self::of(item, order)).collect()),
            leaf => Self::Leaf(leaf.clone()),
        }
    }

    /// The same as a plain JSON value.
    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Map(items) => {
                let mut map = serializer.serialize_map(Some(items.len()))?;
                for (key, item) in items {
                    map.serialize_entry(key, item)?;
                }
                map.end()
            }
        }
    }
}

/// JSON as kubectl prints it: four spaces for each level.
pub(super) fn json(value: &Ordered) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter));
    written.map_or_else(|_| String::new(), |()| super::object::escaped(&String::from_utf8_lossy(&out)) + "\n")
}

/// Whether to show secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    Raw,
    Redacted,
}

/// The fields of one stanza.
#[derive(Default)]
struct Fields(Vec<(String, Ordered)>);

impl Fields {
    fn always(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push((name.to_owned(), Ordered::Leaf(value.into())));
        self
    }

    fn text(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.always(name, value.into()),
            None => self,
        }
    }

    fn on(self, name: &str, value: bool) -> Self {
        if value { self.always(name, true) } else { self }
    }

    fn map(mut self, name: &str, value: Option<Ordered>) -> Self {
        self.0.extend(value.map(|value| (name.to_owned(), value)));
        self
    }

    fn extensions(self, extensions: &[NamedExtension]) -> Self {
        let mut all: Vec<_> = extensions.iter().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let one = |named: &&NamedExtension| {
            Fields::default().always("name", named.name.as_str()).always("extension", named.extension.0.clone()).end()
        };
        let all: Vec<_> = all.iter().map(one).collect();
        self.map("extensions", (!all.is_empty()).then_some(Ordered::List(all)))
    }

    fn end(self) -> Ordered {
        Ordered::Map(self.0)
    }
}

/// The whole kubeconfig, whose lists are sorted by name.
pub(super) fn view(config: &Kubeconfig, show: Show) -> Ordered {
    let preferences = config.preferences.as_ref().filter(|it| it.colors || !it.extensions.is_empty());
    let preferences = preferences.map(|it| Fields::default().on("colors", it.colors).extensions(&it.extensions).end());
    let named = |name: &str, key: &str, value: Ordered| {
        Ordered::Map(vec![("name".to_owned(), Ordered::Leaf(name.into())), (key.to_owned(), value)])
    };
    let clusters = config.clusters.iter().map(|it| named(&it.name, "cluster", cluster(&it.cluster, show)));
    let users = config.users.iter().map(|it| named(&it.name, "user", user(&it.user, show)));
    let contexts = config.contexts.iter().map(|it| named(&it.name, "context", context(&it.context)));
    let list = |items: Vec<Ordered>| if items.is_empty() { Ordered::Leaf(Value::Null) } else { Ordered::List(items) };
    Fields::default()
        .always("kind", "Config")
        .always("apiVersion", "v1")
        .map("preferences", preferences)
        .map("clusters", Some(list(clusters.collect())))
        .map("users", Some(list(users.collect())))
        .map("contexts", Some(list(contexts.collect())))
        .always("current-context", config.current_context.as_deref().unwrap_or_default())
        .extensions(&config.extensions)
        .end()
}

fn cluster(of: &Cluster, show: Show) -> Ordered {
    Fields::default()
        .always("server", of.server.expose())
        .text("tls-server-name", of.tls_server_name.as_deref())
        .on("insecure-skip-tls-verify", of.insecure_skip_tls_verify)
        .text("certificate-authority", of.certificate_authority.as_deref())
        .text("certificate-authority-data", data(of.certificate_authority_data.as_deref(), show))
        .text("proxy-url", of.proxy_url.as_ref().map(kube_proto::config::UrlText::expose))
        .on("disable-compression", of.disable_compression)
        .extensions(&of.extensions)
        .end()
}

fn user(of: &User, show: Show) -> Ordered {
    let secret = |value: Option<&str>| match show {
        Show::Raw => value.map(str::to_owned),
        Show::Redacted => value.map(|_| "REDACTED".to_owned()),
    };
    let groups: Vec<Value> = of.impersonate_groups.iter().map(|group| group.as_str().into()).collect();
    let extra =
        Value::Object(of.impersonate_extra.iter().map(|(key, all)| (key.clone(), all.clone().into())).collect());
    let provider = of.auth_provider.as_ref().map(|provider| {
        let settings = provider.config.iter().map(|(key, value)| (key.clone(), value.expose().into()));
        let settings = if provider.config.is_empty() { Value::Null } else { Value::Object(settings.collect()) };
        Fields::default().always("name", provider.name.as_str()).always("config", settings).end()
    });
    Fields::default()
        .text("client-certificate", of.client_certificate.as_deref())
        .text("client-certificate-data", data(of.client_certificate_data.as_deref(), show))
        .text("client-key", of.client_key.as_deref())
        .text("client-key-data", data(of.client_key_data.as_ref().map(kube_proto::config::Secret::expose), show))
        .text("token", secret(of.token.as_ref().map(kube_proto::config::Secret::expose)))
        .text("tokenFile", of.token_file.as_deref())
        .text("as", of.impersonate.as_deref())
        .text("as-uid", of.impersonate_uid.as_deref())
        .map("as-groups", (!groups.is_empty()).then_some(Ordered::Leaf(groups.into())))
        .map("as-user-extra", (!of.impersonate_extra.is_empty()).then_some(Ordered::Leaf(extra)))
        .text("username", of.username.as_deref())
        .text("password", secret(of.password.as_ref().map(kube_proto::config::Secret::expose)))
        .map("auth-provider", provider)
        .map("exec", of.exec.as_ref().map(exec))
        .extensions(&of.extensions)
        .end()
}

fn exec(of: &ExecConfig) -> Ordered {
    let null_if_empty =
        |items: Vec<Ordered>| if items.is_empty() { Ordered::Leaf(Value::Null) } else { Ordered::List(items) };
    let args = of.args.iter().map(|arg| Ordered::Leaf(arg.expose().into())).collect();
    let env = of
        .env
        .iter()
        .map(|one| Fields::default().always("name", one.name.as_str()).always("value", one.value.expose()).end());
    // Shows the default of `v1beta1`.
    let beta = of.api_version.as_deref() == Some("client.authentication.k8s.io/v1beta1");
    let interactive = of.interactive_mode.as_deref().or(beta.then_some("IfAvailable"));
    Fields::default()
        .always("command", of.command.as_str())
        .map("args", Some(null_if_empty(args)))
        .map("env", Some(null_if_empty(env.collect())))
        .text("apiVersion", of.api_version.as_deref())
        .text("installHint", of.install_hint.as_deref())
        .always("provideClusterInfo", of.provide_cluster_info)
        .text("interactiveMode", interactive)
        .end()
}

fn context(of: &Context) -> Ordered {
    Fields::default()
        .always("cluster", of.cluster.as_str())
        .always("user", of.user.as_str())
        .text("namespace", of.namespace.as_deref())
        .extensions(&of.extensions)
        .end()
}

fn data(value: Option<&str>, show: Show) -> Option<String> {
    value.map(|value| match show {
        Show::Raw => value.split_whitespace().collect(),
        Show::Redacted => "DATA+OMITTED".to_owned(),
    })
}
