//! The simulation's client for async code.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kube_proto::Error;
use kube_proto::client::AsyncClient;
use kube_proto::driver::{Now, OneResult, Operation, Session};

use super::border::Border;
use super::sleep::Sleep;
use super::stream::Stream;
use super::{Sim, batch, new_session};

/// A client of the simulated cluster, for code that is generic over [`AsyncClient`].
///
/// Its futures work only within a task of [`Sim::spawn_async`] or [`Sim::run_async`], which also make it. It is a cheap clone;
/// all clones share a session, and so do all the operations of one client. It is not `Send`: a simulation runs in one thread.
#[derive(Clone)]
pub struct Client {
    name: Arc<str>,
    session: Session,
    border: Rc<Border>,
}

impl Client {
    /// The name that its requests have in the trace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn place(&self) -> (Arc<str>, Rc<Border>) {
        (Arc::clone(&self.name), Rc::clone(&self.border))
    }

    /// What the operations of this client share: its namespace, its statistics.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl AsyncClient for Client {
    type Stream<O: Operation> = Stream<O>;

    fn call<O: OneResult>(&self, operation: O) -> impl Future<Output = Result<O::Item, Error>> + use<O> {
        let mut stream = self.stream(operation);
        async move { stream.one().await }
    }

    fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        Stream::new(operation, &self.name, self.session.clone(), Rc::clone(&self.border))
    }

    fn batch<O, I>(
        &self,
        operations: I,
        concurrent: usize,
    ) -> impl Future<Output = Vec<Result<O::Item, Error>>> + use<O, I>
    where
        O: OneResult,
        I: IntoIterator<Item = O>,
    {
        batch::run(self.clone(), operations.into_iter().collect(), concurrent)
    }

    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + use<> {
        Sleep::new(span, Arc::clone(&self.name), Rc::clone(&self.border))
    }

    fn now(&self) -> Now {
        self.border.now()
    }

    fn trace(&self, line: impl FnOnce() -> String) {
        self.border.trace(&self.name, line);
    }
}

impl Sim {
    /// A client with a session of its own, as another process has one: default settings, no credential.
    pub fn client(&mut self, name: &str) -> Client {
        self.clients += 1;
        let session = new_session(self.dice(1_000_000 + self.clients).below(u64::MAX));
        self.client_in(name, &session)
    }

    /// A client with this session.
    #[must_use]
    pub fn client_in(&self, name: &str, session: &Session) -> Client {
        Client { name: name.into(), session: session.clone(), border: Rc::clone(&self.border) }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("name", &self.name).field("session", &self.session).finish_non_exhaustive()
    }
}
