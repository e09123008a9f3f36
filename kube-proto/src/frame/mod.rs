//! Chunks to documents: where one document ends and the next begins, whatever the chunks were.
//!
//! Pure machines that are pushed chunks as they come and give documents as they are complete. Each byte is looked at
//! once, a document that lies whole in one chunk is a slice of it and not a copy, and what is held is bounded by limits
//! that the caller sets. Cutting the same bytes in another way changes nothing in what comes out, errors included.
//!
//! | bytes | machine | documents |
//! |---|---|---|
//! | a watch, a log | [`Lines`] | one a line |
//! | a list | [`ListItems`] | one an item, and at the end what is around the items |
//! | one object | [`identity`](identity()), [`metadata`] | who it is, without decoding it |
//! | one line of a watch | [`event`](event()) | its type, and its object's own bytes |
//! | one object | [`Trim`] | the same, without `managedFields` and the like |
//! | anything compressed (feature `gzip`) | `Gunzip` | the same, in pieces |
//!
//! None of them decodes: what they give is left to `serde_json`. They look at strings, brackets and, where it matters
//! to them, keys; what else is wrong with a document is for its decoder to say.
//!
//! A machine for the protobuf encoding (WIRE §3) belongs beside these.

mod describe;
mod event;
#[cfg(feature = "gzip")]
mod gzip;
mod identity;
mod items;
mod lines;
mod scan;
mod trim;

use std::fmt;

pub(crate) use describe::describe;
pub(crate) use event::presumed_event;
pub use event::{EventType, event};
#[cfg(feature = "gzip")]
pub use gzip::{Gunzip, GzipError};
pub use identity::{Identity, Metadata, identity, metadata};
pub use items::ListItems;
pub use lines::Lines;
pub use trim::Trim;

use crate::error::Error;

/// A document passed its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// What it was: `an item of the list`.
    pub what: &'static str,
    /// The limit, in bytes.
    pub limit: usize,
}

/// Why bytes could not be cut into documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A part passed its limit.
    TooLarge(TooLarge),
    /// The bytes are not the JSON that they should be.
    Syntax {
        /// How many bytes stand before `found`.
        at: u64,
        /// What should have been there.
        expected: &'static str,
        /// What was there.
        found: u8,
    },
    /// The member `items` stands twice at the top level: nobody could say which of them counts.
    ItemsTwice {
        /// How many bytes stand before the end of the second key.
        at: u64,
    },
    /// The bytes ended in the middle of the document.
    Truncated {
        /// How many bytes there were.
        at: u64,
    },
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is larger than the limit of {} bytes", self.what, self.limit)
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLarge(what) => what.fmt(f),
            FrameError::Syntax { at, expected, found } => {
                write!(f, "the answer is not the JSON that was expected: {expected} should follow after {at} bytes, ")?;
                write!(f, "but '{}' does", found.escape_ascii())
            }
            FrameError::ItemsTwice { at } => {
                write!(f, "the list has the member \"items\" a second time, after {at} bytes")
            }
            FrameError::Truncated { at: 0 } => f.write_str("the answer is empty"),
            FrameError::Truncated { at } => write!(f, "the answer ends in the middle, after {at} bytes"),
        }
    }
}

impl std::error::Error for TooLarge {}

impl std::error::Error for FrameError {}

impl From<TooLarge> for FrameError {
    fn from(error: TooLarge) -> Self {
        FrameError::TooLarge(error)
    }
}

impl From<TooLarge> for Error {
    fn from(TooLarge { what, limit }: TooLarge) -> Self {
        Error::too_large(what, limit)
    }
}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge(error) => error.into(),
            error => Error::decode(error.to_string(), &[]),
        }
    }
}

/// Decodes a document.
pub(crate) fn json<'a, T: serde::Deserialize<'a>>(document: &'a [u8]) -> Result<T, serde_json::Error> {
    // One look at the whole is quicker than one at each string, which is what `from_slice` takes.
    match std::str::from_utf8(document) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(document),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::Value;

    /// `whole`, cut at these places (taken modulo what is left); chunks may be empty.
    pub(crate) fn cut(whole: &[u8], cuts: &[usize]) -> Vec<Bytes> {
        let mut rest = Bytes::copy_from_slice(whole);
        let mut chunks: Vec<Bytes> = cuts.iter().map(|cut| rest.split_to(cut % (rest.len() + 1))).collect();
        chunks.push(rest);
        chunks
    }

    /// Any JSON value, with keys and strings that are awkward to scan.
    pub(crate) fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(text(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Strings with quotes, backslashes, brackets, the keys that matter, and other scripts.
    pub(crate) fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("items".to_owned()),
            Just("metadata".to_owned()),
            Just("name".to_owned()),
            "[\\[\\]{}\",:\\\\ a\n\u{1}é漢😀]{0,12}",
            "[a-z]{0,40}",
        ]
    }
}
