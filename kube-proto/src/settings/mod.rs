//! The limits and waits of a session, with their defaults.

mod content_type;
pub(crate) mod policy;

pub use content_type::ContentType;
pub use policy::{
    AdaptivePolicy, BreakerPolicy, ClassRates, ConflictPolicy, PluginPolicy, Rate, RetryBudget, RetryPolicy,
};

use std::time::Duration;

use crate::driver::effect::ExchangeKind;

/// The settings of a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The `User-Agent` header. API servers use the part before the first `/` as the field manager if a request names
    /// none.
    pub user_agent: String,
    /// The time-outs of calls: requests whose response is a document.
    pub call: Timeouts,
    /// The time-outs of streams: watches, logs.
    pub stream: Timeouts,
    /// The time-outs of upgrades until their 101: exec, attach, port-forward.
    pub upgrade: Timeouts,
    /// The time limit for one run of a credential plugin, input by a person included. 10 minutes by default.
    pub plugin: Duration,
    /// Whether a credential plugin may use standard input if that is a terminal. On by default. Turn it off in a
    /// program that reads standard input itself: then plugins with optional input run without it, and plugins that need
    /// it fail.
    pub plugin_input: bool,
    /// Which credential plugins may run. All by default. A configuration with another one makes no session.
    pub plugins: PluginPolicy,
    /// The time limit for one effect of a token refresh: a request to an OIDC issuer, a `TokenRequest`, or a file. 30 s
    /// by default.
    pub token: Duration,
    /// Whether calls, and watches that begin with a list, accept compressed responses (feature `gzip`). On by default;
    /// `disable-compression` in the configuration turns it off. Other streams and upgrades are never compressed.
    pub compression: bool,
    /// Whether tokens from an OIDC issuer are written back to their kubeconfig. On by default, as in `kubectl`, because
    /// many issuers accept a refresh token only once. If the write fails, the call continues, and
    /// [`Session::unsaved`](crate::driver::Session::unsaved) has the error. A call that is dropped before the write
    /// leaves the file unchanged.
    pub write_back: bool,
    /// The encoding that reads ask for. [`ContentType::Auto`] by default.
    pub content_type: ContentType,
    /// The size limits, in bytes.
    pub limits: SizeLimits,
    /// The buffer and the pings of two-way sessions: exec, attach, port-forward.
    pub channel: ChannelSettings,
    /// When requests are sent again.
    pub retry: RetryPolicy,
    /// How many repetitions all calls together may add to the load. `None` is no limit beside the counts of
    /// [`retry`](Self::retry).
    pub retry_budget: Option<RetryBudget>,
    /// How often [`Api::edit`](crate::Api::edit) begins again after a conflict.
    pub conflicts: ConflictPolicy,
    /// The most calls at the same time; `None` (the default) is no limit.
    pub concurrent: Option<usize>,
    /// The rate limit of requests; `None` (the default) is no limit.
    pub rate: Option<Rate>,
    /// Rate limits by class of requests, beside [`rate`](Self::rate). A request waits for a token of each. None by default.
    pub rates: ClassRates,
    /// How 429s lower the rate of their class. `None` is not at all: each call then waits only for its own `Retry-After`.
    pub adaptive: Option<AdaptivePolicy>,
    /// The circuit breaker; `None` (the default) turns it off.
    pub breaker: Option<BreakerPolicy>,
}

/// The time limits of one operation, by stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Address lookup, connection and TLS handshake together.
    pub connect: Duration,
    /// From the start of an exchange, `connect` included, to the head of its response.
    pub head: Duration,
    /// The longest silence within the body, and for a call also the longest time in which less than 1 KiB of it arrives;
    /// `None` is no limit.
    pub idle: Option<Duration>,
    /// The whole operation, with repetitions and waits for permits; `None` is no limit.
    pub total: Option<Duration>,
}

/// Size limits in bytes. Most of these parts are held in memory as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeLimits {
    /// One item of a list.
    pub item: usize,
    /// One event of a watch.
    pub event: usize,
    /// Any other document, and the fields of a list other than its items.
    pub document: usize,
    /// The body of an error, in which each text is cut after 64 KiB: its reason and its causes are kept, however long its
    /// message is.
    pub error: usize,
    /// One whole response to a call: for a list, all items of the list or page. Counted after decompression, which runs
    /// at most 64 KiB ahead. Streams have no such limit. Small objects, once decoded, take many times the memory of
    /// their JSON, so read long lists in pages.
    pub answer: usize,
    /// A file, such as a token's.
    pub file: usize,
    /// The output of a credential plugin, or the answer of a token issuer.
    pub plugin: usize,
}

/// The limits and waits of a two-way session after its 101.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelSettings {
    /// The bytes that have arrived and that the caller has not taken, of all streams of a session together. Nothing more
    /// is read then. One read of the socket, 64 KiB, may exceed it; each piece counts 64 bytes more than it has. 256 KiB.
    pub buffer: usize,
    /// How long nothing arrives before a ping asks whether the server is alive. 10 s.
    pub ping: Duration,
    /// How long nothing may arrive after a ping. Then the session fails: a dead server is noticed within `ping` and
    /// `patience` together, while a thread or task reads or waits. 30 s.
    pub patience: Duration,
    /// The same, while input is under way that no answer has confirmed, and more than 64 KiB of it was sent in all. A server
    /// that holds input back for a slow process answers no ping either, and looks like a dead one. 5 minutes: give more to a
    /// process that takes longer to read its input.
    pub stalled: Duration,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { buffer: 256 * 1024, ping: secs(10), patience: secs(30), stalled: secs(300) }
    }
}

impl Default for SizeLimits {
    /// API servers store no object above 3 MiB. The OpenAPI document of a cluster with many CRDs has about 10 MiB.
    fn default() -> Self {
        Self {
            item: 16 << 20,
            event: 16 << 20,
            document: 64 << 20,
            error: 4 << 20,
            answer: 1 << 30,
            file: 1 << 20,
            plugin: 1 << 20,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let secs = Duration::from_secs;
        // API servers end a call after 60 seconds by themselves. A list may stream for longer.
        let call = Timeouts { connect: secs(15), head: secs(75), idle: Some(secs(30)), total: Some(secs(600)) };
        // Each stream sets its own idle time-out: a watch has a server-side time-out, a log has none.
        let stream = Timeouts { idle: None, total: None, ..call };
        let upgrade = Timeouts { total: None, ..call };
        Self {
            user_agent: concat!("kube-proto/", env!("CARGO_PKG_VERSION")).to_owned(),
            call,
            stream,
            upgrade,
            plugin: secs(600),
            plugin_input: true,
            plugins: PluginPolicy::AllowAll,
            token: secs(30),
            compression: true,
            write_back: true,
            content_type: ContentType::Auto,
            limits: SizeLimits::default(),
            channel: ChannelSettings::default(),
            retry: RetryPolicy::default(),
            conflicts: ConflictPolicy::default(),
            retry_budget: Some(RetryBudget::default()),
            concurrent: None,
            rate: None,
            rates: ClassRates::default(),
            adaptive: Some(AdaptivePolicy::default()),
            breaker: None,
        }
    }
}

impl Settings {
    /// The time-outs for this kind of exchange.
    #[must_use]
    pub fn timeouts(&self, kind: ExchangeKind) -> Timeouts {
        match kind {
            ExchangeKind::Call => self.call,
            ExchangeKind::Stream => self.stream,
            ExchangeKind::Upgrade => self.upgrade,
        }
    }
}
