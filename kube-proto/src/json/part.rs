//! Documents read by a seed: a whole text, or the beginning of one.

use serde::de::DeserializeSeed;

use super::error::DecodeError;
use super::options::Unwanted;
use super::text;
use super::tokens::Reader;

/// Reads a document by a seed. Its visitors see every member, also both of two with one key.
///
/// # Errors
/// The document is not what the seed takes.
pub fn seeded<T>(document: &[u8], seed: impl for<'de> DeserializeSeed<'de, Value = T>) -> Result<T, DecodeError> {
    let text = text::readable(document);
    let (value, end) = first(&text, seed)?;
    ended(&text, end).map(|()| value)
}

/// Reads the document at the beginning of a text by a seed, and returns the position after it.
///
/// # Errors
/// The document is not what the seed takes.
pub(crate) fn first<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<(S::Value, usize), DecodeError> {
    let mut reader = Reader::new(text, Unwanted::default(), false);
    match seed.deserialize(&mut reader) {
        Ok(value) => Ok((value, reader.at())),
        Err(error) => Err(error.before(reader.at(), text.as_bytes())),
    }
}

/// Checks that only white space follows the document that ends at this position.
///
/// # Errors
/// Something else follows.
pub(crate) fn ended(text: &str, at: usize) -> Result<(), DecodeError> {
    let mut reader = Reader::new(text, Unwanted::default(), false);
    reader.go_to(at);
    reader.end().map_err(|error| error.before(reader.at(), text.as_bytes()))
}
