//! A group's operations, side by side on one thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use kube_proto::driver::{Group, GroupStep, Moment, Session, Together};
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Parker, wait_for_any};
use crate::exchange::Io;
use crate::shared::Shared;
use crate::stream::Stopper;

/// A group in progress: an iterator over its results. Its connections are waited for together, on the caller's thread.
///
/// Dropping it closes the effects in flight.
#[must_use = "a group does nothing until its results are taken"]
pub struct TogetherStream<G: Group> {
    together: Together<G>,
    ios: BTreeMap<u64, Io>,
    shared: Arc<Shared>,
    parker: Arc<Parker>,
    waker: Waker,
    clock: Clock,
    ended: bool,
}

impl<G: Group> TogetherStream<G> {
    pub(crate) fn new(group: G, session: Session, shared: Arc<Shared>) -> Self {
        let (parker, clock) = (Arc::<Parker>::default(), shared.clock);
        Self {
            together: Together::new(group, session),
            ios: BTreeMap::new(),
            shared,
            waker: Waker::from(Arc::clone(&parker)),
            parker,
            clock,
            ended: false,
        }
    }

    /// Stops it from another thread, wherever it is blocked.
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

    /// Blocks until an input of any member may have arrived.
    fn block(&mut self, until: Option<Moment>, now: Moment) {
        // Of each, so that all begin to count their inputs anew.
        let more = self.ios.values_mut().fold(false, |more, io| io.must_look() | more);
        if more {
            return;
        }
        let all = self.ios.values().map(|io| io.waits_for(now));
        wait_for_any(all, &self.parker, until, now);
    }
}

impl<G: Group> Iterator for TogetherStream<G> {
    type Item = Result<G::Item, Error>;

    /// The next result; blocks until there is one. A stream that was stopped ends with [`ErrorKind::Stopped`].
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.parker.is_stopped() {
                return self.end(Err(Error::new(ErrorKind::Stopped)));
            }
            let now = self.clock.now();
            let ios = &mut self.ios;
            let step = self.together.turn(now, &self.waker, |member| ios.get_mut(&member)?.ready(now.mono));
            match step {
                GroupStep::Yield(item) => return Some(Ok(item)),
                GroupStep::Done(result) => return self.end(result),
                GroupStep::Close(member) => drop(self.ios.remove(&member)),
                GroupStep::Do(member, effect) => {
                    let shared = &self.shared;
                    self.ios.entry(member).or_insert_with(|| Io::new(Arc::clone(shared))).start(effect, now.mono);
                }
                GroupStep::Wait(until) => self.block(until, now.mono),
            }
        }
    }
}

impl<G: Group> fmt::Debug for TogetherStream<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TogetherStream").field("members", &self.ios.len()).finish_non_exhaustive()
    }
}
