//! Kubernetes' protobuf (docs/wire.md §3 and §14), read and written as what it stands for: the object's JSON.
//!
//! serde sees the same names and values in either encoding, so the same types work: those of `k8s-openapi`, a user's own
//! structs, projections, `serde_json::Value`. There is no second set of types.
//!
//! | bytes | read or written by | result |
//! |---|---|---|
//! | a document | [`Envelope`], [`sealed`] | its type, and its message |
//! | a message | [`from_message`], [`from_document`] | anything that is `Deserialize` |
//! | anything that is `Serialize` | [`to_message`], [`to_document`] | the bytes that Go writes |
//! | a watch | [`Frames`], [`event()`]; [`framed`] | its events, and their objects' own bytes |
//! | a list | [`ListItems`] | its items, and at the end the document without them |
//! | an object | [`identity()`], [`metadata`], [`label`], [`owners`] | its identity, without decoding it |
//! | an object | [`cut`], [`cut_message`] | the same, without `managedFields` and the like |
//!
//! # Rules of reading
//!
//! - A field with the zero value is on the wire if Go's type is no pointer. It is read if Go would write it in JSON
//!   (`omitempty`). A list or a map without elements is not on the wire, and so absent here, where Go writes null.
//! - Fields in any order are read, and fields in several pieces; only that takes longer (`order`).
//! - Fields that are not in the table are skipped. So a document must not be read, changed and written by a program that
//!   is older than the server: it is dynamic objects in JSON, or patches, that keep what is not known. Writing refuses a
//!   field that is not in the table.
//! - Of a field that is skipped, the wire type and the length are checked, not what is in it.
//! - Text that is not UTF-8 gets U+FFFD for each wrong byte. Numbers of 32 bits are cut to these.
//! - Lists, maps and messages are nested at most 100 levels deep.
//! - Errors name the path to the field, and show no value.

mod access;
mod assemble;
mod compound;
mod de;
mod descriptor;
pub(crate) mod envelope;
mod error;
pub(crate) mod frames;
pub(crate) mod identity;
pub(crate) mod items;
mod key;
mod order;
mod put;
mod reader;
mod row;
mod scalar;
mod ser;
mod special;
#[rustfmt::skip]
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod trim;
mod wire;

pub use de::{from_document, from_message};
pub use envelope::{Content, Envelope, sealed};
pub use error::EncodeError;
pub use frames::{Frames, event, framed};
pub use identity::{identity, label, metadata, owners};
pub use items::ListItems;
pub use row::MessageId;
pub use ser::{to_document, to_message};
pub use trim::{cut, cut_message};

/// How deeply objects and lists of a document may be nested.
const DEPTH: u8 = 100;
