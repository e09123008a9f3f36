//! The client: carries operations out.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use kube_proto::config::Config;
#[cfg(feature = "tokio")]
use kube_proto::config::{Loader, Overrides};
use kube_proto::driver::Session;
use kube_proto::driver::options::{ClientOptions, ClientParts, Platform};
use kube_proto::driver::pool::PoolLimits;
use kube_proto::driver::wire::tls::{TlsOverride, TlsRoots};
use kube_proto::driver::wire::{Answered, Limits, TlsConfigs};
use kube_proto::driver::{Channel, Fault, Operation, Step, Task};
use kube_proto::settings::Settings;
use kube_proto::{Error, ErrorKind};

use crate::clock::{Alarm, Bell, Clock, Parker, Waiting};
use crate::duplex::Duplex;
use crate::exchange::Io;
use crate::multiplex::{Http2, Pool};
#[cfg(feature = "tokio")]
use crate::process::{load, locate};
use crate::runtime::Runtime;
#[cfg(feature = "tokio")]
use crate::runtime::Tokio;

/// An asynchronous client. A cheap clone; all clones share connections, credentials and limits, from any task.
#[derive(Clone)]
pub struct Client {
    session: Session,
    shared: Arc<Shared>,
}

/// What the drivers of one client share.
pub(crate) struct Shared {
    pool: Mutex<Pool>,
    pub(crate) tls: TlsConfigs,
    pub(crate) limits: Limits,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) answered: Answered,
    pub(crate) http2: Option<Http2>,
    pub(crate) clock: Clock,
}

/// How a [`Client`] is made, where [`Client::new`] is not enough.
pub struct Builder {
    options: ClientOptions,
    http2: Option<Http2>,
    runtime: Option<Arc<dyn Runtime>>,
}

impl Builder {
    /// Time-outs, limits, retries, the user agent.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self { options: self.options.settings(settings), ..self }
    }

    /// The `User-Agent` header alone, of these settings or the default ones.
    #[must_use]
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        Self { options: self.options.user_agent(user_agent), ..self }
    }

    /// How many idle connections are kept, and for how long.
    #[must_use]
    pub fn pool(self, pool: PoolLimits) -> Self {
        Self { options: self.options.pool(pool), ..self }
    }

    /// What is accepted of a peer's HTTP. Of these hyper knows `head` and `headers`; what comes around an answer without
    /// a byte of it is bounded by `head` too.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { options: self.options.limits(limits), ..self }
    }

    /// After so much silence TCP asks the peer whether it is there, 30 seconds unless this says otherwise; `None` is
    /// never: see [`ClientOptions::keep_alive`].
    #[must_use]
    pub fn keep_alive(self, every: Option<Duration>) -> Self {
        Self { options: self.options.keep_alive(every), ..self }
    }

    /// The way through this proxy, whatever the configuration says: see [`ClientOptions::proxy`].
    #[must_use]
    pub fn proxy(self, url: &str) -> Self {
        Self { options: self.options.proxy(url), ..self }
    }

    /// TLS with the API server in another way than the configuration says: a `rustls::ClientConfig`, a verifier, or a change.
    #[must_use]
    pub fn tls(self, tls: impl Into<TlsOverride>) -> Self {
        Self { options: self.options.tls(tls), ..self }
    }

    /// A fixed seed in the place of the system's entropy, for tests.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { options: self.options.seed(seed), ..self }
    }

    /// Whether HTTP/2 is offered to servers with TLS. It is, unless this says otherwise.
    #[must_use]
    pub fn http2(mut self, offered: bool) -> Self {
        self.http2 = offered.then(|| self.http2.unwrap_or_default());
        self
    }

    /// How many bytes an HTTP/2 server may send on one stream before its reader has taken them: 1 MiB unless this says
    /// otherwise; at least 64 KiB less 1 byte, at most 64 MiB. This times the streams in use is what may be held in
    /// memory; a connection carries only as many streams as fit into 1 GiB.
    #[must_use]
    pub fn http2_window(mut self, bytes: u32) -> Self {
        if let Some(http2) = &mut self.http2 {
            http2.window = bytes.clamp(0xffff, 64 << 20);
        }
        self
    }

    /// After how much silence a ping is sent on a connection of HTTP/2, and how long its answer may take before the
    /// connection is given up. 30 and 15 seconds unless this says otherwise.
    #[must_use]
    pub fn http2_ping(mut self, after: Duration, within: Duration) -> Self {
        if let Some(http2) = &mut self.http2 {
            (http2.interval, http2.timeout) = (after, within);
        }
        self
    }

    /// Who runs it, in the place of the tokio runtime that [`build`](Self::build) is called in.
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
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdin());
        let alpn: &[&[u8]] = if self.http2.is_some() { &[b"h2", b"http/1.1"] } else { &[] };
        let platform = Platform { seed: entropy(), terminal, roots: system_roots, alpn };
        let ClientParts { session, tls, pool, limits, keep_alive, answered } = self.options.start(platform)?;
        let (pool, clock) = (Mutex::new(Pool::new(pool)), Clock::start(runtime));
        let shared = Shared { pool, tls, limits, keep_alive, answered, http2: self.http2, clock };
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
    #[cfg(feature = "tokio")]
    pub async fn from_env() -> Result<Self, Error> {
        let loader = Loader::new(locate(), Overrides::default());
        Self::new(load(loader, &Tokio::current()?).await?.config)
    }

    /// A client that is made step by step: from a [`Config`], or from [`ClientOptions`] of which some are set already.
    #[must_use]
    pub fn builder(options: impl Into<ClientOptions>) -> Builder {
        Builder { options: options.into(), http2: Some(Http2::default()), runtime: None }
    }

    /// What the operations of this client share: its namespace, its statistics.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Closes the connections that nobody uses at the moment. By themselves those of which the [age](PoolLimits::age) is
    /// over, or which the server has closed, are closed when connections are next looked for.
    pub fn close_idle(&self) {
        self.shared.close_idle();
    }

    /// Carries out an operation with one result.
    ///
    /// # Errors
    /// Whatever the operation ends with; see [`Error`].
    pub fn call<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Item, Error>> + use<O> {
        let mut stream = self.stream(operation);
        async move { stream.next().await.unwrap_or_else(|| Err(without_result())) }
    }

    /// Carries out an operation with many results, as they are asked for.
    pub fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        Stream {
            task: Task::new(operation, self.session.clone()),
            io: Io::new(Arc::clone(&self.shared)),
            parker: Arc::default(),
            clock: self.shared.clock.clone(),
            alarm: Alarm::default(),
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
        let mut waiting: VecDeque<(usize, O)> = operations.into_iter().enumerate().collect();
        let mut results: Vec<_> = waiting.iter().map(|_| None).collect();
        let (client, awaited) = (self.clone(), Arc::<Waiting>::default());
        let lane = |_| (Bell::of(&awaited), None::<(usize, Stream<O>)>);
        let mut lanes: Vec<_> = (0..concurrent.clamp(1, waiting.len().max(1))).map(lane).collect();
        async move {
            poll_fn(|cx| {
                awaited.enter(0, cx.waker());
                for (bell, work) in &mut lanes {
                    loop {
                        let Some((place, stream)) = work else {
                            let Some((place, operation)) = waiting.pop_front() else { break };
                            *work = Some((place, client.stream(operation)));
                            bell.mark();
                            continue;
                        };
                        let waker = Waker::from(Arc::clone(bell));
                        let polled = if bell.take() { stream.poll(&mut Context::from_waker(&waker)) } else { break };
                        let Poll::Ready(result) = polled else { break };
                        if let Some(kept) = results.get_mut(*place) {
                            *kept = result;
                        }
                        *work = None;
                    }
                }
                if lanes.iter().all(|(_, work)| work.is_none()) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            results.into_iter().map(|result| result.unwrap_or_else(|| Err(without_result()))).collect()
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
/// Dropped at any point, it closes or resets what was in flight, and nothing half-read is used again.
pub struct Stream<O> {
    task: Task<O>,
    io: Io,
    parker: Arc<Parker>,
    clock: Clock,
    alarm: Alarm,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    /// The next result. The future may be dropped at any time, and nothing is lost. A stream that was stopped ends with
    /// [`ErrorKind::Stopped`].
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Stops this stream from another task, wherever it waits.
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

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<O::Item, Error>>> {
        self.parker.park(cx);
        loop {
            if self.parker.is_stopped() {
                return Poll::Ready(self.end(Err(Error::new(ErrorKind::Stopped))));
            }
            match self.task.turn(self.clock.now(), cx.waker(), || self.io.ready(cx)) {
                Step::Yield(item) => return Poll::Ready(Some(Ok(item))),
                Step::Done(result) => return Poll::Ready(self.end(result)),
                Step::Do(effect) => self.io.start(effect),
                Step::Wait(until) => ready!(self.alarm.poll(cx, until, &self.clock)),
            }
        }
    }

    /// An error is said once; after it, as after any end, there is nothing more.
    fn end(&mut self, result: Result<(), Error>) -> Option<Result<O::Item, Error>> {
        self.io.abort();
        let first = !std::mem::replace(&mut self.ended, true);
        result.err().filter(|_| first).map(Err)
    }
}

/// Nothing is ever pinned in it.
impl<O> Unpin for Stream<O> {}

impl<O: Operation> futures_core::Stream for Stream<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<O: fmt::Debug> fmt::Debug for Stream<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("task", &self.task).field("io", &self.io).finish_non_exhaustive()
    }
}

/// Stops a [`Stream`] from another task.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Parker>);

impl Stopper {
    /// Stops it, at once: its `next` returns with [`ErrorKind::Stopped`], its connection is closed or its stream reset.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Shared {
    pub(crate) fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

fn without_result() -> Error {
    Error::misuse("the operation ended without a result: use `stream`")
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

#[allow(unreachable_code, reason = "which lines are there depends on the features")]
fn default_runtime() -> Result<Arc<dyn Runtime>, Error> {
    #[cfg(feature = "tokio")]
    return Ok(Arc::new(Tokio::current()?));
    Err(Error::misuse("a client needs a runtime: give it one, or the feature `tokio` to this crate"))
}
