//! The parts of a controller.
//!
//! Each part is a machine by itself. Time comes in as a [`Moment`](crate::driver::Moment) and chance as a seed, so that a test runs a day
//! of failures in a millisecond, and the same inputs give the same outputs.
//!
//! - [`Queue`]: which key runs next, and when.
//! - [`LeaderElection`]: which of several processes works.

mod election;
mod queue;

pub use election::settings::LeaderElectionSettings;
pub use election::{LeaderElection, LeaderEvent, Leadership, LostReason, Resign};
pub use queue::settings::{Priority, QueueSettings};
pub use queue::{Added, Delay, Job, KeyState, Outcome, Queue, QueueStats};
