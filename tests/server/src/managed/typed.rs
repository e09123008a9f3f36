//! Objects as sets of fields: collects, compares, merges and prunes them.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::set::FieldSet;
use crate::schema::{Kind, Node};

/// The differences between two objects.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

impl Comparison {
    /// Whether the objects are equal.
    pub(crate) fn is_same(&self) -> bool {
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
pub(super) fn element(keys: Option<&[String]>, node: Node<'_>, item: &Value) -> String {
    let Some(keys) = keys else { return format!("v:{item}") };
    let mut named = Map::new();
    for key in keys {
        let default = || node.child(key).field.and_then(|field| field.default.clone());
        if let Some(value) = item.get(key).cloned().or_else(default) {
            named.insert(key.clone(), value);
        }
    }
    format!("k:{}", Value::Object(named))
}

/// The items of a list by their path elements. Several can have the same.
fn by_element<'a>(
    keys: Option<&[String]>,
    node: Node<'_>,
    items: impl IntoIterator<Item = &'a Value>,
) -> BTreeMap<String, Vec<&'a Value>> {
    let mut found: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for item in items {
        found.entry(element(keys, node, item)).or_default().push(item);
    }
    found
}

/// The fields that an object has.
pub(crate) fn fields(value: &Value, node: Node<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    match (node.kind(value), value) {
        (Kind::Struct(this), Value::Object(map)) => {
            for (key, inner) in map {
                let mut below = fields(inner, this.child(key));
                let empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                below.member |= empty || !this.fields.contains_key(key);
                set.put(format!("f:{key}"), below);
            }
        }
        (Kind::Map(item), Value::Object(map)) => {
            for (key, inner) in map {
                let mut below = fields(inner, item);
                below.member = true;
                set.put(format!("f:{key}"), below);
            }
        }
        (Kind::Keyed(keys, item), Value::Array(items)) => {
            for (name, same) in by_element(Some(keys), item, items) {
                // Duplicates have one owner.
                let mut below = if let [one] = same.as_slice() { fields(one, item) } else { FieldSet::default() };
                below.member = true;
                set.put(name, below);
            }
        }
        (Kind::Set, Value::Array(items)) => {
            for inner in items {
                set.put(element(None, Node::any(), inner), FieldSet::leaf());
            }
        }
        _ => return FieldSet::leaf(),
    }
    set
}

/// Compares two objects. One of `before` and `after` may be missing.
pub(crate) fn compare(before: Option<&Value>, after: Option<&Value>, node: Node<'_>) -> Comparison {
    let mut found = Comparison::default();
    let Some(shape) = after.or(before) else { return found };
    if before == after {
        return found;
    }
    let fitting =
        |side: Option<&Value>| side.is_none_or(|s| std::mem::discriminant(s) == std::mem::discriminant(shape));
    let leaf = !fitting(before) || matches!(node.kind(shape), Kind::Leaf);
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
        match node.kind(shape) {
            Kind::Struct(this) => each_key(before, after, |key, before, after| {
                let container = after.or(before).is_some_and(|v| v.is_object() || v.is_array());
                let always = container && this.fields.get(key).is_some_and(|f| f.always);
                let blank = match after.or(before) {
                    Some(Value::Array(_)) => json!([]),
                    _ => json!({}),
                };
                // Go always writes these fields: a missing one counts as empty on both sides.
                let there = |side| if always && nothing(side) { Some(&blank) } else { side };
                found.put(&format!("f:{key}"), compare(there(before), there(after), this.child(key)));
            }),
            Kind::Map(item) => each_key(before, after, |key, before, after| {
                found.put(&format!("f:{key}"), compare(before, after, item));
            }),
            Kind::Keyed(keys, item) => items(&mut found, before, after, Some(keys), item),
            Kind::Set => items(&mut found, before, after, None, Node::any()),
            Kind::Leaf => {}
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
fn items(
    found: &mut Comparison,
    before: Option<&Value>,
    after: Option<&Value>,
    keys: Option<&[String]>,
    node: Node<'_>,
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
pub(crate) fn merge(live: &Value, applied: &Value, node: Node<'_>) -> Value {
    match (node.kind(applied), live, applied) {
        (Kind::Struct(_) | Kind::Map(_), Value::Object(live), Value::Object(applied)) => {
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
        (Kind::Keyed(keys, item), Value::Array(live), Value::Array(applied)) => {
            merge_items(live, applied, Some(keys), item).into()
        }
        (Kind::Set, Value::Array(live), Value::Array(applied)) => merge_items(live, applied, None, Node::any()).into(),
        _ => applied.clone(),
    }
}

/// Merges two lists. Items of the live list alone stay where they are; the others come in the applied order.
fn merge_items(live: &[Value], applied: &[Value], keys: Option<&[String]>, node: Node<'_>) -> Vec<Value> {
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
pub(crate) fn prune(value: &mut Value, node: Node<'_>, last: &FieldSet, keep: &FieldSet) {
    let none = FieldSet::default();
    let decide = |element: &str, inner: &mut Value, item: Node<'_>| -> bool {
        let Some(lost) = last.children.get(element) else { return true };
        let kept = keep.children.get(element).unwrap_or(&none);
        if lost.member && kept.is_empty() {
            return false;
        }
        prune(inner, item, lost, kept);
        true
    };
    match (node.kind(value), value) {
        (Kind::Struct(_) | Kind::Map(_), Value::Object(map)) => {
            map.retain(|key, inner| decide(&format!("f:{key}"), inner, node.child(key)));
        }
        (Kind::Keyed(keys, item), Value::Array(items)) => {
            items.retain_mut(|inner| decide(&element(Some(keys), item, inner), inner, item));
        }
        (Kind::Set, Value::Array(items)) => {
            items.retain_mut(|inner| decide(&element(None, Node::any(), inner), inner, Node::any()));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    fn deployment() -> Type {
        Type::Named("Deployment".into())
    }

    #[test]
    fn the_fields_of_an_object() {
        let value = json!({
            "metadata": {"labels": {"a": "b"}, "finalizers": ["x/y"]},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {
                "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}], "args": ["1"]}],
                "nodeSelector": {"x": "y"}
            }}}
        });
        let want = json!({
            "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"x/y\"": {}}},
            "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {
                "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}, "f:args": {},
                    "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}},
                "f:nodeSelector": {}
            }}}
        });
        assert_eq!(fields(&value, Node::new(&deployment())).to_value(), want);
    }

    #[test]
    fn a_creation_adds_its_fields() {
        // As the real server's `managedFields` after a plain create.
        let after = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 1, "strategy": {"rollingUpdate": {"maxSurge": 1}},
            "template": {"spec": {"containers": [{"name": "c", "resources": {}}]}}}});
        let found = compare(Some(&json!({})), Some(&after), Node::new(&deployment()));
        let want = json!({
            "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
            "f:spec": {"f:replicas": {}, "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}},
                "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:resources": {}}}}}}
        });
        assert_eq!(found.added.to_value(), want);
        assert!(found.modified.is_empty() && found.removed.is_empty());
    }

    #[test]
    fn merging_and_pruning() {
        let ty = deployment();
        let node = Node::new(&ty);
        let live = json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "1", "tty": true}, {"name": "b"}]}}}});
        let applied =
            json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "2"}, {"name": "c"}]}}}});
        let merged = merge(&live, &applied, node);
        assert_eq!(
            merged,
            json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "2", "tty": true}, {"name": "b"}, {"name": "c"}]}}}})
        );
        let changed = compare(Some(&live), Some(&merged), node);
        assert_eq!(changed.modified.paths(), [".spec.template.spec.containers[name=\"a\"].image"]);
        let last = fields(&merged, node);
        let keep =
            fields(&json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "2"}]}}}}), node);
        let mut pruned = merged;
        prune(&mut pruned, node, &last, &keep);
        assert_eq!(pruned, json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "2"}]}}}}));
    }

    #[test]
    fn merged_items_come_in_the_applied_order() {
        let ty = Type::Named("ObjectMeta".into());
        let list = |names: &str| json!({"finalizers": names.split_whitespace().collect::<Vec<_>>()});
        for (live, applied, merged) in [
            ("a b c", "d", "a b c d"),
            ("a b c", "d c e a", "b d c e a"),
            ("a b c", "c a", "b c a"),
            ("a b c", "a b c", "a b c"),
            ("a b c", "b d", "a b c d"),
            ("a b c d", "d x b", "a c d x b"),
            ("", "b a", "b a"),
            ("a", "", "a"),
            // Live duplicates that are not applied stay; applied ones become one.
            ("a b a c", "d", "a b a c d"),
            ("a b a c", "a", "a b c"),
            ("a b a", "b", "a b a"),
        ] {
            assert_eq!(merge(&list(live), &list(applied), Node::new(&ty)), list(merged), "{live} | {applied}");
        }
    }

    #[test]
    fn items_with_the_same_keys_have_one_owner() {
        let ty = Type::Named("Container".into());
        let node = Node::new(&ty);
        let env = |values: &[&str]| -> Value {
            json!({"env": values.iter().map(|value| json!({"name": "E", "value": value})).collect::<Vec<_>>()})
        };
        let (none, one, two, other) = (env(&[]), env(&["1"]), env(&["1", "2"]), env(&["1", "3"]));
        let leaf = json!({"f:env": {"k:{\"name\":\"E\"}": {}}});
        let whole = json!({"f:env": {"k:{\"name\":\"E\"}": {".": {}, "f:name": {}, "f:value": {}}}});
        let (nothing, item) =
            (json!({}), || json!({"f:env": {"k:{\"name\":\"E\"}": {".": {}, "f:name": {}, "f:value": {}}}}));
        assert_eq!(fields(&one, node).to_value(), whole);
        assert_eq!(fields(&two, node).to_value(), leaf);
        for (before, after, added, modified, removed) in [
            (&none, &two, leaf.clone(), nothing.clone(), nothing.clone()),
            (&two, &other, nothing.clone(), leaf.clone(), nothing.clone()),
            (&two, &two, nothing.clone(), nothing.clone(), nothing.clone()),
            (&two, &none, nothing.clone(), nothing.clone(), leaf.clone()),
            (&one, &two, leaf.clone(), nothing.clone(), item()),
            (&two, &one, item(), nothing.clone(), leaf.clone()),
        ] {
            let found = compare(Some(before), Some(after), node);
            let found = [found.added.to_value(), found.modified.to_value(), found.removed.to_value()];
            assert_eq!(found, [added, modified, removed], "{before} {after}");
        }
    }
}
