//! The HTTP/1.1 machine by itself: requests to bytes, and any bytes to inputs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod wire_support;

use bytes::{Bytes, BytesMut};
use http::{Method, Uri};
use kube_proto::driver::wire::{Http1, Http1Event, HttpLimits};
use kube_proto::driver::{Endpoint, Exchange, ExchangeKind, FaultKind, Input, Reach};
use proptest::prelude::*;
use wire_support::{End, Transcript, exchange, get, post, upgrade};

fn machine(exchange: &Exchange) -> Http1 {
    Http1::start(exchange, HttpLimits::default()).unwrap().0
}

/// Feeds pieces and then perhaps the end; returns the inputs and the bytes left over.
fn feed<'a>(http: &mut Http1, pieces: impl IntoIterator<Item = &'a [u8]>, end: bool) -> (Transcript, Vec<u8>) {
    let (mut transcript, mut buf) = (Transcript::default(), BytesMut::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        while let Http1Event::Input(input) = http.next(&mut buf, false) {
            transcript.add(input);
        }
    }
    while end && let Http1Event::Input(input) = http.next(&mut buf, true) {
        transcript.add(input);
    }
    assert_eq!(http.is_done(), transcript.end != End::None);
    assert_eq!(http.is_switched(), transcript.end == End::Switched);
    (transcript, buf.to_vec())
}

fn read(exchange: &Exchange, bytes: &str) -> (Transcript, Vec<u8>) {
    feed(&mut machine(exchange), [bytes.as_bytes()], false)
}

#[test]
fn a_request_is_written_as_it_is() {
    let head = |exchange: &Exchange| {
        String::from_utf8(Http1::start(exchange, HttpLimits::default()).unwrap().1.to_vec()).unwrap()
    };
    let mut long = get();
    long.request.headers_mut().append("x-a", "one".parse().unwrap());
    long.request.headers_mut().append("X-A", "two  three".parse().unwrap());
    long.request.headers_mut().append("host", "other".parse().unwrap());
    long.request.headers_mut().append("content-length", "99".parse().unwrap());
    long.request.headers_mut().append("transfer-encoding", "chunked".parse().unwrap());
    let mut bare = get();
    *bare.request.uri_mut() = Uri::from_static("https://elsewhere.example");
    let mut query = get();
    *query.request.uri_mut() = Uri::from_static("https://elsewhere.example?a=b");
    let mut zone = get();
    zone.to = Endpoint::new("fe80::1%eth0", 8080, None, None);
    for (exchange, expected) in [
        (get(), "GET /version HTTP/1.1\r\nhost: k.example:6443\r\n\r\n"),
        (long, "GET /version HTTP/1.1\r\nhost: k.example:6443\r\nx-a: one\r\nx-a: two  three\r\n\r\n"),
        (post(b"{}"), "POST /api/v1/pods HTTP/1.1\r\nhost: k.example:6443\r\ncontent-length: 2\r\n\r\n"),
        (post(b""), "POST /api/v1/pods HTTP/1.1\r\nhost: k.example:6443\r\ncontent-length: 0\r\n\r\n"),
        (
            exchange(Method::PUT, "/a", b"", ExchangeKind::Call),
            "PUT /a HTTP/1.1\r\nhost: k.example:6443\r\ncontent-length: 0\r\n\r\n",
        ),
        (
            exchange(Method::PATCH, "/a", b"", ExchangeKind::Call),
            "PATCH /a HTTP/1.1\r\nhost: k.example:6443\r\ncontent-length: 0\r\n\r\n",
        ),
        (exchange(Method::DELETE, "/a", b"", ExchangeKind::Call), "DELETE /a HTTP/1.1\r\nhost: k.example:6443\r\n\r\n"),
        (
            exchange(Method::DELETE, "/a?b=c%20d&e", b"{}", ExchangeKind::Call),
            "DELETE /a?b=c%20d&e HTTP/1.1\r\nhost: k.example:6443\r\ncontent-length: 2\r\n\r\n",
        ),
        (exchange(Method::OPTIONS, "*", b"", ExchangeKind::Call), "OPTIONS * HTTP/1.1\r\nhost: k.example:6443\r\n\r\n"),
        (bare, "GET / HTTP/1.1\r\nhost: k.example:6443\r\n\r\n"),
        (query, "GET /?a=b HTTP/1.1\r\nhost: k.example:6443\r\n\r\n"),
        (zone, "GET /version HTTP/1.1\r\nhost: [fe80::1]:8080\r\n\r\n"),
        (upgrade(), "GET /exec HTTP/1.1\r\nhost: k.example:6443\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n"),
    ] {
        assert_eq!(head(&exchange), expected);
    }
}

#[test]
fn a_request_that_cannot_be_is_not_sent() {
    let mut split = get();
    split.to = Endpoint::new("k\r\nx: y", 80, None, None);
    for exchange in [split, exchange(Method::CONNECT, "/", b"", ExchangeKind::Call)] {
        let fault = Http1::start(&exchange, HttpLimits::default()).unwrap_err();
        assert_eq!((fault.kind, fault.reach), (FaultKind::Unsupported, Reach::NotSent));
    }
}

#[test]
fn bodies_end_where_their_framing_says() {
    let head = exchange(Method::HEAD, "/", b"", ExchangeKind::Call);
    for (exchange, answer, status, data, rest, keeps) in [
        (&get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", "", true),
        (&get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, you", 200, "hello", ", you", true),
        (&get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx", 200, "", "x", true),
        (&get(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", 200, "x", "", false),
        (&get(), "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", "", false),
        (
            &get(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x\r\n!\r\n0\r\nA: b\r\n\r\nz",
            200,
            "hello!",
            "z",
            true,
        ),
        (&get(), "HTTP/1.1 204 No Content\r\n\r\nx", 204, "", "x", true),
        (&get(), "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nx", 304, "", "x", true),
        (&head, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", 200, "", "x", true),
        (&head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, "", "", true),
        (
            &get(),
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 \r\n\r\n",
            204,
            "",
            "",
            true,
        ),
        (&upgrade(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403, "no", "", true),
    ] {
        let mut http = machine(exchange);
        let (transcript, left) = feed(&mut http, [answer.as_bytes()], false);
        assert_eq!(transcript.end, End::Whole, "{answer:?}");
        assert_eq!((transcript.status(), &*transcript.data), (Some(status), data.as_bytes()), "{answer:?}");
        assert_eq!((&*left, http.keeps()), (rest.as_bytes(), keeps), "{answer:?}");
        assert!(
            matches!(http.next(&mut BytesMut::from("HTTP/1.1 200 OK"), true), Http1Event::NeedMore),
            "the end is the end"
        );
    }
}

#[test]
fn only_the_connection_s_end_ends_a_body_without_framing() {
    for version in ["1.0", "1.1"] {
        let mut http = machine(&get());
        let answer = format!("HTTP/{version} 200 OK\r\n\r\nhello");
        let (transcript, _) = feed(&mut http, [answer.as_bytes(), b", you"], false);
        assert_eq!((transcript.end, &*transcript.data), (End::None, &b"hello, you"[..]));
        assert!(matches!(http.next(&mut BytesMut::new(), true), Http1Event::Input(Input::End)));
        assert!(!http.keeps());
    }
}

#[test]
fn a_client_that_closes_does_not_keep() {
    let mut exchange = get();
    exchange.request.headers_mut().insert("connection", "close".parse().unwrap());
    let mut http = machine(&exchange);
    feed(&mut http, [&b"HTTP/1.1 204 No Content\r\n\r\n"[..]], false);
    assert!(!http.keeps());
}

#[test]
fn a_switch_leaves_the_other_protocol_s_bytes() {
    let (transcript, rest) = read(&upgrade(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x01\x02");
    assert_eq!((transcript.end, &*rest), (End::Switched, &b"\x01\x02"[..]));
    let (transcript, _) = read(&get(), "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert_eq!(transcript.end, End::Failed(FaultKind::Protocol, Reach::Answered, false));
}

#[test]
fn an_error_says_where_the_answer_was() {
    for (answer, text) in [
        ("", "the server closed the connection before it answered"),
        ("HT", "the server closed the connection in the middle of the answer's head"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            "the server closed the connection in the middle of the answer's body, after 3 of 10 bytes",
        ),
    ] {
        let (mut http, mut buf) = (machine(&get()), BytesMut::from(answer));
        let fault = loop {
            match http.next(&mut buf, true) {
                Http1Event::Input(Input::Failed(fault)) => break fault,
                Http1Event::Input(_) => {}
                Http1Event::NeedMore => panic!("no fault"),
            }
        };
        assert_eq!(fault.text, text);
    }
}

/// A server's answer that never ends: `begin`, and then `again` for ever. It must be refused while little is kept.
fn endless(begin: &str, again: &str, limit: usize) {
    let (mut http, mut buf, mut fed) = (machine(&get()), BytesMut::from(begin), 0);
    loop {
        match http.next(&mut buf, false) {
            Http1Event::Input(Input::Failed(fault)) => {
                assert_eq!(fault.kind, FaultKind::Protocol, "{fault}");
                return;
            }
            Http1Event::Input(_) => {}
            Http1Event::NeedMore => {
                assert!(buf.len() <= limit, "{again:?}: {} bytes are kept", buf.len());
                assert!(fed <= 2 * limit + begin.len(), "{again:?} goes on and on");
                buf.extend_from_slice(again.as_bytes());
                fed += again.len();
            }
        }
    }
}

#[test]
fn what_has_no_end_is_refused() {
    let limits = HttpLimits::default();
    endless("", "HTTP/1.1 100 Continue\r\n\r\n", limits.head);
    endless("HTTP/1.1 200 ", "OK", limits.head);
    endless("HTTP/1.1 200 OK\r\nA: ", "bcd", limits.head);
    endless("HTTP/1.1 200 OK\r\n", "abc", limits.head);
    endless("HTTP/1.1 200 OK\r\n", "A: b\r\n", limits.head);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    endless(chunked, "0", limits.chunk_line);
    endless(&format!("{chunked}1;"), "x", limits.chunk_line);
    endless(&format!("{chunked}1 "), " ", limits.chunk_line);
    endless(&format!("{chunked}0\r\n"), "A: b\r\n", limits.trailers);
    endless(&format!("{chunked}0\r\nA: "), "b", limits.trailers);
}

#[test]
fn the_heads_of_one_answer_share_a_limit() {
    let big = format!("HTTP/1.1 103 Early Hints\r\nA: {}\r\n\r\n", "b".repeat(100_000));
    let (transcript, _) = read(&get(), &big.repeat(3));
    assert_eq!(transcript.end, End::Failed(FaultKind::Protocol, Reach::Answered, false));
    let (transcript, _) = read(&get(), &(big.repeat(2) + "HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!(transcript.end, End::Whole);
}

#[test]
fn a_length_is_a_number_and_not_a_buffer() {
    let (transcript, _) = read(&get(), "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx");
    assert_eq!((transcript.end, &*transcript.data), (End::None, &b"x"[..]));
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx";
    let (transcript, _) = read(&get(), answer);
    assert_eq!((transcript.end, &*transcript.data), (End::None, &b"x"[..]));
}

#[test]
fn data_is_a_slice_of_what_was_read_and_a_head_is_not() {
    let mut http = machine(&get());
    let mut buf = BytesMut::from(&b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 100000\r\n\r\n"[..]);
    let head = buf.len();
    buf.resize(head + 100_000, b'x');
    let memory = buf.as_ptr_range();
    let Http1Event::Input(Input::Head(parts)) = http.next(&mut buf, false) else { panic!() };
    assert!(!memory.contains(&parts.headers["a"].as_bytes().as_ptr()));
    let lengths: Vec<usize> = std::iter::from_fn(|| match http.next(&mut buf, false) {
        Http1Event::Input(Input::Data(data)) => {
            assert!(memory.contains(&Bytes::as_ref(&data).as_ptr()));
            Some(data.len())
        }
        _ => None,
    })
    .collect();
    assert_eq!(lengths, [65536, 34464]);
}

/// Answers, most of them valid, with other bytes around them.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let info = prop_oneof![3 => Just(String::new()), 1 => Just("HTTP/1.1 100 Continue\r\n\r\n".to_owned())];
    let status = prop_oneof![
        5 => Just("HTTP/1.1 200 OK"), 1 => Just("HTTP/1.0 200"), 1 => Just("HTTP/1.1 204 x"), 1 => Just("HTTP/1.1 101 x"),
        1 => Just("HTTP/1.1 304 x"), 1 => Just("HTTP/2 200 x"), 1 => Just("HTTP/1.1 99 x"),
    ];
    let field = prop_oneof![
        Just("A: b"),
        Just("Long-Name:   value, of some length \t"),
        Just("Connection: close"),
        Just("Content-Length: 3"),
        Just("Content-Length: 12"),
        Just("Transfer-Encoding: chunked"),
        Just("Bad : x"),
        Just(" folded"),
    ];
    let eol = prop_oneof![30 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r")];
    let framed = prop_oneof![Just(None), Just(Some("Content-Length: 20")), Just(Some("Transfer-Encoding: chunked"))];
    let body = prop_oneof![
        Just("12345678901234567890".to_owned()),
        Just("3\r\nabc\r\n00a;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\n".to_owned()),
        Just("3\r\nabcd\r\n".to_owned()),
        "[ -~\r\n]{0,40}",
    ];
    let fields = proptest::collection::vec((field, eol.clone()), 0..3);
    (info, status, eol.clone(), framed, fields, eol, body).prop_map(
        |(info, status, first, framed, fields, last, body)| {
            let mut answer = info + status + first;
            if let Some(framed) = framed {
                answer.push_str(framed);
                answer.push_str("\r\n");
            }
            for (field, eol) in fields {
                answer.push_str(field);
                answer.push_str(eol);
            }
            (answer + last + &body).into_bytes()
        },
    )
}

fn exchanges() -> impl Strategy<Value = Exchange> {
    prop_oneof![
        5 => Just(get()),
        1 => Just(upgrade()),
        1 => Just(exchange(Method::HEAD, "/", b"", ExchangeKind::Call)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_cutting_gives_the_same(
        exchange in exchanges(),
        answer in answers(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        end in any::<bool>(),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).chain([0, answer.len()]).collect();
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &answer[pair[0]..pair[1]]);
        let (whole, rest) = feed(&mut machine(&exchange), [&*answer], end);
        let (cut, cut_rest) = feed(&mut machine(&exchange), pieces, end);
        let (dripped, dripped_rest) = feed(&mut machine(&exchange), answer.chunks(1), end);
        prop_assert_eq!(&cut, &whole);
        prop_assert_eq!(&dripped, &whole);
        // The bytes left by a failed machine do not matter.
        if !matches!(whole.end, End::Failed(..)) {
            prop_assert_eq!(cut_rest, rest.clone());
            prop_assert_eq!(dripped_rest, rest);
        }
    }

    #[test]
    fn an_answer_cut_short_is_never_whole(exchange in exchanges(), answer in answers(), cut in any::<proptest::sample::Index>()) {
        let (whole, rest) = feed(&mut machine(&exchange), [&*answer], false);
        let short = &answer[..cut.index(answer.len())];
        let (cut, _) = feed(&mut machine(&exchange), [short], true);
        let (open, _) = feed(&mut machine(&exchange), [short], false);
        match cut.end {
            End::None => panic!("no input came at the end"),
            // The answer was whole before the cut, or the connection's end is its only end.
            End::Whole => prop_assert!(
                open.end == End::Whole && short.len() >= answer.len() - rest.len() || whole.end == End::None && open.head.is_some()
            ),
            End::Switched => prop_assert_eq!(open.end, End::Switched),
            End::Failed(kind, reach, _) => {
                prop_assert_eq!(reach == Reach::Answered, !short.is_empty());
                prop_assert!(kind == FaultKind::Closed || kind == FaultKind::Protocol);
            }
        }
    }

    #[test]
    fn garbage_is_refused_and_nothing_more(
        begin in prop_oneof![Just(&b""[..]), Just(&b"HTTP/1.1 200 OK\r\n"[..]), Just(&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..])],
        garbage in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [begin, &garbage].concat();
        let (whole, _) = feed(&mut machine(&get()), [&*bytes], true);
        prop_assert!(whole.end != End::None);
        let (dripped, _) = feed(&mut machine(&get()), bytes.chunks(1), true);
        prop_assert_eq!(dripped, whole);
    }
}
