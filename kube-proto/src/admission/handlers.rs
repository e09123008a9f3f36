//! Paths and their handlers: the whole of a webhook server but its sockets.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde::Serialize;

use super::answer::{Answer, IntoAnswer};
use super::conversion::Conversions;
use super::document;
use super::review::{NoReview, Review, Subject};
use super::time;

type Run = Arc<dyn Fn(&[u8], Duration) -> Response<Bytes> + Send + Sync>;
type Start = Arc<dyn Fn(&[u8], Duration) -> Begun + Send + Sync>;
type Later = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// What handles the requests to one path.
#[derive(Clone)]
pub struct Handler {
    how: How,
    role: Role,
}

#[derive(Clone)]
enum How {
    /// A function that computes.
    Pure(Run),
    /// A function that may block.
    Blocking(Run),
    Async(Start),
}

enum Begun {
    Done(Response<Bytes>),
    Later(Later),
}

/// What a handler is for: whether its answer may change the object, or whether it converts objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Validating,
    Mutating,
    Converting,
}

/// A validating handler: a function from a review to an [`Answer`], or to a `Result` whose error becomes HTTP 500. It
/// should only compute; see [`Handler::blocking`] and [`validating_async`].
#[must_use]
pub fn validating<K: Subject, A: IntoAnswer>(handler: impl Fn(Review<K>) -> A + Send + Sync + 'static) -> Handler {
    Handler { how: How::Pure(sync(Role::Validating, handler)), role: Role::Validating }
}

/// A mutating handler; see [`Review::changed`] and [`Answer::patch`]. It should only compute.
#[must_use]
pub fn mutating<K: Subject + Serialize, A: IntoAnswer>(
    handler: impl Fn(Review<K>) -> A + Send + Sync + 'static,
) -> Handler {
    Handler { how: How::Pure(sync(Role::Mutating, handler)), role: Role::Mutating }
}

/// A validating handler that is async.
#[must_use]
pub fn validating_async<K, A, F>(handler: impl Fn(Review<K>) -> F + Send + Sync + 'static) -> Handler
where
    K: Subject,
    A: IntoAnswer,
    F: Future<Output = A> + Send + 'static,
{
    Handler { how: How::Async(later(Role::Validating, handler)), role: Role::Validating }
}

/// A mutating handler that is async.
#[must_use]
pub fn mutating_async<K, A, F>(handler: impl Fn(Review<K>) -> F + Send + Sync + 'static) -> Handler
where
    K: Subject + Serialize,
    A: IntoAnswer,
    F: Future<Output = A> + Send + 'static,
{
    Handler { how: How::Async(later(Role::Mutating, handler)), role: Role::Mutating }
}

/// A handler that converts the objects of one kind.
#[must_use]
pub fn converting(conversions: Conversions) -> Handler {
    let run = move |body: &[u8], _: Duration| match conversions.review(body) {
        Ok(answer) => json(answer),
        Err(text) => plain(StatusCode::BAD_REQUEST, &text),
    };
    Handler { how: How::Pure(Arc::new(run)), role: Role::Converting }
}

impl Handler {
    /// The same handler, of which the driver knows that it may block: it asks a database or an API server, or computes for
    /// long. Drivers call it on a thread for that. An async handler stays as it is.
    #[must_use]
    pub fn blocking(mut self) -> Self {
        if let How::Pure(run) = self.how {
            self.how = How::Blocking(run);
        }
        self
    }
}

fn sync<K: Subject, A: IntoAnswer>(role: Role, handler: impl Fn(Review<K>) -> A + Send + Sync + 'static) -> Run {
    Arc::new(move |body, time| match Review::read(body, time) {
        Err(no) => refuse(no),
        Ok(review) => {
            let (version, uid) = (review.version().to_owned(), review.uid.clone());
            let connects = review.received().is_none();
            answered(role, &version, &uid, connects, &handler(review).into_answer())
        }
    })
}

fn later<K, A, F>(role: Role, handler: impl Fn(Review<K>) -> F + Send + Sync + 'static) -> Start
where
    K: Subject,
    A: IntoAnswer,
    F: Future<Output = A> + Send + 'static,
{
    Arc::new(move |body, time| match Review::read(body, time) {
        Err(no) => Begun::Done(refuse(no)),
        Ok(review) => {
            let (version, uid) = (review.version().to_owned(), review.uid.clone());
            let without = review.received().is_none();
            let answer = handler(review);
            Begun::Later(Box::pin(async move { answered(role, &version, &uid, without, &answer.await.into_answer()) }))
        }
    })
}

/// The response to a review that a handler has answered.
fn answered(role: Role, version: &str, uid: &str, without: bool, answer: &Answer) -> Response<Bytes> {
    let changes = answer.operations().is_some() && answer.is_allowed();
    let wrong = match answer {
        Answer { failure: Some(text), .. } => Some(text.as_str()),
        _ if changes && role != Role::Mutating => Some("a validating webhook cannot change the object"),
        _ if changes && without => Some("there is no object that a webhook could change"),
        _ => None,
    };
    match wrong.map_or_else(|| document::write(version, uid, answer), |text| Err(text.to_owned())) {
        Ok(body) => json(body),
        Err(text) => plain(StatusCode::INTERNAL_SERVER_ERROR, &text),
    }
}

fn refuse(no: NoReview) -> Response<Bytes> {
    match no {
        NoReview::Malformed(text) => plain(StatusCode::BAD_REQUEST, &text),
        // An API server shows the text of a 500, and not that of a 400.
        NoReview::OtherKind(text) => plain(StatusCode::INTERNAL_SERVER_ERROR, &text),
        NoReview::Undecodable { version, uid, text } => {
            let denial = Answer::deny(text).status(400, "BadRequest");
            answered(Role::Validating, &version, &uid, true, &denial)
        }
    }
}

fn json(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response that is no answer to a review: the API server applies its `failurePolicy`.
fn plain(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The handlers of a webhook server, by path.
///
/// | request | response |
/// |---|---|
/// | `POST` to the path of a handler, `application/json` | what the handler answers |
/// | the same with a body that is no review | 400 |
/// | the same with a review about another kind than the handler's | 500 |
/// | the same with another content type | 415 |
/// | another method | 405 |
/// | `GET /healthz`, `/livez` | 200 |
/// | `GET /readyz` | 200; 503 until [`Readiness::set`] says so, and once the server stops |
/// | another path | 404 |
/// | a handler that panics or is too late | 500 |
///
/// Every status but 200 makes the API server apply the `failurePolicy` of the webhook. An object that does not decode as
/// the handler's type is denied with 400, so that its user sees why.
///
/// A webhook can be tested without a socket:
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use kube_proto::admission::{Answer, Handlers, Review, validating};
/// use kube_proto::resource::DynamicObject;
///
/// let handlers = Handlers::new().at("/validate", validating(|review: Review<DynamicObject>| {
///     if review.name.starts_with("test-") { Answer::deny("no tests here") } else { Answer::allow() }
/// }));
/// let body = r#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
///     "uid": "1", "operation": "CREATE", "name": "test-a",
///     "object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "test-a"}}}}"#;
/// let request = Request::post("/validate?timeout=10s").header("content-type", "application/json");
/// let response = handlers.handle(&request.body(Bytes::from(body))?);
/// assert_eq!(response.status(), 200);
/// let answer: serde_json::Value = serde_json::from_slice(response.body())?;
/// assert_eq!(answer["response"]["status"]["message"], "no tests here");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Handlers {
    paths: BTreeMap<String, Handler>,
    readiness: Readiness,
}

/// Whether a webhook server is ready: what `GET /readyz` says. Clones are the same switch. It begins as ready.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<AtomicBool>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Readiness {
    /// Says whether the server is ready.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    /// The server is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What a driver does for one request.
pub enum Work {
    /// The response is ready.
    Done(Response<Bytes>),
    /// Call [`Job::run`].
    Run(Job),
    /// Poll this future. Give up at the end of its time.
    Later(AsyncJob),
}

/// A handler and its request.
pub struct Job {
    run: Run,
    body: Bytes,
    time: Duration,
    blocks: bool,
}

/// An async handler that has begun.
pub struct AsyncJob {
    future: Option<Later>,
    time: Duration,
}

impl Job {
    /// The response. A handler that panics gives HTTP 500; the panic ends here.
    #[must_use]
    pub fn run(self) -> Response<Bytes> {
        catch_unwind(AssertUnwindSafe(|| (self.run)(&self.body, self.time))).unwrap_or_else(|panic| panicked(&*panic))
    }

    /// The handler may block: run it on a thread for that.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.blocks
    }

    /// How long it may take, from the arrival of the request. Then answer with [`Handlers::too_late`].
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time
    }
}

impl AsyncJob {
    /// How long it may take, from the arrival of the request. Then drop it and answer with [`Handlers::too_late`].
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time
    }
}

impl Future for AsyncJob {
    type Output = Response<Bytes>;

    /// A handler that panics gives HTTP 500; the panic ends here.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(ready) => {
                self.future = None;
                ready
            }
            Err(panic) => {
                self.future = None;
                Poll::Ready(panicked(&*panic))
            }
        }
    }
}

/// Without the text of the panic: it may show values.
fn panicked(_: &(dyn Any + Send)) -> Response<Bytes> {
    plain(StatusCode::INTERNAL_SERVER_ERROR, "the handler panicked")
}

impl Handlers {
    /// No handlers, but for health and readiness.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles the requests to this path, which begins with `/`.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, handler: Handler) -> Self {
        self.paths.insert(path.into(), handler);
        self
    }

    /// The switch behind `/readyz`.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// The paths of the handlers.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str)
    }

    /// What the handler of this path is for.
    pub(super) fn role(&self, path: &str) -> Option<Role> {
        self.paths.get(path).map(|handler| handler.role)
    }

    /// What to do for this request. For drivers; programs and tests call [`handle`](Self::handle).
    #[must_use]
    pub fn start(&self, request: &Request<Bytes>) -> Work {
        let path = request.uri().path();
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let Some(handler) = self.paths.get(path) else {
            return Work::Done(match path {
                "/healthz" | "/livez" | "/readyz" if !reads => not_allowed("GET, HEAD"),
                "/healthz" | "/livez" => plain(StatusCode::OK, "ok"),
                "/readyz" if self.readiness.is_ready() => plain(StatusCode::OK, "ok"),
                "/readyz" => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready"),
                _ => plain(StatusCode::NOT_FOUND, "there is no webhook at this path"),
            });
        };
        if request.method() != Method::POST {
            return Work::Done(not_allowed("POST"));
        }
        if !is_json(request) {
            let text = "the content type must be application/json";
            return Work::Done(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        let time = match handler.role {
            Role::Converting => time::conversion(),
            Role::Validating | Role::Mutating => time::admission(request.uri().query()),
        };
        let body = request.body().clone();
        match &handler.how {
            How::Pure(run) => Work::Run(Job { run: Arc::clone(run), body, time, blocks: false }),
            How::Blocking(run) => Work::Run(Job { run: Arc::clone(run), body, time, blocks: true }),
            How::Async(start) => match catch_unwind(AssertUnwindSafe(|| start(&body, time))) {
                Ok(Begun::Done(response)) => Work::Done(response),
                Ok(Begun::Later(future)) => Work::Later(AsyncJob { future: Some(future), time }),
                Err(panic) => Work::Done(panicked(&*panic)),
            },
        }
    }

    /// The response to this request: a function without a socket and without a clock. An async handler is polled once; one
    /// that has to wait gives 500, so use [`handle_async`](Self::handle_async) for it.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        match self.start(request) {
            Work::Done(response) => response,
            Work::Run(job) => job.run(),
            Work::Later(mut job) => match Pin::new(&mut job).poll(&mut Context::from_waker(std::task::Waker::noop())) {
                Poll::Ready(response) => response,
                Poll::Pending => plain(StatusCode::INTERNAL_SERVER_ERROR, "the handler has to wait"),
            },
        }
    }

    /// The response to this request, where async handlers may wait.
    pub async fn handle_async(&self, request: &Request<Bytes>) -> Response<Bytes> {
        match self.start(request) {
            Work::Done(response) => response,
            Work::Run(job) => job.run(),
            Work::Later(job) => job.await,
        }
    }

    /// The response of a driver to a request whose handler is too late.
    #[must_use]
    pub fn too_late() -> Response<Bytes> {
        plain(StatusCode::INTERNAL_SERVER_ERROR, "the handler did not answer in time")
    }
}

fn not_allowed(methods: &'static str) -> Response<Bytes> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "this path takes other methods");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

/// `application/json`, with any parameters.
fn is_json(request: &Request<Bytes>) -> bool {
    let Some(value) = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").field("paths", &self.paths.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match &self.how {
            How::Pure(_) => "pure",
            How::Blocking(_) => "blocking",
            How::Async(_) => "async",
        };
        f.debug_struct("Handler").field("how", &how).field("role", &self.role).finish()
    }
}

impl fmt::Debug for Work {
    /// Without bodies: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done(_) => "Done",
            Self::Run(_) => "Run",
            Self::Later(_) => "Later",
        })
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("time", &self.time).field("blocks", &self.blocks).finish_non_exhaustive()
    }
}

impl fmt::Debug for AsyncJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncJob").field("time", &self.time).finish_non_exhaustive()
    }
}
