//! Futures that are polled within one future, each only when it was woken.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use crate::lock::lock;

/// A set of futures of one type. Their own types say whether the set is `Send`.
pub(super) struct Tasks<F> {
    running: Vec<(Pin<Box<F>>, Arc<Bell>)>,
}

/// The waker of one future: it wakes the future around the set, and says which one it was.
struct Bell {
    rung: AtomicBool,
    outer: Mutex<Waker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let outer = lock(&self.outer).clone();
        outer.wake();
    }
}

impl<F: Future> Tasks<F> {
    pub(super) fn new() -> Self {
        Self { running: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn push(&mut self, future: F) {
        let bell = Bell { rung: AtomicBool::new(true), outer: Mutex::new(Waker::noop().clone()) };
        self.running.push((Box::pin(future), Arc::new(bell)));
    }

    /// Polls those that were woken, and takes the results of those that have ended.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Vec<F::Output> {
        let mut results = Vec::new();
        self.running.retain_mut(|(future, bell)| {
            {
                let mut outer = lock(&bell.outer);
                if !outer.will_wake(cx.waker()) {
                    outer.clone_from(cx.waker());
                }
            }
            if !bell.rung.swap(false, Ordering::Acquire) {
                return true;
            }
            let waker = Waker::from(Arc::clone(bell));
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(result) => {
                    results.push(result);
                    false
                }
                Poll::Pending => true,
            }
        });
        results
    }
}

/// A future whose panic is a result.
pub(super) struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Caught<F> {
    pub(super) fn new(future: F) -> Self {
        Self(Box::pin(future))
    }
}

impl<F: Future> Future for Caught<F> {
    /// The message of the panic, if there was one.
    type Output = Result<F::Output, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(panic) => Poll::Ready(Err(match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(text), _) => (*text).to_owned(),
                (_, Some(text)) => text.clone(),
                _ => "a panic without a message".to_owned(),
            })),
        }
    }
}

/// The result of the first future, unless the second ends before.
pub(super) async fn before<F: Future, T: Future>(future: F, limit: T) -> Option<F::Output> {
    let (mut future, mut limit) = (std::pin::pin!(future), std::pin::pin!(limit));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(result) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        limit.as_mut().poll(cx).map(|_| None)
    })
    .await
}
