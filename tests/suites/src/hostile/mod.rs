//! Servers that lie, drip, flood and break off: a list of cases, each with the result that a client must have.
//!
//! A case is the bytes that a server sends after it has read a request's head. On every transport, the call must end
//! with one clear error (or, where that is right, a result), hold no more than the stated bound, and never hang: the
//! server keeps the connection open until the client closes it.
//!
//! A transport names its [`Client`] in [`hostile!`](crate::hostile!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod cases;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kube_proto::config::Config;
use kube_proto::driver::{FaultKind, Reach};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::{RetryPolicy, Settings};
use kube_proto::{Api, Error, ErrorKind};

pub use cases::cases;

use crate::blocking::{Client, made};
use crate::scripted::ClosedPort;

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! hostile {
    ($client:ty) => {
        $crate::tests_of!(
            hostile, $client:
            every_hostile_server_is_an_error_in_one_line,
            closing_at_every_byte_of_an_answer_is_an_error,
            a_head_that_drips_ends_with_its_deadline,
            a_closed_port_refuses_the_connection,
        );
    };
}

/// A step of a server.
#[derive(Clone, Debug)]
pub enum Say {
    /// These bytes, once.
    Once(Vec<u8>),
    /// These bytes, over and over, until the client closes.
    Endless(Vec<u8>),
    /// An answer in valid HTTP: servers of other HTTP versions can send it, too.
    Answer(Answer),
    /// These bytes one by one, with this pause after each.
    Drip(Vec<u8>, Duration),
    /// Closes the connection. Without it the server stays, silent.
    Close,
}

/// An answer of which only the body is hostile.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub code: u16,
    /// `Content-Encoding`.
    pub coding: Option<&'static str>,
    /// The length in its head, if any.
    pub length: Option<u64>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// Bytes that follow over and over, until the client closes.
    pub endless: Vec<u8>,
}

impl Answer {
    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(self.coding.map(|coding| ("content-encoding", coding.to_owned())));
        headers.extend(self.length.map(|length| ("content-length", length.to_string())));
        headers
    }

    /// Whether the body ends, and has the announced length.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.endless.is_empty() && self.length.is_none_or(|length| length == self.body.len() as u64)
    }

    /// The answer in HTTP/1.1: its bytes up to the endless part, and the endless part.
    #[must_use]
    pub fn http1(&self) -> (Vec<u8>, Vec<u8>) {
        let framed = |bytes: &[u8]| match self.length {
            Some(_) => bytes.to_vec(),
            None => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
        };
        let mut head = format!("HTTP/1.1 {} X\r\n", self.code);
        for (name, value) in self.headers() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(if self.length.is_none() { "transfer-encoding: chunked\r\n\r\n" } else { "\r\n" });
        let mut all = [head.into_bytes(), framed(&self.body)].concat();
        if self.length.is_none() && self.endless.is_empty() {
            all.extend_from_slice(b"0\r\n\r\n");
        }
        (all, framed(&self.endless))
    }
}

/// The result that a client must have.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// An error whose text contains this. Each transport has its own texts for errors of HTTP, so those cases leave it
    /// empty.
    Error(&'static str),
    /// A result.
    Success,
}

/// One hostile server.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Its steps.
    pub says: Vec<Say>,
    /// The result of a GET of one object.
    pub get: Expect,
    /// The result of a list of objects.
    pub list: Expect,
    /// The result of a watch of objects.
    pub watch: Expect,
    /// The most bytes that the client may take before it gives up.
    pub most: u64,
}

/// The head of an answer with a JSON body of this length.
#[must_use]
pub fn ok(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n")
}

/// Settings with low limits and without retries.
#[must_use]
pub fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.retry = RetryPolicy::NEVER;
    let limits = &mut settings.limits;
    (limits.item, limits.event, limits.document, limits.answer) = (4 << 20, 2 << 20, 8 << 20, 32 << 20);
    settings
}

/// A client with these settings, changed by `change`.
fn client<C: Client>(port: u16, change: impl FnOnce(&mut Settings)) -> C {
    let mut settings = settings();
    change(&mut settings);
    made(Config::new(&format!("http://127.0.0.1:{port}")).unwrap(), settings)
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

/// Checks the result of a call with that verb.
///
/// # Panics
/// The result is another one.
pub fn check<T>(case: &Case, what: &str, expect: Expect, result: Result<T, Error>) {
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

/// All [`cases`], with a GET, a list and a watch.
pub fn every_hostile_server_is_an_error_in_one_line<C: Client>() {
    let one = |case: &Case, what| {
        let server = Server::start(case.says.clone()).unwrap();
        let client: C = client(server.port(), |_| {});
        match what {
            "get" => check(case, what, case.get, client.call(pods().get("a"))),
            "list" => check(case, what, case.list, client.call(pods().list(&Default::default()))),
            _ => {
                let events = client.stream(pods().watch_once(&Default::default()));
                check(case, what, case.watch, events.collect::<Result<Vec<_>, _>>());
            }
        }
        assert!(server.said() <= case.most, "{}, {what}: took {} bytes", case.name, server.said());
    };
    for case in cases() {
        std::thread::scope(|scope| {
            for what in ["get", "list", "watch"] {
                let (case, one) = (&case, &one);
                scope.spawn(move || one(case, what));
            }
        });
    }
}

/// At any byte of the answer.
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

/// The deadline ends the call although bytes keep coming.
pub fn a_head_that_drips_ends_with_its_deadline<C: Client>() {
    let drip = Say::Drip(b"HTTP/1.1 200 OK\r\nX: ".repeat(100), Duration::from_millis(20));
    let server = Server::start(vec![drip]).unwrap();
    let client: C = client(server.port(), |settings| settings.call.head = Duration::from_millis(200));
    let error = client.call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("no response within 200ms"), "{error}");
}

/// The error helps the reader, and nothing was sent.
pub fn a_closed_port_refuses_the_connection<C: Client>() {
    let closed = ClosedPort::new();
    let port = closed.port;
    let error = client::<C>(port, |_| {}).call(pods().get("a")).unwrap_err();
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert_eq!((fault.kind, fault.reach), (FaultKind::Refused, Reach::NotSent));
    let text = error.to_string();
    assert!(text.starts_with(&format!("get pods \"a\" in namespace \"default\": http://127.0.0.1:{port}: ")), "{text}");
    assert!(text.to_lowercase().contains("connection refused"), "{text}");
    assert!(text.ends_with("; did you specify the right host and port, and is the server running?"), "{text}");
}

/// A server that runs these steps on every connection. Dropping it ends it.
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
                    // The connection of the drop, which ends the thread.
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

    /// How many bytes clients have taken so far, including those in the system's buffers.
    #[must_use]
    pub fn said(&self) -> u64 {
        self.said.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let address = self.listener.local_addr();
        // The thread holds the other reference. Once this one is gone, it ends at the next connection.
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
            Say::Answer(answer) => {
                let (once, endless) = answer.http1();
                let said = say(&mut socket, &once);
                if said && !answer.endless.is_empty() {
                    while say(&mut socket, &endless) {}
                }
                said
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
