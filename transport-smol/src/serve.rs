//! Webhooks on smol's sockets: a future for each connection.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::{Async, Timer};
use bytes::Bytes;
use http::Response;
use kube_proto::Error;
use kube_proto::admission::{Gate, Guest, Handlers, Readiness, ServeOptions, Visit, VisitStep, Wanted};
use kube_proto::driver::wire::ServerConnection;
use kube_proto::driver::wire::tls::{Clock as TlsClock, Rotation, ServerTls, rustls};
use kube_proto::driver::{Moment, Now};
use kube_transport_system::read_file;

use crate::clock::Clock;
use crate::socket::{Interest, Socket};
use crate::workers::Workers;

/// Serves webhooks on this listener: HTTP/1.1, in TLS or without. [`WebhookServer::run`] does the work, on any executor.
///
/// API servers call webhooks only in TLS. [`Handlers`] are the same for every transport. A handler that only computes runs
/// in the task of its connection, a [blocking](kube_proto::admission::Handler::blocking) one on a thread of the crate
/// `blocking`.
///
/// ```no_run
/// use kube_transport_smol::proto::admission::{Answer, Handlers, Review, validating_async};
/// use kube_transport_smol::proto::config::Secret;
/// use kube_transport_smol::proto::driver::wire::tls::{ServerIdentity, ServerTls, provider};
/// use kube_transport_smol::{DynamicObject, serve};
///
/// let handlers = Handlers::new().at("/validate", validating_async(|review: Review<DynamicObject>| async move {
///     if review.user.username == "mallory" { Answer::deny("not you") } else { Answer::allow() }
/// }));
/// let key = Secret::new(std::fs::read_to_string("/tls/tls.key")?);
/// let identity = ServerIdentity::new(&std::fs::read("/tls/tls.crt")?, &key, provider()?)?;
/// let listener = std::net::TcpListener::bind("0.0.0.0:9443")?;
/// smol::block_on(serve(listener, Some(ServerTls::new(identity)), handlers)?.run())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The identity cannot be used, or the listener cannot be made non-blocking.
pub fn serve(listener: TcpListener, tls: Option<ServerTls>, handlers: Handlers) -> Result<WebhookServer, Error> {
    let listening = |error: io::Error| Error::misuse(format!("the listener cannot be used: {error}"));
    let listener = Async::new(listener).map_err(listening)?;
    let clock = TlsClock::default();
    let rotation = tls.as_ref().and_then(ServerTls::rotation);
    let tls = tls.map(|tls| tls.config(Arc::new(clock.clone()))).transpose()?.map(Arc::new);
    let tls = Tls { config: tls, clock, rotation };
    let (options, gate) = (ServeOptions::default(), Gate::new(ServeOptions::default().connections));
    Ok(WebhookServer { listener, tls, handlers, options, clock: Clock::start(), gate })
}

/// A webhook server: see [`serve`].
pub struct WebhookServer {
    listener: Async<TcpListener>,
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
        self.listener.get_ref().local_addr()
    }

    /// Ends [`run`](Self::run) from another task or thread.
    #[must_use]
    pub fn stopper(&self) -> WebhookStopper {
        WebhookStopper { gate: self.gate.clone(), readiness: self.handlers.readiness() }
    }

    /// Serves until it is stopped, with all connections in the task that polls this future. A failure of a connection
    /// affects no other one.
    ///
    /// # Errors
    /// None at this time.
    pub async fn run(self) -> io::Result<()> {
        let accepted = Mutex::new(Vec::new());
        let take = || std::mem::take(&mut *accepted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut guests = Workers::new(std::iter::empty());
        let mut server = pin!(self.run_on(|guest| accepted.lock().unwrap_or_else(PoisonError::into_inner).push(guest)));
        poll_fn(|cx| {
            let over = server.as_mut().poll(cx);
            take().into_iter().for_each(|guest| guests.push(guest));
            guests.turn(cx);
            over
        })
        .await
    }

    /// Serves until it is stopped, with each connection in a task of its own: `spawn` starts it, on an executor with any
    /// number of threads.
    ///
    /// # Errors
    /// None at this time.
    pub async fn run_on(self, mut spawn: impl FnMut(Pin<Box<dyn Future<Output = ()> + Send>>)) -> io::Result<()> {
        let Self { listener, mut tls, handlers, options, clock, gate } = self;
        let mut files = pin!(rotate(tls.rotation.take()));
        while let Some(accepted) = accept(&listener, &gate, files.as_mut()).await {
            // The peer is gone already, or this process has too many files open: others may be accepted.
            let Ok(socket) = accepted else {
                Timer::after(Duration::from_millis(100)).await;
                continue;
            };
            let _ = socket.get_ref().set_nodelay(true);
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
                spawn(Box::pin(carry(Socket::new(socket), visit, guest, clock, tls.clock.clone())));
            }
        }
        drop(listener);
        let (mut grace, mut closed) = (Timer::after(options.grace), false);
        poll_fn(|cx| {
            if !closed && Pin::new(&mut grace).poll(cx).is_ready() {
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
        let (certificate, key) = blocking::unblock(read).await;
        let span = rotation.read(certificate, key);
        Timer::after(span).await;
    }
}

/// The next connection, once there is room for it; `None` after the stop.
async fn accept(
    listener: &Async<TcpListener>,
    gate: &Gate,
    mut files: Pin<&mut impl Future<Output = ()>>,
) -> Option<io::Result<Async<TcpStream>>> {
    poll_fn(|cx| {
        // It never ends.
        let _ = files.as_mut().poll(cx);
        gate.poll_room(cx)
    })
    .await;
    let mut accept = pin!(listener.accept());
    poll_fn(|cx| match gate.poll_stop(cx) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending if files.as_mut().poll(cx).is_ready() => Poll::Ready(None),
        Poll::Pending => accept.as_mut().poll(cx).map(|accepted| Some(accepted.map(|(socket, _)| socket))),
    })
    .await
}

/// A response that a handler is working on.
type Working = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Serves a connection to its end.
async fn carry(mut socket: Socket, mut visit: Visit, guest: Guest, clock: Clock, tls: TlsClock) {
    let mut work: Option<(u64, Working)> = None;
    let mut timer: Option<(Moment, Timer)> = None;
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
            let (read, write, until) = match visit.turn(&mut socket.turn(cx), now()) {
                VisitStep::Run(ticket, job) if job.blocks() => {
                    work = Some((ticket, Box::pin(blocking::unblock(move || job.run()))));
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
                    socket.shut(Shutdown::Write);
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
            let interest = match (read, write) {
                (true, true) => Some(Interest::ReadWrite),
                (true, false) => Some(Interest::Read),
                (false, true) => Some(Interest::Write),
                (false, false) => None,
            };
            match interest.map(|interest| socket.wait(interest, cx)) {
                Some(Poll::Ready(Ok(()))) => continue,
                Some(Poll::Ready(Err(_))) => return Poll::Ready(()),
                Some(Poll::Pending) | None => {}
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
fn is_over(timer: &mut Option<(Moment, Timer)>, until: Option<Moment>, clock: Clock, cx: &mut Context<'_>) -> bool {
    let Some(until) = until else {
        *timer = None;
        return false;
    };
    if timer.as_ref().is_none_or(|(moment, _)| *moment != until) {
        *timer = Some((until, clock.timer(until)));
    }
    timer.as_mut().is_some_and(|(_, timer)| Pin::new(timer).poll(cx).is_ready())
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
