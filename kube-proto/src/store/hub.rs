//! What the one writer of a store and its many readers share.
//!
//! One lock, held for moments: to copy an `Arc`, or to put one object in its place. Nothing is decoded, dropped at
//! length, asked of an index or woken under it. The writer looks, thinks without the lock, and writes: between the two
//! nobody else does.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::change::{Delta, same_object, same_version};
use super::index::Index;
use super::snapshot::{Key, State, Values, key};
use crate::error::Error;
use crate::resource::Object;
use crate::resource::resource_version::is_older;

pub(super) struct Hub<K> {
    shared: Mutex<Shared<K>>,
    /// Those of every state: they do not change, and are asked without the lock.
    indexes: Arc<[Index<K>]>,
    /// A driver has resumed the reflector.
    driven: AtomicBool,
}

pub(super) struct Shared<K> {
    pub(super) state: Arc<State<K>>,
    pub(super) boxes: BTreeMap<u64, Mailbox<K>>,
    wakers: BTreeMap<u64, Waker>,
    next: u64,
    pub(super) closed: Option<Result<(), Error>>,
}

/// What a subscriber has not taken yet.
pub(super) struct Mailbox<K> {
    limit: usize,
    pub(super) queue: VecDeque<Delta<K>>,
    /// It was too slow, or has just begun: what it has seen is this, and what is in the queue counts for nothing until it
    /// has caught up.
    pub(super) behind: Option<Arc<State<K>>>,
}

impl<K: Object> Hub<K> {
    pub(super) fn new(indexes: Arc<[Index<K>]>) -> Self {
        let state = Arc::new(State::new(Arc::clone(&indexes)));
        let (boxes, wakers) = (BTreeMap::new(), BTreeMap::new());
        Self {
            shared: Mutex::new(Shared { state, boxes, wakers, next: 0, closed: None }),
            indexes,
            driven: AtomicBool::new(false),
        }
    }

    /// A driver resumes the reflector.
    pub(super) fn drive(&self) {
        if !self.driven.load(Ordering::Relaxed) {
            self.driven.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the reflector was ever resumed, or has listed.
    pub(super) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Relaxed) || self.lock().state.synced
    }

    /// The object is new, or changed. Nothing happens where it is known in this version, or in a later one.
    pub(super) fn apply(&self, new: Arc<K>) -> Vec<Delta<K>> {
        let version = new.meta().resource_version.map(str::to_owned);
        let deltas = match self.known(key(&*new)) {
            None => vec![Delta { old: None, new: Some(new), last: None }],
            Some(old) if is_stale(&*new, &*old) || same_version(&new.meta(), &old.meta()) => Vec::new(),
            Some(old) if same_object(&new.meta(), &old.meta()) => {
                vec![Delta { old: Some(old), new: Some(new), last: None }]
            }
            Some(old) => {
                vec![Delta { old: Some(old), new: None, last: None }, Delta { old: None, new: Some(new), last: None }]
            }
        };
        self.publish(deltas, version.as_deref())
    }

    /// The object is gone. Nothing happens where that was known, or where something later is known of it.
    pub(super) fn delete(&self, last: Arc<K>) -> Vec<Delta<K>> {
        let version = last.meta().resource_version.map(str::to_owned);
        let old = self.known(key(&*last)).filter(|old| !is_stale(&*last, &**old));
        let deltas = old.map(|old| {
            let last = same_object(&last.meta(), &old.meta()).then_some(last);
            Delta { old: Some(old), new: None, last }
        });
        self.publish(deltas.into_iter().collect(), version.as_deref())
    }

    /// The object of this key is gone, though it cannot be read; or another one is in its place, which cannot.
    pub(super) fn forget(&self, of: Key<'_>, if_: impl Fn(&K) -> bool, version: Option<&str>) -> Vec<Delta<K>> {
        let old = self.known(of).filter(|old| if_(old));
        let deltas = old.map(|old| Delta { old: Some(old), new: None, last: None });
        self.publish(deltas.into_iter().collect(), version)
    }

    /// Nothing else happened up to this version.
    pub(super) fn advance(&self, version: &str) {
        self.publish(Vec::new(), Some(version));
    }

    /// What is known of an object.
    pub(super) fn known(&self, of: Key<'_>) -> Option<Arc<K>> {
        self.lock().state.get(of).cloned()
    }

    /// Another state in the place of all that was known. Gives both.
    pub(super) fn replace(&self, new: State<K>) -> (Arc<State<K>>, Arc<State<K>>) {
        let new = Arc::new(new);
        let mut shared = self.lock();
        shared.leave_behind(|_| true);
        let old = mem::replace(&mut shared.state, Arc::clone(&new));
        wake(shared);
        (old, new)
    }

    fn publish(&self, deltas: Vec<Delta<K>>, version: Option<&str>) -> Vec<Delta<K>> {
        let values = |object: &Option<Arc<K>>| object.as_ref().map(|object| Values::of(&self.indexes, object));
        let values =
            |delta: &Delta<K>| (values(&delta.old).unwrap_or_default(), values(&delta.new).unwrap_or_default());
        let values: Vec<(Values, Values)> = deltas.iter().map(values).collect();
        let mut shared = self.lock();
        let moved =
            version.filter(|new| shared.state.version.as_deref().is_none_or(|old| old != *new && !is_older(new, old)));
        if deltas.is_empty() && moved.is_none() {
            return deltas;
        }
        shared.leave_behind(|mailbox| mailbox.queue.len() + deltas.len() > mailbox.limit);
        let state = Arc::make_mut(&mut shared.state);
        if let Some(version) = moved {
            state.version = Some(version.to_owned());
        }
        for (delta, (before, after)) in deltas.iter().zip(values) {
            match (&delta.new, &delta.old) {
                (Some(new), _) => state.put(new, &before, after),
                (None, Some(old)) => state.take(key(&**old), &before),
                (None, None) => {}
            }
        }
        for mailbox in shared.boxes.values_mut().filter(|mailbox| mailbox.behind.is_none()) {
            mailbox.queue.extend(deltas.iter().cloned());
        }
        wake(shared);
        deltas
    }

    /// A new reader's number, and a mailbox for it if it wants one.
    pub(super) fn enter(&self, limit: Option<usize>) -> u64 {
        let mut shared = self.lock();
        shared.next += 1;
        let id = shared.next;
        if let Some(limit) = limit {
            // It has seen nothing yet. Two changes at once is what one event may bring.
            let behind = Some(Arc::new(State::new(Arc::default())));
            shared.boxes.insert(id, Mailbox { limit: limit.max(2), queue: VecDeque::new(), behind });
        }
        id
    }
}

impl<K> Hub<K> {
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared<K>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> Arc<State<K>> {
        Arc::clone(&self.lock().state)
    }

    /// Nobody writes any more.
    pub(super) fn close(&self, how: Result<(), Error>) {
        let mut shared = self.lock();
        if shared.closed.is_none() {
            shared.closed = Some(how);
            wake(shared);
        }
    }

    /// What `look` finds; or, where it finds nothing, the waker is kept until something happens.
    pub(super) fn look_or_wait<T>(
        &self,
        id: u64,
        waker: &Waker,
        look: impl FnOnce(&mut Shared<K>) -> Option<T>,
    ) -> Option<T> {
        let waker = waker.clone();
        let mut shared = self.lock();
        let found = look(&mut shared);
        // The one that is not needed any more is dropped after the lock.
        let _old = if found.is_none() { shared.wakers.insert(id, waker) } else { Some(waker) };
        drop(shared);
        found
    }

    /// A reader is gone.
    pub(super) fn leave(&self, id: u64) {
        let mut shared = self.lock();
        let gone = (shared.boxes.remove(&id), shared.wakers.remove(&id));
        drop(shared);
        drop(gone);
    }
}

impl<K: Object> Shared<K> {
    /// These mailboxes are emptied, and their readers will have to catch up from what they have seen.
    fn leave_behind(&mut self, which: impl Fn(&Mailbox<K>) -> bool) {
        for mailbox in self.boxes.values_mut().filter(|mailbox| mailbox.behind.is_none() && which(mailbox)) {
            let mut seen = State { objects: self.state.objects.clone(), ..State::new(Arc::default()) };
            for delta in mem::take(&mut mailbox.queue).into_iter().rev() {
                match (delta.old, delta.new) {
                    (Some(old), _) => seen.insert(&old),
                    (None, Some(new)) => seen.remove(key(&*new)),
                    (None, None) => {}
                }
            }
            mailbox.behind = Some(Arc::new(seen));
        }
    }
}

/// Wakes everybody who waits, after the lock. Each looks for itself whether it has a reason to be awake.
fn wake<K>(mut shared: MutexGuard<'_, Shared<K>>) {
    let wakers = mem::take(&mut shared.wakers);
    drop(shared);
    wakers.into_values().for_each(Waker::wake);
}

/// `new` is known to be older than what is known already.
fn is_stale<K: Object>(new: &K, old: &K) -> bool {
    match (new.meta().resource_version, old.meta().resource_version) {
        (Some(new), Some(old)) => is_older(new, old),
        _ => false,
    }
}
