use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::driver::effect::ExchangeKind;
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::Fault;
use crate::driver::time::Now;
use crate::error::{Attempt, Error, TimeoutStage};
use crate::watch::table::{Ending, Recovery};

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Observation<'a> {
    /// When.
    pub now: Now,
    /// What.
    pub event: Event<'a>,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step of a call.
    Call(&'a CallInfo<'a>, CallEvent<'a>),
    /// A credential was fetched, or could not be.
    Credential(CredentialEvent<'a>),
    /// A watch ended, and goes on by its table of recovery, or the first list of a watch is complete.
    Watch(&'a Attempt, WatchStep),
}

/// The call of an event.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct CallInfo<'a> {
    /// The number of the call: unique in its session.
    pub number: u64,
    /// The verb, and the object.
    pub attempt: &'a Attempt,
    /// The HTTP method.
    pub method: &'a Method,
    /// Whether it is a call, a stream (a watch, a log) or an upgrade. Durations of streams say nothing of the server.
    pub kind: ExchangeKind,
    /// The path with placeholders, without a query: `/api/v1/namespaces/{namespace}/pods/{name}`. The number of different
    /// values is bounded by the number of resources.
    pub template: &'a (dyn fmt::Display + 'a),
}

impl fmt::Debug for CallInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo").field("number", &self.number).field("attempt", self.attempt).finish_non_exhaustive()
    }
}

/// A step of a call. The [module](super) has their order.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum CallEvent<'a> {
    /// The call begins.
    Started,
    /// The call had to wait for this before its next attempt.
    Waited {
        /// What it waited for.
        for_: Waiting,
        /// How long.
        took: Duration,
    },
    /// The request goes to the driver.
    AttemptStarted {
        /// 1 for the first attempt of the call.
        number: u32,
        /// The server.
        endpoint: &'a Endpoint,
        /// The `Audit-Id` that the attempt sends. The server's audit log has it.
        request_id: &'a str,
    },
    /// The head of the response.
    Head {
        /// Its status.
        status: StatusCode,
        /// The server's `Audit-Id`, if it sent one: usually the request's.
        audit_id: Option<&'a str>,
        /// The time since the attempt started.
        took: Duration,
    },
    /// The end of an attempt.
    AttemptEnded {
        /// The number of the attempt.
        number: u32,
        /// How it ended.
        outcome: AttemptOutcome<'a>,
        /// The time since it started.
        took: Duration,
        /// The bytes of the response's body, as received.
        received: u64,
    },
    /// The request will be sent again.
    Retry {
        /// Why.
        cause: RetryCause,
        /// The wait before it.
        after: Duration,
    },
    /// The end of the call.
    Ended {
        /// How it ended.
        outcome: CallOutcome<'a>,
        /// The time since it started, all waits included.
        took: Duration,
        /// The attempts that were made.
        attempts: u32,
    },
}

/// What a call waits for before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Waiting {
    /// A permit or a token of the session's limiter.
    Permit,
    /// A credential.
    Credential,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AttemptOutcome<'a> {
    /// A response with this status, to its end.
    Answered(StatusCode),
    /// The connection failed.
    Failed(&'a Fault),
    /// A deadline passed.
    TimedOut(TimeoutStage),
    /// The response could not be read.
    Unreadable,
    /// The caller needs no more of it: a watch was dropped, or a refusal was too large.
    Dropped,
}

/// Why a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryCause {
    /// The server said so, with this status.
    Status(StatusCode),
    /// The connection was lost.
    Connection,
    /// The credential or the certificate was refused, and there may be a better one.
    Credential,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum CallOutcome<'a> {
    /// The response was complete.
    Complete,
    /// This error.
    Failed(&'a Error),
    /// The caller dropped it, or needed no more of its response.
    Dropped,
}

/// The fetch of a credential.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CredentialEvent<'a> {
    /// The source, as errors name it: `the plugin aws`.
    pub source: &'a str,
    /// The error, if it failed.
    pub error: Option<&'a Error>,
}

/// An event of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchStep {
    /// An exchange of the watch ended, and this row of its [table](crate::watch::after) follows.
    Recovery {
        /// How it ended.
        ending: Ending,
        /// What follows.
        next: Recovery,
        /// The wait before it.
        wait: Duration,
    },
    /// A list of the watch is complete: all objects are known.
    Synced,
}
