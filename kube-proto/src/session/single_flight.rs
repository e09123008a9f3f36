//! Reads under way that equal requests share.
//!
//! | event | what happens |
//! |---|---|
//! | a request equals none under way | a flight begins |
//! | a request equals one under way | it joins that flight |
//! | the leader has an answer or an error | all members share it; a later request begins another flight |
//! | the leader is dropped, or not polled for [`TERM`](crate::lease::TERM) | another member leads, from the beginning |
//! | the last member is dropped | the flight is removed |
//!
//! The lead is a [lease](crate::lease).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use bytes::Bytes;
use http::response::Parts;

use crate::error::Error;
use crate::lease::Leases;
use crate::lease::clock::Clock;
use crate::lock::lock;

/// The flights of a session.
pub(crate) struct Flights {
    clock: Arc<Clock>,
    under_way: Mutex<BTreeMap<Question, Weak<SharedFlight>>>,
}

/// A request, with every byte that the server sees. It may contain secrets.
pub(crate) type Question = Vec<u8>;

/// One exchange and its shared outcome.
pub(crate) struct SharedFlight {
    question: Question,
    of: Arc<Flights>,
    /// The right to ask the server.
    pub(crate) lead: Arc<Leases>,
    landed: Mutex<Option<Landed>>,
}

/// The outcome of a flight.
pub(crate) type Landed = Result<(Arc<Parts>, Bytes), Error>;

impl Flights {
    pub(crate) fn new(clock: &Arc<Clock>) -> Arc<Self> {
        Arc::new(Self { clock: Arc::clone(clock), under_way: Mutex::default() })
    }

    /// The flight of this request: the one under way, or a new one.
    pub(crate) fn join(self: &Arc<Self>, question: Question) -> Arc<SharedFlight> {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(&question).and_then(Weak::upgrade) {
            return flight;
        }
        let flight = Arc::new(SharedFlight {
            question: question.clone(),
            of: Arc::clone(self),
            lead: Leases::new(1, Arc::clone(&self.clock)),
            landed: Mutex::default(),
        });
        under_way.insert(question, Arc::downgrade(&flight));
        flight
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Question, Weak<SharedFlight>>> {
        lock(&self.under_way)
    }

    #[cfg(test)]
    fn under_way(&self) -> usize {
        self.lock().len()
    }
}

impl SharedFlight {
    /// The outcome, if the flight has landed.
    pub(crate) fn landed(&self) -> Option<Landed> {
        lock(&self.landed).clone()
    }

    /// Ends the flight for all members. Only the first outcome counts.
    pub(crate) fn land(&self, landed: Landed) {
        lock(&self.landed).get_or_insert(landed);
        self.forget(|found| std::ptr::eq(found.as_ptr(), self));
        self.lead.wake_all();
    }

    fn forget(&self, which: impl Fn(&Weak<SharedFlight>) -> bool) {
        let mut under_way = self.of.lock();
        if under_way.get(&self.question).is_some_and(which) {
            under_way.remove(&self.question);
        }
    }
}

impl Drop for SharedFlight {
    fn drop(&mut self) {
        // Another flight of the same request may have begun.
        self.forget(|found| found.strong_count() == 0);
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_flights_are_removed() {
        let flights = Flights::new(&Arc::default());
        let first = flights.join(b"a".to_vec());
        assert!(Arc::ptr_eq(&first, &flights.join(b"a".to_vec())));
        let other = flights.join(b"b".to_vec());
        assert_eq!(flights.under_way(), 2);
        drop(other);
        assert_eq!(flights.under_way(), 1);
        first.land(Err(Error::misuse("one")));
        first.land(Err(Error::misuse("two")));
        assert_eq!(first.landed().unwrap().unwrap_err().to_string(), "one");
        assert_eq!(flights.under_way(), 0);
        let second = flights.join(b"a".to_vec());
        drop(first);
        assert_eq!(flights.under_way(), 1, "the end of the first is not that of the second");
        second.land(Err(Error::misuse("three")));
        assert_eq!(flights.under_way(), 0);
    }
}
