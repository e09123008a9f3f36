//! Hostile servers of HTTP/2, frame by frame: an end within the time limit, and one clear line of error.
//!
//! Time is tokio's, paused: it advances when no task has work. A server that sends without end always gives the client
//! work. Such servers run in real time, and a deadline of the client or a limit ends them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod net;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use kube_tests::hostile;
use kube_transport_hyper::Client;
use kube_transport_hyper::proto::api::{WatchParams, WriteParams};
use kube_transport_hyper::proto::driver::{FaultKind, Reach};
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::settings::{RetryPolicy, Settings};
use kube_transport_hyper::proto::{Error, ErrorKind};
use net::frames::*;
use net::{Ask, Net, Peer, fault, http2, pods, pour};

struct Case {
    name: &'static str,
    /// The server's frames after a request has arrived.
    says: Vec<Say>,
    /// The error contains this.
    text: &'static str,
    kind: FaultKind,
    reach: Reach,
}

/// A head without a body, and the beginning of one.
fn half() -> Vec<Say> {
    vec![Stream(HEADERS, END_HEADERS, OK.to_vec()), Stream(DATA, 0, b"{\"meta".to_vec())]
}

/// A head with more than its status.
fn with(more: &[Vec<u8>]) -> Vec<u8> {
    [OK.to_vec(), more.concat()].concat()
}

/// Answers with an end, or after which the server is silent.
fn cases() -> Vec<Case> {
    use FaultKind::{Closed, Io, Protocol};
    use Reach::{Answered, Unknown};
    let case = |name, says, text, kind, reach| Case { name, says, text, kind, reach };
    let then = |mut says: Vec<Say>, more: Vec<Say>| {
        says.extend(more);
        says
    };
    let ok = |more: Vec<Say>| then(vec![Stream(HEADERS, END_HEADERS, OK.to_vec())], more);
    let sized = |length, body: &[u8]| {
        let head = with(&[header("content-length", length)]);
        vec![Stream(HEADERS, END_HEADERS, head), Stream(DATA, END_STREAM, body.to_vec())]
    };
    let wide = || vec![Connection(WINDOW_UPDATE, 0, 0x7fff_ffff_u32.to_be_bytes().to_vec())];
    // None of it is an item, so that nothing waits for the caller.
    let spaces = vec![Stream(DATA, 0, vec![b' '; 64 << 10]); 40];
    let promise = [&2_u32.to_be_bytes()[..], &[0x82, 0x84, 0x87]].concat();
    vec![
        case(
            "reset in the middle of the body",
            then(half(), vec![Stream(RST_STREAM, 0, 2_u32.to_be_bytes().to_vec())]),
            "the server reset the stream in the middle of the answer's body (INTERNAL_ERROR)",
            Closed,
            Answered,
        ),
        case(
            "closed in the middle of the body",
            then(half(), vec![Close]),
            "in the middle of the answer's body",
            Closed,
            Answered,
        ),
        case(
            "closed in the middle of a frame",
            vec![Raw(vec![0, 0, 9, HEADERS, END_HEADERS, 0, 0]), Close],
            "before it answered",
            Closed,
            Unknown,
        ),
        case(
            "HTTP/1.1",
            vec![Raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec())],
            NO_HTTP,
            Protocol,
            Unknown,
        ),
        case(
            "a frame larger than may be",
            ok(vec![Stream(DATA, 0, vec![b' '; (64 << 10) + 1])]),
            NO_HTTP,
            Protocol,
            Answered,
        ),
        case("more than the window", then(ok(spaces), wide()), NO_HTTP, Protocol, Answered),
        case("data before a head", vec![Stream(DATA, END_STREAM, b"{}".to_vec())], NO_HTTP, Protocol, Unknown),
        case(
            "a head without a status",
            vec![Stream(HEADERS, END_HEADERS, header("a", "b"))],
            NO_HTTP,
            Protocol,
            Unknown,
        ),
        case(
            "a head that cannot be decoded",
            vec![Stream(HEADERS, END_HEADERS, vec![0xff; 5])],
            NO_HTTP,
            Protocol,
            Unknown,
        ),
        case(
            "a head larger than its limit",
            vec![Head(with(&[header("a", &"x".repeat(300 << 10))]))],
            NO_HTTP,
            Protocol,
            Unknown,
        ),
        case("headers without number", vec![Head(with(&vec![header("a", "x"); 20_000]))], NO_HTTP, Protocol, Unknown),
        case("a body that is longer than announced", sized("2", b"{} and more"), NO_HTTP, Protocol, Answered),
        case("a body that is shorter than announced", sized("20", b"{}"), NO_HTTP, Protocol, Answered),
        case("an unrequested promise", vec![Stream(PUSH_PROMISE, END_HEADERS, promise)], NO_HTTP, Protocol, Unknown),
        case("a window beyond all numbers", wide(), NO_HTTP, Protocol, Unknown),
        case(
            "silence, without an answer to pings",
            vec![Deaf],
            "the server did not answer a ping in time",
            Closed,
            Unknown,
        ),
        case(
            "half an answer, and then silence without an answer to pings",
            then(half(), vec![Deaf]),
            "too little of the response within 30s",
            Io,
            Answered,
        ),
    ]
}

/// The error for bytes that hyper rejects.
const NO_HTTP: &str = "the answer is not valid HTTP";

/// A server that answers the first request with this; and the number of bytes sent.
fn server(says: Vec<Say>) -> (Net, Arc<AtomicUsize>) {
    let said = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&said);
    let net = Net::serve(&[b"h2"], move |_, peer| {
        let (says, count) = (says.clone(), Arc::clone(&count));
        async move {
            let mut frames = Frames::begin(peer).await;
            let stream = frames.request().await;
            frames.perform(stream, &says, &count).await;
        }
    });
    (net, said)
}

fn client(net: &Net, change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = Settings::default();
    settings.retry = RetryPolicy::NEVER;
    change(&mut settings);
    net.builder(net.config()).settings(settings).build().unwrap()
}

#[track_caller]
fn is_one_clear_line(name: &str, error: &Error) {
    let text = error.to_string();
    assert!(text.len() < 1 << 10 && !text.contains('\n'), "{name}: {text}");
}

#[tokio::test(start_paused = true)]
async fn every_hostile_server_is_an_error_in_one_line() {
    for Case { name, says, text, kind, reach } in cases() {
        let (net, _) = server(says);
        let client = client(&net, |_| {});
        let before = tokio::time::Instant::now();
        let error = client.call(pods().get("a")).await.unwrap_err();
        is_one_clear_line(name, &error);
        assert!(error.to_string().contains(text), "{name}: {error}");
        match error.kind() {
            ErrorKind::Transport(fault) => assert_eq!((fault.kind, fault.reach), (kind, reach), "{name}: {error}"),
            ErrorKind::Timeout { reach: how, .. } => assert_eq!(*how, reach, "{name}: {error}"),
            _ => panic!("{name}: {error}"),
        }
        let (took, most) = (before.elapsed(), Duration::from_secs(46));
        assert!(took <= most, "{name}: {took:?}");
        assert_eq!(net.opened(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_call_is_on_another_connection() {
    for Case { name, says, .. } in cases() {
        let count = AtomicUsize::new(0);
        let net = Net::serve(&[b"h2"], move |_, peer| {
            let found = vec![
                Stream(HEADERS, END_HEADERS, OK.to_vec()),
                Stream(DATA, END_STREAM, br#"{"metadata":{"name":"a"}}"#.to_vec()),
            ];
            let says = if count.fetch_add(1, Ordering::SeqCst) == 0 { says.clone() } else { found };
            async move {
                let mut frames = Frames::begin(peer).await;
                let stream = frames.request().await;
                frames.perform(stream, &says, &AtomicUsize::new(0)).await;
            }
        });
        let client = client(&net, |_| {});
        client.call(pods().get("a")).await.unwrap_err();
        // The connection survives the failure of a single stream; but this server answers only one.
        if name != "reset in the middle of the body" && !name.starts_with("half an answer") {
            let found = client.call(pods().get("a")).await;
            assert!(found.is_ok(), "{name}: {:?}", found.err());
        }
    }
}

/// Answers that are hostile in any version of HTTP, in valid frames.
#[tokio::test(start_paused = true)]
async fn bodies_that_are_hostile_in_any_version_of_http() {
    let mut count = 0;
    for case in hostile::cases() {
        let [hostile::Say::Answer(answer)] = &case.says[..] else { continue };
        let (answer, said) = (answer.clone(), Arc::<AtomicU64>::default());
        let counts = Arc::clone(&said);
        let net = Net::serve(&[b"h2"], move |connection, peer| {
            let (answer, said) = (answer.clone(), Arc::clone(&counts));
            http2(connection, peer, 100, move |ask| says(ask, answer.clone(), Arc::clone(&said)))
        });
        for what in ["get", "list", "watch"] {
            let client = net.builder(net.config()).settings(hostile::settings()).build().unwrap();
            said.store(0, Ordering::SeqCst);
            match what {
                "get" => hostile::check(&case, what, case.get, client.call(pods().get("a")).await),
                "list" => hostile::check(&case, what, case.list, client.call(pods().list(&Default::default())).await),
                _ => {
                    let mut events = client.stream(pods().watch_once(&WatchParams::default()));
                    let mut result = Ok(());
                    while let Some(event) = events.next().await {
                        result = result.and(event.map(drop));
                    }
                    hostile::check(&case, what, case.watch, result);
                }
            }
            assert!(said.load(Ordering::SeqCst) <= case.most, "{}: took {said:?} bytes", case.name);
        }
        count += 1;
    }
    assert!(count > 10, "{count}");
}

async fn says(mut ask: Ask, answer: hostile::Answer, said: Arc<AtomicU64>) {
    let mut head = http::Response::builder().status(answer.code);
    for (name, value) in answer.headers() {
        head = head.header(name, value);
    }
    let mut stream = ask.respond.send_response(head.body(()).unwrap(), false).unwrap();
    if answer.is_whole() {
        let _ = stream.send_data(answer.body.into(), true);
        return;
    }
    let mut next = Bytes::from(answer.body);
    let endless = Bytes::from(answer.endless);
    while !next.is_empty() {
        if pour(&mut stream, next.clone()).await.is_err() {
            return;
        }
        said.fetch_add(next.len() as u64, Ordering::SeqCst);
        next = endless.clone();
    }
    // Silent, until the client leaves.
    let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_at_all() {
    let mute = || {
        Net::serve(&[b"h2"], |_, peer: Peer| async move {
            std::future::pending::<()>().await;
            drop(peer);
        })
    };
    let before = tokio::time::Instant::now();
    let net = mute();
    let error = client(&net, |_| {}).call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("did not answer a ping in time"), "{error}");
    assert_eq!(before.elapsed(), Duration::from_secs(45));
    // A stream first waits for the server's limit of streams.
    let (before, net) = (tokio::time::Instant::now(), mute());
    let error =
        client(&net, |_| {}).stream(pods().watch_once(&WatchParams::default())).next().await.unwrap().unwrap_err();
    assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::ConnectTimeout, Reach::NotSent), "{error}");
    assert_eq!(before.elapsed(), Duration::from_secs(15));
    // The time of the pings is a setting.
    let (before, net) = (tokio::time::Instant::now(), mute());
    let client = net.builder(net.config()).http2_ping(Duration::from_secs(2), Duration::from_secs(1)).build().unwrap();
    client.call(pods().get("a")).await.unwrap_err();
    // Each try of a read that the server may not have seen.
    assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lives_and_does_not_answer() {
    let (net, _) = server(Vec::new());
    let before = tokio::time::Instant::now();
    let error = client(&net, |_| {}).call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("no response within 75s"), "{error}");
    assert_eq!(before.elapsed(), Duration::from_secs(75));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_body() {
    let net = Net::serve(&[b"h2"], |_, peer| async move {
        // An initial window of 0.
        let mut frames = Frames::greet(peer, &[0, 4, 0, 0, 0, 0]).await;
        frames.request().await;
        frames.listen().await;
    });
    let pod = DynamicObject::new(&ApiResource::new("v1", "Pod", "pods", Scope::Namespaced), "a");
    let before = tokio::time::Instant::now();
    let error = client(&net, |_| {}).call(pods().create(&pod, &WriteParams::default())).await.unwrap_err();
    assert!(error.to_string().contains("no response within 75s"), "{error}");
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(before.elapsed(), Duration::from_secs(75));
}

/// A server that has read enough of a body answers and resets the stream (RFC 9113 §8.1). A reset without an error
/// leaves the answer intact.
#[tokio::test(start_paused = true)]
async fn an_answer_before_the_request_was_sent_whole_is_the_answer() {
    let net = Net::serve(&[b"h2"], |_, peer| async move {
        let mut frames = Frames::greet(peer, &[0, 4, 0, 0, 0, 0]).await;
        let stream = frames.request().await;
        frames.frame(HEADERS, END_HEADERS, stream, &status("413")).await;
        frames.frame(DATA, END_STREAM, stream, b"limit is 3145728").await;
        frames.frame(RST_STREAM, 0, stream, &0_u32.to_be_bytes()).await;
        frames.listen().await;
    });
    let pod = DynamicObject::new(&ApiResource::new("v1", "Pod", "pods", Scope::Namespaced), "a");
    let before = tokio::time::Instant::now();
    let error = client(&net, |_| {}).call(pods().create(&pod, &WriteParams::default())).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.code), Some(413), "{error}");
    assert!(error.to_string().contains("limit is 3145728"), "{error}");
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_every_stream_is_not_asked_for_ever() {
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let net = Net::serve(&[b"h2"], move |_, peer| {
        let asked = Arc::clone(&asked);
        async move {
            let mut frames = Frames::begin(peer).await;
            loop {
                let stream = frames.request().await;
                asked.fetch_add(1, Ordering::SeqCst);
                frames.frame(RST_STREAM, 0, stream, &7_u32.to_be_bytes()).await;
            }
        }
    });
    let error = net.client().call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("REFUSED_STREAM"), "{error}");
    assert_eq!(fault(&error).reach, Reach::NotSent);
    let asked = count.load(Ordering::SeqCst);
    assert!((2..=10).contains(&asked), "{asked}");
}

/// Servers that send without end: their frames, the error, and the most bytes that the client may take.
fn floods() -> Vec<(&'static str, Vec<Say>, &'static str, usize)> {
    let endless = |say| Endless(Box::new(say));
    let ok = |end| Stream(HEADERS, end, OK.to_vec());
    let hints = [status("103"), header("link", &"x".repeat(1000))].concat();
    vec![
        (
            "a head without end",
            vec![ok(0), endless(Stream(CONTINUATION, 0, header("a", &"x".repeat(1000))))],
            NO_HTTP,
            4 << 20,
        ),
        (
            "a head of empty parts without end",
            vec![ok(0), endless(Stream(CONTINUATION, 0, Vec::new()))],
            NO_HTTP,
            4 << 20,
        ),
        (
            "informational heads without end",
            vec![endless(Stream(HEADERS, END_HEADERS, hints))],
            "no response within 300ms",
            usize::MAX,
        ),
        ("empty data without end", vec![ok(END_HEADERS), endless(Stream(DATA, 0, Vec::new()))], "", usize::MAX),
        ("settings without end", vec![endless(Connection(SETTINGS, 0, vec![0, 4, 0, 1, 0, 0]))], "", usize::MAX),
        ("pings without end", vec![endless(Connection(PING, 0, vec![0; 8]))], "", usize::MAX),
        (
            "frames of an unknown kind without end",
            vec![endless(Connection(99, 0, vec![0; 1000]))],
            "no response within 300ms",
            usize::MAX,
        ),
        (
            "white space beyond the window without end",
            vec![ok(END_HEADERS), endless(Stream(DATA, 0, vec![b' '; 16 << 10]))],
            NO_HTTP,
            4 << 20,
        ),
    ]
}

/// What ends at a limit has all the time that a slow machine needs. What has no limit ends at the deadline for the head or
/// for the next data, and no other one is near. On one thread the connection, the call and the server take turns, so that
/// the bytes that the client takes do not depend on the machine.
#[tokio::test]
async fn floods_end() {
    for (name, says, text, most) in floods() {
        let (net, said) = server(says);
        let client = client(&net, |settings| {
            settings.limits.document = 1 << 20;
            settings.call.total = None;
            if most == usize::MAX {
                settings.call.head = Duration::from_millis(300);
                settings.call.idle = Some(Duration::from_millis(300));
            }
        });
        let error = client.call(pods().get("a")).await.unwrap_err();
        is_one_clear_line(name, &error);
        assert!(error.to_string().contains(text), "{name}: {error}");
        let said = said.load(Ordering::SeqCst);
        assert!(said < most, "{name}: took {said} bytes");
    }
}
