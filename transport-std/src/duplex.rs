//! The two-way life of a connection after its 101.

use std::collections::VecDeque;
use std::fmt;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kube_proto::wire::{Flushed, Received};
use kube_proto::{Channel, Deadline, Error, ErrorKind, Fault, FaultKind, Flow};

use crate::clock::{Clock, Interest, Parker, wait};
use crate::exchange::RawLink;

/// A two-way session. A cheap clone: one thread may read while others write.
///
/// No thread holds the session while it blocks, so a full outgoing side never keeps another thread from reading.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
}

struct Shared<C: Channel> {
    state: Mutex<State<C>>,
    /// The same socket, to wait on while the state is another thread's.
    socket: std::net::TcpStream,
    clock: Clock,
    parker: Parker,
}

struct State<C: Channel> {
    channel: C,
    link: RawLink,
    incoming: BytesMut,
    /// Events that writing threads came across; no more than what had been received already.
    events: VecDeque<C::Event>,
    ended: bool,
    done: Option<Result<(), Error>>,
}

enum Turn<E> {
    Event(E),
    Done(Result<(), Error>),
    Wait { writes: bool, until: Option<Deadline> },
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, link: RawLink, clock: Clock) -> Result<Self, Error> {
        let socket =
            link.socket.try_clone().map_err(|error| Error::from(ErrorKind::Transport(Fault::local(&error))))?;
        let state =
            State { channel, link, incoming: BytesMut::new(), events: VecDeque::new(), ended: false, done: None };
        Ok(Self { shared: Arc::new(Shared { state: Mutex::new(state), socket, clock, parker: Parker::default() }) })
    }

    /// The next event; blocks until there is one. `None` is the end.
    pub fn next(&self) -> Option<Result<C::Event, Error>> {
        self.next_within(None).flatten()
    }

    /// The next event, if it comes within this time: `Some(None)` is the end, `None` says that there was nothing.
    ///
    /// (`next` waits without limit; it never sees the outer `None`.)
    pub fn next_within(&self, limit: Option<Duration>) -> Option<Option<Result<C::Event, Error>>> {
        let end = limit.map(|limit| self.shared.clock.now().mono.saturating_add(limit));
        loop {
            let now = self.shared.clock.now();
            let turn = self.lock().turn(now);
            match turn {
                Turn::Event(event) => return Some(Some(Ok(event))),
                Turn::Done(result) => return Some(result.err().map(Err)),
                Turn::Wait { .. } if end.is_some_and(|end| now.mono >= end) => return None,
                Turn::Wait { writes, until } => {
                    let interest = if writes { Interest::ReadWrite } else { Interest::Read };
                    let until = kube_proto::time::earliest(until, end);
                    wait(Some((self.shared.socket.as_fd(), interest)), &self.shared.parker, until, now.mono);
                }
            }
        }
    }

    /// Sends bytes as the session's protocol frames them; blocks until the system has taken them.
    ///
    /// # Errors
    /// The session is at its end, or its sending side is.
    pub fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.with(|channel| channel.send(bytes))??;
        Ok(())
    }

    /// Does something with the channel (resize a terminal, end its input), and sends what came of it.
    ///
    /// # Errors
    /// The session is at its end.
    pub fn with<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        let mut state = self.lock();
        if let Some(Err(error)) = &state.done {
            return Err(error.clone());
        }
        let result = act(&mut state.channel);
        drop(state);
        loop {
            let now = self.shared.clock.now();
            let unsent = self.lock().flush_all(now);
            if !unsent {
                return Ok(result);
            }
            wait(Some((self.shared.socket.as_fd(), Interest::Write)), &self.shared.parker, None, now.mono);
        }
    }

    /// Ends the session at once, for all threads.
    pub fn close(&self) {
        let mut state = self.lock();
        let State { link, .. } = &mut *state;
        let _ = link.connection.close(&mut &link.socket);
        state.done.get_or_insert(Err(Error::new(ErrorKind::Stopped)));
        let _ = self.shared.socket.shutdown(std::net::Shutdown::Both);
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Channel> State<C> {
    /// Everything that can be done without blocking, until there is an event.
    fn turn(&mut self, now: kube_proto::Now) -> Turn<C::Event> {
        if let Some(event) = self.events.pop_front() {
            return Turn::Event(event);
        }
        loop {
            if let Some(done) = &self.done {
                return Turn::Done(done.clone());
            }
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.link.connection.send(bytes),
                Flow::Yield(event) => return Turn::Event(event),
                Flow::Done(result) => {
                    let _ = self.flush();
                    self.done = Some(result);
                }
                Flow::Wait(until) => match self.exchange() {
                    Ok(None) => {}
                    Ok(Some(writes)) => return Turn::Wait { writes, until },
                    Err(fault) => self.done = Some(Err(ErrorKind::Transport(fault).into())),
                },
            }
        }
    }

    /// Sends what is due; true while something is still unsent. Events that turn up are kept for the reader.
    fn flush_all(&mut self, now: kube_proto::Now) -> bool {
        while self.done.is_none() {
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.link.connection.send(bytes),
                Flow::Yield(event) => self.events.push_back(event),
                Flow::Done(result) => self.done = Some(result),
                Flow::Wait(_) => break,
            }
        }
        match self.flush() {
            Ok(all) => !all,
            Err(fault) => {
                self.done.get_or_insert(Err(ErrorKind::Transport(fault).into()));
                false
            }
        }
    }

    /// Bytes both ways. `None` where something came in; or else whether there is something to write still.
    fn exchange(&mut self) -> Result<Option<bool>, Fault> {
        let flushed = self.flush();
        let RawLink { socket, connection } = &mut self.link;
        if self.ended {
            return Err(Fault::answered(FaultKind::Closed, "the connection has ended"));
        }
        // Read even when writing failed: the peer may have said why before it closed.
        match connection.receive(&mut &*socket, &mut self.incoming, READ)? {
            Received::Bytes => self.channel.receive(&mut self.incoming, false),
            Received::End => {
                self.ended = true;
                self.channel.receive(&mut self.incoming, true);
            }
            Received::Blocked => return flushed.map(|all| Some(!all)),
        }
        Ok(None)
    }

    fn flush(&mut self) -> Result<bool, Fault> {
        let RawLink { socket, connection } = &mut self.link;
        Ok(matches!(connection.flush(&mut &*socket)?, Flushed::All))
    }
}

impl<C: Channel> Clone for Duplex<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C: Channel> fmt::Debug for Duplex<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex").field("socket", &self.shared.socket).finish_non_exhaustive()
    }
}

/// The most bytes that are read at once.
const READ: usize = 64 << 10;
