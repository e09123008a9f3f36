//! The channel of an exec or an attach (docs/wire.md §6.3).
//!
//! | state | event | next |
//! |---|---|---|
//! | Running | output | Running: keeps it for a reader |
//! | Running | the final status | Exited |
//! | Running | the server's close frame, the connection's end or a fault | Over, with an error: the exit code is unknown |
//! | Running, Exited | no answer to a ping in time | Over, with an error |
//! | Running, Exited | a violation of the protocol | Over, with an error |
//! | Exited | output | Exited: keeps it for a reader |
//! | Exited | the server's close frame, the connection's end or a fault | Over: success |
//! | Over | | Over; what was kept is still given |
//!
//! | of a message | is |
//! |---|---|
//! | the first byte | the channel: 0 stdin, 1 stdout, 2 stderr, 3 status, 4 resize, 255 close |
//! | the rest | the data; none announces that the channel is ready |

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::output::Output;
use super::result::{ExecEvent, ExecResult};
use crate::driver::channel::{Channel, Flow};
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::streams::{CHUNK, Streams};
use crate::driver::time::Now;
use crate::error::{Error, ErrorKind, TimeoutStage};
use crate::json;
use crate::op::upgrade::{Upgrade, Upgraded};
use crate::opaque::Opaque;
use crate::request::ApiRequest;
use crate::response::info::ResponseInfo;
use crate::response::status::Status;
use crate::websocket::close::{CloseCode, CloseFrame};
use crate::websocket::machine::{Kind, WebSocket, WebSocketEvent};
use crate::websocket::pulse::{Beat, Pulse};

/// A process of a container, after the 101.
#[derive(Debug)]
pub struct Exec {
    socket: WebSocket,
    pulse: Pulse,
    phase: Phase,
    stdin: Stdin,
    tty: bool,
    /// The server understands the end of a stream: `v5.channel.k8s.io`.
    closes: bool,
    /// The channel of the message under way.
    channel: u8,
    outputs: [Output; 2],
    /// Pieces of all outputs so far.
    places: u64,
    /// The bytes that are kept, and the limit.
    held: usize,
    limit: usize,
    /// The final status, as far as it has arrived.
    status: Opaque<BytesMut>,
    result: Option<ExecResult>,
    /// Whether outputs are events; if not, they wait for [`Streams::take`].
    events: bool,
    told: bool,
    info: Box<ResponseInfo>,
}

#[derive(Debug)]
enum Phase {
    Running,
    Exited,
    Over(Result<(), Error>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stdin {
    /// The request did not ask for it.
    Unasked,
    Open,
    Ended,
}

/// The streams of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecStream {
    /// Standard input: written.
    Stdin,
    /// Standard output: read.
    Stdout,
    /// Standard error: read.
    Stderr,
}

/// The operation for this request, which asks for standard input and a terminal or not.
pub(crate) fn open(request: ApiRequest, stdin: bool, tty: bool) -> Upgrade<Exec> {
    Upgrade::websocket(request, PROTOCOLS, move |upgraded| Ok(Exec::new(upgraded, stdin, tty)))
}

impl Exec {
    pub(super) fn new(upgraded: Upgraded<'_>, stdin: bool, tty: bool) -> Self {
        let Upgraded { protocol, socket, head, settings, .. } = upgraded;
        Self {
            socket,
            pulse: Pulse::new(settings.channel),
            phase: Phase::Running,
            stdin: if stdin { Stdin::Open } else { Stdin::Unasked },
            tty,
            closes: protocol == V5,
            channel: 0,
            outputs: Default::default(),
            places: 0,
            held: 0,
            limit: settings.channel.buffer,
            status: Opaque::default(),
            result: None,
            events: true,
            told: false,
            info: Box::new(ResponseInfo::of(head)),
        }
    }

    /// How the process ended, once the server has said so. Its output may not have arrived yet as a whole: it has when the
    /// session is over.
    #[must_use]
    pub fn result(&self) -> Option<&ExecResult> {
        self.result.as_ref()
    }

    /// How the session ended: all output has arrived then. `None` until then. For a driver's `wait`, as the part
    /// [`Exec::END`].
    pub fn end(&self) -> Option<Result<ExecResult, Error>> {
        match (&self.phase, &self.result) {
            (Phase::Over(Err(error)), _) => Some(Err(error.clone())),
            (Phase::Over(Ok(())), Some(result)) => Some(Ok(result.clone())),
            _ => None,
        }
    }

    /// The part of the channel whose reader waits for [`end`](Self::end).
    pub const END: u64 = STATUS as u64;

    /// Whether the end of the standard input can be sent: not with `v4.channel.k8s.io`, the protocol of servers before
    /// 1.30.
    #[must_use]
    pub fn can_end_stdin(&self) -> bool {
        self.closes
    }

    /// Status code, warnings and audit id of the upgrade.
    #[must_use]
    pub fn response_info(&self) -> &ResponseInfo {
        &self.info
    }

    /// Sets the size of the terminal, in characters. The first call tells the process its size: until then that is the
    /// runtime's choice, often 0 by 0.
    ///
    /// # Errors
    /// The request asked for no terminal, or the session has failed. After the process has ended there is none: nothing is
    /// sent then.
    pub fn resize(&mut self, width: u16, height: u16) -> Result<(), Error> {
        if !self.tty {
            return Err(Error::misuse("the session has no terminal that could be resized: ask for one with `tty`"));
        }
        match &self.phase {
            Phase::Running => {
                let size = format!("{{\"Width\":{width},\"Height\":{height}}}");
                self.frame(RESIZE, size.as_bytes())
            }
            Phase::Exited | Phase::Over(Ok(())) => Ok(()),
            Phase::Over(Err(error)) => Err(error.clone()),
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    fn frame(&mut self, channel: u8, data: &[u8]) -> Result<(), Error> {
        self.socket.send(Kind::Binary, &[&[channel], data]).map_err(|_| gone())
    }

    /// A part of a message.
    fn data(&mut self, first: bool, last: bool, mut data: Bytes) {
        if first {
            // The first part is empty only if the message is.
            self.channel = if data.is_empty() { u8::MAX } else { data.get_u8() };
        }
        match self.channel {
            STDOUT => self.keep(0, data),
            STDERR => self.keep(1, data),
            STATUS if self.result.is_none() => self.add_status(&data, last),
            // Servers may have channels that this version does not know.
            _ => {}
        }
    }

    fn keep(&mut self, output: usize, data: Bytes) {
        self.places += 1;
        if let Some(output) = self.outputs.get_mut(output) {
            self.held += output.push(data, self.places);
        }
    }

    fn add_status(&mut self, data: &[u8], last: bool) {
        if self.status.len() + data.len() > STATUS_LIMIT {
            return self.over(Err(Error::too_large("the final status of the process", STATUS_LIMIT)));
        }
        self.status.extend_from_slice(data);
        // A status in several messages is complete once it can be read.
        if last && let Ok(status) = json::from_slice::<Status>(&self.status) {
            self.result = Some(ExecResult::from(status));
            if matches!(self.phase, Phase::Running) {
                self.phase = Phase::Exited;
            }
        }
    }

    /// The server sends nothing more.
    fn ended(&mut self, why: &str) {
        let result = match self.phase {
            Phase::Running if self.status.is_empty() => Err(unknown(FaultKind::Closed, why)),
            Phase::Running => Err(match json::from_slice::<Status>(&self.status) {
                Err(error) => Error::decode(format!("the final status of the process: {error}"), &[]),
                Ok(_) => unknown(FaultKind::Closed, why),
            }),
            Phase::Exited => Ok(()),
            Phase::Over(_) => return,
        };
        self.over(result);
    }

    /// Only the first end counts.
    fn over(&mut self, result: Result<(), Error>) {
        if !matches!(self.phase, Phase::Over(_)) {
            self.phase = Phase::Over(result);
        }
    }

    /// The next event, in the order of arrival.
    fn event(&mut self) -> Option<ExecEvent> {
        let [stdout, stderr] = &mut self.outputs;
        let is_stderr = match (stdout.place(), stderr.place()) {
            (Some(one), Some(other)) => other < one,
            (None, other) => other.is_some(),
            (Some(_), None) => false,
        };
        let (bytes, cost) = if is_stderr { stderr.pop() } else { stdout.pop() }?;
        self.held -= cost;
        Some(if is_stderr { ExecEvent::Stderr(bytes) } else { ExecEvent::Stdout(bytes) })
    }
}

impl Channel for Exec {
    type Event = ExecEvent;

    fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
        self.pulse.heard();
        while let Some(event) = self.socket.receive(bytes, end) {
            match event {
                Ok(WebSocketEvent::Data { first, last, payload, .. }) => self.data(first, last, payload),
                Ok(WebSocketEvent::Pong(payload)) => self.pulse.answered(&payload),
                Ok(WebSocketEvent::Close(None)) => self.ended("the server closed the session"),
                Ok(WebSocketEvent::Close(Some(CloseFrame { code, reason }))) => {
                    let why = match (code, &*reason) {
                        (CloseCode::NORMAL, "") => "the server closed the session".to_owned(),
                        (code, reason) => format!("the server closed the session with code {code}: {reason:?}"),
                    };
                    self.ended(&why);
                }
                Ok(WebSocketEvent::End) => self.ended("the connection ended"),
                Err(violation) => {
                    let fault = Fault::answered(FaultKind::Protocol, violation.to_string());
                    self.over(Err(ErrorKind::Transport(fault).into()));
                }
            }
        }
    }

    /// Standard input.
    fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        for chunk in bytes.chunks(CHUNK) {
            self.write(ExecStream::Stdin, chunk)?;
        }
        Ok(())
    }

    fn poll(&mut self, now: Now) -> Flow<ExecEvent> {
        if let Some(bytes) = self.socket.transmit() {
            return Flow::Send(bytes);
        }
        if self.events
            && let Some(event) = self.event()
        {
            return Flow::Yield(event);
        }
        if let Phase::Over(result) = &self.phase {
            if self.events
                && !std::mem::replace(&mut self.told, true)
                && let (Ok(()), Some(result)) = (result, &self.result)
            {
                return Flow::Yield(ExecEvent::Ended(result.clone()));
            }
            return Flow::Done(result.clone());
        }
        if self.is_full() {
            self.pulse.rest();
            return Flow::Wait(None);
        }
        match self.pulse.poll(now) {
            Beat::Ping(payload) => {
                // It fails only after the server's close frame, and then the session is over.
                let _ = self.socket.ping(&payload);
                match self.socket.transmit() {
                    Some(bytes) => Flow::Send(bytes),
                    None => Flow::Wait(None),
                }
            }
            Beat::Wait(until) => Flow::Wait(Some(until)),
        }
    }

    fn is_full(&self) -> bool {
        self.held >= self.limit
    }

    /// The numbers are those of the protocol's channels; that of the status is for the end.
    fn is_ready(&self, part: u64) -> bool {
        let [stdout, stderr] = &self.outputs;
        matches!(self.phase, Phase::Over(_))
            || match u8::try_from(part) {
                Ok(STDOUT) => stdout.place().is_some(),
                Ok(STDERR) => stderr.place().is_some(),
                _ => false,
            }
    }

    fn silent(&mut self, now: Now) {
        if let Some(limit) = self.pulse.quiet(now) {
            let error = ErrorKind::Timeout { stage: TimeoutStage::Pong, limit, reach: Reach::Answered };
            self.over(Err(error.into()));
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    fn broken(&mut self, fault: Fault) -> Result<(), Error> {
        let result = match self.phase {
            Phase::Running => Err(unknown(fault.kind, &fault.text)),
            Phase::Exited => Ok(()),
            Phase::Over(ref result) => return result.clone(),
        };
        self.over(result.clone());
        result
    }
}

impl Streams for Exec {
    type Stream = ExecStream;

    fn part(stream: ExecStream) -> u64 {
        u64::from(match stream {
            ExecStream::Stdin => STDIN,
            ExecStream::Stdout => STDOUT,
            ExecStream::Stderr => STDERR,
        })
    }

    fn use_streams(&mut self, events: VecDeque<ExecEvent>) {
        self.events = false;
        let [stdout, stderr] = &mut self.outputs;
        for event in events.into_iter().rev() {
            self.held += match event {
                ExecEvent::Stdout(bytes) => stdout.put_back(bytes),
                ExecEvent::Stderr(bytes) => stderr.put_back(bytes),
                ExecEvent::Ended(_) => 0,
            };
        }
    }

    fn take(&mut self, stream: ExecStream) -> Option<Result<Bytes, Error>> {
        let [stdout, stderr] = &mut self.outputs;
        let taken = match stream {
            ExecStream::Stdin => return Some(Err(Error::misuse("the standard input is written, and not read"))),
            ExecStream::Stdout => stdout.pop(),
            ExecStream::Stderr => stderr.pop(),
        };
        match (taken, &self.phase) {
            (Some((bytes, cost)), _) => {
                self.held -= cost;
                Some(Ok(bytes))
            }
            (None, Phase::Over(end)) => Some(end.clone().map(|()| Bytes::new())),
            (None, _) => None,
        }
    }

    fn write(&mut self, stream: ExecStream, bytes: &[u8]) -> Result<usize, Error> {
        match (stream, self.stdin) {
            (ExecStream::Stdout | ExecStream::Stderr, _) => {
                return Err(Error::misuse("the outputs of the process are read, and not written"));
            }
            (_, Stdin::Unasked) => {
                return Err(Error::misuse("the session has no standard input: ask for it with `stdin`"));
            }
            (_, Stdin::Ended) => return Err(Error::misuse("the standard input of the session was ended")),
            (_, Stdin::Open) => {}
        }
        match &self.phase {
            Phase::Running => {}
            Phase::Exited | Phase::Over(Ok(())) => return Err(gone()),
            Phase::Over(Err(error)) => return Err(error.clone()),
        }
        let chunk = bytes.get(..bytes.len().min(CHUNK)).unwrap_or_default();
        if !chunk.is_empty() {
            self.frame(STDIN, chunk)?;
            self.pulse.sent_input(chunk.len());
        }
        Ok(chunk.len())
    }

    fn finish(&mut self, stream: ExecStream) -> Result<(), Error> {
        if stream != ExecStream::Stdin {
            return Err(Error::misuse("the outputs of the process cannot be ended from here"));
        }
        match (&self.phase, self.stdin) {
            (_, Stdin::Unasked | Stdin::Ended) | (Phase::Exited | Phase::Over(_), _) => Ok(()),
            (Phase::Running, Stdin::Open) if self.closes => {
                self.stdin = Stdin::Ended;
                self.frame(CLOSE, &[STDIN])
            }
            (Phase::Running, Stdin::Open) => {
                let text = "the server has only v4.channel.k8s.io, which cannot end the standard input: the process waits for \
                    more. Close the session, or give it a command that knows how much it reads";
                Err(ErrorKind::Transport(Fault::answered(FaultKind::Unsupported, text)).into())
            }
        }
    }

    fn discard(&mut self, stream: ExecStream) {
        let [stdout, stderr] = &mut self.outputs;
        self.held -= match stream {
            ExecStream::Stdin => 0,
            ExecStream::Stdout => stdout.discard(),
            ExecStream::Stderr => stderr.discard(),
        };
    }
}

/// The process takes no more input.
fn gone() -> Error {
    ErrorKind::Transport(Fault::answered(FaultKind::Closed, "the process has ended, and takes no more input")).into()
}

fn unknown(kind: FaultKind, why: &str) -> Error {
    let text = format!("{why}, before the final status of the process: its exit code is not known");
    ErrorKind::Transport(Fault::answered(kind, text)).into()
}

/// The best one first. A server takes the first that it knows.
const PROTOCOLS: &[&str] = &[V5, "v4.channel.k8s.io"];
const V5: &str = "v5.channel.k8s.io";

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
const RESIZE: u8 = 4;
const CLOSE: u8 = 255;

/// The most bytes of a final status.
const STATUS_LIMIT: usize = 64 * 1024;
