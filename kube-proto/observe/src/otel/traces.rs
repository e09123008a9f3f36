//! Spans by OpenTelemetry's conventions.

#![allow(
    clippy::disallowed_types,
    reason = "OpenTelemetry's type for a time; it is made from `Now`, and no clock is read"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, Version};
use kube_proto::driver::Now;
use kube_proto::observe::{
    CallEvent, CallInfo, CallOutcome, ConnectionEvent, Event, Observation, Observer, RetryCause,
};
use opentelemetry::global::{BoxedTracer, tracer};
use opentelemetry::trace::{Span, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

use super::SCOPE;
use crate::facts::{Facts, error_type, method, version};

/// Spans of OpenTelemetry: one for each call, and a child of kind `CLIENT` for each of its attempts.
///
/// The parent is the [`Context`] that is current when the operation is polled first. The names and attributes are those of
/// [HTTP client spans](https://opentelemetry.io/docs/specs/semconv/http/http-spans/); what they lack is named `k8s.api.*`:
///
/// | span | attributes |
/// |---|---|
/// | call: `get pods` | `k8s.api.verb`, `k8s.api.group`, `k8s.api.version`, `k8s.api.resource`, `k8s.api.subresource`, `k8s.api.name`, `k8s.namespace.name`, `kube.attempts` |
/// | attempt: `GET /api/v1/namespaces/{namespace}/pods/{name}` | `http.request.method`, `server.address`, `server.port`, `url.full`, `url.template`, `http.response.status_code`, `http.request.resend_count`, `network.protocol.version`, `error.type`, `k8s.audit_id`, `kube.connection.reused` |
///
/// Attributes without a value are left out. `url.full` has no query. A repetition is an event of the call's span, with its cause.
/// An event of a watch has no span. Each attempt sends `traceparent` and `tracestate` (W3C Trace Context) of its span, so that the
/// spans of an API server with tracing are its children.
///
/// It remembers at most 65536 calls at once; further ones have no span.
///
/// ```
/// use kube_observe::OtelTraces;
/// use kube_proto::observe::Observers;
///
/// let observers = Observers::to(OtelTraces::new());
/// assert!(observers.any());
/// ```
pub struct OtelTraces<T: Tracer = BoxedTracer> {
    tracer: T,
    live: Mutex<Live<T::Span>>,
}

struct Live<S> {
    calls: BTreeMap<u64, Call<S>>,
    /// The versions of HTTP that the open connections speak.
    versions: BTreeMap<u64, Version>,
}

struct Call<S> {
    template: String,
    url: String,
    /// With the call's span.
    context: Context,
    attempt: Option<S>,
}

impl OtelTraces {
    /// Spans for the global tracer provider. Set that before.
    #[must_use]
    pub fn new() -> Self {
        Self::with(tracer(SCOPE))
    }
}

impl Default for OtelTraces {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Tracer> OtelTraces<T>
where
    T::Span: Send + Sync + 'static,
{
    /// Spans of this tracer.
    #[must_use]
    pub fn with(tracer: T) -> Self {
        Self { tracer, live: Mutex::new(Live { calls: BTreeMap::new(), versions: BTreeMap::new() }) }
    }

    fn live(&self) -> MutexGuard<'_, Live<T::Span>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, call: &CallInfo<'_>, now: Now) {
        if self.live().calls.len() >= MOST {
            return;
        }
        let (facts, parent) = (Facts::of(call), Context::current());
        let builder = self
            .tracer
            .span_builder(facts.operation())
            .with_kind(SpanKind::Internal)
            .with_start_time(time(now))
            .with_attributes(of_call(&facts));
        let span = self.tracer.build_with_context(builder, &parent);
        let context = parent.with_span(span);
        let (template, url) = (facts.template.to_owned(), facts.url());
        self.live().calls.insert(call.number, Call { template, url, context, attempt: None });
    }

    fn call(&self, call: &CallInfo<'_>, event: CallEvent<'_>, now: Now) {
        match event {
            CallEvent::Started => self.started(call, now),
            CallEvent::AttemptStarted { number, endpoint, request_id, .. } => {
                let mut live = self.live();
                let Some(of) = live.calls.get_mut(&call.number) else { return };
                let method = method(call.method);
                let mut attributes = vec![
                    KeyValue::new("http.request.method", method),
                    KeyValue::new("server.address", endpoint.host().to_owned()),
                    KeyValue::new("server.port", i64::from(endpoint.port())),
                    KeyValue::new("url.full", of.url.clone()),
                    KeyValue::new("url.template", of.template.clone()),
                    KeyValue::new("k8s.audit_id", request_id.to_owned()),
                ];
                if number > 1 {
                    attributes.push(KeyValue::new("http.request.resend_count", i64::from(number - 1)));
                }
                let builder = self
                    .tracer
                    .span_builder([method, " ", &of.template].concat())
                    .with_kind(SpanKind::Client)
                    .with_start_time(time(now))
                    .with_attributes(attributes);
                of.attempt = Some(self.tracer.build_with_context(builder, &of.context));
            }
            CallEvent::Head { status, .. } => {
                let status = KeyValue::new("http.response.status_code", i64::from(status.as_u16()));
                self.attempt(call.number, |attempt| attempt.set_attribute(status));
            }
            CallEvent::AttemptEnded { outcome, status, .. } => {
                let attempt = self.live().calls.get_mut(&call.number).and_then(|call| call.attempt.take());
                let Some(mut attempt) = attempt else { return };
                let refused = status.filter(|status| status.is_client_error() || status.is_server_error());
                let class = error_type(outcome).or_else(|| refused.as_ref().map(http::StatusCode::as_str));
                if let Some(class) = class {
                    attempt.set_attribute(KeyValue::new("error.type", class.to_owned()));
                    attempt.set_status(Status::error(class.to_owned()));
                }
                attempt.end_with_timestamp(time(now));
            }
            CallEvent::Retry { cause, after } => {
                let context = self.live().calls.get(&call.number).map(|call| call.context.clone());
                let cause = match cause {
                    RetryCause::Status(status) => status.as_str().to_owned(),
                    other => format!("{other:?}").to_lowercase(),
                };
                if let Some(context) = context {
                    let attributes =
                        vec![KeyValue::new("cause", cause), KeyValue::new("after_seconds", after.as_secs_f64())];
                    context.span().add_event_with_timestamp("retry", time(now), attributes);
                }
            }
            CallEvent::Ended { outcome, attempts, .. } => {
                let ended = self.live().calls.remove(&call.number);
                let Some(Call { context, .. }) = ended else { return };
                let span = context.span();
                span.set_attribute(KeyValue::new("kube.attempts", i64::from(attempts)));
                if let CallOutcome::Failed(error) = outcome {
                    span.set_status(Status::error(error.to_string()));
                }
                span.end_with_timestamp(time(now));
            }
            _ => {}
        }
    }

    fn attempt<R>(&self, call: u64, act: impl FnOnce(&mut T::Span) -> R) -> Option<R> {
        self.live().calls.get_mut(&call).and_then(|call| call.attempt.as_mut()).map(act)
    }
}

impl<T: Tracer + Send + Sync> Observer for OtelTraces<T>
where
    T::Span: Send + Sync + 'static,
{
    fn observe(&self, seen: &Observation<'_>) {
        match seen.event {
            Event::Call(call, event) => self.call(call, event, seen.now),
            Event::Connection(connection, ConnectionEvent::Ready { version, .. }) => {
                let mut live = self.live();
                if live.versions.len() < MOST {
                    live.versions.insert(connection.number, version);
                }
            }
            Event::Connection(connection, ConnectionEvent::Used { call, reused, .. }) => {
                let known = self.live().versions.get(&connection.number).copied();
                self.attempt(call, |attempt| {
                    attempt.set_attribute(KeyValue::new("kube.connection.reused", reused));
                    if let Some(known) = known {
                        attempt.set_attribute(KeyValue::new("network.protocol.version", version(known)));
                    }
                });
            }
            Event::Connection(connection, ConnectionEvent::Closed { .. }) => {
                self.live().versions.remove(&connection.number);
            }
            _ => {}
        }
    }

    fn propagate(&self, call: &CallInfo<'_>, headers: &mut HeaderMap) {
        if let Some(context) = self.attempt(call.number, |attempt| attempt.span_context().clone()) {
            write(&context, headers);
        }
    }
}

impl<T: Tracer> fmt::Debug for OtelTraces<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtelTraces").finish_non_exhaustive()
    }
}

/// W3C Trace Context, level 1: version 00.
fn write(context: &SpanContext, headers: &mut HeaderMap) {
    if !context.is_valid() {
        return;
    }
    let (trace, span, flags) = (context.trace_id(), context.span_id(), context.trace_flags().to_u8());
    if let Ok(value) = HeaderValue::from_str(&format!("00-{trace}-{span}-{flags:02x}")) {
        headers.insert("traceparent", value);
    }
    let state = context.trace_state().header();
    if !state.is_empty()
        && let Ok(value) = HeaderValue::from_str(&state)
    {
        headers.insert("tracestate", value);
    }
}

fn of_call(facts: &Facts<'_>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(7);
    attributes.push(KeyValue::new("k8s.api.verb", facts.verb.clone()));
    let texts = [
        ("k8s.api.group", facts.group),
        ("k8s.api.version", facts.version),
        ("k8s.api.resource", facts.resource),
        ("k8s.api.subresource", facts.subresource),
        ("k8s.api.name", facts.name),
        ("k8s.namespace.name", facts.namespace),
    ];
    let texts = texts.into_iter().filter(|(_, value)| !value.is_empty());
    attributes.extend(texts.map(|(name, value)| KeyValue::new(name, value.to_owned())));
    attributes
}

fn time(now: Now) -> SystemTime {
    UNIX_EPOCH + now.unix
}

/// The most calls, and the most connections, that are remembered.
const MOST: usize = 1 << 16;
