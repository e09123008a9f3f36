//! What a reconciler gets, and what it returns.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::key::ObjectKey;
use crate::store::Store;

/// What a reconciler gets: the object as the store has it, and the means to act.
///
/// The store may be a moment behind the server. A write with the `resourceVersion` of `object` fails with a conflict if it
/// is, and the key runs again after a short delay.
#[derive(Debug)]
#[non_exhaustive]
pub struct Context<K, C> {
    /// The object, as it was in the store when the run began.
    pub object: Arc<K>,
    /// Its namespace and name.
    pub key: ObjectKey,
    /// The client that the controller runs on.
    pub client: C,
    /// The store of the controller's own kind.
    pub store: Store<K>,
    /// The failed runs of this key in a row before this one.
    pub failures: u32,
}

/// What follows a run that did not fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// The key runs again after the next change.
    #[default]
    Done,
    /// The key runs again after this span, or after the next change, whichever is earlier.
    After(Duration),
}

/// Why a run failed. `?` turns every error into one that is tried again; [`terminal`](Self::terminal) is for those that are not.
///
/// It does not implement [`std::error::Error`] itself, so that every error can be turned into it.
pub struct ReconcileError {
    source: Box<dyn std::error::Error + Send + Sync>,
    terminal: bool,
}

impl ReconcileError {
    /// An error that a further run would meet again, such as a wrong value in the object: the key runs again only after the next
    /// change.
    #[must_use]
    pub fn terminal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: error.into(), terminal: true }
    }

    /// An error in words. The key runs again after a delay.
    #[must_use]
    pub fn message(text: impl Into<String>) -> Self {
        Self { source: text.into().into(), terminal: false }
    }

    /// Whether the key runs again only after the next change.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// The error.
    #[must_use]
    pub fn source(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.source
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for ReconcileError {
    fn from(error: E) -> Self {
        Self { source: Box::new(error), terminal: false }
    }
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl fmt::Debug for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReconcileError").field("source", &self.source).field("terminal", &self.terminal).finish()
    }
}
