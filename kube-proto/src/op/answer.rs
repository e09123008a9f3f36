//! What responses say beside their documents: status code, warnings, audit id.
//!
//! | operation | where |
//! |---|---|
//! | [`Unary`], [`ListAll`], [`Pages`], [`Events`] | [`WithAnswer`], from their method `with_answer` |
//! | [`Watch`](crate::watch::Watch), [`Logs`](super::logs::Logs) | their method `answered` |
//! | [`Upgrade`](super::upgrade::Upgrade) | the head that its `accept` is shown: [`Answered::of`] |
//! | whatever fails | [`Error::answered`](crate::error::Error::answered) |

use std::sync::Arc;

use super::pages::{ListAll, Pages};
use super::unary::Unary;
use super::watch_once::Events;
use crate::driver::effect::{Effect, Input};
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::response::answered::Answered;

/// An item, and what its response said beside it.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The item.
    pub value: T,
    /// Status code, warnings, audit id. The same for all items of one response.
    pub answered: Arc<Answered>,
}

/// An operation whose items come with what their response said beside them.
///
/// Of several responses (the pages of a list, the tries of a call) each item comes with its own.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct WithAnswer<O> {
    operation: O,
    heard: Heard,
}

/// The head of the latest response, as an operation sees its effects and inputs go by.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What is in flight is the operation's own request, and not one on the way to a credential.
    own: bool,
    answered: Option<Arc<Answered>>,
}

/// Marks requests on the way to a credential, in their extensions: their answers are not the operation's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand;

impl<O> WithAnswer<O> {
    fn new(operation: O) -> Self {
        Self { operation, heard: Heard::default() }
    }

    /// What the latest response said beside its items; `None` before its head has arrived.
    #[must_use]
    pub fn answered(&self) -> Option<&Answered> {
        self.heard.answered()
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

impl<O: Operation> Operation for WithAnswer<O> {
    type Item = Answer<O::Item>;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        self.heard.input(input.as_ref());
        let step = self.operation.resume(input, cx);
        self.heard.step(&step);
        step.map(|value| Answer { value, answered: self.heard.answered.clone().unwrap_or_default() })
    }
}

impl Heard {
    /// Notes what is about to be given to the operation.
    pub(crate) fn input(&mut self, input: Option<&Input>) {
        if let Some(Input::Head(head)) = input
            && self.own
        {
            self.answered = Some(Arc::new(Answered::of(head)));
        }
    }

    /// Notes what the operation said.
    pub(crate) fn step<T>(&mut self, step: &Step<T>) {
        if let Step::Do(effect) = step {
            self.own =
                matches!(effect, Effect::Exchange(exchange) if exchange.request.extensions().get::<Errand>().is_none());
        }
    }

    pub(crate) fn answered(&self) -> Option<&Answered> {
        self.answered.as_deref()
    }
}

impl<T> Unary<T> {
    /// Yields the status code, the warnings and the audit id of the response beside the document.
    pub fn with_answer(self) -> WithAnswer<Self> {
        WithAnswer::new(self)
    }
}

impl<K> ListAll<K> {
    /// Yields the status code, the warnings and the audit id of the response beside the list.
    pub fn with_answer(self) -> WithAnswer<Self> {
        WithAnswer::new(self)
    }
}

impl<K> Pages<K> {
    /// Yields the status code, the warnings and the audit id of its page beside each object.
    pub fn with_answer(self) -> WithAnswer<Self> {
        WithAnswer::new(self)
    }
}

impl<K> Events<K> {
    /// Yields the status code, the warnings and the audit id of the response beside each event.
    pub fn with_answer(self) -> WithAnswer<Self> {
        WithAnswer::new(self)
    }
}
