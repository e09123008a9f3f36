//! Discovery with a client: its requests in rounds, each sent at once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;

use super::Discovery;
use super::assemble::{Found, Legacy, Roots};
use super::operation::TIMEOUT;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::lock::lock;
use crate::op::unary::Unary;
use crate::op::with_info::{ApiResponse, WithInfo};
use crate::request::ApiRequest;

/// Discovery of the resources of a server, round by round. A client's `batch` sends the requests of a round at once:
///
/// ```
/// use kube_proto::Error;
/// use kube_proto::client::AsyncClient;
/// use kube_proto::discovery::{Discover, Discovery};
///
/// async fn discover<C: AsyncClient>(client: &C) -> Result<Discovery, Error> {
///     let mut discover = Discover::new();
///     loop {
///         let round = discover.round();
///         if round.is_empty() {
///             return discover.finish();
///         }
///         let answers = client.batch(round, Discover::AT_ONCE).await;
///         discover.answer(answers);
///     }
/// }
/// ```
///
/// | round | requests | failures |
/// |---|---|---|
/// | 1 | `/api` and `/apis` | 404 of `/api` is a server without a core group; any other is the error of [`finish`](Self::finish) |
/// | 2, if the server has only the older form | every version of every group | a [`DiscoveryFailure`](super::DiscoveryFailure) of that version; the rest is used |
///
/// All requests together take at most 32 seconds, as long as client-go gives each of them; [`Discover::timeout`] changes
/// that.
#[derive(Debug)]
pub struct Discover {
    stage: Stage,
    deadline: Deadline,
}

/// The answer to a [`DiscoverRequest`].
type Answer = Result<ApiResponse<Bytes>, Error>;

#[derive(Debug)]
enum Stage {
    Roots,
    Versions { legacy: Box<Legacy>, asked: Vec<String> },
    Done(Result<Discovery, Error>),
}

/// The end of all requests: set when the first one starts.
#[derive(Clone, Debug)]
struct Deadline {
    within: Duration,
    until: Arc<Mutex<Option<Moment>>>,
}

/// A request of [`Discover`], for a client's `batch`.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct DiscoverRequest {
    call: WithInfo<Unary<Bytes>>,
    /// Taken at the first turn.
    deadline: Option<Deadline>,
}

impl Discover {
    /// The most requests to send at once: more than most servers have groups.
    pub const AT_ONCE: usize = 64;

    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self { stage: Stage::Roots, deadline: Deadline { within: TIMEOUT, until: Arc::default() } }
    }

    /// The time limit for all requests together.
    #[must_use]
    pub fn timeout(mut self, within: Duration) -> Self {
        self.deadline.within = within;
        self
    }

    /// The requests of the next round, in any order and best all at once; none if discovery is complete. Until they are
    /// [answered](Self::answer), the same requests again.
    pub fn round(&mut self) -> Vec<DiscoverRequest> {
        let requests = match &mut self.stage {
            Stage::Roots => vec![Roots::core_request(), Roots::named_request()],
            Stage::Versions { legacy, asked } => {
                let (versions, requests) = legacy.requests().into_iter().unzip();
                *asked = versions;
                requests
            }
            Stage::Done(_) => Vec::new(),
        };
        requests.into_iter().map(|request| DiscoverRequest::new(request, self.deadline.clone())).collect()
    }

    /// Takes the answers to a round, in the order of its requests. A missing one counts as failed.
    pub fn answer(&mut self, answers: impl IntoIterator<Item = Answer>) {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err(Error::misuse("the request was not answered")));
        self.stage = match std::mem::replace(&mut self.stage, Stage::Roots) {
            Stage::Roots => match roots(next(), next()) {
                Ok(Found::Complete(discovery)) => Stage::Done(Ok(discovery)),
                Ok(Found::Legacy(legacy)) => Stage::Versions { legacy: Box::new(legacy), asked: Vec::new() },
                Err(error) => Stage::Done(Err(error)),
            },
            Stage::Versions { mut legacy, asked } => {
                for version in &asked {
                    match next() {
                        Ok(answer) => legacy.answer(version, &answer.value),
                        Err(error) => legacy.fail(version, &error),
                    }
                }
                Stage::Done(Ok(legacy.finish()))
            }
            done @ Stage::Done(_) => done,
        };
    }

    /// What was found. Before the last round, only the versions whose resources are known.
    ///
    /// # Errors
    /// The server did not answer the first round.
    pub fn finish(self) -> Result<Discovery, Error> {
        match self.stage {
            Stage::Roots => Err(Error::misuse("discovery has no answers yet")),
            Stage::Versions { legacy, .. } => Ok(legacy.finish()),
            Stage::Done(result) => result,
        }
    }
}

impl Default for Discover {
    fn default() -> Self {
        Self::new()
    }
}

fn roots(core: Answer, named: Answer) -> Result<Found, Error> {
    let mut roots = Roots::new();
    match core {
        Ok(core) => roots.core(&core.info.headers, &core.value)?,
        // Aggregated API servers alone have no core group.
        Err(error) if error.is_not_found() || error.is_missing_resource() => {}
        Err(error) => return Err(error),
    }
    let named = named?;
    roots.named(&named.info.headers, &named.value)?;
    Ok(roots.finish())
}

impl DiscoverRequest {
    fn new(request: ApiRequest, deadline: Deadline) -> Self {
        Self { call: request.document().with_info(), deadline: Some(deadline) }
    }
}

impl OneResult for DiscoverRequest {}

impl Operation for DiscoverRequest {
    type Item = ApiResponse<Bytes>;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        if let Some(Deadline { within, until }) = self.deadline.take() {
            let mut until = lock(&until);
            let until = *until.get_or_insert_with(|| cx.now.mono.after(within));
            self.call.operation_mut().end_by(Some(until), cx);
        }
        self.call.resume(input, cx)
    }
}
