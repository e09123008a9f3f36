//! One HTTP/1.1 connection: reads requests and writes replies until one side closes.

use bytes::Bytes;
use http::Request;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::http1::{Http, Incoming};
#[cfg(feature = "http2")]
use super::http2;
use super::{Shared, outgoing, tls};
use crate::{CallFault, Chunk, PeerSubject, Progress, Reply, Turn, Upgrade, Watch, WatchState};

/// How often a watch checks whether its client has closed.
const LOOK: Duration = Duration::from_millis(250);

enum Stream {
    Plain(TcpStream),
    Tls(Box<rustls::StreamOwned<rustls::ServerConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buf),
            Stream::Tls(stream) => stream.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(buf),
            Stream::Tls(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &stream.sock,
        }
    }

    /// Whether the client has closed, as far as `peek` shows.
    fn closed(&self) -> bool {
        let socket = self.socket();
        if socket.set_nonblocking(true).is_err() {
            return true;
        }
        let seen = socket.peek(&mut [0; 1]);
        let restored = socket.set_nonblocking(false);
        match seen {
            Ok(0) => true,
            Ok(_) => restored.is_err(),
            Err(error) => error.kind() != io::ErrorKind::WouldBlock || restored.is_err(),
        }
    }

    /// Reads what arrives within this time, or what is there. `None` if that is nothing.
    fn read_within(&mut self, buffer: &mut [u8], wait: Option<Duration>) -> io::Result<Option<usize>> {
        let at_once = wait.is_none_or(|wait| wait.is_zero());
        match wait {
            Some(wait) if !at_once => self.socket().set_read_timeout(Some(wait))?,
            _ => self.socket().set_nonblocking(true)?,
        }
        let read = self.read(buffer);
        if at_once {
            self.socket().set_nonblocking(false)?;
        } else {
            self.socket().set_read_timeout(None)?;
        }
        match read {
            Ok(count) => Ok(Some(count)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends `close_notify` and FIN, with `drain` reads the client's bytes up to its FIN, and closes.
    fn close(mut self, drain: bool) {
        if let Stream::Tls(stream) = &mut self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let socket = self.socket();
        let _ = socket.shutdown(Shutdown::Write);
        if drain {
            // A close with unread bytes would be a reset, and the client could lose the response.
            let _ = socket.set_read_timeout(Some(Duration::from_millis(500)));
            let mut buffer = [0; 16 * 1024];
            let mut left: usize = 8 * 1024 * 1024;
            let mut raw = socket;
            while left > 0 {
                match raw.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(n) => left = left.saturating_sub(n),
                }
            }
        }
        let _ = socket.shutdown(Shutdown::Both);
    }
}

/// Serves a connection until it ends.
pub(super) fn serve(shared: &Arc<Shared>, id: u64, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let (mut stream, peer) = match &shared.tls {
        None => (Stream::Plain(socket), None),
        Some(config) => {
            let Ok(session) = rustls::ServerConnection::new(config.clone()) else { return };
            let mut stream = Box::new(rustls::StreamOwned::new(session, socket));
            while stream.conn.is_handshaking() {
                if stream.conn.complete_io(&mut stream.sock).is_err() {
                    // Sends the alert, if there is one.
                    let _ = stream.conn.write_tls(&mut stream.sock);
                    return Stream::Tls(stream).close(true);
                }
            }
            let peer = stream.conn.peer_certificates().and_then(|c| c.first()).map(|c| tls::subject(c));
            #[cfg(feature = "http2")]
            if stream.conn.alpn_protocol() == Some(b"h2") {
                let (session, socket) = stream.into_parts();
                return http2::serve(shared, id, socket, session, &peer);
            }
            (Stream::Tls(stream), peer)
        }
    };
    let mut http = Http::default();
    let drain = requests(shared, id, &mut stream, &mut http, peer.as_ref()).unwrap_or(false);
    stream.close(drain);
}

/// Answers requests; returns whether unread bytes may be on the way.
fn requests(
    shared: &Shared,
    id: u64,
    stream: &mut Stream,
    http: &mut Http,
    peer: Option<&PeerSubject>,
) -> io::Result<bool> {
    loop {
        if shared.stopped() {
            return Ok(false);
        }
        let limit = shared.server().options().body_limit;
        let Incoming { request, whole } = match http.request(stream, limit)? {
            None => return Ok(false),
            Some(Ok(incoming)) => incoming,
            Some(Err(refusal)) => {
                stream.write_all(&refusal)?;
                stream.flush()?;
                return Ok(true);
            }
        };
        match answer(shared, request, peer) {
            Reply::Response(response) => {
                if id < *shared.retired.borrow() {
                    http.close();
                }
                http.respond(stream, &response, shared.now())?;
            }
            Reply::Watch(watch) => {
                if !grow(shared, stream, http, *watch)? {
                    return Ok(false);
                }
            }
            Reply::Upgrade(upgrade) => {
                switched(shared, stream, http, *upgrade)?;
                return Ok(false);
            }
        }
        if http.is_ended() {
            return Ok(!whole);
        }
    }
}

/// The server's reply to one request.
pub(super) fn answer(shared: &Shared, request: Request<Bytes>, peer: Option<&PeerSubject>) -> Reply {
    let now = shared.now();
    let mut server = shared.server();
    server.tick(now);
    let nameless = peer.is_none() && !request.headers().contains_key(http::header::AUTHORIZATION);
    let identity = match &shared.trusted {
        Some(user) if nameless => server.identity_of(user),
        _ => server.authenticate(request.headers(), peer),
    };
    let before = server.generation();
    let mut progress = server.begin(request, &identity, now);
    loop {
        match progress {
            Progress::Done(reply) => {
                if server.generation() != before {
                    shared.announce();
                }
                return reply;
            }
            Progress::Calls(suspended) => {
                let calls = suspended.calls().iter().map(|call| (call.clone(), server.hosted(call))).collect();
                // Others use the server meanwhile: the webhook itself may.
                drop(server);
                let answers = outgoing::make(&shared.webhooks, calls);
                server = shared.server();
                progress = server.resume(suspended, answers, shared.now());
            }
        }
    }
}

/// Has webhooks convert the next object of a watch, if one must.
pub(super) fn convert(shared: &Shared, state: &WatchState) {
    loop {
        let server = shared.server();
        let Some(conversion) = server.watch_conversion(state) else { return };
        let hosted = server.hosted(conversion.call());
        drop(server);
        let answer = outgoing::make(&shared.webhooks, vec![(conversion.call().clone(), hosted)]).pop();
        let answer = answer.unwrap_or(Err(CallFault::Late));
        shared.server().finish_conversion(&conversion, &answer);
    }
}

/// Writes a body that grows; returns whether the connection stays usable.
fn grow(shared: &Shared, stream: &mut Stream, http: &mut Http, watch: Watch) -> io::Result<bool> {
    let Watch { head, mut state } = watch;
    stream.write_all(&http.head(&head, shared.now()))?;
    stream.flush()?;
    let mut server = shared.server();
    loop {
        if shared.stopped() {
            return Ok(false);
        }
        if server.watch_conversion(&state).is_some() {
            drop(server);
            convert(shared, &state);
            server = shared.server();
        }
        let now = shared.now();
        match server.poll_watch(&mut state, now) {
            Chunk::Data(bytes) => {
                drop(server);
                http.chunk(stream, bytes)?;
                server = shared.server();
            }
            Chunk::End => {
                drop(server);
                http.end(stream)?;
                return Ok(!http.is_ended());
            }
            Chunk::Idle { until } => {
                let wait = until.map_or(LOOK, |u| u.saturating_sub(now).min(LOOK)).max(Duration::from_millis(1));
                let (guard, timeout) =
                    shared.changed.wait_timeout(server, wait).unwrap_or_else(std::sync::PoisonError::into_inner);
                server = guard;
                if timeout.timed_out() && stream.closed() {
                    return Ok(false);
                }
            }
        }
    }
}

/// Runs the protocol after 101. Writes the head and the protocol's first bytes at once.
fn switched(shared: &Shared, stream: &mut Stream, http: &mut Http, upgrade: Upgrade) -> io::Result<()> {
    let Upgrade { head, first, mut protocol } = upgrade;
    let mut out = http.head(&head, shared.now());
    out.extend_from_slice(&first);
    stream.write_all(&out)?;
    stream.flush()?;
    protocol.receive(&http.rest(), false);
    let (mut buffer, mut ended) = (vec![0; 64 * 1024], false);
    loop {
        let now = shared.now();
        let wait = match protocol.poll(now) {
            Turn::Send(bytes) => {
                stream.write_all(&bytes)?;
                stream.flush()?;
                None
            }
            Turn::End => return Ok(()),
            Turn::Wait { .. } if shared.stopped() => return Ok(()),
            Turn::Wait { until } => Some(until.map_or(LOOK, |until| until.saturating_sub(now).min(LOOK))),
        };
        if ended || protocol.is_full() {
            if let Some(wait) = wait {
                std::thread::sleep(wait.min(FULL));
            }
            continue;
        }
        match stream.read_within(&mut buffer, wait)? {
            Some(0) => {
                ended = true;
                protocol.receive(&[], true);
            }
            Some(count) => protocol.receive(buffer.get(..count).unwrap_or_default(), false),
            None => {}
        }
    }
}

/// How often a protocol that takes no more bytes is polled.
const FULL: Duration = Duration::from_millis(1);
