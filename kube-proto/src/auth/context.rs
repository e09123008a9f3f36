//! What a credential sees of the session that it serves.

use std::sync::{Mutex, PoisonError};
use std::task::Waker;

use crate::driver::time::Now;
use crate::error::Error;
use crate::settings::Settings;
use crate::stats::Counters;

/// The few things of a session that fetching a credential needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Limits and time-outs.
    pub(crate) settings: &'a Settings,
    /// Counts exchanges and refreshes.
    pub(crate) stats: &'a Counters,
    /// Why renewed tokens could not be written back.
    pub(crate) unsaved: &'a Unsaved,
    /// The time.
    pub(crate) now: Now,
    /// Wakes the driver of the call that fetches, or waits for another call that fetches.
    pub(crate) waker: &'a Waker,
}

/// Why the tokens of the last refresh could not be written back, if they could not.
#[derive(Debug, Default)]
pub(crate) struct Unsaved(Mutex<Option<Error>>);

impl Unsaved {
    /// Notes the outcome of the last write.
    pub(crate) fn note(&self, error: Option<Error>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// The error of the last write, if it failed.
    pub(crate) fn error(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
