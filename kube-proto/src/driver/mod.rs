//! The border between the protocol and a driver: what an operation asks for, and what a driver reports.
//!
//! A driver owns sockets, files, processes and clocks. It turns a [`Task`]: the task says what it needs next as a
//! [`Step`], the driver carries out its [`Effect`]s and reports their [`Input`]s. Users of a ready transport need nothing of
//! this module.

pub(crate) mod channel;
pub(crate) mod effect;
pub(crate) mod endpoint;
pub(crate) mod fault;
pub(crate) mod input;
pub mod local;
pub(crate) mod operation;
#[cfg(feature = "tls")]
pub mod options;
pub mod pool;
pub(crate) mod proxy;
mod raw;
pub(crate) mod step;
pub(crate) mod task;
pub mod time;
pub mod wire;
pub(crate) mod write;

pub use channel::{Channel, Flow};
pub use effect::{Effect, Exchange, ExchangeKind, ExecSpec};
pub use endpoint::{Endpoint, Tls};
pub use fault::{Fault, FaultKind, Reach};
pub use input::{Input, ProcessOutput};
pub use operation::{Cx, Operation};
pub use raw::Raw;
pub use step::Step;
pub use task::Task;
pub use time::{Deadline, Now};
pub use write::FileWrite;

pub use crate::random::Random;
pub use crate::session::Session;
pub use crate::stats::Stats;
