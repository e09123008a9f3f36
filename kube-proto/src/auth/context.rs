//! The parts of a session that fetching a credential needs.

use std::sync::{Mutex, MutexGuard};
use std::task::Waker;
use std::time::Duration;

use crate::driver::time::{Moment, Now};
use crate::error::Error;
use crate::lock::lock;
use crate::observe::{CredentialEvent, Event, Observation, Observers, PluginEvent, PluginOutcome};
use crate::random::Random;
use crate::response::hook::Warnings;
use crate::settings::Settings;
use crate::stats::Counters;

/// The parts of a session that fetching a credential needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Limits and time-outs.
    pub(crate) settings: &'a Settings,
    /// Counts exchanges and refreshes.
    pub(crate) stats: &'a Counters,
    /// Where the warnings of the API server go.
    pub(crate) warnings: &'a Warnings,
    /// The jitter of all pauses.
    pub(crate) random: &'a Mutex<Random>,
    /// The observers of fetches.
    pub(crate) observers: &'a Observers,
    /// The error of writing back renewed tokens.
    pub(crate) unsaved: &'a Unsaved,
    /// The time.
    pub(crate) now: Now,
    /// Wakes the driver of this call, which fetches or waits for the fetch of another call.
    pub(crate) waker: &'a Waker,
}

impl<'a> Context<'a> {
    /// The generator of the pauses.
    pub(crate) fn random(&self) -> MutexGuard<'a, Random> {
        lock(self.random)
    }

    /// Counts a fetch that began at `since`, and tells of it. `expires` is the end of what it gave.
    pub(crate) fn fetched(
        &self,
        source: impl FnOnce() -> String,
        error: Option<&Error>,
        since: Moment,
        expires: Option<Moment>,
    ) {
        self.stats.count_refresh();
        if self.observers.any() {
            let (took, lives) = (self.now.mono.since(since), expires.map(|expires| expires.since(self.now.mono)));
            let event = Event::Credential(CredentialEvent { source: &source(), error, took, lives });
            self.observers.tell(&Observation { now: self.now, event });
        }
    }

    /// Tells of the run of a plugin.
    pub(crate) fn ran(&self, command: impl FnOnce() -> String, outcome: PluginOutcome, lives: Option<Duration>) {
        if self.observers.any() {
            let event = Event::Plugin(PluginEvent { command: &command(), outcome, lives });
            self.observers.tell(&Observation { now: self.now, event });
        }
    }
}

/// The error of writing back the tokens of the last refresh, if that failed.
#[derive(Debug, Default)]
pub(crate) struct Unsaved(Mutex<Option<Error>>);

impl Unsaved {
    /// Stores the outcome of a write.
    pub(crate) fn note(&self, error: Option<Error>) {
        *lock(&self.0) = error;
    }

    /// The error of the last write, if it failed.
    pub(crate) fn error(&self) -> Option<Error> {
        lock(&self.0).clone()
    }
}
