//! What a reflector and its subscribers yield.

use std::fmt;
use std::sync::Arc;

use super::change::Change;
use super::snapshot::key;
use crate::resource::Object;
use crate::watch::{Trouble, Undecodable};

/// What a [`Reflector`](super::Reflector) or a [`Subscriber`](super::Subscriber) yields.
///
/// | event | reflector | subscriber |
/// |---|---|---|
/// | `Changed` | yes | yes |
/// | `Synced` | after every list | once, after the objects that existed when it subscribed |
/// | `Resync` | no | where [`resync`](super::Subscriber::resync) asks for it |
/// | `Undecodable`, `Trouble` | yes | no |
#[non_exhaustive]
pub enum StoreEvent<K> {
    /// An object was added, updated or deleted, and the store has the change.
    Changed {
        /// The change.
        change: Change<K>,
        /// How it was learnt.
        via: Via,
    },
    /// The objects of a list are in the store, and all of its changes were yielded.
    Synced {
        /// The version of the list; `None` if the server's list has none.
        version: Option<String>,
    },
    /// Nothing happened. The object exists, and it is time to look at it again.
    Resync(Arc<K>),
    /// An object that does not decode. The store keeps what it had of it.
    Undecodable(Box<Undecodable>),
    /// Something went wrong, and the watch recovers from it.
    Trouble(Box<Trouble>),
}

/// How a change was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// The object existed at the beginning: in the first list, or when the subscription began.
    Initial,
    /// From an event, as it happened. No state between was left out, unless that state does not decode.
    Event,
    /// By comparing two states: the store was listed again, or the subscriber was too slow and its queue was replaced by
    /// the newest state of each object.
    CatchUp,
}

impl<K: Object> fmt::Debug for StoreEvent<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreEvent::Changed { change, via } => write!(f, "{change:?} ({via:?})"),
            StoreEvent::Synced { version: Some(version) } => write!(f, "synced {version}"),
            StoreEvent::Synced { version: None } => f.write_str("synced"),
            StoreEvent::Resync(object) => write!(f, "resync {}", key(&**object)),
            StoreEvent::Undecodable(undecodable) => write!(f, "undecodable: {}", undecodable.error),
            StoreEvent::Trouble(trouble) => {
                write!(f, "{:?}: {}; {:?} in {:?}", trouble.ending, trouble.error, trouble.next, trouble.wait)
            }
        }
    }
}
