//! The two-way session of a connection after its 101.

use std::fmt;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Wake, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{Look, LookStep, Seat, Switched, SwitchedStep};
use kube_proto::driver::{Channel, Moment, Now, Streams};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Interest, Parker, wait};
use crate::shared::{RawLink, lock};

/// A two-way session. A clone is cheap, one for each thread: some may read while others write.
///
/// No thread locks the session while it blocks, so a full outgoing side never keeps another thread from reading.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
    /// Wakes the thread of this clone: another one may find an event or the end.
    parker: Arc<Parker>,
}

struct Shared<C: Channel> {
    state: Mutex<Switched<C>>,
    socket: TcpStream,
    clock: Clock,
    /// The parkers of all clones.
    parkers: Mutex<Vec<Weak<Parker>>>,
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, link: RawLink, clock: Clock) -> Self {
        let RawLink { socket, connection } = link;
        let state = Mutex::new(Switched::new(channel, connection, BytesMut::new()));
        Self::handle(Arc::new(Shared { state, socket, clock, parkers: Mutex::default() }))
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

    /// The next event, if it comes within this time: `Some(None)` is the end, `None` is the time-out.
    ///
    /// (`next` waits without limit; it never sees the outer `None`.)
    pub fn next_within(&self, limit: Option<Duration>) -> Option<Option<Result<C::Event, Error>>> {
        let end = limit.map(|limit| self.shared.clock.now().mono.after(limit));
        loop {
            let now = self.shared.clock.now();
            let mut state = lock(&self.shared.state);
            let turn = state.turn(&mut &self.shared.socket, now);
            self.shut(state.take_finished());
            drop(state);
            if !matches!(turn, SwitchedStep::Wait { .. }) {
                // There may be another event in the received bytes, and all clones get the end.
                self.tell_others();
            }
            match turn {
                SwitchedStep::Event(event) => return Some(Some(Ok(event))),
                SwitchedStep::Done(result) => return Some(result.err().map(Err)),
                SwitchedStep::Wait { .. } if end.is_some_and(|end| now.mono >= end) => return None,
                SwitchedStep::Wait { read, write, until } => self.wait(read, write, earliest(until, end), now.mono),
            }
        }
    }

    /// Blocks until `ready` finds something in the channel, and carries the session on meanwhile: for channels of
    /// several parts, where each part has a reader or a writer of its own. `part` is the part's number in the channel.
    /// Each thread that waits needs a clone of its own.
    ///
    /// # Errors
    /// The session has ended.
    pub fn wait_for<T>(&self, part: u64, mut ready: impl FnMut(&mut C) -> Option<T>) -> Result<T, Error> {
        let mut seat = Seat::default();
        loop {
            let now = self.shared.clock.now();
            match self.look(now, (&mut seat, part), &mut ready) {
                LookStep::Ready(found) => return Ok(found),
                LookStep::Done(result) => return Err(result.err().unwrap_or(ErrorKind::Stopped.into())),
                LookStep::Again => {}
                LookStep::Follow => wait(None, &self.parker, None, now.mono),
                LookStep::Drive { read, write, until } => self.wait(read, write, until, now.mono),
            }
        }
    }

    /// Calls the channel, and does not wait until the result is sent: another thread, or the next call, sends the rest.
    /// It is for what has no time to wait, as a `Drop`.
    pub fn act(&self, act: impl FnOnce(&mut C)) {
        let now = self.shared.clock.now();
        let mut state = lock(&self.shared.state);
        let (wakes, news) = state.act_now(&mut &self.shared.socket, now, act);
        self.shut(state.take_finished());
        drop(state);
        wakes.wake();
        if news {
            self.tell_others();
        }
    }

    fn look<T>(&self, now: Now, seat: (&mut Seat, u64), ready: impl FnMut(&mut C) -> Option<T>) -> LookStep<T> {
        let waker = Waker::from(Arc::clone(&self.parker));
        let mut state = lock(&self.shared.state);
        let Look { step, wakes, news } = state.look(&mut &self.shared.socket, now, seat, waker, ready);
        self.shut(state.take_finished());
        drop(state);
        wakes.wake();
        if news {
            self.tell_others();
        }
        step
    }

    /// Blocks until the socket is ready, this clone is woken, or the moment has come.
    fn wait(&self, read: bool, write: bool, until: Option<Moment>, now: Moment) {
        let interest = match (read, write) {
            (true, true) => Some(Interest::ReadWrite),
            (true, false) => Some(Interest::Read),
            (false, true) => Some(Interest::Write),
            (false, false) => None,
        };
        wait(interest.map(|interest| (self.shared.socket.as_fd(), interest)), &self.parker, until, now);
    }

    /// Sends bytes in the frames of the session's protocol; blocks until the system has taken them.
    ///
    /// # Errors
    /// The session has ended, or its sending side has.
    pub fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.with(|channel| channel.send(bytes))??;
        Ok(())
    }

    /// Calls the channel (resize a terminal, end its input), and sends the result.
    ///
    /// # Errors
    /// The session has ended.
    pub fn with<T>(&self, act: impl FnOnce(&mut C) -> T) -> Result<T, Error> {
        let result = lock(&self.shared.state).act(act)?;
        self.sent()?;
        Ok(result)
    }

    /// Blocks until the system has taken everything that is due.
    ///
    /// # Errors
    /// The session has failed.
    pub(crate) fn sent(&self) -> Result<(), Error> {
        loop {
            let now = self.shared.clock.now();
            let mut state = lock(&self.shared.state);
            let unsent = state.flush(&mut &self.shared.socket, now);
            let news = state.take_news();
            self.shut(state.take_finished());
            drop(state);
            if news {
                self.tell_others();
            }
            if !unsent? {
                return Ok(());
            }
            wait(Some((self.shared.socket.as_fd(), Interest::Write)), &self.parker, None, now.mono);
        }
    }

    /// Ends the session at once, for all threads.
    pub fn close(&self) {
        lock(&self.shared.state).close(&mut &self.shared.socket);
        let _ = self.shared.socket.shutdown(std::net::Shutdown::Both);
        self.tell_others();
    }

    /// Tells the peer that no more bytes come.
    fn shut(&self, finished: bool) {
        if finished {
            let _ = self.shared.socket.shutdown(std::net::Shutdown::Write);
        }
    }

    /// Wakes every other clone.
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

impl<C: Streams> Duplex<C> {
    /// From now on the streams have readers.
    pub(crate) fn use_streams(&self) {
        lock(&self.shared.state).use_streams();
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
