//! The server of the benchmarks: repeats its answers as fast as it can.
//!
//! HTTP/1.1 on one thread for each connection, plain or in TLS. The answer depends only on the target:
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/v1/namespaces/idle/pods?watch=...` | a bookmark, then nothing |
//! | `GET /api/v1/pods?watch=...&sendInitialEvents=true` | `count` ADDED events, the bookmark that ends them, then nothing |
//! | `GET /api/v1/pods?watch=...` | `count` MODIFIED events, each in its own chunk, and the end |
//! | `GET /api/v1/pods` | a list of `count` pods, chunked |
//! | anything else | one pod |
//!
//! The server does not serialise. A pod is a template of constant length in which only a number changes, in name, uid
//! and version. The server sends a block of sixteen events again and again, and overwrites the numbers in it. So one
//! core of the server feeds several cores of any client.

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

fn connection(mut stream: impl Read + Write, count: usize) {
    let one = pod(0);
    let one =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{one}", one.len());
    let mut asked = Vec::new();
    while let Some(path) = request(&mut stream, &mut asked) {
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let answered = match path {
            "/api/v1/namespaces/idle/pods" => idle(&mut stream),
            "/api/v1/pods" if query.contains("sendInitialEvents=true") => initial(&mut stream, count),
            "/api/v1/pods" if query.contains("watch=") => events(&mut stream, count),
            "/api/v1/pods" => list(&mut stream, count),
            _ => stream.write_all(one.as_bytes()),
        };
        if answered.and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

/// The target of the next request. Requests have no body.
fn request(stream: &mut impl Read, asked: &mut Vec<u8>) -> Option<String> {
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = asked.drain(..end + 4).collect();
            return String::from_utf8(head).ok()?.split(' ').nth(1).map(str::to_owned);
        }
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        asked.extend_from_slice(piece.get(..read)?);
    }
}

fn idle(out: &mut impl Write) -> io::Result<()> {
    write!(out, "{CHUNKED}{}", chunk(BOOKMARK))
}

fn initial(out: &mut impl Write, count: usize) -> io::Result<()> {
    out.write_all(CHUNKED.as_bytes())?;
    pods(out, count, |pods| chunk(&event_of("ADDED", MARK)).repeat(pods))?;
    out.write_all(chunk(LAST_INITIAL).as_bytes())
}

fn events(out: &mut impl Write, count: usize) -> io::Result<()> {
    out.write_all(CHUNKED.as_bytes())?;
    pods(out, count, |pods| chunk(&event_of("MODIFIED", MARK)).repeat(pods))?;
    out.write_all(LAST_CHUNK.as_bytes())
}

/// Writes a list in chunks of many items.
fn list(out: &mut impl Write, count: usize) -> io::Result<()> {
    write!(out, "{CHUNKED}{}", chunk(LIST))?;
    // No comma follows the last item.
    let last = count.saturating_sub(1);
    pods(out, last, |pods| chunk(&(item_of(MARK) + ",").repeat(pods)))?;
    let last = if count > 0 { item(last) } else { String::new() };
    write!(out, "{}{LAST_CHUNK}", chunk(&(last + "]}\n")))
}

/// Writes `count` pods; `text` makes the bytes of a number of pods, with marks.
fn pods(out: &mut impl Write, count: usize, text: impl Fn(usize) -> String) -> io::Result<()> {
    let blocks = count / BLOCK * BLOCK;
    numbered(out, &text(BLOCK), 0..blocks, BLOCK)?;
    numbered(out, &text(1), blocks..count, 1)
}

/// Writes the text once for every `each` pods, with their numbers instead of the marks.
fn numbered(out: &mut impl Write, text: &str, pods: Range<usize>, each: usize) -> io::Result<()> {
    let marks: Vec<usize> = text.match_indices(MARK).map(|(at, _)| at).collect();
    let mut bytes = text.as_bytes().to_vec();
    for first in pods.step_by(each) {
        for (n, marks) in (first..).zip(marks.chunks(marks.len() / each)) {
            let number = digits(n);
            for mark in marks {
                if let Some(mark) = bytes.get_mut(*mark..mark + MARK.len()) {
                    mark.copy_from_slice(&number);
                }
            }
        }
        out.write_all(&bytes)?;
    }
    Ok(())
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

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// The template of a pod, in several lines to be readable.
const TEMPLATE: &str = include_str!("feed/pod.json");
/// The placeholder of a pod's number.
const MARK: &str = "NNNNN";
/// The number of pods in one write.
const BLOCK: usize = 16;
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
const LAST_CHUNK: &str = "0\r\n\r\n";
const LIST: &str = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"300000"},"items":["#;
const BOOKMARK: &str = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"300000\"}}}\n";
const LAST_INITIAL: &str = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"300000\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n";

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn body(write: impl Fn(&mut Vec<u8>, usize) -> io::Result<()>, count: usize) -> String {
        let mut out = Vec::new();
        write(&mut out, count).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (head, mut rest) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("chunked"), "{head}");
        let mut body = String::new();
        while let Some((size, after)) = rest.split_once("\r\n") {
            let (data, after) = after.split_at(usize::from_str_radix(size, 16).unwrap());
            body += data;
            rest = after.strip_prefix("\r\n").unwrap();
        }
        body
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
            let body_of_list = body(list, count);
            let list: Value = serde_json::from_str(&body_of_list).unwrap();
            let named: Vec<&str> = list["items"].as_array().unwrap().iter().map(name).collect();
            assert_eq!(named, wanted);
            let events: Vec<Value> =
                body(events, count).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let named: Vec<&str> = events.iter().map(|event| name(&event["object"])).collect();
            assert_eq!(named, wanted);
            assert!(events.iter().all(|event| event["type"] == "MODIFIED"));
            assert_eq!(body(initial, count).lines().count(), count + 1);
        }
    }
}
