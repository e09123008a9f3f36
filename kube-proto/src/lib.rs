//! The Kubernetes API protocol as pure state machines.

pub mod config;
pub mod effect;
pub mod error;
pub mod frame;
pub mod operation;
pub mod request;
pub mod resource;
pub mod response;
pub mod session;
pub mod time;
pub mod wire;

pub use effect::{Effect, Endpoint, Exchange, ExecSpec, Fault, FaultKind, Input, Kind, Output, Reach, Tls};
pub use error::{ApiError, Attempt, Error, ErrorKind, Stage};
pub use operation::{Channel, Cx, Flow, Operation, Step, Task};
pub use request::{Api, ApiRequest};
pub use session::Session;
pub use time::{Deadline, Now};
