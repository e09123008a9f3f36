//! The items of a watch.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::table::{Ending, Recovery};
use crate::encoding::metadata;
use crate::error::Error;
use crate::op::watch_once::EventKind;
use crate::opaque::Opaque;

/// An item of a [`Watch`](super::Watch).
///
/// A list is `InitBegin`, then `InitApplied` for each object (and sometimes `InitDeleted`), then `InitDone`. An object
/// that is not in the list does not exist, even if an earlier event had it. If a list breaks off, another `InitBegin`
/// follows: discard the objects of the incomplete list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<K> {
    /// A list begins.
    InitBegin,
    /// An object of the list. The same object may come twice; the later one counts.
    InitApplied(K),
    /// An object that the list no longer contains, after an `InitApplied` for it.
    InitDeleted(K),
    /// The list is complete.
    InitDone {
        /// The version of the list; empty if the server's list has none.
        version: String,
    },
    /// The object is new, has changed, or began to match the selector.
    Applied(K),
    /// The object was deleted, or no longer matches the selector. This is its last state.
    Deleted(K),
    /// An object of a list or an event that does not decode as `K`. The watch continues.
    Undecodable(Box<Undecodable>),
    /// Every change up to this version has been yielded.
    Bookmark {
        /// The version.
        version: String,
    },
    /// An exchange failed, and the watch recovers from it. For a log: the caller need not act.
    Trouble(Box<Trouble>),
}

/// An object that does not decode. Its `Debug` does not show it: it may be a Secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct Undecodable {
    /// The kind of the event; `Added` for an item of a list.
    pub kind: EventKind,
    /// The document of the object as received: JSON, or protobuf in its envelope.
    pub object: Bytes,
    /// Its namespace, if it has one.
    pub namespace: Option<String>,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its uid, if it has one.
    pub uid: Option<String>,
    /// Its resource version, if it has one.
    pub resource_version: Option<String>,
    /// Why it does not decode.
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

/// A failure of an exchange, and the recovery from it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trouble {
    /// The error.
    pub error: Error,
    /// How the exchange ended.
    pub ending: Ending,
    /// The recovery.
    pub next: Recovery,
    /// The wait before the recovery.
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
