//! Why bytes are no SPDY, and the reasons of resets.

use std::fmt;

/// Why the bytes of the peer are no SPDY/3.1. The session cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpdyError {
    /// A control frame of another version.
    Version(u16),
    /// A control frame is shorter or longer than its type requires.
    Length {
        /// The type of the frame.
        kind: u16,
        /// The length of its payload.
        length: u32,
    },
    /// A frame names stream 0, or opens a stream whose number is not the next one.
    Stream(u32),
    /// A header block is larger than its limit, or has more headers.
    HeadersTooLarge,
    /// A header block contradicts itself.
    Headers,
    /// A header block does not decompress.
    Compression,
    /// The bytes ended inside a frame.
    Truncated,
}

impl fmt::Display for SpdyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpdyError::Version(version) => write!(f, "a SPDY frame has version {version} instead of 3"),
            SpdyError::Length { kind, length } => {
                write!(f, "a SPDY frame of type {kind} has an impossible length of {length} bytes")
            }
            SpdyError::Stream(id) => write!(f, "a SPDY frame has the impossible stream {id}"),
            SpdyError::HeadersTooLarge => f.write_str("the headers of a SPDY stream are larger than their limit"),
            SpdyError::Headers => f.write_str("the headers of a SPDY stream contradict themselves"),
            SpdyError::Compression => f.write_str("the headers of a SPDY stream do not decompress"),
            SpdyError::Truncated => f.write_str("the bytes ended inside a SPDY frame"),
        }
    }
}

impl std::error::Error for SpdyError {}

/// The reason of a reset: the peer sent what the protocol forbids.
pub const PROTOCOL_ERROR: u32 = 1;
/// The reason of a reset: the stream is not accepted.
pub const REFUSED_STREAM: u32 = 3;
/// The reason of a reset: the sender needs the stream no longer.
pub const CANCEL: u32 = 5;
