use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use crate::driver::time::Moment;
use crate::lease::clock::Clock;
use crate::lease::{Lease, Leases, RECHECK, Ticket};
use crate::settings::policy::Rate;

/// The limiter of a session.
#[derive(Debug)]
pub(crate) struct Limiter {
    permits: Option<Arc<Leases>>,
    bucket: Option<Arc<Mutex<Bucket>>>,
}

/// A token bucket in the form of its theoretical arrival time (GCRA), without a timer.
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    tolerance: Duration,
    arrival: Moment,
    /// Earlier arrivals that were reserved and returned unused.
    free: BTreeSet<Moment>,
}

/// The progress of one call through the limiter.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    ticket: Ticket,
    token: Option<Token>,
    /// The moment from which the token is usable.
    usable: Option<Moment>,
}

/// A reserved token. Dropped unused, it is free for another call.
#[derive(Debug)]
struct Token {
    of: Arc<Mutex<Bucket>>,
    arrival: Moment,
    /// The token is usable from this moment.
    slot: Moment,
    used: bool,
}

/// Why a call is not admitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// Ask again at this moment, or when woken.
    Wait(Moment),
    /// No token is available before the deadline of the call.
    TooLate,
}

impl Limiter {
    pub(crate) fn new(concurrent: Option<usize>, rate: Option<Rate>, clock: &Arc<Clock>) -> Self {
        let permits = concurrent.map(|capacity| Leases::new(capacity.max(1), Arc::clone(clock)));
        Self { permits, bucket: rate.map(|rate| Arc::new(Mutex::new(Bucket::new(rate)))) }
    }

    /// `Ok` with the permit (`None` if permits are not limited). `until` is the deadline of the call.
    pub(crate) fn admit(
        &self,
        admission: &mut Admission,
        now: Moment,
        until: Option<Moment>,
        waker: &Waker,
    ) -> Result<Option<Lease>, NotNow> {
        // The token first: a call that holds a permit while it waits for a token would block the others.
        if let Some(bucket) = &self.bucket {
            let token = match &mut admission.token {
                Some(token) => token,
                none => none.insert(Bucket::take(bucket, now, until).ok_or(NotNow::TooLate)?),
            };
            if now < token.slot {
                return Err(NotNow::Wait(token.slot));
            }
            admission.usable.get_or_insert(now);
        }
        let permit = match &self.permits {
            None => None,
            Some(permits) => {
                let permit = permits.ask(&mut admission.ticket, now, waker);
                Some(permit.ok_or_else(|| NotNow::Wait(now.after(RECHECK)))?)
            }
        };
        if let Some(token) = &mut admission.token {
            token.used = true;
        }
        Ok(permit)
    }
}

impl Admission {
    /// When the call had its token: at `since` if there is no rate limit.
    pub(crate) fn token_since(&self, since: Moment) -> Moment {
        self.usable.unwrap_or(since)
    }
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / rate.per_second.max(1e-6)).unwrap_or(Duration::MAX);
        let tolerance = interval.saturating_mul(rate.burst.max(1) - 1);
        Self { interval, tolerance, arrival: Moment::ZERO, free: BTreeSet::new() }
    }

    /// The next available token; `None` if it is usable only after `until`.
    fn take(this: &Arc<Mutex<Self>>, now: Moment, until: Option<Moment>) -> Option<Token> {
        let (arrival, slot) = this.lock().unwrap_or_else(PoisonError::into_inner).reserve(now, until)?;
        Some(Token { of: Arc::clone(this), arrival, slot, used: false })
    }

    fn reserve(&mut self, now: Moment, until: Option<Moment>) -> Option<(Moment, Moment)> {
        // A token that was returned after its moment has expired, like one that was never taken.
        self.free = self.free.split_off(&now);
        let arrival = self.free.first().copied().unwrap_or_else(|| self.arrival.max(now));
        let slot = arrival.before(self.tolerance).max(now);
        if until.is_some_and(|until| slot > until) {
            return None;
        }
        if !self.free.remove(&arrival) {
            self.arrival = arrival.after(self.interval);
        }
        Some((arrival, slot))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.used {
            self.of.lock().unwrap_or_else(PoisonError::into_inner).free.insert(self.arrival);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Moment {
        Moment::after_zero(Duration::from_millis(n))
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut bucket = Bucket::new(Rate { per_second: 10.0, burst: 3 });
        let mut slot = |now| bucket.reserve(now, None).unwrap().1;
        let slots: Vec<_> = (0..5).map(|_| slot(ms(1000))).collect();
        assert_eq!(slots, [ms(1000), ms(1000), ms(1000), ms(1100), ms(1200)]);
        assert_eq!(slot(ms(9000)), ms(9000), "a pause fills it up");
    }

    /// Twice as many calls as tokens, each with a short deadline: every token is used.
    #[test]
    fn too_many_calls_do_not_block_each_other() {
        let limiter = Limiter::new(None, Some(Rate { per_second: 1.0, burst: 1 }), &Arc::default());
        let mut waiting: Vec<(Admission, Moment)> = Vec::new();
        let mut admitted = 0;
        for now in (0..200).map(|half| ms(half * 500)) {
            waiting.push((Admission::default(), now + Duration::from_millis(10_000)));
            waiting.retain_mut(|(admission, until)| match limiter.admit(admission, now, Some(*until), Waker::noop()) {
                Ok(_) => {
                    admitted += 1;
                    false
                }
                Err(NotNow::Wait(slot)) => {
                    assert!(slot <= *until);
                    true
                }
                Err(NotNow::TooLate) => false,
            });
            assert!(waiting.len() <= 11, "no call waits for a token after its deadline");
        }
        assert!((99..=100).contains(&admitted), "{admitted}");
    }

    #[test]
    fn unused_tokens_are_free_for_other_calls() {
        let limiter = Limiter::new(None, Some(Rate { per_second: 5.0, burst: 1 }), &Arc::default());
        let ask = |admission: &mut Admission, now| limiter.admit(admission, now, None, Waker::noop()).map(drop);
        assert!(ask(&mut Admission::default(), ms(0)).is_ok());
        let mut waiting: Vec<Admission> = (0..1000).map(|_| Admission::default()).collect();
        for (admission, n) in waiting.iter_mut().zip(1..) {
            assert_eq!(ask(admission, ms(0)), Err(NotNow::Wait(ms(200 * n))));
        }
        let last = waiting.pop();
        drop(waiting);
        // The gaps are filled one after the other, and no two calls get the same moment.
        let mut next: Vec<Admission> = (0..2).map(|_| Admission::default()).collect();
        assert_eq!(ask(&mut next[0], ms(100)), Err(NotNow::Wait(ms(200))));
        assert_eq!(ask(&mut next[1], ms(100)), Err(NotNow::Wait(ms(400))));
        assert!(ask(&mut next[0], ms(200)).is_ok());
        drop((next, last));
        assert_eq!(ask(&mut Admission::default(), ms(300)), Err(NotNow::Wait(ms(400))), "a used token is not returned");
    }

    #[test]
    fn a_slot_is_reserved_once() {
        let clock = Arc::default();
        let limiter = Limiter::new(None, Some(Rate { per_second: 1.0, burst: 1 }), &clock);
        let (mut a, mut b) = (Admission::default(), Admission::default());
        assert!(limiter.admit(&mut a, ms(0), None, Waker::noop()).is_ok());
        for _ in 0..3 {
            let result = limiter.admit(&mut b, ms(10), None, Waker::noop());
            assert_eq!(result.unwrap_err(), NotNow::Wait(ms(1000)));
        }
        assert!(limiter.admit(&mut b, ms(1000), None, Waker::noop()).is_ok());
    }

    #[test]
    fn returned_tokens_of_the_past_do_not_raise_the_rate() {
        let limiter = Limiter::new(None, Some(Rate { per_second: 1.0, burst: 1 }), &Arc::default());
        let ask = |now| {
            let mut admission = Admission::default();
            let result = limiter.admit(&mut admission, ms(now), None, Waker::noop());
            (result.is_ok(), admission)
        };
        // Five calls reserve the tokens of the seconds 1 to 5, and are dropped.
        assert!(ask(0).0);
        let dropped: Vec<_> = (0..5).map(|_| ask(0).1).collect();
        drop(dropped);
        let admitted = (0..10).filter(|_| ask(10_000).0).count();
        assert_eq!(admitted, 1, "a burst of one");
    }

    #[test]
    fn off_admits_all() {
        let limiter = Limiter::new(None, None, &Arc::default());
        assert!(limiter.admit(&mut Admission::default(), ms(0), None, Waker::noop()).unwrap().is_none());
    }

    #[test]
    fn a_dropped_call_gives_its_permit_back() {
        let limiter = Limiter::new(Some(1), None, &Arc::default());
        let permit = limiter.admit(&mut Admission::default(), ms(0), None, Waker::noop()).unwrap();
        let mut waiting = Admission::default();
        let result = limiter.admit(&mut waiting, ms(0), None, Waker::noop());
        assert_eq!(result.unwrap_err(), NotNow::Wait(Moment::after_zero(RECHECK)));
        drop(permit);
        assert!(limiter.admit(&mut waiting, ms(0), None, Waker::noop()).is_ok());
    }
}
