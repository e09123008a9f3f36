use std::fmt;
use std::hash::Hash;

use super::endpoint::Endpoint;

/// Why an effect failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// How far the request got.
    pub reach: Reach,
    /// The connection had been pooled, and ended before the first byte of an answer: likely it was dead before.
    pub stale: bool,
    /// What the system or the protocol said, for people. Nothing decides by it.
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
    /// The TLS handshake failed: a certificate was not accepted, by us or by the server.
    Tls,
    /// TLS cannot be begun with the [`TlsSettings`](crate::config::TlsSettings) of the endpoint: a certificate or key cannot be used.
    TlsSettings,
    /// The proxy said no.
    Proxy,
    /// The connection ended or was reset before the answer was complete.
    Closed,
    /// The bytes were not HTTP as it may be, or passed a limit.
    Protocol,
    /// The program or file does not exist.
    NotFound,
    /// More bytes than the effect's `limit`.
    TooLarge,
    /// Another program is writing the file, as its lock shows.
    Locked,
    /// Any other failure of the system.
    Io,
    /// This driver cannot do that.
    Unsupported,
}

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// The server cannot have processed it: safe to send again, whatever the verb.
    NotSent,
    /// It may have been processed.
    Unknown,
    /// A part of the answer arrived.
    Answered,
}

impl Fault {
    /// A fault before anything was sent.
    #[must_use]
    pub fn unsent(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::NotSent, stale: false, text: text.into() }
    }

    /// A fault of unknown consequence.
    #[must_use]
    pub fn unknown(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::Unknown, stale: false, text: text.into() }
    }

    /// A fault in the middle of an answer.
    #[must_use]
    pub fn answered(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::Answered, stale: false, text: text.into() }
    }

    /// The fault for an error of the system before a connection stood.
    #[must_use]
    pub fn connecting(error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => FaultKind::Refused,
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => FaultKind::ConnectTimeout,
            _ => FaultKind::Connect,
        };
        Self::unsent(kind, error.to_string())
    }

    /// The same fault. Its text names the proxy if a socket to this endpoint is a socket to a proxy (see
    /// [`Endpoint::dial`]). The faults of [`Dial`](super::wire::Dial) do so already.
    #[must_use]
    pub fn dialing(self, to: &Endpoint) -> Self {
        match to.proxy() {
            Some(proxy) => Self { text: format!("no connection to the proxy {proxy}: {}", self.text), ..self },
            None => self,
        }
    }

    /// The fault for an error of the system with a program or a file.
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
        f.write_str(&self.text)
    }
}
