//! Lists of the types `set` and `map` (`listtype` of apiextensions-apiserver).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::walk::Walk;
use crate::schema::FieldError;
use crate::schema::definitions::At;
use crate::schema::node::{ListType, Node};
use crate::schema::place::Place;

/// Reports the items of all lists that are in a set twice, or that have the keys of another in a map: once for each.
pub(super) fn check(walk: &mut Walk, value: &Value, at: At<'_>, place: &Place<'_>, level: usize) {
    if at.built_in || !walk.step(1, level, place) {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let Some(there) = at.field(key) else { continue };
                let named = at.node.property(key).is_some();
                let place = if named { Place::Key(place, key) } else { Place::Entry(place, key) };
                check(walk, inner, there, &place, level + 1);
            }
        }
        Value::Array(items) => {
            unique(walk, items, at.node, place);
            let Some(at) = at.item() else { return };
            for (index, item) in items.iter().enumerate() {
                check(walk, item, at, &Place::Item(place, index), level + 1);
            }
        }
        _ => {}
    }
}

fn unique(walk: &mut Walk, items: &[Value], node: &Node, place: &Place<'_>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |walk: &mut Walk, index: usize, identity: &Value| {
        let times = seen.entry(identity.to_string()).or_default();
        *times += 1;
        if *times == 2 {
            walk.error(FieldError::duplicate(Place::Item(place, index).to_string(), identity));
        }
    };
    match node.list_type {
        ListType::Atomic => {}
        ListType::Set => items.iter().enumerate().for_each(|(index, item)| count(walk, index, item)),
        ListType::Map => {
            if let Some((index, item)) = items.iter().enumerate().find(|(_, item)| !item.is_object() && !item.is_null())
            {
                let detail = "must be an object for an array of list-type map";
                walk.error(FieldError::invalid(Place::Item(place, index).to_string(), item, detail));
                return;
            }
            for (index, item) in items.iter().enumerate() {
                let key = |name: &str| item.get(name).map(|value| (name.to_owned(), value.clone()));
                let keys: Map<String, Value> = node.list_keys.iter().filter_map(|name| key(name)).collect();
                count(walk, index, &Value::Object(keys));
            }
        }
    }
}
