//! A watch response: a watch, or a streaming list that becomes one.
//!
//! | while | the longest wait for the server | then |
//! |---|---|---|
//! | a watch has no head | the session's time-out for it, or after a late head the time of an event | `Late` |
//! | a streaming list has no head | [`streaming_head`](WatchSettings::streaming_head) | `Late` |
//! | a streaming list is silent | [`streaming_silence`](WatchSettings::streaming_silence) | `Endless` |
//! | a streaming list has only live events | the same | `Endless` |
//! | a streaming list goes on | [`streaming_total`](WatchSettings::streaming_total) | `Endless` |
//! | a watch has no event | its `timeoutSeconds` and [`grace`](WatchSettings::grace) | `Silent` |
//!
//! A server that does not know `sendInitialEvents` sends no bookmark at the end of the list, but it may send changes. They
//! differ from the list: an object of the list comes as `ADDED`, in any order of versions and without a lull. A change comes
//! as `MODIFIED` or `DELETED`, or as an `ADDED` that is later than all before it, after a lull.

use std::mem;
use std::time::Duration;

use super::settings::WatchSettings;
use super::table::Since;
use crate::driver::time::Moment;
use crate::op::kept::Keeps;
use crate::op::pages::ListKind;
use crate::op::watch_once::{EventKind, WatchOnce};
use crate::request::params::WatchParams;
use crate::request::target::Target;
use crate::resource::Object;
use crate::resource::resource_version::is_older;
use crate::settings::Timeouts;

/// A watch response: a watch, or a streaming list that becomes one.
#[derive(Debug)]
pub(super) struct Open<K> {
    pub(super) events: WatchOnce<K>,
    /// Set until the streaming list is complete.
    pub(super) list: Option<(Since, Begun)>,
    /// When the request was handed to the driver, and when its head came.
    asked: Option<Moment>,
    answered: Option<Moment>,
    /// Whether there was an event, and whether one moved the version.
    pub(super) any_event: bool,
    pub(super) moved: bool,
    /// When the wait since the last input began, and the total of the waits for the list before it.
    waiting: Option<Moment>,
    waited: Duration,
    /// The latest version in the streaming list so far.
    newest: Option<String>,
    /// The list was silent before the current input.
    lull: bool,
    /// How much had been waited when the first live event came after the last object of the list.
    live_from: Option<Duration>,
}

/// Whether `InitBegin` was yielded.
pub(super) type Begun = bool;

impl<K: Object> Open<K> {
    /// A watch from this version, or a streaming list. `drawn` is a random number, `timeouts` are the session's.
    pub(super) fn new(
        target: &Target,
        settings: &WatchSettings,
        list: Option<Since>,
        version: Option<String>,
        drawn: u64,
        timeouts: Timeouts,
        late_heads: bool,
    ) -> Self {
        let seconds = &settings.timeout_seconds;
        let spread = u64::from(seconds.end.saturating_sub(seconds.start));
        let drawn = u32::try_from(drawn.checked_rem(spread).unwrap_or(0)).unwrap_or(0);
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
        let head = match list {
            Some(_) => timeouts.head.min(settings.streaming_head),
            None if late_heads => timeouts.head.max(idle.unwrap_or(LONGEST)),
            None => timeouts.head,
        };
        let timeouts = Timeouts { head, idle: idle.or(timeouts.idle), ..timeouts };
        let mut events = WatchOnce::new(target, &params, idle, ListKind::of(target)).timeouts(timeouts).never_again();
        events.keep();
        if let Some(trim) = &settings.trim {
            events = events.trim(trim.clone());
        }
        let list = list.map(|since| (since, false));
        Self {
            events,
            list,
            asked: None,
            answered: None,
            any_event: false,
            moved: false,
            waiting: None,
            waited: Duration::ZERO,
            newest: None,
            lull: false,
            live_from: None,
        }
    }

    /// Notes that an input came.
    pub(super) fn heard(&mut self, settings: &WatchSettings, now: Moment) {
        if let Some(began) = self.waiting.take() {
            let silent = now.since(began);
            self.lull |= silent >= LULL;
            // A caller that polls late has not waited for the server all that time.
            self.waited += silent.min(settings.streaming_silence);
        }
    }

    /// Notes that the request is on its way.
    pub(super) fn sent(&mut self, now: Moment) {
        self.asked = Some(now);
    }

    /// Notes the head once it is there.
    pub(super) fn note_head(&mut self, now: Moment) {
        if self.answered.is_none() && self.events.is_answered() {
            self.answered = Some(now);
        }
    }

    /// Whether the response ended within a second and without an event. The time counts from the request: the head may come
    /// with the end.
    pub(super) fn is_short(&self, now: Moment) -> bool {
        !self.any_event && self.asked.is_none_or(|asked| now.since(asked) < SHORT)
    }

    /// Whether it was answered, and lived long enough to count as working.
    pub(super) fn is_steady(&self, now: Moment) -> bool {
        self.answered.is_some() && self.asked.is_some_and(|asked| now.since(asked) >= STEADY)
    }

    /// Notes an event of the streaming list; `None` is a bookmark.
    pub(super) fn note_listed(&mut self, kind: Option<EventKind>, version: Option<&str>) {
        let newest = self.newest.as_deref();
        let of_the_list = version.zip(newest).is_some_and(|(new, newest)| new == newest || is_older(new, newest));
        if let Some(version) = version.filter(|_| !of_the_list) {
            version.clone_into(self.newest.get_or_insert_default());
        }
        let lull = mem::take(&mut self.lull);
        match kind {
            Some(EventKind::Added) if of_the_list => self.live_from = None,
            Some(EventKind::Added) if !lull => {}
            _ => _ = self.live_from.get_or_insert(self.waited),
        }
    }

    /// The deadline of the streaming list while there is nothing to read.
    pub(super) fn limit(&mut self, settings: &WatchSettings, now: Moment) -> Option<Moment> {
        if self.list.is_none() || self.answered.is_none() {
            return None;
        }
        let since = *self.waiting.get_or_insert(now);
        let silence = settings.streaming_silence;
        let live = self.live_from.map_or(silence, |from| silence.saturating_sub(self.waited.saturating_sub(from)));
        let left = settings.streaming_total.saturating_sub(self.waited);
        Some(since.after(left.min(silence).min(live)))
    }
}

/// A watch that ends sooner and without an event counts as [`Ending::Short`](super::Ending::Short). The value is
/// client-go's.
const SHORT: Duration = Duration::from_secs(1);
/// A watch that lived this long counts as working, even without an event.
const STEADY: Duration = Duration::from_secs(10);
/// Servers write the objects of a streaming list without such a pause.
const LULL: Duration = Duration::from_secs(1);
/// A server ends a watch without `timeoutSeconds` within an hour.
const LONGEST: Duration = Duration::from_secs(3630);
