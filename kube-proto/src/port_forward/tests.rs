//! Sessions against the server's roles of WebSocket and SPDY.

use std::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::driver::channel::{Channel, Flow};
use crate::driver::time::{Moment, Now};
use crate::error::Error;
use crate::random::Random;
use crate::spdy::{self, Event, Limits, Next};
use crate::websocket::close::CloseCode;
use crate::websocket::machine::{Kind, WebSocket, WebSocketEvent, WebSocketLimits};

fn at(seconds: u64) -> Now {
    Now { mono: Moment::after_zero(Duration::from_secs(seconds)), unix: Duration::ZERO }
}

/// The server's side of a tunnel.
struct Peer {
    socket: WebSocket,
    spdy: spdy::Session,
    input: BytesMut,
    /// Replies to streams at once.
    accepts: bool,
    events: Vec<Event>,
}

impl Peer {
    fn new() -> Self {
        Self {
            socket: WebSocket::server(WebSocketLimits::default()),
            spdy: spdy::Session::server(Limits::default()),
            input: BytesMut::new(),
            accepts: true,
            events: Vec::new(),
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while let Some(event) = self.socket.receive(&mut self.input, false) {
            if let WebSocketEvent::Data { payload, .. } = event.unwrap() {
                self.spdy.receive(&payload);
            }
        }
        while let Next::Event(event) = self.spdy.next(|_| usize::MAX).unwrap() {
            if let (Event::Opened(stream, _), true) = (&event, self.accepts) {
                self.spdy.reply(*stream);
            }
            self.events.push(event);
        }
    }

    fn transmit(&mut self) -> Vec<u8> {
        while let Some(bytes) = self.spdy.take(1000) {
            self.socket.send(Kind::Binary, &[&bytes]).unwrap();
        }
        std::iter::from_fn(|| self.socket.transmit()).flatten().collect()
    }

    /// The data of a stream so far.
    fn data(&self, stream: u32) -> Vec<u8> {
        let data = self.events.iter().filter_map(|event| match event {
            Event::Data(of, bytes) if *of == stream => Some(&bytes[..]),
            _ => None,
        });
        data.collect::<Vec<_>>().concat()
    }
}

fn tunnel() -> (PortForwardSession, Peer) {
    let socket = WebSocket::client(Random::new(1), WebSocketLimits::default());
    (PortForwardSession::tunnel(socket), Peer::new())
}

/// Sends what is due; the end, if there is one.
fn sent(session: &mut PortForwardSession, now: Now) -> (Vec<u8>, Result<Option<Moment>, Error>) {
    let mut bytes = Vec::new();
    loop {
        match session.poll(now) {
            Flow::Send(more) => bytes.extend_from_slice(&more),
            Flow::Wait(until) => return (bytes, Ok(until)),
            Flow::Done(result) => return (bytes, result.map(|()| None)),
            Flow::Yield(never) => match never {},
        }
    }
}

/// Both sides until neither has anything to send. A driver receives no more than the session takes.
fn pass(session: &mut PortForwardSession, peer: &mut Peer) {
    let mut waiting = Vec::new();
    loop {
        let (bytes, _) = sent(session, at(0));
        peer.receive(&bytes);
        waiting.extend(peer.transmit());
        if session.is_full() || waiting.is_empty() {
            assert!(waiting.is_empty(), "the session is full");
            return;
        }
        let mut piece = BytesMut::from(&*waiting);
        waiting.clear();
        session.receive(&mut piece, false);
    }
}

/// Everything that a reader gets, and the end: `None` if it waits.
fn read(session: &mut PortForwardSession, id: ConnectionId) -> (Vec<u8>, Option<Result<(), String>>) {
    let mut all = Vec::new();
    loop {
        match session.read(id, 7) {
            None => return (all, None),
            Some(Ok(bytes)) if bytes.is_empty() => return (all, Some(Ok(()))),
            Some(Ok(bytes)) => all.extend_from_slice(&bytes),
            Some(Err(error)) => return (all, Some(Err(error.to_string()))),
        }
    }
}

fn got(text: &str, end: Option<Result<(), String>>) -> (Vec<u8>, Option<Result<(), String>>) {
    (text.as_bytes().to_vec(), end)
}

/// The data stream of the n-th connection. Its error stream is the one before.
fn data_of(n: u32) -> u32 {
    n * 4 + 3
}

#[test]
fn a_connection_is_an_error_stream_that_ends_at_once_and_a_data_stream() {
    let (mut session, mut peer) = tunnel();
    session.connect(8080).unwrap();
    session.connect(81).unwrap();
    pass(&mut session, &mut peer);
    let opened = peer.events.iter().map(|event| match event {
        Event::Opened(stream, headers) => {
            (*stream, headers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
        }
        event => panic!("{event:?}"),
    });
    let expected = |stream, kind, port, request| (stream, format!("streamtype={kind} port={port} requestid={request}"));
    assert_eq!(
        opened.collect::<Vec<_>>(),
        [
            expected(1, "error", 8080, 0),
            expected(3, "data", 8080, 0),
            expected(5, "error", 81, 1),
            expected(7, "data", 81, 1),
        ]
    );
    assert_eq!(peer.spdy.state(1), Some(spdy::State::Sending), "the client's end came with it");
    assert_eq!(peer.spdy.state(3), Some(spdy::State::Open));
}

#[test]
fn each_direction_ends_by_itself_in_each_order() {
    for client_first in [true, false] {
        let (mut session, mut peer) = tunnel();
        let id = session.connect(80).unwrap();
        assert!(session.write(id, b"early").is_none(), "the server would drop it");
        assert!(!session.is_ready(PortForwardSession::writing(id)));
        pass(&mut session, &mut peer);
        assert!(session.is_ready(PortForwardSession::writing(id)));
        assert!(!session.is_ready(PortForwardSession::reading(id)));
        let stream = data_of(0);
        if client_first {
            assert_eq!(session.write(id, b"question").unwrap().unwrap(), 8);
            session.finish(id).unwrap();
            pass(&mut session, &mut peer);
            assert_eq!((peer.data(stream), peer.events.last()), (b"question".to_vec(), Some(&Event::Ended(stream))));
            assert!(session.write(id, b"late").unwrap().is_err());
            assert_eq!(read(&mut session, id), got("", None), "the answer still comes");
            peer.spdy.send(stream, b"answer");
            peer.spdy.finish(stream);
            peer.spdy.finish(stream - 2);
            pass(&mut session, &mut peer);
            assert_eq!(read(&mut session, id), got("answer", Some(Ok(()))));
        } else {
            peer.spdy.send(stream, b"hello");
            peer.spdy.finish(stream);
            peer.spdy.finish(stream - 2);
            pass(&mut session, &mut peer);
            assert!(session.is_ready(PortForwardSession::reading(id)));
            assert_eq!(read(&mut session, id), got("hello", Some(Ok(()))));
            assert_eq!(session.write(id, b"still").unwrap().unwrap(), 5);
            session.finish(id).unwrap();
            pass(&mut session, &mut peer);
            assert_eq!((peer.data(stream), peer.events.last()), (b"still".to_vec(), Some(&Event::Ended(stream))));
        }
        assert_eq!(read(&mut session, id).1, Some(Ok(())), "the end is repeated");
    }
}

#[test]
fn an_end_before_the_reply_is_sent_after_it() {
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    session.finish(id).unwrap();
    assert!(session.write(id, b"x").unwrap().is_err());
    pass(&mut session, &mut peer);
    assert_eq!(peer.events.last(), Some(&Event::Ended(data_of(0))));
}

/// As the servers do it: the text, then a reset of both streams.
#[test]
fn a_connection_that_fails_leaves_the_others_alone() {
    let (mut session, mut peer) = tunnel();
    let (bad, good) = (session.connect(81).unwrap(), session.connect(80).unwrap());
    pass(&mut session, &mut peer);
    peer.spdy.send(data_of(0), b"some");
    peer.spdy.send(data_of(0) - 2, b"connection ");
    peer.spdy.send(data_of(0) - 2, b"refused\n");
    peer.spdy.reset(data_of(0), spdy::CANCEL);
    peer.spdy.reset(data_of(0) - 2, spdy::CANCEL);
    peer.spdy.send(data_of(1), b"fine");
    pass(&mut session, &mut peer);
    let (data, end) = read(&mut session, bad);
    assert_eq!(data, b"some", "what came before the failure");
    assert!(end.unwrap().unwrap_err().ends_with("connection refused"));
    assert!(session.write(bad, b"x").unwrap().unwrap_err().to_string().ends_with("connection refused"));
    assert!(session.finish(bad).is_err());
    assert_eq!(read(&mut session, good), got("fine", None));
    assert_eq!(session.write(good, b"x").unwrap().unwrap(), 1);
}

#[test]
fn a_reset_without_a_reason_is_no_clean_end() {
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    pass(&mut session, &mut peer);
    peer.spdy.reset(data_of(0), spdy::CANCEL);
    pass(&mut session, &mut peer);
    assert!(read(&mut session, id).1.unwrap().unwrap_err().contains("the server ended the connection (reset 5)"));
}

#[test]
fn a_message_without_an_end_is_a_failure_at_the_end_of_the_data() {
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    pass(&mut session, &mut peer);
    peer.spdy.send(data_of(0) - 2, b"broken\x1b");
    peer.spdy.finish(data_of(0));
    pass(&mut session, &mut peer);
    let text = read(&mut session, id).1.unwrap().unwrap_err();
    assert!(text.contains("broken") && !text.contains('\x1b'), "{text}");
}

#[test]
fn the_slowest_reader_holds_the_session_and_not_memory() {
    let (mut session, mut peer) = tunnel();
    let (slow, quick) = (session.connect(80).unwrap(), session.connect(80).unwrap());
    pass(&mut session, &mut peer);
    peer.spdy.send(data_of(0), &vec![b's'; ROOM + 10]);
    peer.spdy.send(data_of(1), b"quick");
    // A driver receives 64 KiB at once, and nothing while the session is full.
    let mut waiting = BytesMut::from(&*peer.transmit());
    while !session.is_full() {
        let mut piece = waiting.split_to(waiting.len().min(64 << 10));
        assert!(!piece.is_empty());
        session.receive(&mut piece, false);
        assert!(piece.is_empty());
    }
    assert_eq!(read(&mut session, quick), got("", None));
    assert!(!session.is_ready(PortForwardSession::reading(quick)));
    assert_eq!(session.read(slow, 20).unwrap().unwrap().len(), 20);
    while !session.is_full() && !waiting.is_empty() {
        session.receive(&mut waiting.split_to(waiting.len().min(64 << 10)), false);
    }
    assert!(!session.is_full());
    assert!(session.is_ready(PortForwardSession::reading(quick)));
    assert_eq!(read(&mut session, quick), got("quick", None));
    assert_eq!(read(&mut session, slow).0.len(), ROOM - 10);
}

#[test]
fn a_dropped_reader_holds_nothing_up_and_without_a_writer_the_connection_is_reset() {
    let (mut session, mut peer) = tunnel();
    let (dropped, other) = (session.connect(80).unwrap(), session.connect(80).unwrap());
    pass(&mut session, &mut peer);
    session.drop_reader(dropped);
    peer.spdy.send(data_of(0), &vec![b'x'; 4 * ROOM]);
    peer.spdy.send(data_of(1), b"other");
    pass(&mut session, &mut peer);
    assert_eq!(read(&mut session, other), got("other", None));
    assert_eq!(session.write(dropped, b"still").unwrap().unwrap(), 5);
    session.drop_writer(dropped);
    pass(&mut session, &mut peer);
    let resets: Vec<_> = peer.events.iter().filter(|event| matches!(event, Event::Reset(..))).collect();
    assert_eq!(resets, [&Event::Reset(3, spdy::CANCEL), &Event::Reset(1, spdy::CANCEL)]);
    assert!(session.write(dropped, b"x").unwrap().is_err());
}

#[test]
fn many_connections_come_and_go_and_leave_nothing_behind() {
    let (mut session, mut peer) = tunnel();
    for n in 0..3000 {
        let id = session.connect(80).unwrap();
        pass(&mut session, &mut peer);
        session.finish(id).unwrap();
        peer.spdy.finish(data_of(n));
        // The servers end the error stream, too; some do not.
        if n % 2 == 0 {
            peer.spdy.finish(data_of(n) - 2);
        }
        pass(&mut session, &mut peer);
        if n % 2 == 1 {
            assert_eq!(read(&mut session, id).1, None);
            let later = at(REASON.as_secs() * u64::from(n));
            let (bytes, _) = sent(&mut session, later);
            peer.receive(&bytes);
            session.receive(&mut BytesMut::from(&*peer.transmit()), false);
        }
        assert_eq!(read(&mut session, id).1, Some(Ok(())));
        session.drop_reader(id);
        session.drop_writer(id);
        peer.events.clear();
    }
    assert!(session.is_running());
}

#[test]
fn the_server_is_pinged_and_a_dead_one_is_an_error_in_forty_seconds() {
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    pass(&mut session, &mut peer);
    let (bytes, until) = sent(&mut session, at(9));
    assert_eq!((bytes.len(), until.unwrap()), (0, Some(at(10).mono)));
    let (ping, until) = sent(&mut session, at(10));
    assert_eq!(until.unwrap(), Some(at(20).mono));
    peer.receive(&ping);
    session.receive(&mut BytesMut::from(&*peer.transmit()), false);
    session.silent(at(39));
    assert_eq!(sent(&mut session, at(39)).1.unwrap(), Some(at(49).mono), "it has answered");
    let (ping, _) = sent(&mut session, at(49));
    assert!(!ping.is_empty());
    assert!(sent(&mut session, at(500)).1.is_ok(), "the driver was away, and has not looked yet");
    assert_eq!(read(&mut session, id).1, None);
    session.silent(at(500));
    let error = sent(&mut session, at(500)).1.unwrap_err();
    assert!(error.to_string().contains("nothing for at least 30 s after a ping"), "{error}");
    assert!(read(&mut session, id).1.unwrap().is_err());
    assert!(session.connect(80).is_err());
}

#[test]
fn a_connection_that_is_not_accepted_fails_alone() {
    let (mut session, mut peer) = tunnel();
    peer.accepts = false;
    let late = session.connect(80).unwrap();
    let (bytes, until) = sent(&mut session, at(0));
    peer.receive(&bytes);
    assert_eq!(until.unwrap(), Some(at(10).mono));
    assert!(sent(&mut session, at(10)).1.is_ok());
    assert_eq!(read(&mut session, late).1, None);
    let (bytes, _) = sent(&mut session, at(30));
    peer.receive(&bytes);
    assert!(read(&mut session, late).1.unwrap().unwrap_err().contains("did not accept the connection within 30 s"));
    assert_eq!(peer.events.last(), Some(&Event::Reset(1, spdy::CANCEL)));
    assert!(session.ended().is_none() && session.is_leaving() && session.connect(80).is_err());
}

/// The node may read nothing more of a stream after its failure, and hold others up with it.
#[test]
fn after_the_failure_of_a_connection_that_has_sent_bytes_the_session_takes_no_more() {
    for sends in [true, false] {
        let (mut session, mut peer) = tunnel();
        let (bad, good) = (session.connect(81).unwrap(), session.connect(80).unwrap());
        pass(&mut session, &mut peer);
        if sends {
            session.write(bad, b"x").unwrap().unwrap();
            session.write(good, b"x").unwrap().unwrap();
        }
        peer.spdy.send(data_of(0) - 2, b"refused");
        peer.spdy.finish(data_of(0) - 2);
        peer.spdy.finish(data_of(0));
        pass(&mut session, &mut peer);
        assert_eq!((session.is_leaving(), session.connect(80).is_err()), (sends, sends));
        assert_eq!(session.write(good, b"y").unwrap().unwrap(), 1, "the others go on");
        // Another session takes its place. This one ends with its last connection.
        session.retire();
        assert!(session.ended().is_some() && session.is_ready(PortForwardSession::END) && session.connect(80).is_err());
        for id in [bad, good] {
            assert!(sent(&mut session, at(0)).1.is_ok());
            session.drop_reader(id);
            session.drop_writer(id);
        }
        if !sends {
            continue;
        }
        let (bytes, end) = sent(&mut session, at(0));
        assert!(end.is_ok() && !session.is_running());
        peer.receive(&bytes);
    }
}

#[test]
fn a_report_after_the_end_is_a_failure_and_the_end_waits_for_it() {
    let (mut session, mut peer) = tunnel();
    let ids = [(); 3].map(|()| session.connect(80).unwrap());
    pass(&mut session, &mut peer);
    for n in 0..3 {
        peer.spdy.send(data_of(n), b"some");
        peer.spdy.finish(data_of(n));
    }
    pass(&mut session, &mut peer);
    for id in ids {
        assert_eq!(read(&mut session, id), got("some", None));
        assert!(!session.is_ready(PortForwardSession::reading(id)));
    }
    peer.spdy.send(data_of(0) - 2, b"reset by peer");
    peer.spdy.finish(data_of(0) - 2);
    peer.spdy.finish(data_of(1) - 2);
    pass(&mut session, &mut peer);
    assert!(read(&mut session, ids[0]).1.unwrap().unwrap_err().ends_with("reset by peer"));
    assert_eq!(read(&mut session, ids[1]).1, Some(Ok(())));
    // The server says nothing of the last one.
    let (_, until) = sent(&mut session, at(1));
    assert_eq!(until.unwrap(), Some(at(REASON.as_secs()).mono));
    assert_eq!(read(&mut session, ids[2]).1, None);
    let _ = sent(&mut session, at(REASON.as_secs()));
    assert!(session.is_ready(PortForwardSession::reading(ids[2])));
    assert_eq!(read(&mut session, ids[2]).1, Some(Ok(())));
}

/// After bytes that the server has not confirmed, it may be holding them for a container that does not read.
#[test]
fn a_dead_server_after_a_question_is_noticed_in_forty_seconds_and_after_an_upload_later() {
    for (size, dead) in [(1000, 40), (200_000, 310)] {
        let (mut session, mut peer) = tunnel();
        let id = session.connect(80).unwrap();
        pass(&mut session, &mut peer);
        let bytes = vec![b'x'; 50_000];
        for _ in 0..size / 1000 {
            session.write(id, &bytes[..1000.min(size)]).unwrap().unwrap();
        }
        let _ = sent(&mut session, at(0));
        for second in 1..=dead {
            assert!(sent(&mut session, at(second - 1)).1.is_ok(), "{size}: {second}");
            session.silent(at(second));
        }
        assert!(sent(&mut session, at(dead)).1.is_err(), "{size}");
    }
    // What a pong has confirmed does not count.
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    pass(&mut session, &mut peer);
    for _ in 0..10 {
        session.write(id, &[b'x'; 50_000]).unwrap().unwrap();
    }
    for second in [0, 10] {
        let (bytes, _) = sent(&mut session, at(second));
        peer.receive(&bytes);
    }
    session.receive(&mut BytesMut::from(&*peer.transmit()), false);
    for second in [10, 20] {
        assert!(sent(&mut session, at(second)).1.is_ok());
    }
    session.silent(at(50));
    assert!(sent(&mut session, at(50)).1.is_err());
}

/// The servers in front of the node answer, and the node does not.
#[test]
fn a_dead_node_behind_a_living_server_is_noticed() {
    let (mut session, mut peer) = tunnel();
    session.connect(80).unwrap();
    pass(&mut session, &mut peer);
    for second in 0..320 {
        let (bytes, end) = sent(&mut session, at(second));
        match end {
            Ok(_) => {
                assert!(second < 320);
                // Only WebSocket answers.
                let mut input = BytesMut::from(&*bytes);
                while peer.socket.receive(&mut input, false).is_some() {}
                let bytes: Vec<u8> = std::iter::from_fn(|| peer.socket.transmit()).flatten().collect();
                match bytes.is_empty() {
                    true => session.silent(at(second)),
                    false => session.receive(&mut BytesMut::from(&*bytes), false),
                }
            }
            Err(error) => {
                assert!(second >= 310 && error.to_string().contains("the pod's node has sent nothing"), "{error}");
                return;
            }
        }
    }
    panic!("the session did not notice it");
}

#[test]
fn the_end_of_the_session_is_the_failure_of_what_was_not_complete() {
    for said in [true, false] {
        let (mut session, mut peer) = tunnel();
        let (open, complete) = (session.connect(80).unwrap(), session.connect(80).unwrap());
        pass(&mut session, &mut peer);
        session.finish(complete).unwrap();
        peer.spdy.send(data_of(0), b"half");
        peer.spdy.finish(data_of(1) - 2);
        peer.spdy.finish(data_of(1));
        pass(&mut session, &mut peer);
        if said {
            peer.socket.close(CloseCode::AWAY, "going");
        }
        session.receive(&mut BytesMut::from(&*peer.transmit()), true);
        let (data, end) = read(&mut session, open);
        assert_eq!(data, b"half");
        let text = end.unwrap().unwrap_err();
        assert!(text.contains(if said { "going" } else { "in the middle" }), "{text}");
        assert_eq!(read(&mut session, complete).1, Some(Ok(())));
        assert!(!session.is_running() && sent(&mut session, at(0)).1.is_err());
    }
}

#[test]
fn what_is_no_spdy_ends_the_session() {
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    peer.socket.send(Kind::Binary, &[b"\x80\x02\0\x01\0\0\0\0"]).unwrap();
    session.receive(&mut BytesMut::from(&*peer.transmit()), false);
    let error = sent(&mut session, at(0)).1.unwrap_err();
    assert!(error.to_string().contains("version 2 instead of 3"), "{error}");
    assert!(read(&mut session, id).1.unwrap().is_err());
}

#[test]
fn a_session_that_is_closed_says_so() {
    let (mut session, mut peer) = tunnel();
    let id = session.connect(80).unwrap();
    pass(&mut session, &mut peer);
    session.close();
    let (bytes, end) = sent(&mut session, at(0));
    assert!(end.is_ok());
    let mut bytes = BytesMut::from(&*bytes);
    let close = peer.socket.receive(&mut bytes, false).unwrap().unwrap();
    assert!(matches!(close, WebSocketEvent::Close(Some(frame)) if frame.code == CloseCode::NORMAL));
    assert!(read(&mut session, id).1.unwrap().is_err() && session.connect(80).is_err());
}

/// Cuts change nothing: what arrives, in any pieces, is what was sent.
#[test]
fn the_cuts_of_the_bytes_change_nothing() {
    let script = |cut: usize| {
        let (mut session, mut peer) = tunnel();
        let ids = [session.connect(80).unwrap(), session.connect(81).unwrap()];
        pass(&mut session, &mut peer);
        peer.spdy.send(data_of(0), b"one");
        peer.spdy.send(data_of(1), b"two");
        peer.spdy.ping();
        peer.spdy.send(data_of(1) - 2, b"failed");
        peer.spdy.finish(data_of(1) - 2);
        peer.spdy.send(data_of(0), b"three");
        peer.spdy.finish(data_of(0) - 2);
        peer.spdy.finish(data_of(0));
        let bytes = peer.transmit();
        for piece in bytes.chunks(cut.max(1)) {
            session.receive(&mut BytesMut::from(piece), false);
        }
        let all = ids.map(|id| read(&mut session, id));
        (bytes.len(), all, sent(&mut session, at(0)).0.len())
    };
    let (length, whole, answer) = script(usize::MAX);
    assert_eq!(whole[0], got("onethree", Some(Ok(()))));
    assert!(whole[1].1.as_ref().unwrap().as_ref().unwrap_err().ends_with("failed"));
    for cut in 1..length {
        assert_eq!(script(cut), (length, whole.clone(), answer), "{cut}");
    }
}

/// A session of channels, and the server's side.
fn channels() -> (PortForwardSession, WebSocket) {
    let socket = WebSocket::client(Random::new(1), WebSocketLimits::default());
    (PortForwardSession::direct(socket), WebSocket::server(WebSocketLimits::default()))
}

fn say(session: &mut PortForwardSession, server: &mut WebSocket, messages: &[&[u8]]) {
    for message in messages {
        server.send(Kind::Binary, &[message]).unwrap();
    }
    let bytes: Vec<u8> = std::iter::from_fn(|| server.transmit()).flatten().collect();
    for piece in bytes.chunks(1) {
        session.receive(&mut BytesMut::from(piece), false);
    }
}

#[test]
fn channels_carry_one_connection() {
    let (mut session, mut server) = channels();
    assert!(!session.is_tunnel());
    let id = session.connect(80).unwrap();
    assert!(session.connect(80).is_err() && !session.is_running());
    assert_eq!(session.write(id, b"question").unwrap().unwrap(), 8);
    let (bytes, _) = sent(&mut session, at(0));
    let event = server.receive(&mut BytesMut::from(&*bytes), false).unwrap().unwrap();
    assert!(matches!(event, WebSocketEvent::Data { payload, .. } if payload == "\0question"));
    let error = session.finish(id).unwrap_err().to_string();
    assert!(error.contains("without a tunnel"), "{error}");
    // Each channel begins with its port; other channels are ignored.
    say(&mut session, &mut server, &[b"\0\x50\0", b"\x01\x50\0", b"\0answer", b"\x02x", b"\x01", b"\0", b"\0!"]);
    assert_eq!(read(&mut session, id), got("answer!", None));
    server.close(CloseCode::NORMAL, "");
    say(&mut session, &mut server, &[]);
    assert_eq!(read(&mut session, id), got("", Some(Ok(()))));
    assert!(session.write(id, b"x").unwrap().is_err());
}

#[test]
fn a_failure_on_channels_and_an_end_in_the_middle() {
    let (mut session, mut server) = channels();
    say(&mut session, &mut server, &[b"\0\x50\0", b"\x01\x50\0", b"\x01refused"]);
    server.close(CloseCode::NORMAL, "");
    say(&mut session, &mut server, &[]);
    // All of it may come with the 101.
    let id = session.connect(80).unwrap();
    assert!(read(&mut session, id).1.unwrap().unwrap_err().ends_with("refused"));

    let (mut session, mut server) = channels();
    let id = session.connect(80).unwrap();
    say(&mut session, &mut server, &[b"\0\x50\0", b"\0half"]);
    session.receive(&mut BytesMut::new(), true);
    let (data, end) = read(&mut session, id);
    assert_eq!(data, b"half");
    assert!(end.unwrap().unwrap_err().contains("in the middle"));
}

#[test]
fn channels_without_halves_are_closed() {
    let (mut session, mut server) = channels();
    let id = session.connect(80).unwrap();
    session.drop_writer(id);
    session.drop_reader(id);
    let (bytes, end) = sent(&mut session, at(0));
    assert!(end.is_ok());
    let close = server.receive(&mut BytesMut::from(&*bytes), false).unwrap().unwrap();
    assert!(matches!(close, WebSocketEvent::Close(Some(frame)) if frame.code == CloseCode::NORMAL));
}
