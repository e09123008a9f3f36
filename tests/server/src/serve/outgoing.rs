//! Calls of webhooks: hosted handlers on threads, others over sockets in TLS.

use bytes::{Bytes, BytesMut};
use http::Response;
use kube_proto::admission::{Handlers, Work};
use kube_proto::driver::wire::{Connection, Finish, HttpLimits, Pump};
use kube_proto::driver::{Endpoint, Exchange, ExchangeKind, ExchangeTag, FaultKind, Input};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::pin::pin;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::{Answered, CallFault, WebhookCall};

/// The largest answer.
const ANSWER: usize = 16 * 1024 * 1024;

/// The most idle connections to webhooks.
const IDLE: usize = 64;

type Stream = rustls::StreamOwned<rustls::ClientConnection, Until>;

/// Idle connections to webhooks, by host and `caBundle`.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Idle>>);

#[derive(Debug)]
struct Idle {
    host: String,
    bundle: Option<Vec<u8>>,
    connection: Connection,
    stream: Box<Stream>,
}

impl Pool {
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection that is still open.
    fn take(&self, call: &WebhookCall) -> Option<(Connection, Box<Stream>)> {
        loop {
            let mut idle = self.idle();
            let fits = |idle: &Idle| idle.host == call.host() && idle.bundle.as_deref() == call.ca_bundle();
            let at = idle.iter().rposition(fits)?;
            let Idle { mut connection, mut stream, .. } = idle.swap_remove(at);
            drop(idle);
            if stream.sock.0.set_nonblocking(true).is_err() {
                continue;
            }
            stream.sock.1 = Instant::now() + Duration::from_secs(1);
            let open = connection.idle_probe(&mut *stream);
            if open && stream.sock.0.set_nonblocking(false).is_ok() {
                return Some((connection, stream));
            }
        }
    }

    fn put(&self, call: &WebhookCall, connection: Connection, stream: Box<Stream>) {
        let mut idle = self.idle();
        if idle.len() < IDLE {
            let (host, bundle) = (call.host().to_owned(), call.ca_bundle().map(<[u8]>::to_vec));
            idle.push(Idle { host, bundle, connection, stream });
        }
    }
}

/// Makes the calls side by side. Each gives up at its own time-out.
pub(super) fn make(pool: &Arc<Pool>, calls: Vec<(WebhookCall, Option<Handlers>)>) -> Vec<Answered> {
    let waiting: Vec<_> = calls
        .into_iter()
        .map(|(call, handlers)| {
            let (send, answer) = channel();
            let timeout = call.timeout();
            let pool = Arc::clone(pool);
            // A handler that never ends keeps its thread.
            let spawned = std::thread::Builder::new().name("api-webhook".into()).spawn(move || {
                let answered = match handlers {
                    Some(handlers) => Ok(ask(&call, &handlers)),
                    None => post(&pool, &call),
                };
                // The caller may have given up.
                let _ = send.send(answered);
            });
            (answer, timeout, spawned.is_ok(), Instant::now())
        })
        .collect();
    waiting
        .into_iter()
        .map(|(answer, timeout, spawned, began)| {
            if !spawned {
                return Err(CallFault::Broken("no thread for the call".into()));
            }
            answer.recv_timeout(timeout.saturating_sub(began.elapsed())).unwrap_or(Err(CallFault::Late))
        })
        .collect()
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The answer of a hosted handler, which may wait.
fn ask(call: &WebhookCall, handlers: &Handlers) -> Response<Bytes> {
    match handlers.start(&call.request()) {
        Work::Done(response) => response,
        Work::Run(job) => job.run(),
        Work::Later(job) => {
            let (end, waker) = (Instant::now() + call.timeout(), Waker::from(Arc::new(Unpark(std::thread::current()))));
            let mut job = pin!(job);
            loop {
                match job.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(response) => return response,
                    Poll::Pending if Instant::now() >= end => return Handlers::too_late(),
                    Poll::Pending => std::thread::park_timeout(end.saturating_duration_since(Instant::now())),
                }
            }
        }
    }
}

fn post(pool: &Pool, call: &WebhookCall) -> Answered {
    let end = Instant::now() + call.timeout();
    let broken = |error: &io::Error| match error.kind() {
        io::ErrorKind::ConnectionRefused => CallFault::Refused,
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => CallFault::Late,
        io::ErrorKind::UnexpectedEof => CallFault::Broken("EOF".into()),
        io::ErrorKind::ConnectionReset => CallFault::Broken("read: connection reset by peer".into()),
        _ => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => CallFault::Untrusted(untrusted(why)),
            _ => CallFault::Broken(error.to_string()),
        },
    };
    if call.service().is_some() {
        return Err(CallFault::NoService);
    }
    exchange(pool, call, end).map_err(|error| broken(&error))
}

fn untrusted(why: &rustls::CertificateError) -> String {
    match why {
        rustls::CertificateError::UnknownIssuer => "certificate signed by unknown authority".into(),
        other => other.to_string(),
    }
}

/// A socket whose reads and writes end at a time.
#[derive(Debug)]
struct Until(TcpStream, Instant);

impl Until {
    fn left(&self) -> io::Result<Option<Duration>> {
        match self.1.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Until {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.set_read_timeout(self.left()?)?;
        self.0.read(buffer)
    }
}

impl Write for Until {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set_write_timeout(self.left()?)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A new connection.
fn connect(call: &WebhookCall, end: Instant) -> io::Result<Stream> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(call.ca_bundle().unwrap_or_default()) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(call.server_name().to_owned()).map_err(io::Error::other)?;
    let session = rustls::ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let addresses: Vec<SocketAddr> = (call.server_name(), call.port()).to_socket_addrs()?.collect();
    let address = addresses.first().ok_or(io::ErrorKind::NotFound)?;
    let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let socket = TcpStream::connect_timeout(address, left)?;
    socket.set_nodelay(true)?;
    let mut stream = rustls::StreamOwned::new(session, Until(socket, end));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

fn exchange(pool: &Pool, call: &WebhookCall, end: Instant) -> io::Result<Response<Bytes>> {
    let (mut connection, mut stream) = match pool.take(call) {
        Some(kept) => kept,
        None => (Connection::plain(HttpLimits::default()), Box::new(connect(call, end)?)),
    };
    stream.sock.1 = end;
    connection.start(&Exchange {
        to: Endpoint::new(call.server_name(), call.port(), None, None),
        request: call.request(),
        kind: ExchangeKind::Call,
        fresh: true,
        connect: call.timeout(),
        tag: ExchangeTag::default(),
    });
    let (mut response, mut body) = (Response::new(Bytes::new()), BytesMut::new());
    loop {
        match connection.pump(&mut *stream) {
            Pump::Input(Input::Head(head)) => {
                *response.status_mut() = head.status;
                *response.headers_mut() = head.headers;
            }
            Pump::Input(Input::Data(data)) if body.len() + data.len() <= ANSWER => body.extend_from_slice(&data),
            Pump::Input(Input::Data(_)) => return Err(io::Error::other("the answer is too large")),
            Pump::Input(Input::End) => break,
            Pump::Input(Input::Failed(fault)) if fault.kind == FaultKind::Closed => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Pump::Input(Input::Failed(fault)) => return Err(io::Error::other(fault.to_string())),
            Pump::Input(_) => {}
            // Reads wait, but not for ever.
            Pump::Blocked { .. } => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
    *response.body_mut() = body.freeze();
    if let Finish::Keep(connection) = connection.finish() {
        pool.put(call, connection, stream);
    }
    Ok(response)
}
