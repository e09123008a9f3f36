//! Documents in JSON or in protobuf.
//!
//! A document shows which one it is: in protobuf it begins with four bytes that begin no JSON. Streams and lists are split
//! by the content type of their response (`op/split`). Their objects are documents again, so all that reads an object
//! reads it here, and does not ask for its encoding.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::frame;
use crate::frame::Owner;
use crate::frame::identity::{Identity, Metadata};
use crate::frame::trim::Trim;
use crate::json::{self, error::DecodeError};
#[cfg(feature = "protobuf")]
use crate::protobuf;

/// The media type of documents in protobuf.
#[cfg(feature = "protobuf")]
pub(crate) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// Whether a document is in protobuf. Without the feature none is.
pub(crate) fn is_protobuf(document: &[u8]) -> bool {
    #[cfg(feature = "protobuf")]
    let is = document.starts_with(protobuf::envelope::MAGIC);
    #[cfg(not(feature = "protobuf"))]
    let is = {
        let _ = document;
        false
    };
    is
}

/// Whether a document begins like an object, in either encoding.
pub(crate) fn is_object(document: &[u8]) -> bool {
    is_protobuf(document) || document.trim_ascii_start().first() == Some(&b'{')
}

/// Reads a document, without the parts to leave out.
pub(crate) fn read<T: DeserializeOwned>(document: &[u8], trim: Option<&Trim>) -> Result<T, DecodeError> {
    #[cfg(feature = "protobuf")]
    if is_protobuf(document) {
        return match trim {
            Some(trim) => protobuf::from_document(document, trim),
            None => protobuf::from_document(document, &Trim::default()),
        };
    }
    json::without(document, trim.map(Trim::unwanted).unwrap_or_default())
}

/// The identity of an object, read without decoding it.
pub(crate) fn identity(document: &[u8]) -> Option<Identity<'_>> {
    #[cfg(feature = "protobuf")]
    if is_protobuf(document) {
        return protobuf::identity(document);
    }
    frame::identity(document)
}

/// The name, the namespace, the uid and the version of an object, read without decoding it.
pub(crate) fn metadata(document: &[u8]) -> Option<Metadata<'_>> {
    if is_protobuf(document) {
        return identity(document).map(|found| found.metadata);
    }
    frame::identity::metadata(document)
}

/// The apiVersion and the kind of an object, read without decoding it.
pub(crate) fn types(document: &[u8]) -> Option<[Option<Cow<'_, str>>; 2]> {
    if is_protobuf(document) {
        return identity(document).map(|found| [found.api_version, found.kind]);
    }
    frame::identity::types(document)
}

/// The document without the parts that `trim` names.
pub(crate) fn cut<'a>(trim: &Trim, document: &'a [u8]) -> Cow<'a, [u8]> {
    #[cfg(feature = "protobuf")]
    if is_protobuf(document) {
        return protobuf::cut(trim, document);
    }
    trim.cut(document)
}

/// The value of a label of an object, read without decoding the rest.
pub(crate) fn label<'a>(document: &'a [u8], key: &str) -> Option<Cow<'a, str>> {
    #[cfg(feature = "protobuf")]
    if is_protobuf(document) {
        return match protobuf::Envelope::open(document).ok()?.content {
            protobuf::Content::Message(message) => protobuf::label(message, key),
            protobuf::Content::Json(json) => frame::describe(json)?.label(key),
        };
    }
    frame::describe(document)?.label(key)
}

/// Calls `each` with the uid of every owner of an object, and whether it is the controller.
pub(crate) fn owners(document: &[u8], each: &mut dyn FnMut(Owner<'_>)) {
    #[cfg(feature = "protobuf")]
    if is_protobuf(document) {
        let Ok(envelope) = protobuf::Envelope::open(document) else { return };
        return match envelope.content {
            protobuf::Content::Message(message) => protobuf::owners(message, each),
            protobuf::Content::Json(json) => owners_in_json(json, each),
        };
    }
    owners_in_json(document, each);
}

fn owners_in_json(document: &[u8], each: &mut dyn FnMut(Owner<'_>)) {
    if let Some(described) = frame::describe(document) {
        described.owners(each);
    }
}

/// Whether objects of this kind have a protobuf form.
#[cfg(feature = "protobuf")]
pub(crate) fn has_protobuf(api_version: &str, kind: &str) -> bool {
    protobuf::MessageId::of(api_version, kind).is_some()
}
