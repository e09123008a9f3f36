//! Webhooks on a blocking socket: one thread for all connections, and a bounded number of threads for handlers.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use kube_proto::Error;
use kube_proto::admission::{Handlers, ServeOptions, Visit, VisitStep};
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::tls::{Clock as TlsClock, Rotation, ServerTls, rustls};
use kube_proto::driver::wire::{Admitted, ServerConnection, ServerSeats};
use kube_proto::driver::{Moment, Now};

use kube_transport_system::read_file;

use crate::clock::{Clock, Interest, Parker, wait, wait_for_ready};
use crate::workers::{Work, Workers};

/// Serves webhooks on this listener: HTTP/1.1, in TLS or without. [`WebhookServer::run`] does the work.
///
/// API servers call webhooks only in TLS. [`Handlers`] are the same for every transport; async handlers are polled on a
/// thread of their own here.
///
/// ```no_run
/// use kube_transport_std::proto::admission::{Answer, Handlers, Review, validating};
/// use kube_transport_std::proto::config::Secret;
/// use kube_transport_std::proto::driver::wire::tls::{ServerIdentity, ServerTls, provider};
/// use kube_transport_std::{DynamicObject, serve};
///
/// let handlers = Handlers::new().at("/validate", validating(|review: Review<DynamicObject>| {
///     if review.user.username == "mallory" { Answer::deny("not you") } else { Answer::allow() }
/// }));
/// let key = Secret::new(std::fs::read_to_string("/tls/tls.key")?);
/// let identity = ServerIdentity::new(&std::fs::read("/tls/tls.crt")?, &key, provider()?)?;
/// let listener = std::net::TcpListener::bind("0.0.0.0:9443")?;
/// serve(listener, Some(ServerTls::new(identity)), handlers)?.run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The identity cannot be used, or the listener cannot be made non-blocking.
pub fn serve(listener: TcpListener, tls: Option<ServerTls>, handlers: Handlers) -> Result<WebhookServer, Error> {
    let listening = |error: io::Error| Error::misuse(format!("the listener cannot be used: {error}"));
    listener.set_nonblocking(true).map_err(listening)?;
    let clock = TlsClock::default();
    let rotation = tls.as_ref().and_then(ServerTls::rotation);
    let tls = tls.map(|tls| tls.config(Arc::new(clock.clone()))).transpose()?.map(Arc::new);
    let parker = Arc::<Parker>::default();
    parker.arm();
    let tls = Tls { config: tls, clock, rotation };
    let server = Served { tls, handlers, options: ServeOptions::default(), clock: Clock::start(), parker };
    Ok(WebhookServer { listener, server })
}

/// A webhook server: see [`serve`].
pub struct WebhookServer {
    listener: TcpListener,
    server: Served,
}

/// All but the listener.
struct Served {
    tls: Tls,
    handlers: Handlers,
    options: ServeOptions,
    clock: Clock,
    parker: Arc<Parker>,
}

struct Tls {
    config: Option<Arc<rustls::ServerConfig>>,
    /// The time for the certificates of clients.
    clock: TlsClock,
    /// The files of the identity.
    rotation: Option<Rotation>,
}

/// Ends a [`WebhookServer`] from another thread.
#[derive(Clone, Debug)]
pub struct WebhookStopper(Arc<Parker>);

impl WebhookStopper {
    /// The server is not ready any more and accepts no more connections. It finishes the requests that it has begun to
    /// answer, closes idle connections, and [`WebhookServer::run`] returns.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl WebhookServer {
    /// Sets the limits.
    #[must_use]
    pub fn options(mut self, options: ServeOptions) -> Self {
        self.server.options = options;
        self
    }

    /// The local address, with the port that was chosen.
    ///
    /// # Errors
    /// The system does not know it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Ends [`run`](Self::run) from another thread.
    #[must_use]
    pub fn stopper(&self) -> WebhookStopper {
        WebhookStopper(Arc::clone(&self.server.parker))
    }

    /// Serves until it is stopped. It needs this thread for all connections, and up to
    /// [`threads`](ServeOptions::threads) others for handlers. A failure of a connection affects no other one.
    ///
    /// A handler that hangs keeps its thread after the end.
    ///
    /// # Errors
    /// The system gives no thread for the [files](ServerTls::files) of the identity.
    pub fn run(self) -> io::Result<()> {
        let Self { listener, mut server } = self;
        let workers = Workers::new(server.options.threads, server.clock, Arc::clone(&server.parker));
        let seats = ServerSeats::new(server.options.connections);
        let pause = server.clock.now().mono;
        let listener = Some(listener);
        let (clock, files) = (server.clock, Arc::<Parker>::default());
        let _ends = Ends(Arc::clone(&files));
        let rotation = server.tls.rotation.take();
        if let Some(rotation) = rotation {
            std::thread::Builder::new()
                .name("kube-webhook-tls".into())
                .spawn(move || rotate(rotation, clock, &files))?;
        }
        Hall { listener, server, workers, seats, guests: BTreeMap::new(), pause, ends: None }.run();
        Ok(())
    }
}

impl fmt::Debug for WebhookServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookServer")
            .field("listener", &self.listener)
            .field("tls", &self.server.tls.config.is_some())
            .field("handlers", &self.server.handlers)
            .finish_non_exhaustive()
    }
}

/// A server that runs.
struct Hall {
    listener: Option<TcpListener>,
    server: Served,
    workers: Workers,
    seats: ServerSeats,
    guests: BTreeMap<u64, Guest>,
    /// No connection is accepted before.
    pause: Moment,
    /// The end of the grace of a server that stops.
    ends: Option<Moment>,
}

/// A connection.
struct Guest {
    socket: TcpStream,
    visit: Visit,
    /// It has to be turned.
    due: bool,
    interest: Option<Interest>,
    until: Option<Moment>,
}

impl Hall {
    fn run(&mut self) {
        loop {
            let now = self.server.clock.now();
            self.server.tls.clock.set(now.unix);
            if self.server.parker.is_stopped() && self.ends.is_none() {
                self.ends = Some(now.mono.after(self.server.options.grace));
                self.server.handlers.readiness().set(false);
                // From now on the system refuses connections.
                self.listener = None;
                for guest in self.guests.values_mut() {
                    guest.visit.stop();
                    guest.due = true;
                }
            }
            for done in self.workers.take() {
                if let Some(guest) = self.guests.get_mut(&done.guest) {
                    guest.visit.answer(done.ticket, done.response, now);
                    guest.due = true;
                }
            }
            self.turn(now);
            if self.ends.is_some_and(|ends| self.guests.is_empty() || ends <= now.mono) {
                return;
            }
            self.wait(now.mono);
        }
    }

    /// Turns the connections that are due.
    fn turn(&mut self, now: Now) {
        let Self { guests, workers, seats, .. } = self;
        guests.retain(|number, guest| {
            let due = std::mem::take(&mut guest.due) || guest.until.is_some_and(|until| until <= now.mono);
            let stays = !due || guest.turn(*number, workers, now);
            match guest.visit.idle_since() {
                _ if !stays => seats.leave(*number),
                Some(since) if due => _ = seats.idle(*number, since),
                None if due => _ = seats.busy(*number),
                _ => {}
            }
            stays
        });
    }

    /// Waits until something is ready, and accepts connections.
    fn wait(&mut self, now: Moment) {
        let listener = self.listener.as_ref().filter(|_| self.seats.has_room());
        let pauses = self.pause > now;
        let mut all = Vec::with_capacity(self.guests.len() + 1);
        let listening = listener.filter(|_| !pauses).map(|listener| (listener.as_fd(), Interest::Read));
        all.extend(listening);
        let mut until = earliest(self.ends, (listener.is_some() && pauses).then_some(self.pause));
        let mut waiting = Vec::with_capacity(self.guests.len());
        for (number, guest) in &self.guests {
            until = earliest(until, guest.until);
            if let Some(interest) = guest.interest {
                all.push((guest.socket.as_fd(), interest));
                waiting.push(*number);
            }
        }
        let ready = wait_for_ready(&all, &self.server.parker, until, now);
        let mut ready = ready.into_iter();
        let accepts = listening.is_some() && ready.next().unwrap_or_default();
        for (number, _) in waiting.into_iter().zip(ready).filter(|(_, ready)| *ready) {
            if let Some(guest) = self.guests.get_mut(&number) {
                guest.due = true;
            }
        }
        if accepts {
            self.accept();
        }
    }

    /// Accepts the connections that wait, as many as there is room for.
    fn accept(&mut self) {
        let now = self.server.clock.now();
        for _ in 0..ACCEPTED {
            let Some(listener) = self.listener.as_ref().filter(|_| self.seats.has_room()) else { return };
            let socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The peer is gone already, or this process has too many files open: others may be accepted.
                Err(_) => {
                    self.pause = now.mono.after(Duration::from_millis(100));
                    return;
                }
            };
            if socket.set_nonblocking(true).is_err() {
                continue;
            }
            let _ = socket.set_nodelay(true);
            let limits = self.server.options.limits;
            let connection = match &self.server.tls.config {
                None => ServerConnection::plain(limits, now),
                Some(config) => match ServerConnection::tls(Arc::clone(config), limits, now) {
                    Ok(connection) => connection,
                    Err(_) => continue,
                },
            };
            let Admitted::Seat { number, evicted } = self.seats.admit(now.mono) else { return };
            if let Some(evicted) = evicted {
                self.guests.remove(&evicted);
            }
            let visit = Visit::new(connection, self.server.handlers.clone());
            self.guests.insert(number, Guest { socket, visit, due: true, interest: None, until: None });
        }
    }
}

impl Guest {
    /// False: the connection is over.
    fn turn(&mut self, number: u64, workers: &Workers, now: Now) -> bool {
        loop {
            match self.visit.turn(&mut &self.socket, now) {
                VisitStep::Run(ticket, job) => workers.push(number, ticket, Work::Run(job), now.mono),
                VisitStep::Later(ticket, job) => workers.push(number, ticket, Work::Later(job), now.mono),
                VisitStep::Wait { read, write, until } => {
                    self.until = until;
                    self.interest = match (read, write) {
                        (true, true) => Some(Interest::ReadWrite),
                        (true, false) => Some(Interest::Read),
                        (false, true) => Some(Interest::Write),
                        (false, false) => None,
                    };
                    return true;
                }
                // An error means that the client is gone: the next turn finds that out.
                VisitStep::HalfClose => _ = self.socket.shutdown(Shutdown::Write),
                VisitStep::Closed => return false,
            }
        }
    }
}

/// Ends a thread when it is dropped.
struct Ends(Arc<Parker>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Reads the files of the identity again and again.
fn rotate(mut rotation: Rotation, clock: Clock, ends: &Parker) {
    let mut next = clock.now().mono;
    while !ends.is_stopped() {
        let now = clock.now().mono;
        if next <= now {
            let (certificate, key) = rotation.paths();
            let read = |path| read_file(path, Rotation::LIMIT);
            let files = (read(certificate), read(key));
            next = now.after(rotation.read(files.0, files.1));
        }
        wait(None, ends, Some(next), now);
    }
}

/// The most connections that are accepted in a row: those that are open have their turn, too.
const ACCEPTED: usize = 64;
