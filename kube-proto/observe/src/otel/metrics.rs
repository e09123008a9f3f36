//! Metrics by OpenTelemetry's conventions.

use std::fmt;

use http::StatusCode;
use kube_proto::driver::{Endpoint, ExchangeKind};
use kube_proto::observe::{
    AttemptOutcome, CallEvent, CallInfo, ConnectionEvent, Event, InformerStep, Observation, Observer, SessionEvent,
    Waiting, WatchStep,
};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};

use super::SCOPE;
use crate::DURATION_BUCKETS;
use crate::facts::{dial_result, error_type, method};

/// The metrics of OpenTelemetry's conventions for HTTP clients, and some of this library's own.
///
/// | name | attributes | what it is |
/// |---|---|---|
/// | `http.client.request.duration` (s) | `http.request.method`, `server.address`, `server.port`, `url.template`, `http.response.status_code`, `error.type` | each attempt of a call; no watches, logs, upgrades |
/// | `http.client.request.body.size`, `http.client.response.body.size` (By) | `http.request.method`, `server.address`, `server.port`, `url.template` | bodies of calls, as sent and received |
/// | `http.client.active_requests` | `http.request.method`, `server.address`, `server.port` | attempts under way, streams included |
/// | `http.client.open_connections` | `http.connection.state` (`idle`, `active`), `server.address`, `server.port` | the connections |
/// | `http.client.connection.duration` (s) | `server.address`, `server.port` | the ages of connections at their end |
/// | `kube.client.stream.duration` (s) | `k8s.api.verb`, `k8s.api.resource` | watches, logs and upgrades, each time that one ends |
/// | `kube.client.retries` | `http.request.method`, `cause` | repetitions |
/// | `kube.client.wait` (s) | `for` | waits for a permit, a token or a credential |
/// | `kube.client.dials` | `server.address`, `server.port`, `result` | dials |
/// | `kube.client.session.bytes` (By) | `direction` | bytes of sessions that have ended |
/// | `kube.client.watch.recoveries` | `k8s.api.resource`, `ending` | ends of a watch after which it goes on |
/// | `kube.client.informer.lag` (s) | `k8s.api.resource` | from the store to a subscriber |
///
/// The histograms of durations have the buckets of the conventions, [`DURATION_BUCKETS`].
///
/// ```
/// use kube_observe::OtelMetrics;
/// use kube_proto::observe::Observers;
///
/// let observers = Observers::to(OtelMetrics::new());
/// assert!(observers.any());
/// ```
pub struct OtelMetrics {
    duration: Histogram<f64>,
    request_size: Histogram<u64>,
    response_size: Histogram<u64>,
    active: UpDownCounter<i64>,
    connections: UpDownCounter<i64>,
    connection_duration: Histogram<f64>,
    stream_duration: Histogram<f64>,
    retries: Counter<u64>,
    wait: Histogram<f64>,
    dials: Counter<u64>,
    session_bytes: Counter<u64>,
    recoveries: Counter<u64>,
    lag: Histogram<f64>,
}

impl Default for OtelMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl OtelMetrics {
    /// Metrics for the global meter provider. Set that before.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&opentelemetry::global::meter(SCOPE))
    }

    /// Metrics of this meter.
    #[must_use]
    pub fn with(meter: &Meter) -> Self {
        let seconds = |name: &'static str| {
            meter.f64_histogram(name).with_unit("s").with_boundaries(DURATION_BUCKETS.to_vec()).build()
        };
        let bytes = |name: &'static str| meter.u64_histogram(name).with_unit("By").build();
        let counter = |name: &'static str, unit: &'static str| meter.u64_counter(name).with_unit(unit).build();
        let level = |name: &'static str, unit: &'static str| meter.i64_up_down_counter(name).with_unit(unit).build();
        Self {
            duration: seconds("http.client.request.duration"),
            request_size: bytes("http.client.request.body.size"),
            response_size: bytes("http.client.response.body.size"),
            active: level("http.client.active_requests", "{request}"),
            connections: level("http.client.open_connections", "{connection}"),
            connection_duration: meter.f64_histogram("http.client.connection.duration").with_unit("s").build(),
            stream_duration: meter.f64_histogram("kube.client.stream.duration").with_unit("s").build(),
            retries: counter("kube.client.retries", "{retry}"),
            wait: seconds("kube.client.wait"),
            dials: counter("kube.client.dials", "{dial}"),
            session_bytes: counter("kube.client.session.bytes", "By"),
            recoveries: counter("kube.client.watch.recoveries", "{recovery}"),
            lag: seconds("kube.client.informer.lag"),
        }
    }

    fn call(&self, call: &CallInfo<'_>, event: CallEvent<'_>) {
        let is_call = call.kind == ExchangeKind::Call;
        match event {
            CallEvent::AttemptStarted { body, .. } => {
                self.active.add(1, &server(call));
                if is_call {
                    self.request_size.record(body as u64, &templated(call));
                }
            }
            CallEvent::AttemptEnded { outcome, status, took, received, .. } => {
                self.active.add(-1, &server(call));
                if is_call && !matches!(outcome, AttemptOutcome::Dropped) {
                    self.duration.record(took.as_secs_f64(), &ended(call, outcome, status));
                    self.response_size.record(received, &templated(call));
                }
            }
            CallEvent::Retry { cause, .. } => {
                let cause = match cause {
                    kube_proto::observe::RetryCause::Status(status) => status.as_str().to_owned(),
                    other => format!("{other:?}").to_lowercase(),
                };
                let method = KeyValue::new("http.request.method", method(call.method));
                self.retries.add(1, &[method, KeyValue::new("cause", cause)]);
            }
            CallEvent::Waited { for_, took } => {
                let what = match for_ {
                    Waiting::Permit => "permit",
                    Waiting::Token => "token",
                    _ => "credential",
                };
                self.wait.record(took.as_secs_f64(), &[KeyValue::new("for", what)]);
            }
            CallEvent::Ended { took, .. } if !is_call => {
                let resource = Some(&call.attempt.resource).filter(|resource| !resource.starts_with('/'));
                let labels = [
                    KeyValue::new("k8s.api.verb", call.attempt.verb.to_string()),
                    KeyValue::new("k8s.api.resource", resource.cloned().unwrap_or_default()),
                ];
                self.stream_duration.record(took.as_secs_f64(), &labels);
            }
            _ => {}
        }
    }

    fn connection(&self, to: &Endpoint, event: ConnectionEvent<'_>) {
        let add = |state: &'static str, count: i64| {
            let [address, port] = place(to);
            self.connections.add(count, &[KeyValue::new("http.connection.state", state), address, port]);
        };
        let dialled = |result: &'static str| {
            let [address, port] = place(to);
            self.dials.add(1, &[address, port, KeyValue::new("result", result)]);
        };
        match event {
            ConnectionEvent::Ready { .. } => {
                dialled("ok");
                add("active", 1);
            }
            ConnectionEvent::Failed { fault, .. } => dialled(dial_result(Some(fault.kind))),
            ConnectionEvent::Abandoned { .. } => dialled(dial_result(None)),
            ConnectionEvent::Used { rested: true, .. } => {
                add("idle", -1);
                add("active", 1);
            }
            ConnectionEvent::Rested => {
                add("active", -1);
                add("idle", 1);
            }
            ConnectionEvent::Closed { age, resting, .. } => {
                add(if resting { "idle" } else { "active" }, -1);
                self.connection_duration.record(age.as_secs_f64(), &place(to));
            }
            _ => {}
        }
    }
}

impl Observer for OtelMetrics {
    fn observe(&self, seen: &Observation<'_>) {
        match seen.event {
            Event::Call(call, event) => self.call(call, event),
            Event::Connection(connection, event) => self.connection(connection.endpoint, event),
            Event::Session(_, SessionEvent::Ended { sent, received, .. }) => {
                self.session_bytes.add(sent, &[KeyValue::new("direction", "sent")]);
                self.session_bytes.add(received, &[KeyValue::new("direction", "received")]);
            }
            Event::Watch(attempt, WatchStep::Recovery { ending, .. }) => {
                let resource = KeyValue::new("k8s.api.resource", attempt.resource.clone());
                self.recoveries.add(1, &[resource, KeyValue::new("ending", format!("{ending:?}"))]);
            }
            Event::Informer(attempt, InformerStep::Taken { lag, .. }) => {
                let resource = KeyValue::new("k8s.api.resource", attempt.resource.clone());
                self.lag.record(lag.as_secs_f64(), &[resource]);
            }
            _ => {}
        }
    }
}

impl fmt::Debug for OtelMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtelMetrics").finish_non_exhaustive()
    }
}

fn place(to: &Endpoint) -> [KeyValue; 2] {
    [KeyValue::new("server.address", to.host().to_owned()), KeyValue::new("server.port", i64::from(to.port()))]
}

/// The attributes of the server of a call, from its URL.
fn server(call: &CallInfo<'_>) -> [KeyValue; 3] {
    let (address, port) = crate::facts::server(&call.attempt.server);
    [
        KeyValue::new("http.request.method", method(call.method)),
        KeyValue::new("server.address", address.to_owned()),
        KeyValue::new("server.port", i64::from(port)),
    ]
}

fn templated(call: &CallInfo<'_>) -> [KeyValue; 4] {
    let [method, address, port] = server(call);
    [method, address, port, KeyValue::new("url.template", call.template.to_string())]
}

fn ended(call: &CallInfo<'_>, outcome: AttemptOutcome<'_>, status: Option<StatusCode>) -> Vec<KeyValue> {
    let mut labels = Vec::with_capacity(6);
    labels.extend(templated(call));
    labels.extend(status.map(|status| KeyValue::new("http.response.status_code", i64::from(status.as_u16()))));
    let refused = status.filter(|status| status.is_client_error() || status.is_server_error());
    let class = error_type(outcome).map(str::to_owned).or_else(|| refused.map(|status| status.as_str().to_owned()));
    labels.extend(class.map(|class| KeyValue::new("error.type", class)));
    labels
}
