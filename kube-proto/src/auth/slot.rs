//! A shared credential: one call fetches it, all calls use it until it expires or is refused.
//!
//! Calls share a [`Slot`]; each drives a [`SlotCall`] through it. A grant is good if it has not expired and this call
//! does not replace it. It is due when its time for renewal has come.
//!
//! | state | condition | next |
//! |---|---|---|
//! | `Asking` | a good grant, not due | `Ready` |
//! | `Asking` | a good grant, due; the [pace](super::pace) allows a fetch and the right to fetch is free | `Fetching` |
//! | `Asking` | a good grant, due otherwise | `Ready` with this grant |
//! | `Asking` | no good grant; a fetch failed since this call began to ask | `Failed` with the shared error |
//! | `Asking` | no good grant; the pace does not allow a fetch, and the last one failed | `Failed` with that error and the time of the next try |
//! | `Asking` | only the refused grant; a fetch since this call began to ask gave it again | `Same` |
//! | `Asking` | no good grant; the right to fetch is free | `Fetching` |
//! | `Asking` | no good grant; another call fetches | `Wait`: woken when that call ends, and every [`RECHECK`] |
//! | `Fetching` | the fetch gave a new value | `Ready`; all waiting calls are woken |
//! | `Fetching` | the fetch gave the refused value again | `Same`; all waiting calls are woken |
//! | `Fetching` | the fetch failed or took too long; a grant is still good | `Ready` with that grant; the next try is later |
//! | `Fetching` | the fetch failed or took too long; no grant is good | `Failed`; all waiting calls share the error |
//! | `Fetching` | the call is dropped | the right is free; the first waiting call is woken |
//! | `Stopped` | the slow effect was aborted | the result of the fetch |
//! | `Over` | | `Failed`: a mistake of the caller |
//!
//! An effect of an early fetch (a good grant exists) may take [`EARLY`] at most, so that a hanging source does not
//! delay the call. A call that is not polled loses its right to fetch. It may still finish its fetch, but the value
//! counts only if no other call has fetched a newer one.
//!
//! Expiry is measured on the monotonic clock from the time of the fetch, so that a jump of the wall clock neither
//! revives a credential nor starts a storm of fetches.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::context::Context;
use super::granted::Granted;
use super::pace::FetchPace;
use super::site::Server;
use crate::driver::effect::Effect;
use crate::driver::input::Input;
use crate::driver::step::Step;
use crate::driver::time::{Moment, Now};
use crate::error::{Error, ErrorKind};
use crate::lease::clock::Clock;
use crate::lease::{Lease, Leases, RECHECK, RENEW, Ticket};
use crate::lock::lock;
use crate::settings::Settings;

/// A source of values: a state machine for each fetch.
pub(crate) trait Source: fmt::Debug {
    /// The value. Equal values are the same to the server.
    type Value: PartialEq + fmt::Debug;
    /// One fetch under way.
    type Fetch: fmt::Debug;

    /// Begins a fetch.
    fn begin(&self) -> Self::Fetch;

    /// The next step of a fetch. A yielded value counts at once; the fetch may continue after it, but cannot fail.
    fn resume(
        &self,
        fetch: &mut Self::Fetch,
        input: Option<Input>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Step<Fetched<Self::Value>>;

    /// The time limit of one effect.
    fn patience(&self, settings: &Settings) -> Duration;

    /// Whether the value is part of the configuration, so that no fetch gives another one.
    fn is_fixed(&self) -> bool {
        false
    }

    /// Whether another program may renew the value at any time. Without this, an immediate second fetch would give the
    /// same value.
    fn changes_unasked(&self) -> bool;

    /// The name for an error message about a time-out: `the plugin X`.
    fn name(&self) -> String;
}

/// The result of a fetch.
#[derive(Debug)]
pub(crate) struct Fetched<T> {
    pub(crate) value: T,
    /// When to renew the value while it is still good.
    pub(crate) refresh: Option<Moment>,
    /// When the value stops being good.
    pub(crate) expires: Option<Moment>,
    /// The value was stored and not issued now: if the server refuses it, an immediate fetch may help.
    pub(crate) stored: bool,
}

/// The value of one source, shared by the calls of a session.
#[derive(Debug)]
pub(crate) struct Slot<S: Source> {
    pub(crate) source: S,
    right: Arc<Leases>,
    state: Mutex<State<S::Value>>,
}

#[derive(Debug)]
struct State<T> {
    grant: Option<Arc<Granted<T>>>,
    /// When to renew the grant.
    refresh: Option<Moment>,
    /// The time until the renewal of the first grant. Counts from the first look, since `new` has no clock.
    first: Option<Duration>,
    /// The value to go back to if the current one is unusable; an accepted one if there was one.
    previous: Option<Arc<T>>,
    /// The value that was unusable.
    unusable: Option<Arc<T>>,
    generation: u64,
    /// The newest generation that came from a fetch.
    brought: u64,
    /// Counts finished fetches.
    finished: u64,
    /// The error and the time of the last fetch, if it failed.
    failure: Option<(Error, Moment)>,
    pace: FetchPace,
}

impl<S: Source> Slot<S> {
    /// With an initial value, the first fetch is due after `first`, or never.
    pub(crate) fn new(source: S, value: Option<S::Value>, first: Option<Duration>, clock: &Arc<Clock>) -> Self {
        let grant = value.map(|value| {
            let value = Arc::new(value);
            Arc::new(Granted { generation: 1, value, expires: None, accepted: AtomicBool::new(false) })
        });
        let state = State {
            grant,
            refresh: None,
            first,
            previous: None,
            unusable: None,
            generation: 1,
            brought: 1,
            finished: 0,
            failure: None,
            pace: FetchPace::default(),
        };
        Self { source, right: Leases::new(1, Arc::clone(clock)), state: Mutex::new(state) }
    }

    /// Whether a value other than the refused one exists or can be expected from a fetch.
    pub(crate) fn can_replace(&self, refused: u64, now: Now) -> bool {
        let state = self.lock();
        let newer = state.grant.as_ref().is_some_and(|grant| grant.generation > refused);
        let in_vain = state.pace.just_worked(now) && !self.source.changes_unasked();
        newer || !(in_vain || state.pace.held(now.mono).is_some())
    }

    /// The current grant, good or not.
    pub(crate) fn current(&self) -> Option<Arc<Granted<S::Value>>> {
        self.lock().grant.clone()
    }

    /// This generation is unusable: goes back to the value before. `false` if there is none.
    pub(crate) fn revert(&self, generation: u64) -> bool {
        let mut state = self.lock();
        match &state.grant {
            Some(grant) if grant.generation == generation => {}
            // The grant was replaced already.
            grant => return grant.is_some(),
        }
        let Some(value) = state.previous.take() else { return false };
        let unusable = state.grant.as_ref().map(|grant| Arc::clone(&grant.value));
        state.unusable = unusable;
        state.install(value, None);
        true
    }

    fn lock(&self) -> MutexGuard<'_, State<S::Value>> {
        lock(&self.state)
    }

    fn publish(
        &self,
        result: Result<Fetched<S::Value>, Error>,
        wanted: &Wanted,
        cx: &Context<'_>,
    ) -> SlotStep<S::Value> {
        let mut state = self.lock();
        state.finished += 1;
        let step = match result {
            Ok(fetched) => state.accept(fetched, wanted, cx),
            Err(error) => state.fail(error, wanted, cx),
        };
        drop(state);
        self.right.wake_all();
        step
    }
}

impl<T: PartialEq> State<T> {
    fn install(&mut self, value: Arc<T>, expires: Option<Moment>) -> Arc<Granted<T>> {
        self.generation += 1;
        let grant = Arc::new(Granted { generation: self.generation, value, expires, accepted: AtomicBool::new(false) });
        self.grant = Some(Arc::clone(&grant));
        grant
    }

    fn accept(&mut self, fetched: Fetched<T>, wanted: &Wanted, cx: &Context<'_>) -> SlotStep<T> {
        self.failure = None;
        let old = self.grant.clone();
        // Going back to an older value does not count as newer.
        let overtaken = self.brought > wanted.began;
        if let Some(newer) = old.as_ref().filter(|old| overtaken && old.is_good(wanted, cx.now.mono)) {
            return SlotStep::Ready(Arc::clone(newer));
        }
        let refused_at_once =
            wanted.refused.is_some() && old.as_ref().is_some_and(|old| !old.accepted.load(Ordering::Relaxed));
        if !fetched.stored {
            self.pace.work(refused_at_once, cx.now, &mut cx.random());
        }
        self.refresh = fetched.refresh;
        match old {
            // An unusable value is not used again.
            Some(old) if self.unusable.as_deref() == Some(&fetched.value) => old.offered(wanted),
            Some(old) if *old.value == fetched.value => {
                let again = Arc::new(Granted {
                    generation: old.generation,
                    value: Arc::clone(&old.value),
                    expires: fetched.expires,
                    accepted: AtomicBool::new(old.accepted.load(Ordering::Relaxed)),
                });
                self.grant = Some(Arc::clone(&again));
                again.offered(wanted)
            }
            old => {
                // A value that no server has accepted does not replace an older one to go back to.
                if let Some(old) = old
                    && (self.previous.is_none() || old.accepted.load(Ordering::Relaxed))
                {
                    self.previous = Some(Arc::clone(&old.value));
                }
                let grant = self.install(Arc::new(fetched.value), fetched.expires);
                self.brought = grant.generation;
                SlotStep::Ready(grant)
            }
        }
    }

    fn fail(&mut self, error: Error, wanted: &Wanted, cx: &Context<'_>) -> SlotStep<T> {
        let good = self.grant.clone().filter(|grant| grant.is_good(wanted, cx.now.mono));
        self.pace.fail(good.as_ref().and_then(|grant| grant.expires), cx.now, &mut cx.random());
        self.failure = Some((error.clone(), cx.now.mono));
        good.map_or(SlotStep::Failed(error), SlotStep::Ready)
    }
}

impl<T> Granted<T> {
    fn is_good(&self, wanted: &Wanted, now: Moment) -> bool {
        !wanted.refuses(self.generation) && self.expires.is_none_or(|expires| now < expires)
    }

    fn offered(self: Arc<Self>, wanted: &Wanted) -> SlotStep<T> {
        if wanted.refuses(self.generation) { SlotStep::Same(self) } else { SlotStep::Ready(self) }
    }
}

/// The value that one call wants.
#[derive(Debug, Default)]
struct Wanted {
    /// The generation that the server refused; the call wants a newer one.
    refused: Option<u64>,
    /// How many fetches had finished when the call began to ask.
    since: Option<u64>,
    /// The newest generation when the call began to fetch.
    began: u64,
}

impl Wanted {
    fn refuses(&self, generation: u64) -> bool {
        self.refused.is_some_and(|refused| generation <= refused)
    }
}

/// Gets a value from a slot for one call.
#[derive(Debug)]
pub(crate) struct SlotCall<S: Source> {
    wanted: Wanted,
    state: SlotCallState<S>,
}

#[derive(Debug)]
enum SlotCallState<S: Source> {
    Asking(Ticket),
    Fetching(Box<Fetching<S>>),
    /// The fetch took too long and is being aborted.
    Stopped(Box<SlotStep<S::Value>>),
    Over,
}

#[derive(Debug)]
struct Fetching<S: Source> {
    right: Lease,
    began: Moment,
    fetch: S::Fetch,
    patience: Duration,
    /// The deadline of the effect under way.
    until: Option<Moment>,
    /// The result of a fetch that has yielded its value and still has work to do.
    yielded: Option<SlotStep<S::Value>>,
}

/// A step of [`SlotCall`].
#[derive(Debug)]
pub(crate) enum SlotStep<T> {
    Do(Effect),
    Wait(Moment),
    Ready(Arc<Granted<T>>),
    /// The source only has the refused value.
    Same(Arc<Granted<T>>),
    Failed(Error),
}

impl<S: Source> SlotCall<S> {
    /// Wants a value newer than `refused`, or any good one.
    pub(crate) fn new(refused: Option<u64>) -> Self {
        Self { wanted: Wanted { refused, ..Wanted::default() }, state: SlotCallState::Asking(Ticket::default()) }
    }

    /// The next step. Not polled again after [`SlotStep::Ready`], [`SlotStep::Same`] or [`SlotStep::Failed`].
    pub(crate) fn poll(
        &mut self,
        mut input: Option<Input>,
        slot: &Slot<S>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> SlotStep<S::Value> {
        loop {
            match std::mem::replace(&mut self.state, SlotCallState::Over) {
                SlotCallState::Asking(mut ticket) => match self.ask(&mut ticket, slot, cx) {
                    Ok((right, early)) => {
                        let patience = slot.source.patience(cx.settings);
                        let patience = if early { patience.min(EARLY) } else { patience };
                        let (fetch, until, yielded) = (slot.source.begin(), None, None);
                        self.state = SlotCallState::Fetching(Box::new(Fetching {
                            right,
                            began: cx.now.mono,
                            fetch,
                            patience,
                            until,
                            yielded,
                        }));
                        input = None;
                    }
                    Err(step) => {
                        if matches!(step, SlotStep::Wait(_)) {
                            self.state = SlotCallState::Asking(ticket);
                        }
                        return step;
                    }
                },
                SlotCallState::Fetching(fetching) => {
                    if let Some(step) = self.fetch(fetching, input.take(), slot, server, cx) {
                        return step;
                    }
                }
                SlotCallState::Stopped(step) => return *step,
                SlotCallState::Over => return SlotStep::Failed(Error::misuse("nothing is being fetched")),
            }
        }
    }

    fn fetch(
        &mut self,
        mut fetching: Box<Fetching<S>>,
        input: Option<Input>,
        slot: &Slot<S>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Option<SlotStep<S::Value>> {
        let now = cx.now.mono;
        fetching.right.renew(now);
        match slot.source.resume(&mut fetching.fetch, input, server, cx) {
            Step::Do(effect) => {
                fetching.until = Some(now.after(fetching.patience));
                self.state = SlotCallState::Fetching(fetching);
                Some(SlotStep::Do(effect))
            }
            Step::Yield(fetched) => {
                cx.fetched(|| slot.source.name(), None, fetching.began, fetched.expires);
                fetching.yielded = Some(slot.publish(Ok(fetched), &self.wanted, cx));
                self.state = SlotCallState::Fetching(fetching);
                None
            }
            Step::Wait(wake) => match fetching.until {
                Some(until) if now >= until => {
                    let result = fetching.yielded.take().unwrap_or_else(|| {
                        let (name, patience) = (slot.source.name(), fetching.patience);
                        let error = Error::credential(format!("{name} took longer than {patience:?}"));
                        cx.fetched(|| name, Some(&error), fetching.began, None);
                        slot.publish(Err(error), &self.wanted, cx)
                    });
                    self.state = SlotCallState::Stopped(Box::new(result));
                    Some(SlotStep::Do(Effect::Abort))
                }
                until => {
                    self.state = SlotCallState::Fetching(fetching);
                    let own = now.after(RENEW);
                    Some(SlotStep::Wait([until, wake].into_iter().flatten().fold(own, Moment::min)))
                }
            },
            Step::Done(result) => Some(fetching.yielded.take().unwrap_or_else(|| {
                let error = result.err().unwrap_or_else(|| Error::credential("nothing was fetched"));
                cx.fetched(|| slot.source.name(), Some(&error), fetching.began, None);
                slot.publish(Err(error), &self.wanted, cx)
            })),
        }
    }

    /// The right to fetch and whether the fetch is early, or the step to return.
    fn ask(
        &mut self,
        ticket: &mut Ticket,
        slot: &Slot<S>,
        cx: &Context<'_>,
    ) -> Result<(Lease, bool), SlotStep<S::Value>> {
        let now = cx.now.mono;
        let mut right = None;
        loop {
            let mut state = slot.lock();
            if let Some(first) = state.first.take() {
                state.refresh = Some(now.after(first));
            }
            let since = *self.wanted.since.get_or_insert(state.finished);
            let news = state.finished > since;
            let held = state.pace.held(now);
            let due = held.is_none() && state.refresh.is_some_and(|at| now >= at);
            let (grant, failure, generation) = (state.grant.clone(), state.failure.clone(), state.generation);
            drop(state);
            self.wanted.began = generation;
            let good = grant.clone().filter(|grant| grant.is_good(&self.wanted, now));
            let early = good.is_some();
            match (good, failure) {
                (Some(grant), _) if !due => return Err(SlotStep::Ready(grant)),
                (Some(grant), _) => {
                    if let Some(right) = right {
                        return Ok((right, early));
                    }
                    right = Some(slot.right.take(now).ok_or(SlotStep::Ready(grant))?);
                }
                (None, Some((error, _))) if news => return Err(SlotStep::Failed(error)),
                (None, Some((error, at))) if held.is_some() => {
                    let (ago, left) = (now.since(at), held.unwrap_or_default());
                    return Err(SlotStep::Failed(again(error, ago, left)));
                }
                (None, _) => {
                    // A fetch since then gave the refused value again.
                    if news && let Some(same) = grant.filter(|grant| self.wanted.refuses(grant.generation)) {
                        return Err(SlotStep::Same(same));
                    }
                    if let Some(right) = right {
                        return Ok((right, early));
                    }
                    let wait = SlotStep::Wait(now.after(RECHECK));
                    right = Some(slot.right.ask(ticket, now, cx.waker).ok_or(wait)?);
                }
            }
            // With the right in hand, look once more: another call may have finished a fetch since the look.
        }
    }
}

/// An earlier error, with its age and the time of the next try.
fn again(error: Error, ago: Duration, left: Duration) -> Error {
    match error.kind() {
        ErrorKind::Credential(text) => {
            let (ago, left) = (ago.as_secs(), left.as_millis().div_ceil(1000));
            Error::credential(format!("{text} (that was {ago} s ago; it is tried again in {left} s)"))
        }
        _ => error,
    }
}

/// The time limit of an effect while a good grant exists.
pub(crate) const EARLY: Duration = Duration::from_secs(10);
