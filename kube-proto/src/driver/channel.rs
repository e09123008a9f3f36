use std::fmt;

use bytes::{Bytes, BytesMut};

use super::time::{Moment, Now};
use crate::error::Error;
use crate::opaque::Opaque;

/// What a [`Channel`] wants next.
pub enum Flow<E> {
    /// Bytes for the peer.
    Send(Bytes),
    /// An event for the caller.
    Yield(E),
    /// Nothing before bytes arrive, the caller does something, or this moment.
    Wait(Option<Moment>),
    /// The end of the session.
    Done(Result<(), Error>),
}

impl<E: fmt::Debug> fmt::Debug for Flow<E> {
    /// Without what is sent: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flow::Send(bytes) => f.debug_tuple("Send").field(&Opaque(&**bytes)).finish(),
            Flow::Yield(event) => f.debug_tuple("Yield").field(event).finish(),
            Flow::Wait(until) => f.debug_tuple("Wait").field(until).finish(),
            Flow::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

/// The two-way life of a connection after `101 Switching Protocols`.
///
/// Both directions run at once and from several threads: a driver never holds the channel while it blocks.
pub trait Channel {
    /// What it yields to its caller.
    type Event;

    /// Takes bytes of the peer from the front of `bytes`; `end` says that no more will come. What it leaves is offered
    /// again with the next bytes.
    fn receive(&mut self, bytes: &mut BytesMut, end: bool);

    /// Bytes of the caller for the peer, as the channel's protocol frames them; refused with an error once the sending
    /// side is closed.
    ///
    /// # Errors
    /// The session is at its end, or its sending side is.
    fn send(&mut self, bytes: Bytes) -> Result<(), Error>;

    /// What is wanted next; called until it says [`Flow::Wait`] or [`Flow::Done`].
    fn poll(&mut self, now: Now) -> Flow<Self::Event>;

    /// Nothing more will be sent: once all is, the sending side of the connection is ended, and receiving goes on. Never,
    /// unless overridden.
    fn is_finished(&self) -> bool {
        false
    }
}
