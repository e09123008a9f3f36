//! Several futures at once, within one task.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use atomic_waker::AtomicWaker;

/// Futures that run concurrently. Each is polled only after it was woken.
pub(crate) struct Workers<F> {
    working: Vec<(Pin<Box<F>>, Arc<Bell>)>,
    woken: Arc<AtomicWaker>,
}

impl<F: Future<Output = ()>> Workers<F> {
    pub(crate) fn new(all: impl Iterator<Item = F>) -> Self {
        let woken = Arc::<AtomicWaker>::default();
        let bell = || Arc::new(Bell { rung: AtomicBool::new(true), woken: Arc::clone(&woken) });
        Self { working: all.map(|worker| (Box::pin(worker), bell())).collect(), woken }
    }

    /// Adds a future.
    pub(crate) fn push(&mut self, worker: F) {
        let bell = Bell { rung: AtomicBool::new(true), woken: Arc::clone(&self.woken) };
        self.working.push((Box::pin(worker), Arc::new(bell)));
    }

    /// Polls those that were woken.
    pub(crate) fn turn(&mut self, cx: &mut Context<'_>) {
        self.woken.register(cx.waker());
        self.working.retain_mut(|(worker, bell)| {
            let rung = bell.rung.swap(false, Ordering::AcqRel);
            !rung || worker.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(bell)))).is_pending()
        });
    }
}

/// The waker of one of the [`Workers`].
struct Bell {
    rung: AtomicBool,
    woken: Arc<AtomicWaker>,
}

impl<F: Future<Output = ()>> Future for Workers<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.turn(cx);
        if self.working.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.woken.wake();
        }
    }
}
