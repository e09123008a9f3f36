//! The stream of an operation's results.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use kube_proto::driver::Session;
use kube_proto::driver::{Operation, Step, Task};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Parker};
use crate::exchange::Io;
use crate::shared::{RawLink, Shared};

/// An operation in progress: a stream of its results.
///
/// The stream holds the effect in flight, not the future of [`next`](Self::next): that future may be dropped and
/// created again at any time, and nothing is lost. Dropping the stream closes the effect in flight; a half-read
/// connection is not used again.
#[derive(Debug)]
#[must_use = "a stream does nothing until its results are awaited"]
pub struct Stream<O> {
    task: Task<O>,
    io: Io,
    parker: Arc<Parker>,
    clock: Clock,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    /// The next result. A stream that was stopped ends with [`ErrorKind::Stopped`].
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|cx| futures_core::Stream::poll_next(Pin::new(self), cx)).await
    }

    /// Stops this stream from another task or thread, wherever it waits.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper::of(&self.parker)
    }

    /// The operation, to read its state.
    #[must_use]
    pub fn operation(&self) -> &O {
        self.task.operation()
    }

    pub(crate) fn new(operation: O, session: Session, shared: Arc<Shared>) -> Self {
        let clock = shared.clock;
        Self { task: Task::new(operation, session), io: Io::new(shared), parker: Arc::default(), clock, ended: false }
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        self.io.switched()
    }

    /// Yields an error once. After an error or the end there are no more results.
    fn end(&mut self, result: Result<(), Error>) -> Option<Result<O::Item, Error>> {
        self.io.abort();
        let first = !std::mem::replace(&mut self.ended, true);
        result.err().filter(|_| first).map(Err)
    }
}

/// No field is ever pinned: an operation is a plain value.
impl<O> Unpin for Stream<O> {}

impl<O: Operation> futures_core::Stream for Stream<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let mut now = this.clock.now();
        loop {
            if this.parker.is_stopped() {
                return Poll::Ready(this.end(Err(Error::new(ErrorKind::Stopped))));
            }
            match this.task.turn(now, cx.waker(), || this.io.ready(now.mono, cx)) {
                Step::Yield(item) => return Poll::Ready(Some(Ok(item))),
                Step::Done(result) => return Poll::Ready(this.end(result)),
                Step::Do(effect) => this.io.start(effect, now.mono),
                Step::Wait(until) => {
                    ready!(match this.task.in_flight() {
                        true => this.io.block(&this.parker, until, now.mono, cx),
                        // This waits only for the clock, the core and a stopper.
                        false => this.io.sleep(&this.parker, until, cx),
                    });
                    // Only a wait takes time.
                    now = this.clock.now();
                }
            }
        }
    }
}

/// Stops a [`Stream`] from another task or thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Parker>);

impl Stopper {
    pub(crate) fn of(parker: &Arc<Parker>) -> Self {
        Self(Arc::clone(parker))
    }

    /// Stops the stream at once: its task is woken, its `next` returns [`ErrorKind::Stopped`], and its connection is
    /// closed.
    pub fn stop(&self) {
        self.0.stop();
    }
}
