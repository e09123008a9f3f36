//! Failures and their `Status` documents (with the messages of `k8s.io/apimachinery/pkg/api/errors`).

use http::StatusCode;
pub use kube_proto::schema::FieldError;
use serde_json::{Value, json};

/// A failure, which becomes a `Status` document or, as in the real server, a plain text.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The HTTP status, which is also the document's `code`.
    pub code: u16,
    /// The machine-readable reason, possibly empty.
    pub reason: &'static str,
    /// The message for people.
    pub message: String,
    /// Details of the object.
    pub details: Option<Box<Details>>,
    /// The token in `metadata.continue` (only with `Expired`).
    pub continue_token: Option<String>,
    /// The response is `text/plain` instead of a document.
    pub plain: bool,
    /// The `Status` that a webhook has given: it is sent as it is.
    pub given: Option<Box<serde_json::Map<String, Value>>>,
}

/// The `details` of a `Status`.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Name of the object.
    pub name: String,
    /// API group.
    pub group: String,
    /// Resource (plural) for most failures, the kind for `Invalid`.
    pub kind: String,
    /// Identity of the object.
    pub uid: String,
    /// One entry for each field or conflict.
    pub causes: Vec<Cause>,
    /// Seconds to wait before a retry; 0 is absent.
    pub retry_after: u32,
}

/// One cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The cause's type, for example `FieldValueRequired`.
    pub reason: &'static str,
    /// The message for people.
    pub message: String,
    /// Path of the field, possibly empty.
    pub field: String,
}

/// The result of a step of a request.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure of code, reason and message.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Failure {
            code,
            reason,
            message: message.into(),
            details: None,
            continue_token: None,
            plain: false,
            given: None,
        }
    }

    fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        let details = self.details.get_or_insert_default();
        details.group = group.into();
        details.kind = kind.into();
        details.name = name.into();
        self
    }

    /// A failure whose `Status` a webhook has given. Its `code` is the HTTP status.
    pub(crate) fn verbatim(status: serde_json::Map<String, Value>) -> Self {
        let code = status.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).unwrap_or(400);
        let message = status.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        Failure { given: Some(Box::new(status)), ..Failure::new(code, "", message) }
    }

    /// Adds the object's identity to the details.
    #[must_use]
    pub fn with_uid(mut self, uid: &str) -> Self {
        self.details.get_or_insert_default().uid = uid.into();
        self
    }

    /// Adds a cause.
    #[must_use]
    pub fn with_cause(mut self, reason: &'static str, message: impl Into<String>, field: impl Into<String>) -> Self {
        let cause = Cause { reason, message: message.into(), field: field.into() };
        self.details.get_or_insert_default().causes.push(cause);
        self
    }

    /// Adds the seconds to wait before a retry (in the document and the `Retry-After` header).
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details.get_or_insert_default().retry_after = seconds;
        self
    }

    /// The path does not exist: plain text, as Go's `http.NotFound` writes it.
    pub fn no_such_path() -> Self {
        Failure { plain: true, ..Failure::new(404, "NotFound", "404 page not found\n") }
    }

    /// The path is in a known group version, but names no resource.
    pub fn no_such_resource() -> Self {
        let mut failure = Failure::new(404, "NotFound", "the server could not find the requested resource");
        failure.details = Some(Box::default());
        failure
    }

    /// The path does not have this method (built-in kinds).
    pub fn no_such_method() -> Self {
        let mut failure =
            Failure::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
        failure.details = Some(Box::default());
        failure
    }

    /// The resource does not have this verb (custom resources, and kinds that refuse it themselves).
    pub fn method_not_supported(group: &str, resource: &str, action: &str) -> Self {
        let qualified = qualified(resource, group);
        let message = format!("{action} is not supported on resources of kind \"{qualified}\"");
        Failure::new(405, "MethodNotAllowed", message).about(group, resource, "")
    }

    /// The object does not exist.
    pub fn not_found(group: &str, resource: &str, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", qualified(resource, group));
        Failure::new(404, "NotFound", message).about(group, resource, name)
    }

    /// The name is taken.
    pub fn already_exists(group: &str, resource: &str, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", qualified(resource, group));
        Failure::new(409, "AlreadyExists", message).about(group, resource, name)
    }

    /// The `resourceVersion` or a precondition does not match.
    pub fn conflict(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", qualified(resource, group));
        Failure::new(409, "Conflict", message).about(group, resource, name)
    }

    /// A [`Failure::conflict`] by a stale `resourceVersion`.
    pub fn modified(group: &str, resource: &str, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Failure::conflict(group, resource, name, why)
    }

    /// Authorisation or an admission rule refuses the request.
    pub fn forbidden(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = if resource.is_empty() {
            format!("forbidden: {why}")
        } else if name.is_empty() {
            format!("{} is forbidden: {why}", qualified(resource, group))
        } else {
            format!("{} \"{name}\" is forbidden: {why}", qualified(resource, group))
        };
        Failure::new(403, "Forbidden", message).about(group, resource, name)
    }

    /// The request has no valid credential.
    pub fn unauthorized() -> Self {
        Failure::new(401, "Unauthorized", "Unauthorized")
    }

    /// The request is malformed.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Failure::new(400, "BadRequest", message)
    }

    /// A failure without a reason, as the real server makes of Go's generic errors.
    pub fn unknown(message: impl Into<String>) -> Self {
        Failure::new(500, "", message)
    }

    /// The object is invalid; `group` and `kind` are the object's.
    pub fn invalid(group: &str, kind: &str, name: &str, errors: &[FieldError]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for text in errors.iter().map(ToString::to_string) {
            // Equal errors have one message and several causes.
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} \"{name}\" is invalid: {list}", qualified(kind, group));
        let mut failure = Failure::new(422, "Invalid", message).about(group, kind, name);
        for error in errors {
            failure = failure.with_cause(error.kind().reason(), error.body(), error.field());
        }
        failure
    }

    /// The version is older than the history.
    pub fn expired(message: impl Into<String>) -> Self {
        Failure::new(410, "Expired", message)
    }

    /// The version is in the future.
    pub fn too_large_version(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        Failure::new(504, "Timeout", message)
            .with_cause("ResourceVersionTooLarge", "Too large resource version", "")
            .retry_after(1)
    }

    /// The body is over the limit.
    pub fn too_large(limit: usize) -> Self {
        Failure::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit}"))
    }

    /// No representation fits what the client accepts.
    pub fn not_acceptable(message: impl Into<String>) -> Self {
        Failure::new(406, "NotAcceptable", message)
    }

    /// The server does not support the body's type.
    pub fn unsupported_media_type(accepted: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Failure::new(415, "UnsupportedMediaType", message)
    }

    /// The HTTP status.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The document, in the field order of the real server.
    pub fn document(&self) -> Vec<u8> {
        if let Some(given) = &self.given {
            let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default();
            let mut out = Writer::new();
            out.field("kind", &json!("Status"));
            out.field("apiVersion", &json!("v1"));
            out.field("metadata", &json!({}));
            out.text("status", text("status"));
            out.text("message", text("message"));
            out.text("reason", text("reason"));
            if let Some(details) = given.get("details").filter(|details| details.is_object()) {
                out.field("details", details);
            }
            out.field("code", &json!(self.code));
            return out.finish();
        }
        let metadata = match &self.continue_token {
            Some(token) => json!({ "continue": token }),
            None => json!({}),
        };
        let mut out = Writer::new();
        out.field("kind", &json!("Status"));
        out.field("apiVersion", &json!("v1"));
        out.field("metadata", &metadata);
        out.field("status", &json!("Failure"));
        out.text("message", &self.message);
        out.text("reason", self.reason);
        if let Some(details) = &self.details {
            out.raw("details", &details.document());
        }
        out.field("code", &json!(self.code));
        out.finish()
    }
}

impl Details {
    fn document(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.text("name", &self.name);
        out.text("group", &self.group);
        out.text("kind", &self.kind);
        out.text("uid", &self.uid);
        if !self.causes.is_empty() {
            let mut causes = vec![b'['];
            for (index, cause) in self.causes.iter().enumerate() {
                if index > 0 {
                    causes.push(b',');
                }
                let mut entry = Writer::new();
                entry.text("reason", cause.reason);
                entry.text("message", &cause.message);
                entry.text("field", &cause.field);
                causes.extend_from_slice(&entry.finish());
            }
            causes.push(b']');
            out.raw("causes", &causes);
        }
        if self.retry_after > 0 {
            out.field("retryAfterSeconds", &json!(self.retry_after));
        }
        out.finish()
    }
}

/// A `Status` of success.
pub fn success(code: Option<u16>, details: Option<&Details>) -> Vec<u8> {
    let mut out = Writer::new();
    out.field("kind", &json!("Status"));
    out.field("apiVersion", &json!("v1"));
    out.field("metadata", &json!({}));
    out.field("status", &json!("Success"));
    if let Some(details) = details {
        out.raw("details", &details.document());
    }
    if let Some(code) = code {
        out.field("code", &json!(code));
    }
    out.finish()
}

/// `pods`, or `deployments.apps`.
pub fn qualified(resource: &str, group: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }
}

/// Writes a JSON object field by field, in the order given.
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Writer { out: vec![b'{'] }
    }

    fn key(&mut self, key: &str) {
        if self.out.len() > 1 {
            self.out.push(b',');
        }
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, key);
        self.out.push(b':');
    }

    pub(crate) fn raw(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(value);
    }

    pub(crate) fn field(&mut self, key: &str, value: &Value) {
        self.key(key);
        let _ = serde_json::to_writer(&mut self.out, value);
    }

    /// Writes a text unless it is empty, as Go's `omitempty` does.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.field(key, &json!(value));
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_the_order_and_words_of_the_real_server() {
        let table = [
            (
                Failure::not_found("apps", "deployments", "web"),
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"deployments.apps \"web\" not found","reason":"NotFound","details":{"name":"web","group":"apps","kind":"deployments"},"code":404}"#,
            ),
            (
                Failure::invalid(
                    "",
                    "Pod",
                    "",
                    &[FieldError::required("metadata.name", "name or generateName is required")],
                ),
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Pod \"\" is invalid: metadata.name: Required value: name or generateName is required","reason":"Invalid","details":{"kind":"Pod","causes":[{"reason":"FieldValueRequired","message":"Required value: name or generateName is required","field":"metadata.name"}]},"code":422}"#,
            ),
            (
                Failure::unauthorized(),
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#,
            ),
            (
                Failure::too_large_version(9, 3),
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: Too large resource version: 9, current: 3","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1},"code":504}"#,
            ),
        ];
        for (failure, want) in table {
            assert_eq!(String::from_utf8(failure.document()).unwrap(), want);
        }
    }

    #[test]
    fn several_field_errors_stand_in_brackets() {
        let errors = [
            FieldError::invalid("a", &json!("x"), "no"),
            FieldError::not_supported("b", &json!("y"), &["p", "q"]),
            FieldError::forbidden("c", ""),
        ];
        let failure = Failure::invalid("apps", "Deployment", "d", &errors);
        assert_eq!(
            failure.message,
            "Deployment.apps \"d\" is invalid: [a: Invalid value: \"x\": no, \
             b: Unsupported value: \"y\": supported values: \"p\", \"q\", c: Forbidden]"
        );
    }
}
