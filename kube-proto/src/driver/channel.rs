use std::fmt;

use bytes::{Bytes, BytesMut};

use super::fault::Fault;
use super::time::{Moment, Now};
use crate::error::{Error, ErrorKind};
use crate::opaque::Opaque;

/// The next action that a [`Channel`] asks for.
pub enum Flow<E> {
    /// Bytes for the peer.
    Send(Bytes),
    /// An event for the caller.
    Yield(E),
    /// Wait for bytes, for the caller, or for this moment.
    Wait(Option<Moment>),
    /// The end of the session.
    Done(Result<(), Error>),
}

impl<E: fmt::Debug> fmt::Debug for Flow<E> {
    /// Leaves out the bytes to send: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flow::Send(bytes) => f.debug_tuple("Send").field(&Opaque(&**bytes)).finish(),
            Flow::Yield(event) => f.debug_tuple("Yield").field(event).finish(),
            Flow::Wait(until) => f.debug_tuple("Wait").field(until).finish(),
            Flow::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

/// The protocol of a connection after `101 Switching Protocols`.
///
/// Both directions run at once and on several threads: a driver never holds the channel while it blocks.
pub trait Channel {
    /// The events for the caller.
    type Event;

    /// Takes the peer's bytes from the front of `bytes`; `end` means that no more will come. The driver offers the
    /// bytes that remain again, together with the next ones.
    fn receive(&mut self, bytes: &mut BytesMut, end: bool);

    /// Takes the caller's bytes for the peer; the channel frames them as its protocol wants.
    ///
    /// # Errors
    /// The session has ended, or its sending side is closed.
    fn send(&mut self, bytes: Bytes) -> Result<(), Error>;

    /// The next action. The driver calls this until it returns [`Flow::Wait`] or [`Flow::Done`].
    fn poll(&mut self, now: Now) -> Flow<Self::Event>;

    /// Whether the caller has ended the sending side. The driver sends what is left, then ends the sending side of the
    /// connection, and goes on receiving. `false` by default.
    fn is_finished(&self) -> bool {
        false
    }

    /// Whether the channel can take no bytes now: the driver receives none, until one of its calls has changed that.
    /// `false` by default. The bytes of the last [`receive`](Self::receive) are taken in any case.
    fn is_full(&self) -> bool {
        false
    }

    /// Whether a reader or a writer that waits for this part of the channel should look again. The channel chooses the
    /// numbers of its parts. `true` by default.
    fn is_ready(&self, part: u64) -> bool {
        let _ = part;
        true
    }

    /// Whether the session is over for both sides: the peer reads nothing more, and what is unsent stays so. A writer that
    /// waits for the socket then fails. `false` by default.
    fn is_over(&self) -> bool {
        false
    }

    /// The connection broke, after all that was received. Returns the end of the session: by default, this fault.
    ///
    /// # Errors
    /// The session failed by it.
    fn broken(&mut self, fault: Fault) -> Result<(), Error> {
        Err(ErrorKind::Transport(fault).into())
    }

    /// The driver looked for bytes of the peer at this time, and there are none. Nothing by default.
    fn silent(&mut self, now: Now) {
        let _ = now;
    }
}
