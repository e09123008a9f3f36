use std::task::Waker;

use super::input::Input;
use super::step::Step;
use super::time::Now;
use crate::session::Session;

/// Everything outside itself that an operation can see.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// What this operation shares with others: credentials, limits, statistics.
    pub session: &'a Session,
    /// The time.
    pub now: Now,
    /// Wakes the driver of this operation while the operation has no effect in flight.
    pub waker: &'a Waker,
}

/// A value that describes one use of the API and, each time it is resumed, carries it one step further.
///
/// The rules that implementations keep, and [`Task`](super::Task) checks where it can:
/// - it gets an input only after [`Step::Wait`]; resumed without an input, it returns the same step again;
/// - [`Step::Wait`] promises that nothing changes before its deadline without an input or a wake-up;
/// - with an exchange in flight the operation does not depend on its waker: a blocked reader cannot see it.
pub trait Operation {
    /// The results for the caller.
    type Item;

    /// Takes the next input, if there is one, and returns the next step.
    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item>;
}

/// An operation that yields exactly one item, or fails: the argument of a client's `call`.
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
