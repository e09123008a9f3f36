//! One forwarded connection: what has arrived for its reader, and what its writer may do.
//!
//! Its receiving half:
//!
//! | state | event | next |
//! |---|---|---|
//! | `Open` | bytes of the container | kept for the reader, at most [`ROOM`] |
//! | `Open` | the container's end | `Ending`: the reader gets the kept bytes, and waits |
//! | `Ending` | the server has nothing to report, or does not within [`REASON`] | `Ended`: then the end |
//! | `Open`, `Ending`, `Ended` | the server reports an error, or gives the connection up | `Failed`: the kept bytes, then the error |
//! | any | the reader is dropped | `Dropped`: all further bytes are discarded |
//!
//! Its sending half:
//!
//! | state | event | next |
//! |---|---|---|
//! | `Waiting` | the server accepts the connection | `Open`, or `Finished` after an early `finish` |
//! | `Open` | `finish` | `Finished` |
//! | `Waiting`, `Open` | the connection fails | `Finished` |

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};

use crate::driver::fault::{Fault, FaultKind};
use crate::error::{Error, ErrorKind, visible};
use crate::opaque::Opaque;

/// A connection of one session. It means nothing in another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(super) u64);

/// Within this time a server accepts a connection: 30 seconds, as in kubectl.
pub const ACCEPT: Duration = Duration::from_secs(30);

/// The most bytes that are kept for the reader of one connection: 256 KiB.
pub const ROOM: usize = 256 << 10;

/// After the end of a connection, the server has so long to report that it was a failure: 2 seconds. A reader gets the end
/// as soon as the server has nothing to report, at the latest after this time.
pub const REASON: Duration = Duration::from_secs(2);

/// The most bytes of the server's message about a failed connection.
const MESSAGE: usize = 4096;

/// A connection without its protocol.
#[derive(Debug)]
pub(super) struct Connection {
    received: Opaque<VecDeque<Bytes>>,
    /// The number of bytes in `received`.
    kept: usize,
    receiving: Receiving,
    pub(super) sending: Sending,
    /// The server's message so far.
    message: BytesMut,
    failure: Option<Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Receiving {
    Open,
    Ending,
    Ended,
    Failed,
    Dropped,
}

/// The state of the sending half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// `finish`: the writer has ended it already.
    Waiting {
        finish: bool,
    },
    Open,
    Finished,
}

impl Connection {
    pub(super) fn new(sending: Sending) -> Self {
        Self {
            received: Opaque::default(),
            kept: 0,
            receiving: Receiving::Open,
            sending,
            message: BytesMut::new(),
            failure: None,
        }
    }

    /// The number of bytes that it can take now.
    pub(super) fn room(&self) -> usize {
        match self.receiving {
            Receiving::Open => ROOM.saturating_sub(self.kept),
            _ => usize::MAX,
        }
    }

    pub(super) fn receive(&mut self, bytes: Bytes) {
        if self.receiving == Receiving::Open && !bytes.is_empty() {
            self.kept += bytes.len();
            self.received.push_back(bytes);
        }
    }

    /// The container has ended its side. The server may report an error before that, and a moment later, too.
    pub(super) fn end(&mut self) {
        match (self.receiving, self.message.is_empty()) {
            (Receiving::Open, true) => self.receiving = Receiving::Ending,
            (Receiving::Open, false) => self.fail_as_reported(""),
            _ => {}
        }
    }

    /// Whether the container has ended its side, and the server may still report an error.
    pub(super) fn is_ending(&self) -> bool {
        self.receiving == Receiving::Ending
    }

    /// The server has nothing to report.
    pub(super) fn settle(&mut self) {
        match (self.receiving, self.message.is_empty()) {
            (Receiving::Ending, true) => self.receiving = Receiving::Ended,
            (Receiving::Ending, false) => self.fail_as_reported(""),
            _ => {}
        }
    }

    /// A part of the server's message about a failure.
    pub(super) fn report(&mut self, text: &[u8]) {
        let room = MESSAGE.saturating_sub(self.message.len());
        self.message.extend_from_slice(text.get(..room).unwrap_or(text));
    }

    /// Whether the server has reported anything.
    pub(super) fn is_reported(&self) -> bool {
        !self.message.is_empty()
    }

    /// The connection fails with the server's message, or with this text if there is none.
    pub(super) fn fail_as_reported(&mut self, otherwise: &str) {
        let text = match self.message.is_empty() {
            true => otherwise.to_owned(),
            false => visible(String::from_utf8_lossy(&self.message).trim()).to_string(),
        };
        self.fail(&Error::from(ErrorKind::Transport(Fault::answered(FaultKind::Closed, text))));
    }

    /// The connection fails, unless it has failed or is complete in both directions.
    pub(super) fn fail(&mut self, error: &Error) {
        if self.receiving == Receiving::Ended && self.sending == Sending::Finished {
            return;
        }
        self.failure.get_or_insert_with(|| error.clone());
        self.sending = Sending::Finished;
        if self.receiving != Receiving::Dropped {
            self.receiving = Receiving::Failed;
        }
    }

    /// The next bytes for the reader, at most `most`; empty at the end, and `None` if it has to wait.
    pub(super) fn read(&mut self, most: usize) -> Option<Result<Bytes, Error>> {
        if let Some(first) = self.received.front_mut() {
            let bytes = first.split_to(most.min(first.len()));
            if !first.has_remaining() {
                self.received.pop_front();
            }
            self.kept -= bytes.len();
            return Some(Ok(bytes));
        }
        match self.receiving {
            Receiving::Open | Receiving::Ending => None,
            Receiving::Ended | Receiving::Dropped => Some(Ok(Bytes::new())),
            Receiving::Failed => Some(Err(self.error())),
        }
    }

    /// Whether [`read`](Self::read) has an answer.
    pub(super) fn is_readable(&self) -> bool {
        !self.received.is_empty() || !matches!(self.receiving, Receiving::Open | Receiving::Ending)
    }

    /// Why nothing can be written, once the sending half is finished.
    pub(super) fn error(&self) -> Error {
        let finished = || Error::misuse("the sending side of the connection was ended");
        self.failure.clone().unwrap_or_else(finished)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Discards what arrived, and what will.
    pub(super) fn drop_reader(&mut self) {
        (*self.received, self.kept) = (VecDeque::new(), 0);
        self.receiving = Receiving::Dropped;
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.receiving == Receiving::Dropped
    }
}
