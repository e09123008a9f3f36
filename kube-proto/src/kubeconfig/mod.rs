//! Kubeconfig files: every field of `apiVersion: v1`, `kind: Config`, and how to read, merge, change and write them.

pub(crate) mod budget;
pub(crate) mod document;
mod edit;
pub(crate) mod merge;
#[cfg(feature = "kubeconfig")]
mod patch;
pub(crate) mod rewrite;
pub(crate) mod stanza;

pub use budget::FILE_LIMIT;
pub use merge::{Defined, KubeconfigFile, Merged};
pub use rewrite::Rewrite;
pub use stanza::RawExtension;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::stanza::{Bad, Field, stanza};
use crate::secret::{Secret, UrlText};
use crate::yaml::emit;

stanza! {
    /// The content of one kubeconfig file. Paths and references between stanzas are not resolved.
    ///
    /// It keeps the order of lists and all unknown fields (in `other`). Writing it loses only comments, anchors, and
    /// the difference between an empty value and none. A [`Rewrite`] keeps those too.
    pub struct Kubeconfig {
        /// `v1`, or not set.
        api_version: Option<String> = "apiVersion",
        /// `Config`, or not set.
        kind: Option<String> = "kind",
        /// Settings for command lines. Deprecated; this library does not use them.
        preferences: Option<Preferences> = "preferences",
        /// Clusters with unique names.
        clusters: Vec<NamedCluster> = "clusters",
        /// Users with unique names.
        users: Vec<NamedUser> = "users",
        /// Contexts with unique names.
        contexts: Vec<NamedContext> = "contexts",
        /// The context to use if the caller names none.
        current_context: Option<String> = "current-context",
        /// Data of other programs.
        extensions: Vec<NamedExtension> = "extensions",
    }
}

stanza! {
    /// Settings for command lines. Deprecated; this library does not use them.
    pub struct Preferences {
        /// Whether to print in colours.
        colors: bool = "colors",
        /// Data of other programs.
        extensions: Vec<NamedExtension> = "extensions",
    }
}

stanza! {
    /// A cluster and its name.
    pub struct NamedCluster {
        /// The name by which contexts refer to it.
        name: String = "name",
        /// The cluster.
        cluster: Cluster = "cluster",
    }
}

stanza! {
    /// A user and its name.
    pub struct NamedUser {
        /// The name by which contexts refer to it.
        name: String = "name",
        /// The user.
        user: User = "user",
    }
}

stanza! {
    /// A context and its name.
    pub struct NamedContext {
        /// The name by which `current-context` refers to it.
        name: String = "name",
        /// The context.
        context: Context = "context",
    }
}

stanza! {
    /// Data of another program and its name.
    pub struct NamedExtension {
        /// The name. A domain in it avoids collisions.
        name: String = "name",
        /// The data.
        extension: RawExtension = "extension",
    }
}

stanza! {
    /// How to reach a cluster.
    pub struct Cluster {
        /// The URL of the API server. The default scheme is `https` with a CA, a client certificate or
        /// `insecure-skip-tls-verify`, and `http` otherwise.
        server: UrlText = "server",
        /// The name to send as SNI and to expect in the server's certificate, if it is not the host of `server`.
        tls_server_name: Option<String> = "tls-server-name",
        /// Do not verify the server's certificate. Any host on the way can then read and change everything.
        insecure_skip_tls_verify: bool = "insecure-skip-tls-verify",
        /// A file of PEM certificates that verify the server, relative to this file's folder.
        certificate_authority: Option<String> = "certificate-authority",
        /// PEM certificates that verify the server, in base64.
        certificate_authority_data: Option<String> = "certificate-authority-data",
        /// The proxy to the server, in place of the environment's: a URL of scheme `http`, `https` or `socks5`.
        proxy_url: Option<UrlText> = "proxy-url",
        /// Ask the server not to compress its responses.
        disable_compression: bool = "disable-compression",
        /// Data of other programs. Exec plugins receive the extension `client.authentication.k8s.io/exec`.
        extensions: Vec<NamedExtension> = "extensions",
    }
}

stanza! {
    /// The credentials of a client; client-go calls this stanza `AuthInfo`.
    pub struct User {
        /// A file with a PEM client certificate, relative to this file's folder.
        client_certificate: Option<String> = "client-certificate",
        /// A PEM client certificate, in base64.
        client_certificate_data: Option<String> = "client-certificate-data",
        /// A file with the PEM key of the client certificate, relative to this file's folder.
        client_key: Option<String> = "client-key",
        /// The PEM key of the client certificate, in base64.
        client_key_data: Option<Secret> = "client-key-data",
        /// A bearer token.
        token: Option<Secret> = "token",
        /// A file with a bearer token, relative to this file's folder. The client reads it again about every 50 s. It
        /// takes precedence over `token`, which serves until the file was read.
        token_file: Option<String> = "tokenFile",
        /// The user to impersonate. An empty text stays, for the loader to refuse: a template whose variable is not set
        /// must not lead to the caller's own rights.
        impersonate: Option<String> = "as" by take_even_empty,
        /// The UID to impersonate.
        impersonate_uid: Option<String> = "as-uid",
        /// The groups to impersonate.
        impersonate_groups: Vec<String> = "as-groups",
        /// Extra fields of the user to impersonate.
        impersonate_extra: BTreeMap<String, Vec<String>> = "as-user-extra",
        /// The user name of HTTP basic authentication.
        username: Option<String> = "username",
        /// The password of HTTP basic authentication.
        password: Option<Secret> = "password",
        /// A built-in authentication provider.
        auth_provider: Option<AuthProvider> = "auth-provider",
        /// A credential plugin.
        exec: Option<ExecConfig> = "exec",
        /// Data of other programs.
        extensions: Vec<NamedExtension> = "extensions",
    }
}

stanza! {
    /// A cluster, a user and a namespace.
    pub struct Context {
        /// The name of a cluster.
        cluster: String = "cluster",
        /// The name of a user. Empty: no credentials.
        user: String = "user",
        /// The namespace to use if the caller names none. If it is not set: `default`.
        namespace: Option<String> = "namespace",
        /// Data of other programs.
        extensions: Vec<NamedExtension> = "extensions",
    }
}

stanza! {
    /// A built-in authentication provider, `oidc`.
    pub struct AuthProvider {
        /// The provider's name.
        name: String = "name",
        /// The provider's settings. They include tokens, so `Debug` shows no value.
        config: BTreeMap<String, Secret> = "config",
    }
}

stanza! {
    /// A credential plugin: a program that prints an `ExecCredential`.
    pub struct ExecConfig {
        /// The program: with a path separator, a path relative to this file's folder; otherwise a name to look up in
        /// `PATH`.
        command: String = "command",
        /// The program's arguments. They may hold secrets.
        args: Vec<Secret> = "args",
        /// Variables to add to the program's environment.
        env: Vec<ExecEnv> = "env",
        /// `client.authentication.k8s.io/v1` or `client.authentication.k8s.io/v1beta1`.
        api_version: Option<String> = "apiVersion",
        /// The help text if the program does not exist.
        install_hint: Option<String> = "installHint",
        /// Whether the program receives the cluster's settings.
        provide_cluster_info: bool = "provideClusterInfo",
        /// `Never`, `IfAvailable` or `Always`: whether the program gets standard input. `v1` requires this field; the
        /// default of `v1beta1` is `IfAvailable`.
        interactive_mode: Option<String> = "interactiveMode",
    }
}

stanza! {
    /// A variable for the environment of a credential plugin.
    pub struct ExecEnv {
        /// The variable's name.
        name: String = "name",
        /// The variable's value.
        value: Secret = "value",
    }
}

impl Kubeconfig {
    /// Reads a kubeconfig: JSON, or with the feature `kubeconfig` also YAML. An empty document is an empty kubeconfig.
    ///
    /// As in `kubectl`, the first of several YAML documents applies, and the last value of a duplicate key. The limits
    /// are [`FILE_LIMIT`], 127 levels of nesting, and 100,000 values with copies by aliases.
    ///
    /// # Errors
    /// The document is not well-formed, a field has a wrong type, or a list has a name twice. The error has the line
    /// and the column, or the field. Of the content it shows only names.
    pub fn parse(bytes: &[u8]) -> Result<Kubeconfig, ConfigError> {
        let config = Kubeconfig::read(document::parse(bytes)?).map_err(malformed)?;
        config.check().map_err(malformed)?;
        Ok(config)
    }

    /// Writes the kubeconfig as YAML, with keys in alphabetical order as `kubectl` has them.
    pub fn to_yaml(&self) -> String {
        emit::one_line(&self.to_value())
    }

    /// The new content of a file with the content `text`, which was read as `before`. JSON stays JSON. A YAML text
    /// changes only where its value changed; if that is not possible, the result is that of [`to_yaml`](Self::to_yaml).
    pub(super) fn in_place_of(&self, text: &[u8], before: &Kubeconfig) -> String {
        // UTF-16 becomes UTF-8.
        let text = std::str::from_utf8(text).map_or_else(|_| document::text(text).unwrap_or_default(), Cow::Borrowed);
        if text.trim_start_matches('\u{feff}').trim_ascii_start().starts_with('{') {
            return self.to_json() + "\n";
        }
        self.patched(&text, before).unwrap_or_else(|| self.to_yaml())
    }

    #[cfg(feature = "kubeconfig")]
    fn patched(&self, text: &str, before: &Kubeconfig) -> Option<String> {
        let (before, after) = (before.to_value(), self.to_value());
        let text = if document::parse(text.as_bytes()).ok()?.is_null() {
            // The text may have comments, which stay.
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            format!("{text}{gap}{}", emit::one_line(&after))
        } else {
            crate::kubeconfig::patch::patched(text, &before, &after)?
        };
        let read = Kubeconfig::parse(text.as_bytes()).ok()?;
        (read.to_value() == after).then_some(text)
    }

    #[cfg(not(feature = "kubeconfig"))]
    fn patched(&self, _: &str, _: &Kubeconfig) -> Option<String> {
        None
    }

    /// Writes the kubeconfig as indented JSON, which `kubectl` reads too.
    pub fn to_json(&self) -> String {
        format!("{:#}", self.to_value())
    }

    fn to_value(&self) -> Value {
        let mut config = self.clone();
        config.api_version = Some(API_VERSION.to_owned());
        config.kind = Some(KIND.to_owned());
        config.write().unwrap_or_default()
    }

    /// Checks that `kubectl` makes after decoding: apiVersion and kind, and that names are unique.
    fn check(&self) -> Result<(), Bad> {
        let version = self.api_version.as_deref().unwrap_or(API_VERSION);
        let kind = self.kind.as_deref().unwrap_or(KIND);
        if (version, kind) != (API_VERSION, KIND) {
            return Err(Bad::new(format!(
                "no kind {kind:?} is registered for version {version:?}: a kubeconfig is of kind {KIND:?}, version {API_VERSION:?}"
            )));
        }
        unique("Cluster", "clusters", self.clusters.iter().map(|named| &named.name))?;
        unique("AuthInfo", "users", self.users.iter().map(|named| &named.name))?;
        unique("Context", "contexts", self.contexts.iter().map(|named| &named.name))?;
        unique_extensions("extensions", &self.extensions)?;
        let preferences = self.preferences.iter().map(|it| ("preferences".to_owned(), &it.extensions));
        let clusters =
            self.clusters.iter().map(|it| (format!("clusters[{:?}].cluster", it.name), &it.cluster.extensions));
        let users = self.users.iter().map(|it| (format!("users[{:?}].user", it.name), &it.user.extensions));
        let contexts =
            self.contexts.iter().map(|it| (format!("contexts[{:?}].context", it.name), &it.context.extensions));
        for (place, extensions) in preferences.chain(clusters).chain(users).chain(contexts) {
            unique_extensions("extensions", extensions).map_err(|bad| bad.within(&place))?;
        }
        Ok(())
    }
}

/// `kubectl` ignores extensions without data.
fn unique_extensions(field: &str, extensions: &[NamedExtension]) -> Result<(), Bad> {
    let extensions = extensions.iter().filter(|named| !named.extension.0.is_null());
    unique("Extension", field, extensions.map(|named| &named.name))
}

/// The error text is that of `kubectl`, which converts these lists into maps. It omits the list, which may have
/// secrets.
fn unique<'a>(kind: &str, field: &str, names: impl Iterator<Item = &'a String>) -> Result<(), Bad> {
    let target = if kind == "Extension" { "runtime.Object".to_owned() } else { format!("*api.{kind}") };
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let text = format!(
                "error converting *[]Named{kind} into *map[string]{target}: duplicate name {name:?} in list: keep only one of them"
            );
            return Err(Bad::new(text).within(field));
        }
    }
    Ok(())
}

fn malformed(bad: Bad) -> ConfigError {
    let problem = Problem::new(bad.text);
    let problem = if bad.path.is_empty() { problem } else { problem.field(bad.path) };
    ConfigError::one(ConfigErrorKind::Parse, problem)
}

const API_VERSION: &str = "v1";
const KIND: &str = "Config";

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A kubeconfig with every field, none at its default.
    pub(in crate::kubeconfig) fn full() -> Value {
        let extensions = json!([{"name": "e", "extension": {"k": [1, null]}, "x-e": 1}]);
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "ctx", "x-top": {"a": 1}, "extensions": extensions,
            "preferences": {"colors": true, "extensions": extensions, "x-p": 1},
            "clusters": [{"name": "c", "x-nc": 1, "cluster": {
                "server": "https://h", "tls-server-name": "n", "insecure-skip-tls-verify": true,
                "certificate-authority": "ca", "certificate-authority-data": "Y2E=", "proxy-url": "http://u:pw-secret@p",
                "disable-compression": true, "extensions": extensions, "x-c": "x-secret",
            }}],
            "users": [{"name": "u", "x-nu": 1, "user": {
                "client-certificate": "cert", "client-certificate-data": "Y2VydA==", "client-key": "key",
                "client-key-data": "key-secret", "token": "token-secret", "tokenFile": "tf", "as": "a", "as-uid": "i",
                "as-groups": ["g", "h"], "as-user-extra": {"k": ["v", "w"]}, "username": "n", "password": "password-secret",
                "auth-provider": {"name": "oidc", "config": {"id-token": "id-secret"}, "x-a": 1},
                "exec": {"command": "cmd", "args": ["arg-secret"], "env": [{"name": "E", "value": "env-secret", "x-v": 1}],
                    "apiVersion": "client.authentication.k8s.io/v1", "installHint": "hint", "provideClusterInfo": true,
                    "interactiveMode": "Never", "x-x": 1},
                "extensions": extensions, "x-u": "x-secret",
            }}],
            "contexts": [{"name": "ctx", "x-nx": 1, "context": {
                "cluster": "c", "user": "u", "namespace": "ns", "extensions": extensions, "x-ctx": 1,
            }}],
        })
    }

    fn parse(value: &Value) -> Kubeconfig {
        Kubeconfig::parse(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn every_field_is_read() {
        let config = parse(&full());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!((config.api_version, config.kind), (some("v1"), some("Config")));
        assert_eq!(config.current_context, some("ctx"));
        assert!(config.preferences.as_ref().unwrap().colors);
        assert_eq!(config.extensions[0].name, "e");
        assert_eq!(config.extensions[0].extension.0, json!({"k": [1, null]}));
        let NamedCluster { name, cluster, .. } = &config.clusters[0];
        assert_eq!((name.as_str(), cluster.server.expose()), ("c", "https://h"));
        assert_eq!(cluster.tls_server_name, some("n"));
        assert!(cluster.insecure_skip_tls_verify && cluster.disable_compression);
        assert_eq!(cluster.certificate_authority, some("ca"));
        assert_eq!(cluster.certificate_authority_data, some("Y2E="));
        assert_eq!(cluster.proxy_url, Some("http://u:pw-secret@p".into()));
        assert_eq!(cluster.extensions.len(), 1);
        assert_eq!(cluster.other["x-c"].0, json!("x-secret"));
        let NamedUser { name, user, .. } = &config.users[0];
        assert_eq!((name.as_str(), &user.client_certificate), ("u", &some("cert")));
        assert_eq!(user.client_certificate_data, some("Y2VydA=="));
        assert_eq!(user.client_key, some("key"));
        assert_eq!(user.client_key_data, Some("key-secret".into()));
        assert_eq!((&user.token, &user.token_file), (&Some("token-secret".into()), &some("tf")));
        assert_eq!((&user.impersonate, &user.impersonate_uid), (&some("a"), &some("i")));
        assert_eq!(user.impersonate_groups, ["g", "h"]);
        assert_eq!(user.impersonate_extra["k"], ["v", "w"]);
        assert_eq!((&user.username, &user.password), (&some("n"), &Some("password-secret".into())));
        let provider = user.auth_provider.as_ref().unwrap();
        assert_eq!((provider.name.as_str(), provider.config["id-token"].expose()), ("oidc", "id-secret"));
        let exec = user.exec.as_ref().unwrap();
        assert_eq!((exec.command.as_str(), exec.args[0].expose()), ("cmd", "arg-secret"));
        assert_eq!((exec.env[0].name.as_str(), exec.env[0].value.expose()), ("E", "env-secret"));
        assert_eq!(exec.api_version, some("client.authentication.k8s.io/v1"));
        assert_eq!((&exec.install_hint, &exec.interactive_mode), (&some("hint"), &some("Never")));
        assert!(exec.provide_cluster_info);
        assert_eq!(user.extensions.len(), 1);
        let NamedContext { name, context, .. } = &config.contexts[0];
        assert_eq!((name.as_str(), context.cluster.as_str(), context.user.as_str()), ("ctx", "c", "u"));
        assert_eq!(context.namespace, some("ns"));
        assert_eq!(context.extensions.len(), 1);
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_shown() {
        let config = parse(&full());
        assert_eq!(serde_json::from_str::<Value>(&config.to_json()).unwrap(), full());
        #[cfg(feature = "kubeconfig")]
        assert_eq!(Kubeconfig::parse(config.to_yaml().as_bytes()).unwrap(), config);
        let debug = format!("{config:#?}");
        assert!(!debug.contains("secret") && debug.contains("[redacted]"), "{debug}");
    }

    #[test]
    fn null_is_the_default_everywhere() {
        fn nulls(value: &Value, out: &mut Vec<Value>) {
            let Value::Object(map) = value else { return };
            for key in map.keys() {
                let mut without = map.clone();
                let inner = without.insert(key.clone(), Value::Null).unwrap();
                out.push(without.clone().into());
                let mut deeper = Vec::new();
                match inner {
                    Value::Array(items) => nulls(&items[0], &mut deeper),
                    other => nulls(&other, &mut deeper),
                }
                for value in deeper {
                    let list = matches!(map[key], Value::Array(_));
                    without.insert(key.clone(), if list { json!([value]) } else { value });
                    out.push(without.clone().into());
                }
            }
        }
        let mut all = Vec::new();
        nulls(&full(), &mut all);
        assert!(all.len() > 70);
        all.push(json!({"clusters": [null], "users": [null], "contexts": [null], "extensions": [null]}));
        for value in all {
            Kubeconfig::parse(value.to_string().as_bytes()).unwrap();
        }
        assert_eq!(Kubeconfig::parse(b"").unwrap(), Kubeconfig::default());
        assert_eq!(Kubeconfig::parse(b"{}").unwrap(), Kubeconfig::default());
        let empty = json!({"users": [{"name": "u", "user": {"token": "", "username": "", "as-uid": ""}}]});
        assert_eq!(parse(&empty).users[0].user, User::default());
        let empty = json!({"users": [{"name": "u", "user": {"as": ""}}]});
        assert_eq!(parse(&empty).users[0].user.impersonate.as_deref(), Some(""));
        assert_eq!(serde_json::from_str::<Value>(&parse(&empty).to_json()).unwrap()["users"], empty["users"]);
    }

    #[test]
    fn a_wrong_type_names_the_field_and_not_the_value() {
        let table = [
            (json!([]), "expected a mapping, found a list"),
            (json!({"clusters": {"a": 1}}), "expected a list, found a mapping (field clusters)"),
            (json!({"users": [{}, {"name": "b", "user": {"token": 4711}}]}), {
                "expected a string, found a number: put the value in quotes (field users[1].user.token)"
            }),
            (json!({"users": [{"user": {"exec": {"env": [{"value": ["4711"]}]}}}]}), {
                "expected a string, found a list (field users[0].user.exec.env[0].value)"
            }),
            (json!({"users": [{"user": {"as-user-extra": {"k": "4711"}}}]}), {
                "expected a list, found a string (field users[0].user.as-user-extra.k)"
            }),
            (json!({"clusters": [{"cluster": {"insecure-skip-tls-verify": "4711"}}]}), {
                "expected true or false, found a string (field clusters[0].cluster.insecure-skip-tls-verify)"
            }),
            (json!({"apiVersion": "v2"}), {
                "no kind \"Config\" is registered for version \"v2\": a kubeconfig is of kind \"Config\", version \"v1\""
            }),
            (json!({"apiVersion": "v1", "kind": "Pod"}), {
                "no kind \"Pod\" is registered for version \"v1\": a kubeconfig is of kind \"Config\", version \"v1\""
            }),
        ];
        for (value, text) in table {
            let error = Kubeconfig::parse(value.to_string().as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), text);
            assert_eq!(error.kind(), ConfigErrorKind::Parse);
        }
    }

    #[test]
    fn a_name_twice_is_an_error() {
        let two = json!([{"name": "x", "extension": 1}, {"name": "y"}, {"name": "x", "extension": {}}]);
        let table = [
            (json!({"clusters": two}), "*[]NamedCluster into *map[string]*api.Cluster", "clusters"),
            (json!({"users": two}), "*[]NamedAuthInfo into *map[string]*api.AuthInfo", "users"),
            (json!({"contexts": two}), "*[]NamedContext into *map[string]*api.Context", "contexts"),
            (json!({"extensions": two}), "*[]NamedExtension into *map[string]runtime.Object", "extensions"),
            (json!({"preferences": {"extensions": two}}), "", "preferences.extensions"),
            (
                json!({"clusters": [{"name": "c", "cluster": {"extensions": two}}]}),
                "",
                "clusters[\"c\"].cluster.extensions",
            ),
            (json!({"users": [{"name": "u", "user": {"extensions": two}}]}), "", "users[\"u\"].user.extensions"),
            (
                json!({"contexts": [{"name": "n", "context": {"extensions": two}}]}),
                "",
                "contexts[\"n\"].context.extensions",
            ),
        ];
        for (value, conversion, field) in table {
            let error = Kubeconfig::parse(value.to_string().as_bytes()).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with(&format!("error converting {conversion}")), "{text}");
            assert!(text.contains(": duplicate name \"x\" in list: "), "{text}");
            assert_eq!(error.problems()[0].field.as_deref(), Some(field));
        }
    }
}
