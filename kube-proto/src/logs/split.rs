//! The bytes of a log as lines and parts of lines.
//!
//! | state | bytes | next |
//! |---|---|---|
//! | `Begin` | a newline within the limit | `Begin`; a whole line |
//! | `Begin` | more than the limit without one | `Within`; the first part, of exactly the limit |
//! | `Within` | a newline within the limit | `Begin`; the last part |
//! | `Within` | more than the limit without one | `Within`; a middle part, of exactly the limit |
//!
//! The parts of a line depend on the line alone, not on the chunks in which it comes: so a line is cut in the same places
//! when it comes again.

use std::mem;

use bytes::{Buf, Bytes, BytesMut};
use jiff::SignedDuration;
use memchr::memchr;

use crate::opaque::Opaque;
use crate::rfc3339::since_1970;

/// Splits a log. It holds at most the limit and a time stamp, apart from the last chunk.
#[derive(Debug)]
pub struct Split {
    limit: usize,
    state: State,
    chunk: Opaque<Bytes>,
    /// The beginning of a line or part whose end has not arrived.
    partial: Opaque<BytesMut>,
    /// The rest of a line whose end has arrived; empty if there is none.
    rest: Opaque<Bytes>,
    /// The log has ended: no newline follows.
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Begin,
    Within,
}

/// A line or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The time stamp as it was written, and its time since 1970.
    pub stamp: Option<(Bytes, SignedDuration)>,
    /// The text without the stamp and the newline.
    pub text: Bytes,
    /// It is the beginning of a line.
    pub begins: bool,
    /// It is the end of a line.
    pub ends: bool,
    /// A newline follows.
    pub newline: bool,
}

/// The longest time stamp with its space: `2006-01-02T15:04:05.000000000+00:00 `.
const STAMP: usize = 36;

impl Split {
    /// Lines and parts of at most this many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            state: State::Begin,
            chunk: Opaque::default(),
            partial: Opaque::default(),
            rest: Opaque::default(),
            ended: false,
        }
    }

    /// Adds the next chunk. Take all pieces before the next one.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk.into();
        } else {
            // Only a caller that did not take all pieces comes here.
            let mut both = BytesMut::from(&self.chunk[..]);
            both.extend_from_slice(&chunk);
            self.chunk = both.freeze().into();
        }
    }

    /// The next piece; `None` until more is pushed.
    #[allow(clippy::should_implement_trait, reason = "more may follow after `None`")]
    pub fn next(&mut self) -> Option<Piece> {
        if !self.rest.is_empty() {
            let rest = mem::take(&mut *self.rest);
            return Some(self.cut(rest, true));
        }
        // Of a first part, the stamp is not known before its space.
        let most = self.limit.saturating_add(if self.state == State::Begin { STAMP } else { 0 });
        let room = most.saturating_add(1).saturating_sub(self.partial.len());
        let seen = self.chunk.get(..room.min(self.chunk.len())).unwrap_or_default();
        if let Some(newline) = memchr(b'\n', seen) {
            let mut line = self.chunk.split_to(newline);
            self.chunk.advance(1);
            if !self.partial.is_empty() {
                self.partial.extend_from_slice(&line);
                line = mem::take(&mut *self.partial).freeze();
            }
            return Some(self.cut(line, true));
        }
        let taken = seen.len();
        let part = self.chunk.split_to(taken);
        self.partial.extend_from_slice(&part);
        (self.partial.len() > most).then(|| {
            let line = mem::take(&mut *self.partial).freeze();
            self.cut(line, false)
        })
    }

    /// The bytes after the last newline, at the end of the log and after the last piece; in parts if they are long.
    pub fn finish(&mut self) -> Option<Piece> {
        self.ended = true;
        let line =
            if self.rest.is_empty() { mem::take(&mut *self.partial).freeze() } else { mem::take(&mut *self.rest) };
        (!line.is_empty()).then(|| self.cut(line, true))
    }

    /// Drops what is not complete, and begins anew.
    pub fn reset(&mut self) {
        *self = Self::new(self.limit);
    }

    /// The first piece of a line that is complete (`whole`), or has more than one part.
    fn cut(&mut self, mut line: Bytes, whole: bool) -> Piece {
        let begins = self.state == State::Begin;
        let stamp = if begins { stamp(&mut line) } else { None };
        if whole && line.len() <= self.limit {
            self.state = State::Begin;
            return Piece { stamp, text: line, begins, ends: true, newline: !self.ended };
        }
        let text = line.split_to(self.limit.min(line.len()));
        if whole {
            self.rest = line.into();
        } else {
            self.partial.extend_from_slice(&line);
        }
        self.state = State::Within;
        Piece { stamp, text, begins, ends: false, newline: false }
    }
}

/// Takes the time stamp from the beginning of a line.
fn stamp(line: &mut Bytes) -> Option<(Bytes, SignedDuration)> {
    let end = memchr(b' ', line.get(..STAMP.min(line.len()))?)?;
    let time = since_1970(std::str::from_utf8(line.get(..end)?).ok()?)?;
    let text = line.split_to(end);
    line.advance(1);
    Some((text, time))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::cut;

    fn run(limit: usize, chunks: Vec<Bytes>) -> Vec<Piece> {
        let mut split = Split::new(limit);
        let mut found = Vec::new();
        for chunk in chunks {
            split.push(chunk);
            while let Some(piece) = split.next() {
                found.push(piece);
            }
            assert!(split.partial.len() <= limit + STAMP, "{}", split.partial.len());
        }
        while let Some(piece) = split.finish() {
            found.push(piece);
        }
        found
    }

    /// The simplest implementation.
    fn oracle(limit: usize, whole: &[u8]) -> Vec<Piece> {
        let mut found = Vec::new();
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            let newline = line.ends_with(b"\n");
            let mut line = Bytes::copy_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
            let mut stamp = stamp(&mut line);
            let mut begins = true;
            loop {
                let text = line.split_to(limit.min(line.len()));
                let ends = line.is_empty();
                found.push(Piece { stamp: stamp.take(), text, begins, ends, newline: ends && newline });
                begins = false;
                if ends {
                    break;
                }
            }
        }
        found
    }

    #[test]
    fn lines_with_and_without_a_stamp() {
        let log = "2026-01-02T03:04:05.000000006Z hello\n2026-01-02T03:04:05Z \nno stamp\n\n1999 x\nrest";
        let found = run(100, vec![Bytes::from(log)]);
        let texts: Vec<_> = found.iter().map(|piece| &piece.text[..]).collect();
        assert_eq!(texts, [&b"hello"[..], b"", b"no stamp", b"", b"1999 x", b"rest"]);
        let stamped: Vec<_> = found.iter().map(|piece| piece.stamp.is_some()).collect();
        assert_eq!(stamped, [true, true, false, false, false, false]);
        assert!(found[..5].iter().all(|piece| piece.newline) && !found[5].newline);
    }

    #[test]
    fn a_long_line_comes_in_parts_of_the_limit() {
        let log = format!("2026-01-02T03:04:05.000000006Z {}\nnext\n", "x".repeat(25));
        let found = run(10, vec![Bytes::from(log)]);
        let parts: Vec<_> = found.iter().map(|piece| (piece.text.len(), piece.begins, piece.ends)).collect();
        assert_eq!(parts, [(10, true, false), (10, false, false), (5, false, true), (4, true, true)]);
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(
            lines in prop::collection::vec(("(2026-01-02T03:04:0[0-9](\\.[0-9]{1,9})?Z )?", "[a \r]{0,50}"), 0..6),
            rest in "[a ]{0,60}",
            cuts in prop::collection::vec(0usize..20, 0..20),
            limit in 1usize..60,
        ) {
            let mut whole: String = lines.into_iter().map(|(stamp, text)| format!("{stamp}{text}\n")).collect();
            whole.push_str(&rest);
            let expected = oracle(limit, whole.as_bytes());
            prop_assert_eq!(run(limit, cut(whole.as_bytes(), &cuts)), expected);
        }
    }
}
