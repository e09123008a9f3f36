//! What has changed between two documents, and the same change carried over to the document as it was received.
//!
//! A type knows a part of an object. Its serialized form lacks the fields that it does not know, and may have defaults
//! that the object does not have. So the difference between the received object and the changed, serialized one is not
//! the change. [`carry`] compares the typed object before and after the change, and makes the same change in the object
//! as received.
//!
//! | received, before, after | result |
//! |---|---|
//! | before and after are equal | received |
//! | three objects | received, member by member: what only `before` has is removed, the rest is carried over |
//! | three lists, the first two of the same length | each item of `after` that is an item of `before` is carried over; others are new |
//! | anything else | after |
//!
//! Which item of a list is which: those at both ends that are equal; then equal ones, in order; then those with the same
//! `name`, `key`, `type`, `uid`, `id`, `ip`, `mountPath`, `devicePath`, `topologyKey`, `containerPort` or `port`, the
//! first of these that both have; then those at the same place that have none of these.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use crate::request::{JsonPatch, pointer};

/// One difference between two documents.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: a JSON pointer (RFC 6901).
    pub path: String,
    /// The value in the first document, if it has one.
    pub before: Option<Value>,
    /// The value in the second document, if it has one.
    pub after: Option<Value>,
}

impl std::fmt::Debug for Difference {
    /// Without the values: they may be those of a Secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        write!(f, "{} {what}", self.path)
    }
}

/// All differences, in the order in which they can be applied one after the other: where items of a list are added or
/// removed, later paths count the items as they are then.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let (mut path, mut found) = (Vec::new(), Vec::new());
    compare(before, after, &mut path, &mut found);
    found
}

/// The differences as a JSON patch.
pub(super) fn patch(before: &Value, after: &Value) -> JsonPatch {
    differences(before, after).into_iter().fold(JsonPatch::new(), |patch, change| match (change.before, change.after) {
        (None, Some(value)) => patch.add(change.path, value),
        (Some(_), Some(value)) => patch.replace(change.path, value),
        (_, None) => patch.remove(change.path),
    })
}

fn compare(before: &Value, after: &Value, path: &mut Vec<String>, found: &mut Vec<Difference>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                path.push(key.clone());
                match after.get(key) {
                    Some(other) => compare(value, other, path, found),
                    None => found.push(difference(path, Some(value), None)),
                }
                path.pop();
            }
            for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                path.push(key.clone());
                found.push(difference(path, None, Some(value)));
                path.pop();
            }
        }
        (Value::Array(before), Value::Array(after)) => compare_lists(before, after, path, found),
        _ => found.push(difference(path, Some(before), Some(after))),
    }
}

fn compare_lists(before: &[Value], after: &[Value], path: &mut Vec<String>, found: &mut Vec<Difference>) {
    let (start, end) = common(before, after);
    let old = before.get(start..before.len() - end).unwrap_or_default();
    let new = after.get(start..after.len() - end).unwrap_or_default();
    let mut at = |index: usize, found: &mut Vec<Difference>, old: Option<&Value>, new: Option<&Value>| {
        path.push((start + index).to_string());
        match (old, new) {
            (Some(old), Some(new)) => compare(old, new, path, found),
            _ => found.push(difference(path, old, new)),
        }
        path.pop();
    };
    for (index, (old, new)) in old.iter().zip(new).enumerate() {
        at(index, found, Some(old), Some(new));
    }
    for (index, old) in old.iter().enumerate().skip(new.len()).rev() {
        at(index, found, Some(old), None);
    }
    for (index, new) in new.iter().enumerate().skip(old.len()) {
        at(index, found, None, Some(new));
    }
}

/// The number of items that are equal at the beginning, and at the end behind those.
fn common(before: &[Value], after: &[Value]) -> (usize, usize) {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    (start, end)
}

fn difference(path: &[String], before: Option<&Value>, after: Option<&Value>) -> Difference {
    Difference { path: pointer(path), before: before.cloned(), after: after.cloned() }
}

/// Carries the change from `before` to `after` over to `received`. See the [module](self).
pub(super) fn carry(received: &Value, before: &Value, after: &Value) -> Value {
    if before == after {
        return received.clone();
    }
    match (received, before, after) {
        (Value::Object(received), Value::Object(before), Value::Object(after)) => {
            Value::Object(carry_members(received, before, after))
        }
        // A type that leaves out an empty object: all members are new.
        (Value::Object(received), Value::Null, Value::Object(after)) => {
            Value::Object(carry_members(received, &Map::new(), after))
        }
        (Value::Array(received), Value::Array(before), Value::Array(after)) if received.len() == before.len() => {
            Value::Array(carry_items(received, before, after))
        }
        _ => after.clone(),
    }
}

fn carry_members(
    received: &Map<String, Value>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Map<String, Value> {
    let mut result = received.clone();
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        result.remove(key);
    }
    for (key, value) in after {
        let old = before.get(key);
        if old != Some(value) {
            let carried = match received.get(key) {
                Some(own) => carry(own, old.unwrap_or(&Value::Null), value),
                None => value.clone(),
            };
            result.insert(key.clone(), carried);
        }
    }
    result
}

fn carry_items(received: &[Value], before: &[Value], after: &[Value]) -> Vec<Value> {
    let (start, end) = common(before, after);
    let old = start..before.len() - end;
    let mut places = Places::new(before, old.clone());
    let mut result = Vec::with_capacity(after.len());
    let last = after.len() - end;
    // Equal items first: a changed item must not take the place of one that is only moved.
    let equal: Vec<Option<usize>> = after
        .iter()
        .enumerate()
        .map(|(index, item)| match index {
            index if index < start => Some(index),
            index if index >= last => Some(index + before.len() - after.len()),
            _ => places.equal(item),
        })
        .collect();
    for ((index, item), equal) in after.iter().enumerate().zip(equal) {
        let place = equal.or_else(|| places.similar(item)).or_else(|| places.same(item, index));
        let carried = place.and_then(|place| Some(carry(received.get(place)?, before.get(place)?, item)));
        result.push(carried.unwrap_or_else(|| item.clone()));
    }
    result
}

/// The items of the old list that no item of the new one has taken yet.
struct Places<'a> {
    items: &'a [Value],
    free: Vec<bool>,
    equal: BTreeMap<String, VecDeque<usize>>,
    identities: BTreeMap<(&'static str, String), usize>,
}

impl<'a> Places<'a> {
    fn new(items: &'a [Value], range: std::ops::Range<usize>) -> Self {
        let mut places =
            Self { items, free: vec![false; items.len()], equal: BTreeMap::new(), identities: BTreeMap::new() };
        for index in range {
            let Some(item) = items.get(index) else { break };
            if let Some(free) = places.free.get_mut(index) {
                *free = true;
            }
            places.equal.entry(item.to_string()).or_default().push_back(index);
            for identity in identities(item) {
                // Of two with the same identity the first counts.
                places.identities.entry(identity).or_insert(index);
            }
        }
        places
    }

    fn take(&mut self, index: usize) -> Option<usize> {
        let free = self.free.get_mut(index)?;
        std::mem::take(free).then_some(index)
    }

    fn equal(&mut self, item: &Value) -> Option<usize> {
        let index = self.equal.get_mut(&item.to_string())?.pop_front()?;
        self.take(index)
    }

    fn similar(&mut self, item: &Value) -> Option<usize> {
        let index = identities(item).find_map(|identity| self.identities.get(&identity).copied())?;
        self.take(index)
    }

    fn same(&mut self, item: &Value, index: usize) -> Option<usize> {
        let nameless = |item: &Value| identities(item).next().is_none();
        if nameless(item) && self.items.get(index).is_some_and(nameless) { self.take(index) } else { None }
    }
}

/// The members by which the API's lists tell their items apart.
const IDENTITIES: [&str; 11] =
    ["name", "key", "type", "uid", "id", "ip", "mountPath", "devicePath", "topologyKey", "containerPort", "port"];

fn identities(item: &Value) -> impl Iterator<Item = (&'static str, String)> {
    let of = |key: &'static str| match item.get(key)? {
        Value::Array(_) | Value::Object(_) | Value::Null => None,
        value => Some((key, value.to_string())),
    };
    IDENTITIES.into_iter().filter_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(before: &Value, after: &Value) -> String {
        serde_json::to_string(&patch(before, after)).unwrap()
    }

    #[test]
    fn patches() {
        for (before, after, expected) in [
            (json!({"a": 1}), json!({"a": 1}), "[]"),
            (json!({"a": 1}), json!({"a": 2}), r#"[{"op":"replace","path":"/a","value":2}]"#),
            (json!({"a": 1}), json!({}), r#"[{"op":"remove","path":"/a"}]"#),
            (json!({}), json!({"x/y~z": null}), r#"[{"op":"add","path":"/x~1y~0z","value":null}]"#),
            (json!({"a": [1, 2]}), json!({"a": [1, 2, 3]}), r#"[{"op":"add","path":"/a/2","value":3}]"#),
            (json!({"a": [1, 2]}), json!({"a": [0, 1, 2]}), r#"[{"op":"add","path":"/a/0","value":0}]"#),
            (
                json!({"a": [1, 2, 3, 4]}),
                json!({"a": [1, 4]}),
                r#"[{"op":"remove","path":"/a/2"},{"op":"remove","path":"/a/1"}]"#,
            ),
            (json!({"a": [{"b": 1}]}), json!({"a": [{"b": 2}]}), r#"[{"op":"replace","path":"/a/0/b","value":2}]"#),
            (json!({"a": 1}), json!({"a": 1.0}), r#"[{"op":"replace","path":"/a","value":1.0}]"#),
        ] {
            assert_eq!(text(&before, &after), expected, "{before} {after}");
        }
        let shown = format!("{:?}", differences(&json!({"password": "s3cret"}), &json!({"password": "hunter2"})));
        assert_eq!(shown, "[/password changed]");
    }

    #[test]
    fn fields_that_the_type_does_not_know_survive() {
        let table = [
            // Received, the typed object before and after, and the received one after.
            (json!({"a": 1, "x": 9}), json!({"a": 1}), json!({"a": 2}), json!({"a": 2, "x": 9})),
            (json!({"a": 1, "x": 9}), json!({"a": 1}), json!({}), json!({"x": 9})),
            // Defaults of the type are no change.
            (json!({"x": 9}), json!({"a": 0, "b": 1}), json!({"a": 0, "b": 2}), json!({"b": 2, "x": 9})),
            // An object that the type leaves out while it is empty.
            (json!({"a": {"x": 9}}), json!({}), json!({"a": {"b": 1}}), json!({"a": {"b": 1, "x": 9}})),
            (json!({"a": null}), json!({}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}})),
            // A new item, before and behind the others.
            (
                json!([{"name": "a", "x": 1}, {"name": "b", "x": 2}]),
                json!([{"name": "a"}, {"name": "b"}]),
                json!([{"name": "i"}, {"name": "a"}, {"name": "b"}, {"name": "z"}]),
                json!([{"name": "i"}, {"name": "a", "x": 1}, {"name": "b", "x": 2}, {"name": "z"}]),
            ),
            // An item changes while another one comes and one goes.
            (
                json!([{"name": "a", "x": 1}, {"name": "b", "x": 2}, {"name": "c", "x": 3}]),
                json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]),
                json!([{"name": "c", "image": "n"}, {"name": "d"}, {"name": "a", "image": "m"}]),
                json!([{"name": "c", "image": "n", "x": 3}, {"name": "d"}, {"name": "a", "image": "m", "x": 1}]),
            ),
            // Another item under another name takes nothing over.
            (json!([{"name": "a", "x": 1}]), json!([{"name": "a"}]), json!([{"name": "b"}]), json!([{"name": "b"}])),
            // Without names the place counts.
            (json!([{"v": 1, "x": 1}]), json!([{"v": 1}]), json!([{"v": 2}]), json!([{"v": 2, "x": 1}])),
            // A moved item keeps its own, and a changed one does not take it.
            (
                json!([{"v": 1, "x": 1}, {"v": 2, "x": 2}]),
                json!([{"v": 1}, {"v": 2}]),
                json!([{"v": 2}, {"v": 1}]),
                json!([{"v": 2, "x": 2}, {"v": 1, "x": 1}]),
            ),
            (json!([1, 2, 2, 3]), json!([1, 2, 2, 3]), json!([2, 3, 4]), json!([2, 3, 4])),
            // A list that the type reads in another way.
            (json!([1, null]), json!([1]), json!([1, 2]), json!([1, 2])),
        ];
        for (received, before, after, expected) in table {
            assert_eq!(carry(&received, &before, &after), expected, "{received} {before} {after}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..4).prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[ab/~]|name", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The crate json-patch applies what this module writes.
        #[test]
        fn another_implementation_applies_the_patch(before in values(), after in values()) {
            let (mut document, expected) = (json!({"root": before}), json!({"root": after}));
            let operations: json_patch::Patch = serde_json::from_str(&text(&document, &expected)).unwrap();
            json_patch::patch(&mut document, &operations).unwrap();
            prop_assert_eq!(document, expected);
        }

        /// A type that knows everything: the change is the whole difference.
        #[test]
        fn carried_to_itself(before in values(), after in values()) {
            prop_assert_eq!(carry(&before, &before, &after), after);
        }
    }
}
