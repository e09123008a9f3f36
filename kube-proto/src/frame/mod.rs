//! Chunks to documents: finds where one document ends and the next begins, whatever the chunks are.
//!
//! These state machines take chunks as they arrive and return documents as they are complete. They scan each byte once,
//! return a document within one chunk as a slice and not a copy, and hold no more than the limits of the caller.
//! Cutting the same bytes in another way does not change the result, errors included.
//!
//! | bytes | machine | documents |
//! |---|---|---|
//! | a watch | [`Documents`] | JSON objects, one after the other |
//! | a log | [`Lines`] | one a line |
//! | a list | [`ListItems`] | the items, and at the end the document around them |
//! | one object | [`identity`](identity()), [`metadata`] | its identity, without decoding it |
//! | one line of a watch | [`event`](event()) | its type, and its object's own bytes |
//! | a refusal | `Shorten` | the same, with long texts cut |
//! | one object | [`Trim`] | the same, without `managedFields` and the like |
//! | anything compressed (feature `gzip`) | `Gunzip` | the same, in pieces |
//!
//! None of them decodes: the module `json` does. They scan strings, brackets and, where they need them, keys; the decoder
//! finds all other faults.
//!
//! Documents in protobuf have machines of the same shapes in the module `protobuf`.

mod describe;
pub(crate) mod documents;
pub(crate) mod error;
pub(crate) mod event;
#[cfg(feature = "gzip")]
pub(crate) mod gzip;
pub(crate) mod identity;
pub(crate) mod items;
pub(crate) mod lines;
mod scan;
pub(crate) mod shorten;
pub(crate) mod trim;

pub use describe::Owner;
pub(crate) use describe::describe;
pub use documents::{Documents, Part};
pub use error::{FrameError, TooLarge};
pub use event::{EventType, event};
#[cfg(feature = "gzip")]
pub use gzip::{Gunzip, GzipError};
pub use identity::{Identity, Metadata, identity, metadata};
pub use items::ListItems;
pub use lines::Lines;
pub use trim::Trim;

#[cfg(test)]
pub(crate) mod testing {
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::Value;

    /// `whole`, cut at these places (modulo the rest's length); chunks may be empty.
    pub(crate) fn cut(whole: &[u8], cuts: &[usize]) -> Vec<Bytes> {
        let mut rest = Bytes::copy_from_slice(whole);
        let mut chunks: Vec<Bytes> = cuts.iter().map(|cut| rest.split_to(cut % (rest.len() + 1))).collect();
        chunks.push(rest);
        chunks
    }

    /// Any JSON value, with keys and strings that are hard to scan.
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
