//! WebSocket (RFC 6455) as a machine: bytes to parts of messages, and messages to bytes.
//!
//! Exec, attach and port-forward are channels on top of it. The client's role is complete; the server's role is there for
//! servers in tests. There are no extensions: Kubernetes negotiates none.
//!
//! | file | what it has |
//! |---|---|
//! | `frame` | the header of a frame, both ways |
//! | `machine` | [`WebSocket`]: frames to events, messages to frames, the close handshake |
//! | `pulse` | when a ping is due, and when the peer is dead |
//! | `close` | what a close frame says |
//! | `handshake` | the headers of the upgrade and their check, for both roles |
//! | `sha1` | the hash of that check |
//! | `utf8` | the check of text that arrives in parts |
//!
//! A message is handed out in parts as it arrives, so its size does not matter for memory. A message is sent as one frame:
//! API servers take the first byte of every frame for a channel number, also that of a continuation (docs/wire.md §6.3).

pub(crate) mod close;
pub(crate) mod frame;
pub(crate) mod handshake;
pub(crate) mod machine;
pub(crate) mod pulse;
mod sha1;
mod utf8;

#[cfg(test)]
mod tests;

pub use close::{CloseCode, CloseFrame, Violation};
pub use frame::{Header, OpCode};
pub use handshake::{Accepted, ClientHandshake, Refused, accept};
pub use machine::{Kind, SendingClosed, WebSocket, WebSocketEvent, WebSocketLimits};
