//! Time and waiting: the one clock, and the timers.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyper::rt::Sleep;
use kube_proto::driver::{Moment, Now};

use crate::runtime::Runtime;

/// The clocks of the system, for the core, and the timers of the runtime.
#[derive(Clone)]
pub(crate) struct Clock {
    pub(crate) runtime: Arc<dyn Runtime>,
    start: Instant,
}

impl Clock {
    pub(crate) fn start(runtime: Arc<dyn Runtime>) -> Self {
        let start = runtime.now();
        Self { runtime, start }
    }

    pub(crate) fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: Moment::after_zero(self.runtime.now().saturating_duration_since(self.start)), unix }
    }

    /// The result of the future, if it is ready by then.
    pub(crate) async fn within<T>(&self, until: Moment, future: impl Future<Output = T>) -> Option<T> {
        let (mut future, mut alarm) = (pin!(future), Alarm::default());
        std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => alarm.poll(cx, Some(until), self).map(|()| None),
        })
        .await
    }
}

/// A timer for one wait after the other.
///
/// A timer that is due too early stays, and causes one spurious wake-up: setting a timer locks the runtime's timers. For
/// the same reason it stays set from one exchange of a connection to the next.
#[derive(Default)]
pub(crate) struct Alarm(Option<(Moment, Pin<Box<dyn Sleep>>)>);

impl Alarm {
    /// Ready once the moment has come, or one that was set before. The task is woken then.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, until: Option<Moment>, clock: &Clock) -> Poll<()> {
        // A moment beyond the range of the clock never comes.
        let Some((until, instant)) =
            until.and_then(|until| Some((until, clock.start.checked_add(until.since_zero())?)))
        else {
            return Poll::Pending;
        };
        let (due, sleep) = self.0.get_or_insert_with(|| (until, clock.runtime.sleep_until(instant)));
        if *due > until {
            *due = until;
            clock.runtime.reset(sleep, instant);
        }
        let rung = sleep.as_mut().poll(cx);
        if rung.is_ready() {
            self.0 = None;
        }
        rung
    }

    /// Uses the timer of another alarm, if this one has none.
    pub(crate) fn adopt(&mut self, other: Self) {
        if self.0.is_none() {
            *self = other;
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.0.as_ref().map(|(due, _)| *due)).finish()
    }
}

/// Stops a stream from another task.
#[derive(Debug, Default)]
pub(crate) struct Parker {
    armed: AtomicBool,
    stopped: AtomicBool,
    parked: Waiting,
}

impl Parker {
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.parked.wake_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// From now on a waiting task can be woken.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// From now on [`Self::stop`] wakes this task.
    pub(crate) fn park(&self, cx: &Context<'_>) {
        if self.armed.load(Ordering::SeqCst) {
            self.parked.enter(0, cx.waker());
        }
    }
}

/// Tasks that wait for the same event. As a waker it wakes them all.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Vec<(u64, Waker)>>);

impl Waiting {
    /// Stores the waker of the waiting task with this number.
    pub(crate) fn enter(&self, number: u64, waker: &Waker) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The old waker is dropped outside of the lock: its drop may run any code.
        let _old = match all.iter_mut().find(|(n, _)| *n == number) {
            Some((_, old)) if old.will_wake(waker) => None,
            Some((_, old)) => Some(std::mem::replace(old, waker.clone())),
            None => {
                all.push((number, waker.clone()));
                None
            }
        };
        drop(all);
    }

    pub(crate) fn leave(&self, number: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(|(n, _)| *n == number);
        let _old = place.map(|place| all.swap_remove(place));
        drop(all);
    }

    pub(crate) fn wake_all(&self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        all.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

/// One of several wake-up sources of a task: it wakes the task, and records that it was the source.
#[derive(Debug)]
pub(crate) struct Bell {
    rung: AtomicBool,
    heard: Arc<Waiting>,
}

impl Bell {
    pub(crate) fn of(heard: &Arc<Waiting>) -> Arc<Self> {
        Arc::new(Self { rung: false.into(), heard: Arc::clone(heard) })
    }

    /// Whether it was rung since the last call.
    pub(crate) fn take(&self) -> bool {
        self.rung.swap(false, Ordering::SeqCst)
    }

    /// Rings it without waking a task.
    pub(crate) fn mark(&self) {
        self.rung.store(true, Ordering::SeqCst);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.mark();
        self.heard.wake_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn all_that_wait_are_woken_and_none_that_left() {
        let waiting = Waiting::default();
        let woken: Vec<_> = (0..3).map(|_| Arc::<Woken>::default()).collect();
        for (number, woken) in (0..).zip(&woken) {
            waiting.enter(number, &Arc::clone(woken).into());
        }
        // The same task again: it is stored once.
        waiting.enter(0, &Arc::clone(&woken[0]).into());
        waiting.leave(1);
        waiting.wake_all();
        let woken: Vec<_> = woken.iter().map(|woken| woken.0.load(Ordering::SeqCst)).collect();
        assert_eq!(woken, [true, false, true]);
    }

    #[cfg(feature = "tokio")]
    #[tokio::test(start_paused = true)]
    async fn a_timer_is_set_anew_only_for_an_earlier_moment() {
        let clock = Clock::start(Arc::new(crate::Tokio::current().unwrap()));
        let (s, mut alarm) = (|secs| Some(Moment::after_zero(std::time::Duration::from_secs(secs))), Alarm::default());
        let mut cx = Context::from_waker(Waker::noop());
        for (until, set) in [(None, None), (s(1000), s(1000)), (s(2000), s(1000)), (s(500), s(500)), (None, s(500))] {
            assert!(alarm.poll(&mut cx, until, &clock).is_pending());
            assert_eq!(alarm.0.as_ref().map(|(due, _)| *due), set);
        }
        let mut next = Alarm::default();
        next.adopt(std::mem::take(&mut alarm));
        for rung in [s(500), s(3000)] {
            std::future::poll_fn(|cx| next.poll(cx, s(3000), &clock)).await;
            let late = clock.now().mono.since(rung.unwrap());
            assert!(Some(clock.now().mono) >= rung && late.as_secs() == 0, "{late:?}");
        }
    }
}
