//! The server side of HTTP/1.1 without sockets: any bytes to requests, answers to bytes, and the deadlines of a connection.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod wire_support;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Response;
use kube_proto::driver::wire::{
    Connection, Finish, Http1Server, Http1ServerEvent, HttpLimits, Pump, ServerConnection, ServerLimits, ServerPump,
};
use kube_proto::driver::{Input, Now};
use proptest::prelude::*;
use wire_support::{get, post};

/// What a server makes of some bytes, with each request answered by `ok`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Method, target, body, and whether it came to its end.
    requests: Vec<(String, Vec<u8>, bool)>,
    refused: Option<u16>,
    closed: bool,
    out: Vec<u8>,
}

fn feed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, end: bool) -> Seen {
    let (mut http, mut buf, mut seen) = (Http1Server::new(HttpLimits::default()), BytesMut::new(), Seen::default());
    for piece in pieces {
        buf.extend_from_slice(piece);
        turn(&mut http, &mut buf, false, &mut seen);
    }
    if end {
        turn(&mut http, &mut buf, true, &mut seen);
    }
    seen
}

fn turn(http: &mut Http1Server, buf: &mut BytesMut, end: bool, seen: &mut Seen) {
    let mut out = Vec::new();
    loop {
        match http.next(buf, end) {
            Http1ServerEvent::Head(head) => {
                assert!(http.owes_answer());
                seen.requests.push((format!("{} {}", head.method, head.uri), Vec::new(), false));
                http.proceed(&mut out);
            }
            Http1ServerEvent::Data(data) => {
                assert!(!data.is_empty());
                seen.requests.last_mut().unwrap().1.extend_from_slice(&data);
            }
            Http1ServerEvent::End => {
                seen.requests.last_mut().unwrap().2 = true;
                let (head, ()) = Response::new(()).into_parts();
                http.answer(&head, Some(2), &mut out);
                http.data(Bytes::from_static(b"ok"), &mut out);
                http.finish(&mut out);
            }
            Http1ServerEvent::Refused(refused) => {
                assert!(!refused.text.is_empty() && seen.refused.is_none());
                seen.refused = Some(refused.status.as_u16());
                http.refuse(&refused, &mut out);
                assert!(http.is_ended());
            }
            Http1ServerEvent::Closed => {
                assert!(!seen.closed);
                seen.closed = true;
            }
            Http1ServerEvent::NeedMore => break,
        }
    }
    seen.out.extend_from_slice(&out.concat());
}

fn requests() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        5 => Just("POST /a?b HTTP/1.1"), 1 => Just("GET / HTTP/1.0"), 1 => Just("HEAD / HTTP/1.1"),
        1 => Just("GET / HTTP/2.0"), 1 => Just("GET  / HTTP/1.1"), 1 => Just("CONNECT x:1 HTTP/1.1"),
    ];
    let field = prop_oneof![
        3 => Just("A: b"), 1 => Just("Connection: close"), 1 => Just("Content-Length: 3"), 1 => Just("Bad : x"),
        1 => Just("Expect: 100-continue"), 1 => Just("Host: y"), 1 => Just(" folded"),
    ];
    let framed = prop_oneof![
        2 => Just(""), 3 => Just("Content-Length: 5\r\n"), 3 => Just("Transfer-Encoding: chunked\r\n"),
    ];
    let body = prop_oneof![
        3 => Just(""), 3 => Just("12345"), 3 => Just("3\r\nabc\r\n00a;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\n"),
        1 => Just("3\r\nabcd\r\n"),
    ];
    let eol = prop_oneof![40 => Just("\r\n"), 1 => Just("\n")];
    let one = (first, framed, proptest::collection::vec(field, 0..2), eol, body).prop_map(
        |(first, framed, fields, eol, body)| {
            let fields: String = fields.iter().map(|field| format!("{field}{eol}")).collect();
            format!("{first}\r\nHost: x\r\n{framed}{fields}\r\n{body}")
        },
    );
    proptest::collection::vec(one, 0..4).prop_map(|all| all.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_cutting_gives_the_same(
        bytes in requests(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        end in any::<bool>(),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let whole = feed([&*bytes], end);
        prop_assert_eq!(&feed(cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]), end), &whole);
        prop_assert_eq!(&feed(bytes.chunks(1), end), &whole);
    }

    #[test]
    fn garbage_is_refused_and_nothing_more(
        begin in prop_oneof![Just(&b""[..]), Just(&b"POST / HTTP/1.1\r\nHost: x\r\n"[..]),
            Just(&b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"[..])],
        garbage in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [begin, &garbage].concat();
        let whole = feed([&*bytes], true);
        prop_assert!(whole.closed || whole.refused.is_some() || !whole.requests.is_empty());
        prop_assert_eq!(feed(bytes.chunks(1), true), whole);
    }
}

/// Three requests, of which the stream may end after every byte: a request is whole only if all of it came.
#[test]
fn the_end_anywhere() {
    let parts = [
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "GET /b HTTP/1.1\r\nHost: x\r\n\r\n",
        "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    ];
    let all = parts.concat();
    for end in 0..=all.len() {
        let seen = feed([&all.as_bytes()[..end]], true);
        let mut length = 0;
        let whole = parts.iter().take_while(|part| {
            length += part.len();
            length <= end
        });
        assert_eq!(seen.requests.iter().filter(|request| request.2).count(), whole.count(), "{end}");
        assert!(seen.closed && seen.refused.is_none(), "{end}");
    }
}

fn answered(request: &str, head: Response<()>, length: Option<u64>, data: &[&'static str]) -> (String, bool) {
    let (mut http, mut buf) = (Http1Server::new(HttpLimits::default()), BytesMut::from(request));
    assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::Head(_)));
    while !matches!(http.next(&mut buf, false), Http1ServerEvent::End | Http1ServerEvent::NeedMore) {}
    let mut out = Vec::new();
    http.answer(&head.into_parts().0, length, &mut out);
    for data in data {
        http.data(Bytes::from_static(data.as_bytes()), &mut out);
    }
    http.finish(&mut out);
    (String::from_utf8(out.concat()).unwrap(), !http.is_ended())
}

#[test]
fn answers_are_framed_for_the_request() {
    let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let old = "GET / HTTP/1.0\r\n\r\n";
    let head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
    let close = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let half = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf";
    let ok = "HTTP/1.1 200 OK\r\n";
    for (request, status, length, data, expected, keeps) in [
        (get, 200, Some(4), &["some"][..], "Content-Length: 4\r\n\r\nsome", true),
        (get, 200, Some(4), &["so", "me", " more"], "Content-Length: 4\r\n\r\nsome", true),
        (get, 200, Some(4), &["so"], "Content-Length: 4\r\n\r\nso", false),
        (get, 200, Some(0), &[], "Content-Length: 0\r\n\r\n", true),
        (get, 200, None, &["so", "", "me"], "Transfer-Encoding: chunked\r\n\r\n2\r\nso\r\n2\r\nme\r\n0\r\n\r\n", true),
        (old, 200, Some(4), &["some"], "Connection: close\r\nContent-Length: 4\r\n\r\nsome", false),
        (old, 200, None, &["so", "me"], "Connection: close\r\n\r\nsome", false),
        (head, 200, Some(4), &["some"], "Content-Length: 4\r\n\r\n", true),
        (head, 200, None, &["some"], "Transfer-Encoding: chunked\r\n\r\n", true),
        (close, 200, Some(0), &[], "Connection: close\r\nContent-Length: 0\r\n\r\n", false),
        (half, 200, Some(0), &[], "Connection: close\r\nContent-Length: 0\r\n\r\n", false),
        (get, 204, Some(4), &["some"], "HTTP/1.1 204 No Content\r\n\r\n", true),
        (get, 304, None, &["some"], "HTTP/1.1 304 Not Modified\r\n\r\n", true),
    ] {
        let response = Response::builder().status(status).body(()).unwrap();
        let expected = if status == 200 { format!("{ok}{expected}") } else { expected.to_owned() };
        assert_eq!(answered(request, response, length, data), (expected, keeps), "{request:?} {status} {length:?}");
    }
    let lying = Response::builder().header("content-length", "99").header("x-a-b", "c").body(()).unwrap();
    assert_eq!(answered(get, lying, Some(0), &[]).0, format!("{ok}X-A-B: c\r\nContent-Length: 0\r\n\r\n"));
}

#[test]
fn a_switch_leaves_the_other_protocol_s_bytes() {
    let mut http = Http1Server::new(HttpLimits::default());
    let mut buf = BytesMut::from("GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n\x01\x02");
    assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::Head(_)));
    assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::End));
    let head = Response::builder().status(101).header("connection", "Upgrade").header("upgrade", "a").body(()).unwrap();
    let mut out = Vec::new();
    http.answer(&head.into_parts().0, None, &mut out);
    assert_eq!(out.concat(), b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n");
    assert!(http.is_switched() && matches!(http.next(&mut buf, true), Http1ServerEvent::NeedMore));
    assert_eq!(&*buf, b"\x01\x02");
}

#[test]
fn the_body_is_asked_for_only_when_it_is_wanted() {
    let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    let seen = feed([request.as_bytes(), b"hi"], false);
    assert!(seen.out.starts_with(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    // An answer without the body closes: the client may send it or not.
    let (mut http, mut buf) = (Http1Server::new(HttpLimits::default()), BytesMut::from(request));
    assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::Head(_)) && http.expects_continue());
    let mut out = Vec::new();
    http.answer(&Response::builder().status(404).body(()).unwrap().into_parts().0, Some(0), &mut out);
    http.finish(&mut out);
    assert_eq!(out.concat(), b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert!(http.is_ended());
}

#[test]
fn what_has_no_end_is_refused() {
    let limits = HttpLimits::default();
    let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (begin, again, limit, status) in [
        ("", "G", limits.head, 431),
        ("GET /", "a", limits.head, 431),
        ("GET / HTTP/1.1\r\nA: ", "b", limits.head, 431),
        ("GET / HTTP/1.1\r\n", "A: b\r\n", limits.head, 431),
        (chunked, "0", limits.chunk_line, 400),
        (&*format!("{chunked}1;"), "x", limits.chunk_line, 400),
        (&*format!("{chunked}0\r\n"), "A: b\r\n", limits.trailers, 400),
    ] {
        let (mut http, mut buf, mut fed) = (Http1Server::new(limits), BytesMut::from(begin), 0);
        let refused = loop {
            match http.next(&mut buf, false) {
                Http1ServerEvent::Refused(refused) => break refused,
                Http1ServerEvent::NeedMore => {
                    assert!(fed <= 2 * limit + begin.len(), "{again:?} goes on and on");
                    buf.extend_from_slice(again.as_bytes());
                    fed += again.len();
                }
                _ => {}
            }
        };
        assert_eq!(refused.status.as_u16(), status, "{begin:?} {again:?}: {}", refused.text);
    }
}

/// A socket in memory. Reads give one piece each.
#[derive(Default)]
struct Socket {
    input: VecDeque<Vec<u8>>,
    ended: bool,
    output: Vec<u8>,
    /// The bytes that it still takes.
    room: Option<usize>,
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.input.front_mut() {
            None if self.ended => Ok(0),
            None => Err(ErrorKind::WouldBlock.into()),
            Some(piece) => {
                let length = piece.len().min(into.len());
                into[..length].copy_from_slice(&piece[..length]);
                piece.drain(..length);
                if piece.is_empty() {
                    self.input.pop_front();
                }
                Ok(length)
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        if length == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        if let Some(room) = &mut self.room {
            *room -= length;
        }
        self.output.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Peer {
    io: Socket,
    connection: ServerConnection,
    now: Now,
    half_closed: bool,
    closed: bool,
}

impl Peer {
    fn new(limits: ServerLimits) -> Self {
        let now = Now::default();
        let connection = ServerConnection::plain(limits, now);
        Self { io: Socket::default(), connection, now, half_closed: false, closed: false }
    }

    fn say(&mut self, bytes: impl Into<Vec<u8>>) -> Option<String> {
        self.io.input.push_back(bytes.into());
        self.pump()
    }

    /// The request that is ready, as its first line and body.
    fn pump(&mut self) -> Option<String> {
        loop {
            match self.connection.pump(&mut self.io, self.now) {
                ServerPump::Request(request) => {
                    let body = String::from_utf8_lossy(request.body()).into_owned();
                    return Some(format!("{} {} {body}", request.method(), request.uri()));
                }
                ServerPump::HalfClose => self.half_closed = true,
                ServerPump::Closed => {
                    self.closed = true;
                    return None;
                }
                ServerPump::Wait { .. } => return None,
            }
        }
    }

    fn answer(&mut self) {
        self.connection.answer(Response::new(Bytes::from_static(b"ok")), self.now);
    }

    /// Goes to the deadline.
    fn late(&mut self) -> Duration {
        let before = self.now.mono;
        let deadline = self.connection.deadline().expect("a deadline");
        self.now = self.now.after(deadline.since(before));
        assert_eq!(self.pump(), None);
        deadline.since(before)
    }

    fn output(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.io.output)).unwrap()
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok";
const GET: &str = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn requests_are_answered_in_their_order() {
    let mut peer = Peer::new(ServerLimits::default());
    assert_eq!(
        peer.say(format!("{GET}POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc{GET}")).as_deref(),
        Some("GET /a ")
    );
    // The next one waits for the answer.
    assert_eq!(peer.pump(), None);
    peer.answer();
    assert_eq!(peer.pump().as_deref(), Some("POST /b abc"));
    peer.answer();
    assert_eq!(peer.pump().as_deref(), Some("GET /a "));
    peer.answer();
    assert_eq!(peer.pump(), None);
    assert_eq!(peer.output(), OK.repeat(3));
    assert!(peer.connection.idle_since().is_some());
    peer.io.ended = true;
    assert_eq!(peer.pump(), None);
    assert!(peer.closed);
}

#[test]
fn the_client_is_asked_for_the_body_at_once() {
    let mut peer = Peer::new(ServerLimits::default());
    peer.io
        .input
        .push_back(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".to_vec());
    // One call: nothing wakes the server before the client has its answer.
    assert!(matches!(peer.connection.pump(&mut peer.io, peer.now), ServerPump::Wait { read: true, write: false }));
    assert_eq!(peer.output(), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(peer.say("hi").as_deref(), Some("POST / hi"));
}

#[test]
fn each_state_has_its_deadline() {
    let limits = ServerLimits::default();
    // Nothing at all, then a part of a head, byte by byte, then a part of a body.
    let mut peer = Peer::new(limits);
    assert_eq!(peer.late(), limits.head);
    assert!(peer.closed && peer.output().is_empty());

    let mut peer = Peer::new(limits);
    peer.now = peer.now.after(Duration::from_secs(5));
    for byte in "GET / HT".bytes() {
        assert_eq!(peer.say([byte]), None);
        peer.now = peer.now.after(Duration::from_secs(1));
    }
    assert_eq!(peer.late(), Duration::from_secs(2), "no byte prolongs it");
    assert!(peer.output().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    assert!(peer.half_closed && !peer.closed);
    assert_eq!(peer.late(), limits.linger);
    assert!(peer.closed);

    let mut peer = Peer::new(limits);
    assert_eq!(peer.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"), None);
    assert_eq!(peer.late(), limits.request);
    assert!(peer.output().starts_with("HTTP/1.1 408 "));

    // An answer that the client does not take; progress prolongs it.
    let mut peer = Peer::new(limits);
    peer.io.room = Some(10);
    assert!(peer.say(GET).is_some());
    assert_eq!(peer.connection.deadline(), None, "the owner has its own");
    peer.answer();
    assert_eq!(peer.pump(), None);
    peer.now = peer.now.after(limits.write / 2);
    peer.io.room = Some(10);
    assert_eq!(peer.pump(), None);
    assert_eq!(peer.late(), limits.write);
    assert!(peer.closed);

    // Idle between two requests.
    let mut peer = Peer::new(limits);
    assert!(peer.say(GET).is_some());
    peer.answer();
    assert_eq!(peer.pump(), None);
    peer.output();
    assert_eq!(peer.late(), limits.idle);
    assert!(peer.closed && peer.output().is_empty());
}

#[test]
fn a_body_has_a_limit_that_is_known_early() {
    let limits = ServerLimits::default().body(10);
    let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (request, fits) in [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789".to_owned(), true),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n".to_owned(), false),
        (format!("{chunked}9\r\n012345678\r\n1\r\n9\r\n0\r\n\r\n"), true),
        (format!("{chunked}9\r\n012345678\r\n2\r\n9"), true),
        (format!("{chunked}9\r\n012345678\r\n2\r\n9a"), false),
        (format!("{chunked}ffffffff\r\n01234567890"), false),
    ] {
        let mut peer = Peer::new(limits);
        let read = peer.say(request.clone());
        let out = peer.output();
        assert_eq!(out.starts_with("HTTP/1.1 413 "), !fits, "{request:?}: {out}");
        assert!(fits || read.is_none() && out.contains("Connection: close\r\n"));
    }
    // The client is not asked for a body that is too long.
    let mut peer = Peer::new(limits);
    peer.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    assert!(peer.output().starts_with("HTTP/1.1 413 "));
    assert!(peer.half_closed);
    // What the client still sends is read and dropped, up to a limit.
    for _ in 0..64 {
        peer.say(vec![b'x'; 32 * 1024]);
    }
    assert!(peer.closed);
}

#[test]
fn a_stop_finishes_what_has_arrived() {
    let mut idle = Peer::new(ServerLimits::default());
    assert!(idle.say(GET).is_some());
    idle.answer();
    idle.pump();
    idle.output();
    idle.connection.stop();
    idle.pump();
    assert!(idle.half_closed && idle.output().is_empty());

    let mut busy = Peer::new(ServerLimits::default());
    assert!(busy.say(format!("{GET}{GET}")).is_some());
    busy.connection.stop();
    busy.answer();
    assert_eq!(busy.pump(), None, "the next request is not taken");
    assert!(busy.output().contains("Connection: close\r\n") && busy.half_closed);

    let mut arrived = Peer::new(ServerLimits::default());
    assert_eq!(arrived.pump(), None);
    arrived.io.input.push_back(GET.into());
    arrived.connection.stop();
    assert!(arrived.pump().is_some());
    arrived.answer();
    arrived.pump();
    assert!(arrived.output().contains("Connection: close\r\n"));
}

#[test]
fn many_small_chunks_do_not_keep_their_buffers() {
    let mut peer = Peer::new(ServerLimits::default());
    peer.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..100 {
        assert_eq!(peer.say("1\r\nx\r\n".repeat(1000)), None);
    }
    assert_eq!(peer.say("0\r\n\r\n").unwrap().len(), "POST / ".len() + 100_000);
}

/// The client's machine and the server's understand each other, however the bytes are cut.
#[test]
fn both_sides_of_this_library() {
    for piece in [1, 2, 7, 64, 65536] {
        let mut connection = Connection::plain(HttpLimits::default());
        let mut peer = Peer::new(ServerLimits::default());
        for (exchange, expected) in
            [(get(), "GET /version "), (post(b"{}"), "POST /api/v1/pods {}"), (get(), "GET /version ")]
        {
            connection.start(&exchange);
            let mut client = Socket::default();
            let (mut seen, mut body) = (None, Vec::new());
            'exchange: loop {
                loop {
                    match connection.pump(&mut client) {
                        Pump::Input(Input::Head(head)) => assert_eq!(head.status, 200),
                        Pump::Input(Input::Data(data)) => body.extend_from_slice(&data),
                        Pump::Input(Input::End) => break 'exchange,
                        Pump::Input(other) => panic!("{other:?}"),
                        Pump::Blocked { .. } => break,
                    }
                }
                for bytes in std::mem::take(&mut client.output).chunks(piece) {
                    if let Some(request) = peer.say(bytes) {
                        seen = Some(request);
                        peer.answer();
                    }
                }
                peer.pump();
                client.input.extend(peer.output().into_bytes().chunks(piece).map(<[u8]>::to_vec));
            }
            assert_eq!((seen.as_deref(), &*body), (Some(expected), &b"ok"[..]));
            let Finish::Keep(kept) = connection.finish() else { panic!("not kept") };
            connection = kept;
        }
    }
}
