//! Operations, and the loop that every driver is built on.
//!
//! An [`Operation`] is one machine: [`resume`](Operation::resume) is given what arrived (or nothing) and says what is
//! wanted next. A driver does not call it: it owns a [`Task`], which keeps the order that is easy to get wrong.
//!
//! ```text
//! loop {
//!     match task.turn(now(), waker, || io.ready()) {
//!         Step::Do(effect)  => io.start(effect),       // never blocks
//!         Step::Yield(item) => hand the item to the caller,
//!         Step::Wait(until) => block on io, at most until then,
//!         Step::Done(how)   => stop,
//!     }
//! }
//! ```

use std::fmt;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use http::StatusCode;

use crate::effect::{Effect, Input, Kind};
use crate::error::Error;
use crate::opaque::Opaque;
use crate::session::Session;
use crate::time::{Deadline, Now};

/// What an operation says when it is resumed.
#[derive(Debug)]
pub enum Step<T> {
    /// Start this. An effect that was in flight is aborted by it.
    Do(Effect),
    /// An item for the caller.
    Yield(T),
    /// Nothing to do before an input arrives, the waker is woken, or this moment.
    Wait(Option<Deadline>),
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
/// The rules that implementations keep, and [`Task`] checks where it can:
/// - an input is only given after [`Step::Wait`]; resumed with nothing new, an operation says the same again;
/// - [`Step::Wait`] promises that nothing happens before its deadline but for an input or the waker;
/// - with an exchange in flight the operation does not depend on its waker: a blocked reader cannot see it.
pub trait Operation {
    /// What it yields to its caller.
    type Item;

    /// Takes the next input, if there is one, and says what comes next.
    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item>;
}

impl<O: Operation + ?Sized> Operation for Box<O> {
    type Item = O::Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        (**self).resume(input, cx)
    }
}

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
    Head(Kind),
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
            (Flight::Head(Kind::Upgrade), Input::Head(head)) if head.status == StatusCode::SWITCHING_PROTOCOLS => {
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

/// What a [`Channel`] wants next.
pub enum Flow<E> {
    /// Bytes for the peer.
    Send(Bytes),
    /// An event for the caller.
    Yield(E),
    /// Nothing before bytes arrive, the caller does something, or this moment.
    Wait(Option<Deadline>),
    /// The end of the session.
    Done(Result<(), Error>),
}

impl<E: fmt::Debug> fmt::Debug for Flow<E> {
    /// Without what is sent: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flow::Send(bytes) => f.debug_tuple("Send").field(&Opaque(&**bytes)).finish(),
            Flow::Yield(event) => f.debug_tuple("Yield").field(event).finish(),
            Flow::Wait(until) => f.debug_tuple("Wait").field(until).finish(),
            Flow::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

/// The two-way life of a connection after `101 Switching Protocols`.
///
/// Both directions run at once and from several threads: a driver never holds the channel while it blocks.
pub trait Channel {
    /// What it yields to its caller.
    type Event;

    /// Takes bytes of the peer from the front of `bytes`; `end` says that no more will come. What it leaves is offered
    /// again with the next bytes.
    fn receive(&mut self, bytes: &mut BytesMut, end: bool);

    /// Bytes of the caller for the peer, as the channel's protocol frames them; refused with an error once the sending
    /// side is closed.
    ///
    /// # Errors
    /// The session is at its end, or its sending side is.
    fn send(&mut self, bytes: Bytes) -> Result<(), Error>;

    /// What is wanted next; called until it says [`Flow::Wait`] or [`Flow::Done`].
    fn poll(&mut self, now: Now) -> Flow<Self::Event>;

    /// Nothing more will be sent: once all is, the sending side of the connection is ended, and receiving goes on. Never,
    /// unless overridden.
    fn is_finished(&self) -> bool {
        false
    }
}
