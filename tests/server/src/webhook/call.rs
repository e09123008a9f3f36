//! One call of a webhook.

use bytes::Bytes;
use http::{Request, Response, header};
use kube_proto::admission::{Handlers, Work};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::Answered;
use crate::go;
use crate::meta::{self, Json};
use crate::rng::Rng;

/// A request to a webhook: `POST` of a review.
#[derive(Clone)]
pub struct WebhookCall {
    url: String,
    host: String,
    name: String,
    port: u16,
    service: Option<(String, String)>,
    bundle: Option<Vec<u8>>,
    body: Bytes,
    timeout: Duration,
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallFault {
    /// The port refuses connections.
    Refused,
    /// There was no answer within the time of the call.
    Late,
    /// There is no service of that name.
    NoService,
    /// The certificate is not one of the `caBundle`, or not for the name.
    Untrusted(String),
    /// The connection failed in another way.
    Broken(String),
}

impl WebhookCall {
    /// The call that a `clientConfig` describes; `query` is appended to its URL. The error is that of the configuration.
    pub(super) fn new(config: &Json, query: &str, body: Vec<u8>, timeout: Duration) -> Result<Self, String> {
        use base64::Engine as _;
        let bundle = match meta::text(config, &["caBundle"]) {
            "" => None,
            text => Some(base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())?),
        };
        let (name, port, path, service) = match config.get("service").and_then(Value::as_object) {
            Some(service) => {
                let (namespace, name) = (meta::text(service, &["namespace"]), meta::text(service, &["name"]));
                let port = service.get("port").and_then(Value::as_u64).unwrap_or(443);
                let port = u16::try_from(port).map_err(|_| "the port is out of range".to_owned())?;
                let path = meta::text(service, &["path"]).trim_start_matches('/').to_owned();
                (
                    format!("{name}.{namespace}.svc"),
                    port,
                    format!("/{path}"),
                    Some((namespace.to_owned(), name.to_owned())),
                )
            }
            None => {
                let uri: http::Uri =
                    meta::text(config, &["url"]).parse().map_err(|_| "the url is malformed".to_owned())?;
                let name = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
                (name, uri.port_u16().unwrap_or(443), uri.path().to_owned(), None)
            }
        };
        let shown = if name.contains(':') { format!("[{name}]") } else { name.clone() };
        let host = if port == 443 { shown.clone() } else { format!("{shown}:{port}") };
        // A service is always shown with its port.
        let authority = if service.is_some() { format!("{shown}:{port}") } else { host.clone() };
        let url = format!("https://{authority}{path}{query}");
        Ok(Self { url, host, name, port, service, bundle, body: body.into(), timeout })
    }

    /// The URL, with the query that names the time-out: `https://hook.shop.svc:443/validate?timeout=10s`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What [`Server::host_webhooks`](crate::Server::host_webhooks) names: the name or address, with the port unless that is 443.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name or address, which the certificate must be for.
    #[must_use]
    pub fn server_name(&self) -> &str {
        &self.name
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Namespace and name of the service, if the configuration names one.
    #[must_use]
    pub fn service(&self) -> Option<(&str, &str)> {
        self.service.as_ref().map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }

    /// The `caBundle`, PEM.
    #[must_use]
    pub fn ca_bundle(&self) -> Option<&[u8]> {
        self.bundle.as_deref()
    }

    /// The review.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How long the server waits for the answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The HTTP request, with the path and query alone.
    #[must_use]
    pub fn request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = http::Method::POST;
        let uri: http::Uri = self.url.parse().unwrap_or_default();
        let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        *request.uri_mut() = target.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, http::HeaderValue::from_static("application/json, */*"));
        headers.insert(header::USER_AGENT, http::HeaderValue::from_static("kube-apiserver-admission"));
        request
    }

    /// Asks these handlers, on this thread. An async handler that has to wait is late.
    ///
    /// # Errors
    /// [`CallFault::Late`].
    pub fn ask(&self, handlers: &Handlers) -> Answered {
        match handlers.start(&self.request()) {
            Work::Done(response) => Ok(response),
            Work::Run(job) => Ok(job.run()),
            Work::Later(mut job) => match Pin::new(&mut job).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(response) => Ok(response),
                Poll::Pending => Err(CallFault::Late),
            },
        }
    }

    /// The fault of a call that no driver can make.
    pub(crate) fn unreachable(&self) -> CallFault {
        if self.service.is_some() { CallFault::NoService } else { CallFault::Refused }
    }

    /// The fault, as client-go tells it.
    pub(super) fn told(&self, fault: &CallFault) -> String {
        let Self { url, port, service, .. } = self;
        let address = format!("{}:{port}", self.name);
        match fault {
            CallFault::Refused => format!("Post {url:?}: dial tcp {address}: connect: connection refused"),
            CallFault::Late => format!("Post {url:?}: context deadline exceeded"),
            CallFault::NoService => {
                let name = service.as_ref().map_or("", |(_, name)| name);
                format!("Post {url:?}: service {name:?} not found")
            }
            CallFault::Untrusted(why) => format!("Post {url:?}: tls: failed to verify certificate: x509: {why}"),
            CallFault::Broken(why) => format!("Post {url:?}: {why}"),
        }
    }
}

impl fmt::Debug for WebhookCall {
    /// Without the review: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookCall").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The document of an answer with status 200, or why it is none, as client-go tells it.
pub(super) fn document(call: &WebhookCall, answer: &Answered) -> Result<Json, String> {
    let response = answer.as_ref().map_err(|fault| call.told(fault))?;
    let code = response.status().as_u16();
    if !(200..=206).contains(&code) {
        return Err(refusal(response));
    }
    if let Some(fault) = go::json_fault(response.body()) {
        let body = go::summary(response.body());
        return Err(format!("couldn't get version/kind; json parse error: {fault} ({body})"));
    }
    match kube_proto::json::from_slice(response.body()) {
        Ok(Value::Object(document)) => Ok(document),
        _ => Err("couldn't get version/kind; json parse error: json: cannot unmarshal".into()),
    }
}

/// The message that client-go makes of a status without a `Status` document.
fn refusal(response: &Response<Bytes>) -> String {
    // client-go reads 2 KiB of such a text.
    let text = response.body().get(..response.body().len().min(2048)).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    match response.status().as_u16() {
        400 => "the server rejected our request for an unknown reason".into(),
        401 => "the server has asked for the client to provide credentials".into(),
        403 | 415 if !text.is_empty() => text.to_owned(),
        403 => "the server does not allow access to the requested resource".into(),
        404 => "the server could not find the requested resource".into(),
        405 => "the server does not allow this method on the requested resource".into(),
        409 => "the server reported a conflict".into(),
        410 => "the server has asked for a resource that is gone".into(),
        413 => format!("the server responded with the status code 413 but did not return more information: {text}"),
        422 => "the server rejected our request due to an error in our request".into(),
        429 => "the server has received too many requests and has asked us to try again later".into(),
        503 => "the server is currently unable to handle the request".into(),
        504 => {
            "the server was unable to return a response in the time allotted, but may still be processing the request"
                .into()
        }
        code if code >= 500 => {
            format!("an error on the server ({text:?}) has prevented the request from succeeding")
        }
        code => format!("the server responded with the status code {code} but did not return more information"),
    }
}

/// What a request has asked of webhooks, and what they have answered.
#[derive(Default)]
pub(crate) struct Calls(RefCell<Inner>);

#[derive(Default)]
struct Inner {
    answers: BTreeMap<(String, Bytes), Answered>,
    wanted: Vec<WebhookCall>,
    rng: Option<Rng>,
    audit: BTreeMap<String, String>,
}

impl Calls {
    pub(super) fn new(answers: BTreeMap<(String, Bytes), Answered>, rng: Rng) -> Self {
        Self(RefCell::new(Inner { answers, rng: Some(rng), ..Inner::default() }))
    }

    /// A uid for a review. The same request draws the same ones each time it runs.
    pub(super) fn uid(&self) -> String {
        self.0.borrow_mut().rng.as_mut().map_or_else(String::new, Rng::uuid)
    }

    /// The answer; without one the call is wanted, and the request has to wait.
    pub(super) fn ask(&self, call: &WebhookCall) -> Option<Answered> {
        let mut inner = self.0.borrow_mut();
        let found = inner.answers.get(&(call.url.clone(), call.body.clone())).cloned();
        if found.is_none() {
            inner.wanted.push(call.clone());
        }
        found
    }

    pub(super) fn wanted(&self) -> Vec<WebhookCall> {
        self.0.borrow().wanted.clone()
    }

    /// The request has to wait.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.0.borrow().wanted.is_empty()
    }

    pub(super) fn into_answers(self) -> BTreeMap<(String, Bytes), Answered> {
        self.0.into_inner().answers
    }

    /// Adds an audit annotation, unless the key has one.
    pub(super) fn annotate(&self, key: String, value: String) {
        self.0.borrow_mut().audit.entry(key).or_insert(value);
    }

    pub(super) fn take_audit(&self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.0.borrow_mut().audit)
    }
}
