use super::effect::Effect;
use super::time::Moment;
use crate::error::Error;

/// The answer of an operation that is resumed.
#[derive(Debug)]
pub enum Step<T> {
    /// Start this effect, and abort the one in flight.
    Do(Effect),
    /// An item for the caller.
    Yield(T),
    /// Wait for an input, the waker, or this moment.
    Wait(Option<Moment>),
    /// The end. Every later call returns it again.
    Done(Result<(), Error>),
}

impl<T> Step<T> {
    /// The same step, with another item.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Do(effect) => Step::Do(effect),
            Step::Yield(item) => Step::Yield(with(item)),
            Step::Wait(until) => Step::Wait(until),
            Step::Done(result) => Step::Done(result),
        }
    }
}
