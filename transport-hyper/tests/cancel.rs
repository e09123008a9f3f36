//! Futures and streams that are dropped at every point. See `http2` for HTTP/2.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod scripts;

use std::net::TcpListener;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server as ApiServer};
use kube_tests::polled::within_polls;
use kube_transport_hyper::proto::api::WatchParams;
use kube_transport_hyper::proto::config::{Config, CredentialConfig, Loader, Locate, Overrides};
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::watch::WatchEvent;
use kube_transport_hyper::proto::{Api, ErrorKind};
use kube_transport_hyper::{Client, Tokio, load};
use scripts::{Peer, Server, joined, pods, script};

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

#[tokio::test]
async fn a_call_dropped_at_any_poll_leaves_nothing_half_read() {
    for host in ["127.0.0.1", "localhost"] {
        let client = client(host, slow_server(8));
        for polls in 0.. {
            let dropped = format!("dropped-{polls}");
            let ready = within_polls(polls, client.call(pods().get(&dropped))).await;
            let next = format!("next-{polls}");
            let found = client.call(pods().get(&next)).await.unwrap();
            assert_eq!(found.metadata.name.unwrap(), next);
            if let Some(found) = ready {
                assert_eq!(found.unwrap().metadata.name.unwrap(), dropped);
                break;
            }
        }
    }
}

#[tokio::test]
async fn the_same_in_tls() {
    let server = Bound::start(ApiServer::new(Options::default()), Binding::tls()).unwrap();
    let path = std::env::temp_dir().join(format!("kube-hyper-{}-{}", std::process::id(), server.address().port()));
    std::fs::write(&path, server.kubeconfig("admin").unwrap()).unwrap();
    let locate = Locate { kubeconfig: Some(path.clone()), ..Locate::default() };
    let loaded = load(Loader::new(locate, Overrides::default()), &Tokio::current().unwrap()).await;
    std::fs::remove_file(&path).unwrap();
    let config = loaded.unwrap().config;
    let namespaces = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Namespace", "namespaces", Scope::Cluster));
    for polls in 0.. {
        // A new client, so that the first connection has its handshake.
        let client = Client::new(config.clone()).unwrap();
        let ready = within_polls(polls, client.call(namespaces.get("default"))).await;
        let found = client.call(namespaces.get("kube-system")).await.unwrap();
        assert_eq!(found.metadata.name.as_deref(), Some("kube-system"));
        if let Some(found) = ready {
            assert_eq!(found.unwrap().metadata.name.as_deref(), Some("default"));
            return;
        }
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_fetches_a_credential_leaves_it_to_the_next() {
    let port = slow_server(1000);
    let path = std::env::temp_dir().join(format!("kube-hyper-token-{}-{port}", std::process::id()));
    std::fs::write(&path, "token").unwrap();
    for polls in 0.. {
        let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
        config.credential = CredentialConfig::TokenFile { path: path.clone(), fallback: None };
        let client = Client::new(config).unwrap();
        let ready = within_polls(polls, client.call(pods().get("a"))).await;
        client.call(pods().get("b")).await.unwrap();
        if ready.is_some() {
            break;
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_batch_dropped_at_any_poll_leaves_nothing_half_read() {
    let client = client("127.0.0.1", slow_server(16));
    for polls in 0.. {
        let names = (0..6).map(|n| format!("{polls}-{n}"));
        let ready = within_polls(polls, client.batch(names.clone().map(|name| pods().get(&name)), 3)).await;
        for (name, result) in names.zip(ready.into_iter().flatten()) {
            assert_eq!(result.unwrap().metadata.name.unwrap(), name);
            if name.ends_with("-5") {
                return;
            }
        }
        client.call(pods().get("next")).await.unwrap();
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

#[tokio::test]
async fn a_next_dropped_after_each_poll_loses_nothing() {
    let server = slow_watch(60);
    let client = scripts::client(&server);
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    let (mut events, mut lost) = (0, 0);
    // Each future lives for one poll. The wakers of earlier futures must still wake the task.
    std::future::poll_fn(|cx| {
        loop {
            match pin!(stream.next()).poll(cx) {
                Poll::Ready(Some(event)) => {
                    assert_eq!(name(event.unwrap()), events.to_string());
                    events += 1;
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => {
                    lost += 1;
                    return Poll::Pending;
                }
            }
        }
    })
    .await;
    assert_eq!(events, 60);
    assert!(lost > 60, "{lost}");
    // The server accepts one connection, and its script ends only after the last byte.
    drop((stream, client));
    joined(server).await;
}

#[tokio::test]
async fn a_stream_dropped_at_any_poll_closes_its_connection() {
    for polls in 0..60 {
        let server = slow_watch(3);
        let client = scripts::client(&server);
        let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
        let ended = within_polls(polls, async { while stream.next().await.is_some() {} }).await;
        drop(stream);
        if ended.is_some() {
            drop(client);
            joined(server).await;
            return;
        }
    }
    panic!("60 polls for three events");
}

#[tokio::test]
async fn an_idle_wait_is_not_polled() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let _ = wait.recv();
    })]);
    let client = scripts::client(&server);
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    let mut polls = 0;
    let waited = std::future::poll_fn(|cx| {
        polls += 1;
        pin!(stream.next()).poll(cx)
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), waited).await.is_err());
    // A few polls for the connection and the head, and for tasks that wake themselves once; not one poll after the
    // other.
    assert!(polls < 20, "{polls}");
    drop((stream, done, client));
    joined(server).await;
}

#[tokio::test]
async fn a_stream_is_stopped_by_another_task() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(peer.request().is_none());
    })]);
    let mut stream = scripts::client(&server).stream(pods().watch_once(&WatchParams::default()));
    let stopper = stream.stopper();
    let task = tokio::spawn(async move {
        let error = stream.next().await.unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Stopped));
        assert!(stream.next().await.is_none());
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    stopper.stop();
    task.await.unwrap();
    joined(server).await;
}
