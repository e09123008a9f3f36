//! A group's operations, side by side in one task.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use kube_proto::driver::{Group, GroupStep, Moment, Session, Together};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Alarm, Clock, Parker, wait};
use crate::exchange::Io;
use crate::shared::Shared;
use crate::stream::Stopper;

/// A group in progress: a stream of its results.
///
/// The future of [`next`](Self::next) may be dropped at any time, and nothing is lost. Dropping the stream closes the effects
/// in flight.
#[must_use = "a group does nothing until its results are awaited"]
pub struct TogetherStream<G: Group> {
    together: Together<G>,
    ios: BTreeMap<u64, Io>,
    shared: Arc<Shared>,
    parker: Arc<Parker>,
    alarm: Alarm,
    clock: Clock,
    ended: bool,
}

impl<G: Group> TogetherStream<G> {
    pub(crate) fn new(group: G, session: Session, shared: Arc<Shared>) -> Self {
        let clock = shared.clock;
        Self {
            together: Together::new(group, session),
            ios: BTreeMap::new(),
            shared,
            parker: Arc::default(),
            alarm: Alarm::default(),
            clock,
            ended: false,
        }
    }

    /// The next result. A stream that was stopped ends with [`ErrorKind::Stopped`].
    pub async fn next(&mut self) -> Option<Result<G::Item, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Stops it from another task or thread, wherever it waits.
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
        loop {
            if self.parker.is_stopped() {
                return Poll::Ready(self.end(Err(Error::new(ErrorKind::Stopped))));
            }
            let now = self.clock.now();
            let ios = &mut self.ios;
            let step = self.together.turn(now, cx.waker(), |member| ios.get_mut(&member)?.ready(now.mono, cx));
            match step {
                GroupStep::Yield(item) => return Poll::Ready(Some(Ok(item))),
                GroupStep::Done(result) => return Poll::Ready(self.end(result)),
                GroupStep::Close(member) => drop(self.ios.remove(&member)),
                GroupStep::Do(member, effect) => {
                    let shared = &self.shared;
                    self.ios.entry(member).or_insert_with(|| Io::new(Arc::clone(shared))).start(effect, now.mono);
                }
                GroupStep::Wait(until) if self.is_ready(until, now.mono, cx) => {}
                GroupStep::Wait(_) => return Poll::Pending,
            }
        }
    }

    /// Whether any member may have an input, or the moment has come. Otherwise the task is woken then.
    fn is_ready(&mut self, until: Option<Moment>, now: Moment, cx: &mut Context<'_>) -> bool {
        let mut any = wait(&self.parker, &mut self.alarm, until, self.clock, cx).is_ready();
        for (number, io) in &mut self.ios {
            if self.together.in_flight(*number) {
                any |= io.block(&self.parker, None, now, cx).is_ready();
            }
        }
        any
    }
}

/// No field is ever pinned.
impl<G: Group> Unpin for TogetherStream<G> {}

impl<G: Group> futures_core::Stream for TogetherStream<G> {
    type Item = Result<G::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }
}

impl<G: Group> fmt::Debug for TogetherStream<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TogetherStream").field("members", &self.ios.len()).finish_non_exhaustive()
    }
}
