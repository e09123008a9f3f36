//! What the connections of one async server share: their seats, and the stop.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use crate::driver::time::Moment;
use crate::driver::wire::{Admitted, ServerSeats};
use crate::lock::lock;

/// The connections of one async webhook server. For drivers. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Mutex<Inner>>);

struct Inner {
    seats: ServerSeats,
    /// The task of each connection.
    guests: BTreeMap<u64, Waker>,
    /// The task that accepts connections, or waits for their end.
    server: Waker,
    stopping: bool,
    closed: bool,
}

/// A connection's place at the [`Gate`]. Dropping it gives the place back.
#[derive(Debug)]
pub struct Guest {
    number: u64,
    gate: Gate,
}

/// What the server wants of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Go on.
    Stay,
    /// Take no further request.
    Stop,
    /// Close at once: another connection has got the place, or the time of a stop is over.
    Leave,
}

impl Gate {
    /// A gate for at most this many connections.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let seats = ServerSeats::new(most);
        let server = Waker::noop().clone();
        Self(Arc::new(Mutex::new(Inner { seats, guests: BTreeMap::new(), server, stopping: false, closed: false })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.0)
    }

    /// A place for a new connection, which may take that of an idle one. `None`: there is none, and `has_room` had not been
    /// asked.
    #[must_use]
    pub fn admit(&self, now: Moment) -> Option<Guest> {
        let mut inner = self.lock();
        let Admitted::Seat { number, evicted } = inner.seats.admit(now) else { return None };
        let leaves = evicted.and_then(|evicted| inner.guests.remove(&evicted));
        drop(inner);
        if let Some(leaves) = leaves {
            leaves.wake();
        }
        Some(Guest { number, gate: self.clone() })
    }

    /// Ready when a connection can be admitted, or when the server stops.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.stopping || inner.seats.has_room() {
            return Poll::Ready(());
        }
        let old = std::mem::replace(&mut inner.server, cx.waker().clone());
        drop(inner);
        drop(old);
        Poll::Pending
    }

    /// Ready when the server stops.
    pub fn poll_stop(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.stopping {
            return Poll::Ready(());
        }
        let old = std::mem::replace(&mut inner.server, cx.waker().clone());
        drop(inner);
        drop(old);
        Poll::Pending
    }

    /// Ready when the last connection has left.
    pub fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.seats.is_empty() {
            return Poll::Ready(());
        }
        let old = std::mem::replace(&mut inner.server, cx.waker().clone());
        drop(inner);
        drop(old);
        Poll::Pending
    }

    /// The server stops: connections finish what they have begun.
    pub fn stop(&self) {
        self.tell(|inner| inner.stopping = true);
    }

    /// Connections leave at once.
    pub fn close(&self) {
        self.tell(|inner| (inner.stopping, inner.closed) = (true, true));
    }

    fn tell(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.lock();
        change(&mut inner);
        let guests = std::mem::take(&mut inner.guests);
        let server = std::mem::replace(&mut inner.server, Waker::noop().clone());
        drop(inner);
        guests.into_values().for_each(Waker::wake);
        server.wake();
    }
}

impl Guest {
    /// Reports whether the connection is idle, and since when; the task is woken when the server wants something else.
    #[must_use]
    pub fn poll(&self, idle_since: Option<Moment>, cx: &mut Context<'_>) -> Wanted {
        let mut inner = self.gate.lock();
        let full = !inner.seats.has_room();
        let has_seat = match idle_since {
            Some(since) => inner.seats.idle(self.number, since),
            None => inner.seats.busy(self.number),
        };
        if !has_seat || inner.closed {
            return Wanted::Leave;
        }
        let old = inner.guests.insert(self.number, cx.waker().clone());
        let stopping = inner.stopping;
        // A connection that has become idle makes room.
        let makes_room = full && inner.seats.has_room();
        let server = makes_room.then(|| std::mem::replace(&mut inner.server, Waker::noop().clone()));
        drop(inner);
        drop(old);
        if let Some(server) = server {
            server.wake();
        }
        if stopping { Wanted::Stop } else { Wanted::Stay }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut inner = self.gate.lock();
        inner.seats.leave(self.number);
        let own = inner.guests.remove(&self.number);
        let server = std::mem::replace(&mut inner.server, Waker::noop().clone());
        drop(inner);
        drop(own);
        server.wake();
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("connections", &self.lock().seats.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_guest_leaves_for_a_new_one_and_all_stop_at_the_end() {
        let gate = Gate::new(1);
        let (count, server) = (Arc::<Count>::default(), Arc::<Count>::default());
        let (guest, acceptor) = (Waker::from(Arc::clone(&count)), Waker::from(Arc::clone(&server)));
        let (mut cx, mut accepts) = (Context::from_waker(&guest), Context::from_waker(&acceptor));
        let first = gate.admit(Moment::ZERO).unwrap();
        assert_eq!(first.poll(None, &mut cx), Wanted::Stay);
        assert!(gate.poll_room(&mut accepts).is_pending() && gate.admit(Moment::ZERO).is_none());
        assert_eq!(first.poll(Some(Moment::ZERO), &mut cx), Wanted::Stay);
        assert_eq!(server.0.load(Ordering::Relaxed), 1, "there is room");
        let second = gate.admit(Moment::ZERO).unwrap();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(first.poll(Some(Moment::ZERO), &mut cx), Wanted::Leave);
        drop(first);
        assert_eq!(second.poll(None, &mut cx), Wanted::Stay);
        assert!(gate.poll_stop(&mut accepts).is_pending());
        gate.stop();
        assert!(gate.poll_stop(&mut accepts).is_ready() && gate.poll_empty(&mut accepts).is_pending());
        assert_eq!(second.poll(None, &mut cx), Wanted::Stop);
        gate.close();
        assert_eq!(second.poll(None, &mut cx), Wanted::Leave);
        drop(second);
        assert!(gate.poll_empty(&mut accepts).is_ready());
    }
}
