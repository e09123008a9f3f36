//! WebSocket frames, compared with tungstenite.

#![no_main]

use std::io::{self, Read, Write};

use bytes::{Bytes, BytesMut};
use kube_fuzz::for_any_cutting;
use kube_proto::driver::Random;
use kube_proto::driver::websocket::{Kind, WebSocket, WebSocketEvent, WebSocketLimits};
use libfuzzer_sys::fuzz_target;
use tungstenite::protocol::Role;
use tungstenite::{Error, Message, WebSocket as Oracle};

/// A message, a pong or the end.
#[derive(Debug, PartialEq)]
enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    End,
    Violation,
}

fuzz_target!(|input: &[u8]| {
    for role in [Role::Client, Role::Server] {
        let found = for_any_cutting(input, |chunks| run(role, chunks));
        let expected = oracle(role, input);
        // The oracle allows lengths in too many bytes, and looks at a text and at a close frame's code in its own order.
        if found.last() == Some(&Seen::Violation) {
            let before = found.len() - 1;
            assert_eq!(found.get(..before), expected.get(..before));
        } else {
            assert_eq!(found, expected);
        }
    }
});

fn run(role: Role, chunks: Vec<Bytes>) -> Vec<Seen> {
    let limits = WebSocketLimits::default();
    let mut machine = match role {
        Role::Client => WebSocket::client(Random::new(1), limits),
        Role::Server => WebSocket::server(limits),
    };
    let (mut seen, mut buffer, mut message) = (Vec::new(), BytesMut::new(), Vec::new());
    for (chunk, end) in chunks.into_iter().map(|chunk| (chunk, false)).chain([(Bytes::new(), true)]) {
        buffer.extend_from_slice(&chunk);
        while let Some(event) = machine.receive(&mut buffer, end) {
            assert!(
                !matches!(seen.last(), Some(Seen::Close(_) | Seen::End | Seen::Violation)),
                "nothing follows the end"
            );
            match event {
                Ok(WebSocketEvent::Data { kind, last, payload, .. }) => {
                    message.extend_from_slice(&payload);
                    if last {
                        let whole = std::mem::take(&mut message);
                        seen.push(if kind == Kind::Text { Seen::Text(whole) } else { Seen::Binary(whole) });
                    }
                }
                Ok(WebSocketEvent::Pong(payload)) => seen.push(Seen::Pong(payload.to_vec())),
                Ok(WebSocketEvent::Close(frame)) => {
                    seen.push(Seen::Close(frame.map(|frame| (frame.code.0, frame.reason))));
                }
                Ok(WebSocketEvent::End) => seen.push(Seen::End),
                Err(_) => seen.push(Seen::Violation),
            }
        }
        assert!(buffer.len() < 14 + 125, "no payload waits");
    }
    while machine.transmit().is_some() {}
    assert_eq!(machine.queued(), 0);
    seen
}

fn oracle(role: Role, input: &[u8]) -> Vec<Seen> {
    let mut oracle = Oracle::from_raw_socket(Socket(io::Cursor::new(input.to_vec())), role, None);
    let mut seen = Vec::new();
    loop {
        seen.push(match oracle.read() {
            Ok(Message::Text(text)) => Seen::Text(text.as_bytes().to_vec()),
            Ok(Message::Binary(data)) => Seen::Binary(data.to_vec()),
            Ok(Message::Ping(_) | Message::Frame(_)) => continue,
            Ok(Message::Pong(data)) => Seen::Pong(data.to_vec()),
            Ok(Message::Close(frame)) => {
                seen.push(Seen::Close(frame.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned()))));
                return seen;
            }
            Err(error) => {
                let ended = matches!(
                    &error,
                    Error::Io(_)
                        | Error::ConnectionClosed
                        | Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)
                );
                seen.push(if ended { Seen::End } else { Seen::Violation });
                return seen;
            }
        });
    }
}

/// The input, and nowhere for the output.
struct Socket(io::Cursor<Vec<u8>>);

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
