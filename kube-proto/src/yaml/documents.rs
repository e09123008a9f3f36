//! Reads the documents of a stream.

use serde_json::Value;

use super::budget::Budget;
use super::compose::{Fault, compose};
use super::error::Error;
use super::json::{Bounded, Keys, twice};
use super::split::{Chunk, Split};
use crate::json::error::DecodeError;
use crate::json::error::Kind;
use crate::json::part::{ended, first};

/// Reads a stream of YAML and JSON documents, one per call of `next`.
pub fn documents<'a>(stream: &'a (impl AsRef<[u8]> + ?Sized)) -> Documents<'a> {
    Documents {
        split: Split::new(stream.as_ref()),
        more_json: None,
        count: 0,
        values: VALUES,
        unique_keys: false,
        strict_json: false,
        ignore_rest: false,
    }
}

/// The documents of a stream, from [`documents`].
///
/// A document without content is `Null`. Comments before, between and after documents are not documents. After an error
/// the iterator continues with the next document. JSON documents may follow each other without a `---`. If the second
/// or a later one of these is invalid, the rest up to the next `---` is one error.
#[derive(Clone, Debug)]
#[must_use = "it reads as far as it is asked to"]
pub struct Documents<'a> {
    split: Split<'a>,
    /// The text after a JSON document, up to the next marker.
    more_json: Option<Chunk<'a>>,
    count: usize,
    values: usize,
    unique_keys: bool,
    strict_json: bool,
    ignore_rest: bool,
}

impl Documents<'_> {
    /// Rejects a document of more values, copies by aliases included. The default is 2,000,000.
    pub fn max_values(mut self, values: usize) -> Self {
        self.values = values;
        self
    }

    /// Rejects a document with a duplicate key, as the API server does under strict validation. By default the last
    /// value of the key applies.
    pub fn unique_keys(mut self) -> Self {
        self.unique_keys = true;
        self
    }

    /// Rejects a document that begins like JSON (`{"`) and is not valid JSON. By default it is read as YAML, where
    /// `NaN` in `{"a": NaN}` is a string.
    pub fn strict_json(mut self) -> Self {
        self.strict_json = true;
        self
    }

    /// Ignores text after the end of a document, on its last line or below it with less indent, as kubectl does in
    /// kubeconfigs.
    #[cfg(feature = "kubeconfig")]
    pub(crate) fn ignore_rest(mut self) -> Self {
        self.ignore_rest = true;
        self
    }
}

impl<'a> Documents<'a> {
    fn read(&mut self, chunk: Chunk<'a>, json_only: bool) -> Result<Value, Error> {
        let text = std::str::from_utf8(chunk.bytes).map_err(|error| {
            let valid = chunk.bytes.get(..error.valid_up_to()).unwrap_or_default();
            self.error(chunk, end_of(&String::from_utf8_lossy(valid)), "not UTF-8".to_owned())
        })?;
        let start = text.trim_ascii_start();
        if !start.starts_with(['{', '[']) {
            return self.yaml(chunk, text);
        }
        match self.json(chunk, text) {
            Ok(value) => Ok(value),
            Err(error) if json_only || (self.strict_json && looks_like_json(start)) => Err(error),
            // YAML has these brackets too. Of two errors, return the one of the format that the author probably meant.
            Err(error) => self.yaml(chunk, text).map_err(|other| {
                let list = start.starts_with('[') && error.eof;
                let json = list || (looks_like_json(start) && !other.is_beyond(&error));
                if json { error } else { other }
            }),
        }
    }

    fn yaml(&self, chunk: Chunk<'a>, text: &str) -> Result<Value, Error> {
        compose(text, Budget::new(self.values), self.unique_keys, self.ignore_rest).map_err(
            |Fault { line, column, text, duplicate }| Error { duplicate, ..self.error(chunk, (line, column), text) },
        )
    }

    /// Reads the first JSON value. A value after it waits in `more_json` for the next call.
    fn json(&mut self, chunk: Chunk<'a>, text: &'a str) -> Result<Value, Error> {
        let mut budget = Budget::new(self.values);
        let mut keys = Keys { unique: self.unique_keys, duplicate: None };
        let read = first(text, Bounded { budget: &mut budget, keys: &mut keys });
        let (read, end) = read.map_err(|error| self.json_error(chunk, &error, keys.duplicate))?;
        if let Err(error) = ended(text, end) {
            let (before, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            if !rest.trim_ascii_start().starts_with(['{', '[']) {
                return Err(self.json_error(chunk, &error, None));
            }
            let (line, column) = place(chunk, end_of(before));
            self.more_json = Some(Chunk { bytes: rest.as_bytes(), line, column });
        }
        Ok(read)
    }

    fn json_error(&self, chunk: Chunk<'a>, error: &DecodeError, duplicate: Option<String>) -> Error {
        let at = error.place().unwrap_or((1, 1));
        let place = format!(" at line {} column {}", at.0, at.1);
        let text = match &duplicate {
            Some(key) => twice(key),
            None => error.to_string().trim_end_matches(&place).to_owned(),
        };
        Error { json: true, eof: error.kind() == Kind::Truncated, duplicate, ..self.error(chunk, at, text) }
    }

    /// An error of the current document; `at` is the line and the column within the chunk, from 1.
    fn error(&self, chunk: Chunk<'a>, at: (usize, usize), text: String) -> Error {
        let (line, column) = place(chunk, at);
        Error { document: self.count, line, column, text, json: false, eof: false, duplicate: None }
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Result<Value, Error>> {
        let more_json = self.more_json.take();
        let chunk = more_json.or_else(|| self.split.next())?;
        self.count += 1;
        Some(self.read(chunk, more_json.is_some()))
    }
}

fn looks_like_json(start: &str) -> bool {
    let rest = start.strip_prefix('{').map(str::trim_ascii_start);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('"'))
}

/// Converts a line and a column within a chunk to those in the stream.
fn place(chunk: Chunk<'_>, (line, column): (usize, usize)) -> (usize, usize) {
    (chunk.line + line.max(1) - 1, if line <= 1 { chunk.column + column.max(1) - 1 } else { column.max(1) })
}

/// The line and the column of the end of a text, from 1.
fn end_of(text: &str) -> (usize, usize) {
    let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, text.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

/// A value needs at least two bytes of text. The largest request of an API server, 3 MiB, has fewer values than this.
const VALUES: usize = 2_000_000;
