//! The options of a client, for every transport.

use std::fmt;
use std::time::Duration;

use super::fault::Fault;
use super::pool::PoolLimits;
use super::wire::configs::TlsConfigs;
use super::wire::dial::AddressMemory;
use super::wire::tls::TlsRoots;
use super::wire::tls::overrides::TlsOverride;
use super::wire::{HttpLimits, tls};
use crate::config::resolved::Config;
use crate::error::Error;
use crate::observe::Observers;
use crate::response::hook::{Warning, Warnings};
use crate::secret::UrlText;
use crate::session::{Session, SessionOptions};
use crate::settings::Settings;

/// What the builders of all transports share.
pub struct ClientOptions {
    config: Config,
    settings: Settings,
    pool: PoolLimits,
    limits: HttpLimits,
    keep_alive: Option<Duration>,
    seed: Option<u64>,
    proxy: Option<UrlText>,
    tls: Option<TlsOverride>,
    warnings: Option<Warnings>,
    observers: Observers,
}

/// What a transport supplies of its system.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// A number from the system's entropy.
    pub seed: u64,
    /// Whether standard input is a terminal that a credential plugin may use.
    pub terminal: bool,
    /// Finds the system's certificates, and returns them through [`TlsRoots::found`]. It may block. The client calls it
    /// when it first needs them, and again only after a failure.
    pub roots: fn() -> Result<TlsRoots, Fault>,
    /// The protocols to offer to servers (ALPN), in this order.
    pub alpn: &'static [&'static [u8]],
    /// Prints a warning of the server. The client calls it once for each text, unless its user has another use for them.
    pub warn: fn(&Warning<'_>),
}

/// The parts of a client of any transport, without its connections.
#[derive(Debug)]
pub struct ClientParts {
    /// What the client's operations share.
    pub session: Session,
    /// The client's TLS configurations.
    pub tls: TlsConfigs,
    /// How many idle connections are kept, and for how long.
    pub pool: PoolLimits,
    /// The limits on a peer's HTTP.
    pub limits: HttpLimits,
    /// TCP keep-alive for every socket: the time before the first probe, and between two.
    pub keep_alive: Option<Duration>,
    /// The addresses that answered.
    pub addresses: AddressMemory,
}

impl ClientOptions {
    /// The default options for this configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            settings: Settings::default(),
            pool: PoolLimits::default(),
            limits: HttpLimits::default(),
            keep_alive: Some(KEEP_ALIVE),
            seed: None,
            proxy: None,
            tls: None,
            warnings: None,
            observers: Observers::none(),
        }
    }

    /// Time-outs, limits, retries, the user agent.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The `User-Agent` header; all other [`Settings`] stay.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.settings.user_agent = user_agent.into();
        self
    }

    /// How many idle connections are kept, and for how long.
    #[must_use]
    pub fn pool(mut self, pool: PoolLimits) -> Self {
        self.pool = pool;
        self
    }

    /// The limits on a peer's HTTP.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// TCP keep-alive: after this much silence on a connection the system probes the peer, and repeats that at the same
    /// interval. A peer that never answers breaks the connection (on Linux after nine probes). Without it, a watch or a
    /// session that has no limit for silence waits for ever after a router on the way has forgotten the connection.
    ///
    /// The default is [`KEEP_ALIVE`]; the range is 1 to 32767 whole seconds; `None` switches it off.
    #[must_use]
    pub fn keep_alive(mut self, every: Option<Duration>) -> Self {
        self.keep_alive = every.map(|every| every.clamp(KEEP_ALIVE_LEAST, KEEP_ALIVE_MOST));
        self
    }

    /// Uses this proxy and ignores the configuration's: a URL of scheme `http`, `https`, `socks5` or `socks5h`. A URL
    /// that cannot be used is an error of [`start`](Self::start).
    #[must_use]
    pub fn proxy(mut self, url: &str) -> Self {
        self.proxy = Some(UrlText::from(url));
        self
    }

    /// Overrides the configuration's TLS with the API server.
    #[must_use]
    pub fn tls(mut self, tls: impl Into<TlsOverride>) -> Self {
        self.tls = Some(tls.into());
        self
    }

    /// Where the server's warnings go. By default each text is printed once to standard error.
    #[must_use]
    pub fn warnings(mut self, warnings: Warnings) -> Self {
        self.warnings = Some(warnings);
        self
    }

    /// The observers of each step of the operations: metrics, traces, logs. None by default.
    #[must_use]
    pub fn observers(mut self, observers: Observers) -> Self {
        self.observers = observers;
        self
    }

    /// A fixed seed in place of the system's entropy, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The parts of a client.
    ///
    /// # Errors
    /// The configuration or the proxy cannot be used, or the crate was built without a provider of cryptography
    /// (features `ring` and `aws-lc-rs`).
    pub fn start(self, platform: Platform) -> Result<ClientParts, Error> {
        let Self { mut config, settings, pool, limits, keep_alive, seed, proxy, tls: own, warnings, observers } = self;
        if let Some(url) = proxy {
            config = config.with_proxy(url.expose())?;
        }
        let session = Session::new(
            &config,
            SessionOptions {
                settings,
                seed: seed.unwrap_or(platform.seed),
                terminal: platform.terminal,
                warnings: warnings.unwrap_or_else(|| Warnings::once(platform.warn)),
                observers,
            },
        )?;
        let mut tls = TlsConfigs::new(&session, tls::provider()?, platform.roots, platform.alpn);
        if let Some(own) = own {
            tls = tls.overridden(own);
        }
        Ok(ClientParts { session, tls, pool, limits, keep_alive, addresses: AddressMemory::default() })
    }
}

impl From<Config> for ClientOptions {
    fn from(config: Config) -> Self {
        Self::new(config)
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The default interval of TCP probes: see [`ClientOptions::keep_alive`].
pub const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The range that systems accept: Linux' `TCP_KEEPIDLE` and `TCP_KEEPINTVL`.
const KEEP_ALIVE_LEAST: Duration = Duration::from_secs(1);
const KEEP_ALIVE_MOST: Duration = Duration::from_secs(32767);
