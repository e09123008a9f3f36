//! The options of a server: limits, users and their permissions.

use std::collections::BTreeMap;
use std::time::Duration;

/// Settings of a [`Server`](super::Server). All times are since the Unix epoch, all sizes in bytes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of uids, generated names and audit ids.
    pub seed: u64,
    /// The time of the server's start: `creationTimestamp` of the first namespaces.
    pub start: Duration,
    /// The resource version of the first object.
    pub first_version: u64,
    /// The known users.
    pub users: Vec<User>,
    /// Whether requests without a credential are `system:anonymous` (else 401).
    pub anonymous: bool,
    /// The number of changes to keep for each resource. Watches and lists of older versions get 410.
    pub history: usize,
    /// How often [`tick`](super::Server::tick) drops the history older than one such period. Never if absent.
    pub compact_every: Option<Duration>,
    /// Time between bookmarks of a watch.
    pub bookmark_every: Duration,
    /// The lifetime of a watch without `timeoutSeconds`: between this and twice this.
    pub watch_timeout: Duration,
    /// The largest request body.
    pub body_limit: usize,
    /// The server compresses larger bodies for clients that accept it.
    pub gzip_over: usize,
    /// The largest page of a list, also if `limit` is larger. No bound if absent.
    pub page_limit: Option<usize>,
    /// Whether the server supports `sendInitialEvents` (the `WatchList` gate).
    pub watch_list: bool,
    /// Whether the server compresses watches with `sendInitialEvents` and bookmarks for clients that accept it, as servers
    /// from 1.37 on do.
    pub compress_watches: bool,
    /// How the server refuses a watch from a compacted version.
    pub gone: Gone,
    /// Whether `/api` and `/apis` offer the aggregated discovery documents.
    pub aggregated_discovery: bool,
    /// The effect of a pod's grace period.
    pub grace: Grace,
    /// The time from a namespace's deletion until the next request or [`tick`](super::Server::tick) empties and removes
    /// it. The controller of a real server takes some seconds.
    pub namespace_delay: Duration,
    /// Whether the server offers protobuf for the built-in kinds.
    pub protobuf: bool,
    /// Whether exec and attach know `v5.channel.k8s.io`, as servers from 1.30 on do; if not, only `v4.channel.k8s.io`.
    pub stream_close: bool,
    /// Whether the server knows tunnels for port-forward (the `PortForwardWebsockets` gate). Without them, there are
    /// `v4.channel.k8s.io` and SPDY without WebSocket.
    pub port_forward_tunnels: bool,
    /// Whether the roles and bindings that are stored give permissions, as the RBAC authorizer of a real server does. Then a user
    /// without rules of its own has only those, and what all users may do. Anyone who may write roles may write any:
    /// the server does not compare them with the rights of the writer.
    pub rbac: bool,
}

/// How the server refuses a watch from a compacted version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Status 200 and then one `ERROR` event, as a server with a watch cache does.
    Event,
    /// Status 410.
    Http,
}

/// The effect of deleting a pod with a grace period. There is no kubelet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grace {
    /// The server removes the pod at once.
    Ignored,
    /// The server marks the pod, and [`tick`](super::Server::tick) removes it after the grace period.
    Kept,
}

/// A known user.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// User name; also the common name of the client certificate.
    pub name: String,
    /// Identity, possibly empty.
    pub uid: String,
    /// Groups, beside `system:authenticated`.
    pub groups: Vec<String>,
    /// Further attributes.
    pub extra: BTreeMap<String, Vec<String>>,
    /// Bearer tokens that name this user.
    pub tokens: Vec<Secret>,
    /// Password for basic authentication.
    pub password: Option<Secret>,
    /// The user's permissions; all if absent.
    pub rules: Option<Vec<Rule>>,
}

/// A credential. Its `Debug` output does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A permission. In every list, `*` stands for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// API verbs.
    pub verbs: Vec<String>,
    /// API groups (empty text for core).
    pub groups: Vec<String>,
    /// Resources: `pods`, `pods/log`, `*/scale`.
    pub resources: Vec<String>,
    /// Names; all if empty.
    pub names: Vec<String>,
    /// Namespaces; if empty, all and the cluster's scope.
    pub namespaces: Vec<String>,
    /// Non-resource paths, possibly with `*` at the end. A rule has either these or resources.
    pub paths: Vec<String>,
}

impl Default for Options {
    /// One user `admin` with all permissions (token `admin-token`, password `admin-password`), and realistic limits.
    fn default() -> Self {
        Options {
            seed: 1,
            start: Duration::from_secs(1_767_225_600),
            first_version: 1,
            users: vec![User::new("admin").group("system:masters").token("admin-token").password("admin-password")],
            anonymous: true,
            history: 100_000,
            compact_every: None,
            bookmark_every: Duration::from_secs(60),
            watch_timeout: Duration::from_secs(1800),
            body_limit: 3 * 1024 * 1024,
            gzip_over: 128 * 1024,
            compress_watches: false,
            page_limit: None,
            watch_list: true,
            gone: Gone::Event,
            aggregated_discovery: true,
            grace: Grace::Ignored,
            namespace_delay: Duration::ZERO,
            protobuf: true,
            stream_close: true,
            port_forward_tunnels: true,
            rbac: false,
        }
    }
}

impl User {
    /// A user with all permissions and without a credential.
    pub fn new(name: &str) -> Self {
        User { name: name.into(), ..User::default() }
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.groups.push(group.into());
        self
    }

    /// Adds a bearer token.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.tokens.push(Secret(token.into()));
        self
    }

    /// Sets the password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(Secret(password.into()));
        self
    }

    /// Limits the user to these rules and to the permissions that all users have.
    #[must_use]
    pub fn rules(mut self, rules: Vec<Rule>) -> Self {
        self.rules = Some(rules);
        self
    }
}

impl Rule {
    /// Allows `verbs` on `resources` (both comma-separated) of one group, in all namespaces.
    pub fn allow(verbs: &str, group: &str, resources: &str) -> Self {
        let list = |text: &str| text.split(',').map(|s| s.trim().to_owned()).collect();
        Rule { verbs: list(verbs), groups: vec![group.into()], resources: list(resources), ..Rule::default() }
    }

    /// Limits the rule to a namespace.
    #[must_use]
    pub fn within(mut self, namespace: &str) -> Self {
        self.namespaces.push(namespace.into());
        self
    }
}
