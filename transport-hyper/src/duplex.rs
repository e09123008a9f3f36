//! The two-way session of a connection after its 101.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{Look, LookStep, Seat, Switched, SwitchedStep};
use kube_proto::driver::{Channel, Now, Streams};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Alarm, Clock, Waiting};
use crate::runtime::Socket;
use crate::shared::RawLink;
use crate::socket::Lent;

/// A two-way session. A clone is cheap: one task may read while others write.
///
/// No task locks the session while it waits, so a full outgoing side never keeps another task from reading. Every
/// future may be dropped at any time: the next future that is polled sends what was given to the session.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
}

struct Shared<C: Channel> {
    state: Mutex<State<C>>,
    clock: Clock,
    /// The waiting tasks: the socket wakes them all.
    waiting: Arc<Waiting>,
    numbers: AtomicU64,
    /// Events since a reader last waited.
    taken: AtomicUsize,
}

struct State<C: Channel> {
    switched: Switched<C>,
    socket: Box<dyn Socket>,
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, link: RawLink, clock: Clock) -> Self {
        let RawLink { socket, connection, incoming } = link;
        let state = Mutex::new(State { switched: Switched::new(channel, connection, incoming), socket });
        let (waiting, numbers, taken) = (Arc::default(), AtomicU64::new(0), AtomicUsize::new(0));
        Self { shared: Arc::new(Shared { state, clock, waiting, numbers, taken }) }
    }

    /// The next event. `None` is the end.
    pub async fn next(&self) -> Option<Result<C::Event, Error>> {
        self.next_within(None).await.flatten()
    }

    /// The next event, if it comes within this time: `Some(None)` is the end, `None` is the time-out.
    ///
    /// (`next` waits without limit; it never sees the outer `None`.)
    pub async fn next_within(&self, limit: Option<Duration>) -> Option<Option<Result<C::Event, Error>>> {
        let end = limit.map(|limit| self.shared.clock.now().mono.after(limit));
        let (mut alarm, waits) = (Alarm::default(), self.wait());
        std::future::poll_fn(|cx| {
            if self.shared.taken.load(Ordering::Relaxed) >= FAIR {
                // There may be more events, but other tasks take their turn first.
                self.shared.taken.store(0, Ordering::Relaxed);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            waits.enter(cx);
            loop {
                let now = self.shared.clock.now();
                let turn = self.with_socket(|switched, io| switched.turn(io, now));
                match turn {
                    SwitchedStep::Event(event) => {
                        self.shared.taken.fetch_add(1, Ordering::Relaxed);
                        return Poll::Ready(Some(Some(Ok(event))));
                    }
                    SwitchedStep::Done(result) => {
                        waits.leave();
                        self.shared.waiting.wake_all();
                        return Poll::Ready(Some(result.err().map(Err)));
                    }
                    SwitchedStep::Wait { .. } if end.is_some_and(|end| now.mono >= end) => return Poll::Ready(None),
                    SwitchedStep::Wait { until, .. } => {
                        self.shared.taken.store(0, Ordering::Relaxed);
                        std::task::ready!(alarm.poll(cx, earliest(until, end), &self.shared.clock));
                    }
                }
            }
        })
        .await
    }

    /// Waits until `ready` finds something in the channel, and carries the session on meanwhile: for channels of
    /// several parts, where each part has a reader or a writer of its own. `part` is the part's number in the channel.
    /// The future may be dropped at any time.
    ///
    /// # Errors
    /// The session has ended.
    pub async fn wait_for<T>(&self, part: u64, mut ready: impl FnMut(&mut C) -> Option<T>) -> Result<T, Error> {
        let mut seated = Seated { session: self, seat: Seat::task() };
        let (mut alarm, waits) = (Alarm::default(), self.wait());
        std::future::poll_fn(|cx| {
            // The socket may become ready as soon as it was asked.
            waits.enter(cx);
            loop {
                let now = self.shared.clock.now();
                match self.glance(now, (&mut seated.seat, part), cx.waker(), &mut ready) {
                    LookStep::Ready(found) => return Poll::Ready(Ok(found)),
                    LookStep::Done(result) => {
                        return Poll::Ready(Err(result.err().unwrap_or(ErrorKind::Stopped.into())));
                    }
                    LookStep::Again => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    LookStep::Follow => return Poll::Pending,
                    LookStep::Drive { until, .. } => {
                        std::task::ready!(alarm.poll(cx, until, &self.shared.clock));
                    }
                }
            }
        })
        .await
    }

    /// Calls the channel, and does not wait until the result is sent: another task, or the next call, sends the rest.
    /// It is for what has no time to wait, as a `Drop`.
    pub fn act(&self, act: impl FnOnce(&mut C)) {
        let now = self.shared.clock.now();
        let (wakes, news) = self.with_socket(|switched, io| switched.act_now(io, now, act));
        wakes.wake();
        if news {
            self.shared.waiting.wake_all();
        }
    }

    fn glance<T>(
        &self,
        now: Now,
        seat: (&mut Seat, u64),
        waker: &Waker,
        ready: impl FnMut(&mut C) -> Option<T>,
    ) -> LookStep<T> {
        let waker = waker.clone();
        let Look { step, wakes, news } = self.with_socket(|switched, io| switched.look(io, now, seat, waker, ready));
        wakes.wake();
        if news {
            self.shared.waiting.wake_all();
        }
        step
    }

    /// Sends bytes in the frames of the session's protocol; waits until the system has taken them.
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
        let result = self.lock().switched.act(act)?;
        self.sent().await?;
        Ok(result)
    }

    /// Waits until the system has taken everything that is due.
    ///
    /// # Errors
    /// The session has failed.
    pub(crate) async fn sent(&self) -> Result<(), Error> {
        let waits = self.wait();
        std::future::poll_fn(|cx| {
            waits.enter(cx);
            let now = self.shared.clock.now();
            let (unsent, news) = self.with_socket(|switched, io| (switched.flush(io, now), switched.take_news()));
            if news {
                // A reader waits for the socket; this wake-up did not come from there.
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
        .await
    }

    /// Calls the channel, and sends nothing yet: [`sent`](Self::sent) does.
    ///
    /// # Errors
    /// The session has failed.
    pub(crate) fn call<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        self.lock().switched.act(act)
    }

    /// Ends the session at once, for all tasks.
    pub fn close(&self) {
        let wakes = self.with_socket(|switched, io| {
            switched.close(io);
            let _ = io.socket.poll_close(io.cx);
            switched.waiting()
        });
        wakes.wake();
        self.shared.waiting.wake_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses the socket, which wakes all waiting tasks when it is ready again. Closes the sending side after the last
    /// byte.
    fn with_socket<T>(&self, act: impl FnOnce(&mut Switched<C>, &mut Lent<'_, '_>) -> T) -> T {
        let waker = Waker::from(Arc::clone(&self.shared.waiting));
        let mut state = self.lock();
        let State { switched, socket } = &mut *state;
        let io = &mut Lent { socket: &mut **socket, cx: &mut Context::from_waker(&waker) };
        let result = act(switched, io);
        if switched.take_finished() {
            let _ = io.socket.poll_close(io.cx);
        }
        result
    }

    fn wait(&self) -> Waits<'_> {
        Waits { waiting: &self.shared.waiting, number: self.shared.numbers.fetch_add(1, Ordering::Relaxed) }
    }
}

/// The seat of a task that waits. When it is dropped, another one may have to drive the session.
struct Seated<'a, C: Channel> {
    session: &'a Duplex<C>,
    seat: Seat,
}

impl<C: Channel> Drop for Seated<'_, C> {
    fn drop(&mut self) {
        let wakes = self.session.lock().switched.leave(&mut self.seat);
        wakes.wake();
    }
}

/// A place among the waiting tasks.
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

impl<C: Streams> Duplex<C> {
    /// From now on the streams have readers.
    pub(crate) fn use_streams(&self) {
        self.lock().switched.use_streams();
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

/// After this many events in a row a reader lets the other tasks of its executor run.
const FAIR: usize = 32;
