//! The machine.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Start` | a version to resume from | `Open`, as a watch |
//! | `Start` | no version | `Open`, as a streaming list; or `List` |
//! | `Open`, as a streaming list | an object | `Open`; yields it as a part of the list |
//! | `Open`, as a streaming list | the bookmark that ends the list | `Open`, as a watch on the same response; yields the end of the list |
//! | `Open`, as a streaming list | silence, or too long | ended: `Endless` |
//! | `List` | an object | `List`; yields it as a part of the list |
//! | `List` | the end of the last page | `Open`, as a watch; yields the end of the list |
//! | `Open`, as a watch | an event | `Open`; yields it, and remembers its version |
//! | `Open`, `List` | the end, however it comes | what [the table](super::after) says: at once or after a `Pause`, or `Over` |
//! | `Pause` | its moment | what was decided |
//! | `Over` | | `Over`; repeats the result |
//!
//! Every ending is an [`Ending`], and what follows it stands in [one table](super::after). Calls below this machine are not
//! repeated (no `Retry-After` is waited for there): all recovery is here. Only a dead pooled connection is replaced, and a
//! credential that was refused renewed, without an event.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::backoff::BackoffState;
use super::event::{Event, Trouble, undecodable};
use super::listing::{Listed, Listing};
use super::settings::{OnRefusal, WatchSettings};
use super::state::{Phase, WatchState};
use super::table::{Ending, Footing, Pause, Recovery, Since, Situation, after};
use crate::driver::effect::Effect;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::driver::time::{Moment, earliest};
use crate::error::{Error, ErrorKind};
use crate::op::kept::{Keeps, Kept};
use crate::op::pages::ListKind;
use crate::op::watch_once::{EventKind, WatchEvent, WatchOnce};
use crate::opaque::Opaque;
use crate::random::Random;
use crate::request::params::{ListParams, VersionMatch, WatchParams};
use crate::request::target::Target;
use crate::resource::Object;
use crate::resource::resource_version::is_older;
use crate::response::info::ResponseInfo;

/// The state of a collection, and then every change of it, until it is dropped; made by [`Api::watch`](crate::Api::watch).
///
/// It ends by itself only with what cannot become better: a request that cannot be built, a driver that lacks
/// something, or a refusal where [`OnRefusal::End`] is set.
///
/// A cluster that was restored from a backup to an earlier version, without its versions being raised, is not noticed
/// before the next list: for the API such a cluster cannot be told from one that is quiet.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Watch<K> {
    target: Target,
    settings: WatchSettings,
    after: fn(Ending, Situation) -> Recovery,
    state: State<K>,
    /// Said before anything else happens.
    said: Opaque<VecDeque<Event<K>>>,
    version: Option<String>,
    footing: Footing,
    /// Streaming lists have not been given up.
    streaming: bool,
    synced: bool,
    trouble: Option<Error>,
    pace: BackoffState,
    random: Option<Random>,
    /// What the latest response said.
    info: Option<Arc<ResponseInfo>>,
    /// An effect is in flight.
    flying: bool,
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

/// A streaming list, and then, or from the beginning, a watch.
#[derive(Debug)]
struct Open<K> {
    events: WatchOnce<K>,
    /// It is a list, and not at its end.
    list: Option<(Since, Begun)>,
    answered: Option<Moment>,
    /// Whether there was any event, and whether one of them moved the version.
    heard: bool,
    moved: bool,
    /// When `Wait` was first said since the last input, and how long all waits for the list were before.
    waiting: Option<Moment>,
    waited: Duration,
}

/// Whether `InitBegin` was said.
type Begun = bool;

/// What to do after a pause.
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
            after,
            state: State::Start,
            said: Opaque::default(),
            // What is no version is where nothing goes on from: a list comes first.
            version: settings.resume.clone().filter(|version| is_version(version)),
            // A version from elsewhere may well be forgotten by now.
            footing: Footing::Failing,
            streaming: settings.streaming,
            synced: false,
            trouble: None,
            pace: BackoffState::default(),
            random: None,
            info: None,
            flying: false,
            until: None,
            settings,
        }
    }

    /// Another table, to show that a test would notice a row that is wrong.
    #[doc(hidden)]
    pub fn with_table(mut self, table: fn(Ending, Situation) -> Recovery) -> Self {
        self.after = table;
        self
    }

    /// Where it stands.
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

    /// What is watched.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What it was made with.
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
                    // With a version a server answers from its cache only what is asked for in one.
                    limit: Some(settings.page_size).filter(|limit| pages && *limit > 0 && since != Since::NotOlder),
                    resource_version: version(since),
                    resource_version_match: (since == Since::NotOlder).then_some(VersionMatch::NotOlderThan),
                    ..ListParams::default()
                };
                let listing = Listing::new(self.target.list(&params), ListKind::of(&self.target), since);
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
        let settings = &self.settings;
        let seconds = &settings.timeout_seconds;
        let spread = u64::from(seconds.end.saturating_sub(seconds.start));
        let random = self.random.get_or_insert_with(|| cx.session.random());
        let drawn = u32::try_from(random.draw().checked_rem(spread).unwrap_or(0)).unwrap_or(0);
        let seconds = seconds.start.saturating_add(drawn);
        let params = WatchParams {
            label_selector: settings.label_selector.clone(),
            field_selector: settings.fields(),
            shard_selector: settings.shard_selector.clone(),
            resource_version: version,
            allow_bookmarks: true,
            send_initial_events: list.map(|_| true),
            timeout_seconds: Some(seconds).filter(|seconds| *seconds > 0),
            ..WatchParams::default()
        };
        let idle = (seconds > 0).then(|| Duration::from_secs(seconds.into()).saturating_add(settings.grace));
        let mut events = WatchOnce::new(self.target.watch(&params), idle).never_again();
        events.keep();
        if let Some(trim) = &settings.trim {
            events = events.trim(trim.clone());
        }
        let list = list.map(|since| (since, false));
        let (waiting, waited) = (None, Duration::ZERO);
        State::Open(Box::new(Open { events, list, answered: None, heard: false, moved: false, waiting, waited }))
    }

    fn again(&self, since: Since) -> Plan {
        if self.streaming { Plan::Stream(since) } else { Plan::List { since, pages: true } }
    }

    /// What follows an ending: the table's decision, and its pause.
    fn ended(&mut self, ending: Ending, situation: Situation, error: Option<Error>, cx: &Cx<'_>) -> Verdict {
        let ending = match (ending, self.settings.refused) {
            (Ending::Refused, OnRefusal::End) => Ending::Hopeless,
            (ending, _) => ending,
        };
        let next = (self.after)(ending, situation);
        let error = error.or_else(|| Self::fault_of(ending)).map(|error| {
            let params = WatchParams::default();
            error.during(&self.target.watch(&params).attempt(cx.session.namespace()))
        });
        self.footing = if ending == Ending::Clean { Footing::Firm } else { Footing::Failing };
        let (pause, since) = match next {
            Recovery::Watch(pause) | Recovery::Page(pause) => (pause, None),
            Recovery::Again(since, pause) | Recovery::List(since, pause) | Recovery::ListForGood(since, pause) => {
                (pause, Some(since))
            }
            Recovery::ListWhole(pause) => (pause, Some(Since::Latest)),
            Recovery::GiveUp => {
                let error = error.unwrap_or_else(|| Error::misuse("the watch was given up"));
                return Verdict::Over(error);
            }
        };
        let now = cx.now.mono;
        let wait = match pause {
            Pause::No => self.pace.hurry(now),
            Pause::Backoff => {
                let random = self.random.get_or_insert_with(|| cx.session.random());
                self.pace.back_off(&self.settings.backoff, now, random)
            }
        };
        let wait = wait.max(error.as_ref().and_then(told_to_wait).unwrap_or_default().min(self.settings.patience));
        let plan = match next {
            Recovery::Again(since, _) => self.again(since),
            Recovery::List(since, _) => Plan::List { since, pages: true },
            Recovery::ListForGood(since, _) => {
                self.streaming = false;
                Plan::List { since, pages: true }
            }
            Recovery::ListWhole(_) => Plan::List { since: since.unwrap_or(Since::Latest), pages: false },
            Recovery::Watch(_) | Recovery::Page(_) | Recovery::GiveUp => Plan::Watch,
        };
        if let Some(error) = error {
            self.trouble = Some(error.clone());
            self.said.push_back(Event::Trouble(Box::new(Trouble { error, ending, next, wait })));
        }
        Verdict::After { until: now.after(wait), plan, same_page: matches!(next, Recovery::Page(_)) }
    }

    /// Endings that no exchange reported as an error.
    fn fault_of(ending: Ending) -> Option<Error> {
        let text = match ending {
            Ending::Short => "the server ended the watch within a second and without an event",
            Ending::Behind => "the server's list is older than what it had said before",
            Ending::Endless => "the server does not end its streaming list: no bookmark says that it is complete",
            Ending::Versionless => "the list has no resourceVersion: it cannot be watched, only listed again",
            _ => return None,
        };
        Some(Error::decode(text, &[]))
    }

    /// Moves the version on; never back. Says whether it moved.
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
        if input.is_some()
            && let Some(began) = open.waiting.take()
        {
            // A caller who came back late did not wait for the server all that time.
            open.waited += now.since(began).min(self.settings.streaming_silence);
        }
        let step = open.events.resume(input, cx);
        note(&mut self.info, open.events.kept());
        if open.answered.is_none() && open.events.is_answered() {
            open.answered = Some(now);
        }
        match step {
            Step::Do(effect) => Transition::Say(State::Open(open), Step::Do(effect)),
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
            Step::Done(Ok(())) => {
                let lived = now.since(open.answered.unwrap_or(now));
                let short = !open.heard && lived < SHORT;
                self.end_open(&open, Ok(if short { Ending::Short } else { Ending::Clean }), cx)
            }
            Step::Done(Err(error)) => self.end_open(&open, Err(error), cx),
        }
    }

    fn end_open(&mut self, open: &Open<K>, how: Result<Ending, Error>, cx: &Cx<'_>) -> Transition<K> {
        let (ending, error) = match how {
            Ok(ending) => (ending, None),
            Err(error) => (Ending::of(&error), Some(error)),
        };
        let steady = open.answered.is_some_and(|at| cx.now.mono.since(at) >= STEADY);
        let situation = match open.list {
            Some((since, _)) => Situation::Streaming(since),
            None if steady || open.moved => Situation::Watching(Footing::Firm),
            None => Situation::Watching(self.footing),
        };
        Transition::Go(self.ended(ending, situation, error, cx).state(None))
    }

    fn event(&mut self, mut open: Box<Open<K>>, event: WatchEvent<K>, cx: &Cx<'_>) -> Transition<K> {
        open.heard = true;
        if let Some((since, begun)) = open.list {
            return match event {
                WatchEvent::Bookmark(bookmark) if bookmark.initial_events_end => {
                    let version = bookmark.resource_version;
                    if since == Since::NotOlder && self.is_behind(&version) {
                        return self.end_open(&open, Ok(Ending::Behind), cx);
                    }
                    open.list = None;
                    let known = is_version(&version);
                    self.complete(version, begun);
                    if !known {
                        let streaming = Situation::Streaming(since);
                        return Transition::Go(self.ended(Ending::Versionless, streaming, None, cx).state(None));
                    }
                    Transition::Go(State::Open(open))
                }
                // Where it would go on from is not known before its end.
                WatchEvent::Bookmark(_) => Transition::Go(State::Open(open)),
                event => {
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
            (self.footing, self.trouble) = (Footing::Firm, None);
        }
        Transition::Say(State::Open(open), Step::Yield(step))
    }

    /// A part of a list, after the word that one begins.
    fn part(&mut self, step: Event<K>, begun: Begun) {
        if !begun {
            self.said.push_back(Event::InitBegin);
        }
        self.said.push_back(step);
    }

    fn complete(&mut self, version: String, begun: Begun) {
        self.version = Some(version.clone()).filter(|version| is_version(version));
        (self.synced, self.footing, self.trouble) = (true, Footing::Fresh, None);
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
                    // A copy: the item may pin the whole chunk that it came in.
                    Err(error) => undecodable(EventKind::Added, Bytes::copy_from_slice(&item), error),
                };
                self.part(step, begun);
                Transition::Go(State::List(listing, true))
            }
            Step::Yield(Listed::End { version }) => {
                let situation = listing.situation();
                if listing.since() == Since::NotOlder && self.is_behind(&version) {
                    return Transition::Go(self.ended(Ending::Behind, situation, None, cx).state(None));
                }
                let known = is_version(&version);
                self.complete(version, begun);
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

/// Takes over what the latest response said.
fn note(info: &mut Option<Arc<ResponseInfo>>, kept: &Kept) {
    if let Some(latest) = kept.info()
        && !info.as_ref().is_some_and(|known| Arc::ptr_eq(known, latest))
    {
        *info = Some(Arc::clone(latest));
    }
}

impl<K> Open<K> {
    /// When the list has to be complete, now that there is nothing to read.
    fn limit(&mut self, settings: &WatchSettings, now: Moment) -> Option<Moment> {
        if self.list.is_none() || self.answered.is_none() {
            return None;
        }
        let since = *self.waiting.get_or_insert(now);
        let left = settings.streaming_total.saturating_sub(self.waited);
        Some(since.after(left.min(settings.streaming_silence)))
    }
}

/// What comes of one look at the current exchange.
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
    /// The state that follows; a list that was being read is kept if its page is to be asked for again.
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
            self.flying = false;
        }
        loop {
            if let Some(step) = self.said.pop_front() {
                return Step::Yield(step);
            }
            self.until = None;
            let turn = match mem::replace(&mut self.state, State::Over(Ok(()))) {
                State::Start => {
                    let since = if self.settings.any_version { Since::Any } else { Since::Latest };
                    let plan = if self.version.is_some() { Plan::Watch } else { self.again(since) };
                    Transition::Go(self.start(plan, cx))
                }
                State::Open(open) => self.turn_open(open, input.take(), cx),
                State::List(listing, begun) => self.turn_list(listing, begun, input.take(), cx),
                // What was given up may still be in flight. Nobody wants it any more, and what comes next may have to wait
                // for others, which nothing in flight may do.
                State::Pause { until, plan } if mem::take(&mut self.flying) => {
                    Transition::Say(State::Pause { until, plan }, Step::Do(Effect::Abort))
                }
                State::Pause { until, plan } if cx.now.mono >= until => Transition::Go(self.start(plan, cx)),
                State::Pause { until, plan } => Transition::Say(State::Pause { until, plan }, Step::Wait(Some(until))),
                State::Over(result) => Transition::Say(State::Over(result.clone()), Step::Done(result)),
            };
            match turn {
                Transition::Go(state) => self.state = state,
                Transition::Say(state, step) => {
                    self.state = state;
                    match &step {
                        Step::Do(effect) => self.flying = !matches!(effect, Effect::Abort),
                        Step::Wait(until) => self.until = *until,
                        Step::Yield(_) | Step::Done(_) => {}
                    }
                    return step;
                }
            }
        }
    }
}

/// A version that can be watched from.
fn is_version(version: &str) -> bool {
    !version.is_empty() && version != "0"
}

fn told_to_wait(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::CircuitOpen { retry_in } => Some(*retry_in),
        _ => error.retry_after(),
    }
}

/// A watch that ends sooner and without an event was not meant to be one: the official client's number.
const SHORT: Duration = Duration::from_secs(1);
/// A watch that lived for so long shows that watches work, even where nothing happened.
const STEADY: Duration = Duration::from_secs(10);
