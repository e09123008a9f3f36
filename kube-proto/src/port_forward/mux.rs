//! Many connections over one SPDY session, without what carries its bytes.
//!
//! A connection is two streams with one `requestid`: first the error stream, which the client opens with its end, then
//! the data stream (docs/wire.md §6.4). Both are opened at once; the writer waits for the reply to the data stream,
//! because the servers drop data that comes before.
//!
//! | state of a tunnel | event | next |
//! |---|---|---|
//! | `Open` | the server accepts no more streams | `Leaving`: no new connection |
//! | `Open` | a connection fails on the node, or is not accepted in time, after it has sent bytes | `Leaving` |
//! | `Leaving` | | `Leaving`: the connections go on |
//!
//! (The node hands the frames of a tunnel to five workers, by the number of their stream. Bytes for a stream that nothing
//! on the node reads any more hold their worker for ever, and with it every later stream of the same worker. client-go
//! closes the whole tunnel after a failure.)
//!
//! SPDY has no flow control. The machine keeps at most [`ROOM`](super::connection::ROOM) bytes for each connection. When the next
//! bytes belong to a connection without room, it reads nothing more until the reader of that connection has taken some:
//! the connections behind it wait as well. The bound is thus `ROOM` for each open connection, and the slowest reader
//! holds all of them, as in kubectl.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::connection::{ACCEPT, Connection, ConnectionId, REASON, Sending};
use crate::driver::time::{Moment, earliest};
use crate::error::Error;
use crate::spdy::{CANCEL, Event, Limits, Next, Session, SpdyError};

/// The machine.
#[derive(Debug)]
pub(super) struct Mux {
    spdy: Session,
    connections: BTreeMap<ConnectionId, Forwarded>,
    /// The connection of each stream.
    streams: BTreeMap<u32, (ConnectionId, Stream)>,
    /// The connections that the server has not accepted yet, as far as known.
    opening: Vec<ConnectionId>,
    /// The connections whose end waits for the server's report, as far as known.
    ending: Vec<ConnectionId>,
    next: u64,
    full: bool,
    state: State,
    /// The server has sent something since [`was_heard`](Self::was_heard).
    heard: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Leaving,
}

#[derive(Debug)]
struct Forwarded {
    connection: Connection,
    error: u32,
    data: u32,
    writer_dropped: bool,
    /// Bytes were sent.
    sent: bool,
    /// The server has ended its error stream.
    settled: bool,
    /// Until when the server must have accepted it, or have reported why it ended; set at the first poll.
    due: Option<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Error,
    Data,
}

impl Mux {
    pub(super) fn new() -> Self {
        Self {
            spdy: Session::client(Limits::default()),
            connections: BTreeMap::new(),
            streams: BTreeMap::new(),
            opening: Vec::new(),
            ending: Vec::new(),
            next: 0,
            full: false,
            state: State::Open,
            heard: false,
        }
    }

    /// Takes bytes of the server.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.spdy.receive(bytes);
    }

    /// Reads what was received, as far as there is room.
    pub(super) fn advance(&mut self) -> Result<(), SpdyError> {
        loop {
            let (connections, streams) = (&self.connections, &self.streams);
            let room = |stream| match streams.get(&stream) {
                Some((id, Stream::Data)) => connections.get(id).map_or(usize::MAX, |it| it.connection.room()),
                _ => usize::MAX,
            };
            let event = match self.spdy.next(room)? {
                Next::Event(event) => event,
                next => {
                    self.full = next != Next::More;
                    return Ok(());
                }
            };
            self.heard = true;
            match event {
                Event::Replied(stream) => self.replied(stream),
                Event::Data(stream, bytes) => self.data(stream, bytes),
                Event::Ended(stream) => self.ended(stream),
                Event::Reset(stream, reason) => self.reset(stream, reason),
                Event::GoAway => self.state = State::Leaving,
                Event::Opened(..) | Event::Pong(_) => {}
            }
        }
    }

    /// Whether received bytes wait for room: no more may be received.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    fn of(&mut self, stream: u32) -> Option<(Stream, ConnectionId, &mut Forwarded)> {
        let (id, which) = *self.streams.get(&stream)?;
        Some((which, id, self.connections.get_mut(&id)?))
    }

    fn replied(&mut self, stream: u32) {
        let Some((Stream::Data, _, it)) = self.of(stream) else { return };
        it.due = None;
        let finish = it.connection.sending == (Sending::Waiting { finish: true });
        it.connection.sending = if finish { Sending::Finished } else { Sending::Open };
        if finish {
            self.spdy.finish(stream);
        }
    }

    fn data(&mut self, stream: u32, bytes: Bytes) {
        match self.of(stream) {
            Some((Stream::Data, _, it)) => it.connection.receive(bytes),
            Some((Stream::Error, _, it)) => it.connection.report(&bytes),
            None => {}
        }
    }

    fn ended(&mut self, stream: u32) {
        match self.of(stream) {
            Some((Stream::Data, id, it)) => {
                it.connection.end();
                match it.settled {
                    true => it.connection.settle(),
                    false if it.connection.is_ending() => {
                        it.due = None;
                        self.ending.push(id);
                    }
                    false => self.leave_after(id),
                }
            }
            Some((Stream::Error, id, it)) if it.connection.is_reported() => {
                it.connection.fail_as_reported("");
                self.leave_after(id);
                self.give_up(id);
            }
            Some((Stream::Error, _, it)) => {
                it.settled = true;
                it.connection.settle();
            }
            None => {}
        }
    }

    fn reset(&mut self, stream: u32, reason: u32) {
        let text = format!("the server ended the connection (reset {reason})");
        match self.of(stream) {
            Some((Stream::Error, _, it)) if !it.connection.is_reported() => {
                it.settled = true;
                it.connection.settle();
            }
            Some((_, id, it)) => {
                it.connection.fail_as_reported(&text);
                self.leave_after(id);
                self.give_up(id);
            }
            None => {}
        }
    }

    /// After a failure of this connection: the node may hold what it has sent, and with it other streams.
    fn leave_after(&mut self, id: ConnectionId) {
        if self.connections.get(&id).is_some_and(|it| it.sent) {
            self.state = State::Leaving;
        }
    }

    /// Ends the streams of a connection that failed, or that has no reader and no writer any more.
    fn give_up(&mut self, id: ConnectionId) {
        let Some(it) = self.connections.get(&id) else { return };
        for stream in [it.data, it.error] {
            self.spdy.reset(stream, CANCEL);
            self.streams.remove(&stream);
        }
    }

    /// Opens a connection to this port.
    pub(super) fn connect(&mut self, port: u16) -> Result<ConnectionId, &'static str> {
        if self.is_leaving() {
            return Err("the session takes no more connections: open another one");
        }
        let id = ConnectionId(self.next);
        let (port, request) = (port.to_string(), self.next.to_string());
        let headers = |kind| [("streamtype", kind), ("port", &*port), ("requestid", &*request)];
        let error = self.spdy.open(&headers("error"), true)?;
        let data = match self.spdy.open(&headers("data"), false) {
            Ok(data) => data,
            Err(text) => {
                self.spdy.reset(error, CANCEL);
                return Err(text);
            }
        };
        self.next += 1;
        let connection = Connection::new(Sending::Waiting { finish: false });
        let it = Forwarded { connection, error, data, writer_dropped: false, sent: false, settled: false, due: None };
        self.streams.extend([(error, (id, Stream::Error)), (data, (id, Stream::Data))]);
        self.connections.insert(id, it);
        self.opening.push(id);
        Ok(id)
    }

    /// The next bytes for a reader: see [`Connection::read`].
    pub(super) fn read(&mut self, id: ConnectionId, most: usize) -> Option<Result<Bytes, Error>> {
        match self.connections.get_mut(&id) {
            Some(it) => it.connection.read(most),
            None => Some(Err(gone())),
        }
    }

    /// Sends bytes. `None` if the writer has to wait for the server's reply.
    pub(super) fn write(&mut self, id: ConnectionId, bytes: &[u8]) -> Option<Result<(), Error>> {
        let Some(it) = self.connections.get_mut(&id) else { return Some(Err(gone())) };
        match it.connection.sending {
            Sending::Waiting { finish: false } => None,
            Sending::Open => {
                it.sent = true;
                self.spdy.send(it.data, bytes);
                Some(Ok(()))
            }
            Sending::Waiting { finish: true } | Sending::Finished => Some(Err(it.connection.error())),
        }
    }

    /// Whether the server has accepted a connection.
    pub(super) fn accepted(&self, id: ConnectionId) -> Option<Result<(), Error>> {
        let Some(it) = self.connections.get(&id) else { return Some(Err(gone())) };
        match it.connection.sending {
            Sending::Waiting { finish: false } => None,
            _ if it.connection.has_failed() => Some(Err(it.connection.error())),
            _ => Some(Ok(())),
        }
    }

    /// Ends the sending side of a connection.
    pub(super) fn finish(&mut self, id: ConnectionId) -> Result<(), Error> {
        let Some(it) = self.connections.get_mut(&id) else { return Err(gone()) };
        match it.connection.sending {
            Sending::Waiting { .. } => it.connection.sending = Sending::Waiting { finish: true },
            Sending::Open => {
                it.connection.sending = Sending::Finished;
                self.spdy.finish(it.data);
            }
            Sending::Finished if it.connection.has_failed() => return Err(it.connection.error()),
            Sending::Finished => {}
        }
        Ok(())
    }

    pub(super) fn is_readable(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_none_or(|it| it.connection.is_readable())
    }

    pub(super) fn is_writable(&self, id: ConnectionId) -> bool {
        let waits = |it: &Forwarded| it.connection.sending == Sending::Waiting { finish: false };
        !self.connections.get(&id).is_some_and(waits)
    }

    pub(super) fn drop_reader(&mut self, id: ConnectionId) {
        if let Some(it) = self.connections.get_mut(&id) {
            it.connection.drop_reader();
        }
        self.forget(id);
    }

    pub(super) fn drop_writer(&mut self, id: ConnectionId) {
        if let Some(it) = self.connections.get_mut(&id) {
            it.writer_dropped = true;
        }
        self.forget(id);
    }

    /// Ends a connection without a reader and a writer. If it was not complete, the server sees a reset.
    fn forget(&mut self, id: ConnectionId) {
        if self.connections.get(&id).is_some_and(|it| it.writer_dropped && it.connection.is_dropped()) {
            self.give_up(id);
            self.connections.remove(&id);
        }
    }

    /// All connections fail.
    pub(super) fn fail(&mut self, error: &Error) {
        self.connections.values_mut().for_each(|it| it.connection.fail(error));
    }

    /// Connections that the server did not accept in time fail, and those of which it reports nothing in time have ended.
    /// The next moment at which that may be so.
    pub(super) fn check(&mut self, now: Moment) -> Option<Moment> {
        let connections = &mut self.connections;
        let waits = |it: &Forwarded| matches!(it.connection.sending, Sending::Waiting { .. });
        let (late, accepted) = due(&mut self.opening, connections, now.after(ACCEPT), now, waits);
        let (settled, reported) =
            due(&mut self.ending, connections, now.after(REASON), now, |it| it.connection.is_ending());
        for id in settled {
            if let Some(it) = self.connections.get_mut(&id) {
                it.connection.settle();
            }
        }
        for id in late {
            if let Some(it) = self.connections.get_mut(&id) {
                let seconds = ACCEPT.as_secs();
                it.connection.fail_as_reported(&format!("the server did not accept the connection within {seconds} s"));
            }
            self.state = State::Leaving;
            self.give_up(id);
        }
        earliest(accepted, reported)
    }

    /// Whether new connections need another session.
    pub(super) fn is_leaving(&self) -> bool {
        self.state == State::Leaving || !self.spdy.has_room(2)
    }

    /// Whether there are no connections.
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Whether the server has sent a frame of SPDY since the last call.
    pub(super) fn was_heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// Checks that the server's bytes do not end inside a frame.
    pub(super) fn end(&self) -> Result<(), SpdyError> {
        self.spdy.end()
    }

    pub(super) fn ping(&mut self) {
        self.spdy.ping();
    }

    /// Bytes for the server, at most this many.
    pub(super) fn take(&mut self, most: usize) -> Option<Bytes> {
        self.spdy.take(most)
    }
}

/// Takes those connections out of the list whose moment has come, and those that do not wait any more. `by`: the moment of
/// one that had none. Also the next moment.
fn due(
    list: &mut Vec<ConnectionId>,
    connections: &mut BTreeMap<ConnectionId, Forwarded>,
    by: Moment,
    now: Moment,
    waits: impl Fn(&Forwarded) -> bool,
) -> (Vec<ConnectionId>, Option<Moment>) {
    let (mut late, mut next) = (Vec::new(), None);
    list.retain(|id| {
        let Some(it) = connections.get_mut(id).filter(|it| waits(it)) else { return false };
        let by = *it.due.get_or_insert(by);
        match now >= by {
            true => late.push(*id),
            false => next = earliest(next, Some(by)),
        }
        now < by
    });
    (late, next)
}

fn gone() -> Error {
    Error::misuse("the connection is no part of this session")
}
