//! Reviews: whether an action is allowed, whose token this is, and the user of this client (docs/wire.md §10).
//!
//! Servers do not store reviews: the answer to the `create` has `status` filled.
//!
//! ```
//! use kube_proto::resource::{ResourceAttributes, SelfSubjectAccessReview};
//!
//! let review = SelfSubjectAccessReview::may(ResourceAttributes {
//!     verb: "create".into(),
//!     resource: "pods".into(),
//!     namespace: "default".into(),
//!     ..ResourceAttributes::default()
//! });
//! assert!(!review.status.allowed, "the server has not been asked yet");
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::meta::ObjectMeta;
use super::{is_default, null_as_default};

/// Whether this client may do something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectAccessReview {
    /// Stays empty.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: SelfSubjectAccessReviewSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default")]
    pub status: SubjectAccessReviewStatus,
}

/// The question of a [`SelfSubjectAccessReview`]. Set one of the two fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectAccessReviewSpec {
    /// About a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_attributes: Option<ResourceAttributes>,
    /// About a path such as `/metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_resource_attributes: Option<NonResourceAttributes>,
}

impl SelfSubjectAccessReview {
    /// The question about a resource.
    #[must_use]
    pub fn may(resource: ResourceAttributes) -> Self {
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(resource), non_resource_attributes: None };
        Self { spec, ..Self::default() }
    }

    /// The question about a path.
    #[must_use]
    pub fn may_reach(path: NonResourceAttributes) -> Self {
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: None, non_resource_attributes: Some(path) };
        Self { spec, ..Self::default() }
    }
}

/// An action on a resource. `*` means all; an empty `name` or `namespace` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceAttributes {
    /// The namespace; empty for all, or for cluster-scoped resources.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// `get`, `list`, `create`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub verb: String,
    /// The API group; empty for the core group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The version within the group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The plural name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// `status`, `log`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
    /// The name of one object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Restricts the action to objects with these fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_selector: Option<FieldSelectorAttributes>,
    /// Restricts the action to objects with these labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelectorAttributes>,
}

/// A field selector in a question: as text, or as requirements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FieldSelectorAttributes {
    /// The selector's text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw_selector: String,
    /// Its requirements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<SelectorRequirement>,
}

/// A label selector in a question: as text, or as requirements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelectorAttributes {
    /// The selector's text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw_selector: String,
    /// Its requirements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<SelectorRequirement>,
}

/// One requirement of a selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelectorRequirement {
    /// The label or field.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values of `In` and `NotIn`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}

/// An action on a path that is no resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NonResourceAttributes {
    /// `/metrics`.
    pub path: String,
    /// `get`, ...
    pub verb: String,
}

/// The answer about access. If neither `allowed` nor `denied` is set, no rule allows the action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAccessReviewStatus {
    /// Whether the action is allowed.
    pub allowed: bool,
    /// Whether the action is forbidden, even if a rule allows it.
    pub denied: bool,
    /// The reason, for people.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// An error during the decision; the decision is valid all the same.
    #[serde(deserialize_with = "null_as_default")]
    pub evaluation_error: String,
}

/// Whether a user may do something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAccessReview {
    /// Stays empty.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: SubjectAccessReviewSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default")]
    pub status: SubjectAccessReviewStatus,
}

/// Whether a user may do something in one namespace. `spec.resourceAttributes.namespace` must be the request's
/// namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalSubjectAccessReview {
    /// May have the namespace.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: SubjectAccessReviewSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default")]
    pub status: SubjectAccessReviewStatus,
}

/// The question of a [`SubjectAccessReview`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAccessReviewSpec {
    /// About a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_attributes: Option<ResourceAttributes>,
    /// About a path such as `/metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_resource_attributes: Option<NonResourceAttributes>,
    /// The user's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The user's groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Further attributes of the user.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
    /// The user's uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

/// What this client may do in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectRulesReview {
    /// Stays empty.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: SelfSubjectRulesReviewSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default")]
    pub status: SubjectRulesReviewStatus,
}

/// The question of a [`SelfSubjectRulesReview`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectRulesReviewSpec {
    /// The namespace.
    pub namespace: String,
}

/// The allowed actions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectRulesReviewStatus {
    /// The allowed actions on resources.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_rules: Vec<PolicyRule>,
    /// The allowed actions on other paths.
    #[serde(deserialize_with = "null_as_default")]
    pub non_resource_rules: Vec<PolicyRule>,
    /// Whether the lists are incomplete.
    pub incomplete: bool,
    /// The reason for incomplete lists.
    #[serde(deserialize_with = "null_as_default")]
    pub evaluation_error: String,
}

/// Allows each of the verbs on each of the resources, or on each of the paths: a rule of a role, and of a
/// [`SelfSubjectRulesReview`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// `get`, `*`.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// The API groups; the empty text is the core group.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// `pods`, `pods/log`, `*/scale`, `*`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The only objects; all if empty.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// `/metrics`, `/healthz/*`. A rule has either these or resources.
    #[serde(rename = "nonResourceURLs", deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub non_resource_urls: Vec<String>,
}

/// Whether a token is valid, and for which user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenReview {
    /// Stays empty.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: ObjectMeta,
    /// The token.
    pub spec: TokenReviewSpec,
    /// The answer.
    #[serde(skip_serializing_if = "is_default")]
    pub status: TokenReviewStatus,
}

/// The question of a [`TokenReview`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenReviewSpec {
    /// The token. It is secret.
    pub token: String,
    /// The audiences that accept the token; empty for the API server itself.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub audiences: Vec<String>,
}

impl fmt::Debug for TokenReviewSpec {
    /// Leaves out the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReviewSpec").field("audiences", &self.audiences).finish_non_exhaustive()
    }
}

/// The answer to a [`TokenReview`]. An invalid token is such an answer and no error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenReviewStatus {
    /// Whether the token is valid.
    pub authenticated: bool,
    /// The user of the token.
    #[serde(deserialize_with = "null_as_default")]
    pub user: UserInfo,
    /// The audiences for which the token is valid.
    #[serde(deserialize_with = "null_as_default")]
    pub audiences: Vec<String>,
    /// Why the server could not check the token.
    #[serde(deserialize_with = "null_as_default")]
    pub error: String,
}

/// A user, as the server sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserInfo {
    /// The name.
    #[serde(deserialize_with = "null_as_default")]
    pub username: String,
    /// The uid.
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
    /// The groups.
    #[serde(deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// Further attributes of the user.
    #[serde(deserialize_with = "null_as_default")]
    pub extra: BTreeMap<String, Vec<String>>,
}

/// The user of this client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectReview {
    /// Stays empty.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: ObjectMeta,
    /// The answer.
    #[serde(skip_serializing_if = "is_default")]
    pub status: SelfSubjectReviewStatus,
}

/// The answer to a [`SelfSubjectReview`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectReviewStatus {
    /// The user of the credential, or the impersonated user.
    pub user_info: UserInfo,
}

macro_rules! reviews {
    ($($kind:ident $group:literal $plural:literal $scope:ident;)*) => {
        $(crate::resource!($kind {
            group: $group, version: "v1", kind: stringify!($kind), plural: $plural, scope: $scope
        });)*
    };
}

reviews! {
    SelfSubjectAccessReview "authorization.k8s.io" "selfsubjectaccessreviews" Cluster;
    SelfSubjectRulesReview "authorization.k8s.io" "selfsubjectrulesreviews" Cluster;
    SubjectAccessReview "authorization.k8s.io" "subjectaccessreviews" Cluster;
    LocalSubjectAccessReview "authorization.k8s.io" "localsubjectaccessreviews" Namespaced;
    TokenReview "authentication.k8s.io" "tokenreviews" Cluster;
    SelfSubjectReview "authentication.k8s.io" "selfsubjectreviews" Cluster;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers() {
        let review = SelfSubjectAccessReview::may(ResourceAttributes {
            verb: "create".into(),
            resource: "pods".into(),
            namespace: "ns".into(),
            ..ResourceAttributes::default()
        });
        assert_eq!(
            serde_json::to_string(&review).unwrap(),
            r#"{"spec":{"resourceAttributes":{"namespace":"ns","verb":"create","resource":"pods"}}}"#
        );
        let path = NonResourceAttributes { path: "/metrics".into(), verb: "get".into() };
        assert_eq!(
            serde_json::to_string(&SelfSubjectAccessReview::may_reach(path)).unwrap(),
            r#"{"spec":{"nonResourceAttributes":{"path":"/metrics","verb":"get"}}}"#
        );
        let answer: SelfSubjectAccessReview = serde_json::from_str(
            r#"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{"creationTimestamp":null},
                "spec":{},"status":{"allowed":true,"reason":"RBAC: allowed"}}"#,
        )
        .unwrap();
        assert!(answer.status.allowed && !answer.status.denied);
        let rules: SelfSubjectRulesReview = serde_json::from_str(
            r#"{"spec":{},"status":{"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}],
                "nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["/livez"]}],"incomplete":false}}"#,
        )
        .unwrap();
        assert_eq!(rules.status.non_resource_rules[0].non_resource_urls, ["/livez"]);
        assert_eq!(
            serde_json::to_string(&rules.status.non_resource_rules).unwrap(),
            r#"[{"verbs":["get"],"nonResourceURLs":["/livez"]}]"#
        );
    }

    #[test]
    fn a_token_is_not_shown() {
        let spec = TokenReviewSpec { token: "s3cret".into(), audiences: vec!["a".into()] };
        let review = TokenReview { spec, ..TokenReview::default() };
        assert!(!format!("{review:?}").contains("s3cret"));
        assert!(serde_json::to_string(&review).unwrap().contains("s3cret"));
    }
}
