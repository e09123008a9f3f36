//! Questions to the API server: may this be done, whose token is this, who am I (docs/wire.md §10).
//!
//! They are created and never stored: the answer to the `create` has `status` filled.
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

/// May I do this?
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

/// The question of a [`SelfSubjectAccessReview`]: one of the two.
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

/// What is to be done to which resource. `*` means all; an empty `name` or `namespace` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceAttributes {
    /// Where; empty for all namespaces, or for what is cluster scoped.
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
    /// One object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Only objects with these fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_selector: Option<FieldSelectorAttributes>,
    /// Only objects with these labels.
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

/// What is to be done to a path that is no resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NonResourceAttributes {
    /// `/metrics`.
    pub path: String,
    /// `get`, ...
    pub verb: String,
}

/// The answer about access. Neither `allowed` nor `denied` means that nothing allows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAccessReviewStatus {
    /// It may be done.
    pub allowed: bool,
    /// It is forbidden, whatever else might allow it.
    pub denied: bool,
    /// Why, for people.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// What went wrong while deciding; the decision stands all the same.
    #[serde(deserialize_with = "null_as_default")]
    pub evaluation_error: String,
}

/// Whether a user may do this.
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

/// Whether a user may do this in this namespace. `spec.resourceAttributes.namespace` must be the namespace of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalSubjectAccessReview {
    /// May name the namespace.
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
    /// What else is known of the user.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
    /// The user's uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

/// What may I do in this namespace?
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

/// What may be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectRulesReviewStatus {
    /// What may be done to resources.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_rules: Vec<ResourceRule>,
    /// What may be done to other paths.
    #[serde(deserialize_with = "null_as_default")]
    pub non_resource_rules: Vec<NonResourceRule>,
    /// The server could not find out all of it.
    pub incomplete: bool,
    /// Why not.
    #[serde(deserialize_with = "null_as_default")]
    pub evaluation_error: String,
}

/// Each of the verbs may be done to each of the resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRule {
    /// The verbs.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// The groups of the resources.
    #[serde(deserialize_with = "null_as_default")]
    pub api_groups: Vec<String>,
    /// The resources, `pods` or `pods/log`.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Vec<String>,
    /// Only objects of these names; empty for all.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_names: Vec<String>,
}

/// Each of the verbs may be done to each of the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NonResourceRule {
    /// The verbs.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// The paths; `*` at the end stands for anything.
    #[serde(rename = "nonResourceURLs", deserialize_with = "null_as_default")]
    pub non_resource_urls: Vec<String>,
}

/// Whose token is this?
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
    /// The token. Secret.
    pub token: String,
    /// Whom the token is for; empty for the API server itself.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub audiences: Vec<String>,
}

impl fmt::Debug for TokenReviewSpec {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReviewSpec").field("audiences", &self.audiences).finish_non_exhaustive()
    }
}

/// The answer to a [`TokenReview`]; a token that is not valid is an answer too, and no error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenReviewStatus {
    /// The token is valid.
    pub authenticated: bool,
    /// Whose it is.
    #[serde(deserialize_with = "null_as_default")]
    pub user: UserInfo,
    /// For which of the audiences it is valid.
    #[serde(deserialize_with = "null_as_default")]
    pub audiences: Vec<String>,
    /// Why it could not be checked.
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
    /// What else is known.
    #[serde(deserialize_with = "null_as_default")]
    pub extra: BTreeMap<String, Vec<String>>,
}

/// Who am I?
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
    /// The user whose credential was sent, or who is impersonated.
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
    }

    #[test]
    fn a_token_is_not_shown() {
        let spec = TokenReviewSpec { token: "s3cret".into(), audiences: vec!["a".into()] };
        let review = TokenReview { spec, ..TokenReview::default() };
        assert!(!format!("{review:?}").contains("s3cret"));
        assert!(serde_json::to_string(&review).unwrap().contains("s3cret"));
    }
}
