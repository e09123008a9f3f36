//! The wire format of protobuf: numbers, lengths, bytes.

/// Writes fields in sequence.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

impl Writer {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
            value >>= 7;
        }
        self.out.push(u8::try_from(value).unwrap_or(0));
    }

    fn tag(&mut self, field: u32, kind: u64) {
        self.number(u64::from(field) << 3 | kind);
    }

    pub(super) fn varint(&mut self, field: u32, value: u64) {
        self.tag(field, 0);
        self.number(value);
    }

    pub(super) fn double(&mut self, field: u32, value: f64) {
        self.tag(field, 1);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, 2);
        self.number(value.len() as u64);
        self.out.extend_from_slice(value);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

impl<'a> Field<'a> {
    pub(super) fn slice(&self) -> Result<&'a [u8], String> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            _ => Err("proto: wrong wireType".into()),
        }
    }

    pub(super) fn text(&self) -> Result<String, String> {
        String::from_utf8(self.slice()?.to_vec()).map_err(|_| "proto: invalid UTF-8".into())
    }

    pub(super) fn integer(&self) -> Result<i64, String> {
        match self {
            // Negative numbers are ten bytes of two's complement.
            Field::Varint(value) => Ok(i64::from_le_bytes(value.to_le_bytes())),
            _ => Err("proto: wrong wireType".into()),
        }
    }

    pub(super) fn double(&self) -> Result<f64, String> {
        match self {
            Field::Fixed(bits) => Ok(f64::from_bits(*bits)),
            _ => Err("proto: wrong wireType".into()),
        }
    }
}

/// The next field and the bytes after it.
pub(super) fn next(bytes: &[u8]) -> Result<(u32, Field<'_>, &[u8]), String> {
    let (tag, rest) = number(bytes)?;
    let field = u32::try_from(tag >> 3).ok().filter(|n| *n > 0).ok_or("proto: illegal tag 0")?;
    let cut = |length: u64| -> Result<(&[u8], &[u8]), String> {
        let length = usize::try_from(length).map_err(|_| "proto: negative length")?;
        rest.split_at_checked(length).ok_or_else(|| "unexpected EOF".to_owned())
    };
    match tag & 7 {
        0 => {
            let (value, rest) = number(rest)?;
            Ok((field, Field::Varint(value), rest))
        }
        1 => {
            let (value, rest) = cut(8)?;
            Ok((field, Field::Fixed(little(value)), rest))
        }
        2 => {
            let (length, rest) = number(rest)?;
            let length = usize::try_from(length).map_err(|_| "proto: negative length")?;
            let (value, rest) = rest.split_at_checked(length).ok_or("unexpected EOF")?;
            Ok((field, Field::Bytes(value), rest))
        }
        5 => {
            let (value, rest) = cut(4)?;
            Ok((field, Field::Fixed(little(value)), rest))
        }
        other => Err(format!("proto: illegal wireType {other}")),
    }
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn number(bytes: &[u8]) -> Result<(u64, &[u8]), String> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err("unexpected EOF".into())
}
