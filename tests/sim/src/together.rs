//! The operations of a group of an async client, side by side.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use kube_proto::Error;
use kube_proto::driver::{Effect, Group, GroupStep, Together};

use super::border::Border;
use super::client::Client;

/// A group being carried out in virtual time, as a client's `together` of a transport. Each member has its own exchanges, and
/// faults of its own.
#[must_use = "a group does nothing until its results are awaited"]
pub struct TogetherStream<G: Group> {
    together: Together<G>,
    /// The members' ports, and whether an effect is under way.
    ports: BTreeMap<u64, (u64, bool)>,
    /// For a group that has no member.
    own: u64,
    name: Arc<str>,
    border: Rc<Border>,
    ended: bool,
}

impl Client {
    /// Carries out the operations of a group side by side, as one stream of its items.
    pub fn together<G: Group>(&self, group: G) -> TogetherStream<G> {
        let (name, border) = self.place();
        let own = border.open(&name);
        let together = Together::new(group, self.session().clone());
        TogetherStream { together, ports: BTreeMap::new(), own, name, border, ended: false }
    }
}

impl<G: Group> TogetherStream<G> {
    /// The next result; `None` is the end.
    pub async fn next(&mut self) -> Option<Result<G::Item, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The group, to ask for its state.
    #[must_use]
    pub fn group(&self) -> &G {
        self.together.group()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<G::Item, Error>>> {
        while !self.ended {
            if !self.border.may_turn(&self.name) {
                return Poll::Pending;
            }
            let (border, ports) = (&self.border, &self.ports);
            let step = self.together.turn(border.now(), cx.waker(), |member| border.take(ports.get(&member)?.0));
            for (member, (port, busy)) in &mut self.ports {
                if *busy && !self.together.in_flight(*member) {
                    *busy = false;
                    self.border.ask(*port, Effect::Abort);
                }
            }
            match step {
                GroupStep::Do(member, effect) => {
                    let place = self.ports.entry(member).or_insert_with(|| (self.border.open(&self.name), true));
                    place.1 = true;
                    self.border.ask(place.0, effect);
                }
                GroupStep::Close(member) => {
                    if let Some((port, _)) = self.ports.remove(&member) {
                        self.border.close(port);
                    }
                }
                GroupStep::Yield(item) => return Poll::Ready(Some(Ok(item))),
                GroupStep::Wait(until) => {
                    self.border.wait(self.own, until, cx);
                    for (port, _) in self.ports.values() {
                        self.border.wait(*port, None, cx);
                    }
                    return Poll::Pending;
                }
                GroupStep::Done(result) => {
                    self.close();
                    return Poll::Ready(result.err().map(Err));
                }
            }
        }
        Poll::Ready(None)
    }

    fn close(&mut self) {
        self.ended = true;
        self.border.close(self.own);
        for (port, _) in std::mem::take(&mut self.ports).into_values() {
            self.border.close(port);
        }
    }
}

/// Nothing in it is ever pinned: an operation is a value.
impl<G: Group> Unpin for TogetherStream<G> {}

impl<G: Group> Drop for TogetherStream<G> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<G: Group> fmt::Debug for TogetherStream<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TogetherStream")
            .field("name", &self.name)
            .field("members", &self.ports.len())
            .finish_non_exhaustive()
    }
}
