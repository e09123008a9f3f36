use std::task::Waker;

use super::input::Input;
use super::step::Step;
use super::time::Now;
use crate::session::Session;

/// All that an operation may see of the world outside itself.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// What this operation shares with others: credentials, limits, statistics.
    pub session: &'a Session,
    /// The time.
    pub now: Now,
    /// Wakes the driver of this operation while no effect of its own is in flight.
    pub waker: &'a Waker,
}

/// A value that describes one use of the API and, resumed again and again, carries it out.
///
/// The rules that implementations keep, and [`Task`](super::Task) checks where it can:
/// - an input is only given after [`Step::Wait`]; resumed with nothing new, an operation says the same again;
/// - [`Step::Wait`] promises that nothing happens before its deadline but for an input or the waker;
/// - with an exchange in flight the operation does not depend on its waker: a blocked reader cannot see it.
pub trait Operation {
    /// What it yields to its caller.
    type Item;

    /// Takes the next input, if there is one, and says what comes next.
    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item>;
}

/// An operation that yields exactly one item, or fails: what a client's `call` takes.
///
/// Operations that yield any number of items (lists in pages, watches, logs, reflectors, subscribers) are for `stream`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may yield any number of items, and `call` returns one",
    label = "this operation is for `stream`",
    note = "use `client.stream(..)`; an operation of your own that yields exactly one item implements `OneResult`"
)]
pub trait OneResult: Operation {}

impl<O: OneResult + ?Sized> OneResult for Box<O> {}

impl<O: Operation + ?Sized> Operation for Box<O> {
    type Item = O::Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        (**self).resume(input, cx)
    }
}
