//! The protocol of a connection after `101 Switching Protocols`.

use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// A protocol after 101, as a machine: bytes of the client in, bytes for the client out.
pub trait Protocol: fmt::Debug + Send {
    /// Takes bytes of the client; `end` marks the last ones.
    fn receive(&mut self, bytes: &[u8], end: bool);

    /// What to do at this time since the Unix epoch. A binding calls it after each [`receive`](Self::receive), after each
    /// [`Turn::Send`], and at the time of a [`Turn::Wait`].
    fn poll(&mut self, now: Duration) -> Turn;

    /// Whether it takes no more bytes now. `false` by default.
    fn is_full(&self) -> bool {
        false
    }
}

/// What a [`Protocol`] asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Send these bytes.
    Send(Bytes),
    /// Wait for bytes of the client, or for this time since the Unix epoch.
    Wait {
        /// When to poll again even without bytes.
        until: Option<Duration>,
    },
    /// Close the connection.
    End,
}
