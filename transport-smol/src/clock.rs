//! Time and waiting: the one clock, and the one place where a task waits.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use async_io::Timer;
use atomic_waker::AtomicWaker;
use kube_proto::driver::{Moment, Now};

/// The clocks of the system, for the core.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: Moment::after_zero(self.0.elapsed()), unix }
    }

    /// A timer for this moment. A moment beyond the range of the system's clock never comes.
    pub(crate) fn timer(self, until: Moment) -> Timer {
        self.0.checked_add(until.since_zero()).map_or_else(Timer::never, Timer::at)
    }
}

/// Lets a [`Stopper`](crate::Stopper) wake a task that waits for its socket. (The core wakes the task itself.)
#[derive(Debug, Default)]
pub(crate) struct Parker {
    stopped: AtomicBool,
    waiting: AtomicWaker,
}

impl Parker {
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.waiting.wake();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// `stop` sets the flag before it wakes; this method stores the waker before it reads the flag. One of them sees
    /// the other.
    fn hear(&self, cx: &Context<'_>) -> bool {
        self.waiting.register(cx.waker());
        self.is_stopped()
    }
}

/// A timer for one waiting task after the other.
///
/// A timer that is due too early stays, and causes one spurious wake-up. Setting a timer wakes the reactor, which costs
/// more than all other work of a wait; a watch would do so with each event, and a small call with each of its stages. So
/// the timer stays set from one exchange of a connection to the next, and wakes the task that waits then.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    set: Option<(Moment, Timer)>,
    sleeper: Option<Arc<Sleeper>>,
}

/// The task that waits for an [`Alarm`].
#[derive(Debug, Default)]
struct Sleeper(AtomicWaker);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}

impl Alarm {
    /// Uses the timer of another alarm, if this one has none.
    pub(crate) fn adopt(&mut self, other: Self) {
        if self.set.is_none() {
            *self = other;
        }
    }

    /// The alarm for the next exchange of a connection. It wakes no task before that.
    pub(crate) fn leave(&mut self) -> Self {
        if let Some(sleeper) = &self.sleeper {
            sleeper.0.take();
        }
        std::mem::take(self)
    }

    fn poll(&mut self, until: Option<Moment>, clock: Clock, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = until else { return Poll::Pending };
        let (due, mut timer) = match self.set.take() {
            Some((due, timer)) if due <= until => (due, timer),
            _ => (until, clock.timer(until)),
        };
        let sleeper = self.sleeper.get_or_insert_default();
        // The timer gets the same waker each time: for another one it would be set anew.
        sleeper.0.register(cx.waker());
        let waker = Waker::from(Arc::clone(sleeper));
        let fired = Pin::new(&mut timer).poll(&mut Context::from_waker(&waker));
        if fired.is_pending() {
            self.set = Some((due, timer));
        }
        fired.map(|_| ())
    }
}

/// Ready if the parker is stopped, or the moment has come. Otherwise the task is woken then.
pub(crate) fn wait(
    parker: &Parker,
    alarm: &mut Alarm,
    until: Option<Moment>,
    clock: Clock,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if parker.hear(cx) {
        return Poll::Ready(());
    }
    alarm.poll(until, clock, cx)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use futures_lite::future::block_on;

    use super::*;

    fn sleep(parker: &Parker, alarm: &mut Alarm, until: Option<Moment>, clock: Clock) {
        block_on(poll_fn(|cx| wait(parker, alarm, until, clock, cx)));
    }

    #[test]
    fn a_stop_before_the_wait_is_not_lost() {
        let parker = Parker::default();
        parker.stop();
        sleep(&parker, &mut Alarm::default(), None, Clock::start());
    }

    #[test]
    fn another_thread_stops_it() {
        let parker = Arc::new(Parker::default());
        let other = Arc::clone(&parker);
        let thread = std::thread::spawn(move || other.stop());
        sleep(&parker, &mut Alarm::default(), None, Clock::start());
        thread.join().unwrap();
        assert!(parker.is_stopped());
    }

    #[test]
    fn a_moment_comes_and_no_earlier() {
        let clock = Clock::start();
        let until = clock.now().mono + Duration::from_millis(5);
        sleep(&Parker::default(), &mut Alarm::default(), Some(until), clock);
        assert!(clock.now().mono >= until);
    }

    #[test]
    fn a_timer_is_set_anew_only_for_an_earlier_moment() {
        let (s, clock, mut alarm) = (Duration::from_secs, Clock::start(), Alarm::default());
        let mut cx = Context::from_waker(Waker::noop());
        for (until, set) in [(None, None), (Some(1000), Some(1000)), (Some(2000), Some(1000)), (Some(500), Some(500))] {
            assert!(alarm.poll(until.map(|until| Moment::after_zero(s(until))), clock, &mut cx).is_pending());
            assert_eq!(alarm.set.as_ref().map(|(due, _)| *due), set.map(|set| Moment::after_zero(s(set))));
        }
        assert!(alarm.poll(Some(Moment::ZERO), clock, &mut cx).is_ready());
        assert!(alarm.set.is_none());
        // A moment beyond the range of the system's clock.
        assert!(alarm.poll(Some(Moment::MAX), clock, &mut cx).is_pending());
    }

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The timer of a call that is over goes with its connection to the next call, in another task.
    #[test]
    fn an_alarm_that_changes_hands_wakes_the_task_that_waits_now() {
        let clock = Clock::start();
        let counters: [Arc<Counter>; 2] = Default::default();
        let wakers = counters.clone().map(Waker::from);
        let until = clock.now().mono + Duration::from_millis(20);
        let mut first = Alarm::default();
        assert!(first.poll(Some(until), clock, &mut Context::from_waker(&wakers[0])).is_pending());
        let left = first.leave();
        assert!(first.set.is_none());
        let mut second = Alarm::default();
        second.adopt(left);
        assert!(second.poll(Some(until), clock, &mut Context::from_waker(&wakers[1])).is_pending());
        block_on(clock.timer(until));
        while counters[1].0.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(counters[0].0.load(Ordering::SeqCst), 0);
        assert!(second.poll(Some(until), clock, &mut Context::from_waker(&wakers[1])).is_ready());
    }
}
