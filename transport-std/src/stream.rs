//! The stream of an operation's results.

use std::sync::Arc;
use std::task::Waker;

use kube_proto::driver::Session;
use kube_proto::driver::{Operation, Step, Task};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Parker, wait};
use crate::exchange::Io;
use crate::shared::{RawLink, Shared};

/// An operation in progress: an iterator over its results.
///
/// Dropping it closes the effect in flight; a half-read connection is not used again.
#[derive(Debug)]
#[must_use = "a stream does nothing until its results are taken"]
pub struct Stream<O> {
    task: Task<O>,
    io: Io,
    parker: Arc<Parker>,
    waker: Waker,
    clock: Clock,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    /// Stops this stream from another thread, wherever it is blocked.
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
        let (parker, clock) = (Arc::<Parker>::default(), shared.clock);
        Self {
            task: Task::new(operation, session),
            io: Io::new(shared),
            waker: Waker::from(Arc::clone(&parker)),
            parker,
            clock,
            ended: false,
        }
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

impl<O: Operation> Iterator for Stream<O> {
    type Item = Result<O::Item, Error>;

    /// The next result; blocks until there is one. A stream that was stopped ends with [`ErrorKind::Stopped`].
    fn next(&mut self) -> Option<Self::Item> {
        let mut now = self.clock.now();
        loop {
            if self.parker.is_stopped() {
                return self.end(Err(Error::new(ErrorKind::Stopped)));
            }
            match self.task.turn(now, &self.waker, || self.io.ready(now.mono)) {
                Step::Yield(item) => return Some(Ok(item)),
                Step::Done(result) => return self.end(result),
                Step::Do(effect) => self.io.start(effect, now.mono),
                Step::Wait(until) => {
                    match self.task.in_flight() {
                        true => self.io.block(&self.parker, until, now.mono),
                        false => wait(None, &self.parker, until, now.mono),
                    }
                    // Only a wait takes time.
                    now = self.clock.now();
                }
            }
        }
    }
}

/// Stops a [`Stream`] from another thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Parker>);

impl Stopper {
    pub(crate) fn of(parker: &Arc<Parker>) -> Self {
        parker.arm();
        Self(Arc::clone(parker))
    }

    /// Stops the stream at once: its `next` returns [`ErrorKind::Stopped`], and its connection is closed.
    pub fn stop(&self) {
        self.0.stop();
    }
}
