//! The state that operations share: credentials, limits, counters, a seeded generator.
//!
//! Clones of a [`Session`] share one state. Its locks are held briefly: never while a document is decoded, and never
//! while a `Waker` is woken, cloned or dropped.

pub(crate) mod breaker;
pub(crate) mod limiter;
pub(crate) mod retry;
pub(crate) mod single_flight;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use breaker::Breaker;
use http::HeaderMap;
use limiter::Limiter;
use single_flight::Flights;

use crate::auth::Auth;
use crate::auth::context::Context;
use crate::config::resolved::Config;
use crate::driver::endpoint::Endpoint;
use crate::driver::time::{Moment, Now};
use crate::error::Error;
use crate::lease::clock::Clock;
use crate::observe::call::{Observed, Subject};
use crate::observe::{ConnectionRecord, Observers};
use crate::random::Random;
use crate::response::hook::Warnings;
use crate::settings::Settings;
use crate::stats::{Counters, Stats};

/// The shared state of the operations of one client. Cheap to clone.
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
    stats: Counters,
    warnings: Warnings,
    observers: Observers,
    observed: AtomicU64,
    connections: AtomicU64,
}

/// The options of a new [`Session`].
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// Time-outs, limits, retries, the user agent.
    pub settings: Settings,
    /// The seed of all random numbers of the session. Take it from the system's entropy; in a test, choose it.
    pub seed: u64,
    /// Standard input is a terminal that a credential plugin may use.
    pub terminal: bool,
    /// Where the server's warnings go.
    pub warnings: Warnings,
    /// The observers of each step of the operations.
    pub observers: Observers,
}

impl SessionOptions {
    /// These settings and this seed, without a terminal. Warnings are ignored, and nothing is observed.
    #[must_use]
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self { settings, seed, terminal: false, warnings: Warnings::off(), observers: Observers::none() }
    }
}

impl Session {
    /// A session for this configuration.
    ///
    /// The request time-out of the configuration replaces the total time-out of calls, and its `disable_compression`
    /// overrides the settings.
    ///
    /// # Errors
    /// The configuration holds a value that cannot be sent, for example a token with a line break, or names a plugin that
    /// [`Settings::plugins`] does not allow.
    pub fn new(config: &Config, options: SessionOptions) -> Result<Self, Error> {
        let SessionOptions { mut settings, seed, terminal, warnings, observers } = options;
        if let Some(total) = config.request_timeout {
            settings.call.total = Some(total);
        }
        settings.compression &= !config.disable_compression;
        let clock = Arc::<Clock>::default();
        let (auth, endpoint, headers) = Auth::new(config, &settings, &clock, terminal, seed)?;
        Ok(Self(Arc::new(Shared {
            prefix: config.server.path_prefix.clone(),
            namespace: config.default_namespace.clone(),
            headers,
            auth,
            limiter: Limiter::new(settings.concurrent, settings.rate, &clock),
            breaker: Breaker::new(settings.breaker, seed, &clock).observed(observers.clone()),
            flights: Flights::new(&clock),
            endpoint,
            settings,
            clock,
            seed,
            operations: AtomicU64::new(0),
            stats: Counters::default(),
            warnings,
            observers,
            observed: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        })))
    }

    /// The API server.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// The prefix of every request path: empty, or for example `/k8s/clusters/c-1`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// The namespace of calls without one.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The counters of the session.
    #[must_use]
    pub fn statistics(&self) -> Stats {
        self.0.stats.snapshot()
    }

    /// The error of writing the tokens of the last refresh back to the kubeconfig, if that failed. This session uses
    /// the tokens, but the next program may need a new login. See [`Settings::write_back`].
    #[must_use]
    pub fn unsaved(&self) -> Option<Error> {
        self.0.auth.unsaved()
    }

    /// A generator for the next operation. Each call gives another one, in a fixed order.
    #[must_use]
    pub fn random(&self) -> Random {
        generator(self.0.seed, self.0.operations.fetch_add(1, Ordering::Relaxed))
    }

    /// Seconds since 1970-01-01T00:00:00Z as last observed. TLS reads the time from here.
    #[must_use]
    pub fn unix_clock(&self) -> Arc<AtomicU64> {
        self.0.clock.unix_seconds()
    }

    /// The record of a connection to this endpoint, for a driver that begins to dial. It is empty if there is no observer.
    #[must_use]
    pub fn connecting(&self, to: &Endpoint, now: Moment) -> ConnectionRecord {
        let Shared { observers, connections, clock, .. } = &*self.0;
        if !observers.any() {
            return ConnectionRecord::default();
        }
        let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
        ConnectionRecord::dialing(observers, clock, number, to, now)
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

    pub(crate) fn auth_context<'a>(&'a self, now: Now, waker: &'a Waker) -> Context<'a> {
        let Shared { auth, settings, stats, warnings, observers, .. } = &*self.0;
        auth.context(settings, stats, warnings, observers, now, waker)
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

    pub(crate) fn warnings(&self) -> &Warnings {
        &self.0.warnings
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.0.observers
    }

    /// Begins the observation of a call, if there is an observer.
    pub(crate) fn observe_call(&self, subject: impl FnOnce() -> Subject, now: Now) -> Option<Box<Observed>> {
        let Shared { observers, observed, clock, seed, .. } = &*self.0;
        observers.any().then(|| {
            let number = observed.fetch_add(1, Ordering::Relaxed) + 1;
            // Another sequence than that of the operations: an observer does not change what they draw.
            Box::new(Observed::start(observers, subject(), number, clock, generator(!seed, number), now))
        })
    }

    pub(crate) fn stats(&self) -> &Counters {
        &self.0.stats
    }
}

/// The generator of this number: its seed is the number of this place in the sequence of `seed`.
fn generator(seed: u64, number: u64) -> Random {
    Random::new(Random::new(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95)).draw())
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("endpoint", &self.0.endpoint).finish_non_exhaustive()
    }
}
