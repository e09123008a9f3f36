//! The client: carries operations out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use kube_proto::config::{Config, Loader, Overrides};
use kube_proto::driver::Session;
use kube_proto::driver::options::{ClientOptions, ClientParts, Platform};
use kube_proto::driver::pool::{Idle, PoolLimits};
use kube_proto::driver::wire::tls::{TlsOverride, TlsRoots};
use kube_proto::driver::wire::{Answered, Connection, Limits, TlsConfigs};
use kube_proto::driver::{Channel, Endpoint, Fault, Operation, Step, Task};
use kube_proto::settings::Settings;
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Parker, wait};
use crate::duplex::Duplex;
use crate::exchange::{Io, Link};
use crate::process::{load, locate};

/// A blocking client. A cheap clone; all clones share connections, credentials and limits, from any thread.
#[derive(Clone)]
pub struct Client {
    session: Session,
    shared: Arc<Shared>,
}

/// What the drivers of one client share.
pub(crate) struct Shared {
    idle: Mutex<Idle<Link>>,
    tls: TlsConfigs,
    limits: Limits,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) answered: Answered,
    pub(crate) clock: Clock,
}

/// How a [`Client`] is made, where [`Client::new`] is not enough.
#[derive(Debug)]
pub struct Builder(ClientOptions);

impl Builder {
    /// Time-outs, limits, retries, the user agent.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self(self.0.settings(settings))
    }

    /// The `User-Agent` header alone, of these settings or the default ones.
    #[must_use]
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        Self(self.0.user_agent(user_agent))
    }

    /// How many idle connections are kept, and for how long.
    #[must_use]
    pub fn pool(self, pool: PoolLimits) -> Self {
        Self(self.0.pool(pool))
    }

    /// What is accepted of a peer's HTTP.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self(self.0.limits(limits))
    }

    /// After so much silence TCP asks the peer whether it is there, 30 seconds unless this says otherwise; `None` is
    /// never: see [`ClientOptions::keep_alive`].
    #[must_use]
    pub fn keep_alive(self, every: Option<Duration>) -> Self {
        Self(self.0.keep_alive(every))
    }

    /// The way through this proxy, whatever the configuration says: see [`ClientOptions::proxy`].
    #[must_use]
    pub fn proxy(self, url: &str) -> Self {
        Self(self.0.proxy(url))
    }

    /// TLS with the API server in another way than the configuration says: a `rustls::ClientConfig`, a verifier, or a change.
    #[must_use]
    pub fn tls(self, tls: impl Into<TlsOverride>) -> Self {
        Self(self.0.tls(tls))
    }

    /// A fixed seed in the place of the system's entropy, for tests.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self(self.0.seed(seed))
    }

    /// The client.
    ///
    /// # Errors
    /// The configuration or the proxy cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdin());
        let platform = Platform { seed: entropy(), terminal, roots: system_roots, alpn: &[] };
        let ClientParts { session, tls, pool, limits, keep_alive, answered } = self.0.start(platform)?;
        let shared =
            Shared { idle: Mutex::new(Idle::new(pool)), tls, limits, keep_alive, answered, clock: Clock::start() };
        Ok(Client { session, shared: Arc::new(shared) })
    }
}

impl Client {
    /// A client for this configuration.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::builder(config).build()
    }

    /// A client for the cluster that kubectl would talk to from here: `KUBECONFIG`, `~/.kube/config`, or the service
    /// account of this pod.
    ///
    /// # Errors
    /// There is no configuration, or it cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::new(load(Loader::new(locate(), Overrides::default()))?.config)
    }

    /// A client that is made step by step: from a [`Config`], or from [`ClientOptions`] of which some are set already.
    #[must_use]
    pub fn builder(options: impl Into<ClientOptions>) -> Builder {
        Builder(options.into())
    }

    /// What the operations of this client share: its namespace, its statistics.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Closes the connections that nobody uses at the moment. By themselves those of which the [age](PoolLimits::age) is
    /// over, or which the server has closed, are closed when connections are next looked for.
    pub fn close_idle(&self) {
        let idle = self.shared.idle().take_all();
        drop(idle);
    }

    /// Carries out an operation with one result.
    ///
    /// # Errors
    /// Whatever the operation ends with; see [`Error`].
    pub fn call<O: Operation>(&self, operation: O) -> Result<O::Item, Error> {
        let mut stream = self.stream(operation);
        match stream.next() {
            Some(result) => result,
            None => Err(Error::misuse("the operation ended without a result: use `stream`")),
        }
    }

    /// Carries out an operation with many results, as they are asked for.
    pub fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        let parker = Arc::<Parker>::default();
        Stream {
            task: Task::new(operation, self.session.clone()),
            io: Io::new(Arc::clone(&self.shared)),
            waker: Waker::from(Arc::clone(&parker)),
            parker,
            clock: self.shared.clock,
            ended: false,
        }
    }

    /// Carries out an upgrade, and hands over the two-way session that it became.
    ///
    /// # Errors
    /// The server refused, and said why; or any other failure on the way.
    pub fn open<C: Channel, O: Operation<Item = C>>(&self, operation: O) -> Result<Duplex<C>, Error> {
        let mut stream = self.stream(operation);
        let channel = match stream.next() {
            Some(channel) => channel?,
            None => return Err(Error::misuse("the operation ended without a session")),
        };
        match stream.io.switched() {
            Some(link) => Ok(Duplex::new(channel, link, self.shared.clock)),
            None => Err(Error::misuse("the operation yielded a session without a connection")),
        }
    }

    /// Carries out many operations, at most `concurrent` at once. The results are in the order of the operations; one
    /// that fails does not disturb the others.
    pub fn batch<O>(&self, operations: impl IntoIterator<Item = O>, concurrent: usize) -> Vec<Result<O::Item, Error>>
    where
        O: Operation + Send,
        O::Item: Send,
    {
        let waiting: VecDeque<(usize, O)> = operations.into_iter().enumerate().collect();
        let (count, results) = (waiting.len(), Mutex::new(Vec::new()));
        let waiting = Mutex::new(waiting);
        let work = || {
            // Not in the loop's head: there the lock would be held through its body.
            let next = || lock(&waiting).pop_front();
            while let Some((place, operation)) = next() {
                let result = self.call(operation);
                lock(&results).push((place, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..concurrent.clamp(1, count.max(1)) {
                // Where there is no thread to be had, those that are there do its work.
                if std::thread::Builder::new().name("kube-batch".into()).spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", &self.session).finish_non_exhaustive()
    }
}

/// An operation being carried out: an iterator over its results.
///
/// Dropped at any point, it closes what was in flight, and nothing half-read is used again.
#[derive(Debug)]
pub struct Stream<O> {
    task: Task<O>,
    io: Io,
    parker: Arc<Parker>,
    waker: Waker,
    clock: Clock,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    /// Stops this stream from another thread, wherever it is blocked.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.parker.arm();
        Stopper(Arc::clone(&self.parker))
    }

    /// The operation, with what it tells about itself.
    #[must_use]
    pub fn operation(&self) -> &O {
        self.task.operation()
    }

    /// An error is said once; after it, as after any end, there is nothing more.
    fn end(&mut self, result: Result<(), Error>) -> Option<Result<O::Item, Error>> {
        self.io.abort();
        let first = !std::mem::replace(&mut self.ended, true);
        result.err().filter(|_| first).map(Err)
    }
}

impl<O: Operation> Iterator for Stream<O> {
    type Item = Result<O::Item, Error>;

    /// The next result; blocks until there is one. A stream that was stopped ends with [`ErrorKind::Stopped`].
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.parker.is_stopped() {
                return self.end(Err(Error::new(ErrorKind::Stopped)));
            }
            let now = self.clock.now();
            match self.task.turn(now, &self.waker, || self.io.ready(now.mono)) {
                Step::Yield(item) => return Some(Ok(item)),
                Step::Done(result) => return self.end(result),
                Step::Do(effect) => self.io.start(effect, now.mono),
                Step::Wait(until) if self.task.in_flight() => self.io.block(&self.parker, until, now.mono),
                Step::Wait(until) => wait(None, &self.parker, until, now.mono),
            }
        }
    }
}

/// Stops a [`Stream`] from another thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Parker>);

impl Stopper {
    /// Stops it, at once: its `next` returns with [`ErrorKind::Stopped`], its connection is closed.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Shared {
    pub(crate) fn idle(&self) -> MutexGuard<'_, Idle<Link>> {
        lock(&self.idle)
    }

    /// A connection for a fresh socket to this endpoint.
    pub(crate) fn connection(&self, to: &Endpoint) -> Result<Connection, Fault> {
        if self.tls.finds_roots(to) {
            self.tls.find_roots();
        }
        self.tls.connection(to, self.limits)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A seed from the system's entropy: the standard library seeds its hash maps with it.
fn entropy() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0u8)
}

fn system_roots() -> Result<TlsRoots, Fault> {
    let found = rustls_native_certs::load_native_certs();
    TlsRoots::found(found.certs, found.errors.first().map(|error| error as _))
}
