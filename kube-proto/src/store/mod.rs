//! The informer's cache: the objects of a watch, with indexes and subscribers.
//!
//! A [`Reflector`] is a watch that keeps a [`Store`]. It is an operation: the driver that carries it out updates the
//! store and gets each change. Clones of a store are handles to the same objects. Any thread reads them without
//! waiting. Each [`Subscriber`] gets the changes at its own pace.
//!
//! ```
//! use kube_proto::watch::WatchSettings;
//! use kube_proto::Api;
//! use kube_proto::resource::{ApiResource, DynamicObject, Lazy, Scope};
//! use kube_proto::store::Index;
//!
//! let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
//! // `Lazy` keeps the bytes. Any `Object` can stand here, such as a typed pod.
//! let pods = Api::<Lazy<DynamicObject>>::of(pods);
//! let reflector = pods.reflect(WatchSettings::default(), [Index::label("app"), Index::owner()]);
//!
//! let store = reflector.store();
//! let subscriber = store.subscribe(1000);
//! // One thread: `for event in client.stream(reflector) { ... }`
//! // Another:    `client.call(store.wait_synced())?; for event in client.stream(subscriber) { ... }`
//! // Any thread:
//! let now = store.snapshot();
//! assert!(now.get("shop", "web-0").is_none());
//! assert_eq!(now.by("app", "web").map(Iterator::count), Some(0));
//! ```
//!
//! Guarantees of a store:
//! - Before the first list is complete, the store is empty and [`Store::is_synced`] is false. After that, it holds a
//!   state that the server had. An incomplete list does not change it.
//! - It does not go back: an older version of an object never replaces a newer one. The exception is a list of the
//!   server's latest state that is older, as after a restore from a backup.
//! - A later list replaces the content in one step. Subscribers get the difference.
//! - An object that does not decode is not added. Its last decoded state stays until the object is deleted, or another
//!   object takes its name.

mod change;
mod event;
mod handlers;
mod hub;
mod index;
mod reflector;
mod snapshot;
mod sorted;
mod subscriber;
#[cfg(test)]
mod tests;

pub use change::Change;
pub use event::{StoreEvent, Via};
pub use handlers::Handled;
pub use index::{Index, OWNER};
pub use reflector::Reflector;
pub use snapshot::{Key, Snapshot};
pub use subscriber::{Subscriber, WaitFor};

use std::fmt;
use std::sync::Arc;

use crate::resource::Object;
use crate::store::hub::Hub;

/// The objects that a [`Reflector`] keeps up to date. Readable from any thread, and cheap to clone.
pub struct Store<K>(Arc<Hub<K>>);

impl<K: Object> Store<K> {
    /// All objects as they are now. Copies no object and holds the lock only briefly.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<K> {
        Snapshot(self.0.state())
    }

    /// The object of this name, as it is now. The namespace of a cluster-scoped object is empty.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.0.lock().state.get(Key::new(namespace, name)).cloned()
    }

    /// Subscribes to all objects and then to every change. The queue holds at most `limit` changes, but at least two:
    /// see [`Subscriber`].
    pub fn subscribe(&self, limit: usize) -> Subscriber<K> {
        Subscriber::new(Arc::clone(&self.0), limit)
    }

    /// Waits until the first list is complete.
    pub fn wait_synced(&self) -> WaitFor<K> {
        WaitFor::new(Arc::clone(&self.0), None)
    }

    /// Waits until the store has everything up to this version. Use it with the version from the answer to a write, to
    /// read that write from the store. The write must be to the same resource. A version that cannot be compared (of an
    /// aggregated API server) must be reached exactly.
    pub fn wait_version(&self, version: impl Into<String>) -> WaitFor<K> {
        WaitFor::new(Arc::clone(&self.0), Some(version.into()))
    }
}

impl<K> Store<K> {
    /// Whether a list has been complete.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.0.lock().state.synced
    }

    /// The length of the longest queue of a subscriber, never above its limit. A subscriber whose queue stays near the
    /// limit sometimes falls behind and gets only the newest state of each object.
    #[must_use]
    pub fn longest_queue(&self) -> usize {
        self.0.lock().boxes.values().map(|mailbox| mailbox.queue.len()).max().unwrap_or(0)
    }

    /// Whether the reflector has ended or was dropped: the store does not change any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.lock().closed.is_some()
    }
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for Store<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&Snapshot(self.0.state())).finish()
    }
}
