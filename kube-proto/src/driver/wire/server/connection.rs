//! One connection of a server: whole requests, one after the other, and deadlines.
//!
//! | state | what it waits for | until | next |
//! |---|---|---|---|
//! | handshake | TLS with the client | `handshake` | idle |
//! | idle | the first byte of a request | `head` for the first one, then `idle` | head; closed at the deadline |
//! | head | the rest of the head | `head` | body; an answer with 408 at the deadline |
//! | body | the rest of the body | `request` | answering; an answer with 408 at the deadline, 413 if it is too long |
//! | answering | the owner's [`answer`](ServerConnection::answer) | the owner's own deadline | writing |
//! | writing | room in the socket | `write`, after the last bytes that it took | idle, lingering, closed |
//! | lingering | the client's end, while what it sends is dropped | `linger` | closed |
//! | closed | | | |

use std::fmt;
use std::io::{Read, Write};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode, request};

use super::http1::{Http1Server, Http1ServerEvent, Refused, dated};
use super::limits::ServerLimits;
use crate::driver::time::{Moment, Now};
use crate::driver::wire::READ;
use crate::driver::wire::link::Link;
use crate::driver::wire::socket::{Got, SMALL};

/// A connection of a server over a plain socket, without the socket. It gives whole requests, and sends the answers in
/// their order.
///
/// ```
/// use std::io::{Read, Write};
///
/// use bytes::Bytes;
/// use kube_proto::driver::Now;
/// use kube_proto::driver::wire::{ServerConnection, ServerLimits, ServerPump};
///
/// /// A socket that has the request already.
/// struct Socket(&'static [u8], Vec<u8>);
/// impl Read for Socket {
///     fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> { self.0.read(into) }
/// }
/// impl Write for Socket {
///     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.1.write(bytes) }
///     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
/// }
///
/// let mut io = Socket(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", Vec::new());
/// let now = Now::default();
/// let mut connection = ServerConnection::plain(ServerLimits::default(), now);
/// loop {
///     match connection.pump(&mut io, now) {
///         ServerPump::Request(request) => {
///             assert_eq!(request.uri(), "/healthz");
///             connection.answer(http::Response::new(Bytes::from("ok")), now);
///         }
///         // Wait until the socket is ready, or the deadline has come.
///         ServerPump::Wait { .. } => {}
///         ServerPump::HalfClose => {}
///         ServerPump::Closed => break,
///     }
/// }
/// assert!(io.1.starts_with(b"HTTP/1.1 200 OK\r\n") && io.1.ends_with(b"\r\nContent-Length: 2\r\n\r\nok"));
/// ```
pub struct ServerConnection {
    link: Link,
    input: BytesMut,
    http: Http1Server,
    limits: ServerLimits,
    state: State,
    /// When the state began; in `Writing`, when the socket took the last bytes; for a head and a body, when the first
    /// byte of the request came.
    since: Moment,
    /// A request was answered.
    reused: bool,
    /// No further request is taken.
    stopping: bool,
    /// The bytes that the client has not taken.
    unsent: usize,
    head: Option<Box<request::Parts>>,
    body: Body,
}

/// The result of [`ServerConnection::pump`].
#[derive(Debug)]
pub enum ServerPump {
    /// A whole request. Give the answer to [`ServerConnection::answer`].
    Request(Box<Request<Bytes>>),
    /// Call again when the socket is readable or writable, as said, at [`ServerConnection::deadline`], and after
    /// [`ServerConnection::answer`] or [`ServerConnection::stop`].
    Wait {
        /// More bytes are wanted.
        read: bool,
        /// Bytes wait until the socket is writable.
        write: bool,
    },
    /// Shut the sending side of the socket down, and call again.
    HalfClose,
    /// Close the socket.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "plain connections have none"))]
    Handshake,
    Idle,
    Head,
    Body,
    Answering,
    Writing,
    Lingering {
        left: usize,
        half_closed: bool,
    },
    Closed,
}

/// A body, as far as it has come. What came in one piece is not copied; small pieces are, because they would keep the
/// buffers that they were read into.
#[derive(Default)]
struct Body {
    first: Option<Bytes>,
    rest: BytesMut,
}

impl ServerConnection {
    /// Over a new TCP connection, or over anything else that carries bytes both ways in order.
    #[must_use]
    pub fn plain(limits: ServerLimits, now: Now) -> Self {
        Self::over(Link::plain(), State::Idle, limits, now)
    }

    /// In TLS, over the same. [`tls::server_config`](crate::driver::wire::tls::server_config) makes a configuration; its
    /// ALPN must not offer `h2`.
    ///
    /// # Errors
    /// `config` cannot be used.
    #[cfg(feature = "tls")]
    pub fn tls(
        config: std::sync::Arc<rustls::ServerConfig>,
        limits: ServerLimits,
        now: Now,
    ) -> Result<Self, crate::driver::fault::Fault> {
        let session = crate::driver::wire::tls::session::Session::accept(config)?;
        Ok(Self::over(Link::tls(session), State::Handshake, limits, now))
    }

    fn over(link: Link, state: State, limits: ServerLimits, now: Now) -> Self {
        Self {
            link,
            input: BytesMut::new(),
            http: Http1Server::new(limits.http),
            limits,
            state,
            since: now.mono,
            reused: false,
            stopping: false,
            unsent: 0,
            head: None,
            body: Body::default(),
        }
    }

    /// Sends what the socket takes, reads if no request is ready, and says what to do next. `io` must not block.
    ///
    /// One call reads until there is a request or the socket would block; the [limits](ServerLimits) bound the bytes that
    /// can arrive without a request. While a request is answered, nothing is read.
    pub fn pump(&mut self, io: &mut (impl Read + Write), now: Now) -> ServerPump {
        let now = now.mono;
        loop {
            if let Some(pump) = self.pass(io, now) {
                return pump;
            }
        }
    }

    /// One transition. `None`: look again.
    fn pass(&mut self, io: &mut (impl Read + Write), now: Moment) -> Option<ServerPump> {
        let blocked = self.link.flush(io);
        if self.link.write_error().is_some() {
            self.state = State::Closed;
        }
        if self.deadline().is_some_and(|deadline| deadline <= now) && self.late(now) {
            return None;
        }
        match self.state {
            State::Closed => Some(ServerPump::Closed),
            State::Answering => Some(ServerPump::Wait { read: false, write: blocked }),
            State::Writing => self.writing(now, blocked),
            State::Lingering { .. } => self.linger(io, blocked),
            State::Handshake if !self.link.is_handshaking() => {
                self.enter(State::Idle, now);
                None
            }
            State::Handshake => self.read(io, now, blocked),
            State::Idle | State::Head | State::Body => match self.events(now, false) {
                Some(request) => Some(request),
                None if matches!(self.state, State::Idle | State::Head | State::Body) => {
                    // `100 Continue` may be among what is sent.
                    let blocked = self.link.flush(io);
                    self.read(io, now, blocked)
                }
                None => None,
            },
        }
    }

    /// The deadline has come. True: the state has changed.
    fn late(&mut self, now: Moment) -> bool {
        match self.state {
            State::Answering | State::Closed => return false,
            State::Idle | State::Handshake | State::Writing | State::Lingering { .. } => self.state = State::Closed,
            State::Head | State::Body => {
                let text = "the request did not come in time";
                self.refuse(&Refused { status: StatusCode::REQUEST_TIMEOUT, text: text.into() }, now);
            }
        }
        true
    }

    fn enter(&mut self, state: State, now: Moment) {
        self.state = state;
        self.since = now;
    }

    /// Takes what is in the buffer.
    fn events(&mut self, now: Moment, end: bool) -> Option<ServerPump> {
        if self.state == State::Idle && !self.input.is_empty() {
            self.enter(State::Head, now);
        }
        loop {
            match self.http.next(&mut self.input, end) {
                Http1ServerEvent::Head(head) => {
                    self.state = State::Body;
                    let announced = head.headers.get(http::header::CONTENT_LENGTH);
                    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
                    self.head = Some(head);
                    self.body = Body::default();
                    if announced.is_some_and(|length| length > self.limits.body as u64) {
                        self.too_long(now);
                        return None;
                    }
                    let mut out = Vec::new();
                    self.http.proceed(&mut out);
                    self.send(out);
                }
                Http1ServerEvent::Data(data) => {
                    if self.body.len() + data.len() > self.limits.body {
                        self.too_long(now);
                        return None;
                    }
                    self.body.add(data);
                }
                Http1ServerEvent::End => {
                    self.enter(State::Answering, now);
                    let body = std::mem::take(&mut self.body).whole();
                    let head = self.head.take()?;
                    return Some(ServerPump::Request(Box::new(Request::from_parts(*head, body))));
                }
                Http1ServerEvent::Refused(refused) => {
                    self.refuse(&refused, now);
                    return None;
                }
                Http1ServerEvent::Closed => {
                    self.state = State::Closed;
                    return None;
                }
                Http1ServerEvent::NeedMore => return None,
            }
        }
    }

    fn read(&mut self, io: &mut (impl Read + Write), now: Moment, blocked: bool) -> Option<ServerPump> {
        match self.link.receive(io, &mut self.input, READ) {
            Got::Bytes => None,
            // A request that had arrived before the stop is answered.
            Got::Blocked if self.state == State::Idle && self.stopping => {
                self.close(now);
                None
            }
            Got::Blocked => Some(ServerPump::Wait { read: true, write: self.link.is_blocked(blocked) }),
            Got::Failed(_) => {
                self.state = State::Closed;
                None
            }
            Got::End => {
                let request = self.events(now, true);
                if request.is_none() && matches!(self.state, State::Idle | State::Head | State::Body | State::Handshake)
                {
                    self.state = State::Closed;
                }
                request
            }
        }
    }

    /// Answers the last request. An answer of which nothing was asked for is dropped: the connection has failed meanwhile.
    ///
    /// The answer gets a `Date` (RFC 9110 §6.6.1) unless it has one.
    pub fn answer(&mut self, response: Response<Bytes>, now: Now) {
        if self.state != State::Answering {
            return;
        }
        if self.stopping {
            self.http.close();
        }
        let (mut head, body) = response.into_parts();
        dated(&mut head, now.unix);
        let mut out = Vec::new();
        self.http.answer(&head, Some(body.len() as u64), &mut out);
        self.http.data(body, &mut out);
        self.http.finish(&mut out);
        self.send(out);
        self.begin_writing(now.mono);
    }

    /// Takes no further request. The next [`pump`](Self::pump) closes an idle connection, unless a request has arrived
    /// already; one that is busy is closed after its answer.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// When [`pump`](Self::pump) has to be called although the socket is not ready; `None` while a request is answered.
    #[must_use]
    pub fn deadline(&self) -> Option<Moment> {
        let limits = &self.limits;
        let span = match self.state {
            State::Handshake => limits.handshake,
            State::Idle if self.reused => limits.idle,
            State::Idle | State::Head => limits.head,
            State::Body => limits.request,
            State::Writing => limits.write,
            State::Lingering { .. } => limits.linger,
            State::Answering | State::Closed => return None,
        };
        Some(self.since.after(span))
    }

    /// Since when the connection has had no request under way; `None` if it has one. A server with too many connections
    /// closes the one that has been idle longest.
    #[must_use]
    pub fn idle_since(&self) -> Option<Moment> {
        matches!(self.state, State::Idle | State::Handshake | State::Head).then_some(self.since)
    }

    /// A request waits for its [`answer`](Self::answer).
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.state == State::Answering
    }

    fn send(&mut self, out: Vec<Bytes>) {
        for bytes in out {
            self.link.queue(bytes);
        }
    }

    fn begin_writing(&mut self, now: Moment) {
        self.unsent = self.link.pending();
        self.reused = true;
        self.enter(State::Writing, now);
    }

    fn writing(&mut self, now: Moment, blocked: bool) -> Option<ServerPump> {
        let pending = self.link.pending();
        if pending < self.unsent {
            (self.unsent, self.since) = (pending, now);
        }
        if pending > 0 {
            return Some(ServerPump::Wait { read: false, write: blocked });
        }
        if self.http.is_ended() {
            self.close(now);
            return None;
        }
        if self.input.is_empty() {
            // A large request does not leave its buffer behind.
            if self.input.capacity() > SMALL {
                self.input = BytesMut::new();
            }
            self.link.rest();
        }
        self.enter(State::Idle, now);
        None
    }

    fn too_long(&mut self, now: Moment) {
        let text = format!("the body of the request is longer than the limit of {} bytes", self.limits.body);
        self.refuse(&Refused { status: StatusCode::PAYLOAD_TOO_LARGE, text: text.into() }, now);
    }

    /// Answers a request that is not read to its end.
    fn refuse(&mut self, refused: &Refused, now: Moment) {
        (self.head, self.body) = (None, Body::default());
        let mut out = Vec::new();
        self.http.refuse(refused, &mut out);
        self.send(out);
        self.begin_writing(now);
    }

    /// Ends the sending side, and reads on until the client has closed.
    fn close(&mut self, now: Moment) {
        self.link.close();
        self.input = BytesMut::new();
        self.enter(State::Lingering { left: ServerLimits::LINGER, half_closed: false }, now);
    }

    fn linger(&mut self, io: &mut (impl Read + Write), blocked: bool) -> Option<ServerPump> {
        let State::Lingering { left, half_closed } = &mut self.state else { return None };
        if blocked {
            return Some(ServerPump::Wait { read: false, write: true });
        }
        if !*half_closed {
            *half_closed = true;
            return Some(ServerPump::HalfClose);
        }
        self.input.clear();
        match self.link.receive(io, &mut self.input, READ) {
            Got::Bytes if self.input.len() < *left => *left -= self.input.len().max(1),
            Got::Blocked => return Some(ServerPump::Wait { read: true, write: false }),
            Got::Bytes | Got::End | Got::Failed(_) => self.state = State::Closed,
        }
        None
    }
}

impl fmt::Debug for ServerConnection {
    /// Without the bytes: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConnection").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Body {
    fn len(&self) -> usize {
        self.first.as_ref().map_or(0, Bytes::len) + self.rest.len()
    }

    fn add(&mut self, data: Bytes) {
        if self.first.is_none() && self.rest.is_empty() {
            self.first = Some(data);
            return;
        }
        if let Some(first) = self.first.take() {
            self.rest.extend_from_slice(&first);
        }
        self.rest.extend_from_slice(&data);
    }

    fn whole(self) -> Bytes {
        self.first.unwrap_or_else(|| self.rest.freeze())
    }
}
