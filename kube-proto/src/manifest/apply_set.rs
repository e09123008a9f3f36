//! Apply sets: which objects belong together, so that those that are gone from the manifests can be found.
//!
//! The parent of a set is an object with a label and annotations; the members have a label. The names and formats are those of
//! kubectl's `--applyset` (KEP-3659), so kubectl and this library can work on one set if they give the same tool.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::error::Error;
use crate::resource::{ApiResource, PartialObject, Scope};
use crate::sha256::sha256;

/// The objects of an apply that belong together, by their parent: an object that records the set.
///
/// ```
/// use kube_proto::manifest::{self, ApplySet, Manifest};
/// use serde_json::json;
///
/// let maps = ["a", "b"].map(|name| {
///     Manifest::new(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}))
/// });
/// let set = ApplySet::config_map("shop", "shop-set", "my-tool/v1");
/// let run = manifest::apply(maps.into_iter().flatten(), "my-tool").within("shop").prune(set);
/// // A client's `stream` carries it out. Run again without `b`, it deletes `b`.
/// # let _ = run;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplySet {
    pub(super) parent: ApiResource,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    tool: String,
    /// Whether the parent is made if it does not exist.
    pub(super) creates: bool,
}

/// The kinds and namespaces in which members of a set are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Each as `Deployment.apps`, `ConfigMap`.
    pub(super) kinds: BTreeSet<String>,
    pub(super) namespaces: BTreeSet<String>,
}

impl ApplySet {
    /// A set whose parent is a Secret, as kubectl makes one unless told otherwise. The run creates it.
    ///
    /// `tool` is the name and version of the program, `my-tool/v1`. A set of another tool is refused.
    #[must_use]
    pub fn secret(namespace: impl Into<String>, name: impl Into<String>, tool: impl Into<String>) -> Self {
        Self::built_in("Secret", "secrets", namespace.into(), name.into(), tool.into())
    }

    /// A set whose parent is a ConfigMap. The run creates it.
    #[must_use]
    pub fn config_map(namespace: impl Into<String>, name: impl Into<String>, tool: impl Into<String>) -> Self {
        Self::built_in("ConfigMap", "configmaps", namespace.into(), name.into(), tool.into())
    }

    /// A set whose parent is a custom resource, which must exist. Give no namespace for a cluster-scoped one.
    #[must_use]
    pub fn custom(
        parent: ApiResource,
        namespace: Option<String>,
        name: impl Into<String>,
        tool: impl Into<String>,
    ) -> Self {
        Self { parent, namespace, name: name.into(), tool: tool.into(), creates: false }
    }

    fn built_in(kind: &str, plural: &str, namespace: String, name: String, tool: String) -> Self {
        let parent = ApiResource::new("v1", kind, plural, Scope::Namespaced);
        Self { parent, namespace: Some(namespace), name, tool, creates: true }
    }

    /// The value of the label [`ApplySet::PART_OF`] of its members.
    ///
    /// ```
    /// use kube_proto::manifest::ApplySet;
    ///
    /// let id = ApplySet::secret("default", "my-set", "kubectl/v1.36.3").id();
    /// assert_eq!(id, "applyset-kdySOVBWs584aaOTmku9Ul1xDuN7LXBjs-R96jQcisk-v1");
    /// ```
    #[must_use]
    pub fn id(&self) -> String {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let text = format!("{}.{namespace}.{}.{}", self.name, self.parent.kind, self.parent.group);
        format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(sha256(text.as_bytes())))
    }

    /// The label of the members.
    pub const PART_OF: &'static str = "applyset.kubernetes.io/part-of";

    /// The field manager of the parent's labels and annotations.
    pub(super) fn manager(&self) -> String {
        format!("{}-applyset", base_name(&self.tool))
    }

    /// What the parent records; without a parent nothing.
    pub(super) fn contents(&self, parent: Option<&PartialObject>) -> Result<Contents, Error> {
        let refused = |text: String| {
            let name = format!("{}/{}", self.parent.group_resource(), self.name);
            Error::misuse(format!("the parent of the apply set, {name}, cannot be used: {text}"))
        };
        let mut contents = Contents::default();
        let Some(parent) = parent else {
            return if self.creates {
                Ok(contents)
            } else {
                Err(refused("it does not exist, and must be there".into()))
            };
        };
        let annotation = |name: &str| parent.metadata.annotations.get(name).map(String::as_str);
        match annotation(TOOLING) {
            None => return Err(refused(format!("it exists already, and has no annotation {TOOLING}"))),
            Some(tool) if base_name(tool) != base_name(&self.tool) => {
                return Err(refused(format!("it belongs to the tool {tool:?}, and this is {:?}", self.tool)));
            }
            Some(_) => {}
        }
        if parent.metadata.labels.get(ID) != Some(&self.id()) {
            return Err(refused(format!("its label {ID} is not {}", self.id())));
        }
        let Some(kinds) = annotation(KINDS) else { return Err(refused(format!("it has no annotation {KINDS}"))) };
        contents.kinds = split(kinds);
        contents.namespaces = split(annotation(NAMESPACES).unwrap_or_default());
        contents.namespaces.extend(self.namespace.clone());
        Ok(contents)
    }

    /// The parent that records this, for an apply.
    pub(super) fn patch(&self, contents: &Contents) -> Value {
        let join = |set: Vec<&str>| set.join(",");
        let others = contents.namespaces.iter().filter(|one| Some(*one) != self.namespace.as_ref());
        let mut metadata = json!({
            "name": self.name,
            "labels": {ID: self.id()},
            "annotations": {
                TOOLING: self.tool,
                KINDS: join(contents.kinds.iter().map(String::as_str).collect()),
                NAMESPACES: join(others.map(String::as_str).collect()),
            },
        });
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = namespace.as_str().into();
        }
        json!({"apiVersion": self.parent.api_version(), "kind": self.parent.kind, "metadata": metadata})
    }
}

impl Contents {
    /// Adds an object of this kind.
    pub(super) fn add(&mut self, group: &str, kind: &str, namespace: Option<&str>) {
        self.kinds.insert(if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") });
        self.namespaces.extend(namespace.filter(|namespace| !namespace.is_empty()).map(str::to_owned));
    }

    /// Both together.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            kinds: self.kinds.union(&other.kinds).cloned().collect(),
            namespaces: self.namespaces.union(&other.namespaces).cloned().collect(),
        }
    }
}

fn split(text: &str) -> BTreeSet<String> {
    text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The name of a tool without its version.
fn base_name(tool: &str) -> &str {
    tool.rsplit_once('/').map_or(tool, |(name, _)| name)
}

const ID: &str = "applyset.kubernetes.io/id";
const TOOLING: &str = "applyset.kubernetes.io/tooling";
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(labels: &Value, annotations: &Value) -> PartialObject {
        serde_json::from_value(json!({"metadata": {"name": "s", "labels": labels, "annotations": annotations}}))
            .unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let set = ApplySet::secret("shop", "s", "tool/v1");
        let mut contents = Contents::default();
        contents.add("apps", "Deployment", Some("shop"));
        contents.add("", "ConfigMap", Some("other"));
        contents.add("", "Namespace", None);
        let patch = set.patch(&contents);
        assert_eq!(patch["metadata"]["annotations"][KINDS], "ConfigMap,Deployment.apps,Namespace");
        assert_eq!(patch["metadata"]["annotations"][NAMESPACES], "other");
        let parent: PartialObject = serde_json::from_value(patch).unwrap();
        assert_eq!(set.contents(Some(&parent)).unwrap(), contents);
        // The version of the tool may be another.
        assert!(ApplySet::secret("shop", "s", "tool/v2").contents(Some(&parent)).is_ok());
        assert_eq!(set.manager(), "tool-applyset");
    }

    #[test]
    fn parents_that_are_refused() {
        let set = ApplySet::secret("shop", "s", "tool/v1");
        let id = set.id();
        for (parent, text) in [
            (parent(&json!({}), &json!({})), "has no annotation applyset.kubernetes.io/tooling"),
            (parent(&json!({ID: id}), &json!({TOOLING: "kubectl/v1"})), "belongs to the tool \"kubectl/v1\""),
            (parent(&json!({}), &json!({TOOLING: "tool/v1"})), "its label applyset.kubernetes.io/id is not applyset-"),
            (
                parent(&json!({ID: id}), &json!({TOOLING: "tool/v1"})),
                "has no annotation applyset.kubernetes.io/contains",
            ),
        ] {
            let error = set.contents(Some(&parent)).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("secrets/s"), "{error}");
        }
        assert_eq!(set.contents(None).unwrap(), Contents::default());
        let custom = ApiResource::new("example.com/v1", "Set", "sets", Scope::Cluster);
        let custom = ApplySet::custom(custom, None, "s", "tool/v1");
        assert!(custom.contents(None).unwrap_err().to_string().contains("must be there"));
        assert_eq!(custom.patch(&Contents::default())["metadata"].get("namespace"), None);
    }
}
