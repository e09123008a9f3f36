//! Hostile servers of HTTP/2, frame by frame: always an end within the stated time, and one clear line.
//!
//! Time is tokio's, paused: it passes when nobody has anything to do. A server that never stops talking leaves nobody
//! without anything to do; those are given real time, and what ends them is a deadline of the client or a limit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod net;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kube_transport_hyper::Client;
use kube_transport_hyper::proto::request::{WatchParams, WriteParams};
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::session::{RetryPolicy, Settings};
use kube_transport_hyper::proto::{Error, ErrorKind, FaultKind, Reach};
use net::{Frames, Net, Peer, fault, pods};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200` in HPACK.
const OK: &[u8] = &[0x88];

type Script = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a server does once a request is there.
type Says = fn(Frames, u32) -> Script;

struct Case {
    name: &'static str,
    says: Says,
    /// In the message.
    text: &'static str,
    kind: FaultKind,
    reach: Reach,
}

/// A header in HPACK, not indexed.
fn header(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0, name.len() as u8];
    block.extend_from_slice(name.as_bytes());
    // The value's length in 7 bits and more.
    match value.len() {
        length @ ..127 => block.push(length as u8),
        length => {
            block.push(127);
            let mut rest = length - 127;
            while rest >= 128 {
                block.push(rest as u8 | 128);
                rest /= 128;
            }
            block.push(rest as u8);
        }
    }
    block.extend_from_slice(value.as_bytes());
    block
}

fn status(code: &str) -> Vec<u8> {
    let mut block = vec![0x08, code.len() as u8];
    block.extend_from_slice(code.as_bytes());
    block
}

/// Answers that have an end, or after which nothing more is said.
const CASES: &[Case] = &[
    Case {
        name: "reset in the middle of the body",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, OK).await;
                frames.frame(DATA, 0, stream, b"{\"meta").await;
                frames.frame(RST_STREAM, 0, stream, &2_u32.to_be_bytes()).await;
                frames.listen().await;
            })
        },
        text: "the server reset the stream in the middle of the answer's body (INTERNAL_ERROR)",
        kind: FaultKind::Closed,
        reach: Reach::Answered,
    },
    Case {
        name: "closed in the middle of the body",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, OK).await;
                frames.frame(DATA, 0, stream, b"{\"meta").await;
                frames.close().await;
            })
        },
        text: "in the middle of the answer's body",
        kind: FaultKind::Closed,
        reach: Reach::Answered,
    },
    Case {
        name: "closed in the middle of a frame",
        says: |mut frames, _| {
            Box::pin(async move {
                frames.raw(&[0, 0, 9, HEADERS, END_HEADERS, 0, 0]).await;
                frames.close().await;
            })
        },
        text: "before it answered",
        kind: FaultKind::Closed,
        reach: Reach::Unknown,
    },
    Case {
        name: "HTTP/1.1",
        says: |mut frames, _| {
            Box::pin(async move {
                frames.raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "a frame larger than may be",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, OK).await;
                frames.frame(DATA, 0, stream, &vec![b' '; (64 << 10) + 1]).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Answered,
    },
    Case {
        name: "more than the window",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, OK).await;
                // Nothing of it is an item, so that nothing waits for the caller.
                for _ in 0..40 {
                    if !frames.try_frame(DATA, 0, stream, &[b' '; 64 << 10]).await {
                        break;
                    }
                }
                frames.frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Answered,
    },
    Case {
        name: "data before a head",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(DATA, END_STREAM, stream, b"{}").await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "a head without a status",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, &header("a", "b")).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "a head that cannot be decoded",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, &[0xff, 0xff, 0xff, 0xff, 0xff]).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "a head larger than its limit",
        says: |mut frames, stream| {
            Box::pin(async move {
                let block = [OK.to_vec(), header("a", &"x".repeat(300 << 10))].concat();
                frames.head(stream, &block).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "headers without number",
        says: |mut frames, stream| {
            Box::pin(async move {
                let block = [OK.to_vec(), header("a", "x").repeat(20_000)].concat();
                frames.head(stream, &block).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "a body that is longer than announced",
        says: |mut frames, stream| {
            Box::pin(async move {
                let block = [OK.to_vec(), header("content-length", "2")].concat();
                frames.frame(HEADERS, END_HEADERS, stream, &block).await;
                frames.frame(DATA, END_STREAM, stream, b"{} and more").await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Answered,
    },
    Case {
        name: "a body that is shorter than announced",
        says: |mut frames, stream| {
            Box::pin(async move {
                let block = [OK.to_vec(), header("content-length", "20")].concat();
                frames.frame(HEADERS, END_HEADERS, stream, &block).await;
                frames.frame(DATA, END_STREAM, stream, b"{}").await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Answered,
    },
    Case {
        name: "a promise that nobody asked for",
        says: |mut frames, stream| {
            Box::pin(async move {
                let promise = [&2_u32.to_be_bytes()[..], &[0x82, 0x84, 0x87]].concat();
                frames.frame(PUSH_PROMISE, END_HEADERS, stream, &promise).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "a window beyond all numbers",
        says: |mut frames, _| {
            Box::pin(async move {
                frames.frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()).await;
                frames.listen().await;
            })
        },
        text: "this is not HTTP as it may be",
        kind: FaultKind::Protocol,
        reach: Reach::Unknown,
    },
    Case {
        name: "silence, without an answer to pings",
        says: |frames, _| {
            Box::pin(async move {
                // Open, and nobody reads.
                std::future::pending::<()>().await;
                drop(frames);
            })
        },
        text: "the server did not answer a ping in time",
        kind: FaultKind::Closed,
        reach: Reach::Unknown,
    },
    Case {
        name: "half an answer, and then silence without an answer to pings",
        says: |mut frames, stream| {
            Box::pin(async move {
                frames.frame(HEADERS, END_HEADERS, stream, OK).await;
                frames.frame(DATA, 0, stream, b"{\"meta").await;
                std::future::pending::<()>().await;
                drop(frames);
            })
        },
        text: "no more of the response",
        kind: FaultKind::Io,
        reach: Reach::Answered,
    },
];

/// Takes a connection, and does this with its first request.
fn server(says: Says) -> Net {
    Net::serve(&[b"h2"], move |_, peer| async move {
        let mut frames = Frames::begin(peer).await;
        let stream = frames.request().await;
        says(frames, stream).await;
    })
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
    for Case { name, says, text, kind, reach } in CASES {
        let net = server(*says);
        let client = client(&net, |_| {});
        let before = tokio::time::Instant::now();
        let error = client.call(pods().get("a")).await.unwrap_err();
        is_one_clear_line(name, &error);
        assert!(error.to_string().contains(text), "{name}: {error}");
        match error.kind() {
            ErrorKind::Transport(fault) => assert_eq!((fault.kind, fault.reach), (*kind, *reach), "{name}: {error}"),
            ErrorKind::Timeout { reach: how, .. } => assert_eq!(how, reach, "{name}: {error}"),
            _ => panic!("{name}: {error}"),
        }
        let (took, most) = (before.elapsed(), Duration::from_secs(46));
        assert!(took <= most, "{name}: {took:?}");
        assert_eq!(net.opened(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_call_is_on_another_connection() {
    for Case { name, says, .. } in CASES {
        let (count, says) = (Arc::new(AtomicUsize::new(0)), *says);
        let net = Net::serve(&[b"h2"], move |_, peer| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                let mut frames = Frames::begin(peer).await;
                let stream = frames.request().await;
                if first {
                    return says(frames, stream).await;
                }
                frames.frame(HEADERS, END_HEADERS, stream, OK).await;
                frames.frame(DATA, END_STREAM, stream, br#"{"metadata":{"name":"a"}}"#).await;
                frames.listen().await;
            }
        });
        let client = client(&net, |_| {});
        client.call(pods().get("a")).await.unwrap_err();
        // Of a single stream's failures the connection knows nothing; but this one answers only one.
        if *name != "reset in the middle of the body" && !name.starts_with("half an answer") {
            let found = client.call(pods().get("a")).await;
            assert!(found.is_ok(), "{name}: {:?}", found.err());
        }
    }
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
    // A stream wants to know first how many there may be.
    let (before, net) = (tokio::time::Instant::now(), mute());
    let error = client(&net, |_| {}).stream(pods().events(&WatchParams::default())).next().await.unwrap().unwrap_err();
    assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::ConnectTimeout, Reach::NotSent), "{error}");
    assert_eq!(before.elapsed(), Duration::from_secs(15));
    // The pings are a setting.
    let (before, net) = (tokio::time::Instant::now(), mute());
    let client = net.builder(net.config()).http2_ping(Duration::from_secs(2), Duration::from_secs(1)).build().unwrap();
    client.call(pods().get("a")).await.unwrap_err();
    // Each try of a read that nobody may have seen.
    assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lives_and_does_not_answer() {
    let net = server(|mut frames, _| Box::pin(async move { frames.listen().await }));
    let before = tokio::time::Instant::now();
    let error = client(&net, |_| {}).call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("no response within 75s"), "{error}");
    assert_eq!(before.elapsed(), Duration::from_secs(75));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_body() {
    let net = Net::serve(&[b"h2"], |_, peer| async move {
        // An initial window of nothing.
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

/// Bytes that the servers of this process have said.
static SAID: AtomicUsize = AtomicUsize::new(0);

/// Servers that never stop talking.
const FLOODS: &[(&str, Says, &str)] = &[
    (
        "a head without end",
        |mut frames, stream| {
            Box::pin(async move {
                if frames.try_frame(HEADERS, 0, stream, OK).await {
                    while frames.try_frame(CONTINUATION, 0, stream, &header("a", &"x".repeat(1000))).await {}
                }
            })
        },
        "this is not HTTP as it may be",
    ),
    (
        "a head of empty parts without end",
        |mut frames, stream| {
            Box::pin(async move {
                if frames.try_frame(HEADERS, 0, stream, OK).await {
                    while frames.try_frame(CONTINUATION, 0, stream, &[]).await {}
                }
            })
        },
        "this is not HTTP as it may be",
    ),
    (
        "informational heads without end",
        |mut frames, stream| {
            Box::pin(async move {
                let hints = [status("103"), header("link", &"x".repeat(1000))].concat();
                while frames.try_frame(HEADERS, END_HEADERS, stream, &hints).await {}
            })
        },
        "no response within 300ms",
    ),
    (
        "empty data without end",
        |mut frames, stream| {
            Box::pin(async move {
                if frames.try_frame(HEADERS, END_HEADERS, stream, OK).await {
                    while frames.try_frame(DATA, 0, stream, &[]).await {}
                }
            })
        },
        "",
    ),
    (
        "settings without end",
        |mut frames, _| Box::pin(async move { while frames.try_frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]).await {} }),
        "",
    ),
    (
        "pings without end",
        |mut frames, _| Box::pin(async move { while frames.try_frame(PING, 0, 0, &[0; 8]).await {} }),
        "",
    ),
    (
        "frames of an unknown kind without end",
        |mut frames, _| Box::pin(async move { while frames.try_frame(99, 0, 0, &[0; 1000]).await {} }),
        "no response within 300ms",
    ),
    (
        "white space beyond the window without end",
        |mut frames, stream| {
            Box::pin(async move {
                if frames.try_frame(HEADERS, END_HEADERS, stream, OK).await {
                    while frames.try_frame(DATA, 0, stream, &[b' '; 16 << 10]).await {}
                }
            })
        },
        "this is not HTTP as it may be",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_end() {
    for (name, says, text) in FLOODS {
        let (net, before) = (server(*says), SAID.load(Ordering::SeqCst));
        let client = client(&net, |settings| {
            settings.limits.document = 1 << 20;
            settings.call.head = Duration::from_millis(300);
            settings.call.idle = Some(Duration::from_millis(300));
            settings.call.total = Some(Duration::from_secs(2));
        });
        let error = client.call(pods().get("a")).await.unwrap_err();
        is_one_clear_line(name, &error);
        assert!(error.to_string().contains(text), "{name}: {error}");
        if name.contains("head") && !name.contains("informational") || name.contains("window") {
            let said = SAID.load(Ordering::SeqCst) - before;
            assert!(said < 4 << 20, "{name}: took {said} bytes");
        }
    }
}

impl Frames {
    /// With these settings in the place of none.
    async fn greet(mut peer: Peer, settings: &[u8]) -> Self {
        let mut preface = [0; 24];
        peer.read_exact(&mut preface).await.unwrap();
        let mut frames = Self(peer);
        frames.frame(SETTINGS, 0, 0, settings).await;
        frames
    }

    /// A frame; what becomes of it is the client's to know.
    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.try_frame(kind, flags, stream, payload).await;
    }

    /// A frame; false if the client is gone.
    async fn try_frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend_from_slice(&[kind, flags]);
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.raw(&frame).await
    }

    async fn raw(&mut self, bytes: &[u8]) -> bool {
        SAID.fetch_add(bytes.len(), Ordering::SeqCst);
        self.0.write_all(bytes).await.is_ok() && self.0.flush().await.is_ok()
    }

    /// A head in as many frames as it takes.
    async fn head(&mut self, stream: u32, block: &[u8]) {
        let mut parts = block.chunks(16 << 10).peekable();
        let mut kind = HEADERS;
        while let Some(part) = parts.next() {
            let flags = if parts.peek().is_none() { END_HEADERS } else { 0 };
            if !self.try_frame(kind, flags, stream, part).await {
                return;
            }
            kind = CONTINUATION;
        }
    }

    /// Ends the connection.
    async fn close(&mut self) {
        let _ = self.0.shutdown().await;
    }

    /// Answers pings, and nothing else, until the client leaves.
    async fn listen(&mut self) {
        loop {
            let mut head = [0; 9];
            if self.0.read_exact(&mut head).await.is_err() {
                return;
            }
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            if self.0.read_exact(&mut payload).await.is_err() {
                return;
            }
            if head[3] == PING && head[4] & 1 == 0 {
                self.frame(PING, 1, 0, &payload).await;
            }
        }
    }
}
