//! The state of a watch, for display.

use std::fmt::{self, Write as _};

use crate::driver::time::Moment;
use crate::error::Error;
use crate::visible::Visible;

/// The current activity of a [`Watch`](super::Watch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Not started.
    Starting,
    /// Reading a streaming list.
    Streaming,
    /// Reading a list.
    Listing,
    /// Waiting for changes.
    Watching,
    /// Waiting before the next try.
    Pausing,
    /// Ended.
    Over,
}

/// The state of a [`Watch`](super::Watch). `Display` gives one line with the phase, the version and the last error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchState<'a> {
    /// The current phase.
    pub phase: Phase,
    /// Everything up to this version has been yielded; `None` before the first list is complete.
    pub version: Option<&'a str>,
    /// Whether a list has been complete.
    pub synced: bool,
    /// When the watch acts next without an input, on the scale of [`Now::mono`](crate::driver::Now).
    pub until: Option<Moment>,
    /// The last error, unless the watch has delivered something since.
    pub trouble: Option<&'a Error>,
}

impl WatchState<'_> {
    /// Why no list has been complete yet, in one line: the phase and the last error. `None` after the first complete
    /// list; for later errors see [`trouble`](Self::trouble).
    #[must_use]
    pub fn why_not_synced(&self) -> Option<String> {
        (!self.synced).then(|| self.to_string())
    }
}

impl fmt::Display for WatchState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Visible(f);
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
            None => f.write_str(", no list has been complete yet")?,
        }
        match self.trouble {
            Some(error) => write!(f, "; the last error: {error}"),
            None => Ok(()),
        }
    }
}
