//! Spans for the facade `tracing`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Version};
use kube_proto::observe::{
    CallEvent, CallInfo, CallOutcome, ConnectionEvent, Event, Observation, Observer, RetryCause,
};
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::facts::{Facts, error_type, method};

/// Spans for the facade [`tracing`](::tracing): one for each call, and a child for each of its attempts.
///
/// The target is `kube_observe`, the level is info. The parent is the span in which the operation was polled first. A list in pages
/// has a call for each page, a watch has one for each time that it connects; an event of a watch has no span.
///
/// | span | fields |
/// |---|---|
/// | `kube.call` | `otel.name` (`get pods`), `k8s.api.verb`, `.group`, `.version`, `.resource`, `.subresource`, `.name`, `k8s.namespace.name`, `url.template`, `kube.attempts`, `error`, `otel.status_code` |
/// | `kube.attempt` | `otel.name` (`GET /api/v1/namespaces/{namespace}/pods/{name}`), `otel.kind`, `otel.status_code`, `http.request.method`, `server.address`, `server.port`, `url.full`, `url.template`, `http.response.status_code`, `http.request.resend_count`, `network.protocol.version`, `error.type`, `k8s.audit_id`, `kube.connection.reused` |
///
/// `url.full` has no query. [`propagating`](Self::propagating) sends the context of the attempt's span to the server.
///
/// It remembers at most 65536 calls at once; further ones have no span.
///
/// ```
/// use kube_observe::Spans;
/// use kube_proto::observe::Observers;
///
/// let observers = Observers::to(Spans::new());
/// assert!(observers.any());
/// ```
#[derive(Default)]
pub struct Spans {
    live: Mutex<Live>,
    propagate: Option<Box<Propagate>>,
}

type Propagate = dyn Fn(&Span, &mut HeaderMap) + Send + Sync;

#[derive(Default)]
struct Live {
    calls: BTreeMap<u64, Call>,
    /// The versions of HTTP that the open connections speak.
    versions: BTreeMap<u64, Version>,
}

struct Call {
    template: String,
    url: String,
    span: Span,
    attempt: Span,
}

impl Spans {
    /// Spans that are not sent to the server.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds headers to each attempt, from its span: `traceparent`, `tracestate` and `baggage`; others are not sent. The
    /// crate `tracing-opentelemetry` has the context of a span, and `opentelemetry` writes it into headers.
    #[must_use]
    pub fn propagating(mut self, headers: impl Fn(&Span, &mut HeaderMap) + Send + Sync + 'static) -> Self {
        self.propagate = Some(Box::new(headers));
        self
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(&self, call: u64) -> Option<Span> {
        self.live().calls.get(&call).map(|call| call.attempt.clone())
    }

    fn call(&self, call: &CallInfo<'_>, event: CallEvent<'_>) {
        match event {
            CallEvent::Started => self.started(call),
            CallEvent::AttemptStarted { number, endpoint, request_id, .. } => {
                let mut live = self.live();
                let Some(Call { template, url, span, attempt }) = live.calls.get_mut(&call.number) else { return };
                let method = method(call.method);
                *attempt = info_span!(
                    target: "kube_observe",
                    parent: &*span,
                    "kube.attempt",
                    otel.name = %format_args!("{method} {template}"),
                    otel.kind = "client",
                    otel.status_code = Empty,
                    http.request.method = method,
                    server.address = endpoint.host(),
                    server.port = endpoint.port(),
                    url.full = url.as_str(),
                    url.template = template.as_str(),
                    http.response.status_code = Empty,
                    http.request.resend_count = Empty,
                    network.protocol.version = Empty,
                    error.type = Empty,
                    k8s.audit_id = request_id,
                    kube.connection.reused = Empty,
                );
                if number > 1 {
                    attempt.record("http.request.resend_count", number - 1);
                }
            }
            CallEvent::Head { status, .. } => {
                if let Some(attempt) = self.attempt(call.number) {
                    attempt.record("http.response.status_code", status.as_u16());
                }
            }
            CallEvent::AttemptEnded { outcome, status, .. } => {
                let mut live = self.live();
                let Some(of) = live.calls.get_mut(&call.number) else { return };
                let attempt = std::mem::replace(&mut of.attempt, Span::none());
                drop(live);
                let refused = status.filter(|status| status.is_client_error() || status.is_server_error());
                match (error_type(outcome), refused) {
                    (Some(class), _) => _ = attempt.record("error.type", class),
                    (None, Some(status)) => _ = attempt.record("error.type", status.as_str()),
                    (None, None) => return,
                }
                attempt.record("otel.status_code", "ERROR");
            }
            CallEvent::Retry { cause, after } => {
                let live = self.live();
                let span = live.calls.get(&call.number).map(|call| call.span.clone());
                drop(live);
                let why = match cause {
                    RetryCause::Status(status) => status.to_string(),
                    other => format!("{other:?}").to_lowercase(),
                };
                if let Some(span) = span {
                    tracing::debug!(target: "kube_observe", parent: &span, after = ?after, why, "the request is sent again");
                }
            }
            CallEvent::Ended { outcome, attempts, .. } => {
                let ended = self.live().calls.remove(&call.number);
                let Some(Call { span, .. }) = ended else { return };
                span.record("kube.attempts", attempts);
                if let CallOutcome::Failed(error) = outcome {
                    span.record("error", tracing::field::display(error));
                    span.record("otel.status_code", "ERROR");
                }
            }
            _ => {}
        }
    }

    fn started(&self, call: &CallInfo<'_>) {
        let facts = Facts::of(call);
        let span = info_span!(
            target: "kube_observe",
            "kube.call",
            otel.name = facts.operation(),
            otel.status_code = Empty,
            k8s.api.verb = &**facts.verb,
            k8s.api.group = some(facts.group),
            k8s.api.version = some(facts.version),
            k8s.api.resource = some(facts.resource),
            k8s.api.subresource = some(facts.subresource),
            k8s.api.name = some(facts.name),
            k8s.namespace.name = some(facts.namespace),
            url.template = facts.template,
            kube.attempts = Empty,
            error = Empty,
        );
        let mut live = self.live();
        if live.calls.len() < MOST {
            let (template, url) = (facts.template.to_owned(), facts.url());
            live.calls.insert(call.number, Call { template, url, span, attempt: Span::none() });
        }
    }
}

impl Observer for Spans {
    fn observe(&self, seen: &Observation<'_>) {
        match seen.event {
            Event::Call(call, event) => self.call(call, event),
            Event::Connection(connection, event) => match event {
                ConnectionEvent::Ready { version, .. } => {
                    let mut live = self.live();
                    if live.versions.len() < MOST {
                        live.versions.insert(connection.number, version);
                    }
                }
                ConnectionEvent::Used { call, reused, .. } => {
                    let version = self.live().versions.get(&connection.number).copied();
                    let Some(attempt) = self.attempt(call) else { return };
                    attempt.record("kube.connection.reused", reused);
                    if let Some(version) = version {
                        attempt.record("network.protocol.version", crate::facts::version(version));
                    }
                }
                ConnectionEvent::Closed { .. } => _ = self.live().versions.remove(&connection.number),
                _ => {}
            },
            _ => {}
        }
    }

    fn propagate(&self, call: &CallInfo<'_>, headers: &mut HeaderMap) {
        if let Some(propagate) = &self.propagate
            && let Some(attempt) = self.attempt(call.number)
        {
            propagate(&attempt, headers);
        }
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").field("calls", &self.live().calls.len()).finish_non_exhaustive()
    }
}

/// A field without a value is left out.
fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// The most calls, and the most connections, that are remembered.
const MOST: usize = 1 << 16;
