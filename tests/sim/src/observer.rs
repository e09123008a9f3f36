//! Reading what is true, without taking part in the run.

use std::collections::VecDeque;
use std::fmt;
use std::task::Waker;
use std::time::Duration;

use http::Method;
use kube_proto::Error;
use kube_proto::driver::{Effect, ExchangeKind, Input, Now, Operation, Session, Step, Task};
use serde_json::Value;

use super::cluster::{Answer, Cluster};
use super::{Sim, new_session};

/// Reads the cluster for a test. Its reads have no network between: they take no virtual time, meet no faults, count for no
/// limit, and do not stand in the trace.
pub struct Observer<'a> {
    cluster: &'a mut Cluster,
    session: Session,
    now: Now,
    server_time: Duration,
}

/// What has to be true after every change.
pub(super) struct Check {
    name: String,
    is_true: Box<IsTrue>,
}

type IsTrue = dyn FnMut(&mut Observer<'_>) -> Result<(), String>;

impl Observer<'_> {
    /// Carries out a read with one result: `get`, `list`.
    ///
    /// # Errors
    /// What the server answers; or the operation is no read of one document.
    pub fn read<O: Operation>(&mut self, operation: O) -> Result<O::Item, Error> {
        let mut task = Task::new(operation, self.session.clone());
        let mut arrived = VecDeque::new();
        loop {
            match task.turn(self.now, Waker::noop(), || arrived.pop_front()) {
                Step::Do(Effect::Exchange(exchange))
                    if exchange.kind == ExchangeKind::Call && exchange.request.method() == Method::GET =>
                {
                    arrived.clear();
                    if let Answer::Whole(response) = self.cluster.handle(exchange.request, self.server_time) {
                        let (head, body) = response.into_parts();
                        arrived.extend([Input::Head(Box::new(head)), Input::Data(body), Input::End]);
                    }
                }
                Step::Do(Effect::Abort) => arrived.clear(),
                Step::Do(_) => return Err(Error::misuse("an observer only reads")),
                Step::Yield(item) => return Ok(item),
                Step::Done(Err(error)) => return Err(error),
                Step::Done(Ok(())) => return Err(Error::misuse("the operation ended without a result")),
                Step::Wait(_) => return Err(Error::misuse("an observer does not wait")),
            }
        }
    }

    /// The document at this path; null if there is none.
    pub fn get(&mut self, path: &str) -> Value {
        match self.cluster.ask(Method::GET, path, &Value::Null, self.server_time) {
            (200, found) => found,
            _ => Value::Null,
        }
    }

    /// The simulation's clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        self.now
    }
}

impl Sim {
    /// Reads what is true.
    pub fn observer(&mut self) -> Observer<'_> {
        let session = self.observing.get_or_insert_with(|| new_session(0)).clone();
        let server_time = self.server_time();
        Observer { cluster: &mut self.cluster, session, now: self.now, server_time }
    }

    /// From now on this has to be true, and is checked after every change of the cluster: an error is a violation.
    pub fn always(&mut self, name: &str, is_true: impl FnMut(&mut Observer<'_>) -> Result<(), String> + 'static) {
        self.checks.push(Check { name: name.to_owned(), is_true: Box::new(is_true) });
        self.witnessed = None;
    }

    /// All that has to be true is.
    pub(super) fn check(&mut self) {
        let mut checks = std::mem::take(&mut self.checks);
        for check in &mut checks {
            if let Err(what) = (check.is_true)(&mut self.observer()) {
                self.violate(format!("{}: {what}", check.name));
            }
        }
        self.checks = checks;
    }
}

impl fmt::Debug for Observer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("now", &self.now.mono).finish_non_exhaustive()
    }
}
