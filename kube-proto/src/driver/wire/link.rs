//! The bytes below HTTP: what came from the peer, and what is queued for it.

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

/// One connection's bytes, both ways. Queued bytes are sent in order and never copied together.
pub(super) struct Link {
    /// What is below, if there is a proxy.
    foot: Option<Box<Tunnel>>,
    layer: Layer,
    out: VecDeque<Bytes>,
    sent: bool,
    scratch: Vec<u8>,
    ended: bool,
    /// Nothing will be queued any more.
    closing: bool,
    write_error: Option<SocketError>,
}

/// What is between HTTP and the socket, or what the proxy makes of the socket.
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
        Self { foot: None, layer, out, sent, scratch: Vec::new(), ended, closing, write_error: None }
    }

    /// Puts it on the way through the proxy of this endpoint, if it has one. Nothing was sent or received yet.
    pub(super) fn through(&mut self, to: &Endpoint, limits: HttpLimits) -> Result<(), Fault> {
        if to.proxy_tls().is_some() {
            return Err(Fault::unsent(FaultKind::Unsupported, "a proxy of scheme https wants TLS"));
        }
        self.foot = Handshake::new(to, limits)?.map(|handshake| Box::new(Tunnel::new(Some(handshake))));
        Ok(())
    }

    /// The same, with TLS to the proxy if it wants that.
    #[cfg(feature = "tls")]
    pub(super) fn through_tls(
        &mut self,
        to: &Endpoint,
        limits: HttpLimits,
        config: std::sync::Arc<rustls::ClientConfig>,
    ) -> Result<(), Fault> {
        let (Some(proxy), Some(tls)) = (to.proxy(), to.proxy_tls()) else { return self.through(to, limits) };
        let foot = Tunnel::new(Handshake::new(to, limits)?);
        self.foot = Some(Box::new(foot.within(Session::new(config, &tls.server_name)?, proxy.to_string())));
        Ok(())
    }

    /// The fault of a handshake that takes too long.
    pub(super) fn too_slow(&self, to: &Endpoint) -> Fault {
        let text = match to.proxy().filter(|_| self.is_at_proxy()) {
            Some(proxy) => format!("the proxy {proxy} did not connect to {to} in time"),
            None => format!("no TLS handshake with {to} in time"),
        };
        Fault::unsent(FaultKind::ConnectTimeout, text)
    }

    /// Queues bytes; [`Self::has_sent`] is about these and later ones.
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

    /// The peer may have looked at some of what was queued since [`Self::begin`].
    pub(super) fn has_sent(&self) -> bool {
        self.sent
    }

    /// It is known that the peer did not.
    pub(super) fn mark_unsent(&mut self) {
        self.sent = false;
    }

    /// Forgets what was queued and is not on its way.
    pub(super) fn drop_queued(&mut self) {
        self.out.clear();
    }

    /// Bytes that are not sent; what TLS holds of them, at most 64 KiB, counts as one.
    pub(super) fn pending(&self) -> usize {
        let queued: usize = self.out.iter().map(Bytes::len).sum();
        let queued = queued + usize::from(self.foot.as_ref().is_some_and(|foot| foot.is_pending()));
        match &self.layer {
            Layer::Plain => queued,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => queued + usize::from(session.wants_write()),
        }
    }

    /// Why nothing more can be sent.
    pub(super) fn write_error(&self) -> Option<&SocketError> {
        self.write_error.as_ref()
    }

    /// Nothing is under way, and the peer has not closed.
    pub(super) fn is_quiet(&self) -> bool {
        let below = match &self.layer {
            Layer::Plain => true,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.is_quiet(),
        };
        let below = below && self.foot.as_ref().is_none_or(|foot| foot.is_quiet());
        below && self.out.is_empty() && !self.ended && self.write_error.is_none()
    }

    /// Sends what can be sent now; true if it waits until `io` can be written to. An error is kept, and nothing is sent
    /// after it: what the peer said before it went away can still be read.
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

    /// Whether the last word of [`Self::flush`] still holds after a read, which may have had something to answer.
    pub(super) fn is_blocked(&self, flushed: bool) -> bool {
        self.foot.as_ref().map_or(flushed, |foot| foot.is_blocked(flushed))
    }

    /// Reads once, at most `most` bytes, and adds them to `into`. TLS reads as much as it may, and needs the socket to
    /// write an alert when it fails.
    pub(super) fn receive(&mut self, io: &mut (impl Read + Write), into: &mut BytesMut, most: usize) -> Got {
        let closed = self.foot.as_ref().is_some_and(|foot| !foot.is_open());
        match self.receive_once(io, into, most) {
            // What was to be said waited for TLS with the proxy, and waits for nothing now.
            Got::Blocked if closed && self.foot.as_ref().is_some_and(|foot| foot.is_open()) => Got::Bytes,
            got => got,
        }
    }

    fn receive_once(&mut self, io: &mut (impl Read + Write), into: &mut BytesMut, most: usize) -> Got {
        if self.ended {
            return Got::End;
        }
        if let Some(got) = self.foot.as_mut().and_then(|foot| foot.hear(io)) {
            return got;
        }
        let io = &mut over(self.foot.as_deref_mut(), io);
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

    /// The proxy, if there is one, is not done with.
    pub(super) fn is_at_proxy(&self) -> bool {
        self.foot.as_ref().is_some_and(|foot| foot.is_handshaking())
    }

    /// A handshake is under way, with the server or the proxy.
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

    /// What the peer chose to speak, in TLS.
    pub(super) fn alpn(&self) -> Option<&[u8]> {
        match &self.layer {
            Layer::Plain => None,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.alpn(),
        }
    }

    /// After what is queued nothing more will be sent, and the peer is told so where there is a way to.
    pub(super) fn close(&mut self) {
        self.closing = true;
        match &mut self.layer {
            Layer::Plain => {}
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.close(),
        }
    }

    /// Gives memory back that an idle connection does not need.
    pub(super) fn rest(&mut self) {
        if let Some(foot) = &mut self.foot {
            foot.rest();
        }
        self.scratch.truncate(SMALL);
        self.scratch.shrink_to_fit();
    }

    /// True if it waits until `io` can be written to.
    fn write(&mut self, io: &mut impl Write) -> Result<bool, SocketError> {
        if let Some(blocked) = self.foot.as_mut().and_then(|foot| foot.greet(io)) {
            return blocked;
        }
        let blocked = match self.write_layer(io) {
            Ok(()) => false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) => return Err(SocketError::io(&error)),
        };
        let Some(foot) = &mut self.foot else { return Ok(blocked) };
        if self.closing && !blocked {
            foot.close();
        }
        foot.flush(io)?;
        Ok(foot.is_blocked(blocked))
    }

    fn write_layer(&mut self, io: &mut impl Write) -> io::Result<()> {
        let io = &mut over(self.foot.as_deref_mut(), io);
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

/// So many bytes of the queue are gone.
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
