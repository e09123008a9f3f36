//! What is said to a proxy before the server is spoken to: `CONNECT`, or SOCKS.
//!
//! | proxy | server | handshake | after it |
//! |---|---|---|---|
//! | none | any | none | the server |
//! | `http`, `https` | `https` | `CONNECT` (RFC 9110 §9.3.6) | a tunnel to the server |
//! | `http`, `https` | `http` | none: targets are in absolute form | the proxy, which asks the server |
//! | `socks5` | any | SOCKS 5 (RFC 1928, RFC 1929), with the server's name unless it is an address | a tunnel to the server |
//!
//! An `https` proxy is spoken to in TLS; that is one layer below this. No read passes the end of the proxy's answer: what
//! comes after it is the server's, and stays in the socket for whoever speaks to the server.

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
/// A [`Connection`](super::connection::Connection) has this inside. By itself it is for drivers whose HTTP is another's: connect a
/// socket to where the endpoint [dials](Endpoint::dial), put it into TLS if there is a
/// [`proxy_tls`](Endpoint::proxy_tls), pump this to its end, and the same stream leads to the server.
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

/// Where a handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The socket would block: call again when it can be read, or written to.
    Blocked {
        /// A write would block too: bytes for the proxy are waiting.
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
    /// The handshake on the way to this endpoint; `None` where nothing is to be said before the server, or the proxy in
    /// its place, is sent a request.
    ///
    /// # Errors
    /// The server's name, or the proxy's user, is nothing that can be said to such a proxy: nothing was sent.
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

    /// Says and hears what can be said and heard now; `io` does not block. The limits bound how much is heard.
    ///
    /// # Errors
    /// The proxy refused ([`FaultKind::Proxy`]), or the connection to it broke. Nothing has reached the server. Said
    /// again whenever it is asked.
    pub fn pump(&mut self, io: &mut (impl Read + Write)) -> Result<Progress, Fault> {
        self.receive(io).map_err(|trouble| Fault::unsent(trouble.kind, trouble.text))
    }

    /// Says what can be said now; true if the rest waits until `io` can be written to. A failure is not the end: the
    /// proxy may have said why.
    pub(super) fn flush(&mut self, io: &mut impl Write) -> Result<bool, SocketError> {
        if self.out.is_empty() && matches!(self.state, State::Talking) {
            // The first words are the client's.
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

    /// Something is left to say.
    pub(super) fn is_pending(&self) -> bool {
        !self.out.is_empty()
    }

    /// Hears what can be heard now, and answers it.
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
                // It agreed before it heard all; what is left to say has to go first.
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

    /// One step of the machine; what it sends is queued.
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
            // It says by itself that it is about the proxy.
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
    /// Without bytes: among them is a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// The most that is read at once, in bytes: the longest answer of SOCKS fits.
const READ: usize = 512;
