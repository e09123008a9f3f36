//! Compares the events of a subscriber with the history of the server.
//!
//! | event | what must be true |
//! |---|---|
//! | added | the object was not known; the server had it, in this version, with this uid |
//! | updated | the old object is the one of the last event; the same uid; a later version, which the server had |
//! | updated, by a watch event | the server had no version between, except one that does not decode and the one before it |
//! | deleted | the object was known, with this uid; the server deleted it after the last event |
//! | deleted, by a watch event | in this version |
//! | resync | the object is the one of the last event |
//! | synced | once |

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use kube_proto::resource::Object;
use kube_proto::store::{Change, Key, Snapshot, StoreEvent, Via};

use super::witness::{Seen, Witness};

/// The state of one subscriber, and the check of its events.
#[derive(Debug)]
pub struct Mirror {
    witness: Rc<RefCell<Witness>>,
    known: BTreeMap<(String, String), (u64, String)>,
    synced: bool,
    /// Objects are decoded: some fail to decode.
    decodes: bool,
    told: u64,
}

impl Mirror {
    /// Begins without objects. `decodes` says that the subscriber decodes objects, so that it does not get those that
    /// fail to decode.
    #[must_use]
    pub fn new(witness: &Rc<RefCell<Witness>>, decodes: bool) -> Self {
        Self { witness: Rc::clone(witness), known: BTreeMap::new(), synced: false, decodes, told: 0 }
    }

    /// Checks an event that a subscriber yielded.
    ///
    /// # Errors
    /// The event contradicts the history of the server, or the events before it.
    pub fn subscriber_event<K: Object>(&mut self, event: &StoreEvent<K>) -> Result<(), String> {
        match event {
            StoreEvent::Changed { change, via } => {
                if (*via == Via::Initial) == self.synced {
                    return Err(format!("{change:?} came by {via:?}, synced is {}", self.synced));
                }
                self.change(change, *via == Via::Event)
            }
            StoreEvent::Synced { .. } if self.synced => Err("synced twice".to_owned()),
            StoreEvent::Synced { .. } => {
                self.synced = true;
                Ok(())
            }
            StoreEvent::Resync(object) => {
                let (at, version, uid) = identity(&**object);
                match self.known.get(&at) {
                    Some((known, own)) if *known == version && *own == uid => Ok(()),
                    known => Err(format!("a resync of {at:?} {version}, but the event before was of {known:?}")),
                }
            }
            other => Err(format!("a subscriber yielded {other:?}")),
        }
    }

    /// Checks an event that a reflector yielded.
    ///
    /// # Errors
    /// The event contradicts the history of the server, or the events before it.
    pub fn reflector_event<K: Object>(&mut self, event: &StoreEvent<K>) -> Result<(), String> {
        match event {
            StoreEvent::Changed { change, .. } => self.change(change, false),
            StoreEvent::Synced { .. } => {
                self.synced = true;
                Ok(())
            }
            StoreEvent::Undecodable(object) if !self.decodes => Err(format!("does not decode: {}", object.error)),
            _ => Ok(()),
        }
    }

    fn change<K: Object>(&mut self, change: &Change<K>, as_it_happened: bool) -> Result<(), String> {
        self.told += 1;
        let wrong = |why: &str| Err(format!("{change:?}: {why}"));
        let (at, version, uid) = identity(&**change.object());
        let witness = Rc::clone(&self.witness);
        let witness = witness.borrow();
        let history = witness.history(&at.0, &at.1);
        let had =
            |there: bool| history.iter().any(|seen| seen.version == version && seen.uid == uid && seen.there == there);
        let known = self.known.get(&at).cloned();
        match change {
            Change::Added(_) => {
                if let Some((known, _)) = known {
                    return wrong(&format!("it is known already, in version {known}"));
                }
                if !had(true) {
                    return wrong("the server never had it");
                }
                self.known.insert(at, (version, uid));
            }
            Change::Updated { old, .. } => {
                let (_, before, own) = identity(&**old);
                if known != Some((before, own.clone())) {
                    return wrong(&format!("the event before was of {known:?}"));
                }
                if own != uid || version <= before || !had(true) {
                    return wrong("that is no later state of the same object");
                }
                if as_it_happened && let Some(seen) = self.left_out(history, before, version) {
                    return wrong(&format!("{seen:?} was left out"));
                }
                self.known.insert(at, (version, uid));
            }
            Change::Deleted { missed, .. } => {
                let Some((before, own)) = known else { return wrong("it was not known") };
                if own != uid {
                    return wrong("another object was known");
                }
                let gone = |seen: &Seen| seen.version > before && seen.uid == uid && !seen.there;
                if *missed && version != before || !history.iter().any(gone) {
                    return wrong("the server did not delete it");
                }
                if !missed && !had(false) {
                    return wrong("the server did not delete it then");
                }
                self.known.remove(&at);
            }
        }
        Ok(())
    }

    /// A version between the two that must have had an event. Versions that do not decode need none, nor does the
    /// version before one that did not decode when it was listed.
    fn left_out<'a>(&self, history: &'a [Seen], before: u64, version: u64) -> Option<&'a Seen> {
        let mut between = history.iter().filter(|seen| seen.version > before && seen.version < version);
        let strange = between.clone().rfind(|seen| seen.strange && self.decodes).map_or(0, |seen| seen.version);
        between.find(|seen| seen.version > strange)
    }

    /// Checks that a snapshot is the state of the server at its version.
    ///
    /// # Errors
    /// It is not.
    pub fn snapshot<K: Object>(&self, snapshot: &Snapshot<K>) -> Result<(), String> {
        let Some(version) = snapshot.version().and_then(|version| version.parse().ok()) else {
            return if snapshot.is_synced() || snapshot.is_empty() {
                Ok(())
            } else {
                Err("a store that is not synced has objects".to_owned())
            };
        };
        self.compare(version, snapshot)
    }

    /// Checks that a snapshot is the state of the server now.
    ///
    /// # Errors
    /// It is not.
    pub fn latest<K: Object>(&self, snapshot: &Snapshot<K>) -> Result<(), String> {
        self.compare(u64::MAX, snapshot)
    }

    fn compare<K: Object>(&self, version: u64, snapshot: &Snapshot<K>) -> Result<(), String> {
        let find = |key: Key<'_>| {
            snapshot.get(key.namespace, key.name).map(|object| {
                let (_, version, uid) = identity(&**object);
                (version, uid)
            })
        };
        let equal = self.equals(version, snapshot.len(), find);
        equal.map_err(|why| format!("the store, whose version is {:?}: {why}", snapshot.version()))
    }

    /// Checks that the subscriber has received the whole state of the server.
    ///
    /// # Errors
    /// It has not.
    pub fn settled(&self) -> Result<(), String> {
        self.equals(u64::MAX, self.known.len(), |key| {
            self.known.get(&(key.namespace.to_owned(), key.name.to_owned())).cloned()
        })
    }

    /// The number of changes received.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.told
    }

    fn equals(
        &self,
        version: u64,
        count: usize,
        find: impl Fn(Key<'_>) -> Option<(u64, String)>,
    ) -> Result<(), String> {
        let witness = self.witness.borrow();
        let mut found = 0;
        for (namespace, name, seen) in witness.at(version) {
            let known = find(Key::new(namespace, name));
            found += usize::from(known.is_some());
            let fits = match &known {
                Some((version, uid)) if seen.strange && self.decodes => *version < seen.version && *uid == seen.uid,
                Some((version, uid)) => *version == seen.version && *uid == seen.uid,
                None => seen.strange && self.decodes,
            };
            if !fits {
                return Err(format!("of {namespace}/{name} it knows {known:?}, the server had {seen:?}"));
            }
        }
        if found == count { Ok(()) } else { Err(format!("{} objects that the server did not have", count - found)) }
    }
}

type At = (String, String);

fn identity<K: Object>(object: &K) -> (At, u64, String) {
    let meta = object.meta();
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let version = meta.resource_version.and_then(|version| version.parse().ok()).unwrap_or(0);
    ((owned(meta.namespace), owned(meta.name)), version, owned(meta.uid))
}
