//! A [`Channel`] on its connection, after `101 Switching Protocols`.
//!
//! | state | a reader's [`turn`](Switched::turn) | a writer's [`flush`](Switched::flush) |
//! |---|---|---|
//! | open | sends what is due, reads, gives the next event | sends what is due; keeps new events for a reader |
//! | the peer has ended | what the channel still gives; then a fault | the same |
//! | nothing can be sent | reads on: the peer may have said why; then the fault | the fault |
//! | done | the kept events, then the end, every time | nothing |
//!
//! A session whose channel has several parts (connections, streams) has a reader for each: it calls
//! [`look`](Switched::look) instead of `turn`, and of all that wait, only one waits for the socket.
//!
//! A driver locks this for one call and never while it waits: a writer that waits for the socket must not keep a reader
//! from reading.

use std::collections::VecDeque;
use std::fmt;
use std::io::{Read, Write};

use bytes::{Bytes, BytesMut};

use super::READ;
use super::raw::{Flushed, RawConnection, Received};
use super::seats::Seats;
use crate::driver::channel::{Channel, Flow};
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::streams::Streams;
use crate::driver::time::{Moment, Now};
use crate::error::{Error, ErrorKind};
use crate::observe::connection::SessionRecord;

pub(super) mod look;

/// A two-way session without its socket: the shared part of the drivers' `Duplex`.
pub struct Switched<C: Channel> {
    channel: C,
    connection: RawConnection,
    incoming: BytesMut,
    /// Events that writers found; no more than had been received already.
    events: VecDeque<C::Event>,
    ended: bool,
    /// Nothing can be sent any more. What the peer sent before may still arrive.
    broken: Option<Fault>,
    done: Option<Result<(), Error>>,
    /// A writer kept an event, ended the session or found an earlier moment, and readers do not know it yet.
    news: bool,
    /// The moment for which readers wait.
    until: Option<Moment>,
    sending: Sending,
    seats: Seats,
    record: SessionRecord,
}

/// The state of the sending side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Open,
    /// The channel has ended its side, and the rest is on its way.
    Ending,
    /// Everything was sent, and the driver must shut down the socket's sending side.
    Gone,
    Shut,
}

/// The result of a reader's turn.
#[derive(Debug)]
pub enum SwitchedStep<E> {
    /// An event.
    Event(E),
    /// The end of the session; every turn from now on gives it again. [`Stopped`](crate::ErrorKind::Stopped) if the
    /// session was [closed](Switched::close).
    Done(Result<(), Error>),
    /// Nothing until the socket is ready, there is [news](Switched::take_news), or this moment has come.
    Wait {
        /// Wait until the socket is readable. `false` while the channel [is full](Channel::is_full).
        read: bool,
        /// Wait until the socket is writable.
        write: bool,
        /// When to call again.
        until: Option<Moment>,
    },
}

impl<C: Channel> Switched<C> {
    /// This channel on this connection. `incoming` is what another HTTP implementation has read from the connection
    /// already. It is empty with the connection of [`After::Raw`](super::After::Raw), which has those bytes itself.
    #[must_use]
    pub fn new(mut channel: C, connection: RawConnection, mut incoming: BytesMut) -> Self {
        let mut record = SessionRecord::begin(connection.record());
        record.received(incoming.len());
        if !incoming.is_empty() {
            channel.receive(&mut incoming, false);
        }
        Self {
            channel,
            connection,
            incoming,
            events: VecDeque::new(),
            ended: false,
            broken: None,
            done: None,
            news: false,
            until: None,
            sending: Sending::Open,
            seats: Seats::default(),
            record,
        }
    }

    /// Does everything that is possible without blocking, until there is an event.
    pub fn turn(&mut self, io: &mut (impl Read + Write), now: Now) -> SwitchedStep<C::Event> {
        if let Some(event) = self.events.pop_front() {
            return SwitchedStep::Event(event);
        }
        loop {
            if let Some(done) = &self.done {
                return SwitchedStep::Done(done.clone());
            }
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.queue(bytes),
                Flow::Yield(event) => return SwitchedStep::Event(event),
                Flow::Done(result) => {
                    let _ = self.send(io);
                    self.finish(result);
                }
                Flow::Wait(until) => match self.exchange(io, now) {
                    Ok(None) => {}
                    Ok(Some(write)) => {
                        self.until = until;
                        return SwitchedStep::Wait { read: !self.channel.is_full(), write, until };
                    }
                    Err(fault) => self.break_off(fault),
                },
            }
        }
    }

    /// Calls the channel. [`flush`](Self::flush) or the next turn sends the result.
    ///
    /// # Errors
    /// The session has failed.
    pub fn act<T>(&mut self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        match &self.done {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(act(&mut self.channel)),
        }
    }

    /// Sends what is due; true while some bytes are unsent.
    ///
    /// # Errors
    /// The session has failed.
    pub fn flush(&mut self, io: &mut impl Write, now: Now) -> Result<bool, Error> {
        while self.done.is_none() {
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.queue(bytes),
                Flow::Yield(event) => {
                    self.events.push_back(event);
                    self.news = true;
                }
                Flow::Done(result) => self.finish(result),
                Flow::Wait(until) => {
                    if until.is_some_and(|until| self.until.is_none_or(|known| until < known)) {
                        self.until = until;
                        self.news = true;
                    }
                    break;
                }
            }
        }
        match self.send(io) {
            // A dead peer takes nothing any more: a writer must not wait for it.
            Ok(flushed) => match &self.done {
                Some(Err(error)) => Err(error.clone()),
                Some(Ok(())) if flushed == Flushed::Blocked && self.channel.is_over() => {
                    Err(ErrorKind::Transport(Fault::answered(FaultKind::Closed, "the session has ended")).into())
                }
                _ => Ok(flushed == Flushed::Blocked),
            },
            // The peer may have sent the reason before it closed: a reader finds it, and ends the session.
            Err(fault) => match &self.done {
                Some(Err(first)) => Err(first.clone()),
                _ => Err(ErrorKind::Transport(fault).into()),
            },
        }
    }

    /// True once after a writer found something for readers: an event, the end, or a moment earlier than the one for
    /// which readers wait. The socket does not become ready for it, so wake the readers. It is true only once:
    /// otherwise writers would wake each other for ever.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// True once the sending side of the socket must be shut down. Call it after a turn and after a flush.
    pub fn take_finished(&mut self) -> bool {
        let gone = self.sending == Sending::Gone;
        if gone {
            self.sending = Sending::Shut;
        }
        gone
    }

    /// Ends the session at once. Close the socket afterwards, and wake all readers and writers.
    pub fn close(&mut self, io: &mut impl Write) {
        let _ = self.connection.close(io);
        self.finish(Err(Error::new(ErrorKind::Stopped)));
    }

    /// The session ends with this fault, unless it has ended already.
    pub fn fail(&mut self, fault: Fault) {
        self.finish(Err(ErrorKind::Transport(fault).into()));
    }

    /// The connection broke: the channel says what that means.
    fn break_off(&mut self, fault: Fault) {
        if self.done.is_none() {
            let result = self.channel.broken(fault);
            self.finish(result);
        }
    }

    /// From now on the streams of the channel have readers: see [`Streams::use_streams`].
    pub fn use_streams(&mut self)
    where
        C: Streams,
    {
        let events = std::mem::take(&mut self.events);
        self.channel.use_streams(events);
    }

    fn queue(&mut self, bytes: Bytes) {
        self.record.sent(bytes.len());
        self.connection.send(bytes);
    }

    /// Only the first end counts.
    fn finish(&mut self, result: Result<(), Error>) {
        if self.done.is_none() {
            self.news = true;
            self.record.end(result.as_ref().err());
        }
        self.done.get_or_insert(result);
    }

    /// Sends what is queued, and then the end.
    fn send(&mut self, io: &mut impl Write) -> Result<Flushed, Fault> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let sent = self.send_queued(io);
        self.broken = sent.as_ref().err().cloned();
        sent
    }

    fn send_queued(&mut self, io: &mut impl Write) -> Result<Flushed, Fault> {
        let flushed = match self.sending {
            Sending::Open if self.channel.is_finished() => {
                self.sending = Sending::Ending;
                self.connection.close(io)?
            }
            _ => self.connection.flush(io)?,
        };
        if self.sending == Sending::Ending && flushed == Flushed::All {
            self.sending = Sending::Gone;
        }
        Ok(flushed)
    }

    /// Sends and receives. `None` if something arrived; otherwise whether some bytes are unsent.
    fn exchange(&mut self, io: &mut (impl Read + Write), now: Now) -> Result<Option<bool>, Fault> {
        let blocked = matches!(self.send(io), Ok(Flushed::Blocked));
        if self.channel.is_full() {
            return Ok(Some(blocked));
        }
        // Read even if sending failed: the peer may have sent the reason before it closed. A socket that takes no more
        // becomes readable with what is left, and then with the end; a runtime may learn of that only later.
        let fault = |broken: &mut Option<Fault>, fault| broken.take().unwrap_or(fault);
        if self.ended {
            return Err(fault(&mut self.broken, Fault::answered(FaultKind::Closed, "the connection has ended")));
        }
        let before = self.incoming.len();
        let received = self.connection.receive(io, &mut self.incoming, READ);
        self.record.received(self.incoming.len().saturating_sub(before));
        match received {
            Ok(Received::Bytes) => self.channel.receive(&mut self.incoming, false),
            Ok(Received::End) => {
                self.ended = true;
                self.channel.receive(&mut self.incoming, true);
            }
            Ok(Received::Blocked) => {
                self.channel.silent(now);
                return Ok(Some(blocked));
            }
            Err(error) => return Err(fault(&mut self.broken, error)),
        }
        Ok(None)
    }
}

impl<C: Channel> fmt::Debug for Switched<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switched")
            .field("connection", &self.connection)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind::WouldBlock;

    use std::time::Duration;

    use super::*;

    /// Answers each byte with one of its own, and gives it as an event.
    #[derive(Default)]
    struct Echo {
        due: VecDeque<Bytes>,
        heard: VecDeque<u8>,
        ended: bool,
        patience: Option<Moment>,
        /// What it says when it learns of the end.
        farewell: Option<&'static str>,
        /// Its protocol has ended, so the connection may break.
        finished: bool,
    }

    impl Channel for Echo {
        type Event = u8;

        fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
            for byte in bytes.split() {
                self.due.push_back(Bytes::from(vec![byte.to_ascii_uppercase()]));
                self.heard.push_back(byte);
            }
            self.ended |= end;
            if end && let Some(last) = self.farewell.take() {
                self.due.push_back(Bytes::from(last));
            }
        }

        fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
            self.due.push_back(bytes);
            Ok(())
        }

        fn poll(&mut self, _: Now) -> Flow<u8> {
            match (self.due.pop_front(), self.ended) {
                (Some(bytes), _) => Flow::Send(bytes),
                (None, _) if !self.heard.is_empty() => Flow::Yield(self.heard.pop_front().unwrap_or_default()),
                (None, true) => Flow::Done(Ok(())),
                (None, false) => Flow::Wait(self.patience),
            }
        }

        fn broken(&mut self, fault: Fault) -> Result<(), Error> {
            if self.finished { Ok(()) } else { Err(ErrorKind::Transport(fault).into()) }
        }
    }

    /// A socket with this much room, and the bytes of the peer.
    #[derive(Default)]
    struct Socket {
        says: VecDeque<u8>,
        ends: bool,
        room: usize,
        broken: bool,
        sent: Vec<u8>,
    }

    impl Read for Socket {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match (self.says.read(into)?, self.ends) {
                (0, false) if self.broken => Err(std::io::ErrorKind::ConnectionReset.into()),
                (0, false) => Err(WouldBlock.into()),
                (count, _) => Ok(count),
            }
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let count = bytes.len().min(self.room);
            match count {
                _ if self.broken => Err(std::io::ErrorKind::BrokenPipe.into()),
                0 => Err(WouldBlock.into()),
                _ => {
                    self.room -= count;
                    self.sent.extend_from_slice(&bytes[..count]);
                    Ok(count)
                }
            }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn switched(incoming: &[u8]) -> Switched<Echo> {
        Switched::new(Echo::default(), RawConnection::plain(), BytesMut::from(incoming))
    }

    fn events(switched: &mut Switched<Echo>, io: &mut Socket) -> (Vec<u8>, SwitchedStep<u8>) {
        let mut events = Vec::new();
        loop {
            match switched.turn(io, Now::default()) {
                SwitchedStep::Event(event) => events.push(event),
                turn => return (events, turn),
            }
        }
    }

    #[test]
    fn what_came_with_the_101_comes_first() {
        let mut io = Socket { says: b"b".to_vec().into(), room: 10, ..Socket::default() };
        let (events, turn) = events(&mut switched(b"a"), &mut io);
        assert_eq!((&events[..], &io.sent[..]), (&b"ab"[..], &b"AB"[..]));
        assert!(matches!(turn, SwitchedStep::Wait { read: true, write: false, until: None }), "{turn:?}");
    }

    #[test]
    fn a_reader_answers_while_a_writer_is_blocked() {
        let (mut switched, mut io) = (switched(b""), Socket::default());
        switched.act(|echo| echo.send(Bytes::from("waits"))).unwrap().unwrap();
        assert!(switched.flush(&mut io, Now::default()).unwrap());
        // The reader still reads, and its answer is queued.
        io.says.extend(b"p");
        let (heard, turn) = events(&mut switched, &mut io);
        assert_eq!(heard, b"p");
        assert!(matches!(turn, SwitchedStep::Wait { write: true, .. }), "{turn:?}");
        io.room = 10;
        assert!(!switched.flush(&mut io, Now::default()).unwrap());
        assert_eq!(io.sent, b"waitsP");
    }

    #[test]
    fn what_a_writer_comes_across_is_kept_for_a_reader() {
        let (mut switched, mut io) = (switched(b"ab"), Socket { room: 10, ..Socket::default() });
        assert!(!switched.take_news());
        // True once, however often it is checked.
        for news in [true, false] {
            assert!(!switched.flush(&mut io, Now::default()).unwrap());
            assert_eq!(switched.take_news(), news);
        }
        assert_eq!(events(&mut switched, &mut io).0, b"ab");
    }

    #[test]
    fn a_waiting_reader_learns_of_an_earlier_moment() {
        let (mut switched, mut io) = (switched(b""), Socket { room: 10, ..Socket::default() });
        assert!(matches!(events(&mut switched, &mut io).1, SwitchedStep::Wait { until: None, .. }));
        for (seconds, news) in [(9, true), (9, false), (10, false), (5, true), (5, false)] {
            let until = Moment::after_zero(Duration::from_secs(seconds));
            switched.act(|echo| echo.patience = Some(until)).unwrap();
            switched.flush(&mut io, Now::default()).unwrap();
            assert_eq!(switched.take_news(), news, "{seconds}");
        }
        let SwitchedStep::Wait { until, .. } = events(&mut switched, &mut io).1 else { panic!() };
        assert_eq!(until, Some(Moment::after_zero(Duration::from_secs(5))));
    }

    #[test]
    fn the_end_is_repeated() {
        let mut io = Socket { says: b"a".to_vec().into(), ends: true, room: 10, ..Socket::default() };
        let mut switched = switched(b"");
        for expected in [&b"a"[..], b"", b""] {
            let (events, turn) = events(&mut switched, &mut io);
            assert_eq!(events, expected);
            assert!(matches!(turn, SwitchedStep::Done(Ok(()))), "{turn:?}");
        }
        assert_eq!((switched.take_news(), switched.take_news()), (true, false));
    }

    /// The channel answers the end, and is done: nothing else would send that.
    #[test]
    fn a_reader_that_meets_the_end_sends_the_last_words() {
        let mut io = Socket { ends: true, room: 10, ..Socket::default() };
        let mut switched = switched(b"");
        switched.act(|echo| echo.farewell = Some("bye")).unwrap();
        let (events, turn) = events(&mut switched, &mut io);
        assert!(events.is_empty() && matches!(turn, SwitchedStep::Done(Ok(()))), "{turn:?}");
        assert_eq!(io.sent, b"bye");
    }

    #[test]
    fn a_broken_socket_is_an_error_for_all_after_the_last_event() {
        let mut io = Socket { says: b"a".to_vec().into(), broken: true, ..Socket::default() };
        let mut switched = switched(b"");
        assert_eq!(events(&mut switched, &mut io).0, b"a");
        for _ in 0..2 {
            assert!(switched.flush(&mut io, Now::default()).is_err());
            assert!(switched.act(|_| ()).is_err());
            assert!(matches!(events(&mut switched, &mut io).1, SwitchedStep::Done(Err(_))));
        }
    }

    /// The socket of a dead peer has no room, and no error either.
    #[test]
    fn a_writer_does_not_wait_for_a_session_that_has_failed() {
        let (mut switched, mut io) = (switched(b""), Socket::default());
        switched.act(|echo| echo.send(Bytes::from("waits"))).unwrap().unwrap();
        assert!(switched.flush(&mut io, Now::default()).unwrap());
        switched.fail(Fault::answered(FaultKind::Io, "no answer"));
        assert!(switched.flush(&mut io, Now::default()).unwrap_err().to_string().contains("no answer"));
    }

    /// A server that has said all closes at once, and the rest of what is written to it meets a reset.
    #[test]
    fn a_writer_that_fails_does_not_keep_a_reader_from_what_the_peer_said_before() {
        let mut io = Socket { says: b"last".to_vec().into(), broken: true, ..Socket::default() };
        let mut switched = switched(b"");
        switched.act(|echo| echo.send(Bytes::from("x"))).unwrap().unwrap();
        for _ in 0..2 {
            assert!(switched.flush(&mut io, Now::default()).is_err());
        }
        assert_eq!(events(&mut switched, &mut io).0, b"last");
    }

    /// A runtime that learns only later that the socket has become readable.
    #[test]
    fn what_the_peer_said_is_read_though_it_comes_after_the_failure() {
        let mut io = Socket::default();
        let mut switched = switched(b"");
        switched.act(|echo| echo.send(Bytes::from("x"))).unwrap().unwrap();
        // The write fails, and the reader has nothing yet.
        io.broken = true;
        assert!(switched.flush(&mut io, Now::default()).is_err());
        io.broken = false;
        let (heard, turn) = events(&mut switched, &mut io);
        assert!(heard.is_empty() && matches!(turn, SwitchedStep::Wait { read: true, write: false, .. }), "{turn:?}");
        assert!(io.sent.is_empty(), "it does not try again");
        (io.broken, io.says) = (true, b"last".to_vec().into());
        let (heard, turn) = events(&mut switched, &mut io);
        assert_eq!(heard, b"last");
        assert!(matches!(turn, SwitchedStep::Done(Err(_))), "{turn:?}");
    }

    #[test]
    fn the_channel_says_what_a_broken_connection_means() {
        for finished in [true, false] {
            let mut io = Socket { says: b"a".to_vec().into(), broken: true, ..Socket::default() };
            let mut switched = switched(b"");
            switched.act(|echo| echo.finished = finished).unwrap();
            let (heard, turn) = events(&mut switched, &mut io);
            assert_eq!(heard, b"a");
            assert!(matches!(turn, SwitchedStep::Done(result) if result.is_ok() == finished));
        }
    }

    #[test]
    fn a_session_that_was_closed_is_stopped() {
        let (mut switched, mut io) = (switched(b""), Socket { room: 10, ..Socket::default() });
        switched.close(&mut io);
        let SwitchedStep::Done(Err(error)) = switched.turn(&mut io, Now::default()) else { panic!() };
        assert!(matches!(error.kind(), ErrorKind::Stopped));
        switched.fail(Fault::answered(FaultKind::Io, "later"));
        assert!(matches!(switched.act(|_| ()).unwrap_err().kind(), ErrorKind::Stopped));
    }
}
