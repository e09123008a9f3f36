//! Operations that run side by side, as one stream of items.

use std::task::Waker;

use super::effect::Effect;
use super::input::Input;
use super::operation::Operation;
use super::step::Step;
use super::task::Task;
use super::time::{Moment, Now, earliest};
use crate::error::Error;
use crate::session::Session;

/// Operations that run side by side, as one stream of items: the argument of a client's `together`.
///
/// An [`Operation`] has one exchange at a time. A group has one for each of its members, and decides which members there are:
/// it starts some when it begins, and others because of what the first yield. It holds no items: a member is resumed only when
/// the caller wants an item.
pub trait Group {
    /// The operations.
    type Member: Operation;
    /// The results for the caller.
    type Item;

    /// The next operation to start, with a number that no member has had before.
    fn start(&mut self) -> Option<(u64, Self::Member)>;

    /// An item of the group's own, before those of its members.
    fn queued(&mut self) -> Option<Self::Item>;

    /// Takes an item of a member. The result is for the caller; `None` if the item is the group's own concern.
    fn item(&mut self, member: u64, item: <Self::Member as Operation>::Item) -> Option<Self::Item>;

    /// Takes the end of a member.
    fn end(&mut self, member: u64, result: Result<(), Error>) -> Option<Self::Item>;

    /// Whether this member is still needed. Asked after each of its items; one that is not needed is dropped.
    fn needs(&self, member: u64) -> bool;

    /// The end of the whole group, once it has come.
    fn over(&self) -> Option<Result<(), Error>>;
}

/// A group together with its session, which a driver runs step by step: what a [`Task`] is for an operation.
///
/// Members take turns: after an item of one, the others come first.
#[derive(Debug)]
pub struct Together<G: Group> {
    group: G,
    session: Session,
    members: Vec<Member<G::Member>>,
    /// The place of the member that comes next.
    next: usize,
    /// Members that are gone, and whose effects the driver must drop.
    gone: Vec<u64>,
    end: Option<Result<(), Error>>,
}

#[derive(Debug)]
struct Member<O> {
    number: u64,
    task: Task<O>,
}

/// The answer of a group that takes a turn.
#[derive(Debug)]
pub enum GroupStep<T> {
    /// Start this effect for this member, and abort the member's one in flight.
    Do(u64, Effect),
    /// This member is gone: abort its effect in flight, and forget it.
    Close(u64),
    /// An item for the caller.
    Yield(T),
    /// Wait for an input of any member, the waker, or this moment.
    Wait(Option<Moment>),
    /// The end. Every later turn returns it again.
    Done(Result<(), Error>),
}

impl<G: Group> Together<G> {
    /// A new one.
    pub fn new(group: G, session: Session) -> Self {
        Self { group, session, members: Vec::new(), next: 0, gone: Vec::new(), end: None }
    }

    /// Runs one step. `ready` returns what the outstanding effect of a member has reported, without blocking.
    pub fn turn(&mut self, now: Now, waker: &Waker, mut ready: impl FnMut(u64) -> Option<Input>) -> GroupStep<G::Item> {
        loop {
            if let Some(number) = self.gone.pop() {
                return GroupStep::Close(number);
            }
            if self.end.is_none()
                && let Some(item) = self.group.queued()
            {
                return GroupStep::Yield(item);
            }
            if let Some(end) = self.end.clone().or_else(|| self.group.over()) {
                self.end = Some(end.clone());
                self.gone.extend(self.members.drain(..).map(|member| member.number));
                if self.gone.is_empty() {
                    return GroupStep::Done(end);
                }
                continue;
            }
            while let Some((number, operation)) = self.group.start() {
                self.members.push(Member { number, task: Task::new(operation, self.session.clone()) });
            }
            match self.round(now, waker, &mut ready) {
                Round::Say(step) => return step,
                Round::Again => {}
            }
        }
    }

    /// Whether an effect of this member is outstanding.
    #[must_use]
    pub fn in_flight(&self, number: u64) -> bool {
        self.members.iter().any(|member| member.number == number && member.task.in_flight())
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &G {
        &self.group
    }

    /// Each member takes a turn, until one has something to say.
    fn round(&mut self, now: Now, waker: &Waker, ready: &mut impl FnMut(u64) -> Option<Input>) -> Round<G::Item> {
        let mut until = None;
        for _ in 0..self.members.len() {
            let place = self.next % self.members.len();
            let Some(Member { number, task }) = self.members.get_mut(place) else { break };
            let number = *number;
            match task.turn(now, waker, || ready(number)) {
                Step::Do(effect) => return Round::Say(GroupStep::Do(number, effect)),
                Step::Wait(moment) => {
                    until = earliest(until, moment);
                    self.next = place + 1;
                }
                Step::Yield(item) => {
                    self.next = place + 1;
                    let item = self.group.item(number, item);
                    if !self.group.needs(number) {
                        self.remove(place);
                    }
                    return item.map_or(Round::Again, |item| Round::Say(GroupStep::Yield(item)));
                }
                Step::Done(result) => {
                    self.remove(place);
                    let item = self.group.end(number, result);
                    return item.map_or(Round::Again, |item| Round::Say(GroupStep::Yield(item)));
                }
            }
        }
        Round::Say(GroupStep::Wait(until))
    }

    fn remove(&mut self, place: usize) {
        let member = self.members.remove(place);
        self.gone.push(member.number);
        if self.next > place {
            self.next -= 1;
        }
    }
}

enum Round<T> {
    Say(GroupStep<T>),
    Again,
}
