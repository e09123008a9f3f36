//! The border between the protocol and a driver: what an operation asks for, and what a driver reports.
//!
//! Users of a ready transport do not need this module.
//!
//! | here | what it is |
//! |---|---|
//! | [`Task`], [`Step`], [`Operation`], [`Cx`] | the loop: a task returns its next step |
//! | [`Together`], [`GroupStep`], [`Group`] | the same for operations that run side by side |
//! | [`Effect`], [`Exchange`], [`ExecSpec`], [`FileWrite`] | what a task asks a driver to do |
//! | [`Input`], [`Fault`], [`ProcessOutput`] | what a driver reports |
//! | [`Endpoint`], [`Tls`] | where an exchange goes: the key of a pool |
//! | [`Channel`], [`Flow`], [`Streams`] | the protocol of a connection after `101 Switching Protocols`, and the streams that it carries |
//! | [`Session`], [`Random`], [`Stats`] | what the operations of one client share |
//! | [`Now`], [`Moment`] | time as a value |
//! | [`websocket`] | frames and messages of a connection that was upgraded to WebSocket |
//! | [`wire`], [`pool`], [`local`], `options` (feature `tls`) | ready parts: HTTP/1.1 and TLS on a plain socket, idle connections, files and programs, the builder |
//!
#![doc = include_str!("../../docs/writing-a-driver.md")]

pub(crate) mod channel;
pub(crate) mod effect;
pub(crate) mod endpoint;
pub(crate) mod fault;
pub(crate) mod group;
pub(crate) mod input;
pub mod local;
pub(crate) mod operation;
#[cfg(feature = "tls")]
pub mod options;
pub mod pool;
pub(crate) mod proxy;
mod raw;
pub(crate) mod step;
pub(crate) mod streams;
pub(crate) mod task;
pub mod time;
pub mod wire;
pub(crate) mod write;

pub use channel::{Channel, Flow};
pub use effect::{Effect, Exchange, ExchangeKind, ExchangeTag, ExecSpec};
pub use endpoint::{Endpoint, Tls};
pub use fault::{Fault, FaultKind, Reach};
pub use group::{Group, GroupStep, Together};
pub use input::{Input, ProcessOutput};
pub use operation::{Cx, OneResult, Operation};
pub use raw::Raw;
pub use step::Step;
pub use streams::{CHUNK, Streams, io_error};
pub use task::Task;
pub use time::{Moment, Now};
pub use write::FileWrite;

pub use crate::random::Random;
pub use crate::session::{Session, SessionOptions};
pub use crate::stats::Stats;

/// WebSocket as a machine, in both roles: for channels, and for servers in tests.
pub mod websocket {
    pub use crate::websocket::{
        Accepted, ClientHandshake, CloseCode, CloseFrame, Header, Kind, OpCode, Refused, SendingClosed, Violation,
        WebSocket, WebSocketEvent, WebSocketLimits, accept,
    };
}
