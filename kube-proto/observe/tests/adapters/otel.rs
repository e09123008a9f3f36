use kube_observe::{DURATION_BUCKETS, OtelMetrics, OtelTraces};
use kube_proto::observe::Observers;
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{SpanId, SpanKind, TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};

use crate::world::World;

fn traced(run: impl FnOnce(&mut World)) -> Vec<SpanData> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    run(&mut World::new(Observers::to(OtelTraces::with(provider.tracer("test")))));
    exporter.get_finished_spans().unwrap()
}

fn attributes(of: &[KeyValue]) -> Vec<String> {
    let mut lines: Vec<_> = of.iter().map(|label| format!("{}={}", label.key, label.value)).collect();
    lines.sort();
    lines
}

/// The parent is the caller's span, and each attempt sends the context of its own.
#[test]
fn a_span_for_the_call_and_one_for_each_attempt() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let tracer = provider.tracer("test");
    let caller = Context::current_with_span(opentelemetry::trace::Tracer::start(&tracer, "the caller"));
    let of_caller = caller.span().span_context().clone();
    let mut world = World::new(Observers::to(OtelTraces::with(tracer)));
    let guard = caller.attach();
    let sent = world.get();
    drop(guard);
    let spans = exporter.get_finished_spans().unwrap();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    let attempt = "GET /api/v1/namespaces/{namespace}/pods/{name}";
    assert_eq!(names, [attempt, attempt, attempt, "get pods", "the caller"]);
    let call = &spans[3];
    assert_eq!((call.parent_span_id, call.span_kind.clone()), (of_caller.span_id(), SpanKind::Internal));
    assert_eq!(
        attributes(&call.attributes),
        [
            "k8s.api.name=canary-name",
            "k8s.api.resource=pods",
            "k8s.api.verb=get",
            "k8s.api.version=v1",
            "k8s.namespace.name=canary-namespace",
            "kube.attempts=3"
        ]
    );
    let retries: Vec<_> = call.events.iter().map(|event| attributes(&event.attributes)[1].clone()).collect();
    assert_eq!(retries, ["cause=503", "cause=connection"]);
    for (number, (span, exchange)) in spans.iter().zip(&sent).enumerate() {
        assert_eq!((span.parent_span_id, span.span_kind.clone()), (call.span_context.span_id(), SpanKind::Client));
        assert_eq!(span.span_context.trace_id(), of_caller.trace_id());
        let headers = exchange.request.headers();
        let context = format!("00-{}-{}-01", of_caller.trace_id(), span.span_context.span_id());
        assert_eq!(headers["traceparent"], context.as_str());
        let audit_id = headers["audit-id"].to_str().unwrap();
        let mut expected = vec![
            "http.request.method=GET".to_owned(),
            format!("k8s.audit_id={audit_id}"),
            format!("kube.connection.reused={}", number > 0),
            "network.protocol.version=2".into(),
            "server.address=k.test".into(),
            "server.port=6443".into(),
            "url.full=https://k.test:6443/api/v1/namespaces/canary-namespace/pods/canary-name".into(),
            "url.template=/api/v1/namespaces/{namespace}/pods/{name}".into(),
        ];
        if number > 0 {
            expected.push(format!("http.request.resend_count={number}"));
        }
        expected.extend(match number {
            0 => vec!["error.type=503".to_owned(), "http.response.status_code=503".to_owned()],
            1 => vec!["error.type=connection_closed".to_owned()],
            _ => vec!["http.response.status_code=200".to_owned()],
        });
        expected.sort();
        assert_eq!(attributes(&span.attributes), expected);
        assert!(span.end_time > span.start_time);
    }
}

#[test]
fn a_refusal_is_an_error_of_both_spans() {
    let spans = traced(World::missing);
    let [attempt, call] = &spans[..] else { panic!("{spans:#?}") };
    assert!(attributes(&attempt.attributes).contains(&"error.type=404".to_owned()), "{attempt:#?}");
    for span in [attempt, call] {
        assert!(matches!(span.status, opentelemetry::trace::Status::Error { .. }), "{span:#?}");
    }
    assert_eq!(call.parent_span_id, SpanId::INVALID);
}

/// A watch has the spans of its request, and none for its events. Nothing shows its query.
#[test]
fn a_watch_has_two_spans() {
    let spans = traced(World::watch);
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["GET /api/v1/pods", "watch pods"]);
    assert!(!format!("{spans:?}").contains("selector"), "{spans:#?}");
    assert!(!format!("{spans:?}").contains("canary-token"), "{spans:#?}");
}

/// The instruments of the conventions, with their buckets; no name of an object is an attribute.
#[test]
fn metrics_of_the_conventions() {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let mut world = World::new(Observers::to(OtelMetrics::with(&provider.meter("test"))));
    world.get();
    world.watch();
    provider.force_flush().unwrap();
    let exported = exporter.get_finished_metrics().unwrap();
    let metrics: Vec<_> =
        exported.iter().flat_map(ResourceMetrics::scope_metrics).flat_map(ScopeMetrics::metrics).collect();
    let mut lines = Vec::new();
    for metric in metrics {
        let mut line = |labels: Vec<KeyValue>, value: String| {
            lines.push(format!("{} {} {value}", metric.name(), attributes(&labels).join(",")));
        };
        match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                for point in histogram.data_points() {
                    if metric.name() == "http.client.request.duration" {
                        assert_eq!(point.bounds().collect::<Vec<_>>(), DURATION_BUCKETS);
                    }
                    line(point.attributes().cloned().collect(), format!("x{}", point.count()));
                }
            }
            AggregatedMetrics::U64(MetricData::Histogram(histogram)) => {
                for point in histogram.data_points() {
                    line(point.attributes().cloned().collect(), point.sum().to_string());
                }
            }
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                for point in sum.data_points() {
                    line(point.attributes().cloned().collect(), point.value().to_string());
                }
            }
            AggregatedMetrics::I64(MetricData::Sum(sum)) => {
                for point in sum.data_points() {
                    line(point.attributes().cloned().collect(), point.value().to_string());
                }
            }
            other => panic!("{other:?}"),
        }
    }
    lines.sort();
    let place = "server.address=k.test,server.port=6443";
    let get = format!("http.request.method=GET,{place}");
    let of_pod = format!("{get},url.template=/api/v1/namespaces/{{namespace}}/pods/{{name}}");
    let duration = "http.client.request.duration";
    assert_eq!(
        lines,
        [
            format!("http.client.active_requests {get} 0"),
            format!("http.client.connection.duration {place} x2"),
            format!("http.client.open_connections http.connection.state=active,{place} 0"),
            format!("http.client.open_connections http.connection.state=idle,{place} 0"),
            format!("http.client.request.body.size {of_pod} 0"),
            format!(
                "{duration} error.type=503,http.request.method=GET,http.response.status_code=503,{place},{} x1",
                tail(&of_pod)
            ),
            format!("{duration} error.type=connection_closed,{of_pod} x1"),
            format!("{duration} http.request.method=GET,http.response.status_code=200,{place},{} x1", tail(&of_pod)),
            format!("http.client.response.body.size {of_pod} 70"),
            format!("kube.client.dials result=ok,{place} 2"),
            "kube.client.retries cause=503,http.request.method=GET 1".to_owned(),
            "kube.client.retries cause=connection,http.request.method=GET 1".to_owned(),
            "kube.client.stream.duration k8s.api.resource=pods,k8s.api.verb=watch x1".to_owned(),
        ]
    );
}

fn tail(of: &str) -> &str {
    of.rsplit_once(',').unwrap().1
}
