//! A plain connection over a scripted socket: what it sends and reads when, its errors, and which connections it keeps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod wire_support;

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode};
use kube_proto::driver::wire::{Connection, Finish, Flushed, HttpLimits, Pump, RawConnection, Received};
use kube_proto::driver::{Exchange, ExchangeKind, FaultKind, Input, Reach};
use proptest::prelude::*;
use wire_support::{BLOCK, Done, End, Script, Transcript, drive, exchange, get, post, upgrade};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn started(exchange: &Exchange) -> Connection {
    let mut connection = Connection::plain(HttpLimits::default());
    connection.start(exchange);
    connection
}

fn run(exchange: &Exchange, io: &mut Script) -> Transcript {
    drive(&mut started(exchange), io, 1000)
}

/// A connection that has carried one exchange.
fn kept() -> Connection {
    let mut connection = started(&get());
    assert_eq!(drive(&mut connection, &mut Script::says(OK), 0).end, End::Whole);
    match connection.finish() {
        Finish::Keep(connection) => connection,
        other => panic!("{other:?}"),
    }
}

fn failed(kind: FaultKind, reach: Reach, stale: bool) -> End {
    End::Failed(kind, reach, stale)
}

#[test]
fn one_input_a_call_and_nothing_read_while_something_lies_ready() {
    let mut connection = started(&get());
    let mut io = Script::says(format!("{OK}more"));
    assert!(matches!(connection.pump(&mut io), Pump::Input(Input::Head(parts)) if parts.status == StatusCode::OK));
    assert!(matches!(connection.pump(&mut io), Pump::Input(Input::Data(data)) if data == "ok"));
    assert!(matches!(connection.pump(&mut io), Pump::Input(Input::End)));
    assert_eq!(io.read_calls, 1);
    assert!(matches!(connection.finish(), Finish::Close), "the server sent more than the answer");
}

#[test]
fn blocked_says_whether_it_also_waits_to_write() {
    let mut connection = started(&post(b"body"));
    let mut io = Script::default().on_write(Done::Takes(10)).on_write(BLOCK);
    assert!(matches!(connection.pump(&mut io), Pump::Blocked { write: true }));
    assert_eq!(io.written, b"POST /api/");
    assert!(matches!(connection.pump(&mut io), Pump::Blocked { write: false }));
    assert!(io.written.ends_with(b"content-length: 4\r\n\r\nbody"));
}

#[test]
fn the_body_is_not_copied_and_goes_with_the_head() {
    struct Watched(std::ops::Range<*const u8>, usize);
    impl Read for Watched {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }
    }
    impl Write for Watched {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("not vectored")
        }
        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            assert!(slices[0].starts_with(b"POST "));
            assert_eq!(slices[1].as_ptr_range(), self.0);
            self.1 += 1;
            Ok(slices.iter().map(|slice| slice.len()).sum())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let exchange = post(&[b'x'; 100_000]);
    let mut io = Watched(exchange.request.body().as_ptr_range(), 0);
    assert!(matches!(started(&exchange).pump(&mut io), Pump::Blocked { write: false }));
    assert_eq!(io.1, 1);
}

#[test]
fn what_is_read_in_large_pieces_arrives_in_bounded_ones() {
    let body = vec![b'x'; 1_000_000];
    let answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", &*body].concat();
    let mut io = Script::says(answer);
    let transcript = run(&get(), &mut io);
    assert_eq!((transcript.end, transcript.data.len()), (End::Whole, 1_000_000));
    assert!(io.read_calls < 20, "{}", io.read_calls);
}

#[test]
fn how_far_the_request_got() {
    use FaultKind::{Closed, Io, Protocol};
    use Reach::{Answered, NotSent, Unknown};
    let reset = || Done::Fails(ErrorKind::ConnectionReset);
    let pipe = || Done::Fails(ErrorKind::BrokenPipe);
    let blocked = || Script::default().on_write(BLOCK);
    let partly = || Script::default().on_write(Done::Takes(1));
    for (name, script, expected) in [
        ("closed before a byte was written", blocked().then_ends(), failed(Closed, NotSent, false)),
        ("reset before a byte was written", blocked().then(reset()), failed(Closed, NotSent, false)),
        ("closed after one byte", partly().on_write(BLOCK).then_ends(), failed(Closed, Unknown, false)),
        ("closed after all", Script::default().then_ends(), failed(Closed, Unknown, false)),
        ("reset after all", Script::default().then(reset()), failed(Closed, Unknown, false)),
        ("another error", Script::default().then(Done::Fails(ErrorKind::OutOfMemory)), failed(Io, Unknown, false)),
        ("the write fails", Script::default().on_write(pipe()), failed(Closed, NotSent, false)),
        ("a later write fails", partly().on_write(pipe()), failed(Closed, Unknown, false)),
        (
            "the write fails, and then the read",
            Script::default().on_write(pipe()).then(reset()),
            failed(Closed, NotSent, false),
        ),
        ("nothing can be written", Script::default().on_write(Done::Takes(0)), failed(Closed, NotSent, false)),
        ("one byte of answer", Script::says("H").then_ends(), failed(Closed, Answered, false)),
        ("half an answer", Script::says(&OK[..OK.len() - 1]).then(reset()), failed(Closed, Answered, false)),
        ("half a head", Script::says("HTTP/1.1 2").then(reset()), failed(Closed, Answered, false)),
        ("not HTTP", Script::says("SSH-2.0\r\n"), failed(Protocol, Answered, false)),
    ] {
        assert_eq!(run(&post(b"{}"), &mut { script }).end, expected, "{name}");
    }
}

#[test]
fn a_kept_connection_that_was_dead_is_stale() {
    use FaultKind::{Closed, Protocol};
    use Reach::{Answered, NotSent, Unknown};
    let reset = || Done::Fails(ErrorKind::ConnectionReset);
    let pipe = || Done::Fails(ErrorKind::BrokenPipe);
    for (name, script, expected) in [
        ("closed", Script::default().then_ends(), failed(Closed, Unknown, true)),
        ("reset", Script::default().then(reset()), failed(Closed, Unknown, true)),
        ("reset as it is written", Script::default().on_write(pipe()).then(reset()), failed(Closed, NotSent, true)),
        ("closed as it is written", Script::default().on_write(pipe()).then_ends(), failed(Closed, NotSent, true)),
        ("closed before", Script::default().on_write(BLOCK).then_ends(), failed(Closed, NotSent, true)),
        ("answered in part", Script::says("HTTP").then_ends(), failed(Closed, Answered, false)),
        ("answered with garbage", Script::says("garbage"), failed(Protocol, Answered, false)),
    ] {
        let mut connection = kept();
        connection.start(&post(b"{}"));
        assert_eq!(drive(&mut connection, &mut { script }, 1000).end, expected, "{name}");
        assert!(matches!(connection.finish(), Finish::Close));
    }
}

#[test]
fn a_failed_write_does_not_hide_the_answer() {
    let answer = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    for kind in [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset] {
        let mut io = Script::says(answer).on_write(Done::Takes(100)).on_write(Done::Fails(kind));
        let transcript = run(&post(&[0; 10_000]), &mut io);
        assert_eq!((transcript.status(), transcript.end), (Some(413), End::Whole));
    }
    // The answer comes in pieces, and more of it may follow.
    let (one, two) = answer.split_at(20);
    let mut io =
        Script::says(one).then(BLOCK).then(Done::Bytes(two.into())).on_write(Done::Fails(ErrorKind::BrokenPipe));
    assert_eq!(run(&post(&[0; 10_000]), &mut io).status(), Some(413));
    // The answer is cut short.
    let mut io = Script::says(one).then_ends().on_write(Done::Fails(ErrorKind::BrokenPipe));
    assert_eq!(run(&post(&[0; 10_000]), &mut io).end, failed(FaultKind::Closed, Reach::Answered, false));
}

#[test]
fn an_early_answer_is_delivered_and_the_connection_is_not_kept() {
    let body = [b'x'; 1000];
    let mut connection = started(&post(&body));
    let mut io =
        Script::says(OK).on_write(Done::Takes(200)).on_write(BLOCK).on_write(BLOCK).on_write(BLOCK).on_write(BLOCK);
    assert_eq!(drive(&mut connection, &mut io, 0).end, End::Whole);
    assert!(matches!(connection.finish(), Finish::Close));

    // It continues to send while it reads the answer, and both end well.
    let mut connection = started(&post(&body));
    let mut io = Script::says(OK).on_write(Done::Takes(200)).on_write(BLOCK);
    assert_eq!(drive(&mut connection, &mut io, 0).end, End::Whole);
    assert!(io.written.ends_with(&body));
    assert!(matches!(connection.finish(), Finish::Keep(_)));
}

#[test]
fn a_server_that_says_no_and_closes_is_not_sent_the_rest() {
    let no = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    let mut io = Script::says(no).on_write(Done::Takes(200)).on_write(BLOCK);
    assert_eq!(run(&post(&[b'x'; 1000]), &mut io).end, End::Whole);
    assert_eq!(io.written.len(), 200);
}

#[test]
fn what_is_kept() {
    for (answer, keep) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", false),
        ("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", false),
        ("HTTP/1.0 204 No Content\r\n\r\n", false),
        ("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\n\r\nall of this", false),
    ] {
        let mut connection = started(&get());
        assert_eq!(drive(&mut connection, &mut Script::says(answer).then_ends(), 0).end, End::Whole, "{answer:?}");
        assert_eq!(matches!(connection.finish(), Finish::Keep(_)), keep, "{answer:?}");
    }
    for read in [0, 1, 2] {
        let mut connection = started(&get());
        let mut io = Script::says(OK);
        for _ in 0..read {
            assert!(matches!(connection.pump(&mut io), Pump::Input(_)));
        }
        assert!(matches!(connection.finish(), Finish::Close), "not at its end");
    }
}

#[test]
fn a_kept_connection_carries_the_next_exchange() {
    let mut connection = kept();
    for _ in 0..3 {
        assert!(connection.idle_probe(&mut Script::default()));
        connection.start(&get());
        let mut io = Script::says(OK);
        assert_eq!(drive(&mut connection, &mut io, 0).end, End::Whole);
        assert!(io.written.starts_with(b"GET /version "));
        let Finish::Keep(next) = connection.finish() else { panic!() };
        connection = next;
    }
}

#[test]
fn a_probe_sees_what_happened_while_the_connection_was_idle() {
    for (name, script, quiet) in [
        ("nothing", Script::default(), true),
        ("interrupted", Script::default().then(Done::Fails(ErrorKind::Interrupted)), true),
        ("closed", Script::default().then_ends(), false),
        ("reset", Script::default().then(Done::Fails(ErrorKind::ConnectionReset)), false),
        ("a byte", Script::says("H"), false),
        ("an unrequested answer", Script::says("HTTP/1.1 408 Request Timeout\r\n\r\n").then_ends(), false),
    ] {
        let mut connection = kept();
        let mut script = script;
        assert_eq!(connection.idle_probe(&mut script), quiet, "{name}");
        assert_eq!(connection.idle_probe(&mut script), quiet, "{name}, again");
    }
    assert!(!started(&get()).idle_probe(&mut Script::default()), "it is not idle");
}

#[test]
fn the_end_is_repeated() {
    let mut connection = started(&get());
    let mut io = Script::default().then_ends();
    let first = drive(&mut connection, &mut io, 0);
    assert_eq!(drive(&mut connection, &mut Script::says(OK), 0), first);

    let mut connection = Connection::plain(HttpLimits::default());
    assert_eq!(drive(&mut connection, &mut io, 0).end, failed(FaultKind::Unsupported, Reach::NotSent, false));

    let mut connection = started(&get());
    connection.start(&get());
    let mut io = Script::says(OK);
    assert_eq!(drive(&mut connection, &mut io, 0).end, failed(FaultKind::Unsupported, Reach::NotSent, false));
    assert!(io.written.is_empty());
}

#[test]
fn a_request_that_cannot_be_is_reported_by_the_first_pump() {
    let mut io = Script::says(OK);
    let end = run(&exchange(Method::CONNECT, "/", b"", ExchangeKind::Call), &mut io).end;
    assert_eq!(end, failed(FaultKind::Unsupported, Reach::NotSent, false));
    assert!(io.written.is_empty());
}

#[test]
fn a_socket_that_is_always_interrupted_is_broken() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::Interrupted.into())
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::Interrupted.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(
        matches!(started(&get()).pump(&mut Broken), Pump::Input(Input::Failed(fault)) if fault.kind == FaultKind::Io)
    );
}

#[test]
fn texts_say_what_happened() {
    for (script, text) in [
        (Script::default().then_ends(), "the server closed the connection before it answered"),
        (
            Script::default().then(Done::Fails(ErrorKind::ConnectionReset)),
            "the connection broke before it answered: connection reset",
        ),
        (
            Script::says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
                .then(Done::Fails(ErrorKind::ConnectionReset)),
            "the connection broke in the middle of the answer's body, after 2 of 9 bytes: connection reset",
        ),
    ] {
        let (mut connection, mut io) = (started(&get()), script);
        let fault = loop {
            match connection.pump(&mut io) {
                Pump::Input(Input::Failed(fault)) => break fault,
                Pump::Input(_) => {}
                Pump::Blocked { .. } => panic!("no fault"),
            }
        };
        assert_eq!(fault.text, text);
    }
}

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

fn raw(more: &[u8]) -> RawConnection {
    let mut connection = started(&upgrade());
    let mut io = Script::says([SWITCH.as_bytes(), more].concat());
    assert_eq!(drive(&mut connection, &mut io, 0).end, End::Switched);
    match connection.finish() {
        Finish::Raw(raw) => raw,
        other => panic!("{other:?}"),
    }
}

#[test]
fn bytes_that_came_with_the_101_come_first() {
    let (mut raw, mut into, mut io) = (raw(b"first"), BytesMut::new(), Script::says("second").then_ends());
    assert_eq!(raw.receive(&mut io, &mut into, 3), Ok(Received::Bytes));
    assert_eq!((&into[..], io.read_calls), (&b"fir"[..], 0));
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::Bytes));
    assert_eq!((&into[..], io.read_calls), (&b"first"[..], 0));
    assert_eq!(raw.receive(&mut io, &mut into, 3), Ok(Received::Bytes));
    assert_eq!(&into[..], b"firstsec");
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::Bytes));
    assert_eq!(&into[..], b"firstsecond");
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::End));
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::End));
}

#[test]
fn a_raw_connection_sends_and_receives_without_waiting_for_either() {
    let (mut raw, mut into) = (raw(b""), BytesMut::new());
    raw.send(Bytes::from_static(b"hello"));
    raw.send(Bytes::from_static(b", you"));
    assert_eq!(raw.pending(), 10);
    let mut io = Script::says("x").on_write(Done::Takes(7)).on_write(BLOCK);
    assert_eq!(raw.flush(&mut io), Ok(Flushed::Blocked));
    assert_eq!(raw.pending(), 3);
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::Bytes));
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::Blocked));
    assert_eq!(raw.flush(&mut io), Ok(Flushed::All));
    assert_eq!((&io.written[..], raw.pending()), (&b"hello, you"[..], 0));

    // Bytes that the peer sent before it closed can still be read.
    raw.send(Bytes::from_static(b"more"));
    let mut io =
        Script::says("bye").then(Done::Fails(ErrorKind::ConnectionReset)).on_write(Done::Fails(ErrorKind::BrokenPipe));
    assert!(raw.flush(&mut io).is_err_and(|fault| fault.kind == FaultKind::Closed && fault.reach == Reach::Answered));
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::Bytes));
    assert_eq!(&into[..], b"xbye");
    assert!(raw.receive(&mut io, &mut into, 100).is_err());
}

#[test]
fn a_refused_upgrade_is_an_answer() {
    let mut connection = started(&upgrade());
    let transcript =
        drive(&mut connection, &mut Script::says("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), 0);
    assert_eq!((transcript.status(), &*transcript.data, transcript.end), (Some(403), &b"no"[..], End::Whole));
    assert!(matches!(connection.finish(), Finish::Keep(_)));
}

fn hesitation() -> impl Strategy<Value = Option<Done>> {
    prop_oneof![Just(None), Just(Some(BLOCK)), Just(Some(Done::Fails(ErrorKind::Interrupted)))]
}

proptest! {
    #[test]
    fn any_hesitation_of_the_socket_gives_the_same(
        reads in proptest::collection::vec((any::<proptest::sample::Index>(), hesitation()), 0..20),
        writes in proptest::collection::vec((1_usize..60, hesitation()), 0..20),
        chunked in any::<bool>(),
    ) {
        let answer = if chunked {
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\nA: b\r\n\r\n"
        } else {
            "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nA: b\r\n\r\nabc0123456789"
        };
        let body = [b'x'; 300];
        let whole = run(&post(&body), &mut Script::says(answer));
        prop_assert_eq!(&whole.end, &End::Whole);

        let mut io = Script::default();
        for (most, hesitation) in writes {
            io = io.on_write(Done::Takes(most));
            io.writes.extend(hesitation);
        }
        let mut cuts: Vec<_> = reads.iter().map(|(cut, hesitation)| (cut.index(answer.len()), hesitation.clone())).collect();
        cuts.push((answer.len(), None));
        cuts.sort_by_key(|(cut, _)| *cut);
        let mut from = 0;
        for (cut, hesitation) in cuts {
            if from < cut {
                io.reads.push_back(Done::Bytes(answer.as_bytes()[from..cut].to_vec()));
                from = cut;
            }
            io.reads.extend(hesitation);
        }
        let mut connection = started(&post(&body));
        prop_assert_eq!(drive(&mut connection, &mut io, 1000), whole);
        let complete = io.written.ends_with(&body);
        prop_assert_eq!(matches!(connection.finish(), Finish::Keep(_)), complete);
    }

    #[test]
    fn a_connection_cut_at_any_byte_is_never_a_truncated_success(cut in 0_usize..1000, reset in any::<bool>()) {
        for answer in [OK, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"] {
            let cut = cut % answer.len();
            let script = Script::says(&answer[..cut]);
            let script = Script { reads: script.reads.into_iter().filter(|_| cut > 0).collect(), ..Script::default() };
            let mut script = if reset { script.then(Done::Fails(ErrorKind::ConnectionReset)) } else { script.then_ends() };
            let reach = if cut == 0 { Reach::Unknown } else { Reach::Answered };
            prop_assert_eq!(run(&get(), &mut script).end, failed(FaultKind::Closed, reach, false));
        }
    }
}
