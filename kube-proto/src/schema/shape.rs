//! Pruning and defaults of custom resources (`pruning` and `defaulting` of apiextensions-apiserver).
//!
//! | value | pruning | nulls | defaults |
//! |---|---|---|---|
//! | a member that the schema does not name | goes, and is reported | stays | stays |
//! | the same, `x-kubernetes-preserve-unknown-fields` | stays; named members are pruned | stays | stays |
//! | `apiVersion`, `kind`, `metadata` of a resource | stay | stay | stay |
//! | an absent property with a default | | | the default |
//! | a null, not nullable, with a default | | stays | the default |
//! | a null, not nullable, without a default | | goes; in a list it stays | |
//!
//! Below a node of a built-in kind nothing changes: Go's structs hold that.

use serde_json::Value;

use super::definitions::At;
use super::limits::{DEPTH, Limits};
use super::node::{Additional, Node};
use super::place::Place;

/// The members that every resource has.
pub(crate) const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The paths of what is gone: as many as a report may have.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) paths: Vec<String>,
    limits: Limits,
    bytes: usize,
}

impl Lost {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { paths: Vec::new(), limits, bytes: 0 }
    }

    fn push(&mut self, place: &Place<'_>) {
        if self.paths.len() <= self.limits.errors && self.bytes <= self.limits.error_bytes {
            let path = place.to_string();
            self.bytes += path.len();
            self.paths.push(path);
        }
    }
}

/// Removes unknown members; `found` gets their paths. The value must nest no deeper than the reader of JSON goes.
pub(crate) fn prune(value: &mut Value, at: Option<At<'_>>, resource: bool, place: &Place<'_>, found: &mut Lost) {
    if at.is_some_and(|at| at.built_in) {
        return;
    }
    if let Some(at) = at.filter(|at| at.node.preserve_unknown) {
        return kept(value, at, resource, place, found);
    }
    match value {
        Value::Object(map) => map.retain(|key, inner| {
            let Some(at) = at else {
                found.push(&Place::Key(place, key));
                return false;
            };
            if (resource || at.node.embedded) && META.contains(&key.as_str()) {
                return true;
            }
            let place = Place::Key(place, key);
            match named(at.node, key) {
                Named::Unknown => {
                    if !(META.contains(&key.as_str()) && matches!(place, Place::Key(Place::Root, _))) {
                        found.push(&place);
                    }
                    return false;
                }
                Named::Any => prune(inner, None, false, &place, found),
                Named::By(node) => prune(inner, at.to(node), false, &place, found),
            }
            true
        }),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                prune(item, at.and_then(At::item), false, &Place::Item(place, index), found);
            }
        }
        _ => {}
    }
}

/// Prunes what the schema names; the rest is preserved.
fn kept(value: &mut Value, at: At<'_>, resource: bool, place: &Place<'_>, found: &mut Lost) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if (resource || at.node.embedded) && META.contains(&key.as_str()) {
                    continue;
                }
                let place = Place::Key(place, key);
                match named(at.node, key) {
                    Named::Unknown => {}
                    Named::Any => prune(inner, None, false, &place, found),
                    Named::By(node) => prune(inner, at.to(node), false, &place, found),
                }
            }
        }
        Value::Array(items) => {
            let Some(at) = at.item() else { return };
            for (index, item) in items.iter_mut().enumerate() {
                kept(item, at, false, &Place::Item(place, index), found);
            }
        }
        _ => {}
    }
}

/// What a schema says of a member.
enum Named<'s> {
    Unknown,
    /// `additionalProperties` is a boolean: the value has no schema.
    Any,
    By(&'s Node),
}

fn named<'s>(node: &'s Node, key: &str) -> Named<'s> {
    match (node.property(key), &node.additional) {
        (Some(inner), _) | (None, Additional::Of(inner)) => Named::By(inner),
        (None, Additional::Any(_)) => Named::Any,
        (None, Additional::Unsaid) => Named::Unknown,
    }
}

/// Whether it is a null that the schema does not take.
fn is_stray_null(value: &Value, node: &Node) -> bool {
    value.is_null() && !node.nullable
}

/// Removes nulls that the schema does not take and no default replaces.
pub(crate) fn drop_nulls(value: &mut Value, at: At<'_>) {
    if at.built_in {
        return;
    }
    match value {
        Value::Object(map) => map.retain(|key, inner| {
            let Some(at) = at.field(key) else { return true };
            if is_stray_null(inner, at.node) && at.node.default.is_none() {
                return false;
            }
            drop_nulls(inner, at);
            true
        }),
        Value::Array(items) => {
            let Some(at) = at.item() else { return };
            items.iter_mut().for_each(|item| drop_nulls(item, at));
        }
        _ => {}
    }
}

/// Fills in defaults, at most this many values in all, and no deeper than [`DEPTH`].
#[derive(Debug)]
pub(crate) struct Filling {
    pub(crate) values: usize,
}

impl Filling {
    /// Fills in defaults; false if there are too many of them.
    pub(crate) fn fill(&mut self, value: &mut Value, at: At<'_>, level: usize) -> bool {
        if at.built_in {
            return true;
        }
        if level >= DEPTH {
            return false;
        }
        match value {
            Value::Object(map) => {
                for (key, node) in at.node.properties.iter().flatten() {
                    let Some(default) = &node.default else { continue };
                    if map.get(&**key).is_none_or(|there| is_stray_null(there, node)) {
                        let Some(default) = self.copy(default) else { return false };
                        map.insert(key.to_string(), default);
                    }
                }
                map.iter_mut().all(|(key, inner)| {
                    let Some(here) = at.field(key) else { return true };
                    let named = at.node.property(key).is_some();
                    (named || self.replace(inner, here.node)) && self.fill(inner, here, level + 1)
                })
            }
            Value::Array(items) => {
                let Some(at) = at.item() else { return true };
                items.iter_mut().all(|item| self.replace(item, at.node) && self.fill(item, at, level + 1))
            }
            _ => true,
        }
    }

    /// Replaces a null that the schema does not take.
    fn replace(&mut self, value: &mut Value, node: &Node) -> bool {
        if let Some(default) = node.default.as_ref().filter(|_| is_stray_null(value, node)) {
            let Some(default) = self.copy(default) else { return false };
            *value = default;
        }
        true
    }

    fn copy(&mut self, default: &Value) -> Option<Value> {
        self.values = self.values.checked_sub(size(default))?;
        Some(default.clone())
    }
}

/// The number of values in a value.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Whether a value has at most this many levels of objects and arrays.
pub(crate) fn is_within(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else {
        return !(value.is_array() || value.is_object());
    };
    match value {
        Value::Array(items) => items.iter().all(|item| is_within(item, levels)),
        Value::Object(map) => map.values().all(|inner| is_within(inner, levels)),
        _ => true,
    }
}
