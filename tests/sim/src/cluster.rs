//! The cluster behind the network: the whole in-memory server, or the plain one.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use kube_test_server::status::Failure;
use kube_test_server::{Chunk, Identity, Reply, Server, WatchState};
use serde_json::{Value, json};

use super::plain::{self, Plain};

/// The state of the cluster.
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

/// A watch that is open.
#[derive(Debug)]
pub(super) enum Reader {
    Whole(Box<WatchState>),
    Plain(Box<plain::Reader>),
}

impl Cluster {
    /// Answers one request of a client with all rights. `now` is the time since the Unix epoch.
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

    /// Creates or changes a config map and returns its version. `data` is JSON.
    pub(super) fn put(&mut self, namespace: &str, name: &str, app: &str, data: &str, now: Duration) -> u64 {
        if let Cluster::Plain(plain) = self {
            return plain.put(namespace, name, app, data);
        }
        let data: Value = kube_proto::json::from_str(data).unwrap_or_default();
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

    /// Removes a config map. Returns the version of its deletion if it was there.
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
                let body = kube_proto::json::from_slice(response.body()).unwrap_or_default();
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

/// A status, with its `Retry-After` header if it has one.
pub(super) fn refusal(failure: &Failure) -> Response<Bytes> {
    let mut response = answer(failure.status_code().as_u16(), failure.document().into());
    if let Some(seconds) = failure.details.as_ref().map(|details| details.retry_after).filter(|seconds| *seconds > 0) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

#[cfg(test)]
mod tests {

    use super::super::dice::Dice;
    use super::*;
    use kube_test_server::{Gone, Options};

    /// The parts of an answer that both servers share: codes, reasons, objects and versions.
    fn shown(cluster: &mut Cluster, path: &str, metadata: bool, now: Duration, later: &[Duration]) -> String {
        let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        let accept = if metadata { accept } else { "application/json" };
        let request = Request::get(path).header(header::ACCEPT, accept).body(Bytes::new()).unwrap();
        match cluster.handle(request, now) {
            Answer::Whole(response) => {
                let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
                let items = body["items"].as_array().map(|items| items.iter().map(identity).collect::<Vec<_>>());
                let token = body["metadata"]["continue"].as_str();
                let after = response.headers().get(header::RETRY_AFTER).is_some();
                let version = &body["metadata"]["resourceVersion"];
                let code = response.status().as_u16();
                format!("{code} {} {} {version} {items:?} {token:?} {after}", body["kind"], body["reason"])
            }
            Answer::Growing(head, mut reader) => {
                assert_eq!(head.status(), http::StatusCode::OK);
                let mut said = String::new();
                for now in std::iter::once(&now).chain(later) {
                    loop {
                        match cluster.poll(&mut reader, *now) {
                            Chunk::Data(line) => {
                                let event: Value = serde_json::from_slice(&line).unwrap();
                                let object = &event["object"];
                                let end = object["metadata"]["annotations"]["k8s.io/initial-events-end"].as_str();
                                let of = (identity(object), object["kind"].as_str(), object["reason"].as_str(), end);
                                said += &format!("{} {of:?}\n", event["type"]);
                            }
                            Chunk::Idle { .. } => break said += "idle\n",
                            Chunk::End => break said += "end\n",
                        }
                    }
                }
                said
            }
        }
    }

    fn identity(object: &Value) -> String {
        let metadata = &object["metadata"];
        let app = metadata["labels"]["app"].as_str().unwrap_or_default();
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
        format!("{}/{} {} {app} {}", text("namespace"), text("name"), text("resourceVersion"), object["data"])
    }

    #[test]
    fn the_plain_server_answers_as_the_whole_one() {
        let start = Duration::from_secs(1_767_225_600);
        let mut differ = Vec::new();
        for seed in 0..6 {
            let mut dice = Dice::new(seed, 7);
            let mut plain = Plain::new();
            // The namespaces of the whole server take four versions.
            let options = Options { first_version: plain.version() - 3, ..Options::default() };
            let mut server = Server::new(options);
            let (streaming, gone) = (seed % 3 != 0, if seed % 2 == 0 { Gone::Event } else { Gone::Http });
            (plain.streaming, plain.gone) = (streaming, gone);
            (server.options_mut().watch_list, server.options_mut().gone) = (streaming, gone);
            let first = plain.version();
            let mut both = [Cluster::Plain(Box::new(plain)), Cluster::Whole(Box::new(server))];
            let mut token = String::new();
            for turn in 0..250 {
                let now = start + Duration::from_secs(turn);
                if dice.chance(600) {
                    let (namespace, name) =
                        (dice.pick(["default", "kube-system"]), dice.pick(["a", "a-0", "b", "c.d"]));
                    let (app, delete) = (dice.pick(["web", "db"]), dice.chance(300));
                    let data = format!("{{\"n\":\"{turn}\"}}");
                    let versions = both.each_mut().map(|cluster| match delete {
                        true => cluster.delete(namespace, name, now),
                        false => Some(cluster.put(namespace, name, app, &data, now)),
                    });
                    assert_eq!(versions[0], versions[1]);
                    continue;
                }
                let current = both[0].version();
                if dice.chance(30) {
                    let to = current - dice.below(5);
                    both.iter_mut().for_each(|cluster| cluster.compact(to));
                }
                let mut query = Vec::new();
                let version = first + dice.below(current - first + 4);
                match dice.below(5) {
                    0 => query.push("resourceVersion=0".to_owned()),
                    1 | 2 => query.push(format!("resourceVersion={version}")),
                    _ => {}
                }
                if dice.chance(300) {
                    query.push("labelSelector=app%3Dweb".to_owned());
                }
                if dice.chance(200) {
                    query.push("fieldSelector=metadata.name%3Da-0".to_owned());
                }
                if dice.chance(300) {
                    query.push(format!("resourceVersionMatch={}", dice.pick(["NotOlderThan", "Exact"])));
                }
                if dice.chance(500) {
                    query.push("watch=true".to_owned());
                    query.push(format!("timeoutSeconds={}", 20 + dice.below(100)));
                    if dice.chance(500) {
                        query.push("allowWatchBookmarks=true".to_owned());
                    }
                    if dice.chance(400) {
                        query.push("sendInitialEvents=true".to_owned());
                    }
                } else {
                    if dice.chance(500) {
                        query.push(format!("limit={}", 1 + dice.below(3)));
                    }
                    if dice.chance(300) && !token.is_empty() {
                        query.push(format!("continue={token}"));
                    }
                }
                let within = dice.pick(["/api/v1/configmaps", "/api/v1/namespaces/default/configmaps"]);
                let path = format!("{within}?{}", query.join("&"));
                let metadata = dice.chance(300);
                let later = [1, 40, 200].map(|seconds| now + Duration::from_secs(seconds));
                let [one, other] = both.each_mut().map(|cluster| shown(cluster, &path, metadata, now, &later));
                if one != other {
                    differ.push(format!("seed {seed}: {path}\n{one}\n{other}"));
                }
                if let Some((_, rest)) = one.split_once("Some(\"ey") {
                    token = format!("ey{}", rest.split('"').next().unwrap_or_default());
                }
            }
        }
        assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
    }
}
