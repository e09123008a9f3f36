//! The state of a store at a moment.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::index::Index;
use super::sorted::Sorted;
use crate::resource::{Meta, Object};

/// All objects of a store at a moment. It does not change, and is cheap to clone. Iterators are ordered by namespace
/// and then by name.
pub struct Snapshot<K>(pub(super) Arc<State<K>>);

/// The content of a store.
pub(super) struct State<K> {
    pub(super) objects: Sorted<Arc<K>>,
    /// For each index, its values and objects, ordered by value and then by key.
    pub(super) indexed: Vec<Sorted<(Arc<str>, Arc<K>)>>,
    pub(super) indexes: Arc<[Index<K>]>,
    pub(super) version: Option<String>,
    pub(super) synced: bool,
}

/// The namespace and the name of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key<'a> {
    /// The namespace; empty for a cluster-scoped object.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl<'a> Key<'a> {
    /// A key. The namespace of a cluster-scoped object is empty.
    #[must_use]
    pub fn new(namespace: &'a str, name: &'a str) -> Self {
        Self { namespace, name }
    }
}

impl<'a> From<Meta<'a>> for Key<'a> {
    fn from(meta: Meta<'a>) -> Self {
        Self { namespace: meta.namespace.unwrap_or_default(), name: meta.name.unwrap_or_default() }
    }
}

impl fmt::Display for Key<'_> {
    /// `namespace/name`, or `name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace {
            "" => f.write_str(self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}

pub(super) fn key<K: Object>(object: &K) -> Key<'_> {
    object.meta().into()
}

impl<K: Object> Snapshot<K> {
    /// The object of this name. The namespace of a cluster-scoped object is empty.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<K>> {
        self.0.get(Key::new(namespace, name))
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<K>> {
        self.0.objects.iter()
    }

    /// The objects of one namespace.
    pub fn within<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<K>> {
        let all = self.0.objects.from(move |object| key(&**object).namespace.cmp(namespace));
        all.take_while(move |object| key(&***object).namespace == namespace)
    }

    /// The objects with this value in the index of this name. `None` if there is no such index.
    pub fn by<'a>(&'a self, index: &str, value: &'a str) -> Option<impl Iterator<Item = &'a Arc<K>>> {
        let at = self.0.indexes.iter().position(|one| one.name() == index)?;
        let all = self.0.indexed.get(at)?.from(move |(one, _)| (**one).cmp(value));
        Some(all.take_while(move |(one, _)| **one == *value).map(|(_, object)| object))
    }

    /// The values of an index, each once, in order. `None` if there is no such index.
    pub fn values(&self, index: &str) -> Option<impl Iterator<Item = &str>> {
        let at = self.0.indexes.iter().position(|one| one.name() == index)?;
        let mut last = None;
        let all = self.0.indexed.get(at)?.iter().map(|(value, _)| &**value);
        Some(all.filter(move |value| last.replace(*value) != Some(*value)))
    }
}

impl<K> Snapshot<K> {
    /// The number of objects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.objects.len()
    }

    /// Whether there are no objects.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The version of this state; `None` before the first list is complete.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Whether a list has been complete. Before that there are no objects.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.0.synced
    }
}

impl<K: Object> State<K> {
    pub(super) fn new(indexes: Arc<[Index<K>]>) -> Self {
        let indexed = indexes.iter().map(|_| Sorted::default()).collect();
        Self { objects: Sorted::default(), indexed, indexes, version: None, synced: false }
    }

    pub(super) fn get(&self, of: Key<'_>) -> Option<&Arc<K>> {
        self.objects.find(|object| key(&**object).cmp(&of))
    }

    /// Inserts or replaces an object.
    pub(super) fn insert(&mut self, object: &Arc<K>) {
        let old = self.get(key(&**object)).map(|old| Values::of(&self.indexes, old));
        let new = Values::of(&self.indexes, object);
        self.put(object, &old.unwrap_or_default(), new);
    }

    /// Inserts or replaces an object, with the index values of the old and the new one.
    pub(super) fn put(&mut self, object: &Arc<K>, old: &Values, new: Values) {
        let of = key(&**object);
        self.unindex(of, old);
        for (values, indexed) in new.0.into_iter().zip(&mut self.indexed) {
            for value in values {
                let order = by_value(&value, of);
                indexed.insert((Arc::from(&*value), Arc::clone(object)), order);
            }
        }
        self.objects.insert(Arc::clone(object), |other| key(&**other).cmp(&of));
    }

    /// Removes an object.
    pub(super) fn remove(&mut self, of: Key<'_>) {
        if let Some(old) = self.get(of) {
            let old = Values::of(&self.indexes, old);
            self.take(of, &old);
        }
    }

    /// Removes an object, with its index values.
    pub(super) fn take(&mut self, of: Key<'_>, old: &Values) {
        self.unindex(of, old);
        self.objects.remove(|object| key(&**object).cmp(&of));
    }

    fn unindex(&mut self, of: Key<'_>, old: &Values) {
        for (values, indexed) in old.0.iter().zip(&mut self.indexed) {
            for value in values {
                indexed.remove(by_value(value, of));
            }
        }
    }
}

/// The values of an object in each index.
#[derive(Debug, Default)]
pub(super) struct Values(Vec<Vec<String>>);

impl Values {
    /// Calls the functions of the indexes. Not under the lock: a slow function must not block the readers.
    pub(super) fn of<K>(indexes: &[Index<K>], object: &K) -> Self {
        Self(indexes.iter().map(|index| index.values(object)).collect())
    }
}

fn by_value<'a, K: Object>(value: &'a str, of: Key<'a>) -> impl Fn(&(Arc<str>, Arc<K>)) -> Ordering + 'a {
    move |(other, object)| (**other).cmp(value).then_with(|| key(&**object).cmp(&of))
}

impl<K> Clone for State<K> {
    fn clone(&self) -> Self {
        Self {
            objects: self.objects.clone(),
            indexed: self.indexed.clone(),
            indexes: Arc::clone(&self.indexes),
            version: self.version.clone(),
            synced: self.synced,
        }
    }
}

impl<K> Clone for Snapshot<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for Snapshot<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("objects", &self.len()).field("version", &self.0.version).finish()
    }
}
