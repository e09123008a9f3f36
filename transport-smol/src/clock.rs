//! Time and waiting: the one clock, and the one place where a task waits.

use std::io;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use async_io::{Async, Timer};
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

/// The timer of one stream.
///
/// A timer that is due too early stays, and causes one spurious wake-up. Setting a timer wakes the reactor's thread,
/// and a watch would do so with each event.
#[derive(Debug)]
pub(crate) struct Alarm {
    clock: Clock,
    set: Option<(Moment, Timer)>,
}

impl Alarm {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, set: None }
    }

    fn poll(&mut self, until: Option<Moment>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = until else { return Poll::Pending };
        let (due, mut timer) = match self.set.take() {
            Some((due, timer)) if due <= until => (due, timer),
            _ => (until, self.clock.timer(until)),
        };
        let fired = Pin::new(&mut timer).poll(cx);
        if fired.is_pending() {
            self.set = Some((due, timer));
        }
        fired.map(|_| ())
    }
}

/// The readiness that a task waits for on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    ReadWrite,
    Write,
}

/// Ready if the socket may be ready, the parker is stopped, or the moment has come. Otherwise the task is woken then.
///
/// # Errors
/// The reactor cannot watch this socket.
pub(crate) fn wait(
    on: Option<(&Async<TcpStream>, Interest)>,
    parker: &Parker,
    alarm: &mut Alarm,
    until: Option<Moment>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    if let Some((socket, interest)) = on {
        // The reactor wakes the task for readiness since the last attempt: no event is lost in between.
        if interest != Interest::Write
            && let Poll::Ready(result) = socket.poll_readable(cx)
        {
            return Poll::Ready(result);
        }
        if interest != Interest::Read
            && let Poll::Ready(result) = socket.poll_writable(cx)
        {
            return Poll::Ready(result);
        }
    }
    if !parker.hear(cx) {
        ready!(alarm.poll(until, cx));
    }
    Poll::Ready(Ok(()))
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use futures_lite::future::block_on;

    use super::*;

    fn sleep(parker: &Parker, alarm: &mut Alarm, until: Option<Moment>) {
        block_on(poll_fn(|cx| wait(None, parker, alarm, until, cx))).unwrap();
    }

    #[test]
    fn a_stop_before_the_wait_is_not_lost() {
        let parker = Parker::default();
        parker.stop();
        sleep(&parker, &mut Alarm::new(Clock::start()), None);
    }

    #[test]
    fn another_thread_stops_it() {
        let parker = Arc::new(Parker::default());
        let other = Arc::clone(&parker);
        let thread = std::thread::spawn(move || other.stop());
        sleep(&parker, &mut Alarm::new(Clock::start()), None);
        thread.join().unwrap();
        assert!(parker.is_stopped());
    }

    #[test]
    fn a_moment_comes_and_no_earlier() {
        let clock = Clock::start();
        let until = clock.now().mono + Duration::from_millis(5);
        sleep(&Parker::default(), &mut Alarm::new(clock), Some(until));
        assert!(clock.now().mono >= until);
    }

    #[test]
    fn a_timer_is_set_anew_only_for_an_earlier_moment() {
        let (s, mut alarm) = (Duration::from_secs, Alarm::new(Clock::start()));
        let mut cx = Context::from_waker(Waker::noop());
        for (until, set) in [(None, None), (Some(1000), Some(1000)), (Some(2000), Some(1000)), (Some(500), Some(500))] {
            assert!(alarm.poll(until.map(|until| Moment::after_zero(s(until))), &mut cx).is_pending());
            assert_eq!(alarm.set.as_ref().map(|(due, _)| *due), set.map(|set| Moment::after_zero(s(set))));
        }
        assert!(alarm.poll(Some(Moment::ZERO), &mut cx).is_ready());
        assert!(alarm.set.is_none());
        // A moment beyond the range of the system's clock.
        assert!(alarm.poll(Some(Moment::MAX), &mut cx).is_pending());
    }
}
