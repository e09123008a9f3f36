//! A connection after `101 Switching Protocols`: bytes, both ways at once.

use std::fmt;
use std::io::{Read, Write};

use bytes::{Bytes, BytesMut};

use super::link::{Got, Link, Trouble};
use crate::effect::Fault;

/// What is left of a [`Connection`](super::Connection) once the protocol was switched: its bytes, in TLS if it was in
/// TLS.
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

    /// Adds bytes of the peer to `into`, at least one and at most `limit`, with at most a few reads. The first ones are
    /// those that came with the 101.
    ///
    /// # Errors
    /// The connection broke. All that came before has been given.
    pub fn receive(
        &mut self,
        io: &mut (impl Read + Write),
        into: &mut BytesMut,
        limit: usize,
    ) -> Result<Received, Fault> {
        while self.input.is_empty() {
            match self.link.receive(io, &mut self.input, limit) {
                Got::Bytes => {}
                Got::Blocked => return Ok(Received::Blocked),
                Got::End => return Ok(Received::End),
                Got::Failed(trouble) => return Err(fault(&trouble)),
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
            Some(trouble) => Err(fault(trouble)),
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
}

fn fault(trouble: &Trouble) -> Fault {
    Fault::answered(trouble.kind, format!("the connection broke: {}", trouble.text))
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
