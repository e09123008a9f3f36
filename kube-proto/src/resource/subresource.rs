//! The kinds that subresources are read and written as.
//!
//! `apiVersion` and `kind` are written by the request (see [`Subresource`](crate::request::target::Subresource)).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::meta::ObjectMeta;
use super::{Meta, Object, is_default, null_as_default};

/// An `autoscaling/v1` Scale: how many replicas there are and should be (docs/wire.md §8.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Scale {
    /// The metadata of the object that is scaled.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: ScaleSpec,
    /// What is.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub status: ScaleStatus,
}

/// What is wanted of a [`Scale`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleSpec {
    /// How many replicas there should be.
    pub replicas: i32,
}

/// What a [`Scale`] observes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleStatus {
    /// How many replicas there are.
    pub replicas: i32,
    /// The label selector of the replicas, as text.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub selector: String,
}

impl Scale {
    /// A scale that asks for so many replicas; to be written without looking at the version before.
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

/// A `policy/v1` Eviction: asks that a pod be deleted, if the disruption budgets allow it (docs/wire.md §8.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Eviction {
    /// Names the pod; the same as in the URL.
    pub metadata: ObjectMeta,
    /// `DeleteOptions`: how to delete it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_options: Option<Value>,
}

/// A `v1` Binding: puts a pod on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Binding {
    /// Names the pod.
    pub metadata: ObjectMeta,
    /// The node.
    pub target: ObjectReference,
}

impl Binding {
    /// Puts the pod on the node.
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

/// Points at an object; empty fields say nothing.
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
    /// A part of it: `spec.containers{web}`.
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
    /// What is asked for.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: TokenRequestSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub status: TokenRequestStatus,
}

/// What a [`TokenRequest`] asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenRequestSpec {
    /// Who shall accept the token; empty for the API server itself.
    #[serde(deserialize_with = "null_as_default")]
    pub audiences: Vec<String>,
    /// How long it shall be valid, in seconds: at least 600, an hour where nothing is said. The server may shorten it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_seconds: Option<i64>,
    /// The token is valid only as long as this object exists: a Pod, Secret or Node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_object_ref: Option<BoundObjectReference>,
}

/// What a token is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BoundObjectReference {
    /// `Pod`, `Secret` or `Node`.
    pub kind: String,
    /// `v1`.
    pub api_version: String,
    /// The object's name.
    pub name: String,
    /// The object's uid; empty for whichever has the name now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

/// The answer to a [`TokenRequest`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenRequestStatus {
    /// The token. Secret.
    #[serde(deserialize_with = "null_as_default")]
    pub token: String,
    /// When it ceases to be valid, RFC 3339.
    #[serde(deserialize_with = "null_as_default")]
    pub expiration_timestamp: String,
}

impl fmt::Debug for TokenRequestStatus {
    /// Without the token.
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
