//! Discovery: the resources of a server (docs/wire.md §11).
//!
//! [`Discovery`] is one model for both forms of the documents. [`Discover`] asks for them with a client's `batch`;
//! [`Roots`] turns answers into it.

mod assemble;
mod discover;
mod documents;
#[cfg(test)]
mod tests;

pub use assemble::{Found, Legacy, Roots};
pub use discover::{Discover, DiscoverRequest};
pub use documents::{
    ApiGroup, ApiGroupDiscovery, ApiGroupDiscoveryList, ApiGroupList, ApiResourceDiscovery, ApiResourceEntry,
    ApiResourceList, ApiSubresourceDiscovery, ApiVersionDiscovery, ApiVersions, GroupName, GroupVersionForDiscovery,
    ResponseKind,
};

use std::collections::BTreeSet;

use crate::error::Error;
use crate::resource::{ApiResource, split_api_version};

/// The resources of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The groups, the most important ones first; the core group is the first of all.
    pub groups: Vec<DiscoveredGroup>,
    /// Versions of groups without resources, because the server behind them did not answer.
    pub failures: Vec<DiscoveryFailure>,
}

/// A group of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscoveredGroup {
    /// Its name; empty for the core group.
    pub name: String,
    /// Its versions; the preferred one is the first.
    pub versions: Vec<DiscoveredVersion>,
}

/// A version of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscoveredVersion {
    /// `v1`.
    pub version: String,
    /// Its resources, in the server's order.
    pub resources: Vec<DiscoveredResource>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

    /// Its subresource of this name.
    #[must_use]
    pub fn subresource(&self, name: &str) -> Option<&DiscoveredSubresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }

    fn is_in(&self, group: Wanted<'_>, version: Option<&str>) -> bool {
        version.is_none_or(|version| version == self.resource.version)
            && match group {
                Wanted::Any => true,
                Wanted::Exact(group) => self.resource.group == group,
                Wanted::Prefix(group) => self.resource.group.starts_with(group),
            }
    }
}

/// The groups to search.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Any,
    Exact(&'a str),
    Prefix(&'a str),
}

impl Discovery {
    /// The resource of this name, as kubectl resolves it: `pods`, `pod`, `po`, `Pod`, `deployments.apps`,
    /// `deploy.v1.apps`. The beginning of a group is enough. Without a group, the most important group that has the
    /// name; without a version, the preferred one.
    ///
    /// # Errors
    /// The server has no such resource; the text is kubectl's.
    pub fn resolve(&self, name: &str) -> Result<&DiscoveredResource, Error> {
        // `a.b.c` is either a resource, version and group, or a resource and a group with a dot in it.
        if let Some((resource, rest)) = name.split_once('.') {
            if let Some((version, group)) = rest.split_once('.')
                && let Some(found) = self.search(resource, Some(group), Some(version))
            {
                return Ok(found);
            }
            self.find(resource, Some(rest), None)
        } else {
            self.find(name, None, None)
        }
    }

    /// The resource of this name (plural, singular, short, or kind), in the given group and version, if any.
    ///
    /// # Errors
    /// The server has no such resource; the text is kubectl's.
    pub fn find(&self, name: &str, group: Option<&str>, version: Option<&str>) -> Result<&DiscoveredResource, Error> {
        self.search(name, group, version).ok_or_else(|| {
            let mut text = format!("the server doesn't have a resource type {name:?}");
            if let Some(group) = group {
                text.push_str(&format!(" in group {group:?}"));
            }
            if let Some(version) = version {
                text.push_str(&format!(" and version {version:?}"));
            }
            self.unknown(text)
        })
    }

    /// The resource of objects with this `apiVersion` and `kind`.
    ///
    /// # Errors
    /// The server has no such kind; the text is kubectl's.
    pub fn kind(&self, api_version: &str, kind: &str) -> Result<&DiscoveredResource, Error> {
        let (group, version) = split_api_version(api_version);
        self.all()
            .find(|found| found.resource.kind == kind && found.is_in(Wanted::Exact(group), Some(version)))
            .ok_or_else(|| {
                self.unknown(format!(
                    "no matches for kind {kind:?} in version {api_version:?}; is the CustomResourceDefinition installed?"
                ))
            })
    }

    /// All resources of a category, each in one version: `all` is what `kubectl get all` shows.
    #[must_use]
    pub fn category(&self, category: &str) -> Vec<&DiscoveredResource> {
        self.preferred().into_iter().filter(|found| found.categories.iter().any(|known| known == category)).collect()
    }

    /// All resources, each in one version: the preferred one of its group that has it.
    #[must_use]
    pub fn preferred(&self) -> Vec<&DiscoveredResource> {
        let mut seen = BTreeSet::new();
        self.all().filter(|found| seen.insert((&found.resource.group, &found.resource.plural))).collect()
    }

    /// All resources in all versions, the most important ones first.
    pub fn all(&self) -> impl Iterator<Item = &DiscoveredResource> {
        self.groups.iter().flat_map(|group| &group.versions).flat_map(|version| &version.resources)
    }

    fn search(&self, name: &str, group: Option<&str>, version: Option<&str>) -> Option<&DiscoveredResource> {
        let lower = name.to_lowercase();
        let named: [&dyn Fn(&DiscoveredResource) -> bool; 3] = [
            &|found| found.resource.plural == lower || found.singular == lower,
            &|found| found.short_names.contains(&lower),
            &|found| found.resource.kind == name,
        ];
        let groups: &[Wanted<'_>] = match group {
            None => &[Wanted::Any],
            Some(group) => &[Wanted::Exact(group), Wanted::Prefix(group)],
        };
        named.iter().find_map(|named| {
            groups.iter().find_map(|&group| self.all().find(|found| found.is_in(group, version) && named(found)))
        })
    }

    fn unknown(&self, mut text: String) -> Error {
        if !self.failures.is_empty() {
            let failed: Vec<_> = self.failures.iter().map(|failure| failure.group_version.as_str()).collect();
            text.push_str(&format!("; nothing is known of {}, which did not answer", failed.join(", ")));
        }
        Error::misuse(text)
    }
}
