//! One connection to a server. It carries one exchange after the other.

use std::fmt;
use std::io::{Read, Write};

use bytes::BytesMut;

use super::http1::{Http1, Http1Event, stops_request};
use super::link::Link;
use super::raw::RawConnection;
use super::socket::{Got, SMALL, SocketError};
use super::{HttpLimits, READ};
use crate::driver::effect::Exchange;
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::input::Input;
use crate::observe::connection::ConnectionRecord;

/// An HTTP/1.1 connection, without its socket. It carries one exchange at a time.
///
/// ```
/// use std::io::{Read, Write};
/// use std::time::Duration;
///
/// use bytes::Bytes;
/// use kube_proto::driver::wire::{Connection, Finish, HttpLimits, Pump};
/// use kube_proto::driver::{Endpoint, Exchange, Input, ExchangeKind};
///
/// /// A socket that has the answer already.
/// struct Socket(&'static [u8], Vec<u8>);
/// impl Read for Socket {
///     fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> { self.0.read(into) }
/// }
/// impl Write for Socket {
///     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.1.write(bytes) }
///     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
/// }
///
/// let mut io = Socket(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Vec::new());
/// let mut connection = Connection::plain(HttpLimits::default());
/// connection.start(&Exchange {
///     to: Endpoint::new("k.example", 8080, None, None),
///     request: http::Request::get("/healthz").body(Bytes::new()).unwrap(),
///     kind: ExchangeKind::Call,
///     fresh: false,
///     connect: Duration::from_secs(10),
///     tag: Default::default(),
/// });
/// let mut body = Vec::new();
/// loop {
///     match connection.pump(&mut io) {
///         Pump::Input(Input::Data(data)) => body.extend_from_slice(&data),
///         Pump::Input(Input::End) => break,
///         Pump::Input(Input::Failed(fault)) => panic!("{fault}"),
///         Pump::Input(_) => {}
///         Pump::Blocked { .. } => {} // Wait until the socket is ready.
///     }
/// }
/// assert_eq!(body, b"ok");
/// assert_eq!(io.1, b"GET /healthz HTTP/1.1\r\nhost: k.example:8080\r\n\r\n");
/// assert!(matches!(connection.finish(), Finish::Keep(_)));
/// ```
pub struct Connection {
    link: Link,
    input: BytesMut,
    /// The most bytes that were in `input` at once.
    most: usize,
    limits: HttpLimits,
    state: State,
    /// The connection has finished an exchange.
    reused: bool,
}

/// The result of [`Connection::pump`].
#[derive(Debug)]
pub enum Pump {
    /// An input for the operation. More may be ready: call again once the operation wants it.
    Input(Input),
    /// The socket would block: call again when it is readable, or writable.
    Blocked {
        /// Bytes for the server are waiting: wait until the socket is writable, too.
        write: bool,
    },
}

/// What to do with a connection after an exchange.
#[derive(Debug)]
pub enum Finish {
    /// It may carry another exchange.
    Keep(Connection),
    /// Close the socket.
    Close,
    /// The server switched protocols.
    Raw(RawConnection),
}

enum State {
    Idle,
    Active(Box<Http1>),
    Ended { keep: bool },
    Switched,
    Failed(Box<Fault>),
}

impl Connection {
    /// Over a new TCP connection, or over anything else that carries bytes both ways in order.
    #[must_use]
    pub fn plain(limits: HttpLimits) -> Self {
        Self::over(Link::plain(), limits)
    }

    /// In TLS, over the same. The first [`pump`](Self::pump) begins the handshake, and the next ones continue it.
    /// [`tls::client_config`](super::tls::client_config) makes a configuration. Its ALPN must not offer `h2`.
    ///
    /// # Errors
    /// `server_name` is neither a DNS name nor an IP address, or `config` cannot be used. Nothing was sent.
    #[cfg(feature = "tls")]
    pub fn tls(
        config: std::sync::Arc<rustls::ClientConfig>,
        server_name: &str,
        limits: HttpLimits,
    ) -> Result<Self, Fault> {
        Ok(Self::over(Link::tls(super::tls::session::Session::new(config, server_name)?), limits))
    }

    /// Goes the way that `to` requires: through its proxy, if it has one. The socket must then be connected to the
    /// proxy (see [`Endpoint::dial`]), and the handshake with the proxy comes first.
    ///
    /// # Errors
    /// The proxy cannot reach such a server, or it needs TLS: see [`through_tls`](Self::through_tls).
    pub fn through(mut self, to: &Endpoint) -> Result<Self, Fault> {
        self.link.through(to, self.limits)?;
        Ok(self)
    }

    /// The same, with this TLS configuration for the proxy; its ALPN must not offer `h2`.
    ///
    /// # Errors
    /// The proxy cannot reach such a server, or `config` cannot be used.
    #[cfg(feature = "tls")]
    pub fn through_tls(mut self, to: &Endpoint, config: std::sync::Arc<rustls::ClientConfig>) -> Result<Self, Fault> {
        self.link.through_tls(to, self.limits, config)?;
        Ok(self)
    }

    /// Tells observers of this connection's end, and [`Talk`](super::Talk) of its exchanges, by this record.
    #[must_use]
    pub fn recorded(mut self, record: ConnectionRecord) -> Self {
        self.link.recorded(record);
        self
    }

    pub(super) fn record(&self) -> &ConnectionRecord {
        self.link.record()
    }

    fn over(link: Link, limits: HttpLimits) -> Self {
        Self { link, input: BytesMut::new(), most: 0, limits, state: State::Idle, reused: false }
    }

    /// Queues a request. [`pump`](Self::pump) sends it, and reports what is wrong with it. The body is not copied.
    pub fn start(&mut self, exchange: &Exchange) {
        let started = match self.state {
            State::Idle => Http1::start(exchange, self.limits),
            _ => Err(Fault::unsent(FaultKind::Unsupported, "the connection is in use")),
        };
        self.state = match started {
            Ok((machine, head)) => {
                self.link.begin([head, exchange.request.body().clone()]);
                State::Active(Box::new(machine))
            }
            Err(fault) => State::Failed(Box::new(fault)),
        };
    }

    /// Sends what the socket takes, reads if no input is ready, and returns at most one input. `io` must not block. It
    /// needs no `flush` after a write.
    ///
    /// One call reads until there is an input or the socket would block. The [limits](HttpLimits) bound the bytes that
    /// can arrive without an input. The connection reads an early answer while it still sends the request. A failed
    /// write is a fault only if there is nothing to read.
    ///
    /// Do not call this after the last input: a failure is repeated, and in any other state the call fails.
    pub fn pump(&mut self, io: &mut (impl Read + Write)) -> Pump {
        let State::Active(http) = &mut self.state else {
            return Pump::Input(Input::Failed(self.over_already()));
        };
        let (mut blocked, mut flushed) = (self.link.flush(io), true);
        loop {
            if let Http1Event::Input(input) = http.next(&mut self.input, false) {
                return self.deliver(input);
            }
            if !flushed {
                // TLS may have to answer what it read.
                blocked = self.link.flush(io);
            }
            match self.link.receive(io, &mut self.input, READ) {
                Got::Bytes => {
                    flushed = false;
                    self.most = self.most.max(self.input.len());
                }
                Got::End => {
                    if let Http1Event::Input(input) = http.next(&mut self.input, true) {
                        return self.deliver(input);
                    }
                }
                Got::Failed(trouble) => return self.broken(&trouble),
                Got::Blocked => match self.link.write_error().cloned() {
                    Some(trouble) if !http.is_answered() => return self.broken(&trouble),
                    _ => return Pump::Blocked { write: self.link.is_blocked(blocked) },
                },
            }
        }
    }

    /// Ends this exchange. The connection is kept if the answer was read and the request was sent to the end, both
    /// sides want to keep it, and no bytes are left over.
    #[must_use]
    pub fn finish(mut self) -> Finish {
        match self.state {
            State::Switched => Finish::Raw(RawConnection::new(self.link, self.input)),
            State::Idle | State::Ended { keep: true } if self.input.is_empty() && self.link.is_quiet() => {
                self.reused |= matches!(self.state, State::Ended { .. });
                // A small buffer serves the next answer, too, once this one is decoded and gone.
                if self.most > SMALL {
                    (self.input, self.most) = (BytesMut::new(), 0);
                }
                self.link.rest();
                self.link.record().rests();
                self.state = State::Idle;
                Finish::Keep(self)
            }
            _ => Finish::Close,
        }
    }

    /// Checks an idle connection before its next use: true if it is open and the server has sent nothing on it. False
    /// is final: the server closed the connection, or sent data without a request.
    pub fn idle_probe(&mut self, io: &mut (impl Read + Write)) -> bool {
        if !matches!(self.state, State::Idle) {
            return false;
        }
        let quiet = self.is_quiet(io);
        if !quiet {
            let fault = Fault::unsent(FaultKind::Closed, "the connection ended while it was idle");
            self.state = State::Failed(Box::new(fault));
        }
        quiet
    }

    fn is_quiet(&mut self, io: &mut (impl Read + Write)) -> bool {
        for _ in 0..PROBES {
            if self.link.flush(io) || !self.input.is_empty() {
                return false;
            }
            match self.link.receive(io, &mut self.input, READ) {
                Got::Bytes => {}
                Got::Blocked => return self.link.is_quiet(),
                Got::End | Got::Failed(_) => return false,
            }
        }
        false
    }

    /// A handshake, in TLS or with a proxy, is in progress: its time is a part of [`Exchange::connect`].
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.link.is_handshaking()
    }

    /// The fault of a [handshake](Self::is_handshaking) that takes too long. Close the connection then.
    #[must_use]
    pub fn too_slow(&self, to: &Endpoint) -> Fault {
        self.link.too_slow(to)
    }

    /// Sends the `close_notify` of TLS, as far as the socket takes it now. For a connection that is given up; close the
    /// socket afterwards.
    pub fn close(&mut self, io: &mut impl Write) {
        self.link.drop_queued();
        self.link.close();
        self.link.flush(io);
    }

    fn deliver(&mut self, mut input: Input) -> Pump {
        if let State::Active(http) = &self.state {
            match &mut input {
                Input::Head(parts) if http.is_switched() => {
                    debug_assert_eq!(parts.status, http::StatusCode::SWITCHING_PROTOCOLS);
                    self.state = State::Switched;
                }
                Input::Head(parts) if !http.keeps() && stops_request(parts.status) => self.link.drop_queued(),
                Input::End => self.state = State::Ended { keep: http.keeps() },
                Input::Failed(fault) => {
                    self.qualify(fault);
                    self.state = State::Failed(fault.clone());
                }
                _ => {}
            }
        }
        Pump::Input(input)
    }

    /// The connection failed below HTTP.
    fn broken(&mut self, trouble: &SocketError) -> Pump {
        let State::Active(http) = &mut self.state else {
            return Pump::Input(Input::Failed(self.over_already()));
        };
        let text = match trouble.kind {
            FaultKind::Tls | FaultKind::Proxy => trouble.text.clone(),
            _ if self.link.is_at_proxy() => trouble.text.clone(),
            _ if self.link.is_handshaking() => format!("the connection broke in the TLS handshake: {}", trouble.text),
            _ => format!("the connection broke {}: {}", http.place(), trouble.text),
        };
        let fault = http.fail(trouble.kind, text);
        if trouble.unsent {
            self.link.mark_unsent();
        }
        self.deliver(Input::Failed(Box::new(fault)))
    }

    /// Adds what HTTP cannot know: whether the request was sent, and whether the connection was reused.
    fn qualify(&self, fault: &mut Fault) {
        if fault.reach == Reach::Answered {
            return;
        }
        fault.reach = if self.link.has_sent() { Reach::Unknown } else { Reach::NotSent };
        fault.stale = self.reused && fault.kind == FaultKind::Closed;
    }

    fn over_already(&self) -> Box<Fault> {
        match &self.state {
            State::Failed(fault) => fault.clone(),
            _ => Box::new(Fault::unsent(FaultKind::Unsupported, "the connection has no exchange under way")),
        }
    }
}

impl fmt::Debug for Connection {
    /// Without the bytes: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Idle => "idle",
            State::Active(_) => "active",
            State::Ended { .. } => "ended",
            State::Switched => "switched",
            State::Failed(_) => "failed",
        };
        f.debug_struct("Connection").field("state", &state).field("reused", &self.reused).finish_non_exhaustive()
    }
}

/// Reads of a probe: enough for what a server sends on an idle connection (session tickets).
const PROBES: usize = 16;
