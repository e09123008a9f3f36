//! A connection after `101 Switching Protocols`: bytes, both ways at once.

use std::fmt;
use std::io::{Read, Write};

use bytes::{Bytes, BytesMut};

use super::HttpLimits;
use super::link::Link;
use super::socket::{Got, SocketError};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind};

/// What is left of a [`Connection`](super::connection::Connection) once the protocol was switched: its bytes, in TLS if it was in
/// TLS. Or, made by [`plain`](Self::plain) or [`tls`](Self::tls), the bytes below an HTTP that is not this crate's.
///
/// Receiving and sending do not wait for each other; no call blocks. What is queued by [`send`](Self::send) is not
/// bounded here: who sends looks at [`pending`](Self::pending).
pub struct RawConnection {
    link: Link,
    /// Bytes that came with the 101, or that were more than was asked for.
    input: BytesMut,
}

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes; there may be more.
    Bytes,
    /// Nothing before the socket can be read.
    Blocked,
    /// The peer will send no more.
    End,
}

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything that was queued.
    All,
    /// A part, or nothing: the rest goes when the socket can be written to.
    Blocked,
}

impl RawConnection {
    pub(super) fn new(link: Link, input: BytesMut) -> Self {
        Self { link, input }
    }

    /// Over a fresh TCP connection, without HTTP.
    #[must_use]
    pub fn plain() -> Self {
        Self::new(Link::plain(), BytesMut::new())
    }

    /// In TLS, over the same. The handshake begins with the first [`flush`](Self::flush), and carries on with that and
    /// [`receive`](Self::receive). `config` offers what protocols it likes (ALPN).
    ///
    /// # Errors
    /// `server_name` is neither a DNS name nor an IP address, or `config` cannot be used: nothing was sent.
    #[cfg(feature = "tls")]
    pub fn tls(config: std::sync::Arc<rustls::ClientConfig>, server_name: &str) -> Result<Self, Fault> {
        Ok(Self::new(Link::tls(super::tls::session::Session::new(config, server_name)?), BytesMut::new()))
    }

    /// The same on the way that `to` has: through its proxy, if there is one. The socket is then one to the proxy, as
    /// [`Endpoint::dial`] says, and the handshake with it comes first.
    ///
    /// # Errors
    /// The proxy cannot lead to such a server, or it wants TLS: see [`through_tls`](Self::through_tls).
    pub fn through(mut self, to: &Endpoint, limits: HttpLimits) -> Result<Self, Fault> {
        self.link.through(to, limits)?;
        Ok(self)
    }

    /// The same, where the proxy is spoken to in TLS with this configuration; its ALPN must not offer `h2`.
    ///
    /// # Errors
    /// The proxy cannot lead to such a server, or `config` cannot be used.
    #[cfg(feature = "tls")]
    pub fn through_tls(
        mut self,
        to: &Endpoint,
        limits: HttpLimits,
        config: std::sync::Arc<rustls::ClientConfig>,
    ) -> Result<Self, Fault> {
        self.link.through_tls(to, limits, config)?;
        Ok(self)
    }

    /// A handshake is under way, in TLS or with a proxy.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.link.is_handshaking()
    }

    /// The fault of a [handshake](Self::is_handshaking) that takes too long. The connection is to be closed then.
    #[must_use]
    pub fn too_slow(&self, to: &Endpoint) -> Fault {
        self.link.too_slow(to)
    }

    /// The protocol that the server chose in TLS (RFC 7301), once the handshake is over.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.link.alpn()
    }

    /// Adds bytes of the peer to `into`, at least one and at most `limit`, with at most a few reads. The first ones are
    /// those that came with the 101.
    ///
    /// # Errors
    /// The connection broke. All that came before has been given. A fault that is [`NotSent`](crate::driver::Reach::NotSent)
    /// says that the peer has looked at nothing of what it was sent.
    pub fn receive(
        &mut self,
        io: &mut (impl Read + Write),
        into: &mut BytesMut,
        limit: usize,
    ) -> Result<Received, Fault> {
        while self.input.is_empty() {
            match self.link.receive(io, &mut self.input, limit) {
                // It may be something to answer, as in a handshake. What fails is known to the next flush.
                Got::Bytes if self.input.is_empty() => _ = self.link.flush(io),
                Got::Bytes => {}
                Got::Blocked => return Ok(Received::Blocked),
                Got::End => return Ok(Received::End),
                Got::Failed(trouble) => return Err(self.fault(&trouble)),
            }
        }
        let length = self.input.len().min(limit.max(1));
        into.unsplit(self.input.split_to(length));
        Ok(Received::Bytes)
    }

    /// Queues bytes for the peer, without a copy.
    pub fn send(&mut self, bytes: Bytes) {
        self.link.queue(bytes);
    }

    /// Sends what can be sent.
    ///
    /// # Errors
    /// The connection broke. What the peer said before may still be received.
    pub fn flush(&mut self, io: &mut impl Write) -> Result<Flushed, Fault> {
        let blocked = self.link.flush(io);
        match self.link.write_error() {
            Some(trouble) => Err(self.fault(trouble)),
            None if blocked => Ok(Flushed::Blocked),
            None => Ok(Flushed::All),
        }
    }

    /// Sends what is queued, and then that nothing more will come: in TLS by a `close_notify`. Once it is
    /// [`All`](Flushed::All) gone the socket's sending side can be shut down; receiving goes on. While it is
    /// [`Blocked`](Flushed::Blocked), [`flush`](Self::flush) carries on with it.
    ///
    /// # Errors
    /// The connection broke.
    pub fn close(&mut self, io: &mut impl Write) -> Result<Flushed, Fault> {
        self.link.close();
        self.flush(io)
    }

    /// Bytes that wait to be sent. In TLS, those that are encrypted already (at most 64 KiB) count as one.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.link.pending()
    }

    fn fault(&self, trouble: &SocketError) -> Fault {
        let text = match trouble.kind {
            FaultKind::Tls | FaultKind::Proxy => trouble.text.clone(),
            _ if self.link.is_at_proxy() => trouble.text.clone(),
            _ if self.is_handshaking() => format!("the connection broke in the TLS handshake: {}", trouble.text),
            _ => format!("the connection broke: {}", trouble.text),
        };
        match trouble.unsent || self.is_handshaking() {
            true => Fault::unsent(trouble.kind, text),
            false => Fault::answered(trouble.kind, text),
        }
    }
}

impl fmt::Debug for RawConnection {
    /// Without bytes: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnection")
            .field("received", &self.input.len())
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}
