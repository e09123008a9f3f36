//! Reads from a socket, and the meaning of their failures.

use std::fmt;
use std::io::{self, ErrorKind, Read};

use super::READ;
use crate::driver::fault::FaultKind;

/// The result of one read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// The connection made progress: there may be bytes.
    Bytes,
    Blocked,
    /// The peer ended the connection properly.
    End,
    Failed(SocketError),
}

/// Why a read or write failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SocketError {
    pub(super) kind: FaultKind,
    pub(super) text: String,
    /// The server has seen nothing of what was sent.
    pub(super) unsent: bool,
}

impl SocketError {
    pub(super) fn new(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), unsent: false }
    }

    /// The meaning of an error of a socket, or of a tunnel in its place: a tunnel's error contains its own
    /// `SocketError`.
    pub(super) fn io(error: &io::Error) -> Self {
        if let Some(trouble) = error.get_ref().and_then(|inner| inner.downcast_ref::<SocketError>()) {
            return trouble.clone();
        }
        let kind = match error.kind() {
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof
            | ErrorKind::WriteZero
            | ErrorKind::TimedOut => FaultKind::Closed,
            _ => FaultKind::Io,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<SocketError> for io::Error {
    fn from(trouble: SocketError) -> Self {
        Self::other(trouble)
    }
}

impl std::error::Error for SocketError {}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One read into `scratch`, which begins small and grows when a read fills it. Only the bytes read are copied, and
/// nothing is cleared: this is the cost of reading without `unsafe`.
pub(super) fn read<'a>(io: &mut impl Read, scratch: &'a mut Vec<u8>, most: usize) -> io::Result<&'a [u8]> {
    if scratch.is_empty() {
        scratch.resize(SMALL, 0);
    }
    let most = most.clamp(1, scratch.len());
    let length = retry(|| io.read(scratch.get_mut(..most).unwrap_or_default()))?;
    if length == scratch.len() && length < READ {
        scratch.resize(READ, 0);
    }
    scratch.get(..length).ok_or_else(|| ErrorKind::InvalidData.into())
}

pub(super) fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut interrupted = 0;
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::Interrupted && interrupted < INTERRUPTED => interrupted += 1,
            result => return result,
        }
    }
}

/// The size of a connection's first reads, in bytes: enough for most answers.
pub(super) const SMALL: usize = 8 * 1024;

/// After this many interruptions in a row the error is reported.
const INTERRUPTED: usize = 1000;
