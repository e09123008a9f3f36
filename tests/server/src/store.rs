//! The stored objects by key, the version counter, and the history of changes.

use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::meta::{self, Json};

/// One stored version of an object. Immutable.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) value: Json,
    /// The JSON of the object (see `render`).
    pub(crate) rendered: OnceLock<Bytes>,
    /// The object in other versions, as a webhook has converted it; or why it could not.
    views: Mutex<BTreeMap<String, Result<Arc<Object>, String>>>,
}

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) key: String,
    pub(crate) before: Option<Arc<Object>>,
    /// The new state; for a deletion, the last state with the deletion's version.
    pub(crate) after: Arc<Object>,
    pub(crate) deleted: bool,
}

/// The objects of one resource.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) objects: BTreeMap<String, Arc<Object>>,
    pub(crate) changes: VecDeque<Change>,
    /// The history lacks changes up to this version.
    pub(crate) trimmed: u64,
}

/// All stored objects.
#[derive(Debug)]
pub(crate) struct Store {
    shelves: BTreeMap<String, Shelf>,
    version: u64,
    compacted: u64,
    history: usize,
    marks: VecDeque<(Duration, u64)>,
    /// The shelf and key of dependents, by their owner's uid.
    owners: BTreeMap<String, BTreeSet<(String, String)>>,
    uids: BTreeSet<String>,
}

impl Object {
    pub(crate) fn new(value: Json) -> Arc<Self> {
        Arc::new(Object { value, rendered: OnceLock::new(), views: Mutex::default() })
    }

    fn views(&self) -> MutexGuard<'_, BTreeMap<String, Result<Arc<Object>, String>>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object in this version, if a webhook has converted it.
    pub(crate) fn view(&self, version: &str) -> Option<Arc<Object>> {
        self.views().get(version)?.as_ref().ok().cloned()
    }

    /// Why a webhook could not convert the object to this version.
    pub(crate) fn view_failure(&self, version: &str) -> Option<String> {
        self.views().get(version)?.as_ref().err().cloned()
    }

    pub(crate) fn keep_view(&self, version: &str, view: Arc<Object>) {
        self.views().insert(version.to_owned(), Ok(view));
    }

    pub(crate) fn keep_failure(&self, version: &str, why: String) {
        self.views().insert(version.to_owned(), Err(why));
    }

    pub(crate) fn name(&self) -> &str {
        meta::meta(&self.value, "name")
    }

    pub(crate) fn namespace(&self) -> &str {
        meta::meta(&self.value, "namespace")
    }

    pub(crate) fn uid(&self) -> &str {
        meta::meta(&self.value, "uid")
    }

    pub(crate) fn key(&self) -> String {
        key(self.namespace(), self.name())
    }
}

/// `namespace/name`, or `name`. Lists are in the order of keys.
pub(crate) fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn owners(object: &Object) -> impl Iterator<Item = &str> {
    meta::list(&object.value, &["metadata", "ownerReferences"]).iter().filter_map(|o| o.get("uid")?.as_str())
}

impl Store {
    pub(crate) fn new(first_version: u64, history: usize) -> Self {
        Store {
            shelves: BTreeMap::new(),
            version: first_version.saturating_sub(1),
            compacted: 0,
            history: history.max(1),
            marks: VecDeque::new(),
            owners: BTreeMap::new(),
            uids: BTreeSet::new(),
        }
    }

    /// The version of the latest change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn shelf(&self, storage: &str) -> Option<&Shelf> {
        self.shelves.get(storage)
    }

    /// The names of all non-empty shelves.
    pub(crate) fn names(&self) -> Vec<String> {
        self.shelves.iter().filter(|(_, s)| !s.objects.is_empty()).map(|(n, _)| n.clone()).collect()
    }

    pub(crate) fn read(&self, storage: &str, key: &str) -> Option<Arc<Object>> {
        self.shelves.get(storage)?.objects.get(key).cloned()
    }

    /// Objects whose key starts with `prefix`, in order.
    pub(crate) fn under<'a>(&'a self, storage: &str, prefix: &'a str) -> impl Iterator<Item = &'a Arc<Object>> {
        self.shelves.get(storage).into_iter().flat_map(move |shelf| {
            shelf
                .objects
                .range(prefix.to_owned()..)
                .take_while(move |(key, _)| key.starts_with(prefix))
                .map(|(_, object)| object)
        })
    }

    /// Stores the object with a new `resourceVersion`.
    pub(crate) fn put(&mut self, storage: &str, mut value: Json) -> Arc<Object> {
        self.version += 1;
        let version = self.version;
        meta::meta_mut(&mut value).insert("resourceVersion".into(), version.to_string().into());
        let object = Object::new(value);
        let key = object.key();
        let shelf = self.shelves.entry(storage.to_owned()).or_default();
        let before = shelf.objects.insert(key.clone(), object.clone());
        let change = Change { version, key, before: before.clone(), after: object.clone(), deleted: false };
        shelf.record(change, self.history);
        if let Some(before) = before {
            self.unindex(storage, &before);
        }
        self.index(storage, &object);
        object
    }

    /// Removes an object; returns its last state with the deletion's version.
    pub(crate) fn delete(&mut self, storage: &str, key: &str) -> Option<Arc<Object>> {
        let shelf = self.shelves.get_mut(storage)?;
        let before = shelf.objects.remove(key)?;
        self.version += 1;
        let version = self.version;
        let mut last = before.value.clone();
        meta::meta_mut(&mut last).insert("resourceVersion".into(), version.to_string().into());
        let after = Object::new(last);
        let change =
            Change { version, key: key.to_owned(), before: Some(before.clone()), after: after.clone(), deleted: true };
        shelf.record(change, self.history);
        self.unindex(storage, &before);
        Some(after)
    }

    /// The objects at `version`; `None` if the history does not reach back to it.
    pub(crate) fn snapshot(&self, storage: &str, version: u64) -> Option<BTreeMap<String, Arc<Object>>> {
        if version < self.compacted {
            return None;
        }
        let Some(shelf) = self.shelves.get(storage) else { return Some(BTreeMap::new()) };
        if version < shelf.trimmed {
            return None;
        }
        let mut objects = shelf.objects.clone();
        for change in shelf.changes.iter().rev().take_while(|c| c.version > version) {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), before.clone()),
                None => objects.remove(&change.key),
            };
        }
        Some(objects)
    }

    /// Drops the history up to `version`.
    pub(crate) fn compact(&mut self, version: u64) {
        self.compacted = self.compacted.max(version.min(self.version));
    }

    /// Once in each period, compacts to the version of one period ago.
    pub(crate) fn compact_by_time(&mut self, now: Duration, every: Duration) {
        match self.marks.back() {
            Some((at, _)) if now < at.saturating_add(every) => {}
            _ => {
                if let Some((_, version)) = self.marks.pop_front() {
                    self.compact(version);
                }
                self.marks.push_back((now, self.version));
            }
        }
    }

    /// Objects with the owner `uid`.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<(String, Arc<Object>)> {
        let Some(keys) = self.owners.get(uid) else { return Vec::new() };
        keys.iter().filter_map(|(s, k)| Some((s.clone(), self.read(s, k)?))).collect()
    }

    /// Whether an object of that uid exists.
    pub(crate) fn has_uid(&self, uid: &str) -> bool {
        self.uids.contains(uid)
    }

    fn index(&mut self, storage: &str, object: &Object) {
        self.uids.insert(object.uid().to_owned());
        for uid in owners(object) {
            self.owners.entry(uid.to_owned()).or_default().insert((storage.to_owned(), object.key()));
        }
    }

    fn unindex(&mut self, storage: &str, object: &Object) {
        self.uids.remove(object.uid());
        for uid in owners(object) {
            if let Some(keys) = self.owners.get_mut(uid) {
                keys.remove(&(storage.to_owned(), object.key()));
                if keys.is_empty() {
                    self.owners.remove(uid);
                }
            }
        }
    }

    /// The oldest version from which a watch of the resource may start.
    pub(crate) fn oldest(&self, storage: &str) -> u64 {
        self.compacted.max(self.shelves.get(storage).map_or(0, |s| s.trimmed))
    }
}

impl Shelf {
    fn record(&mut self, change: Change, history: usize) {
        self.changes.push_back(change);
        while self.changes.len() > history {
            if let Some(old) = self.changes.pop_front() {
                self.trimmed = old.version;
            }
        }
    }

    /// The changes after `version`.
    pub(crate) fn after(&self, version: u64) -> impl Iterator<Item = &Change> {
        let from = self.changes.partition_point(|c| c.version <= version);
        self.changes.range(from..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(name: &str, data: u64) -> Json {
        json!({"metadata": {"name": name}, "data": data}).as_object().unwrap().clone()
    }

    #[test]
    fn a_snapshot_is_the_past() {
        let mut store = Store::new(1, 100);
        store.put("things", object("a", 1));
        store.put("things", object("b", 2));
        let then = store.version();
        store.put("things", object("a", 3));
        store.delete("things", "b");
        store.put("things", object("c", 4));
        let past = store.snapshot("things", then).unwrap();
        let seen: Vec<_> = past.iter().map(|(k, o)| (k.as_str(), meta::integer(&o.value, &["data"]))).collect();
        assert_eq!(seen, [("a", 1), ("b", 2)]);
        store.compact(then + 1);
        assert!(store.snapshot("things", then).is_none());
        assert!(store.snapshot("things", then + 1).is_some());
    }

    #[test]
    fn history_is_bounded() {
        let mut store = Store::new(1, 3);
        for n in 0..10 {
            store.put("things", object("a", n));
        }
        assert_eq!(store.shelf("things").unwrap().changes.len(), 3);
        assert_eq!(store.oldest("things"), 7);
        assert!(store.snapshot("things", 6).is_none());
        assert_eq!(store.snapshot("things", 7).unwrap().len(), 1);
    }

    #[test]
    fn a_period_old_history_goes() {
        let mut store = Store::new(1, 100);
        let minute = Duration::from_secs(60);
        store.put("things", object("a", 1));
        store.compact_by_time(minute, minute);
        store.put("things", object("a", 2));
        store.compact_by_time(minute + minute / 2, minute);
        assert_eq!(store.compacted, 0);
        store.compact_by_time(minute * 2, minute);
        assert_eq!(store.compacted, 1);
    }
}
