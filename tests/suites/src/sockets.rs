//! Real sockets, and servers that misbehave as real ones do, as a list of tests that every transport runs.
//!
//! A transport names its [`Client`] in [`sockets!`](crate::sockets!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kube_proto::ErrorKind;
use kube_proto::api::Upgrade;
use kube_proto::api::{ApiRequest, WatchParams};
use kube_proto::config::Config;
use kube_proto::driver::FaultKind;
use kube_proto::driver::options::ClientOptions;
use kube_proto::driver::{Cx, Input, Operation, Raw, Step};
use kube_proto::error::TimeoutStage;
use kube_proto::response::Warnings;
use kube_proto::settings::Settings;
use rustix::process::{PidfdFlags, PidfdGetfdFlags};
use socket2::Socket;

use crate::blocking::{Client, made};
use crate::scripted::{ClosedPort, POD, Server, pods, script};

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! sockets {
    ($client:ty) => {
        $crate::tests_of!(
            sockets, $client:
            connections_are_used_again,
            idle_connections_are_closed_when_asked,
            a_connection_that_the_server_closed_meanwhile_is_not_used,
            a_get_that_dies_on_a_pooled_connection_is_sent_again_on_a_fresh_one,
            a_get_while_every_pooled_connection_dies_is_sent_again_once,
            a_post_that_dies_is_not_sent_again_and_says_so,
            an_answer_before_the_request_was_sent_whole_is_the_answer,
            what_is_left_half_read_is_not_used_again,
            a_stream_is_stopped_from_another_thread,
            a_flood_does_not_outrun_its_stopper,
            bytes_both_ways_after_a_101_and_those_that_came_with_it,
            both_sides_of_a_session_may_be_full,
            a_session_is_closed_from_another_thread,
            a_refused_upgrade_is_the_server_s_status,
            a_silent_peer_is_asked_whether_it_is_there,
            a_closed_port_is_refused,
            a_name_without_an_address,
            every_address_of_a_name_is_tried,
            silence_ends_in_time,
            warnings_go_to_the_hook,
            warnings_are_printed_once,
            a_batch_runs_as_many_as_it_may,
            a_batch_keeps_the_order_and_a_failure_its_place,
        );
    };
}

fn client<C: Client>(server: &Server) -> C {
    C::make(ClientOptions::new(server.config()).seed(7)).unwrap()
}

/// The smallest protocol.
pub(crate) fn echo() -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, "/echo", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    Upgrade::new(request, |_| Ok(Raw::new()))
}

/// The warnings of a response go where the client's builder says.
pub fn warnings_go_to_the_hook<C: Client>() {
    let warning = "HTTP/1.1 200 X\r\nWarning: 299 - \"v1 Foo is deprecated\"\r\n";
    let server = Server::run(vec![script(move |mut peer| {
        for _ in 0..2 {
            peer.request().unwrap();
            peer.say(format!("{warning}Content-Length: {}\r\n\r\n{POD}", POD.len()));
        }
    })]);
    let texts = Arc::<Mutex<Vec<String>>>::default();
    let keep = Arc::clone(&texts);
    let warnings = Warnings::to(move |warning| keep.lock().unwrap().push(warning.text.to_owned()));
    let client = C::make(ClientOptions::new(server.config()).warnings(warnings)).unwrap();
    for _ in 0..2 {
        client.call(pods().get("a")).unwrap();
    }
    assert_eq!(*texts.lock().unwrap(), ["v1 Foo is deprecated", "v1 Foo is deprecated"]);
    server.join();
}

/// Without a hook each text is printed once to standard error: of a process of its own, which is this test again.
pub fn warnings_are_printed_once<C: Client>() {
    const CHILD: &str = "KUBE_TEST_WARNINGS_OF";
    if let Ok(port) = std::env::var(CHILD) {
        let client = C::make(ClientOptions::new(Config::new(&format!("http://127.0.0.1:{port}")).unwrap())).unwrap();
        for _ in 0..2 {
            client.call(pods().get("a")).unwrap();
        }
        return;
    }
    let server = Server::run(vec![script(move |mut peer| {
        for _ in 0..2 {
            peer.request().unwrap();
            let warnings = "Warning: 299 - \"v1 Foo is deprecated\"\r\nWarning: 299 - \"unknown field\"\r\n";
            peer.say(format!("HTTP/1.1 200 X\r\n{warnings}Content-Length: {}\r\n\r\n{POD}", POD.len()));
        }
    })]);
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["warnings_are_printed_once", "--nocapture", "--test-threads=1"])
        .env(CHILD, server.port.to_string())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<_> = printed.lines().filter(|line| line.starts_with("Warning: ")).collect();
    assert_eq!(lines, ["Warning: v1 Foo is deprecated", "Warning: unknown field"], "{printed}");
    assert!(output.status.success(), "{printed}");
    server.join();
}

/// One connection serves calls one after the other.
pub fn connections_are_used_again<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        for _ in 0..3 {
            assert_eq!(peer.request().unwrap(), "GET /api/v1/namespaces/default/pods/a HTTP/1.1");
            peer.answer(200, POD);
        }
        assert!(peer.request().is_none());
    })]);
    let client: C = client(&server);
    for _ in 0..3 {
        assert_eq!(client.call(pods().get("a")).unwrap().metadata.name.as_deref(), Some("a"));
    }
    drop(client);
    server.join();
}

/// The client continues, with another connection.
pub fn idle_connections_are_closed_when_asked<C: Client>() {
    let (closed, wait) = std::sync::mpsc::channel();
    let server = Server::run(vec![
        script(move |mut peer| {
            peer.request();
            peer.answer(200, POD);
            assert!(peer.request().is_none());
            closed.send(()).unwrap();
        }),
        script(|mut peer| {
            peer.request();
            peer.answer(200, POD);
        }),
    ]);
    let client: C = client(&server);
    client.call(pods().get("a")).unwrap();
    client.close_idle();
    wait.recv().unwrap();
    client.call(pods().get("a")).unwrap();
    server.join();
}

/// The client checks for its end before it uses it.
pub fn a_connection_that_the_server_closed_meanwhile_is_not_used<C: Client>() {
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
    let client: C = client(&server);
    let pod = client.call(pods().get("a")).unwrap();
    wait.recv().unwrap();
    // Even a POST: the client sees the end before it sends anything.
    client.call(pods().create(&pod, &Default::default())).unwrap();
    server.join();
}

/// The caller does not notice.
pub fn a_get_that_dies_on_a_pooled_connection_is_sent_again_on_a_fresh_one<C: Client>() {
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
    let client: C = client(&server);
    client.call(pods().get("a")).unwrap();
    client.call(pods().get("a")).unwrap();
    server.join();
}

/// And not once for each of them.
pub fn a_get_while_every_pooled_connection_dies_is_sent_again_once<C: Client>() {
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
    let client: C = client(&server);
    client.batch((0..3).map(|_| pods().get("a")).collect(), 3).into_iter().for_each(|pod| assert!(pod.is_ok()));
    client.call(pods().get("a")).unwrap();
    // One of the three was tried, and the repetition used a fresh one.
    assert_eq!(together.load(Ordering::Relaxed), 1);
    server.join();
}

/// The server may have processed it.
pub fn a_post_that_dies_is_not_sent_again_and_says_so<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(200, POD);
        peer.request();
    })]);
    let client: C = client(&server);
    let pod = client.call(pods().get("a")).unwrap();
    let error = client.call(pods().create(&pod, &Default::default())).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    server.join();
}

/// Whether the server then closes, or stops reading.
pub fn an_answer_before_the_request_was_sent_whole_is_the_answer<C: Client>() {
    for lingers in [false, true] {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let server = Server::run(vec![script(move |mut peer| {
            peer.head();
            peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if lingers {
                let _ = wait.recv();
            }
            // The close resets the connection, and a reset may overtake what was said. When more has come than the system
            // keeps for both sides, the client's system has it.
            peer.skip(16 << 20);
        })]);
        let body = Bytes::from(vec![b' '; 32 << 20]);
        let error = client::<C>(&server).call(ApiRequest::raw(Method::POST, "/upload", body).bytes()).unwrap_err();
        assert_eq!(error.status().map(|status| status.code), Some(413), "{error}");
        drop(done);
        server.join();
    }
}

/// A stream that is dropped closes its connection.
pub fn what_is_left_half_read_is_not_used_again<C: Client>() {
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
    let client: C = client(&server);
    let mut pages = client.stream(pods().pages(&Default::default()));
    assert!(pages.next().unwrap().is_ok());
    drop(pages);
    client.call(pods().get("a")).unwrap();
    drop(done);
    server.join();
}

/// In any state.
pub fn a_stream_is_stopped_from_another_thread<C: Client>() {
    let (closed, was_closed) = std::sync::mpsc::channel();
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(peer.request().is_none());
        closed.send(()).unwrap();
    })]);
    let client: C = client(&server);
    let mut events = client.stream(pods().watch_once(&WatchParams::default()));
    let stop = events.stopper();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        stop();
    });
    let error = events.next().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped));
    assert!(events.next().is_none());
    other.join().unwrap();
    // The caller still holds the stream: its end alone closes the connection.
    was_closed.recv_timeout(Duration::from_secs(60)).unwrap();
    drop(events);
    server.join();
}

/// Stops a stream.
type Stop = Box<dyn FnOnce() + Send>;

/// An operation that stops its own stream at the hundredth input, and counts the inputs after that.
struct Stopping<O> {
    operation: O,
    stop: Arc<Mutex<Option<Stop>>>,
    inputs: usize,
    after: Arc<AtomicUsize>,
}

impl<O: Operation> Operation for Stopping<O> {
    type Item = O::Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        self.inputs += usize::from(input.is_some());
        if self.inputs > 100 {
            self.after.fetch_add(usize::from(input.is_some()), Ordering::Relaxed);
        } else if self.inputs == 100
            && let Some(stop) = self.stop.lock().unwrap().take()
        {
            stop();
        }
        self.operation.resume(input, cx)
    }
}

/// Thousands of inputs that lie in the socket already do not keep the stream from its stopper, and an async one not from
/// the other tasks of its executor.
pub fn a_flood_does_not_outrun_its_stopper<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        let chunks = "1\r\n\n\r\n".repeat(8000);
        peer.say(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
        assert!(peer.request().is_none());
    })]);
    let client: C = client(&server);
    let (stop, after) = (Arc::default(), Arc::default());
    let operation = pods().watch_once(&WatchParams::default());
    let mut events =
        client.stream(Stopping { operation, stop: Arc::clone(&stop), inputs: 0, after: Arc::clone(&after) });
    *stop.lock().unwrap() = Some(events.stopper());
    let error = events.next().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped), "{error}");
    let after = after.load(Ordering::Relaxed);
    assert!(after <= 64, "{after} inputs after the stop");
    drop(events);
    server.join();
}

/// In order, to the last.
pub fn bytes_both_ways_after_a_101_and_those_that_came_with_it<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
        let mut buffer = [0; 5];
        peer.reader.read_exact(&mut buffer).unwrap();
        peer.say(buffer);
    })]);
    let session = client::<C>(&server).open(echo()).unwrap();
    assert_eq!(session.next().unwrap().unwrap(), "hello");
    let writer = Arc::clone(&session);
    let thread = std::thread::spawn(move || writer.send(Bytes::from_static(b"world")).unwrap());
    let mut echoed = Vec::new();
    while let Some(bytes) = session.next() {
        echoed.extend_from_slice(&bytes.unwrap());
    }
    assert_eq!(echoed, b"world");
    thread.join().unwrap();
    server.join();
}

/// A reader and a writer do not wait for each other.
pub fn both_sides_of_a_session_may_be_full<C: Client>() {
    const MUCH: usize = 16 << 20;
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        // The server sends everything before it reads: the client's writer blocks until its reader has read all.
        peer.say(vec![b'd'; MUCH]);
        std::io::copy(&mut (&mut peer.reader).take(MUCH as u64), &mut std::io::sink()).unwrap();
        peer.say("over");
    })]);
    let session = client::<C>(&server).open(echo()).unwrap();
    let writer = Arc::clone(&session);
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

/// It ends for all threads.
pub fn a_session_is_closed_from_another_thread<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        assert!(peer.request().is_none());
    })]);
    let session = client::<C>(&server).open(echo()).unwrap();
    let other = Arc::clone(&session);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        other.close();
    });
    assert!(matches!(session.next().unwrap().unwrap_err().kind(), ErrorKind::Stopped));
    assert!(session.send(Bytes::from_static(b"x")).is_err());
    thread.join().unwrap();
    server.join();
}

/// The error is the server's answer, and not one of a handshake.
pub fn a_refused_upgrade_is_the_server_s_status<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(403, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods \"a\" is forbidden","reason":"Forbidden","code":403}"#);
    })]);
    let Err(error) = client::<C>(&server).open(echo()) else { panic!("it was refused") };
    assert!(error.is_forbidden(), "{error}");
    server.join();
}

/// By TCP keep-alive, unless that is switched off.
pub fn a_silent_peer_is_asked_whether_it_is_there<C: Client>() {
    let every = |change: fn(ClientOptions) -> ClientOptions| {
        let server = Server::run(vec![script(|mut peer| {
            peer.request();
            peer.answer(200, POD);
            peer.request();
        })]);
        let client = C::make(change(ClientOptions::new(server.config()))).unwrap();
        client.call(pods().get("a")).unwrap();
        let socket = socket_to(server.port);
        let times = (socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap());
        let times = socket.keepalive().unwrap().then_some(times);
        drop((client, socket));
        server.join();
        times
    };
    let both = |time| Some((time, time));
    assert_eq!(every(|options| options), both(Duration::from_secs(30)));
    assert_eq!(every(|options| options.keep_alive(Some(Duration::from_secs(7)))), both(Duration::from_secs(7)));
    assert_eq!(every(|options| options.keep_alive(Some(Duration::ZERO))), both(Duration::from_secs(1)));
    assert_eq!(every(|options| options.keep_alive(None)), None);
}

/// The socket of this process that is connected to this port; the transport keeps it as well.
fn socket_to(port: u16) -> Socket {
    let this = rustix::process::getpid();
    let process = rustix::process::pidfd_open(this, PidfdFlags::empty()).unwrap();
    let numbers = std::fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap());
    let sockets = numbers.filter(|entry| {
        std::fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    });
    let numbers = sockets.map(|entry| entry.file_name().to_string_lossy().parse().unwrap());
    let descriptors =
        numbers.filter_map(|number| rustix::process::pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok());
    let leads = |socket: &Socket| {
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        peer.is_some_and(|peer| peer.port() == port)
    };
    descriptors.map(Socket::from).find(leads).unwrap()
}

/// At each address of a name.
pub fn a_closed_port_is_refused<C: Client>() {
    let closed = ClosedPort::new();
    let port = closed.port;
    for host in ["127.0.0.1", "localhost"] {
        let client = made::<C>(Config::new(&format!("http://{host}:{port}")).unwrap(), Settings::default());
        let error = client.call(pods().get("a")).unwrap_err();
        let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
        assert_eq!(fault.kind, FaultKind::Refused, "{error}");
    }
}

/// It has its own error.
pub fn a_name_without_an_address<C: Client>() {
    let client = made::<C>(Config::new("http://no-such-host.invalid").unwrap(), Settings::default());
    let error = client.call(pods().get("a")).unwrap_err();
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Resolve, "{error}");
}

/// One that answers is enough.
pub fn every_address_of_a_name_is_tried<C: Client>() {
    // `localhost` has ::1 and 127.0.0.1, in some order; only one of them listens.
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(200, POD);
    })]);
    let client: C = made(server.config_as("localhost"), Settings::default());
    client.call(pods().get("a")).unwrap();
    server.join();
}

/// A server that accepts, and sends nothing.
pub fn silence_ends_in_time<C: Client>() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        let _ = wait.recv();
    })]);
    let mut settings = Settings::default();
    settings.call.head = Duration::from_millis(50);
    let client: C = made(server.config(), settings);
    let error = client.call(pods().get("a")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { stage: TimeoutStage::Head, .. }), "{error}");
    drop(done);
    server.join();
}

/// Concurrently.
pub fn a_batch_runs_as_many_as_it_may<C: Client>() {
    // No request is answered before all have arrived.
    let all = Barrier::new(4);
    let server = Server::each(move |mut peer| {
        while peer.request().is_some() {
            all.wait();
            peer.answer(200, POD);
        }
    });
    let client: C = client(&server);
    assert!(client.batch((0..8).map(|_| pods().get("a")).collect(), 4).iter().all(Result::is_ok));
}

/// One that fails does not affect the others.
pub fn a_batch_keeps_the_order_and_a_failure_its_place<C: Client>() {
    let server = Server::each(|mut peer| {
        while let Some(line) = peer.request() {
            if line.contains("/pods/3 ") {
                peer.answer(404, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"no"}"#);
            } else {
                let name = line.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
                peer.answer(200, &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#));
            }
        }
    });
    let client: C = client(&server);
    let results = client.batch((0..20).map(|n| pods().get(&n.to_string())).collect(), 4);
    assert_eq!(results.len(), 20);
    for (n, result) in results.iter().enumerate() {
        match result {
            Ok(pod) => assert_eq!(pod.metadata.name.as_deref(), Some(n.to_string().as_str())),
            Err(error) => assert!(n == 3 && error.is_not_found(), "{error}"),
        }
    }
}
