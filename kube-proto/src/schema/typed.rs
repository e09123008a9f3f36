//! Objects as sets of fields: collects, compares, merges and prunes them (`typed` of structured-merge-diff).

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::field_set::FieldSet;

/// The ownership of a value's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// One owner for all.
    Leaf,
    /// One owner for each field of an object whose fields are known.
    Struct,
    /// One owner for each key.
    Map,
    /// One owner for each item, which its keys identify.
    Keyed,
    /// One owner for each value.
    Set,
}

/// A place in a schema, as far as ownership needs it.
pub trait Shape: Copy {
    /// The ownership of the parts of a value here.
    fn parts(self, value: &Value) -> Parts;
    /// The place of a field, or of the values of a map.
    #[must_use]
    fn child(self, key: &str) -> Self;
    /// The place of a list's items.
    #[must_use]
    fn item(self) -> Self;
    /// The keys of a list's items.
    fn keys(self) -> Vec<String>;
    /// Whether the struct has the field.
    fn declares(self, key: &str) -> bool;
    /// Whether Go writes the field also when it is empty.
    fn is_always(self, key: &str) -> bool;
    /// The value of a key that an item does not have.
    fn default(self, key: &str) -> Option<Value>;
}

/// The differences between two objects.
#[derive(Debug, Default)]
pub struct Comparison {
    /// What only the second has.
    pub added: FieldSet,
    /// What differs.
    pub modified: FieldSet,
    /// What only the first has.
    pub removed: FieldSet,
}

impl Comparison {
    /// Whether the objects are equal.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    fn put(&mut self, element: &str, below: Comparison) {
        self.added.put(element.to_owned(), below.added);
        self.modified.put(element.to_owned(), below.modified);
        self.removed.put(element.to_owned(), below.removed);
    }
}

/// The path element of a list's item, from its keys or its value. A key that the item does not have is its default, or
/// is left out.
pub fn element<S: Shape>(keys: Option<&[String]>, node: S, item: &Value) -> String {
    let Some(keys) = keys else { return format!("v:{item}") };
    let mut named = Map::new();
    for key in keys {
        let default = || node.default(key);
        if let Some(value) = item.get(key).cloned().or_else(default) {
            named.insert(key.clone(), value);
        }
    }
    format!("k:{}", Value::Object(named))
}

/// The items of a list by their path elements. Several can have the same.
fn by_element<'a, S: Shape>(
    keys: Option<&[String]>,
    node: S,
    items: impl IntoIterator<Item = &'a Value>,
) -> BTreeMap<String, Vec<&'a Value>> {
    let mut found: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for item in items {
        found.entry(element(keys, node, item)).or_default().push(item);
    }
    found
}

/// The fields that an object has.
pub fn fields<S: Shape>(value: &Value, node: S) -> FieldSet {
    let mut set = FieldSet::default();
    match (node.parts(value), value) {
        (Parts::Struct, Value::Object(map)) => {
            for (key, inner) in map {
                let mut below = fields(inner, node.child(key));
                let empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                below.member |= empty || !node.declares(key);
                set.put(format!("f:{key}"), below);
            }
        }
        (Parts::Map, Value::Object(map)) => {
            for (key, inner) in map {
                let mut below = fields(inner, node.child(key));
                below.member = true;
                set.put(format!("f:{key}"), below);
            }
        }
        (Parts::Keyed, Value::Array(items)) => {
            let item = node.item();
            for (name, same) in by_element(Some(&node.keys()), item, items) {
                // Duplicates have one owner.
                let mut below = if let [one] = same.as_slice() { fields(one, item) } else { FieldSet::default() };
                below.member = true;
                set.put(name, below);
            }
        }
        (Parts::Set, Value::Array(items)) => {
            for inner in items {
                set.put(element(None, node, inner), FieldSet::leaf());
            }
        }
        _ => return FieldSet::leaf(),
    }
    set
}

/// Compares two objects. One of `before` and `after` may be missing.
pub fn compare<S: Shape>(before: Option<&Value>, after: Option<&Value>, node: S) -> Comparison {
    let mut found = Comparison::default();
    let Some(shape) = after.or(before) else { return found };
    if before == after {
        return found;
    }
    let fitting =
        |side: Option<&Value>| side.is_none_or(|s| std::mem::discriminant(s) == std::mem::discriminant(shape));
    let leaf = !fitting(before) || node.parts(shape) == Parts::Leaf;
    if leaf {
        match (before, after) {
            (None, _) => found.added.member = true,
            (_, None) => found.removed.member = true,
            (Some(before), Some(after)) => found.modified.member = before != after,
        }
        return found;
    }
    let nothing = |side: Option<&Value>| match side {
        None => true,
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    if !(nothing(before) && nothing(after)) {
        match node.parts(shape) {
            Parts::Struct => each_key(before, after, |key, before, after| {
                let container = after.or(before).is_some_and(|v| v.is_object() || v.is_array());
                let always = container && node.is_always(key);
                let blank = match after.or(before) {
                    Some(Value::Array(_)) => json!([]),
                    _ => json!({}),
                };
                // Go always writes these fields: a missing one counts as empty on both sides.
                let there = |side| if always && nothing(side) { Some(&blank) } else { side };
                found.put(&format!("f:{key}"), compare(there(before), there(after), node.child(key)));
            }),
            Parts::Map => each_key(before, after, |key, before, after| {
                found.put(&format!("f:{key}"), compare(before, after, node.child(key)));
            }),
            Parts::Keyed => items(&mut found, before, after, Some(&node.keys()), node.item()),
            Parts::Set => items(&mut found, before, after, None, node.item()),
            Parts::Leaf => {}
        }
    }
    if before.is_none() {
        found.added.member = true;
    } else if after.is_none() {
        found.removed.member = true;
    }
    found
}

fn each_key<'a>(
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    mut what: impl FnMut(&str, Option<&Value>, Option<&Value>),
) {
    let map = |side: Option<&'a Value>| side.and_then(Value::as_object);
    let (old, new) = (map(before), map(after));
    for (key, value) in old.into_iter().flatten() {
        what(key, Some(value), new.and_then(|n| n.get(key)));
    }
    for (key, value) in new.into_iter().flatten() {
        if old.is_none_or(|o| !o.contains_key(key)) {
            what(key, None, Some(value));
        }
    }
}

/// Compares the items of two lists. Items with the same keys are one atomic value.
fn items<S: Shape>(
    found: &mut Comparison,
    before: Option<&Value>,
    after: Option<&Value>,
    keys: Option<&[String]>,
    node: S,
) {
    let of = |side: Option<&'_ Value>| side.and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, after) = (of(before), of(after));
    let (old, new) = (by_element(keys, node, &before), by_element(keys, node, &after));
    let none = Vec::new();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (old, new) = (old.get(name).unwrap_or(&none), new.get(name).unwrap_or(&none));
        let mut below = Comparison::default();
        match (old.as_slice(), new.as_slice()) {
            ([] | [_], [] | [_]) => below = compare(old.first().copied(), new.first().copied(), node),
            ([_, _, ..], [_, _, ..]) => below.modified.member = old != new,
            ([_, _, ..], _) => {
                below = compare(None, new.first().copied(), node);
                below.removed.member = true;
            }
            _ => {
                below = compare(old.first().copied(), None, node);
                below.added.member = true;
            }
        }
        found.put(name, below);
    }
}

/// Merges the applied object into the live one.
pub fn merge<S: Shape>(live: &Value, applied: &Value, node: S) -> Value {
    match (node.parts(applied), live, applied) {
        (Parts::Struct | Parts::Map, Value::Object(live), Value::Object(applied)) => {
            let mut merged = live.clone();
            for (key, value) in applied {
                let next = match live.get(key) {
                    Some(old) => merge(old, value, node.child(key)),
                    None => value.clone(),
                };
                merged.insert(key.clone(), next);
            }
            merged.into()
        }
        (Parts::Keyed, Value::Array(live), Value::Array(applied)) => {
            merge_items(live, applied, Some(&node.keys()), node.item()).into()
        }
        (Parts::Set, Value::Array(live), Value::Array(applied)) => merge_items(live, applied, None, node.item()).into(),
        _ => applied.clone(),
    }
}

/// Merges two lists. Items of the live list alone stay where they are; the others come in the applied order.
fn merge_items<S: Shape>(live: &[Value], applied: &[Value], keys: Option<&[String]>, node: S) -> Vec<Value> {
    let name = |item: &Value| element(keys, node, item);
    let (old, new): (Vec<_>, Vec<_>) = (live.iter().map(name).collect(), applied.iter().map(name).collect());
    let (live_by, applied_by) = (by_element(keys, node, live), by_element(keys, node, applied));
    // What the applied item replaces: live duplicates have no single item to merge with.
    let merged = |name: &str, value: &Value| match live_by.get(name).map(Vec::as_slice) {
        Some([one]) => merge(one, value, node),
        _ => value.clone(),
    };
    let mut shared = new.iter().filter(|name| live_by.contains_key(*name)).peekable();
    let mut taken: BTreeSet<&String> = BTreeSet::new();
    let mut out = Vec::with_capacity(live.len().max(applied.len()));
    let (mut left, mut right) = (old.iter().zip(live).peekable(), new.iter().zip(applied).peekable());
    while left.peek().is_some() || right.peek().is_some() {
        if let Some((name, value)) = left.peek() {
            let is_next = right.peek().is_none_or(|(next, _)| next == name);
            let awaited = shared.peek().is_some_and(|next| next != name);
            if !applied_by.contains_key(*name) {
                out.push((*value).clone());
                left.next();
                continue;
            } else if !is_next && awaited {
                // It comes later, in the applied order.
                left.next();
                continue;
            } else if is_next || taken.contains(*name) {
                left.next();
            }
        }
        if let Some((name, value)) = right.next() {
            out.push(merged(name, value));
            taken.insert(name);
            if shared.peek() == Some(&name) {
                shared.next();
            }
        }
    }
    out
}

/// Removes the fields that are in `last` and not in `keep`.
pub fn prune<S: Shape>(value: &mut Value, node: S, last: &FieldSet, keep: &FieldSet) {
    let none = FieldSet::default();
    let decide = |element: &str, inner: &mut Value, item: S| -> bool {
        let Some(lost) = last.children.get(element) else { return true };
        let kept = keep.children.get(element).unwrap_or(&none);
        if lost.member && kept.is_empty() {
            return false;
        }
        prune(inner, item, lost, kept);
        true
    };
    match (node.parts(value), value) {
        (Parts::Struct | Parts::Map, Value::Object(map)) => {
            map.retain(|key, inner| decide(&format!("f:{key}"), inner, node.child(key)));
        }
        (Parts::Keyed, Value::Array(items)) => {
            let (keys, item) = (node.keys(), node.item());
            items.retain_mut(|inner| decide(&element(Some(&keys), item, inner), inner, item));
        }
        (Parts::Set, Value::Array(items)) => {
            let item = node.item();
            items.retain_mut(|inner| decide(&element(None, item, inner), inner, item));
        }
        _ => {}
    }
}
