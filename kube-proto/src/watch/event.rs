//! What a watch yields.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::table::{Ending, Recovery};
use crate::error::Error;
use crate::frame::identity::metadata;
use crate::op::watch_once::EventKind;
use crate::opaque::Opaque;

/// What a [`Watch`](super::Watch) yields.
///
/// A list is `InitBegin`, then `InitApplied` for each object (and now and then `InitDeleted`), then `InitDone`: what is
/// not in it does not exist, whatever was known before. A list that breaks off is followed by another `InitBegin`, and
/// what came of it counts for nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<K> {
    /// A list begins, the first or a new one.
    InitBegin,
    /// A part of the list. The same object may come twice; the later one counts.
    InitApplied(K),
    /// No part of the list, though it was said before.
    InitDeleted(K),
    /// The list is complete: this is the state at this version.
    InitDone {
        /// The version of the list.
        version: String,
    },
    /// The object is new, or has changed, or came to match the selector.
    Applied(K),
    /// The object is gone, or no longer matches the selector; this was its last state.
    Deleted(K),
    /// An object, of a list or an event, that does not decode as `K`. Everything goes on.
    Undecodable(Box<Undecodable>),
    /// Nothing else happened up to this version.
    Bookmark {
        /// Everything up to this version has been yielded.
        version: String,
    },
    /// Something went wrong, and is being recovered from: for a log, or a person. Nothing need be done about it.
    Trouble(Box<Trouble>),
}

/// An object that does not decode. Its `Debug` does not show it: it may be a Secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct Undecodable {
    /// What was said of it; an item of a list was added.
    pub kind: EventKind,
    /// The object as it came.
    pub object: Bytes,
    /// Its namespace, if it shows one.
    pub namespace: Option<String>,
    /// Its name, if it shows one.
    pub name: Option<String>,
    /// Its uid, if it shows one.
    pub uid: Option<String>,
    /// Its resource version, if it shows one.
    pub resource_version: Option<String>,
    /// What is wrong with it.
    pub error: Error,
}

impl fmt::Debug for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undecodable")
            .field("kind", &self.kind)
            .field("object", &Opaque(&*self.object))
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("uid", &self.uid)
            .field("resource_version", &self.resource_version)
            .field("error", &self.error)
            .finish()
    }
}

/// What went wrong, and what follows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trouble {
    /// What went wrong.
    pub error: Error,
    /// What kind of ending that was.
    pub ending: Ending,
    /// What follows.
    pub next: Recovery,
    /// How long from now.
    pub wait: Duration,
}

/// The event for an object that does not decode.
pub(super) fn undecodable<K>(kind: EventKind, object: Bytes, error: Error) -> Event<K> {
    let found = metadata(&object).unwrap_or_default();
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let (namespace, name) = (owned(found.namespace), owned(found.name));
    let (uid, resource_version) = (owned(found.uid), owned(found.resource_version));
    Event::Undecodable(Box::new(Undecodable { kind, object, namespace, name, uid, resource_version, error }))
}
