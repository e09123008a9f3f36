//! The state that the writer of a store and its readers share.
//!
//! One lock, held briefly: to copy an `Arc`, or to insert or remove one object. Decoding, long drops, index functions
//! and wakers run without it. The writer reads under the lock, decides without it, and writes under it again. This is
//! safe because there is only one writer.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::Waker;

use super::change::{Delta, same_object, same_version};
use super::index::Index;
use super::snapshot::{Key, State, Values, key};
use crate::driver::time::Moment;
use crate::error::{Attempt, Error};
use crate::lock::lock;
use crate::resource::Object;
use crate::resource::resource_version::is_older;

pub(super) struct Hub<K> {
    shared: Mutex<Shared<K>>,
    /// The indexes of every state. They do not change, and are called without the lock.
    indexes: Arc<[Index<K>]>,
    /// Whether a driver has resumed the reflector.
    driven: AtomicBool,
    /// The watch of the reflector, once it has observers.
    watched: OnceLock<Attempt>,
}

pub(super) struct Shared<K> {
    pub(super) state: Arc<State<K>>,
    pub(super) boxes: BTreeMap<u64, Mailbox<K>>,
    wakers: BTreeMap<u64, Waker>,
    next: u64,
    pub(super) closed: Option<Result<(), Error>>,
}

/// The changes that a subscriber has not taken yet.
pub(super) struct Mailbox<K> {
    limit: usize,
    pub(super) queue: VecDeque<(Moment, Delta<K>)>,
    /// Set if the subscriber has just begun or was too slow: the state that it has seen. It catches up by a comparison
    /// with the current state before the queue is used again.
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
            watched: OnceLock::new(),
        }
    }

    /// Records that a driver resumes the reflector.
    pub(super) fn drive(&self) {
        if !self.driven.load(Ordering::Relaxed) {
            self.driven.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the reflector was ever resumed or has completed a list.
    pub(super) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Relaxed) || self.lock().state.synced
    }

    /// Stores a new or changed object. Does nothing if this version or a later one is known.
    pub(super) fn apply(&self, new: Arc<K>, now: Moment) -> Vec<Delta<K>> {
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
        self.publish(deltas, version.as_deref(), now)
    }

    /// Removes a deleted object. Does nothing if it is unknown or a later version is known.
    pub(super) fn delete(&self, last: Arc<K>, now: Moment) -> Vec<Delta<K>> {
        let version = last.meta().resource_version.map(str::to_owned);
        let old = self.known(key(&*last)).filter(|old| !is_stale(&*last, &**old));
        let deltas = old.map(|old| {
            let last = same_object(&last.meta(), &old.meta()).then_some(last);
            Delta { old: Some(old), new: None, last }
        });
        self.publish(deltas.into_iter().collect(), version.as_deref(), now)
    }

    /// Removes the object of this key if `if_` holds: an object that does not decode was deleted, or has replaced it.
    pub(super) fn forget(
        &self,
        of: Key<'_>,
        if_: impl Fn(&K) -> bool,
        version: Option<&str>,
        now: Moment,
    ) -> Vec<Delta<K>> {
        let old = self.known(of).filter(|old| if_(old));
        let deltas = old.map(|old| Delta { old: Some(old), new: None, last: None });
        self.publish(deltas.into_iter().collect(), version, now)
    }

    /// Advances the version of the store.
    pub(super) fn advance(&self, version: &str) {
        self.publish(Vec::new(), Some(version), Moment::ZERO);
    }

    /// The stored object of this key.
    pub(super) fn known(&self, of: Key<'_>) -> Option<Arc<K>> {
        self.lock().state.get(of).cloned()
    }

    /// Replaces the whole state. Returns the old and the new one.
    pub(super) fn replace(&self, new: State<K>) -> (Arc<State<K>>, Arc<State<K>>) {
        let new = Arc::new(new);
        let mut shared = self.lock();
        shared.leave_behind(|_| true);
        let old = mem::replace(&mut shared.state, Arc::clone(&new));
        wake(shared);
        (old, new)
    }

    fn publish(&self, deltas: Vec<Delta<K>>, version: Option<&str>, now: Moment) -> Vec<Delta<K>> {
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
            mailbox.queue.extend(deltas.iter().map(|delta| (now, delta.clone())));
        }
        wake(shared);
        deltas
    }

    /// Records which watch the observers see.
    pub(super) fn watched_by(&self, attempt: impl FnOnce() -> Attempt) -> &Attempt {
        self.watched.get_or_init(attempt)
    }

    /// The watch that observers see, if the reflector has some.
    pub(super) fn watched(&self) -> Option<&Attempt> {
        self.watched.get()
    }

    /// The longest queue, and the number of subscribers that are behind.
    pub(super) fn queues(&self) -> (usize, usize) {
        let shared = self.lock();
        let boxes = shared.boxes.values();
        let behind = boxes.clone().filter(|mailbox| mailbox.behind.is_some()).count();
        (boxes.map(|mailbox| mailbox.queue.len()).max().unwrap_or(0), behind)
    }

    /// Adds a reader, with a mailbox if there is a limit. Returns its id.
    pub(super) fn enter(&self, limit: Option<usize>) -> u64 {
        let mut shared = self.lock();
        shared.next += 1;
        let id = shared.next;
        if let Some(limit) = limit {
            // The reader has seen nothing yet. The limit is at least two because one event may bring two changes.
            let behind = Some(Arc::new(State::new(Arc::default())));
            shared.boxes.insert(id, Mailbox { limit: limit.max(2), queue: VecDeque::new(), behind });
        }
        id
    }
}

impl<K> Hub<K> {
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared<K>> {
        lock(&self.shared)
    }

    pub(super) fn state(&self) -> Arc<State<K>> {
        Arc::clone(&self.lock().state)
    }

    /// Closes the store: the writer has ended.
    pub(super) fn close(&self, how: Result<(), Error>) {
        let mut shared = self.lock();
        if shared.closed.is_none() {
            shared.closed = Some(how);
            wake(shared);
        }
    }

    /// The result of `look`. If that is `None`, the waker is kept until the next change.
    pub(super) fn look_or_wait<T>(
        &self,
        id: u64,
        waker: &Waker,
        look: impl FnOnce(&mut Shared<K>) -> Option<T>,
    ) -> Option<T> {
        let waker = waker.clone();
        let mut shared = self.lock();
        let found = look(&mut shared);
        // The waker that is not needed any more is dropped after the lock.
        let _old = if found.is_none() { shared.wakers.insert(id, waker) } else { Some(waker) };
        drop(shared);
        found
    }

    /// Removes a reader.
    pub(super) fn leave(&self, id: u64) {
        let mut shared = self.lock();
        let gone = (shared.boxes.remove(&id), shared.wakers.remove(&id));
        drop(shared);
        drop(gone);
    }
}

impl<K: Object> Shared<K> {
    /// Empties these mailboxes and sets `behind` to the state that each reader has seen.
    fn leave_behind(&mut self, which: impl Fn(&Mailbox<K>) -> bool) {
        for mailbox in self.boxes.values_mut().filter(|mailbox| mailbox.behind.is_none() && which(mailbox)) {
            let mut seen = State { objects: self.state.objects.clone(), ..State::new(Arc::default()) };
            for (_, delta) in mem::take(&mut mailbox.queue).into_iter().rev() {
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

/// Wakes all readers, after unlocking. Each checks whether there is something for it.
fn wake<K>(mut shared: MutexGuard<'_, Shared<K>>) {
    let wakers = mem::take(&mut shared.wakers);
    drop(shared);
    wakers.into_values().for_each(Waker::wake);
}

/// Whether `new` is an older version than `old`.
fn is_stale<K: Object>(new: &K, old: &K) -> bool {
    match (new.meta().resource_version, old.meta().resource_version) {
        (Some(new), Some(old)) => is_older(new, old),
        _ => false,
    }
}
