//! Documents of OpenAPI: version 3 (one for each group version) and version 2 (`swagger`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::definitions::{Definitions, Raw};
use super::node::{GroupVersionKind, SchemaError};
use super::value::Schema;
use crate::error::DecodeError;
use crate::json;

/// A document of OpenAPI: the schemas of the kinds of a group version, or of all kinds.
///
/// Reading one finds where each schema begins and ends, and the kind of each. A schema itself is read when it is first
/// asked for, and kept. It is cheap to clone.
///
/// ```
/// use kube_proto::schema::{GroupVersionKind, OpenApi};
///
/// let document = OpenApi::from_slice(br##"{"openapi": "3.0.0", "components": {"schemas": {
///     "com.example.v1.Order": {
///         "type": "object",
///         "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
///         "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Order"}]
///     }
/// }}}"##)?;
/// let order = document.kind(&GroupVersionKind::of("example.com/v1", "Order")).unwrap();
/// let report = order.validate(&serde_json::json!({"spec": {"size": "large"}}));
/// assert_eq!(report.errors()[0].field(), "spec.size");
/// # Ok::<(), kube_proto::error::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct OpenApi {
    definitions: Arc<Definitions>,
    kinds: Arc<BTreeMap<GroupVersionKind, Box<str>>>,
    resources: Arc<BTreeMap<Box<str>, GroupVersionKind>>,
    /// Kinds whose status is a subresource.
    with_status: Arc<BTreeSet<GroupVersionKind>>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Document {
    components: Components,
    definitions: BTreeMap<Box<str>, Box<RawValue>>,
    paths: BTreeMap<Box<str>, Operations>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Components {
    schemas: BTreeMap<Box<str>, Box<RawValue>>,
}

/// The operations of a path, as far as they name a kind.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Operations {
    get: Option<Operation>,
    post: Option<Operation>,
    put: Option<Operation>,
    patch: Option<Operation>,
    delete: Option<Operation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Operation {
    #[serde(rename = "x-kubernetes-group-version-kind")]
    kind: Option<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Head {
    #[serde(rename = "x-kubernetes-group-version-kind")]
    kinds: Value,
}

impl OpenApi {
    /// Reads a document in JSON.
    ///
    /// # Errors
    /// It is no JSON, or no document of OpenAPI.
    pub fn from_slice(document: &[u8]) -> Result<Self, DecodeError> {
        let Document { components, definitions, paths } = json::from_slice(document)?;
        let mut kinds = BTreeMap::new();
        let mut named: Vec<(Box<str>, Raw)> = Vec::new();
        for (name, text) in components.schemas.into_iter().chain(definitions) {
            if text.get().contains("x-kubernetes-group-version-kind") {
                let head: Head = json::from_str(text.get())?;
                for kind in GroupVersionKind::read(&head.kinds) {
                    kinds.entry(kind).or_insert_with(|| name.clone());
                }
            }
            named.push((name, Raw::Text(text)));
        }
        let (mut resources, mut with_status) = (BTreeMap::new(), BTreeSet::new());
        for (path, operations) in paths {
            let Operations { get, post, put, patch, delete } = operations;
            let kind = [get, post, put, patch, delete].into_iter().flatten().find_map(|operation| operation.kind);
            if let Some(kind) = kind.and_then(|kind| GroupVersionKind::read(&kind).into_iter().next()) {
                if path.ends_with("/{name}/status") {
                    with_status.insert(kind.clone());
                }
                resources.insert(path, kind);
            }
        }
        Ok(Self {
            definitions: Arc::new(Definitions::new(named)),
            kinds: Arc::new(kinds),
            resources: Arc::new(resources),
            with_status: Arc::new(with_status),
        })
    }

    /// The schema of the objects of a kind.
    #[must_use]
    pub fn kind(&self, kind: &GroupVersionKind) -> Option<Schema> {
        let name = self.kinds.get(kind)?;
        let status_apart = self.with_status.contains(kind);
        Some(Schema { resource: true, status_apart, ..Schema::named(&self.definitions, name) })
    }

    /// The kinds that have a schema, in order.
    pub fn kinds(&self) -> impl Iterator<Item = &GroupVersionKind> {
        self.kinds.keys()
    }

    /// The kind of the objects at `/apis/{group}/{version}/{resource}`, namespaced or not.
    #[must_use]
    pub fn kind_of_resource(&self, group: &str, version: &str, resource: &str) -> Option<&GroupVersionKind> {
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let paths = ["", "/namespaces/{namespace}"]
            .into_iter()
            .flat_map(|scope| ["", "/{name}"].map(|name| format!("{root}{scope}/{resource}{name}")));
        paths.into_iter().find_map(|path| self.resources.get(path.as_str()))
    }

    /// The schema of that name: `io.k8s.api.core.v1.PodSpec`.
    ///
    /// # Errors
    /// The schema cannot be read. `None` if there is none.
    pub fn definition(&self, name: &str) -> Option<Result<Schema, SchemaError>> {
        let read = self.definitions.read(name)?;
        Some(read.as_ref().map(|_| Schema::named(&self.definitions, name)).map_err(Clone::clone))
    }

    /// The names of the schemas, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.names()
    }
}

impl fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApi")
            .field("definitions", &self.definitions.len())
            .field("kinds", &self.kinds.len())
            .finish_non_exhaustive()
    }
}
