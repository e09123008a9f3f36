//! HTTP/2: when a connection is given up, and when it stays.
//!
//! Time is tokio's, paused: nothing here depends on speed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod net;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use h2::Reason;
use kube_transport_hyper::Builder;
use kube_transport_hyper::proto::api::WatchParams;
use kube_transport_hyper::proto::settings::{RetryPolicy, Settings};
use net::frames::*;
use net::{ADDED, H2, Net, Peer, connection, http2, pods, usual, usual_server};
use tokio::sync::mpsc;

/// Serves the first connection with this, and the others as usual.
fn first_is<F>(first: impl Fn(Peer) -> F + Send + Clone + 'static) -> Net
where
    F: Future<Output = ()> + Send + 'static,
{
    Net::serve(H2, move |number, peer| {
        let first = first.clone();
        async move {
            match number {
                1 => first(peer).await,
                _ => http2(number, peer, 100, usual).await,
            }
        }
    })
}

/// A server behind a balancer whose pings are answered, and its requests are not.
#[tokio::test(start_paused = true)]
async fn a_connection_without_two_heads_in_a_row_is_retired() {
    let net = first_is(|peer| async move {
        Frames::begin(peer).await.listen().await;
    });
    let client = once(&net).build().unwrap();
    for _ in 0..2 {
        let error = client.call(pods().get("a")).await.unwrap_err();
        assert!(error.to_string().contains("no response within 75s"), "{error}");
        assert_eq!(net.opened(), 1);
    }
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 2);
}

/// Each call is tried once.
fn once(net: &Net) -> Builder {
    let mut settings = Settings::default();
    settings.retry = RetryPolicy::NEVER;
    net.builder(net.config()).settings(settings)
}

/// An answer between two of them proves that the server lives. A caller that leaves proves nothing.
#[tokio::test(start_paused = true)]
async fn a_connection_with_a_head_now_and_then_stays() {
    let net = Net::serve(H2, |number, peer| {
        http2(number, peer, 100, |mut ask| async move {
            match ask.name() {
                "slow" => std::future::poll_fn(|cx| ask.respond.poll_reset(cx)).await.map(drop).unwrap(),
                _ => ask.found(),
            }
        })
    });
    let client = once(&net).build().unwrap();
    for _ in 0..3 {
        client.call(pods().get("slow")).await.unwrap_err();
        client.call(pods().get("a")).await.unwrap();
    }
    for _ in 0..5 {
        let left = tokio::time::timeout(Duration::from_secs(20), client.call(pods().get("slow"))).await;
        assert!(left.is_err());
        let mut watch = client.stream(pods().get("slow"));
        let stop = watch.stopper();
        let other = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            stop.stop();
        });
        assert!(watch.next().await.unwrap().is_err());
        other.await.unwrap();
    }
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 1);
}

/// Without pings, too, a connection that swallows a request is not used again.
#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_bytes_and_gives_none_is_retired() {
    let net = first_is(|peer| async move {
        let mut frames = Frames::begin(peer).await;
        let stream = frames.request().await;
        frames.frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0x89]).await;
        // It reads, and says nothing more.
        let mut sink = tokio::io::sink();
        let _ = tokio::io::copy(&mut frames.0, &mut sink).await;
    });
    let hour = Duration::from_secs(3600);
    let client = once(&net).http2_ping(hour, hour).build().unwrap();
    // The first answer (204) proves that the connection works.
    let _ = client.call(pods().get("a")).await;
    let error = client.call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("no response within 75s"), "{error}");
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 2);
}

/// A peer that vanished is found out before the next request needs it.
#[tokio::test(start_paused = true)]
async fn an_unused_connection_is_pinged_as_well() {
    let net = first_is(|peer| async move {
        let mut frames = Frames::begin(peer).await;
        let stream = frames.request().await;
        frames.frame(HEADERS, END_HEADERS, stream, OK).await;
        frames.frame(DATA, END_STREAM, stream, br#"{"metadata":{"name":"a"}}"#).await;
        std::future::pending::<()>().await;
    });
    let client = net.client();
    client.call(pods().get("a")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(50)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 2);
    assert_eq!(before.elapsed(), Duration::ZERO, "the call waits for no ping");
}

/// Their windows together fit into the window of the connection, however many streams the server allows.
#[tokio::test(start_paused = true)]
async fn a_connection_carries_no_more_streams_than_its_window_holds() {
    let net = usual_server(1000);
    // 16 of them are 1 GiB.
    let client = net.builder(net.config()).http2_window(64 << 20).build().unwrap();
    let mut watches = Vec::new();
    for count in 1..=33_usize {
        let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
        watch.next().await.unwrap().unwrap();
        watches.push(watch);
        assert_eq!(net.opened(), count.div_ceil(16), "{count} streams");
    }
}

/// The caller still holds the stream: its end alone resets it, and frees its place.
#[tokio::test(start_paused = true)]
async fn an_ended_stream_leaves_its_connection() {
    let (reset, mut was_reset) = mpsc::unbounded_channel();
    let net = Net::serve(H2, move |number, peer| {
        let reset = reset.clone();
        http2(number, peer, 1, move |mut ask| {
            let reset = reset.clone();
            async move {
                let mut stream = ask.begin(200);
                stream.send_data(ADDED.into(), false).unwrap();
                let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await.unwrap();
                reset.send(reason).unwrap();
            }
        })
    });
    let client = net.client();
    let mut first = client.stream(pods().watch_once(&WatchParams::default()));
    first.next().await.unwrap().unwrap();
    first.stopper().stop();
    assert!(first.next().await.unwrap().is_err());
    let minute = Duration::from_secs(60);
    assert_eq!(tokio::time::timeout(minute, was_reset.recv()).await, Ok(Some(Reason::CANCEL)));
    let mut second = client.stream(pods().watch_once(&WatchParams::default()));
    second.next().await.unwrap().unwrap();
    assert_eq!(net.opened(), 1);
    drop(first);
}

/// Unused, and flooded: it is closed, and the next call has another one.
#[tokio::test(start_paused = true)]
async fn an_unused_connection_that_is_flooded_is_closed() {
    let said = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&said);
    let net = first_is(move |peer| {
        let said = Arc::clone(&count);
        async move {
            let mut frames = Frames::begin(peer).await;
            let stream = frames.request().await;
            frames.frame(HEADERS, END_HEADERS, stream, OK).await;
            frames.frame(DATA, END_STREAM, stream, br#"{"metadata":{"name":"a"}}"#).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            while frames.try_frame(99, 0, 0, &[0; 1000]).await {
                said.fetch_add(1009, Ordering::SeqCst);
            }
        }
    });
    let client = net.client();
    client.call(pods().get("a")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 2);
    let said = said.load(Ordering::SeqCst);
    assert!(said < 1 << 20, "{said} bytes");
}
