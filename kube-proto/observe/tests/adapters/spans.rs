use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use http::HeaderValue;
use kube_observe::Spans;
use kube_proto::observe::Observers;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::world::World;

/// Keeps the fields of each span.
#[derive(Clone, Default)]
struct Kept(Arc<Inner>);

#[derive(Default)]
struct Inner {
    next: AtomicU64,
    spans: Mutex<BTreeMap<u64, Fields>>,
    stack: Mutex<Vec<u64>>,
}

#[derive(Clone, Debug, Default)]
struct Fields {
    name: &'static str,
    parent: Option<u64>,
    values: BTreeMap<&'static str, String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.values.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.values.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Kept {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        of.is_span()
    }

    fn new_span(&self, of: &Attributes<'_>) -> Id {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed) + 1;
        let contextual = || self.0.stack.lock().unwrap().last().copied();
        let parent = of.parent().map(Id::into_u64).or_else(|| of.is_contextual().then(contextual).flatten());
        let mut fields = Fields { name: of.metadata().name(), parent, ..Fields::default() };
        of.record(&mut fields);
        self.0.spans.lock().unwrap().insert(number, fields);
        Id::from_u64(number)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(self.0.spans.lock().unwrap().get_mut(&span.into_u64()).unwrap());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        self.0.stack.lock().unwrap().push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.stack.lock().unwrap().pop();
    }
}

#[test]
fn spans_of_a_call_and_its_attempts() {
    let kept = Kept::default();
    let sent = tracing::subscriber::with_default(kept.clone(), || {
        let caller = tracing::info_span!("the caller");
        let spans = Spans::new().propagating(|span, headers| {
            let id = span.id().unwrap().into_u64();
            headers.insert("traceparent", HeaderValue::from_str(&format!("of-{id}")).unwrap());
        });
        let mut world = World::new(Observers::to(spans));
        caller.in_scope(|| world.get())
    });
    let spans = kept.0.spans.lock().unwrap().clone();
    let names: Vec<_> = spans.values().map(|span| (span.name, span.parent)).collect();
    let attempt = ("kube.attempt", Some(2));
    assert_eq!(names, [("the caller", None), ("kube.call", Some(1)), attempt, attempt, attempt]);
    let call = &spans[&2].values;
    assert_eq!((call["otel.name"].as_str(), call["kube.attempts"].as_str()), ("get pods", "3"));
    assert_eq!(call["k8s.api.name"], "canary-name");
    for (number, exchange) in (3..).zip(&sent) {
        let values = &spans[&number].values;
        assert_eq!(values["otel.name"], "GET /api/v1/namespaces/{namespace}/pods/{name}");
        assert_eq!(exchange.request.headers()["audit-id"], values["k8s.audit_id"].as_str());
        assert_eq!(exchange.request.headers()["traceparent"], format!("of-{number}").as_str());
        assert_eq!(values["network.protocol.version"], "2");
    }
    assert_eq!(spans[&3].values["http.response.status_code"], "503");
    assert_eq!(spans[&4].values["error.type"], "connection_closed");
    assert_eq!(spans[&5].values["http.response.status_code"], "200");
    assert!(!spans[&5].values.contains_key("error.type"));
    assert!(!format!("{spans:?}").contains("canary-token"));
}

/// No span for an event of a watch, and none stays behind.
#[test]
fn spans_of_a_watch() {
    let kept = Kept::default();
    tracing::subscriber::with_default(kept.clone(), || {
        let spans = Arc::new(Spans::new());
        let mut world = World::new(Observers::to(Arc::clone(&spans)));
        world.watch();
        world.missing();
        assert_eq!(format!("{spans:?}"), "Spans { calls: 0, .. }");
    });
    let spans = kept.0.spans.lock().unwrap().clone();
    assert_eq!(spans.len(), 4, "{spans:#?}");
    assert!(!format!("{:?}", spans[&1]).contains("selector"), "{spans:#?}");
    assert!(spans[&3].values["error"].contains("NotFound"), "{spans:#?}");
}
