//! Futures and streams that are dropped at every point.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::Method;
use kube_test_server::serve::{Authority, Binding, Bound};
use kube_test_server::{Options, Server as ApiServer};
use kube_tests::proxy::Proxy;
use kube_transport_smol::proto::api::Upgrade;
use kube_transport_smol::proto::api::{ApiRequest, WatchParams};
use kube_transport_smol::proto::config::{Config, CredentialConfig, Loader, Locate, Overrides};
use kube_transport_smol::proto::driver::Raw;
use kube_transport_smol::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_smol::proto::watch::WatchEvent;
use kube_transport_smol::proto::{Api, ErrorKind};
use kube_transport_smol::{Client, load};
use smol::future::or;
use smol::{Timer, block_on};

use support::{Bell, POD, Peer, Server, pods, poll_times, script};

/// Answers with an object of the requested name, a few bytes at a time.
fn slow_server(piece: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            std::thread::spawn(move || {
                let mut peer = Peer::new(socket.unwrap());
                while let Some(line) = peer.request() {
                    let name = line.split(' ').nth(1).unwrap().rsplit('/').next().unwrap();
                    let body = format!(r#"{{"metadata":{{"name":"{name}"}}}}"#);
                    let answer = format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    for bytes in answer.as_bytes().chunks(piece) {
                        peer.say(bytes);
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            });
        }
    });
    port
}

fn client(host: &str, port: u16) -> Client {
    Client::new(Config::new(&format!("http://{host}:{port}")).unwrap()).unwrap()
}

/// Drops a call after 0, 1, 2, … polls until one is ready, and makes another call after each.
fn drop_at_every_poll(client: &Client) {
    for polls in 0.. {
        let dropped = format!("dropped-{polls}");
        let ready = poll_times(polls, client.call(pods().get(&dropped)));
        let next = format!("next-{polls}");
        let found = block_on(client.call(pods().get(&next))).unwrap();
        assert_eq!(found.metadata.name.unwrap(), next);
        if let Some(found) = ready {
            assert_eq!(found.unwrap().metadata.name.unwrap(), dropped);
            return;
        }
    }
}

#[test]
fn a_call_dropped_at_any_poll_leaves_nothing_half_read() {
    for host in ["127.0.0.1", "localhost"] {
        let port = slow_server(8);
        drop_at_every_poll(&client(host, port));
    }
}

#[test]
fn the_same_in_tls() {
    let server = Bound::start(ApiServer::new(Options::default()), Binding::tls()).unwrap();
    let path = std::env::temp_dir().join(format!("kube-smol-{}-{}", std::process::id(), server.address().port()));
    std::fs::write(&path, server.kubeconfig("admin").unwrap()).unwrap();
    let locate = Locate { kubeconfig: Some(path.clone()), ..Locate::default() };
    let config = block_on(load(Loader::new(locate, Overrides::default()))).unwrap().config;
    std::fs::remove_file(&path).unwrap();
    let namespaces = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Namespace", "namespaces", Scope::Cluster));
    for polls in 0.. {
        // A new client, so that the first connection has its handshake.
        let client = Client::new(config.clone()).unwrap();
        let ready = poll_times(polls, client.call(namespaces.get("default")));
        let found = block_on(client.call(namespaces.get("kube-system"))).unwrap();
        assert_eq!(found.metadata.name.as_deref(), Some("kube-system"));
        if let Some(found) = ready {
            assert_eq!(found.unwrap().metadata.name.as_deref(), Some("default"));
            return;
        }
    }
}

#[test]
fn a_call_that_is_dropped_while_it_fetches_a_credential_leaves_it_to_the_next() {
    let port = slow_server(1000);
    let path = std::env::temp_dir().join(format!("kube-smol-token-{}-{port}", std::process::id()));
    std::fs::write(&path, "token").unwrap();
    for polls in 0.. {
        let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
        config.credential = CredentialConfig::TokenFile { path: path.clone(), fallback: None };
        let client = Client::new(config).unwrap();
        let ready = poll_times(polls, client.call(pods().get("a")));
        block_on(client.call(pods().get("b"))).unwrap();
        if ready.is_some() {
            break;
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_batch_dropped_at_any_poll_leaves_nothing_half_read() {
    let port = slow_server(16);
    let client = client("127.0.0.1", port);
    for polls in 0.. {
        let names = (0..6).map(|n| format!("{polls}-{n}"));
        let ready = poll_times(polls, client.batch(names.clone().map(|name| pods().get(&name)), 3));
        for (name, result) in names.zip(ready.into_iter().flatten()) {
            assert_eq!(result.unwrap().metadata.name.unwrap(), name);
            if name.ends_with("-5") {
                return;
            }
        }
        block_on(client.call(pods().get("next"))).unwrap();
    }
}

/// A watch with this many events, each in pieces, on one connection.
fn slow_watch(events: usize) -> Server {
    Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for n in 0..events {
            let event = format!("{{\"type\":\"ADDED\",\"object\":{{\"metadata\":{{\"name\":\"{n}\"}}}}}}\n");
            for piece in event.as_bytes().chunks(20) {
                peer.say(format!("{:x}\r\n", piece.len()));
                peer.say(piece);
                peer.say("\r\n");
                std::thread::sleep(Duration::from_micros(700));
            }
        }
        peer.say("0\r\n\r\n");
        assert!(peer.request().is_none());
    })])
}

fn name(event: WatchEvent<DynamicObject>) -> String {
    let WatchEvent::Added(pod) = event else { panic!("{event:?}") };
    pod.metadata.name.unwrap()
}

#[test]
fn a_next_that_loses_every_race_loses_nothing() {
    let server = slow_watch(60);
    let client = support::client(&server);
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    let (mut events, mut lost) = (0, 0);
    block_on(async {
        loop {
            let timer = async {
                Timer::after(Duration::from_millis(1)).await;
                None
            };
            match or(async { Some(stream.next().await) }, timer).await {
                Some(Some(event)) => {
                    assert_eq!(name(event.unwrap()), events.to_string());
                    events += 1;
                }
                Some(None) => break,
                None => lost += 1,
            }
        }
    });
    assert_eq!(events, 60);
    assert!(lost > 0);
    // The server accepts one connection, and its script ends only after the last byte.
    drop((stream, client));
    server.join();
}

#[test]
fn a_next_dropped_after_each_poll_with_ever_new_wakers_loses_nothing() {
    let server = slow_watch(20);
    let client = support::client(&server);
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    let mut events = 0;
    loop {
        let bell = Bell::new();
        let waker = Waker::from(Arc::clone(&bell));
        let polled = pin!(stream.next()).poll(&mut Context::from_waker(&waker));
        match polled {
            Poll::Ready(Some(event)) => {
                assert_eq!(name(event.unwrap()), events.to_string());
                events += 1;
            }
            Poll::Ready(None) => break,
            Poll::Pending => bell.wait(),
        }
    }
    assert_eq!(events, 20);
    drop((stream, client));
    server.join();
}

#[test]
fn a_stream_dropped_at_any_poll_closes_its_connection() {
    for polls in 0..30 {
        let server = slow_watch(3);
        let client = support::client(&server);
        let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
        let ended = poll_times(polls, async { while stream.next().await.is_some() {} });
        drop(stream);
        if ended.is_some() {
            drop(client);
            server.join();
            return;
        }
    }
    panic!("30 polls for three events");
}

#[test]
fn an_idle_wait_is_not_polled() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let (said, heard) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        said.send(()).unwrap();
        let _ = wait.recv();
    })]);
    let client = support::client(&server);
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    let bell = Bell::new();
    let waker = Waker::from(Arc::clone(&bell));
    let mut next = Box::pin(stream.next());
    let mut poll = || assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    poll();
    heard.recv().unwrap();
    // The head comes, and then nothing: a task that spins is woken each time.
    let quiet = (0..20).any(|_| {
        poll();
        std::thread::sleep(Duration::from_millis(100));
        !bell.rung.swap(false, Ordering::Acquire)
    });
    assert!(quiet);
    drop(next);
    drop((stream, done, client));
    server.join();
}

#[test]
fn a_stream_is_stopped_by_another_task() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(peer.request().is_none());
    })]);
    let client = support::client(&server);
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    let stopper = stream.stopper();
    block_on(async {
        let stop = async {
            Timer::after(Duration::from_millis(30)).await;
            stopper.stop();
            std::future::pending().await
        };
        let error = or(stream.next(), stop).await.unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Stopped));
        assert!(poll_fn(|cx| futures_core::Stream::poll_next(Pin::new(&mut stream), cx)).await.is_none());
    });
    server.join();
}

#[test]
fn a_connection_stays_fit_when_a_finished_stream_is_dropped() {
    let server = Server::run(vec![script(|mut peer| {
        for _ in 0..50 {
            peer.request();
            peer.answer(200, POD);
        }
        assert!(peer.request().is_none());
    })]);
    let client = support::client(&server);
    for n in 0..50 {
        if n % 2 == 0 {
            block_on(client.call(pods().get("a"))).unwrap();
        } else {
            assert!(poll_times(usize::MAX, client.call(pods().get("a"))).unwrap().is_ok());
        }
    }
    drop(client);
    server.join();
}

/// Opens after 0, 1, 2, … polls until one is ready, and makes a call after each.
#[test]
fn an_open_dropped_at_any_poll_closes_its_connection() {
    let bound = Bound::start(ApiServer::new(Options::default()), Binding::plain().trusting("admin")).unwrap();
    let client = client("127.0.0.1", bound.address().port());
    for polls in 0.. {
        let opened = poll_times(polls, client.open(echo()));
        block_on(client.call(maps().list(&Default::default()))).unwrap();
        if let Some(session) = opened {
            let session = session.unwrap();
            block_on(session.send("x".into())).unwrap();
            assert!(block_on(session.next()).unwrap().is_ok());
            break;
        }
    }
    left(&bound, client);
}

#[test]
fn what_goes_through_a_proxy_dropped_at_any_poll() {
    let authority = Arc::new(Authority::new("cancelled").unwrap());
    let binding = Binding::tls().authority(Arc::clone(&authority)).trusting("admin");
    let bound = Bound::start(ApiServer::new(Options::default()), binding).unwrap();
    for setup in [Proxy::http().user("u", "p"), Proxy::https(&authority).unwrap(), Proxy::socks5()] {
        let proxy = setup.start().unwrap();
        let config = Config::new(&format!("https://kubernetes:{}", bound.address().port())).unwrap();
        let config = config.with_ca(authority.pem()).with_server_name("localhost").with_proxy(&proxy.url()).unwrap();
        for polls in 0.. {
            // A new client, so that it has the handshakes with the proxy and the server.
            let client = Client::new(config.clone()).unwrap();
            let ready = poll_times(polls, client.call(maps().list(&Default::default())));
            block_on(client.call(maps().list(&Default::default()))).unwrap();
            left(&bound, client);
            if let Some(found) = ready {
                found.unwrap();
                break;
            }
        }
        let client = Client::new(config.clone()).unwrap();
        for polls in 0.. {
            // A session is never pooled: each has its own handshakes.
            let opened = poll_times(polls, client.open(echo()));
            if let Some(session) = opened {
                block_on(session.unwrap().next()).unwrap().unwrap();
                break;
            }
        }
        left(&bound, client);
    }
}

/// A session that sends one word and then stays open.
fn echo() -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, "/test/echo?close=1000000", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    Upgrade::new(request, |_| Ok(Raw::new()))
}

fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

/// Once a client is dropped, its server gets the end of every connection.
fn left(bound: &Bound, client: Client) {
    drop(client);
    while bound.connections_open() > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
}
