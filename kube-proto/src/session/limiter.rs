use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::bucket::{Bucket, Token};
use super::pace::Pace;
use crate::driver::time::Moment;
use crate::lease::clock::Clock;
use crate::lease::{Lease, Leases, RECHECK, Ticket};
use crate::lock::lock;
pub(crate) use crate::observe::RequestClass as Class;
use crate::observe::{Event, Observation, Observers, RateEvent, RateStep};
use crate::settings::Settings;
use crate::settings::policy::{ClassRates, Rate};

/// The limiter of a session.
#[derive(Debug)]
pub(crate) struct Limiter {
    permits: Option<Arc<Leases>>,
    bucket: Option<Arc<Mutex<Bucket>>>,
    classes: [OfClass; 3],
    clock: Arc<Clock>,
    observers: Observers,
}

/// The limits of one class of requests.
#[derive(Debug)]
struct OfClass {
    bucket: Option<Arc<Mutex<Bucket>>>,
    pace: Option<Mutex<Pace>>,
}

/// The progress of one call through the limiter.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    ticket: Ticket,
    /// A token of each bucket that the call has to pass, once it has asked for them.
    tokens: Option<Vec<Token>>,
    /// The moment from which the token is usable.
    usable: Option<Moment>,
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
    /// No limit for any class by itself.
    #[cfg(test)]
    pub(crate) fn plain(concurrent: Option<usize>, rate: Option<Rate>, clock: &Arc<Clock>) -> Self {
        let settings = Settings { concurrent, rate, adaptive: None, ..Settings::default() };
        Self::new(&settings, clock)
    }

    pub(crate) fn new(settings: &Settings, clock: &Arc<Clock>) -> Self {
        let permits = settings.concurrent.map(|capacity| Leases::new(capacity.max(1), Arc::clone(clock)));
        let bucket = |rate: Option<Rate>| rate.map(|rate| Arc::new(Mutex::new(Bucket::new(rate))));
        let ClassRates { reads, writes, streams } = settings.rates;
        let classes = [reads, writes, streams].map(|rate| OfClass {
            bucket: bucket(rate),
            pace: settings.adaptive.map(|policy| Mutex::new(Pace::new(policy))),
        });
        let (clock, observers) = (Arc::clone(clock), Observers::none());
        Self { permits, bucket: bucket(settings.rate), classes, clock, observers }
    }

    /// Tells these observers of each change of a rate.
    pub(crate) fn observed(self, observers: Observers) -> Self {
        Self { observers, ..self }
    }

    /// The server sent a 429 to a request of this class.
    pub(crate) fn rejected(&self, class: Class, now: Moment) {
        if let Some(pace) = &self.of(class).pace {
            let changed = lock(pace).rejected(now);
            self.tell(class, changed, now);
        }
    }

    /// Tells of a change, without the lock of its pace.
    fn tell(&self, class: Class, changed: Option<RateStep>, now: Moment) {
        if let Some(step) = changed.filter(|_| self.observers.any()) {
            let event = Event::Rate(RateEvent { class, step });
            self.observers.tell(&Observation { now: self.clock.at(now), event });
        }
    }

    fn of(&self, class: Class) -> &OfClass {
        let [read, write, stream] = &self.classes;
        match class {
            Class::Read => read,
            Class::Write => write,
            Class::Stream => stream,
        }
    }

    /// A token of each bucket that a call of this class has to pass; `None` if one is usable only after `until`.
    fn tokens(&self, class: Class, now: Moment, until: Option<Moment>) -> Option<Vec<Token>> {
        let OfClass { bucket, pace } = self.of(class);
        let (lowered, changed) = pace.as_ref().map_or((None, None), |pace| lock(pace).enter(now));
        self.tell(class, changed, now);
        let buckets = [self.bucket.as_ref(), bucket.as_ref(), lowered.as_ref()];
        buckets.into_iter().flatten().map(|bucket| Bucket::take(bucket, now, until)).collect()
    }

    /// `Ok` with the permit (`None` if permits are not limited). `until` is the deadline of the call.
    pub(crate) fn admit(
        &self,
        admission: &mut Admission,
        class: Class,
        now: Moment,
        until: Option<Moment>,
        waker: &Waker,
    ) -> Result<Option<Lease>, NotNow> {
        // The token first: a call that holds a permit while it waits for a token would block the others.
        let tokens = match &mut admission.tokens {
            Some(tokens) => tokens,
            none => none.insert(self.tokens(class, now, until).ok_or(NotNow::TooLate)?),
        };
        if let Some(slot) = tokens.iter().map(|token| token.slot).max() {
            if now < slot {
                return Err(NotNow::Wait(slot));
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
        admission.tokens.iter_mut().flatten().for_each(|token| token.used = true);
        Ok(permit)
    }
}

impl Admission {
    /// When the call had its token: at `since` if there is no rate limit.
    pub(crate) fn token_since(&self, since: Moment) -> Moment {
        self.usable.unwrap_or(since)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ms(n: u64) -> Moment {
        Moment::after_zero(Duration::from_millis(n))
    }

    /// Twice as many calls as tokens, each with a short deadline: every token is used.
    #[test]
    fn too_many_calls_do_not_block_each_other() {
        let limiter = Limiter::plain(None, Some(Rate { per_second: 1.0, burst: 1 }), &Arc::default());
        let mut waiting: Vec<(Admission, Moment)> = Vec::new();
        let mut admitted = 0;
        for now in (0..200).map(|half| ms(half * 500)) {
            waiting.push((Admission::default(), now + Duration::from_millis(10_000)));
            waiting.retain_mut(|(admission, until)| {
                match limiter.admit(admission, Class::Read, now, Some(*until), Waker::noop()) {
                    Ok(_) => {
                        admitted += 1;
                        false
                    }
                    Err(NotNow::Wait(slot)) => {
                        assert!(slot <= *until);
                        true
                    }
                    Err(NotNow::TooLate) => false,
                }
            });
            assert!(waiting.len() <= 11, "no call waits for a token after its deadline");
        }
        assert!((99..=100).contains(&admitted), "{admitted}");
    }

    #[test]
    fn unused_tokens_are_free_for_other_calls() {
        let limiter = Limiter::plain(None, Some(Rate { per_second: 5.0, burst: 1 }), &Arc::default());
        let ask =
            |admission: &mut Admission, now| limiter.admit(admission, Class::Read, now, None, Waker::noop()).map(drop);
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
        let limiter = Limiter::plain(None, Some(Rate { per_second: 1.0, burst: 1 }), &clock);
        let (mut a, mut b) = (Admission::default(), Admission::default());
        assert!(limiter.admit(&mut a, Class::Read, ms(0), None, Waker::noop()).is_ok());
        for _ in 0..3 {
            let result = limiter.admit(&mut b, Class::Read, ms(10), None, Waker::noop());
            assert_eq!(result.unwrap_err(), NotNow::Wait(ms(1000)));
        }
        assert!(limiter.admit(&mut b, Class::Read, ms(1000), None, Waker::noop()).is_ok());
    }

    #[test]
    fn returned_tokens_of_the_past_do_not_raise_the_rate() {
        let limiter = Limiter::plain(None, Some(Rate { per_second: 1.0, burst: 1 }), &Arc::default());
        let ask = |now| {
            let mut admission = Admission::default();
            let result = limiter.admit(&mut admission, Class::Read, ms(now), None, Waker::noop());
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
        let limiter = Limiter::plain(None, None, &Arc::default());
        assert!(limiter.admit(&mut Admission::default(), Class::Read, ms(0), None, Waker::noop()).unwrap().is_none());
    }

    #[test]
    fn a_dropped_call_gives_its_permit_back() {
        let limiter = Limiter::plain(Some(1), None, &Arc::default());
        let permit = limiter.admit(&mut Admission::default(), Class::Read, ms(0), None, Waker::noop()).unwrap();
        let mut waiting = Admission::default();
        let result = limiter.admit(&mut waiting, Class::Read, ms(0), None, Waker::noop());
        assert_eq!(result.unwrap_err(), NotNow::Wait(Moment::after_zero(RECHECK)));
        drop(permit);
        assert!(limiter.admit(&mut waiting, Class::Read, ms(0), None, Waker::noop()).is_ok());
    }
}
