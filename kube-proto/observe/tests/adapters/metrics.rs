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

    fn absolute(&self, _: u64) {}
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
