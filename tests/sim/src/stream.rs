//! An operation of an async client that is being carried out.

use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use kube_proto::Error;
use kube_proto::client::AsyncStream;
use kube_proto::driver::{Effect, Operation, Session, Step, Task};

use super::border::Border;

/// An operation being carried out in virtual time: a stream of its results.
///
/// Like a transport's it does nothing while it is not polled, and holds all that is in flight. Dropped at any point, it closes
/// the connection; the server may still receive a request that was on its way.
#[must_use = "a stream does nothing until its results are awaited"]
pub struct Stream<O> {
    task: Task<O>,
    port: u64,
    name: Arc<str>,
    border: Rc<Border>,
    /// An effect was asked for, and not given up.
    busy: bool,
    ended: bool,
}

impl<O: Operation> Stream<O> {
    pub(super) fn new(operation: O, name: &Arc<str>, session: Session, border: Rc<Border>) -> Self {
        let port = border.open(name);
        Self { task: Task::new(operation, session), port, name: Arc::clone(name), border, busy: false, ended: false }
    }

    /// The operation, to ask for its state.
    #[must_use]
    pub fn operation(&self) -> &O {
        self.task.operation()
    }

    /// The result of an operation that has one.
    pub(super) async fn one(&mut self) -> Result<O::Item, Error> {
        poll_fn(|cx| self.poll_one(cx)).await
    }

    pub(super) fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Result<O::Item, Error>> {
        let without = || Error::misuse("the operation ended without a result: use `stream`");
        self.poll(cx).map(|result| result.unwrap_or_else(|| Err(without())))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<O::Item, Error>>> {
        while !self.ended {
            if !self.border.may_turn(&self.name) {
                return Poll::Pending;
            }
            let (border, port) = (&self.border, self.port);
            let step = self.task.turn(border.now(), cx.waker(), || border.take(port));
            if !matches!(step, Step::Do(_)) && self.busy && !self.task.in_flight() {
                self.busy = false;
                self.border.ask(self.port, Effect::Abort);
            }
            match step {
                Step::Do(effect) => {
                    self.busy = true;
                    self.border.ask(self.port, effect);
                }
                Step::Yield(item) => return Poll::Ready(Some(Ok(item))),
                Step::Wait(until) => {
                    self.border.wait(self.port, until, cx);
                    return Poll::Pending;
                }
                Step::Done(result) => {
                    self.ended = true;
                    self.border.close(self.port);
                    return Poll::Ready(result.err().map(Err));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl<O: Operation> AsyncStream for Stream<O> {
    type Item = O::Item;

    async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }
}

/// Nothing in it is ever pinned: an operation is a value.
impl<O> Unpin for Stream<O> {}

impl<O> Drop for Stream<O> {
    fn drop(&mut self) {
        self.border.close(self.port);
    }
}

impl<O> fmt::Debug for Stream<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("name", &self.name).field("ended", &self.ended).finish_non_exhaustive()
    }
}
