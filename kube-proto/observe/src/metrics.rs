//! Metrics for the facade `metrics`.

use std::sync::Arc;

use ::metrics::{Label, counter, gauge, histogram};
use http::StatusCode;
use kube_proto::driver::ExchangeKind;
use kube_proto::observe::{
    BreakerStep, CallEvent, CallInfo, CallOutcome, ConnectionEvent, ConnectionInfo, Event, InformerStep, Observation,
    Observer, RetryCause, SessionEvent, Waiting, WatchStep,
};

use crate::facts::{dial_result, host, is_answered, method};
use crate::keys::{Keys, gauge, histogram};
use crate::work::{of_election, of_plugin, of_queue, of_rate};

/// Counters, gauges and histograms for the facade [`metrics`](::metrics).
///
/// Where client-go has a metric, the name and the labels are the same, so that its dashboards work. Durations are in seconds.
///
/// | name | labels | what it is |
/// |---|---|---|
/// | `rest_client_requests_total` | `code`, `method`, `host` | attempts; `code` is `<error>` without a response |
/// | `rest_client_request_duration_seconds` | `verb`, `host` | calls from their start to their end, waits and repetitions included; no watches, logs, upgrades |
/// | `rest_client_request_retries_total` | `code`, `verb`, `host` | repetitions by their cause |
/// | `rest_client_rate_limiter_duration_seconds` | `verb`, `host` | waits for a token of the rate limit |
/// | `rest_client_request_size_bytes`, `rest_client_response_size_bytes` | `verb`, `host` | bodies of calls, as sent and received |
/// | `informer_queued_items` | `resource` | the longest queue of a subscriber of the store |
/// | `informer_processing_latency_seconds` | `resource` | from the store to a subscriber |
/// | `rest_client_exec_plugin_call_total` | `code`, `call_status` | runs of a credential plugin: `no_error`, `plugin_execution_error`, `plugin_not_found_error`, `client_internal_error` |
/// | `rest_client_exec_plugin_ttl_seconds` | | the life of a plugin's credential, when it was fetched; infinite without an expiry |
/// | `workqueue_depth` | `name` | ready keys |
/// | `workqueue_adds_total`, `workqueue_retries_total` | `name` | keys that were added; delays after failures |
/// | `workqueue_queue_duration_seconds`, `workqueue_work_duration_seconds` | `name` | how long keys are ready, and run |
/// | `workqueue_unfinished_work_seconds`, `workqueue_longest_running_processor_seconds` | `name` | how long the keys that run have been running: the sum, and the longest |
/// | `leader_election_master_status` | `name` | 1 on the leader, 0 on the others |
/// | `leader_election_slowpath_total` | `name` | renewals of a leader that had to read the lease |
/// | `kube_client_calls` | `host` | calls under way |
/// | `kube_client_stream_duration_seconds` | `verb`, `resource`, `host` | watches, logs and the requests of upgrades, each time that one ends |
/// | `kube_client_wait_seconds` | `for`, `host` | waits for a permit or a credential |
/// | `kube_client_credential_fetches_total`, `kube_client_credential_fetch_seconds` | `result` | fetches of credentials, and how long they took: `ok`, `failed` |
/// | `kube_client_credential_expiry_timestamp_seconds` | | when the last credential that was fetched expires, since 1970 |
/// | `kube_client_rate` | `class` | the rate of `read`, `write` or `stream` requests after a 429, per second; infinite when it is free again |
/// | `kube_client_rate_changes_total` | `class`, `step` | its changes: `lowered`, `raised`, `free` |
/// | `kube_client_connections` | `host` | open connections |
/// | `kube_client_connections_idle` | `host` | those that carry nothing |
/// | `kube_client_dials_total` | `host`, `result` | dials: `ok`, or why not |
/// | `kube_client_connect_seconds` | `host` | from the dial to the end of the handshakes |
/// | `kube_client_exchanges_total` | `host`, `connection` | exchanges on a `new` and on a `reused` connection |
/// | `kube_client_connection_wait_seconds` | `host` | from an exchange's start until a connection carries it |
/// | `kube_client_connection_age_seconds` | `host` | ages of connections at their end |
/// | `kube_client_sessions` | `host` | open sessions: exec, attach, port-forward |
/// | `kube_client_session_bytes_total` | `host`, `direction` | bytes of sessions that have ended: `sent`, `received` |
/// | `kube_client_breaker_open` | `group` | 1 while the circuit is open; `connections` is that of the server |
/// | `kube_client_watch_recoveries_total` | `resource`, `ending` | ends of a watch after which it goes on |
/// | `kube_client_informer_objects` | `resource` | objects in the store after its last list |
/// | `kube_client_informer_behind` | `resource` | subscribers that were too slow for their queue |
///
/// Queues have metrics if their program hands observers to its controllers (`Controller::observed`), whose names are the label `name`; that of
/// an election is the name of its lease. client-go's `rest_client_exec_plugin_ttl_seconds` counts down between two runs; here the
/// timestamp of the expiry is for that.
///
/// `host` is the server's `host:port`, `verb` the HTTP method as in client-go, `resource` as in `deployments.apps`. Informers of
/// the same resource share their gauges. Buckets are the exporter's: give it [`DURATION_BUCKETS`](crate::DURATION_BUCKETS) and
/// [`SIZE_BUCKETS`](crate::SIZE_BUCKETS).
///
/// ```
/// use kube_observe::Metrics;
/// use kube_proto::observe::Observers;
///
/// let observers = Observers::to(Metrics::new());
/// assert!(observers.any());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    keys: Arc<Keys>,
}

impl Metrics {
    /// Metrics for the recorder that is installed when something happens.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Observer for Metrics {
    fn observe(&self, seen: &Observation<'_>) {
        match seen.event {
            Event::Call(call, event) => of_call(&self.keys, call, event),
            Event::Connection(connection, event) => of_connection(connection, event),
            Event::Session(connection, event) => of_session(connection, event),
            Event::Queue(queue, step) => of_queue(queue, step),
            Event::Election(election, step) => of_election(election, step),
            Event::Plugin(run) => of_plugin(run),
            Event::Rate(rate) => of_rate(rate),
            Event::Credential(fetch) => {
                let result = if fetch.error.is_some() { "failed" } else { "ok" };
                counter!("kube_client_credential_fetches_total", "result" => result).increment(1);
                histogram!("kube_client_credential_fetch_seconds", "result" => result).record(fetch.took);
                if let Some(lives) = fetch.lives {
                    let end = (seen.now.unix + lives).as_secs_f64();
                    gauge!("kube_client_credential_expiry_timestamp_seconds").set(end);
                }
            }
            Event::Breaker(breaker) => {
                let group = match breaker.group {
                    None => "connections".to_owned(),
                    Some("") => "core".to_owned(),
                    Some(group) => group.to_owned(),
                };
                let open = match breaker.step {
                    BreakerStep::Opened { .. } => 1.0,
                    BreakerStep::Closed => 0.0,
                    _ => return,
                };
                gauge!("kube_client_breaker_open", "group" => group).set(open);
            }
            Event::Watch(attempt, WatchStep::Recovery { ending, .. }) => {
                let labels = [label("resource", &attempt.resource), label("ending", format!("{ending:?}"))];
                counter!("kube_client_watch_recoveries_total", labels.iter()).increment(1);
            }
            Event::Informer(attempt, step) => {
                let resource = || [label("resource", &attempt.resource)];
                match step {
                    InformerStep::Synced { objects } => {
                        gauge!("kube_client_informer_objects", resource().iter()).set(objects as f64);
                    }
                    InformerStep::Changed { waiting, behind } => {
                        gauge!("informer_queued_items", resource().iter()).set(waiting as f64);
                        gauge!("kube_client_informer_behind", resource().iter()).set(behind as f64);
                    }
                    InformerStep::Taken { lag, .. } => {
                        histogram!("informer_processing_latency_seconds", resource().iter()).record(lag);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn of_call(keys: &Keys, call: &CallInfo<'_>, event: CallEvent<'_>) {
    let (verb, host) = (method(call.method), host(&call.attempt.server));
    let by_verb = || [Label::from_static_parts("verb", verb), label("host", host)];
    let is_call = call.kind == ExchangeKind::Call;
    match event {
        CallEvent::Started => gauge(&keys.of(host, verb).calls).increment(1.0),
        CallEvent::Waited { for_: Waiting::Token, took } => {
            histogram!("rest_client_rate_limiter_duration_seconds", by_verb().iter()).record(took);
        }
        CallEvent::Waited { for_, took } => {
            let what = if for_ == Waiting::Credential { "credential" } else { "permit" };
            let labels = [Label::from_static_parts("for", what), label("host", host)];
            histogram!("kube_client_wait_seconds", labels.iter()).record(took);
        }
        CallEvent::AttemptStarted { body, .. } if is_call => {
            histogram(&keys.of(host, verb).request_size).record(body as f64);
        }
        CallEvent::Head { status, .. } => keys.of(host, verb).count(Some(status)),
        CallEvent::AttemptEnded { outcome, status, received, .. } => {
            let keys = keys.of(host, verb);
            if status.is_none() {
                keys.count(None);
            }
            if is_call && is_answered(outcome) {
                histogram(&keys.response_size).record(received as f64);
            }
        }
        CallEvent::Retry { cause, .. } => {
            let code = match cause {
                RetryCause::Status(status) => code(Some(status)),
                RetryCause::Credential => code(Some(StatusCode::UNAUTHORIZED)),
                _ => code(None),
            };
            let labels = [label("code", code), Label::from_static_parts("verb", verb), label("host", host)];
            counter!("rest_client_request_retries_total", labels.iter()).increment(1);
        }
        CallEvent::Ended { outcome, took, .. } => {
            let keys = keys.of(host, verb);
            gauge(&keys.calls).decrement(1.0);
            match (is_call, outcome) {
                // A call that its caller dropped says nothing of the server.
                (true, CallOutcome::Dropped) => {}
                (true, _) => histogram(&keys.duration).record(took),
                (false, _) => {
                    let attempt = call.attempt;
                    let resource = if attempt.resource.starts_with('/') { "" } else { attempt.resource.as_str() };
                    let labels =
                        [label("verb", attempt.verb.to_string()), label("resource", resource), label("host", host)];
                    histogram!("kube_client_stream_duration_seconds", labels.iter()).record(took);
                }
            }
        }
        _ => {}
    }
}

fn of_connection(connection: ConnectionInfo<'_>, event: ConnectionEvent<'_>) {
    let to = connection.endpoint;
    let host = || [label("host", format!("{}:{}", to.host(), to.port()))];
    let dialled = |result: &'static str| {
        let [host] = host();
        counter!("kube_client_dials_total", [host, Label::from_static_parts("result", result)].iter()).increment(1);
    };
    match event {
        ConnectionEvent::Ready { took, .. } => {
            dialled("ok");
            gauge!("kube_client_connections", host().iter()).increment(1.0);
            histogram!("kube_client_connect_seconds", host().iter()).record(took);
        }
        ConnectionEvent::Failed { fault, .. } => dialled(dial_result(Some(fault.kind))),
        ConnectionEvent::Abandoned { .. } => dialled(dial_result(None)),
        ConnectionEvent::Used { reused, rested, waited, .. } => {
            if rested {
                gauge!("kube_client_connections_idle", host().iter()).decrement(1.0);
            }
            let [to] = host();
            let connection = Label::from_static_parts("connection", if reused { "reused" } else { "new" });
            counter!("kube_client_exchanges_total", [to, connection].iter()).increment(1);
            histogram!("kube_client_connection_wait_seconds", host().iter()).record(waited);
        }
        ConnectionEvent::Rested => gauge!("kube_client_connections_idle", host().iter()).increment(1.0),
        ConnectionEvent::Closed { age, resting, .. } => {
            gauge!("kube_client_connections", host().iter()).decrement(1.0);
            if resting {
                gauge!("kube_client_connections_idle", host().iter()).decrement(1.0);
            }
            histogram!("kube_client_connection_age_seconds", host().iter()).record(age);
        }
        _ => {}
    }
}

fn of_session(connection: ConnectionInfo<'_>, event: SessionEvent<'_>) {
    let host = || label("host", format!("{}:{}", connection.endpoint.host(), connection.endpoint.port()));
    match event {
        SessionEvent::Opened { .. } => gauge!("kube_client_sessions", [host()].iter()).increment(1.0),
        SessionEvent::Ended { sent, received, .. } => {
            gauge!("kube_client_sessions", [host()].iter()).decrement(1.0);
            for (direction, bytes) in [("sent", sent), ("received", received)] {
                let labels = [host(), Label::from_static_parts("direction", direction)];
                counter!("kube_client_session_bytes_total", labels.iter()).increment(bytes);
            }
        }
        _ => {}
    }
}

/// `<error>` without a response, as in client-go.
fn code(status: Option<StatusCode>) -> String {
    status.map_or_else(|| "<error>".to_owned(), |status| status.as_str().to_owned())
}

fn label(name: &'static str, value: impl Into<String>) -> Label {
    Label::new(name, value.into())
}
