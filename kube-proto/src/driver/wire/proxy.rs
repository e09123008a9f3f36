//! The handshake with a proxy before the server can be used: `CONNECT`, or SOCKS.
//!
//! | proxy | server | handshake | after it |
//! |---|---|---|---|
//! | none | any | none | the server |
//! | `http`, `https` | `https` | `CONNECT` (RFC 9110 §9.3.6) | a tunnel to the server |
//! | `http`, `https` | `http` | none: targets are in absolute form | the proxy, which asks the server |
//! | `socks5` | any | SOCKS 5 (RFC 1928, RFC 1929), with the server's name unless it is an address | a tunnel to the server |
//!
//! TLS to an `https` proxy is one layer below this. No read passes the end of the proxy's answer: the bytes after it
//! belong to the server, and stay in the socket for the next layer.

mod connect;
mod handshake;
mod socks;

use std::fmt;
use std::io::{ErrorKind, Read, Write};

use bytes::{Buf, Bytes, BytesMut};
use handshake::{HandshakeStep, Refused};

use super::HttpLimits;
use super::proxy::connect::Connect;
use super::proxy::socks::Socks;
use super::socket::{SocketError, retry};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::proxy::ProxyScheme;

/// The handshake with a proxy, without its socket.
///
/// A [`Connection`](super::connection::Connection) contains one. Use it by itself in a driver with another HTTP
/// implementation: connect a socket to the address that the endpoint [dials](Endpoint::dial), start TLS on it if there
/// is a [`proxy_tls`](Endpoint::proxy_tls), pump this to its end, and the same stream leads to the server.
///
/// ```
/// use std::io::{Read, Write};
///
/// use kube_proto::driver::Endpoint;
/// use kube_proto::config::Config;
/// use kube_proto::driver::wire::HttpLimits;
/// use kube_proto::driver::wire::proxy::{Handshake, Progress};
/// # struct Socket(&'static [u8], Vec<u8>);
/// # impl Read for Socket {
/// #     fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> { self.0.read(into) }
/// # }
/// # impl Write for Socket {
/// #     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.1.write(bytes) }
/// #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
/// # }
///
/// let config = Config::new("http://k.example:8080")?.with_proxy("socks5://proxy.example")?;
/// let to = Endpoint::new("k.example", 8080, None, config.proxy);
/// assert_eq!(to.dial(), ("proxy.example", 1080));
/// let mut io = Socket(b"\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", Vec::new());
/// let mut handshake = Handshake::new(&to, HttpLimits::default())?.unwrap();
/// while let Progress::Blocked { .. } = handshake.pump(&mut io)? {
///     // Wait until the socket is ready.
/// }
/// assert_eq!(io.1, b"\x05\x01\x00\x05\x01\x00\x03\x09k.example\x1f\x90");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Handshake {
    /// The proxy, without its user.
    proxy: String,
    machine: Machine,
    out: Bytes,
    input: BytesMut,
    state: State,
}

/// The progress of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The socket would block: call again when it is readable, or writable.
    Blocked {
        /// Bytes for the proxy are waiting: wait until the socket is writable, too.
        write: bool,
    },
    /// The next byte, in either direction, is between client and server.
    Done,
}

enum Machine {
    Connect(Connect),
    Socks(Socks),
}

#[derive(Clone)]
enum State {
    Talking,
    Done,
    Failed(SocketError),
}

impl Handshake {
    /// The handshake on the way to this endpoint. `None` if a request can be sent at once, to the server or to the
    /// proxy in its place.
    ///
    /// # Errors
    /// The proxy's protocol cannot carry the server's name, or the proxy's user. Nothing was sent.
    pub fn new(to: &Endpoint, limits: HttpLimits) -> Result<Option<Self>, Fault> {
        let Some(proxy) = to.proxy().filter(|_| !to.is_forwarded()) else { return Ok(None) };
        let machine = match proxy.scheme {
            ProxyScheme::Http | ProxyScheme::Https => Connect::new(proxy, to, limits).map(Machine::Connect),
            ProxyScheme::Socks5 => Socks::new(proxy, to).map(Machine::Socks),
        };
        let cannot =
            |text: Refused| Fault::unsent(FaultKind::Proxy, format!("the proxy {proxy} cannot be used: {text}"));
        Ok(Some(Self {
            machine: machine.map_err(cannot)?,
            proxy: proxy.to_string(),
            out: Bytes::new(),
            input: BytesMut::new(),
            state: State::Talking,
        }))
    }

    /// Sends and receives what is possible now; `io` must not block. The limits bound the bytes received.
    ///
    /// # Errors
    /// The proxy refused ([`FaultKind::Proxy`]), or the connection to it broke. Nothing has reached the
    /// server. Further calls return the same error.
    pub fn pump(&mut self, io: &mut (impl Read + Write)) -> Result<Progress, Fault> {
        self.receive(io).map_err(|trouble| Fault::unsent(trouble.kind, trouble.text))
    }

    /// Sends what the socket takes now; true if the rest waits until `io` is writable. After a failure, read on: the
    /// proxy may have sent the reason.
    pub(super) fn flush(&mut self, io: &mut impl Write) -> Result<bool, SocketError> {
        if self.out.is_empty() && matches!(self.state, State::Talking) {
            // The client begins.
            self.step()?;
        }
        while !self.out.is_empty() {
            match retry(|| io.write(&self.out)) {
                Ok(0) => return Err(self.broke(&ErrorKind::WriteZero.into())),
                Ok(count) => self.out.advance(count.min(self.out.len())),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(self.broke(&error)),
            }
        }
        Ok(false)
    }

    /// Some bytes are not sent yet.
    pub(super) fn is_pending(&self) -> bool {
        !self.out.is_empty()
    }

    /// Receives what has arrived, and answers it.
    pub(super) fn receive(&mut self, io: &mut (impl Read + Write)) -> Result<Progress, SocketError> {
        loop {
            let room = match self.step()? {
                HandshakeStep::Done if self.out.is_empty() => return Ok(Progress::Done),
                HandshakeStep::Done => 0,
                HandshakeStep::Send(_) => continue,
                HandshakeStep::Read(room) => room,
            };
            let write = self.flush(io);
            if room == 0 {
                // The proxy agreed before it had received everything; send the rest first.
                match write {
                    Ok(true) => return Ok(Progress::Blocked { write: true }),
                    Ok(false) => continue,
                    Err(trouble) => return Err(self.fail(trouble)),
                }
            }
            let mut buffer = [0; READ];
            let room = room.min(READ);
            match retry(|| io.read(buffer.get_mut(..room).unwrap_or_default())) {
                Ok(0) => {
                    let text = format!("the proxy {} closed the connection in the middle of its handshake", self.proxy);
                    return Err(self.fail(SocketError::new(FaultKind::Closed, text)));
                }
                Ok(count) => self.input.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return match write {
                        Ok(write) => Ok(Progress::Blocked { write }),
                        Err(trouble) => Err(self.fail(trouble)),
                    };
                }
                Err(error) => {
                    let trouble = self.broke(&error);
                    return Err(self.fail(trouble));
                }
            }
        }
    }

    /// One step of the machine; queues the bytes that it sends.
    fn step(&mut self) -> Result<HandshakeStep, SocketError> {
        match &self.state {
            State::Talking => {}
            State::Done => return Ok(HandshakeStep::Done),
            State::Failed(trouble) => return Err(trouble.clone()),
        }
        let said = match &mut self.machine {
            Machine::Connect(connect) => connect.step(&mut self.input),
            Machine::Socks(socks) => socks.step(&mut self.input),
        };
        match said {
            Ok(HandshakeStep::Send(bytes)) => {
                self.out = match self.out.is_empty() {
                    true => bytes.clone(),
                    false => [&*self.out, &*bytes].concat().into(),
                };
                Ok(HandshakeStep::Send(bytes))
            }
            Ok(HandshakeStep::Done) => {
                self.state = State::Done;
                Ok(HandshakeStep::Done)
            }
            Ok(said) => Ok(said),
            Err(refused) => {
                Err(self.fail(SocketError::new(FaultKind::Proxy, format!("the proxy {} {refused}", self.proxy))))
            }
        }
    }

    fn broke(&self, error: &std::io::Error) -> SocketError {
        let trouble = SocketError::io(error);
        match trouble.kind {
            // The text of a TLS fault names the proxy already.
            FaultKind::Tls => trouble,
            _ => SocketError {
                text: format!("the connection to the proxy {} broke in its handshake: {}", self.proxy, trouble.text),
                ..trouble
            },
        }
    }

    fn fail(&mut self, trouble: SocketError) -> SocketError {
        self.state = State::Failed(trouble.clone());
        trouble
    }
}

impl fmt::Debug for Handshake {
    /// Without the bytes: they contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// The most bytes of one read: the longest answer of SOCKS fits.
const READ: usize = 512;
