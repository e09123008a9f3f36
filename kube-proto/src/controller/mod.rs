//! Controllers: an `async fn` that is called for each object after its changes, on every async client and in the simulation.
//!
//! ```
//! use kube_proto::api::{Patch, PatchParams};
//! use kube_proto::client::AsyncClient;
//! use kube_proto::controller::{Action, Context, Controller, ControllerError, ReconcileError};
//! use kube_proto::resource::{ApiResource, DynamicObject, Scope};
//! use kube_proto::watch::WatchSettings;
//! use kube_proto::Api;
//! use serde_json::json;
//!
//! fn maps() -> Api<DynamicObject> {
//!     Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced))
//! }
//!
//! /// Labels every config map.
//! async fn reconcile<C: AsyncClient>(cx: Context<DynamicObject, C>) -> Result<Action, ReconcileError> {
//!     if cx.object.metadata.labels.contains_key("seen") {
//!         return Ok(Action::Done);
//!     }
//!     let patch = Patch::merge(&json!({"metadata": {"labels": {"seen": "yes"}}}));
//!     let map = maps().within(cx.key.namespace).patch(&cx.key.name, &patch, &PatchParams::default());
//!     cx.client.call(map).await?;
//!     Ok(Action::Done)
//! }
//!
//! async fn run<C: AsyncClient>(client: &C) -> Result<(), ControllerError> {
//!     Controller::new(&maps(), WatchSettings::default()).run(client, reconcile).await
//! }
//! ```
//!
//! # The parts
//! Each part is a machine by itself. Time comes in as a [`Moment`](crate::driver::Moment) and chance as a seed, so that a test runs a day
//! of failures in a millisecond, and the same inputs give the same outputs.
//!
//! - [`Controller`]: the sources of keys, and the loop that runs them.
//! - [`Queue`]: which key runs next, and when.
//! - [`LeaderElection`]: which of several processes works.

mod election;
mod error;
mod key;
pub(crate) mod queue;
mod reconcile;
mod run;
mod source;
mod stop;
mod tasks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use election::settings::LeaderElectionSettings;
pub use election::{LeaderElection, LeaderEvent, Leadership, LostReason, Resign};
pub use error::ControllerError;
pub use key::ObjectKey;
pub use queue::settings::{Priority, QueueSettings};
pub use queue::{Added, Delay, Job, KeyState, Outcome, Queue, QueueStats};
pub use reconcile::{Action, Context, ReconcileError};
pub use stop::StopController;

use crate::api::Api;
use crate::observe::{Observers, QueueRecord};
use crate::resource::{Described, Object, Scope};
use crate::store::{Reflector, Store, Subscriber};
use crate::watch::WatchSettings;
use source::{Source, owners_of, source};
use stop::Stopping;

/// A controller of one kind of object. See the [module](self).
///
/// | source | which keys it adds |
/// |---|---|
/// | [`new`](Self::new), [`shared`](Self::shared) | each object of its kind that changes, also by its deletion |
/// | [`owns`](Self::owns) | the owner of each object that changes; on an update, of its old and of its new state |
/// | [`watches`](Self::watches) | those that a function names for each state of an object that changes |
///
/// Objects of first lists have a [low](Priority::LOW) priority, so that changes overtake them.
///
/// When the watch of an owned or watched kind has a gap and lists anew, all keys of the controller run once more, with a low priority: an
/// object that was created and deleted within the gap leaves no event, and its owner may miss it. (In client-go and kube-rs such an owner
/// waits for its next change or resync.) A subscriber of a shared store does not see gaps, so [`watches_shared`](Self::watches_shared)
/// has no such run.
#[must_use = "a controller does nothing until it runs"]
pub struct Controller<K> {
    store: Store<K>,
    /// The group and the kind of its objects, and whether they have a namespace.
    kind: (String, String, bool),
    sources: Vec<(String, Source)>,
    settings: ControllerSettings,
    stopping: Stopping,
    on_failure: Option<OnFailure>,
    seed: u64,
    record: QueueRecord,
}

/// A function that gets the failures of runs.
type OnFailure = Arc<dyn Fn(&ObjectKey, &ReconcileError) + Send + Sync>;

/// The limits of a [`Controller`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ControllerSettings {
    /// How many keys run at once. 1, as in controller-runtime.
    pub concurrency: usize,
    /// How long the first lists may take. 2 minutes, as in controller-runtime.
    pub sync_timeout: Duration,
    /// How long a run may take. None, as in controller-runtime: each call has its own time-outs.
    pub reconcile_timeout: Option<Duration>,
    /// How long a stopped controller waits for the runs under way. 30 s, as controller-runtime's manager.
    pub stop_timeout: Duration,
    /// The queue's.
    pub queue: QueueSettings,
}

impl Default for ControllerSettings {
    fn default() -> Self {
        Self {
            concurrency: 1,
            sync_timeout: Duration::from_secs(120),
            reconcile_timeout: None,
            stop_timeout: Duration::from_secs(30),
            queue: QueueSettings::default(),
        }
    }
}

impl<K: Object + Send + Sync + 'static> Controller<K> {
    /// A controller of these objects, with a watch and a store of its own.
    pub fn new(api: &Api<K>, settings: WatchSettings) -> Self {
        let reflector = api.reflect(settings, []);
        let store = reflector.store();
        Self::of(api, store, Self::own_keys(reflector))
    }

    /// A controller of these objects with a store that another one drives: several controllers of a kind share one watch.
    /// `limit` is the length of its queue of changes, as for [`Store::subscribe`].
    pub fn shared(api: &Api<K>, store: &Store<K>, limit: usize) -> Self {
        Self::of(api, store.clone(), Self::own_keys(store.subscribe(limit)))
    }

    /// The owners of these objects: those of the controller's kind that an object's `ownerReferences` name with `controller: true`.
    pub fn owns<O: Described + Send + Sync + 'static>(self, api: &Api<O>, settings: WatchSettings) -> Self {
        self.owned(api, settings, true)
    }

    /// The same, for owner references of either kind.
    pub fn owns_any<O: Described + Send + Sync + 'static>(self, api: &Api<O>, settings: WatchSettings) -> Self {
        self.owned(api, settings, false)
    }

    /// The keys that a function names for each of these objects.
    pub fn watches<W: Object + Send + Sync + 'static>(
        mut self,
        api: &Api<W>,
        settings: WatchSettings,
        keys: impl Fn(&W) -> Vec<ObjectKey> + Send + 'static,
    ) -> Self {
        let reflector = api.reflect(settings, []);
        self.sources.push((plural(api), source(reflector, keys)));
        self
    }

    /// The keys that a function names for each object of a store that another one drives.
    pub fn watches_shared<W: Object + Send + Sync + 'static>(
        mut self,
        api: &Api<W>,
        subscriber: Subscriber<W>,
        keys: impl Fn(&W) -> Vec<ObjectKey> + Send + 'static,
    ) -> Self {
        self.sources.push((plural(api), source(subscriber, keys)));
        self
    }

    /// Replaces the settings.
    pub fn settings(mut self, settings: ControllerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The seed of the jitter in delays. It is 0 unless it is set; the controllers of several processes need different ones.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Calls a function with each failed run.
    pub fn on_failure(mut self, hear: impl Fn(&ObjectKey, &ReconcileError) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(hear));
        self
    }

    /// Tells these observers of the controller's queue. The name is a label of metrics (`workqueue_depth{name="carts"}`), so the
    /// controllers of a program have different ones.
    ///
    /// ```
    /// use kube_proto::Api;
    /// use kube_proto::controller::Controller;
    /// use kube_proto::observe::Observers;
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    /// use kube_proto::watch::WatchSettings;
    ///
    /// let maps = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced));
    /// # let observers = Observers::none();
    /// let controller = Controller::new(&maps, WatchSettings::default()).observed("maps", observers);
    /// # let _ = controller;
    /// ```
    pub fn observed(mut self, name: impl Into<Arc<str>>, observers: Observers) -> Self {
        self.record = QueueRecord::new(name, observers);
        self
    }

    /// The store of the controller's own kind.
    #[must_use]
    pub fn store(&self) -> Store<K> {
        self.store.clone()
    }

    /// A handle that stops the controller.
    #[must_use]
    pub fn stopper(&self) -> StopController {
        StopController(self.stopping.clone())
    }

    fn of(api: &Api<K>, store: Store<K>, keys: Source) -> Self {
        let resource = &api.target().resource;
        let scoped = resource.scope == Scope::Namespaced;
        Self {
            store,
            kind: (resource.group.to_string(), resource.kind.to_string(), scoped),
            sources: vec![(plural(api), keys)],
            settings: ControllerSettings::default(),
            stopping: Stopping::default(),
            on_failure: None,
            seed: 0,
            record: QueueRecord::new("", Observers::none()),
        }
    }

    fn own_keys<O>(events: O) -> Source
    where
        O: crate::driver::Operation<Item = crate::store::StoreEvent<K>> + Send + 'static,
    {
        source(events, |object: &K| vec![object.meta().into()])
    }

    fn owned<O>(mut self, api: &Api<O>, settings: WatchSettings, controller: bool) -> Self
    where
        O: Described + Send + Sync + 'static,
    {
        let (group, kind, scoped) = self.kind.clone();
        let reflector: Reflector<O> = api.reflect(settings, []);
        let keys = source(reflector, move |object: &O| owners_of(object, &group, &kind, scoped, controller));
        self.sources.push((plural(api), keys));
        self
    }
}

/// How errors name a source.
fn plural<K>(api: &Api<K>) -> String {
    let resource = &api.target().resource;
    match &*resource.group {
        "" => resource.plural.to_string(),
        group => format!("{}.{group}", resource.plural),
    }
}

impl<K> fmt::Debug for Controller<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(|(name, _)| name).collect();
        f.debug_struct("Controller")
            .field("sources", &sources)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
