//! Every parser of foreign bytes takes little more than twice the time for twice the input.
//!
//! A parser that looks at the rest of its input again and again passes every test with small inputs, and takes minutes
//! for one answer of a hostile server. Here each parser reads a document of a shape that is hard for it, and one of the
//! same shape that is 16 times as long. In linear time the second takes 16 times as long, in quadratic time 256 times;
//! more than 40 times is a failure.
//!
//! The time is that of the thread's processor (`CLOCK_THREAD_CPUTIME_ID`), the least of several runs, and a failure
//! needs three measurements in a row. So other load on the machine does not matter: it takes the processor away, which
//! does not count, and makes caches cold, which costs less than the margin. Counting instructions would be exact, but
//! needs tools and rights that not every machine has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::hint::black_box;
use std::io::{ErrorKind, Read, Write};
use std::task::Waker;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderValue, WARNING};
use http::{HeaderMap, Request, Response};
use kube_proto::admission::Review;
use kube_proto::api::{FieldSelector, LabelSelector, Trim};
use kube_proto::config::{
    Config, ExecApiVersion, IssuerMetadata, Secret, TokenError, TokenResponse, TokenTimes, parse_exec_credential,
};
use kube_proto::driver::Random;
use kube_proto::driver::websocket::{Kind, WebSocket, WebSocketLimits};
use kube_proto::driver::wire::proxy::{Handshake, Progress};
use kube_proto::driver::wire::{Http1, Http1Event, Http1Server, Http1ServerEvent, HttpLimits};
use kube_proto::driver::{Cx, Endpoint, Exchange, ExchangeKind, Input, Now, Operation, SessionOptions, Step, Tls};
use kube_proto::error::{Attempt, visible};
use kube_proto::flight::{self, Flight};
use kube_proto::internals::frame::{Documents, Gunzip, Lines, ListItems, Part, event, identity};
use kube_proto::internals::logs::Split;
use kube_proto::internals::port_forward::read_messages;
use kube_proto::internals::spdy::{Event, Limits, Next, Session};
use kube_proto::internals::{error_from_body, failure_in_success, protobuf, status_document, tls};
use kube_proto::jsonpath::{JsonPath, TEMPLATE};
use kube_proto::kubeconfig::Kubeconfig;
use kube_proto::resource::{DynamicObject, Lazy, Object};
use kube_proto::response::{ResponseInfo, Table};
use kube_proto::schema::cel::Expression;
use kube_proto::schema::internals::is_match;
use kube_proto::schema::{OpenApi, Schema};
use kube_proto::settings::Settings;
use kube_proto::tar::{Extract, TarEntry, TarReader, TarWriter};
use kube_proto::yaml;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// The length of the shorter document, in bytes.
const LENGTH: usize = 16 << 10;
const TIMES: usize = 16;
/// The ratio that fails. Linear: 16; a sort in between: 21; quadratic: 256.
const MOST: u32 = 40;

/// The least processor time of a few runs.
fn cost<T>(mut run: impl FnMut() -> T) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let mut one = || {
        let before = now();
        black_box(run());
        now() - before
    };
    (0..3).map(|_| one()).min().unwrap()
}

/// Compares a document of `shape` with one that is 16 times as long.
fn grows<D, T>(parser: &str, what: &str, shape: impl Fn(usize) -> D, parse: impl Fn(&D) -> T) {
    let (short, long) = (shape(LENGTH), shape(TIMES * LENGTH));
    let measure = || (cost(|| parse(&short)), cost(|| parse(&long)));
    let mut last = (Duration::ZERO, Duration::ZERO);
    for _ in 0..3 {
        last = measure();
        // What takes no time at all does not grow.
        if last.1 < last.0.max(Duration::from_micros(20)) * MOST {
            println!("{parser}, {what}: {:?} and {:?}", last.0, last.1);
            return;
        }
    }
    panic!("{parser} of {what}: {:?} for {LENGTH} bytes, and {:?} for {TIMES} times as many", last.0, last.1);
}

/// The text again and again, up to this length.
fn repeated(text: &str) -> impl Fn(usize) -> Vec<u8> {
    move |length| text.as_bytes().iter().copied().cycle().take(length / text.len() * text.len()).collect()
}

/// A text of numbered parts.
fn numbered(part: impl Fn(usize) -> String) -> impl Fn(usize) -> String {
    move |length| {
        let mut text = String::new();
        (0..).map_while(|n| (text.len() < length).then(|| text.push_str(&part(n)))).for_each(drop);
        text
    }
}

/// The bytes in pieces as a slow peer sends them.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = Bytes> {
    bytes.chunks(64).map(Bytes::copy_from_slice)
}

#[test]
fn warnings() {
    let read = |headers: &HeaderMap| {
        let mut response = Response::new(());
        response.headers_mut().clone_from(headers);
        ResponseInfo::of(&response.into_parts().0).warnings
    };
    let one = |text: Vec<u8>| {
        let value = [b"299 - \"", &*text, b"\""].concat();
        HeaderMap::from_iter([(WARNING, HeaderValue::from_bytes(&value).unwrap())])
    };
    for text in ["=?", "=?a?", "=?a?b?", "=?a?b?c ", "=? ", "=?utf-8?q?a?= ", "\\\\", "ä"] {
        grows("the reader", text, |length| one(repeated(text)(length)), read);
    }
    let many = |length: usize| {
        let texts = numbered(|n| format!("299 - \"{n}\", "))(length);
        HeaderMap::from_iter([(WARNING, HeaderValue::from_str(&texts).unwrap())])
    };
    grows("the reader", "different texts", many, read);
}

#[test]
fn lines_and_items_in_pieces() {
    let lines = |input: &Vec<u8>| {
        let (mut lines, mut count) = (Lines::new(usize::MAX), 0);
        for piece in pieces(input) {
            lines.push(piece);
            while lines.next().is_some() {
                count += 1;
            }
        }
        count
    };
    for text in ["x", "\n", " \n", "abc\n"] {
        grows("the lines", text, repeated(text), lines);
    }
    let items = |input: &String| {
        let (mut list, mut count) = (ListItems::new(usize::MAX, usize::MAX), 0);
        for piece in pieces(input.as_bytes()) {
            list.push(piece);
            while let Ok(Some(_)) = list.next() {
                count += 1;
            }
        }
        count
    };
    let body = numbered(|n| format!("{{\"metadata\":{{\"name\":\"{n}\"}}}},"));
    grows("the items", "small items", |length| format!("{{\"items\":[{}", body(length)), items);
    for (what, text) in [("one item", "a\\n"), ("brackets", "[["), ("spaces", "  ")] {
        let quote = if what == "one item" { "\"" } else { "" };
        let long = |length| format!("{{\"items\":[{{\"a\":{quote}{}", text.repeat(length / 2));
        grows("the items", what, long, items);
    }
    let rest = |length| format!("{{\"metadata\":{{\"a\":\"{}\"}},\"items\":[]}}", "x".repeat(length));
    grows("the items", "what is no item", rest, items);
}

#[test]
fn documents_in_pieces() {
    let read = |input: &Vec<u8>| {
        let (mut documents, mut count) = (Documents::new(usize::MAX), 0);
        for piece in pieces(input) {
            documents.push(piece);
            while let Some(part) = documents.next() {
                let document = match part.unwrap() {
                    Part::Line(line) => documents.settle(line),
                    Part::Document(document) => Some(Ok(document)),
                };
                count += usize::from(document.is_some());
            }
        }
        count
    };
    for (what, head, text) in [
        ("small documents", "", "{}"),
        ("lines", "", "{\"a\":1}\n"),
        ("one document", "{\"a\":\"", "x"),
        ("a document over lines", "{\"a\":[", "1,\n"),
        ("brackets", "{\"a\":", "["),
        ("what is none", "a", "a"),
        ("blank lines", "", "\n"),
    ] {
        grows("the documents", what, |length| [head.as_bytes(), &repeated(text)(length)].concat(), read);
    }
}

#[test]
fn recordings() {
    for part in ["> 1 2 none\n< wait\n", "> 1 2 data x\\n\\x00\n< wait\n", "> 1 2 head 200 a=b a=b\n< yield\n"] {
        let file =
            |length: usize| format!("kube-flight 1\nseed 1 2\n{}", String::from_utf8(repeated(part)(length)).unwrap());
        grows("the reader of recordings", part, file, |file| Flight::parse(file).unwrap().turns.len());
    }
    let options = SessionOptions::new(Settings::default(), 1);
    let session = kube_proto::driver::Session::new(&Config::new("http://k").unwrap(), options).unwrap();
    for text in ["{\"metadata\":", "[", "\"\\u0041\"", "\"name\":\"x\",", "}"] {
        // The whole way of a body into a recording.
        let record = |body: &Vec<u8>| {
            let (mut operation, recording) = flight::record(Takes, usize::MAX);
            let mut cx = Cx { session: &session, now: Now::default(), waker: Waker::noop() };
            let json = Response::builder().header("content-type", "application/json").body(()).unwrap();
            let _ = operation.resume(Some(Input::Head(Box::new(json.into_parts().0))), &mut cx);
            let _ = operation.resume(Some(Input::Data(body.clone().into())), &mut cx);
            recording.file().len()
        };
        grows("the mask", text, repeated(text), record);
    }
}

/// An operation that takes anything.
struct Takes;

impl Operation for Takes {
    type Item = ();

    fn resume(&mut self, _: Option<Input>, _: &mut Cx<'_>) -> Step<()> {
        Step::Wait(None)
    }
}

#[test]
fn json_documents() {
    let read = |text: &String| kube_proto::json::from_slice::<serde_json::Value>(text.as_bytes()).is_ok();
    for (what, open, part, close) in [
        ("members", "{", Box::new(|n| format!("\"a{n}\":1,")) as Box<dyn Fn(usize) -> String>, "\"a\":1}"),
        ("the same member", "{", Box::new(|_| "\"a\":1,".to_owned()), "\"a\":1}"),
        ("numbers", "[", Box::new(|n| format!("{n}.5e{},", n % 300)), "1]"),
        ("one number", "", Box::new(|_| "1234567890".to_owned()), ""),
        ("a fraction", "0.", Box::new(|_| "1234567890".to_owned()), ""),
        ("escapes", "\"", Box::new(|_| "\\u00e9\\n".to_owned()), "\""),
        ("half surrogates", "\"", Box::new(|_| "\\ud800".to_owned()), "\""),
        ("spaces", "[", Box::new(|_| " \n".to_owned()), "]"),
        ("an open list", "", Box::new(|_| "[".to_owned()), ""),
    ] {
        grows("JSON", what, |length| format!("{open}{}{close}", numbered(&part)(length)), read);
    }
    let broken = |length| [&b"{\"a\":\""[..], &vec![0xff; length], b"\"}"].concat();
    grows("JSON", "bytes that are not UTF-8", broken, |bytes| {
        kube_proto::json::from_slice::<serde_json::Value>(bytes).is_ok()
    });
}

#[test]
fn protobuf_documents() {
    let made = |data: serde_json::Value| {
        let object = json!({"metadata": {"name": "a"}, "data": data});
        protobuf::to_document(&object, "v1", "ConfigMap").unwrap()
    };
    let members = |length: usize| made((0..length / 16).map(|n| (format!("k{n}"), json!("v"))).collect());
    let one = |length: usize| made(json!({"a": "x".repeat(length)}));
    let read = |document: &Vec<u8>| protobuf::from_document::<DynamicObject>(document, &Trim::default()).is_ok();
    grows("protobuf", "members", members, read);
    grows("protobuf", "one text", one, read);
    grows("the identity in protobuf", "members", members, |document| protobuf::identity(document).is_some());
    grows("the trim in protobuf", "members", members, |document| {
        protobuf::cut(&Trim::managed_fields(), document).len()
    });
    // Fields that no schema has.
    let unknown = |length| protobuf::sealed("v1", "ConfigMap", &b"\x98\x06\x01".repeat(length / 3));
    grows("protobuf", "unknown fields", unknown, read);
    let frames = |input: &Vec<u8>| {
        let (mut frames, mut count) = (protobuf::Frames::new(usize::MAX), 0);
        for piece in pieces(input) {
            frames.push(piece);
            while let Some(Ok(_)) = frames.next() {
                count += 1;
            }
        }
        count
    };
    grows("the frames", "empty frames", |length| vec![0; length], frames);
    grows("the frames", "small frames", |length| b"\0\0\0\x01x".repeat(length / 5), frames);
    let long = |length: usize| [&u32::try_from(length).unwrap().to_be_bytes()[..], &vec![b'x'; length]].concat();
    grows("the frames", "one frame", long, frames);
    let items = |input: &Vec<u8>| {
        let (mut list, mut count) = (protobuf::ListItems::new(usize::MAX, usize::MAX), 0);
        for piece in pieces(input) {
            list.push(piece);
            while let Ok(Some(_)) = list.next() {
                count += 1;
            }
        }
        count
    };
    let list = |item: &'static [u8]| {
        move |length: usize| protobuf::sealed("v1", "ConfigMapList", &item.repeat(length / item.len()))
    };
    grows("the items in protobuf", "small items", list(b"\x12\x03\x12\x01a"), items);
    grows("the items in protobuf", "what is no item", list(b"\x98\x06\x01"), items);
    let long = |length: usize| made(json!({"a": "x".repeat(length)}));
    grows("the items in protobuf", "no list", long, items);
}

#[test]
fn certificates() {
    let long = |length: usize| {
        let length = u32::try_from(length).unwrap().to_be_bytes();
        [0x83, length[1], length[2], length[3]]
    };
    let element = move |tag: u8, content: &[u8]| [&[tag][..], &long(content.len()), content].concat();
    // A certificate whose name, or whose list of extensions, has very many parts.
    let certificate = move |subject: &[u8], extensions: &[u8]| {
        let (empty, time) = (element(0x30, b""), element(0x17, b"250101000000Z"));
        let life = element(0x30, &[&time[..], &time].concat());
        let more = element(0xa3, &element(0x30, extensions));
        let version = element(0xa0, b"\x02\x01\x02");
        let parts = [&version[..], b"\x02\x01\x01", &empty, &empty, &life, &element(0x30, subject), &empty, &more];
        element(0x30, &element(0x30, &parts.concat()))
    };
    let part = b"\x31\x09\x30\x07\x06\x03\x55\x04\x0a\x0c\x00";
    let usage = b"\x30\x0b\x06\x03\x55\x1d\x0f\x04\x04\x03\x02\x05\xa0";
    let read = |der: &Vec<u8>| tls::inspect(der).is_some();
    assert!(read(&certificate(part, usage)));
    grows("a certificate", "parts of a name", |length| certificate(&part.repeat(length / 11), usage), read);
    grows("a certificate", "one name", |length| certificate(&vec![0; length], usage), read);
    grows("a certificate", "extensions", |length| certificate(part, &usage.repeat(length / 13)), read);
    grows("a certificate", "nested elements", |length| b"\x30\x80".repeat(length / 2), read);
    grows("a key", "zeros", |length| element(0x30, &vec![0; length]), |der| tls::inspect_key(der).is_some());
    let modulus =
        |length: usize| element(0x30, &[b"\x02\x01\0", &element(2, &vec![0; length])[..], b"\x02\x01\x03"].concat());
    grows("a key", "a long modulus", modulus, |der| tls::inspect_key(der).is_some());
}

#[test]
fn events_and_objects() {
    let annotations = numbered(|n| format!("\"a{n}\":\"x\\n\","));
    let object = |length| {
        let annotations = annotations(length);
        format!(
            "{{\"metadata\":{{\"annotations\":{{{}}},\"name\":\"a\"}},\"kind\":\"A\"}}",
            annotations.trim_end_matches(',')
        )
    };
    grows(
        "the event",
        "many annotations",
        |length| format!("{{\"type\":\"ADDED\",\"object\":{}}}", object(length)),
        |text| event(text.as_bytes()).is_some(),
    );
    grows("the identity", "many annotations", object, |text| identity(text.as_bytes()).is_some());
    grows("the trim", "many annotations", object, |text| Trim::managed_fields().cut(text.as_bytes()).len());
    grows("a lazy object", "many annotations", object, |text| {
        Lazy::<DynamicObject>::new(text.clone()).unwrap().meta().name.is_some()
    });
    for (what, open, close) in [("brackets", "[", "]"), ("maps", "{\"a\":", "}")] {
        let deep = |length: usize| {
            let depth = length / 8;
            format!("{{\"a\":{}0{},\"metadata\":{{\"name\":\"a\"}}}}", open.repeat(depth), close.repeat(depth))
        };
        grows("the identity", what, deep, |text| identity(text.as_bytes()).is_some());
        grows("a typed object", what, deep, |text| {
            Lazy::<DynamicObject>::new(text.clone()).and_then(|lazy| lazy.parse()).is_ok()
        });
    }
}

/// Reads an answer in pieces.
fn answer(input: &[u8]) -> usize {
    let request = Request::get("/").body(Bytes::new()).unwrap();
    let to = Endpoint::new("k", 80, None, None);
    let exchange = Exchange {
        to,
        request,
        kind: ExchangeKind::Call,
        fresh: false,
        connect: Duration::from_secs(1),
        tag: Default::default(),
    };
    let mut limits = HttpLimits::default();
    (limits.head, limits.headers) = (usize::MAX >> 1, 30_000);
    let (mut machine, mut buf, mut count) = (Http1::start(&exchange, limits).unwrap().0, BytesMut::new(), 0);
    for piece in pieces(input) {
        buf.extend_from_slice(&piece);
        while let Http1Event::Input(_) = machine.next(&mut buf, false) {
            count += 1;
        }
    }
    count
}

#[test]
fn answers_in_pieces() {
    let after =
        |head: &'static str, text: &'static str| move |length| [head.as_bytes(), &repeated(text)(length)].concat();
    for (what, head, text) in [
        ("one header", "HTTP/1.1 200 OK\r\nA: ", "x"),
        ("many headers", "HTTP/1.1 200 OK\r\n", "A: 0123456789abcdef\r\n"),
        ("small chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("an extension of a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x"),
        ("trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"),
        ("a body without length", "HTTP/1.1 200 OK\r\n\r\n", "x"),
        ("informational heads", "", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"),
    ] {
        grows("HTTP/1.1", what, after(head, text), |input| answer(input));
    }
}

#[test]
fn requests_in_pieces() {
    let mut limits = HttpLimits::default();
    (limits.head, limits.headers) = (usize::MAX >> 1, 30_000);
    let read = |input: &Vec<u8>| {
        let (mut machine, mut buf, mut count) = (Http1Server::new(limits), BytesMut::new(), 0);
        for piece in pieces(input) {
            buf.extend_from_slice(&piece);
            loop {
                match machine.next(&mut buf, false) {
                    Http1ServerEvent::NeedMore => break,
                    Http1ServerEvent::End => {
                        let mut out = Vec::new();
                        machine.answer(&Response::new(()).into_parts().0, Some(0), &mut out);
                        machine.finish(&mut out);
                    }
                    _ => count += 1,
                }
            }
        }
        count
    };
    let after =
        |head: &'static str, text: &'static str| move |length| [head.as_bytes(), &repeated(text)(length)].concat();
    let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (what, head, text) in [
        ("one header", "GET / HTTP/1.1\r\nA: ", "x"),
        ("many headers", "GET / HTTP/1.1\r\n", "A: 0123456789abcdef\r\n"),
        ("a long target", "GET /", "x"),
        ("small chunks", chunked, "1\r\nx\r\n"),
        ("many requests", "", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        grows("HTTP/1.1 for a server", what, after(head, text), read);
    }
}

/// An object whose list of items a webhook changes: through a review, the typed difference, and the patch.
#[test]
fn changes_of_a_webhook() {
    type Change = fn(&mut Vec<serde_json::Value>);
    let changes: [(&str, Change); 4] = [
        ("reversed", |items| items.reverse()),
        ("every item changed", |items| items.iter_mut().for_each(|item| item["v"] = 9.into())),
        ("every second gone", |items| {
            let mut n = 0;
            items.retain(|_| {
                n += 1;
                n % 2 == 0
            });
        }),
        ("one more at the beginning", |items| items.insert(0, json!({"name": "new"}))),
    ];
    for (what, change) in changes {
        let body = |body: &String| {
            let mut review = Review::<DynamicObject>::read(body.as_bytes(), Duration::ZERO).unwrap();
            change(review.object.as_mut().unwrap().data["items"].as_array_mut().unwrap());
            review.changed()
        };
        grows("a change of named items", what, review(|n| json!({"name": n.to_string(), "v": 1})), body);
        grows("a change of equal items", what, review(|_| json!({"v": 1})), body);
    }
}

/// A review of an object with as many items as the length allows.
fn review(item: impl Fn(usize) -> serde_json::Value) -> impl Fn(usize) -> String {
    move |length: usize| {
        let items: Vec<_> = (0..length / 24).map(&item).collect();
        json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "1", "operation": "CREATE",
                "object": {"apiVersion": "v1", "kind": "X", "metadata": {}, "items": items},
            },
        })
        .to_string()
    }
}

/// A proxy that answers in pieces.
struct Pieces<'a>(&'a [u8], bool);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.1 = !self.1;
        let most = into.len().min(64);
        if self.1 { self.0.read(&mut into[..most]) } else { Err(ErrorKind::WouldBlock.into()) }
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn proxies_in_pieces() {
    let config = Config::new("https://k:6443").unwrap().with_proxy("http://proxy").unwrap();
    let tls = Tls { id: 1, server_name: "k".into(), settings: Default::default(), api_server: true };
    let to = Endpoint::new("k", 6443, Some(tls), config.proxy);
    let mut limits = HttpLimits::default();
    (limits.head, limits.headers) = (usize::MAX >> 1, 30_000);
    let shake = |input: &Vec<u8>| {
        let mut handshake = Handshake::new(&to, limits).unwrap().unwrap();
        let mut socket = Pieces(input, false);
        while let Ok(Progress::Blocked { .. }) = handshake.pump(&mut socket) {}
    };
    for (what, head, text) in [
        ("one header", "HTTP/1.1 200 OK\r\nA: ", "x"),
        ("many headers", "HTTP/1.1 200 OK\r\n", "A: 0123456789abcdef\r\n"),
    ] {
        grows("the proxy's answer", what, |length| [head.as_bytes(), &repeated(text)(length)].concat(), shake);
    }
}

#[test]
fn gzip_in_pieces() {
    // Stored blocks of one byte each, and one that unpacks to a thousand times its length.
    let head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    let blocks = |length| [&head[..], &b"\0\x01\0\xfe\xffx".repeat(length / 6)].concat();
    let name = |length| [&b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"[..], &vec![b'x'; length]].concat();
    let unpack = |input: &Vec<u8>| {
        let (mut gunzip, mut length) = (Gunzip::new(), 0);
        for piece in pieces(input) {
            gunzip.push(piece);
            while let Ok(Some(content)) = gunzip.next() {
                length += content.len();
            }
        }
        length
    };
    grows("gzip", "small blocks", blocks, unpack);
    grows("gzip", "a name without end", name, unpack);
}

#[test]
fn archives_in_pieces() {
    let header = |kind: u8, size: usize| {
        let mut entry = TarEntry::file("f", 0);
        entry.size = size as u64;
        let mut block = TarWriter::new().entry(&entry).unwrap().to_vec();
        // Another kind has another sum.
        block[156] = kind;
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    };
    let record = |kind: u8, content: &[u8]| {
        let mut all = header(kind, content.len());
        all.extend_from_slice(content);
        all.resize(all.len().next_multiple_of(512), 0);
        all
    };
    let read = |input: &Vec<u8>| {
        let (mut reader, mut count) = (TarReader::new(), 0);
        let mut extract = Extract::new(b"f", b"f").unwrap();
        for piece in pieces(input) {
            reader.push(piece);
            while let Some(Ok(event)) = reader.next() {
                count += usize::from(extract.take(event).is_ok());
            }
        }
        count
    };
    let many = |part: Vec<u8>| move |length: usize| part.repeat(length / part.len());
    grows("the archive", "empty files", many(header(b'0', 0)), read);
    grows("the archive", "small files", many(record(b'0', b"x")), read);
    grows("the archive", "long names", many([record(b'L', &[b'f'; 3000]), header(b'0', 0)].concat()), read);
    grows("the archive", "records", many(record(b'x', &b"6 a=b\n".repeat(1000))), read);
    grows("the archive", "one file", |length| record(b'0', &vec![b'x'; length]), read);
}

#[test]
fn frames_in_pieces() {
    let read = |input: &Vec<u8>| {
        let mut socket = WebSocket::client(Random::new(1), WebSocketLimits::default());
        let (mut buf, mut count) = (BytesMut::new(), 0);
        for piece in pieces(input) {
            buf.extend_from_slice(&piece);
            while socket.receive(&mut buf, false).is_some() {
                count += 1;
            }
        }
        (count, socket.transmit())
    };
    let frames = |head: &'static [u8], frame: &'static [u8]| {
        move |length: usize| [head, &frame.repeat(length / frame.len())].concat()
    };
    grows("WebSocket", "empty messages", frames(b"", b"\x82\x00"), read);
    grows("WebSocket", "a message in empty frames", frames(b"\x02\x00", b"\x00\x00"), read);
    grows("WebSocket", "a message in small frames", frames(b"\x02\x00", b"\x00\x01x"), read);
    grows("WebSocket", "pings", frames(b"", b"\x89\x01x"), read);
    grows("WebSocket", "one text", frames(b"\x81\x7f\x00\x00\x00\x00\x01\x00\x00\x00", "\u{e9}".as_bytes()), read);
    let send = |data: &Vec<u8>| {
        let mut socket = WebSocket::client(Random::new(1), WebSocketLimits::default());
        for piece in pieces(data) {
            socket.send(Kind::Binary, &[&piece]).unwrap();
        }
        std::iter::from_fn(|| socket.transmit()).map(|bytes| bytes.len()).sum::<usize>()
    };
    grows("WebSocket, sending", "small messages", repeated("x"), send);
}

#[test]
fn manifests() {
    let read = |text: &String| kube_proto::manifest::read(text).filter(Result::is_ok).count();
    for (what, part) in
        [
            (
                "manifests",
                Box::new(|n| format!("---\n{{apiVersion: v1, kind: A, metadata: {{name: a{n}}}}}\n"))
                    as Box<dyn Fn(usize) -> String>,
            ),
            ("parts that are no manifests", Box::new(|_| "---\n7\n".to_owned())),
            (
                "items of a list",
                Box::new(|n| {
                    if n == 0 { "apiVersion: v1\nkind: AList\nitems:\n".to_owned() } else { format!("- a: {n}\n") }
                }),
            ),
            (
                "lists of a list",
                Box::new(|n| {
                    if n == 0 {
                        "apiVersion: v1\nkind: List\nitems:\n".to_owned()
                    } else {
                        "- {apiVersion: v1, kind: AList, items: [{}]}\n".to_owned()
                    }
                }),
            ),
        ]
    {
        grows("the reader of manifests", what, numbered(part), read);
    }
}

fn yaml_documents() {
    let read = |text: &String| yaml::documents(text.as_bytes()).filter(Result::is_ok).count();
    for (what, part) in [
        ("keys", Box::new(|n| format!("a{n}: b\n")) as Box<dyn Fn(usize) -> String>),
        ("documents", Box::new(|n| format!("---\na{n}: b\n"))),
        ("broken documents", Box::new(|_| "---\n[a\n".to_owned())),
        ("lists", Box::new(|n| format!("- a{n}\n"))),
        ("comments", Box::new(|n| format!("# {n}\n"))),
        ("anchors", Box::new(|n| format!("- &a{n} b\n- *a{n}\n"))),
        ("merges", Box::new(|n| format!("- &a{n} {{b: 1}}\n- <<: *a{n}\n"))),
        ("lines of a block", Box::new(|n| if n == 0 { "a: |\n".to_owned() } else { format!("  {n}\n") })),
        ("lines of a plain text", Box::new(|n| if n == 0 { "a: b\n".to_owned() } else { format!("  b{n}\n") })),
        ("quotes", Box::new(|n| if n == 0 { "a: \"".to_owned() } else { format!("\\n{n}\n  ") })),
        ("a flow list", Box::new(|n| if n == 0 { "a: [".to_owned() } else { format!("{n}, ") })),
        ("JSON documents", Box::new(|n| format!("{{\"a\": {n}}}\n"))),
        ("spaces", Box::new(|_| "                ".to_owned())),
    ] {
        grows("YAML", what, numbered(part), read);
    }
    let value = |length| json!({"a": "x\u{1b}é\n".repeat(length / 5), "b": vec!["<&>"; length / 5]});
    grows("the writer of YAML", "texts and lists", value, |value| yaml::to_string(value).len());
}

#[test]
fn kubeconfigs() {
    let named = |of: &'static str, what: &'static str| move |n| format!("{of}{{\"name\":\"n{n}\",\"{what}\":{{}}}}");
    for (list, what) in [("users", "user"), ("clusters", "cluster"), ("contexts", "context")] {
        let entries = |length| {
            let entries = numbered(named(",", what))(length);
            format!("{{\"{list}\":[{}]}}", entries.trim_start_matches(','))
        };
        grows("the kubeconfig", list, entries, |text| Kubeconfig::parse(text.as_bytes()).unwrap().to_yaml().len());
    }
    let extensions = |length| {
        let entries = numbered(|n| format!(",{{\"name\":\"n{n}\",\"extension\":{n}}}"))(length);
        format!("{{\"extensions\":[{}]}}", entries.trim_start_matches(','))
    };
    grows("the kubeconfig", "extensions", extensions, |text| {
        Kubeconfig::parse(text.as_bytes()).unwrap().to_json().len()
    });
}

#[test]
fn error_answers() {
    let head =
        |media: &str| Response::builder().status(422).header("content-type", media).body(()).unwrap().into_parts().0;
    let (json_head, html_head) = (head("application/json"), head("text/html"));
    let causes = numbered(|n| format!(",{{\"field\":\"f{n}\",\"message\":\"m\"}}"));
    let status = |length| {
        let causes = causes(length);
        format!(
            "{{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Invalid\",\"code\":422,\"details\":{{\"causes\":[{}]}}}}",
            causes.trim_start_matches(',')
        )
    };
    grows("a status", "causes", status, |text| status_document(text.as_bytes()).unwrap().kubectl_message().len());
    grows("a status in a success", "causes", status, |text| failure_in_success(&json_head, text.as_bytes()).is_some());
    let shown = |head: &http::response::Parts, text: &str| {
        error_from_body(head, text.as_bytes(), false, &Attempt::default()).status.to_string().len()
    };
    grows("an error", "causes", status, |text| shown(&json_head, text));
    for text in ["<", "<title", "<title>", "</title", "&", "\n", "é"] {
        let page = |length: usize| format!("<{}", text.repeat(length / text.len()));
        grows("an error page", text, page, |text| shown(&html_head, text));
    }
    let table = |length| {
        let rows = numbered(|n| format!(",{{\"cells\":[\"c{n}\"]}}"))(length);
        let rows = rows.trim_start_matches(',');
        format!("{{\"columnDefinitions\":[{{\"name\":\"A\",\"type\":\"string\"}}],\"rows\":[{rows}]}}")
    };
    grows("a table", "rows", table, |text| serde_json::from_str::<Table>(text).unwrap().to_text(true).len());
    grows("visible text", "escapes", |length| "\u{1b}\r\n".repeat(length / 3), |text| visible(text).len());
}

#[test]
fn selectors() {
    let labels = |text: &String| text.parse::<LabelSelector>().is_ok();
    grows("the labels", "requirements", |length| numbered(|n| format!("a{n}=b,"))(length) + "z", labels);
    grows("the labels", "a set", |length| format!("a in ({}z)", numbered(|n| format!("v{n},"))(length)), labels);
    for text in ["(", "!", ",", " ", "a"] {
        grows("the labels", text, |length| text.repeat(length), labels);
    }
    let fields = |text: &String| text.parse::<FieldSelector>().is_ok();
    grows("the fields", "requirements", |length| numbered(|n| format!("a{n}=b,"))(length) + "z=b", fields);
    grows("the fields", "escapes", |length| format!("a={}", "\\\\".repeat(length / 2)), fields);
}

#[test]
fn credentials() {
    let printed = |length| {
        let (kind, version) = ("ExecCredential", "client.authentication.k8s.io/v1");
        json!({"kind": kind, "apiVersion": version, "status": {"token": "t".repeat(length)}}).to_string()
    };
    grows("a plugin's output", "a token", printed, |text| {
        parse_exec_credential(text.as_bytes(), ExecApiVersion::V1).is_ok()
    });
    let members = numbered(|n| format!("\"a{n}\":\"b\","));
    let document = |length| format!("{{{}\"id_token\":\"a.b.c\",\"token_endpoint\":\"https://a/\"}}", members(length));
    grows("the tokens", "members", document, |text| TokenResponse::parse(text.as_bytes()).is_ok());
    grows("the issuer", "members", document, |text| IssuerMetadata::parse(text.as_bytes()).is_ok());
    grows("the issuer's error", "members", document, |text| TokenError::parse(text.as_bytes()).text.len());
    for text in [".", "a", "a.", "="] {
        grows(
            "a token's times",
            text,
            |length| Secret::from(text.repeat(length / text.len())),
            |token| TokenTimes::of(token).expires.is_some(),
        );
    }
}

#[test]
fn spdy_in_pieces() {
    let data = |length: usize| b"\0\0\0\x01\0\0\0\x02hi".repeat(length / 10);
    let pings = |length: usize| b"\x80\x03\0\x06\0\0\0\x04\0\0\0\x01".repeat(length / 12);
    let long = |length: usize| {
        let [_, a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
        [&[0, 0, 0, 1, 0, a, b, c], &vec![b'x'; length][..]].concat()
    };
    // One stream after the other, or one whose headers have all the bytes.
    let streams = |length: usize| {
        let mut client = Session::client(Limits { streams: usize::MAX, ..Limits::default() });
        (0..length / 30).for_each(|_| _ = client.open(&[], false).unwrap());
        client.take(usize::MAX).unwrap().to_vec()
    };
    let headers = |length: usize| {
        let mut client = Session::client(Limits::default());
        client.open(&[("long", &"x".repeat(length))], false).unwrap();
        client.take(usize::MAX).unwrap().to_vec()
    };
    let read = |input: &Vec<u8>| {
        let mut server = Session::server(Limits { streams: usize::MAX, unsent: usize::MAX, ..Limits::default() });
        let mut count = 0;
        for piece in pieces(input) {
            server.receive(&piece);
            while let Ok(Next::Event(event)) = server.next(|_| usize::MAX) {
                count += 1;
                if let Event::Opened(stream, _) = event {
                    server.reply(stream);
                }
            }
        }
        count
    };
    grows("SPDY", "frames of no stream", data, read);
    grows("SPDY", "pings", pings, read);
    grows("SPDY", "one frame", long, read);
    grows("SPDY", "streams", streams, read);
    grows("SPDY", "headers", headers, read);
}

#[test]
fn logs_and_channels_in_pieces() {
    let short = |length: usize| b"2026-01-01T00:00:00.000000001Z a line\n".repeat(length / 38);
    let long = |length: usize| vec![b'x'; length];
    let newlines = |length: usize| vec![b'\n'; length];
    let split = |input: &Vec<u8>| {
        let (mut split, mut count) = (Split::new(1000), 0);
        for piece in pieces(input) {
            split.push(piece);
            count += std::iter::from_fn(|| split.next()).count();
        }
        count + std::iter::from_fn(|| split.finish()).count()
    };
    grows("logs", "lines", short, split);
    grows("logs", "one line", long, split);
    grows("logs", "newlines", newlines, split);
    let read = |input: &Vec<u8>| read_messages(pieces(input).map(|piece| (piece, true))).0.len();
    grows("channels", "data", |length| vec![0; length], read);
    grows("channels", "reports", |length| vec![1; length], read);
}

#[test]
fn schemas() {
    let read = |schema: &String| Schema::from_value(&kube_proto::json::from_str(schema).unwrap()).is_ok();
    let properties = |length: usize| {
        format!(
            "{{\"properties\":{{{}\"z\":{{}}}}}}",
            numbered(|n| format!("\"p{n}\":{{\"type\":\"string\"}},"))(length)
        )
    };
    let any =
        |length: usize| format!("{{\"anyOf\":[{}{{}}]}}", numbered(|n| format!("{{\"minLength\":{n}}},"))(length));
    grows("schemas", "properties", properties, read);
    grows("schemas", "anyOf", any, read);
    let list = |part: fn(usize) -> String| {
        move |length: usize| -> Value {
            let text = numbered(part)(length);
            kube_proto::json::from_str(&format!("{{\"l\":[{}]}}", text.trim_end_matches(','))).unwrap()
        }
    };
    let lists = |kind: &str, items: Value| {
        json!({"type": "object", "properties": {"l": {
            "type": "array", "x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": ["k"], "items": items,
        }}})
    };
    let object =
        json!({"type": "object", "properties": {"k": {"type": "string"}, "n": {"type": "integer", "default": 1}}});
    for (what, schema, part) in [
        ("a set", lists("set", json!({"type": "integer"})), (|n| format!("{n},")) as fn(usize) -> String),
        ("a set of one value", lists("set", json!({"type": "integer"})), |_| "7,".to_owned()),
        ("a map", lists("map", object.clone()), |n| format!("{{\"k\":\"{n}\"}},")),
        ("wrong values", lists("atomic", json!({"type": "integer"})), |n| format!("\"{n}\",")),
        ("unknown members", lists("atomic", object.clone()), |n| format!("{{\"x{n}\":1}},")),
        ("patterns", lists("atomic", json!({"type": "string", "pattern": "^(a|a)*b$"})), |_| {
            "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",".to_owned()
        }),
    ] {
        let schema = Schema::of_resource(&schema).unwrap();
        grows("validation", what, list(part), |value: &Value| schema.validate_update(value, value).errors().len());
    }
    let one = Schema::of_resource(&json!({"properties": {"t": {"type": "string", "pattern": "^(a*)*b"}}})).unwrap();
    let text = |length: usize| json!({"t": "a".repeat(length)});
    grows("validation", "one text", text, |value: &Value| one.validate(value).errors().len());
    for text in ["a", "[a-z]", "(", "\\Q", "[[:alpha:]", "a{2}", "{", "\\x{41}", "(?i:"] {
        grows(
            "patterns",
            text,
            |length| repeated(text)(length.min(16 << 10)),
            |pattern: &Vec<u8>| is_match(std::str::from_utf8(pattern).unwrap(), "a"),
        );
    }
}

#[test]
fn openapi_documents() {
    let read = |document: &String| {
        let document = OpenApi::from_slice(document.as_bytes()).unwrap();
        document.names().filter(|name| document.definition(name).is_some_and(|one| one.is_ok())).count()
    };
    let kind = |n: usize| {
        format!("\"x-kubernetes-group-version-kind\":[{{\"group\":\"\",\"version\":\"v1\",\"kind\":\"K{n}\"}}]")
    };
    let schemas = |length: usize| {
        let all = numbered(|n| format!("\"d{n}\":{{\"type\":\"object\",{}}},", kind(n)))(length);
        format!("{{\"components\":{{\"schemas\":{{{}}}}}}}", all.trim_end_matches(','))
    };
    let paths = |length: usize| {
        let all =
            numbered(|n| format!("\"/api/v1/r{n}\":{{\"get\":{{{}}}}},", kind(n).replace(['[', ']'], "")))(length);
        format!("{{\"paths\":{{{}}}}}", all.trim_end_matches(','))
    };
    grows("OpenAPI", "schemas", schemas, read);
    grows("OpenAPI", "paths", paths, read);
}

#[test]
fn expressions() {
    let object = json!({"n": [1, 2, 3], "t": "text"});
    for part in [
        "!",
        "(",
        "[",
        "{",
        "-",
        "a.",
        "a+",
        "a&&",
        "a?b:",
        "'\\x41'+",
        "self.n.all(x, x>0)&&",
        "has(self.t)||",
        "// a\n",
        "\"\"\"",
    ] {
        grows(
            "CEL",
            part,
            |length| format!("{}true", part.repeat((length / 8).min((60 << 10) - part.len()) / part.len())),
            |text: &String| Expression::parse(text).and_then(|it| it.evaluate(&[("self", &object)])).is_ok(),
        );
    }
    let object = |length: usize| json!({"n": vec![1; length / 16], "t": "a".repeat(length)});
    for text in [
        "self.n.all(x, x > 0)",
        "self.n.map(x, x + 1).size()",
        "self.t.matches('^(a|a)*b$')",
        "self.t + self.t",
        "self.n == self.n",
    ] {
        let expression = Expression::parse(text).unwrap();
        grows("CEL", text, object, |object: &Value| expression.evaluate(&[("self", object)]).is_ok());
    }
}

#[test]
fn templates() {
    // A template has a limit, and so has what it visits: no shape goes beyond them here.
    for part in [
        "{.a}",
        "{",
        "[",
        "{.a[",
        "text",
        "{['a','b']}",
        "{[?(@.a==1)]}",
        "{range @}{end}",
        "{\"a\"}",
        "{\"\\x41\"}",
        "{.a\\.b}",
        "{'",
    ] {
        grows(
            "JSONPath",
            part,
            |length| part.repeat((length / 8).min(TEMPLATE - part.len()) / part.len()),
            |template: &String| JsonPath::parse(template).is_ok(),
        );
    }
    let object =
        |length: usize| json!({"items": (0..length / 16).map(|n| json!({"n": n, "t": "text"})).collect::<Vec<_>>()});
    for template in [
        "{.items[*].n}",
        "{..n}",
        "{range .items[*]}{.n}{end}",
        "{.items[?(@.n>7)].t}",
        "{.items}",
        "{.items[::2]['n','t']}",
    ] {
        let path = JsonPath::parse(template).unwrap();
        grows("JSONPath", template, object, |object: &Value| path.print(object).unwrap().len());
    }
}

/// The test of each fuzz target's parser.
const TARGETS: &[(&str, fn())] = &[
    ("cel", expressions),
    ("certificate", certificates),
    ("chunked", answers_in_pieces),
    ("documents", documents_in_pieces),
    ("exec_credential", credentials),
    ("flight", recordings),
    ("forward_channels", logs_and_channels_in_pieces),
    ("gzip", gzip_in_pieces),
    ("http_head", answers_in_pieces),
    ("http_request", requests_in_pieces),
    ("json", json_documents),
    ("jsonpath", templates),
    ("kubeconfig", kubeconfigs),
    ("lines", lines_and_items_in_pieces),
    ("list_items", lines_and_items_in_pieces),
    ("log_lines", logs_and_channels_in_pieces),
    ("manifest", manifests),
    ("openapi", openapi_documents),
    ("pattern", schemas),
    ("protobuf", protobuf_documents),
    ("protobuf_frames", protobuf_documents),
    ("proxy", proxies_in_pieces),
    ("review", changes_of_a_webhook),
    ("schema", schemas),
    ("selectors", selectors),
    ("spdy", spdy_in_pieces),
    ("status_body", error_answers),
    ("tar", archives_in_pieces),
    ("tokens", credentials),
    ("warnings", warnings),
    ("watch_event", events_and_objects),
    ("websocket", frames_in_pieces),
    ("yaml", yaml_documents),
];

#[test]
fn each_fuzz_target_has_a_test_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/fuzz_targets");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut targets: Vec<_> = files.filter_map(|file| file.strip_suffix(".rs").map(str::to_owned)).collect();
    targets.sort();
    let tested: Vec<_> = TARGETS.iter().map(|(target, _)| *target).collect();
    assert_eq!(targets, tested, "each fuzz target needs a row of TARGETS, and its parser a test with `grows`");
}
