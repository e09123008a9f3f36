//! Bytes to HTTP parts, for drivers that own a plain socket. Nothing here does IO of its own: each call borrows a
//! non-blocking `Read + Write`.
//!
//! ```text
//!                  start(&Exchange)                pump(io)                       finish()
//!   new ── Idle ───────────────────▶ Active ──────────────────▶ Ended ─────────▶ Keep(Idle) │ Close
//!           ▲                          │  │  Head, Data…, End      ▲
//!           │ Keep                     │  └── Head with 101 ──▶ Switched ──────▶ Raw
//!           └──────────────────────────┴── Failed ───────────▶ Failed ────────▶ Close
//! ```
//!
//! The layers, from the socket upwards; each is one file:
//!
//! | file | takes | gives |
//! |---|---|---|
//! | `dial` | a host's addresses | the address to connect a socket to |
//! | [`proxy`] | a proxy's answers | the way to the server: `CONNECT`, SOCKS |
//! | `tunnel` | the socket, where there is a proxy | the same socket as if it led to the server; TLS to the proxy, and the handshake with it |
//! | `link` | the socket, or the tunnel | the peer's bytes, plain or out of TLS; sends what is queued |
//! | `tls` (feature `tls`) | cipher text | plain text; the one function that builds a `rustls::ClientConfig` |
//! | `http1` | plain text | [`Input`](crate::driver::Input)s: the machine, its states and their table |
//! | `fields` | the bytes of a head, on either side | where it ends, and the fields that frame a body |
//! | `head` | one head | status, headers, and what frames the body: a table |
//! | `chunked` | a chunked body | its data |
//! | `connection` | all of these | one exchange at a time, and what is known about a failure |
//! | `talk` | a connection and an exchange | what to do with the socket after each input |
//! | `server` | the same, on a server's side | requests; answers to bytes |
//! | `raw` | `link` again | both directions at once, after `101 Switching Protocols` |
//! | `switched` | `raw` and a [`Channel`](crate::driver::Channel) | the channel's events, for all readers and writers |
//!
//! The machine is stricter than most: it refuses what two readers could understand in two ways. `http1` lists what it
//! refuses.

mod chunked;
#[cfg(feature = "tls")]
pub(crate) mod configs;
mod connection;
pub(crate) mod dial;
pub(crate) mod fields;
pub(crate) mod head;
mod http1;
mod link;
pub mod proxy;
mod raw;
mod seats;
mod server;
mod socket;
mod switched;
mod talk;
#[cfg(feature = "tls")]
pub mod tls;
mod tunnel;

#[cfg(feature = "tls")]
pub use configs::TlsConfigs;
pub use connection::{Connection, Finish, Pump};
pub use dial::{AddressMemory, Dial, Dialing};
pub use http1::{Http1, Http1Event, host};
pub use raw::{Flushed, RawConnection, Received};
pub use seats::{Seat, Wakes};
pub use server::connection::{ServerConnection, ServerPump};
pub use server::http1::{Http1Server, Http1ServerEvent, Refused, http_date};
pub use server::limits::ServerLimits;
pub use server::seats::{Admitted, ServerSeats};
pub use switched::look::{Look, LookStep};
pub use switched::{Switched, SwitchedStep};
pub use talk::{After, Talk};

/// The most bytes that one read takes from a socket, and that one [`Input::Data`](crate::driver::Input::Data) holds: 64
/// KiB.
pub const READ: usize = 64 * 1024;

/// Limits of a message before and around its body. An answer above one is a fault of kind
/// [`Protocol`](crate::driver::FaultKind::Protocol), and a request above one is refused with 400 or 431. The body has no
/// limit here: it is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpLimits {
    /// Bytes of a request's head, or of all heads of one answer together: the final one and the informational ones
    /// before it. 256 KiB.
    pub head: usize,
    /// Header lines of one head. 256.
    pub headers: usize,
    /// Bytes of one chunk's line: size, extensions, CRLF. 256.
    pub chunk_line: usize,
    /// Bytes of all trailers after a chunked body, which are read and dropped. 16 KiB.
    pub trailers: usize,
    /// Informational answers (1xx) before the final one. 16.
    pub informational: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { head: 256 * 1024, headers: 256, chunk_line: 256, trailers: 16 * 1024, informational: 16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_documentation() {
        let documented =
            HttpLimits { head: 256 << 10, headers: 256, chunk_line: 256, trailers: 16 << 10, informational: 16 };
        assert_eq!(HttpLimits::default(), documented);
        assert_eq!(READ, 64 << 10);
    }
}
