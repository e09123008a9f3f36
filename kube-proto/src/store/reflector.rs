//! A watch that keeps a store.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::Store;
use super::change::{Delta, Diff, same_object, same_version};
use super::event::{StoreEvent, Via};
use super::hub::Hub;
use super::index::Index;
use super::snapshot::{Key, State, key};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::observe::{self, InformerStep, Observation};
use crate::op::watch_once::EventKind;
use crate::op::{Inner, pass};
use crate::resource::Object;
use crate::resource::resource_version::is_older;
use crate::response::info::ResponseInfo;
use crate::watch::settings::WatchSettings;
use crate::watch::{Event, Undecodable, Watch, WatchState};

/// Keeps a [`Store`] up to date with the server and yields each change; made by [`Api::reflect`](crate::Api::reflect).
///
/// | event of the watch | what happens |
/// |---|---|
/// | `InitBegin` | drops the objects of an incomplete list; the store does not change |
/// | `InitApplied`, `InitDeleted` | collects the list; an object that the store has in the same version is shared |
/// | `InitDone` | replaces the content of the store in one step; then yields the difference |
/// | `Applied`, `Deleted` | changes the store, then yields the change |
/// | `Undecodable` | keeps the last decoded state, unless the object was deleted or replaced; yields the event |
/// | `Bookmark` | advances the version of the store |
/// | `Trouble` | yields it |
///
/// It reads from the network only when polled, so keep taking its events. It ends when its [`Watch`] ends, and then the
/// store is closed.
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Reflector<K> {
    watch: Watch<K>,
    hub: Arc<Hub<K>>,
    incoming: Option<State<K>>,
    /// The difference to yield before the next event of the watch.
    diff: Option<(Diff<K>, Via)>,
    /// The version of the list whose difference is being yielded.
    listed: Option<String>,
    queued: VecDeque<StoreEvent<K>>,
    stale: u64,
}

/// What observers learn of an event of the watch.
#[derive(Clone, Copy)]
enum Told {
    Nothing,
    Synced,
    Changed,
}

impl Told {
    fn of<K>(event: &Event<K>) -> Self {
        match event {
            Event::InitDone { .. } => Told::Synced,
            Event::Applied(_) | Event::Deleted(_) => Told::Changed,
            _ => Told::Nothing,
        }
    }
}

impl<K: Object> Reflector<K> {
    pub(crate) fn new(watch: Watch<K>, indexes: impl IntoIterator<Item = Index<K>>) -> Self {
        let hub = Arc::new(Hub::new(indexes.into_iter().collect()));
        Self { watch, hub, incoming: None, diff: None, listed: None, queued: VecDeque::new(), stale: 0 }
    }

    /// The store, for reading and subscribing.
    #[must_use]
    pub fn store(&self) -> Store<K> {
        Store(Arc::clone(&self.hub))
    }

    /// The state of the watch.
    #[must_use]
    pub fn state(&self) -> WatchState<'_> {
        self.watch.state()
    }

    /// Status code, warnings and audit id of the latest response, of a list or a watch; `None` before the first.
    #[must_use]
    pub fn response_info(&self) -> Option<&ResponseInfo> {
        self.watch.response_info()
    }

    /// The number of events that had no newer state than the store.
    #[must_use]
    pub fn stale_events(&self) -> u64 {
        self.stale
    }

    /// Replaces the watch, so that a test can use another table of recovery.
    #[doc(hidden)]
    pub fn map_watch(mut self, with: impl FnOnce(Watch<K>) -> Watch<K>) -> Self
    where
        Self: Sized,
    {
        let nothing = Watch::new(self.watch.target().clone(), WatchSettings::default());
        self.watch = with(std::mem::replace(&mut self.watch, nothing));
        self
    }

    fn take(&mut self, step: Event<K>, now: Moment) {
        match step {
            Event::InitBegin => self.incoming = Some(State::new(self.hub.state().indexes.clone())),
            Event::InitApplied(object) => self.list(Arc::new(object)),
            Event::InitDeleted(object) => {
                if let Some(incoming) = &mut self.incoming {
                    incoming.remove(key(&object));
                }
            }
            Event::InitDone { version } => {
                let Some(mut new) = self.incoming.take() else { return };
                new.version = Some(version).filter(|version| !version.is_empty());
                new.synced = true;
                let (old, new) = self.hub.replace(new);
                let via = if old.synced { Via::CatchUp } else { Via::Initial };
                self.listed.clone_from(&new.version);
                self.diff = Some((Diff::new(old, new), via));
            }
            Event::Applied(object) => {
                let deltas = self.hub.apply(Arc::new(object), now);
                self.stale += u64::from(deltas.is_empty());
                self.queue(deltas);
            }
            Event::Deleted(object) => {
                let deltas = self.hub.delete(Arc::new(object), now);
                self.stale += u64::from(deltas.is_empty());
                self.queue(deltas);
            }
            Event::Undecodable(what) => self.undecodable(what, now),
            Event::Bookmark { version } => self.hub.advance(&version),
            Event::Trouble(trouble) => self.queued.push_back(StoreEvent::Trouble(trouble)),
        }
    }

    /// Adds an object to the list that is being collected.
    fn list(&mut self, object: Arc<K>) {
        let Some(incoming) = &mut self.incoming else { return };
        let of = key(&*object);
        let before = incoming.get(of).and_then(|before| before.meta().resource_version);
        if let (Some(before), Some(version)) = (before, object.meta().resource_version)
            && is_older(version, before)
        {
            return;
        }
        let known = self.hub.known(of).filter(|known| same_version(&known.meta(), &object.meta()));
        incoming.insert(&known.unwrap_or(object));
    }

    fn undecodable(&mut self, what: Box<Undecodable>, now: Moment) {
        let of = Key::new(what.namespace.as_deref().unwrap_or_default(), what.name.as_deref().unwrap_or_default());
        let uid = crate::resource::Meta { uid: what.uid.as_deref(), ..crate::resource::Meta::default() };
        let is_it = |known: &K| same_object(&known.meta(), &uid);
        if let Some(incoming) = &mut self.incoming {
            let listed = incoming.get(of).is_some_and(|listed| is_it(listed));
            let known = self.hub.known(of).filter(|known| is_it(known));
            match (what.kind, known) {
                (EventKind::Added | EventKind::Modified, _) if listed => {}
                (EventKind::Added | EventKind::Modified, Some(known)) => incoming.insert(&known),
                _ => incoming.remove(of),
            }
        } else {
            let version = what.resource_version.as_deref();
            let deltas = match what.kind {
                EventKind::Deleted => self.hub.forget(of, is_it, version, now),
                EventKind::Added | EventKind::Modified => self.hub.forget(of, |known| !is_it(known), version, now),
            };
            self.queue(deltas);
        }
        self.queued.push_back(StoreEvent::Undecodable(what));
    }

    fn queue(&mut self, deltas: Vec<Delta<K>>) {
        self.queued.extend(
            deltas.into_iter().filter_map(Delta::change).map(|change| StoreEvent::Changed { change, via: Via::Event }),
        );
    }

    /// Tells the observers of what the store took.
    fn tell(&self, what: Told, cx: &Cx<'_>) {
        let watched = self.hub.watched_by(|| self.watch.attempt(cx.session.namespace()));
        let step = match what {
            Told::Nothing => return,
            Told::Synced => InformerStep::Synced { objects: self.hub.state().objects.len() },
            Told::Changed => {
                let (waiting, behind) = self.hub.queues();
                InformerStep::Changed { waiting, behind }
            }
        };
        cx.session.observers().tell(&Observation { now: cx.now, event: observe::Event::Informer(watched, step) });
    }

    fn next(&mut self) -> Option<StoreEvent<K>> {
        if let Some((diff, via)) = &mut self.diff
            && let Some(change) = diff.next().and_then(Delta::change)
        {
            return Some(StoreEvent::Changed { change, via: *via });
        }
        match self.diff.take() {
            Some(_) => Some(StoreEvent::Synced { version: self.listed.take() }),
            None => self.queued.pop_front(),
        }
    }
}

impl<K: Object> Operation for Reflector<K> {
    type Item = StoreEvent<K>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<StoreEvent<K>> {
        self.hub.drive();
        loop {
            if let Some(event) = self.next() {
                return Step::Yield(event);
            }
            match pass!(self.watch.resume(input.take(), cx)) {
                Inner::Yield(step) => {
                    let what = Told::of(&step);
                    self.take(step, cx.now.mono);
                    if cx.session.observers().any() {
                        self.tell(what, cx);
                    }
                }
                Inner::Done(result) => {
                    self.hub.close(result.clone());
                    return Step::Done(result);
                }
            }
        }
    }
}

impl<K> Drop for Reflector<K> {
    fn drop(&mut self) {
        self.hub.close(Ok(()));
    }
}

impl<K> fmt::Debug for Reflector<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reflector").field("stale", &self.stale).finish_non_exhaustive()
    }
}
