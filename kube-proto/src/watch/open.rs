//! A watch response: a watch, or a streaming list that becomes one.

use std::time::Duration;

use super::settings::WatchSettings;
use super::table::Since;
use crate::driver::time::Moment;
use crate::op::kept::Keeps;
use crate::op::watch_once::WatchOnce;
use crate::request::params::WatchParams;
use crate::request::target::Target;
use crate::resource::Object;

/// A watch response: a watch, or a streaming list that becomes one.
#[derive(Debug)]
pub(super) struct Open<K> {
    pub(super) events: WatchOnce<K>,
    /// Set until the streaming list is complete.
    pub(super) list: Option<(Since, Begun)>,
    pub(super) answered: Option<Moment>,
    /// Whether there was an event, and whether one moved the version.
    pub(super) any_event: bool,
    pub(super) moved: bool,
    /// When the wait since the last input began, and the total of the waits for the list before it.
    pub(super) waiting: Option<Moment>,
    pub(super) waited: Duration,
}

/// Whether `InitBegin` was yielded.
pub(super) type Begun = bool;

impl<K: Object> Open<K> {
    /// A watch from this version, or a streaming list. `drawn` is a random number.
    pub(super) fn new(
        target: &Target,
        settings: &WatchSettings,
        list: Option<Since>,
        version: Option<String>,
        drawn: u64,
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
        let mut events = WatchOnce::new(target.watch(&params), idle).never_again();
        events.keep();
        if let Some(trim) = &settings.trim {
            events = events.trim(trim.clone());
        }
        let list = list.map(|since| (since, false));
        Self { events, list, answered: None, any_event: false, moved: false, waiting: None, waited: Duration::ZERO }
    }

    /// The deadline of the streaming list while there is nothing to read.
    pub(super) fn limit(&mut self, settings: &WatchSettings, now: Moment) -> Option<Moment> {
        if self.list.is_none() || self.answered.is_none() {
            return None;
        }
        let since = *self.waiting.get_or_insert(now);
        let left = settings.streaming_total.saturating_sub(self.waited);
        Some(since.after(left.min(settings.streaming_silence)))
    }
}
