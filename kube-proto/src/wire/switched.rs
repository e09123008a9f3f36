//! A [`Channel`] on its connection, after `101 Switching Protocols`.
//!
//! | state | a reader's [`turn`](Switched::turn) | a writer's [`flush`](Switched::flush) |
//! |---|---|---|
//! | open | sends what is due, reads, gives the next event | sends what is due; events that turn up are kept for a reader |
//! | the peer has ended | what the channel still says; then it is a fault | the same |
//! | done | events that were kept, then the end, again and again | nothing |
//!
//! A driver locks this for the time of one call and never while it waits: whoever waits for the socket to take more
//! must not keep another from reading.

use std::collections::VecDeque;
use std::fmt;
use std::io::{Read, Write};

use bytes::BytesMut;

use super::READ;
use super::raw::{Flushed, RawConnection, Received};
use crate::effect::{Fault, FaultKind};
use crate::error::{Error, ErrorKind};
use crate::operation::{Channel, Flow};
use crate::time::{Deadline, Now};

/// A two-way session without its socket: what the drivers' `Duplex` have in common.
pub struct Switched<C: Channel> {
    channel: C,
    connection: RawConnection,
    incoming: BytesMut,
    /// Events that writers came across; no more than what had been received already.
    events: VecDeque<C::Event>,
    ended: bool,
    done: Option<Result<(), Error>>,
}

/// What a reader found.
#[derive(Debug)]
pub enum Turn<E> {
    /// An event.
    Event(E),
    /// The end of the session.
    Done(Result<(), Error>),
    /// Nothing before the socket is ready, somebody has [news](Switched::has_news), or this moment.
    Wait {
        /// The socket is to be written to as well as read.
        write: bool,
        /// When to look again.
        until: Option<Deadline>,
    },
}

impl<C: Channel> Switched<C> {
    /// This channel on this connection. `incoming` is what was read of the connection already.
    #[must_use]
    pub fn new(mut channel: C, connection: RawConnection, mut incoming: BytesMut) -> Self {
        if !incoming.is_empty() {
            channel.receive(&mut incoming, false);
        }
        Self { channel, connection, incoming, events: VecDeque::new(), ended: false, done: None }
    }

    /// Everything that can be done without blocking, until there is an event.
    pub fn turn(&mut self, io: &mut (impl Read + Write), now: Now) -> Turn<C::Event> {
        if let Some(event) = self.events.pop_front() {
            return Turn::Event(event);
        }
        loop {
            if let Some(done) = &self.done {
                return Turn::Done(done.clone());
            }
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.connection.send(bytes),
                Flow::Yield(event) => return Turn::Event(event),
                Flow::Done(result) => {
                    let _ = self.connection.flush(io);
                    self.done = Some(result);
                }
                Flow::Wait(until) => match self.exchange(io) {
                    Ok(None) => {}
                    Ok(Some(write)) => return Turn::Wait { write, until },
                    Err(fault) => self.fail(fault),
                },
            }
        }
    }

    /// Does something with the channel. What comes of it is sent by [`flush`](Self::flush), or by the next turn.
    ///
    /// # Errors
    /// The session has failed.
    pub fn act<T>(&mut self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        match &self.done {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(act(&mut self.channel)),
        }
    }

    /// Sends what is due; true while something is still unsent.
    ///
    /// # Errors
    /// The session has failed.
    pub fn flush(&mut self, io: &mut impl Write, now: Now) -> Result<bool, Error> {
        while self.done.is_none() {
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.connection.send(bytes),
                Flow::Yield(event) => self.events.push_back(event),
                Flow::Done(result) => self.done = Some(result),
                Flow::Wait(_) => break,
            }
        }
        match self.connection.flush(io) {
            Ok(flushed) => Ok(flushed == Flushed::Blocked),
            Err(fault) => {
                let error = Error::from(ErrorKind::Transport(fault));
                self.done.get_or_insert_with(|| Err(error.clone())).clone()?;
                Err(error)
            }
        }
    }

    /// There is something for a reader that the socket does not tell: an event that was kept, or the end.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.done.is_some() || !self.events.is_empty()
    }

    /// Ends the session at once. The socket is to be closed then, and everybody who waits woken.
    pub fn close(&mut self, io: &mut impl Write) {
        let _ = self.connection.close(io);
        self.done.get_or_insert(Err(Error::new(ErrorKind::Stopped)));
    }

    /// The session ends with this, unless it has ended already.
    pub fn fail(&mut self, fault: Fault) {
        self.done.get_or_insert(Err(ErrorKind::Transport(fault).into()));
    }

    /// Bytes both ways. `None` where something came in; or else whether there is something to write still.
    fn exchange(&mut self, io: &mut (impl Read + Write)) -> Result<Option<bool>, Fault> {
        let flushed = self.connection.flush(io);
        if self.ended {
            return Err(Fault::answered(FaultKind::Closed, "the connection has ended"));
        }
        // Read even when writing failed: the peer may have said why before it closed.
        match self.connection.receive(io, &mut self.incoming, READ)? {
            Received::Bytes => self.channel.receive(&mut self.incoming, false),
            Received::End => {
                self.ended = true;
                self.channel.receive(&mut self.incoming, true);
            }
            Received::Blocked => return flushed.map(|flushed| Some(flushed == Flushed::Blocked)),
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
