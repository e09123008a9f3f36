//! Reads that are under way, for those who want to know the same.
//!
//! | event | what happens |
//! |---|---|
//! | somebody asks what nobody is asking | a flight begins |
//! | somebody asks what is being asked | he joins that flight |
//! | whoever leads it has an answer, or an error | it is everybody's who joined; who asks from now on begins another flight |
//! | whoever leads it is dropped, or not polled for long | one of those who joined leads, from the beginning |
//! | the last one is dropped | nothing is kept |
//!
//! Who leads is a [lease](crate::lease) like any other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use http::response::Parts;

use crate::error::Error;
use crate::lease::Leases;
use crate::lease::clock::Clock;

/// The flights of a session.
pub(crate) struct Flights {
    clock: Arc<Clock>,
    under_way: Mutex<BTreeMap<Question, Weak<SharedFlight>>>,
}

/// What is asked, to the last byte that a server sees. May hold secrets.
pub(crate) type Question = Vec<u8>;

/// One answer for many.
pub(crate) struct SharedFlight {
    question: Question,
    of: Arc<Flights>,
    /// The right to ask the server.
    pub(crate) lead: Arc<Leases>,
    landed: Mutex<Option<Landed>>,
}

/// How it ended.
pub(crate) type Landed = Result<(Arc<Parts>, Bytes), Error>;

impl Flights {
    pub(crate) fn new(clock: &Arc<Clock>) -> Arc<Self> {
        Arc::new(Self { clock: Arc::clone(clock), under_way: Mutex::default() })
    }

    /// The flight of this question, which may have begun already.
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
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn under_way(&self) -> usize {
        self.lock().len()
    }
}

impl SharedFlight {
    /// The answer, once it is there.
    pub(crate) fn landed(&self) -> Option<Landed> {
        self.landed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is over for all who joined; the first end counts.
    pub(crate) fn land(&self, landed: Landed) {
        self.landed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(landed);
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
        // Another one with the same question may have begun.
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
    fn nothing_is_kept_of_what_is_over() {
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
