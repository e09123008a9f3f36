//! Merges that the API server or kubectl would make, computed from a schema.

use serde_json::{Map, Value};

use super::definitions::At;
use super::field_set::FieldSet;
use super::limits::DEPTH;
use super::managed::{ManagedFields, Manager};
use super::metadata::object_meta;
use super::node::{ListType, Node, SchemaError};
use super::ownership::Owned;
use super::shape::is_within;
use super::typed;
use super::value::Schema;

/// What [`Schema::apply`] makes of an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Applied {
    /// The object after the apply, with the `managedFields` that it had before.
    pub object: Value,
    /// The fields that change and have another owner: without `force`, the server refuses the apply.
    pub conflicts: Vec<Conflict>,
}

/// A field that another manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The owner.
    pub manager: String,
    /// The field, in the form of [`FieldSet::paths`].
    pub field: String,
}

/// Metadata that no manager owns.
const UNOWNED: &[&str] = &[
    "f:name",
    "f:namespace",
    "f:creationTimestamp",
    "f:selfLink",
    "f:uid",
    "f:generation",
    "f:managedFields",
    "f:resourceVersion",
    "f:deletionTimestamp",
    "f:deletionGracePeriodSeconds",
];

impl Schema {
    /// What a server-side apply of a manager makes of a live object, as far as the schema and the object's `managedFields`
    /// say: the applied values are there, and fields are gone that the manager applied before, that are not in the
    /// configuration any more, and that no other manager owns. Lists are merged by the keys of the schema.
    ///
    /// The server's defaults and admission come afterwards, and are not in the result.
    ///
    /// ```
    /// use kube_proto::schema::Schema;
    /// use serde_json::json;
    ///
    /// let schema = Schema::of_resource(&json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
    ///     "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    ///         "items": {"type": "object", "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}},
    /// }}}}))?;
    /// let live = json!({"metadata": {"name": "a", "managedFields": [
    ///     {"manager": "other", "operation": "Apply", "fieldsV1": {"f:spec": {"f:ports": {
    ///         "k:{\"name\":\"x\"}": {".": {}, "f:name": {}, "f:port": {}}}}}},
    /// ]}, "spec": {"ports": [{"name": "x", "port": 1}]}});
    /// let wanted = json!({"metadata": {"name": "a"}, "spec": {"ports": [{"name": "y", "port": 2}]}});
    /// let applied = schema.apply(&live, &wanted, "me")?;
    /// assert_eq!(applied.object["spec"]["ports"], json!([{"name": "x", "port": 1}, {"name": "y", "port": 2}]));
    /// assert!(applied.conflicts.is_empty());
    /// # Ok::<(), kube_proto::schema::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// A value nests deeper than [`DEPTH`], or a reference of the schema leads nowhere.
    pub fn apply(&self, live: &Value, applied: &Value, manager: &str) -> Result<Applied, SchemaError> {
        let at = self.place(&[live, applied])?;
        let node = Owned { at: Some(at), resource: self.resource };
        let managed = ManagedFields::of(live);
        let is_own = |entry: &&Manager| entry.applies && entry.manager == manager && entry.subresource.is_empty();
        let last = managed.entries.iter().find(is_own).map(|entry| entry.fields.clone()).unwrap_or_default();
        let mut keep = owned(typed::fields(applied, node));
        for entry in managed.entries.iter().filter(|entry| !is_own(entry)) {
            keep.join(&entry.fields);
        }
        let mut object = typed::merge(live, applied, node);
        typed::prune(&mut object, node, &last, &keep);
        let changes = typed::compare(Some(live), Some(&object), node);
        let mut changed = changes.added;
        changed.join(&changes.modified);
        let changed = owned(changed);
        let mut conflicts = Vec::new();
        for entry in managed.entries.iter().filter(|entry| !is_own(entry)) {
            let fields = entry.fields.common(&changed).paths();
            conflicts.extend(fields.into_iter().map(|field| Conflict { manager: entry.manager.clone(), field }));
        }
        Ok(Applied { object, conflicts })
    }

    /// What a client-side apply makes of a live object: the strategic three-way merge of kubectl, by the merge keys of
    /// the schema. [`three_way`](super::three_way) makes the patch that kubectl sends for it. `last` is what was applied before (the annotation `kubectl.kubernetes.io/last-applied-configuration`).
    ///
    /// | member | result |
    /// |---|---|
    /// | in `wanted` | merged: objects by member, lists by their merge key, sets by value, other values replaced |
    /// | in `last` and not in `wanted` | gone |
    /// | in `live` alone | stays |
    ///
    /// In a built-in kind a list is merged where the schema has `x-kubernetes-patch-strategy: merge`. In a custom resource
    /// kubectl replaces all lists; so does this, unless the list has the type `map` or `set`.
    ///
    /// Where a new item stands beside an item that only the live list has may differ from kubectl's order.
    ///
    /// # Errors
    /// A value nests deeper than [`DEPTH`], or a reference of the schema leads nowhere.
    pub fn merge_three_way(&self, last: &Value, live: &Value, wanted: &Value) -> Result<Value, SchemaError> {
        let at = self.place(&[last, live, wanted])?;
        Ok(merged(Three { last: Some(last), live: Some(live), wanted }, Some(at), self.resource, false))
    }

    /// The place of the schema, for values that are not too deep.
    pub(super) fn place(&self, values: &[&Value]) -> Result<At<'_>, SchemaError> {
        if !values.iter().all(|value| is_within(value, DEPTH)) {
            return Err(SchemaError::new("", "a value nests deeper than the schema engine goes"));
        }
        self.at().ok_or_else(|| SchemaError::new("", "a reference leads to no schema"))
    }
}

/// The fields that can have an owner.
fn owned(mut set: FieldSet) -> FieldSet {
    set.member = false;
    set.children.remove("f:apiVersion");
    set.children.remove("f:kind");
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.member = false;
        metadata.children.retain(|key, _| !UNOWNED.contains(&key.as_str()));
    }
    set.children.retain(|_, below| !below.is_empty());
    set
}

/// The three values of one place.
#[derive(Clone, Copy)]
struct Three<'v> {
    last: Option<&'v Value>,
    live: Option<&'v Value>,
    wanted: &'v Value,
}

fn merged(three: Three<'_>, at: Option<At<'_>>, resource: bool, retains: bool) -> Value {
    let Three { last, live, wanted } = three;
    match (wanted, live) {
        (Value::Object(wanted), Some(Value::Object(live))) => {
            let retains = retains || at.is_some_and(|at| self::retains(at.node));
            members(last.and_then(Value::as_object), live, wanted, at, resource, retains).into()
        }
        (Value::Array(wanted), Some(Value::Array(live))) => {
            let Some((at, key)) = at.and_then(|at| Some((at, merge_key(at)?))) else { return wanted.clone().into() };
            let last = last.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            items(last, live, wanted, at, key).into()
        }
        _ => wanted.clone(),
    }
}

fn members(
    last: Option<&Map<String, Value>>,
    live: &Map<String, Value>,
    wanted: &Map<String, Value>,
    at: Option<At<'_>>,
    resource: bool,
    retains: bool,
) -> Map<String, Value> {
    let mut out = live.clone();
    if let Some(last) = last {
        out.retain(|key, _| !last.contains_key(key) || wanted.contains_key(key));
    }
    for (key, value) in wanted.iter() {
        if value.is_null() {
            out.remove(key);
            continue;
        }
        // The strategy of a member stands beside its reference.
        let node = at.and_then(|at| at.node.field(key));
        let inner = match at {
            Some(at) if resource && key == "metadata" && !at.built_in => Some(object_meta()),
            at => at.and_then(|at| at.field(key)),
        };
        let three = Three { last: last.and_then(|last| last.get(key)), live: live.get(key), wanted: value };
        let retains = node.is_some_and(|node| self::retains(node)) && !value.is_array();
        let resource = inner.is_some_and(|inner| inner.node.embedded);
        out.insert(key.clone(), merged(three, inner, resource, retains));
    }
    if retains && out != *live {
        out.retain(|key, _| wanted.contains_key(key));
    }
    out
}

/// Whether members go that the wanted object does not name.
fn retains(node: &Node) -> bool {
    node.strategy.as_deref().is_some_and(|strategy| strategy.retain)
}

/// How the items of a list are known again.
#[derive(Clone, Copy)]
enum MergeKey<'s> {
    Keys(&'s [Box<str>]),
    Key(&'s str),
    /// The values are the keys.
    Value,
}

/// How the items of a list are merged; `None` if a list replaces the other.
fn merge_key<'s>(at: At<'s>) -> Option<MergeKey<'s>> {
    let node: &Node = at.node;
    let strategy = node.strategy.as_deref().filter(|strategy| strategy.merge);
    if at.built_in || strategy.is_some() {
        return strategy.map(|strategy| strategy.key.as_deref().map_or(MergeKey::Value, MergeKey::Key));
    }
    match node.list_type {
        ListType::Map => Some(MergeKey::Keys(&node.list_keys)),
        ListType::Set => Some(MergeKey::Value),
        ListType::Atomic => None,
    }
}

impl MergeKey<'_> {
    fn is_same(self, one: &Value, other: &Value) -> bool {
        match self {
            Self::Keys(keys) => keys.iter().all(|key| one.get(&**key) == other.get(&**key)),
            Self::Key(key) => one.get(key).is_some() && one.get(key) == other.get(key),
            Self::Value => one == other,
        }
    }

    fn find(self, among: &[Value], item: &Value) -> Option<usize> {
        among.iter().position(|one| self.is_same(one, item))
    }
}

fn items(last: &[Value], live: &[Value], wanted: &[Value], at: At<'_>, key: MergeKey<'_>) -> Vec<Value> {
    let inner = at.item();
    let mut named = Vec::new();
    for item in wanted {
        let of = |all: &[Value]| key.find(all, item);
        if named.iter().any(|one| key.is_same(one, item)) && matches!(key, MergeKey::Value) {
            continue;
        }
        let three = Three {
            last: of(last).and_then(|place| last.get(place)),
            live: of(live).and_then(|place| live.get(place)),
            wanted: item,
        };
        named.push(match three.live {
            Some(_) => merged(three, inner, inner.is_some_and(|inner| inner.node.embedded), retains(at.node)),
            None => item.clone(),
        });
    }
    let alone = |item: &&Value| key.find(wanted, item).is_none() && key.find(last, item).is_none();
    let mut others = live.iter().filter(alone).peekable();
    let mut named = named.into_iter().peekable();
    let mut out = Vec::new();
    // The wanted items come in their order, and those of the live list alone where they stand among them.
    while let (Some(next), Some(other)) = (named.peek(), others.peek()) {
        let first = matches!((key.find(live, other), key.find(live, next)), (Some(left), Some(right)) if left < right);
        if first { out.extend(others.next().cloned()) } else { out.extend(named.next()) }
    }
    out.extend(named);
    out.extend(others.cloned());
    out
}
