//! The metadata of objects and of lists (`meta/v1`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Meta, is_default, null_as_default};

/// A `meta/v1` ObjectMeta: what every object says about itself.
///
/// Times are the server's own text (RFC 3339), so that what is read is written back unchanged; fields of a newer
/// server are kept in [`other`](ObjectMeta::other).
///
/// With feature `k8s-openapi`, it converts into that crate's `ObjectMeta` and back (`From`), and so do [`OwnerReference`] and
/// [`ManagedFieldsEntry`]. Only `other` and times that are not RFC 3339 have no place there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// Unique among the objects of its resource (and namespace).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The beginning of a name that the server completes; used where `name` is absent on creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_name: Option<String>,
    /// Where it lives; absent for what is cluster scoped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Written by servers before 1.20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_link: Option<String>,
    /// Tells the object from a later one of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Changes with every write; on update, the version that the writer had seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// Counts changes of what is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// When it was created, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<String>,
    /// Set once deletion was asked for: when it is to be gone, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Seconds that it was given to end by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// What selectors look at.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Whatever else was noted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    /// What it depends on: when all of these are gone, so is it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub owner_references: Vec<OwnerReference>,
    /// Who has still to do something before it can go.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub finalizers: Vec<String>,
    /// Who set which fields.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub managed_fields: Vec<ManagedFieldsEntry>,
    /// Fields that are not known here.
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

    /// The same, in a namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The same, with one label more.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// The same, with one annotation more.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Which object, and which version of it.
    #[must_use]
    pub fn meta(&self) -> Meta<'_> {
        Meta {
            name: self.name.as_deref(),
            namespace: self.namespace.as_deref(),
            uid: self.uid.as_deref(),
            resource_version: self.resource_version.as_deref(),
        }
    }

    /// When it was created; `None` where that is not said or is no time.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.creation_timestamp.as_deref()?.parse().ok()
    }

    /// Deletion was asked for, and finalizers or the grace period keep it.
    #[must_use]
    pub fn is_being_deleted(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The owner that manages it, if one does.
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
    /// It is the one owner that manages the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// A foreground deletion of the owner waits for the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

/// Which fields one manager has set (docs/wire.md §8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFieldsEntry {
    /// The field manager's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// `Apply` or `Update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The version in which the fields are named.
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
    /// The subresource through which they were set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
}

/// A `meta/v1` ListMeta: what a list says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMeta {
    /// Written by servers before 1.20.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub self_link: String,
    /// The version of the whole list: where a watch goes on from.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub resource_version: String,
    /// Asks for the next page; empty on the last one.
    #[serde(rename = "continue", skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub continue_token: String,
    /// How many items are not in this page: an estimate, absent with selectors.
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
