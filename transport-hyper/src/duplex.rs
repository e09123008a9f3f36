//! The two-way life of a connection after its 101.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kube_proto::time::earliest;
use kube_proto::wire::{Flushed, Received};
use kube_proto::{Channel, Deadline, Error, ErrorKind, Fault, FaultKind, Flow, Now};

use crate::clock::{Alarm, Clock, Waiting};
use crate::exchange::RawLink;
use crate::socket::Lent;

/// A two-way session. A cheap clone: one task may read while others write.
///
/// No task holds the session while it waits, so a full outgoing side never keeps another task from reading. Every future
/// may be dropped at any time: what was given to the session is sent by the next one that is polled.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
}

struct Shared<C: Channel> {
    state: Mutex<State<C>>,
    clock: Clock,
    /// Who waits: the socket wakes them all.
    waiting: Arc<Waiting>,
    numbers: AtomicU64,
}

struct State<C: Channel> {
    channel: C,
    link: RawLink,
    incoming: BytesMut,
    /// Events that writing tasks came across; no more than what had been received already.
    events: VecDeque<C::Event>,
    ended: bool,
    done: Option<Result<(), Error>>,
}

enum Turn<E> {
    Event(E),
    Done(Result<(), Error>),
    Wait(Option<Deadline>),
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, mut link: RawLink, clock: Clock) -> Self {
        let incoming = std::mem::take(&mut link.incoming);
        let mut state = State { channel, link, incoming, events: VecDeque::new(), ended: false, done: None };
        if !state.incoming.is_empty() {
            state.channel.receive(&mut state.incoming, false);
        }
        let (state, waiting, numbers) = (Mutex::new(state), Arc::default(), AtomicU64::new(0));
        Self { shared: Arc::new(Shared { state, clock, waiting, numbers }) }
    }

    /// The next event. `None` is the end.
    pub async fn next(&self) -> Option<Result<C::Event, Error>> {
        self.next_within(None).await.flatten()
    }

    /// The next event, if it comes within this time: `Some(None)` is the end, `None` says that there was nothing.
    ///
    /// (`next` waits without limit; it never sees the outer `None`.)
    pub async fn next_within(&self, limit: Option<Duration>) -> Option<Option<Result<C::Event, Error>>> {
        let end = limit.map(|limit| self.shared.clock.now().mono.saturating_add(limit));
        let (mut alarm, waits) = (Alarm::default(), self.wait());
        std::future::poll_fn(|cx| {
            waits.enter(cx);
            loop {
                let now = self.shared.clock.now();
                let turn = self.with_waker(|state, cx| state.turn(now, cx));
                match turn {
                    Turn::Event(event) => return Poll::Ready(Some(Some(Ok(event)))),
                    Turn::Done(result) => {
                        waits.leave();
                        self.shared.waiting.wake_all();
                        return Poll::Ready(Some(result.err().map(Err)));
                    }
                    Turn::Wait(_) if end.is_some_and(|end| now.mono >= end) => return Poll::Ready(None),
                    Turn::Wait(until) => {
                        std::task::ready!(alarm.poll(cx, earliest(until, end), &self.shared.clock));
                    }
                }
            }
        })
        .await
    }

    /// Sends bytes as the session's protocol frames them; waits until the system has taken them.
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
        let result = {
            let mut state = self.lock();
            if let Some(Err(error)) = &state.done {
                return Err(error.clone());
            }
            act(&mut state.channel)
        };
        let waits = self.wait();
        std::future::poll_fn(|cx| {
            waits.enter(cx);
            let now = self.shared.clock.now();
            let (unsent, news) = self.with_waker(|state, cx| {
                let known = (state.events.len(), state.done.is_some());
                let unsent = state.flush_all(now, cx);
                (unsent, known != (state.events.len(), state.done.is_some()))
            });
            if news {
                // A reader waits for the socket, and this is not from there.
                waits.leave();
                self.shared.waiting.wake_all();
                waits.enter(cx);
            }
            match unsent {
                Ok(true) => Poll::Pending,
                Ok(false) => Poll::Ready(Ok(())),
                Err(error) => Poll::Ready(Err(error)),
            }
        })
        .await?;
        Ok(result)
    }

    /// Ends the session at once, for all tasks.
    pub fn close(&self) {
        self.with_waker(|state, cx| {
            let RawLink { socket, connection, .. } = &mut state.link;
            let _ = connection.close(&mut Lent { socket: &mut **socket, cx });
            let _ = socket.poll_close(cx);
            state.done.get_or_insert(Err(Error::new(ErrorKind::Stopped)));
        });
        self.shared.waiting.wake_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whatever waits for the socket in this wakes all who wait.
    fn with_waker<T>(&self, act: impl FnOnce(&mut State<C>, &mut Context<'_>) -> T) -> T {
        let waker = Waker::from(Arc::clone(&self.shared.waiting));
        act(&mut self.lock(), &mut Context::from_waker(&waker))
    }

    fn wait(&self) -> Waits<'_> {
        Waits { waiting: &self.shared.waiting, number: self.shared.numbers.fetch_add(1, Ordering::Relaxed) }
    }
}

/// A place among those who wait.
struct Waits<'a> {
    waiting: &'a Waiting,
    number: u64,
}

impl Waits<'_> {
    fn enter(&self, cx: &Context<'_>) {
        self.waiting.enter(self.number, cx.waker());
    }

    fn leave(&self) {
        self.waiting.leave(self.number);
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<C: Channel> State<C> {
    /// Everything that can be done without waiting, until there is an event.
    fn turn(&mut self, now: Now, cx: &mut Context<'_>) -> Turn<C::Event> {
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
                    let _ = self.flush(cx);
                    self.done = Some(result);
                }
                Flow::Wait(until) => match self.exchange(cx) {
                    Ok(true) => {}
                    Ok(false) => return Turn::Wait(until),
                    Err(fault) => self.done = Some(Err(ErrorKind::Transport(fault).into())),
                },
            }
        }
    }

    /// Sends what is due; true while something is still unsent. Events that turn up are kept for the reader.
    fn flush_all(&mut self, now: Now, cx: &mut Context<'_>) -> Result<bool, Error> {
        while self.done.is_none() {
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.link.connection.send(bytes),
                Flow::Yield(event) => self.events.push_back(event),
                Flow::Done(result) => self.done = Some(result),
                Flow::Wait(_) => break,
            }
        }
        match self.flush(cx) {
            Ok(all) => Ok(!all),
            Err(fault) => {
                let error = Error::from(ErrorKind::Transport(fault));
                self.done.get_or_insert_with(|| Err(error.clone())).clone()?;
                Err(error)
            }
        }
    }

    /// Bytes both ways. True where something came in.
    fn exchange(&mut self, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let flushed = self.flush(cx);
        if self.ended {
            return Err(Fault::answered(FaultKind::Closed, "the connection has ended"));
        }
        let RawLink { socket, connection, .. } = &mut self.link;
        // Read even when writing failed: the peer may have said why before it closed.
        match connection.receive(&mut Lent { socket: &mut **socket, cx }, &mut self.incoming, READ)? {
            Received::Bytes => self.channel.receive(&mut self.incoming, false),
            Received::End => {
                self.ended = true;
                self.channel.receive(&mut self.incoming, true);
            }
            Received::Blocked => return flushed.map(|_| false),
        }
        Ok(true)
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let RawLink { socket, connection, .. } = &mut self.link;
        Ok(matches!(connection.flush(&mut Lent { socket: &mut **socket, cx })?, Flushed::All))
    }
}

impl<C: Channel> Clone for Duplex<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C: Channel> fmt::Debug for Duplex<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex").finish_non_exhaustive()
    }
}

/// The most bytes that are read at once.
const READ: usize = 64 << 10;
