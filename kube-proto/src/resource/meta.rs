//! The metadata of objects and of lists (`meta/v1`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Meta, is_default, null_as_default};

use crate::rfc3339::since_1970;

/// A `meta/v1` ObjectMeta: the metadata of every object.
///
/// Times are the server's own text (RFC 3339), so that a program writes back unchanged what it has read.
/// [`other`](ObjectMeta::other) keeps the fields of a newer server.
///
/// With feature `k8s-openapi`, it converts into that crate's `ObjectMeta` and back (`From`), and so do
/// [`OwnerReference`] and [`ManagedFieldsEntry`]. Only `other` and times that are not RFC 3339 are lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectMeta {
    /// Unique among the objects of its resource (and namespace).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The prefix of a name that the server completes, if `name` is absent on creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_name: Option<String>,
    /// The object's namespace; absent if it is cluster scoped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Written by servers before 1.20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_link: Option<String>,
    /// Differs from the uid of a later object of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Changes with every write. In an update it is the version that the writer has read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// Counts the changes of the desired state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// When it was created, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<String>,
    /// The time at which the object is to be gone, RFC 3339. Absent until a deletion is requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Seconds that the object has to end by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// The labels, which selectors match.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The owners. The object is deleted when all of them are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Vec<OwnerReference>,
    /// The finalizers: the object stays until its controllers have removed all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
    /// The fields that each manager has set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_fields: Vec<ManagedFieldsEntry>,
    /// Fields that this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl ObjectMeta {
    /// Metadata with a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Metadata whose name the server completes: `prefix` and five random characters.
    #[must_use]
    pub fn generated(prefix: impl Into<String>) -> Self {
        Self { generate_name: Some(prefix.into()), ..Self::default() }
    }

    /// The same metadata in a namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The same metadata with another label.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// The same metadata with another annotation.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// The object's identity and version.
    #[must_use]
    pub fn meta(&self) -> Meta<'_> {
        Meta {
            name: self.name.as_deref(),
            namespace: self.namespace.as_deref(),
            uid: self.uid.as_deref(),
            resource_version: self.resource_version.as_deref(),
        }
    }

    /// The creation time; `None` if it is absent or is no RFC 3339.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        let since = since_1970(self.creation_timestamp.as_deref()?)?;
        Some(Timestamp::from_duration(since).unwrap_or(Timestamp::MAX))
    }

    /// Whether the object is being deleted and finalizers or the grace period keep it.
    #[must_use]
    pub fn is_being_deleted(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The owner that manages the object, if there is one.
    #[must_use]
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }
}

/// One owner of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// The owner's `apiVersion`.
    pub api_version: String,
    /// The owner's kind.
    pub kind: String,
    /// The owner's name; it is in the same namespace, or cluster scoped.
    pub name: String,
    /// The owner's uid.
    pub uid: String,
    /// Whether this owner manages the object. At most one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether a foreground deletion of the owner waits for the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

/// The fields that one manager has set (docs/wire.md §8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFieldsEntry {
    /// The field manager's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// `Apply` or `Update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The API version in which the fields are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// When the set of fields last changed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// `FieldsV1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields_type: Option<String>,
    /// The set of fields: `f:name`, `k:{"key":"value"}`, `v:value`, `i:index` and `.`.
    #[serde(rename = "fieldsV1", skip_serializing_if = "Option::is_none")]
    pub fields_v1: Option<Value>,
    /// The subresource through which the manager set them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
}

/// A `meta/v1` ListMeta: the metadata of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMeta {
    /// Written by servers before 1.20.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub self_link: String,
    /// The version of the whole list, from which a watch continues.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub resource_version: String,
    /// The token for the next page; empty on the last one.
    #[serde(rename = "continue", skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub continue_token: String,
    /// The number of items after this page: an estimate, absent with selectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_item_count: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        let text = r#"{"annotations":{"a":"b"},"creationTimestamp":"2024-01-01T00:00:00Z","deletionGracePeriodSeconds":30,
            "deletionTimestamp":"2024-01-02T00:00:00Z","finalizers":["f"],"futureField":{"x":[1,2]},"generateName":"web-",
            "generation":3,"labels":{"app":"web"},"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1",
            "fieldsV1":{"f:spec":{}},"manager":"m","operation":"Apply","subresource":"status","time":"2024-01-01T00:00:00Z"}],
            "name":"web-0","namespace":"default","ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,
            "controller":true,"kind":"ReplicaSet","name":"web","uid":"o"}],"resourceVersion":"7","selfLink":"/x","uid":"u"}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        let meta: ObjectMeta = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&meta).unwrap(), value);
        assert_eq!(meta.controller().unwrap().name, "web");
        assert_eq!(meta.created().unwrap().as_second(), 1_704_067_200);
        assert!(meta.is_being_deleted());
        assert_eq!(
            meta.meta(),
            Meta { name: Some("web-0"), namespace: Some("default"), uid: Some("u"), resource_version: Some("7") }
        );
    }

    #[test]
    fn null_is_nothing() {
        let text = r#"{"creationTimestamp":null,"labels":null,"annotations":null,"ownerReferences":null,"finalizers":null,
            "managedFields":null,"name":null,"generation":null}"#;
        assert_eq!(serde_json::from_str::<ObjectMeta>(text).unwrap(), ObjectMeta::default());
        let text = r#"{"resourceVersion":null,"continue":null,"selfLink":null,"remainingItemCount":null}"#;
        assert_eq!(serde_json::from_str::<ListMeta>(text).unwrap(), ListMeta::default());
        assert_eq!(serde_json::to_string(&ObjectMeta::default()).unwrap(), "{}");
    }
}
