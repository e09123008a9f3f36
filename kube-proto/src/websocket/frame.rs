//! The header of a frame (RFC 6455 §5.2).

use bytes::{BufMut, BytesMut};

use super::close::{Violation, protocol};

/// The type of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpCode {
    /// More of the message of the frames before.
    Continuation,
    /// The first frame of a text.
    Text,
    /// The first frame of a message of bytes.
    Binary,
    /// The last frame of its sender.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

impl OpCode {
    /// Close, ping and pong: at most 125 bytes in one frame, which may stand between the frames of a message.
    #[must_use]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// What stands before the payload of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The last frame of its message.
    pub fin: bool,
    /// The type.
    pub opcode: OpCode,
    /// The mask of the payload, in frames of a client.
    pub mask: Option<[u8; 4]>,
    /// The length of the payload, in bytes.
    pub length: u64,
}

impl Header {
    /// Reads the header at the front of `bytes`, and its own length. `None` if it is not complete.
    ///
    /// # Errors
    /// A reserved bit or type, a length in more bytes than it needs, a control frame in several frames or above 125
    /// bytes. The error comes with the first byte that makes it certain.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(protocol("a frame has a reserved bit: no extension was agreed on"));
        }
        let Some(opcode) = OpCode::of(first & 0x0f) else { return Err(protocol("a frame has a reserved type")) };
        let fin = first & 0x80 != 0;
        if opcode.is_control() && !fin {
            return Err(protocol("a control frame is fragmented"));
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        let short = second & 0x7f;
        if opcode.is_control() && short > 125 {
            return Err(protocol("a control frame has more than 125 bytes"));
        }
        let wide = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = if second & 0x80 != 0 { 4 } else { 0 };
        let Some(rest) = bytes.get(2..2 + wide + masked) else { return Ok(None) };
        let (long, key) = rest.split_at(wide);
        let length = match wide {
            0 => u64::from(short),
            _ => long.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        if (wide == 2 && length < 126) || (wide == 8 && length <= 0xffff) {
            return Err(protocol("the length of a frame has more bytes than it needs"));
        }
        if length >> 63 != 0 {
            return Err(protocol("the length of a frame has more than 63 bits"));
        }
        let mask = <[u8; 4]>::try_from(key).ok();
        Ok(Some((Self { fin, opcode, mask, length }, 2 + wide + masked)))
    }

    /// Writes the header.
    pub fn write(&self, into: &mut BytesMut) {
        into.put_u8(u8::from(self.fin) << 7 | self.opcode.bits());
        let masked = u8::from(self.mask.is_some()) << 7;
        match (u8::try_from(self.length), u16::try_from(self.length)) {
            (Ok(short @ ..126), _) => into.put_u8(masked | short),
            (_, Ok(length)) => {
                into.put_u8(masked | 126);
                into.put_u16(length);
            }
            _ => {
                into.put_u8(masked | 127);
                into.put_u64(self.length);
            }
        }
        if let Some(mask) = self.mask {
            into.put_slice(&mask);
        }
    }
}

/// Masks or unmasks the bytes of a payload, of which the first is number `at` (RFC 6455 §5.3).
pub(super) fn mask(bytes: &mut [u8], mask: [u8; 4], at: u64) {
    let mut turned = mask;
    turned.rotate_left((at % 4) as usize);
    let wide =
        u64::from_ne_bytes([turned[0], turned[1], turned[2], turned[3], turned[0], turned[1], turned[2], turned[3]]);
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(turned.iter().cycle()) {
        *byte ^= mask;
    }
}
