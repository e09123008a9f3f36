//! Readers that get changes, and readers that wait for a version.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::change::{Delta, Diff};
use super::event::{StoreEvent, Via};
use super::hub::{Hub, Mailbox};
use super::snapshot::{Snapshot, State};
use super::sorted::Place;
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::{Moment, earliest};
use crate::error::{Error, ErrorKind, TimeoutStage};
use crate::observe::{Event, InformerStep, Observation};
use crate::resource::Object;
use crate::resource::resource_version::compare_resource_versions;

/// Yields every change of a store: first all objects as added, then the changes as they happen.
///
/// It is an operation, for a driver's `stream`. Its queue holds at most its limit of changes. A change beyond the limit
/// drops the queue. Then the next polls yield the difference between the last yielded state and the current one, with
/// one change per object. So the states of an object never go back, and only states in between are lost.
///
/// It ends when the [`Reflector`](super::reflector::Reflector) ends, after the remaining changes.
#[must_use = "a subscriber yields nothing until it is polled"]
pub struct Subscriber<K> {
    hub: Arc<Hub<K>>,
    id: u64,
    initial: bool,
    /// The version of the state of the first comparison.
    version: Option<String>,
    diff: Option<Diff<K>>,
    every: Option<Duration>,
    next: Option<Moment>,
    sweep: Option<(Arc<State<K>>, Place)>,
    /// When the store took the last change that was taken here, and the changes after it.
    taken: Option<(Moment, usize)>,
}

/// The content of a mailbox.
enum News<K> {
    Event(Moment, Delta<K>, usize),
    Behind(Diff<K>, Option<String>),
    End(End),
}

/// How the reflector ended.
type End = Result<(), Error>;

impl<K: Object> Subscriber<K> {
    pub(super) fn new(hub: Arc<Hub<K>>, limit: usize) -> Self {
        let id = hub.enter(Some(limit));
        Self { hub, id, initial: true, version: None, diff: None, every: None, next: None, sweep: None, taken: None }
    }

    /// Yields every object [again](StoreEvent::Resync) at this interval. Zero turns this off.
    pub fn resync(mut self, every: Duration) -> Self {
        self.every = Some(every).filter(|every| !every.is_zero());
        self
    }

    /// The next change, if there is one. Does not wait, and yields no resyncs.
    pub fn try_next(&mut self) -> Option<StoreEvent<K>> {
        self.advance(Waker::noop())?.ok()
    }

    /// The number of changes in the queue.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.hub.lock().boxes.get(&self.id).map_or(0, |mailbox| mailbox.queue.len())
    }

    /// The next event or the end, if there is one.
    fn advance(&mut self, waker: &Waker) -> Option<Result<StoreEvent<K>, End>> {
        loop {
            if let Some(diff) = &mut self.diff {
                let via = if self.initial { Via::Initial } else { Via::CatchUp };
                if let Some(change) = diff.next().and_then(Delta::change) {
                    return Some(Ok(StoreEvent::Changed { change, via }));
                }
                self.diff = None;
                if std::mem::take(&mut self.initial) {
                    return Some(Ok(StoreEvent::Synced { version: self.version.take() }));
                }
            }
            let id = self.id;
            let found = self.hub.look_or_wait(id, waker, |shared| {
                let state = Arc::clone(&shared.state);
                let mailbox = shared.boxes.get_mut(&id)?;
                if let Some((at, delta)) = mailbox.queue.pop_front() {
                    return Some(News::Event(at, delta, mailbox.queue.len()));
                }
                let behind = mailbox.behind.take_if(|_| state.synced);
                // The end is checked under the same lock, so that no change before it is missed.
                let version = state.version.clone();
                behind
                    .map(|seen| News::Behind(Diff::new(seen, state), version))
                    .or(shared.closed.clone().map(News::End))
            })?;
            match found {
                News::Event(at, delta, waiting) => {
                    self.taken = Some((at, waiting));
                    if let Some(change) = delta.change() {
                        return Some(Ok(StoreEvent::Changed { change, via: Via::Event }));
                    }
                }
                News::Behind(diff, version) => (self.diff, self.version) = (Some(diff), version),
                News::End(end) => return Some(Err(end)),
            }
        }
    }

    /// Tells the observers of a change that was taken from the queue.
    fn tell(&mut self, cx: &Cx<'_>) {
        let observers = cx.session.observers();
        if let Some((at, waiting)) = self.taken.take()
            && observers.any()
            && let Some(watched) = self.hub.watched()
        {
            let step = InformerStep::Taken { lag: cx.now.mono.since(at), waiting };
            observers.tell(&Observation { now: cx.now, event: Event::Informer(watched, step) });
        }
    }

    /// Begins a resync, unless another thread has just published a change: the objects would be newer than the last
    /// yielded change.
    pub(super) fn begin_resync(&mut self) -> bool {
        let shared = self.hub.lock();
        let is_empty = |mailbox: &Mailbox<K>| mailbox.queue.is_empty() && mailbox.behind.is_none();
        let begins = shared.boxes.get(&self.id).is_some_and(is_empty);
        if begins {
            self.sweep = Some((Arc::clone(&shared.state), Place::default()));
        }
        begins
    }

    /// The next object of a resync.
    fn remind(&mut self) -> Option<Arc<K>> {
        let (state, place) = self.sweep.as_mut()?;
        let object = state.objects.at(place).cloned();
        place.step();
        if object.is_none() {
            self.sweep = None;
        }
        object
    }
}

impl<K: Object> Operation for Subscriber<K> {
    type Item = StoreEvent<K>;

    fn resume(&mut self, _input: Option<Input>, cx: &mut Cx<'_>) -> Step<StoreEvent<K>> {
        loop {
            // A resync that has begun shows the state of the last yielded change, so it comes before any newer change.
            if let Some(object) = self.remind() {
                return Step::Yield(StoreEvent::Resync(object));
            }
            match self.advance(cx.waker) {
                Some(Ok(event)) => {
                    self.tell(cx);
                    return Step::Yield(event);
                }
                Some(Err(end)) => return Step::Done(end),
                None => {}
            }
            let Some(every) = self.every.filter(|_| !self.initial) else { return Step::Wait(None) };
            let next = *self.next.get_or_insert(cx.now.mono.after(every));
            if cx.now.mono < next {
                return Step::Wait(Some(next));
            }
            if self.begin_resync() {
                self.next = Some(cx.now.mono.after(every));
            }
        }
    }
}

impl<K> Drop for Subscriber<K> {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

/// Waits until a store is synced or has a version; yields a snapshot of it. Made by
/// [`Store::wait_synced`](super::Store::wait_synced) and [`Store::wait_version`](super::Store::wait_version).
///
/// It fails if the reflector ends before, if no driver resumes the reflector within 10 seconds, or if the time of
/// [`within`](Self::within) has passed.
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct WaitFor<K> {
    hub: Arc<Hub<K>>,
    id: u64,
    version: Option<String>,
    limit: Option<Duration>,
    until: Option<Moment>,
    /// The deadline for a driver to resume the reflector.
    driven_by: Option<Moment>,
    done: Option<Result<(), Error>>,
}

impl<K: Object> WaitFor<K> {
    pub(super) fn new(hub: Arc<Hub<K>>, version: Option<String>) -> Self {
        let id = hub.enter(None);
        Self { hub, id, version, limit: None, until: None, driven_by: None, done: None }
    }

    /// Sets a time limit, from the first poll. There is none by default.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    fn over(&mut self, error: Error) -> Step<Snapshot<K>> {
        self.done = Some(Err(error.clone()));
        Step::Done(Err(error))
    }
}

impl<K: Object> OneResult for WaitFor<K> {}

impl<K: Object> Operation for WaitFor<K> {
    type Item = Snapshot<K>;

    fn resume(&mut self, _input: Option<Input>, cx: &mut Cx<'_>) -> Step<Snapshot<K>> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        let version = self.version.as_deref();
        let found = self.hub.look_or_wait(self.id, cx.waker, |shared| {
            let reached = shared.state.synced
                && version.is_none_or(|wanted| {
                    let known = shared.state.version.as_deref().unwrap_or_default();
                    compare_resource_versions(known, wanted).is_some_and(std::cmp::Ordering::is_ge)
                });
            match &shared.closed {
                _ if reached => Some(Ok(Snapshot(Arc::clone(&shared.state)))),
                Some(end) => Some(Err(end.clone())),
                None => None,
            }
        });
        match found {
            Some(Ok(snapshot)) => {
                self.done = Some(Ok(()));
                return Step::Yield(snapshot);
            }
            Some(Err(end)) => return self.over(end.err().unwrap_or_else(|| Error::new(ErrorKind::Stopped))),
            None => {}
        }
        let now = cx.now.mono;
        let driven_by = *self.driven_by.get_or_insert(now.after(DRIVEN));
        if !self.hub.is_driven() && now >= driven_by {
            return self.over(Error::misuse(format!(
                "the reflector of this store was not driven within {DRIVEN:?}, so the store does not sync: pass the \
                 reflector to `client.stream` and keep taking its events, on another task or thread than this wait"
            )));
        }
        let until = self.limit.map(|limit| *self.until.get_or_insert(now.after(limit)));
        match (until, self.limit) {
            (Some(until), Some(limit)) if now >= until => {
                self.over(Error::new(ErrorKind::Timeout { stage: TimeoutStage::Total, limit, reach: Reach::NotSent }))
            }
            _ => Step::Wait(earliest(until, (!self.hub.is_driven()).then_some(driven_by))),
        }
    }
}

/// The time in which a driver must resume the reflector for the first time.
const DRIVEN: Duration = Duration::from_secs(10);

impl<K> Drop for WaitFor<K> {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

impl<K> fmt::Debug for Subscriber<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<K> fmt::Debug for WaitFor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFor").field("version", &self.version).field("limit", &self.limit).finish_non_exhaustive()
    }
}
