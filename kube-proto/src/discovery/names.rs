//! From names to resources, by the rules of kubectl and client-go.
//!
//! A name is `PART`, `PART.GROUP` or `PART.VERSION.GROUP`. The first row that finds something decides:
//!
//! | | name | finds |
//! |---|---|---|
//! | 1 | `PART.VERSION.GROUP` | what rows 3 to 5 find in exactly this version of this group |
//! | 2 | `PART`, `PART.GROUP` | what rows 3 to 5 find in the groups that begin with `GROUP` |
//! | 3 | any of the three | the resource with this short name; not if `PART` is also a plural or a singular name. `VERSION` does not count then, unless only the beginning of the group matches |
//! | 4 | any of the three | the resource with this plural name, in any case of its letters |
//! | 5 | any of the three | the resource with this singular name, in any case of its letters |
//! | 6 | any of the three | the resource of this kind, as it is written or in lower case, in exactly this group |
//! | 7 | `PART` | the resource of this kind in any group (kubectl finds it only in the core group) |
//!
//! Of several resources, the one in the most important group counts, and there the one in the preferred version. Groups have the
//! order of the server. If resources of different groups have the short name, kubectl warns; [`Resolved::warnings`] has the texts.
//!
//! A test compares these rules with client-go's own mapper on random servers.

use super::{DiscoveredResource, Discovery};
use crate::error::Error;
use crate::resource::{ApiResource, split_api_version};

/// A resource that was found by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The resource.
    pub resource: &'a DiscoveredResource,
    /// The less important resources with the same short name, each as `plural.group`: kubectl warns of them.
    pub others: Vec<String>,
    short: String,
}

impl Resolved<'_> {
    /// kubectl's warnings about an ambiguous short name, one for each other resource.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let text = |other| format!("short name {:?} could also match lower priority resource {other}", self.short);
        self.others.iter().map(text).collect()
    }
}

/// A name with its parts.
#[derive(Clone, Copy)]
struct Name<'a> {
    part: &'a str,
    version: Option<&'a str>,
    /// Empty is any group.
    group: &'a str,
}

impl Discovery {
    /// The resource of this name, as kubectl resolves it: `pods`, `pod`, `po`, `Pod`, `deployments.apps`,
    /// `deploy.apps`, `deployments.v1.apps`. The beginning of a group is enough where no version stands before it. Without a
    /// group, the most important group that has the name; without a version, the preferred one.
    ///
    /// # Errors
    /// The server has no such resource; the text is kubectl's, and names the versions of groups that did not answer.
    pub fn resolve(&self, name: &str) -> Result<&DiscoveredResource, Error> {
        self.resolve_with_warnings(name).map(|resolved| resolved.resource)
    }

    /// The same, with what kubectl would warn of.
    ///
    /// # Errors
    /// As [`Discovery::resolve`].
    pub fn resolve_with_warnings(&self, name: &str) -> Result<Resolved<'_>, Error> {
        let (part, rest) = name.split_once('.').unwrap_or((name, ""));
        let loose = Name { part, version: None, group: rest };
        let exact = rest.split_once('.').map(|(version, group)| Name { part, version: Some(version), group });
        let found = exact.and_then(|exact| self.named(exact)).or_else(|| self.named(loose));
        let kinds = || {
            let of_kind = |name: Name<'_>, any: bool| {
                self.all().find(|found| {
                    is_kind(&found.resource, name.part)
                        && (any || found.resource.group == name.group)
                        && name.version.is_none_or(|version| found.resource.version == version)
                })
            };
            exact
                .and_then(|exact| of_kind(exact, false))
                .or_else(|| of_kind(loose, false))
                .or_else(|| if rest.is_empty() { of_kind(loose, true) } else { None })
                .map(|resource| Resolved { resource, others: Vec::new(), short: String::new() })
        };
        found.or_else(kinds).ok_or_else(|| self.unknown(format!("the server doesn't have a resource type {part:?}")))
    }

    /// The resources of a name or a category, as `kubectl get` takes it: of a category all, each in one version. A category
    /// goes before a resource of the same name.
    ///
    /// # Errors
    /// As [`Discovery::resolve`].
    pub fn expand(&self, name: &str) -> Result<Vec<&DiscoveredResource>, Error> {
        let category = self.category(name);
        if category.is_empty() { self.resolve(name).map(|found| vec![found]) } else { Ok(category) }
    }

    /// The resource of objects with this `apiVersion` and `kind`.
    ///
    /// # Errors
    /// The server has no such kind; the text is kubectl's.
    pub fn kind(&self, api_version: &str, kind: &str) -> Result<&DiscoveredResource, Error> {
        let (group, version) = split_api_version(api_version);
        self.all()
            .find(|found| {
                found.resource.kind == kind && found.resource.group == group && found.resource.version == version
            })
            .ok_or_else(|| {
                self.unknown(format!(
                    "no matches for kind {kind:?} in version {api_version:?}; is the CustomResourceDefinition installed?"
                ))
            })
    }

    /// Rows 1 to 5.
    fn named<'a>(&'a self, name: Name<'_>) -> Option<Resolved<'a>> {
        let (long, others) = self.long(name);
        let part = long.part.to_lowercase();
        let resource = self.all().find(|found| {
            let resource = &found.resource;
            let group = match long.version {
                Some(_) if !long.group.is_empty() => resource.group == long.group,
                _ => resource.group.starts_with(long.group),
            };
            group
                && long.version.is_none_or(|version| resource.version == version)
                && (resource.plural == part || found.singular == part)
        })?;
        Some(Resolved { resource, others, short: name.part.to_owned() })
    }

    /// Row 3: the name with the plural in place of a short name, and the other resources with the short name.
    fn long<'a>(&'a self, name: Name<'a>) -> (Name<'a>, Vec<String>) {
        let of_group = |found: &&DiscoveredResource| name.group.is_empty() || found.resource.group == name.group;
        let is_long = |found: &DiscoveredResource| found.resource.plural == name.part || found.singular == name.part;
        if self.all().filter(of_group).any(is_long) {
            return (name, Vec::new());
        }
        let is_short = |found: &&DiscoveredResource| found.short_names.iter().any(|short| short == name.part);
        let plural = |found: &'a DiscoveredResource| Name {
            part: &found.resource.plural,
            version: None,
            group: &found.resource.group,
        };
        let mut short = self.all().filter(of_group).filter(is_short);
        if let Some(first) = short.next() {
            let mut others = Vec::new();
            for other in short {
                let text = other.resource.group_resource();
                if text != first.resource.group_resource() && !others.contains(&text) {
                    others.push(text);
                }
            }
            return (plural(first), others);
        }
        if name.group.is_empty() {
            return (name, Vec::new());
        }
        let found = self.all().filter(is_short).find(|found| found.resource.group.starts_with(name.group));
        (found.map_or(name, |found| Name { version: name.version, ..plural(found) }), Vec::new())
    }

    fn unknown(&self, mut text: String) -> Error {
        if !self.failures.is_empty() {
            let failed: Vec<_> = self.failures.iter().map(|failure| failure.group_version.as_str()).collect();
            text.push_str(&format!("; nothing is known of {}, which did not answer", failed.join(", ")));
        }
        Error::misuse(text)
    }
}

fn is_kind(resource: &ApiResource, name: &str) -> bool {
    resource.kind == name || resource.kind.to_lowercase() == name
}
