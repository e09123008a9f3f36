//! The kinds of subresources.
//!
//! The request adds `apiVersion` and `kind` (see [`Subresource`](crate::request::target::Subresource)).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::meta::ObjectMeta;
use super::{Meta, Object, is_default, null_as_default};

/// An `autoscaling/v1` Scale: the desired and the actual number of replicas (docs/wire.md §8.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Scale {
    /// The metadata of the scaled object.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// The desired state.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: ScaleSpec,
    /// The actual state.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub status: ScaleStatus,
}

/// The desired state of a [`Scale`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleSpec {
    /// The desired number of replicas.
    pub replicas: i32,
}

/// The actual state of a [`Scale`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleStatus {
    /// The actual number of replicas.
    pub replicas: i32,
    /// The label selector of the replicas, as text.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub selector: String,
}

impl Scale {
    /// A scale with this number of replicas. It has no resource version, so that the write ignores other changes.
    #[must_use]
    pub fn to(name: impl Into<String>, replicas: i32) -> Self {
        Self { metadata: ObjectMeta::named(name), spec: ScaleSpec { replicas }, ..Self::default() }
    }
}

impl Object for Scale {
    fn meta(&self) -> Meta<'_> {
        self.metadata.meta()
    }
}

/// A `policy/v1` Eviction: deletes a pod if the disruption budgets allow it (docs/wire.md §8.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Eviction {
    /// Names the pod, as the URL does.
    pub metadata: ObjectMeta,
    /// `DeleteOptions`: how to delete it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_options: Option<Value>,
}

/// A `v1` Binding: assigns a pod to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Binding {
    /// Names the pod.
    pub metadata: ObjectMeta,
    /// The node.
    pub target: ObjectReference,
}

impl Binding {
    /// Assigns the pod to the node.
    #[must_use]
    pub fn of(pod: impl Into<String>, node: impl Into<String>) -> Self {
        let target = ObjectReference {
            api_version: "v1".into(),
            kind: "Node".into(),
            name: node.into(),
            ..ObjectReference::default()
        };
        Self { metadata: ObjectMeta::named(pod), target }
    }
}

/// A reference to an object; empty fields are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// Its `apiVersion`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// The path of a part of it: `spec.containers{web}`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field_path: String,
}

/// An `authentication.k8s.io/v1` TokenRequest: a token for a service account (docs/wire.md §10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenRequest {
    /// Metadata; may stay empty.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// The desired token.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: TokenRequestSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub status: TokenRequestStatus,
}

/// The desired token of a [`TokenRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenRequestSpec {
    /// The audiences that accept the token; empty for the API server itself.
    #[serde(deserialize_with = "null_as_default")]
    pub audiences: Vec<String>,
    /// The token's lifetime in seconds: at least 600, by default an hour. The server may shorten it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_seconds: Option<i64>,
    /// The token is valid only while this object exists: a Pod, Secret or Node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_object_ref: Option<BoundObjectReference>,
}

/// The object to which a token is bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BoundObjectReference {
    /// `Pod`, `Secret` or `Node`.
    pub kind: String,
    /// `v1`.
    pub api_version: String,
    /// The object's name.
    pub name: String,
    /// The object's uid; empty for the object that has the name now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

/// The answer to a [`TokenRequest`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenRequestStatus {
    /// The token. It is secret.
    #[serde(deserialize_with = "null_as_default")]
    pub token: String,
    /// The time at which the token expires, RFC 3339.
    #[serde(deserialize_with = "null_as_default")]
    pub expiration_timestamp: String,
}

impl fmt::Debug for TokenRequestStatus {
    /// Leaves out the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequestStatus")
            .field("expiration_timestamp", &self.expiration_timestamp)
            .finish_non_exhaustive()
    }
}

impl Object for TokenRequest {
    fn meta(&self) -> Meta<'_> {
        self.metadata.meta()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        let text = r#"{"metadata":{},"spec":{"audiences":null},"status":{"token":"s3cret","expirationTimestamp":"2024-01-01T00:00:00Z"}}"#;
        let request: TokenRequest = serde_json::from_str(text).unwrap();
        assert_eq!(request.status.token, "s3cret");
        assert!(!format!("{request:?}").contains("s3cret"));
    }

    #[test]
    fn bodies() {
        let scale = serde_json::to_string(&Scale::to("web", 3)).unwrap();
        assert_eq!(scale, r#"{"metadata":{"name":"web"},"spec":{"replicas":3}}"#);
        let binding = serde_json::to_string(&Binding::of("web-0", "n1")).unwrap();
        assert_eq!(binding, r#"{"metadata":{"name":"web-0"},"target":{"apiVersion":"v1","kind":"Node","name":"n1"}}"#);
    }
}
