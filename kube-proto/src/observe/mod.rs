//! Observation: what the operations of a session do, as plain data.
//!
//! A client has one [`Observers`]. Its [`Observer`]s see each step of each call, of credentials and of watches, at
//! the moment at which it happens. Metrics, traces and logs are observers. A client without one allocates nothing and
//! reads no clock for this.
//!
//! ```
//! use kube_proto::observe::{CallEvent, Event, Observation, Observer, Observers};
//!
//! struct Log;
//!
//! impl Observer for Log {
//!     fn observe(&self, seen: &Observation<'_>) {
//!         if let Event::Call(call, CallEvent::Ended { outcome, took, attempts, .. }) = seen.event {
//!             println!("{}: {outcome:?} after {took:?} and {attempts} attempts", call.attempt);
//!         }
//!     }
//! }
//!
//! let observers = Observers::to(Log);
//! # let _ = observers;
//! ```
//!
//! # The events of a call
//!
//! A call is one request with its repetitions. A list in pages has a call for each page, and a watch one for each time that it
//! connects. The events come in this order:
//!
//! | event | follows |
//! |---|---|
//! | [`Started`](CallEvent::Started) | nothing: it is the first |
//! | [`Waited`](CallEvent::Waited) | `Started` or `Retry`, if the call had to wait |
//! | [`AttemptStarted`](CallEvent::AttemptStarted) | `Started`, `Waited` or `Retry` |
//! | [`Head`](CallEvent::Head) | `AttemptStarted`, if a head arrived |
//! | [`AttemptEnded`](CallEvent::AttemptEnded) | `AttemptStarted` or `Head`: exactly one for each attempt |
//! | [`Retry`](CallEvent::Retry) | `AttemptEnded`, if another attempt follows |
//! | [`Ended`](CallEvent::Ended) | anything: exactly one, and the last, also if the caller drops the call |
//!
//! # Connections
//!
//! A driver reports its connections by a [`ConnectionRecord`], and the core tells the observers. The three transports report
//! the same. [`ConnectionEvent::Used`] has the number of the call, so that an observer knows which connection carries which
//! attempt; it comes after `AttemptStarted` and before `Head`. Repetitions after a dead pooled connection show as two attempts.
//!
//! # What an observer must not do
//!
//! It runs on the thread of the operation, between two of its steps. It must not block. No lock of the session is held
//! meanwhile, so it may ask the session for its statistics.
//!
//! Names of objects are in [`CallInfo::attempt`]. A label of a metric has bounded values only: the verb, the resource, the
//! status, and [`CallInfo::template`]. Tokens, keys, headers, bodies and queries are in no event. Texts of the server, as in
//! an [`Error`](crate::Error), are.

pub(crate) mod call;
pub(crate) mod connection;
mod event;
mod queue;
mod work;

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;

pub use crate::error::attempts::RetryCause;
pub use connection::ConnectionRecord;
pub use event::{
    AttemptOutcome, BreakerEvent, BreakerStep, CallEvent, CallInfo, CallOutcome, ConnectionEvent, ConnectionInfo,
    CredentialEvent, Event, InformerStep, Observation, PluginEvent, PluginOutcome, RateEvent, RateStep, RequestClass,
    SessionEvent, Waiting, WatchStep,
};
pub use queue::QueueRecord;
pub use work::{ElectionInfo, ElectionStep, QueueInfo, QueueStep};

/// A receiver of observations.
pub trait Observer: Send + Sync {
    /// Takes an observation.
    fn observe(&self, seen: &Observation<'_>);

    /// Adds the trace context of an attempt that is about to start: `traceparent`, `tracestate` and `baggage` (W3C Trace
    /// Context and Baggage). Other headers are dropped. The default adds nothing.
    fn propagate(&self, call: &CallInfo<'_>, headers: &mut HeaderMap) {
        let _ = (call, headers);
    }
}

/// The observers of a session: none by default.
#[derive(Clone, Default)]
pub struct Observers(Option<Arc<[Arc<dyn Observer>]>>);

impl Observers {
    /// No observer.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// This observer alone.
    #[must_use]
    pub fn to(observer: impl Observer + 'static) -> Self {
        Self::none().and(observer)
    }

    /// These observers and another one. Each sees everything, in this order.
    #[must_use]
    pub fn and(self, observer: impl Observer + 'static) -> Self {
        let new: Arc<dyn Observer> = Arc::new(observer);
        let old = self.0.as_deref().unwrap_or_default();
        Self(Some(old.iter().cloned().chain([new]).collect()))
    }

    /// Whether there is an observer.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.is_some()
    }

    /// Tells all observers.
    pub(crate) fn tell(&self, seen: &Observation<'_>) {
        for observer in self.0.as_deref().unwrap_or_default() {
            observer.observe(seen);
        }
    }

    /// Adds the trace context of an attempt.
    pub(crate) fn add_trace_context(&self, call: &CallInfo<'_>, to: &mut HeaderMap) {
        let mut headers = HeaderMap::new();
        for observer in self.0.as_deref().unwrap_or_default() {
            observer.propagate(call, &mut headers);
        }
        if headers.is_empty() {
            return;
        }
        for name in TRACE_CONTEXT {
            if headers.contains_key(name) {
                to.remove(name);
            }
            for value in headers.get_all(name) {
                to.append(name, value.clone());
            }
        }
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, seen: &Observation<'_>) {
        (**self).observe(seen);
    }

    fn propagate(&self, call: &CallInfo<'_>, headers: &mut HeaderMap) {
        (**self).propagate(call, headers);
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observers({})", self.0.as_deref().unwrap_or_default().len())
    }
}

/// The headers that an observer may add.
const TRACE_CONTEXT: [&str; 3] = ["traceparent", "tracestate", "baggage"];
