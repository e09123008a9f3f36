//! Objects of which some may not decode.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::described::{Described, Owner};
use super::document::Document;
use super::lazy::Lazy;
use super::{Meta, Object, Part, Protobuf};
use crate::error::Error;
use crate::json::error::DecodeError;

/// An object, or the document of one that does not decode: one strange object costs neither a list nor a page.
///
/// A list of `K` fails with the first item that is no `K`, because a caller who does not see an object may take it for
/// deleted. With this type the caller sees each item and chooses.
///
/// ```
/// use kube_proto::resource::{LocalSubjectAccessReview, Tolerant};
/// use kube_proto::response::List;
///
/// type Review = Tolerant<LocalSubjectAccessReview>;
///
/// let body = br#"{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"},"spec":"?"}]}"#;
/// let list = List::<Review>::decode(body)?;
/// let decoded: Vec<_> = list.items.iter().filter_map(|item| item.object()).collect();
/// assert_eq!(decoded.len(), 1);
/// let Tolerant::Undecodable(strange) = &list.items[1] else { panic!() };
/// assert_eq!(strange.text(), r#"{"metadata":{"name":"b"},"spec":"?"}"#);
/// assert!(strange.error().to_string().contains("\"b\" does not decode: spec: invalid type"));
/// # Ok::<(), kube_proto::Error>(())
/// ```
#[derive(Clone)]
pub enum Tolerant<K> {
    /// The object.
    Object(K),
    /// An object that is no `K`.
    Undecodable(Box<Undecodable<K>>),
}

/// The document of an object that does not decode as a `K`. Its `Debug` does not show it: it may be a Secret.
#[derive(Clone)]
pub struct Undecodable<K> {
    document: Lazy<K>,
    error: DecodeError,
}

impl<K: Object> Tolerant<K> {
    /// The object, if it decodes.
    #[must_use]
    pub fn object(&self) -> Option<&K> {
        match self {
            Tolerant::Object(object) => Some(object),
            Tolerant::Undecodable(_) => None,
        }
    }

    /// The object.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if it does not decode.
    pub fn into_object(self) -> Result<K, Error> {
        match self {
            Tolerant::Object(object) => Ok(object),
            Tolerant::Undecodable(strange) => Err(strange.error()),
        }
    }

    fn or_document(decoded: Result<K, DecodeError>, document: Lazy<K>) -> Self {
        match decoded {
            Ok(object) => Tolerant::Object(object),
            Err(error) => Tolerant::Undecodable(Box::new(Undecodable { document, error })),
        }
    }
}

impl<K: Object> Undecodable<K> {
    /// The document, without the parts that the caller did not want; JSON, or protobuf if the read asked for that.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        self.document.document()
    }

    /// The document's JSON. Bytes that are not UTF-8 are U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        self.document.text()
    }

    /// Why it does not decode: the object, the path of the field, the type that was expected there.
    #[must_use]
    pub fn error(&self) -> Error {
        Error::undecodable("the object", &self.error, self.document().bytes())
    }
}

impl<K: Object + fmt::Debug> fmt::Debug for Tolerant<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tolerant::Object(object) => f.debug_tuple("Object").field(object).finish(),
            Tolerant::Undecodable(strange) => strange.fmt(f),
        }
    }
}

impl<K: Object> fmt::Debug for Undecodable<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undecodable").field("document", &self.document).field("error", &self.error).finish()
    }
}

impl<K: Object> Object for Tolerant<K> {
    const PART: Part = K::PART;
    const PROTOBUF: Protobuf = K::PROTOBUF;

    fn meta(&self) -> Meta<'_> {
        match self {
            Tolerant::Object(object) => object.meta(),
            Tolerant::Undecodable(strange) => strange.document.meta(),
        }
    }

    fn decode(document: Document<'_>) -> Result<Self, DecodeError> {
        match K::decode(document.clone()) {
            Ok(object) => Ok(Tolerant::Object(object)),
            error => Ok(Self::or_document(error, Lazy::decode(document)?)),
        }
    }

    fn decode_item(document: Document<'_>, list_api_version: &str, list_kind: &str) -> Result<Self, DecodeError> {
        match K::decode_item(document.clone(), list_api_version, list_kind) {
            Ok(object) => Ok(Tolerant::Object(object)),
            error => Ok(Self::or_document(error, Lazy::decode_item(document, list_api_version, list_kind)?)),
        }
    }

    fn adopt(&mut self, list_api_version: &str, list_kind: &str) {
        match self {
            Tolerant::Object(object) => object.adopt(list_api_version, list_kind),
            Tolerant::Undecodable(strange) => strange.document.adopt(list_api_version, list_kind),
        }
    }
}

impl<K: Described> Described for Tolerant<K> {
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        match self {
            Tolerant::Object(object) => object.label(key),
            Tolerant::Undecodable(strange) => strange.document.label(key),
        }
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        match self {
            Tolerant::Object(object) => object.owners(each),
            Tolerant::Undecodable(strange) => strange.document.owners(each),
        }
    }
}

impl<'de, K: Object> Deserialize<'de> for Tolerant<K> {
    /// Works only with a JSON deserializer.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Box::<RawValue>::deserialize(deserializer)?;
        Self::decode(Document::json(document.get().as_bytes())).map_err(serde::de::Error::custom)
    }
}
