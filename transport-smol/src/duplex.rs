//! The two-way life of a connection after its 101.

use std::collections::VecDeque;
use std::fmt;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_io::Async;
use bytes::{Bytes, BytesMut};
use event_listener::{Event, EventListener};
use futures_lite::future::{or, pending, yield_now};
use kube_proto::wire::{Flushed, Received};
use kube_proto::{Channel, Deadline, Error, ErrorKind, Fault, FaultKind, Flow};

use crate::clock::{Clock, Interest};
use crate::exchange::RawLink;

/// A two-way session. A cheap clone: one task may read while others write.
///
/// No task holds the session while it waits, so a full outgoing side never keeps another task from reading.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
}

struct Shared<C: Channel> {
    state: Mutex<State<C>>,
    /// The same socket, to wait on while the state is another task's.
    socket: Arc<Async<TcpStream>>,
    clock: Clock,
    /// Something changed that the socket does not tell: an event was kept, the end came, a writer went away.
    news: Event,
}

struct State<C: Channel> {
    channel: C,
    link: RawLink,
    incoming: BytesMut,
    /// Events that writing tasks came across; no more than what had been received already.
    events: VecDeque<C::Event>,
    ended: bool,
    done: Option<Result<(), Error>>,
    /// Events since a reader slept last.
    taken: usize,
}

enum Turn<E> {
    Event(E),
    Done(Result<(), Error>),
    Wait {
        writes: bool,
        until: Option<Deadline>,
    },
    /// There may be more, and it is the turn of other tasks.
    Others,
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, link: RawLink, clock: Clock) -> Self {
        let socket = Arc::clone(&link.socket);
        let state = State {
            channel,
            link,
            incoming: BytesMut::new(),
            events: VecDeque::new(),
            ended: false,
            done: None,
            taken: 0,
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), socket, clock, news: Event::new() }) }
    }

    /// The next event. `None` is the end. Dropped before it is ready, it has taken nothing.
    pub async fn next(&self) -> Option<Result<C::Event, Error>> {
        self.next_within(None).await.flatten()
    }

    /// The next event, if it comes within this time: `Some(None)` is the end, `None` says that there was nothing.
    ///
    /// (`next` waits without limit; it never sees the outer `None`.)
    pub async fn next_within(&self, limit: Option<Duration>) -> Option<Option<Result<C::Event, Error>>> {
        let end = limit.map(|limit| self.shared.clock.now().mono.saturating_add(limit));
        loop {
            let now = self.shared.clock.now();
            let (turn, news) = self.look(now);
            match turn {
                Turn::Event(event) => return Some(Some(Ok(event))),
                Turn::Done(result) => return Some(result.err().map(Err)),
                Turn::Wait { .. } if end.is_some_and(|end| now.mono >= end) => return None,
                Turn::Wait { writes, until } => {
                    let interest = if writes { Interest::ReadWrite } else { Interest::Read };
                    let until = kube_proto::time::earliest(until, end);
                    self.wait(interest, news, until).await;
                }
                Turn::Others => yield_now().await,
            }
        }
    }

    /// Sends bytes as the session's protocol frames them; ready when the system has taken them. Dropped before, what is
    /// left of them is sent by whoever reads or sends next.
    ///
    /// # Errors
    /// The session is at its end, or its sending side is.
    pub async fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.with(|channel| channel.send(bytes)).await??;
        Ok(())
    }

    /// Does something with the channel (resize a terminal, end its input), and sends what came of it.
    ///
    /// # Errors
    /// The session is at its end.
    pub async fn with<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        let result = self.act(act)?;
        loop {
            let now = self.shared.clock.now();
            if !self.flush_all(now)? {
                return Ok(result);
            }
            let _left = Left(&self.shared.news);
            self.wait(Interest::Write, None, None).await;
        }
    }

    /// Ends the session at once, for all tasks.
    pub fn close(&self) {
        let mut state = self.lock();
        let State { link, .. } = &mut *state;
        let _ = link.connection.close(&mut link.socket.get_ref());
        state.done.get_or_insert(Err(Error::new(ErrorKind::Stopped)));
        let _ = self.shared.socket.get_ref().shutdown(std::net::Shutdown::Both);
        drop(state);
        self.shared.news.notify(usize::MAX);
    }

    fn act<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        let mut state = self.lock();
        match &state.done {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(act(&mut state.channel)),
        }
    }

    /// A writer's turn: true while something is still unsent.
    fn flush_all(&self, now: kube_proto::Now) -> Result<bool, Error> {
        let mut state = self.lock();
        let unsent = state.flush_all(now);
        let heard = state.done.is_some() || !state.events.is_empty();
        drop(state);
        if heard {
            self.shared.news.notify(usize::MAX);
        }
        unsent
    }

    /// A reader's turn. Where it has to wait, it listens for news since before anybody else could have any.
    fn look(&self, now: kube_proto::Now) -> (Turn<C::Event>, Option<EventListener>) {
        let mut state = self.lock();
        let turn = state.turn(now);
        let news = matches!(turn, Turn::Wait { .. }).then(|| self.shared.news.listen());
        drop(state);
        match turn {
            // There may be another one in what was received.
            Turn::Event(_) => self.shared.news.notify(1),
            Turn::Done(_) => self.shared.news.notify(usize::MAX),
            Turn::Wait { .. } | Turn::Others => 0,
        };
        (turn, news)
    }

    /// Sleeps until the socket is ready, there are news, or the moment has come. Any number of tasks may.
    async fn wait(&self, interest: Interest, news: Option<EventListener>, until: Option<Deadline>) {
        let Shared { socket, clock, .. } = &*self.shared;
        let read = async {
            match interest {
                Interest::Write => pending().await,
                Interest::Read | Interest::ReadWrite => socket.readable().await,
            }
        };
        let write = async {
            match interest {
                Interest::Read => pending().await,
                Interest::Write | Interest::ReadWrite => socket.writable().await,
            }
        };
        let news = async {
            match news {
                Some(news) => news.await,
                None => pending().await,
            }
            Ok(())
        };
        let time = async {
            match until {
                Some(until) => clock.timer(until).await,
                None => pending().await,
            };
            Ok(())
        };
        if let Err(error) = or(or(read, write), or(news, time)).await {
            let fault = Fault::answered(FaultKind::Io, format!("cannot wait for the socket: {error}"));
            self.lock().done.get_or_insert(Err(ErrorKind::Transport(fault).into()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Channel> State<C> {
    /// Everything that can be done without blocking, until there is an event.
    fn turn(&mut self, now: kube_proto::Now) -> Turn<C::Event> {
        if self.taken == FAIR {
            self.taken = 0;
            return Turn::Others;
        }
        if let Some(event) = self.events.pop_front() {
            return Turn::Event(event);
        }
        loop {
            if let Some(done) = &self.done {
                return Turn::Done(done.clone());
            }
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.link.connection.send(bytes),
                Flow::Yield(event) => {
                    self.taken += 1;
                    return Turn::Event(event);
                }
                Flow::Done(result) => {
                    let _ = self.flush();
                    self.done = Some(result);
                }
                Flow::Wait(until) => match self.exchange() {
                    Ok(None) => {}
                    Ok(Some(writes)) => {
                        self.taken = 0;
                        return Turn::Wait { writes, until };
                    }
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
        match self.flush() {
            Ok(all) => Ok(!all),
            Err(fault) => {
                let error = Error::from(ErrorKind::Transport(fault));
                self.done.get_or_insert_with(|| Err(error.clone())).clone()?;
                Err(error)
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
        match connection.receive(&mut socket.get_ref(), &mut self.incoming, READ)? {
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
        Ok(matches!(connection.flush(&mut socket.get_ref())?, Flushed::All))
    }
}

/// A writer that waits. Dropped, a reader looks whether there is something left to send.
struct Left<'a>(&'a Event);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.notify(1);
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

/// After so many events in a row a reader lets its executor's other tasks run.
const FAIR: usize = 32;
