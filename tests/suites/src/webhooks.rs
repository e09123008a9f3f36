//! Webhooks over real sockets, as a list of tests that every transport runs: reviews, hostile clients, and the stop.
//!
//! A transport names its [`Serve`] in [`webhooks!`](crate::webhooks!). The clients here are plain sockets, and rustls' own
//! client.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use kube_proto::admission::{Answer, Handlers, Review, ServeOptions, mutating, validating, validating_async};
use kube_proto::config::Secret;
use kube_proto::driver::wire::ServerLimits;
use kube_proto::driver::wire::tls::{ServerIdentity, ServerTls};
use kube_proto::resource::DynamicObject;
use kube_test_server::serve::{Authority, Issued};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

/// A webhook server of some transport, on threads of its own.
pub trait Serve {
    /// Serves until the returned function is called. The thread ends when the server has ended.
    fn serve(
        listener: TcpListener,
        tls: Option<ServerTls>,
        handlers: Handlers,
        options: ServeOptions,
    ) -> (Box<dyn Fn() + Send + Sync>, JoinHandle<()>);
}

/// The tests of this module, for one transport's [`Serve`](crate::webhooks::Serve).
#[macro_export]
macro_rules! webhooks {
    ($server:ty) => {
        $crate::tests_of!(
            webhooks, $server:
            reviews_are_answered_on_one_connection,
            a_client_may_ask_before_it_sends_and_send_before_it_is_answered,
            health_and_readiness,
            handlers_that_panic_or_are_late_are_http_500_and_the_server_lives_on,
            what_is_no_review_is_refused_and_the_server_lives_on,
            a_client_may_close_anywhere,
            slow_clients_have_a_deadline,
            idle_connections_do_not_keep_others_out,
            many_clients_at_once,
            a_stop_finishes_what_runs_and_refuses_what_comes,
            a_stop_does_not_wait_for_ever,
            in_tls_with_and_without_a_name,
            certificates_rotate_under_load,
            files_of_the_certificate_are_read_again,
        );
    };
}

/// A server that runs.
struct Running {
    address: SocketAddr,
    stop: Box<dyn Fn() + Send + Sync>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start<S: Serve>(handlers: Handlers, options: ServeOptions, tls: Option<ServerTls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, thread) = S::serve(listener, tls, handlers, options);
        Self { address, stop, thread: Some(thread) }
    }

    fn plain<S: Serve>() -> Self {
        Self::start::<S>(handlers(), ServeOptions::default(), None)
    }

    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).unwrap();
        // No test waits as long: it fails then, and does not hang.
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        socket
    }

    fn join(mut self) {
        (self.stop)();
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        (self.stop)();
    }
}

fn handlers() -> Handlers {
    Handlers::new()
        .at("/allow", validating(|_: Review<DynamicObject>| Answer::allow()))
        .at("/blocking", validating(|_: Review<DynamicObject>| Answer::allow()).blocking())
        .at("/async", validating_async(|_: Review<DynamicObject>| async { Answer::allow() }))
        .at(
            "/label",
            mutating(|mut review: Review<DynamicObject>| {
                review.object.as_mut().unwrap().metadata.labels.insert("a".into(), "b".into());
                review.changed()
            }),
        )
        .at("/panic", validating(|_: Review<DynamicObject>| -> Answer { panic!("a handler that panics") }))
        .at("/never", validating_async(|_: Review<DynamicObject>| std::future::pending::<Answer>()))
}

fn review() -> String {
    json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "u", "operation": "CREATE",
            "object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "future": 1},
        },
    })
    .to_string()
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Status, head and body.
#[derive(Debug)]
struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Response {
    fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Reads one response; `None` if the connection ends before it.
fn response(stream: &mut impl Read) -> Option<Response> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1..) => bytes.push(byte[0]),
            Ok(0) => return None,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                panic!("no response in time")
            }
            Err(_) => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Response { status, head, body: String::from_utf8(body).unwrap() })
}

fn call(stream: &mut (impl Read + Write), request: &str) -> Response {
    stream.write_all(request.as_bytes()).unwrap();
    response(stream).unwrap()
}

/// The server answers on a new connection.
fn lives(server: &Running) {
    assert_eq!(call(&mut server.connect(), &post("/allow", &review())).json()["response"]["allowed"], true);
}

/// Each kind of handler, again and again.
pub fn reviews_are_answered_on_one_connection<S: Serve>() {
    let server = Running::plain::<S>();
    let mut client = server.connect();
    for _ in 0..3 {
        for path in ["/allow", "/blocking", "/async", "/label"] {
            let answer = call(&mut client, &post(&format!("{path}?timeout=10s"), &review()));
            let json = answer.json();
            assert_eq!((&json["response"]["uid"], &json["response"]["allowed"]), (&json!("u"), &json!(true)), "{path}");
            assert_eq!(json["response"].get("patch").is_some(), path == "/label");
            assert!(answer.head.contains("Content-Type: application/json\r\n") && answer.head.contains("Date: "));
        }
    }
    server.join();
}

/// `Expect`, chunks, pipelining, and a half-close.
pub fn a_client_may_ask_before_it_sends_and_send_before_it_is_answered<S: Serve>() {
    let server = Running::plain::<S>();
    let body = review();
    let mut client = server.connect();
    let head = post("/allow", "")
        .replace("Content-Length: 0", &format!("Content-Length: {}\r\nExpect: 100-continue", body.len()));
    assert_eq!(call(&mut client, &head).status, 100);
    assert_eq!(call(&mut client, &body).status, 200);

    let (first, rest) = body.split_at(10);
    let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n", first.len(), rest.len());
    let head = post("/allow", "").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    assert_eq!(call(&mut client, &format!("{head}{chunks}")).status, 200);

    // The responses come in the order of the requests, also if a later one is ready first.
    let all =
        [post("/blocking", &body), post("/nothing", &body), post("/async", &body), post("/allow", &body)].concat();
    client.write_all(all.as_bytes()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let statuses: Vec<u16> = std::iter::from_fn(|| response(&mut client)).map(|response| response.status).collect();
    assert_eq!(statuses, [200, 404, 200, 200]);
    server.join();
}

/// The paths that a kubelet probes.
pub fn health_and_readiness<S: Serve>() {
    let handlers = handlers();
    let readiness = handlers.readiness();
    let server = Running::start::<S>(handlers, ServeOptions::default(), None);
    let mut client = server.connect();
    let mut get = |path: &str| call(&mut client, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).status;
    assert_eq!(
        (get("/healthz"), get("/livez"), get("/readyz"), get("/nothing"), get("/allow")),
        (200, 200, 200, 404, 405)
    );
    readiness.set(false);
    assert_eq!((get("/healthz"), get("/readyz")), (200, 503));
    readiness.set(true);
    server.join();
    assert!(!readiness.is_ready(), "a server that has stopped is not ready");
}

/// The API server applies its `failurePolicy`, and the next review is answered.
pub fn handlers_that_panic_or_are_late_are_http_500_and_the_server_lives_on<S: Serve>() {
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    let handlers = handlers().at(
        "/hangs",
        validating(move |_: Review<DynamicObject>| {
            // Until the end of the test.
            let _ = held.lock().unwrap().recv();
            Answer::allow()
        })
        .blocking(),
    );
    let server = Running::start::<S>(handlers, ServeOptions::default(), None);
    let mut client = server.connect();
    for path in ["/panic", "/never?timeout=1s", "/hangs?timeout=1s"] {
        let answer = call(&mut client, &post(path, &review()));
        assert_eq!(answer.status, 500, "{path}: {answer:?}");
        // The same connection goes on, and a new one.
        assert_eq!(call(&mut client, &post("/allow", &review())).status, 200);
        lives(&server);
    }
    drop(release);
    server.join();
}

/// Bodies, content types and framing that are wrong.
pub fn what_is_no_review_is_refused_and_the_server_lives_on<S: Serve>() {
    let server = Running::plain::<S>();
    let limit = ServerLimits::default().body;
    let nested = "[".repeat(1 << 20);
    let ten = "x".repeat(10 << 20);
    for (request, status) in [
        (post("/allow", ""), 400),
        (post("/allow", "{}"), 400),
        (post("/allow", &nested), 400),
        (post("/allow", &ten), 413),
        (post("/allow", "").replace("Content-Length: 0", &format!("Content-Length: {}", u64::MAX)), 413),
        (post("/allow", &review()).replace("application/json", "text/html"), 415),
        (post("/allow", &review()).replace("POST", "PUT"), 405),
        (post("/allow", "{}").replace("Content-Length: 2", "Content-Length: 2\r\nContent-Length: 3"), 400),
        (post("/allow", "{}").replace("Content-Length: 2", "Content-Length: 2\r\nTransfer-Encoding: chunked"), 400),
        (post("/allow", "{}").replace("Host: x\r\n", ""), 400),
        (post("/allow", "").replace("Content-Length: 0", "Transfer-Encoding: chunked") + "zz\r\n", 400),
        ("\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03".into(), 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505),
        ("nonsense\r\n\r\n".into(), 400),
        (format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(1 << 20)), 431),
    ] {
        let mut client = server.connect();
        // The server may close before it has read everything.
        let sent = client.write_all(request.as_bytes());
        let answer = response(&mut client);
        let begin: String = request.chars().take(60).collect();
        match answer {
            Some(answer) => assert_eq!(answer.status, status, "{begin:?}"),
            None => assert!(sent.is_err(), "{begin:?} was not answered"),
        }
        lives(&server);
    }
    // A body that never ends: refused at the limit.
    let mut client = server.connect();
    let head = post("/allow", "").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    client.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(1 << 16));
    let mut sent = 0;
    while sent < 8 * limit && client.write_all(chunk.as_bytes()).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 8 * limit, "an endless body is read on and on");
    server.join();
}

/// After every byte of a request, in both ways.
pub fn a_client_may_close_anywhere<S: Serve>() {
    let server = Running::plain::<S>();
    let request = post("/blocking", &review());
    for length in 0..request.len() {
        let mut client = server.connect();
        client.write_all(&request.as_bytes()[..length]).unwrap();
        if length % 2 == 0 {
            client.shutdown(Shutdown::Write).unwrap();
            assert!(response(&mut client).is_none(), "{length}");
        }
    }
    // Without waiting for the answer.
    for _ in 0..20 {
        server.connect().write_all(request.as_bytes()).unwrap();
    }
    lives(&server);
    server.join();
}

/// Heads and bodies that drip, and connections that say nothing.
pub fn slow_clients_have_a_deadline<S: Serve>() {
    let short = Duration::from_millis(300);
    let limits = ServerLimits::default().head(short).request(2 * short).idle(short);
    let server = Running::start::<S>(handlers(), ServeOptions::default().limits(limits), None);
    let mut silent = server.connect();
    assert!(response(&mut silent).is_none());
    for begin in ["POST /allow HT", "POST /allow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nha"] {
        let mut client = server.connect();
        for byte in begin.bytes() {
            client.write_all(&[byte]).unwrap();
        }
        assert_eq!(response(&mut client).unwrap().status, 408, "{begin:?}");
    }
    let mut idle = server.connect();
    assert_eq!(call(&mut idle, &post("/allow", &review())).status, 200);
    assert!(response(&mut idle).is_none(), "closed after a while");
    server.join();
}

/// The limit of connections is no way to keep the API server out.
pub fn idle_connections_do_not_keep_others_out<S: Serve>() {
    let options = ServeOptions::default().connections(8).limits(ServerLimits::default().head(Duration::from_secs(3)));
    let server = Running::start::<S>(handlers(), options, None);
    let mut idle: Vec<TcpStream> = Vec::new();
    for n in 0..100 {
        let mut client = server.connect();
        if n % 3 == 0 {
            client.write_all(b"POST /allow HT").unwrap();
        }
        idle.push(client);
        if n % 10 == 0 {
            lives(&server);
        }
    }
    lives(&server);
    server.join();
    for mut client in idle {
        // A head that had begun has its time.
        assert!(response(&mut client).is_none_or(|answer| answer.status == 408));
    }
}

/// More than there are connections and threads.
pub fn many_clients_at_once<S: Serve>() {
    let options = ServeOptions::default().connections(16).threads(3);
    let server = Running::start::<S>(handlers(), options, None);
    std::thread::scope(|scope| {
        for n in 0..40 {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..5 {
                    // An idle connection may lose its place, so each request has one of its own.
                    let path = ["/allow", "/blocking", "/async", "/label"][n % 4];
                    let answer = (0..50).find_map(|_| {
                        let mut client = server.connect();
                        client.write_all(post(&format!("{path}?timeout=30s"), &review()).as_bytes()).ok()?;
                        response(&mut client)
                    });
                    assert_eq!(answer.unwrap().status, 200);
                }
            });
        }
    });
    server.join();
}

/// What a rolling update does.
pub fn a_stop_finishes_what_runs_and_refuses_what_comes<S: Serve>() {
    let (entered, enters) = channel::<()>();
    let (release, held) = channel::<()>();
    let (entered, held): (Mutex<Sender<()>>, _) = (Mutex::new(entered), Mutex::new(held));
    let handlers = handlers().at(
        "/held",
        validating(move |_: Review<DynamicObject>| {
            entered.lock().unwrap().send(()).unwrap();
            held.lock().unwrap().recv().unwrap();
            Answer::allow()
        })
        .blocking(),
    );
    let server = Running::start::<S>(handlers, ServeOptions::default(), None);
    let (mut busy, mut idle) = (server.connect(), server.connect());
    assert_eq!(call(&mut idle, &post("/allow", &review())).status, 200);
    busy.write_all(post("/held?timeout=30s", &review()).as_bytes()).unwrap();
    enters.recv().unwrap();
    (server.stop)();
    assert!(response(&mut idle).is_none(), "an idle connection is closed");
    // Once the listener is closed, connections are refused.
    while TcpStream::connect(server.address).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    release.send(()).unwrap();
    let answer = response(&mut busy).unwrap();
    assert_eq!(answer.json()["response"]["allowed"], true);
    assert!(answer.head.contains("Connection: close\r\n"));
    assert!(response(&mut busy).is_none());
    server.join();
}

/// A client that does not take its answer.
pub fn a_stop_does_not_wait_for_ever<S: Serve>() {
    let options = ServeOptions::default().grace(Duration::from_millis(100));
    let server = Running::start::<S>(handlers(), options, None);
    let mut client = server.connect();
    client.write_all(post("/never?timeout=30s", &review()).as_bytes()).unwrap();
    lives(&server);
    server.join();
    assert!(response(&mut client).is_none());
}

fn identity(issued: &Issued) -> ServerIdentity {
    let key = Secret::new(issued.key.as_str());
    ServerIdentity::new(issued.certificate.as_bytes(), &key, Arc::new(rustls::crypto::ring::default_provider()))
        .unwrap()
}

fn trusting(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn secured(server: &Running, config: &Arc<ClientConfig>, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), server.connect())
}

fn names() -> Vec<String> {
    vec!["hook.shop.svc".into(), "127.0.0.1".into()]
}

/// An address sends no name in the handshake (SNI).
pub fn in_tls_with_and_without_a_name<S: Serve>() {
    let authority = Authority::new("hooks").unwrap();
    let tls = ServerTls::new(identity(&authority.server(&names()).unwrap()));
    let server = Running::start::<S>(handlers(), ServeOptions::default(), Some(tls));
    let config = trusting(&authority);
    for name in ["hook.shop.svc", "127.0.0.1"] {
        let mut client = secured(&server, &config, name);
        for path in ["/allow", "/blocking", "/label"] {
            assert_eq!(call(&mut client, &post(path, &review())).json()["response"]["allowed"], true);
        }
    }
    // Without TLS, and with a client that hangs up in the handshake.
    let mut plain = server.connect();
    plain.write_all(post("/allow", &review()).as_bytes()).unwrap();
    assert!(response(&mut plain).is_none_or(|answer| answer.status != 200));
    server.connect().write_all(b"\x16\x03\x01").unwrap();
    assert_eq!(call(&mut secured(&server, &config, "hook.shop.svc"), &post("/allow", &review())).status, 200);
    server.join();
}

/// As cert-manager and a mounted Secret do it.
pub fn files_of_the_certificate_are_read_again<S: Serve>() {
    let folder = std::env::temp_dir().join(format!(
        "kube-webhooks-{}-{}",
        std::process::id(),
        std::any::type_name::<S>().replace(':', "-")
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let (certificate, key) = (folder.join("tls.crt"), folder.join("tls.key"));
    let (old, new) = (Authority::new("old").unwrap(), Authority::new("new").unwrap());
    let issued = old.server(&names()).unwrap();
    let write = |issued: &Issued| {
        std::fs::write(&certificate, &issued.certificate).unwrap();
        std::fs::write(&key, &issued.key).unwrap();
    };
    write(&issued);
    let (report, reports) = channel();
    let report = Mutex::new(report);
    let tls = ServerTls::new(identity(&issued)).files(&certificate, &key).on_rotation(move |result| {
        if result.is_ok() {
            let _ = report.lock().unwrap().send(());
        }
    });
    let server = Running::start::<S>(handlers(), ServeOptions::default(), Some(tls));
    let mut kept = secured(&server, &trusting(&old), "hook.shop.svc");
    assert_eq!(call(&mut kept, &post("/allow", &review())).status, 200);
    write(&new.server(&names()).unwrap());
    reports.recv().unwrap();
    let mut fresh = secured(&server, &trusting(&new), "hook.shop.svc");
    assert_eq!(call(&mut fresh, &post("/allow", &review())).status, 200);
    assert_eq!(call(&mut kept, &post("/allow", &review())).status, 200);
    server.join();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// No connection is dropped, and no call fails.
pub fn certificates_rotate_under_load<S: Serve>() {
    let authority = Authority::new("hooks").unwrap();
    let issued: Vec<Issued> = (0..2).map(|_| authority.server(&names()).unwrap()).collect();
    let identity = identity(&issued[0]);
    let server = Running::start::<S>(handlers(), ServeOptions::default(), Some(ServerTls::new(identity.clone())));
    let config = trusting(&authority);
    let (over, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut kept = secured(&server, &config, "hook.shop.svc");
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(call(&mut kept, &post("/allow", &review())).status, 200);
                    let mut fresh = secured(&server, &config, "hook.shop.svc");
                    assert_eq!(call(&mut fresh, &post("/blocking", &review())).status, 200);
                    calls.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        for n in 1..=20 {
            let before = calls.load(Ordering::Relaxed);
            let next = &issued[n % 2];
            assert!(identity.replace(next.certificate.as_bytes(), &Secret::new(next.key.as_str())).unwrap());
            while calls.load(Ordering::Relaxed) < before + 4 {
                std::thread::yield_now();
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    server.join();
}
