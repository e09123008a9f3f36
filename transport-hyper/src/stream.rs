//! The stream of an operation's results.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use kube_proto::driver::Session;
use kube_proto::driver::{Operation, Step, Task};
use kube_proto::error::TimeoutStage;
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Parker};
use crate::exchange::Io;
use crate::pool::Pool;
use crate::shared::RawLink;

/// An operation in progress: a stream of its results.
///
/// Dropping it closes or resets the effect in flight; a half-read connection is not used again.
#[must_use = "a stream does nothing until its results are awaited"]
pub struct Stream<O> {
    task: Task<O>,
    io: Io,
    parker: Arc<Parker>,
    clock: Clock,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    /// The next result. The future may be dropped at any time, and nothing is lost. A stopped stream ends with
    /// [`ErrorKind::Stopped`].
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Stops this stream from another task, wherever it waits.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper::of(&self.parker)
    }

    /// The operation, to read its state.
    #[must_use]
    pub fn operation(&self) -> &O {
        self.task.operation()
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<O::Item, Error>>> {
        self.parker.park(cx);
        let mut now = self.clock.now();
        loop {
            if self.parker.is_stopped() {
                return Poll::Ready(self.end(Err(Error::new(ErrorKind::Stopped))));
            }
            match self.task.turn(now, cx.waker(), || self.io.ready(cx)) {
                Step::Yield(item) => return Poll::Ready(Some(Ok(item))),
                Step::Done(result) => return Poll::Ready(self.end(result)),
                Step::Do(effect) => self.io.start(effect),
                Step::Wait(_) if self.io.must_yield() => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Step::Wait(until) => {
                    ready!(self.io.sleep(cx, until));
                    // Only a wait takes time.
                    now = self.clock.now();
                }
            }
        }
    }

    pub(crate) fn new(operation: O, session: Session, pool: Arc<Pool>) -> Self {
        let clock = pool.clock().clone();
        Self { task: Task::new(operation, session), io: Io::new(pool), parker: Arc::default(), clock, ended: false }
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        self.io.switched()
    }

    /// Yields an error once. After an error or the end there are no more results.
    fn end(&mut self, result: Result<(), Error>) -> Option<Result<O::Item, Error>> {
        let kind = result.as_ref().err().map(Error::kind);
        if matches!(kind, Some(ErrorKind::Timeout { stage: TimeoutStage::Head, .. })) {
            self.io.give_up();
        }
        self.io.abort();
        let first = !std::mem::replace(&mut self.ended, true);
        result.err().filter(|_| first).map(Err)
    }
}

/// No field is ever pinned.
impl<O> Unpin for Stream<O> {}

impl<O: Operation> futures_core::Stream for Stream<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<O: fmt::Debug> fmt::Debug for Stream<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("task", &self.task).field("io", &self.io).finish_non_exhaustive()
    }
}

/// Stops a [`Stream`] from another task.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Parker>);

impl Stopper {
    pub(crate) fn of(parker: &Arc<Parker>) -> Self {
        parker.arm();
        Self(Arc::clone(parker))
    }

    /// Stops the stream at once: its `next` returns [`ErrorKind::Stopped`], and its connection is closed or its HTTP/2
    /// stream reset.
    pub fn stop(&self) {
        self.0.stop();
    }
}
