//! What operations share: credentials, limits, statistics, a seeded generator.
//!
//! A [`Session`] is a cheap clone of one shared state. It locks inside itself for moments, never while a document is
//! decoded, and never wakes, clones or drops a `Waker` under a lock.

mod auth;
mod breaker;
mod clock;
mod flights;
mod lease;
mod limiter;
mod random;
pub(crate) mod retry;
mod settings;
mod stats;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::{Config, CredentialConfig, Impersonate, OidcProvider, Secret};
use crate::effect::{Endpoint, Tls};
use crate::error::Error;
use crate::time::Now;

pub(crate) use auth::{Acquire, Acquired, Auth, Grant, Refusal, Refusals};
pub(crate) use breaker::Breaker;
pub use breaker::BreakerPolicy;
pub(crate) use clock::Clock;
pub(crate) use flights::{Flight, Flights, Landed, Question};
pub(crate) use lease::{Lease, RECHECK, RENEW, Ticket};
pub use limiter::Rate;
pub(crate) use limiter::{Admission, Limiter, NotNow};
pub use random::Random;
pub use retry::RetryPolicy;
pub use settings::{Limits, Settings, Timeouts};
pub use stats::Stats;

use auth::{Credentials, ExecSource, FileSource, OidcHome, OidcSource, TokenRequestSource};

/// What the operations of one client share. A cheap clone.
#[derive(Clone)]
pub struct Session(Arc<Shared>);

struct Shared {
    endpoint: Endpoint,
    prefix: String,
    namespace: String,
    /// `User-Agent` and the impersonation headers: the same on every request.
    headers: HeaderMap,
    settings: Settings,
    auth: Auth,
    limiter: Limiter,
    breaker: Breaker,
    flights: Arc<Flights>,
    clock: Arc<Clock>,
    seed: u64,
    operations: AtomicU64,
    identities: AtomicU64,
    stats: stats::Counters,
    unsaved: Mutex<Option<Error>>,
}

impl Session {
    /// A session for this configuration.
    ///
    /// All randomness of its operations comes from `seed`: production takes it from the system's entropy, a test
    /// chooses it. A request time-out of the configuration is the total time-out of calls, and
    /// its `disable_compression` holds whatever the settings say. `terminal` says whether standard input is a terminal that a credential plugin may use.
    ///
    /// # Errors
    /// The configuration holds something that cannot be sent: a token with a line break, say.
    pub fn new(config: &Config, mut settings: Settings, seed: u64, terminal: bool) -> Result<Self, Error> {
        if let Some(total) = config.request_timeout {
            settings.call.total = Some(total);
        }
        settings.compression &= !config.disable_compression;
        let clock = Arc::<Clock>::default();
        let endpoint = endpoint(config);
        let make = Make { settings: &settings, clock: &clock, terminal };
        let Sourced { source, fixed, headers } = source(config, &config.credential, &make)?;
        let auth = Auth::new(source, endpoint.clone(), fixed, &clock);
        Ok(Self(Arc::new(Shared {
            prefix: config.server.path_prefix.clone(),
            namespace: config.default_namespace.clone(),
            headers,
            auth,
            limiter: Limiter::new(settings.concurrent, settings.rate, &clock),
            breaker: Breaker::new(settings.breaker, &clock),
            flights: Flights::new(&clock),
            endpoint,
            settings,
            clock,
            seed,
            operations: AtomicU64::new(0),
            identities: AtomicU64::new(FIRST_IDENTITY + 1),
            stats: stats::Counters::default(),
            unsaved: Mutex::default(),
        })))
    }

    /// The API server.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// The path that stands before every request's: empty, or `/k8s/clusters/c-1`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// The namespace of calls that name none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What has happened so far.
    #[must_use]
    pub fn statistics(&self) -> Stats {
        self.0.stats.snapshot()
    }

    /// Why the tokens of the last refresh could not be written back to the kubeconfig, if they could not: this session
    /// goes on with them, but the next program may have to log in again. See [`Settings::write_back`].
    #[must_use]
    pub fn unsaved(&self) -> Option<Error> {
        self.0.unsaved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A generator of its own for each operation, drawn in order.
    #[must_use]
    pub fn random(&self) -> Random {
        let number = self.0.operations.fetch_add(1, Ordering::Relaxed);
        // The n-th operation's seed is the n-th number of the session's own sequence.
        Random::new(Random::new(self.0.seed ^ number.wrapping_mul(0xd134_2543_de82_ef95)).draw())
    }

    /// Seconds since 1970-01-01T00:00:00Z as last observed: for TLS, which asks for the time by itself.
    #[must_use]
    pub fn unix_clock(&self) -> Arc<AtomicU64> {
        self.0.clock.unix_seconds()
    }

    pub(crate) fn observe(&self, now: Now) {
        self.0.clock.observe(now);
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    pub(crate) fn auth(&self) -> &Auth {
        &self.0.auth
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.0.breaker
    }

    pub(crate) fn flights(&self) -> &Arc<Flights> {
        &self.0.flights
    }

    pub(crate) fn stats(&self) -> &stats::Counters {
        &self.0.stats
    }

    /// Whether tokens could be written back.
    pub(crate) fn note_unsaved(&self, error: Option<Error>) {
        *self.0.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub(crate) fn next_identity(&self) -> u64 {
        self.0.identities.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("endpoint", &self.0.endpoint).finish_non_exhaustive()
    }
}

/// The `Authorization` header for a bearer token.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue, Error> {
    sensitive(format!("Bearer {}", token.expose()), "the token")
}

fn sensitive(text: String, what: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Error::credential(format!("{what} cannot stand in a header: it has a line break or the like")))?;
    value.set_sensitive(true);
    Ok(value)
}

fn endpoint(config: &Config) -> Endpoint {
    let server = &config.server;
    let tls = server.tls.then(|| Tls {
        id: FIRST_IDENTITY,
        server_name: config.tls.server_name.clone().unwrap_or_else(|| server.host.clone()),
        settings: Arc::new(config.tls.clone()),
        api_server: true,
    });
    Endpoint::with_proxy(&*server.host, server.port, tls, config.proxy.clone(), &config.tls)
}

/// Where the credential comes from; a credential that never changes; the headers of every request.
struct Sourced {
    source: Credentials,
    fixed: Option<HeaderValue>,
    headers: HeaderMap,
}

fn source(config: &Config, credential: &CredentialConfig, make: &Make<'_>) -> Result<Sourced, Error> {
    let (source, fixed) = match credential {
        CredentialConfig::None => (Credentials::Fixed, None),
        CredentialConfig::Bearer(token) => (Credentials::Fixed, Some(bearer(token)?)),
        CredentialConfig::Basic { username, password } => {
            let pair = BASE64_STANDARD.encode(format!("{username}:{}", password.expose()));
            (Credentials::Fixed, Some(sensitive(format!("Basic {pair}"), "the password")?))
        }
        CredentialConfig::TokenFile { path, fallback } => {
            (Credentials::File(FileSource::new(path.clone(), fallback.clone())), None)
        }
        CredentialConfig::Exec(exec) => {
            (Credentials::Exec(Box::new(ExecSource::new((**exec).clone(), make.terminal))), None)
        }
        CredentialConfig::AuthProvider { name, config: of, user, file } => {
            let provider = OidcProvider::of(name, of)?;
            let home = file.clone().map(|file| OidcHome { file, user: user.clone() });
            (Credentials::Oidc(Box::new(OidcSource::new(provider, home, config.proxy_env.clone()))), None)
        }
        CredentialConfig::ServiceAccount { token, base } => {
            let Sourced { source, fixed, headers } = source(config, base, make)?;
            let source = TokenRequestSource::new(token, &config.default_namespace, source, fixed, headers, make.clock)?;
            // Whoever may ask for the token may act as somebody for that; the token's owner is who he is.
            let headers = self::headers(None, make.settings)?;
            return Ok(Sourced { source: Credentials::TokenRequest(Box::new(source)), fixed: None, headers });
        }
    };
    Ok(Sourced { source, fixed, headers: headers(config.impersonate.as_ref(), make.settings)? })
}

/// What sources are made with.
struct Make<'a> {
    settings: &'a Settings,
    clock: &'a Arc<Clock>,
    terminal: bool,
}

/// The headers of every request (WIRE §2.6).
fn headers(impersonate: Option<&Impersonate>, settings: &Settings) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, value(&settings.user_agent, "the user agent")?);
    let Some(who) = impersonate else { return Ok(headers) };
    headers.insert(HeaderName::from_static("impersonate-user"), value(&who.user, "the impersonated user")?);
    if let Some(uid) = &who.uid {
        headers.insert(HeaderName::from_static("impersonate-uid"), value(uid, "the impersonated uid")?);
    }
    for group in &who.groups {
        headers.append(HeaderName::from_static("impersonate-group"), value(group, "an impersonated group")?);
    }
    for (key, values) in &who.extra {
        let name = HeaderName::try_from(format!("impersonate-extra-{}", extra_key(key)))
            .map_err(|_| Error::misuse(format!("the impersonated extra key {key:?} is too long for a header")))?;
        for extra in values {
            headers.append(&name, value(extra, "an impersonated extra value")?);
        }
    }
    Ok(headers)
}

/// A key of `Impersonate-Extra-`: every byte that is no token character of RFC 9110, and every `%`, is escaped.
fn extra_key(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&b);
    key.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn value(text: &str, what: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text).map_err(|_| Error::misuse(format!("{what} {text:?} cannot stand in a header")))
}

/// The TLS identity that the configuration gives.
const FIRST_IDENTITY: u64 = 1;
