//! Which connections a server keeps, when more come than it may have.

use std::collections::BTreeMap;

use crate::driver::time::Moment;

/// The connections of a server that has a limit of them, by numbers of its own.
///
/// A connection without a request costs nothing to a client that opens it, so it may not keep others out: when a new
/// one comes and all seats are taken, the one that has been idle longest loses its seat. If every connection has a request
/// under way, the new one waits in the system's queue.
///
/// ```
/// use kube_proto::driver::Moment;
/// use kube_proto::driver::wire::{Admitted, ServerSeats};
///
/// let mut seats = ServerSeats::new(1);
/// let Admitted::Seat { number: first, .. } = seats.admit(Moment::ZERO) else { panic!() };
/// seats.busy(first);
/// assert_eq!(seats.admit(Moment::ZERO), Admitted::Full);
/// seats.idle(first, Moment::ZERO);
/// assert_eq!(seats.admit(Moment::ZERO), Admitted::Seat { number: 2, evicted: Some(first) });
/// ```
#[derive(Debug)]
pub struct ServerSeats {
    most: usize,
    last: u64,
    /// Since when a connection is idle; `None` while it has a request.
    taken: BTreeMap<u64, Option<Moment>>,
    /// The idle ones in the order in which they became so.
    idle: BTreeMap<(Moment, u64), ()>,
}

/// The result of [`ServerSeats::admit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// The connection may stay.
    Seat {
        /// Its number.
        number: u64,
        /// This one has lost its seat: close it.
        evicted: Option<u64>,
    },
    /// Accept no connection now. Ask again when one becomes idle or closes.
    Full,
}

impl ServerSeats {
    /// At most this many connections, at least one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), last: 0, taken: BTreeMap::new(), idle: BTreeMap::new() }
    }

    /// Whether a connection would get a seat now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.taken.len() < self.most || !self.idle.is_empty()
    }

    /// A seat for a new connection, which is idle.
    pub fn admit(&mut self, now: Moment) -> Admitted {
        let mut evicted = None;
        if self.taken.len() >= self.most {
            let Some(((_, oldest), ())) = self.idle.pop_first() else { return Admitted::Full };
            self.taken.remove(&oldest);
            evicted = Some(oldest);
        }
        self.last += 1;
        self.taken.insert(self.last, Some(now));
        self.idle.insert((now, self.last), ());
        Admitted::Seat { number: self.last, evicted }
    }

    /// The connection has a request under way. False: it has lost its seat.
    pub fn busy(&mut self, number: u64) -> bool {
        self.set(number, None)
    }

    /// The connection is idle since this moment. False: it has lost its seat.
    pub fn idle(&mut self, number: u64, since: Moment) -> bool {
        self.set(number, Some(since))
    }

    fn set(&mut self, number: u64, idle: Option<Moment>) -> bool {
        let Some(state) = self.taken.get_mut(&number) else { return false };
        if let Some(since) = state.take() {
            self.idle.remove(&(since, number));
        }
        *state = idle;
        if let Some(since) = idle {
            self.idle.insert((since, number), ());
        }
        true
    }

    /// The connection is closed.
    pub fn leave(&mut self, number: u64) {
        if let Some(Some(since)) = self.taken.remove(&number) {
            self.idle.remove(&(since, number));
        }
    }

    /// The number of connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// There is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(second: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(second))
    }

    #[test]
    fn the_one_that_was_idle_longest_goes() {
        let mut seats = ServerSeats::new(3);
        for second in 1..=3 {
            assert_eq!(seats.admit(at(second)), Admitted::Seat { number: second, evicted: None });
        }
        assert!(seats.busy(1));
        assert!(seats.idle(2, at(9)));
        assert_eq!(seats.admit(at(10)), Admitted::Seat { number: 4, evicted: Some(3) });
        assert_eq!(seats.admit(at(11)), Admitted::Seat { number: 5, evicted: Some(2) });
        assert!(!seats.idle(3, at(12)) && !seats.busy(2));
        assert!(seats.busy(4) && seats.busy(5));
        assert!(!seats.has_room());
        assert_eq!(seats.admit(at(13)), Admitted::Full);
        seats.leave(4);
        seats.leave(4);
        assert_eq!(seats.admit(at(14)), Admitted::Seat { number: 6, evicted: None });
        assert_eq!(seats.len(), 3);
    }
}
