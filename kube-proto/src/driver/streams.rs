use std::collections::VecDeque;
use std::io;

use bytes::Bytes;

use super::channel::Channel;
use super::fault::FaultKind;
use crate::error::{Error, ErrorKind};

/// A channel that carries streams of bytes: what a driver's `Reader` and `Writer` need of it.
///
/// The channel holds a bounded amount of what nothing has taken yet ([`Channel::is_full`]). One connection carries all of
/// its streams, so a stream that is neither read nor [discarded](Self::discard) stops the others once that amount is
/// reached.
pub trait Streams: Channel<Event: Send> {
    /// The name of a stream.
    type Stream: Copy + std::fmt::Debug + Send + Sync + Unpin + 'static;

    /// From now on what arrives on the streams waits for [`take`](Self::take), and is no event of the channel any more.
    /// `events` are those that the channel gave and the caller did not get: what they have comes first. A driver calls it
    /// with the first reader.
    fn use_streams(&mut self, events: VecDeque<Self::Event>) {
        let _ = events;
    }

    /// The number of the part of the channel that a reader of this stream waits for.
    fn part(stream: Self::Stream) -> u64;

    /// Takes the next bytes of a stream; `None` until there are some. Empty bytes are the end of the stream. The end of the
    /// session is the end of all its streams, or their error.
    fn take(&mut self, stream: Self::Stream) -> Option<Result<Bytes, Error>>;

    /// Queues bytes for a stream, and returns how many of them: at least one, if there are any, and at most
    /// [`CHUNK`](super::CHUNK). A writer queues more only after these were sent.
    ///
    /// # Errors
    /// The stream takes no bytes, or no more.
    fn write(&mut self, stream: Self::Stream, bytes: &[u8]) -> Result<usize, Error>;

    /// Ends the sending side of a stream, after all bytes that were written.
    ///
    /// # Errors
    /// The protocol of the session cannot express it.
    fn finish(&mut self, stream: Self::Stream) -> Result<(), Error>;

    /// Drops what has arrived on a stream and what still will: it has no reader any more. Does nothing by default.
    fn discard(&mut self, stream: Self::Stream) {
        let _ = stream;
    }
}

/// The most bytes that a writer queues at once: 32 KiB, as client-go does.
pub const CHUNK: usize = 32 * 1024;

/// The error of a reader or a writer of the standard library's traits, which contains `error`. Its kind is `BrokenPipe` for
/// a session or a stream that takes no more bytes, `TimedOut` for one that was silent, `InvalidInput` for a mistake of the
/// caller, `ConnectionAborted` for a session that was closed here, and `Other` in all other cases.
#[must_use]
pub fn io_error(error: Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::Transport(fault) if fault.kind == FaultKind::Closed => io::ErrorKind::BrokenPipe,
        ErrorKind::Transport(fault) if fault.kind == FaultKind::Unsupported => io::ErrorKind::Unsupported,
        ErrorKind::Timeout { .. } => io::ErrorKind::TimedOut,
        ErrorKind::Misuse(_) => io::ErrorKind::InvalidInput,
        ErrorKind::Stopped => io::ErrorKind::ConnectionAborted,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
