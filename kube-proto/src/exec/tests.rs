//! The channel by hand: frames of a server in, events and frames out.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Response;

use super::*;
use crate::driver::channel::{Channel, Flow};
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::streams::{CHUNK, Streams};
use crate::driver::time::Now;
use crate::error::{Error, ErrorKind};
use crate::op::upgrade::Upgraded;
use crate::random::Random;
use crate::settings::Settings;
use crate::websocket::close::CloseCode;
use crate::websocket::machine::{Kind, WebSocket, WebSocketEvent, WebSocketLimits};

const V5: &str = "v5.channel.k8s.io";
const V4: &str = "v4.channel.k8s.io";
const SUCCESS: &str = r#"{"metadata":{},"status":"Success"}"#;

/// A channel and its server.
struct Session {
    exec: Exec,
    server: WebSocket,
    from_server: BytesMut,
    to_server: BytesMut,
    now: Now,
}

impl Session {
    fn new(protocol: &'static str) -> Self {
        let (head, ()) = Response::new(()).into_parts();
        let socket = WebSocket::client(Random::new(3), WebSocketLimits::default());
        let upgraded = Upgraded { protocol, socket, head: &head, settings: &Settings::default() };
        let server = WebSocket::server(WebSocketLimits::default());
        let exec = Exec::new(upgraded, true, true);
        let (from_server, to_server) = (BytesMut::new(), BytesMut::new());
        Self { exec, server, from_server, to_server, now: Now::default() }
    }

    /// The server sends a message.
    fn says(&mut self, channel: u8, data: &str) -> &mut Self {
        self.server.send(Kind::Binary, &[&[channel], data.as_bytes()]).unwrap();
        self
    }

    /// What the server has sent arrives.
    fn arrives(&mut self) {
        while let Some(bytes) = self.server.transmit() {
            self.from_server.extend_from_slice(&bytes);
        }
        self.exec.receive(&mut self.from_server, false);
    }

    fn poll(&mut self) -> Flow<ExecEvent> {
        loop {
            match self.exec.poll(self.now) {
                Flow::Send(bytes) => self.to_server.extend_from_slice(&bytes),
                flow => return flow,
            }
        }
    }

    fn events(&mut self) -> Vec<ExecEvent> {
        let mut events = Vec::new();
        while let Flow::Yield(event) = self.poll() {
            events.push(event);
        }
        events
    }

    fn end(&mut self) -> Result<(), Error> {
        match self.poll() {
            Flow::Done(result) => result,
            other => panic!("{other:?}"),
        }
    }

    /// What the server hears: the messages of the client.
    fn hears(&mut self) -> Vec<Vec<u8>> {
        while let Flow::Yield(_) = self.poll() {}
        let (mut messages, mut message) = (Vec::new(), Vec::new());
        while let Some(event) = self.server.receive(&mut self.to_server, false) {
            if let WebSocketEvent::Data { last, payload, .. } = event.unwrap() {
                message.extend_from_slice(&payload);
                if last {
                    messages.push(std::mem::take(&mut message));
                }
            }
        }
        messages
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
    }
}

fn out(text: &'static str) -> ExecEvent {
    ExecEvent::Stdout(Bytes::from(text))
}

fn err(text: &'static str) -> ExecEvent {
    ExecEvent::Stderr(Bytes::from(text))
}

fn code(code: u8) -> String {
    let message = format!("command terminated with non-zero exit code: exit status {code}");
    let cause = format!(r#"{{"reason":"ExitCode","message":"{code}"}}"#);
    format!(
        r#"{{"status":"Failure","message":"{message}","reason":"NonZeroExitCode","details":{{"causes":[{cause}]}}}}"#
    )
}

fn result(text: &str) -> ExecResult {
    ExecResult::from(crate::json::from_slice::<crate::response::status::Status>(text.as_bytes()).unwrap())
}

#[test]
fn outputs_arrive_in_order_and_then_the_result() {
    let mut session = Session::new(V5);
    // The first message announces the channel; others without data may come at any time.
    session.says(1, "").says(1, "a").says(2, "b").says(1, "").says(1, "c").says(9, "later").says(3, SUCCESS);
    session.arrives();
    assert_eq!(session.events(), [out("a"), err("b"), out("c")]);
    assert!(matches!(session.poll(), Flow::Wait(Some(_))), "not before the server closes");
    // The status may overtake output.
    session.says(1, "d");
    session.server.close(CloseCode::NORMAL, "");
    session.arrives();
    assert_eq!(session.events(), [out("d"), ExecEvent::Ended(result(SUCCESS))]);
    session.end().unwrap();
    assert!(session.exec.result().unwrap().success());
}

#[test]
fn exit_codes_and_other_ends() {
    for exit in 0..=255_u8 {
        let mut session = Session::new(V4);
        session.says(3, &if exit == 0 { SUCCESS.to_owned() } else { code(exit) });
        session.arrives();
        let result = session.exec.result().unwrap();
        assert_eq!((result.exit_code(), result.success()), (Some(exit.into()), exit == 0));
        assert_eq!(result.signal(), (129..=192).contains(&exit).then(|| i32::from(exit) - 128));
        assert_eq!(result.clone().into_result().is_ok(), exit == 0);
    }
    let internal = r#"{"status":"Failure","message":"no such file","reason":"InternalError","code":500}"#;
    let mut session = Session::new(V5);
    session.says(3, internal);
    session.arrives();
    let result = session.exec.result().unwrap().clone();
    assert_eq!((result.exit_code(), result.success()), (None, false));
    assert!(result.into_result().unwrap_err().to_string().contains("no such file"));
}

#[test]
fn an_end_without_a_status_is_an_error() {
    type End = fn(&mut Session);
    let rows: [(End, &str); 5] = [
        (|session| session.exec.receive(&mut BytesMut::new(), true), "the connection ended"),
        (
            |session| {
                session.server.close(CloseCode::NORMAL, "");
                session.arrives();
            },
            "the server closed the session",
        ),
        (
            |session| {
                session.server.close(CloseCode::INTERNAL, "out of luck");
                session.arrives();
            },
            "code 1011: \"out of luck\"",
        ),
        (
            |session| _ = session.exec.broken(Fault::answered(FaultKind::Closed, "reset by peer")).unwrap_err(),
            "reset by peer",
        ),
        (
            |session| {
                session.says(3, r#"{"status":"Fail"#).server.close(CloseCode::NORMAL, "");
                session.arrives();
            },
            "the final status of the process",
        ),
    ];
    for (end, expected) in rows {
        let mut session = Session::new(V5);
        session.says(1, "printed");
        session.arrives();
        end(&mut session);
        // What was printed before is given.
        assert_eq!(session.events(), [out("printed")]);
        let error = session.end().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(session.exec.result().is_none());
        assert!(session.end().is_err(), "every time");
    }
}

#[test]
fn after_the_status_every_end_is_clean() {
    type End = fn(&mut Session);
    let ends: [End; 3] = [
        |session| session.exec.receive(&mut BytesMut::new(), true),
        |session| session.exec.broken(Fault::answered(FaultKind::Closed, "reset by peer")).unwrap(),
        |session| {
            session.server.close(CloseCode::AWAY, "");
            session.arrives();
        },
    ];
    for end in ends {
        let mut session = Session::new(V5);
        session.says(3, SUCCESS).says(1, "late");
        session.arrives();
        end(&mut session);
        assert_eq!(session.events(), [out("late"), ExecEvent::Ended(result(SUCCESS))]);
        session.end().unwrap();
    }
}

#[test]
fn input_its_end_and_the_terminal() {
    let mut session = Session::new(V5);
    assert_eq!(session.exec.write(ExecStream::Stdin, b"abc").unwrap(), 3);
    assert_eq!(session.exec.write(ExecStream::Stdin, b"").unwrap(), 0);
    assert_eq!(session.exec.write(ExecStream::Stdin, &vec![7; CHUNK + 1]).unwrap(), CHUNK);
    session.exec.resize(80, 24).unwrap();
    session.exec.finish(ExecStream::Stdin).unwrap();
    session.exec.finish(ExecStream::Stdin).unwrap();
    let heard = session.hears();
    assert_eq!(heard.len(), 4);
    assert_eq!(heard[0], b"\0abc");
    assert_eq!(heard[1].len(), CHUNK + 1);
    assert_eq!(heard[2], b"\x04{\"Width\":80,\"Height\":24}");
    assert_eq!(heard[3], [255, 0]);
    assert!(session.exec.write(ExecStream::Stdin, b"more").unwrap_err().to_string().contains("was ended"));
    assert!(session.exec.write(ExecStream::Stdout, b"x").is_err());
    assert!(session.exec.take(ExecStream::Stdin).unwrap().is_err());
    // After the end of the process there is nothing to end, and nothing to resize.
    session.says(3, SUCCESS);
    session.arrives();
    session.exec.resize(1, 1).unwrap();
    session.exec.finish(ExecStream::Stdin).unwrap();
    assert!(session.hears().is_empty());
}

#[test]
fn the_older_protocol_cannot_end_the_input_and_says_so() {
    let mut session = Session::new(V4);
    assert!(!session.exec.can_end_stdin());
    let error = session.exec.finish(ExecStream::Stdin).unwrap_err();
    assert!(error.to_string().contains("v4.channel.k8s.io, which cannot end"), "{error}");
    assert!(matches!(error.kind(), ErrorKind::Transport(fault) if fault.kind == FaultKind::Unsupported));
    // The input stays open.
    session.exec.write(ExecStream::Stdin, b"more").unwrap();
    assert_eq!(session.hears(), [b"\0more"]);
}

#[test]
fn input_for_a_process_that_has_ended_is_a_broken_pipe() {
    let mut session = Session::new(V5);
    session.says(3, &code(1));
    session.arrives();
    let error = session.exec.write(ExecStream::Stdin, b"x").unwrap_err();
    assert_eq!(crate::driver::streams::io_error(error).kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn what_is_not_taken_is_bounded_and_holds_both_outputs() {
    let mut session = Session::new(V5);
    session.exec.use_streams(VecDeque::new());
    let limit = Settings::default().channel.buffer;
    let mut sent = 0;
    while !session.exec.is_full() {
        session.says(1, &"x".repeat(1000));
        session.arrives();
        sent += 1000;
    }
    assert!(sent <= limit && sent > limit * 9 / 10 - 1000, "{sent}");
    // Nothing is read, so silence is no death: no ping and no deadline.
    session.pass(1000);
    assert!(matches!(session.poll(), Flow::Wait(None)));
    assert!(session.exec.take(ExecStream::Stderr).is_none());
    // One piece makes room.
    assert_eq!(session.exec.take(ExecStream::Stdout).unwrap().unwrap().len(), 1000);
    assert!(!session.exec.is_full());
    // Without its reader the output is dropped, and stderr comes through.
    session.exec.discard(ExecStream::Stdout);
    session.says(1, &"x".repeat(2 * limit)).says(2, "e");
    session.arrives();
    assert!(!session.exec.is_full());
    assert_eq!(session.exec.take(ExecStream::Stderr).unwrap().unwrap(), "e");
    assert!(session.exec.take(ExecStream::Stdout).is_none());
    // The end of the session is the end of each stream.
    session.says(3, SUCCESS);
    session.arrives();
    assert!(!session.exec.is_ready(Exec::END) && session.exec.end().is_none());
    session.exec.receive(&mut BytesMut::new(), true);
    assert!(session.exec.is_ready(Exec::END) && session.exec.end().unwrap().unwrap().success());
    assert!(session.exec.take(ExecStream::Stderr).unwrap().unwrap().is_empty());
}

#[test]
fn events_that_nothing_took_come_first_on_the_streams() {
    let mut session = Session::new(V5);
    session.says(1, "a").says(2, "b").says(1, "c").says(1, "d");
    session.arrives();
    let mut events = session.events();
    events.truncate(3);
    let mut session = Session::new(V5);
    session.says(1, "d");
    session.arrives();
    session.exec.use_streams(events.into());
    let mut take = |stream| session.exec.take(stream).map(Result::unwrap);
    assert_eq!(take(ExecStream::Stdout).unwrap(), "a");
    assert_eq!(take(ExecStream::Stdout).unwrap(), "c");
    assert_eq!(take(ExecStream::Stdout).unwrap(), "d");
    assert_eq!(take(ExecStream::Stderr).unwrap(), "b");
    assert_eq!((take(ExecStream::Stdout), take(ExecStream::Stderr), session.exec.held()), (None, None, 0));
}

#[test]
fn many_small_pieces_count_for_what_they_cost() {
    let mut session = Session::new(V5);
    session.exec.use_streams(VecDeque::new());
    let mut count = 0;
    while !session.exec.is_full() {
        session.says(1, "x");
        session.arrives();
        count += 1;
    }
    assert!(count < 5000, "{count}");
}

#[test]
fn a_dead_peer_is_noticed_and_a_live_one_is_left_alone() {
    let mut session = Session::new(V5);
    let quiet = |session: &mut Session, seconds| {
        session.pass(seconds);
        let Flow::Wait(Some(_)) = session.poll() else { panic!() };
        session.exec.silent(session.now);
        session.exec.end().is_some()
    };
    assert!(!quiet(&mut session, 0));
    for _ in 0..10 {
        assert!(!quiet(&mut session, 10));
        session.hears();
        session.arrives();
    }
    assert!(!quiet(&mut session, 10));
    assert!(!quiet(&mut session, 10));
    assert!(!quiet(&mut session, 29));
    assert!(quiet(&mut session, 1));
    let error = session.end().unwrap_err();
    assert!(error.to_string().contains("no answer to a ping within 30s"), "{error}");
}

#[test]
fn a_violation_ends_the_session_and_is_said_to_the_server() {
    let mut session = Session::new(V5);
    session.exec.receive(&mut BytesMut::from(&b"\xff\xff"[..]), false);
    assert!(session.end().unwrap_err().to_string().contains("reserved bit"));
    let event = session.server.receive(&mut session.to_server, false).unwrap().unwrap();
    assert!(matches!(event, WebSocketEvent::Close(Some(frame)) if frame.code == CloseCode::PROTOCOL));
}

#[test]
fn a_status_without_end_has_a_limit() {
    let mut session = Session::new(V5);
    for _ in 0..70 {
        session.says(3, &" ".repeat(1000));
        session.arrives();
    }
    assert!(matches!(session.end().unwrap_err().kind(), ErrorKind::TooLarge { .. }));
}

#[test]
fn collected_output_has_a_limit() {
    let mut all = result::Collector::default();
    assert!(all.push(out("12345"), 8).unwrap().is_none());
    assert!(matches!(all.push(err("6789"), 8).unwrap_err().kind(), ErrorKind::TooLarge { .. }));
    let mut all = result::Collector::default();
    assert!(all.push(out("a"), 8).unwrap().is_none());
    assert!(all.push(err("b"), 8).unwrap().is_none());
    let output = all.push(ExecEvent::Ended(result(SUCCESS)), 8).unwrap().unwrap();
    assert_eq!((&*output.stdout, &*output.stderr, output.result.success()), (&b"a"[..], &b"b"[..], true));
    assert!(!format!("{output:?} {:?}", out("hunter2")).contains("hunter2"));
}
