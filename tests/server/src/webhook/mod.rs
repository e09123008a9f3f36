//! Webhooks: which ones a request has to pass, and what they change.
//!
//! The server makes no call itself. A request that lacks the answer of a webhook stops before anything is stored, and
//! starts again from its beginning once the answer is there. Between, other requests are handled: an update whose object
//! has changed meanwhile asks its webhooks again, as the real server does.
//!
//! | state | event | next |
//! |---|---|---|
//! | running | nothing is missing | `Progress::Done` with the reply |
//! | running | answers are missing | `Progress::Calls`: the driver makes these calls, side by side |
//! | calls | [`Server::resume`] with the answers | running, from the beginning |
//! | running | more than [`ROUNDS`] starts | `Progress::Done` with status 500 |
//!
//! [`Server::handle`] is such a driver for the handlers of [`Server::host_webhooks`]; [`serve`](crate::serve) also calls over
//! sockets.
//!
//! | file | what it has |
//! |---|---|
//! | `call` | one call: its URL, its answer or its fault, in the words of client-go |
//! | `hook` | an entry of a configuration: rules, selectors, match policy |
//! | `review` | `AdmissionReview`: written, and read |
//! | `admit` | the order of calls, reinvocation, failure policy, dry run, audit annotations |
//! | `convert` | `ConversionReview`, and what the server demands of its answer |

mod admit;
mod call;
mod convert;
mod hook;
mod review;

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use kube_proto::admission::Handlers;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Server;
use super::auth::Identity;
use super::context::Cx;
use super::reply::Reply;
use super::rng::Rng;
use super::status::Failure;

pub(crate) use admit::{Admission, Operation};
pub(crate) use call::Calls;
pub use call::{CallFault, WebhookCall};
pub use convert::Conversion;

/// How often a request may start again. Each start follows on answers that were missing.
pub const ROUNDS: usize = 200;

/// The most audit annotations of webhooks that the server keeps; older ones go.
const AUDITED: usize = 1000;

/// What a request needs next.
#[derive(Debug)]
pub enum Progress {
    /// The reply.
    Done(Reply),
    /// The answers of webhooks.
    Calls(Box<Suspended>),
}

/// A request that waits for webhooks. Dropping it gives the request up; nothing was stored.
pub struct Suspended {
    parts: Parts,
    body: Bytes,
    identity: Identity,
    now: Duration,
    rng: Rng,
    answers: BTreeMap<(String, Bytes), Answered>,
    calls: Vec<WebhookCall>,
    rounds: usize,
}

/// What came of a call.
pub type Answered = Result<http::Response<Bytes>, CallFault>;

/// Audit annotations that webhooks have given to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The method of the request.
    pub method: http::Method,
    /// The path of the request.
    pub path: String,
    /// The annotations as an audit event has them: `NAME OF THE WEBHOOK/KEY`, and those of the server itself.
    pub annotations: BTreeMap<String, String>,
}

impl Suspended {
    /// The calls to make. They may be made at the same time.
    #[must_use]
    pub fn calls(&self) -> &[WebhookCall] {
        &self.calls
    }
}

impl fmt::Debug for Suspended {
    /// Without bodies: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspended")
            .field("path", &self.parts.uri.path())
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Begins a request. [`handle`](Self::handle) does this, and the calls to hosted handlers as well; this is for a driver
    /// that makes calls over a network.
    pub fn begin(&mut self, request: Request<Bytes>, identity: &Identity, now: Duration) -> Progress {
        let (parts, body) = request.into_parts();
        self.requests += 1;
        let (rng, identity) = (self.rng.clone(), identity.clone());
        let (answers, calls) = (BTreeMap::new(), Vec::new());
        let mut suspended = Box::new(Suspended { parts, body, identity, now, rng, answers, calls, rounds: 0 });
        let progress = self.turn(&mut suspended, now);
        match progress {
            Some(reply) => Progress::Done(reply),
            None => {
                // The request draws the same numbers again, so others must not.
                self.rng = Rng::new(self.rng.next());
                Progress::Calls(suspended)
            }
        }
    }

    /// Goes on with a request. The answers are those of its [`calls`](Suspended::calls), in their order; a missing one is a
    /// [`CallFault::Late`].
    pub fn resume(&mut self, mut suspended: Box<Suspended>, answers: Vec<Answered>, now: Duration) -> Progress {
        let mut answers = answers.into_iter();
        for call in std::mem::take(&mut suspended.calls) {
            let answer = answers.next().unwrap_or(Err(CallFault::Late));
            suspended.answers.insert((call.url().to_owned(), call.body().clone()), answer);
        }
        suspended.rounds += 1;
        let own = std::mem::replace(&mut self.rng, suspended.rng.clone());
        let progress = self.turn(&mut suspended, now);
        self.rng = own;
        match progress {
            Some(reply) => Progress::Done(reply),
            None => Progress::Calls(suspended),
        }
    }

    /// Runs the request from its beginning. `None`: `calls` has what is missing.
    fn turn(&mut self, suspended: &mut Suspended, now: Duration) -> Option<Reply> {
        self.now = self.now.max(now);
        let mut cx = Cx::new(&suspended.parts, &suspended.body, suspended.now);
        // Reviews have their own numbers, so that a webhook that is added does not change the uids of objects.
        let seed = self.options.seed ^ (self.requests << 20);
        cx.calls = Calls::new(std::mem::take(&mut suspended.answers), Rng::new(seed));
        let before = self.store.version();
        self.collect(now);
        let result = self.route(&mut cx, &suspended.identity);
        if self.store.version() != before {
            self.generation += 1;
        }
        let wanted = cx.calls.wanted();
        if !wanted.is_empty() && suspended.rounds < ROUNDS {
            suspended.calls = wanted;
            suspended.answers = cx.calls.into_answers();
            return None;
        }
        let mut reply = match result {
            Ok(reply) => reply,
            Err(failure) => cx.refuse(&failure),
        };
        self.finish(&cx, &mut reply);
        let annotations = cx.calls.take_audit();
        if !annotations.is_empty() {
            let (method, path) = (suspended.parts.method.clone(), suspended.parts.uri.path().to_owned());
            self.audited.push_back(Audited { method, path, annotations });
            while self.audited.len() > AUDITED {
                self.audited.pop_front();
            }
        }
        Some(reply)
    }

    /// Hosts the webhooks of a program in this process: calls to `host` go to these handlers instead of a socket. A host is
    /// `NAME.NAMESPACE.svc` for a service, or the name or address in a URL; with a port unless that is 443.
    ///
    /// A test of a webhook, with its configuration as code:
    ///
    /// ```
    /// use kube_proto::admission::{Answer, Backend, Handlers, Operation, Review, Rule, Webhook, WebhookConfiguration, validating};
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    /// use kube_test_server::{Options, Server};
    /// use serde_json::json;
    ///
    /// fn guard(review: Review<DynamicObject>) -> Answer {
    ///     if review.name.starts_with("test-") { Answer::deny("no tests here") } else { Answer::allow() }
    /// }
    ///
    /// let mut server = Server::new(Options::default());
    /// server.host_webhooks("hook.shop.svc", Handlers::new().at("/guard", validating(guard)));
    /// let maps = ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
    /// let rule = Rule::on(&maps, [Operation::Create]);
    /// let configuration = WebhookConfiguration::validating("guard", Backend::service("shop", "hook"))
    ///     .webhook(Webhook::new("guard.example.com", "/guard").rule(rule));
    /// assert_eq!(server.submit(&configuration.object()).0, 201);
    ///
    /// let map = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}});
    /// assert_eq!(server.submit(&map("a")).0, 201);
    /// let (code, status) = server.submit(&map("test-a"));
    /// assert_eq!(code, 403);
    /// assert_eq!(status["message"], "admission webhook \"guard.example.com\" denied the request: no tests here");
    /// ```
    pub fn host_webhooks(&mut self, host: &str, handlers: Handlers) {
        self.hosts.insert(host.to_owned(), handlers);
    }

    /// The handlers that are hosted for a call.
    #[must_use]
    pub fn hosted(&self, call: &WebhookCall) -> Option<Handlers> {
        self.hosts.get(call.host()).cloned()
    }

    /// Creates an object as the administrator, at the path that its `apiVersion`, `kind` and namespace say. Returns the
    /// status code and the answer, which is the object or a `Status`.
    pub fn submit(&mut self, object: &impl serde::Serialize) -> (u16, serde_json::Value) {
        use serde_json::Value;
        let object = serde_json::to_value(object).unwrap_or(Value::Null);
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (version, kind, namespace) = (text("/apiVersion"), text("/kind"), text("/metadata/namespace"));
        let found = self.registry.iter().find(|resource| resource.api_version() == version && resource.kind == kind);
        let Some(resource) = found else { return (404, Value::Null) };
        let root = if resource.group.is_empty() { "/api" } else { "/apis" };
        let within = if resource.namespaced { format!("/namespaces/{namespace}") } else { String::new() };
        let path = format!("{root}/{version}{within}/{}", resource.plural);
        let request = Request::post(path).header("content-type", "application/json").body(object.to_string().into());
        let Ok(request) = request else { return (400, Value::Null) };
        let reply = self.handle(request, &Identity::admin(), self.now);
        let code = reply.status().as_u16();
        let body = reply.response().and_then(|response| kube_proto::json::from_slice(response.body()).ok());
        (code, body.unwrap_or(Value::Null))
    }

    /// The audit annotations that webhooks have given since the last call, oldest first; at most 1,000 requests'.
    pub fn take_audited(&mut self) -> Vec<Audited> {
        self.audited.drain(..).collect()
    }

    /// Whether there is any webhook.
    #[cfg(feature = "http2")]
    pub(crate) fn has_any_webhook(&self) -> bool {
        let configured =
            [hook::MUTATING, hook::VALIDATING].iter().any(|shelf| self.store.under(shelf, "").next().is_some());
        configured || self.registry.iter().any(|resource| resource.conversion().is_some())
    }

    /// Answers calls by hosted handlers, at once: a handler that would have to wait is late.
    pub(crate) fn answer_hosted(&self, calls: &[WebhookCall]) -> Vec<Answered> {
        calls
            .iter()
            .map(|call| self.hosted(call).map_or(Err(call.unreachable()), |handlers| call.ask(&handlers)))
            .collect()
    }
}

/// The failure of a request that has to wait. Its text is never shown: the request starts again.
pub(crate) fn waits() -> Failure {
    Failure::unknown("a webhook has to be called")
}
