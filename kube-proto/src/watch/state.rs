//! Where a watch stands.

use std::fmt;

use crate::driver::time::Moment;
use crate::error::Error;

/// What a [`Watch`](super::Watch) is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Nothing yet.
    Starting,
    /// Reading a streaming list.
    Streaming,
    /// Reading a list.
    Listing,
    /// Waiting for changes.
    Watching,
    /// Waiting before it tries again.
    Pausing,
    /// At its end.
    Over,
}

/// Where a [`Watch`](super::Watch) stands. Displayed, it says in a line what it is doing and what stood in its way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchState<'a> {
    /// What it is doing.
    pub phase: Phase,
    /// Everything up to this version has been yielded; `None` before the first list is complete.
    pub version: Option<&'a str>,
    /// A list was complete once.
    pub synced: bool,
    /// When it does something by itself, on the scale of [`Now::mono`](crate::driver::Now).
    pub until: Option<Moment>,
    /// What went wrong last, unless something was delivered since.
    pub trouble: Option<&'a Error>,
}

impl WatchState<'_> {
    /// Why no list was complete yet, in a line for a person: what it is doing, and what went wrong last. `None` once one
    /// was; what is wrong after that is in [`trouble`](Self::trouble).
    #[must_use]
    pub fn why_not_synced(&self) -> Option<String> {
        (!self.synced).then(|| self.to_string())
    }
}

impl fmt::Display for WatchState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            Phase::Starting => "not started",
            Phase::Streaming => "reading a streaming list",
            Phase::Listing => "reading a list",
            Phase::Watching => "watching",
            Phase::Pausing => "waiting before the next try",
            Phase::Over => "over",
        })?;
        match self.version {
            Some(version) => write!(f, ", up to date with version {version}")?,
            None if self.synced => f.write_str(", with a list that has no version")?,
            None => f.write_str(", nothing was ever listed to its end")?,
        }
        match self.trouble {
            Some(error) => write!(f, "; the last trouble: {error}"),
            None => Ok(()),
        }
    }
}
