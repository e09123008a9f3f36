//! The server of the benchmarks: repeats its answers as fast as it can.
//!
//! HTTP/1.1 on one thread for each connection, plain or in TLS. The answer depends only on the target:
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/v1/namespaces/idle/pods?watch=...` | a bookmark, then nothing |
//! | `GET /api/v1/pods?watch=...&sendInitialEvents=true` | `count` ADDED events, the bookmark that ends them, then nothing |
//! | `GET /api/v1/pods?watch=...` | `count` MODIFIED events, each in its own chunk, and the end |
//! | `GET /apis/bench.example.com/v1/widgets?watch=...` | the same of custom resources, whose keys servers sort, in JSON |
//! | `GET /api/v1/pods` | a list of `count` pods, chunked |
//! | anything else | one pod |
//!
//! A request that accepts protobuf gets it: the whole objects, also if it asks for their metadata, as in JSON.
//!
//! The server does not serialise. A pod is a template of constant length in which only a number changes, in name, uid
//! and version. The server sends a block of sixteen events again and again, and overwrites the numbers in it. So one
//! core of the server feeds several cores of any client.

mod protobuf;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::ops::Range;
use std::sync::Arc;

use rustls::ServerConfig;

/// Serves on this listener forever; in TLS if there is a configuration.
pub fn serve(listener: &TcpListener, count: usize, tls: Option<&Arc<ServerConfig>>) {
    for socket in listener.incoming().flatten() {
        let tls = tls.cloned();
        // A thousand idle watches need a thousand threads.
        let thread = std::thread::Builder::new().stack_size(128 << 10);
        let _ = thread.spawn(move || {
            let _ = socket.set_nodelay(true);
            match tls {
                None => connection(&socket, count),
                Some(config) => match rustls::ServerConnection::new(config) {
                    Ok(connection_tls) => connection(rustls::StreamOwned::new(connection_tls, socket), count),
                    Err(error) => eprintln!("feeder: {error}"),
                },
            }
        });
    }
}

/// A self-signed configuration for `localhost` and `127.0.0.1`.
///
/// # Errors
/// Making the key failed.
pub fn self_signed() -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key.into())?))
}

/// The document of a typical pod: 4.7 KB, a third of it `managedFields`, in the field order of API servers. Numbers
/// have five digits.
#[must_use]
pub fn pod(n: usize) -> String {
    pod_of(&format!("{n:05}"))
}

/// The same as an item of a list: without `kind` and `apiVersion`.
#[must_use]
pub fn item(n: usize) -> String {
    item_of(&format!("{n:05}"))
}

/// The line of a watch for a change of this pod.
#[must_use]
pub fn event(n: usize) -> String {
    event_of("MODIFIED", &format!("{n:05}"))
}

/// The pod with this number, in protobuf in its envelope.
#[must_use]
pub fn pod_in_protobuf(n: usize) -> Vec<u8> {
    marked_as(protobuf::pod(), n)
}

/// The frame of a watch for a change of this pod.
#[must_use]
pub fn event_in_protobuf(n: usize) -> Vec<u8> {
    marked_as(protobuf::event("MODIFIED"), n)
}

/// The document of a list of so many pods in protobuf.
#[must_use]
pub fn list_in_protobuf(count: usize) -> Vec<u8> {
    let [mut list, item, end] = protobuf::list(count);
    (0..count).for_each(|n| list.extend_from_slice(&marked_as(item.clone(), n)));
    list.extend_from_slice(&end);
    list
}

/// The encoding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Protobuf,
}

fn connection(mut stream: impl Read + Write, count: usize) {
    let whole = |form: Form, body: &[u8]| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n", form.media_type(), body.len());
        [head.as_bytes(), body].concat()
    };
    let (json, protobuf) = (whole(Form::Json, pod(0).as_bytes()), whole(Form::Protobuf, &pod_in_protobuf(0)));
    let mut asked = Vec::new();
    while let Some((path, form)) = request(&mut stream, &mut asked) {
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let answered = match path {
            "/api/v1/namespaces/idle/pods" => idle(&mut stream, form),
            "/api/v1/pods" if query.contains("sendInitialEvents=true") => initial(&mut stream, count, form),
            "/api/v1/pods" if query.contains("watch=") => events(&mut stream, count, form),
            "/apis/bench.example.com/v1/widgets" => sorted_events(&mut stream, count),
            "/api/v1/pods" => list(&mut stream, count, form),
            _ if form == Form::Json => stream.write_all(&json),
            _ => stream.write_all(&protobuf),
        };
        if answered.and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

impl Form {
    fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    /// The head of an answer in chunks.
    fn head(self) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n", self.media_type())
    }

    /// An event of the pod with the mark.
    fn event(self, kind: &str) -> Vec<u8> {
        match self {
            Form::Json => event_of(kind, MARK).into_bytes(),
            Form::Protobuf => protobuf::event(kind),
        }
    }

    /// A bookmark; `last` is for the one that ends the initial events.
    fn bookmark(self, last: bool) -> Vec<u8> {
        match self {
            Form::Json => if last { LAST_INITIAL } else { BOOKMARK }.into(),
            Form::Protobuf => protobuf::bookmark(last),
        }
    }
}

/// The target of the next request, and the form of its answer. Requests have no body.
fn request(stream: &mut impl Read, asked: &mut Vec<u8>) -> Option<(String, Form)> {
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = asked.drain(..end + 4).collect();
            let head = String::from_utf8(head).ok()?;
            let form = if head.contains(Form::Protobuf.media_type()) { Form::Protobuf } else { Form::Json };
            return head.split(' ').nth(1).map(|target| (target.to_owned(), form));
        }
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        asked.extend_from_slice(piece.get(..read)?);
    }
}

fn idle(out: &mut impl Write, form: Form) -> io::Result<()> {
    out.write_all(form.head().as_bytes())?;
    out.write_all(&chunk(&form.bookmark(false)))
}

fn initial(out: &mut impl Write, count: usize, form: Form) -> io::Result<()> {
    out.write_all(form.head().as_bytes())?;
    pods(out, count, |pods| chunk(&form.event("ADDED")).repeat(pods))?;
    out.write_all(&chunk(&form.bookmark(true)))
}

fn events(out: &mut impl Write, count: usize, form: Form) -> io::Result<()> {
    out.write_all(form.head().as_bytes())?;
    pods(out, count, |pods| chunk(&form.event("MODIFIED")).repeat(pods))?;
    out.write_all(LAST_CHUNK.as_bytes())
}

fn sorted_events(out: &mut impl Write, count: usize) -> io::Result<()> {
    out.write_all(Form::Json.head().as_bytes())?;
    let event = chunk(sorted_event().as_bytes());
    pods(out, count, |pods| event.repeat(pods))?;
    out.write_all(LAST_CHUNK.as_bytes())
}

/// Writes a list in chunks of many items.
fn list(out: &mut impl Write, count: usize, form: Form) -> io::Result<()> {
    out.write_all(form.head().as_bytes())?;
    if form == Form::Protobuf {
        let [begin, item, end] = protobuf::list(count);
        out.write_all(&chunk(&begin))?;
        pods(out, count, |pods| chunk(&item.repeat(pods)))?;
        out.write_all(&chunk(&end))?;
        return out.write_all(LAST_CHUNK.as_bytes());
    }
    out.write_all(&chunk(LIST.as_bytes()))?;
    // No comma follows the last item.
    let last = count.saturating_sub(1);
    pods(out, last, |pods| chunk((item_of(MARK) + ",").repeat(pods).as_bytes()))?;
    let last = if count > 0 { item(last) } else { String::new() };
    out.write_all(&chunk((last + "]}\n").as_bytes()))?;
    out.write_all(LAST_CHUNK.as_bytes())
}

/// Writes `count` pods; `text` makes the bytes of a number of pods, with marks.
fn pods(out: &mut impl Write, count: usize, text: impl Fn(usize) -> Vec<u8>) -> io::Result<()> {
    let blocks = count / BLOCK * BLOCK;
    numbered(out, text(BLOCK), 0..blocks, BLOCK)?;
    numbered(out, text(1), blocks..count, 1)
}

/// Writes the text once for every `each` pods, with their numbers instead of the marks.
fn numbered(out: &mut impl Write, mut bytes: Vec<u8>, pods: Range<usize>, each: usize) -> io::Result<()> {
    let marks = marks(&bytes);
    for first in pods.step_by(each) {
        for (n, marks) in (first..).zip(marks.chunks(marks.len() / each)) {
            number(&mut bytes, marks, n);
        }
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// Where the marks are.
fn marks(bytes: &[u8]) -> Vec<usize> {
    let marks = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK.as_bytes());
    marks.map(|(at, _)| at).collect()
}

fn number(bytes: &mut [u8], marks: &[usize], n: usize) {
    let number = digits(n);
    for mark in marks {
        if let Some(mark) = bytes.get_mut(*mark..mark + MARK.len()) {
            mark.copy_from_slice(&number);
        }
    }
}

/// The same bytes with this number instead of the marks.
fn marked_as(mut bytes: Vec<u8>, n: usize) -> Vec<u8> {
    let marks = marks(&bytes);
    number(&mut bytes, &marks, n);
    bytes
}

fn digits(n: usize) -> [u8; MARK.len()] {
    let mut left = n;
    let mut digits = [b'0'; MARK.len()];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
    }
    digits
}

fn item_of(number: &str) -> String {
    TEMPLATE.replace('\n', "").replace(MARK, number)
}

fn pod_of(number: &str) -> String {
    item_of(number).replacen('{', r#"{"kind":"Pod","apiVersion":"v1","#, 1)
}

fn event_of(kind: &str, number: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"object\":{}}}\n", pod_of(number))
}

/// The event of a custom resource with the mark and the content of a pod.
fn sorted_event() -> String {
    let item: BTreeMap<String, serde_json::Value> = serde_json::from_str(&item_of(MARK)).unwrap_or_default();
    let types = [("apiVersion", "bench.example.com/v1"), ("kind", "Widget")];
    let object: BTreeMap<String, serde_json::Value> =
        types.into_iter().map(|(key, value)| (key.to_owned(), value.into())).chain(item).collect();
    // Its map is sorted at all levels, as Go's is.
    format!("{{\"type\":\"MODIFIED\",\"object\":{}}}\n", serde_json::json!(object))
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// The template of a pod, in several lines to be readable.
const TEMPLATE: &str = include_str!("feed/pod.json");
/// The placeholder of a pod's number.
const MARK: &str = "NNNNN";
/// The number of pods in one write.
const BLOCK: usize = 16;
const LAST_CHUNK: &str = "0\r\n\r\n";
const LIST: &str = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"300000"},"items":["#;
const BOOKMARK: &str = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"300000\"}}}\n";
const LAST_INITIAL: &str = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"300000\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n";

#[cfg(test)]
mod tests {
    use kube_proto::api::Trim;
    use kube_proto::internals::frame::EventType;
    use kube_proto::internals::protobuf::{event, from_document};
    use serde_json::Value;

    use super::*;

    fn body(write: impl Fn(&mut Vec<u8>, usize) -> io::Result<()>, count: usize) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, count).unwrap();
        let end = out.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let (head, mut rest) = (String::from_utf8_lossy(&out[..end]), &out[end + 4..]);
        assert!(head.contains("chunked"), "{head}");
        let mut body = Vec::new();
        while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
            let (data, after) = rest[line + 2..].split_at(size);
            body.extend_from_slice(data);
            rest = after.strip_prefix(b"\r\n").unwrap();
        }
        body
    }

    /// The events of a watch in protobuf, decoded.
    fn frames(mut body: &[u8]) -> Vec<(EventType<'_>, Value)> {
        let mut all = Vec::new();
        while let Some((length, after)) = body.split_first_chunk::<4>() {
            let (frame, after) = after.split_at(u32::from_be_bytes(*length) as usize);
            let (kind, document) = event(frame).unwrap();
            all.push((kind, from_document(document, &Trim::default()).unwrap()));
            body = after;
        }
        all
    }

    fn name(pod: &Value) -> &str {
        pod["metadata"]["name"].as_str().unwrap()
    }

    #[test]
    fn a_pod_is_as_large_as_it_should_be() {
        let whole: Value = serde_json::from_str(&pod(7)).unwrap();
        let managed = whole["metadata"]["managedFields"].to_string().len();
        assert!((4650..4750).contains(&pod(7).len()) && (1400..1800).contains(&managed), "{} {managed}", pod(7).len());
        assert_eq!(name(&whole), "web-7d4b9c6f58-00007");
        assert_eq!(whole["metadata"]["resourceVersion"], "200007");
    }

    #[test]
    fn every_pod_comes_once() {
        for count in [0, 1, 15, 16, 17, 40] {
            let wanted: Vec<String> = (0..count).map(|n| format!("web-7d4b9c6f58-{n:05}")).collect();
            let json = body(|out, count| list(out, count, Form::Json), count);
            let json: Value = serde_json::from_slice(&json).unwrap();
            let protobuf = body(|out, count| list(out, count, Form::Protobuf), count);
            assert_eq!(protobuf, list_in_protobuf(count));
            let protobuf: Value = from_document(&protobuf, &Trim::default()).unwrap();
            for list in [&json, &protobuf] {
                let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
                let named: Vec<&str> = items.iter().map(name).collect();
                assert_eq!(named, wanted);
                assert_eq!(list["metadata"]["resourceVersion"], "300000");
            }
            let lines = body(|out, count| events(out, count, Form::Json), count);
            let lines = String::from_utf8(lines).unwrap();
            let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let named: Vec<&str> = lines.iter().map(|event| name(&event["object"])).collect();
            assert_eq!(named, wanted);
            assert!(lines.iter().all(|event| event["type"] == "MODIFIED"));
            let sorted = String::from_utf8(body(sorted_events, count)).unwrap();
            let starts =
                r#"{"type":"MODIFIED","object":{"apiVersion":"bench.example.com/v1","kind":"Widget","metadata":{"a"#;
            assert_eq!(sorted.lines().filter(|line| line.starts_with(starts)).count(), count);
            let bytes = body(|out, count| events(out, count, Form::Protobuf), count);
            let found = frames(&bytes);
            assert_eq!(found.iter().map(|(_, pod)| name(pod)).collect::<Vec<_>>(), wanted);
            assert!(found.iter().all(|(kind, _)| *kind == EventType::Modified));
            let initial_lines = body(|out, count| initial(out, count, Form::Json), count);
            assert_eq!(String::from_utf8(initial_lines).unwrap().lines().count(), count + 1);
            let bytes = body(|out, count| initial(out, count, Form::Protobuf), count);
            let (kind, last) = frames(&bytes).pop().unwrap();
            assert_eq!(
                (kind, &last["metadata"]["annotations"]["k8s.io/initial-events-end"]),
                (EventType::Bookmark, &"true".into())
            );
        }
    }

    #[test]
    fn a_pod_is_the_same_in_both_forms() {
        let json: Value = serde_json::from_str(&pod(7)).unwrap();
        let mut protobuf: Value = from_document(&pod_in_protobuf(7), &Trim::default()).unwrap();
        // What is null or empty in JSON and absent in protobuf.
        for condition in protobuf["status"]["conditions"].as_array_mut().unwrap() {
            condition["lastProbeTime"] = Value::Null;
        }
        assert_eq!(protobuf, json);
        println!("{} bytes in JSON, {} in protobuf", pod(7).len(), pod_in_protobuf(7).len());
    }
}
