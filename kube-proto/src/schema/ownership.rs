//! Schemas as what field ownership needs: which parts of a value have owners of their own.

use serde_json::Value;

use super::definitions::At;
use super::metadata::object_meta;
use super::node::ListType;
use super::typed::{Parts, Shape};

/// A place in a schema; without one, an object has an owner for each member, and a list has one.
#[derive(Clone, Copy)]
pub(super) struct Owned<'s> {
    pub(super) at: Option<At<'s>>,
    /// It is a whole object: its metadata has the fields of all metadata.
    pub(super) resource: bool,
}

impl<'s> Owned<'s> {
    /// The place of a part.
    pub(super) fn part(at: Option<At<'s>>) -> Self {
        Self { at, resource: at.is_some_and(|at| at.node.embedded) }
    }
}

impl Shape for Owned<'_> {
    fn parts(self, value: &Value) -> Parts {
        let Some(at) = self.at else {
            return if value.is_object() { Parts::Map } else { Parts::Leaf };
        };
        let node = at.node;
        match value {
            _ if node.atomic => Parts::Leaf,
            Value::Object(_) if node.properties.is_some() || self.resource => Parts::Struct,
            Value::Object(_) => Parts::Map,
            Value::Array(_) => match node.list_type {
                ListType::Atomic => Parts::Leaf,
                ListType::Set => Parts::Set,
                ListType::Map => Parts::Keyed,
            },
            _ => Parts::Leaf,
        }
    }

    fn child(self, key: &str) -> Self {
        let Some(at) = self.at else { return self };
        if self.resource && key == "metadata" && !at.built_in {
            return Self::part(Some(object_meta()));
        }
        Self::part(at.field(key))
    }

    fn item(self) -> Self {
        Self::part(self.at.and_then(At::item))
    }

    fn keys(self) -> Vec<String> {
        self.at.map(|at| at.node.list_keys.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    fn declares(self, key: &str) -> bool {
        self.at.is_some_and(|at| at.node.property(key).is_some())
    }

    fn is_always(self, _: &str) -> bool {
        false
    }

    fn default(self, key: &str) -> Option<Value> {
        let at = self.at?;
        let node = at.node.property(key)?;
        node.default.clone().or_else(|| at.to(node)?.node.default.clone())
    }
}
