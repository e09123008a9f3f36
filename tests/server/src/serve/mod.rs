//! A [`Server`] on a socket of 127.0.0.1: plain or TLS, HTTP/1.1 or (by ALPN) HTTP/2, one thread for each connection.
//!
//! ```no_run
//! use kube_test_server::{Options, Server, serve::{Binding, Bound}};
//!
//! let bound = Bound::start(Server::new(Options::default()), Binding::tls()).unwrap();
//! println!("{}", bound.url());
//! println!("{}", bound.kubeconfig("admin").unwrap());
//! ```
//!
//! All threads end when the [`Bound`] is dropped.

mod connection;
mod der;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod kubeconfig;
mod outgoing;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use kubeconfig::Credential;
pub use tls::{Authority, ClientAuth, Issued, subject};

use tokio::sync::watch;

use super::Server;

/// How to listen.
#[derive(Debug, Clone)]
pub struct Binding {
    port: u16,
    listener: Option<Arc<TcpListener>>,
    tls: bool,
    names: Vec<String>,
    client_auth: ClientAuth,
    authority: Option<Arc<Authority>>,
    certificate: Option<Issued>,
    trusted: Option<String>,
    http2: bool,
    clock: Clock,
}

/// Where the server's time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's time at the start of the binding, then monotonic.
    System,
    /// Nanoseconds since the Unix epoch. The test changes them and then calls [`Bound::wake`].
    Manual(Arc<AtomicU64>),
}

/// A server on a socket. Dropping it closes every connection and ends every thread.
#[derive(Debug)]
pub struct Bound {
    shared: Arc<Shared>,
    address: SocketAddr,
    authority: Option<Arc<Authority>>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    server: Mutex<Server>,
    /// Wakes waiting threads after a change of the server's state or the time.
    changed: Condvar,
    /// Wakes waiting tasks likewise.
    news: watch::Sender<()>,
    /// Connections with a smaller number must end.
    retired: watch::Sender<u64>,
    stop: AtomicBool,
    connections: Mutex<Connections>,
    opened: AtomicU64,
    clock: Clock,
    born: (Instant, Duration),
    tls: Option<Arc<rustls::ServerConfig>>,
    trusted: Option<String>,
    /// Connections to webhooks.
    webhooks: Arc<outgoing::Pool>,
}

#[derive(Debug, Default)]
struct Connections {
    next: u64,
    sockets: BTreeMap<u64, TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl Binding {
    /// Without TLS. A client without a credential is anonymous, but see [`Binding::trusting`].
    pub fn plain() -> Self {
        Binding {
            port: 0,
            listener: None,
            tls: false,
            names: Vec::new(),
            client_auth: ClientAuth::Optional,
            authority: None,
            certificate: None,
            trusted: None,
            http2: cfg!(feature = "http2"),
            clock: Clock::System,
        }
    }

    /// With TLS and optional client certificates.
    pub fn tls() -> Self {
        Binding { tls: true, ..Binding::plain() }
    }

    /// Listens on this port (0: any).
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens with this listener of 127.0.0.1, so that several servers, one after the other, have one port: between them
    /// it stays taken. Connections that come meanwhile wait for the next server.
    #[must_use]
    pub fn listener(mut self, listener: Arc<TcpListener>) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Adds a name or address to the server's certificate, beside `localhost` and `127.0.0.1`.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.names.push(name.into());
        self
    }

    /// Sets whether clients send a certificate.
    #[must_use]
    pub fn client_auth(mut self, how: ClientAuth) -> Self {
        self.client_auth = how;
        self
    }

    /// Signs the server's certificate with this authority instead of a new one.
    #[must_use]
    pub fn authority(mut self, authority: Arc<Authority>) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Uses this certificate instead of one for the binding's names.
    #[must_use]
    pub fn certificate(mut self, certificate: Issued) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Treats requests without a credential as this user's, as a proxy in front of a real server does. (client-go and
    /// other clients send no tokens without TLS.)
    #[must_use]
    pub fn trusting(mut self, user: &str) -> Self {
        self.trusted = Some(user.into());
        self
    }

    /// Sets whether the server accepts HTTP/2 in TLS. On by default.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2(mut self, spoken: bool) -> Self {
        self.http2 = spoken;
        self
    }

    /// Sets the source of the time.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl Bound {
    /// Listens on 127.0.0.1 and serves.
    ///
    /// # Errors
    /// The port is taken, or making the certificates failed.
    pub fn start(server: Server, binding: Binding) -> io::Result<Self> {
        let authority = match (&binding.authority, binding.tls) {
            (Some(authority), _) => Some(authority.clone()),
            (None, true) => Some(Arc::new(Authority::new("kube-test-server-ca")?)),
            (None, false) => None,
        };
        let tls = match &authority {
            Some(authority) if binding.tls => {
                let config = match binding.certificate {
                    Some(certificate) => authority.server_config_with(certificate, binding.client_auth)?,
                    None => authority.server_config(&binding.names, binding.client_auth)?,
                };
                let mut config = rustls::ServerConfig::clone(&config);
                if binding.http2 {
                    config.alpn_protocols.insert(0, b"h2".to_vec());
                }
                Some(Arc::new(config))
            }
            _ => None,
        };
        let listener = match binding.listener {
            Some(listener) => listener.try_clone()?,
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, binding.port))?,
        };
        let address = listener.local_addr()?;
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let shared = Arc::new(Shared {
            server: Mutex::new(server),
            changed: Condvar::new(),
            news: watch::Sender::new(()),
            retired: watch::Sender::new(0),
            stop: AtomicBool::new(false),
            connections: Mutex::new(Connections::default()),
            opened: AtomicU64::new(0),
            clock: binding.clock,
            born: (Instant::now(), unix),
            tls,
            trusted: binding.trusted,
            webhooks: Arc::default(),
        });
        let accepting = std::thread::Builder::new().name("api-accept".into()).spawn({
            let shared = shared.clone();
            move || accept(&shared, &listener)
        })?;
        Ok(Bound { shared, address, authority, accepting: Some(accepting) })
    }

    /// The address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, or `https://`.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Reads or changes the server; open watches see the changes.
    pub fn with<T>(&self, what: impl FnOnce(&mut Server) -> T) -> T {
        let result = what(&mut self.shared.server());
        self.shared.announce();
        result
    }

    /// Makes open watches read the time again.
    pub fn wake(&self) {
        let now = self.shared.now();
        self.shared.server().tick(now);
        self.shared.announce();
    }

    /// The certificate authority; `None` without TLS.
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_deref()
    }

    /// The number of accepted connections.
    pub fn connections_opened(&self) -> u64 {
        self.shared.opened.load(Ordering::Relaxed)
    }

    /// The number of open connections.
    pub fn connections_open(&self) -> usize {
        self.shared.connections().sockets.len()
    }

    /// Ends all open connections gracefully: HTTP/2 by `GOAWAY`, HTTP/1.1 by `Connection: close` in the next response.
    /// Open requests go on, and the server accepts new connections.
    pub fn retire_connections(&self) {
        let next = self.shared.connections().next;
        self.shared.retired.send_replace(next);
    }

    /// Cuts all open connections. The server accepts new ones.
    pub fn drop_connections(&self) {
        for socket in self.shared.connections().sockets.values() {
            // An error means that it is closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.shared.announce();
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // Only a connection wakes `accept`.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
        self.drop_connections();
        let threads = std::mem::take(&mut self.shared.connections().threads);
        for thread in threads {
            self.shared.announce();
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all waiting threads and tasks.
    fn announce(&self) {
        self.changed.notify_all();
        self.news.send_replace(());
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Time since the Unix epoch.
    fn now(&self) -> Duration {
        match &self.clock {
            Clock::System => self.born.1.saturating_add(self.born.0.elapsed()),
            Clock::Manual(nanos) => Duration::from_nanos(nanos.load(Ordering::Acquire)),
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    loop {
        let accepted = listener.accept();
        if shared.stopped() {
            return;
        }
        let Ok((socket, _)) = accepted else {
            // Most likely there are no free descriptors. Wait until a connection closes.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        shared.opened.fetch_add(1, Ordering::Relaxed);
        let Ok(copy) = socket.try_clone() else { continue };
        let mut connections = shared.connections();
        let id = connections.next;
        connections.next += 1;
        connections.sockets.insert(id, copy);
        let spawned = std::thread::Builder::new().name(format!("api-{id}")).spawn({
            let shared = shared.clone();
            move || {
                connection::serve(&shared, id, socket);
                shared.connections().sockets.remove(&id);
            }
        });
        connections.threads.retain(|t| !t.is_finished());
        match spawned {
            Ok(thread) => connections.threads.push(thread),
            Err(_) => {
                connections.sockets.remove(&id);
            }
        }
    }
}
