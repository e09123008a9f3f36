use std::fmt;
use std::time::Duration;

use crate::error::Error;

/// Why a controller has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ControllerError {
    /// Some sources had no complete list in [time](super::ControllerSettings::sync_timeout), so no run began.
    NotSynced {
        /// Their resources: `deployments.apps`.
        names: Vec<String>,
        /// The time that they had.
        within: Duration,
    },
    /// A watch has ended, so changes would not be seen any more.
    SourceEnded {
        /// Its resource: `deployments.apps`.
        name: String,
        /// Its error; `None` if the reflector of a shared store was dropped.
        error: Option<Error>,
    },
}

impl fmt::Display for ControllerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSynced { names, within } => write!(
                f,
                "the controller did not begin: there was no complete list of {} within {within:?}; look at the troubles of the \
                 watch, and whether the resource is served and may be listed and watched",
                names.join(", ")
            ),
            Self::SourceEnded { name, error: Some(error) } => write!(f, "the controller cannot watch {name}: {error}"),
            Self::SourceEnded { name, error: None } => {
                write!(f, "the controller cannot watch {name} any more: the reflector of its store was dropped")
            }
        }
    }
}

impl std::error::Error for ControllerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::SourceEnded { error: Some(error), .. } => Some(error),
            _ => None,
        }
    }
}
