//! Errors. The text of an error names the attempt, the object, the reason and, where possible, the next step.
//!
//! A text never holds characters that act on a terminal ([`visible`]); the fields have what the server sent.
//!
//! Programs decide by [`Error::kind`] and by predicates such as [`Error::is_not_found`], never by the text.

pub(crate) mod attempts;
pub(crate) mod config;
pub(crate) mod decode;
pub(crate) mod failure;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::driver::fault::{Fault, FaultKind, Reach};
pub use crate::error::attempts::{Attempts, EarlierAttempt, RetryCause};
use crate::error::config::ConfigError;
use crate::frame::error::{FrameError, TooLarge};
pub use crate::json::error::DecodeError;
use crate::response::info::ResponseInfo;
use crate::response::status::Status;
use crate::rfc3339::second;
use crate::visible::{Visible, acts};

pub use crate::visible::visible;

/// A failed operation. Cheap to move; cloning copies the server's message.
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone)]
struct Parts {
    attempt: Option<Attempt>,
    attempts: Option<Attempts>,
    kind: ErrorKind,
}

/// The attempted request: a verb and its target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// The verb of the API (`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`), or the
    /// HTTP method of a raw request.
    pub verb: Cow<'static, str>,
    /// `pods`, `deployments.apps/scale`, or the path of a raw request.
    pub resource: String,
    /// The namespace, if there is one.
    pub namespace: Option<String>,
    /// The object's name, if there is one.
    pub name: Option<String>,
    /// The URL of the server, without credentials; empty if it is not known yet.
    pub server: String,
    /// Whether the request may change something on the server.
    pub mutates: bool,
    /// The `Audit-Id` that the last attempt sent: its name in the server's audit log. Only a session with an
    /// [observer](crate::observe) sends one.
    pub request_id: Option<String>,
}

impl Attempt {
    /// A raw request: it names a path and no resource.
    fn is_path(&self) -> bool {
        self.resource.starts_with('/')
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Visible(f);
        write!(f, "{} {}", self.verb, self.resource)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        if let Some(namespace) = &self.namespace {
            write!(f, " in namespace {namespace:?}")?;
        }
        Ok(())
    }
}

/// Why an operation failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server answered with an error.
    Api(Box<ApiError>),
    /// The connection, TLS or the HTTP of the peer failed.
    Transport(Fault),
    /// A deadline of the operation passed.
    Timeout {
        /// The stage that took too long.
        stage: TimeoutStage,
        /// The limit of this stage.
        limit: Duration,
        /// How far the request got.
        reach: Reach,
    },
    /// A part of the answer was larger than its limit.
    TooLarge {
        /// The part: `an item of the list`, `the response`.
        what: Cow<'static, str>,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The answer does not match the API.
    Decode {
        /// The expected document, and what is wrong with it.
        text: String,
        /// The beginning of the answer, printable. Empty for an object of the API, which may be a Secret.
        excerpt: String,
    },
    /// No credential could be obtained.
    Credential(String),
    /// The configuration cannot be used.
    Config(Box<ConfigError>),
    /// The circuit breaker is open, because the server or the API group failed too often. The request was not sent.
    CircuitOpen {
        /// The first failure after the last success, since 1970-01-01T00:00:00Z.
        since: Duration,
        /// The moment of the next try, since 1970-01-01T00:00:00Z.
        until: Duration,
        /// The time until a call is let through as a trial.
        retry_in: Duration,
        /// What failed, and how the last time.
        cause: String,
    },
    /// The caller made a mistake: an empty name, a body that does not serialize.
    Misuse(String),
    /// The caller stopped the operation.
    Stopped,
}

/// The stage of an operation that took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutStage {
    /// Waiting for a permit of the client's own limiter.
    Permit,
    /// Fetching a credential.
    Credential,
    /// Connecting and waiting for the head of the response.
    Head,
    /// Waiting for the next bytes of the response's body.
    Body,
    /// Waiting for the first KiB, or the next one, of the body of a response that arrives too slowly.
    Progress,
    /// Waiting for the answer to a ping, or for anything else from the server, in a two-way session.
    Pong,
    /// The whole operation.
    Total,
}

/// An error answer of the server.
#[derive(Clone, Debug, Default)]
pub struct ApiError {
    /// The server's `Status`. If the answer has none (from a proxy, say), it is made from the HTTP status code and the
    /// text of the body.
    pub status: Status,
    /// Whether `status` was made by this client.
    pub synthetic: bool,
    /// The `Retry-After` header, or else `details.retryAfterSeconds`.
    pub retry_after: Option<Duration>,
    /// Status code, warnings and audit id of the response. `None` for an error inside a stream.
    pub info: Option<ResponseInfo>,
}

impl Error {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Parts { attempt: None, attempts: None, kind }))
    }

    /// A mistake of the caller.
    #[must_use]
    pub fn misuse(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse(text.into()))
    }

    /// A failed credential.
    #[must_use]
    pub fn credential(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Credential(text.into()))
    }

    /// A part of an answer is larger than `limit` bytes.
    #[must_use]
    pub fn too_large(what: impl Into<Cow<'static, str>>, limit: usize) -> Self {
        Self::new(ErrorKind::TooLarge { what: what.into(), limit })
    }

    /// The same error with its attempt. An attempt that is already set stays.
    #[must_use]
    pub fn during(mut self, attempt: &Attempt) -> Self {
        if self.0.attempt.is_none() {
            self.0.attempt = Some(attempt.clone());
        }
        self
    }

    /// The same error with the attempts of its call. Those that are already set stay.
    pub(crate) fn after(mut self, attempts: impl FnOnce() -> Attempts) -> Self {
        self.0.attempts.get_or_insert_with(attempts);
        self
    }

    /// The reason of the failure.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The attempted request.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        self.0.attempt.as_ref()
    }

    /// How often the request was sent, why again, and how long all of it took. `None` for an error outside of a call.
    #[must_use]
    pub fn attempts(&self) -> Option<&Attempts> {
        self.0.attempts.as_ref()
    }

    /// The server's error answer, if there was one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match &self.0.kind {
            ErrorKind::Api(api) => Some(api),
            _ => None,
        }
    }

    /// The `Status` of the server's error answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        self.api().map(|api| &api.status)
    }

    /// After a 410 between the pages of a list: the token for the rest of the list, without consistency (docs/wire.md §4.2).
    #[must_use]
    pub fn continue_token(&self) -> Option<&str> {
        self.status().map(|status| status.metadata.continue_token.as_str()).filter(|token| !token.is_empty())
    }

    /// The server's `Retry-After`: how long to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.api().and_then(|api| api.retry_after)
    }

    /// Status code, warnings and audit id of the server's error answer, if there was one.
    #[must_use]
    pub fn response_info(&self) -> Option<&ResponseInfo> {
        self.api().and_then(|api| api.info.as_ref())
    }

    /// Whether the request may have changed the server although it failed. If so, read the object before you repeat it.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.0.attempt.as_ref().is_some_and(|attempt| attempt.mutates)
            && match &self.0.kind {
                ErrorKind::Transport(fault) => fault.reach != Reach::NotSent,
                ErrorKind::Timeout { reach, .. } => *reach != Reach::NotSent,
                ErrorKind::Api(api) => {
                    // With these two, the server has not carried out the request.
                    (api.status.code >= 500 || api.status.code == 408)
                        && api.status.code != 503
                        && !api.status.is_server_timeout()
                }
                ErrorKind::Decode { .. } | ErrorKind::TooLarge { .. } => true,
                _ => false,
            }
    }
}

/// The predicates of [`Status`] for an error; false for errors without an answer of the server.
macro_rules! questions {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        impl Error {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> bool {
                    self.status().is_some_and(Status::$name)
                }
            )*
        }
    };
}

questions! {
    /// The object does not exist (404). `false` if the resource is not served (a wrong plural, a missing CRD): see
    /// [`Error::is_missing_resource`].
    is_not_found,
    /// The server does not serve the group, version or resource (404 that is not about an object).
    is_missing_resource,
    /// An object of this name already exists (409).
    is_already_exists,
    /// The object has changed since it was read, or another manager owns the field (409).
    is_conflict,
    /// Other field managers own the fields of an apply (409); the causes of [`Error::status`] name them and the fields.
    is_apply_conflict,
    /// The resource version or continue token is too old (410 `Expired` or `Gone`).
    is_expired,
    /// The resource version is newer than anything this server has seen yet (504).
    is_too_large_resource_version,
    /// The server did not accept the credential (401).
    is_unauthorized,
    /// The user is not allowed to do this (403).
    is_forbidden,
    /// Nothing can be created in the namespace because it is being deleted (403).
    is_namespace_terminating,
    /// The server does not understand the request (400).
    is_bad_request,
    /// The object is not valid (422); the causes of [`Error::status`] name the fields.
    is_invalid,
    /// The server has more requests than it can serve, or a disruption budget is exhausted (429).
    is_too_many_requests,
    /// An eviction was refused because a disruption budget does not allow it now (429).
    is_disruption_budget,
    /// The request's body is larger than the server's limit (413), usually 3 MiB.
    is_request_entity_too_large,
    /// The resource does not support the verb (405).
    is_method_not_allowed,
    /// The server has no answer of an accepted type (406).
    is_not_acceptable,
    /// The server does not accept the type of the request's body (415).
    is_unsupported_media_type,
    /// The server had an internal error (500).
    is_internal_error,
    /// The object exists, but the server cannot read or decrypt it (500).
    is_storage_read_error,
    /// The server did not carry out the request, because it could not now (500 `ServerTimeout`): try again.
    is_server_timeout,
    /// The server gave up (504). The request may have been carried out. The client's own time-outs are
    /// [`ErrorKind::Timeout`].
    is_timeout,
    /// The server, or the backend of the request, is not available now (503).
    is_service_unavailable,
}

impl fmt::Display for Error {
    /// With [`visible`] text only: what the server or a plugin said cannot act on a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Visible(f);
        if let Some(attempt) = &self.0.attempt {
            write!(f, "{attempt}: ")?;
        }
        let server = self.0.attempt.as_ref().map_or("the server", |attempt| match attempt.server.as_str() {
            "" => "the server",
            url => url,
        });
        match &self.0.kind {
            ErrorKind::Api(api) => {
                write!(f, "{}", api.status)?;
                // A request by its path has no resource whose name can be wrong.
                if api.status.is_missing_resource() && !self.0.attempt.as_ref().is_some_and(Attempt::is_path) {
                    f.write_str("; are its API version, plural and scope right, and is it installed?")?;
                }
            }
            ErrorKind::Transport(fault) => write!(f, "{server}: {}", Hinted(fault))?,
            ErrorKind::Timeout { stage, limit, .. } => {
                write!(f, "{} within {limit:?}", stage.missed(server))?;
            }
            ErrorKind::TooLarge { what, limit } => {
                write!(f, "{what} is larger than the limit of {limit} bytes; the limit is a setting of the session")?;
            }
            ErrorKind::Decode { text, excerpt } if excerpt.is_empty() => write!(f, "{text}")?,
            ErrorKind::Decode { text, excerpt } => write!(f, "{text}; it begins with: {excerpt}")?,
            ErrorKind::Credential(text) => write!(f, "no credential for {server}: {text}")?,
            ErrorKind::Config(error) => write!(f, "{error}")?,
            ErrorKind::Misuse(text) => f.write_str(text)?,
            ErrorKind::CircuitOpen { since, until, retry_in, cause } => {
                let (since, until) = (second(*since), second(*until));
                write!(f, "not sent: {server} has failed too often since {since} ({cause}); ")?;
                write!(f, "the next try is allowed at {until}, in {retry_in:?}")?;
            }
            ErrorKind::Stopped => f.write_str("stopped by the caller")?,
        }
        if self.continue_token().is_some() {
            f.write_str("; start a new list, or go on without consistency from the `continue_token` of this error")?;
        }
        if self.outcome_unknown() {
            f.write_str(" (it may have been carried out all the same: read the object before you repeat this)")?;
        }
        if let Some(attempts) = self.attempts().filter(|attempts| attempts.are_several()) {
            write!(f, " ({attempts})")?;
        }
        if let Some(id) = self.0.attempt.as_ref().and_then(|attempt| attempt.request_id.as_ref()) {
            write!(f, " (audit id {id})")?;
        }
        Ok(())
    }
}

impl TimeoutStage {
    fn missed(self, server: &str) -> String {
        match self {
            TimeoutStage::Permit => "no permit of the client's own rate limit".to_owned(),
            TimeoutStage::Credential => format!("no credential for {server}"),
            TimeoutStage::Head => format!("{server}: no response"),
            TimeoutStage::Body => format!("{server}: no more of the response"),
            TimeoutStage::Progress => format!("{server}: too little of the response"),
            TimeoutStage::Pong => format!("{server}: no answer to a ping"),
            TimeoutStage::Total => format!("{server}: not finished"),
        }
    }
}

/// A fault with a hint for the next step.
struct Hinted<'a>(&'a Fault);

impl fmt::Display for Hinted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        f.write_str(match self.0.kind {
            FaultKind::Refused => "; did you specify the right host and port, and is the server running?",
            FaultKind::Resolve => "; is the host's name right, and does this network's DNS know it?",
            _ => "",
        })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("attempt", &self.0.attempt).field("kind", &self.0.kind).finish()
    }
}

impl std::error::Error for Error {
    /// The [`Fault`] of a transport error, or the [`ConfigError`] of an unusable configuration.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Transport(fault) => Some(fault),
            ErrorKind::Config(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorKind::Config(Box::new(error)))
    }
}

impl From<TooLarge> for Error {
    fn from(TooLarge { what, limit }: TooLarge) -> Self {
        Error::too_large(what, limit)
    }
}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge(error) => error.into(),
            error => Error::decode(error.to_string(), &[]),
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

/// The first [`EXCERPT`] bytes of a body for a message: printable, and on one line.
#[must_use]
pub fn excerpt(body: &[u8]) -> String {
    let cut = body.get(..EXCERPT).unwrap_or(body);
    let mut text: String = String::from_utf8_lossy(cut)
        .chars()
        .map(|c| if c.is_control() || acts(c) { ' ' } else { c })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if cut.len() < body.len() {
        text.push('…');
    }
    text
}

/// The most bytes of a body that an error shows.
pub const EXCERPT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(mutates: bool) -> Attempt {
        Attempt {
            verb: "create".into(),
            resource: "pods".into(),
            namespace: Some("default".into()),
            name: Some("web-0".into()),
            server: "https://k:6443".into(),
            mutates,
            request_id: None,
        }
    }

    #[test]
    fn a_message_has_the_attempt_the_reason_and_a_hint() {
        let error = Error::from(ErrorKind::Transport(Fault::unsent(FaultKind::Refused, "Connection refused")));
        assert_eq!(
            error.during(&attempt(true)).to_string(),
            "create pods \"web-0\" in namespace \"default\": https://k:6443: Connection refused; \
             did you specify the right host and port, and is the server running?"
        );
    }

    #[test]
    fn the_message_of_a_resource_that_is_not_served_says_what_to_check() {
        let served = |name: &str, resource: &str| {
            let details = serde_json::json!({"name": name});
            let status = serde_json::json!({"reason": "NotFound", "code": 404, "message": "m", "details": details});
            let status = serde_json::from_value(status).unwrap();
            let api = ApiError { status, synthetic: false, retry_after: None, info: None };
            Error::from(ErrorKind::Api(Box::new(api))).during(&Attempt { resource: resource.into(), ..attempt(false) })
        };
        let missing = served("", "podz").to_string();
        assert_eq!(
            missing,
            "create podz \"web-0\" in namespace \"default\": m (NotFound); \
             are its API version, plural and scope right, and is it installed?"
        );
        assert!(served("web-0", "pods").to_string().ends_with("m (NotFound)"));
        assert!(served("", "/no/such/path").to_string().ends_with("m (NotFound)"));
    }

    #[test]
    fn an_outcome_may_be_unknown() {
        let fault = Fault::unknown(FaultKind::Closed, "connection closed");
        let error = Error::from(ErrorKind::Transport(fault.clone()));
        assert!(!error.outcome_unknown(), "without an attempt it does not mutate");
        assert!(error.clone().during(&attempt(true)).outcome_unknown());
        assert!(!error.during(&attempt(false)).outcome_unknown());
    }

    #[test]
    fn excerpts_are_short_and_printable() {
        assert_eq!(excerpt(b"<html>\r\n\x1b[31m<b>no"), "<html> [31m<b>no");
        assert_eq!(excerpt("a\u{202e}b\u{9b}c".as_bytes()), "a b c");
        assert!(excerpt(&[b'x'; 50_000]).len() <= EXCERPT + '…'.len_utf8());
        assert_eq!(excerpt(b"\xff\xfe"), "\u{fffd}\u{fffd}");
    }
}
