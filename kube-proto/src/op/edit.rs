//! Read, change, replace; again if another writer was faster.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Reading` | the object | `Writing` what the caller made of it, or `Over` if there is nothing to write: yields it |
//! | `Reading` | an error | `Over` |
//! | `Writing` | the new object | `Over`: yields it |
//! | `Writing` | 409 of a version, and tries are left | `Backoff` |
//! | `Writing` | any other error | `Over` |
//! | `Backoff` | its moment | `Reading` |
//! | `Over` | | `Over`; repeats the result |
//!
//! A write that may have happened is not repeated: the caller's function might count. Read the object to find out.

use std::fmt;

use serde::Serialize;

use super::decode;
use super::unary::Unary;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::op::{Inner, pass};
use crate::random::Random;
use crate::request::{GetParams, Target, WriteParams};
use crate::resource::Object;
use crate::settings::Timeouts;
use crate::settings::policy::ConflictPolicy;

/// Whether an edit has something to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The object was changed: write it.
    Write,
    /// The object is as it should be: the edit ends without a write.
    Nothing,
}

/// Reads an object, lets the caller change it, and replaces it; again if another writer was faster. Made by
/// [`Api::edit`](crate::Api::edit).
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Edit<K, F> {
    target: Target,
    name: String,
    params: WriteParams,
    change: F,
    policy: Option<ConflictPolicy>,
    timeouts: Option<Timeouts>,
    random: Option<Random>,
    /// Writes so far.
    tries: u32,
    state: State<K>,
}

enum State<K> {
    Reading(Box<Unary<K>>),
    Writing(Box<Unary<K>>),
    Backoff(Moment),
    Over(Result<(), Error>),
}

impl<K: Object, F> Edit<K, F> {
    pub(crate) fn new(target: Target, name: &str, params: WriteParams, change: F) -> Self {
        let read = read(&target, name, None);
        Self {
            target,
            name: name.to_owned(),
            params,
            change,
            policy: None,
            timeouts: None,
            random: None,
            tries: 0,
            state: State::Reading(read),
        }
    }

    /// Replaces the session's [policy](crate::settings::Settings::conflicts) for conflicts.
    pub fn conflicts(mut self, policy: ConflictPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Replaces the session's time-outs, for each request.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = Some(timeouts);
        self.state = State::Reading(read(&self.target, &self.name, Some(timeouts)));
        self
    }

    /// The number of writes so far.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    fn over(&mut self, result: Result<(), Error>) -> Step<K> {
        self.state = State::Over(result.clone());
        Step::Done(result)
    }

    fn yields(&mut self, object: K) -> Step<K> {
        self.state = State::Over(Ok(()));
        Step::Yield(object)
    }
}

impl<K: Object + Serialize, F: FnMut(&mut K) -> Change> OneResult for Edit<K, F> {}

impl<K: Object + Serialize, F: FnMut(&mut K) -> Change> Operation for Edit<K, F> {
    type Item = K;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<K> {
        loop {
            match &mut self.state {
                State::Reading(read) => match pass!(read.resume(input.take(), cx)) {
                    Inner::Yield(mut object) => {
                        if (self.change)(&mut object) == Change::Nothing {
                            return self.yields(object);
                        }
                        self.tries += 1;
                        let request = self.target.replace(&self.name, &object, &self.params);
                        self.state = State::Writing(timed(Unary::new(request, decode::json), self.timeouts));
                    }
                    Inner::Done(result) => return self.over(result),
                },
                State::Writing(write) => match pass!(write.resume(input.take(), cx)) {
                    Inner::Yield(object) => return self.yields(object),
                    Inner::Done(Err(error)) if error.is_conflict() => {
                        let policy = self.policy.unwrap_or(cx.session.settings().conflicts);
                        if self.tries >= policy.tries {
                            return self.over(Err(error));
                        }
                        let random = self.random.get_or_insert_with(|| cx.session.random());
                        let base = policy.backoff.saturating_mul(1 << self.tries.saturating_sub(1).min(16));
                        self.state = State::Backoff(cx.now.mono.after(random.jitter(base, 0.5)));
                    }
                    Inner::Done(result) => return self.over(result),
                },
                State::Backoff(until) if cx.now.mono < *until => return Step::Wait(Some(*until)),
                State::Backoff(_) => self.state = State::Reading(read(&self.target, &self.name, self.timeouts)),
                State::Over(result) => return Step::Done(result.clone()),
            }
        }
    }
}

/// A read from the server's storage: its cache may have the version that was in conflict.
fn read<K: Object>(target: &Target, name: &str, timeouts: Option<Timeouts>) -> Box<Unary<K>> {
    timed(Unary::new(target.get(name, &GetParams::default()), decode::object), timeouts)
}

fn timed<K>(unary: Unary<K>, timeouts: Option<Timeouts>) -> Box<Unary<K>> {
    Box::new(match timeouts {
        Some(timeouts) => unary.timeouts(timeouts),
        None => unary,
    })
}

impl<K, F> fmt::Debug for Edit<K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("name", &self.name).field("tries", &self.tries).finish_non_exhaustive()
    }
}
