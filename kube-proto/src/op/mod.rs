//! Operations: one machine a file. `Call` is what they are all built around.

mod answer;
mod api;
mod call;
mod content;
mod decode;
mod events;
mod logs;
mod pages;
mod shared;
mod unary;
mod upgrade;
pub mod watch;

pub(crate) use answer::Errand;
pub use answer::{Answer, WithAnswer};
pub use events::{EventKind, Events, WatchEvent};
pub use logs::Logs;
pub use pages::{ListAll, Pages};
pub use shared::Shared;
pub use unary::Unary;
pub use upgrade::Upgrade;
pub use watch::{OnRefusal, Undecodable, Watch, WatchSettings, WatchStep};

/// Methods that every operation around a [`call::Call`] has.
macro_rules! timeouts {
    () => {
        /// Other time-outs than the session's for this kind of request.
        pub fn timeouts(mut self, timeouts: $crate::session::Timeouts) -> Self {
            self.call.set_timeouts(timeouts);
            self
        }
    };
}
pub(crate) use timeouts;
