//! The two-way life of a connection after its 101.

use std::collections::VecDeque;
use std::fmt;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, Weak};
use std::task::Wake;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kube_proto::wire::{Flushed, Received};
use kube_proto::{Channel, Deadline, Error, ErrorKind, Fault, FaultKind, Flow};

use crate::client::lock;
use crate::clock::{Clock, Interest, Parker, wait};
use crate::exchange::RawLink;

/// A two-way session. A cheap clone, one for each thread: some may read while others write.
///
/// No thread holds the session while it blocks, so a full outgoing side never keeps another thread from reading.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
    /// Wakes the thread of this clone: another one may come across an event or the end.
    parker: Arc<Parker>,
}

struct Shared<C: Channel> {
    state: Mutex<State<C>>,
    /// The same socket, to wait on while the state is another thread's.
    socket: std::net::TcpStream,
    clock: Clock,
    /// Those of all clones.
    parkers: Mutex<Vec<Weak<Parker>>>,
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
        let shared = Shared { state: Mutex::new(state), socket, clock, parkers: Mutex::default() };
        Ok(Self::handle(Arc::new(shared)))
    }

    fn handle(shared: Arc<Shared<C>>) -> Self {
        let parker = Arc::<Parker>::default();
        parker.arm();
        lock(&shared.parkers).push(Arc::downgrade(&parker));
        Self { shared, parker }
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
            let turn = lock(&self.shared.state).turn(now);
            if !matches!(turn, Turn::Wait { .. }) {
                // There may be another event in what was received, and the end is everybody's.
                self.tell_others();
            }
            match turn {
                Turn::Event(event) => return Some(Some(Ok(event))),
                Turn::Done(result) => return Some(result.err().map(Err)),
                Turn::Wait { .. } if end.is_some_and(|end| now.mono >= end) => return None,
                Turn::Wait { writes, until } => {
                    let interest = if writes { Interest::ReadWrite } else { Interest::Read };
                    let until = kube_proto::time::earliest(until, end);
                    wait(Some((self.shared.socket.as_fd(), interest)), &self.parker, until, now.mono);
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
        let result = lock(&self.shared.state).act(act)?;
        loop {
            let now = self.shared.clock.now();
            let mut state = lock(&self.shared.state);
            let unsent = state.flush_all(now);
            let news = state.done.is_some() || !state.events.is_empty();
            drop(state);
            if news {
                self.tell_others();
            }
            if !unsent? {
                return Ok(result);
            }
            wait(Some((self.shared.socket.as_fd(), Interest::Write)), &self.parker, None, now.mono);
        }
    }

    /// Ends the session at once, for all threads.
    pub fn close(&self) {
        let mut state = lock(&self.shared.state);
        let State { link, .. } = &mut *state;
        let _ = link.connection.close(&mut &link.socket);
        state.done.get_or_insert(Err(Error::new(ErrorKind::Stopped)));
        let _ = self.shared.socket.shutdown(std::net::Shutdown::Both);
        drop(state);
        self.tell_others();
    }

    /// Has every other clone look again.
    fn tell_others(&self) {
        let mut others = Vec::new();
        lock(&self.shared.parkers).retain(|parker| {
            let parker = parker.upgrade();
            others.extend(parker.clone().filter(|parker| !Arc::ptr_eq(parker, &self.parker)));
            parker.is_some()
        });
        others.into_iter().for_each(Wake::wake);
    }
}

impl<C: Channel> State<C> {
    fn act<T>(&mut self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        match &self.done {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(act(&mut self.channel)),
        }
    }

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
    fn flush_all(&mut self, now: kube_proto::Now) -> Result<bool, Error> {
        while self.done.is_none() {
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.link.connection.send(bytes),
                Flow::Yield(event) => self.events.push_back(event),
                Flow::Done(result) => self.done = Some(result),
                Flow::Wait(_) => break,
            }
        }
        self.flush().map(|all| !all).map_err(|fault| {
            let error = Error::from(ErrorKind::Transport(fault));
            self.done.get_or_insert(Err(error.clone()));
            error
        })
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
        Self::handle(Arc::clone(&self.shared))
    }
}

impl<C: Channel> fmt::Debug for Duplex<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex").field("socket", &self.shared.socket).finish_non_exhaustive()
    }
}

/// The most bytes that are read at once.
const READ: usize = 64 << 10;
