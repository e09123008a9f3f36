//! The client: carries operations out.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use kube_proto::config::{Config, Loader, Overrides};
use kube_proto::driver::Session;
use kube_proto::driver::options::{ClientOptions, ClientParts, Platform};
use kube_proto::driver::pool::{Idle, PoolLimits};
use kube_proto::driver::wire::tls::{TlsOverride, TlsRoots};
use kube_proto::driver::wire::{Answered, Connection, Limits, TlsConfigs};
use kube_proto::driver::{Channel, Endpoint, Fault, Operation, Step, Task};
use kube_proto::settings::Settings;
use kube_proto::{Error, ErrorKind};

use crate::clock::{Alarm, Clock, Parker, wait};
use crate::duplex::Duplex;
use crate::exchange::{Io, Link};
use crate::process::{load, locate};

/// An async client. A cheap clone; all clones share connections, credentials and limits, from any thread and executor.
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
    pub async fn from_env() -> Result<Self, Error> {
        Self::new(load(Loader::new(locate(), Overrides::default())).await?.config)
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
    pub fn call<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Item, Error>> + use<O> {
        let mut stream = self.stream(operation);
        async move {
            match stream.next().await {
                Some(result) => result,
                None => Err(Error::misuse("the operation ended without a result: use `stream`")),
            }
        }
    }

    /// Carries out an operation with many results, as they are asked for.
    pub fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        Stream {
            task: Task::new(operation, self.session.clone()),
            io: Io::new(Arc::clone(&self.shared)),
            parker: Arc::default(),
            alarm: Alarm::new(self.shared.clock),
            clock: self.shared.clock,
            ended: false,
        }
    }

    /// Carries out an upgrade, and hands over the two-way session that it became.
    ///
    /// # Errors
    /// The server refused, and said why; or any other failure on the way.
    pub fn open<C: Channel, O: Operation<Item = C>>(
        &self,
        operation: O,
    ) -> impl Future<Output = Result<Duplex<C>, Error>> + use<C, O> {
        let mut stream = self.stream(operation);
        async move {
            let channel = match stream.next().await {
                Some(channel) => channel?,
                None => return Err(Error::misuse("the operation ended without a session")),
            };
            match stream.io.switched() {
                Some(link) => Ok(Duplex::new(channel, link, stream.clock)),
                None => Err(Error::misuse("the operation yielded a session without a connection")),
            }
        }
    }

    /// Carries out many operations, at most `concurrent` at once. The results are in the order of the operations; one
    /// that fails does not disturb the others.
    pub fn batch<O, I>(
        &self,
        operations: I,
        concurrent: usize,
    ) -> impl Future<Output = Vec<Result<O::Item, Error>>> + use<O, I>
    where
        O: Operation,
        I: IntoIterator<Item = O>,
    {
        let waiting: VecDeque<(usize, O)> = operations.into_iter().enumerate().collect();
        let client = self.clone();
        async move {
            let (count, results) = (waiting.len(), Mutex::new(Vec::new()));
            let waiting = Mutex::new(waiting);
            let worker = || async {
                let next = || lock(&waiting).pop_front();
                while let Some((place, operation)) = next() {
                    let result = client.call(operation).await;
                    lock(&results).push((place, result));
                }
            };
            Workers::new((0..concurrent.clamp(1, count.max(1))).map(|_| worker())).await;
            let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
            results.sort_by_key(|(place, _)| *place);
            results.into_iter().map(|(_, result)| result).collect()
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", &self.session).finish_non_exhaustive()
    }
}

/// An operation being carried out: a stream of its results.
///
/// What is in flight lives in it, and not in the future of one [`next`](Self::next): that may be dropped and made anew at
/// any time, and nothing is lost. The stream itself dropped at any point, it closes what was in flight, and nothing
/// half-read is used again.
#[derive(Debug)]
pub struct Stream<O> {
    task: Task<O>,
    io: Io,
    parker: Arc<Parker>,
    alarm: Alarm,
    clock: Clock,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    /// The next result. A stream that was stopped ends with [`ErrorKind::Stopped`].
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|cx| futures_core::Stream::poll_next(Pin::new(self), cx)).await
    }

    /// Stops this stream from another task or thread, wherever it waits.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
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

/// Nothing in it is ever pinned: an operation is a value.
impl<O> Unpin for Stream<O> {}

impl<O: Operation> futures_core::Stream for Stream<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.parker.is_stopped() {
                return Poll::Ready(this.end(Err(Error::new(ErrorKind::Stopped))));
            }
            let now = this.clock.now();
            match this.task.turn(now, cx.waker(), || this.io.ready(now.mono, cx)) {
                Step::Yield(item) => return Poll::Ready(Some(Ok(item))),
                Step::Done(result) => return Poll::Ready(this.end(result)),
                Step::Do(effect) => this.io.start(effect, now.mono),
                Step::Wait(until) if this.task.in_flight() => {
                    ready!(this.io.block(&this.parker, &mut this.alarm, until, now.mono, cx));
                }
                // Nothing but the clock, the core and a stopper is waited for: none of these fails.
                Step::Wait(until) => ready!(wait(None, &this.parker, &mut this.alarm, until, cx)).unwrap_or_default(),
            }
        }
    }
}

/// Stops a [`Stream`] from another task or thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Parker>);

impl Stopper {
    /// Stops it, at once: its task is woken, its `next` is ready with [`ErrorKind::Stopped`], its connection is closed.
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
        self.tls.connection(to, self.limits)
    }

    /// Whether that has to read the system's certificates first.
    pub(crate) fn finds_roots(&self, to: &Endpoint) -> bool {
        self.tls.finds_roots(to)
    }

    /// Reads them; blocks.
    pub(crate) fn find_roots(&self) {
        self.tls.find_roots();
    }
}

/// Futures that are carried on at once, each only when it was woken.
struct Workers<F> {
    working: Vec<(Pin<Box<F>>, Arc<Bell>)>,
    woken: Arc<AtomicWaker>,
}

/// Tells that one of the [`Workers`] is to be polled.
struct Bell {
    rung: AtomicBool,
    woken: Arc<AtomicWaker>,
}

impl<F: Future<Output = ()>> Workers<F> {
    fn new(all: impl Iterator<Item = F>) -> Self {
        let woken = Arc::<AtomicWaker>::default();
        let bell = || Arc::new(Bell { rung: AtomicBool::new(true), woken: Arc::clone(&woken) });
        Self { working: all.map(|worker| (Box::pin(worker), bell())).collect(), woken }
    }
}

impl<F: Future<Output = ()>> Future for Workers<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.woken.register(cx.waker());
        self.working.retain_mut(|(worker, bell)| {
            let rung = bell.rung.swap(false, Ordering::AcqRel);
            !rung || worker.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(bell)))).is_pending()
        });
        if self.working.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.woken.wake();
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
