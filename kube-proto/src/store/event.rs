//! The items of reflectors and subscribers.

use std::fmt;
use std::sync::Arc;

use super::change::Change;
use super::snapshot::key;
use crate::resource::Object;
use crate::watch::{Trouble, Undecodable};

/// An item of a [`Reflector`](super::Reflector) or a [`Subscriber`](super::Subscriber).
///
/// | event | reflector | subscriber |
/// |---|---|---|
/// | `Changed` | yes | yes |
/// | `Synced` | after every list | once, after the objects that existed when it subscribed |
/// | `Resync` | no | if [`resync`](super::Subscriber::resync) is set |
/// | `Undecodable`, `Trouble` | yes | no |
#[non_exhaustive]
pub enum StoreEvent<K> {
    /// An object was added, updated or deleted, and the store has the change.
    Changed {
        /// The change.
        change: Change<K>,
        /// The source of the change.
        via: Via,
    },
    /// The objects of a list are in the store, and all of its changes were yielded.
    Synced {
        /// The version of the list; `None` if the server's list has none.
        version: Option<String>,
    },
    /// The object exists and has not changed. The resync interval has passed.
    Resync(Arc<K>),
    /// An object that does not decode. The store keeps its last decoded state.
    Undecodable(Box<Undecodable>),
    /// An exchange failed, and the watch recovers from it.
    Trouble(Box<Trouble>),
}

/// The source of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// The object existed at the beginning: in the first list, or when the subscription began.
    Initial,
    /// An event of the watch. No state in between was skipped, unless it does not decode.
    Event,
    /// A comparison of two states: the objects were listed again, or the subscriber was too slow and its queue was
    /// replaced by the newest state of each object.
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
