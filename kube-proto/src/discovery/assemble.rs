//! Turns the answers of a server into a [`Discovery`].

use http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;

use super::documents::{
    ApiGroup, ApiGroupDiscoveryList, ApiGroupList, ApiResourceDiscovery, ApiResourceEntry, ApiResourceList,
    ApiVersionDiscovery, ApiVersions, ResponseKind,
};
use super::{
    DiscoveredGroup, DiscoveredResource, DiscoveredSubresource, DiscoveredVersion, Discovery, DiscoveryFailure,
};
use crate::error::{Error, excerpt};
use crate::frame::identity;
use crate::request::ApiRequest;
use crate::resource::{ApiResource, Scope, split_api_version};
use crate::response::list::decode;

/// The answers to the first two requests of discovery, `/api` and `/apis`.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    core: Vec<Group>,
    named: Vec<Group>,
}

/// The result of the two first answers.
#[derive(Clone, Debug)]
pub enum Found {
    /// Everything.
    Complete(Discovery),
    /// The server named only groups and versions: the resources of each need a request of their own.
    Legacy(Legacy),
}

/// Discovery from a server that answers for one version of a group at a time.
#[derive(Clone, Debug, Default)]
pub struct Legacy {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    versions: Vec<Version>,
}

#[derive(Clone, Debug)]
struct Version {
    version: String,
    resources: Resources,
}

#[derive(Clone, Debug)]
enum Resources {
    Unknown,
    Failed(String),
    Known(Vec<DiscoveredResource>),
}

impl Roots {
    /// The `Accept` that asks for all groups in one document, and accepts the older documents from a server without it.
    pub const ACCEPT: &'static str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                                      application/json";

    /// The request for the core group. A server without a core group answers 404, which is no failure.
    #[must_use]
    pub fn core_request() -> ApiRequest {
        ApiRequest::raw(Method::GET, "/api", "").accept(Self::ACCEPT)
    }

    /// The request for all other groups.
    #[must_use]
    pub fn named_request() -> ApiRequest {
        ApiRequest::raw(Method::GET, "/apis", "").accept(Self::ACCEPT)
    }

    /// No answers yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the answer to [`Roots::core_request`].
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the body is not the document that its headers
    /// announce.
    pub fn core(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
        self.core = if is_aggregated(headers) {
            aggregated(body)?
        } else {
            let ApiVersions { versions } = document("APIVersions", body)?;
            vec![Group { name: String::new(), versions: versions.into_iter().map(Version::unknown).collect() }]
        };
        Ok(())
    }

    /// Adds the answer to [`Roots::named_request`].
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the body is not the document that its headers
    /// announce.
    pub fn named(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
        self.named = if is_aggregated(headers) {
            aggregated(body)?
        } else {
            let ApiGroupList { groups } = document("APIGroupList", body)?;
            groups.into_iter().map(legacy_group).collect()
        };
        Ok(())
    }

    /// The answer to [`Roots::core_request`] is the same as when `old` was made.
    pub(super) fn core_unchanged(&mut self, old: &Discovery) {
        self.core = groups_of(old, str::is_empty);
    }

    /// The answer to [`Roots::named_request`] is the same as when `old` was made.
    pub(super) fn named_unchanged(&mut self, old: &Discovery) {
        self.named = groups_of(old, |group| !group.is_empty());
    }

    /// The result of the answers.
    #[must_use]
    pub fn finish(self) -> Found {
        let mut groups = self.core;
        groups.extend(self.named);
        let legacy = Legacy { groups };
        if legacy.requests().is_empty() { Found::Complete(legacy.finish()) } else { Found::Legacy(legacy) }
    }
}

impl Legacy {
    /// The most versions of groups that are asked for, each with a request: 1,000. The others count as failed.
    pub const LIMIT: usize = 1_000;

    /// The remaining requests, each with its version of a group (`apps/v1`). They may be sent in any order, and
    /// concurrently.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, ApiRequest)> {
        self.unknown().take(Self::LIMIT).collect()
    }

    fn unknown(&self) -> impl Iterator<Item = (String, ApiRequest)> {
        let versions = self.groups.iter().flat_map(|group| group.versions.iter().map(move |version| (group, version)));
        let unknown = versions.filter(|(_, version)| matches!(version.resources, Resources::Unknown));
        unknown.map(|(group, version)| {
            let group_version = join(&group.name, &version.version);
            let root = if group.name.is_empty() { "api" } else { "apis" };
            let path = format!("/{root}/{group_version}");
            (group_version, ApiRequest::raw(Method::GET, path, "").accept("application/json"))
        })
    }

    /// The first of [`Legacy::requests`].
    pub(super) fn next_request(&self) -> Option<(String, ApiRequest)> {
        let asked = self.groups.iter().flat_map(|group| &group.versions);
        let known = asked.filter(|version| !matches!(version.resources, Resources::Unknown)).count();
        if known >= Self::LIMIT { None } else { self.unknown().next() }
    }

    /// Adds the answer for one version of a group. A body that cannot be read is a failure of that version alone.
    pub fn answer(&mut self, group_version: &str, body: &[u8]) {
        match document::<ApiResourceList>("APIResourceList", body) {
            Ok(list) => {
                let (group, version) = split_api_version(group_version);
                self.set(group_version, Resources::Known(legacy_resources(group, version, list.resources)));
            }
            Err(error) => self.fail(group_version, &error),
        }
    }

    /// Records that one version of a group has no answer: one broken server behind the API must not hide the rest.
    pub fn fail(&mut self, group_version: &str, error: &Error) {
        self.set(group_version, Resources::Failed(error.to_string()));
    }

    /// The resources found; versions without an answer count as failed.
    #[must_use]
    pub fn finish(self) -> Discovery {
        let mut discovery = Discovery::default();
        for Group { name, versions } in self.groups {
            let mut group = DiscoveredGroup { name, versions: Vec::new() };
            for Version { version, resources } in versions {
                let text = match resources {
                    Resources::Known(resources) => {
                        group.versions.push(DiscoveredVersion { version, resources });
                        continue;
                    }
                    Resources::Failed(text) => text,
                    Resources::Unknown => "it was not asked for".into(),
                };
                discovery.failures.push(DiscoveryFailure { group_version: join(&group.name, &version), text });
            }
            if !group.versions.is_empty() {
                discovery.groups.push(group);
            }
        }
        discovery
    }

    fn set(&mut self, group_version: &str, resources: Resources) {
        let (name, wanted) = split_api_version(group_version);
        let version = self
            .groups
            .iter_mut()
            .filter(|group| group.name == name)
            .flat_map(|group| &mut group.versions)
            .find(|version| version.version == wanted);
        if let Some(version) = version {
            version.resources = resources;
        }
    }
}

impl Version {
    fn unknown(version: String) -> Self {
        Self { version, resources: Resources::Unknown }
    }
}

/// The groups of an earlier discovery, with their failures.
fn groups_of(old: &Discovery, wanted: impl Fn(&str) -> bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for group in old.groups.iter().filter(|group| wanted(&group.name)) {
        let known = |version: &DiscoveredVersion| Version {
            version: version.version.clone(),
            resources: Resources::Known(version.resources.clone()),
        };
        groups.push(Group { name: group.name.clone(), versions: group.versions.iter().map(known).collect() });
    }
    for failure in &old.failures {
        let (name, version) = split_api_version(&failure.group_version);
        if !wanted(name) {
            continue;
        }
        let failed = Version { version: version.to_owned(), resources: Resources::Failed(failure.text.clone()) };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.versions.push(failed),
            None => groups.push(Group { name: name.to_owned(), versions: vec![failed] }),
        }
    }
    groups
}

/// Whether the answer has all groups in one document: the parameters of its media type decide, in any order.
pub(super) fn is_aggregated(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let parameter = |name: &str| {
        value.split(';').skip(1).find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    };
    parameter("g") == Some("apidiscovery.k8s.io")
        && matches!(parameter("v"), Some("v2" | "v2beta1"))
        && parameter("as") == Some("APIGroupDiscoveryList")
}

fn aggregated(body: &[u8]) -> Result<Vec<Group>, Error> {
    let ApiGroupDiscoveryList { items } = document("APIGroupDiscoveryList", body)?;
    let group = |item: super::documents::ApiGroupDiscovery| {
        let name = item.metadata.name;
        let versions = item.versions.into_iter().map(|version| aggregated_version(&name, version)).collect();
        Group { name, versions }
    };
    Ok(items.into_iter().map(group).collect())
}

fn aggregated_version(group: &str, version: ApiVersionDiscovery) -> Version {
    let ApiVersionDiscovery { version, freshness, resources } = version;
    let resources = if freshness == "Stale" {
        Resources::Failed(format!("stale GroupVersion discovery: {}", join(group, &version)))
    } else {
        let known = resources.into_iter().filter_map(|resource| aggregated_resource(group, &version, resource));
        Resources::Known(known.collect())
    };
    Version { version, resources }
}

fn aggregated_resource(group: &str, version: &str, found: ApiResourceDiscovery) -> Option<DiscoveredResource> {
    // Without a kind there are only subresources; the resource itself cannot be requested.
    let kind = found.response_kind.filter(|kind| !kind.kind.is_empty())?.kind;
    let scope = if found.scope == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
    let subresources = found.subresources.into_iter().map(|subresource| {
        let kind = subresource.response_kind.unwrap_or_default();
        sub(group, version, subresource.subresource, kind, subresource.verbs)
    });
    Some(DiscoveredResource {
        singular: singular(found.singular_resource, &kind),
        resource: ApiResource::new(&join(group, version), kind, found.resource, scope),
        short_names: found.short_names,
        categories: found.categories,
        verbs: found.verbs,
        subresources: subresources.collect(),
    })
}

fn legacy_group(group: ApiGroup) -> Group {
    let ApiGroup { name, mut versions, preferred_version } = group;
    // A stable sort: the preferred version comes first, the others keep their order.
    versions.sort_by_key(|version| version.version != preferred_version.version);
    let versions = versions.into_iter().map(|version| Version::unknown(version.version)).collect();
    Group { name, versions }
}

fn legacy_resources(group: &str, version: &str, entries: Vec<ApiResourceEntry>) -> Vec<DiscoveredResource> {
    let (subresources, resources): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.name.contains('/'));
    let mut found: Vec<DiscoveredResource> = resources
        .into_iter()
        .map(|entry| DiscoveredResource {
            singular: singular(entry.singular_name, &entry.kind),
            resource: ApiResource::new(
                &join(group, version),
                entry.kind,
                entry.name,
                if entry.namespaced { Scope::Namespaced } else { Scope::Cluster },
            ),
            short_names: entry.short_names,
            categories: entry.categories,
            verbs: entry.verbs,
            subresources: Vec::new(),
        })
        .collect();
    for entry in subresources {
        let Some((parent, name)) = entry.name.split_once('/') else { continue };
        if let Some(parent) = found.iter_mut().find(|found| found.resource.plural == parent) {
            let kind = ResponseKind { group: entry.group, version: entry.version, kind: entry.kind };
            parent.subresources.push(sub(group, version, name.to_owned(), kind, entry.verbs));
        }
    }
    found
}

fn sub(group: &str, version: &str, name: String, kind: ResponseKind, verbs: Vec<String>) -> DiscoveredSubresource {
    let api_version = match (kind.group.as_str(), kind.version.as_str()) {
        ("", "") => join(group, version),
        (own, "") => join(own, version),
        (own, own_version) => join(own, own_version),
    };
    DiscoveredSubresource { name, api_version, kind: kind.kind, verbs }
}

fn singular(said: String, kind: &str) -> String {
    if said.is_empty() { kind.to_lowercase() } else { said }
}

/// Decodes a document of this kind. Other documents would decode too, as one without groups or resources.
fn document<T: DeserializeOwned>(kind: &str, body: &[u8]) -> Result<T, Error> {
    let document = decode(kind, body)?;
    match identity(body).and_then(|found| found.kind).as_deref() {
        Some(other) if !other.is_empty() && other != kind => Err(Error::decode(
            format!("the server answered discovery with a {}, but {kind} was asked for", excerpt(other.as_bytes())),
            b"",
        )),
        _ => Ok(document),
    }
}

fn join(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}
