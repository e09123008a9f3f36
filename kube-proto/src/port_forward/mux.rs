//! Many connections over one SPDY session, without what carries its bytes.
//!
//! A connection is two streams with one `requestid`: first the error stream, which the client opens with its end, then
//! the data stream (docs/wire.md §6.4). Both are opened at once; the writer waits for the reply to the data stream,
//! because the servers drop data that comes before.
//!
//! SPDY has no flow control. The machine keeps at most [`ROOM`](super::connection::ROOM) bytes for each connection. When the next
//! bytes belong to a connection without room, it reads nothing more until the reader of that connection has taken some:
//! the connections behind it wait as well. The bound is thus `ROOM` for each open connection, and the slowest reader
//! holds all of them, as in kubectl.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::connection::{ACCEPT, Connection, ConnectionId, Sending};
use crate::driver::time::Moment;
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
    next: u64,
    full: bool,
}

#[derive(Debug)]
struct Forwarded {
    connection: Connection,
    error: u32,
    data: u32,
    writer_dropped: bool,
    /// Until when the server must have accepted it; set at the first poll.
    accepted_by: Option<Moment>,
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
            next: 0,
            full: false,
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
            match event {
                Event::Replied(stream) => self.replied(stream),
                Event::Data(stream, bytes) => self.data(stream, bytes),
                Event::Ended(stream) => self.ended(stream),
                Event::Reset(stream, reason) => self.reset(stream, reason),
                Event::Opened(..) | Event::Pong(_) | Event::GoAway => {}
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
            Some((Stream::Data, _, it)) => it.connection.end(),
            Some((Stream::Error, id, it)) if it.connection.is_reported() => {
                it.connection.fail_as_reported("");
                self.give_up(id);
            }
            _ => {}
        }
    }

    fn reset(&mut self, stream: u32, reason: u32) {
        let text = format!("the server ended the connection (reset {reason})");
        match self.of(stream) {
            Some((Stream::Error, _, it)) if !it.connection.is_reported() => {}
            Some((_, id, it)) => {
                it.connection.fail_as_reported(&text);
                self.give_up(id);
            }
            None => {}
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
        let it = Forwarded { connection, error, data, writer_dropped: false, accepted_by: None };
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
        let Some(it) = self.connections.get(&id) else { return Some(Err(gone())) };
        match it.connection.sending {
            Sending::Waiting { finish: false } => None,
            Sending::Open => {
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

    /// Connections that the server did not accept in time fail. The next moment at which that may be so.
    pub(super) fn check(&mut self, now: Moment) -> Option<Moment> {
        let (mut late, mut next) = (Vec::new(), None::<Moment>);
        let connections = &mut self.connections;
        self.opening.retain(|id| {
            let Some(it) = connections.get_mut(id) else { return false };
            if !matches!(it.connection.sending, Sending::Waiting { .. }) {
                return false;
            }
            let by = *it.accepted_by.get_or_insert(now.after(ACCEPT));
            match now >= by {
                true => late.push(*id),
                false => next = Some(next.map_or(by, |next| next.min(by))),
            }
            now < by
        });
        for id in late {
            if let Some(it) = self.connections.get_mut(&id) {
                let seconds = ACCEPT.as_secs();
                it.connection.fail_as_reported(&format!("the server did not accept the connection within {seconds} s"));
            }
            self.give_up(id);
        }
        next
    }

    /// Whether new connections are possible.
    pub(super) fn is_leaving(&self) -> bool {
        self.spdy.is_leaving()
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

fn gone() -> Error {
    Error::misuse("the connection is no part of this session")
}
