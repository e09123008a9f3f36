//! `AdmissionReview` as it is on the wire: `admission.k8s.io/v1`, and v1beta1, which has the same fields.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::Answer;
use crate::json;
use crate::request::JsonPatch;
use crate::resource::{UserInfo, null_as_default};
use crate::response::status::Status;

/// A kind or a resource with its group and version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupVersionKind {
    /// The API group; empty for the core group.
    #[serde(deserialize_with = "null_as_default")]
    pub group: String,
    /// The version within the group.
    #[serde(deserialize_with = "null_as_default")]
    pub version: String,
    /// The kind, `Deployment`.
    #[serde(deserialize_with = "null_as_default")]
    pub kind: String,
}

/// A resource with its group and version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupVersionResource {
    /// The API group; empty for the core group.
    #[serde(deserialize_with = "null_as_default")]
    pub group: String,
    /// The version within the group.
    #[serde(deserialize_with = "null_as_default")]
    pub version: String,
    /// The name in URLs, `deployments`.
    #[serde(deserialize_with = "null_as_default")]
    pub resource: String,
}

impl std::fmt::Display for GroupVersionKind {
    /// `apps/v1 Deployment`, `v1 Pod`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        write!(f, "{} {}", self.version, self.kind)
    }
}

/// What is done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// The object is created.
    Create,
    /// The object is replaced or patched.
    Update,
    /// The object is deleted: there is only the old one.
    Delete,
    /// A connection to a subresource: exec, attach, port-forward, proxy. The object is that of its options.
    Connect,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Received {
    #[serde(default)]
    pub(super) api_version: String,
    #[serde(default)]
    pub(super) kind: String,
    pub(super) request: Option<Request>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) uid: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) kind: GroupVersionKind,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) resource: GroupVersionResource,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) sub_resource: String,
    pub(super) request_kind: Option<GroupVersionKind>,
    pub(super) request_resource: Option<GroupVersionResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) request_sub_resource: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) namespace: String,
    pub(super) operation: Operation,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) user_info: UserInfo,
    pub(super) object: Option<Box<RawValue>>,
    pub(super) old_object: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) dry_run: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) options: Value,
}

/// Reads a review. The error says what is wrong, and shows nothing of it.
pub(super) fn read(body: &[u8]) -> Result<(String, Request), String> {
    let review: Received =
        json::from_slice(body).map_err(|error| format!("the body is no AdmissionReview: {error}"))?;
    let version = review.api_version;
    if review.kind != "AdmissionReview" || !["admission.k8s.io/v1", "admission.k8s.io/v1beta1"].contains(&&*version) {
        return Err("the body is no AdmissionReview of admission.k8s.io/v1 or v1beta1".into());
    }
    match review.request {
        Some(request) if !request.uid.is_empty() => Ok((version, request)),
        Some(_) => Err("the request of the AdmissionReview has no uid".into()),
        None => Err("the AdmissionReview has no request".into()),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    api_version: &'a str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: &'a BTreeMap<String, String>,
}

/// Writes the answer for the review with this version and uid. A patch without operations is left out.
pub(super) fn write(version: &str, uid: &str, answer: &Answer) -> Result<Bytes, String> {
    let failed = |error: serde_json::Error| format!("the answer does not serialize: {error}");
    let patch = match answer.patch.as_ref().filter(|patch| **patch != JsonPatch::new() && answer.denial.is_none()) {
        Some(patch) => Some(STANDARD.encode(serde_json::to_vec(patch).map_err(failed)?)),
        None => None,
    };
    let response = Response {
        uid,
        allowed: answer.denial.is_none(),
        status: answer.denial.as_ref(),
        patch_type: patch.is_some().then_some("JSONPatch"),
        patch,
        warnings: &answer.warnings,
        audit_annotations: &answer.audit,
    };
    let sent = Sent { api_version: version, kind: "AdmissionReview", response };
    serde_json::to_vec(&sent).map(Bytes::from).map_err(failed)
}
