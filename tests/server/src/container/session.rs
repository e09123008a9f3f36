//! Exec and attach on a WebSocket: the server's side of `v5.channel.k8s.io` and `v4.channel.k8s.io`.
//!
//! | state | event | next |
//! |---|---|---|
//! | Running | input, its end, a terminal's size | Running: gives it to the program |
//! | Running | the program exits | Ended: sends its last output, the status and a close frame |
//! | Running | the client's close frame, or the connection's end | Gone |
//! | Ended | all was sent | Gone |

use bytes::BytesMut;
use kube_proto::driver::websocket::{CloseCode, Kind, WebSocket, WebSocketEvent, WebSocketLimits};
use serde_json::json;
use std::fmt;
use std::time::Duration;

use super::{Files, Input, Io, Next, Output, Program};
use crate::switch::{Protocol, Turn};

/// What the client asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    pub(crate) tty: bool,
}

/// A program and its client.
pub(crate) struct Session {
    socket: WebSocket,
    incoming: BytesMut,
    streams: Streams,
    closes: bool,
    program: Option<Box<dyn Program>>,
    files: Files,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    size: Option<(u16, u16)>,
    /// The channel of the message under way, and its data on the channels that are read as a whole.
    channel: u8,
    message: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Ended,
    Gone,
}

impl Session {
    pub(crate) fn new(program: Box<dyn Program>, files: Files, streams: Streams, protocol: &str) -> Self {
        let mut session = Self::idle(files, streams, protocol);
        session.program = Some(program);
        session
    }

    /// A session whose program could not be started.
    pub(crate) fn failed(message: &str, streams: Streams, protocol: &str) -> Self {
        let mut session = Self::idle(Files::default(), streams, protocol);
        session.end(&json!({"metadata": {}, "status": "Failure", "message": message, "reason": "InternalError",
            "details": {"causes": [{"message": message}]}, "code": 500}));
        session
    }

    fn idle(files: Files, streams: Streams, protocol: &str) -> Self {
        let mut session = Self {
            socket: WebSocket::server(WebSocketLimits::default()),
            incoming: BytesMut::new(),
            streams,
            closes: protocol.starts_with("v5."),
            program: None,
            files,
            stdin: Input { bytes: Vec::new(), ended: !streams.stdin },
            stdout: Output::default(),
            stderr: Output::default(),
            size: None,
            channel: u8::MAX,
            message: Vec::new(),
            state: State::Running,
        };
        // It announces that the session is ready.
        session.send(
            if streams.stdout {
                STDOUT
            } else if streams.stderr {
                STDERR
            } else {
                STATUS
            },
            b"",
        );
        session
    }

    fn send(&mut self, channel: u8, data: &[u8]) {
        // It fails only after a close frame, and then nothing is sent.
        let _ = self.socket.send(Kind::Binary, &[&[channel], data]);
    }

    fn end(&mut self, status: &serde_json::Value) {
        self.program = None;
        self.flush();
        self.send(STATUS, status.to_string().as_bytes());
        self.socket.close(CloseCode::NORMAL, "");
        self.state = State::Ended;
    }

    /// Sends what the program has printed. A terminal has one output, and its lines end with both characters.
    fn flush(&mut self) {
        if self.streams.tty {
            self.stdout.bytes.append(&mut self.stderr.bytes);
            let raw = std::mem::take(&mut self.stdout.bytes);
            for byte in raw {
                self.stdout.bytes.extend((byte == b'\n').then_some(b'\r'));
                self.stdout.bytes.push(byte);
            }
        }
        for (channel, wanted) in [(STDOUT, self.streams.stdout), (STDERR, self.streams.stderr)] {
            let output = if channel == STDOUT { &mut self.stdout } else { &mut self.stderr };
            let bytes = std::mem::take(&mut output.bytes);
            for chunk in bytes.chunks(CHUNK).filter(|_| wanted) {
                self.send(channel, chunk);
            }
        }
    }

    fn data(&mut self, first: bool, last: bool, mut data: &[u8]) {
        if first {
            self.channel = data.first().copied().unwrap_or(u8::MAX - 1);
            data = data.get(1..).unwrap_or_default();
            self.message.clear();
        }
        match self.channel {
            STDIN if self.streams.stdin && !self.stdin.ended => self.input(data),
            RESIZE | CLOSE => self.message.extend_from_slice(data),
            _ => {}
        }
        if !last {
            return;
        }
        match (self.channel, &*self.message) {
            (RESIZE, text) => {
                let size: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
                let side = |name: &str| size[name].as_u64().and_then(|side| u16::try_from(side).ok());
                self.size = side("Width").zip(side("Height")).or(self.size);
            }
            (CLOSE, [STDIN]) if self.closes => self.stdin.ended = true,
            (CLOSE, [1..=4]) if self.closes => {}
            // A server drops such a connection.
            (CLOSE, _) if self.closes => self.state = State::Gone,
            _ => {}
        }
    }

    /// Input, through a terminal if there is one: it shows what is typed, and knows two control characters.
    fn input(&mut self, data: &[u8]) {
        if !self.streams.tty {
            return self.stdin.bytes.extend_from_slice(data);
        }
        for byte in data {
            match byte {
                4 => self.stdin.ended = true,
                3 => {
                    self.stdout.bytes.extend_from_slice(b"^C\n");
                    return self.exited(130);
                }
                byte => {
                    let byte = if *byte == b'\r' { b'\n' } else { *byte };
                    self.stdin.bytes.push(byte);
                    self.stdout.bytes.push(byte);
                }
            }
        }
    }

    fn exited(&mut self, code: u8) {
        let status = match code {
            0 => json!({"metadata": {}, "status": "Success"}),
            code => json!({"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
                "message": format!("command terminated with non-zero exit code: exit status {code}"),
                "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}}),
        };
        self.end(&status);
    }

    fn work(&mut self, now: Duration) -> Option<Duration> {
        let program = self.program.as_mut()?;
        let next = program.run(&mut Io {
            now,
            stdin: &mut self.stdin,
            stdout: &mut self.stdout,
            stderr: &mut self.stderr,
            size: self.size,
            files: &self.files,
        });
        match next {
            Next::Exit(code) => self.exited(code),
            Next::Wait(until) => {
                self.flush();
                return until;
            }
        }
        None
    }
}

impl Protocol for Session {
    fn receive(&mut self, bytes: &[u8], end: bool) {
        self.incoming.extend_from_slice(bytes);
        while self.state == State::Running
            && let Some(event) = self.socket.receive(&mut self.incoming, end)
        {
            match event {
                Ok(WebSocketEvent::Data { first, last, payload, .. }) => self.data(first, last, &payload),
                Ok(WebSocketEvent::Pong(_)) => {}
                Ok(WebSocketEvent::Close(_)) | Err(_) => self.state = State::Ended,
                Ok(WebSocketEvent::End) => self.state = State::Gone,
            }
        }
        if end {
            self.state = State::Gone;
        }
    }

    fn poll(&mut self, now: Duration) -> Turn {
        if self.state == State::Gone {
            return Turn::End;
        }
        if let Some(bytes) = self.socket.transmit() {
            return Turn::Send(bytes);
        }
        if self.state == State::Ended {
            self.state = State::Gone;
            return Turn::End;
        }
        let until = self.work(now);
        match self.socket.transmit() {
            Some(bytes) => Turn::Send(bytes),
            None => Turn::Wait { until },
        }
    }

    fn is_full(&self) -> bool {
        self.stdin.bytes.len() >= INPUT
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("state", &self.state).finish_non_exhaustive()
    }
}

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
const RESIZE: u8 = 4;
const CLOSE: u8 = 255;

/// The most bytes of a message, as servers have them.
const CHUNK: usize = 32 * 1024;
/// The input that waits for a program.
const INPUT: usize = 64 * 1024;
