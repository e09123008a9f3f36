//! Time and waiting: the one clock, and the one place where a thread sleeps.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Wake;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kube_proto::driver::time::earliest;
use kube_proto::driver::{Moment, Now};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

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
}

/// Wakes a blocked thread that waits for its socket: for the core's wakers, and for a [`Stopper`](crate::Stopper).
///
/// The pipe is created at the first need: most calls are never woken.
#[derive(Debug, Default)]
pub(crate) struct Parker {
    woken: AtomicBool,
    stopped: AtomicBool,
    pipe: OnceLock<Option<(PipeReader, PipeWriter)>>,
}

impl Parker {
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.ring();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// From now on a blocked thread can be woken.
    pub(crate) fn arm(&self) {
        self.pipe();
    }

    fn pipe(&self) -> Option<&(PipeReader, PipeWriter)> {
        let make = || {
            let (reader, writer) = std::io::pipe().ok()?;
            rustix::io::ioctl_fionbio(&reader, true).ok()?;
            Some((reader, writer))
        };
        self.pipe.get_or_init(make).as_ref()
    }

    /// Sets the flag before it writes to the pipe; `wait` looks for the pipe before it reads the flag. One of them sees
    /// the other.
    fn ring(&self) {
        // One byte in the pipe is enough, however often it rings before the thread wakes.
        if !self.woken.swap(true, Ordering::SeqCst)
            && let Some(Some((_, writer))) = self.pipe.get()
        {
            let _ = { writer }.write(&[1]);
        }
    }

    /// Clears the flag and the pipe.
    fn hear(&self) {
        if self.woken.swap(false, Ordering::SeqCst)
            && let Some(Some((reader, _))) = self.pipe.get()
        {
            // A byte that is still on its way causes one spurious wake-up.
            let _ = { reader }.read(&mut [0; 8]);
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

/// The readiness that a thread waits for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    ReadWrite,
    Write,
}

/// Blocks until the descriptor is ready, the parker is woken, or the moment has come.
pub(crate) fn wait(on: Option<(BorrowedFd<'_>, Interest)>, parker: &Parker, until: Option<Moment>, now: Moment) {
    // Without a descriptor the thread waits for the parker alone.
    let pipe = if on.is_none() { parker.pipe() } else { parker.pipe.get().and_then(Option::as_ref) };
    if parker.woken.load(Ordering::SeqCst) && (on.is_none() || pipe.is_some()) {
        parker.hear();
        return;
    }
    poll_all(on.into_iter(), pipe, until, now);
    parker.hear();
}

/// Blocks until one of the descriptors is ready, the parker is woken, or the earliest of the moments has come.
pub(crate) fn wait_for_any<'a>(
    all: impl Iterator<Item = (Option<(BorrowedFd<'a>, Interest)>, Option<Moment>)>,
    parker: &Parker,
    until: Option<Moment>,
    now: Moment,
) {
    let (on, moments): (Vec<_>, Vec<_>) = all.unzip();
    let until = moments.into_iter().fold(until, earliest);
    let pipe = parker.pipe();
    if parker.woken.load(Ordering::SeqCst) {
        parker.hear();
        return;
    }
    poll_all(on.into_iter().flatten(), pipe, until, now);
    parker.hear();
}

/// Blocks until one of the descriptors is ready, the parker is woken, or the moment has come. Says of each descriptor
/// whether it is ready.
pub(crate) fn wait_for_ready<'a>(
    all: &[(BorrowedFd<'a>, Interest)],
    parker: &'a Parker,
    until: Option<Moment>,
    now: Moment,
) -> Vec<bool> {
    let pipe = parker.pipe();
    // What is ready is looked at also if the parker was woken meanwhile: else one could starve the other.
    let until = if parker.woken.load(Ordering::SeqCst) { Some(now) } else { until };
    let mut ready: Vec<bool> =
        poll_all(all.iter().copied(), pipe, until, now).iter().map(|fd| !fd.revents().is_empty()).collect();
    ready.truncate(all.len());
    parker.hear();
    ready
}

fn poll_all<'a>(
    all: impl Iterator<Item = (BorrowedFd<'a>, Interest)>,
    pipe: Option<&'a (PipeReader, PipeWriter)>,
    until: Option<Moment>,
    now: Moment,
) -> Vec<PollFd<'a>> {
    let mut fds = Vec::with_capacity(2);
    for (fd, interest) in all {
        let flags = match interest {
            Interest::Read => PollFlags::IN,
            Interest::ReadWrite => PollFlags::IN | PollFlags::OUT,
            Interest::Write => PollFlags::OUT,
        };
        fds.push(PollFd::from_borrowed_fd(fd, flags));
    }
    if let Some((reader, _)) = pipe {
        fds.push(PollFd::from_borrowed_fd(reader.as_fd(), PollFlags::IN));
    }
    let timeout = until.map(|until| timespec(until.since(now)));
    // An interrupted or failed poll is a spurious wake-up: the caller's loop checks again.
    let _ = poll(&mut fds, timeout.as_ref());
    fds
}

/// Rounded up to the millisecond: an early wake-up would only spin.
fn timespec(span: Duration) -> Timespec {
    let millis = span.as_nanos().div_ceil(1_000_000).min(i64::MAX as u128 / 1_000_000);
    let millis = i64::try_from(millis).unwrap_or(i64::MAX / 1_000_000);
    Timespec { tv_sec: millis / 1000, tv_nsec: (millis % 1000) * 1_000_000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_before_the_wait_is_not_lost() {
        let parker = Arc::new(Parker::default());
        Arc::clone(&parker).wake();
        wait(None, &parker, None, Moment::ZERO);
    }

    #[test]
    fn another_thread_wakes_it() {
        let parker = Arc::new(Parker::default());
        parker.arm();
        let other = Arc::clone(&parker);
        let thread = std::thread::spawn(move || other.stop());
        wait(None, &parker, None, Moment::ZERO);
        thread.join().unwrap();
        assert!(parker.is_stopped());
        // Rung twice and heard once: the pipe is empty again, and the next wait waits.
        wait(None, &parker, Some(Moment::after_zero(Duration::from_millis(1))), Moment::ZERO);
    }

    #[test]
    fn a_span_is_rounded_up() {
        let spec = timespec(Duration::from_nanos(1_000_000_001));
        assert_eq!((spec.tv_sec, spec.tv_nsec), (1, 1_000_000));
    }
}
