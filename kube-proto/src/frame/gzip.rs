//! `Content-Encoding: gzip`, decoded as it arrives: RFC 1952, with RFC 1951 by `flate2`.
//!
//! | state | bytes | next |
//! |---|---|---|
//! | head | ten fixed bytes, and what their flags announce: extra field, name, comment, checksum | body |
//! | body | deflate | body; yields content |
//! | body | its end | trailer |
//! | trailer | the right checksum and length | between |
//! | between | another head | head: members are one content |
//! | between | the end | over: complete |
//! | any | anything else, or the end | refused |

use std::collections::VecDeque;
use std::fmt;

use bytes::{Buf, Bytes};
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Inflates a stream, only as far as the caller asks.
///
/// A small chunk may hold a large content: [`next`](Self::next) returns it in pieces of at most 64 KiB, and inflates
/// only one piece at a time. The caller limits the sum of the pieces.
///
/// The chunk borders do not change the content. They may change how much of it comes before an error.
///
/// ```
/// use kube_proto::internals::frame::Gunzip;
///
/// let mut gunzip = Gunzip::new();
/// gunzip.push((&b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcb\x48\xcd"[..]).into());
/// let mut content = Vec::new();
/// while let Some(piece) = gunzip.next()? {
///     content.extend_from_slice(&piece);
/// }
/// gunzip.push((&b"\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0"[..]).into());
/// while let Some(piece) = gunzip.next()? {
///     content.extend_from_slice(&piece);
/// }
/// assert_eq!(content, b"hello");
/// gunzip.finish()?;
/// # Ok::<(), kube_proto::internals::frame::GzipError>(())
/// ```
pub struct Gunzip {
    chunks: VecDeque<Bytes>,
    state: State,
    /// The fields of the member's head that are still to come.
    flags: u8,
    /// The checksums of the head and the content of this member.
    head: Crc,
    content: Crc,
    inflate: Decompress,
    room: Vec<u8>,
    /// The last piece was full: the decoder may have more without another byte.
    full: bool,
    /// The number of bytes consumed since the last content.
    idle: usize,
    /// At least one member is complete.
    any: bool,
}

/// Why bytes are no gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GzipError {
    /// The bytes do not begin as gzip does.
    NotGzip,
    /// The compressed content contradicts itself.
    Corrupt,
    /// The content does not match its checksum or length.
    Checksum,
    /// The bytes after the end are no gzip.
    Trailing,
    /// The bytes ended in the middle.
    Truncated,
    /// More than 1 MiB of bytes had no content.
    Empty,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The number of a member's fixed bytes seen so far.
    Fixed(usize),
    ExtraLength(Option<u8>),
    Extra(u16),
    /// Name or comment, up to a zero.
    Text,
    HeadSum(Option<u8>),
    Body,
    Trailer {
        seen: usize,
        bytes: [u8; 8],
    },
    Failed(GzipError),
}

impl Gunzip {
    /// A decoder at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            chunks: VecDeque::new(),
            state: State::Fixed(0),
            flags: 0,
            head: Crc::new(),
            content: Crc::new(),
            inflate: Decompress::new(false),
            room: Vec::new(),
            full: false,
            idle: 0,
            any: false,
        }
    }

    /// Adds the next bytes of the stream. Take the content that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next piece of the content, never empty and at most 64 KiB; `None` until more bytes come.
    ///
    /// # Errors
    /// The bytes are no gzip. Every later call returns the error again.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Result<Option<Bytes>, GzipError> {
        let next = self.advance();
        if let Err(error) = next {
            self.state = State::Failed(error);
            (self.room, self.chunks) = (Vec::new(), VecDeque::new());
        }
        next
    }

    /// Checks that the stream is complete and that the caller has taken everything.
    ///
    /// # Errors
    /// The stream ended in the middle. An empty stream is no error.
    pub fn finish(&self) -> Result<(), GzipError> {
        match self.state {
            State::Fixed(0) => Ok(()),
            State::Failed(error) => Err(error),
            _ => Err(GzipError::Truncated),
        }
    }

    fn advance(&mut self) -> Result<Option<Bytes>, GzipError> {
        loop {
            match self.state {
                State::Failed(error) => return Err(error),
                State::Body => {
                    let piece = self.body()?;
                    if piece.is_some() {
                        return Ok(piece);
                    }
                    if matches!(self.state, State::Body) {
                        return Ok(None);
                    }
                }
                state => {
                    let Some(byte) = self.byte()? else { return Ok(None) };
                    self.state = self.around(state, byte)?;
                }
            }
        }
    }

    /// Consumes one byte of a head or a trailer.
    fn around(&mut self, state: State, byte: u8) -> Result<State, GzipError> {
        if !matches!(state, State::HeadSum(_) | State::Trailer { .. }) {
            self.head.update(&[byte]);
        }
        Ok(match state {
            State::Fixed(seen) => {
                match (seen, byte) {
                    (0, 0x1f) | (1, 0x8b) | (2, DEFLATE) | (4.., _) => {}
                    (3, flags) if flags & RESERVED == 0 => self.flags = flags,
                    _ if self.any => return Err(GzipError::Trailing),
                    _ => return Err(GzipError::NotGzip),
                }
                if seen + 1 < FIXED { State::Fixed(seen + 1) } else { self.field() }
            }
            State::ExtraLength(None) => State::ExtraLength(Some(byte)),
            State::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.field(),
                length => State::Extra(length),
            },
            State::Extra(left @ 2..) => State::Extra(left - 1),
            State::Text if byte != 0 => State::Text,
            State::Extra(_) | State::Text => self.field(),
            State::HeadSum(None) => State::HeadSum(Some(byte)),
            State::HeadSum(Some(low)) => {
                if u32::from(u16::from_le_bytes([low, byte])) != self.head.sum() & 0xffff {
                    return Err(GzipError::Checksum);
                }
                State::Body
            }
            State::Trailer { seen, mut bytes } => {
                if let Some(place) = bytes.get_mut(seen) {
                    *place = byte;
                }
                if seen + 1 < bytes.len() { State::Trailer { seen: seen + 1, bytes } } else { self.over(bytes)? }
            }
            State::Body | State::Failed(_) => state,
        })
    }

    /// The next field of the head.
    fn field(&mut self) -> State {
        let fields = [
            (EXTRA, State::ExtraLength(None)),
            (NAME, State::Text),
            (COMMENT, State::Text),
            (SUM, State::HeadSum(None)),
        ];
        for (flag, state) in fields {
            if self.flags & flag != 0 {
                self.flags &= !flag;
                return state;
            }
        }
        State::Body
    }

    /// Ends a member; another may follow.
    fn over(&mut self, [a, b, c, d, e, f, g, h]: [u8; 8]) -> Result<State, GzipError> {
        if (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
            != (self.content.sum(), self.content.amount())
        {
            return Err(GzipError::Checksum);
        }
        self.inflate.reset(false);
        self.head.reset();
        self.content.reset();
        self.any = true;
        Ok(State::Fixed(0))
    }

    /// A piece of the content; `None` at its end, or until more bytes arrive.
    fn body(&mut self) -> Result<Option<Bytes>, GzipError> {
        loop {
            let input = self.chunks.front().map(|chunk| &**chunk).unwrap_or_default();
            if input.is_empty() && !self.full {
                return Ok(None);
            }
            self.room.resize(PIECE, 0);
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let result = self.inflate.decompress(input, &mut self.room, FlushDecompress::None);
            // Neither number exceeds the buffer that it measures.
            let used = usize::try_from(self.inflate.total_in() - before.0).unwrap_or(input.len());
            let made = usize::try_from(self.inflate.total_out() - before.1).unwrap_or(0);
            let starved = input.is_empty();
            self.took(used)?;
            self.full = made == PIECE;
            match result {
                Ok(Status::StreamEnd) => {
                    self.full = false;
                    self.state = State::Trailer { seen: 0, bytes: [0; 8] };
                }
                Ok(_) if made == 0 && used == 0 && !starved => return Err(GzipError::Corrupt),
                Ok(_) => {}
                Err(_) if made == 0 => return Err(GzipError::Corrupt),
                // The content before the error is returned first; the next call fails again.
                Err(_) => self.full = true,
            }
            if let Some(piece @ [_, ..]) = self.room.get(..made) {
                self.idle = 0;
                self.content.update(piece);
                return Ok(Some(Bytes::copy_from_slice(piece)));
            }
            if starved || !matches!(self.state, State::Body) {
                return Ok(None);
            }
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, GzipError> {
        let byte = self.chunks.front().and_then(|chunk| chunk.first().copied());
        if byte.is_some() {
            self.took(1)?;
        }
        Ok(byte)
    }

    /// Drops this many bytes from the first chunk.
    fn took(&mut self, count: usize) -> Result<(), GzipError> {
        if let Some(chunk) = self.chunks.front_mut() {
            chunk.advance(count.min(chunk.len()));
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
        }
        self.idle += count;
        if self.idle > IDLE { Err(GzipError::Empty) } else { Ok(()) }
    }
}

impl Default for Gunzip {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip").field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Display for GzipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GzipError::NotGzip => "it is said to be gzip, and is not",
            GzipError::Corrupt => "its gzip is corrupt",
            GzipError::Checksum => "its gzip has a wrong checksum or length",
            GzipError::Trailing => "its gzip is followed by something else",
            GzipError::Truncated => "its gzip ends in the middle",
            GzipError::Empty => "its gzip has bytes without end, and no content",
        })
    }
}

impl std::error::Error for GzipError {}

/// The most bytes of one piece of content.
const PIECE: usize = 64 * 1024;

/// The most bytes in a row without content. Heads may be long, but not this long.
const IDLE: usize = 1024 * 1024;

const FIXED: usize = 10;
const DEFLATE: u8 = 8;
const SUM: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

#[cfg(test)]
mod tests;
