//! The protocol of the session: WebSocket, and in it a tunnel of SPDY or the channels of one connection.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Running` | [`PortForwardSession::close`] | `Closing`: says so to the server |
//! | `Running` | [`PortForwardSession::retire`] | `Retired`; `Closing` if there are no connections |
//! | `Retired` | the last connection is dropped | `Closing` |
//! | `Running`, `Retired` | the server's close frame, or the end of the connection | `Over`: the open connections end or fail |
//! | `Running`, `Retired` | a violation of the protocol, or no answer in time | `Over` with that error, for all connections |
//! | `Closing` | everything is sent | `Over` |

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::alive::{ANSWER, Alive, HELD, SLOW};
use super::connection::ConnectionId;
use super::direct::Direct;
use super::mux::Mux;
use crate::driver::channel::{Channel, Flow};
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::streams::{CHUNK, Streams};
use crate::driver::time::{Moment, Now, earliest};
use crate::error::{Error, ErrorKind, visible};
use crate::opaque::Opaque;
use crate::spdy::SpdyError;
use crate::websocket::close::CloseCode;
use crate::websocket::machine::{Kind, WebSocket, WebSocketEvent};

/// A session of forwarded connections: what a driver's `open` gives for a
/// [`PortForward`](super::PortForward)'s operation.
///
/// A reader of a connection waits until [`read`](Self::read) has an answer, a writer until [`write`](Self::write) has
/// one; the transports have ready ones. The session keeps at most 64 KiB of the driver's bytes and
/// [`ROOM`](super::ROOM) bytes for each connection.
#[derive(Debug)]
pub struct PortForwardSession {
    socket: WebSocket,
    input: Opaque<BytesMut>,
    input_ended: bool,
    protocol: Protocol,
    /// The server that the session is connected to.
    server: Alive,
    /// The node's runtime, behind a tunnel.
    node: Alive,
    /// The bytes that were sent, and how many of them a pong has confirmed.
    sent: u64,
    confirmed: u64,
    state: State,
}

#[derive(Debug)]
enum Protocol {
    Tunnel(Box<Mux>),
    Direct(Direct),
}

#[derive(Clone, Debug)]
enum State {
    Running,
    Retired,
    Closing,
    Over(Result<(), Error>),
}

/// A part of a session for which a reader or a writer waits: the number for [`Channel::is_ready`].
fn part_of(id: ConnectionId, writer: bool) -> u64 {
    id.0 * 2 + u64::from(writer)
}

impl PortForwardSession {
    /// A session over a tunnel: any number of connections.
    #[must_use]
    pub(super) fn tunnel(socket: WebSocket) -> Self {
        Self::new(socket, Protocol::Tunnel(Box::new(Mux::new())))
    }

    /// A session of one connection, whose port the request named.
    #[must_use]
    pub(super) fn direct(socket: WebSocket) -> Self {
        Self::new(socket, Protocol::Direct(Direct::new()))
    }

    fn new(socket: WebSocket, protocol: Protocol) -> Self {
        Self {
            socket,
            input: Opaque::default(),
            input_ended: false,
            protocol,
            server: Alive::Rest { ask: None },
            node: Alive::Rest { ask: None },
            sent: 0,
            confirmed: 0,
            state: State::Running,
        }
    }

    /// Whether the session is a tunnel: then it has any number of connections (up to 1,000 at once), to any port, and
    /// each direction of a connection ends by itself. Otherwise it has one connection to the port of the request, and
    /// the container never learns that its client sends no more.
    #[must_use]
    pub fn is_tunnel(&self) -> bool {
        matches!(self.protocol, Protocol::Tunnel(_))
    }

    /// Whether [`connect`](Self::connect) may succeed: the session runs, and has room for another connection.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
            && match &self.protocol {
                Protocol::Tunnel(mux) => !mux.is_leaving(),
                Protocol::Direct(direct) => !direct.is_taken(),
            }
    }

    /// Whether the session runs and takes no more connections, so that the next one needs another session: the server has
    /// said so; a connection has failed, after which the pod's node may block; there are 1,000 connections; or a
    /// session without a tunnel has its one connection.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        match (&self.state, &self.protocol) {
            (State::Running, Protocol::Tunnel(mux)) => mux.is_leaving(),
            (State::Running, Protocol::Direct(direct)) => direct.is_taken(),
            (State::Retired, _) => true,
            (State::Closing | State::Over(_), _) => false,
        }
    }

    /// Another session takes the further connections. This one closes after its last connection was dropped.
    pub fn retire(&mut self) {
        if let State::Running = self.state {
            self.state = State::Retired;
            self.close_if_abandoned();
        }
    }

    /// Opens a connection. It does not wait for the server: a connection that the server refuses fails when it is read or
    /// written.
    ///
    /// # Errors
    /// The session is over, or can have no more connections: open another session.
    pub fn connect(&mut self, port: u16) -> Result<ConnectionId, Error> {
        let running = self.running();
        match &mut self.protocol {
            Protocol::Tunnel(_) if matches!(self.state, State::Retired) => {
                Err(closed("another session takes the connections"))
            }
            Protocol::Tunnel(mux) => running.and_then(|()| mux.connect(port).map_err(closed)),
            // It may have ended already: the server's reason may have come with the 101, and is for the reader.
            Protocol::Direct(direct) => {
                direct.connect().ok_or_else(|| Error::misuse("a session without a tunnel has one connection"))
            }
        }
    }

    /// The next bytes of a connection for its reader, at most `most`; empty at the end. `None`: it has to wait.
    pub fn read(&mut self, id: ConnectionId, most: usize) -> Option<Result<Bytes, Error>> {
        let read = match &mut self.protocol {
            Protocol::Tunnel(mux) => mux.read(id, most),
            Protocol::Direct(direct) => direct.read(most),
        };
        if matches!(&read, Some(Ok(bytes)) if !bytes.is_empty()) {
            self.advance();
        }
        read
    }

    /// Sends the first of these bytes on a connection, at most 64 KiB, and returns their number. `None`: the writer has
    /// to wait for the server's reply.
    pub fn write(&mut self, id: ConnectionId, bytes: &[u8]) -> Option<Result<usize, Error>> {
        let bytes = bytes.get(..MOST).unwrap_or(bytes);
        let written = match &mut self.protocol {
            Protocol::Tunnel(mux) => mux.write(id, bytes)?,
            Protocol::Direct(direct) => direct.write().and_then(|()| {
                self.socket.send(Kind::Binary, &[&[0], bytes]).map_err(|_| closed("the session is closed"))
            }),
        };
        Some(written.map(|()| bytes.len()))
    }

    /// Whether the server has accepted a connection, so that it can be written. `None`: the caller has to wait.
    ///
    /// # Errors
    /// It has failed before that.
    pub fn accepted(&self, id: ConnectionId) -> Option<Result<(), Error>> {
        match &self.protocol {
            Protocol::Tunnel(mux) => mux.accepted(id),
            Protocol::Direct(_) => Some(Ok(())),
        }
    }

    /// Ends the sending side of a connection, after all bytes written before. The container may still answer.
    ///
    /// # Errors
    /// The connection has failed; or the session is no tunnel, and cannot tell the container.
    pub fn finish(&mut self, id: ConnectionId) -> Result<(), Error> {
        match &mut self.protocol {
            Protocol::Tunnel(mux) => mux.finish(id),
            Protocol::Direct(_) => Err(Error::misuse(
                "this server forwards ports without a tunnel, and there the end of the sending side cannot be sent",
            )),
        }
    }

    /// The reader of a connection is no more: its bytes are discarded. Without a reader and a writer, the connection is
    /// reset.
    pub fn drop_reader(&mut self, id: ConnectionId) {
        match &mut self.protocol {
            Protocol::Tunnel(mux) => mux.drop_reader(id),
            Protocol::Direct(direct) => direct.drop_reader(),
        }
        self.advance();
        self.close_if_abandoned();
    }

    /// The writer of a connection is no more. The container learns of it only by [`finish`](Self::finish), or when the
    /// reader is dropped, too.
    pub fn drop_writer(&mut self, id: ConnectionId) {
        match &mut self.protocol {
            Protocol::Tunnel(mux) => mux.drop_writer(id),
            Protocol::Direct(direct) => direct.drop_writer(),
        }
        self.close_if_abandoned();
    }

    /// The part of those that wait for the end of the session.
    pub const END: u64 = u64::MAX;

    /// The error with which the session has ended, or an error that says that it was [retired](Self::retire); `None`
    /// while it runs.
    #[must_use]
    pub fn ended(&self) -> Option<Error> {
        match self.state {
            State::Retired => Some(closed("another session takes the connections")),
            _ => self.running().err(),
        }
    }

    /// The part for which the reader of a connection waits.
    #[must_use]
    pub fn reading(id: ConnectionId) -> u64 {
        part_of(id, false)
    }

    /// The part for which the writer of a connection waits.
    #[must_use]
    pub fn writing(id: ConnectionId) -> u64 {
        part_of(id, true)
    }

    /// Ends the session. Open connections fail.
    pub fn close(&mut self) {
        if let State::Running | State::Retired = self.state {
            self.fail(&Error::new(ErrorKind::Stopped));
            self.socket.close(CloseCode::NORMAL, "");
            self.state = State::Closing;
        }
    }

    fn close_if_abandoned(&mut self) {
        let abandoned = match &self.protocol {
            Protocol::Direct(direct) => direct.is_abandoned(),
            Protocol::Tunnel(mux) => matches!(self.state, State::Retired) && mux.is_empty(),
        };
        if abandoned {
            self.close();
        }
    }

    fn running(&self) -> Result<(), Error> {
        match &self.state {
            State::Running | State::Retired => Ok(()),
            State::Over(Err(error)) => Err(error.clone()),
            State::Over(Ok(())) | State::Closing => Err(closed("the session is closed")),
        }
    }

    /// Reads what was received, as far as there is room.
    fn advance(&mut self) {
        while let State::Running | State::Retired = self.state {
            if let Protocol::Tunnel(mux) = &mut self.protocol
                && let Err(error) = mux.advance()
            {
                return self.violated(&error.to_string());
            }
            if self.is_full() {
                self.server.deaf();
                return self.node.deaf();
            }
            match self.socket.receive(&mut self.input, self.input_ended) {
                None => return,
                Some(Ok(WebSocketEvent::Data { payload, last, .. })) => match &mut self.protocol {
                    Protocol::Tunnel(mux) => mux.receive(&payload),
                    Protocol::Direct(direct) => direct.receive(payload, last),
                },
                Some(Ok(WebSocketEvent::Pong(payload))) => {
                    // Its payload is the number of the bytes that were sent before the ping.
                    let before = <[u8; 8]>::try_from(&*payload).map(u64::from_be_bytes);
                    self.confirmed = self.confirmed.max(before.unwrap_or(0).min(self.sent));
                }
                Some(Ok(WebSocketEvent::Close(frame))) => {
                    let reason = frame.map(|frame| frame.reason).filter(|reason| !reason.is_empty());
                    let reason = reason.map_or_else(String::new, |reason| format!(": {}", visible(&reason)));
                    self.over(&closed(format!("the server has closed the session{reason}")), true);
                }
                Some(Ok(WebSocketEvent::End)) => {
                    self.over(&closed("the connection to the server has ended in the middle of the session"), false);
                }
                Some(Err(violation)) => self.violated(&violation.text),
            }
        }
    }

    /// Asks who is due to be asked; the next moment to look.
    fn ask(&mut self, now: Now) -> Option<Moment> {
        if self.is_full() {
            self.server.deaf();
            self.node.deaf();
        }
        let patience = if self.sent - self.confirmed > HELD { SLOW } else { ANSWER };
        let (mut until, ask) = self.server.look(now.mono, patience);
        if ask {
            // It fails only after the close frame.
            let _ = self.socket.ping(&self.sent.to_be_bytes());
        }
        if let Protocol::Tunnel(mux) = &mut self.protocol {
            if mux.was_heard() {
                self.node.heard();
            }
            let (node, ask) = self.node.look(now.mono, SLOW);
            until = earliest(until, node);
            if ask {
                mux.ping();
            }
        }
        until
    }

    /// The server has ended the session. `said`: with a close frame.
    fn over(&mut self, error: &Error, said: bool) {
        match &mut self.protocol {
            Protocol::Direct(direct) if said => direct.close(),
            Protocol::Tunnel(mux) if mux.end() == Err(SpdyError::Truncated) => {
                return self.violated("the tunnel ended inside a frame");
            }
            _ => {}
        }
        self.fail(error);
        self.state = State::Over(Err(error.clone()));
    }

    fn violated(&mut self, text: &str) {
        let text = format!("the server does not speak the protocol of port-forward: {text}");
        let error = Error::from(ErrorKind::Transport(Fault::answered(FaultKind::Protocol, text)));
        self.fail(&error);
        self.state = State::Over(Err(error));
    }

    /// All connections fail.
    fn fail(&mut self, error: &Error) {
        match &mut self.protocol {
            Protocol::Tunnel(mux) => mux.fail(error),
            Protocol::Direct(direct) => direct.fail(error),
        }
    }

    /// Frames for the server, as far as they are due.
    fn transmit(&mut self) -> Option<Bytes> {
        let bytes = self.due();
        self.sent += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        bytes
    }

    fn due(&mut self) -> Option<Bytes> {
        if let Some(bytes) = self.socket.transmit() {
            return Some(bytes);
        }
        if let Protocol::Tunnel(mux) = &mut self.protocol
            && let Some(bytes) = mux.take(MOST)
        {
            self.socket.send(Kind::Binary, &[&bytes]).ok()?;
        }
        self.socket.transmit()
    }
}

impl Channel for PortForwardSession {
    type Event = std::convert::Infallible;

    fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
        self.server.heard();
        self.input.unsplit(bytes.split());
        self.input_ended |= end;
        self.advance();
    }

    /// Bytes are for a connection: use [`write`](PortForwardSession::write).
    fn send(&mut self, _: Bytes) -> Result<(), Error> {
        Err(Error::misuse("bytes of a port-forward are for one of its connections"))
    }

    fn poll(&mut self, now: Now) -> Flow<Self::Event> {
        if let Some(bytes) = self.transmit() {
            // An answer may have waited for it.
            self.advance();
            return Flow::Send(bytes);
        }
        match &self.state {
            State::Over(result) => return Flow::Done(result.clone()),
            State::Closing => {
                self.state = State::Over(Ok(()));
                return Flow::Done(Ok(()));
            }
            State::Running | State::Retired => {}
        }
        let alive = self.ask(now);
        let seconds = |patience: Duration| patience.as_secs();
        let silent = match (self.server, self.node) {
            (Alive::Dead, _) => format!("the server has sent nothing for at least {} s after a ping", seconds(ANSWER)),
            (_, Alive::Dead) => {
                format!("the pod's node has sent nothing for at least {} s after a ping", seconds(SLOW))
            }
            _ => {
                let accepted = match &mut self.protocol {
                    Protocol::Tunnel(mux) => mux.check(now.mono),
                    Protocol::Direct(_) => None,
                };
                return match self.transmit() {
                    Some(bytes) => Flow::Send(bytes),
                    None => Flow::Wait(earliest(alive, accepted)),
                };
            }
        };
        let error = closed(silent);
        self.fail(&error);
        self.state = State::Over(Err(error.clone()));
        Flow::Done(Err(error))
    }

    fn is_full(&self) -> bool {
        match &self.protocol {
            Protocol::Tunnel(mux) => mux.is_full(),
            Protocol::Direct(direct) => direct.is_full(),
        }
    }

    fn is_ready(&self, part: u64) -> bool {
        if part == Self::END {
            return self.ended().is_some();
        }
        let (id, writer) = (ConnectionId(part / 2), part & 1 == 1);
        match (&self.protocol, writer) {
            (Protocol::Tunnel(mux), false) => mux.is_readable(id),
            (Protocol::Tunnel(mux), true) => mux.is_writable(id),
            (Protocol::Direct(direct), writer) => writer || direct.is_readable(),
        }
    }

    fn silent(&mut self, now: Now) {
        self.server.silent(now.mono);
        self.node.silent(now.mono);
    }
}

impl Streams for PortForwardSession {
    type Stream = ConnectionId;

    fn part(stream: ConnectionId) -> u64 {
        Self::reading(stream)
    }

    fn take(&mut self, stream: ConnectionId) -> Option<Result<Bytes, Error>> {
        self.read(stream, MOST)
    }

    fn write(&mut self, stream: ConnectionId, bytes: &[u8]) -> Result<usize, Error> {
        let chunk = bytes.get(..CHUNK).unwrap_or(bytes);
        let early = || Err(Error::misuse("the server has not accepted the connection yet"));
        self.write(stream, chunk).unwrap_or_else(early)
    }

    fn finish(&mut self, stream: ConnectionId) -> Result<(), Error> {
        self.finish(stream)
    }

    fn discard(&mut self, stream: ConnectionId) {
        self.drop_reader(stream);
    }
}

fn closed(text: impl Into<String>) -> Error {
    ErrorKind::Transport(Fault::answered(FaultKind::Closed, text)).into()
}

/// The most bytes of one write, and of one message of WebSocket.
const MOST: usize = 64 << 10;
