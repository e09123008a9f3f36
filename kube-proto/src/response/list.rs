//! Collections, and the answers to deletions.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::status::Status;
use crate::error::Error;
use crate::error::failure::status_document;
use crate::json::error::DecodeError;
use crate::resource::meta::ListMeta;
use crate::resource::{Object, null_as_default};

/// A list of objects, or one page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "K: DeserializeOwned"))]
pub struct List<K> {
    /// `v1`, `apps/v1`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub api_version: String,
    /// `PodList`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub kind: String,
    /// The version of the list, and the token for the rest of it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: ListMeta,
    /// The objects.
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    pub items: Vec<K>,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self { api_version: String::new(), kind: String::new(), metadata: ListMeta::default(), items: Vec::new() }
    }
}

impl<K: Object> List<K> {
    /// Decodes a list. Items without `apiVersion` and `kind` get them from it.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the body is no list of `K`.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let list: Self = decode("list", body)?;
        Ok(list.adopted())
    }

    fn adopted(mut self) -> Self {
        for item in &mut self.items {
            item.adopt(&self.api_version, &self.kind);
        }
        self
    }
}

impl<K> IntoIterator for List<K> {
    type Item = K;
    type IntoIter = std::vec::IntoIter<K>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a List<K> {
    type Item = &'a K;
    type IntoIter = std::slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// The answer to a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "made once for each call, and mostly the object")]
pub enum Deleted<T> {
    /// The object: its last state, or, while finalizers or its grace period keep it, the state with
    /// `metadata.deletionTimestamp` set. For a collection, the list of the objects.
    Object(T),
    /// The deletion is complete, and `details` names the object.
    Status(Status),
}

impl<T: DeserializeOwned> Deleted<T> {
    /// Decodes the answer to a deletion. First pass the answer to
    /// [`failure_in_success`](crate::error::failure::failure_in_success), which finds a `Status` of a failure.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the body is neither a `T` nor a `Status`.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        match status_document(body) {
            Some(status) => Ok(Deleted::Status(status)),
            None => decode("deleted object", body).map(Deleted::Object),
        }
    }
}

impl<K: Object> Deleted<List<K>> {
    /// Decodes the answer to the deletion of a collection. Items get their kind from the list.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the body is neither a list nor a `Status`.
    pub fn decode_list(body: &[u8]) -> Result<Self, Error> {
        Ok(match Self::decode(body)? {
            Deleted::Object(list) => Deleted::Object(list.adopted()),
            status @ Deleted::Status(_) => status,
        })
    }
}

impl<T> Deleted<T> {
    /// The object, if the answer is one.
    #[must_use]
    pub fn object(&self) -> Option<&T> {
        match self {
            Deleted::Object(object) => Some(object),
            Deleted::Status(_) => None,
        }
    }
}

/// Decodes a document. `what` names it in the error.
///
/// The error shows the body only if it is no API object: a log-in page helps the user, but a broken Secret must stay
/// secret.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Error> {
    decode_with(what, body, |body| crate::encoding::read(body, None))
}

/// The same with a reader.
pub(crate) fn decode_with<'a, T>(
    what: &str,
    body: &'a [u8],
    read: impl FnOnce(&'a [u8]) -> Result<T, DecodeError>,
) -> Result<T, Error> {
    read(body).map_err(|error| {
        Error::decode(format!("the answer cannot be read as {} ({what}): {error}", short_name::<T>()), body)
    })
}

/// The name of a type without its path.
fn short_name<T>() -> String {
    let name = std::any::type_name::<T>();
    let mut short = String::new();
    for part in name.split_inclusive(['<', '>', ',', ' ']) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::dynamic::DynamicObject;

    #[test]
    fn items_learn_their_kind() {
        let body = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"c","remainingItemCount":3},
            "items":[{"metadata":{"name":"a"}},{"apiVersion":"v2","kind":"X","metadata":{"name":"b"}}]}"#;
        let list = List::<DynamicObject>::decode(body).unwrap();
        let kinds: Vec<_> = list.into_iter().map(|item| (item.api_version, item.kind)).collect();
        assert_eq!(kinds, [("v1".into(), "Pod".into()), ("v2".into(), "X".to_owned())]);
    }

    #[test]
    fn lists_without_items() {
        for body in [r#"{"items":null}"#, r#"{"metadata":null,"items":[]}"#, "{}"] {
            let list = List::<DynamicObject>::decode(body.as_bytes()).unwrap();
            assert!(list.items.is_empty() && list.metadata.continue_token.is_empty());
        }
    }

    #[test]
    fn a_wrong_document_is_named_and_only_shown_if_it_is_no_json() {
        let error =
            List::<DynamicObject>::decode(br#"{"items":[{"metadata":7,"data":"s3cret"}]}"#).unwrap_err().to_string();
        assert!(error.contains("List<DynamicObject>") && error.contains("line 1 column 23"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
        let error = List::<DynamicObject>::decode(b"<html>log in</html>").unwrap_err().to_string();
        assert!(error.contains("<html>log in"), "{error}");
    }

    #[test]
    fn deletions_answer_one_of_two() {
        let status =
            br#"{"kind":"Status","apiVersion":"v1","status":"Success","details":{"name":"a","kind":"pods","uid":"u"}}"#;
        let Deleted::Status(status) = Deleted::<DynamicObject>::decode(status).unwrap() else { panic!("a status") };
        assert_eq!(status.details.unwrap().uid, "u");
        let object = br#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","deletionTimestamp":"x"},"status":{"phase":"Running"}}"#;
        let deleted = Deleted::<DynamicObject>::decode(object).unwrap();
        assert!(deleted.object().unwrap().metadata.is_being_deleted());
        let list = br#"{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]}"#;
        let deleted = Deleted::<List<DynamicObject>>::decode_list(list).unwrap();
        assert_eq!(deleted.object().unwrap().items[0].kind, "Pod");
    }
}
