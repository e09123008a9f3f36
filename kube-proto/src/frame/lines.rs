//! Lines of a stream.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use super::error::TooLarge;
use crate::opaque::Opaque;

/// Splits a stream into lines, such as those of a log. The events of a watch are split by their JSON:
/// [`Documents`](super::Documents).
///
/// A line within one chunk is a slice of it, and keeps the whole chunk in memory as long as it lives. Lines of white
/// space only are skipped; all other white space stays, except the newline. Apart from the pushed chunks that are not
/// scanned yet, at most `limit` bytes are held.
#[derive(Debug)]
pub struct Lines {
    limit: usize,
    chunks: Opaque<VecDeque<Bytes>>,
    /// The beginning of a line whose end has not arrived.
    partial: Opaque<BytesMut>,
    dead: bool,
}

impl Lines {
    /// `limit` is the most bytes of a line, without its newline.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, chunks: Opaque::default(), partial: Opaque::default(), dead: false }
    }

    /// Adds the next bytes of the stream. Take the lines that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if !self.dead && !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next line, without its newline; `None` until more is pushed.
    ///
    /// # Errors
    /// A line exceeds the limit. The error comes once, as soon as it is certain. No lines follow, and later bytes are
    /// dropped: the beginning of the next event would be a guess.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Option<Result<Bytes, TooLarge>> {
        while let Some(mut chunk) = self.chunks.pop_front() {
            let newline = memchr(b'\n', &chunk);
            let length = self.partial.len().saturating_add(newline.unwrap_or(chunk.len()));
            if length > self.limit {
                *self = Self { dead: true, ..Self::new(self.limit) };
                return Some(Err(TooLarge { what: "a line of the stream", limit: self.limit }));
            }
            let Some(newline) = newline else {
                self.partial.extend_from_slice(&chunk);
                continue;
            };
            let mut line = if newline + 1 == chunk.len() {
                // Usually nothing follows the newline: servers write each event by itself.
                chunk.truncate(newline);
                std::mem::take(&mut chunk)
            } else {
                let line = chunk.split_to(newline);
                chunk.advance(1);
                line
            };
            if !chunk.is_empty() {
                self.chunks.push_front(chunk);
            }
            if !self.partial.is_empty() {
                self.partial.extend_from_slice(&line);
                line = std::mem::take(&mut *self.partial).freeze();
            }
            if !is_blank(&line) {
                return Some(Ok(line));
            }
        }
        None
    }

    /// The bytes after the last newline, unless they are blank. Call it at the end of the stream, after the last
    /// `None`. For a watch this is a truncated event, for a log an ordinary last line.
    #[must_use]
    pub fn finish(self) -> Option<Bytes> {
        (!is_blank(&self.partial)).then(|| self.partial.0.freeze())
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::cut;

    type Outcome = (Vec<Bytes>, Option<TooLarge>, Option<Bytes>);

    fn run(limit: usize, chunks: Vec<Bytes>) -> Outcome {
        let mut lines = Lines::new(limit);
        let (mut found, mut error) = (Vec::new(), None);
        for chunk in chunks {
            lines.push(chunk);
            while let Some(line) = lines.next() {
                assert_eq!(error, None, "nothing follows an error");
                match line {
                    Ok(line) => found.push(line),
                    Err(too_large) => error = Some(too_large),
                }
            }
            assert!(lines.partial.len() <= limit);
        }
        (found, error, lines.finish())
    }

    /// The simplest implementation.
    fn oracle(limit: usize, whole: &[u8]) -> Outcome {
        let mut parts: Vec<&[u8]> = whole.split(|byte| *byte == b'\n').collect();
        let too_large = parts.iter().position(|part| part.len() > limit);
        let error = too_large.map(|_| TooLarge { what: "a line of the stream", limit });
        parts.truncate(too_large.unwrap_or(parts.len()));
        let last = if error.is_none() { parts.pop() } else { None };
        let keep = |part: &&[u8]| part.iter().any(|byte| !b" \t\r".contains(byte));
        let lines = parts.into_iter().filter(keep).map(Bytes::copy_from_slice).collect();
        (lines, error, last.filter(keep).map(Bytes::copy_from_slice))
    }

    #[test]
    fn lines_of_a_stream() {
        let table: &[(&str, &[&str], Option<&str>)] = &[
            ("", &[], None),
            ("\n\n \r\n", &[], None),
            ("a\nb\n", &["a", "b"], None),
            ("a\nb", &["a"], Some("b")),
            (" a\r\n\n\tb \n \t", &[" a\r", "\tb "], None),
            ("12345678\n", &["12345678"], None),
        ];
        for (whole, lines, last) in table {
            let (found, error, rest) = run(8, vec![Bytes::from(*whole)]);
            assert_eq!((found, error), (lines.iter().map(|line| Bytes::from(*line)).collect(), None), "{whole:?}");
            assert_eq!(rest.as_deref(), last.map(str::as_bytes), "{whole:?}");
        }
    }

    #[test]
    fn a_line_that_lies_in_one_chunk_is_not_copied() {
        let chunk = Bytes::from("{}\n{\"a\":1}\n{\"b\"");
        let mut lines = Lines::new(100);
        lines.push(chunk.clone());
        let _first = lines.next();
        let second = lines.next().unwrap().unwrap();
        assert_eq!(second.as_ptr(), chunk[3..].as_ptr());
        assert!(lines.next().is_none());
        lines.push(Bytes::from(":2}\n"));
        assert_eq!(lines.next().unwrap().unwrap(), "{\"b\":2}");
    }

    #[test]
    fn a_line_past_the_limit_is_said_before_it_ends_and_ends_everything() {
        let mut lines = Lines::new(4);
        lines.push(Bytes::from("ok\n12345"));
        assert_eq!(lines.next().unwrap().unwrap(), "ok");
        let error = lines.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "a line of the stream is larger than the limit of 4 bytes");
        lines.push(Bytes::from("6\nnext\n"));
        assert!(lines.next().is_none());
        assert_eq!(lines.finish(), None);
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(
            whole in "[a\n\r ]{0,60}",
            cuts in prop::collection::vec(0usize..20, 0..12),
            limit in 0usize..12,
        ) {
            prop_assert_eq!(run(limit, cut(whole.as_bytes(), &cuts)), oracle(limit, whole.as_bytes()));
        }
    }
}
