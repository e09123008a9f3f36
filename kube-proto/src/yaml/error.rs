//! What is wrong with a document, and where.

use std::fmt;

/// A document that cannot be read. It shows nothing of the text, but keys that [`unique_keys`](super::Documents::unique_keys) refuses.
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

    /// What is wrong, without the place.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the document was read as JSON, and the error is one of JSON's grammar.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a JSON document ends too early.
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// The key that a map has twice, if [`unique_keys`](super::Documents::unique_keys) refuses the document for it.
    pub fn duplicate_key(&self) -> Option<&str> {
        self.duplicate.as_deref()
    }

    /// Whether this place comes after the other's.
    pub(super) fn is_beyond(&self, other: &Error) -> bool {
        (self.line, self.column) > (other.line, other.column)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error { document, line, column, text, .. } = self;
        if *document > 1 {
            write!(f, "document {document}, ")?;
        }
        // As `serde_json` words it.
        if self.json {
            write!(f, "{text} at line {line} column {column}")
        } else {
            write!(f, "line {line}, column {column}: {text}")
        }
    }
}

impl std::error::Error for Error {}
