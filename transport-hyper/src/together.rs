//! A group's operations, side by side in one task.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use kube_proto::driver::{Group, GroupStep, Session, Together};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Alarm, Clock, Parker};
use crate::exchange::Io;
use crate::pool::Pool;
use crate::stream::Stopper;

/// A group in progress: a stream of its results.
///
/// The future of [`next`](Self::next) may be dropped at any time, and nothing is lost. Dropping the stream closes or resets the
/// effects in flight.
#[must_use = "a group does nothing until its results are awaited"]
pub struct TogetherStream<G: Group> {
    together: Together<G>,
    ios: BTreeMap<u64, Io>,
    pool: Arc<Pool>,
    parker: Arc<Parker>,
    clock: Clock,
    alarm: Alarm,
    ended: bool,
}

impl<G: Group> TogetherStream<G> {
    pub(crate) fn new(group: G, session: Session, pool: Arc<Pool>) -> Self {
        let clock = pool.clock().clone();
        Self {
            together: Together::new(group, session),
            ios: BTreeMap::new(),
            pool,
            parker: Arc::default(),
            clock,
            alarm: Alarm::default(),
            ended: false,
        }
    }

    /// The next result. A stopped stream ends with [`ErrorKind::Stopped`].
    pub async fn next(&mut self) -> Option<Result<G::Item, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Stops it from another task, wherever it waits.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper::of(&self.parker)
    }

    /// The group, to read its state.
    #[must_use]
    pub fn group(&self) -> &G {
        self.together.group()
    }

    /// Yields an error once. After an error or the end there are no more results.
    fn end(&mut self, result: Result<(), Error>) -> Option<Result<G::Item, Error>> {
        self.ios.clear();
        let first = !std::mem::replace(&mut self.ended, true);
        result.err().filter(|_| first).map(Err)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<G::Item, Error>>> {
        self.parker.park(cx);
        loop {
            if self.parker.is_stopped() {
                return Poll::Ready(self.end(Err(Error::new(ErrorKind::Stopped))));
            }
            let ios = &mut self.ios;
            let step = self.together.turn(self.clock.now(), cx.waker(), |member| ios.get_mut(&member)?.ready(cx));
            match step {
                GroupStep::Yield(item) => return Poll::Ready(Some(Ok(item))),
                GroupStep::Done(result) => return Poll::Ready(self.end(result)),
                GroupStep::Close(member) => drop(self.ios.remove(&member)),
                GroupStep::Do(member, effect) => {
                    let pool = &self.pool;
                    self.ios.entry(member).or_insert_with(|| Io::new(Arc::clone(pool))).start(effect);
                }
                GroupStep::Wait(until) => {
                    // Of each, so that all begin to count their inputs anew.
                    if self.ios.values_mut().fold(false, |more, io| io.must_yield() | more) {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    ready!(self.alarm.poll(cx, until, &self.clock));
                }
            }
        }
    }
}

/// No field is ever pinned.
impl<G: Group> Unpin for TogetherStream<G> {}

impl<G: Group> futures_core::Stream for TogetherStream<G> {
    type Item = Result<G::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<G: Group> fmt::Debug for TogetherStream<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TogetherStream").field("members", &self.ios.len()).finish_non_exhaustive()
    }
}
