//! The informer's cache: what a watch tells, kept, indexed, and told on.
//!
//! A [`Reflector`] is a watch with a [`Store`] behind it. It is an operation like any other: whoever carries it out keeps
//! the store up to date, and sees each change. The store is a handle that can be copied and given away; it is read
//! without waiting, from any thread, and told on by [`Subscriber`]s, each at its own pace.
//!
//! ```
//! use kube_proto::watch::WatchSettings;
//! use kube_proto::Api;
//! use kube_proto::resource::{ApiResource, DynamicObject, Lazy, Scope};
//! use kube_proto::store::Index;
//!
//! let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
//! // Kept as bytes: any `Object` will do for K, a typed pod as well.
//! let pods = Api::<Lazy<DynamicObject>>::of(pods);
//! let reflector = pods.reflect(WatchSettings::default(), [Index::label("app"), Index::owner()]);
//!
//! let store = reflector.store();
//! let subscriber = store.subscribe(1000);
//! // One thread: `for notice in client.stream(reflector) { ... }`
//! // Another:    `client.call(store.wait_synced())?; for delivery in client.stream(subscriber) { ... }`
//! // And anywhere:
//! let now = store.snapshot();
//! assert!(now.get("shop", "web-0").is_none());
//! assert_eq!(now.by("app", "web").map(Iterator::count), Some(0));
//! ```
//!
//! What is promised of a store:
//! - Before the first list is complete it is empty, and says so. From then on it holds a state that the server had: an
//!   aborted list leaves no trace in it.
//! - It does not go back: of one object an older version never takes the place of a newer one, but where the server
//!   itself, asked for its latest state, says that the past has come again.
//! - A list that had to be made anew takes its place at once, and is told as the difference.
//! - An object that cannot be decoded is not in it. What was known of it before stays until it is deleted, or another
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

/// What a [`Reflector`] keeps up to date, to be read from anywhere. A cheap clone.
pub struct Store<K>(Arc<Hub<K>>);

impl<K: Object> Store<K> {
    /// All objects as they are now. Copies nothing, and waits for nobody but for moments.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<K> {
        Snapshot(self.0.state())
    }

    /// The object of this name, as it is now; the namespace is empty for what is cluster scoped.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.0.lock().state.get(Key::new(namespace, name)).cloned()
    }

    /// Is told of all objects and then of every change. At most `limit` changes (but two at least) wait for it: see
    /// [`Subscriber`].
    pub fn subscribe(&self, limit: usize) -> Subscriber<K> {
        Subscriber::new(Arc::clone(&self.0), limit)
    }

    /// Waits until the first list is complete.
    pub fn wait_synced(&self) -> WaitFor<K> {
        WaitFor::new(Arc::clone(&self.0), None)
    }

    /// Waits until everything up to this version is in the store: the version that a write answered, for one who wants
    /// to read his own writes. What was written must be of the same resource; a version that cannot be compared (of an
    /// aggregated API server) is only waited for to be this very one.
    pub fn wait_version(&self, version: impl Into<String>) -> WaitFor<K> {
        WaitFor::new(Arc::clone(&self.0), Some(version.into()))
    }
}

impl<K> Store<K> {
    /// A list was complete once.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.0.lock().state.synced
    }

    /// The most changes that wait for one subscriber: never more than its limit. One that stays near it is left behind
    /// now and then, and told only the newest state of each object.
    #[must_use]
    pub fn longest_queue(&self) -> usize {
        self.0.lock().boxes.values().map(|mailbox| mailbox.queue.len()).max().unwrap_or(0)
    }

    /// The reflector is gone, or at its end: nothing will change any more.
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
