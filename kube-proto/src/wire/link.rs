//! The bytes below HTTP: what came from the peer, and what is queued for it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

use bytes::{Buf, Bytes, BytesMut};

use super::READ;
use crate::effect::FaultKind;

/// One connection's bytes, both ways. Queued bytes are sent in order and never copied together.
pub(super) struct Link {
    out: VecDeque<Bytes>,
    sent: bool,
    scratch: Vec<u8>,
    ended: bool,
    write_error: Option<Trouble>,
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
}

impl Link {
    pub(super) fn plain() -> Self {
        Self { out: VecDeque::new(), sent: false, scratch: Vec::new(), ended: false, write_error: None }
    }

    /// Queues bytes; [`Self::has_sent`] is about these and later ones.
    pub(super) fn begin(&mut self, bytes: impl IntoIterator<Item = Bytes>) {
        self.sent = false;
        bytes.into_iter().for_each(|bytes| self.queue(bytes));
    }

    pub(super) fn queue(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.out.push_back(bytes);
        }
    }

    /// Some of what was queued since [`Self::begin`] may have left this host.
    pub(super) fn has_sent(&self) -> bool {
        self.sent
    }

    /// Forgets what was queued and is not on its way.
    pub(super) fn drop_queued(&mut self) {
        self.out.clear();
    }

    /// Bytes that are not sent.
    pub(super) fn pending(&self) -> usize {
        self.out.iter().map(Bytes::len).sum()
    }

    /// Why nothing more can be sent.
    pub(super) fn write_error(&self) -> Option<&Trouble> {
        self.write_error.as_ref()
    }

    /// Nothing is under way, and the peer has not closed.
    pub(super) fn is_quiet(&self) -> bool {
        self.out.is_empty() && !self.ended && self.write_error.is_none()
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

    /// Reads once, at most `most` bytes, and adds them to `into`.
    pub(super) fn receive(&mut self, io: &mut (impl Read + Write), into: &mut BytesMut, most: usize) -> Got {
        if self.ended {
            return Got::End;
        }
        match read(io, &mut self.scratch, most) {
            Ok([]) => {
                self.ended = true;
                Got::End
            }
            Ok(bytes) => {
                into.extend_from_slice(bytes);
                Got::Bytes
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Got::Blocked,
            Err(error) => Got::Failed(Trouble::io(&error)),
        }
    }

    /// The TLS handshake is under way.
    pub(super) fn is_handshaking(&self) -> bool {
        false
    }

    /// After what is queued nothing more will be sent, and the peer is told so where there is a way to.
    pub(super) fn close(&mut self) {}

    /// Gives memory back that an idle connection does not need.
    pub(super) fn rest(&mut self) {
        self.scratch.truncate(SMALL);
        self.scratch.shrink_to_fit();
    }

    fn write(&mut self, io: &mut impl Write) -> io::Result<()> {
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
        Self { kind, text: text.into() }
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

/// One read into `scratch`, which begins small and grows when reads fill it: it is what a safe read costs, for only what
/// was read is copied, and nothing is cleared.
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

fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
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
