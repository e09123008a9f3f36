//! Discovery as one operation, for a client's `call`.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Begin` | the cache has a fresh value | `Over`: yields it |
//! | `Begin` | otherwise | `Core`: asks for `/api`, with the ETag of the cache's value |
//! | `Core` | a document, 304 or 404 | `Named`: asks for `/apis`, with the ETag of the cache's value |
//! | `Core` | any other failure | `Over` with the error |
//! | `Named` | a document or 304, and all is known | `Over`: stores the value and yields it |
//! | `Named` | a document of the older form | `Versions`: asks for the first version of a group |
//! | `Named` | a failure | `Over` with the error |
//! | `Versions` | a document, or a failure of this version alone | `Versions`: asks for the next one |
//! | `Versions` | the last of them | `Over`: stores the value and yields it |
//! | `Over` | | `Over`; repeats the result |

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};

use super::assemble::{Found, Legacy, Roots, is_aggregated};
use super::cache::{Discovered, DiscoveryCache};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::op::unary::Unary;
use crate::op::with_info::{ApiResponse, WithInfo};
use crate::op::{Inner, pass};
use crate::request::ApiRequest;
use crate::response::version::Version;

/// Asks a server for its resources: yields a [`Discovered`].
///
/// Servers since 1.27 answer two requests. An older one is then asked for each version of each group; these requests go one after
/// the other here, and all at once with [`Discover`](super::Discover). All requests together take at most 32 seconds, as long as
/// client-go gives each of them; [`Discovering::timeout`] changes that.
///
/// A group whose server does not answer is in [`Discovery::failures`](super::Discovery::failures), and the rest is usable.
///
/// ```
/// use kube_proto::client::AsyncClient;
/// use kube_proto::discovery::discover;
/// use kube_proto::Error;
///
/// async fn watchable<C: AsyncClient>(client: &C) -> Result<(), Error> {
///     let discovery = client.call(discover()).await?;
///     for failure in &discovery.failures {
///         eprintln!("nothing is known of {}: {}", failure.group_version, failure.text);
///     }
///     for found in discovery.preferred().into_iter().filter(|found| found.is_watchable()) {
///         println!("{}", found.resource);
///     }
///     Ok(())
/// }
/// ```
pub fn discover() -> Discovering {
    Discovering {
        cache: None,
        anew: false,
        new_connections: false,
        within: TIMEOUT,
        until: None,
        old: None,
        tags: [const { String::new() }; 2],
        roots: Roots::new(),
        stage: Stage::Begin,
        call: None,
        asked: false,
    }
}

/// The server's version (`GET /version`), which servers tell every user by default.
///
/// ```
/// use kube_proto::client::AsyncClient;
/// use kube_proto::discovery::server_version;
/// use kube_proto::response::Feature;
/// use kube_proto::Error;
///
/// async fn streams_lists<C: AsyncClient>(client: &C) -> Result<bool, Error> {
///     Ok(client.call(server_version()).await?.has(Feature::StreamingLists))
/// }
/// ```
pub fn server_version() -> Unary<Version> {
    ApiRequest::raw(Method::GET, "/version", "").json()
}

/// The operation of [`discover`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Discovering {
    cache: Option<DiscoveryCache>,
    anew: bool,
    new_connections: bool,
    within: Duration,
    until: Option<Moment>,
    /// The cache's value of this server.
    old: Option<Arc<Discovered>>,
    /// The ETags of the new value.
    tags: [String; 2],
    roots: Roots,
    stage: Stage,
    call: Option<Box<WithInfo<Unary<Bytes>>>>,
    /// The server was asked.
    asked: bool,
}

type Answer = Result<ApiResponse<Bytes>, Error>;

#[derive(Debug)]
enum Stage {
    Begin,
    Core,
    Named,
    Versions { legacy: Box<Legacy>, version: String },
    Over(Result<(), Error>),
}

impl Discovering {
    /// Uses the value of the cache if it is fresh, and stores a new one.
    pub fn cached(mut self, cache: &DiscoveryCache) -> Self {
        self.cache = Some(cache.clone());
        self
    }

    /// Asks the server although the cache has a fresh value.
    pub fn anew(mut self) -> Self {
        self.anew = true;
        self
    }

    /// The time limit for all requests together; 32 seconds by default.
    pub fn timeout(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Sends each request on a new connection, which a load balancer may lead to another server.
    pub fn on_new_connections(mut self) -> Self {
        self.new_connections = true;
        self
    }

    /// Whether the value came from the server, and not from the cache alone.
    #[must_use]
    pub fn has_asked(&self) -> bool {
        self.asked
    }

    fn begin(&mut self, cx: &Cx<'_>) -> Option<Arc<Discovered>> {
        let server = server(cx);
        if let Some(cache) = &self.cache {
            if !self.anew
                && let Some(value) = cache.fresh(cx.now).filter(|value| value.server == server)
            {
                return Some(value);
            }
            self.old = cache.value().filter(|value| value.server == server);
        }
        self.asked = true;
        self.until = Some(cx.now.mono.after(self.within));
        self.stage = Stage::Core;
        let tag = self.old.as_ref().map(|old| old.core_tag.clone());
        self.ask(Roots::core_request(), tag, cx);
        None
    }

    /// Sends a request, with this ETag unless it is empty.
    fn ask(&mut self, mut request: ApiRequest, tag: Option<String>, cx: &Cx<'_>) {
        let tag = tag.filter(|tag| !tag.is_empty()).and_then(|tag| HeaderValue::try_from(tag).ok());
        let conditional = tag.is_some();
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        // The body of a 304 is empty, and so no document.
        let mut call = if conditional { request.bytes() } else { request.document() };
        if self.new_connections {
            call = call.on_new_connection();
        }
        call.end_by(self.until, cx);
        self.call = Some(Box::new(call.with_info()));
    }

    /// Takes an answer, and sends the next request or yields the value.
    fn answered(&mut self, answer: Answer, cx: &Cx<'_>) -> Result<Option<Arc<Discovered>>, Error> {
        match &mut self.stage {
            Stage::Core => {
                match answer {
                    Ok(answer) => self.root(&answer, false)?,
                    // Aggregated API servers alone have no core group.
                    Err(error) if error.is_not_found() || error.is_missing_resource() => {}
                    Err(error) => return Err(error),
                }
                self.stage = Stage::Named;
                let tag = self.old.as_ref().map(|old| old.named_tag.clone());
                self.ask(Roots::named_request(), tag, cx);
                Ok(None)
            }
            Stage::Named => {
                self.root(&answer?, true)?;
                match std::mem::take(&mut self.roots).finish() {
                    Found::Complete(discovery) => Ok(Some(self.found(discovery, cx))),
                    Found::Legacy(legacy) => Ok(self.next_version(Box::new(legacy), cx)),
                }
            }
            Stage::Versions { legacy, version } => {
                match &answer {
                    Ok(answer) => legacy.answer(version, &answer.value),
                    Err(error) => legacy.fail(version, error),
                }
                let legacy = std::mem::take(legacy);
                Ok(self.next_version(legacy, cx))
            }
            Stage::Begin | Stage::Over(_) => Ok(None),
        }
    }

    /// The answer to one of the two first requests.
    fn root(&mut self, answer: &ApiResponse<Bytes>, named: bool) -> Result<(), Error> {
        let headers = &answer.info.headers;
        let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let [core_tag, named_tag] = &mut self.tags;
        let new_tag = if named { named_tag } else { core_tag };
        match &self.old {
            Some(old) if answer.info.code == StatusCode::NOT_MODIFIED => {
                new_tag.clone_from(if named { &old.named_tag } else { &old.core_tag });
                if named {
                    self.roots.named_unchanged(old);
                } else {
                    self.roots.core_unchanged(old);
                }
                Ok(())
            }
            _ => {
                if is_aggregated(headers) {
                    tag.clone_into(new_tag);
                }
                let body = &answer.value;
                if named { self.roots.named(headers, body) } else { self.roots.core(headers, body) }
            }
        }
    }

    fn next_version(&mut self, legacy: Box<Legacy>, cx: &Cx<'_>) -> Option<Arc<Discovered>> {
        match legacy.next_request() {
            Some((version, request)) => {
                self.stage = Stage::Versions { legacy, version };
                self.ask(request, None, cx);
                None
            }
            None => Some(self.found(legacy.finish(), cx)),
        }
    }

    fn found(&mut self, discovery: super::Discovery, cx: &Cx<'_>) -> Arc<Discovered> {
        let [core_tag, named_tag] = std::mem::take(&mut self.tags);
        let found = Discovered { discovery, fetched: cx.now.unix, server: server(cx), core_tag, named_tag };
        let found = Arc::new(found);
        if let Some(cache) = &self.cache {
            cache.set(Arc::clone(&found));
        }
        found
    }

    fn over(&mut self, result: Result<(), Error>) {
        self.stage = Stage::Over(result);
        (self.call, self.old) = (None, None);
    }
}

impl OneResult for Discovering {}

impl Operation for Discovering {
    type Item = Arc<Discovered>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Arc<Discovered>> {
        loop {
            if let Stage::Over(result) = &self.stage {
                return Step::Done(result.clone());
            }
            let found = match &mut self.call {
                None => Ok(self.begin(cx)),
                Some(call) => {
                    let answer = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(answer) => Ok(answer),
                        Inner::Done(result) => Err(result.err().unwrap_or_else(|| Error::misuse("no response"))),
                    };
                    self.answered(answer, cx)
                }
            };
            match found {
                Ok(None) => {}
                Ok(Some(found)) => {
                    self.over(Ok(()));
                    return Step::Yield(found);
                }
                Err(error) => self.over(Err(error)),
            }
        }
    }
}

fn server(cx: &Cx<'_>) -> String {
    format!("{}{}", cx.session.endpoint(), cx.session.prefix())
}

/// client-go's time limit for one request of discovery.
pub(super) const TIMEOUT: Duration = Duration::from_secs(32);
