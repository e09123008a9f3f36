//! The changes of objects, and the difference between two states.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::snapshot::{State, key};
use super::sorted::Place;
use crate::resource::{Meta, Object};

/// A change of one object.
pub enum Change<K> {
    /// The object is new.
    Added(Arc<K>),
    /// The object has another version.
    Updated {
        /// The last known state.
        old: Arc<K>,
        /// The new state.
        new: Arc<K>,
    },
    /// The object was deleted, or no longer matches the selector.
    Deleted {
        /// The last known state: that of the deletion, unless `missed` is set.
        last: Arc<K>,
        /// The deletion event was missed. The object may have changed before it was deleted.
        missed: bool,
    },
}

impl<K> Change<K> {
    /// The newest state of the object.
    #[must_use]
    pub fn object(&self) -> &Arc<K> {
        match self {
            Change::Added(object) | Change::Updated { new: object, .. } | Change::Deleted { last: object, .. } => {
                object
            }
        }
    }
}

/// A change, with the old state to undo it.
pub(super) struct Delta<K> {
    pub(super) old: Option<Arc<K>>,
    pub(super) new: Option<Arc<K>>,
    /// The state of the deletion, if its event was received.
    pub(super) last: Option<Arc<K>>,
}

impl<K> Delta<K> {
    /// `None` if there is neither an old nor a new state.
    pub(super) fn change(self) -> Option<Change<K>> {
        Some(match (self.old, self.new) {
            (None, Some(new)) => Change::Added(new),
            (Some(old), Some(new)) => Change::Updated { old, new },
            (Some(old), None) => {
                let missed = self.last.is_none();
                Change::Deleted { last: self.last.unwrap_or(old), missed }
            }
            (None, None) => return None,
        })
    }
}

/// Whether these may be versions of one object. Objects without a uid cannot be distinguished.
pub(super) fn same_object(a: &Meta<'_>, b: &Meta<'_>) -> bool {
    a.uid.is_none() || b.uid.is_none() || a.uid == b.uid
}

/// Whether these are the same version of one object.
pub(super) fn same_version(a: &Meta<'_>, b: &Meta<'_>) -> bool {
    same_object(a, b) && a.resource_version.is_some() && a.resource_version == b.resource_version
}

/// The difference between two states, computed step by step.
pub(super) struct Diff<K> {
    old: Arc<State<K>>,
    new: Arc<State<K>>,
    in_old: Place,
    in_new: Place,
    /// The addition that follows the deletion, if another object has taken the name.
    second: Option<Delta<K>>,
}

impl<K: Object> Diff<K> {
    pub(super) fn new(old: Arc<State<K>>, new: Arc<State<K>>) -> Self {
        Self { old, new, in_old: Place::default(), in_new: Place::default(), second: None }
    }

    /// The next change, in the order of keys.
    pub(super) fn next(&mut self) -> Option<Delta<K>> {
        if let Some(second) = self.second.take() {
            return Some(second);
        }
        loop {
            if self.old.objects.skip_common(&mut self.in_old, &self.new.objects, &mut self.in_new) {
                continue;
            }
            let old = self.old.objects.at(&mut self.in_old);
            let new = self.new.objects.at(&mut self.in_new);
            let order = match (old, new) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => key(&**old).cmp(&key(&**new)),
            };
            let old = old.filter(|_| order != Ordering::Greater).cloned();
            let new = new.filter(|_| order != Ordering::Less).cloned();
            if old.is_some() {
                self.in_old.step();
            }
            if new.is_some() {
                self.in_new.step();
            }
            match (old, new) {
                (Some(old), Some(new)) if Arc::ptr_eq(&old, &new) || same_version(&old.meta(), &new.meta()) => {}
                (Some(old), Some(new)) if !same_object(&old.meta(), &new.meta()) => {
                    self.second = Some(Delta { old: None, new: Some(new), last: None });
                    return Some(Delta { old: Some(old), new: None, last: None });
                }
                (old, new) => return Some(Delta { old, new, last: None }),
            }
        }
    }
}

impl<K> Clone for Change<K> {
    fn clone(&self) -> Self {
        match self {
            Change::Added(object) => Change::Added(Arc::clone(object)),
            Change::Updated { old, new } => Change::Updated { old: Arc::clone(old), new: Arc::clone(new) },
            Change::Deleted { last, missed } => Change::Deleted { last: Arc::clone(last), missed: *missed },
        }
    }
}

impl<K> Clone for Delta<K> {
    fn clone(&self) -> Self {
        Self { old: self.old.clone(), new: self.new.clone(), last: self.last.clone() }
    }
}

impl<K: Object> fmt::Debug for Change<K> {
    /// Shows the key and the versions, not the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = |object: &Arc<K>| object.meta().resource_version.unwrap_or("-").to_owned();
        let at = key(&**self.object());
        match self {
            Change::Added(new) => write!(f, "added {at} {}", version(new)),
            Change::Updated { old, new } => write!(f, "updated {at} {} to {}", version(old), version(new)),
            Change::Deleted { last, missed: false } => write!(f, "deleted {at} {}", version(last)),
            Change::Deleted { last, missed: true } => write!(f, "deleted {at} after {}", version(last)),
        }
    }
}
