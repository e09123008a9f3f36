//! Handlers for each kind of change.

use std::fmt;
use std::sync::Arc;

use super::change::Change;
use super::event::StoreEvent;
use super::subscriber::Subscriber;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::resource::Object;

/// A [`Subscriber`] with handlers. Calls the matching handler for each change.
///
/// It is an operation and yields each event of the subscriber after its handler was called, so the loop of the driver
/// can be empty. Handlers run on the thread of that loop, one after the other. A slow handler delays only this
/// subscriber. Setting a handler again replaces it.
///
/// ```
/// use kube_proto::watch::WatchSettings;
/// use kube_proto::Api;
/// use kube_proto::resource::{ApiResource, DynamicObject, Object, Scope};
///
/// let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
/// let reflector = Api::<DynamicObject>::dynamic(pods).reflect(WatchSettings::default(), []);
/// let handled = reflector
///     .store()
///     .subscribe(1000)
///     .on_added(|pod| println!("{:?} is new", pod.meta().name))
///     .on_updated(|old, new| println!("{:?} to {:?}", old.meta().resource_version, new.meta().resource_version))
///     .on_deleted(|last| println!("{:?} is gone", last.meta().name));
/// // One thread: `client.stream(reflector)`; another: `for event in client.stream(handled) { event?; }`
/// # let _ = handled;
/// ```
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Handled<K> {
    subscriber: Subscriber<K>,
    added: Option<Handler<K>>,
    updated: Option<TwoHandler<K>>,
    deleted: Option<Handler<K>>,
    resync: Option<Handler<K>>,
    synced: Option<Box<dyn FnMut() + Send>>,
}

type Handler<K> = Box<dyn FnMut(&Arc<K>) + Send>;
type TwoHandler<K> = Box<dyn FnMut(&Arc<K>, &Arc<K>) + Send>;

impl<K: Object> Subscriber<K> {
    /// Calls this for each new object, and for each object that existed at the beginning.
    pub fn on_added(self, handler: impl FnMut(&Arc<K>) + Send + 'static) -> Handled<K> {
        Handled::new(self).on_added(handler)
    }

    /// Calls this for each changed object, with the old and the new state.
    pub fn on_updated(self, handler: impl FnMut(&Arc<K>, &Arc<K>) + Send + 'static) -> Handled<K> {
        Handled::new(self).on_updated(handler)
    }

    /// Calls this for each deleted object, with its last known state.
    pub fn on_deleted(self, handler: impl FnMut(&Arc<K>) + Send + 'static) -> Handled<K> {
        Handled::new(self).on_deleted(handler)
    }
}

impl<K: Object> Handled<K> {
    fn new(subscriber: Subscriber<K>) -> Self {
        Self { subscriber, added: None, updated: None, deleted: None, resync: None, synced: None }
    }

    /// Calls this for each new object, and for each object that existed at the beginning.
    pub fn on_added(mut self, handler: impl FnMut(&Arc<K>) + Send + 'static) -> Self {
        self.added = Some(Box::new(handler));
        self
    }

    /// Calls this for each changed object, with the old and the new state.
    pub fn on_updated(mut self, handler: impl FnMut(&Arc<K>, &Arc<K>) + Send + 'static) -> Self {
        self.updated = Some(Box::new(handler));
        self
    }

    /// Calls this for each deleted object, with its last known state.
    pub fn on_deleted(mut self, handler: impl FnMut(&Arc<K>) + Send + 'static) -> Self {
        self.deleted = Some(Box::new(handler));
        self
    }

    /// Calls this for each object of a resync: see [`Subscriber::resync`].
    pub fn on_resync(mut self, handler: impl FnMut(&Arc<K>) + Send + 'static) -> Self {
        self.resync = Some(Box::new(handler));
        self
    }

    /// Calls this once, after `on_added` was called for all objects that existed at the beginning.
    pub fn on_synced(mut self, handler: impl FnMut() + Send + 'static) -> Self {
        self.synced = Some(Box::new(handler));
        self
    }

    fn handle(&mut self, event: &StoreEvent<K>) {
        match event {
            StoreEvent::Changed { change: Change::Added(new), .. } => call(&mut self.added, new),
            StoreEvent::Changed { change: Change::Updated { old, new }, .. } => {
                if let Some(handler) = &mut self.updated {
                    handler(old, new);
                }
            }
            StoreEvent::Changed { change: Change::Deleted { last, .. }, .. } => call(&mut self.deleted, last),
            StoreEvent::Resync(object) => call(&mut self.resync, object),
            StoreEvent::Synced { .. } => {
                if let Some(handler) = &mut self.synced {
                    handler();
                }
            }
            // A subscriber does not yield these.
            StoreEvent::Undecodable(_) | StoreEvent::Trouble(_) => {}
        }
    }
}

fn call<K>(handler: &mut Option<Handler<K>>, object: &Arc<K>) {
    if let Some(handler) = handler {
        handler(object);
    }
}

impl<K: Object> Operation for Handled<K> {
    type Item = StoreEvent<K>;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<StoreEvent<K>> {
        let step = self.subscriber.resume(input, cx);
        if let Step::Yield(event) = &step {
            self.handle(event);
        }
        step
    }
}

impl<K> fmt::Debug for Handled<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handled").field(&self.subscriber).finish()
    }
}
