//! The bytes of a message: records, each a number, a wire type and a value.

use std::borrow::Cow;
use std::fmt;

/// The wire types (protobuf's own numbers). The other two, groups, are not in use, and are errors here.
pub(super) mod wire_type {
    pub(in crate::protobuf) const VARINT: u8 = 0;
    pub(in crate::protobuf) const FIXED64: u8 = 1;
    pub(in crate::protobuf) const BYTES: u8 = 2;
    pub(in crate::protobuf) const FIXED32: u8 = 5;
}

/// What is wrong with the bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// They end in the middle of a record.
    Truncated,
    /// A record is longer than what is left of the message around it.
    Length,
    /// A number has more than 64 bits.
    Varint,
    /// A record has the number 0, or one beyond 29 bits.
    Number,
    /// A record has a wire type that is not in use: a group, 6 or 7.
    WireType,
    /// A record has another wire type than its field.
    OtherWireType,
}

/// The value of a record. A number has no bytes, and bytes have the number 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Value<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) number: u64,
}

/// A record of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) number: u32,
    pub(super) wire_type: u8,
    pub(super) value: Value<'a>,
}

/// Takes the next record. The bytes must not be empty.
#[inline]
pub(super) fn record<'a>(rest: &mut &'a [u8]) -> Result<Record<'a>, Broken> {
    let tag = varint(rest)?;
    let (number, wire_type) = split_tag(tag)?;
    let value = match wire_type {
        wire_type::BYTES => {
            let length = varint(rest)?;
            let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
            let (bytes, after) = split.ok_or(Broken::Length)?;
            *rest = after;
            Value { bytes, number: 0 }
        }
        wire_type::VARINT => Value { bytes: &[], number: varint(rest)? },
        _ => Value { bytes: &[], number: fixed(rest, wire_type)? },
    };
    Ok(Record { number, wire_type, value })
}

/// The number and the wire type of a tag.
#[inline]
pub(super) fn split_tag(tag: u64) -> Result<(u32, u8), Broken> {
    match u32::try_from(tag >> 3) {
        Ok(number @ 1..0x2000_0000) => Ok((number, (tag & 7) as u8)),
        _ => Err(Broken::Number),
    }
}

#[inline(never)]
fn fixed(rest: &mut &[u8], wire_type: u8) -> Result<u64, Broken> {
    match wire_type {
        wire_type::FIXED64 => {
            let (bytes, after) = rest.split_first_chunk::<8>().ok_or(Broken::Truncated)?;
            *rest = after;
            Ok(u64::from_le_bytes(*bytes))
        }
        wire_type::FIXED32 => {
            let (bytes, after) = rest.split_first_chunk::<4>().ok_or(Broken::Truncated)?;
            *rest = after;
            Ok(u64::from(u32::from_le_bytes(*bytes)))
        }
        _ => Err(Broken::WireType),
    }
}

/// Takes a varint: seven bits a byte, the lowest first.
#[inline]
pub(super) fn varint(rest: &mut &[u8]) -> Result<u64, Broken> {
    match rest.split_first() {
        Some((&byte, after)) if byte < 0x80 => {
            *rest = after;
            Ok(u64::from(byte))
        }
        _ => long_varint(rest),
    }
}

#[inline(never)]
fn long_varint(rest: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0;
    for (at, &byte) in rest.iter().take(LONGEST_VARINT).enumerate() {
        // Bits beyond the 64th are dropped, as Go does it.
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            *rest = rest.get(at + 1..).unwrap_or_default();
            return Ok(number);
        }
    }
    Err(if rest.len() < LONGEST_VARINT { Broken::Truncated } else { Broken::Varint })
}

/// A varint of 64 bits has ten bytes.
pub(super) const LONGEST_VARINT: usize = 10;

/// All records of a message, in the order of the bytes.
pub(super) fn records(mut rest: &[u8]) -> impl Iterator<Item = Result<Record<'_>, Broken>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let record = record(&mut rest);
        if record.is_err() {
            rest = &[];
        }
        Some(record)
    })
}

/// The last of the records with this number that has the wire type of bytes, as readers take it.
pub(super) fn last_bytes(message: &[u8], number: u32) -> Result<Option<&[u8]>, Broken> {
    let mut found = None;
    for record in records(message) {
        let record = record?;
        if record.number == number {
            found = Some(record.bytes()?);
        }
    }
    Ok(found)
}

impl<'a> Record<'a> {
    /// Its bytes.
    pub(super) fn bytes(&self) -> Result<&'a [u8], Broken> {
        if self.wire_type == wire_type::BYTES { Ok(self.value.bytes) } else { Err(Broken::OtherWireType) }
    }

    /// Its number.
    pub(super) fn varint(&self) -> Result<u64, Broken> {
        if self.wire_type == wire_type::VARINT { Ok(self.value.number) } else { Err(Broken::OtherWireType) }
    }
}

/// Text. A byte that is not UTF-8 becomes U+FFFD, as in the JSON that Go writes.
#[inline]
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replaced(bytes)),
    }
}

#[cold]
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

// Writing.

pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn put_tag(out: &mut Vec<u8>, number: u8, wire_type: u8) {
    put_varint(out, u64::from(number) << 3 | u64::from(wire_type));
}

/// A record of bytes.
pub(super) fn put_bytes(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    put_tag(out, number, wire_type::BYTES);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A record of a number.
pub(super) fn put_number(out: &mut Vec<u8>, number: u8, value: u64) {
    put_tag(out, number, wire_type::VARINT);
    put_varint(out, value);
}

/// Puts the length before what was written since `start`.
pub(super) fn put_length(out: &mut Vec<u8>, start: usize) {
    let length = out.len().saturating_sub(start) as u64;
    let end = out.len();
    put_varint(out, length);
    // The length stands behind its bytes: turn both around.
    let width = out.len() - end;
    if let Some(written) = out.get_mut(start..) {
        written.rotate_right(width);
    }
}

impl Broken {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Broken::Truncated => "the bytes end in the middle of a record",
            Broken::Length => "a record is longer than the message around it",
            Broken::Varint => "a number has more than 64 bits",
            Broken::Number => "a record has no valid number",
            Broken::WireType => "a record has a wire type that is not in use",
            Broken::OtherWireType => "a record has another wire type than its field",
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        let table: &[(&[u8], Result<u64, Broken>, usize)] = &[
            (&[0], Ok(0), 0),
            (&[0x7f, 1], Ok(127), 1),
            (&[0x80, 1], Ok(128), 0),
            // More bytes than needed.
            (&[0x80, 0x80, 0], Ok(0), 0),
            (&[0xff; 9], Err(Broken::Truncated), 9),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], Ok(u64::MAX), 0),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], Ok(u64::MAX), 0),
            (&[0xff; 10], Err(Broken::Varint), 10),
            (&[], Err(Broken::Truncated), 0),
        ];
        for (bytes, number, left) in table {
            let mut rest = *bytes;
            assert_eq!((varint(&mut rest), rest.len()), (*number, *left), "{bytes:x?}");
        }
        for number in [0, 1, 127, 128, 16383, 16384, u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            assert_eq!(varint(&mut &*out), Ok(number));
        }
    }

    #[test]
    fn records_that_are_none() {
        let table: &[(&[u8], Broken)] = &[
            (&[0x0a], Broken::Truncated),
            (&[0x0a, 1], Broken::Length),
            (&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], Broken::Length),
            (&[0x08], Broken::Truncated),
            (&[0x09, 0, 0, 0, 0, 0, 0, 0], Broken::Truncated),
            (&[0x0d, 0, 0, 0], Broken::Truncated),
            (&[0x0b], Broken::WireType),
            (&[0x0c], Broken::WireType),
            (&[0x0e], Broken::WireType),
            (&[0x00, 0], Broken::Number),
            (&[0x80, 0x80, 0x80, 0x80, 0x10, 0], Broken::Number),
        ];
        for (bytes, broken) in table {
            assert_eq!(record(&mut &**bytes).map(|_| ()), Err(*broken), "{bytes:x?}");
            assert_eq!(records(bytes).count(), 1, "an error is the end");
        }
    }

    #[test]
    fn text_that_is_not_utf_8() {
        for (bytes, text) in [
            (&b"abc"[..], "abc"),
            ("漢".as_bytes(), "漢"),
            (b"a\xffb", "a\u{fffd}b"),
            (b"\xe6\xbc", "\u{fffd}\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(super::text(bytes), text);
        }
    }

    #[test]
    fn lengths_are_put_before() {
        for length in [0, 1, 127, 128, 300, 20_000] {
            let mut out = vec![9];
            out.resize(1 + length, 7);
            put_length(&mut out, 1);
            let mut rest = &out[1..];
            assert_eq!(varint(&mut rest), Ok(length as u64));
            assert!(rest.len() == length && rest.iter().all(|byte| *byte == 7));
        }
    }
}
