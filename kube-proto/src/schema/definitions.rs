//! Named schemas, each read when it is first needed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use serde_json::value::RawValue;

use super::node::{Node, SchemaError};
use super::read;
use crate::json;

/// The names of definitions whose objects Go's structs hold: the built-in kinds and their parts.
const BUILT_IN: &[&str] =
    &["io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator."];

/// The longest chain of references without a schema between them.
const REFERENCES_MAX: usize = 32;

/// The named schemas of a document.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    named: BTreeMap<Box<str>, Named>,
}

#[derive(Debug)]
struct Named {
    raw: Raw,
    read: OnceLock<Result<Arc<Node>, SchemaError>>,
}

/// A schema as it was written.
#[derive(Debug)]
pub(crate) enum Raw {
    Text(Box<RawValue>),
    Value(Value),
}

/// A place in the schemas: a node that is no reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'s> {
    pub(crate) definitions: &'s Definitions,
    pub(crate) node: &'s Node,
    /// The name of the definition, if the node is one.
    pub(crate) name: Option<&'s str>,
    /// The object is decoded into a struct of Go, and no custom resource.
    pub(crate) built_in: bool,
}

impl Definitions {
    pub(crate) fn new(all: impl IntoIterator<Item = (Box<str>, Raw)>) -> Self {
        let named = all.into_iter().map(|(name, raw)| (name, Named { raw, read: OnceLock::new() }));
        Self { named: named.collect() }
    }

    /// The definition of that name; `None` if there is none, or it cannot be read.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Node>> {
        self.read(name)?.as_ref().ok()
    }

    /// The definition of that name; `None` if there is none.
    pub(crate) fn read(&self, name: &str) -> Option<&Result<Arc<Node>, SchemaError>> {
        let named = self.named.get(name)?;
        Some(named.read.get_or_init(|| named.raw.read().map(Arc::new)))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(|name| &**name)
    }

    pub(crate) fn len(&self) -> usize {
        self.named.len()
    }
}

/// Whether the definition of that name is a struct of Go.
pub(crate) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|prefix| name.starts_with(prefix))
}

impl Raw {
    fn read(&self) -> Result<Node, SchemaError> {
        match self {
            Self::Value(value) => read::schema(value),
            Self::Text(text) => {
                let value: Value =
                    json::from_str(text.get()).map_err(|_| SchemaError::new("", "it is no JSON that can be read"))?;
                read::schema(&value)
            }
        }
    }
}

impl<'s> At<'s> {
    /// The place of another node of the same document. Follows references; `None` if one leads nowhere.
    pub(crate) fn to(self, node: &'s Node) -> Option<At<'s>> {
        let mut at = At { node, name: None, ..self };
        for _ in 0..REFERENCES_MAX {
            let Some(name) = at.node.reference.as_deref() else { return Some(at) };
            at.node = self.definitions.get(name)?;
            at.name = Some(name);
            at.built_in |= is_built_in(name);
        }
        None
    }

    /// The place of a property, or of the values of a map. `None` without a schema for it.
    pub(crate) fn field(self, key: &str) -> Option<At<'s>> {
        self.to(self.node.field(key)?)
    }

    /// The place of a list's items.
    pub(crate) fn item(self) -> Option<At<'s>> {
        self.to(self.node.items.as_ref()?)
    }
}
