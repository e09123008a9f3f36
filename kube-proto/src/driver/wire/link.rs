//! The bytes below HTTP: those received from the peer, and those queued for it.

use std::collections::VecDeque;
use std::io;
use std::io::{ErrorKind, IoSlice, Read, Write};

use bytes::{Buf, Bytes, BytesMut};

use super::HttpLimits;
use super::proxy::Handshake;
use super::socket::{Got, SMALL, SocketError, read, retry};
#[cfg(feature = "tls")]
use super::tls::session::Session;
use super::tunnel::{Tunnel, over};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind};
use crate::observe::connection::{ConnectionRecord, Ends};

/// The bytes of one connection, both ways. Queued bytes are sent in order and never copied together.
pub(super) struct Link {
    /// The way through the proxy, if there is one.
    tunnel: Option<Box<Tunnel>>,
    layer: Layer,
    out: VecDeque<Bytes>,
    sent: bool,
    scratch: Vec<u8>,
    ended: bool,
    /// No more bytes will be queued.
    closing: bool,
    write_error: Option<SocketError>,
    record: Ends,
}

/// The layer between HTTP and the socket, or between HTTP and the tunnel through the proxy.
enum Layer {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Box<Session>),
}

impl Link {
    pub(super) fn plain() -> Self {
        Self::over(Layer::Plain)
    }

    #[cfg(feature = "tls")]
    pub(super) fn tls(session: Session) -> Self {
        Self::over(Layer::Tls(Box::new(session)))
    }

    fn over(layer: Layer) -> Self {
        let out = VecDeque::new();
        let (sent, ended, closing) = (false, false, false);
        Self {
            tunnel: None,
            layer,
            out,
            sent,
            scratch: Vec::new(),
            ended,
            closing,
            write_error: None,
            record: Ends::default(),
        }
    }

    /// Tells of this connection's end by this record.
    pub(super) fn recorded(&mut self, record: ConnectionRecord) {
        self.record = Ends(record);
    }

    pub(super) fn record(&self) -> &ConnectionRecord {
        &self.record.0
    }

    /// Uses the proxy of this endpoint, if it has one. Call it before anything is sent or received.
    pub(super) fn through(&mut self, to: &Endpoint, limits: HttpLimits) -> Result<(), Fault> {
        if to.proxy_tls().is_some() {
            return Err(Fault::unsent(FaultKind::Unsupported, "a proxy of scheme https wants TLS"));
        }
        self.tunnel = Handshake::new(to, limits)?.map(|handshake| Box::new(Tunnel::new(Some(handshake))));
        Ok(())
    }

    /// The same, with TLS to the proxy if it needs that.
    #[cfg(feature = "tls")]
    pub(super) fn through_tls(
        &mut self,
        to: &Endpoint,
        limits: HttpLimits,
        config: std::sync::Arc<rustls::ClientConfig>,
    ) -> Result<(), Fault> {
        let (Some(proxy), Some(tls)) = (to.proxy(), to.proxy_tls()) else { return self.through(to, limits) };
        let tunnel = Tunnel::new(Handshake::new(to, limits)?);
        self.tunnel = Some(Box::new(tunnel.within(Session::new(config, &tls.server_name)?, proxy.to_string())));
        Ok(())
    }

    /// The fault of a handshake that takes too long.
    pub(super) fn too_slow(&self, to: &Endpoint) -> Fault {
        let text = match to.proxy() {
            Some(proxy) if self.is_at_proxy() => format!("the proxy {proxy} did not connect to {to} in time"),
            Some(proxy) => format!("no TLS handshake with {to} through the proxy {proxy} in time"),
            None => format!("no TLS handshake with {to} in time"),
        };
        Fault::unsent(FaultKind::ConnectTimeout, text)
    }

    /// Queues bytes. [`Self::has_sent`] is about these and later ones.
    pub(super) fn begin(&mut self, bytes: impl IntoIterator<Item = Bytes>) {
        self.sent = false;
        #[cfg(feature = "tls")]
        if let Layer::Tls(session) = &mut self.layer {
            session.begin();
        }
        bytes.into_iter().for_each(|bytes| self.queue(bytes));
    }

    pub(super) fn queue(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.out.push_back(bytes);
        }
    }

    /// The peer may have seen some of the bytes that were queued since [`Self::begin`].
    pub(super) fn has_sent(&self) -> bool {
        self.sent
    }

    /// The peer has seen none of them.
    pub(super) fn mark_unsent(&mut self) {
        self.sent = false;
    }

    /// Drops the queued bytes that TLS or the socket has not taken.
    pub(super) fn drop_queued(&mut self) {
        self.out.clear();
    }

    /// The number of unsent bytes; the bytes inside TLS, at most 64 KiB, count as one.
    pub(super) fn pending(&self) -> usize {
        let queued: usize = self.out.iter().map(Bytes::len).sum();
        let queued = queued + usize::from(self.tunnel.as_ref().is_some_and(|tunnel| tunnel.is_pending()));
        match &self.layer {
            Layer::Plain => queued,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => queued + usize::from(session.wants_write()),
        }
    }

    /// Why sending failed.
    pub(super) fn write_error(&self) -> Option<&SocketError> {
        self.write_error.as_ref()
    }

    /// Nothing is in progress, and the peer has not closed.
    pub(super) fn is_quiet(&self) -> bool {
        let below = match &self.layer {
            Layer::Plain => true,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.is_quiet(),
        };
        let below = below && self.tunnel.as_ref().is_none_or(|tunnel| tunnel.is_quiet());
        below && self.out.is_empty() && !self.ended && self.write_error.is_none()
    }

    /// Sends what the socket takes now; true if the rest waits until `io` is writable. An error is kept, and nothing is
    /// sent after it. The bytes that the peer sent before can still be read.
    pub(super) fn flush(&mut self, io: &mut impl Write) -> bool {
        if self.write_error.is_some() {
            return false;
        }
        match self.write(io) {
            Ok(blocked) => blocked,
            Err(trouble) => {
                self.write_error = Some(trouble);
                false
            }
        }
    }

    /// Whether the result of [`Self::flush`] still holds after a read: the read may have queued an answer.
    pub(super) fn is_blocked(&self, flushed: bool) -> bool {
        self.tunnel.as_ref().map_or(flushed, |tunnel| tunnel.is_blocked(flushed))
    }

    /// Reads once, at most `most` bytes, and adds them to `into`. TLS reads as much as it can, and writes an alert to
    /// the socket when it fails.
    pub(super) fn receive(&mut self, io: &mut (impl Read + Write), into: &mut BytesMut, most: usize) -> Got {
        let closed = self.tunnel.as_ref().is_some_and(|tunnel| !tunnel.is_open());
        match self.receive_once(io, into, most) {
            // The queued bytes waited for TLS with the proxy, which is ready now.
            Got::Blocked if closed && self.tunnel.as_ref().is_some_and(|tunnel| tunnel.is_open()) => Got::Bytes,
            got => got,
        }
    }

    fn receive_once(&mut self, io: &mut (impl Read + Write), into: &mut BytesMut, most: usize) -> Got {
        if self.ended {
            return Got::End;
        }
        if let Some(got) = self.tunnel.as_mut().and_then(|tunnel| tunnel.hear(io)) {
            return got;
        }
        let io = &mut over(self.tunnel.as_deref_mut(), io);
        let got = match &mut self.layer {
            Layer::Plain => match read(io, &mut self.scratch, most) {
                Ok([]) => Got::End,
                Ok(bytes) => {
                    into.extend_from_slice(bytes);
                    Got::Bytes
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => Got::Blocked,
                Err(error) => Got::Failed(SocketError::io(&error)),
            },
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.receive(io, &mut self.scratch, into),
        };
        self.ended = got == Got::End;
        got
    }

    /// The handshake with the proxy, if there is one, is not over.
    pub(super) fn is_at_proxy(&self) -> bool {
        self.tunnel.as_ref().is_some_and(|tunnel| tunnel.is_handshaking())
    }

    /// A handshake is in progress, with the server or the proxy.
    pub(super) fn is_handshaking(&self) -> bool {
        if self.is_at_proxy() {
            return true;
        }
        match &self.layer {
            Layer::Plain => false,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.is_handshaking(),
        }
    }

    /// The protocol that the peer chose in TLS.
    pub(super) fn alpn(&self) -> Option<&[u8]> {
        match &self.layer {
            Layer::Plain => None,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.alpn(),
        }
    }

    /// Sends the end after the queued bytes, in TLS by a `close_notify`.
    pub(super) fn close(&mut self) {
        self.closing = true;
        match &mut self.layer {
            Layer::Plain => {}
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.close(),
        }
    }

    /// Frees memory that an idle connection does not need.
    pub(super) fn rest(&mut self) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.rest();
        }
        self.scratch.truncate(SMALL);
        self.scratch.shrink_to_fit();
    }

    /// True if the rest waits until `io` is writable.
    fn write(&mut self, io: &mut impl Write) -> Result<bool, SocketError> {
        if let Some(blocked) = self.tunnel.as_mut().and_then(|tunnel| tunnel.greet(io)) {
            return blocked;
        }
        let blocked = match self.write_layer(io) {
            Ok(()) => false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) => return Err(SocketError::io(&error)),
        };
        let Some(tunnel) = &mut self.tunnel else { return Ok(blocked) };
        if self.closing && !blocked {
            tunnel.close();
        }
        tunnel.flush(io)?;
        Ok(tunnel.is_blocked(blocked))
    }

    fn write_layer(&mut self, io: &mut impl Write) -> io::Result<()> {
        let io = &mut over(self.tunnel.as_deref_mut(), io);
        #[cfg(feature = "tls")]
        if let Layer::Tls(session) = &mut self.layer {
            return session.write(&mut self.out, &mut self.sent, io);
        }
        while !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); 8];
            for (slice, bytes) in slices.iter_mut().zip(&self.out) {
                *slice = IoSlice::new(bytes);
            }
            let written = retry(|| io.write_vectored(&slices))?;
            if written == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            self.sent = true;
            advance(&mut self.out, written);
        }
        Ok(())
    }
}

/// Removes this number of bytes from the queue.
fn advance(queue: &mut VecDeque<Bytes>, mut count: usize) {
    while let Some(front) = queue.front_mut() {
        if count < front.len() {
            front.advance(count);
            return;
        }
        count -= front.len();
        queue.pop_front();
    }
}
