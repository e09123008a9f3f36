//! Field ownership in `metadata.managedFields`, and server-side apply (`managedfields` of apimachinery).

mod check;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use std::time::Duration;

pub(crate) use check::check;
pub(crate) use kube_proto::schema::FieldSet;
use kube_proto::schema::internals::typed;

use super::kinds::Resource;
use super::meta::{self, Json};
use super::schema::{self, Node};
use super::status::{Failure, Outcome};

/// The owners of an object's fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Managed(Vec<Entry>);

/// The fields of one manager.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    who: Who,
    time: String,
    set: FieldSet,
}

/// The identity of a manager.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) manager: String,
    pub(crate) apply: bool,
    pub(crate) version: String,
    pub(crate) subresource: String,
}

impl PartialEq for Who {
    /// A manager that applies stays the same across versions.
    fn eq(&self, other: &Self) -> bool {
        let version = self.apply || self.version == other.version;
        self.manager == other.manager && self.apply == other.apply && self.subresource == other.subresource && version
    }
}

/// The most entries of updates; older ones are joined.
const UPDATES: usize = 10;
const ANCIENT: &str = "ancient-changes";
const BEFORE_APPLY: &str = "before-first-apply";

/// Metadata without an owner.
const UNOWNED: &[&str] = &[
    "f:name",
    "f:namespace",
    "f:creationTimestamp",
    "f:selfLink",
    "f:uid",
    "f:clusterName",
    "f:generation",
    "f:managedFields",
    "f:resourceVersion",
    "f:deletionTimestamp",
    "f:deletionGracePeriodSeconds",
];

impl Managed {
    /// Reads an object's `managedFields`; `None` if they are malformed.
    pub(crate) fn read(object: &Json) -> Option<Self> {
        let list = meta::at(object, &["metadata", "managedFields"])?.as_array()?;
        let mut entries = Vec::new();
        for entry in list {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let apply = match text("operation").as_str() {
                "Apply" => true,
                "Update" => false,
                _ => return None,
            };
            let set = FieldSet::from_value(entry.get("fieldsV1").unwrap_or(&json!({})))?;
            let who =
                Who { manager: text("manager"), apply, version: text("apiVersion"), subresource: text("subresource") };
            entries.push(Entry { who, time: text("time"), set });
        }
        Some(Managed(entries))
    }

    /// The owners of an object that webhooks have changed: they may remove all, but not break them.
    pub(crate) fn after(object: &Json, before: Self) -> Self {
        match meta::at(object, &["metadata", "managedFields"]) {
            None => Self::default(),
            Some(_) => Self::read(object).unwrap_or(before),
        }
    }

    /// Writes the entries into the object.
    pub(crate) fn write(mut self, object: &mut Json) {
        let metadata = meta::meta_mut(object);
        if self.0.is_empty() {
            metadata.remove("managedFields");
            return;
        }
        self.0.sort_by(|a, b| {
            let key = |e: &Entry| {
                (!e.who.apply, e.time.clone(), e.who.manager.clone(), e.who.version.clone(), e.who.subresource.clone())
            };
            key(a).cmp(&key(b))
        });
        let list: Vec<Value> = self.0.iter().map(Entry::to_value).collect();
        metadata.insert("managedFields".into(), list.into());
    }

    fn position(&self, who: &Who) -> Option<usize> {
        self.0.iter().position(|e| e.who == *who)
    }

    fn set_of(&self, who: &Who) -> FieldSet {
        self.position(who).and_then(|i| self.0.get(i)).map(|e| e.set.clone()).unwrap_or_default()
    }

    /// Gives a manager exactly these fields. The entry's time changes if they differ, or if `touched`.
    fn assign(&mut self, who: &Who, set: FieldSet, touched: bool, now: Duration) {
        let place = self.position(who);
        if set.is_empty() {
            if let Some(place) = place {
                self.0.remove(place);
            }
            return;
        }
        match place.and_then(|i| self.0.get_mut(i)) {
            Some(entry) => {
                entry.who.version.clone_from(&who.version);
                if touched || entry.set != set {
                    entry.set = set;
                    entry.time = meta::time(now);
                }
            }
            None => self.0.push(Entry { who: who.clone(), time: meta::time(now), set }),
        }
    }

    /// The fields of `changed` that other managers own.
    fn conflicts(&self, who: &Who, changed: &FieldSet) -> Vec<(&Entry, FieldSet)> {
        self.0
            .iter()
            .filter(|e| e.who != *who)
            .map(|e| (e, e.set.common(changed)))
            .filter(|(_, set)| !set.is_empty())
            .collect()
    }

    /// Takes fields from all managers but one.
    fn take(&mut self, who: &Who, changed: &FieldSet, gone: &FieldSet) {
        for entry in self.0.iter_mut().filter(|e| e.who != *who) {
            entry.set = entry.set.without(changed).without(gone);
        }
        self.0.retain(|e| !e.set.is_empty());
    }

    fn union(&self) -> FieldSet {
        let mut all = FieldSet::default();
        for entry in &self.0 {
            all.join(&entry.set);
        }
        all
    }

    /// Joins the oldest updates into one entry when there are too many.
    fn cap(&mut self) {
        let mut updates: Vec<usize> = (0..self.0.len())
            .filter(|i| self.0.get(*i).is_some_and(|e| !e.who.apply && e.who.subresource.is_empty()))
            .collect();
        if updates.len() <= UPDATES {
            return;
        }
        updates.sort_by_key(|i| self.0.get(*i).map(|e| (e.who.manager != ANCIENT, e.time.clone())));
        let mut old: Vec<Entry> = Vec::new();
        updates.truncate(updates.len() - UPDATES + 1);
        updates.sort_unstable();
        for index in updates.into_iter().rev() {
            old.push(self.0.remove(index));
        }
        let mut joined = FieldSet::default();
        for entry in &old {
            joined.join(&entry.set);
        }
        if let Some(newest) = old.into_iter().max_by(|a, b| a.time.cmp(&b.time)) {
            let who = Who { manager: ANCIENT.into(), ..newest.who };
            self.0.push(Entry { who, time: newest.time, set: joined });
        }
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        let mut value = json!({
            "manager": self.who.manager,
            "operation": if self.who.apply { "Apply" } else { "Update" },
            "apiVersion": self.who.version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.set.to_value(),
        });
        if let (true, Some(map)) = (self.time.is_empty(), value.as_object_mut()) {
            map.remove("time");
        }
        if let (false, Some(map)) = (self.who.subresource.is_empty(), value.as_object_mut()) {
            map.insert("subresource".into(), self.who.subresource.clone().into());
        }
        value
    }

    /// `"kubectl" using apps/v1`, as a conflict names it.
    fn describe(&self) -> String {
        let sub = match self.who.subresource.as_str() {
            "" => String::new(),
            sub => format!(" with subresource \"{sub}\""),
        };
        let using = if self.who.apply { String::new() } else { format!(" using {}", self.who.version) };
        format!("\"{}\"{sub}{using}", self.who.manager)
    }
}

/// The object without `managedFields`.
fn bare(object: &Json) -> Value {
    let mut object = object.clone();
    meta::remove(&mut object, &["metadata", "managedFields"]);
    object.into()
}

/// Removes the fields that have no owner here.
fn strip(set: &mut FieldSet, resource: &Resource, sub: &str) {
    set.member = false;
    set.children.remove("f:apiVersion");
    set.children.remove("f:kind");
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.member = false;
        metadata.children.retain(|key, _| !UNOWNED.contains(&key.as_str()));
    }
    match sub {
        "status" | "approval" => set.children.retain(|key, _| matches!(key.as_str(), "f:status" | "f:metadata")),
        "" if resource.has_status() => {
            set.children.remove("f:status");
        }
        _ => {}
    }
    set.children.retain(|_, below| !below.is_empty());
}

/// Records an update: `who` now owns the fields that it changed.
pub(crate) fn updated(
    resource: &Resource,
    before: Option<&Json>,
    written: Option<&Value>,
    after: &mut Json,
    who: &Who,
    now: Duration,
) {
    let mut managed = match (written, before) {
        (Some(list), _) if cleared(list) => Managed::default(),
        (_, Some(before)) => {
            let mut probe = Json::new();
            if let Some(list) = written {
                meta::set(&mut probe, &["metadata", "managedFields"], list.clone());
            }
            Managed::read(&probe).or_else(|| Managed::read(before)).unwrap_or_default()
        }
        (_, None) => Managed::default(),
    };
    if before.is_some() && managed.0.is_empty() {
        // An update of an object without managers records none.
        managed.write(after);
        return;
    }
    let ty = schema::of(resource);
    let node = Node::new(&ty);
    let old = before.map_or_else(|| json!({"metadata": {}}), bare);
    let mut changes = typed::compare(Some(&old), Some(&bare(after)), node);
    for set in [&mut changes.added, &mut changes.modified, &mut changes.removed] {
        strip(set, resource, &who.subresource);
    }
    let mut changed = changes.added;
    changed.join(&changes.modified);
    managed.take(who, &changed, &changes.removed);
    let mut own = managed.set_of(who).without(&changes.removed);
    own.join(&changed);
    managed.assign(who, own, !changed.is_empty(), now);
    if who.subresource == "scale" && resource.custom.is_some() {
        // The real server loses the time when it converts through the Scale.
        managed.0.iter_mut().filter(|e| e.who == *who).for_each(|e| e.time.clear());
    }
    managed.cap();
    managed.write(after);
}

/// Whether a client's `managedFields` asks to remove all entries.
fn cleared(list: &Value) -> bool {
    list.as_array().is_some_and(|l| l.is_empty() || matches!(l.as_slice(), [one] if one == &json!({})))
}

/// The result of an apply.
pub(crate) struct Applied {
    pub(crate) object: Json,
    pub(crate) managed: Managed,
}

/// Applies `config` to the live object.
///
/// # Errors
/// 409 if other managers own a changed field, unless `force`.
pub(crate) fn apply(
    resource: &Resource,
    live: &Json,
    config: &Json,
    who: &Who,
    force: bool,
    now: Duration,
) -> Outcome<Applied> {
    let ty = schema::of(resource);
    let node = Node::new(&ty);
    let mut managed = Managed::read(live).unwrap_or_default();
    let live = bare(live);
    if managed.0.is_empty() && live.pointer("/metadata/uid").is_some() {
        let before = Who { manager: BEFORE_APPLY.into(), apply: false, subresource: String::new(), ..who.clone() };
        let mut set = typed::fields(&live, node);
        strip(&mut set, resource, "");
        managed.assign(&before, set, false, now);
    }
    let config = Value::Object(config.clone());
    let mut set = typed::fields(&config, node);
    strip(&mut set, resource, &who.subresource);
    let last = managed.set_of(who);
    let mut merged = typed::merge(&live, &only(&config, who), node);
    let mut next = managed.clone();
    next.assign(who, set.clone(), false, now);
    let mut keep = next.union();
    keep.join(&set);
    typed::prune(&mut merged, node, &last, &keep);
    let mut changes = typed::compare(Some(&live), Some(&merged), node);
    for set in [&mut changes.added, &mut changes.modified, &mut changes.removed] {
        strip(set, resource, &who.subresource);
    }
    let mut changed = changes.added.clone();
    changed.join(&changes.modified);
    let conflicts = next.conflicts(who, &changed);
    if !force && !conflicts.is_empty() {
        return Err(refusal(&conflicts));
    }
    next.take(who, &changed, &changes.removed);
    if !changes.is_same() {
        next.assign(who, set, true, now);
    }
    let object = match merged {
        Value::Object(object) => object,
        _ => Json::new(),
    };
    Ok(Applied { object, managed: next })
}

/// The part of a config that the subresource may change.
fn only(config: &Value, who: &Who) -> Value {
    let mut config = config.clone();
    let Some(map) = config.as_object_mut() else { return config };
    if who.subresource == "status" {
        map.retain(|key, _| key == "status");
    }
    config
}

fn refusal(conflicts: &[(&Entry, FieldSet)]) -> Failure {
    let all: Vec<(String, Vec<String>)> =
        conflicts.iter().map(|(entry, set)| (entry.describe(), set.paths())).collect();
    let count: usize = all.iter().map(|(_, paths)| paths.len()).sum();
    let message = match all.as_slice() {
        [(who, paths)] if count == 1 => {
            format!("Apply failed with 1 conflict: conflict with {who}: {}", paths.concat())
        }
        _ => {
            let parts: Vec<String> =
                all.iter().map(|(who, paths)| format!("conflicts with {who}:\n- {}", paths.join("\n- "))).collect();
            format!("Apply failed with {count} conflicts: {}", parts.join("\n"))
        }
    };
    let mut failure = Failure::new(409, "Conflict", message);
    for (who, paths) in &all {
        for path in paths {
            failure = failure.with_cause("FieldManagerConflict", format!("conflict with {who}"), path.clone());
        }
    }
    failure
}
