//! The two-way session of a connection after its 101.

use std::fmt;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_io::Async;
use bytes::{Bytes, BytesMut};
use event_listener::{Event, EventListener};
use futures_lite::future::{or, pending, yield_now};
use kube_proto::Error;
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{Switched, SwitchedStep};
use kube_proto::driver::{Channel, Fault, FaultKind, Moment, Now};

use crate::clock::{Clock, Interest};
use crate::shared::RawLink;

/// A two-way session. A clone is cheap: one task may read while others write.
///
/// No task locks the session while it waits, so a full outgoing side never keeps another task from reading.
pub struct Duplex<C: Channel> {
    shared: Arc<Shared<C>>,
}

struct Shared<C: Channel> {
    state: Mutex<Switched<C>>,
    socket: Async<TcpStream>,
    clock: Clock,
    /// A change that the socket does not report: a writer kept an event, ended the session or went away.
    news: Event,
    /// Events since a reader last waited.
    taken: AtomicUsize,
}

impl<C: Channel> Duplex<C> {
    pub(crate) fn new(channel: C, link: RawLink, clock: Clock) -> Self {
        let RawLink { socket, connection } = link;
        let state = Mutex::new(Switched::new(channel, connection, BytesMut::new()));
        Self { shared: Arc::new(Shared { state, socket, clock, news: Event::new(), taken: AtomicUsize::new(0) }) }
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
                SwitchedStep::Wait { write, until } => {
                    let interest = if write { Interest::ReadWrite } else { Interest::Read };
                    self.wait(interest, news, earliest(until, end)).await;
                }
            }
        }
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
        loop {
            let now = self.shared.clock.now();
            if !self.flush(now)? {
                return Ok(result);
            }
            let _left = Left(&self.shared.news);
            self.wait(Interest::Write, None, None).await;
        }
    }

    /// Ends the session at once, for all tasks.
    pub fn close(&self) {
        self.lock().close(&mut self.shared.socket.get_ref());
        let _ = self.shared.socket.get_ref().shutdown(std::net::Shutdown::Both);
        self.shared.news.notify(usize::MAX);
    }

    /// A writer's turn: true while something is still unsent.
    fn flush(&self, now: Now) -> Result<bool, Error> {
        let mut state = self.lock();
        let unsent = state.flush(&mut self.shared.socket.get_ref(), now);
        let news = state.take_news();
        self.shut(state.take_finished());
        drop(state);
        if news {
            self.shared.news.notify(usize::MAX);
        }
        unsent
    }

    /// A reader's turn. Before it waits, it registers for news, so that it misses none.
    fn look(&self, now: Now) -> (SwitchedStep<C::Event>, Option<EventListener>) {
        let mut state = self.lock();
        let turn = state.turn(&mut self.shared.socket.get_ref(), now);
        self.shut(state.take_finished());
        let news = matches!(turn, SwitchedStep::Wait { .. }).then(|| self.shared.news.listen());
        drop(state);
        match turn {
            SwitchedStep::Event(_) => {
                self.shared.taken.fetch_add(1, Ordering::Relaxed);
                // There may be another event in the received bytes.
                self.shared.news.notify(1);
            }
            SwitchedStep::Done(_) => _ = self.shared.news.notify(usize::MAX),
            SwitchedStep::Wait { .. } => self.shared.taken.store(0, Ordering::Relaxed),
        }
        (turn, news)
    }

    /// Tells the peer that no more bytes come.
    fn shut(&self, finished: bool) {
        if finished {
            let _ = self.shared.socket.get_ref().shutdown(std::net::Shutdown::Write);
        }
    }

    /// Waits until the socket is ready, there is news, or the moment has come. Any number of tasks may wait.
    async fn wait(&self, interest: Interest, news: Option<EventListener>, until: Option<Moment>) {
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
            self.lock().fail(fault);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Switched<C>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A writer that waits. When it is dropped, a reader sends what is left.
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

/// After this many events in a row a reader lets the other tasks of its executor run.
const FAIR: usize = 32;
