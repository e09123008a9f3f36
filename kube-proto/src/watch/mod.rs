//! A list of a collection, and then every change of it, with recovery from every failure.
//!
//! [`Watch`] is the operation, made by [`Api::watch`](crate::Api::watch). It yields [`Event`]s. [`WatchSettings`]
//! select the objects and set the waits, [`WatchState`] describes the progress, and [`after`] is the table of recovery.

pub(crate) mod backoff;
mod event;
mod listing;
mod machine;
mod open;
mod recovering;
pub(crate) mod settings;
mod state;
pub(crate) mod table;

pub use crate::op::watch_once::{EventKind, WatchEvent, WatchOnce};
pub use backoff::Backoff;
pub use event::{Event, Trouble, Undecodable};
pub use machine::Watch;
pub use settings::{OnRefusal, WatchSettings};
pub use state::{Phase, WatchState};
pub use table::{Ending, Footing, Pause, Recovery, STUCK, Since, Situation, after};
