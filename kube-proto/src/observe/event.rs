use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode, Version};

use super::work::{ElectionInfo, ElectionStep, QueueInfo, QueueStep};
use crate::driver::effect::ExchangeKind;
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::Fault;
use crate::driver::time::Now;
use crate::error::attempts::RetryCause;
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
    /// A connection was made, used or closed. These are a driver's reports; a driver may make none.
    Connection(ConnectionInfo<'a>, ConnectionEvent<'a>),
    /// A two-way session (exec, attach, port-forward) began or ended on its connection.
    Session(ConnectionInfo<'a>, SessionEvent<'a>),
    /// The circuit breaker opened or closed a circuit.
    Breaker(BreakerEvent<'a>),
    /// A store has all objects of its first list, or changed, or a subscriber took a change.
    Informer(&'a Attempt, InformerStep),
    /// The rate of a class of requests was lowered after a 429, or raised again.
    Rate(RateEvent),
    /// A credential plugin ran, or could not.
    Plugin(PluginEvent<'a>),
    /// A work queue changed.
    Queue(QueueInfo<'a>, QueueStep),
    /// An election began, was won or lost.
    Election(ElectionInfo<'a>, ElectionStep<'a>),
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
    pub template: &'a str,
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
        /// The bytes of the request's body.
        body: usize,
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
        /// The status of the response, if its head arrived, whatever came after it.
        status: Option<StatusCode>,
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
    /// A permit: [`Settings::concurrent`](crate::settings::Settings::concurrent) calls are under way.
    Permit,
    /// A token of the rate limit: [`Settings::rate`](crate::settings::Settings::rate).
    Token,
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
    /// The time since the fetch began.
    pub took: Duration,
    /// The time until the credential expires, if that is known.
    pub lives: Option<Duration>,
}

/// A run of a credential plugin.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PluginEvent<'a> {
    /// The command, as the configuration names it.
    pub command: &'a str,
    /// How the run ended.
    pub outcome: PluginOutcome,
    /// The time until its credential expires, if the plugin said so. Negative spans are zero.
    pub lives: Option<Duration>,
}

/// How the run of a plugin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PluginOutcome {
    /// With a credential.
    Credential,
    /// With this exit code, which is not 0.
    Failed(i32),
    /// There is no such program.
    NotFound,
    /// The driver could not run it, or its output is no credential.
    Unusable,
}

/// A change of the rate of a class of requests: the client obeys the server's flow control.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RateEvent {
    /// The class.
    pub class: RequestClass,
    /// What happened.
    pub step: RateStep,
}

/// What happened to a rate, in requests per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateStep {
    /// A 429 lowered it to this.
    Lowered(f64),
    /// It was raised to this after a time without a 429.
    Raised(f64),
    /// It is free again.
    Free,
}

/// A class of requests, for rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestClass {
    /// Calls that change nothing on the server.
    Read,
    /// All other calls.
    Write,
    /// Watches, logs, and upgrades.
    Stream,
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

/// The connection of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo<'a> {
    /// The number of the connection: unique in its session.
    pub number: u64,
    /// The server. Its [proxy](Endpoint::proxy) is where the socket goes, if there is one.
    pub endpoint: &'a Endpoint,
}

/// An event of a connection. They come in the order of the variants; `Used` and `Rested` any number of times.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConnectionEvent<'a> {
    /// The driver looks the server's name up and connects a socket.
    Dialing,
    /// The socket is connected. The handshakes with a proxy and of TLS follow.
    Connected {
        /// The time since the dial began.
        took: Duration,
    },
    /// The handshakes are over: the connection can carry exchanges.
    Ready {
        /// HTTP/1.1 or HTTP/2.
        version: Version,
        /// The time since the dial began.
        took: Duration,
    },
    /// The connection could not be made. It is the last event.
    Failed {
        /// Why.
        fault: &'a Fault,
        /// The time since the dial began.
        took: Duration,
    },
    /// The caller, or its deadline, gave up before the connection was ready. It is the last event.
    Abandoned {
        /// The time since the dial began.
        took: Duration,
    },
    /// The connection carries an exchange from now on. On HTTP/2 there may be others.
    Used {
        /// [`CallInfo::number`]; 0 for the exchange of a credential.
        call: u64,
        /// The connection has carried an exchange before.
        reused: bool,
        /// It was idle.
        rested: bool,
        /// The time since the driver got the exchange: for a dial, or for another exchange to end.
        waited: Duration,
    },
    /// The connection carries nothing, and is kept for the next exchange.
    Rested,
    /// The connection is closed, by either side. It is the last event.
    Closed {
        /// The time since it was ready.
        age: Duration,
        /// The exchanges that it carried.
        exchanges: u64,
        /// It was idle, in the pool.
        resting: bool,
    },
}

/// An event of a two-way session.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SessionEvent<'a> {
    /// The server has switched protocols.
    Opened {
        /// [`CallInfo::number`] of the upgrade.
        call: u64,
    },
    /// The session has ended. It is the last event.
    Ended {
        /// [`CallInfo::number`] of the upgrade.
        call: u64,
        /// Bytes for the server, with the frames of the session's protocol. Some may not have left the client.
        sent: u64,
        /// Bytes from the server, with the frames of the session's protocol.
        received: u64,
        /// The time since it was opened.
        took: Duration,
        /// The error that ended it. `None` also if the caller dropped the session.
        error: Option<&'a Error>,
    },
}

/// An event of the circuit breaker.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BreakerEvent<'a> {
    /// The API group, empty for the core group; `None` for the circuit of the connections.
    pub group: Option<&'a str>,
    /// What happened.
    pub step: BreakerStep<'a>,
}

/// What happened to a circuit.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BreakerStep<'a> {
    /// It opened, or its trial failed: calls fail at once.
    Opened {
        /// The first of the failures, since 1970-01-01T00:00:00Z.
        since: Duration,
        /// How long calls are refused.
        rest: Duration,
        /// 1 when it opened, and one more for each trial that failed.
        rests: u32,
        /// The last failure.
        cause: &'a str,
    },
    /// One call goes through, as a trial.
    Trial,
    /// A call succeeded: all go through again.
    Closed,
}

/// An event of an informer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InformerStep {
    /// The store has the content of a list.
    Synced {
        /// The objects in the store.
        objects: usize,
    },
    /// The store took a change.
    Changed {
        /// The longest queue of a subscriber, in changes.
        waiting: usize,
        /// Subscribers that were too slow, and have a comparison with the store before them.
        behind: usize,
    },
    /// A subscriber took a change.
    Taken {
        /// The time since the store took it.
        lag: Duration,
        /// The changes that are left in its queue.
        waiting: usize,
    },
}
