//! Admission: how many calls at once, and how many a second.
//!
//! Both are off unless they are set: API servers have their own fairness, and a limit that nobody asked for surprises
//! everybody.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::clock::Clock;
use super::lease::{Lease, Leases, RECHECK, Ticket};
use crate::time::Deadline;

/// A rate: `per_second` requests on average, `burst` at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests a second, above zero.
    pub per_second: f64,
    /// Requests that may come at once; at least 1.
    pub burst: u32,
}

/// The limiter of a session.
#[derive(Debug)]
pub(crate) struct Limiter {
    permits: Option<Arc<Leases>>,
    bucket: Option<Mutex<Bucket>>,
}

/// A token bucket as its theoretical arrival time (GCRA): one number, no ticking.
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    tolerance: Duration,
    arrival: Deadline,
}

/// Where one call stands with the limiter.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    ticket: Ticket,
    /// The moment for which a token is reserved.
    slot: Option<Deadline>,
}

impl Limiter {
    pub(crate) fn new(concurrent: Option<usize>, rate: Option<Rate>, clock: &Arc<Clock>) -> Self {
        let permits = concurrent.map(|capacity| Leases::new(capacity.max(1), Arc::clone(clock)));
        Self { permits, bucket: rate.map(|rate| Mutex::new(Bucket::new(rate))) }
    }

    /// `Ok` with the permit (`None` where permits are not counted), or when to ask again.
    pub(crate) fn admit(
        &self,
        admission: &mut Admission,
        now: Deadline,
        waker: &Waker,
    ) -> Result<Option<Lease>, Deadline> {
        // The token first: a permit that waits for a token would keep others from theirs.
        if let Some(bucket) = &self.bucket {
            let slot = *admission
                .slot
                .get_or_insert_with(|| bucket.lock().unwrap_or_else(PoisonError::into_inner).reserve(now));
            if now < slot {
                return Err(slot);
            }
        }
        match &self.permits {
            None => Ok(None),
            Some(permits) => {
                permits.ask(&mut admission.ticket, now, waker).map(Some).ok_or_else(|| now.saturating_add(RECHECK))
            }
        }
    }
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / rate.per_second.max(1e-6)).unwrap_or(Duration::MAX);
        let tolerance = interval.saturating_mul(rate.burst.max(1) - 1);
        Self { interval, tolerance, arrival: Duration::ZERO }
    }

    /// Takes the next token, and says when it may be used.
    fn reserve(&mut self, now: Deadline) -> Deadline {
        let arrival = self.arrival.max(now);
        self.arrival = arrival.saturating_add(self.interval);
        arrival.saturating_sub(self.tolerance).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut bucket = Bucket::new(Rate { per_second: 10.0, burst: 3 });
        let slots: Vec<_> = (0..5).map(|_| bucket.reserve(ms(1000))).collect();
        assert_eq!(slots, [ms(1000), ms(1000), ms(1000), ms(1100), ms(1200)]);
        assert_eq!(bucket.reserve(ms(9000)), ms(9000), "a pause fills it up");
    }

    #[test]
    fn a_slot_is_reserved_once() {
        let clock = Arc::default();
        let limiter = Limiter::new(None, Some(Rate { per_second: 1.0, burst: 1 }), &clock);
        let (mut a, mut b) = (Admission::default(), Admission::default());
        assert!(limiter.admit(&mut a, ms(0), Waker::noop()).is_ok());
        for _ in 0..3 {
            assert_eq!(limiter.admit(&mut b, ms(10), Waker::noop()).unwrap_err(), ms(1000));
        }
        assert!(limiter.admit(&mut b, ms(1000), Waker::noop()).is_ok());
    }

    #[test]
    fn off_admits_all() {
        let limiter = Limiter::new(None, None, &Arc::default());
        assert!(limiter.admit(&mut Admission::default(), ms(0), Waker::noop()).unwrap().is_none());
    }

    #[test]
    fn a_dropped_call_gives_its_permit_back() {
        let limiter = Limiter::new(Some(1), None, &Arc::default());
        let permit = limiter.admit(&mut Admission::default(), ms(0), Waker::noop()).unwrap();
        let mut waiting = Admission::default();
        assert_eq!(limiter.admit(&mut waiting, ms(0), Waker::noop()).unwrap_err(), RECHECK);
        drop(permit);
        assert!(limiter.admit(&mut waiting, ms(0), Waker::noop()).is_ok());
    }
}
