//! Create an object, or find it: what follows a create that may have happened.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Creating` | the object | `Over`: yields it as created |
//! | `Creating` | 409 `AlreadyExists` | `Finding` |
//! | `Creating` | an error after which the outcome is unknown | `Waiting` |
//! | `Creating` | any other error | `Over` |
//! | `Waiting` | its moment | `Finding` |
//! | `Finding` | the object | `Over`: yields it as found |
//! | `Finding` | it is not there, the object has a name, looks are left | `Creating` |
//! | `Finding` | it is not there, the object is known by its label alone, looks are left | `Waiting` |
//! | `Finding` | an error, looks are left | `Waiting` |
//! | `Finding` | no looks are left | `Over` with the error of the create |
//! | `Over` | | `Over`; repeats the result |
//!
//! The name of an object makes a second create safe: if the first one arrives late, one of them fails. A name that the server
//! generates does not, so an object that is known by its label is looked for and not created again.

use std::fmt;
use std::time::Duration;

use super::decode;
use super::pages::{ListAll, ListKind};
use super::unary::Unary;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::op::{Inner, pass};
use crate::random::Random;
use crate::request::{ApiRequest, GetParams, ListParams, Target};
use crate::resource::Object;

/// The result of a [`CreateOrFind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensured<K> {
    /// This operation created the object.
    Created(K),
    /// The object exists: this operation created it with an outcome that was unknown first, or another client did.
    Found(K),
}

impl<K> Ensured<K> {
    /// The object.
    pub fn into_inner(self) -> K {
        match self {
            Ensured::Created(object) | Ensured::Found(object) => object,
        }
    }
}

/// Creates an object, or finds it. Made by [`Api::create_or_find`](crate::Api::create_or_find).
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct CreateOrFind<K> {
    target: Target,
    create: ApiRequest,
    kind: ListKind,
    /// How to find it: by name, or by this selector.
    name: Option<String>,
    label: Option<String>,
    random: Option<Random>,
    looks: u32,
    /// The error of the create whose outcome is unknown.
    unknown: Option<Error>,
    state: State<K>,
}

enum State<K> {
    Creating(Box<Unary<K>>),
    Waiting(Moment),
    Named(Box<Unary<K>>),
    Labelled(Box<ListAll<K>>),
    Over(Result<(), Error>),
}

impl<K: Object> CreateOrFind<K> {
    pub(crate) fn new(target: Target, create: ApiRequest, kind: ListKind, name: Option<String>) -> Self {
        let state = State::Creating(creating(&create));
        Self { target, create, kind, name, label: None, random: None, looks: 0, unknown: None, state }
    }

    /// The label by which an object is found whose name the server generates: a selector that only this object matches,
    /// for example `app.example/request=3f2c`. The object must have it.
    pub fn known_by(mut self, selector: impl Into<String>) -> Self {
        self.label = Some(selector.into());
        self
    }

    /// The number of times that the object was looked for.
    #[must_use]
    pub fn looks(&self) -> u32 {
        self.looks
    }

    fn over(&mut self, result: Result<(), Error>) -> Step<Ensured<K>> {
        self.state = State::Over(result.clone());
        Step::Done(result)
    }

    fn yields(&mut self, ensured: Ensured<K>) -> Step<Ensured<K>> {
        self.state = State::Over(Ok(()));
        Step::Yield(ensured)
    }

    fn find(&mut self) -> State<K> {
        self.looks += 1;
        match (&self.name, &self.label) {
            (Some(name), _) => {
                let request = self.target.get(name, &GetParams::default());
                State::Named(Box::new(Unary::new(request, decode::object)))
            }
            (None, label) => {
                let params = ListParams { label_selector: label.clone(), ..ListParams::default() };
                State::Labelled(Box::new(ListAll::new(self.target.list(&params), self.kind.clone())))
            }
        }
    }

    /// What follows a create that failed.
    fn failed(&mut self, error: Error, cx: &Cx<'_>) -> Result<State<K>, Error> {
        let findable = self.name.is_some() || self.label.is_some();
        match error {
            error if !findable => Err(error),
            error if error.is_already_exists() && self.name.is_some() && self.looks < LOOKS => {
                self.unknown.get_or_insert(error);
                Ok(self.find())
            }
            error if error.outcome_unknown() => {
                self.unknown = Some(error);
                self.wait(cx)
            }
            error => Err(error),
        }
    }

    /// What follows a look that found nothing.
    fn missing(&mut self, cx: &Cx<'_>) -> Result<State<K>, Error> {
        if self.name.is_some() && self.looks < LOOKS {
            return Ok(State::Creating(creating(&self.create)));
        }
        self.wait(cx)
    }

    /// The wait before the next look.
    fn wait(&mut self, cx: &Cx<'_>) -> Result<State<K>, Error> {
        if self.looks >= LOOKS {
            let error = self.unknown.clone();
            return Err(error.unwrap_or_else(|| Error::misuse("the object is neither created nor found")));
        }
        let random = self.random.get_or_insert_with(|| cx.session.random());
        let base = FIRST.saturating_mul(1 << self.looks.min(16));
        Ok(State::Waiting(cx.now.mono.after(random.jitter(base, 0.5))))
    }
}

impl<K: Object> OneResult for CreateOrFind<K> {}

impl<K: Object> Operation for CreateOrFind<K> {
    type Item = Ensured<K>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Ensured<K>> {
        loop {
            let next = match &mut self.state {
                State::Creating(create) => match pass!(create.resume(input.take(), cx)) {
                    Inner::Yield(object) => return self.yields(Ensured::Created(object)),
                    Inner::Done(Ok(())) => return self.over(Ok(())),
                    Inner::Done(Err(error)) => self.failed(error, cx),
                },
                State::Waiting(until) if cx.now.mono < *until => return Step::Wait(Some(*until)),
                State::Waiting(_) => Ok(self.find()),
                State::Named(read) => match pass!(read.resume(input.take(), cx)) {
                    Inner::Yield(object) => return self.yields(Ensured::Found(object)),
                    Inner::Done(Err(error)) if error.is_not_found() => self.missing(cx),
                    Inner::Done(_) => self.wait(cx),
                },
                State::Labelled(list) => match pass!(list.resume(input.take(), cx)) {
                    Inner::Yield(list) => match list.items.into_iter().next() {
                        Some(object) => return self.yields(Ensured::Found(object)),
                        None => self.missing(cx),
                    },
                    Inner::Done(_) => self.wait(cx),
                },
                State::Over(result) => return Step::Done(result.clone()),
            };
            match next {
                Ok(state) => self.state = state,
                Err(error) => return self.over(Err(error)),
            }
        }
    }
}

fn creating<K: Object>(create: &ApiRequest) -> Box<Unary<K>> {
    Box::new(Unary::new(create.clone(), decode::json))
}

impl<K> fmt::Debug for CreateOrFind<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateOrFind").field("name", &self.name).field("looks", &self.looks).finish_non_exhaustive()
    }
}

/// The most looks. With their waits, they take half a minute and more: an API server ends a call after a minute at most, and
/// usually much sooner.
const LOOKS: u32 = 5;
/// The first wait; it doubles.
const FIRST: Duration = Duration::from_secs(1);
