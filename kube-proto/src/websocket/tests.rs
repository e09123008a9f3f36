use std::io::{self, Read, Write};

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket as Oracle};

use super::*;
use crate::frame::testing::cut;
use crate::random::Random;

/// What a connection gave: its messages, pongs and end, however the messages were cut into parts.
#[derive(Debug, PartialEq)]
enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    /// The message had begun when the connection went.
    Half,
    Pong(Vec<u8>),
    Close(Option<CloseFrame>),
    End,
    Violation(CloseCode, String),
}

fn client() -> WebSocket {
    WebSocket::client(Random::new(7), WebSocketLimits::default())
}

fn server() -> WebSocket {
    WebSocket::server(WebSocketLimits::default())
}

/// Feeds the chunks and the end.
fn feed(machine: &mut WebSocket, chunks: Vec<Bytes>) -> Vec<Seen> {
    let (mut seen, mut message, mut buffer) = (Vec::new(), None::<Vec<u8>>, BytesMut::new());
    let count = chunks.len();
    for (at, chunk) in chunks.into_iter().enumerate() {
        buffer.extend_from_slice(&chunk);
        while let Some(event) = machine.receive(&mut buffer, at + 1 == count) {
            match event {
                Ok(WebSocketEvent::Data { kind, first, last, payload }) => {
                    assert_eq!(first, message.is_none());
                    assert!(last || !payload.is_empty());
                    let whole = message.get_or_insert_default();
                    whole.extend_from_slice(&payload);
                    if last {
                        let whole = message.take().unwrap_or_default();
                        seen.push(if kind == Kind::Text { Seen::Text(whole) } else { Seen::Binary(whole) });
                    }
                }
                Ok(WebSocketEvent::Pong(payload)) => seen.push(Seen::Pong(payload.to_vec())),
                other => {
                    // How much of a broken message was given depends on the cutting.
                    seen.extend(message.take().filter(|_| other.is_ok()).map(|_| Seen::Half));
                    seen.push(match other {
                        Ok(WebSocketEvent::Close(frame)) => Seen::Close(frame),
                        Ok(_) => Seen::End,
                        Err(violation) => Seen::Violation(violation.code, violation.text.into_owned()),
                    });
                    assert!(machine.is_over());
                }
            }
        }
        // A header and a control frame are all that waits.
        assert!(buffer.len() < 14 + 125);
    }
    seen
}

fn sent(machine: &mut WebSocket) -> Vec<u8> {
    std::iter::from_fn(|| machine.transmit()).flatten().collect()
}

fn bytes(text: &str) -> Bytes {
    let digits: Vec<_> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect::<Vec<_>>().into()
}

#[test]
fn frames_of_a_server() {
    use Seen::*;
    let violation = |text: &str| vec![Violation(CloseCode::PROTOCOL, text.into())];
    let rows: Vec<(&str, Vec<Seen>)> = vec![
        ("", vec![End]),
        ("81 05 48656c6c6f", vec![Text(b"Hello".into()), End]),
        ("82 00", vec![Binary(vec![]), End]),
        ("02 00 80 00", vec![Binary(vec![]), End]),
        ("01 03 48656c 80 02 6c6f", vec![Text(b"Hello".into()), End]),
        // A ping within a message, of which the pong is sent; and a pong.
        ("01 03 48656c 89 01 61 8a 01 62 80 02 6c6f", vec![Pong(b"b".into()), Text(b"Hello".into()), End]),
        ("02 02 0102", vec![Half, End]),
        ("82 7e 0080", vec![End]),
        ("88 00", vec![Close(None)]),
        ("88 02 03e8 82 01 01", vec![Close(Some(CloseFrame { code: CloseCode::NORMAL, reason: String::new() }))]),
        ("88 04 03e9 6279", vec![Close(Some(CloseFrame { code: CloseCode::AWAY, reason: "by".into() }))]),
        ("88 01 03", violation("a close frame has half a code")),
        ("88 02 03ed", violation("a close frame has a code that may not be sent")),
        ("88 03 03e8 ff", vec![Violation(CloseCode::INVALID, "the reason of a close frame is not UTF-8".into())]),
        ("c1", violation("a frame has a reserved bit: no extension was agreed on")),
        ("83", violation("a frame has a reserved type")),
        ("8b", violation("a frame has a reserved type")),
        ("09", violation("a control frame is fragmented")),
        ("89 7e", violation("a control frame has more than 125 bytes")),
        ("82 7e 007d", violation("the length of a frame has more bytes than it needs")),
        ("82 7f 000000000000ffff", violation("the length of a frame has more bytes than it needs")),
        ("82 7f 8000000000000000", violation("the length of a frame has more than 63 bits")),
        ("82 81 00000000 61", violation("the server masked a frame")),
        ("80 00", violation("a continuation of no message")),
        ("02 00 82 00", violation("a message begins within another")),
        // Half of a character, whose end comes in the next frame; and which has none.
        ("01 01 c3 80 01 a9", vec![Text("é".into()), End]),
        ("81 01 c3", vec![Violation(CloseCode::INVALID, "a text is not UTF-8".into())]),
        ("01 01 c3 80 01 61", vec![Violation(CloseCode::INVALID, "a text is not UTF-8".into())]),
        (
            "82 7f 0000000002000001",
            vec![Violation(CloseCode::TOO_LARGE, "a frame is larger than the limit of 33554432 bytes".into())],
        ),
    ];
    for (input, expected) in rows {
        let whole = bytes(input);
        assert_eq!(feed(&mut client(), vec![whole.clone()]), expected, "{input}");
        let bytewise = (0..whole.len()).map(|at| whole.slice(at..=at)).chain([Bytes::new()]).collect();
        assert_eq!(feed(&mut client(), bytewise), expected, "{input}, byte by byte");
    }
    assert_eq!(feed(&mut server(), vec![bytes("82 00")]), violation("the client did not mask a frame"));
    assert_eq!(feed(&mut server(), vec![bytes("82 81 01020304 60")]), [Binary(b"a".into()), End]);
}

#[test]
fn a_message_in_many_frames_has_a_limit() {
    let limits = WebSocketLimits { message: 3, ..WebSocketLimits::default() };
    let mut machine = WebSocket::client(Random::new(1), limits);
    let seen = feed(&mut machine, vec![bytes("02 02 0000 00 01 00 00 01 00")]);
    assert_eq!(seen, [Seen::Violation(CloseCode::TOO_LARGE, "a message is larger than the limit of 3 bytes".into())]);
    let mut peer = server();
    let close =
        CloseFrame { code: CloseCode::TOO_LARGE, reason: "a message is larger than the limit of 3 bytes".into() };
    assert_eq!(feed(&mut peer, vec![sent(&mut machine).into()]), [Seen::Close(Some(close))]);
}

#[test]
fn a_flood_of_pings_is_answered_once_and_before_what_waits() {
    let mut machine = client();
    machine.send(Kind::Binary, &[b"data"]).unwrap();
    feed(&mut machine, vec![bytes("89 01 61 89 01 62 89 01 63"), Bytes::new(), bytes("8a 00")]);
    let mut peer = server();
    assert_eq!(
        feed(&mut peer, vec![sent(&mut machine).into()]),
        [Seen::Pong(b"c".into()), Seen::Binary(b"data".into()), Seen::End]
    );
}

#[test]
fn close_frames_that_cross() {
    let (mut one, mut two) = (client(), server());
    one.close(CloseCode::NORMAL, "done");
    two.close(CloseCode::AWAY, "");
    assert_eq!(one.send(Kind::Binary, &[b"late"]), Err(SendingClosed));
    let (from_one, from_two) = (sent(&mut one), sent(&mut two));
    let frame = |code, reason: &str| [Seen::Close(Some(CloseFrame { code, reason: reason.into() }))];
    assert_eq!(feed(&mut one, vec![from_two.into()]), frame(CloseCode::AWAY, ""));
    assert_eq!(feed(&mut two, vec![from_one.into()]), frame(CloseCode::NORMAL, "done"));
    // No close frame answers a close frame that was answered already.
    assert_eq!((sent(&mut one), sent(&mut two)), (vec![], vec![]));
    assert!(!one.is_open() && one.is_over());
}

#[test]
fn no_part_of_a_payload_is_shown() {
    let mut machine = client();
    machine.send(Kind::Text, &[b"hunter2"]).unwrap();
    let event = WebSocketEvent::Data { kind: Kind::Text, first: true, last: true, payload: "hunter2".into() };
    assert!(!format!("{machine:?} {event:?}").contains("hunter2"));
}

/// A socket in memory: what the oracle reads, and what it has written.
struct Pipe {
    input: io::Cursor<Vec<u8>>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.input.read(into)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn oracle(role: Role, input: Vec<u8>) -> Oracle<Pipe> {
    let pipe = Pipe { input: io::Cursor::new(input), output: Vec::new() };
    Oracle::from_raw_socket(pipe, role, Some(WebSocketConfig::default()))
}

/// What the oracle reads.
fn read(role: Role, input: Vec<u8>) -> Vec<Seen> {
    let mut oracle = oracle(role, input);
    let mut seen = Vec::new();
    loop {
        seen.push(match oracle.read() {
            Ok(Message::Text(text)) => Seen::Text(text.as_bytes().to_vec()),
            Ok(Message::Binary(data)) => Seen::Binary(data.to_vec()),
            Ok(Message::Ping(_) | Message::Frame(_)) => continue,
            Ok(Message::Pong(data)) => Seen::Pong(data.to_vec()),
            Ok(Message::Close(frame)) => {
                let frame = frame.map(|frame| CloseFrame {
                    code: CloseCode(frame.code.into()),
                    reason: frame.reason.as_str().to_owned(),
                });
                seen.push(Seen::Close(frame));
                return seen;
            }
            Err(_) => {
                seen.push(Seen::End);
                return seen;
            }
        });
    }
}

#[derive(Clone, Debug)]
enum Sends {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
}

fn sends() -> impl Strategy<Value = Vec<Sends>> {
    let one = prop_oneof![
        ".{0,70}".prop_map(Sends::Text),
        vec(any::<u8>(), 0..300).prop_map(Sends::Binary),
        (65_000_usize..66_000).prop_map(|length| Sends::Binary(vec![7; length])),
        vec(any::<u8>(), 0..126).prop_map(Sends::Ping),
    ];
    vec(one, 0..8)
}

fn expected(sends: &[Sends], end: Seen) -> Vec<Seen> {
    let data = sends.iter().filter_map(|send| match send {
        Sends::Text(text) => Some(Seen::Text(text.clone().into())),
        Sends::Binary(data) => Some(Seen::Binary(data.clone())),
        Sends::Ping(_) => None,
    });
    data.chain([end]).collect()
}

proptest! {
    #[test]
    fn an_oracle_reads_what_is_sent(sends in sends(), closes in any::<bool>(), to_server in any::<bool>()) {
        let (mut machine, role) = if to_server { (client(), Role::Server) } else { (server(), Role::Client) };
        for send in &sends {
            match send {
                Sends::Text(text) => machine.send(Kind::Text, &[text.as_bytes()]),
                Sends::Binary(data) => {
                    let (one, two) = data.split_at(data.len() / 3);
                    machine.send(Kind::Binary, &[one, two])
                }
                Sends::Ping(data) => machine.ping(data),
            }.unwrap();
        }
        let end = if closes {
            machine.close(CloseCode::NORMAL, "é");
            Seen::Close(Some(CloseFrame { code: CloseCode::NORMAL, reason: "é".into() }))
        } else {
            Seen::End
        };
        let queued = machine.queued();
        let bytes = sent(&mut machine);
        prop_assert_eq!((queued, machine.queued()), (bytes.len(), 0));
        prop_assert_eq!(read(role, bytes), expected(&sends, end));
    }

    #[test]
    fn what_an_oracle_sends_is_read(sends in sends(), cuts in vec(0..200_usize, 0..6), to_server in any::<bool>()) {
        let (mut machine, role) = if to_server { (server(), Role::Client) } else { (client(), Role::Server) };
        let mut oracle = oracle(role, Vec::new());
        for send in &sends {
            oracle.send(match send {
                Sends::Text(text) => Message::text(text.clone()),
                Sends::Binary(data) => Message::binary(data.clone()),
                Sends::Ping(data) => Message::Ping(data.clone().into()),
            }).unwrap();
        }
        let whole = std::mem::take(&mut oracle.get_mut().output);
        prop_assert_eq!(feed(&mut machine, cut(&whole, &cuts)), expected(&sends, Seen::End));
        // The last ping is answered.
        let last = sends.iter().rev().find_map(|send| match send {
            Sends::Ping(data) => Some(Seen::Pong(data.clone())),
            _ => None,
        });
        let role = if to_server { Role::Client } else { Role::Server };
        prop_assert_eq!(read(role, sent(&mut machine)), last.into_iter().chain([Seen::End]).collect::<Vec<_>>());
    }

    #[test]
    fn the_cutting_does_not_matter(input in noise(), cuts in vec(0..60_usize, 0..6)) {
        let whole = feed(&mut client(), vec![input.clone().into()]);
        prop_assert_eq!(feed(&mut client(), cut(&input, &cuts)), whole);
    }
}

/// Frames of a server, most of which are well formed.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        5 => prop::sample::select(vec![0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a]),
        1 => Just(0x88_u8),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        vec(any::<u8>(), 0..40),
        Just("é€𝄞".as_bytes().to_vec()),
        vec(any::<u8>(), 120..140),
        Just(vec![3, 232]),
    ];
    vec((first, payload, 0..8_usize), 0..8).prop_map(|frames| {
        let mut bytes = Vec::new();
        for (first, payload, cut) in frames {
            bytes.push(first);
            match u8::try_from(payload.len()) {
                Ok(short @ ..126) => bytes.push(short),
                _ => bytes.extend([126, 0, payload.len() as u8]),
            }
            let kept = if cut == 7 { payload.len() / 2 } else { payload.len() };
            bytes.extend(&payload[..kept]);
        }
        bytes
    })
}
