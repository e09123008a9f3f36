//! Something that is fetched by one for all, used until it ends or is refused, and fetched again.
//!
//! A [`Slot`] is shared; each call drives a [`SlotCall`] through it:
//!
//! | state | what there is | next |
//! |---|---|---|
//! | asking | a grant that is neither over nor refused, not due | ready |
//! | asking | ... due, the [pace](super::pace) allows it, the right to fetch is free | fetching |
//! | asking | ... due otherwise | ready, with this grant |
//! | asking | none; a fetch failed since this call began to ask | failed, with the shared error |
//! | asking | none but the refused one; a fetch since gave that again | the same |
//! | asking | none; the pace does not allow it, and there is a failure to show | failed, with that error and when the next try is |
//! | asking | none; the right to fetch is free | fetching |
//! | asking | none; another fetches | wait: woken when it is done or gives up, and every few seconds |
//! | fetching | it worked, and gave another one | ready; all who wait are woken |
//! | fetching | it worked, and gave the refused one again | the same |
//! | fetching | it failed or took too long; a grant is still good | ready, with that grant; the next try is later |
//! | fetching | it failed or took too long; there is none | failed; all who wait share the error |
//! | fetching | dropped | the right is free; the first who waits is woken, and only that one |
//!
//! A fetch that is early (a good grant is there) may take [`EARLY`] and not more: a hanging source shall not cost the
//! call that was so kind to look. A holder that nobody polled for so long that its right was taken from it may still
//! finish; what it brings counts only if nobody brought something newer.
//!
//! Ends are counted on the monotonic clock from the moment of fetching, so that a jump of the wall clock neither revives
//! a credential nor starts a storm of fetches.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
use crate::settings::Settings;

/// Where something comes from: a machine that is begun for each fetch.
pub(crate) trait Source: fmt::Debug {
    /// What it gives. Two that are equal are the same to the server.
    type Value: PartialEq + fmt::Debug;
    /// One fetch under way.
    type Fetch: fmt::Debug;

    /// A fetch at its beginning.
    fn begin(&self) -> Self::Fetch;

    /// The next step of a fetch. What it yields counts from then on; it may go on after that, and cannot fail any more.
    fn resume(
        &self,
        fetch: &mut Self::Fetch,
        input: Option<Input>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Step<Fetched<Self::Value>>;

    /// The most time between one effect and the next.
    fn patience(&self, settings: &Settings) -> Duration;

    /// It is part of the configuration: no fetch gives another value.
    fn is_fixed(&self) -> bool {
        false
    }

    /// Another program renews it: a value that was fetched a moment ago may have been replaced since. Without this, an
    /// immediate second fetch gives the same value again.
    fn changes_unasked(&self) -> bool;

    /// What to call it in a message about its slowness: `the plugin X`.
    fn name(&self) -> String;
}

/// What a source gave.
#[derive(Debug)]
pub(crate) struct Fetched<T> {
    pub(crate) value: T,
    /// When to fetch the next one while this one still works.
    pub(crate) refresh: Option<Moment>,
    /// When it stops to work.
    pub(crate) expires: Option<Moment>,
    /// It was stored, and no issuer was asked: if the server refuses it, a fetch may help at once.
    pub(crate) stored: bool,
}

/// What the calls of a session share of one source.
#[derive(Debug)]
pub(crate) struct Slot<S: Source> {
    pub(crate) source: S,
    right: Arc<Leases>,
    state: Mutex<State<S::Value>>,
}

#[derive(Debug)]
struct State<T> {
    grant: Option<Arc<Granted<T>>>,
    /// When to look for the next one.
    refresh: Option<Moment>,
    /// Set at the first look: how long the first grant is good for, before the time was known.
    first: Option<Duration>,
    /// The one before that a server accepted, for when this one turns out to be no good.
    previous: Option<Arc<T>>,
    /// What turned out to be no good.
    spurned: Option<Arc<T>>,
    generation: u64,
    /// The newest generation that a fetch brought.
    brought: u64,
    /// Counts fetches that were finished.
    finished: u64,
    /// The error of the last one, if it failed, and when that was.
    failure: Option<(Error, Moment)>,
    pace: FetchPace,
}

impl<S: Source> Slot<S> {
    /// With a value from the beginning, it is fetched first after `first`, or never.
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
            spurned: None,
            generation: 1,
            brought: 1,
            finished: 0,
            failure: None,
            pace: FetchPace::default(),
        };
        Self { source, right: Leases::new(1, Arc::clone(clock)), state: Mutex::new(state) }
    }

    /// Whether there may be something better than what was refused.
    pub(crate) fn can_replace(&self, refused: u64, now: Now) -> bool {
        let state = self.lock();
        let newer = state.grant.as_ref().is_some_and(|grant| grant.generation > refused);
        let in_vain = state.pace.just_worked(now) && !self.source.changes_unasked();
        newer || !(in_vain || state.pace.held(now.mono).is_some())
    }

    /// What is there, good or not.
    pub(crate) fn current(&self) -> Option<Arc<Granted<S::Value>>> {
        self.lock().grant.clone()
    }

    /// This one cannot be used at all: back to the one before. `false` if there is none.
    pub(crate) fn revert(&self, generation: u64) -> bool {
        let mut state = self.lock();
        match &state.grant {
            Some(grant) if grant.generation == generation => {}
            // Another was here before.
            grant => return grant.is_some(),
        }
        let Some(value) = state.previous.take() else { return false };
        let spurned = state.grant.as_ref().map(|grant| Arc::clone(&grant.value));
        state.spurned = spurned;
        state.install(value, None);
        true
    }

    fn lock(&self) -> MutexGuard<'_, State<S::Value>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, result: Result<Fetched<S::Value>, Error>, asked: &Wanted, now: Now) -> SlotStep<S::Value> {
        let mut state = self.lock();
        state.finished += 1;
        let turned = match result {
            Ok(fetched) => state.accept(fetched, asked, now),
            Err(error) => state.fail(error, asked, now),
        };
        drop(state);
        self.right.wake_all();
        turned
    }
}

impl<T: PartialEq> State<T> {
    fn install(&mut self, value: Arc<T>, expires: Option<Moment>) -> Arc<Granted<T>> {
        self.generation += 1;
        let grant = Arc::new(Granted { generation: self.generation, value, expires, accepted: AtomicBool::new(false) });
        self.grant = Some(Arc::clone(&grant));
        grant
    }

    fn accept(&mut self, fetched: Fetched<T>, asked: &Wanted, now: Now) -> SlotStep<T> {
        self.failure = None;
        let old = self.grant.clone();
        // To have gone back to what was there before is nothing newer.
        let overtaken = self.brought > asked.began;
        if let Some(newer) = old.as_ref().filter(|old| overtaken && old.is_good(asked, now.mono)) {
            return SlotStep::Ready(Arc::clone(newer));
        }
        let refused_at_once =
            asked.refused.is_some() && old.as_ref().is_some_and(|old| !old.accepted.load(Ordering::Relaxed));
        if !fetched.stored {
            self.pace.work(refused_at_once, now);
        }
        self.refresh = fetched.refresh;
        match old {
            // Not that one again.
            Some(old) if self.spurned.as_deref() == Some(&fetched.value) => old.offered(asked),
            Some(old) if *old.value == fetched.value => {
                let again = Arc::new(Granted {
                    generation: old.generation,
                    value: Arc::clone(&old.value),
                    expires: fetched.expires,
                    accepted: AtomicBool::new(old.accepted.load(Ordering::Relaxed)),
                });
                self.grant = Some(Arc::clone(&again));
                again.offered(asked)
            }
            old => {
                // What nobody has tried yet is no better to go back to than what came before it.
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

    fn fail(&mut self, error: Error, asked: &Wanted, now: Now) -> SlotStep<T> {
        let good = self.grant.clone().filter(|grant| grant.is_good(asked, now.mono));
        self.pace.fail(good.as_ref().and_then(|grant| grant.expires), now);
        self.failure = Some((error.clone(), now.mono));
        good.map_or(SlotStep::Failed(error), SlotStep::Ready)
    }
}

impl<T> Granted<T> {
    fn is_good(&self, asked: &Wanted, now: Moment) -> bool {
        !asked.refuses(self.generation) && self.expires.is_none_or(|expires| now < expires)
    }

    fn offered(self: Arc<Self>, asked: &Wanted) -> SlotStep<T> {
        if asked.refuses(self.generation) { SlotStep::Same(self) } else { SlotStep::Ready(self) }
    }
}

/// What one call asks for.
#[derive(Debug, Default)]
struct Wanted {
    /// Something newer than what the server refused.
    refused: Option<u64>,
    /// How many fetches had finished when it began to ask.
    since: Option<u64>,
    /// The newest generation when it began to fetch.
    began: u64,
}

impl Wanted {
    fn refuses(&self, generation: u64) -> bool {
        self.refused.is_some_and(|refused| generation <= refused)
    }
}

/// One call's way through a slot.
#[derive(Debug)]
pub(crate) struct SlotCall<S: Source> {
    asked: Wanted,
    way: SlotCallState<S>,
}

#[derive(Debug)]
enum SlotCallState<S: Source> {
    Asking(Ticket),
    Fetching(Box<Fetching<S>>),
    /// It took too long, and is being stopped.
    Stopped(Box<SlotStep<S::Value>>),
    Over,
}

#[derive(Debug)]
struct Fetching<S: Source> {
    right: Lease,
    fetch: S::Fetch,
    patience: Duration,
    /// When the effect in flight has taken too long; set with the effect.
    until: Option<Moment>,
    /// It has yielded already, and has something left to do.
    yielded: Option<SlotStep<S::Value>>,
}

/// What a turn says.
#[derive(Debug)]
pub(crate) enum SlotStep<T> {
    Do(Effect),
    Wait(Moment),
    Ready(Arc<Granted<T>>),
    /// There is nothing but what was refused.
    Same(Arc<Granted<T>>),
    Failed(Error),
}

impl<S: Source> SlotCall<S> {
    /// For something newer than `refused`.
    pub(crate) fn new(refused: Option<u64>) -> Self {
        Self { asked: Wanted { refused, ..Wanted::default() }, way: SlotCallState::Asking(Ticket::default()) }
    }

    /// The next step. After [`SlotStep::Ready`], [`SlotStep::Same`] or [`SlotStep::Failed`] it is not asked again.
    pub(crate) fn poll(
        &mut self,
        mut input: Option<Input>,
        slot: &Slot<S>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> SlotStep<S::Value> {
        loop {
            match std::mem::replace(&mut self.way, SlotCallState::Over) {
                SlotCallState::Asking(mut ticket) => match self.ask(&mut ticket, slot, cx) {
                    Ok((right, early)) => {
                        let patience = slot.source.patience(cx.settings);
                        let patience = if early { patience.min(EARLY) } else { patience };
                        let (fetch, until, yielded) = (slot.source.begin(), None, None);
                        self.way =
                            SlotCallState::Fetching(Box::new(Fetching { right, fetch, patience, until, yielded }));
                        input = None;
                    }
                    Err(turned) => {
                        if matches!(turned, SlotStep::Wait(_)) {
                            self.way = SlotCallState::Asking(ticket);
                        }
                        return turned;
                    }
                },
                SlotCallState::Fetching(fetching) => {
                    if let Some(turned) = self.fetch(fetching, input.take(), slot, server, cx) {
                        return turned;
                    }
                }
                SlotCallState::Stopped(turned) => return *turned,
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
                self.way = SlotCallState::Fetching(fetching);
                Some(SlotStep::Do(effect))
            }
            Step::Yield(fetched) => {
                cx.stats.count_refresh();
                fetching.yielded = Some(slot.publish(Ok(fetched), &self.asked, cx.now));
                self.way = SlotCallState::Fetching(fetching);
                None
            }
            Step::Wait(wake) => match fetching.until {
                Some(until) if now >= until => {
                    let result = fetching.yielded.take().unwrap_or_else(|| {
                        let (name, patience) = (slot.source.name(), fetching.patience);
                        let error = Error::credential(format!("{name} took longer than {patience:?}"));
                        cx.stats.count_refresh();
                        slot.publish(Err(error), &self.asked, cx.now)
                    });
                    self.way = SlotCallState::Stopped(Box::new(result));
                    Some(SlotStep::Do(Effect::Abort))
                }
                until => {
                    self.way = SlotCallState::Fetching(fetching);
                    let own = now.after(RENEW);
                    Some(SlotStep::Wait([until, wake].into_iter().flatten().fold(own, Moment::min)))
                }
            },
            Step::Done(result) => Some(fetching.yielded.take().unwrap_or_else(|| {
                let error = result.err().unwrap_or_else(|| Error::credential("nothing was fetched"));
                cx.stats.count_refresh();
                slot.publish(Err(error), &self.asked, cx.now)
            })),
        }
    }

    /// The right to fetch, and whether that is early; or what else is to be said.
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
            let since = *self.asked.since.get_or_insert(state.finished);
            let news = state.finished > since;
            let held = state.pace.held(now);
            let due = held.is_none() && state.refresh.is_some_and(|at| now >= at);
            let (grant, failure, generation) = (state.grant.clone(), state.failure.clone(), state.generation);
            drop(state);
            self.asked.began = generation;
            let good = grant.clone().filter(|grant| grant.is_good(&self.asked, now));
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
                    // A fetch since then gave what was refused before.
                    if news && let Some(same) = grant.filter(|grant| self.asked.refuses(grant.generation)) {
                        return Err(SlotStep::Same(same));
                    }
                    if let Some(right) = right {
                        return Ok((right, early));
                    }
                    let wait = SlotStep::Wait(now.after(RECHECK));
                    right = Some(slot.right.ask(ticket, now, cx.waker).ok_or(wait)?);
                }
            }
            // With the right in hand, look once more: another may have finished between the look and the asking.
        }
    }
}

/// The failure of another time.
fn again(error: Error, ago: Duration, left: Duration) -> Error {
    match error.kind() {
        ErrorKind::Credential(text) => {
            let (ago, left) = (ago.as_secs(), left.as_millis().div_ceil(1000));
            Error::credential(format!("{text} (that was {ago} s ago; it is tried again in {left} s)"))
        }
        _ => error,
    }
}

/// How long a fetch may take while there is something else to go on with.
pub(crate) const EARLY: Duration = Duration::from_secs(10);
