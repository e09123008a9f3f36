//! Objects as sets of fields: collects, compares, merges and prunes them.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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

/// The path element of a list's item, from its keys or its value.
fn element(keys: Option<&[String]>, item: &Value) -> String {
    let Some(keys) = keys else { return format!("v:{item}") };
    let mut named = Map::new();
    for key in keys {
        let value = match (item.get(key), key.as_str()) {
            (Some(value), _) => value.clone(),
            // The only key with a default.
            (None, "protocol") => json!("TCP"),
            (None, _) => Value::Null,
        };
        named.insert(key.clone(), value);
    }
    format!("k:{}", Value::Object(named))
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
            for inner in items {
                let mut below = fields(inner, item);
                below.member = true;
                set.put(element(Some(keys), inner), below);
            }
        }
        (Kind::Set, Value::Array(items)) => {
            for inner in items {
                set.put(element(None, inner), FieldSet::leaf());
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
            Kind::Keyed(keys, item) => each_item(before, after, Some(keys), |element, before, after| {
                found.put(element, compare(before, after, item));
            }),
            Kind::Set => each_item(before, after, None, |element, before, after| {
                found.put(element, compare(before, after, Node::any()));
            }),
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

fn each_item<'a>(
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    keys: Option<&[String]>,
    mut what: impl FnMut(&str, Option<&Value>, Option<&Value>),
) {
    let items = |side: Option<&'a Value>| -> BTreeMap<String, &'a Value> {
        side.and_then(Value::as_array).into_iter().flatten().map(|item| (element(keys, item), item)).collect()
    };
    let (old, new) = (items(before), items(after));
    for (name, value) in &old {
        what(name, Some(value), new.get(name).copied());
    }
    for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        what(name, None, Some(value));
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
            let mut merged = live.clone();
            for value in applied {
                let name = element(Some(keys), value);
                match merged.iter_mut().find(|old| element(Some(keys), old) == name) {
                    Some(old) => *old = merge(old, value, item),
                    None => merged.push(value.clone()),
                }
            }
            merged.into()
        }
        (Kind::Set, Value::Array(live), Value::Array(applied)) => {
            let mut merged = live.clone();
            merged.extend(applied.iter().filter(|v| !live.contains(v)).cloned());
            merged.into()
        }
        _ => applied.clone(),
    }
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
            items.retain_mut(|inner| decide(&element(Some(keys), inner), inner, item));
        }
        (Kind::Set, Value::Array(items)) => {
            items.retain_mut(|inner| decide(&element(None, inner), inner, Node::any()));
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
}
