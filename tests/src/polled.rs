//! Futures, polled as often as a test wants.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// Wakes the thread of the test.
#[derive(Debug)]
pub struct Bell {
    thread: Thread,
    /// It was woken since somebody looked.
    pub rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Bell {
    /// For this thread.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { thread: std::thread::current(), rung: AtomicBool::new(false) })
    }

    /// Waits until it is woken.
    pub fn wait(&self) {
        while !self.rung.swap(false, Ordering::Acquire) {
            std::thread::park();
        }
    }
}

/// Polls so many times, and only when it was woken. `None` where it was not ready by then; it is dropped.
pub fn poll_times<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let (bell, mut future) = (Bell::new(), pin!(future));
    let waker = Waker::from(Arc::clone(&bell));
    for n in 0..times {
        if n > 0 {
            bell.wait();
        }
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(result);
        }
    }
    None
}
