//! The state machine of a watch.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Start` | a version to resume from | `Open`, as a watch |
//! | `Start` | no version | `Open`, as a streaming list; or `List` |
//! | `Open`, as a streaming list | an object | `Open`; yields it as an object of the list |
//! | `Open`, as a streaming list | the bookmark that ends the list | `Open`, as a watch on the same response; yields the end of the list |
//! | `Open`, as a streaming list | silence, or the total limit | the ending `Endless` |
//! | `List` | an object | `List`; yields it as an object of the list |
//! | `List` | the end of the last page | `Open`, as a watch; yields the end of the list |
//! | `Open`, as a watch | an event | `Open`; yields it and keeps its version |
//! | `Open`, `List` | any ending | `Pause` (its wait may be zero) or `Over`, by [the table](super::after) |
//! | `Pause` | its moment | `Open` or `List`, as planned |
//! | `Over` | | `Over`; repeats the result |
//!
//! Every ending is an [`Ending`], and [one table](super::after) has the recovery from each. The calls of this machine
//! have no retries and do not wait for a `Retry-After`: all recovery is here. Only the replacement of a dead pooled
//! connection and the renewal of a refused credential happen below, without an event.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;

use super::event::{Event, Trouble, undecodable};
use super::listing::{Listed, Listing};
use super::open::{Begun, Open};
use super::recovering::{Recovered, Recovering, fault_of};
use super::settings::WatchSettings;
use super::state::{Phase, WatchState};
use super::table::{Ending, Footing, Recovery, Since, Situation};
use crate::driver::effect::Effect;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::driver::time::{Moment, earliest};
use crate::error::{Attempt, Error};
use crate::observe::{self, Observation, WatchStep};
use crate::op::kept::{Keeps, Kept};
use crate::op::pages::ListKind;
use crate::op::watch_once::{EventKind, WatchEvent};
use crate::opaque::Opaque;
use crate::request::params::{ListParams, VersionMatch, WatchParams};
use crate::request::target::Target;
use crate::resource::Object;
use crate::resource::resource_version::is_older;
use crate::response::info::ResponseInfo;

/// Lists a collection and then yields every change of it, until dropped; made by [`Api::watch`](crate::Api::watch).
///
/// It ends by itself only with an error that a retry cannot mend: an invalid request, an effect that the driver does
/// not support, or a refusal with [`OnRefusal::End`](super::settings::OnRefusal::End).
///
/// If a cluster is restored from a backup and its resource versions go back, the watch finds that at the next list.
/// Until then, the API shows no difference from a cluster without changes.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Watch<K> {
    target: Target,
    settings: WatchSettings,
    recovering: Recovering,
    state: State<K>,
    /// Events to yield before the next step.
    queued: Opaque<VecDeque<Event<K>>>,
    version: Option<String>,
    synced: bool,
    trouble: Option<Error>,
    /// The head of the latest response.
    info: Option<Arc<ResponseInfo>>,
    /// An effect is under way.
    in_flight: bool,
    until: Option<Moment>,
}

#[derive(Debug)]
enum State<K> {
    Start,
    Open(Box<Open<K>>),
    List(Box<Listing>, Begun),
    Pause { until: Moment, plan: Plan },
    Over(Result<(), Error>),
}

/// The step after a pause.
#[derive(Debug)]
enum Plan {
    Watch,
    Stream(Since),
    List { since: Since, pages: bool },
    Page(Box<Listing>, Begun),
}

impl<K: Object> Watch<K> {
    pub(crate) fn new(target: Target, settings: WatchSettings) -> Self {
        Self {
            target,
            // The server may no longer have a version from elsewhere.
            recovering: Recovering::new(settings.streaming, Footing::Failing),
            state: State::Start,
            queued: Opaque::default(),
            // Without a valid version, the watch begins with a list.
            version: settings.resume.clone().filter(|version| is_version(version)),
            synced: false,
            trouble: None,
            info: None,
            in_flight: false,
            until: None,
            settings,
        }
    }

    /// Uses another table of recovery, so that a test can show that it detects a wrong row.
    #[doc(hidden)]
    pub fn with_table(mut self, table: fn(Ending, Situation) -> Recovery) -> Self {
        self.recovering.table = table;
        self
    }

    /// The state of the watch.
    #[must_use]
    pub fn state(&self) -> WatchState<'_> {
        let phase = match &self.state {
            State::Start => Phase::Starting,
            State::Open(open) if open.list.is_some() => Phase::Streaming,
            State::Open(_) => Phase::Watching,
            State::List(..) => Phase::Listing,
            State::Pause { .. } => Phase::Pausing,
            State::Over(_) => Phase::Over,
        };
        let (version, trouble) = (self.version.as_deref(), self.trouble.as_ref());
        WatchState { phase, version, synced: self.synced, until: self.until, trouble }
    }

    /// Status code, warnings and audit id of the latest response, of a list or a watch; `None` before the first.
    #[must_use]
    pub fn response_info(&self) -> Option<&ResponseInfo> {
        self.info.as_deref()
    }

    /// The watched resource, namespace and part.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The settings of the watch.
    #[must_use]
    pub fn settings(&self) -> &WatchSettings {
        &self.settings
    }

    fn start(&mut self, plan: Plan, cx: &Cx<'_>) -> State<K> {
        let settings = &self.settings;
        let known = self.version.as_deref();
        let recent = |since| if since == Since::NotOlder && known.is_none() { Since::Latest } else { since };
        let version = |since| match since {
            Since::Any => Some("0".to_owned()),
            Since::NotOlder => known.map(str::to_owned),
            Since::Latest => None,
        };
        match plan {
            Plan::Page(listing, begun) => State::List(listing, begun),
            Plan::List { since, pages } => {
                let since = recent(since);
                let params = ListParams {
                    label_selector: settings.label_selector.clone(),
                    field_selector: settings.fields(),
                    shard_selector: settings.shard_selector.clone(),
                    // A server answers a list with a version from its cache only if the list has no pages.
                    limit: Some(settings.page_size).filter(|limit| pages && *limit > 0 && since != Since::NotOlder),
                    resource_version: version(since),
                    resource_version_match: (since == Since::NotOlder).then_some(VersionMatch::NotOlderThan),
                    ..ListParams::default()
                };
                let mut request = self.target.list(&params);
                if let Some(trim) = &self.settings.trim {
                    request.leave_out(trim);
                }
                let listing = Listing::new(request, ListKind::of(&self.target), since);
                State::List(Box::new(listing), false)
            }
            Plan::Stream(since) => {
                let since = recent(since);
                self.open(Some(since), version(since), cx)
            }
            Plan::Watch => self.open(None, self.version.clone(), cx),
        }
    }

    fn open(&mut self, list: Option<Since>, version: Option<String>, cx: &Cx<'_>) -> State<K> {
        let drawn = self.recovering.random(cx).draw();
        let (timeouts, late_heads) = (cx.session.settings().stream, self.recovering.late_heads);
        State::Open(Box::new(Open::new(&self.target, &self.settings, list, version, drawn, timeouts, late_heads)))
    }

    fn again(&self, since: Since) -> Plan {
        if self.recovering.streaming { Plan::Stream(since) } else { Plan::List { since, pages: true } }
    }

    /// The recovery from an ending, as the next step.
    fn ended(&mut self, ending: Ending, situation: Situation, error: Option<Error>, cx: &Cx<'_>) -> Verdict {
        self.ended_after(ending, situation, false, error, cx)
    }

    /// The same. `steady`: the watch lived long enough to count as working.
    fn ended_after(
        &mut self,
        ending: Ending,
        situation: Situation,
        steady: bool,
        error: Option<Error>,
        cx: &Cx<'_>,
    ) -> Verdict {
        let error = error.or_else(|| fault_of(ending)).map(|error| {
            let params = WatchParams::default();
            error.during(&self.target.watch(&params).attempt(cx.session.namespace()))
        });
        let Recovered { ending, next, wait } =
            self.recovering.after(ending, situation, steady, error.as_ref(), &self.settings, cx);
        self.tell(WatchStep::Recovery { ending, next, wait }, cx);
        let plan = match next {
            Recovery::Again(since, _) => self.again(since),
            Recovery::List(since, _) | Recovery::ListForGood(since, _) => Plan::List { since, pages: true },
            Recovery::ListWhole(_) => Plan::List { since: Since::Latest, pages: false },
            Recovery::Watch(_) | Recovery::Page(_) => Plan::Watch,
            Recovery::GiveUp => {
                return Verdict::Over(error.unwrap_or_else(|| Error::misuse("the watch was given up")));
            }
        };
        if let Some(error) = error {
            self.trouble = Some(error.clone());
            self.queued.push_back(Event::Trouble(Box::new(Trouble { error, ending, next, wait })));
        }
        Verdict::After { until: cx.now.mono.after(wait), plan, same_page: matches!(next, Recovery::Page(_)) }
    }

    /// The watch, for observers and messages.
    pub(crate) fn attempt(&self, namespace: &str) -> Attempt {
        self.target.watch(&WatchParams::default()).attempt(namespace)
    }

    fn tell(&self, step: WatchStep, cx: &Cx<'_>) {
        let observers = cx.session.observers();
        if observers.any() {
            let attempt = self.attempt(cx.session.namespace());
            observers.tell(&Observation { now: cx.now, event: observe::Event::Watch(&attempt, step) });
        }
    }

    /// Moves the version forward, never back. Returns whether it moved.
    fn advance(&mut self, version: Option<&str>) -> bool {
        let Some(new) = version.filter(|version| !version.is_empty()) else { return false };
        match &mut self.version {
            Some(old) if old == new || is_older(new, old) => false,
            Some(old) => {
                new.clone_into(old);
                true
            }
            none => {
                *none = Some(new.to_owned());
                true
            }
        }
    }

    fn turn_open(&mut self, mut open: Box<Open<K>>, input: Option<Input>, cx: &mut Cx<'_>) -> Transition<K> {
        let now = cx.now.mono;
        if input.is_some() {
            open.heard(&self.settings, now);
        }
        let step = open.events.resume(input, cx);
        note(&mut self.info, open.events.kept());
        open.note_head(now);
        match step {
            Step::Do(effect) => {
                // If this is the request for a credential, the request itself follows.
                if matches!(effect, Effect::Exchange(_)) {
                    open.sent(now);
                }
                Transition::Say(State::Open(open), Step::Do(effect))
            }
            Step::Wait(until) => {
                let Some(limit) = open.limit(&self.settings, now) else {
                    return Transition::Say(State::Open(open), Step::Wait(until));
                };
                if now >= limit {
                    return self.end_open(&open, Ok(Ending::Endless), cx);
                }
                Transition::Say(State::Open(open), Step::Wait(earliest(until, Some(limit))))
            }
            Step::Yield(event) => self.event(open, event, cx),
            Step::Done(Ok(())) => self.end_open(&open, Ok(Ending::Clean), cx),
            Step::Done(Err(error)) => self.end_open(&open, Err(error), cx),
        }
    }

    fn end_open(&mut self, open: &Open<K>, how: Result<Ending, Error>, cx: &Cx<'_>) -> Transition<K> {
        let (ending, error) = match how {
            Ok(ending) => (ending, None),
            Err(error) => (Ending::of(&error), Some(error)),
        };
        let (short, steady) = (open.is_short(cx.now.mono), open.is_steady(cx.now.mono));
        let ending = match ending {
            Ending::Clean | Ending::Broken if short => Ending::Short,
            ending => ending,
        };
        let situation = match open.list {
            Some((since, _)) => Situation::Streaming(since),
            None if steady || open.moved => Situation::Watching(Footing::Firm),
            None => Situation::Watching(self.recovering.footing),
        };
        Transition::Go(self.ended_after(ending, situation, steady, error, cx).state(None))
    }

    fn event(&mut self, mut open: Box<Open<K>>, event: WatchEvent<K>, cx: &Cx<'_>) -> Transition<K> {
        open.any_event = true;
        if let Some((since, begun)) = open.list {
            return match event {
                WatchEvent::Bookmark(bookmark) if bookmark.initial_events_end => {
                    let version = bookmark.resource_version;
                    if since == Since::NotOlder && self.is_behind(&version) {
                        return self.end_open(&open, Ok(Ending::Behind), cx);
                    }
                    open.list = None;
                    let known = is_version(&version);
                    self.complete(since, version, begun, cx);
                    if !known {
                        let streaming = Situation::Streaming(since);
                        return Transition::Go(self.ended(Ending::Versionless, streaming, None, cx).state(None));
                    }
                    Transition::Go(State::Open(open))
                }
                // The version to continue from is unknown before the end of the list.
                WatchEvent::Bookmark(_) => {
                    open.note_listed(None, None);
                    Transition::Go(State::Open(open))
                }
                event => {
                    let (kind, version) = about(&event);
                    open.note_listed(kind, version);
                    let step = match event {
                        WatchEvent::Added(object) | WatchEvent::Modified(object) => Event::InitApplied(object),
                        WatchEvent::Deleted(object) => Event::InitDeleted(object),
                        WatchEvent::Undecodable { kind, object, error, .. } => undecodable(kind, object, error),
                        WatchEvent::Bookmark(bookmark) => Event::Bookmark { version: bookmark.resource_version },
                    };
                    open.list = Some((since, true));
                    self.part(step, begun);
                    Transition::Go(State::Open(open))
                }
            };
        }
        let step = match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                open.moved |= self.advance(object.meta().resource_version);
                Event::Applied(object)
            }
            WatchEvent::Deleted(object) => {
                open.moved |= self.advance(object.meta().resource_version);
                Event::Deleted(object)
            }
            WatchEvent::Undecodable { kind, object, resource_version, error } => {
                open.moved |= self.advance(resource_version.as_deref());
                undecodable(kind, object, error)
            }
            WatchEvent::Bookmark(bookmark) => {
                if !self.advance(Some(&bookmark.resource_version)) {
                    return Transition::Go(State::Open(open));
                }
                open.moved = true;
                Event::Bookmark { version: bookmark.resource_version }
            }
        };
        if open.moved {
            self.recovering.progress();
            (self.recovering.footing, self.trouble) = (Footing::Firm, None);
        }
        Transition::Say(State::Open(open), Step::Yield(step))
    }

    /// Queues an event of a list, after `InitBegin`.
    fn part(&mut self, step: Event<K>, begun: Begun) {
        if !begun {
            self.queued.push_back(Event::InitBegin);
        }
        self.queued.push_back(step);
    }

    fn complete(&mut self, since: Since, version: String, begun: Begun, cx: &Cx<'_>) {
        self.tell(WatchStep::Synced, cx);
        let known = self.version.as_deref();
        let moved = known.is_none_or(|known| version != known && !is_older(&version, known));
        if moved || since == Since::Latest {
            self.recovering.progress();
        }
        self.version = Some(version.clone()).filter(|version| is_version(version));
        (self.synced, self.recovering.footing, self.trouble) = (true, Footing::Fresh, None);
        self.part(Event::InitDone { version }, begun);
    }

    fn is_behind(&self, version: &str) -> bool {
        self.version.as_ref().is_some_and(|known| is_older(version, known))
    }

    fn turn_list(
        &mut self,
        mut listing: Box<Listing>,
        begun: Begun,
        input: Option<Input>,
        cx: &mut Cx<'_>,
    ) -> Transition<K> {
        let step = listing.resume(input, cx);
        note(&mut self.info, listing.kept());
        match step {
            Step::Do(effect) => Transition::Say(State::List(listing, begun), Step::Do(effect)),
            Step::Wait(until) => Transition::Say(State::List(listing, begun), Step::Wait(until)),
            Step::Yield(Listed::Item(item)) => {
                let step = match listing.decode(&item, self.settings.trim.as_ref()) {
                    Ok(object) => Event::InitApplied(object),
                    // A copy, because the item may keep its whole chunk alive.
                    Err(error) => undecodable(EventKind::Added, Bytes::copy_from_slice(&item), error),
                };
                self.part(step, begun);
                Transition::Go(State::List(listing, true))
            }
            Step::Yield(Listed::Turned) => {
                self.recovering.progress();
                Transition::Go(State::List(listing, begun))
            }
            Step::Yield(Listed::End { version }) => {
                let situation = listing.situation();
                if listing.since() == Since::NotOlder && self.is_behind(&version) {
                    return Transition::Go(self.ended(Ending::Behind, situation, None, cx).state(None));
                }
                let known = is_version(&version);
                self.complete(listing.since(), version, begun, cx);
                Transition::Go(match known {
                    true => self.start(Plan::Watch, cx),
                    false => self.ended(Ending::Versionless, situation, None, cx).state(None),
                })
            }
            Step::Done(result) => {
                let error = result.err().unwrap_or_else(|| Error::misuse("the list ended without an end"));
                let verdict = self.ended(Ending::of(&error), listing.situation(), Some(error), cx);
                Transition::Go(verdict.state(Some((listing, begun))))
            }
        }
    }
}

/// The kind of an event and the version of its object; without a kind, it is a bookmark.
fn about<K: Object>(event: &WatchEvent<K>) -> (Option<EventKind>, Option<&str>) {
    match event {
        WatchEvent::Added(object) => (Some(EventKind::Added), object.meta().resource_version),
        WatchEvent::Modified(object) => (Some(EventKind::Modified), object.meta().resource_version),
        WatchEvent::Deleted(object) => (Some(EventKind::Deleted), object.meta().resource_version),
        WatchEvent::Undecodable { kind, resource_version, .. } => (Some(*kind), resource_version.as_deref()),
        WatchEvent::Bookmark(_) => (None, None),
    }
}

/// Takes the head of the latest response.
fn note(info: &mut Option<Arc<ResponseInfo>>, kept: &Kept) {
    if let Some(latest) = kept.info()
        && !info.as_ref().is_some_and(|known| Arc::ptr_eq(known, latest))
    {
        *info = Some(Arc::clone(latest));
    }
}

/// The result of one step of the current exchange.
#[allow(clippy::large_enum_variant, reason = "moved once")]
enum Transition<K> {
    Say(State<K>, Step<Event<K>>),
    Go(State<K>),
}

enum Verdict {
    After { until: Moment, plan: Plan, same_page: bool },
    Over(Error),
}

impl Verdict {
    /// The next state. Keeps the current list if its page is requested again.
    fn state<K>(self, list: Option<(Box<Listing>, Begun)>) -> State<K> {
        match (self, list) {
            (Verdict::Over(error), _) => State::Over(Err(error)),
            (Verdict::After { until, same_page: true, .. }, Some((mut listing, begun))) => {
                listing.retry();
                State::Pause { until, plan: Plan::Page(listing, begun) }
            }
            (Verdict::After { until, plan, .. }, _) => State::Pause { until, plan },
        }
    }
}

impl<K: Object> Operation for Watch<K> {
    type Item = Event<K>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Event<K>> {
        if let Some(Input::End | Input::Failed(_) | Input::Output(_) | Input::File(_) | Input::Written) = &input {
            self.in_flight = false;
        }
        loop {
            if let Some(step) = self.queued.pop_front() {
                return Step::Yield(step);
            }
            self.until = None;
            let transition = match mem::replace(&mut self.state, State::Over(Ok(()))) {
                State::Start => {
                    let since = if self.settings.any_version { Since::Any } else { Since::Latest };
                    let plan = if self.version.is_some() { Plan::Watch } else { self.again(since) };
                    Transition::Go(self.start(plan, cx))
                }
                State::Open(open) => self.turn_open(open, input.take(), cx),
                State::List(listing, begun) => self.turn_list(listing, begun, input.take(), cx),
                // An abandoned exchange may still be under way. It is aborted, because the next call may have to wait
                // for other calls, and no exchange may be under way during such a wait.
                State::Pause { until, plan } if mem::take(&mut self.in_flight) => {
                    Transition::Say(State::Pause { until, plan }, Step::Do(Effect::Abort))
                }
                State::Pause { until, plan } if cx.now.mono >= until => Transition::Go(self.start(plan, cx)),
                State::Pause { until, plan } => Transition::Say(State::Pause { until, plan }, Step::Wait(Some(until))),
                State::Over(result) => Transition::Say(State::Over(result.clone()), Step::Done(result)),
            };
            match transition {
                Transition::Go(state) => self.state = state,
                Transition::Say(state, step) => {
                    self.state = state;
                    match &step {
                        Step::Do(effect) => self.in_flight = !matches!(effect, Effect::Abort),
                        Step::Wait(until) => self.until = *until,
                        Step::Yield(_) | Step::Done(_) => {}
                    }
                    return step;
                }
            }
        }
    }
}

/// Whether a watch can start from this version.
fn is_version(version: &str) -> bool {
    !version.is_empty() && version != "0"
}
