use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kube_observe::Metrics;
use kube_proto::observe::Observers;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::world::World;

/// Keeps every value of every metric.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<String, Arc<Values>>>);

#[derive(Default)]
struct Values(Mutex<Vec<f64>>);

impl Kept {
    fn of(&self, key: &Key) -> Arc<Values> {
        let mut labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        labels.sort();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    /// The sums, without the histograms of times: those are counts.
    fn sums(&self) -> Vec<String> {
        let line = |(name, values): (&String, &Arc<Values>)| {
            let values = values.0.lock().unwrap();
            match name.contains("_seconds") {
                true => format!("{name} x{}", values.len()),
                false => format!("{name} {}", values.iter().sum::<f64>()),
            }
        };
        self.0.lock().unwrap().iter().map(line).collect()
    }
}

impl CounterFn for Values {
    fn increment(&self, value: u64) {
        self.0.lock().unwrap().push(value as f64);
    }

    fn absolute(&self, value: u64) {
        *self.0.lock().unwrap() = vec![value as f64];
    }
}

impl GaugeFn for Values {
    fn increment(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }

    fn decrement(&self, value: f64) {
        self.0.lock().unwrap().push(-value);
    }

    fn set(&self, value: f64) {
        *self.0.lock().unwrap() = vec![value];
    }
}

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key))
    }
}

/// Names, labels and values; and no label that a name of an object could fill.
#[test]
fn the_facade_s_metrics() {
    let kept = Kept::default();
    metrics::with_local_recorder(&kept, || {
        let mut world = World::new(Observers::to(Metrics::new()));
        world.get();
        world.watch();
    });
    let sums = kept.sums();
    assert!(!sums.iter().any(|line| line.contains("canary")), "{sums:#?}");
    assert_eq!(
        sums,
        [
            "kube_client_calls{host=k.test:6443} 0",
            "kube_client_connect_seconds{host=k.test:6443} x2",
            "kube_client_connection_age_seconds{host=k.test:6443} x2",
            "kube_client_connection_wait_seconds{host=k.test:6443} x4",
            "kube_client_connections_idle{host=k.test:6443} 0",
            "kube_client_connections{host=k.test:6443} 0",
            "kube_client_dials_total{host=k.test:6443,result=ok} 2",
            "kube_client_exchanges_total{connection=new,host=k.test:6443} 2",
            "kube_client_exchanges_total{connection=reused,host=k.test:6443} 2",
            "kube_client_stream_duration_seconds{host=k.test:6443,resource=pods,verb=watch} x1",
            "rest_client_request_duration_seconds{host=k.test:6443,verb=GET} x1",
            "rest_client_request_retries_total{code=503,host=k.test:6443,verb=GET} 1",
            "rest_client_request_retries_total{code=<error>,host=k.test:6443,verb=GET} 1",
            "rest_client_request_size_bytes{host=k.test:6443,verb=GET} 0",
            "rest_client_requests_total{code=200,host=k.test:6443,method=GET} 2",
            "rest_client_requests_total{code=503,host=k.test:6443,method=GET} 1",
            "rest_client_requests_total{code=<error>,host=k.test:6443,method=GET} 1",
            "rest_client_response_size_bytes{host=k.test:6443,verb=GET} 70",
        ]
    );
}

/// Queues, elections, plugins and rates, under the names that dashboards know.
#[test]
fn the_metrics_of_controllers_and_plugins() {
    let kept = Kept::default();
    metrics::with_local_recorder(&kept, || crate::world::work(&Observers::to(Metrics::new())));
    let of_calls = ["kube_client_c", "kube_client_d", "kube_client_e", "rest_client_req", "rest_client_res"];
    let credential = "kube_client_credential";
    let mut sums = kept.sums();
    assert!(!sums.iter().any(|line| line.contains("canary")), "{sums:#?}");
    sums.retain(|line| line.starts_with(credential) || !of_calls.iter().any(|calls| line.starts_with(calls)));
    assert_eq!(
        sums,
        [
            "kube_client_credential_expiry_timestamp_seconds{} x1",
            "kube_client_credential_fetch_seconds{result=failed} x2",
            "kube_client_credential_fetch_seconds{result=ok} x1",
            "kube_client_credential_fetches_total{result=failed} 2",
            "kube_client_credential_fetches_total{result=ok} 1",
            "kube_client_rate_changes_total{class=read,step=free} 1",
            "kube_client_rate_changes_total{class=read,step=lowered} 1",
            "kube_client_rate_changes_total{class=read,step=raised} 4",
            "kube_client_rate{class=read} inf",
            "leader_election_master_status{name=cart} 1",
            "rest_client_exec_plugin_call_total{call_status=no_error,code=0} 1",
            "rest_client_exec_plugin_call_total{call_status=plugin_execution_error,code=3} 1",
            "rest_client_exec_plugin_call_total{call_status=plugin_not_found_error,code=1} 1",
            "rest_client_exec_plugin_ttl_seconds{} x1",
            "workqueue_adds_total{name=carts} 2",
            "workqueue_depth{name=carts} 0",
            "workqueue_longest_running_processor_seconds{name=carts} x1",
            "workqueue_queue_duration_seconds{name=carts} x2",
            "workqueue_retries_total{name=carts} 1",
            "workqueue_unfinished_work_seconds{name=carts} x1",
            "workqueue_work_duration_seconds{name=carts} x2",
        ]
    );
}
