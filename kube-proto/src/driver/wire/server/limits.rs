//! What a server takes from its clients.

use std::time::Duration;

use crate::driver::wire::HttpLimits;

/// Limits of one connection of a [`ServerConnection`](super::connection::ServerConnection).
///
/// A connection holds at most `http.head + body` bytes of a request, and 128 KiB of buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Limits of heads, chunks and trailers.
    pub http: HttpLimits,
    /// Bytes of a request's body. A longer one is answered with 413. 8 MiB.
    ///
    /// An API server accepts requests of 3 MiB, and sends the old object beside the new one. A list that is converted
    /// comes in one review, however long it is.
    pub body: usize,
    /// How long the TLS handshake may take. 10 s.
    pub handshake: Duration,
    /// How long a head may take from its first byte; for the first request, from the beginning of the connection. 10 s.
    pub head: Duration,
    /// How long a whole request may take from its first byte. 30 s, the longest time that an API server waits.
    pub request: Duration,
    /// How long the client may take none of an answer's bytes. 30 s.
    pub write: Duration,
    /// How long a connection may be idle between two requests. 120 s.
    ///
    /// An API server closes its idle connections after 90 s. A server that waits longer never closes a connection while a
    /// request is on its way.
    pub idle: Duration,
    /// How long the server reads on after an answer to a request that it has not read to its end, and how much: 1 s, and
    /// [`LINGER`](Self::LINGER) bytes. A socket that is closed with unread bytes is reset, and the answer can be lost.
    pub linger: Duration,
}

impl ServerLimits {
    /// The most bytes that are read and dropped before a connection is closed: 1 MiB.
    pub const LINGER: usize = 1 << 20;

    /// Sets the most bytes of a request's body.
    #[must_use]
    pub fn body(mut self, bytes: usize) -> Self {
        self.body = bytes;
        self
    }

    /// Sets how long a connection may be idle.
    #[must_use]
    pub fn idle(mut self, span: Duration) -> Self {
        self.idle = span;
        self
    }

    /// Sets how long a head may take.
    #[must_use]
    pub fn head(mut self, span: Duration) -> Self {
        self.head = span;
        self
    }

    /// Sets how long a whole request may take.
    #[must_use]
    pub fn request(mut self, span: Duration) -> Self {
        self.request = span;
        self
    }
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            http: HttpLimits::default(),
            body: 8 << 20,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
            write: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            linger: Duration::from_secs(1),
        }
    }
}
