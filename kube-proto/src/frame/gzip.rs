//! `Content-Encoding: gzip`, as it comes: RFC 1952, and RFC 1951 by `flate2`.
//!
//! | state | bytes | next |
//! |---|---|---|
//! | head | ten fixed bytes, and what their flags announce: extra field, name, comment, checksum | body |
//! | body | deflate | body; gives content |
//! | body | its end | trailer |
//! | trailer | checksum and length, as they should be | between |
//! | between | another head | head: members are one content |
//! | between | the end | over: fine |
//! | any | anything else, or the end | refused |

use std::collections::VecDeque;
use std::fmt;

use bytes::{Buf, Bytes};
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Inflates a stream, no further than it is asked for.
///
/// A small chunk may hold a large content: [`next`](Self::next) gives it in pieces of at most 64 KiB, and nothing beyond
/// one piece is ever inflated. The caller bounds how much all of them may be together.
///
/// Where a chunk ends changes nothing in the content. How much of it comes before an error may depend on it.
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
    /// What is still to come of a member's head, by its flags.
    flags: u8,
    /// Of the head of this member, and of its content.
    head: Crc,
    content: Crc,
    inflate: Decompress,
    room: Vec<u8>,
    /// The last piece filled all the room: there may be more of it without another byte.
    full: bool,
    /// Bytes that were taken since the last content.
    idle: usize,
    /// A member is over.
    any: bool,
}

/// Why bytes are no gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GzipError {
    /// They do not begin as gzip does.
    NotGzip,
    /// The compressed content contradicts itself.
    Corrupt,
    /// The content is not that which was compressed.
    Checksum,
    /// Something follows after the end that is no gzip.
    Trailing,
    /// They ended in the middle.
    Truncated,
    /// More than 1 MiB of them have no content.
    Empty,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// So many of a member's fixed bytes were seen.
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
    /// At the beginning of a stream.
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

    /// The next bytes of the stream. Take the content that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next piece of the content, never empty and at most 64 KiB; `None` until more bytes come.
    ///
    /// # Errors
    /// The bytes are no gzip. Said again whenever it is asked.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Result<Option<Bytes>, GzipError> {
        let next = self.advance();
        if let Err(error) = next {
            self.state = State::Failed(error);
            (self.room, self.chunks) = (Vec::new(), VecDeque::new());
        }
        next
    }

    /// The stream is at its end, and everything was taken.
    ///
    /// # Errors
    /// It ended in the middle. No bytes at all are no content, and fine.
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

    /// One byte of a head or a trailer.
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

    /// What follows next of a head.
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

    /// A member is over; another may follow.
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

    /// A piece of the content; or nothing, at its end, or until more bytes come.
    fn body(&mut self) -> Result<Option<Bytes>, GzipError> {
        loop {
            let input = self.chunks.front().map(|chunk| &**chunk).unwrap_or_default();
            if input.is_empty() && !self.full {
                return Ok(None);
            }
            self.room.resize(PIECE, 0);
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let result = self.inflate.decompress(input, &mut self.room, FlushDecompress::None);
            // Neither passes what it is measured by.
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
                // What it made comes first; asked again, it fails again.
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

    /// So many bytes of the first chunk are done with.
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

/// The most bytes in a row that may have no content. Heads may be long, but not like that.
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
