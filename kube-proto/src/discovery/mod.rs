//! Discovery: the resources of a server (docs/wire.md §11).
//!
//! | to | use |
//! |---|---|
//! | know all resources | [`discover`], with a client's `call` |
//! | know one resource, by any of its names or by its kind | [`find`], [`find_kind`] |
//! | ask only when something is new | a [`DiscoveryCache`], for each of these |
//! | keep it in a file | [`Discovered`], which serializes |
//! | know the server's version | [`server_version`], and [`Version::has`](crate::response::Version::has) |
//! | send all requests to an old server at once | [`Discover`], with a client's `batch` |
//!
//! [`Discovery`] is one model for both forms of the documents; [`Roots`] makes it of answers. It [resolves](Discovery::resolve)
//! names by kubectl's rules.
//!
//! ```
//! use kube_proto::{Api, Error};
//! use kube_proto::client::AsyncClient;
//! use kube_proto::discovery::discover;
//!
//! async fn count<C: AsyncClient>(client: &C, name: &str) -> Result<usize, Error> {
//!     let discovery = client.call(discover()).await?;
//!     let found = discovery.resolve(name)?;
//!     let list = client.call(Api::dynamic(found.resource.clone()).list(&Default::default())).await?;
//!     Ok(list.items.len())
//! }
//! ```

mod assemble;
mod cache;
mod discover;
mod documents;
mod find;
mod names;
mod operation;
#[cfg(test)]
mod tests;

pub use assemble::{Found, Legacy, Roots};
pub use cache::{Discovered, DiscoveryCache};
pub use discover::{Discover, DiscoverRequest};
pub use documents::{
    ApiGroup, ApiGroupDiscovery, ApiGroupDiscoveryList, ApiGroupList, ApiResourceDiscovery, ApiResourceEntry,
    ApiResourceList, ApiSubresourceDiscovery, ApiVersionDiscovery, ApiVersions, GroupName, GroupVersionForDiscovery,
    ResponseKind,
};

pub use find::{Find, find, find_kind};
pub use names::Resolved;
pub use operation::{Discovering, discover, server_version};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::resource::ApiResource;

/// The resources of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// The groups, the most important ones first; the core group is the first of all.
    pub groups: Vec<DiscoveredGroup>,
    /// Versions of groups without resources, because the server behind them did not answer.
    pub failures: Vec<DiscoveryFailure>,
}

/// A group of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveredGroup {
    /// Its name; empty for the core group.
    pub name: String,
    /// Its versions; the preferred one is the first.
    pub versions: Vec<DiscoveredVersion>,
}

/// A version of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveredVersion {
    /// `v1`.
    pub version: String,
    /// Its resources, in the server's order.
    pub resources: Vec<DiscoveredResource>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveredResource {
    /// The resource, for requests.
    pub resource: ApiResource,
    /// The name of one object, `pod`; never empty.
    pub singular: String,
    /// `po`.
    pub short_names: Vec<String>,
    /// `all`.
    pub categories: Vec<String>,
    /// The verbs that it supports.
    pub verbs: Vec<String>,
    /// Its subresources.
    pub subresources: Vec<DiscoveredSubresource>,
}

/// A subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveredSubresource {
    /// `exec`.
    pub name: String,
    /// The `apiVersion` of its bodies.
    pub api_version: String,
    /// The kind of its bodies.
    pub kind: String,
    /// The verbs that it supports.
    pub verbs: Vec<String>,
}

/// A version of a group whose resources are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveryFailure {
    /// `metrics.k8s.io/v1beta1`.
    pub group_version: String,
    /// The reason.
    pub text: String,
}

impl DiscoveredResource {
    /// Whether it supports this verb.
    #[must_use]
    pub fn supports(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// Whether its objects can be watched: the server lists them, and sends their changes.
    #[must_use]
    pub fn is_watchable(&self) -> bool {
        self.supports("list") && self.supports("watch")
    }

    /// Its subresource of this name.
    #[must_use]
    pub fn subresource(&self, name: &str) -> Option<&DiscoveredSubresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }
}

impl DiscoveredSubresource {
    /// Whether it supports this verb.
    #[must_use]
    pub fn supports(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }
}

impl Discovery {
    /// All resources in all versions, the most important ones first.
    pub fn all(&self) -> impl Iterator<Item = &DiscoveredResource> {
        self.groups.iter().flat_map(|group| &group.versions).flat_map(|version| &version.resources)
    }

    /// All resources, each in one version: the preferred one of its group that has it.
    #[must_use]
    pub fn preferred(&self) -> Vec<&DiscoveredResource> {
        let mut seen = BTreeSet::new();
        self.all().filter(|found| seen.insert((&found.resource.group, &found.resource.plural))).collect()
    }

    /// All resources of a category, each in one version: `all` is what `kubectl get all` shows. A resource belongs to a category if
    /// any of its versions does; the version is the preferred one.
    #[must_use]
    pub fn category(&self, category: &str) -> Vec<&DiscoveredResource> {
        let mut seen = BTreeSet::new();
        self.all()
            .filter(|found| found.categories.iter().any(|known| known == category))
            .filter(|found| seen.insert((&found.resource.group, &found.resource.plural)))
            .map(|found| self.plural(&found.resource.group, &found.resource.plural).unwrap_or(found))
            .collect()
    }

    /// The resource with this plural name in exactly this group, in the preferred version that has it: the way back from
    /// `deployments.apps` in a message of the server or in a rule.
    #[must_use]
    pub fn plural(&self, group: &str, plural: &str) -> Option<&DiscoveredResource> {
        self.all().find(|found| found.resource.group == group && found.resource.plural == plural)
    }
}
