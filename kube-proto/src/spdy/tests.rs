//! Both roles against each other, and against frames written by hand. Go's implementation is in `tests/spdy`.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const ROOM: usize = usize::MAX;

fn events(session: &mut Session) -> Vec<Event> {
    let mut events = Vec::new();
    while let Next::Event(event) = session.next(|_| ROOM).unwrap() {
        events.push(event);
    }
    events
}

/// Gives all that one side has sent to the other one.
fn pass(from: &mut Session, to: &mut Session) -> Vec<Event> {
    while let Some(bytes) = from.take(usize::MAX) {
        to.receive(&bytes);
    }
    events(to)
}

fn pair() -> (Session, Session) {
    (Session::client(Limits::default()), Session::server(Limits::default()))
}

/// A reply that no server sent.
fn accept(client: &mut Session, stream: u32) {
    client.receive(b"\x80\x03\0\x02\0\0\0\x04");
    client.receive(&stream.to_be_bytes());
    events(client);
}

/// A stream that the server has accepted.
fn opened() -> (Session, Session, u32) {
    let (mut client, mut server) = pair();
    let stream = client.open(&[("streamType", "data"), ("port", "80")], false).unwrap();
    let headers = vec![("streamtype".into(), "data".into()), ("port".into(), "80".into())];
    assert_eq!(pass(&mut client, &mut server), [Event::Opened(stream, headers)]);
    server.reply(stream);
    assert_eq!(pass(&mut server, &mut client), [Event::Replied(stream)]);
    (client, server, stream)
}

fn data(stream: u32, text: &'static str) -> Event {
    Event::Data(stream, Bytes::from(text))
}

#[test]
fn streams_end_in_each_order() {
    for client_first in [true, false] {
        let (mut client, mut server, stream) = opened();
        let (first, second) = if client_first { (&mut client, &mut server) } else { (&mut server, &mut client) };
        assert!(first.send(stream, b"one") && first.finish(stream));
        assert!(!first.send(stream, b"late") && !first.finish(stream), "the side has ended");
        assert_eq!(pass(first, second), [data(stream, "one"), Event::Ended(stream)]);
        assert_eq!((first.state(stream), second.state(stream)), (Some(State::Receiving), Some(State::Sending)));
        assert!(second.send(stream, b"two"), "the other side has not");
        assert!(second.finish(stream));
        assert_eq!(pass(second, first), [data(stream, "two"), Event::Ended(stream)]);
        assert_eq!((first.state(stream), second.state(stream)), (None, None));
    }
}

#[test]
fn a_stream_that_is_opened_with_its_end_only_receives() {
    let (mut client, mut server) = pair();
    let stream = client.open(&[("streamtype", "error")], true).unwrap();
    assert!(matches!(&pass(&mut client, &mut server)[..], [Event::Opened(1, _)]));
    server.reply(stream);
    assert_eq!(server.state(stream), Some(State::Sending));
    assert!(server.send(stream, b"refused") && server.finish(stream));
    assert_eq!(pass(&mut server, &mut client), [Event::Replied(1), data(1, "refused"), Event::Ended(1)]);
    assert_eq!((client.state(stream), server.state(stream)), (None, None));
}

#[test]
fn a_client_sends_nothing_before_the_reply() {
    let (mut client, mut server) = pair();
    let stream = client.open(&[], false).unwrap();
    assert!(!client.send(stream, b"early") && !client.finish(stream));
    // A client that does loses it, as with the servers of Kubernetes.
    accept(&mut client, stream);
    client.send(stream, b"early");
    assert_eq!(pass(&mut client, &mut server), [Event::Opened(stream, Vec::new())]);
}

#[test]
fn a_reset_ends_a_stream_for_both_and_others_go_on() {
    let (mut client, mut server, first) = opened();
    let second = client.open(&[], false).unwrap();
    pass(&mut client, &mut server);
    server.reply(second);
    pass(&mut server, &mut client);
    server.send(first, b"lost");
    client.reset(first, CANCEL);
    assert_eq!(pass(&mut client, &mut server), [Event::Reset(first, CANCEL)]);
    // The data was under way.
    assert_eq!(pass(&mut server, &mut client), []);
    server.reset(first, CANCEL);
    assert!(server.send(second, b"on"));
    assert_eq!(pass(&mut server, &mut client), [data(second, "on")]);
}

#[test]
fn pings_of_both_sides_are_answered_and_told_apart() {
    let (mut client, mut server) = pair();
    assert_eq!((client.ping(), client.ping(), server.ping()), (1, 3, 2));
    assert_eq!(pass(&mut client, &mut server), []);
    assert_eq!(pass(&mut server, &mut client), [Event::Pong(1), Event::Pong(3)]);
    assert_eq!(pass(&mut client, &mut server), [Event::Pong(2)]);
}

#[test]
fn after_go_away_there_are_no_new_streams() {
    let (mut client, mut server, stream) = opened();
    server.go_away();
    assert_eq!(pass(&mut server, &mut client), [Event::GoAway]);
    assert!(client.open(&[], false).is_err());
    assert!(client.send(stream, b"still"));
    assert_eq!(pass(&mut client, &mut server), [data(stream, "still")]);
}

#[test]
fn without_room_all_streams_wait_and_nothing_is_lost() {
    let (mut client, mut server, first) = opened();
    let second = client.open(&[], false).unwrap();
    pass(&mut client, &mut server);
    server.reply(second);
    pass(&mut server, &mut client);
    server.send(first, b"12345");
    server.send(second, b"ab");
    client.receive(&server.take(usize::MAX).unwrap());
    let full = |stream| if stream == first { 3 } else { ROOM };
    assert_eq!(client.next(full), Ok(Next::Event(data(first, "123"))));
    for _ in 0..2 {
        assert_eq!(client.next(|stream| if stream == first { 0 } else { ROOM }), Ok(Next::Full(first)));
    }
    assert_eq!(events(&mut client), [data(first, "45"), data(second, "ab")]);
}

#[test]
fn frames_that_want_an_answer_wait_while_too_much_is_unsent() {
    let mut server = Session::server(Limits { unsent: 100, ..Limits::default() });
    let mut client = Session::client(Limits::default());
    (0..50).for_each(|_| _ = client.ping());
    server.receive(&client.take(usize::MAX).unwrap());
    let mut answers = 0;
    loop {
        let next = server.next(|_| ROOM).unwrap();
        assert!(server.unsent() < 100 + 12, "{}", server.unsent());
        while let Some(bytes) = server.take(7) {
            client.receive(&bytes);
        }
        answers += events(&mut client).len();
        match next {
            Next::Busy => {}
            Next::More => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answers, 50);
}

#[test]
fn more_streams_than_the_limit_are_refused() {
    let limits = Limits { streams: 2, ..Limits::default() };
    let (mut client, mut server) = (Session::client(Limits::default()), Session::server(limits));
    (0..3).for_each(|_| _ = client.open(&[], false).unwrap());
    assert_eq!(pass(&mut client, &mut server).len(), 2);
    assert_eq!(pass(&mut server, &mut client), [Event::Reset(5, REFUSED_STREAM)]);
    let mut client = Session::client(limits);
    assert!(client.open(&[], false).is_ok() && client.open(&[], false).is_ok() && client.open(&[], false).is_err());
}

#[test]
fn a_client_refuses_the_streams_of_its_server_and_ignores_what_it_does_not_know() {
    let mut client = Session::client(Limits::default());
    // SYN_STREAM 2 with a header block that is none, SETTINGS with one setting, WINDOW_UPDATE, and an unknown type.
    client.receive(b"\x80\x03\x00\x01\x00\x00\x00\x0d\0\0\0\x02\0\0\0\0\0\0abc");
    client.receive(b"\x80\x03\x00\x04\x01\x00\x00\x0c\0\0\0\x01\0\0\0\x04\0\0\0\x09");
    client.receive(b"\x80\x03\x00\x09\x00\x00\x00\x08\0\0\0\x01\0\0\0\x09");
    client.receive(b"\x80\x03\x00\x63\x00\x00\x00\x01x");
    // Data of a stream that never was.
    client.receive(b"\0\0\0\x09\x01\0\0\x02hi");
    assert_eq!(events(&mut client), []);
    assert_eq!(client.take(100).unwrap(), &b"\x80\x03\x00\x03\0\0\0\x08\0\0\0\x02\0\0\0\x03"[..]);
    assert_eq!(client.end(), Ok(()));
}

#[test]
fn what_is_no_spdy_is_refused() {
    let cases: [(&[u8], SpdyError); 9] = [
        (b"HTTP/1.1", SpdyError::Truncated),
        (b"\x80\x02\0\x01\0\0\0\x0a", SpdyError::Version(2)),
        (b"\x80\x03\0\x06\0\0\0\x05", SpdyError::Length { kind: 6, length: 5 }),
        (b"\x80\x03\0\x01\0\0\0\x09", SpdyError::Length { kind: 1, length: 9 }),
        (b"\x80\x03\0\x03\0\0\0\x08\0\0\0\0\0\0\0\x01", SpdyError::Stream(0)),
        (b"\0\0\0\0\0\0\0\x01x", SpdyError::Stream(0)),
        (b"\x80\x03\0\x01\0\x10\0\x0b", SpdyError::HeadersTooLarge),
        (b"\x80\x03\0\x01\0\0\0\x0b\0\0\0\x01\0\0\0\0\0\0x", SpdyError::Compression),
        (b"\x80\x03\0\x01\0\0\0\x0c\0\0\0\x01\0\0\0\0\0\0\x78\x9c", SpdyError::Headers),
    ];
    for (bytes, expected) in cases {
        let mut server = Session::server(Limits::default());
        server.receive(bytes);
        let error = server.next(|_| ROOM).and_then(|_| server.end()).unwrap_err();
        assert_eq!(error, expected);
        if expected != SpdyError::Truncated {
            assert_eq!(server.next(|_| ROOM), Err(expected), "again");
        }
    }
}

/// A SYN_STREAM with a header block made of these bytes.
fn with_block(block: &[u8]) -> Result<Next, SpdyError> {
    let mut server = Session::server(Limits::default());
    let mut out = bytes::BytesMut::new();
    let block = zlib::Deflater::default().block(block);
    frame::control(&mut out, frame::SYN_STREAM, 0, &[&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0], &block]);
    server.receive(&out);
    server.next(|_| ROOM)
}

#[test]
fn header_blocks_keep_their_limits_and_their_lengths() {
    let good = headers::write(&[("a", "1"), ("b", "2\0 3")]);
    let expected = vec![("a".into(), "1".into()), ("b".into(), "2\0 3".into())];
    assert_eq!(with_block(&good), Ok(Next::Event(Event::Opened(1, expected))));
    for cut in 0..good.len() {
        assert_eq!(with_block(&good[..cut]), Err(SpdyError::Headers), "{cut}");
    }
    assert_eq!(with_block(&[&good[..], b"x"].concat()), Err(SpdyError::Headers));
    assert_eq!(with_block(b"\0\0\0\x01\0\0\0\x01A\0\0\0\0"), Err(SpdyError::Headers), "a capital");
    assert_eq!(with_block(b"\0\0\0\x01\0\0\0\0\0\0\0\0"), Err(SpdyError::Headers), "no name");
    assert_eq!(with_block(b"\0\0\0\x01\0\0\0\x01\xff\0\0\0\0"), Err(SpdyError::Headers), "no UTF-8");
    assert_eq!(with_block(&headers::write(&[("a", ""), ("a", "")])), Err(SpdyError::Headers), "twice");
    assert_eq!(with_block(b"\0\0\x03\xe9"), Err(SpdyError::HeadersTooLarge));
    assert_eq!(with_block(&headers::write(&[("a", &"x".repeat(1 << 20))])), Err(SpdyError::HeadersTooLarge));
}

/// A small frame that inflates to more than the limit.
#[test]
fn a_bomb_in_the_headers_is_refused() {
    let mut packed = flate2::Compress::new(flate2::Compression::best(), true);
    let mut out = Vec::with_capacity(1 << 16);
    packed.compress_vec(&vec![0; 8 << 20], &mut out, flate2::FlushCompress::Sync).unwrap();
    assert!(out.len() < 1 << 16);
    let mut bytes = bytes::BytesMut::new();
    frame::control(&mut bytes, frame::SYN_STREAM, 0, &[&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0], &out]);
    let mut server = Session::server(Limits::default());
    server.receive(&bytes);
    assert_eq!(server.next(|_| ROOM), Err(SpdyError::HeadersTooLarge));
}

/// What the peer of a session may send, and what the session then does.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    let action = prop_oneof![
        Just((0u8, 0u32, 0usize)),
        (Just(1u8), 0u32..6, 0usize..40),
        (Just(2u8), 0u32..6, Just(0usize)),
        (Just(3u8), 0u32..6, Just(0usize)),
        Just((4u8, 0u32, 0usize)),
        Just((5u8, 0u32, 0usize)),
    ];
    prop::collection::vec(action, 0..40).prop_map(|actions| {
        let mut client = Session::client(Limits::default());
        for (action, stream, length) in actions {
            let stream = stream * 2 + 1;
            // The other side replies at once.
            accept(&mut client, stream);
            match action {
                0 => _ = client.open(&[("port", "80")], false),
                1 => _ = client.send(stream, &vec![b'x'; length]),
                2 => _ = client.finish(stream),
                3 => client.reset(stream, CANCEL),
                4 => _ = client.ping(),
                _ => client.go_away(),
            }
        }
        client.take(usize::MAX).map(|bytes| bytes.to_vec()).unwrap_or_default()
    })
}

/// All events, with the data of neighbouring events joined; the answers; and the end.
fn read(pieces: &[&[u8]]) -> (Vec<Event>, Option<Bytes>, Result<(), SpdyError>) {
    let mut server = Session::server(Limits::default());
    let (mut events, mut end) = (Vec::new(), Ok(()));
    for piece in pieces {
        server.receive(piece);
        loop {
            match server.next(|_| ROOM) {
                Ok(Next::Event(event)) => {
                    if let Event::Opened(stream, _) = &event {
                        server.reply(*stream);
                    }
                    match (events.last_mut(), event) {
                        (Some(Event::Data(last, before)), Event::Data(stream, bytes)) if *last == stream => {
                            *before = Bytes::from([&before[..], &bytes[..]].concat());
                        }
                        (_, event) => events.push(event),
                    }
                }
                Ok(_) => break,
                Err(error) => {
                    end = Err(error);
                    break;
                }
            }
        }
    }
    (events, server.take(usize::MAX), end.and_then(|()| server.end()))
}

/// What a session reads, in the format of `corpus/main.go`.
fn listed(mut session: Session, bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    session.receive(bytes);
    while let Next::Event(event) = session.next(|_| ROOM).unwrap() {
        match event {
            Event::Opened(stream, mut headers) => {
                let ended = session.state(stream) == Some(State::Opening { ended: true });
                session.reply(stream);
                headers.sort();
                write!(out, "stream {stream} ended={ended}").unwrap();
                for (name, value) in headers {
                    let value = value.replace('\0', "+");
                    match value.get(..10).filter(|_| value.len() > 100) {
                        Some(first) => write!(out, " {name}={first}...{}", value.len()).unwrap(),
                        None => write!(out, " {name}={value}").unwrap(),
                    }
                }
                out.push('\n');
            }
            Event::Data(stream, data) => writeln!(out, "data {stream} {}", String::from_utf8_lossy(&data)).unwrap(),
            Event::Ended(stream) => writeln!(out, "end {stream}").unwrap(),
            Event::Reset(stream, reason) => writeln!(out, "reset {stream} {reason}").unwrap(),
            Event::GoAway => out.push_str("goaway\n"),
            event => panic!("{event:?}"),
        }
    }
    session.end().unwrap();
    out
}

/// This server reads what Go's client writes, as Go's server does. It answers a ping by itself.
#[test]
fn go_writes() {
    let expected = include_str!("corpus/go.txt").replace("ping 1\n", "");
    assert_eq!(listed(Session::server(Limits::default()), include_bytes!("corpus/go.bin")), expected);
}

/// The bytes of this client are those of `ours.bin`, which Go's server has read; and it read what was meant.
#[test]
fn go_reads() {
    let mut client = Session::client(Limits::default());
    let connection = |kind| [("streamType", kind), ("port", "8080"), ("requestID", "7")];
    client.open(&connection("error"), true).unwrap();
    let stream = client.open(&connection("data"), false).unwrap();
    accept(&mut client, stream);
    assert!(client.send(stream, b"hello") && client.finish(stream));
    client.ping();
    // More than one stored block.
    let other = client.open(&[("long", &"x".repeat(70_000)), ("other", "1")], false).unwrap();
    client.reset(other, CANCEL);
    client.open(&[], true).unwrap();
    let bytes = client.take(usize::MAX).unwrap();
    let expected = include_str!("corpus/ours.txt").replace("ping 1\n", "");
    assert_eq!(listed(Session::server(Limits::default()), &bytes), expected);
    assert!(&bytes[..] == include_bytes!("corpus/ours.bin"), "write the bytes to ours.bin, and run corpus/main.go");
}

proptest! {
    #[test]
    fn the_cuts_of_the_bytes_change_nothing(mut bytes in conversation(), flips in prop::collection::vec((any::<usize>(), any::<u8>()), 0..3)) {
        for (at, byte) in flips {
            if !bytes.is_empty() {
                let at = at % bytes.len();
                bytes[at] ^= byte;
            }
        }
        let whole = read(&[&bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read(&single), &whole);
        for cut in 0..=bytes.len() {
            let (first, second) = bytes.split_at(cut);
            prop_assert_eq!(&read(&[first, second]), &whole);
        }
    }
}
