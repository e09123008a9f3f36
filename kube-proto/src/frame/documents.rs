//! The documents of a watch: JSON values, one after the other.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use super::error::TooLarge;
use super::scan::{ValueEnd, is_space};
use crate::opaque::Opaque;

/// Splits a stream into JSON objects. A document ends where its JSON ends: whether a newline follows it, another
/// document, or nothing for now.
///
/// API servers write a newline after each event and none within it (docs/wire.md §4.1). So the quick way takes a
/// [`Line`](Part::Line) by one search for one byte. A caller who cannot read the line as one document gives it to
/// [`settle`](Self::settle), which looks for the end of the JSON.
///
/// | held | the next bytes | next |
/// |---|---|---|
/// | nothing | white space | nothing |
/// | nothing | a line with its newline | `Line`: probably one document |
/// | nothing | the beginning of a line | the beginning of a document |
/// | the beginning of an object | up to the end of its JSON | `Document` |
/// | the beginning of anything else | up to a newline | `Document`: it is none, and the caller says so |
/// | a `Line` that is settled | its JSON ends with it | `Document` |
/// | a `Line` that is settled | its JSON ends within it | `Document`; the rest is the next bytes |
/// | a `Line` that is settled | its JSON does not end | the beginning of a document |
///
/// A document within one chunk is a slice of it, and keeps the whole chunk in memory as long as it lives. Apart from the
/// pushed chunks that are not scanned yet, at most `limit` bytes are held.
#[derive(Debug)]
pub struct Documents {
    limit: usize,
    chunks: Opaque<VecDeque<Bytes>>,
    /// The beginning of a document whose end has not arrived.
    partial: Opaque<BytesMut>,
    /// The scanner of `partial`, which it has seen whole.
    end: ValueEnd,
    dead: bool,
}

/// What [`Documents::next`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A line with its newline. Probably it is one document.
    Line(Bytes),
    /// One document, or something that is none.
    Document(Bytes),
}

impl Documents {
    /// `limit` is the most bytes of a document.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let end = ValueEnd::default();
        Self { limit, chunks: Opaque::default(), partial: Opaque::default(), end, dead: false }
    }

    /// Adds the next bytes of the stream. Take the documents that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if !self.dead && !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next document or line; `None` until more is pushed.
    ///
    /// # Errors
    /// A document exceeds the limit. The error comes once, as soon as it is certain. No documents follow, and later
    /// bytes are dropped: the beginning of the next event would be a guess.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Option<Result<Part, TooLarge>> {
        while let Some(mut chunk) = self.chunks.pop_front() {
            if !self.partial.is_empty() {
                if let Some(found) = self.go_on(chunk) {
                    return Some(found.map(Part::Document));
                }
                continue;
            }
            let spaces = chunk.iter().take_while(|byte| is_space(**byte)).count();
            chunk.advance(spaces);
            if chunk.is_empty() {
                continue;
            }
            match memchr(b'\n', &chunk) {
                // A line that is too long may still be several documents.
                Some(newline) if newline <= self.limit => {
                    let line = chunk.split_to(newline + 1);
                    self.put_back(chunk);
                    return Some(Ok(Part::Line(line)));
                }
                _ => {
                    self.end = ValueEnd::default();
                    if let Some(found) = self.go_on(chunk) {
                        return Some(found.map(Part::Document));
                    }
                }
            }
        }
        None
    }

    /// The document with which a line begins, or what is none; `None` if it goes on after the line. What follows the document in the line
    /// is the next to be split.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn settle(&mut self, line: Bytes) -> Option<Result<Bytes, TooLarge>> {
        if line.first() != Some(&b'{') {
            let newline = memchr(b'\n', &line).unwrap_or(line.len());
            return Some(Ok(line.slice(..newline)));
        }
        if let Some(end) = end_of(&mut ValueEnd::default(), &line) {
            let mut rest = line;
            let document = rest.split_to(end);
            self.put_back(rest);
            return Some(Ok(document));
        }
        // The newline ends nothing within an object.
        self.end = ValueEnd::default();
        self.go_on(line)
    }

    /// The bytes after the last document, unless they are blank. Call it at the end of the stream, after the last
    /// `None`. They are a document whose end is missing.
    #[must_use]
    pub fn finish(self) -> Option<Bytes> {
        (!self.partial.is_empty()).then(|| self.partial.0.freeze())
    }

    fn put_back(&mut self, rest: Bytes) {
        if !rest.is_empty() {
            self.chunks.push_front(rest);
        }
    }

    /// Goes on with the document in `partial`, or begins one: the chunk then begins with it.
    fn go_on(&mut self, mut chunk: Bytes) -> Option<Result<Bytes, TooLarge>> {
        let is_object = self.partial.first().or(chunk.first()) == Some(&b'{');
        // One byte past the limit is looked at, so that the error is the same for any cutting.
        let allowed = self.limit.saturating_sub(self.partial.len());
        let window = chunk.get(..allowed.saturating_add(1)).unwrap_or(&chunk);
        let end = if is_object { end_of(&mut self.end, window) } else { memchr(b'\n', window) };
        let length = end.unwrap_or(window.len());
        if length > allowed {
            *self = Self { dead: true, ..Self::new(self.limit) };
            return Some(Err(TooLarge { what: "a document of the stream", limit: self.limit }));
        }
        let part = chunk.split_to(length);
        self.put_back(chunk);
        if end.is_none() {
            self.partial.extend_from_slice(&part);
            return None;
        }
        if self.partial.is_empty() {
            return Some(Ok(part));
        }
        self.partial.extend_from_slice(&part);
        Some(Ok(std::mem::take(&mut *self.partial).freeze()))
    }
}

/// Where an object ends, or with a bracket of the wrong kind ceases to be one.
fn end_of(end: &mut ValueEnd, bytes: &[u8]) -> Option<usize> {
    end.scan(bytes).unwrap_or_else(|mismatch| Some(mismatch.at + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::{cut, json};

    type Outcome = (Vec<Bytes>, bool, Option<Bytes>);

    fn run(limit: usize, chunks: Vec<Bytes>) -> Outcome {
        let mut documents = Documents::new(limit);
        let (mut found, mut failed) = (Vec::new(), false);
        for chunk in chunks {
            documents.push(chunk);
            while let Some(part) = documents.next() {
                assert!(!failed, "nothing follows an error");
                let document = match part {
                    Ok(Part::Line(line)) => documents.settle(line),
                    Ok(Part::Document(document)) => Some(Ok(document)),
                    Err(error) => Some(Err(error)),
                };
                match document {
                    Some(Ok(document)) => found.push(document),
                    Some(Err(_)) => failed = true,
                    None => {}
                }
            }
            assert!(documents.partial.len() <= limit);
        }
        (found, failed, documents.finish())
    }

    #[test]
    fn a_document_ends_where_its_json_ends() {
        for (stream, documents, rest) in [
            ("{}\n{\"a\":1}\n", &["{}", "{\"a\":1}"][..], None),
            ("{}{}{}", &["{}", "{}", "{}"], None),
            ("{} {}\r\n\n {}", &["{}", "{}", "{}"], None),
            ("{\n \"a\": [\n1]\n}\n{}", &["{\n \"a\": [\n1]\n}", "{}"], None),
            ("{\"a\":\"}\"}{\"b\":\"\\\"{\"}", &["{\"a\":\"}\"}", "{\"b\":\"\\\"{\"}"], None),
            ("{}\n{\"a\"", &["{}"], Some("{\"a\"")),
            ("{\"a\":\n", &[], Some("{\"a\":\n")),
            ("log in\n{}", &["log in", "{}"], None),
            ("{}log in", &["{}"], Some("log in")),
            ("{]}\n{}", &["{]", "}", "{}"], None),
            ("", &[], None),
            (" \n\r\n\t", &[], None),
        ] {
            for cuts in [vec![], vec![1; 40], vec![3; 12], vec![5, 1, 7]] {
                let (found, failed, last) = run(100, cut(stream.as_bytes(), &cuts));
                assert_eq!(
                    (found, last.as_deref()),
                    (
                        documents.iter().map(|text| Bytes::from_static(text.as_bytes())).collect(),
                        rest.map(str::as_bytes)
                    ),
                    "{stream} {cuts:?}"
                );
                assert!(!failed);
            }
        }
    }

    #[test]
    fn a_document_that_nothing_follows_is_found_at_once() {
        let mut documents = Documents::new(100);
        documents.push(Bytes::from_static(b"{\"a\":"));
        assert_eq!(documents.next(), None);
        documents.push(Bytes::from_static(b"1}"));
        assert_eq!(documents.next(), Some(Ok(Part::Document(Bytes::from_static(b"{\"a\":1}")))));
    }

    #[test]
    fn the_limit_counts_a_document_and_not_its_line() {
        let two = [&b"{\"a\":\"bc\"}"[..]; 2].concat();
        assert_eq!(run(10, cut(&two, &[])), (vec![Bytes::from_static(b"{\"a\":\"bc\"}"); 2], false, None));
        for cuts in [vec![], vec![1; 30], vec![9]] {
            assert_eq!(run(9, cut(&two, &cuts)), (vec![], true, None));
        }
    }

    proptest! {
        #[test]
        fn documents_come_back_however_they_are_joined_and_cut(
            values in prop::collection::vec((json(), any::<bool>(), prop::sample::select(vec!["", "\n", " ", "\r\n", "\n\n"])), 0..6),
            cuts in prop::collection::vec(0usize..60, 0..12),
        ) {
            let (mut stream, mut expected) = (String::new(), Vec::new());
            for (value, pretty, after) in values {
                let value = serde_json::json!({"v": value});
                let text = if pretty { format!("{value:#}") } else { value.to_string() };
                stream += &text;
                stream += after;
                expected.push(Bytes::from(text));
            }
            prop_assert_eq!(run(1 << 20, cut(stream.as_bytes(), &cuts)), (expected, false, None));
        }

        #[test]
        fn cutting_changes_nothing(
            stream in "([\\[\\]{}\":, \n\\\\a]|\\{\"a\":\\[\\]\\}|\\{\\}){0,40}",
            cuts in prop::collection::vec(0usize..20, 0..20),
            limit in prop::sample::select(vec![0usize, 1, 7, 1000]),
        ) {
            let whole = run(limit, vec![Bytes::from(stream.clone())]);
            prop_assert_eq!(run(limit, cut(stream.as_bytes(), &cuts)), whole);
        }
    }
}
