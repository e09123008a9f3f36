//! Servers that lie, drip, flood and break off, as a list: each with what a client must make of it.
//!
//! A case is bytes that a server says after it has read a request's head. Whatever the transport, the call must end with
//! one clear error (or, where that is right, a result), hold no more than the stated bound, and never hang: the server
//! keeps the connection open until the client closes it.
//!
//! A transport names its [`Client`] in [`hostile!`](crate::hostile!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kube_proto::config::Config;
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::session::{RetryPolicy, Settings};
use kube_proto::{Api, Error, ErrorKind, FaultKind, Reach};

use crate::blocking::{Client, made};

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! hostile {
    ($client:ty) => {
        $crate::hostile!(
            $client:
            every_hostile_server_is_an_error_in_one_line,
            closing_at_every_byte_of_an_answer_is_an_error,
            a_head_that_drips_ends_with_its_deadline,
            where_nobody_listens_the_connection_is_refused,
        );
    };
    ($client:ty: $($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                $crate::hostile::$name::<$client>();
            }
        )*
    };
}

/// What a server says.
#[derive(Clone, Debug)]
pub enum Say {
    /// These bytes, once.
    Once(Vec<u8>),
    /// These bytes, over and over, until the client closes.
    Endless(Vec<u8>),
    /// These bytes one by one, with this pause after each.
    Drip(Vec<u8>, Duration),
    /// Closes the connection. Without it the server stays, silent.
    Close,
}

/// What must come of it.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// An error whose text holds this; nothing is asked of texts that each transport's HTTP words for itself.
    Error(&'static str),
    /// A result.
    Success,
}

/// One hostile server.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub says: Vec<Say>,
    /// What a client's GET of one object must make of it.
    pub get: Expect,
    /// What a client's list of objects must make of it.
    pub list: Expect,
    /// The most bytes that the client may take before it gives up.
    pub most: u64,
}

/// All of them.
#[must_use]
pub fn cases() -> Vec<Case> {
    use Expect::{Error, Success};
    use Say::{Close, Drip, Endless, Once};
    let chunked = |text: &str| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        Once([head.as_bytes(), &chunk(text)].concat())
    };
    let items = r#"{"metadata":{"name":"a"}},"#.repeat(100);
    let text = |text: &str| Once(text.as_bytes().to_vec());
    let json = |body: &[u8]| {
        let mut all = ok(body.len()).into_bytes();
        all.extend_from_slice(body);
        Once(all)
    };
    let nested = format!(r#"{{"items":[{{"a":{}{}}}]}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let both = |name, says, error, most| Case { name, says, get: Error(error), list: Error(error), most };
    vec![
        both("closed without a word", vec![Close], "", SMALL),
        both("a head that is cut off", vec![text("HTTP/1.1 200 OK\r\nContent-Ty"), Close], "", SMALL),
        both("a head without end", vec![text("HTTP/1.1 200 OK\r\n"), Endless(b"X-A: b\r\n".to_vec())], "", HEAD),
        both("one header without end", vec![text("HTTP/1.1 200 OK\r\nX: "), Endless(b"x".repeat(1024))], "", HEAD),
        both("no HTTP at all", vec![text("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"), Close], "", SMALL),
        both(
            "lengths that differ",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x")],
            "",
            SMALL,
        ),
        both(
            "a length beside chunks",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
            "",
            SMALL,
        ),
        both(
            "a body shorter than its length",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":["), Close],
            "",
            SMALL,
        ),
        both(
            "a chunk's line without end",
            vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Endless(b"0".repeat(1024))],
            "",
            HEAD,
        ),
        both(
            "a chunk's size that overflows",
            vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")],
            "",
            SMALL,
        ),
        both("1xx without end", vec![Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())], "", HEAD),
        both("a 101 that nobody asked for", vec![text("HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n")], "", SMALL),
        both("text that is not UTF-8", vec![json(b"{\"metadata\":{\"name\":\"\xff\xfe\"}}")], "", SMALL),
        both("HTML with status 200", vec![json(b"<html><body>Please log in</body></html>")], "Please log in", SMALL),
        Case {
            name: "brackets nested 200,000 deep",
            says: vec![json(nested.as_bytes())],
            get: Error("recursion limit"),
            list: Error("recursion limit"),
            most: 1 << 20,
        },
        Case {
            name: "a document of 2 GiB announced",
            says: vec![announced("{\"metadata\":{\"a\":\""), Endless(b"x".repeat(4096))],
            get: Error("the response is larger than the limit of 8388608 bytes"),
            list: Error("the response as a whole is larger than the limit of 33554432 bytes"),
            most: SOCKET,
        },
        both(
            "a document without end",
            vec![chunked("{\"metadata\":{\"a\":\""), Endless(chunk(&"x".repeat(4096)))],
            "is larger than the limit of 8388608 bytes",
            SOCKET + (8 << 20),
        ),
        Case {
            name: "a list of 2 GiB announced",
            says: vec![announced("{\"items\":["), Endless(items.clone().into_bytes())],
            get: Error("the response is larger than the limit of 8388608 bytes"),
            list: Error("the response as a whole is larger than the limit of 33554432 bytes"),
            most: SOCKET,
        },
        Case {
            name: "a list without end",
            says: vec![chunked("{\"items\":["), Endless(chunk(&items))],
            get: Error("the response is larger than the limit of 8388608 bytes"),
            list: Error("the response as a whole is larger than the limit of 33554432 bytes"),
            most: SOCKET + (33 << 20),
        },
        Case {
            name: "an item without end",
            says: vec![chunked("{\"items\":[{\"a\":\""), Endless(chunk(&"x".repeat(4096)))],
            get: Error("the response is larger than the limit of 8388608 bytes"),
            list: Error("is larger than the limit of 4194304 bytes"),
            most: SOCKET + (8 << 20),
        },
        both(
            "an error message of 50 MB",
            vec![text("HTTP/1.1 500 X\r\nContent-Length: 52428800\r\n\r\n"), Endless(b"boom ".repeat(1000))],
            "boom",
            SOCKET,
        ),
        both(
            "an error message that never ends",
            vec![text("HTTP/1.1 403 X\r\nContent-Length: 1000\r\n\r\nno, because")],
            "no, because",
            SMALL,
        ),
        both(
            "gzip that is cut off",
            vec![coded("gzip", GZIP.get(..20).unwrap_or_default())],
            "ends in the middle",
            SMALL,
        ),
        both("gzip that is none", vec![coded("gzip", b"{\"items\":[]}")], "said to be gzip, and is not", SMALL),
        both(
            "gzip and something after it",
            vec![coded("gzip", &[GZIP, b"{}"].concat())],
            "followed by something",
            SMALL,
        ),
        both("a coding that nobody asked for", vec![coded("br", GZIP)], "which nobody asked for", SMALL),
        Case {
            name: "gzip in single bytes",
            says: vec![match coded("gzip", GZIP) {
                Once(bytes) => Drip(bytes, Duration::ZERO),
                other => other,
            }],
            get: Success,
            list: Success,
            most: SMALL,
        },
        Case {
            name: "an answer in single bytes",
            says: vec![Drip([ok(12).as_bytes(), br#"{"items":[]}"#].concat(), Duration::ZERO)],
            get: Success,
            list: Success,
            most: SMALL,
        },
    ]
}

/// An answer with a body in this coding.
fn coded(coding: &str, body: &[u8]) -> Say {
    let head = ok(body.len()).replace("\r\n\r\n", &format!("\r\nContent-Encoding: {coding}\r\n\r\n"));
    Say::Once([head.as_bytes(), body].concat())
}

/// The head of an answer of 2 GiB, and its first bytes.
fn announced(text: &str) -> Say {
    Say::Once((ok(2 << 30) + text).into_bytes())
}

/// One chunk.
fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// The head of an answer with a JSON body of this length.
#[must_use]
pub fn ok(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n")
}

/// A client with limits that are soon reached, and no second try.
fn client<C: Client>(port: u16, change: impl FnOnce(&mut Settings)) -> C {
    let mut settings = Settings::default();
    settings.retry = RetryPolicy::NEVER;
    (settings.limits.item, settings.limits.document, settings.limits.answer) = (4 << 20, 8 << 20, 32 << 20);
    change(&mut settings);
    made(Config::new(&format!("http://127.0.0.1:{port}")).unwrap(), settings)
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

fn check<T>(case: &Case, what: &str, expect: Expect, result: Result<T, Error>) {
    match (expect, result) {
        (Expect::Success, Ok(_)) => {}
        (Expect::Error(says), Err(error)) => {
            let text = error.to_string();
            assert!(text.contains(says), "{}, {what}: {text}", case.name);
            assert!(text.starts_with(&format!("{what} pods ")), "{}, {what}: {text}", case.name);
            assert!(text.len() < 4 << 10 && !text.contains('\n'), "{}, {what}: {text}", case.name);
            println!("{} ({what}): {text}", case.name);
        }
        (expect, result) => panic!("{}, {what}: expected {expect:?}, found {:?}", case.name, result.map(|_| "success")),
    }
}

/// All [`cases`], with a GET and with a list.
pub fn every_hostile_server_is_an_error_in_one_line<C: Client>() {
    for case in cases() {
        let server = Server::start(case.says.clone()).unwrap();
        check(&case, "get", case.get, client::<C>(server.port(), |_| {}).call(pods().get("a")));
        assert!(server.said() <= case.most, "{}: took {} bytes", case.name, server.said());
        drop(server);
        let server = Server::start(case.says.clone()).unwrap();
        check(&case, "list", case.list, client::<C>(server.port(), |_| {}).call(pods().list(&Default::default())));
        assert!(server.said() <= case.most, "{}: took {} bytes", case.name, server.said());
    }
}

/// However much of an answer there was.
pub fn closing_at_every_byte_of_an_answer_is_an_error<C: Client>() {
    let body = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#;
    let whole = ok(body.len()) + body;
    for cut in 0..whole.len() {
        let server = Server::start(vec![Say::Once(whole.as_bytes()[..cut].to_vec()), Say::Close]).unwrap();
        let error = client::<C>(server.port(), |_| {}).call(pods().get("a")).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    let server = Server::start(vec![Say::Once(whole.into_bytes()), Say::Close]).unwrap();
    client::<C>(server.port(), |_| {}).call(pods().get("a")).unwrap();
}

/// That something comes is not enough.
pub fn a_head_that_drips_ends_with_its_deadline<C: Client>() {
    let drip = Say::Drip(b"HTTP/1.1 200 OK\r\nX: ".repeat(100), Duration::from_millis(20));
    let server = Server::start(vec![drip]).unwrap();
    let client: C = client(server.port(), |settings| settings.call.head = Duration::from_millis(200));
    let error = client.call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("no response within 200ms"), "{error}");
}

/// Said in words that help, and nothing was sent.
pub fn where_nobody_listens_the_connection_is_refused<C: Client>() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = client::<C>(port, |_| {}).call(pods().get("a")).unwrap_err();
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert_eq!((fault.kind, fault.reach), (FaultKind::Refused, Reach::NotSent));
    let text = error.to_string();
    assert!(text.starts_with(&format!("get pods \"a\" in namespace \"default\": http://127.0.0.1:{port}: ")), "{text}");
    assert!(text.to_lowercase().contains("connection refused"), "{text}");
    assert!(text.ends_with("; did you specify the right host and port, and is the server running?"), "{text}");
}

/// A server that does to every connection what its case says. Dropped, it ends.
#[derive(Debug)]
pub struct Server {
    port: u16,
    said: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
    listener: Arc<TcpListener>,
}

impl Server {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// The system has no port to give.
    pub fn start(says: Vec<Say>) -> std::io::Result<Self> {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
        let port = listener.local_addr()?.port();
        let said = Arc::<AtomicU64>::default();
        let (accepts, counts) = (Arc::clone(&listener), Arc::clone(&said));
        let thread = std::thread::spawn(move || {
            for socket in accepts.incoming() {
                let Ok(socket) = socket else { return };
                let (says, said) = (says.clone(), Arc::clone(&counts));
                match socket.peer_addr() {
                    // The drop's own knock on the door.
                    Ok(_) if Arc::strong_count(&accepts) == 1 => return,
                    _ => {
                        std::thread::spawn(move || serve(socket, &says, &said));
                    }
                }
            }
        });
        Ok(Self { port, said, thread: Some(thread), listener })
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many bytes clients have taken so far; what lies in the system's buffers counts too.
    #[must_use]
    pub fn said(&self) -> u64 {
        self.said.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let address = self.listener.local_addr();
        // The thread holds the other reference; with ours gone it takes the next connection for the end.
        if let Ok(other) = TcpListener::bind("127.0.0.1:0") {
            self.listener = Arc::new(other);
        }
        if let (Ok(address), Some(thread)) = (address, self.thread.take()) {
            let _ = TcpStream::connect(address);
            let _ = thread.join();
        }
    }
}

fn serve(mut socket: TcpStream, says: &[Say], said: &AtomicU64) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let say = |socket: &mut TcpStream, bytes: &[u8]| {
        let sent = socket.write_all(bytes).is_ok();
        if sent {
            said.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        sent
    };
    for step in says {
        let goes_on = match step {
            Say::Once(bytes) => say(&mut socket, bytes),
            Say::Endless(bytes) => {
                while say(&mut socket, bytes) {}
                false
            }
            Say::Drip(bytes, pause) => bytes.iter().all(|byte| {
                std::thread::sleep(*pause);
                say(&mut socket, &[*byte])
            }),
            Say::Close => return,
        };
        if !goes_on {
            return;
        }
    }
    // Silent, until the client closes.
    while matches!(socket.read(&mut byte), Ok(1)) {}
}

/// `{"items":[]}`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x2c\x49\xcd\x2d\x56\xb2\x8a\x8e\xad\x05\x00\x1d\x1f\x43\xea\x0c\x00\x00\x00";

/// A bound for what is refused at once. The system's buffers are not the client's memory, but they are counted.
const SMALL: u64 = 64 << 10;
/// What the buffers of two sockets may swallow unread.
const SOCKET: u64 = 16 << 20;
/// A bound for what is refused at the limit of a head: that limit, and what lies in the sockets.
const HEAD: u64 = SOCKET;
