//! Every limit and every wait, with its default.

pub(crate) mod policy;

pub use policy::{BreakerPolicy, Rate, RetryPolicy};

use std::time::Duration;

use crate::driver::effect::ExchangeKind;

/// The settings of a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The `User-Agent` header. API servers take the part before the first `/` as the field manager where none is given.
    pub user_agent: String,
    /// How long calls wait: requests whose response is a document.
    pub call: Timeouts,
    /// How long streams wait: watches, logs.
    pub stream: Timeouts,
    /// How long upgrades wait for their 101: exec, attach, port-forward.
    pub upgrade: Timeouts,
    /// The most time for one run of a credential plugin. A person may have to type something.
    pub plugin: Duration,
    /// Whether a credential plugin may use standard input, where that is a terminal: on. A program that reads it
    /// itself turns this off; plugins that only may ask a person then do not, and those that must fail.
    pub plugin_input: bool,
    /// The most time for one answer on the way to a token: of an OIDC issuer, or of the API server to a `TokenRequest`.
    pub token: Duration,
    /// Calls ask for compressed answers (feature `gzip`): on, unless the configuration says `disable-compression`.
    /// Streams and upgrades never do.
    pub compression: bool,
    /// Whether tokens that an OIDC issuer renews are written back to the kubeconfig that they come from: on, as with
    /// `kubectl`, because many issuers accept a refresh token only once. Where that fails the call goes on, and
    /// [`Session::unsaved`](crate::driver::Session::unsaved) says why. A call that is dropped before the file is written leaves it as
    /// it was.
    pub write_back: bool,
    /// The most bytes of each kind of thing.
    pub limits: SizeLimits,
    /// What is sent again.
    pub retry: RetryPolicy,
    /// The most calls at once, or no limit.
    pub concurrent: Option<usize>,
    /// The most requests a second, or no limit.
    pub rate: Option<Rate>,
    /// When to stop trying for a while, or never.
    pub breaker: Option<BreakerPolicy>,
}

/// How long one exchange may take, by stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Finding the address, connecting and the TLS handshake together.
    pub connect: Duration,
    /// From the start of an exchange, `connect` included, to the head of its response.
    pub head: Duration,
    /// Silence while the body is awaited; `None` waits for ever.
    pub idle: Option<Duration>,
    /// Everything, repetitions and waits for permits included; `None` is no limit.
    pub total: Option<Duration>,
}

/// The most bytes of each kind of thing, most of which are held in memory at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeLimits {
    /// One item of a list.
    pub item: usize,
    /// One event of a watch.
    pub event: usize,
    /// Any other document, and what a list holds beside its items.
    pub document: usize,
    /// The body of an error, of which only the message is kept.
    pub error: usize,
    /// One whole answer to a call, a list with all its items or a page of it, inflated if it was compressed (of which no
    /// more than 64 KiB are inflated ahead). Streams have no such limit. Decoded, small objects take many times the room of
    /// their JSON: what may be long is better read in pages.
    pub answer: usize,
    /// A file, such as a token's.
    pub file: usize,
    /// What a credential plugin prints, or an issuer of tokens answers.
    pub plugin: usize,
}

impl Default for SizeLimits {
    /// An API server stores no object above 3 MiB; an OpenAPI document of a cluster with many CRDs has some 10 MiB.
    fn default() -> Self {
        Self {
            item: 16 << 20,
            event: 16 << 20,
            document: 64 << 20,
            error: 64 << 10,
            answer: 1 << 30,
            file: 1 << 20,
            plugin: 1 << 20,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let secs = Duration::from_secs;
        // API servers end a call by themselves after 60 seconds; a list may stream for longer than that.
        let call = Timeouts { connect: secs(15), head: secs(75), idle: Some(secs(30)), total: Some(secs(600)) };
        // How long a stream may be silent is for each to say: a watch knows its server-side time-out, a log does not.
        let stream = Timeouts { idle: None, total: None, ..call };
        let upgrade = Timeouts { total: None, ..call };
        Self {
            user_agent: concat!("kube-proto/", env!("CARGO_PKG_VERSION")).to_owned(),
            call,
            stream,
            upgrade,
            plugin: secs(600),
            plugin_input: true,
            token: secs(30),
            compression: true,
            write_back: true,
            limits: SizeLimits::default(),
            retry: RetryPolicy::default(),
            concurrent: None,
            rate: None,
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
