//! The cluster behind the network: the whole in-memory server, or the plain one.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::{Value, json};

use super::plain::{self, Plain};
use crate::server::status::Failure;
use crate::server::{Chunk, Identity, Reply, Server, WatchState};

/// What is true.
#[derive(Debug)]
pub(super) enum Cluster {
    Whole(Box<Server>),
    Plain(Box<Plain>),
}

/// What the cluster answers to one request.
pub(super) enum Answer {
    Whole(Response<Bytes>),
    Growing(Response<()>, Reader),
}

/// A body that grows.
#[derive(Debug)]
pub(super) enum Reader {
    Whole(Box<WatchState>),
    Plain(Box<plain::Reader>),
}

impl Cluster {
    /// Answers one request of somebody who may do everything. `now` is the time since the Unix epoch.
    pub(super) fn handle(&mut self, request: Request<Bytes>, now: Duration) -> Answer {
        match self {
            Cluster::Whole(server) => match server.handle(request, &Identity::admin(), now) {
                Reply::Response(response) => Answer::Whole(response),
                Reply::Watch(watch) => Answer::Growing(watch.head, Reader::Whole(Box::new(watch.state))),
                Reply::Upgrade(upgrade) => Answer::Whole(upgrade.head.map(|()| Bytes::new())),
            },
            Cluster::Plain(plain) => {
                let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
                let metadata = accept.is_some_and(|accept| accept.contains("as=PartialObjectMetadata"));
                match plain.ask(request.uri(), metadata, now) {
                    Ok(plain::Answer::List(body)) => Answer::Whole(answer(200, body)),
                    Ok(plain::Answer::Watch(reader)) => Answer::Growing(answer(200, ()), Reader::Plain(reader)),
                    Err(failure) => Answer::Whole(refusal(&failure)),
                }
            }
        }
    }

    pub(super) fn poll(&self, reader: &mut Reader, now: Duration) -> Chunk {
        match (self, reader) {
            (Cluster::Whole(server), Reader::Whole(state)) => server.poll_watch(state, now),
            (Cluster::Plain(plain), Reader::Plain(reader)) => plain.poll(reader, now),
            _ => Chunk::End,
        }
    }

    pub(super) fn version(&self) -> u64 {
        match self {
            Cluster::Whole(server) => server.version(),
            Cluster::Plain(plain) => plain.version(),
        }
    }

    pub(super) fn generation(&self) -> u64 {
        match self {
            Cluster::Whole(server) => server.generation(),
            Cluster::Plain(plain) => plain.generation(),
        }
    }

    pub(super) fn compact(&mut self, version: u64) {
        match self {
            Cluster::Whole(server) => server.compact(version),
            Cluster::Plain(plain) => plain.compact(version),
        }
    }

    /// Creates or changes a config map; gives its version. `data` is JSON.
    pub(super) fn put(&mut self, namespace: &str, name: &str, app: &str, data: &str, now: Duration) -> u64 {
        if let Cluster::Plain(plain) = self {
            return plain.put(namespace, name, app, data);
        }
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": app}},
        });
        let all = format!("/api/v1/namespaces/{namespace}/configmaps");
        let (code, _) = self.ask(Method::PUT, &format!("{all}/{name}"), &object, now);
        if code == 404 {
            self.ask(Method::POST, &all, &object, now);
        }
        self.version()
    }

    /// Removes a config map; gives the version of its deletion, if it was there.
    pub(super) fn delete(&mut self, namespace: &str, name: &str, now: Duration) -> Option<u64> {
        if let Cluster::Plain(plain) = self {
            return plain.delete(namespace, name);
        }
        let path = format!("/api/v1/namespaces/{namespace}/configmaps/{name}");
        let (code, _) = self.ask(Method::DELETE, &path, &Value::Null, now);
        (code == 200).then(|| self.version())
    }

    /// One request as JSON, and its answer.
    pub(super) fn ask(&mut self, method: Method, path: &str, body: &Value, now: Duration) -> (u16, Value) {
        let patch = method == Method::PATCH;
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let media = if patch { "application/merge-patch+json" } else { "application/json" };
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, media).body(body);
        let Ok(request) = request else { return (400, Value::Null) };
        match self.handle(request, now) {
            Answer::Whole(response) => {
                let body = serde_json::from_slice(response.body()).unwrap_or_default();
                (response.status().as_u16(), body)
            }
            Answer::Growing(response, _) => (response.status().as_u16(), Value::Null),
        }
    }
}

pub(super) fn answer<T>(code: u16, body: T) -> Response<T> {
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// A status, with the header that says when to come again.
pub(super) fn refusal(failure: &Failure) -> Response<Bytes> {
    let mut response = answer(failure.status_code().as_u16(), failure.document().into());
    if let Some(seconds) = failure.details.as_ref().map(|details| details.retry_after).filter(|seconds| *seconds > 0) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
