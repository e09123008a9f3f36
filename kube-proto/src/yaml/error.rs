//! The error of a document, with its place.

use std::fmt::{self, Write as _};

use crate::visible::Visible;

/// The error of a document that cannot be read. It shows no value of the text: only the names of an object's own fields
/// and of those of its metadata, and a duplicate key that [`unique_keys`](super::Documents::unique_keys) rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(super) document: usize,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) text: String,
    pub(super) json: bool,
    pub(super) eof: bool,
    pub(super) duplicate: Option<String>,
}

impl Error {
    /// The number of the document in its stream, from 1.
    pub fn document(&self) -> usize {
        self.document
    }

    /// The line in the stream, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The message without the place.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the error comes from reading the document as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a JSON document ends too early.
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// The duplicate key, if [`unique_keys`](super::Documents::unique_keys) rejects the document because of it.
    pub fn duplicate_key(&self) -> Option<&str> {
        self.duplicate.as_deref()
    }

    /// Whether this error's place is after the other's.
    pub(super) fn is_beyond(&self, other: &Error) -> bool {
        (self.line, self.column) > (other.line, other.column)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Visible(f);
        let Error { document, line, column, text, .. } = self;
        if *document > 1 {
            write!(f, "document {document}, ")?;
        }
        // The format of the JSON reader.
        if self.json {
            write!(f, "{text} at line {line} column {column}")
        } else {
            write!(f, "line {line}, column {column}: {text}")
        }
    }
}

impl std::error::Error for Error {}
