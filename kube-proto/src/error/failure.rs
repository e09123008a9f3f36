//! Makes an [`ApiError`] from an error answer of any server: the API server, an aggregated one, a load balancer or a
//! log-in page on the way (docs/wire.md §5.2).

use std::time::Duration;

use http::response::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use super::decode::{Shown, shown};
use super::{ApiError, Attempt, excerpt};
use crate::encoding::{self, identity, is_object, is_protobuf};
use crate::json;
use crate::resource::meta::ListMeta;
use crate::response::info::{ResponseInfo, media_type};
use crate::response::status::{Status, StatusCause, StatusDetails};

/// The error of an answer whose code is not 2xx. `truncated`: `body` is only the beginning.
#[must_use]
pub fn error_from_body(head: &Parts, body: &[u8], truncated: bool, attempt: &Attempt) -> ApiError {
    let sent = status_document(body).filter(|status| status.status != "Success");
    let synthetic = sent.is_none();
    let mut status = sent.unwrap_or_else(|| synthesized(head, body, truncated, attempt));
    if status.code == 0 {
        status.code = head.status.as_u16();
    }
    let retry_after = retry_after(&head.headers).or_else(|| status.suggested_delay());
    ApiError { status, synthetic, retry_after, info: Some(ResponseInfo::of(head)) }
}

/// The error of an answer with a 2xx code and a `Status` that is not `Success`; `None` for any other body.
#[must_use]
pub fn failure_in_success(head: &Parts, body: &[u8]) -> Option<ApiError> {
    // Objects and lists, which may be large, are not parsed twice. Servers write the kind first or last.
    let is_another = || identity(body).and_then(|found| found.kind).is_some_and(|kind| kind != "Status");
    let mark: &[u8] = if is_protobuf(body) { b"Status" } else { b"\"Status\"" };
    if memchr::memmem::find(body, mark).is_none() || is_another() {
        return None;
    }
    let mut status = status_document(body).filter(|status| status.status != "Success")?;
    if status.code == 0 {
        // The 2xx code of the answer would be wrong here.
        status.code = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
    }
    let retry_after = retry_after(&head.headers).or_else(|| status.suggested_delay());
    Some(ApiError { status, synthetic: false, retry_after, info: Some(ResponseInfo::of(head)) })
}

/// The `Status` in a body; `None` for any other document.
#[must_use]
pub fn status_document(body: &[u8]) -> Option<Status> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct Document {
        api_version: String,
        kind: String,
        #[serde(flatten)]
        status: Status,
    }
    if !is_object(body) {
        return None;
    }
    let Document { api_version, kind, status } = encoding::read(body, None).ok()?;
    let named = kind == "Status" && ["v1", "meta.k8s.io/v1", ""].contains(&api_version.as_str());
    // Some servers leave out the type fields. No object has the status `Failure`.
    (named || (kind.is_empty() && status.status == "Failure")).then_some(status)
}

/// The `Retry-After` header. Kubernetes servers send seconds; a date is ignored.
#[must_use]
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The `Status` that an API server would have sent.
fn synthesized(head: &Parts, body: &[u8], truncated: bool, attempt: &Attempt) -> Status {
    let code = head.status.as_u16();
    let text = readable(head, body, truncated);
    let or_text = |general: &str| if text.is_empty() { general.to_owned() } else { text.clone() };
    let and_text = |general: &str| if text.is_empty() { general.to_owned() } else { format!("{general}: {text}") };
    let (reason, message) = match code {
        300..400 => ("", redirected(head)),
        400 => ("BadRequest", and_text("the server rejected our request for an unknown reason")),
        401 => ("Unauthorized", and_text("the server has asked for the client to provide credentials")),
        403 => ("Forbidden", and_text("the server does not allow access to this resource")),
        404 => ("NotFound", and_text("the server could not find the requested resource")),
        405 => ("MethodNotAllowed", and_text("the server does not allow this method on the requested resource")),
        406 => {
            ("NotAcceptable", or_text("the server was unable to respond with a content type that the client supports"))
        }
        409 if attempt.verb == "create" || attempt.verb == "POST" => {
            ("AlreadyExists", and_text("the server reported a conflict"))
        }
        409 => ("Conflict", and_text("the server reported a conflict")),
        410 => ("Gone", and_text("the server says that this is gone")),
        413 => ("RequestEntityTooLarge", and_text("the request is too large for the server")),
        415 => ("UnsupportedMediaType", or_text("the server does not take this content type")),
        422 => ("Invalid", and_text("the server rejected our request due to an error in our request")),
        429 => (
            "TooManyRequests",
            and_text("the server has received too many requests and has asked us to try again later"),
        ),
        503 => ("ServiceUnavailable", and_text("the server is currently unable to handle the request")),
        504 => (
            "Timeout",
            and_text(
                "the server was unable to return a response in the time allotted, but may still be processing the request",
            ),
        ),
        500.. => (
            "InternalError",
            match text.as_str() {
                "" => {
                    format!("an error on the server (status {code}, no text) has prevented the request from succeeding")
                }
                text => format!("an error on the server ({text:?}) has prevented the request from succeeding"),
            },
        ),
        _ => ("", and_text(&format!("the server responded with the status code {code}"))),
    };
    let causes = match text.as_str() {
        "" => Vec::new(),
        _ => vec![StatusCause { reason: "UnexpectedServerResponse".into(), message: text, field: String::new() }],
    };
    let retry_after_seconds = retry_after(&head.headers).map_or(0, |delay| delay.as_secs());
    let retry_after_seconds = u32::try_from(retry_after_seconds).unwrap_or(u32::MAX);
    // A 404 that says nothing may be about an object; one in plain words is about the path.
    let silent = code == 404 && causes.is_empty();
    let details = (!silent).then(|| StatusDetails { causes, retry_after_seconds, ..StatusDetails::default() });
    Status { metadata: ListMeta::default(), status: "Failure".into(), message, reason: reason.into(), details, code }
}

/// The error text for a redirect, without secrets of its URL. Redirects are not followed, because the credential would
/// be sent along.
fn redirected(head: &Parts) -> String {
    let to = head.headers.get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
    let to = to.split(['?', '#']).next().unwrap_or_default();
    let to = match to.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => to.to_owned(),
    };
    let to = if to.is_empty() { "elsewhere".to_owned() } else { format!("to {}", excerpt(to.as_bytes())) };
    format!(
        "the server redirects {to}, which is not followed: is the server's URL right, or does a log-in page stand \
         before it?"
    )
}

/// The readable text of a body on one line; empty if there is none.
fn readable(head: &Parts, body: &[u8], truncated: bool) -> String {
    let media_type = media_type(&head.headers).unwrap_or_default();
    let trimmed = body.trim_ascii();
    match trimmed.first() {
        None => String::new(),
        Some(b'<') => html(trimmed),
        Some(b'{') => match (message(trimmed).filter(|_| !truncated), shown(trimmed)) {
            (Some(text), _) => text,
            // A truncated `Status` is shown from its beginning. Servers begin it with its kind.
            (None, Shown::Object(_)) if memchr::memmem::find(trimmed, b"\"Status\"").is_some_and(|at| at < 16) => {
                excerpt(trimmed)
            }
            (None, Shown::Object(name)) => name,
            (None, Shown::Excerpt(text)) => text,
        },
        Some(_) if media_type.is_empty() || media_type.starts_with("text/") || media_type.ends_with("json") => {
            excerpt(trimmed)
        }
        // Not readable: Protobuf, an image.
        Some(_) => String::new(),
    }
}

/// The message of a JSON document other than a `Status`, under one of the usual names.
fn message(body: &[u8]) -> Option<String> {
    let document: Value = json::from_slice(body).ok()?;
    ["message", "error_description", "error", "detail"].into_iter().find_map(|field| match document.get(field)? {
        Value::String(text) if !text.is_empty() => Some(excerpt(text.as_bytes())),
        Value::Object(inner) => Some(excerpt(inner.get("message")?.as_str()?.as_bytes())),
        _ => None,
    })
}

/// The title of a page, or else its text.
fn html(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..HTML_MAX).unwrap_or(body));
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let from = at + lower.get(at..)?.find('>')? + 1;
        let to = from + lower.get(from..)?.find("</title")?;
        text.get(from..to)
    });
    match title.map(|title| excerpt(title.as_bytes())) {
        Some(title) if !title.is_empty() => title,
        _ => excerpt(without_tags(&text).as_bytes()),
    }
}

fn without_tags(text: &str) -> String {
    let mut inside = false;
    let keep = |c: char| {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                return ' ';
            }
            _ => {}
        }
        if inside { ' ' } else { c }
    };
    text.chars().map(keep).collect()
}

/// The bytes of a page that are searched for its title.
const HTML_MAX: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn head(code: u16, headers: &[(&str, &str)]) -> Parts {
        let mut response = Response::builder().status(code);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(()).unwrap().into_parts().0
    }

    fn error(code: u16, media_type: &str, body: &str) -> ApiError {
        error_from_body(&head(code, &[("content-type", media_type)]), body.as_bytes(), false, &Attempt::default())
    }

    #[test]
    fn a_status_is_taken_as_it_is() {
        for body in [
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}"#,
            r#"{"metadata":{},"status":"Failure","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"}}"#,
            r#"{"details":{"name":"x","kind":"pods"},"apiVersion":"meta.k8s.io/v1","kind":"Status","message":"pods \"x\" not found","reason":"NotFound"}"#,
        ] {
            // For any content type: kubelets send a Status as text.
            let error = error(404, "text/plain", body);
            assert!(!error.synthetic && error.status.is_not_found() && !error.status.is_missing_resource());
            assert_eq!(error.status.to_string(), r#"pods "x" not found (NotFound)"#);
            assert_eq!(error.status.code, 404);
            assert_eq!(error.info.unwrap().code, 404);
        }
    }

    #[test]
    fn null_and_foreign_fields_do_not_hide_a_status() {
        let body = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"m","reason":null,"details":null,"code":500,"x":1}"#;
        assert_eq!(error(500, "application/json", body).status.message, "m");
    }

    #[test]
    fn other_answers_get_a_message() {
        for (code, media_type, body, reason, message) in [
            (
                404,
                "text/plain",
                "404 page not found\n",
                "NotFound",
                "the server could not find the requested resource: 404 page not found",
            ),
            (404, "", "", "NotFound", "the server could not find the requested resource"),
            (
                401,
                "text/html",
                "<html><head><title>Sign\n in</title></head></html>",
                "Unauthorized",
                "the server has asked for the client to provide credentials: Sign in",
            ),
            (
                502,
                "text/html",
                "<HTML><TITLE lang=en>502 Bad Gateway</TITLE><body>x</body>",
                "InternalError",
                "an error on the server (\"502 Bad Gateway\") has prevented the request from succeeding",
            ),
            (
                503,
                "text/html",
                "<h1>Down</h1><p>for lunch</p>",
                "ServiceUnavailable",
                "the server is currently unable to handle the request: Down for lunch",
            ),
            (
                500,
                "application/vnd.kubernetes.protobuf",
                "k8s\0abc",
                "InternalError",
                "an error on the server (status 500, no text) has prevented the request from succeeding",
            ),
            (
                429,
                "text/plain; charset=utf-8",
                "Too many requests, please try again later.",
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later: Too many requests, please try again later.",
            ),
            (
                403,
                "application/json",
                r#"{"type":"error","status":"403","message":"no cluster for you"}"#,
                "Forbidden",
                "the server does not allow access to this resource: no cluster for you",
            ),
            (
                400,
                "application/json",
                r#"{"error":{"message":"bad"}}"#,
                "BadRequest",
                "the server rejected our request for an unknown reason: bad",
            ),
            (
                400,
                "application/json",
                r#"{"kind":"Pod","status":{"phase":"Running"}}"#,
                "BadRequest",
                "the server rejected our request for an unknown reason: the object Pod",
            ),
            (410, "", "", "Gone", "the server says that this is gone"),
            (418, "", "", "", "the server responded with the status code 418"),
            (415, "text/plain", "no", "UnsupportedMediaType", "no"),
        ] {
            let error = error(code, media_type, body);
            assert!(error.synthetic);
            assert_eq!((error.status.reason.as_str(), error.status.message.as_str()), (reason, message));
            assert_eq!(error.status.code, code);
        }
    }

    #[test]
    fn a_status_of_success_is_ignored_for_the_code_of_a_failure() {
        let error = error(500, "application/json", r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#);
        assert!(error.synthetic && error.status.code == 500);
    }

    #[test]
    fn a_conflict_of_a_creation_means_already_exists() {
        for (verb, reason) in [("create", "AlreadyExists"), ("POST", "AlreadyExists"), ("update", "Conflict")] {
            let attempt = Attempt { verb: verb.into(), ..Attempt::default() };
            assert_eq!(error_from_body(&head(409, &[]), b"", false, &attempt).status.reason, reason);
        }
    }

    #[test]
    fn a_redirect_shows_its_target_without_secrets() {
        for (location, target) in [
            ("https://user:pass@sso.example/login?state=s3cret", "to https://sso.example/login, which"),
            ("/openapi/v3/x?hash=1#y", "to /openapi/v3/x, which"),
            ("https://sso.example?code=s3cret", "to https://sso.example, which"),
        ] {
            let error = error_from_body(&head(302, &[("location", location)]), b"", false, &Attempt::default());
            assert!(error.status.message.contains(target), "{}", error.status.message);
            assert!(!error.status.message.contains("s3cret") && !error.status.message.contains("pass@"));
        }
        assert!(error(302, "", "").status.message.contains("redirects elsewhere"));
    }

    #[test]
    fn when_to_come_back() {
        let details =
            r#"{"kind":"Status","status":"Failure","reason":"TooManyRequests","details":{"retryAfterSeconds":7}}"#;
        for (header, body, seconds) in [
            (Some("5"), details, Some(5)),
            (None, details, Some(7)),
            (Some("soon"), details, Some(7)),
            (Some("1"), "", Some(1)),
            (None, "", None),
        ] {
            let head = head(429, &header.map(|value| ("retry-after", value)).into_iter().collect::<Vec<_>>());
            let error = error_from_body(&head, body.as_bytes(), false, &Attempt::default());
            assert_eq!(error.retry_after, seconds.map(Duration::from_secs));
        }
    }

    #[test]
    fn a_truncated_body_is_shown_in_part() {
        let body = format!(r#"{{"kind":"Status","message":"{}"#, "x".repeat(5000));
        let error = error_from_body(
            &head(500, &[("content-type", "application/json")]),
            body.as_bytes(),
            true,
            &Attempt::default(),
        );
        assert!(error.synthetic && error.status.message.len() < 1000);
        assert!(error.status.message.contains("kind"));
    }

    #[test]
    fn a_failure_can_hide_in_a_success() {
        let head = head(200, &[]);
        for (body, reason) in [
            (
                r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}"#,
                Some("Expired"),
            ),
            (r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#, None),
            (r#"{"kind":"Pod","apiVersion":"v1","metadata":{"labels":{"a":"Status"}},"status":{}}"#, None),
            (r#"{"kind":"Status","apiVersion":"example.com/v1","status":"Failure"}"#, None),
            ("[]", None),
        ] {
            let failure = failure_in_success(&head, body.as_bytes());
            assert_eq!(failure.map(|error| error.status.reason), reason.map(str::to_owned), "{body}");
        }
    }
}
