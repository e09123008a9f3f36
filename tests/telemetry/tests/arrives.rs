//! What arrives at Prometheus and at a collector.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use kube_observe::{Metrics, OtelMetrics, OtelTraces};
use kube_telemetry::{Collector, calls, client, otlp, prometheus, serve_page};
use kube_transport_std::proto::observe::Observers;
use opentelemetry::Context;
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        Value::BoolValue(yes) => Some(yes.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn spans_and_metrics_arrive_at_a_collector() {
    let collector = Collector::start().unwrap();
    let (traces, metrics) = otlp(&format!("http://{}", collector.address)).unwrap();
    let tracer = traces.tracer("test");
    let root = Context::current_with_span(tracer.start("the program"));
    let trace_id = root.span().span_context().trace_id().to_bytes().to_vec();
    let observers = Observers::to(OtelTraces::with(tracer)).and(OtelMetrics::with(&metrics.meter("test")));
    let (server, client) = client(observers).unwrap();
    let guard = root.attach();
    calls(&client).unwrap();
    drop((guard, client, server));
    traces.shutdown().unwrap();
    metrics.shutdown().unwrap();
    let (mut spans, mut names, mut raw) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (path, body) in collector.arrived.try_iter() {
        raw.extend_from_slice(&body);
        match path.as_str() {
            "/v1/traces" => {
                let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
                let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
                spans.extend(scopes.flat_map(|scope| scope.spans));
            }
            "/v1/metrics" => {
                let request = ExportMetricsServiceRequest::decode(&body[..]).unwrap();
                let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
                names.extend(scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name));
            }
            other => panic!("{other}"),
        }
    }
    assert!(!raw.windows(11).any(|part| part == b"admin-token"));
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.span_id.clone(), span)).collect();
    let (mut attempts, mut audit_ids) = (BTreeMap::<_, u32>::new(), BTreeSet::new());
    for span in spans.iter().filter(|span| attribute(span, "http.request.method").is_some()) {
        assert_eq!(span.trace_id, trace_id);
        let call = by_id[&span.parent_span_id];
        assert_eq!(by_id[&call.parent_span_id].name, "the program");
        assert!(audit_ids.insert(attribute(span, "k8s.audit_id").unwrap()));
        let status = attribute(span, "http.response.status_code").unwrap();
        *attempts.entry((call.name.clone(), span.name.clone(), status)).or_default() += 1;
    }
    let (all, one) = ("/api/v1/namespaces/{namespace}/configmaps", "/api/v1/namespaces/{namespace}/configmaps/{name}");
    let expected = [
        ("create configmaps", format!("POST {all}"), "201"),
        ("get configmaps", format!("GET {one}"), "200"),
        ("get configmaps", format!("GET {one}"), "404"),
        ("watch configmaps", format!("GET {all}"), "200"),
    ];
    let expected = expected.map(|(call, attempt, status)| ((call.to_owned(), attempt, status.to_owned()), 1));
    assert_eq!(attempts, BTreeMap::from(expected));
    for name in ["http.client.request.duration", "http.client.open_connections", "kube.client.stream.duration"] {
        assert!(names.contains(name), "{names:?}");
    }
}

#[test]
fn the_page_has_client_go_s_names() {
    let page = prometheus().unwrap();
    let (_server, client) = client(Observers::to(Metrics::new())).unwrap();
    calls(&client).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || serve_page(&listener, &page));
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    let host = _server.address();
    for line in [
        format!("rest_client_requests_total{{code=\"201\",method=\"POST\",host=\"{host}\"}} 1"),
        format!("rest_client_requests_total{{code=\"404\",method=\"GET\",host=\"{host}\"}} 1"),
        format!("rest_client_request_duration_seconds_bucket{{verb=\"GET\",host=\"{host}\",le=\"0.005\"}}"),
        format!("rest_client_response_size_bytes_count{{verb=\"POST\",host=\"{host}\"}} 1"),
        format!("kube_client_dials_total{{host=\"{host}\",result=\"ok\"}}"),
    ] {
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("canary-name") && !text.contains("default"), "{text}");
}
