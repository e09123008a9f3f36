//! The state that operations share: credentials, limits, counters, a seeded generator.
//!
//! Clones of a [`Session`] share one state. Its locks are held briefly: never while a document is decoded, and never
//! while a `Waker` is woken, cloned or dropped.

pub(crate) mod breaker;
pub(crate) mod bucket;
pub(crate) mod budget;
pub(crate) mod limiter;
mod pace;
pub(crate) mod retry;
pub(crate) mod single_flight;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Duration;

use breaker::Breaker;
use budget::Budget;
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
pub struct Session {
    shared: Arc<Shared>,
    deadline: Option<Arc<Deadline>>,
}

/// One deadline for the operations of several calls.
struct Deadline {
    limit: Duration,
    /// Set when the first of them begins.
    until: OnceLock<Moment>,
}

struct Shared {
    endpoint: Endpoint,
    /// The URL of the server, for errors and observers.
    server: String,
    prefix: String,
    namespace: String,
    /// `User-Agent` and the impersonation headers: the same on every request.
    headers: HeaderMap,
    settings: Settings,
    auth: Auth,
    limiter: Limiter,
    budget: Budget,
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
        let shared = Arc::new(Shared {
            prefix: config.server.path_prefix.clone(),
            namespace: config.default_namespace.clone(),
            headers,
            auth,
            limiter: Limiter::new(&settings, &clock).observed(observers.clone()),
            budget: Budget::new(settings.retry_budget),
            breaker: Breaker::new(settings.breaker, seed, &clock).observed(observers.clone()),
            flights: Flights::new(&clock),
            server: endpoint.to_string(),
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
        });
        Ok(Self { shared, deadline: None })
    }

    /// The same session; its operations must all end within this time, counted from the turn in which the first of them
    /// begins. Repetitions, waits for permits, tokens and credentials, and recoveries of watches are included.
    ///
    /// | operation | what the deadline ends |
    /// |---|---|
    /// | a call, an edit, a list in pages | all of it, if its own total time-out is not earlier |
    /// | a watch, an informer, a log | the opening, and then the stream, when it next has to wait for the server |
    /// | exec, attach, port-forward, a copy | the opening: the credential, the request, its 101. An open session is not bounded: close it, or drop it |
    /// | a session of a driver's own | the same, for each [`Upgrade`](crate::api::Upgrade) |
    ///
    /// The error is [`ErrorKind::Timeout`](crate::ErrorKind::Timeout), of stage `Total` unless a permit or a credential was awaited. A
    /// second deadline replaces the first if it is earlier.
    #[must_use]
    pub fn with_deadline(&self, limit: Duration) -> Self {
        let mut deadline = Deadline { limit, until: OnceLock::new() };
        if let Some(outer) = &self.deadline
            && let Some(end) = outer.until.get()
        {
            let left = end.since(self.shared.clock.mono());
            deadline.limit = limit.min(left);
        } else if let Some(outer) = &self.deadline {
            deadline.limit = limit.min(outer.limit);
        }
        Self { shared: Arc::clone(&self.shared), deadline: Some(Arc::new(deadline)) }
    }

    /// The deadline of this session's operations, and its length.
    pub(crate) fn deadline(&self, now: Moment) -> Option<(Moment, Duration)> {
        self.deadline
            .as_ref()
            .map(|deadline| (*deadline.until.get_or_init(|| now.after(deadline.limit)), deadline.limit))
    }

    /// The API server.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// The prefix of every request path: empty, or for example `/k8s/clusters/c-1`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// The namespace of calls without one.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The counters of the session.
    #[must_use]
    pub fn statistics(&self) -> Stats {
        self.shared.stats.snapshot()
    }

    /// The error of writing the tokens of the last refresh back to the kubeconfig, if that failed. This session uses
    /// the tokens, but the next program may need a new login. See [`Settings::write_back`].
    #[must_use]
    pub fn unsaved(&self) -> Option<Error> {
        self.shared.auth.unsaved()
    }

    /// A generator for the next operation. Each call gives another one, in a fixed order.
    #[must_use]
    pub fn random(&self) -> Random {
        generator(self.shared.seed, self.shared.operations.fetch_add(1, Ordering::Relaxed))
    }

    /// The seed, and how many generators were given so far.
    pub(crate) fn chance(&self) -> (u64, u64) {
        (self.shared.seed, self.shared.operations.load(Ordering::Relaxed))
    }

    /// Seconds since 1970-01-01T00:00:00Z as last observed. TLS reads the time from here.
    #[must_use]
    pub fn unix_clock(&self) -> Arc<AtomicU64> {
        self.shared.clock.unix_seconds()
    }

    /// The record of a connection to this endpoint, for a driver that begins to dial. It is empty if there is no observer.
    #[must_use]
    pub fn connecting(&self, to: &Endpoint, now: Moment) -> ConnectionRecord {
        let Shared { observers, connections, clock, .. } = &*self.shared;
        if !observers.any() {
            return ConnectionRecord::default();
        }
        let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
        ConnectionRecord::dialing(observers, clock, number, to, now)
    }

    pub(crate) fn observe(&self, now: Now) {
        self.shared.clock.observe(now);
    }

    /// The latest time that the session knows.
    pub(crate) fn latest(&self) -> Moment {
        self.shared.clock.mono()
    }

    /// The URL of the server, without credentials.
    pub(crate) fn server(&self) -> &str {
        &self.shared.server
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.shared.headers
    }

    pub(crate) fn auth(&self) -> &Auth {
        &self.shared.auth
    }

    pub(crate) fn auth_context<'a>(&'a self, now: Now, waker: &'a Waker) -> Context<'a> {
        let Shared { auth, settings, stats, warnings, observers, .. } = &*self.shared;
        auth.context(settings, stats, warnings, observers, now, waker)
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.shared.limiter
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.shared.budget
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.shared.breaker
    }

    pub(crate) fn flights(&self) -> &Arc<Flights> {
        &self.shared.flights
    }

    pub(crate) fn warnings(&self) -> &Warnings {
        &self.shared.warnings
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.shared.observers
    }

    /// Begins the observation of a call, if there is an observer.
    pub(crate) fn observe_call(&self, subject: impl FnOnce() -> Subject, now: Now) -> Option<Box<Observed>> {
        let Shared { observers, observed, clock, seed, .. } = &*self.shared;
        observers.any().then(|| {
            let number = observed.fetch_add(1, Ordering::Relaxed) + 1;
            // Another sequence than that of the operations: an observer does not change what they draw.
            Box::new(Observed::start(observers, subject(), number, clock, generator(!seed, number), now))
        })
    }

    pub(crate) fn stats(&self) -> &Counters {
        &self.shared.stats
    }
}

/// The generator of this number: its seed is the number of this place in the sequence of `seed`.
fn generator(seed: u64, number: u64) -> Random {
    Random::new(Random::new(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95)).draw())
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("endpoint", &self.shared.endpoint).finish_non_exhaustive()
    }
}
