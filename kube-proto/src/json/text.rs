//! Strings: where they end, and what their escapes stand for.

use std::borrow::Cow;

use super::error::{DecodeError, Kind};

/// The position of the first byte at or after `at` that does not stand for itself in a string: the closing quote, a
/// backslash or a control character; the length if there is none.
#[inline(always)]
pub(crate) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(part) = bytes.get(at..).and_then(<[u8]>::first_chunk::<{ special::LEN }>) {
        match special::first(part) {
            Some(first) => return at + first,
            None => at += special::LEN,
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// Sixteen bytes looked at together.
#[cfg(feature = "simd")]
mod special {
    use wide::u8x16;

    pub(super) const LEN: usize = 16;

    /// The first quote, backslash or control character.
    #[inline]
    pub(super) fn first(part: &[u8; LEN]) -> Option<usize> {
        let bytes = u8x16::from(*part);
        let controls = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
        let found = bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\')) | controls;
        let found = found.to_bitmask();
        (found != 0).then(|| found.trailing_zeros() as usize)
    }
}

/// Eight bytes looked at together, in one word.
#[cfg(not(feature = "simd"))]
mod special {
    pub(super) const LEN: usize = 8;

    /// The first quote, backslash or control character.
    #[inline]
    pub(super) fn first(part: &[u8; LEN]) -> Option<usize> {
        const ONES: u64 = u64::MAX / 0xff;
        let word = u64::from_le_bytes(*part);
        // A set high bit for each such byte. Bits above the lowest one may be wrong.
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let quotes = is_zero(word ^ (ONES * u64::from(b'"')));
        let backslashes = is_zero(word ^ (ONES * u64::from(b'\\')));
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (quotes | backslashes | controls) & (ONES * 0x80);
        (found != 0).then(|| (found.trailing_zeros() / 8) as usize)
    }
}

/// Resolves the escapes of a string into `into`, which is cleared first. `start` is the first byte after the opening
/// quote, `end` the first one that does not stand for itself. Returns the position after the closing quote.
///
/// Half of a surrogate pair becomes U+FFFD, as in Go's `encoding/json`.
///
/// # Errors
/// The position and the fault.
pub(super) fn unescape(
    text: &str,
    start: usize,
    mut end: usize,
    into: &mut String,
) -> Result<usize, (usize, DecodeError)> {
    into.clear();
    let bytes = text.as_bytes();
    let mut from = start;
    loop {
        into.push_str(text.get(from..end).unwrap_or_default());
        match bytes.get(end) {
            Some(b'"') => return Ok(end + 1),
            Some(b'\\') => {}
            Some(_) => return Err((end, DecodeError::of(Kind::Syntax, "a control character in a string"))),
            None => return Err((end, DecodeError::of(Kind::Truncated, "a string has no end"))),
        }
        from = end + 2;
        into.push(match bytes.get(end + 1) {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(*plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = hex(bytes, from).map_err(|error| (end, error))?;
                from += 4;
                match unit {
                    0xd800..0xdc00 => match low_surrogate(bytes, from) {
                        Some(low) => {
                            from += 6;
                            char::from_u32(0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00))).unwrap_or(REPLACEMENT)
                        }
                        None => REPLACEMENT,
                    },
                    // The low half of a pair is no character.
                    _ => char::from_u32(unit).unwrap_or(REPLACEMENT),
                }
            }
            Some(_) => return Err((end, DecodeError::of(Kind::Syntax, "an unknown escape in a string"))),
            None => return Err((end, DecodeError::of(Kind::Truncated, "a string has no end"))),
        });
        end = plain_end(bytes, from);
    }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Four hexadecimal digits.
fn hex(bytes: &[u8], at: usize) -> Result<u32, DecodeError> {
    let mut unit = 0;
    for at in at..at + 4 {
        let digit = match bytes.get(at) {
            Some(byte) => char::from(*byte).to_digit(16),
            None => return Err(DecodeError::of(Kind::Truncated, "a string has no end")),
        };
        let Some(digit) = digit else {
            return Err(DecodeError::of(Kind::Syntax, "four hexadecimal digits should follow \\u in a string"));
        };
        unit = unit << 4 | digit;
    }
    Ok(unit)
}

/// The escape `\udc00` to `\udfff`, if it stands here.
fn low_surrogate(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .starts_with(b"\\u")
        .then(|| hex(bytes, at + 2).ok())?
        .filter(|unit| (0xdc00..0xe000).contains(unit))
}

/// The text of a string with its quotes. Borrowed unless it has escapes; `None` if it is not JSON.
pub(crate) fn text(quoted: &[u8]) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix(b"\"")?;
    let end = plain_end(inner, 0);
    let quoted = readable(inner);
    match quoted {
        Cow::Borrowed(inner) if end + 1 == inner.len() && inner.ends_with('"') => {
            Some(Cow::Borrowed(inner.get(..end)?))
        }
        inner => {
            let mut text = String::new();
            let end = unescape(&inner, 0, plain_end(inner.as_bytes(), 0), &mut text).ok()?;
            (end == inner.len()).then_some(Cow::Owned(text))
        }
    }
}

/// The bytes as text. Each byte that is not UTF-8 becomes U+FFFD, as in Go's `encoding/json`.
pub(crate) fn readable(bytes: &[u8]) -> Cow<'_, str> {
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
        chunk.invalid().iter().for_each(|_| text.push(REPLACEMENT));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts() {
        for (quoted, found) in [
            (&b"\"\""[..], Some("")),
            (b"\"a\"", Some("a")),
            (br#""\u0061\n\"""#, Some("a\n\"")),
            (br#""\ud83d\ude00\ud800\udc0a\udc00""#, Some("😀\u{1000a}\u{fffd}")),
            (br#""\ud800\u0041""#, Some("\u{fffd}A")),
            (b"\"a\xff\xe2\x82\"", Some("a\u{fffd}\u{fffd}\u{fffd}")),
            (b"\"a\"b\"", None),
            (b"\"a", None),
            (b"\"a\\\"", None),
            (b"\"\n\"", None),
            (br#""\x""#, None),
            (br#""\u12""#, None),
            (b"a", None),
            (b"", None),
        ] {
            assert_eq!(text(quoted).as_deref(), found, "{}", quoted.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn the_end_of_plain_text(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'a'), Just(b'"'), Just(0x1f), Just(0x20)], 0..40), from in 0usize..40) {
            let from = from.min(bytes.len());
            let slow = bytes[from..].iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\');
            prop_assert_eq!(plain_end(&bytes, from), slow.map_or(bytes.len(), |at| from + at));
        }
    }
}
