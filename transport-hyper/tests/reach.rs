//! How far a request got: one that may have been processed is not sent twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod net;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use net::frames::{DATA, END_HEADERS, END_STREAM};
use net::frames::{Frames, HEADERS, OK, Stream};
use net::{BREAK, FLOWS, Net, Peer, STALL, pods};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

const FOUND: &str = r#"{"metadata":{"name":"a"}}"#;

/// Takes requests. It answers the first one of the first connection; it counts the next one, and closes the connection.
async fn takes_one(peer: Peer, number: usize, seen: Arc<AtomicUsize>) {
    if peer.get_ref().1.alpn_protocol() == Some(b"h2") {
        let mut frames = Frames::begin(peer).await;
        if number == 1 {
            let stream = frames.request().await;
            let said = AtomicUsize::new(0);
            frames.say_one(stream, &Stream(HEADERS, END_HEADERS, OK.to_vec()), &said).await;
            frames.say_one(stream, &Stream(DATA, END_STREAM, FOUND.as_bytes().to_vec()), &said).await;
        }
        frames.request().await;
        seen.fetch_add(1, Ordering::SeqCst);
        return frames.close().await;
    }
    let mut peer = BufReader::new(peer);
    if number == 1 {
        request(&mut peer).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", FOUND.len());
        peer.write_all((head + FOUND).as_bytes()).await.unwrap();
        peer.flush().await.unwrap();
    }
    request(&mut peer).await;
    seen.fetch_add(1, Ordering::SeqCst);
    peer.shutdown().await.unwrap();
}

/// A request of HTTP/1.1, with its body.
async fn request(peer: &mut BufReader<Peer>) {
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        assert!(peer.read_line(&mut line).await.unwrap() > 0, "the client left");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    peer.read_exact(&mut vec![0; length]).await.unwrap();
}

/// hyper reads before it writes: bytes that blocked at first are sent during a read.
#[tokio::test(start_paused = true)]
async fn a_request_that_left_late_is_not_called_unsent() {
    for alpn in [b"h2".as_slice(), b"http/1.1"] {
        let seen = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&seen);
        let net = Net::serve(&[alpn], move |number, peer| takes_one(peer, number, Arc::clone(&count)));
        let client = net.client();
        client.call(pods().get("a")).await.unwrap();
        let pod = DynamicObject::new(&ApiResource::new("v1", "Pod", "pods", Scope::Namespaced), "a");
        net.stall.store(STALL, Ordering::SeqCst);
        let error = client.call(pods().create(&pod, &Default::default())).await.unwrap_err();
        assert!(error.outcome_unknown(), "{alpn:?}: {error}");
        assert_eq!(net.stall.load(Ordering::SeqCst), FLOWS, "nothing had to wait");
        assert_eq!((seen.load(Ordering::SeqCst), net.opened()), (1, 1), "{alpn:?}");
    }
}

/// HTTP/2 writes before it reads, so no read would report a failed write. All other calls wait for the same connection.
#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_before_http2_begins_keeps_no_call_waiting() {
    let net = Net::serve(&[b"h2"], |_, peer| takes_one(peer, 1, Arc::default()));
    let client = net.client();
    net.stall.store(BREAK, Ordering::SeqCst);
    let began = tokio::time::Instant::now();
    let error = client.call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("broken pipe"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    net.stall.store(FLOWS, Ordering::SeqCst);
    client.call(pods().get("a")).await.unwrap();
}
