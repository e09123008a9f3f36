//! The client: carries operations out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use kube_proto::Error;
use kube_proto::driver::Session;
use kube_proto::driver::{Channel, Group, OneResult, Operation};

use crate::duplex::Duplex;
use crate::shared::{Shared, lock};
use crate::stream::Stream;
use crate::together::TogetherStream;

/// A blocking client. A clone is cheap; all clones share connections, credentials and limits, on any thread.
#[derive(Clone)]
pub struct Client {
    pub(crate) session: Session,
    pub(crate) shared: Arc<Shared>,
}

impl Client {
    /// The shared state of this client's operations: its namespace, its statistics.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The same client; all of its operations together must end within this time, counted from the beginning of the first. See
    /// [`Session::with_deadline`].
    ///
    /// ```no_run
    /// # fn show(client: &kube_transport_std::Client) {
    /// let client = client.with_deadline(std::time::Duration::from_secs(30));
    /// # }
    /// ```
    #[must_use]
    pub fn with_deadline(&self, limit: std::time::Duration) -> Self {
        Self { session: self.session.with_deadline(limit), ..self.clone() }
    }

    /// Closes all idle connections. Without this call the client closes an idle connection when it next looks for one and
    /// finds that its [age](kube_proto::driver::pool::PoolLimits::age) is over or that the server has closed it.
    pub fn close_idle(&self) {
        let idle = self.shared.idle().take_all();
        drop(idle);
    }

    /// Carries out an operation with one result.
    ///
    /// # Errors
    /// The error of the operation; see [`Error`].
    pub fn call<O: OneResult>(&self, operation: O) -> Result<O::Item, Error> {
        let mut stream = self.stream(operation);
        match stream.next() {
            Some(result) => result,
            None => Err(Error::misuse("the operation ended without a result: use `stream`")),
        }
    }

    /// Carries out an operation with many results, one at a time as they are taken.
    pub fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        Stream::new(operation, self.session.clone(), Arc::clone(&self.shared))
    }

    /// Carries out operations side by side, as one stream of their results. See [`Group`].
    pub fn together<G: Group>(&self, group: G) -> TogetherStream<G> {
        TogetherStream::new(group, self.session.clone(), Arc::clone(&self.shared))
    }

    /// Carries out an upgrade, and returns the two-way session.
    ///
    /// # Errors
    /// The server refused and gave a reason, or the connection failed.
    pub fn open<C: Channel, O: Operation<Item = C>>(&self, operation: O) -> Result<Duplex<C>, Error> {
        let mut stream = self.stream(operation);
        let channel = match stream.next() {
            Some(channel) => channel?,
            None => return Err(Error::misuse("the operation ended without a session")),
        };
        match stream.switched() {
            Some(link) => Ok(Duplex::new(channel, link, self.shared.clock)),
            None => Err(Error::misuse("the operation yielded a session without a connection")),
        }
    }

    /// Carries out many operations, at most `concurrent` at once. The results are in the order of the operations. A
    /// failed operation does not affect the others.
    pub fn batch<O>(&self, operations: impl IntoIterator<Item = O>, concurrent: usize) -> Vec<Result<O::Item, Error>>
    where
        O: OneResult + Send,
        O::Item: Send,
    {
        let waiting: VecDeque<(usize, O)> = operations.into_iter().enumerate().collect();
        let (count, results) = (waiting.len(), Mutex::new(Vec::new()));
        let waiting = Mutex::new(waiting);
        let work = || {
            // A closure, because in the loop's head the lock would be held through the body.
            let next = || lock(&waiting).pop_front();
            while let Some((place, operation)) = next() {
                let result = self.call(operation);
                lock(&results).push((place, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..concurrent.clamp(1, count.max(1)) {
                // If the system gives no more threads, the existing ones do the work.
                if std::thread::Builder::new().name("kube-batch".into()).spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", &self.session).finish_non_exhaustive()
    }
}
