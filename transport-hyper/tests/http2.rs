//! HTTP/2: which exchanges share a connection, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod net;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::Method;
use kube_test_server::serve::ClientAuth;
use kube_tests::observed::Seen;
use kube_tests::polled::within_polls;
use kube_transport_hyper::proto::api::Upgrade;
use kube_transport_hyper::proto::api::{ApiRequest, WatchParams};
use kube_transport_hyper::proto::driver::Raw;
use kube_transport_hyper::proto::driver::pool::PoolLimits;
use kube_transport_hyper::proto::driver::{FaultKind, OneResult, Reach};
use kube_transport_hyper::proto::observe::Observers;
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use net::frames::Frames;
use net::{ADDED, Ask, H2, Net, Peer, connection, fault, http2, pods, pour, usual, usual_server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{Notify, mpsc};

const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_open_one_connection() {
    let net = usual_server(100);
    let client = net.client();
    let results = client.batch((0..1000).map(|n| pods().get(&n.to_string())), 1000).await;
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.as_ref().unwrap().metadata.name.as_deref(), Some(n.to_string().as_str()));
    }
    assert_eq!(net.opened(), 1);
    // Later calls use it again.
    client.call(pods().get("again")).await.unwrap();
    assert_eq!(net.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn observers_see_one_connection_carry_many_calls() {
    let (net, seen) = (usual_server(100), Seen::default());
    let client = net.builder(net.config()).observers(Observers::to(seen.clone())).build().unwrap();
    for result in client.batch((0..3).map(|n| pods().get(&n.to_string())), 3).await {
        result.unwrap();
    }
    let mut lines = seen.take();
    assert_eq!(lines.pop().unwrap(), "1: rests");
    let mut carried = lines.split_off(3);
    assert_eq!(lines, ["1: dials", "1: connected", "1: ready for HTTP/2.0"]);
    assert!(!carried[0].ends_with("used before"), "{carried:?}");
    carried.sort();
    let call = |n: usize| carried[n].trim_end_matches(", used before").to_owned();
    assert_eq!([call(0), call(1), call(2)], ["1: carries call 1", "1: carries call 2", "1: carries call 3"]);
    drop(client);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(seen.take(), ["1: closed after 3, at rest"]);
}

#[tokio::test(start_paused = true)]
async fn all_waiting_calls_fail_if_it_cannot_be_opened() {
    let net = usual_server(100);
    let mut config = net.config();
    config.tls.ca = usual_server(100).config().tls.ca;
    let client = net.builder(config).build().unwrap();
    for result in client.batch((0..100).map(|n| pods().get(&n.to_string())), 100).await {
        let error = result.unwrap_err();
        assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::Tls, Reach::NotSent));
        assert!(error.to_string().contains("is not signed by"), "{error}");
    }
    assert_eq!(net.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn streams_stay_apart_from_calls_and_fill_their_connections() {
    let (seen, mut saw) = mpsc::unbounded_channel();
    let net = Net::serve(H2, move |number, peer| {
        let seen = seen.clone();
        http2(number, peer, 2, move |ask| {
            if ask.is_watch() {
                seen.send(ask.connection).unwrap();
            }
            usual(ask)
        })
    });
    let client = net.client();
    let called = connection(&client.call(pods().get("a")).await.unwrap());
    let mut watches = Vec::new();
    for _ in 0..5 {
        let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
        watch.next().await.unwrap().unwrap();
        watches.push(watch);
    }
    let mut on = Vec::new();
    while let Ok(number) = saw.try_recv() {
        on.push(number);
    }
    // The first watch finds the idle connection of the call, which becomes a connection of streams.
    assert_eq!(on, [1, 1, 2, 2, 3], "{called}");
    let call = connection(&client.call(pods().get("a")).await.unwrap());
    assert_eq!(call, 4);
    // The end of a watch frees its place.
    drop(watches.remove(0));
    tokio::task::yield_now().await;
    let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
    watch.next().await.unwrap().unwrap();
    assert_eq!(saw.try_recv(), Ok(1));
    assert_eq!(net.opened(), 4);
}

#[tokio::test(start_paused = true)]
async fn streams_that_begin_at_once_share_as_well() {
    let net = usual_server(3);
    let client = net.client();
    let mut watches: Vec<_> = (0..9).map(|_| client.stream(pods().watch_once(&WatchParams::default()))).collect();
    let firsts: Vec<_> = watches
        .iter_mut()
        .map(|watch| {
            let mut next = Box::pin(watch.next());
            assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            next
        })
        .collect();
    for first in firsts {
        first.await.unwrap().unwrap();
    }
    assert_eq!(net.opened(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_long_gets_another_connection() {
    let release = Arc::new(Notify::new());
    let held = Arc::clone(&release);
    let net = Net::serve(H2, move |number, peer| {
        let held = Arc::clone(&held);
        http2(number, peer, 1, move |mut ask| {
            let held = Arc::clone(&held);
            async move {
                if ask.name() == "slow" {
                    held.notified().await;
                }
                ask.found();
            }
        })
    });
    let client = net.client();
    let slow = tokio::spawn(client.call(pods().get("slow")));
    while net.opened() == 0 {
        tokio::task::yield_now().await;
    }
    let before = tokio::time::Instant::now();
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 2);
    assert!(before.elapsed() < Duration::from_millis(1100));
    release.notify_one();
    assert_eq!(connection(&slow.await.unwrap().unwrap()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_graceful_goaway_lets_live_and_moves_on() {
    let go = Arc::new(Notify::new());
    let signal = Arc::clone(&go);
    let net = Net::serve(H2, move |number, peer| {
        let go = Arc::clone(&go);
        async move {
            let mut http2 = h2::server::handshake(peer).await.unwrap();
            loop {
                tokio::select! {
                    accepted = http2.accept() => match accepted {
                        Some(Ok((request, respond))) => {
                            tokio::spawn(answer_later(Ask { connection: number, request, respond }));
                        }
                        _ => return,
                    },
                    () = go.notified(), if number == 1 => http2.graceful_shutdown(),
                }
            }
        }
    });
    async fn answer_later(mut ask: Ask) {
        tokio::time::sleep(Duration::from_secs(2)).await;
        ask.found();
    }
    let client = net.client();
    let first = tokio::spawn(client.call(pods().get("a")));
    tokio::time::sleep(Duration::from_secs(1)).await;
    signal.notify_one();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Even a request that cannot be repeated: the server said that it did not process it.
    let second = client.call(create()).await.unwrap();
    assert_eq!(connection(&second), 2);
    assert_eq!(connection(&first.await.unwrap().unwrap()), 1);
    assert_eq!(net.opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_goaway_did_not_look_at_is_sent_again_whatever_it_is() {
    for reason in [Reason::NO_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let net = Net::serve(H2, move |number, peer| async move {
            if number > 1 {
                return http2(number, peer, 100, usual).await;
            }
            let mut frames = Frames::begin(peer).await;
            frames.request().await;
            frames.go_away(0, reason.into()).await;
            // And the server does not even close.
            std::future::pending::<()>().await;
        });
        assert_eq!(connection(&net.client().call(create()).await.unwrap()), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_goaway_did_look_at_is_not() {
    let net = Net::serve(H2, |number, peer| async move {
        if number > 1 {
            return http2(number, peer, 100, usual).await;
        }
        let mut frames = Frames::begin(peer).await;
        let stream = frames.request().await;
        frames.go_away(stream, Reason::INTERNAL_ERROR.into()).await;
    });
    let client = net.client();
    let error = client.call(create()).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(fault(&error).kind, FaultKind::Closed, "{error}");
    // A request that only reads is.
    let net = Net::serve(H2, |number, peer| async move {
        if number > 1 {
            return http2(number, peer, 100, usual).await;
        }
        let mut frames = Frames::begin(peer).await;
        frames.request().await;
    });
    assert_eq!(connection(&net.client().call(pods().get("a")).await.unwrap()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_stream_is_sent_again_on_the_same_connection() {
    let refusals = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refusals);
    let net = Net::serve(H2, move |number, peer| {
        let count = Arc::clone(&count);
        http2(number, peer, 100, move |mut ask| {
            let refuses = count.fetch_add(1, Ordering::SeqCst) < 2;
            async move {
                match refuses {
                    true => ask.respond.send_reset(Reason::REFUSED_STREAM),
                    false => ask.found(),
                }
            }
        })
    });
    client_creates(&net).await;
    assert_eq!((refusals.load(Ordering::SeqCst), net.opened()), (3, 1));
}

async fn client_creates(net: &Net) {
    net.client().call(create()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_about_one_stream() {
    let net = Net::serve(H2, |number, peer| {
        http2(number, peer, 100, |mut ask| async move {
            match ask.name() {
                "cut" => {
                    let mut stream = ask.begin(200);
                    stream.send_data("{\"metadata\":".into(), false).unwrap();
                    // The data goes first.
                    tokio::task::yield_now().await;
                    stream.send_reset(Reason::INTERNAL_ERROR);
                }
                "short" => {
                    let mut stream = ask.begin(200);
                    stream.send_data("{".into(), false).unwrap();
                    tokio::task::yield_now().await;
                    stream.send_reset(Reason::NO_ERROR);
                }
                "pods" => ask.respond.send_reset(Reason::INTERNAL_ERROR),
                _ => usual(ask).await,
            }
        })
    });
    let client = net.client();
    let mut watch = client.stream(pods().pages(&Default::default()));
    for (name, says) in [("cut", "INTERNAL_ERROR"), ("short", "NO_ERROR")] {
        let error = client.call(pods().get(name)).await.unwrap_err();
        assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::Closed, Reach::Answered), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = client.call(create()).await.unwrap_err();
    assert!(error.outcome_unknown() && error.to_string().contains("INTERNAL_ERROR"), "{error}");
    client.call(pods().get("a")).await.unwrap();
    assert_eq!(net.opened(), 1);
    drop(watch.next());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stops_answering_is_found_out_by_pings() {
    // The server answers a call and begins a watch. Then it vanishes without closing anything.
    let net = Net::serve(H2, |number, peer| async move {
        let mut http2 = h2::server::handshake(peer).await.unwrap();
        for _ in 0..2 {
            let (request, respond) = http2.accept().await.unwrap().unwrap();
            usual_at_once(Ask { connection: number, request, respond });
        }
        let moment = tokio::time::sleep(Duration::from_secs(1));
        tokio::select! {
            _ = http2.accept() => {}
            () = moment => {}
        }
        let _held = http2;
        std::future::pending::<()>().await;
    });
    let client = net.client();
    client.call(pods().get("a")).await.unwrap();
    let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
    watch.next().await.unwrap().unwrap();
    let before = tokio::time::Instant::now();
    let error = watch.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("did not answer a ping in time"), "{error}");
    let waited = before.elapsed();
    assert!((Duration::from_secs(44)..Duration::from_secs(47)).contains(&waited), "{waited:?}");
    // The same for a call before its answer: the call is sent again.
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 2);
    let before = tokio::time::Instant::now();
    let watch = tokio::spawn(client.call(pods().get("b")));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(connection(&watch.await.unwrap().unwrap()), 2);
    assert_eq!(connection(&client.call(pods().get("c")).await.unwrap()), 3);
    let waited = before.elapsed();
    assert!((Duration::from_secs(44)..Duration::from_secs(49)).contains(&waited), "{waited:?}");
}

fn usual_at_once(mut ask: Ask) {
    if ask.is_watch() {
        let mut stream = ask.begin(200);
        stream.send_data(ADDED.into(), false).unwrap();
        // The stream stays open.
        std::mem::forget(stream);
    } else {
        ask.found();
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_http2_has_connections_for_each() {
    let net = Net::serve(&[b"http/1.1"], http1);
    let client = net.client();
    let results = client.batch((0..20).map(|n| pods().get(&n.to_string())), 4).await;
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.as_ref().unwrap().metadata.name.as_deref(), Some(n.to_string().as_str()));
    }
    assert_eq!(net.opened(), 4);
    // The same for one that does not know ALPN.
    let net = Net::serve(&[], http1);
    net.client().call(pods().get("a")).await.unwrap();
}

/// Answers over HTTP/1.1 with objects, and echoes after an upgrade.
async fn http1(number: usize, peer: Peer) {
    let mut peer = BufReader::new(peer);
    loop {
        let (mut first, mut line, mut upgrades) = (String::new(), String::new(), false);
        if !matches!(peer.read_line(&mut first).await, Ok(1..)) {
            return;
        }
        while line != "\r\n" {
            line.clear();
            peer.read_line(&mut line).await.unwrap();
            upgrades |= line.to_ascii_lowercase().starts_with("upgrade:");
        }
        if upgrades {
            let head = "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello";
            peer.write_all(head.as_bytes()).await.unwrap();
            peer.flush().await.unwrap();
            let (mut reader, mut writer) = tokio::io::split(peer);
            let _ = tokio::io::copy(&mut reader, &mut writer).await;
            let _ = writer.shutdown().await;
            return;
        }
        let name = first.split(' ').nth(1).unwrap().rsplit('/').next().unwrap();
        let body = format!(r#"{{"metadata":{{"name":"{name}","namespace":"{number}"}}}}"#);
        let head = format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", body.len());
        // For this time at least, others must open their own connections.
        tokio::time::sleep(Duration::from_millis(1)).await;
        peer.write_all((head + &body).as_bytes()).await.unwrap();
        peer.flush().await.unwrap();
    }
}

fn both(number: usize, peer: Peer) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    match peer.get_ref().1.alpn_protocol() {
        Some(b"h2") => Box::pin(http2(number, peer, 100, usual)),
        _ => Box::pin(http1(number, peer)),
    }
}

#[tokio::test(start_paused = true)]
async fn upgrades_are_http1_beside_http2() {
    let net = Net::serve(BOTH, both);
    let client = net.client();
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 1);
    let request = ApiRequest::raw(Method::GET, "/echo", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = client.open(Upgrade::new(request, |_| Ok(Raw::new()))).await.unwrap();
    assert_eq!(session.next().await.unwrap().unwrap(), "hello");
    session.send(Bytes::from_static(b"world")).await.unwrap();
    let mut echoed = Vec::new();
    while echoed.len() < 5 {
        echoed.extend_from_slice(&session.next().await.unwrap().unwrap());
    }
    assert_eq!(echoed, b"world");
    assert_eq!(session.next_within(Some(Duration::from_secs(5))).await.map(|_| ()), None);
    session.close();
    assert!(session.next().await.unwrap().is_err());
    assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 1);
    assert_eq!(net.opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn http2_can_be_left_out() {
    let net = Net::serve(BOTH, both);
    let client = net.builder(net.config()).http2(false).build().unwrap();
    let results = client.batch((0..8).map(|n| pods().get(&n.to_string())), 8).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(net.opened(), 8);
}

#[tokio::test(start_paused = true)]
async fn slow_readers_do_not_hold_back_others() {
    const ITEM: &str = r#"{"metadata":{"name":"a","annotations":{"much":"0123456789012345678901234567890123456789"}}}"#;
    let net = Net::serve(H2, |number, peer| {
        http2(number, peer, 100, |mut ask| async move {
            if ask.name() != "pods" || ask.is_watch() {
                return usual(ask).await;
            }
            let mut stream = ask.begin(200);
            let item = format!("{ITEM},").repeat(1000);
            pour(&mut stream, "{\"items\":[".into()).await.unwrap();
            // More than all windows together, for each of them.
            for _ in 0..1000 {
                if pour(&mut stream, item.clone().into()).await.is_err() {
                    return;
                }
            }
        })
    });
    let client = net.client();
    let mut slow: Vec<_> = (0..30).map(|_| client.stream(pods().pages(&Default::default()))).collect();
    for list in &mut slow {
        list.next().await.unwrap().unwrap();
    }
    // The server has sent whatever it can send to them.
    tokio::time::sleep(Duration::from_secs(5)).await;
    for _ in 0..10 {
        assert_eq!(connection(&client.call(pods().get("a")).await.unwrap()), 1);
    }
    for list in &mut slow {
        list.next().await.unwrap().unwrap();
    }
    drop(slow);
    client.call(pods().get("a")).await.unwrap();
    assert_eq!(net.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_is_reset_and_its_connection_stays() {
    let (reset, mut resets) = mpsc::unbounded_channel();
    let net = Net::serve(H2, move |number, peer| {
        let reset = reset.clone();
        http2(number, peer, 100, move |mut ask| {
            let reset = reset.clone();
            async move {
                match ask.name() {
                    // No answer at all.
                    "silent" => {
                        let reason = std::future::poll_fn(|cx| ask.respond.poll_reset(cx)).await;
                        reset.send(reason.unwrap()).unwrap();
                    }
                    "pods" => {
                        let mut stream = ask.begin(200);
                        stream.send_data(ADDED.into(), false).unwrap();
                        let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
                        reset.send(reason.unwrap()).unwrap();
                    }
                    _ => ask.found(),
                }
            }
        })
    });
    let client = net.client();
    let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
    watch.next().await.unwrap().unwrap();
    drop(watch);
    assert_eq!(resets.recv().await, Some(Reason::CANCEL));
    let silent = tokio::time::timeout(Duration::from_secs(1), client.call(pods().get("silent")));
    assert!(silent.await.is_err());
    assert_eq!(resets.recv().await, Some(Reason::CANCEL));
    client.call(pods().get("a")).await.unwrap();
    assert_eq!(net.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_does_not_disturb_others() {
    let net = Net::serve(H2, |number, peer| {
        http2(number, peer, 100, |mut ask| async move {
            // In pieces, so that there are many points to drop it at.
            let body = format!(r#"{{"metadata":{{"name":"{}"}}}}"#, ask.name());
            let mut stream = ask.begin(200);
            for piece in body.into_bytes().chunks(8) {
                tokio::time::sleep(Duration::from_millis(1)).await;
                if stream.send_data(Bytes::copy_from_slice(piece), false).is_err() {
                    return;
                }
            }
            let _ = stream.send_data(Bytes::new(), true);
        })
    });
    let client = net.client();
    for polls in 0.. {
        let mut left = polls;
        let mut call = Box::pin(client.call(pods().get("dropped")));
        let ready = std::future::poll_fn(|cx| {
            if left == 0 {
                return std::task::Poll::Ready(None);
            }
            left -= 1;
            call.as_mut().poll(cx).map(Some)
        });
        let ready = ready.await;
        drop(call);
        let found = client.call(pods().get("next")).await.unwrap();
        assert_eq!(found.metadata.name.as_deref(), Some("next"));
        if let Some(found) = ready {
            assert_eq!(found.unwrap().metadata.name.as_deref(), Some("dropped"));
            assert!(polls > 5, "{polls}");
            break;
        }
    }
    assert_eq!(net.opened(), 1);
}

/// Counted while it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(of: &Arc<AtomicUsize>) -> Self {
        of.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(of))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// With HTTP/2 or without, and whatever is dropped: the client still works, and no stream and no task is left over.
#[tokio::test(start_paused = true)]
async fn whatever_is_dropped_at_any_poll_leaves_nothing() {
    for alpn in [BOTH, &[b"http/1.1"]] {
        let streams = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&streams);
        let net = Net::serve(alpn, move |number, peer| -> Pin<Box<dyn Future<Output = ()> + Send>> {
            match peer.get_ref().1.alpn_protocol() {
                Some(b"h2") => {
                    let counter = Arc::clone(&counter);
                    Box::pin(http2(number, peer, 100, move |ask| {
                        let counted = Counted::one(&counter);
                        async move {
                            usual(ask).await;
                            drop(counted);
                        }
                    }))
                }
                _ => Box::pin(http1(number, peer)),
            }
        });
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = tasks();
        let client = net.client();
        let upgrade = || {
            let request = ApiRequest::raw(Method::GET, "/echo", "")
                .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
                .header(http::header::UPGRADE, "echo".parse().unwrap());
            Upgrade::new(request, |_| Ok(Raw::new()))
        };
        for what in 0..4 {
            for polls in 0.. {
                let name = format!("dropped-{polls}");
                let ready = match what {
                    0 => within_polls(polls, client.call(pods().get(&name))).await.map(|found| found.is_ok()),
                    1 => {
                        let batch = client.batch((0..6).map(|_| pods().get(&name)), 3);
                        within_polls(polls, batch).await.map(|found| found.iter().all(Result::is_ok))
                    }
                    2 => {
                        let mut list = client.stream(pods().get(&name));
                        within_polls(polls, list.next()).await.map(|found| found.unwrap().is_ok())
                    }
                    _ => within_polls(polls, async { client.open(upgrade()).await?.next().await.unwrap() })
                        .await
                        .map(|said| said.unwrap() == "hello"),
                };
                let next = client.call(pods().get("next")).await.unwrap();
                assert_eq!(next.metadata.name.as_deref(), Some("next"));
                if let Some(fine) = ready {
                    assert!(fine && polls > 1, "{what}: {polls}");
                    break;
                }
                assert!(polls < 1000, "{what}");
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(streams.load(Ordering::SeqCst), 0);
        drop(client);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(tasks(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_dropped_at_any_poll_gives_its_place_back() {
    // One watch at a time fits on a connection.
    let net = usual_server(1);
    let client = net.client();
    for polls in 0.. {
        let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
        let ready = within_polls(polls, watch.next()).await;
        drop(watch);
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Some(event) = ready {
            event.unwrap().unwrap();
            assert!(polls > 1, "{polls}");
            break;
        }
        assert!(polls < 1000);
    }
    let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
    watch.next().await.unwrap().unwrap();
    assert_eq!(net.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_cancelled_all_the_time_misses_nothing() {
    let net = Net::serve(H2, |number, peer| {
        http2(number, peer, 100, |mut ask| async move {
            let mut stream = ask.begin(200);
            for n in 0..100 {
                tokio::time::sleep(Duration::from_millis(7)).await;
                let event = ADDED.replace("\"1\"", &format!("\"{n}\""));
                let (half, rest) = event.split_at(20);
                stream.send_data(Bytes::copy_from_slice(half.as_bytes()), false).unwrap();
                tokio::time::sleep(Duration::from_millis(7)).await;
                stream.send_data(Bytes::copy_from_slice(rest.as_bytes()), n == 99).unwrap();
            }
        })
    });
    let client = net.client();
    let mut watch = client.stream(pods().watch_once(&WatchParams::default()));
    let mut seen = 0;
    loop {
        match tokio::time::timeout(Duration::from_millis(3), watch.next()).await {
            Err(_) => {}
            Ok(Some(event)) => {
                event.unwrap();
                seen += 1;
            }
            Ok(None) => break,
        }
    }
    assert_eq!((seen, net.opened()), (100, 1));
}

#[tokio::test(start_paused = true)]
async fn idle_connections_age_and_dead_ones_are_not_used() {
    let net = Net::serve(H2, |number, peer| async move {
        // The second connection ends soon.
        match tokio::time::timeout(Duration::from_secs(if number == 2 { 5 } else { 1000 }), async {
            http2(number, peer, 100, usual).await;
        })
        .await
        {
            Ok(()) | Err(_) => {}
        }
    });
    let limits = PoolLimits { age: Duration::from_secs(20), ..PoolLimits::default() };
    let client = net.builder(net.config()).pool(limits).build().unwrap();
    for (pause, on) in [(0, 1), (19, 1), (21, 2), (10, 3), (19, 3)] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        assert_eq!(connection(&client.call(create()).await.unwrap()), on, "{pause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_client_certificate_is_said_so() {
    for alpn in [H2, &[b"http/1.1"]] {
        let net = Net::serve_clients(alpn, ClientAuth::Required, both);
        // TLS 1.3: the server refuses after the request was written, and has not read it.
        let error = net.client().call(create()).await.unwrap_err();
        assert!(error.to_string().contains("wants a client certificate, and none is configured"), "{error}");
        assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::Tls, Reach::NotSent), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_come_ends_in_time() {
    // The server closes the connection in the TLS handshake.
    let net = Net::serve(H2, |_, peer| async move { drop(peer) });
    let (silent, _kept) = net.silent();
    let error = silent.call(pods().get("a")).await.unwrap_err();
    assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::ConnectTimeout, Reach::NotSent), "{error}");
}

/// The search may take long, but no longer than a connection may.
#[tokio::test(start_paused = true)]
async fn the_system_s_certificates_are_not_looked_for_by_the_executor() {
    let net = usual_server(100);
    let config = kube_transport_hyper::proto::config::Config::new("https://127.0.0.1:6443").unwrap();
    let before = tokio::time::Instant::now();
    for http2 in [true, false] {
        let client = net.builder(config.clone()).http2(http2).build().unwrap();
        let error = client.call(create()).await.unwrap_err();
        assert_eq!(fault(&error).kind, FaultKind::ConnectTimeout, "{error}");
    }
    assert!(before.elapsed() >= Duration::from_secs(30), "{:?}", before.elapsed());
    assert_eq!(net.opened(), 0);
}

fn create() -> impl OneResult<Item = DynamicObject> + Send + 'static {
    let pod = DynamicObject::new(&ApiResource::new("v1", "Pod", "pods", Scope::Namespaced), "a");
    pods().create(&pod, &Default::default())
}
