//! What an apply on the client's side changes: from the configuration that was applied last, the one that is wanted now, and the live
//! object to a patch, as `kubectl apply` makes it.
//!
//! | member | in the wanted one | in the live one | in the last one | patch |
//! |---|---|---|---|---|
//! | any | yes | no | | its value |
//! | objects | yes | yes | | what differs in them |
//! | lists that merge by a key | yes | yes | | the items that are new or differ; those only in the last one are deleted |
//! | lists of scalars that merge | yes | yes | | the items that are new; those only in the last one are deleted |
//! | others | yes | another value | | its value |
//! | any | no | | yes | null |
//! | any | no | yes | no | nothing |
//!
//! In an object or a list that the live object does not have, nothing is removed; kubectl's patch names it all the same.
//!
//! Lists merge where the schema of a built-in kind says so (`x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key`); then the
//! patch is a strategic merge patch. For all other kinds it is a JSON merge patch, and lists are values.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use serde_json::{Map, Value, json};

use super::definitions::{At, is_built_in};
use super::limits::DEPTH;
use super::value::Schema;

/// The patch of an apply on the client's side, from [`three_way`]. `Debug` hides the values.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ThreeWay {
    /// The patch; an empty object if there is nothing to change.
    pub patch: Value,
    /// The live object after the patch, before a server defaults and admits it.
    pub merged: Value,
    /// The patch is a strategic merge patch, and not a JSON merge patch.
    pub is_strategic: bool,
}

impl ThreeWay {
    /// Whether the patch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patch.as_object().is_none_or(Map::is_empty)
    }
}

impl fmt::Debug for ThreeWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreeWay").field("is_strategic", &self.is_strategic).finish_non_exhaustive()
    }
}

/// The patch that makes `wanted` of the `live` object: it sets what is wanted, removes what was in the `last` configuration and is no
/// longer wanted, and leaves all else as it is. Values that are no objects are as empty ones.
///
/// With the schema of a built-in kind the patch is strategic, otherwise it is a JSON merge patch.
///
/// ```
/// use kube_proto::schema::three_way;
/// use serde_json::json;
///
/// let last = json!({"spec": {"size": 1, "color": "red"}});
/// let wanted = json!({"spec": {"size": 2}});
/// let live = json!({"spec": {"size": 1, "color": "red", "shape": "round"}});
/// let change = three_way(None, &last, &wanted, &live);
/// assert_eq!(change.patch, json!({"spec": {"size": 2, "color": null}}));
/// assert_eq!(change.merged, json!({"spec": {"size": 2, "shape": "round"}}));
/// ```
#[must_use]
pub fn three_way(schema: Option<&Schema>, last: &Value, wanted: &Value, live: &Value) -> ThreeWay {
    let at = schema.filter(|schema| schema.name().is_some_and(is_built_in)).and_then(Schema::at);
    let empty = Map::new();
    let [wanted, live] = [wanted, live].map(|side| side.as_object().unwrap_or(&empty));
    let sides = Sides { last: last.as_object(), wanted, live };
    let (patch, merged) = objects(at, &sides, at.is_some(), false, 0);
    ThreeWay { patch: patch.into(), merged: merged.into(), is_strategic: at.is_some() }
}

type Object = Map<String, Value>;

/// One object in its three forms.
struct Sides<'a> {
    last: Option<&'a Object>,
    wanted: &'a Object,
    live: &'a Object,
}

/// The patch of an object, and the object after it. With `retain` the patch names all members that stay.
fn objects(at: Option<At<'_>>, sides: &Sides<'_>, strategic: bool, retain: bool, depth: usize) -> (Object, Object) {
    let Sides { last, wanted, live } = *sides;
    let last_of = |key: &str| last.and_then(|last| last.get(key));
    let (mut patch, mut merged) = (Object::new(), live.clone());
    for (key, want) in wanted {
        let strategy = at.and_then(|at| at.node.field(key)).and_then(|node| node.strategy.as_deref());
        let inner = at.and_then(|at| at.field(key));
        match (want, live.get(key)) {
            (Value::Null, now) => {
                let known = if strategic { now } else { last_of(key) };
                if known != Some(&Value::Null) {
                    patch.insert(key.clone(), Value::Null);
                    merged.remove(key);
                }
            }
            (Value::Object(wanted), Some(Value::Object(live))) if depth < DEPTH => {
                let sides = Sides { last: last_of(key).and_then(Value::as_object), wanted, live };
                let retain = strategy.is_some_and(|strategy| strategy.retain);
                let (change, object) = objects(inner, &sides, strategic, retain, depth + 1);
                if !change.is_empty() {
                    patch.insert(key.clone(), change.into());
                }
                merged.insert(key.clone(), object.into());
            }
            (Value::Array(wanted), Some(Value::Array(live)))
                if depth < DEPTH && !live.is_empty() && strategy.is_some_and(|strategy| strategy.merge) =>
            {
                let last = last_of(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let lists = Lists { key, last, wanted, live };
                let list = match strategy.and_then(|strategy| strategy.key.as_deref().map(|by| (strategy, by))) {
                    Some((strategy, by)) => {
                        let item = inner.and_then(At::item);
                        keyed(item, &lists, (by, strategy.retain), depth + 1, &mut patch)
                    }
                    None => Some(scalars(&lists, &mut patch)),
                };
                if list.is_none() && wanted != live {
                    patch.insert(key.clone(), want.clone());
                }
                merged.insert(key.clone(), list.map_or_else(|| want.clone(), Value::from));
            }
            (want, Some(now)) if want == now => {}
            (want, _) => {
                // A JSON merge patch has no null within a new value.
                patch.insert(key.clone(), if strategic { want.clone() } else { without_nulls(want) });
                merged.insert(key.clone(), without_nulls(want));
            }
        }
    }
    for key in last.into_iter().flat_map(Map::keys).filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
        merged.remove(key);
    }
    if retain {
        let is_there = |(key, value): (&String, &Value)| (!value.is_null()).then(|| key.clone());
        let keys: BTreeSet<String> = wanted.iter().filter_map(is_there).collect();
        let more = |side: &Object| side.iter().filter_map(is_there).any(|key| !wanted.contains_key(&key));
        if !keys.is_empty() && (!patch.is_empty() || more(live) || last.is_some_and(more)) {
            merged.retain(|key, _| keys.contains(key));
            patch.insert("$retainKeys".into(), json!(keys));
        }
    }
    (patch, merged)
}

/// The value without members that are null.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let some = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(some.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// One list in its three forms.
struct Lists<'a> {
    key: &'a str,
    last: &'a [Value],
    wanted: &'a [Value],
    live: &'a [Value],
}

/// Items of a list by the text of their key, in order; several may have one key.
struct Index<'a>(BTreeMap<String, VecDeque<&'a Object>>);

impl<'a> Index<'a> {
    fn of(items: &[(String, &'a Object)]) -> Self {
        let mut index: BTreeMap<String, VecDeque<&Object>> = BTreeMap::new();
        for (id, item) in items {
            index.entry(id.clone()).or_default().push_back(item);
        }
        Self(index)
    }

    /// The next item of a key.
    fn take(&mut self, id: &str) -> Option<&'a Object> {
        self.0.get_mut(id)?.pop_front()
    }
}

/// The items, each with the text of its key. `None` if one has no key.
fn with_keys<'a>(items: &'a [Value], by: &str) -> Option<Vec<(String, &'a Object)>> {
    let item = |item: &'a Value| {
        let members = item.as_object()?;
        Some((members.get(by)?.to_string(), members))
    };
    items.iter().map(item).collect()
}

/// A list of objects that merge by a key, after the patch. `None` if an item does not have the key.
fn keyed(
    at: Option<At<'_>>,
    lists: &Lists<'_>,
    (by, retain): (&str, bool),
    depth: usize,
    patch: &mut Object,
) -> Option<Vec<Value>> {
    let (last, wanted, live) = (with_keys(lists.last, by)?, with_keys(lists.wanted, by)?, with_keys(lists.live, by)?);
    let (mut was, mut now) = (Index::of(&last), Index::of(&live));
    let (mut changes, mut merged) = (Vec::new(), Vec::new());
    for (id, want) in &wanted {
        let (last, item) = (was.take(id), now.take(id));
        let Some(item) = item else {
            changes.push(Value::Object((*want).clone()));
            merged.push((id.clone(), without_nulls(&Value::Object((*want).clone()))));
            continue;
        };
        let (mut change, item) = objects(at, &Sides { last, wanted: want, live: item }, true, retain, depth);
        if !change.is_empty() {
            change.insert(by.to_owned(), want.get(by)?.clone());
            changes.push(change.into());
        }
        merged.push((id.clone(), item.into()));
    }
    let is_wanted: BTreeSet<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let mut gone = BTreeMap::new();
    for (id, item) in last.iter().filter(|(id, _)| !is_wanted.contains(id.as_str())) {
        gone.insert(id.as_str(), json!({by: item.get(by)?, "$patch": "delete"}));
    }
    changes.extend(gone.values().cloned());
    let ids = |items: &[(String, &Object)]| items.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    if (!changes.is_empty() || ids(&live) != ids(&wanted)) && !wanted.is_empty() {
        let order = wanted.iter().map(|(_, item)| Some(json!({by: item.get(by)?}))).collect::<Option<Vec<_>>>()?;
        patch.insert(format!("$setElementOrder/{}", lists.key), order.into());
    }
    if !changes.is_empty() {
        patch.insert(lists.key.to_owned(), changes.into());
    }
    let stays = |(id, _): &&(String, &Object)| !is_wanted.contains(id.as_str()) && !gone.contains_key(id.as_str());
    let others = live.iter().filter(stays).map(|(id, item)| (id.clone(), Value::Object((*item).clone()))).collect();
    Some(interleaved(others, merged, &ids(&live)))
}

/// A list of scalars that merge, after the patch.
fn scalars(lists: &Lists<'_>, patch: &mut Object) -> Vec<Value> {
    let Lists { key, last, wanted, live } = *lists;
    let ids = |items: &[Value]| items.iter().map(Value::to_string).collect::<Vec<_>>();
    let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let (was, want, now) = (ids(last), ids(wanted), ids(live));
    let (wanted_set, live_set) = (set(&want), set(&now));
    let new: Vec<Value> =
        wanted.iter().zip(&want).filter(|(_, id)| !live_set.contains(*id)).map(|(item, _)| item.clone()).collect();
    let gone: BTreeMap<&str, &Value> = was
        .iter()
        .zip(last)
        .filter(|(id, _)| !wanted_set.contains(*id))
        .map(|(id, item)| (id.as_str(), item))
        .collect();
    let mut sorted = live.to_vec();
    sorted.sort_by_key(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
    if (!gone.is_empty() || sorted != wanted) && !wanted.is_empty() {
        patch.insert(format!("$setElementOrder/{key}"), wanted.to_vec().into());
    }
    if !gone.is_empty() {
        let gone: Vec<Value> = gone.values().map(|item| (*item).clone()).collect();
        patch.insert(format!("$deleteFromPrimitiveList/{key}"), gone.into());
    }
    if !new.is_empty() {
        patch.insert(key.to_owned(), new.into());
    }
    let stays = |(id, _): &(&String, &Value)| !wanted_set.contains(*id) && !gone.contains_key(id.as_str());
    let others = now.iter().zip(live).filter(stays).map(|(id, item)| (id.clone(), item.clone())).collect();
    interleaved(others, want.iter().cloned().zip(wanted.iter().cloned()).collect(), &now)
}

/// Puts the items that only the server has between the wanted ones: before a wanted one that was behind them.
fn interleaved(others: Vec<(String, Value)>, wanted: Vec<(String, Value)>, live: &[String]) -> Vec<Value> {
    let mut place = BTreeMap::new();
    for (at, id) in live.iter().enumerate() {
        place.entry(id.as_str()).or_insert(at);
    }
    let mut list = Vec::new();
    let mut others = others.into_iter().peekable();
    for (id, item) in wanted {
        while let Some((_, other)) =
            others.next_if(|(other, _)| match (place.get(other.as_str()), place.get(id.as_str())) {
                (Some(other), Some(one)) => other < one,
                _ => false,
            })
        {
            list.push(other);
        }
        list.push(item);
    }
    list.extend(others.map(|(_, other)| other));
    list
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        last: Value,
        wanted: Value,
        live: Value,
        strategic: Value,
        result: Value,
        merge: Value,
        merged: Value,
    }

    /// The schema of `Thing` in `corpus/patches/main.go`.
    fn thing() -> Schema {
        let list = |items: Value, strategy: &str, key: &str| {
            let mut list = json!({"type": "array", "items": items});
            if !strategy.is_empty() {
                list["x-kubernetes-patch-strategy"] = strategy.into();
            }
            if !key.is_empty() {
                list["x-kubernetes-patch-merge-key"] = key.into();
            }
            list
        };
        let reference = |name: &str| json!({"allOf": [{"$ref": format!("#/components/schemas/io.k8s.api.{name}")}]});
        let (text, number) = (json!({"type": "string"}), json!({"type": "integer"}));
        let map = json!({"type": "object", "additionalProperties": text});
        let mut keep = reference("Inner");
        keep["x-kubernetes-patch-strategy"] = "retainKeys".into();
        let document = json!({"components": {"schemas": {
            "io.k8s.api.Inner": {"type": "object", "properties": {"a": text, "b": number, "m": map}},
            "io.k8s.api.Item": {"type": "object", "properties": {
                "name": text, "value": number, "inner": reference("Inner"), "words": list(text.clone(), "", ""),
                "items": list(reference("Item"), "merge", "name"),
            }},
            "io.k8s.api.Thing": {"type": "object", "properties": {
                "text": text, "words": list(text.clone(), "", ""), "set": list(text.clone(), "merge", ""),
                "items": list(reference("Item"), "merge", "name"), "whole": list(reference("Item"), "", ""), "map": map,
                "inner": reference("Inner"), "keep": keep, "kept": list(reference("Item"), "merge,retainKeys", "name"),
            }},
        }}});
        let document = super::super::OpenApi::from_slice(document.to_string().as_bytes()).unwrap();
        document.definition("io.k8s.api.Thing").unwrap().unwrap()
    }

    #[test]
    fn kubectl_s_patches() {
        let rows: Vec<Row> = serde_json::from_str(include_str!("corpus/patches/corpus.json")).unwrap();
        let schema = thing();
        let (mut wrong, mut same) = (Vec::new(), 0);
        for row in &rows {
            let strategic = three_way(Some(&schema), &row.last, &row.wanted, &row.live);
            let merge = three_way(None, &row.last, &row.wanted, &row.live);
            assert!(strategic.is_strategic && !merge.is_strategic);
            same += usize::from(strategic.patch == row.strategic) + usize::from(merge.patch == row.merge);
            for (what, ours, theirs) in
                [("strategic", &strategic.merged, &row.result), ("merge", &merge.merged, &row.merged)]
            {
                // kubectl leaves its own marks where the object had nothing to remove.
                let theirs = without_marks(theirs);
                if *ours != theirs {
                    let (last, wanted, live) = (&row.last, &row.wanted, &row.live);
                    wrong.push(format!(
                        "{what}: last {last} wanted {wanted} live {live}\n  theirs {theirs}\n  ours   {ours}"
                    ));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {}:\n{}",
            wrong.len(),
            rows.len() * 2,
            wrong[..wrong.len().min(12)].join("\n")
        );
        // The others differ in what they remove: ours does not name what is in an object or a list that is not there.
        assert!(same * 100 >= rows.len() * 2 * 95, "{same} of {} patches are the same", rows.len() * 2);
    }

    fn without_marks(value: &Value) -> Value {
        let mut value = without_nulls(value);
        fn clean(value: &mut Value) {
            match value {
                Value::Object(members) => {
                    members.remove("$retainKeys");
                    members.values_mut().for_each(clean);
                }
                Value::Array(items) => items.iter_mut().for_each(clean),
                _ => {}
            }
        }
        clean(&mut value);
        value
    }
}
