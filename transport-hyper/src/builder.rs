//! The builder of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kube_proto::Error;
use kube_proto::config::Config;
#[cfg(feature = "tokio")]
use kube_proto::config::{Loader, Overrides};
use kube_proto::driver::options::{ClientOptions, ClientParts};
use kube_proto::driver::pool::PoolLimits;
use kube_proto::driver::wire::HttpLimits;
use kube_proto::driver::wire::tls::TlsOverride;
use kube_proto::observe::Observers;
use kube_proto::response::Warnings;
use kube_proto::settings::Settings;
#[cfg(feature = "tokio")]
use kube_transport_system::locate;
use kube_transport_system::platform;

use crate::client::Client;
use crate::clock::Clock;
use crate::http2::Http2;
#[cfg(feature = "tokio")]
use crate::load::load;
use crate::pool::Pool;
use crate::runtime::Runtime;
use crate::shared::Shared;
#[cfg(feature = "tokio")]
use crate::tokio::Tokio;

/// Builds a [`Client`] with options beyond [`Client::new`].
pub struct Builder {
    options: ClientOptions,
    http2: Option<Http2>,
    runtime: Option<Arc<dyn Runtime>>,
}

impl Client {
    /// A client for this configuration.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::builder(config).build()
    }

    /// A client for the cluster that kubectl would talk to: from `KUBECONFIG`, `~/.kube/config`, or the service account
    /// of this pod.
    ///
    /// # Errors
    /// There is no configuration, or it cannot be used.
    #[cfg(feature = "tokio")]
    pub async fn from_env() -> Result<Self, Error> {
        let loader = Loader::new(locate(), Overrides::default());
        Self::new(load(loader, &Tokio::current()?).await?.config)
    }

    /// A builder for a client: from a [`Config`], or from [`ClientOptions`] with some of them set.
    #[must_use]
    pub fn builder(options: impl Into<ClientOptions>) -> Builder {
        Builder { options: options.into(), http2: Some(Http2::default()), runtime: None }
    }
}

impl Builder {
    /// Time-outs, limits, retries, the user agent.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self { options: self.options.settings(settings), ..self }
    }

    /// The `User-Agent` header, in the settings so far or in the default ones.
    #[must_use]
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        Self { options: self.options.user_agent(user_agent), ..self }
    }

    /// How many idle connections the client keeps, and for how long.
    #[must_use]
    pub fn pool(self, pool: PoolLimits) -> Self {
        Self { options: self.options.pool(pool), ..self }
    }

    /// Limits for the HTTP that a peer sends. hyper uses `head` and `headers`. `head` also limits the bytes around an
    /// answer that are not part of it, and those that a connection of HTTP/2 may bring while it has no stream.
    #[must_use]
    pub fn limits(self, limits: HttpLimits) -> Self {
        Self { options: self.options.limits(limits), ..self }
    }

    /// TCP keep-alive: after this much silence the system asks the peer for a sign of life. Default: 30 seconds; `None` turns
    /// it off. See [`ClientOptions::keep_alive`].
    #[must_use]
    pub fn keep_alive(self, every: Option<Duration>) -> Self {
        Self { options: self.options.keep_alive(every), ..self }
    }

    /// Uses this proxy instead of the configuration's: see [`ClientOptions::proxy`].
    #[must_use]
    pub fn proxy(self, url: &str) -> Self {
        Self { options: self.options.proxy(url), ..self }
    }

    /// Overrides the configuration's TLS with the API server: a `rustls::ClientConfig`, a verifier, or a change.
    #[must_use]
    pub fn tls(self, tls: impl Into<TlsOverride>) -> Self {
        Self { options: self.options.tls(tls), ..self }
    }

    /// The observers of each step of the client's operations: metrics, traces, logs. None by default.
    #[must_use]
    pub fn observers(self, observers: Observers) -> Self {
        Self { options: self.options.observers(observers), ..self }
    }

    /// Where the server's warnings go. By default the client prints each text once to standard error.
    #[must_use]
    pub fn warnings(self, warnings: Warnings) -> Self {
        Self { options: self.options.warnings(warnings), ..self }
    }

    /// A fixed seed instead of the system's entropy, for tests.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { options: self.options.seed(seed), ..self }
    }

    /// Whether the client offers HTTP/2 to servers with TLS. Default: true.
    #[must_use]
    pub fn http2(mut self, offered: bool) -> Self {
        self.http2 = offered.then(|| self.http2.unwrap_or_default());
        self
    }

    /// How many bytes an HTTP/2 server may send on one stream before the client has read them. Default: 1 MiB; at least
    /// 64 KiB less 1 byte, at most 64 MiB. The client may hold this many bytes for each stream in use; a connection
    /// carries only as many streams as fit into 1 GiB.
    #[must_use]
    pub fn http2_window(mut self, bytes: u32) -> Self {
        if let Some(http2) = &mut self.http2 {
            http2.window = bytes.clamp(0xffff, 64 << 20);
        }
        self
    }

    /// After how much silence the client sends a ping on a connection of HTTP/2, and how long the answer may take before
    /// the client gives the connection up. Default: 30 and 15 seconds.
    #[must_use]
    pub fn http2_ping(mut self, after: Duration, within: Duration) -> Self {
        if let Some(http2) = &mut self.http2 {
            (http2.interval, http2.timeout) = (after, within);
        }
        self
    }

    /// The runtime for this client, instead of the tokio runtime that calls [`build`](Self::build).
    #[must_use]
    pub fn runtime(mut self, runtime: impl Runtime) -> Self {
        self.runtime = Some(Arc::new(runtime));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// The configuration or the proxy cannot be used; or there is no runtime.
    pub fn build(self) -> Result<Client, Error> {
        let runtime = match self.runtime {
            Some(runtime) => runtime,
            None => default_runtime()?,
        };
        let alpn: &'static [&'static [u8]] = if self.http2.is_some() { &[b"h2", b"http/1.1"] } else { &[] };
        let ClientParts { session, tls, pool, limits, keep_alive, addresses } = self.options.start(platform(alpn))?;
        let clock = Clock::start(runtime);
        let shared = Shared { session: session.clone(), tls, limits, keep_alive, addresses, http2: self.http2, clock };
        Ok(Client { session, pool: Arc::new(Pool::new(pool, shared)) })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

#[allow(unreachable_code, reason = "the features choose the lines")]
fn default_runtime() -> Result<Arc<dyn Runtime>, Error> {
    #[cfg(feature = "tokio")]
    return Ok(Arc::new(Tokio::current()?));
    Err(Error::misuse("a client needs a runtime: give it one, or the feature `tokio` to this crate"))
}
