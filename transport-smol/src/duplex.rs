//! The two-way session of a connection after its 101.

use std::fmt;
use std::future::poll_fn;
use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use event_listener::{Event, EventListener};
use futures_lite::future::{or, pending, yield_now};
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{Look, LookStep, Seat, Switched, SwitchedStep};
use kube_proto::driver::{Channel, Fault, FaultKind, Moment, Now, Streams};
use kube_proto::{Error, ErrorKind};

use crate::clock::Clock;
use crate::shared::RawLink;
use crate::socket::{Interest, Socket};

/// A two-way session. A clone is cheap: one task may read while others write.
///
/// No task locks the session while it waits, so a full outgoing side never keeps another task from reading.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
}

struct Shared<C: Channel> {
    state: Mutex<Switched<C>>,
    socket: Socket,
    clock: Clock,
    /// A change that the socket does not report: a writer kept an event, ended the session or went away.
    news: Event,
    /// The end of the session, for writers that wait for a socket that takes nothing any more.
    over: Event,
    /// Events since a reader last waited.
    taken: AtomicUsize,
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, link: RawLink, clock: Clock) -> Self {
        let RawLink { socket, connection } = link;
        let state = Mutex::new(Switched::new(channel, connection, BytesMut::new()));
        let (news, over, taken) = (Event::new(), Event::new(), AtomicUsize::new(0));
        Self { shared: Arc::new(Shared { state, socket, clock, news, over, taken }) }
    }

    /// The next event; `None` is the end. If this future is dropped early, no event is lost.
    pub async fn next(&self) -> Option<Result<C::Event, Error>> {
        self.next_within(None).await.flatten()
    }

    /// The next event, if it comes within this time: `Some(None)` is the end, `None` is the time-out.
    ///
    /// (`next` waits without limit; it never sees the outer `None`.)
    pub async fn next_within(&self, limit: Option<Duration>) -> Option<Option<Result<C::Event, Error>>> {
        let end = limit.map(|limit| self.shared.clock.now().mono.after(limit));
        loop {
            if self.shared.taken.load(Ordering::Relaxed) >= FAIR {
                // There may be more events, but other tasks take their turn first.
                self.shared.taken.store(0, Ordering::Relaxed);
                yield_now().await;
            }
            let now = self.shared.clock.now();
            let (turn, news) = self.look(now);
            match turn {
                SwitchedStep::Event(event) => return Some(Some(Ok(event))),
                SwitchedStep::Done(result) => return Some(result.err().map(Err)),
                SwitchedStep::Wait { .. } if end.is_some_and(|end| now.mono >= end) => return None,
                SwitchedStep::Wait { read, write, until } => {
                    self.wait(interest(read, write), news, earliest(until, end)).await;
                }
            }
        }
    }

    /// Waits until `ready` finds something in the channel, and carries the session on meanwhile: for channels of
    /// several parts, where each part has a reader or a writer of its own. `part` is the part's number in the channel.
    /// The future may be dropped at any time.
    ///
    /// # Errors
    /// The session has ended.
    pub async fn wait_for<T>(&self, part: u64, mut ready: impl FnMut(&mut C) -> Option<T>) -> Result<T, Error> {
        let mut seated = Seated { session: self, seat: Seat::task() };
        loop {
            let now = self.shared.clock.now();
            let (step, news) =
                poll_fn(|cx| Poll::Ready(self.glance(now, (&mut seated.seat, part), cx.waker().clone(), &mut ready)))
                    .await;
            match step {
                LookStep::Ready(found) => return Ok(found),
                LookStep::Done(result) => return Err(result.err().unwrap_or(ErrorKind::Stopped.into())),
                LookStep::Again => yield_now().await,
                LookStep::Follow => woken().await,
                LookStep::Drive { read, write, until } => {
                    or(woken(), self.wait(interest(read, write), news, until)).await;
                }
            }
        }
    }

    /// Calls the channel, and does not wait until the result is sent: another task, or the next call, sends the rest.
    /// It is for what has no time to wait, as a `Drop`.
    pub fn act(&self, act: impl FnOnce(&mut C)) {
        let mut state = self.lock();
        let (wakes, news) = state.act_now(&mut self.shared.socket.bare(), self.shared.clock.now(), act);
        self.shut(state.take_finished());
        drop(state);
        wakes.wake();
        if news {
            self.tell_all();
        }
    }

    /// A look. Before a driving task waits, it registers for news, so that it misses none.
    fn glance<T>(
        &self,
        now: Now,
        seat: (&mut Seat, u64),
        waker: Waker,
        ready: impl FnMut(&mut C) -> Option<T>,
    ) -> (LookStep<T>, Option<EventListener>) {
        let mut state = self.lock();
        let Look { step, wakes, news } = state.look(&mut self.shared.socket.bare(), now, seat, waker, ready);
        self.shut(state.take_finished());
        let listener = matches!(step, LookStep::Drive { .. }).then(|| self.shared.news.listen());
        drop(state);
        wakes.wake();
        if news {
            self.tell_all();
        }
        (step, listener)
    }

    /// Sends bytes in the frames of the session's protocol; ready when the system has taken them. If the future is
    /// dropped early, the next read or send sends the rest.
    ///
    /// # Errors
    /// The session has ended, or its sending side has.
    pub async fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.with(|channel| channel.send(bytes)).await??;
        Ok(())
    }

    /// Calls the channel (resize a terminal, end its input), and sends the result.
    ///
    /// # Errors
    /// The session has ended.
    pub async fn with<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        let result = self.lock().act(act)?;
        self.sent().await?;
        Ok(result)
    }

    /// Waits until the system has taken everything that is due.
    ///
    /// # Errors
    /// The session has failed.
    pub(crate) async fn sent(&self) -> Result<(), Error> {
        loop {
            // It listens before it looks, so that it misses nothing.
            let (now, over) = (self.shared.clock.now(), self.shared.over.listen());
            if !self.flush(now)? {
                return Ok(());
            }
            let _left = Left(&self.shared.news);
            self.wait(Some(Interest::Write), Some(over), None).await;
        }
    }

    /// Calls the channel, and sends nothing yet: [`sent`](Self::sent) does.
    ///
    /// # Errors
    /// The session has failed.
    pub(crate) fn call<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        self.lock().act(act)
    }

    /// Ends the session at once, for all tasks.
    pub fn close(&self) {
        let mut state = self.lock();
        state.close(&mut self.shared.socket.bare());
        let wakes = state.waiting();
        drop(state);
        wakes.wake();
        self.shared.socket.shut(Shutdown::Both);
        self.tell_all();
    }

    /// Wakes all readers that wait for news, and all writers.
    fn tell_all(&self) {
        self.shared.news.notify(usize::MAX);
        self.shared.over.notify(usize::MAX);
    }

    /// A writer's turn: true while something is still unsent.
    fn flush(&self, now: Now) -> Result<bool, Error> {
        let mut state = self.lock();
        let unsent = state.flush(&mut self.shared.socket.bare(), now);
        let news = state.take_news();
        self.shut(state.take_finished());
        drop(state);
        if news {
            self.tell_all();
        }
        unsent
    }

    /// A reader's turn. Before it waits, it registers for news, so that it misses none.
    fn look(&self, now: Now) -> (SwitchedStep<C::Event>, Option<EventListener>) {
        let mut state = self.lock();
        let turn = state.turn(&mut self.shared.socket.bare(), now);
        self.shut(state.take_finished());
        let news = matches!(turn, SwitchedStep::Wait { .. }).then(|| self.shared.news.listen());
        drop(state);
        match turn {
            SwitchedStep::Event(_) => {
                self.shared.taken.fetch_add(1, Ordering::Relaxed);
                // There may be another event in the received bytes.
                self.shared.news.notify(1);
            }
            SwitchedStep::Done(_) => self.tell_all(),
            SwitchedStep::Wait { .. } => self.shared.taken.store(0, Ordering::Relaxed),
        }
        (turn, news)
    }

    /// Tells the peer that no more bytes come.
    fn shut(&self, finished: bool) {
        if finished {
            self.shared.socket.shut(Shutdown::Write);
        }
    }

    /// Waits until the socket is ready, there is news, or the moment has come. Any number of tasks may wait.
    async fn wait(&self, interest: Option<Interest>, news: Option<EventListener>, until: Option<Moment>) {
        let Shared { socket, clock, .. } = &*self.shared;
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
        if let Err(error) = or(socket.ready(interest), or(news, time)).await {
            let fault = Fault::answered(FaultKind::Io, format!("cannot wait for the socket: {error}"));
            let mut state = self.lock();
            state.fail(fault);
            let wakes = state.waiting();
            drop(state);
            wakes.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Switched<C>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seat of a task that waits. When it is dropped, another one may have to drive the session.
struct Seated<'a, C: Channel> {
    session: &'a Duplex<C>,
    seat: Seat,
}

impl<C: Channel> Drop for Seated<'_, C> {
    fn drop(&mut self) {
        let wakes = self.session.lock().leave(&mut self.seat);
        wakes.wake();
    }
}

fn interest(read: bool, write: bool) -> Option<Interest> {
    match (read, write) {
        (true, true) => Some(Interest::ReadWrite),
        (true, false) => Some(Interest::Read),
        (false, true) => Some(Interest::Write),
        (false, false) => None,
    }
}

/// Ready when the task is woken.
async fn woken() {
    let mut first = true;
    poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }).await;
}

/// A writer that waits. When it is dropped, a reader sends what is left.
struct Left<'a>(&'a Event);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.notify(1);
    }
}

impl<C: Streams> Duplex<C> {
    /// From now on the streams have readers.
    pub(crate) fn use_streams(&self) {
        self.lock().use_streams();
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

/// After this many events in a row a reader lets the other tasks of its executor run.
const FAIR: usize = 32;
