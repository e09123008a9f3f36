//! A server without sockets.

use bytes::Bytes;
use http::{Method, Request, Response};
use kube_test_server::{Chunk, Identity, Options, Reply, Server, WatchState};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const START: Duration = Duration::from_secs(1_767_225_600);

/// A server, the time, and the user of the requests.
pub(crate) struct Cluster {
    pub(crate) server: Server,
    pub(crate) now: Duration,
    pub(crate) who: Identity,
}

/// An open watch.
pub(crate) struct Watching {
    pub(crate) state: WatchState,
    pub(crate) head: Response<()>,
}

impl Cluster {
    pub(crate) fn new() -> Self {
        Cluster::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Cluster { server: Server::new(options), now: START, who: Identity::admin() }
    }

    pub(crate) fn send(&mut self, request: Request<Bytes>) -> Reply {
        self.server.handle(request, &self.who, self.now)
    }

    /// Sends a request with these headers; returns the complete response.
    pub(crate) fn raw(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = self.send(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap());
        reply.response().unwrap_or_else(|| panic!("{method} {target}: no complete response"))
    }

    pub(crate) fn call(&mut self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let response = self.raw(method, target, &[("content-type", media)], &text);
        parsed(&response)
    }

    pub(crate) fn patch(&mut self, kind: &str, target: &str, body: &Value) -> (u16, Value) {
        let media = match kind {
            "apply" => "application/apply-patch+yaml".to_owned(),
            kind => format!("application/{kind}-patch+json"),
        };
        parsed(&self.raw("PATCH", target, &[("content-type", &media)], &body.to_string()))
    }

    pub(crate) fn get(&mut self, target: &str) -> (u16, Value) {
        self.call("GET", target, &Value::Null)
    }

    pub(crate) fn create(&mut self, target: &str, body: &Value) -> Value {
        let (code, value) = self.call("POST", target, body);
        assert_eq!(code, 201, "POST {target}: {value}");
        value
    }

    pub(crate) fn config_map(&mut self, name: &str) -> Value {
        self.create("/api/v1/namespaces/default/configmaps", &json!({"metadata": {"name": name}}))
    }

    pub(crate) fn watch(&mut self, target: &str) -> Watching {
        self.watch_with(target, &[])
    }

    pub(crate) fn watch_with(&mut self, target: &str, headers: &[(&str, &str)]) -> Watching {
        let request = headers.iter().fold(Request::get(target), |request, (name, value)| request.header(*name, *value));
        match self.send(request.body(Bytes::new()).unwrap()) {
            Reply::Watch(watch) => Watching { state: watch.state, head: watch.head },
            other => panic!("{target}: no watch: {other:?}"),
        }
    }

    /// All ready events: type and name; for an error, code and message.
    pub(crate) fn events(&self, watch: &mut Watching) -> Vec<String> {
        let mut out = Vec::new();
        loop {
            match self.server.poll_watch(&mut watch.state, self.now) {
                Chunk::Data(bytes) => {
                    let event: Value = kube_proto::json::from_slice(&bytes).unwrap();
                    let kind = event["type"].as_str().unwrap();
                    out.push(match kind {
                        "ERROR" => format!("ERROR {} {}", event["object"]["code"], event["object"]["message"]),
                        "BOOKMARK" => {
                            let end = &event["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"];
                            if end.is_null() { "BOOKMARK".to_owned() } else { format!("BOOKMARK end={end}") }
                        }
                        _ => format!("{kind} {}", event["object"]["metadata"]["name"].as_str().unwrap_or("-")),
                    });
                }
                Chunk::Idle { .. } => return out,
                Chunk::End => {
                    out.push("end".into());
                    return out;
                }
            }
        }
    }

    /// The next event as JSON.
    pub(crate) fn event(&self, watch: &mut Watching) -> Value {
        match self.server.poll_watch(&mut watch.state, self.now) {
            Chunk::Data(bytes) => kube_proto::json::from_slice(&bytes).unwrap(),
            other => panic!("no event: {other:?}"),
        }
    }
}

pub(crate) fn parsed(response: &Response<Bytes>) -> (u16, Value) {
    let body = response.body();
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    (response.status().as_u16(), kube_proto::json::from_slice(body).unwrap_or_else(|_| text()))
}

pub(crate) fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
}

pub(crate) fn deployment(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": "img:1"}]}
            }
        }
    })
}

pub(crate) fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.shop.example.com"},
        "spec": {
            "group": "shop.example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"], "categories": ["all"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {
                        "color": {"type": "string"}, "replicas": {"type": "integer"}
                    }},
                    "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}
                }}},
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                        "labelSelectorPath": ".status.selector"}
                },
                "selectableFields": [{"jsonPath": ".spec.color"}],
                "additionalPrinterColumns": [{"name": "Color", "type": "string", "jsonPath": ".spec.color"}]
            }]
        }
    })
}
