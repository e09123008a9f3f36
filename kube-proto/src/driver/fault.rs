use std::fmt::{self, Write as _};
use std::hash::Hash;

use super::endpoint::Endpoint;
use crate::visible::Visible;

/// Why an effect failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// How far the request got.
    pub reach: Reach,
    /// Whether the connection was a pooled one that ended before the first byte of an answer: it was probably dead
    /// before.
    pub stale: bool,
    /// The message of the system or the protocol, for people. No code decides by it.
    pub text: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// The host's name has no address.
    Resolve,
    /// Every address refused the connection.
    Refused,
    /// No connection could be made for another reason.
    Connect,
    /// Connecting took longer than [`Exchange::connect`](super::Exchange::connect).
    ConnectTimeout,
    /// The TLS handshake failed: the client or the server rejected a certificate.
    Tls,
    /// The endpoint's [`TlsSettings`](crate::config::TlsSettings) hold a certificate or key that cannot be used.
    TlsSettings,
    /// The proxy refused the connection.
    Proxy,
    /// The connection ended or was reset before the answer was complete.
    Closed,
    /// The bytes were not valid HTTP, or exceeded a limit.
    Protocol,
    /// The program or file does not exist.
    NotFound,
    /// There were more bytes than the effect's `limit`.
    TooLarge,
    /// Another program is writing the file, as its lock shows.
    Locked,
    /// Any other failure of the system.
    Io,
    /// The driver does not support the effect.
    Unsupported,
}

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// The server cannot have processed the request: it is safe to send again, whatever the verb.
    NotSent,
    /// The server may have processed the request.
    Unknown,
    /// A part of the answer arrived.
    Answered,
}

impl Fault {
    /// A fault after which the request is safe to send again.
    #[must_use]
    pub fn unsent(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::NotSent, stale: false, text: text.into() }
    }

    /// A fault after which the server may have processed the request.
    #[must_use]
    pub fn unknown(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::Unknown, stale: false, text: text.into() }
    }

    /// A fault in the middle of an answer.
    #[must_use]
    pub fn answered(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::Answered, stale: false, text: text.into() }
    }

    /// The fault for a system error before the connection was established.
    #[must_use]
    pub fn connecting(error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => FaultKind::Refused,
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => FaultKind::ConnectTimeout,
            _ => FaultKind::Connect,
        };
        Self::unsent(kind, error.to_string())
    }

    /// The same fault; its text names the proxy if sockets for this endpoint go to a proxy (see [`Endpoint::dial`]).
    /// The faults of [`Dial`](super::wire::Dial) name it already.
    #[must_use]
    pub fn dialing(self, to: &Endpoint) -> Self {
        match to.proxy() {
            Some(proxy) => Self { text: format!("no connection to the proxy {proxy}: {}", self.text), ..self },
            None => self,
        }
    }

    /// The fault for a system error with a program or a file.
    #[must_use]
    pub fn local(error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => FaultKind::NotFound,
            _ => FaultKind::Io,
        };
        Self::unsent(kind, error.to_string())
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visible(f).write_str(&self.text)
    }
}
