//! The layers between the socket and a connection that goes through a proxy: TLS to the proxy, and the handshake with
//! it.
//!
//! The layer above reads and writes through it as if it were the socket. TLS within TLS therefore needs no code of its
//! own.

use std::io;
#[cfg(feature = "tls")]
use std::io::ErrorKind;
use std::io::{IoSlice, Read, Write};

use super::proxy::{Handshake, Progress};
use super::socket::{Got, SocketError};
#[cfg(feature = "tls")]
use super::tls::session::Session;

/// The way through a proxy.
pub(super) struct Tunnel {
    #[cfg(feature = "tls")]
    tls: Option<ProxyTls>,
    handshake: Option<Handshake>,
}

/// A socket, seen through the tunnel.
pub(super) struct Through<'a, I> {
    io: &'a mut I,
    #[cfg(feature = "tls")]
    tls: Option<&'a mut ProxyTls>,
}

/// TLS to the proxy itself.
#[cfg(feature = "tls")]
struct ProxyTls {
    /// The proxy, for messages.
    name: String,
    session: Session,
    scratch: Vec<u8>,
    /// Plain text of a read that the layer above has not taken yet.
    plain: bytes::BytesMut,
    /// Why writing failed.
    broken: Option<SocketError>,
    /// The socket took less than the whole.
    blocked: bool,
}

impl Tunnel {
    #[cfg(not(feature = "tls"))]
    pub(super) fn new(handshake: Option<Handshake>) -> Self {
        Self { handshake }
    }

    #[cfg(feature = "tls")]
    pub(super) fn new(handshake: Option<Handshake>) -> Self {
        Self { tls: None, handshake }
    }

    /// Uses TLS to the proxy.
    #[cfg(feature = "tls")]
    pub(super) fn within(mut self, session: Session, name: String) -> Self {
        let plain = bytes::BytesMut::new();
        self.tls = Some(ProxyTls { name, session, scratch: Vec::new(), plain, broken: None, blocked: false });
        self
    }

    /// The proxy can be used: the TLS handshake with it is over, or it uses no TLS.
    pub(super) fn is_open(&self) -> bool {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return !tls.session.is_handshaking();
        }
        true
    }

    /// The handshake with the proxy is not over.
    pub(super) fn is_handshaking(&self) -> bool {
        self.handshake.is_some() || !self.is_open()
    }

    /// Sends the bytes of the handshake: whether the rest waits for the socket. `None` once the handshake is over.
    pub(super) fn greet(&mut self, io: &mut impl Write) -> Option<Result<bool, SocketError>> {
        let mut handshake = self.handshake.take()?;
        let flushed = handshake.flush(&mut through(self, io));
        self.handshake = Some(handshake);
        Some(flushed.and_then(|blocked| {
            self.flush(io)?;
            Ok(self.is_blocked(blocked))
        }))
    }

    /// Receives the proxy's bytes, and answers them. `None` once the handshake is over.
    pub(super) fn hear(&mut self, io: &mut (impl Read + Write)) -> Option<Got> {
        let mut handshake = self.handshake.take()?;
        Some(match handshake.receive(&mut through(self, io)) {
            Ok(Progress::Done) => Got::Bytes,
            Ok(Progress::Blocked { .. }) => {
                self.handshake = Some(handshake);
                Got::Blocked
            }
            Err(trouble) => {
                self.handshake = Some(handshake);
                Got::Failed(trouble)
            }
        })
    }

    /// Sends the bytes that TLS to the proxy holds. If the socket blocks, that is not an error: see
    /// [`is_blocked`](Self::is_blocked).
    pub(super) fn flush(&mut self, io: &mut impl Write) -> Result<(), SocketError> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            return tls.flush(io).map_err(|error| SocketError::io(&error));
        }
        let _ = io;
        Ok(())
    }

    /// A blocked write waits for the socket, and not for bytes of the proxy.
    pub(super) fn is_blocked(&self, write: bool) -> bool {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return tls.blocked;
        }
        self.handshake.as_ref().map_or(write, Handshake::is_pending)
    }

    /// Nothing is on its way in or out.
    pub(super) fn is_quiet(&self) -> bool {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls
            && !(tls.session.is_quiet() && tls.plain.is_empty() && tls.broken.is_none())
        {
            return false;
        }
        self.handshake.is_none()
    }

    /// Bytes are on their way out.
    pub(super) fn is_pending(&self) -> bool {
        #[cfg(feature = "tls")]
        if self.tls.as_ref().is_some_and(|tls| tls.session.wants_write()) {
            return true;
        }
        false
    }

    /// No more bytes will be sent. The next flush sends the end, if there is TLS.
    pub(super) fn close(&mut self) {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            tls.session.close();
        }
    }

    /// Frees memory that an idle connection does not need.
    pub(super) fn rest(&mut self) {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            tls.scratch = Vec::new();
            if tls.plain.is_empty() {
                tls.plain = bytes::BytesMut::new();
            }
        }
    }
}

/// The socket, as the layer above sees it.
pub(super) fn over<'a, I>(tunnel: Option<&'a mut Tunnel>, io: &'a mut I) -> Through<'a, I> {
    match tunnel {
        Some(tunnel) => through(tunnel, io),
        None => Through {
            io,
            #[cfg(feature = "tls")]
            tls: None,
        },
    }
}

#[cfg_attr(not(feature = "tls"), allow(unused_variables, reason = "only TLS needs them"))]
fn through<'a, I>(tunnel: &'a mut Tunnel, io: &'a mut I) -> Through<'a, I> {
    Through {
        io,
        #[cfg(feature = "tls")]
        tls: tunnel.tls.as_mut(),
    }
}

impl<I: Read + Write> Read for Through<'_, I> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            return tls.read(self.io, into);
        }
        self.io.read(into)
    }
}

impl<I: Write> Write for Through<'_, I> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            return tls.write(self.io, &[IoSlice::new(bytes)]);
        }
        self.io.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            return tls.write(self.io, slices);
        }
        self.io.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}

#[cfg(feature = "tls")]
impl ProxyTls {
    fn read(&mut self, io: &mut (impl Read + Write), into: &mut [u8]) -> io::Result<usize> {
        use bytes::Buf;
        while self.plain.is_empty() {
            match self.session.receive(io, &mut self.scratch, &mut self.plain) {
                // TLS may have to answer, as in the handshake. A failure comes again with the next read.
                Got::Bytes => drop(self.flush(io)),
                Got::Blocked => return Err(ErrorKind::WouldBlock.into()),
                Got::End => return Ok(0),
                Got::Failed(trouble) => return Err(self.named(trouble).into()),
            }
        }
        let length = self.plain.len().min(into.len());
        if let (Some(into), Some(plain)) = (into.get_mut(..length), self.plain.get(..length)) {
            into.copy_from_slice(plain);
        }
        self.plain.advance(length);
        Ok(length)
    }

    /// Gives plain text to TLS, and sends what the socket takes of it. Bytes count as taken even if sending fails: they
    /// may have been sent.
    fn write(&mut self, io: &mut impl Write, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.flush(io)?;
        if self.session.is_handshaking() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut taken = 0;
        for slice in slices {
            let count = self.session.take(slice)?;
            taken += count;
            if count < slice.len() {
                break;
            }
        }
        if taken == 0 && slices.iter().any(|slice| !slice.is_empty()) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let _ = self.flush(io);
        Ok(taken)
    }

    /// An error is kept, and returned by every later write.
    fn flush(&mut self, io: &mut impl Write) -> io::Result<()> {
        if let Some(trouble) = &self.broken {
            return Err(trouble.clone().into());
        }
        self.blocked = false;
        match self.session.write(&mut std::collections::VecDeque::new(), &mut false, io) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.blocked = true;
                Ok(())
            }
            Err(error) => {
                self.broken = Some(SocketError::io(&error));
                Err(error)
            }
        }
    }

    /// The text of TLS names the server; this adds the proxy.
    fn named(&self, mut trouble: SocketError) -> SocketError {
        trouble.text = format!("TLS with the proxy {}: {}", self.name, trouble.text);
        trouble
    }
}
