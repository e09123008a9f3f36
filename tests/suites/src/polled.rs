//! Futures that are polled a given number of times.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// Wakes the thread of the test.
#[derive(Debug)]
pub struct Bell {
    thread: Thread,
    /// It was woken since the last check.
    pub rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Bell {
    /// A bell for this thread.
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

/// Polls this many times, each time after a wake-up. `None` if the future was not ready by then; it is dropped.
pub async fn within_polls<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut left, mut future) = (times, pin!(future));
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Pending if left == 0 => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}

/// The same without an executor.
pub fn poll_times<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let (bell, mut future) = (Bell::new(), pin!(within_polls(times, future)));
    let waker = Waker::from(Arc::clone(&bell));
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return result;
        }
        bell.wait();
    }
}
