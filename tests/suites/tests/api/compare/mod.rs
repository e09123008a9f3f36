//! The in-memory server against a real one: both get the same requests, and their answers are compared.
//!
//! A script is a file of `tests/compare`; see [`script`] for its form. Both servers get its requests unchanged, and
//! status, headers and body must be equal, except for values that differ from run to run. A difference is a defect of
//! the in-memory server, or one of the few in `tests/compare/exceptions.txt`, each with its reason.

mod exceptions;
mod hook;
mod mask;
mod script;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, Method, Request};
use kube_proto::Error;
use kube_proto::ErrorKind;
use kube_proto::api::ApiRequest;
use kube_proto::config::CredentialConfig;
use kube_proto::driver::{Cx, Effect, Exchange, ExchangeKind, Input, Operation, Step};
use kube_test_server::Options;
use serde_json::Value;

use crate::context::Context;
use exceptions::Exceptions;
use mask::Masks;
use script::{Play, Script};

/// The scripts, by name.
pub(crate) fn scripts() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compare");
    let mut scripts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "http") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            scripts.insert(name, std::fs::read_to_string(path).unwrap());
        }
    }
    scripts
}

/// Makes the in-memory server as slow and as old as a cluster.
pub(crate) fn like_a_cluster(options: &mut Options) {
    options.first_version = 100_000;
    options.namespace_delay = Duration::from_secs(5);
}

/// Sends a script to both. Fails with every unknown difference, and with every exception that does not differ.
pub(crate) fn compare(name: &str, text: &str, memory: &Context, real: &Context) {
    let script = Script::parse(text);
    let mut exceptions = Exceptions::read(name);
    let (memory, real) = (play(&script, memory), play(&script, real));
    let mut report = String::new();
    for ((play, memory), real) in script.plays.iter().zip(&memory).zip(&real) {
        let mut differences = Vec::new();
        differing("", real, memory, &mut differences);
        differences.retain(|difference| {
            let ignored = play.ignore.iter().any(|path| difference.path.starts_with(path.as_str()));
            !ignored && !exceptions.excuse(&play.title, &difference.path)
        });
        if !differences.is_empty() {
            let _ = writeln!(report, "\n=== {}\n    {} {}", play.title, play.method, play.target);
        }
        for Difference { path, real, memory } in differences {
            let _ = writeln!(report, "  {path}\n    real:   {}\n    memory: {}", short(&real), short(&memory));
        }
    }
    for (title, path) in exceptions.unused() {
        let _ = writeln!(report, "\n=== {title}\n  {path}\n    is listed in exceptions.txt, and does not differ");
    }
    assert!(report.is_empty(), "the in-memory server answers differently:\n{report}");
}

/// Every answer, masked: an object of status, headers and body.
fn play(script: &Script, cx: &Context) -> Vec<Value> {
    let mut masks = Masks::default();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let namespace = cx.namespace_for_pods().to_owned();
    masks.name("$ns", &namespace);
    known.insert("ns".into(), namespace);
    let unique = cx.unique("u");
    masks.name("$unique", &unique);
    known.insert("unique".into(), unique);
    known.insert("brackets".into(), "[".repeat(10_000));
    let hook = script.plays.iter().any(|play| play.body.contains("$hook")).then(|| {
        let hook = hook::Hook::start(cx, &format!("{}.example.com", known["unique"]));
        masks.name("$hook", hook.url.trim_start_matches("https://"));
        masks.name("$ca", &hook.ca);
        known.insert("hook".into(), hook.url.clone());
        known.insert("ca".into(), hook.ca.clone());
        hook
    });
    // With a client certificate the server would accept any headers.
    let client = cx.client(cx.site.anonymous()).unwrap();
    if !cx.site.is_real() {
        // The object that a controller creates in every namespace.
        let path = format!("/api/v1/namespaces/{}/serviceaccounts", known["ns"]);
        let body = r#"{"metadata": {"name": "default"}}"#;
        cx.call(ApiRequest::raw(Method::POST, path, body).bytes()).unwrap();
    }
    let config = cx.site.load("token").config;
    let CredentialConfig::Bearer(token) = &config.credential else { panic!("a token") };
    let authorization = format!("Bearer {}", token.expose());
    let mut answers = Vec::new();
    for path in &script.cleanup {
        cx.remove_later(script::filled(path, &known));
    }
    for play in &script.plays {
        let end = Instant::now() + Duration::from_secs(20);
        let (head, body) = loop {
            let (head, body) = client.call(Plain::new(request(play, &known, &authorization))).unwrap();
            if !play.retry.contains(&head.status.as_u16()) || Instant::now() > end {
                break (head, body);
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        let mut body = document(&body);
        if head.status == 200 && (play.target.contains("watch=true") || play.target.contains("/watch/")) {
            body = events(body);
        }
        for (name, pointer) in &play.keep {
            let value = body.pointer(pointer).unwrap_or_else(|| panic!("{}: no {pointer} in {body}", play.title));
            known.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        hook::unpack(&mut body);
        masks.learn(&body);
        let mut answer = serde_json::Map::new();
        answer.insert("status".into(), head.status.as_u16().into());
        answer.insert("headers".into(), headers(&head.headers, &masks));
        answer.insert("body".into(), masks.masked(&body));
        answers.push(Value::Object(answer));
    }
    drop(hook);
    answers
}

fn request(play: &Play, known: &BTreeMap<String, String>, authorization: &str) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(script::filled(&play.body, known)));
    *request.method_mut() = play.method.clone();
    *request.uri_mut() = script::filled(&play.target, known).parse().unwrap();
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    headers.insert("user-agent", "kube-compare/1".parse().unwrap());
    if !play.body.is_empty() {
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
    }
    for (name, value) in &play.headers {
        headers.insert(name.clone(), script::filled(value, known).parse().unwrap());
    }
    request
}

/// JSON unchanged, several documents (a watch) as a list, anything else as text.
fn document(body: &[u8]) -> Value {
    if let Ok(value) = kube_proto::json::from_slice(body) {
        return value;
    }
    let lines: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(body).into_iter().collect();
    match lines {
        Ok(lines) if !lines.is_empty() => Value::Array(lines),
        _ => String::from_utf8_lossy(body).into_owned().into(),
    }
}

/// The events of a watch, without bookmarks, whose time the server chooses.
fn events(body: Value) -> Value {
    let events = match body {
        Value::Array(events) => events,
        one => vec![one],
    };
    let by_chance = |event: &Value| {
        event["type"] == "BOOKMARK" && event["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"].is_null()
    };
    events.into_iter().filter(|event| !by_chance(event)).collect()
}

/// The significant headers.
fn headers(headers: &HeaderMap, masks: &Masks) -> Value {
    let mut said = serde_json::Map::new();
    for name in HEADERS {
        let mut values: Vec<Value> = headers
            .get_all(*name)
            .iter()
            .map(|value| masks.text(&String::from_utf8_lossy(value.as_bytes())).into())
            .collect();
        values.sort_by_key(Value::to_string);
        if !values.is_empty() {
            said.insert((*name).to_owned(), Value::Array(values));
        }
    }
    Value::Object(said)
}

const HEADERS: &[&str] = &[
    "allow",
    "cache-control",
    "content-encoding",
    "content-type",
    "location",
    "retry-after",
    "vary",
    "warning",
    "www-authenticate",
    "x-content-type-options",
];

struct Difference {
    path: String,
    real: String,
    memory: String,
}

fn differing(path: &str, real: &Value, memory: &Value, found: &mut Vec<Difference>) {
    match (real, memory) {
        (Value::Object(one), Value::Object(other)) => {
            let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = format!("{path}/{key}");
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => differing(&path, one, other, found),
                    (one, other) => found.push(Difference { path, real: shown(one), memory: shown(other) }),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                differing(&format!("{path}/{at}"), one, other, found);
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            found.push(Difference { path: path.to_owned(), real: one.to_string(), memory: other.to_string() });
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(absent)".to_owned(), Value::to_string)
}

fn short(text: &str) -> String {
    match text.char_indices().nth(400) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// One exchange, with its whole answer.
struct Plain {
    request: Option<Request<Bytes>>,
    head: Option<Box<Parts>>,
    body: BytesMut,
}

impl Plain {
    fn new(request: Request<Bytes>) -> Self {
        Self { request: Some(request), head: None, body: BytesMut::new() }
    }
}

impl Operation for Plain {
    type Item = (Parts, Bytes);

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        if let Some(request) = self.request.take() {
            let to = cx.session.endpoint().clone();
            let connect = Duration::from_secs(10);
            return Step::Do(Effect::Exchange(Box::new(Exchange {
                to,
                request,
                kind: ExchangeKind::Call,
                fresh: false,
                tag: Default::default(),
                connect,
            })));
        }
        match input {
            Some(Input::Head(head)) => self.head = Some(head),
            Some(Input::Data(data)) => self.body.extend_from_slice(&data),
            Some(Input::Failed(fault)) => return Step::Done(Err(Error::from(ErrorKind::Transport(*fault)))),
            Some(Input::End) => {
                let Some(head) = self.head.take() else { return Step::Done(Ok(())) };
                return Step::Yield((*head, self.body.split().freeze()));
            }
            _ => {}
        }
        Step::Wait(None)
    }
}
