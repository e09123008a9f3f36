//! Differences between two objects that mean something.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::definitions::At;
use super::field_set::readable;
use super::format::time::{Layout, time};
use super::node::ListType;
use super::node::SchemaError;
use super::ownership::Owned;
use super::quantity;
use super::typed::{Shape, element};
use super::value::Schema;

/// A place where two objects differ.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The place, in the form of [`FieldSet::paths`](super::FieldSet::paths): `.spec.containers[name="c"].image`. Empty for the
    /// whole value.
    pub field: String,
    /// The value of the first object.
    pub before: Option<Value>,
    /// The value of the second object.
    pub after: Option<Value>,
}

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";

impl Schema {
    /// Where two objects differ for the server.
    ///
    /// | values | differ |
    /// |---|---|
    /// | quantities (`1`, `1000m`), times in different zones | by what they are |
    /// | a missing member and its default, or null | not |
    /// | a missing member and an empty list or map, in a built-in kind | not |
    /// | lists of the type `map` | by item: their keys say which belong together; the order does not count |
    /// | lists of the type `set` | by value; the order does not count |
    /// | other lists | by place |
    ///
    /// The server's own metadata (`managedFields`, `resourceVersion`, `uid`, `generation`, `creationTimestamp`) counts as any
    /// other field: remove it first where it should not.
    ///
    /// ```
    /// use kube_proto::schema::Schema;
    /// use serde_json::json;
    ///
    /// let schema = Schema::from_value(&json!({"type": "object", "properties": {
    ///     "replicas": {"type": "integer", "default": 1},
    ///     "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    /// }}))?;
    /// let found = schema.differences(&json!({"tags": ["a", "b"]}), &json!({"tags": ["b", "c"], "replicas": 1}))?;
    /// let fields: Vec<&str> = found.iter().map(|one| one.field.as_str()).collect();
    /// assert_eq!(fields, [".tags[=\"a\"]", ".tags[=\"c\"]"]);
    /// # Ok::<(), kube_proto::schema::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// A value nests deeper than [`DEPTH`](super::DEPTH), or a reference of the schema leads nowhere.
    pub fn differences(&self, before: &Value, after: &Value) -> Result<Vec<Difference>, SchemaError> {
        let at = self.place(&[before, after])?;
        let mut found = Vec::new();
        compare(Some(before), Some(after), Owned { at: Some(at), resource: self.resource }, "", &mut found);
        Ok(found)
    }
}

fn compare(before: Option<&Value>, after: Option<&Value>, place: Owned<'_>, path: &str, found: &mut Vec<Difference>) {
    let there = |value: Option<&'_ Value>| value.is_some_and(|value| !value.is_null());
    match (before, after) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for (key, value) in left {
                compare(Some(value), right.get(key), place.child(key), &format!("{path}.{key}"), found);
            }
            for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                compare(None, Some(value), place.child(key), &format!("{path}.{key}"), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => lists(left, right, place, path, found),
        (None, None) => {}
        (Some(left), Some(right)) if is_same(left, right, place.at) => {}
        (Some(one), None) | (None, Some(one)) if is_nothing(one, place.at) => {}
        _ if !there(before) && !there(after) => {}
        _ => found.push(Difference { field: path.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

/// Whether a value is the same to the server as none.
fn is_nothing(value: &Value, at: Option<At<'_>>) -> bool {
    let empty = match value {
        Value::Null => return true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let default = || at.and_then(|at| at.node.default.as_ref()).is_some_and(|default| is_same(default, value, at));
    empty && at.is_none_or(|at| at.built_in) || default()
}

fn is_same(left: &Value, right: &Value, at: Option<At<'_>>) -> bool {
    if left == right {
        return true;
    }
    let Some(at) = at else { return false };
    if at.name == Some(QUANTITY) {
        return matches!((quantity::exact(left), quantity::exact(right)), (Some(left), Some(right)) if left == right);
    }
    match (left, right, at.node.format.as_deref()) {
        (Value::Number(left), Value::Number(right), _) => {
            left.as_f64() == right.as_f64() && left.as_i64() == right.as_i64()
        }
        (Value::String(left), Value::String(right), Some("date-time")) => {
            let read = |text: &str| time(text, Layout::Seconds).ok();
            matches!((read(left), read(right)), (Some(left), Some(right)) if left == right && left.is_some())
        }
        _ => false,
    }
}

fn lists(left: &[Value], right: &[Value], place: Owned<'_>, path: &str, found: &mut Vec<Difference>) {
    let kind = place.at.map_or(ListType::Atomic, |at| at.node.list_type);
    let item = place.item();
    if kind == ListType::Atomic {
        for index in 0..left.len().max(right.len()) {
            compare(left.get(index), right.get(index), item, &format!("{path}[{index}]"), found);
        }
        return;
    }
    let keys = place.keys();
    let keys = (kind == ListType::Map).then_some(keys.as_slice());
    let mut others: BTreeMap<String, VecDeque<&Value>> = BTreeMap::new();
    let mut order = Vec::new();
    for value in right {
        let name = element(keys, item, value);
        order.push(name.clone());
        others.entry(name).or_default().push_back(value);
    }
    // Items with the same keys belong together in their order.
    for value in left {
        let name = element(keys, item, value);
        let other = others.get_mut(&name).and_then(VecDeque::pop_front);
        compare(Some(value), other, item, &format!("{path}{}", readable(&name)), found);
    }
    for name in order {
        for value in others.remove(&name).into_iter().flatten() {
            compare(None, Some(value), item, &format!("{path}{}", readable(&name)), found);
        }
    }
}
