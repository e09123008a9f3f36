//! How a client is made, whatever its transport.

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
use crate::secret::UrlText;
use crate::session::{Session, SessionOptions};
use crate::settings::Settings;

/// What the builders of all transports have in common.
pub struct ClientOptions {
    config: Config,
    settings: Settings,
    pool: PoolLimits,
    limits: HttpLimits,
    keep_alive: Option<Duration>,
    seed: Option<u64>,
    proxy: Option<UrlText>,
    tls: Option<TlsOverride>,
}

/// What a transport knows of the system that it runs on.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// A number from the system's entropy.
    pub seed: u64,
    /// Standard input is a terminal that a credential plugin may use.
    pub terminal: bool,
    /// Finds the system's certificates, and returns them through [`TlsRoots::found`]. It may block. It is called when they are
    /// first needed, and again only after a failure.
    pub roots: fn() -> Result<TlsRoots, Fault>,
    /// The protocols that are offered to servers (ALPN), in their order.
    pub alpn: &'static [&'static [u8]],
}

/// What a client of any transport consists of, beside its connections.
#[derive(Debug)]
pub struct ClientParts {
    /// What its operations share.
    pub session: Session,
    /// Its TLS configurations.
    pub tls: TlsConfigs,
    /// How many idle connections are kept, and for how long.
    pub pool: PoolLimits,
    /// What is accepted of a peer's HTTP.
    pub limits: HttpLimits,
    /// TCP keep-alive for every socket: the time before the first probe, and between two.
    pub keep_alive: Option<Duration>,
    /// Which addresses answered.
    pub addresses: AddressMemory,
}

impl ClientOptions {
    /// All as it is by default.
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
        }
    }

    /// Time-outs, limits, retries, the user agent.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The `User-Agent` header alone, of these [`Settings`] or the default ones.
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

    /// What is accepted of a peer's HTTP.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// After so much silence on a connection the system asks the peer whether it is there (TCP keep-alive), and asks
    /// again as often; one that never answers has broken its connection (on Linux after nine questions). Without it a
    /// watch or a session that has no limit for silence would wait for ever where a router on the way has forgotten it.
    ///
    /// [`KEEP_ALIVE`] unless this says otherwise, in whole seconds, 1 to 32767; `None` is never.
    #[must_use]
    pub fn keep_alive(mut self, every: Option<Duration>) -> Self {
        self.keep_alive = every.map(|every| every.clamp(KEEP_ALIVE_LEAST, KEEP_ALIVE_MOST));
        self
    }

    /// The way through this proxy, whatever the configuration says: a URL of scheme `http`, `https`, `socks5` or
    /// `socks5h`. One that cannot be used is an error of [`start`](Self::start).
    #[must_use]
    pub fn proxy(mut self, url: &str) -> Self {
        self.proxy = Some(UrlText::from(url));
        self
    }

    /// TLS with the API server in another way than the configuration says.
    #[must_use]
    pub fn tls(mut self, tls: impl Into<TlsOverride>) -> Self {
        self.tls = Some(tls.into());
        self
    }

    /// A fixed seed in the place of the system's entropy, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The parts of a client.
    ///
    /// # Errors
    /// The configuration or the proxy cannot be used; or the crate was built without a provider of cryptography (features
    /// `ring` and `aws-lc-rs`).
    pub fn start(self, platform: Platform) -> Result<ClientParts, Error> {
        let Self { mut config, settings, pool, limits, keep_alive, seed, proxy, tls: own } = self;
        if let Some(url) = proxy {
            config = config.with_proxy(url.expose())?;
        }
        let session = Session::new(
            &config,
            SessionOptions { settings, seed: seed.unwrap_or(platform.seed), terminal: platform.terminal },
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

/// How often TCP asks a silent peer whether it is there: see [`ClientOptions::keep_alive`].
pub const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// What systems accept: Linux' `TCP_KEEPIDLE` and `TCP_KEEPINTVL`.
const KEEP_ALIVE_LEAST: Duration = Duration::from_secs(1);
const KEEP_ALIVE_MOST: Duration = Duration::from_secs(32767);
