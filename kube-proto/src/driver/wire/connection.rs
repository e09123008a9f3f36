//! One connection to a server: exchanges one after the other.

use std::fmt;
use std::io::{Read, Write};

use bytes::BytesMut;

use super::http1::{Http1, Http1Event, stops_request};
use super::link::Link;
use super::raw::RawConnection;
use super::socket::{Got, SocketError};
use super::{HttpLimits, READ};
use crate::driver::effect::Exchange;
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::input::Input;

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
    limits: HttpLimits,
    state: State,
    /// An exchange was finished on it.
    reused: bool,
}

/// What a connection says when it was given its socket.
#[derive(Debug)]
pub enum Pump {
    /// An input for the operation. More may lie ready: call again once the operation wants it.
    Input(Input),
    /// The socket said that it would block: call again when it can be read, or written to.
    Blocked {
        /// A write would block too: bytes for the server are waiting.
        write: bool,
    },
}

/// What becomes of a connection after an exchange.
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
    /// Over a fresh TCP connection, or over anything else that carries bytes both ways in order.
    #[must_use]
    pub fn plain(limits: HttpLimits) -> Self {
        Self::over(Link::plain(), limits)
    }

    /// In TLS, over the same. The handshake begins with the first [`pump`](Self::pump), and carries on with the
    /// following ones; [`tls::client_config`](super::tls::client_config) makes a configuration. Its ALPN must not
    /// offer `h2`.
    ///
    /// # Errors
    /// `server_name` is neither a DNS name nor an IP address, or `config` cannot be used: nothing was sent.
    #[cfg(feature = "tls")]
    pub fn tls(
        config: std::sync::Arc<rustls::ClientConfig>,
        server_name: &str,
        limits: HttpLimits,
    ) -> Result<Self, Fault> {
        Ok(Self::over(Link::tls(super::tls::session::Session::new(config, server_name)?), limits))
    }

    /// The same on the way that `to` has: through its proxy, if there is one. The socket is then one to the proxy, as
    /// [`Endpoint::dial`] says, and the handshake with it comes first.
    ///
    /// # Errors
    /// The proxy cannot lead to such a server, or it wants TLS: see [`through_tls`](Self::through_tls).
    pub fn through(mut self, to: &Endpoint) -> Result<Self, Fault> {
        self.link.through(to, self.limits)?;
        Ok(self)
    }

    /// The same, where the proxy is spoken to in TLS with this configuration; its ALPN must not offer `h2`.
    ///
    /// # Errors
    /// The proxy cannot lead to such a server, or `config` cannot be used.
    #[cfg(feature = "tls")]
    pub fn through_tls(mut self, to: &Endpoint, config: std::sync::Arc<rustls::ClientConfig>) -> Result<Self, Fault> {
        self.link.through_tls(to, self.limits, config)?;
        Ok(self)
    }

    fn over(link: Link, limits: HttpLimits) -> Self {
        Self { link, input: BytesMut::new(), limits, state: State::Idle, reused: false }
    }

    /// Queues a request; nothing is sent before [`pump`](Self::pump), which also reports what is wrong with it. The
    /// body is not copied.
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

    /// Sends what can be sent, reads if nothing lies ready, and gives at most one input. `io` does not block; what was
    /// written to it is sent without a `flush`.
    ///
    /// One call reads until there is an input or the socket would block. The [limits](Limits) bound what can be read
    /// without becoming an input. A server that answers early is heard while the request is still being sent; a failed
    /// write is a fault only if there is nothing to read.
    ///
    /// After the last input it is an error to call this: a failure is repeated, and anything else answered with one.
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
                // What was read may be something for TLS to answer.
                blocked = self.link.flush(io);
            }
            match self.link.receive(io, &mut self.input, READ) {
                Got::Bytes => flushed = false,
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

    /// Ends the use of the connection for this exchange. It is kept if the answer was read to its end, the request was
    /// sent to its end, both sides want to, and nothing is left over.
    #[must_use]
    pub fn finish(mut self) -> Finish {
        match self.state {
            State::Switched => Finish::Raw(RawConnection::new(self.link, self.input)),
            State::Idle | State::Ended { keep: true } if self.input.is_empty() && self.link.is_quiet() => {
                self.reused |= matches!(self.state, State::Ended { .. });
                self.input = BytesMut::new();
                self.link.rest();
                self.state = State::Idle;
                Finish::Keep(self)
            }
            _ => Finish::Close,
        }
    }

    /// A look at the socket before an idle connection is used again: true if it is open and nobody said anything on it.
    /// False is final: the server closed it, or sent what nobody asked for.
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

    /// A handshake is under way, in TLS or with a proxy: its time is a part of [`Exchange::connect`].
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.link.is_handshaking()
    }

    /// The fault of a [handshake](Self::is_handshaking) that takes too long. The connection is to be closed then.
    #[must_use]
    pub fn too_slow(&self, to: &Endpoint) -> Fault {
        self.link.too_slow(to)
    }

    /// Says good-bye in TLS, as far as the socket takes it now. For a connection that is given up; the socket is closed
    /// after this.
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

    /// What HTTP cannot know: whether the request left, and whether the connection was old.
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
    /// Without bytes: they may be secret.
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

/// Reads of a probe: more than a server has to say on an idle connection (session tickets).
const PROBES: usize = 16;
