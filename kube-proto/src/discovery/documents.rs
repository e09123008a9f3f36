//! The documents of discovery as servers write them (docs/wire.md §11).

use serde::{Deserialize, Serialize};

use crate::resource::null_as_default;

/// The older `GET /api`: the versions of the core group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiVersions {
    /// `["v1"]`.
    #[serde(deserialize_with = "null_as_default")]
    pub versions: Vec<String>,
}

/// The older `GET /apis`: all groups except the core group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiGroupList {
    /// The groups, the most important ones first.
    #[serde(deserialize_with = "null_as_default")]
    pub groups: Vec<ApiGroup>,
}

/// `GET /apis/{group}`: a group and its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiGroup {
    /// The group's name.
    pub name: String,
    /// Its versions, the most important ones first.
    #[serde(deserialize_with = "null_as_default")]
    pub versions: Vec<GroupVersionForDiscovery>,
    /// The version for clients without a preference.
    #[serde(deserialize_with = "null_as_default")]
    pub preferred_version: GroupVersionForDiscovery,
}

/// A version of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupVersionForDiscovery {
    /// `apps/v1`.
    pub group_version: String,
    /// `v1`.
    pub version: String,
}

/// `GET /api/v1`, `GET /apis/{group}/{version}`: the resources of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiResourceList {
    /// `apps/v1`.
    pub group_version: String,
    /// Resources, and subresources as `pods/exec`.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Vec<ApiResourceEntry>,
}

/// A resource or subresource of an [`ApiResourceList`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiResourceEntry {
    /// `pods`, `pods/exec`.
    pub name: String,
    /// `pod`; may be empty.
    #[serde(deserialize_with = "null_as_default")]
    pub singular_name: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// The group of the kind, if it differs from the list's.
    #[serde(deserialize_with = "null_as_default")]
    pub group: String,
    /// The version of the kind, if it differs from the list's.
    #[serde(deserialize_with = "null_as_default")]
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The verbs that it supports.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// `po`.
    #[serde(deserialize_with = "null_as_default")]
    pub short_names: Vec<String>,
    /// `all`.
    #[serde(deserialize_with = "null_as_default")]
    pub categories: Vec<String>,
}

/// The newer `GET /api` and `GET /apis`: groups, versions and resources in one document (`apidiscovery.k8s.io/v2`
/// APIGroupDiscoveryList).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiGroupDiscoveryList {
    /// The groups, the most important ones first.
    #[serde(deserialize_with = "null_as_default")]
    pub items: Vec<ApiGroupDiscovery>,
}

/// A group in an [`ApiGroupDiscoveryList`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiGroupDiscovery {
    /// Its name is the group's name; empty for the core group.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: GroupName,
    /// Its versions, the most important ones first.
    #[serde(deserialize_with = "null_as_default")]
    pub versions: Vec<ApiVersionDiscovery>,
}

/// The metadata of an [`ApiGroupDiscovery`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupName {
    /// The group's name; empty for the core group.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
}

/// A version in an [`ApiGroupDiscovery`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiVersionDiscovery {
    /// `v1`.
    pub version: String,
    /// `Current`, or `Stale` if the server could not reach the server behind this version.
    #[serde(deserialize_with = "null_as_default")]
    pub freshness: String,
    /// Its resources.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Vec<ApiResourceDiscovery>,
}

/// A resource in an [`ApiVersionDiscovery`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiResourceDiscovery {
    /// `pods`.
    pub resource: String,
    /// The kind of its objects; absent if there are only subresources.
    pub response_kind: Option<ResponseKind>,
    /// `Namespaced` or `Cluster`.
    pub scope: String,
    /// `pod`; may be empty.
    #[serde(deserialize_with = "null_as_default")]
    pub singular_resource: String,
    /// The verbs that it supports.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// `po`.
    #[serde(deserialize_with = "null_as_default")]
    pub short_names: Vec<String>,
    /// `all`.
    #[serde(deserialize_with = "null_as_default")]
    pub categories: Vec<String>,
    /// Its subresources.
    #[serde(deserialize_with = "null_as_default")]
    pub subresources: Vec<ApiSubresourceDiscovery>,
}

/// A subresource in an [`ApiResourceDiscovery`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiSubresourceDiscovery {
    /// `exec`.
    pub subresource: String,
    /// The kind of its bodies.
    pub response_kind: Option<ResponseKind>,
    /// The verbs that it supports.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
}

/// A kind; an empty group or version is that of the enclosing document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResponseKind {
    /// The group.
    #[serde(deserialize_with = "null_as_default")]
    pub group: String,
    /// The version.
    #[serde(deserialize_with = "null_as_default")]
    pub version: String,
    /// The kind.
    pub kind: String,
}
