//! The builder of a client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_proto::Error;
use kube_proto::config::{Config, Loader, Overrides};
use kube_proto::driver::options::{ClientOptions, ClientParts};
use kube_proto::driver::pool::{Idle, PoolLimits};
use kube_proto::driver::wire::HttpLimits;
use kube_proto::driver::wire::tls::TlsOverride;
use kube_proto::observe::Observers;
use kube_proto::response::Warnings;
use kube_proto::settings::Settings;
use kube_transport_system::{locate, platform};

use crate::client::Client;
use crate::clock::Clock;
use crate::process::load;
use crate::shared::Shared;

/// Builds a [`Client`] with options beyond [`Client::new`].
#[derive(Debug)]
pub struct Builder(ClientOptions);

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
    pub async fn from_env() -> Result<Self, Error> {
        Self::new(load(Loader::new(locate(), Overrides::default())).await?.config)
    }

    /// A builder for a client: from a [`Config`], or from [`ClientOptions`] with some of them set.
    #[must_use]
    pub fn builder(options: impl Into<ClientOptions>) -> Builder {
        Builder(options.into())
    }
}

impl Builder {
    /// Time-outs, limits, retries, the user agent.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self(self.0.settings(settings))
    }

    /// The `User-Agent` header, in the settings so far or in the default ones.
    #[must_use]
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        Self(self.0.user_agent(user_agent))
    }

    /// How many idle connections the client keeps, and for how long.
    #[must_use]
    pub fn pool(self, pool: PoolLimits) -> Self {
        Self(self.0.pool(pool))
    }

    /// Limits for the HTTP that a peer sends.
    #[must_use]
    pub fn limits(self, limits: HttpLimits) -> Self {
        Self(self.0.limits(limits))
    }

    /// TCP keep-alive: after this much silence the system asks the peer for a sign of life. Default: 30 seconds; `None` turns
    /// it off. See [`ClientOptions::keep_alive`].
    #[must_use]
    pub fn keep_alive(self, every: Option<Duration>) -> Self {
        Self(self.0.keep_alive(every))
    }

    /// Uses this proxy instead of the configuration's: see [`ClientOptions::proxy`].
    #[must_use]
    pub fn proxy(self, url: &str) -> Self {
        Self(self.0.proxy(url))
    }

    /// Overrides the configuration's TLS with the API server: a `rustls::ClientConfig`, a verifier, or a change.
    #[must_use]
    pub fn tls(self, tls: impl Into<TlsOverride>) -> Self {
        Self(self.0.tls(tls))
    }

    /// The observers of each step of the client's operations: metrics, traces, logs. None by default.
    #[must_use]
    pub fn observers(self, observers: Observers) -> Self {
        Self(self.0.observers(observers))
    }

    /// Where the server's warnings go. By default the client prints each text once to standard error.
    #[must_use]
    pub fn warnings(self, warnings: Warnings) -> Self {
        Self(self.0.warnings(warnings))
    }

    /// A fixed seed instead of the system's entropy, for tests.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self(self.0.seed(seed))
    }

    /// The client.
    ///
    /// # Errors
    /// The configuration or the proxy cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let ClientParts { session, tls, pool, limits, keep_alive, addresses } = self.0.start(platform(&[]))?;
        let (idle, clock) = (Mutex::new(Idle::new(pool)), Clock::start());
        let shared = Shared { idle, session: session.clone(), tls, limits, keep_alive, addresses, clock };
        Ok(Client { session, shared: Arc::new(shared) })
    }
}
