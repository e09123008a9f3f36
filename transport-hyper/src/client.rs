//! The client: carries operations out.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use kube_proto::Error;
use kube_proto::driver::Session;
use kube_proto::driver::{Channel, Group, OneResult, Operation};

use crate::clock::{Bell, Waiting};
use crate::duplex::Duplex;
use crate::pool::Pool;
use crate::stream::Stream;
use crate::together::TogetherStream;

/// An asynchronous client. A clone is cheap; all clones share connections, credentials and limits, in any task.
#[derive(Clone)]
pub struct Client {
    pub(crate) session: Session,
    pub(crate) pool: Arc<Pool>,
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
    /// # fn show(client: &kube_transport_hyper::Client) {
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
        self.pool.close_idle();
    }

    /// Carries out an operation with one result.
    ///
    /// # Errors
    /// The error of the operation; see [`Error`].
    pub fn call<O: OneResult>(&self, operation: O) -> impl Future<Output = Result<O::Item, Error>> + use<O> {
        let mut stream = self.stream(operation);
        async move { stream.next().await.unwrap_or_else(|| Err(without_result())) }
    }

    /// Carries out an operation with many results, one at a time as they are taken.
    pub fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        Stream::new(operation, self.session.clone(), Arc::clone(&self.pool))
    }

    /// Carries out operations side by side, as one stream of their results. See [`Group`].
    pub fn together<G: Group>(&self, group: G) -> TogetherStream<G> {
        TogetherStream::new(group, self.session.clone(), Arc::clone(&self.pool))
    }

    /// Carries out an upgrade, and returns the two-way session.
    ///
    /// # Errors
    /// The server refused and gave a reason, or the connection failed.
    pub fn open<C: Channel, O: Operation<Item = C>>(
        &self,
        operation: O,
    ) -> impl Future<Output = Result<Duplex<C>, Error>> + use<C, O> {
        let (mut stream, clock) = (self.stream(operation), self.pool.clock().clone());
        async move {
            let channel = match stream.next().await {
                Some(channel) => channel?,
                None => return Err(Error::misuse("the operation ended without a session")),
            };
            match stream.switched() {
                Some(link) => Ok(Duplex::new(channel, link, clock)),
                None => Err(Error::misuse("the operation yielded a session without a connection")),
            }
        }
    }

    /// Carries out many operations, at most `concurrent` at once. The results are in the order of the operations. A
    /// failed operation does not affect the others.
    pub fn batch<O, I>(
        &self,
        operations: I,
        concurrent: usize,
    ) -> impl Future<Output = Vec<Result<O::Item, Error>>> + use<O, I>
    where
        O: OneResult,
        I: IntoIterator<Item = O>,
    {
        let mut waiting: VecDeque<(usize, O)> = operations.into_iter().enumerate().collect();
        let mut results: Vec<_> = waiting.iter().map(|_| None).collect();
        let (client, awaited) = (self.clone(), Arc::<Waiting>::default());
        let lane = |_| (Bell::of(&awaited), None::<(usize, Stream<O>)>);
        let mut lanes: Vec<_> = (0..concurrent.clamp(1, waiting.len().max(1))).map(lane).collect();
        async move {
            poll_fn(|cx| {
                awaited.enter(0, cx.waker());
                for (bell, work) in &mut lanes {
                    loop {
                        let Some((place, stream)) = work else {
                            let Some((place, operation)) = waiting.pop_front() else { break };
                            *work = Some((place, client.stream(operation)));
                            bell.mark();
                            continue;
                        };
                        let waker = Waker::from(Arc::clone(bell));
                        let polled = if bell.take() { stream.poll(&mut Context::from_waker(&waker)) } else { break };
                        let Poll::Ready(result) = polled else { break };
                        if let Some(kept) = results.get_mut(*place) {
                            *kept = result;
                        }
                        *work = None;
                    }
                }
                if lanes.iter().all(|(_, work)| work.is_none()) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            results.into_iter().map(|result| result.unwrap_or_else(|| Err(without_result()))).collect()
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", &self.session).finish_non_exhaustive()
    }
}

fn without_result() -> Error {
    Error::misuse("the operation ended without a result: use `stream`")
}
