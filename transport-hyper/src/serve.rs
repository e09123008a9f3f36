//! Webhooks on tokio's sockets: a task for each connection.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Response;
use kube_proto::Error;
use kube_proto::admission::{Gate, Guest, Handlers, Job, Readiness, ServeOptions, Visit, VisitStep, Wanted};
use kube_proto::driver::wire::ServerConnection;
use kube_proto::driver::wire::tls::{Clock as TlsClock, Rotation, ServerTls, rustls};
use kube_proto::driver::{Moment, Now};
use kube_transport_system::read_file;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until};

/// Serves webhooks on this listener: HTTP/1.1, in TLS or without. [`WebhookServer::run`] does the work.
///
/// API servers call webhooks only in TLS. [`Handlers`] are the same for every transport. A handler that only computes runs
/// in the task of its connection, a [blocking](kube_proto::admission::Handler::blocking) one on a thread of tokio's for
/// that. HTTP/1.1 is the core's: it is what API servers speak to webhooks.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use kube_transport_hyper::proto::admission::{Answer, Handlers, Review, validating_async};
/// use kube_transport_hyper::proto::config::Secret;
/// use kube_transport_hyper::proto::driver::wire::tls::{ServerIdentity, ServerTls, provider};
/// use kube_transport_hyper::{DynamicObject, serve};
///
/// let handlers = Handlers::new().at("/validate", validating_async(|review: Review<DynamicObject>| async move {
///     if review.user.username == "mallory" { Answer::deny("not you") } else { Answer::allow() }
/// }));
/// let key = Secret::new(std::fs::read_to_string("/tls/tls.key")?);
/// let identity = ServerIdentity::new(&std::fs::read("/tls/tls.crt")?, &key, provider()?)?;
/// let listener = std::net::TcpListener::bind("0.0.0.0:9443")?;
/// serve(listener, Some(ServerTls::new(identity)), handlers)?.run().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The identity cannot be used, or the listener cannot be made non-blocking.
///
/// # Panics
/// There is no tokio runtime, or it has no IO.
pub fn serve(
    listener: std::net::TcpListener,
    tls: Option<ServerTls>,
    handlers: Handlers,
) -> Result<WebhookServer, Error> {
    let listening = |error: io::Error| Error::misuse(format!("the listener cannot be used: {error}"));
    listener.set_nonblocking(true).map_err(listening)?;
    let listener = TcpListener::from_std(listener).map_err(listening)?;
    let clock = TlsClock::default();
    let rotation = tls.as_ref().and_then(ServerTls::rotation);
    let tls = tls.map(|tls| tls.config(Arc::new(clock.clone()))).transpose()?.map(Arc::new);
    let tls = Tls { config: tls, clock, rotation };
    let (options, gate) = (ServeOptions::default(), Gate::new(ServeOptions::default().connections));
    Ok(WebhookServer { listener, tls, handlers, options, clock: Clock::start(), gate })
}

/// A webhook server: see [`serve`].
pub struct WebhookServer {
    listener: TcpListener,
    tls: Tls,
    handlers: Handlers,
    options: ServeOptions,
    clock: Clock,
    gate: Gate,
}

struct Tls {
    config: Option<Arc<rustls::ServerConfig>>,
    /// The time for the certificates of clients.
    clock: TlsClock,
    /// The files of the identity.
    rotation: Option<Rotation>,
}

/// Ends a [`WebhookServer`] from another task or thread.
#[derive(Clone, Debug)]
pub struct WebhookStopper {
    gate: Gate,
    readiness: Readiness,
}

impl WebhookStopper {
    /// The server is not ready any more and accepts no more connections. It finishes the requests that it has begun to
    /// answer, closes idle connections, and [`WebhookServer::run`] returns.
    pub fn stop(&self) {
        self.readiness.set(false);
        self.gate.stop();
    }
}

impl WebhookServer {
    /// Sets the limits. Call it before [`stopper`](Self::stopper).
    #[must_use]
    pub fn options(mut self, options: ServeOptions) -> Self {
        self.options = options;
        self.gate = Gate::new(options.connections);
        self
    }

    /// The local address, with the port that was chosen.
    ///
    /// # Errors
    /// The system does not know it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Ends [`run`](Self::run) from another task or thread.
    #[must_use]
    pub fn stopper(&self) -> WebhookStopper {
        WebhookStopper { gate: self.gate.clone(), readiness: self.handlers.readiness() }
    }

    /// Serves until it is stopped, with each connection in a task of the runtime. A failure of a connection affects no
    /// other one.
    ///
    /// # Errors
    /// None at this time.
    pub async fn run(self) -> io::Result<()> {
        let Self { listener, mut tls, handlers, options, clock, gate } = self;
        let mut files = pin!(rotate(tls.rotation.take()));
        while let Some(accepted) = accept(&listener, &gate, files.as_mut()).await {
            // The peer is gone already, or this process has too many files open: others may be accepted.
            let Ok(socket) = accepted else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let _ = socket.set_nodelay(true);
            let now = clock.now();
            tls.clock.set(now.unix);
            let connection = match &tls.config {
                None => ServerConnection::plain(options.limits, now),
                Some(config) => match ServerConnection::tls(Arc::clone(config), options.limits, now) {
                    Ok(connection) => connection,
                    Err(_) => continue,
                },
            };
            if let Some(guest) = gate.admit(now.mono) {
                let visit = Visit::new(connection, handlers.clone());
                tokio::spawn(carry(Socket(socket), visit, guest, clock, tls.clock.clone()));
            }
        }
        drop(listener);
        let (mut grace, mut closed) = (Box::pin(tokio::time::sleep(options.grace)), false);
        poll_fn(|cx| {
            if !closed && grace.as_mut().poll(cx).is_ready() {
                closed = true;
                gate.close();
            }
            gate.poll_empty(cx)
        })
        .await;
        Ok(())
    }
}

/// Reads the files of the identity again and again, on a thread that may block. It never ends.
async fn rotate(rotation: Option<Rotation>) {
    let Some(mut rotation) = rotation else { return std::future::pending().await };
    loop {
        let (certificate, key) = rotation.paths();
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let read = move || {
            let read = |path: &Path| read_file(path, Rotation::LIMIT);
            (read(&certificate), read(&key))
        };
        let span = match tokio::task::spawn_blocking(read).await {
            Ok((certificate, key)) => rotation.read(certificate, key),
            // The runtime ends.
            Err(_) => Rotation::EVERY,
        };
        tokio::time::sleep(span).await;
    }
}

/// The next connection, once there is room for it; `None` after the stop.
async fn accept(
    listener: &TcpListener,
    gate: &Gate,
    mut files: Pin<&mut impl Future<Output = ()>>,
) -> Option<io::Result<TcpStream>> {
    poll_fn(|cx| {
        // It never ends.
        let _ = files.as_mut().poll(cx);
        gate.poll_room(cx)
    })
    .await;
    poll_fn(|cx| match gate.poll_stop(cx) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending if files.as_mut().poll(cx).is_ready() => Poll::Ready(None),
        Poll::Pending => listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(socket, _)| socket))),
    })
    .await
}

/// A response that a handler is working on.
type Working = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Serves a connection to its end.
async fn carry(mut socket: Socket, mut visit: Visit, guest: Guest, clock: Clock, tls: TlsClock) {
    let mut work: Option<(u64, Working)> = None;
    let mut timer: Option<(Moment, Pin<Box<Sleep>>)> = None;
    let now = || -> Now {
        let now = clock.now();
        tls.set(now.unix);
        now
    };
    poll_fn(|cx| {
        loop {
            if let Some((ticket, future)) = &mut work {
                if !visit.waits_for(*ticket) {
                    work = None;
                } else if let Poll::Ready(response) = future.as_mut().poll(cx) {
                    visit.answer(*ticket, response, now());
                    work = None;
                }
            }
            let (read, write, until) = match visit.turn(&mut socket, now()) {
                VisitStep::Run(ticket, job) if job.blocks() => {
                    work = Some((ticket, block(job)));
                    continue;
                }
                VisitStep::Run(ticket, job) => {
                    visit.answer(ticket, job.run(), now());
                    continue;
                }
                VisitStep::Later(ticket, job) => {
                    work = Some((ticket, Box::pin(job)));
                    continue;
                }
                VisitStep::HalfClose => {
                    // An error means that the client is gone: the next turn finds that out.
                    let _ = socket.shut(cx);
                    continue;
                }
                VisitStep::Closed => return Poll::Ready(()),
                VisitStep::Wait { read, write, until } => (read, write, until),
            };
            match guest.poll(visit.idle_since(), cx) {
                Wanted::Leave => return Poll::Ready(()),
                Wanted::Stop if visit.stop() => continue,
                Wanted::Stop | Wanted::Stay => {}
            }
            match socket.ready(read, write, cx) {
                Poll::Ready(Ok(())) => continue,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if is_over(&mut timer, until, clock, cx) {
                continue;
            }
            return Poll::Pending;
        }
    })
    .await;
}

/// The moment has come; else the task is woken then.
fn is_over(
    timer: &mut Option<(Moment, Pin<Box<Sleep>>)>,
    until: Option<Moment>,
    clock: Clock,
    cx: &mut Context<'_>,
) -> bool {
    let Some(until) = until else {
        *timer = None;
        return false;
    };
    if timer.as_ref().is_none_or(|(moment, _)| *moment != until) {
        *timer = Some((until, Box::pin(sleep_until(clock.instant(until)))));
    }
    timer.as_mut().is_some_and(|(_, timer)| timer.as_mut().poll(cx).is_ready())
}

impl fmt::Debug for WebhookServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookServer")
            .field("listener", &self.listener)
            .field("tls", &self.tls.config.is_some())
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}

/// A handler on a thread that may block. It does not panic.
fn block(job: Job) -> Working {
    let running = tokio::task::spawn_blocking(move || job.run());
    Box::pin(async move { running.await.unwrap_or_else(|_| Handlers::too_late()) })
}

/// The clocks of the runtime and of the system, for the core.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: Moment::after_zero(self.0.elapsed()), unix }
    }

    fn instant(self, moment: Moment) -> Instant {
        let far = Duration::from_secs(3600);
        self.0.checked_add(moment.since_zero()).unwrap_or_else(|| Instant::now() + far)
    }
}

/// A socket whose reads and writes do not block.
struct Socket(TcpStream);

impl Socket {
    /// Ready if the socket may be readable, or writable. Otherwise the task is woken then.
    fn ready(&self, read: bool, write: bool, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if read && let Poll::Ready(ready) = self.0.poll_read_ready(cx) {
            return Poll::Ready(ready);
        }
        if write && let Poll::Ready(ready) = self.0.poll_write_ready(cx) {
            return Poll::Ready(ready);
        }
        Poll::Pending
    }

    /// Ends the sending side.
    fn shut(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut self.0), cx)
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(into)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
