//! SPDY/3.1 as far as Kubernetes uses it: many byte streams, each with two ends, on one connection (docs/wire.md §6.5).
//!
//! [`Session`] is the machine, for the client that opens streams and for the server that accepts them. A stream has one
//! of these states:
//!
//! | state | event | next |
//! |---|---|---|
//! | `Opening` | `SYN_REPLY` (client), [`Session::reply`] (server) | `Open`, or `Receiving` if it was opened with its end |
//! | `Open` | the peer's end | `Sending` |
//! | `Open` | [`Session::finish`] | `Receiving` |
//! | `Sending` | [`Session::finish`] | gone |
//! | `Receiving` | the peer's end | gone |
//! | any | `RST_STREAM`, [`Session::reset`] | gone |
//!
//! The peers of Kubernetes drop data that arrives before they sent their `SYN_REPLY`. So a client sends none while its
//! stream is `Opening`.
//!
//! This SPDY has no flow control: neither side announces windows, and a sender may send any amount on each stream. The
//! caller decides how much of a stream it takes ([`Session::next`] asks for the room), and while it takes nothing, the
//! machine stays in front of that data: all other streams wait as well.
//!
//! | file | content |
//! |---|---|
//! | `frame` | where a frame begins and ends |
//! | `headers` | the names and values of a header block |
//! | `zlib` | the compression of header blocks: written as stored blocks; read only by the server's role |
//! | `limits`, `error` | their bounds; why bytes are no SPDY, and the reasons of resets |
//! | `session` | the machine |

mod error;
mod frame;
mod headers;
mod limits;
mod session;
mod zlib;

pub use error::{CANCEL, PROTOCOL_ERROR, REFUSED_STREAM, SpdyError};
pub use headers::Headers;
pub use limits::Limits;
pub use session::{Event, Next, Session, State};

#[cfg(test)]
mod tests;
