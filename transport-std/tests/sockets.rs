//! Real sockets, and servers that misbehave as real ones do. Each is a thread with a script.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kube_transport_std::Client;
use kube_transport_std::proto::config::Config;
use kube_transport_std::proto::op::Upgrade;
use kube_transport_std::proto::request::{ApiRequest, WatchParams};
use kube_transport_std::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_std::proto::session::Settings;
use kube_transport_std::proto::stream::Raw;
use kube_transport_std::proto::{Api, ErrorKind, FaultKind, Stage};

/// A server that runs a script on each connection it accepts, in order, and ends with the last.
struct Server {
    port: u16,
    thread: Option<JoinHandle<()>>,
}

type Script = Box<dyn FnOnce(Peer) + Send>;

/// One accepted connection.
struct Peer {
    reader: BufReader<TcpStream>,
    socket: TcpStream,
}

impl Server {
    fn run(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            for script in scripts {
                let (socket, _) = listener.accept().unwrap();
                let reader = BufReader::new(socket.try_clone().unwrap());
                script(Peer { reader, socket });
            }
        });
        Self { port, thread: Some(thread) }
    }

    fn client(&self) -> Client {
        self.client_with(|_| {})
    }

    fn client_with(&self, change: impl FnOnce(&mut Settings)) -> Client {
        let mut settings = Settings::default();
        change(&mut settings);
        let config = Config::new(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        Client::builder(config).settings(settings).seed(7).build().unwrap()
    }

    fn join(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Peer {
    /// Reads one request's head, and as much body as it announces; its request line, or `None` at the end.
    fn request(&mut self) -> Option<String> {
        let (head, length) = self.head()?;
        std::io::copy(&mut (&mut self.reader).take(length), &mut std::io::sink()).unwrap();
        Some(head)
    }

    fn head(&mut self) -> Option<(String, u64)> {
        let (mut first, mut length) = (String::new(), 0);
        if self.reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            if line == "\r\n" {
                return Some((first.trim_end().to_owned(), length));
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
    }

    fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.socket.set_nodelay(true);
        let _ = self.socket.write_all(bytes.as_ref());
    }

    fn answer(&mut self, code: u16, body: &str) {
        self.say(format!(
            "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
}

fn script(run: impl FnOnce(Peer) + Send + 'static) -> Script {
    Box::new(run)
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

#[test]
fn connections_are_used_again() {
    let server = Server::run(vec![script(|mut peer| {
        for _ in 0..3 {
            assert_eq!(peer.request().unwrap(), "GET /api/v1/namespaces/default/pods/a HTTP/1.1");
            peer.answer(200, POD);
        }
        assert!(peer.request().is_none());
    })]);
    let client = server.client();
    for _ in 0..3 {
        assert_eq!(client.call(pods().get("a")).unwrap().metadata.name.as_deref(), Some("a"));
    }
    drop(client);
    server.join();
}

#[test]
fn a_connection_that_the_server_closed_meanwhile_is_not_used() {
    let (closed, wait) = std::sync::mpsc::channel();
    let server = Server::run(vec![
        script(move |mut peer| {
            peer.request();
            peer.answer(200, POD);
            drop(peer);
            closed.send(()).unwrap();
        }),
        script(|mut peer| {
            assert!(peer.request().unwrap().starts_with("POST"));
            peer.answer(201, POD);
        }),
    ]);
    let client = server.client();
    let pod = client.call(pods().get("a")).unwrap();
    wait.recv().unwrap();
    // Even a POST: the end is seen before anything is sent.
    client.call(pods().create(&pod, &Default::default())).unwrap();
    server.join();
}

#[test]
fn a_get_that_dies_on_a_pooled_connection_is_sent_again_on_a_fresh_one() {
    let server = Server::run(vec![
        script(|mut peer| {
            peer.request();
            peer.answer(200, POD);
            peer.request();
        }),
        script(|mut peer| {
            peer.request();
            peer.answer(200, POD);
        }),
    ]);
    let client = server.client();
    client.call(pods().get("a")).unwrap();
    client.call(pods().get("a")).unwrap();
    server.join();
}

#[test]
fn a_get_while_every_pooled_connection_dies_is_sent_again_once() {
    let (ready, together) = (Arc::new(Barrier::new(3)), Arc::new(AtomicUsize::new(0)));
    let dying = || {
        let (ready, together) = (Arc::clone(&ready), Arc::clone(&together));
        script(move |mut peer| {
            peer.request();
            std::thread::spawn(move || {
                // Three calls at once, so that there are three connections.
                ready.wait();
                peer.answer(200, POD);
                if peer.request().is_some() {
                    together.fetch_add(1, Ordering::Relaxed);
                }
            });
        })
    };
    let server = Server::run(vec![dying(), dying(), dying(), {
        script(|mut peer| {
            peer.request();
            peer.answer(200, POD);
        })
    }]);
    let client = server.client();
    client.batch((0..3).map(|_| pods().get("a")), 3).into_iter().for_each(|pod| assert!(pod.is_ok()));
    client.call(pods().get("a")).unwrap();
    // One of the three was tried, and the repetition did not ask for another of them.
    assert_eq!(together.load(Ordering::Relaxed), 1);
    server.join();
}

#[test]
fn a_post_that_dies_is_not_sent_again_and_says_so() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(200, POD);
        peer.request();
    })]);
    let client = server.client();
    let pod = client.call(pods().get("a")).unwrap();
    let error = client.call(pods().create(&pod, &Default::default())).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    server.join();
}

#[test]
fn an_answer_before_the_request_was_sent_whole_is_the_answer() {
    for lingers in [false, true] {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let server = Server::run(vec![script(move |mut peer| {
            peer.head();
            peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if lingers {
                let _ = wait.recv();
            }
        })]);
        let body = Bytes::from(vec![b' '; 32 << 20]);
        let error = server.client().call(ApiRequest::raw(Method::POST, "/upload", body).bytes()).unwrap_err();
        assert_eq!(error.status().map(|status| status.code), Some(413), "{error}");
        drop(done);
        server.join();
    }
}

#[test]
fn what_is_left_half_read_is_not_used_again() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![
        script(|mut peer| {
            peer.request();
            let body = format!("{{\"items\":[{POD},{}", "x".repeat(1000));
            peer.say(format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{body}"));
            assert!(peer.request().is_none(), "the client closes it");
        }),
        script(move |mut peer| {
            peer.request();
            peer.answer(200, POD);
            let _ = wait.recv();
        }),
    ]);
    let client = server.client();
    let mut pages = client.stream(pods().pages(&Default::default()));
    assert!(pages.next().unwrap().is_ok());
    drop(pages);
    client.call(pods().get("a")).unwrap();
    drop(done);
    server.join();
}

#[test]
fn a_stream_is_stopped_from_another_thread() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(peer.request().is_none());
    })]);
    let client = server.client();
    let mut events = client.stream(pods().events(&WatchParams::default()));
    let stopper = events.stopper();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        stopper.stop();
    });
    let error = events.next().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped));
    assert!(events.next().is_none());
    other.join().unwrap();
    drop(events);
    server.join();
}

#[test]
fn bytes_both_ways_after_a_101_and_those_that_came_with_it() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
        let mut buffer = [0; 5];
        peer.reader.read_exact(&mut buffer).unwrap();
        peer.say(buffer);
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = server.client().open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap();
    assert_eq!(session.next().unwrap().unwrap(), "hello");
    let writer = session.clone();
    let thread = std::thread::spawn(move || writer.send(Bytes::from_static(b"world")).unwrap());
    let mut echoed = Vec::new();
    while let Some(bytes) = session.next() {
        echoed.extend_from_slice(&bytes.unwrap());
    }
    assert_eq!(echoed, b"world");
    thread.join().unwrap();
    server.join();
}

#[test]
fn both_sides_of_a_session_may_be_full() {
    const MUCH: usize = 16 << 20;
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        // Says everything before it listens: the client's writer is stuck until its reader has read all.
        peer.say(vec![b'd'; MUCH]);
        std::io::copy(&mut (&mut peer.reader).take(MUCH as u64), &mut std::io::sink()).unwrap();
        peer.say("over");
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = server.client().open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap();
    let writer = session.clone();
    let thread = std::thread::spawn(move || writer.send(Bytes::from(vec![b'u'; MUCH])).unwrap());
    let (mut received, mut last) = (0, Bytes::new());
    while let Some(bytes) = session.next() {
        last = bytes.unwrap();
        received += last.len();
    }
    assert_eq!(received, MUCH + 4);
    assert!(last.ends_with(b"over"));
    thread.join().unwrap();
    server.join();
}

#[test]
fn a_session_is_closed_from_another_thread() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        assert!(peer.request().is_none());
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = server.client().open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap();
    let other = session.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        other.close();
    });
    assert!(matches!(session.next().unwrap().unwrap_err().kind(), ErrorKind::Stopped));
    assert!(session.send(Bytes::from_static(b"x")).is_err());
    thread.join().unwrap();
    server.join();
}

#[test]
fn a_refused_upgrade_is_the_server_s_status() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(403, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods \"a\" is forbidden","reason":"Forbidden","code":403}"#);
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let error = server.client().open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    server.join();
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for host in ["127.0.0.1", "localhost"] {
        let client = Client::new(Config::new(&format!("http://{host}:{port}")).unwrap()).unwrap();
        let error = client.call(pods().get("a")).unwrap_err();
        let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
        assert_eq!(fault.kind, FaultKind::Refused, "{error}");
    }
}

#[test]
fn a_name_without_an_address() {
    let client = Client::new(Config::new("http://no-such-host.invalid").unwrap()).unwrap();
    let error = client.call(pods().get("a")).unwrap_err();
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Resolve, "{error}");
}

#[test]
fn every_address_of_a_name_is_tried() {
    // `localhost` has ::1 and 127.0.0.1, in some order; only one of them listens.
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(200, POD);
    })]);
    let client = Client::new(Config::new(&format!("http://localhost:{}", server.port)).unwrap()).unwrap();
    client.call(pods().get("a")).unwrap();
    server.join();
}

#[test]
fn silence_ends_in_time() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        let _ = wait.recv();
    })]);
    let client = server.client_with(|settings| settings.call.head = Duration::from_millis(50));
    let error = client.call(pods().get("a")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { stage: Stage::Head, .. }), "{error}");
    drop(done);
    server.join();
}

#[test]
fn a_batch_runs_as_many_as_it_may() {
    // Nobody is answered before all have asked.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let all = std::sync::Arc::new(std::sync::Barrier::new(4));
    std::thread::spawn(move || {
        for socket in listener.incoming().take(4) {
            let (socket, all) = (socket.unwrap(), std::sync::Arc::clone(&all));
            let reader = BufReader::new(socket.try_clone().unwrap());
            std::thread::spawn(move || {
                let mut peer = Peer { reader, socket };
                while peer.request().is_some() {
                    all.wait();
                    peer.answer(200, POD);
                }
            });
        }
    });
    let client = Client::new(Config::new(&format!("http://127.0.0.1:{port}")).unwrap()).unwrap();
    assert!(client.batch((0..8).map(|_| pods().get("a")), 4).iter().all(Result::is_ok));
}

#[test]
fn a_batch_keeps_the_order_and_a_failure_its_place() {
    let answer = |mut peer: Peer| {
        while let Some(line) = peer.request() {
            if line.contains("/pods/3 ") {
                peer.answer(404, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"no"}"#);
            } else {
                let name = line.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
                peer.answer(200, &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#));
            }
        }
    };
    // Each connection has a thread of its own here: the client opens up to four at once.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().take(4) {
            let socket = socket.unwrap();
            let reader = BufReader::new(socket.try_clone().unwrap());
            std::thread::spawn(move || answer(Peer { reader, socket }));
        }
    });
    let client = Client::new(Config::new(&format!("http://127.0.0.1:{port}")).unwrap()).unwrap();
    let results = client.batch((0..20).map(|n| pods().get(&n.to_string())), 4);
    assert_eq!(results.len(), 20);
    for (n, result) in results.iter().enumerate() {
        match result {
            Ok(pod) => assert_eq!(pod.metadata.name.as_deref(), Some(n.to_string().as_str())),
            Err(error) => assert!(n == 3 && error.is_not_found(), "{error}"),
        }
    }
}
