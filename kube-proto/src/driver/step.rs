use super::effect::Effect;
use super::time::Moment;
use crate::error::Error;

/// What an operation says when it is resumed.
#[derive(Debug)]
pub enum Step<T> {
    /// Start this. An effect that was in flight is aborted by it.
    Do(Effect),
    /// An item for the caller.
    Yield(T),
    /// Nothing to do before an input arrives, the waker is woken, or this moment.
    Wait(Option<Moment>),
    /// The end. Said again whenever it is asked.
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
