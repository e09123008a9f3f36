//! The documents of discovery as servers write them (docs/wire.md §11).

use serde::{Deserialize, Serialize};

use crate::resource::null_as_default;

/// `GET /api` of old: the versions of the core group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiVersions {
    /// `["v1"]`.
    #[serde(deserialize_with = "null_as_default")]
    pub versions: Vec<String>,
}

/// `GET /apis` of old: all groups but the core group.
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
    /// The version to use where none is asked for.
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
    /// Its objects live in namespaces.
    pub namespaced: bool,
    /// The group of the kind, where it is not that of the list.
    #[serde(deserialize_with = "null_as_default")]
    pub group: String,
    /// The version of the kind, where it is not that of the list.
    #[serde(deserialize_with = "null_as_default")]
    pub version: String,
    /// The kind.
    pub kind: String,
    /// What can be done to it.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// `po`.
    #[serde(deserialize_with = "null_as_default")]
    pub short_names: Vec<String>,
    /// `all`.
    #[serde(deserialize_with = "null_as_default")]
    pub categories: Vec<String>,
}

/// `GET /api` and `GET /apis` of today: groups, versions and resources in one document
/// (`apidiscovery.k8s.io/v2` APIGroupDiscoveryList).
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
    /// Its name is the group's; empty for the core group.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: GroupName,
    /// Its versions, the most important ones first.
    #[serde(deserialize_with = "null_as_default")]
    pub versions: Vec<ApiVersionDiscovery>,
}

/// What the metadata of an [`ApiGroupDiscovery`] says.
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
    /// `Current`, or `Stale` where the server could not ask the one behind it.
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
    /// The kind of its objects; absent where there are only subresources.
    pub response_kind: Option<ResponseKind>,
    /// `Namespaced` or `Cluster`.
    pub scope: String,
    /// `pod`; may be empty.
    #[serde(deserialize_with = "null_as_default")]
    pub singular_resource: String,
    /// What can be done to it.
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
    /// The kind it is read and written as.
    pub response_kind: Option<ResponseKind>,
    /// What can be done to it.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
}

/// A kind; empty group and version are those of the place where it stands.
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
