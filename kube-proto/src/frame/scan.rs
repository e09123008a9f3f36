//! Where a JSON value ends: strings and brackets, and nothing else.

use std::borrow::Cow;

use memchr::memchr2;

/// Finds the end of one JSON value, over as many slices as it takes.
///
/// Closing brackets must match opening ones; all else inside the value is its decoder's to check. There is no
/// recursion: nesting costs a bit a level, on the heap from the 65th on.
#[derive(Debug, Default)]
pub(super) struct ValueEnd {
    nesting: Nesting,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Between,
    String,
    Escape,
    Scalar,
}

/// A closing bracket where another one was due.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// Its place in the slice.
    pub(super) at: usize,
    /// It.
    pub(super) found: u8,
}

impl ValueEnd {
    /// Goes on with `bytes`; the very first byte of all must be one that [`begins_value`].
    ///
    /// `Some(n)`: the value ends with the first `n` bytes. A number or a literal only ends before the byte that follows
    /// it, so `n` may be 0.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Mismatch> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (passed, ended) = match self.place {
                Place::Between => {
                    self.between(rest).map_err(|Mismatch { at: n, found }| Mismatch { at: at + n, found })?
                }
                Place::String => match memchr2(b'"', b'\\', rest) {
                    None => return Ok(None),
                    Some(n) if rest.get(n) == Some(&b'\\') => {
                        self.place = Place::Escape;
                        (n + 1, false)
                    }
                    Some(n) => {
                        self.place = Place::Between;
                        (n + 1, self.nesting.depth == 0)
                    }
                },
                Place::Escape => {
                    self.place = Place::String;
                    (1, false)
                }
                Place::Scalar => match rest.iter().position(|byte| ends_scalar(*byte)) {
                    None => return Ok(None),
                    Some(n) => (n, true),
                },
            };
            at += passed;
            if ended {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Up to the next string, or the end: how many bytes that is, and whether it is the end.
    fn between(&mut self, bytes: &[u8]) -> Result<(usize, bool), Mismatch> {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => {
                    self.place = Place::String;
                    return Ok((at + 1, false));
                }
                b'{' | b'[' => self.nesting.open(*byte == b'{'),
                b'}' | b']' => {
                    if self.nesting.close() != Some(*byte == b'}') {
                        return Err(Mismatch { at, found: *byte });
                    }
                    if self.nesting.depth == 0 {
                        return Ok((at + 1, true));
                    }
                }
                _ if self.nesting.depth == 0 => {
                    self.place = Place::Scalar;
                    return Ok((at, false));
                }
                _ => {}
            }
        }
        Ok((bytes.len(), false))
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

/// A JSON value may begin with this byte.
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

/// The text of a string that is given with its quotes. Borrowed unless it has escapes; `None` where it is not JSON.
pub(super) fn text(quoted: &[u8]) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if inner.contains(&b'\\') {
        return serde_json::from_slice(quoted).ok().map(Cow::Owned);
    }
    let text = std::str::from_utf8(inner).ok()?;
    (!text.bytes().any(|byte| byte < b' ')).then_some(Cow::Borrowed(text))
}

/// Reads a document that is there as a whole. `None` from any of its methods: it is not JSON.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(document: &'a [u8]) -> Self {
        Self { rest: document }
    }

    /// How many bytes are left: where in the document it stands.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next byte that is not white space, which stays.
    pub(super) fn peek(&mut self) -> Option<u8> {
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
        // A scalar at the very end of the input has nothing behind it to end it; no member of an object stands there.
        let end = ValueEnd::default().scan(self.rest).ok()??;
        let (value, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(value)
    }

    /// Calls `each` with every key of the object that stands here; it must take the value and say whether to go on.
    /// Where it stops the cursor stays inside the object.
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
            let key = text(self.value()?)?;
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

        #[test]
        fn a_text_is_what_serde_reads(quoted in "\"[\\\\\"nu0-9a-f\u{1}é]{0,8}\"") {
            let oracle: Option<String> = serde_json::from_str(&quoted).ok();
            // What is no single string is not asked for: a cursor cuts strings at their own ends.
            prop_assume!(ValueEnd::default().scan(quoted.as_bytes()) == Ok(Some(quoted.len())));
            prop_assert_eq!(text(quoted.as_bytes()).map(Cow::into_owned), oracle);
        }
    }
}
