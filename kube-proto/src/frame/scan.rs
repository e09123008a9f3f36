//! Finds the end of a JSON value by its strings and brackets alone.

use std::borrow::Cow;

use memchr::memchr2;

use crate::json::block::{Block, Brackets, Carry};
use crate::json::skip::brackets_end;
use crate::json::text::plain_end;
pub(super) use crate::json::text::text;

/// Finds the end of one JSON value, over any number of slices.
///
/// | place | event | next |
/// |---|---|---|
/// | start | a quote | string |
/// | start | an opening bracket | brackets |
/// | start | any other byte | scalar |
/// | string | a quote that is not escaped | the end, after it |
/// | scalar | white space or punctuation | the end, before it |
/// | brackets | an opening bracket outside of strings | one level deeper |
/// | brackets | the closing bracket of the same kind | one level up; from the first one the end, after it |
/// | brackets | the closing bracket of the other kind | [`Mismatch`] |
///
/// The decoder checks everything else inside the value. There is no recursion: nesting costs a bit a level, on the heap
/// from the 65th on. [`Block`]s find the brackets: scanning byte by byte takes as long as skipping with a decoder.
#[derive(Debug, Default)]
pub(super) struct ValueEnd {
    place: Place,
    nesting: Nesting,
    carry: Carry,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Start,
    String,
    Scalar,
    Brackets,
}

/// A closing bracket of the wrong kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// Its position in the slice.
    pub(super) at: usize,
    /// The bracket.
    pub(super) found: u8,
}

impl ValueEnd {
    /// Scans `bytes`; the very first byte of all must be one that [`begins_value`].
    ///
    /// `Some(n)`: the value ends with the first `n` bytes. A number or a literal only ends before the byte that follows
    /// it, so `n` may be 0.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Mismatch> {
        match (self.place, bytes.first()) {
            (_, None) => Ok(None),
            (Place::Start, Some(b'"')) => {
                self.place = Place::String;
                Ok(bytes.get(1..).and_then(|rest| self.string(rest)).map(|end| end + 1))
            }
            (Place::Start, Some(b'{' | b'[')) => {
                self.place = Place::Brackets;
                self.brackets(bytes)
            }
            (Place::Start | Place::Scalar, Some(_)) => {
                self.place = Place::Scalar;
                Ok(bytes.iter().position(|byte| ends_scalar(*byte)))
            }
            (Place::String, Some(_)) => Ok(self.string(bytes)),
            (Place::Brackets, Some(_)) => self.brackets(bytes),
        }
    }

    fn string(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = usize::from(std::mem::take(&mut self.carry.escaped) == 1);
        loop {
            let rest = bytes.get(at..)?;
            let found = memchr2(b'"', b'\\', rest)?;
            if rest.get(found) == Some(&b'"') {
                return Some(at + found + 1);
            }
            at += found + 2;
            self.carry.escaped = u64::from(at > bytes.len());
        }
    }

    fn brackets(&mut self, bytes: &[u8]) -> Result<Option<usize>, Mismatch> {
        let (blocks, last) = bytes.as_chunks::<{ Block::LEN }>();
        for (n, bytes) in blocks.iter().enumerate() {
            if let Some(end) = self.block(bytes, Block::LEN, n * Block::LEN)? {
                return Ok(Some(end));
            }
        }
        if last.is_empty() {
            return Ok(None);
        }
        // White space does not change the result.
        let mut padded = [b' '; Block::LEN];
        padded.iter_mut().zip(last).for_each(|(to, from)| *to = *from);
        self.block(&padded, last.len(), bytes.len() - last.len())
    }

    /// Scans one block, of which only `length` bytes count; `at` is its position.
    fn block(&mut self, bytes: &[u8; Block::LEN], length: usize, at: usize) -> Result<Option<usize>, Mismatch> {
        let Brackets { open, close } = Block::of(bytes).brackets(length, &mut self.carry);
        let mut brackets = open | close;
        while brackets != 0 {
            let n = brackets.trailing_zeros() as usize;
            brackets &= brackets - 1;
            match bytes.get(n).copied() {
                Some(open @ (b'{' | b'[')) => self.nesting.open(open == b'{'),
                Some(close @ (b'}' | b']')) => {
                    if self.nesting.close() != Some(close == b'}') {
                        return Err(Mismatch { at: at + n, found: close });
                    }
                    if self.nesting.depth == 0 {
                        return Ok(Some(at + n + 1));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

/// A stack of brackets: one bit each, set for a brace.
#[derive(Debug, Default)]
struct Nesting {
    depth: usize,
    top: u64,
    below: Vec<u64>,
}

impl Nesting {
    fn open(&mut self, brace: bool) {
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.below.push(self.top);
        }
        self.top = self.top << 1 | u64::from(brace);
        self.depth += 1;
    }

    fn close(&mut self) -> Option<bool> {
        self.depth = self.depth.checked_sub(1)?;
        let brace = self.top & 1 == 1;
        self.top >>= 1;
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.top = self.below.pop()?;
        }
        Some(brace)
    }
}

/// Whether a JSON value may begin with this byte.
pub(super) fn begins_value(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}

/// White space between tokens (RFC 8259 §2).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn ends_scalar(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']')
}

/// Reads a complete document. `None` from any of its methods means that it is not JSON.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(document: &'a [u8]) -> Self {
        Self { rest: document }
    }

    /// The number of bytes left, which gives the position in the document.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next byte that is not white space; it is not consumed.
    pub(super) fn peek(&mut self) -> Option<u8> {
        match self.rest.first() {
            Some(byte) if !is_space(*byte) => Some(*byte),
            _ => self.peek_further(),
        }
    }

    fn peek_further(&mut self) -> Option<u8> {
        let spaces = self.rest.iter().take_while(|byte| is_space(**byte)).count();
        self.rest = self.rest.get(spaces..)?;
        self.rest.first().copied()
    }

    /// Takes this byte.
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.rest = self.rest.get(1..).unwrap_or_default())
    }

    /// Takes one value: its exact bytes.
    pub(super) fn value(&mut self) -> Option<&'a [u8]> {
        if !begins_value(self.peek()?) {
            return None;
        }
        // A scalar at the very end of the input has no byte that ends it; a member of an object never stands there.
        let end = ValueEnd::default().scan(self.rest).ok()??;
        let (value, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(value)
    }

    /// Takes one value that is not needed. Unlike [`value`](Self::value) it does not see brackets of the wrong kind.
    pub(super) fn skip(&mut self) -> Option<()> {
        let end = match self.peek()? {
            b'{' | b'[' => brackets_end(self.rest, 0)?,
            b'"' if self.plain().is_some() => return Some(()),
            _ => return self.value().map(drop),
        };
        self.rest = self.rest.get(end..)?;
        Some(())
    }

    /// Takes the string at the cursor and returns its text, if it is UTF-8 without escapes. Otherwise takes nothing.
    pub(super) fn plain(&mut self) -> Option<&'a str> {
        let inner = self.rest.strip_prefix(b"\"")?;
        let (text, rest) = inner.split_at_checked(plain_end(inner, 0))?;
        let rest = rest.strip_prefix(b"\"")?;
        let text = std::str::from_utf8(text).ok()?;
        self.rest = rest;
        Some(text)
    }

    /// Calls `each` with every key of the object at the cursor; `each` must take the value and decides whether to go
    /// on. After a break the cursor stays inside the object.
    pub(super) fn members(
        &mut self,
        mut each: impl FnMut(&str, &mut Cursor<'a>) -> Option<std::ops::ControlFlow<()>>,
    ) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            return self.take(b'}');
        }
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let key = match self.plain() {
                Some(key) => Cow::Borrowed(key),
                None => text(self.value()?)?,
            };
            self.take(b':')?;
            if each(&key, self)?.is_break() {
                return Some(());
            }
            if self.peek()? == b'}' {
                return self.take(b'}');
            }
            self.take(b',')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::{cut, json};

    #[test]
    fn the_end_of_a_value() {
        let table: &[(&str, Result<Option<usize>, Mismatch>)] = &[
            ("{}", Ok(Some(2))),
            ("{}}", Ok(Some(2))),
            (r#"{"a":[1,{"b":"]}\""}]} ,"#, Ok(Some(22))),
            (r#""\\" ""#, Ok(Some(4))),
            (r#""\\\"""#, Ok(Some(6))),
            ("-1.5e3,", Ok(Some(6))),
            ("true]", Ok(Some(4))),
            ("12", Ok(None)),
            ("[[]", Ok(None)),
            ("[}", Err(Mismatch { at: 1, found: b'}' })),
            (r#"{"a":[}"#, Err(Mismatch { at: 6, found: b'}' })),
        ];
        for (text, end) in table {
            assert_eq!(&ValueEnd::default().scan(text.as_bytes()), end, "{text}");
        }
    }

    #[test]
    fn two_hundred_thousand_brackets_cost_a_bit_each() {
        let depth = 200_000;
        let opening = r#"[{"a":"#.repeat(depth / 2);
        let mut end = ValueEnd::default();
        assert_eq!(end.scan(opening.as_bytes()), Ok(None));
        assert!(end.nesting.below.len() * 64 <= depth);
        assert_eq!(end.scan(b"1"), Ok(None));
        assert_eq!(end.scan("}]".repeat(depth / 2).as_bytes()), Ok(Some(depth)));
        assert!(end.nesting.below.is_empty());
    }

    #[test]
    fn a_mismatch_is_found_at_any_depth() {
        for depth in [1, 63, 64, 65, 128, 129, 1000] {
            for wrong in [0, depth / 2, depth - 1] {
                let mut closing = "]".repeat(depth).into_bytes();
                closing[wrong] = b'}';
                let whole = ["[".repeat(depth).into_bytes(), closing].concat();
                let mismatch = Mismatch { at: depth + wrong, found: b'}' };
                assert_eq!(ValueEnd::default().scan(&whole), Err(mismatch), "{depth}");
            }
        }
    }

    /// The reference for the blocks.
    fn byte_by_byte(bytes: &[u8]) -> Result<Option<usize>, Mismatch> {
        let (mut open, mut inside, mut escaped) = (Vec::new(), false, false);
        for (at, byte) in bytes.iter().copied().enumerate() {
            let plain = !escaped;
            escaped = byte == b'\\' && plain;
            match byte {
                b'"' if plain => inside = !inside,
                b'{' | b'[' if !inside => open.push(byte),
                b'}' | b']' if !inside => {
                    if open.pop() != Some(if byte == b'}' { b'{' } else { b'[' }) {
                        return Err(Mismatch { at, found: byte });
                    }
                    if open.is_empty() {
                        return Ok(Some(at + 1));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    proptest! {
        #[test]
        fn a_value_ends_where_serde_says(value in json(), cuts in prop::collection::vec(0usize..30, 0..12)) {
            let text = value.to_string();
            let mut end = ValueEnd::default();
            let mut before = 0;
            for chunk in cut(format!("{text},").as_bytes(), &cuts) {
                if let Some(n) = end.scan(&chunk).unwrap() {
                    before += n;
                    break;
                }
                before += chunk.len();
            }
            prop_assert_eq!(before, text.len());
        }

        /// Values across the borders of blocks, with any cutting, and bytes that are not JSON.
        #[test]
        fn blocks_find_what_a_look_at_each_byte_finds(
            text in "[\\[{]([\\[\\]{}\"\\\\Y_y ,é]|\"[\\]}a]{0,90}\"|\\\\{0,9}\"|\\[\\]|\\{\\}){0,160}",
            cuts in prop::collection::vec(0usize..150, 0..9),
        ) {
            let slow = byte_by_byte(text.as_bytes());
            let mut end = ValueEnd::default();
            let (mut before, mut found) = (0, Ok(None));
            for chunk in cut(text.as_bytes(), &cuts) {
                found = end.scan(&chunk).map(|end| end.map(|n| before + n));
                found = found.map_err(|Mismatch { at, found }| Mismatch { at: before + at, found });
                if found != Ok(None) {
                    break;
                }
                before += chunk.len();
            }
            prop_assert_eq!(found, slow);
        }

        #[test]
        fn a_text_is_what_serde_reads(quoted in "\"[\\\\\"nu0-9a-f\u{1}é]{0,8}\"") {
            let oracle: Option<String> = serde_json::from_str(&quoted).ok();
            // Only single strings are tested: a cursor cuts strings at their own ends.
            prop_assume!(ValueEnd::default().scan(quoted.as_bytes()) == Ok(Some(quoted.len())));
            prop_assert_eq!(text(quoted.as_bytes()).map(Cow::into_owned), oracle);
        }
    }
}
