//! The bytes below HTTP: what came from the peer, and what is queued for it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

use bytes::{Buf, Bytes, BytesMut};

use super::READ;
#[cfg(feature = "tls")]
use super::tls::Session;
use crate::effect::FaultKind;

/// One connection's bytes, both ways. Queued bytes are sent in order and never copied together.
pub(super) struct Link {
    layer: Layer,
    out: VecDeque<Bytes>,
    sent: bool,
    scratch: Vec<u8>,
    ended: bool,
    write_error: Option<Trouble>,
}

/// What is between the socket and HTTP. A proxy's handshake would be one more thing here, for a time: below both.
enum Layer {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Box<Session>),
}

/// What one read brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// The connection moved on: there may be bytes.
    Bytes,
    Blocked,
    /// The peer is done, and said so.
    End,
    Failed(Trouble),
}

/// Why bytes cannot be had or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) kind: FaultKind,
    pub(super) text: String,
    /// Whatever was sent, the server has not looked at it.
    pub(super) unsent: bool,
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
        Self { layer, out: VecDeque::new(), sent: false, scratch: Vec::new(), ended: false, write_error: None }
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
        match &self.layer {
            Layer::Plain => queued,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => queued + usize::from(session.wants_write()),
        }
    }

    /// Why nothing more can be sent.
    pub(super) fn write_error(&self) -> Option<&Trouble> {
        self.write_error.as_ref()
    }

    /// Nothing is under way, and the peer has not closed.
    pub(super) fn is_quiet(&self) -> bool {
        let below = match &self.layer {
            Layer::Plain => true,
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.is_quiet(),
        };
        below && self.out.is_empty() && !self.ended && self.write_error.is_none()
    }

    /// Sends what can be sent now; true if it waits until `io` can be written to. An error is kept, and nothing is sent
    /// after it: what the peer said before it went away can still be read.
    pub(super) fn flush(&mut self, io: &mut impl Write) -> bool {
        if self.write_error.is_some() {
            return false;
        }
        match self.write(io) {
            Ok(()) => false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) => {
                self.write_error = Some(Trouble::io(&error));
                false
            }
        }
    }

    /// Reads once, at most `most` bytes, and adds them to `into`. TLS reads as much as it may, and needs the socket to
    /// write an alert when it fails.
    pub(super) fn receive(&mut self, io: &mut (impl Read + Write), into: &mut BytesMut, most: usize) -> Got {
        if self.ended {
            return Got::End;
        }
        let got = match &mut self.layer {
            Layer::Plain => match read(io, &mut self.scratch, most) {
                Ok([]) => Got::End,
                Ok(bytes) => {
                    into.extend_from_slice(bytes);
                    Got::Bytes
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => Got::Blocked,
                Err(error) => Got::Failed(Trouble::io(&error)),
            },
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.receive(io, &mut self.scratch, into),
        };
        self.ended = got == Got::End;
        got
    }

    /// The TLS handshake is under way.
    pub(super) fn is_handshaking(&self) -> bool {
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
        match &mut self.layer {
            Layer::Plain => {}
            #[cfg(feature = "tls")]
            Layer::Tls(session) => session.close(),
        }
    }

    /// Gives memory back that an idle connection does not need.
    pub(super) fn rest(&mut self) {
        self.scratch.truncate(SMALL);
        self.scratch.shrink_to_fit();
    }

    fn write(&mut self, io: &mut impl Write) -> io::Result<()> {
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

impl Trouble {
    pub(super) fn new(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), unsent: false }
    }

    pub(super) fn io(error: &io::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof
            | ErrorKind::WriteZero
            | ErrorKind::TimedOut => FaultKind::Closed,
            _ => FaultKind::Io,
        };
        Self::new(kind, error.to_string())
    }
}

/// One read into `scratch`, which begins small and grows when reads fill it: it is what a safe read costs, for only
/// what was read is copied, and nothing is cleared.
pub(super) fn read<'a>(io: &mut impl Read, scratch: &'a mut Vec<u8>, most: usize) -> io::Result<&'a [u8]> {
    if scratch.is_empty() {
        scratch.resize(SMALL, 0);
    }
    let most = most.clamp(1, scratch.len());
    let length = retry(|| io.read(scratch.get_mut(..most).unwrap_or_default()))?;
    if length == scratch.len() && length < READ {
        scratch.resize(READ, 0);
    }
    scratch.get(..length).ok_or_else(|| ErrorKind::InvalidData.into())
}

pub(super) fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut interrupted = 0;
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::Interrupted && interrupted < INTERRUPTED => interrupted += 1,
            result => return result,
        }
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

/// The first reads of a connection, in bytes: enough for most answers.
const SMALL: usize = 8 * 1024;

/// After so many interruptions in a row something else is wrong.
const INTERRUPTED: usize = 1000;
