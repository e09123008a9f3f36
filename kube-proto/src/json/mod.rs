//! The one JSON reader: a serde [`Deserializer`](serde::Deserializer) over one complete document.
//!
//! All documents of the API are read by it: objects, lists, events, `Status`, discovery, tokens. What Go's
//! `sigs.k8s.io/json` reads, it reads, and it makes the same of it; where Go's reader loses digits, this one keeps them.
//!
//! | in the document | result |
//! |---|---|
//! | `null` for a text, a number, a boolean, an array, an object | the empty text, 0, false, no elements, no members |
//! | `null` for an `Option`, or a type that takes anything | `None`, null |
//! | a key twice in one object | the last one counts, also where a derived `Deserialize` takes no second one |
//! | half of a surrogate pair (`\ud800`), bytes that are not UTF-8 | U+FFFD for each half, for each byte |
//! | an integer | exact up to 64 bits, the nearest `f64` beyond; `-0` is 0 |
//! | a fraction or an exponent (`1.0`, `1e3`) | the nearest `f64`, so it is written back as it was; no integer type takes it |
//! | a number beyond an `f64` (`1e309`) | an error |
//! | keys | exact: `Name` is not `name` |
//! | a member that the type does not have | skipped by its strings and brackets alone, at any depth |
//! | other values | nest up to [`DEPTH`] levels, arrays and small types |
//! | anything after the document but white space, a byte order mark, any other deviation from RFC 8259 | an error |
//!
//! An error has the path of the field, the line and the column, and no value of the document.
//!
//! ```
//! use serde_json::Value;
//!
//! let value: Value = kube_proto::json::from_slice(br#"{"ratio":985.6906946328695,"count":18446744073709551615}"#)?;
//! assert_eq!(value.to_string(), r#"{"count":18446744073709551615,"ratio":985.6906946328695}"#);
//! let error = kube_proto::json::from_slice::<Vec<u8>>(b"[1,\"hunter2\"]").unwrap_err();
//! assert_eq!(error.to_string(), "[1]: invalid type: string, expected u8 at line 1 column 12");
//! # Ok::<(), kube_proto::error::DecodeError>(())
//! ```
//!
//! `corpus/` has what Go's two readers make of a thousand texts. The test beside it lists each difference with its
//! reason.

pub(crate) mod block;
pub(crate) mod error;
mod key;
mod number;
pub(crate) mod options;
pub(crate) mod part;
mod reader;
pub(crate) mod skip;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod tokens;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use error::{DecodeError, Kind};
pub use options::DEPTH;
use options::Unwanted;
use tokens::Reader;

/// Reads a document.
///
/// # Errors
/// The document is no `T`.
pub fn from_slice<T: DeserializeOwned>(document: &[u8]) -> Result<T, DecodeError> {
    without(document, Unwanted::default())
}

/// Reads a document without its unwanted members.
///
/// # Errors
/// The document is no `T`.
pub(crate) fn without<T: DeserializeOwned>(document: &[u8], unwanted: Unwanted<'_>) -> Result<T, DecodeError> {
    read(&text::readable(document), unwanted)
}

/// Reads a document that may lend its texts.
///
/// # Errors
/// The document is no `T`.
pub fn from_str<'de, T: Deserialize<'de>>(document: &'de str) -> Result<T, DecodeError> {
    read(document, Unwanted::default())
}

/// Reads a document that lies in one of another encoding. If `last_counts`, the last of two equal keys counts, also for a
/// type that takes no second one.
///
/// # Errors
/// The document is not what the type takes. It must be UTF-8.
#[cfg(feature = "protobuf")]
pub(crate) fn embedded<'de, T>(
    document: &'de [u8],
    last_counts: bool,
    read: impl FnOnce(&mut Reader<'de, 'static>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(document).map_err(|_| DecodeError::of(Kind::Syntax, "it is not UTF-8"))?;
    let mut reader = Reader::new(text, Unwanted::default(), last_counts);
    let value = read(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| error.before(reader.at(), text.as_bytes()))
}

fn read<'de, T: Deserialize<'de>>(text: &'de str, unwanted: Unwanted<'_>) -> Result<T, DecodeError> {
    let attempt = |last_counts| {
        let mut reader = Reader::new(text, unwanted, last_counts);
        let value = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        value.map_err(|error| error.before(reader.at(), text.as_bytes()))
    };
    match attempt(false) {
        // No server writes a key twice, so the quick way does not look for it.
        Err(error) if error.kind() == Kind::Duplicate => attempt(true),
        result => result,
    }
}
