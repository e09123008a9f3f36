use std::task::Waker;

use http::StatusCode;

use super::effect::{Effect, ExchangeKind};
use super::input::Input;
use super::operation::{Cx, Operation};
use super::step::Step;
use super::time::Now;
use crate::error::Error;
use crate::session::Session;

/// An operation together with its session: what a driver turns.
///
/// It puts received input before the look at the clock, so that a caller who comes back late finds the data that lay in
/// the socket and not a time-out; it drops inputs that were not asked for; it repeats the end.
#[derive(Debug)]
pub struct Task<O> {
    operation: O,
    session: Session,
    flight: Flight,
    /// The operation said `Wait`, and nothing since: it may be fed.
    hungry: bool,
    end: Option<Result<(), Error>>,
}

/// What of the outstanding effect may still arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flight {
    Nothing,
    Head(ExchangeKind),
    Body,
    Output,
    File,
    Written,
}

impl<O: Operation> Task<O> {
    /// A task at its beginning.
    pub fn new(operation: O, session: Session) -> Self {
        Self { operation, session, flight: Flight::Nothing, hungry: false, end: None }
    }

    /// One step. `ready` gives what has arrived of the outstanding effect, without blocking; it is called only while
    /// there is one and the operation is waiting.
    pub fn turn(&mut self, now: Now, waker: &Waker, mut ready: impl FnMut() -> Option<Input>) -> Step<O::Item> {
        if let Some(end) = &self.end {
            return Step::Done(end.clone());
        }
        self.session.observe(now);
        loop {
            let input = if self.hungry { self.receive(&mut ready) } else { None };
            let fed = input.is_some();
            match self.operation.resume(input, &mut Cx { session: &self.session, now, waker }) {
                Step::Wait(until) => {
                    // The first Wait after anything else: what lies ready is taken before the driver blocks.
                    let settled = self.hungry && !fed;
                    self.hungry = true;
                    if settled || self.flight == Flight::Nothing {
                        return Step::Wait(until);
                    }
                }
                Step::Do(effect) => {
                    self.flight = Flight::of(&effect);
                    self.hungry = self.flight != Flight::Nothing;
                    return Step::Do(effect);
                }
                Step::Yield(item) => {
                    self.hungry = false;
                    return Step::Yield(item);
                }
                Step::Done(result) => {
                    self.flight = Flight::Nothing;
                    self.end = Some(result.clone());
                    return Step::Done(result);
                }
            }
        }
    }

    /// Whether an effect is outstanding: while it is, a driver waits for that and not for the waker.
    #[must_use]
    pub fn in_flight(&self) -> bool {
        self.flight != Flight::Nothing
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The operation's own settings may be changed between turns.
    pub fn operation_mut(&mut self) -> &mut O {
        &mut self.operation
    }

    fn receive(&mut self, ready: &mut impl FnMut() -> Option<Input>) -> Option<Input> {
        while self.flight != Flight::Nothing {
            let input = ready()?;
            if let Some(next) = self.flight.after(&input) {
                self.flight = next;
                return Some(input);
            }
        }
        None
    }
}

impl Flight {
    fn of(effect: &Effect) -> Self {
        match effect {
            Effect::Exchange(exchange) => Flight::Head(exchange.kind),
            Effect::Run(_) => Flight::Output,
            Effect::ReadFile { .. } => Flight::File,
            Effect::WriteFile(_) => Flight::Written,
            Effect::Abort => Flight::Nothing,
        }
    }

    /// What may arrive after `input`; `None` where this input cannot arrive now.
    fn after(self, input: &Input) -> Option<Self> {
        match (self, input) {
            (Flight::Nothing, _) => None,
            (_, Input::Failed(_)) => Some(Flight::Nothing),
            (Flight::Head(ExchangeKind::Upgrade), Input::Head(head))
                if head.status == StatusCode::SWITCHING_PROTOCOLS =>
            {
                Some(Flight::Nothing)
            }
            (Flight::Head(_), Input::Head(_)) | (Flight::Body, Input::Data(_)) => Some(Flight::Body),
            (Flight::Body, Input::End)
            | (Flight::Output, Input::Output(_))
            | (Flight::File | Flight::Written, Input::File(_))
            | (Flight::Written, Input::Written) => Some(Flight::Nothing),
            _ => None,
        }
    }
}
