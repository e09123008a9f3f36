//! Where a frame begins and ends.

use bytes::{Buf, BufMut, BytesMut};

use super::error::SpdyError;

/// The version of all control frames.
const VERSION: u16 = 3;
/// The length of a frame's head.
pub(super) const HEAD: usize = 8;
/// The flag of the last frame of a direction.
pub(super) const FIN: u8 = 1;

pub(super) const SYN_STREAM: u16 = 1;
pub(super) const SYN_REPLY: u16 = 2;
pub(super) const RST_STREAM: u16 = 3;
pub(super) const PING: u16 = 6;
pub(super) const GOAWAY: u16 = 7;
pub(super) const HEADERS: u16 = 8;

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    Control { kind: u16, flags: u8, length: u32 },
    Data { stream: u32, fin: bool, length: u32 },
}

impl Head {
    /// The head at the front of these bytes, if it is complete. It stays there.
    pub(super) fn peek(bytes: &[u8]) -> Result<Option<Self>, SpdyError> {
        let Some((mut head, _)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
        let (first, second) = (head.get_u32(), head.get_u32());
        let [flags, ..] = second.to_be_bytes();
        let length = second & LENGTH;
        if first & CONTROL == 0 {
            return match first {
                0 => Err(SpdyError::Stream(0)),
                stream => Ok(Some(Head::Data { stream, fin: flags & FIN != 0, length })),
            };
        }
        let [high, low, a, b] = first.to_be_bytes();
        match u16::from_be_bytes([high & 0x7f, low]) {
            VERSION => Ok(Some(Head::Control { kind: u16::from_be_bytes([a, b]), flags, length })),
            version => Err(SpdyError::Version(version)),
        }
    }
}

/// The numbers that every frame of this type begins with.
pub(super) fn fixed(kind: u16) -> usize {
    match kind {
        SYN_STREAM => 10,
        RST_STREAM | GOAWAY => 8,
        SYN_REPLY | PING | HEADERS => 4,
        _ => 0,
    }
}

/// Writes a control frame.
pub(super) fn control(out: &mut BytesMut, kind: u16, flags: u8, payload: &[&[u8]]) {
    let length = payload.iter().map(|part| part.len()).sum();
    out.reserve(HEAD + length);
    out.put_u32(CONTROL | (u32::from(VERSION) << 16) | u32::from(kind));
    out.put_u32(sized(flags, length));
    payload.iter().for_each(|part| out.put_slice(part));
}

/// Writes a data frame, of at most [`MOST`] bytes.
pub(super) fn data(out: &mut BytesMut, stream: u32, fin: bool, payload: &[u8]) {
    out.reserve(HEAD + payload.len());
    out.put_u32(stream & !CONTROL);
    out.put_u32(sized(if fin { FIN } else { 0 }, payload.len()));
    out.put_slice(payload);
}

fn sized(flags: u8, length: usize) -> u32 {
    // No caller has more: header blocks have a limit, and data is cut.
    u32::from(flags) << 24 | u32::try_from(length).unwrap_or(LENGTH).min(LENGTH)
}

const CONTROL: u32 = 1 << 31;
const LENGTH: u32 = (1 << 24) - 1;

/// The most bytes of data in one frame that this side writes. Frames of other streams and pings go between them.
pub(super) const MOST: usize = 64 << 10;
