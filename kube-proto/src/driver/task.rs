use std::task::Waker;

use http::StatusCode;

use super::effect::{Effect, ExchangeKind};
use super::fault::Reach;
use super::input::Input;
use super::operation::{Cx, Operation};
use super::step::Step;
use super::time::{Moment, Now, earliest};
use crate::error::{Error, ErrorKind, TimeoutStage};
use crate::session::Session;

/// An operation together with its session, which a driver runs step by step.
///
/// It passes received input on before it looks at the clock, so that a late caller gets the data from the socket and
/// not a timeout. It drops inputs that the operation did not ask for, and repeats the end.
#[derive(Debug)]
pub struct Task<O> {
    operation: O,
    session: Session,
    flight: Flight,
    /// The operation returned `Wait`, and has got no input since: it can take one.
    hungry: bool,
    end: Option<Result<(), Error>>,
}

/// What the outstanding effect may still report.
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
    /// A new task.
    pub fn new(operation: O, session: Session) -> Self {
        Self { operation, session, flight: Flight::Nothing, hungry: false, end: None }
    }

    /// Runs one step. `ready` returns what the outstanding effect has reported, without blocking. It is called only
    /// while there is an effect and the operation waits.
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
                    // After its first Wait the operation gets all inputs that are ready, before the driver blocks.
                    let settled = self.hungry && !fed;
                    self.hungry = true;
                    if settled || self.flight == Flight::Nothing {
                        return self.wait(until, now);
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

    /// Waits, until the session's deadline at most.
    fn wait(&mut self, until: Option<Moment>, now: Now) -> Step<O::Item> {
        match self.session.deadline(now.mono) {
            None => Step::Wait(until),
            Some((end, _)) if now.mono < end => Step::Wait(earliest(until, Some(end))),
            Some((_, limit)) => {
                let (stage, reach) = (TimeoutStage::Total, Reach::Unknown);
                let end = Err(ErrorKind::Timeout { stage, limit, reach }.into());
                self.flight = Flight::Nothing;
                self.end = Some(end.clone());
                Step::Done(end)
            }
        }
    }

    /// Whether an effect is outstanding: while it is, a driver waits for the effect and not for the waker.
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

    /// The operation, to change its settings between turns.
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

    /// What may follow `input`; `None` where `input` cannot arrive now.
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
