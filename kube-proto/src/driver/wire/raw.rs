//! A connection after `101 Switching Protocols`: bytes, both ways at once.

use std::fmt;
use std::io::{Read, Write};

use bytes::{Bytes, BytesMut};

use super::HttpLimits;
use super::link::Link;
use super::socket::{Got, SMALL, SocketError};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind};
use crate::observe::connection::ConnectionRecord;

/// What remains of a [`Connection`](super::connection::Connection) after a switch of protocols: its bytes, in TLS if it
/// was in TLS. [`plain`](Self::plain) and [`tls`](Self::tls) make one for a driver with another HTTP implementation.
///
/// Receiving and sending do not wait for each other; no call blocks. The queue of [`send`](Self::send) has no limit:
/// the sender checks [`pending`](Self::pending).
pub struct RawConnection {
    link: Link,
    /// Bytes that came with the 101, or beyond the limit of a read.
    input: BytesMut,
    /// The last bytes that were given were many.
    large: bool,
}

/// The result of [`RawConnection::receive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes. There may be more.
    Bytes,
    /// Nothing more until the socket is readable.
    Blocked,
    /// The peer will send no more.
    End,
}

/// The result of a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything in the queue was sent.
    All,
    /// A part, or nothing, was sent: the rest waits until the socket is writable.
    Blocked,
}

impl RawConnection {
    pub(super) fn new(link: Link, input: BytesMut) -> Self {
        Self { link, input, large: false }
    }

    /// Tells observers of this connection's end, and of its session, by this record.
    #[must_use]
    pub fn recorded(mut self, record: ConnectionRecord) -> Self {
        self.link.recorded(record);
        self
    }

    /// The record of this connection; empty if it has none.
    #[must_use]
    pub fn record(&self) -> &ConnectionRecord {
        self.link.record()
    }

    /// Over a new TCP connection, without HTTP.
    #[must_use]
    pub fn plain() -> Self {
        Self::new(Link::plain(), BytesMut::new())
    }

    /// In TLS, over the same. The first [`flush`](Self::flush) begins the handshake; that and
    /// [`receive`](Self::receive) continue it. `config` may offer any protocols (ALPN).
    ///
    /// # Errors
    /// `server_name` is neither a DNS name nor an IP address, or `config` cannot be used. Nothing was sent.
    #[cfg(feature = "tls")]
    pub fn tls(config: std::sync::Arc<rustls::ClientConfig>, server_name: &str) -> Result<Self, Fault> {
        Ok(Self::new(Link::tls(super::tls::session::Session::new(config, server_name)?), BytesMut::new()))
    }

    /// Goes the way that `to` requires: through its proxy, if it has one. The socket must then be connected to the
    /// proxy (see [`Endpoint::dial`]), and the handshake with the proxy comes first.
    ///
    /// # Errors
    /// The proxy cannot reach such a server, or it needs TLS: see [`through_tls`](Self::through_tls).
    pub fn through(mut self, to: &Endpoint, limits: HttpLimits) -> Result<Self, Fault> {
        self.link.through(to, limits)?;
        Ok(self)
    }

    /// The same, with this TLS configuration for the proxy; its ALPN must not offer `h2`.
    ///
    /// # Errors
    /// The proxy cannot reach such a server, or `config` cannot be used.
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

    /// A handshake, in TLS or with a proxy, is in progress.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.link.is_handshaking()
    }

    /// The fault of a [handshake](Self::is_handshaking) that takes too long. Close the connection then.
    #[must_use]
    pub fn too_slow(&self, to: &Endpoint) -> Fault {
        self.link.too_slow(to)
    }

    /// The protocol that the server chose in TLS (RFC 7301), after the handshake.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.link.alpn()
    }

    /// Adds bytes of the peer to `into`, at least one and at most `limit`, with at most a few reads. The first ones are
    /// those that came with the 101.
    ///
    /// # Errors
    /// The connection broke. All bytes before that were given. A fault that is
    /// [`NotSent`](crate::driver::Reach::NotSent) says that the peer has seen nothing of what was sent.
    pub fn receive(
        &mut self,
        io: &mut (impl Read + Write),
        into: &mut BytesMut,
        limit: usize,
    ) -> Result<Received, Fault> {
        while self.input.is_empty() {
            match self.link.receive(io, &mut self.input, limit) {
                // TLS may have to answer, as in a handshake. The next flush reports a failure.
                Got::Bytes if self.input.is_empty() => _ = self.link.flush(io),
                Got::Bytes => {}
                Got::Blocked => return Ok(Received::Blocked),
                Got::End => return Ok(Received::End),
                Got::Failed(trouble) => return Err(self.fault(&trouble)),
            }
        }
        let length = self.input.len().min(limit.max(1));
        if into.is_empty() && length == self.input.len() {
            std::mem::swap(into, &mut self.input);
            // The emptied buffer serves the next read, unless it is large: this may be the last read for long.
            let large = length > SMALL;
            if std::mem::replace(&mut self.large, large) || large {
                self.input = BytesMut::new();
            }
        } else {
            into.unsplit(self.input.split_to(length));
        }
        Ok(Received::Bytes)
    }

    /// Queues bytes for the peer, without a copy.
    pub fn send(&mut self, bytes: Bytes) {
        self.link.queue(bytes);
    }

    /// Sends what the socket takes now.
    ///
    /// # Errors
    /// The connection broke. The bytes that the peer sent before can still be received.
    pub fn flush(&mut self, io: &mut impl Write) -> Result<Flushed, Fault> {
        let blocked = self.link.flush(io);
        match self.link.write_error() {
            Some(trouble) => Err(self.fault(trouble)),
            None if blocked => Ok(Flushed::Blocked),
            None => Ok(Flushed::All),
        }
    }

    /// Sends what is queued, and then the end: in TLS by a `close_notify`. Once [`All`](Flushed::All) is sent, the
    /// socket's sending side can be shut down; receiving goes on. While it is [`Blocked`](Flushed::Blocked), continue
    /// with [`flush`](Self::flush).
    ///
    /// # Errors
    /// The connection broke.
    pub fn close(&mut self, io: &mut impl Write) -> Result<Flushed, Fault> {
        self.link.close();
        self.flush(io)
    }

    /// The number of unsent bytes. In TLS, encrypted bytes (at most 64 KiB) count as one.
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
    /// Without the bytes: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnection")
            .field("received", &self.input.len())
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}
