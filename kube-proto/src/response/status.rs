//! `Status`: the API's report of a failure, or of a success without an object.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::resource::meta::ListMeta;
use crate::resource::{is_default, null_as_default};
use crate::visible::{Visible, visible};

/// A `meta/v1` Status (docs/wire.md §5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// With 410 in the middle of a list, `continue` gets the rest of it, but not from one version (docs/wire.md §4.2).
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub metadata: ListMeta,
    /// `Success` or `Failure`; may be absent.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub status: String,
    /// The message for people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub message: String,
    /// The reason for programs: one CamelCase word such as `NotFound`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub reason: String,
    /// More about the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<StatusDetails>,
    /// The HTTP status code, or 0.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub code: u16,
}

/// The subject of a [`Status`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusDetails {
    /// The object's name.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub name: String,
    /// The object's API group.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub group: String,
    /// The resource (`pods`) for most reasons, the kind (`Pod`) for `Invalid`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub kind: String,
    /// The object's uid.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub uid: String,
    /// One entry for each fault.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub causes: Vec<StatusCause>,
    /// Seconds to wait before the next try; 0 if the server does not say.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub retry_after_seconds: u32,
}

/// One fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusCause {
    /// The reason for programs: `FieldValueInvalid`, `FieldManagerConflict`, ...
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub reason: String,
    /// The message for people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub message: String,
    /// The field's path, `spec.containers[0].image`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub field: String,
}

impl Status {
    /// 404 `NotFound`: the object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is("NotFound", 404) && !self.is_missing_resource()
    }

    /// 404 without an object: the server does not serve the group, version or resource.
    #[must_use]
    pub fn is_missing_resource(&self) -> bool {
        self.is("NotFound", 404) && self.details.as_ref().is_some_and(|details| details.name.is_empty())
    }

    /// 409 `AlreadyExists`.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }

    /// 409 `Conflict`.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.is("Conflict", 409)
    }

    /// 410 `Expired`, or `Gone` of older servers.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.reason == "Expired" || self.is("Gone", 410)
    }

    /// 401 `Unauthorized`.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.is("Unauthorized", 401)
    }

    /// 403 `Forbidden`.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.is("Forbidden", 403)
    }

    /// 422 `Invalid`.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.is("Invalid", 422)
    }

    /// 400 `BadRequest`.
    #[must_use]
    pub fn is_bad_request(&self) -> bool {
        self.is("BadRequest", 400)
    }

    /// 429, with any reason.
    #[must_use]
    pub fn is_too_many_requests(&self) -> bool {
        self.reason == "TooManyRequests" || self.code == 429
    }

    /// 413, with any reason.
    #[must_use]
    pub fn is_request_entity_too_large(&self) -> bool {
        self.reason == "RequestEntityTooLarge" || self.code == 413
    }

    /// The requested resource version is newer than all that this server has seen yet.
    #[must_use]
    pub fn is_too_large_resource_version(&self) -> bool {
        self.reason == "Timeout" && self.has_cause("ResourceVersionTooLarge")
    }

    /// 405: the resource does not support the verb.
    #[must_use]
    pub fn is_method_not_allowed(&self) -> bool {
        self.is("MethodNotAllowed", 405)
    }

    /// 406: the server cannot answer in the requested media type.
    #[must_use]
    pub fn is_not_acceptable(&self) -> bool {
        self.is("NotAcceptable", 406)
    }

    /// 415: the server does not accept the body's media type.
    #[must_use]
    pub fn is_unsupported_media_type(&self) -> bool {
        self.is("UnsupportedMediaType", 415)
    }

    /// 500 `InternalError`, and 500 without a reason.
    #[must_use]
    pub fn is_internal_error(&self) -> bool {
        self.is("InternalError", 500)
    }

    /// 503 `ServiceUnavailable`.
    #[must_use]
    pub fn is_service_unavailable(&self) -> bool {
        self.is("ServiceUnavailable", 503)
    }

    /// 504 `Timeout`: the request may have been carried out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.is("Timeout", 504)
    }

    /// 500 `ServerTimeout`: the server has not carried out the request; try again.
    #[must_use]
    pub fn is_server_timeout(&self) -> bool {
        self.reason == "ServerTimeout"
    }

    /// 500 `StorageReadError`: the object exists, but cannot be read or decrypted.
    #[must_use]
    pub fn is_storage_read_error(&self) -> bool {
        self.reason == "StorageReadError"
    }

    /// A disruption budget does not allow the eviction now.
    #[must_use]
    pub fn is_disruption_budget(&self) -> bool {
        self.is_too_many_requests() && self.has_cause("DisruptionBudget")
    }

    /// The namespace is being deleted, so that nothing can be created in it.
    #[must_use]
    pub fn is_namespace_terminating(&self) -> bool {
        self.has_cause("NamespaceTerminating")
    }

    /// Other field managers own fields that the apply would change: the causes name them and the fields.
    #[must_use]
    pub fn is_apply_conflict(&self) -> bool {
        self.is_conflict() && self.has_cause("FieldManagerConflict")
    }

    /// The exit code of a command, from the `Status` at the end of an exec; 0 for success, `None` if the command did
    /// not exit by itself.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        if self.status == "Success" {
            return Some(0);
        }
        let cause = self.causes().iter().find(|cause| cause.reason == "ExitCode")?;
        (self.reason == "NonZeroExitCode").then(|| cause.message.parse().ok()).flatten()
    }

    /// One entry for each fault.
    #[must_use]
    pub fn causes(&self) -> &[StatusCause] {
        self.details.as_ref().map_or(&[], |details| &details.causes)
    }

    /// How long the server asks to wait before the next try.
    #[must_use]
    pub fn suggested_delay(&self) -> Option<Duration> {
        let seconds = self.details.as_ref().map_or(0, |details| details.retry_after_seconds);
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// The message as kubectl prints it, without a final newline, and as [`visible`](crate::error::visible) text.
    #[must_use]
    pub fn kubectl_message(&self) -> String {
        visible(&self.message_for_kubectl()).into_owned()
    }

    fn message_for_kubectl(&self) -> String {
        match self.reason.as_str() {
            "Invalid" => self.kubectl_invalid(),
            "Unauthorized" => format!("error: You must be logged in to the server ({})", self.message),
            "" => format!("Error from server: {}", self.message),
            reason => format!("Error from server ({reason}): {}", self.message),
        }
    }

    fn kubectl_invalid(&self) -> String {
        let mut text = match &self.details {
            Some(details) if !details.kind.is_empty() || !details.name.is_empty() => {
                format!("The {} {:?} is invalid", details.kind, details.name)
            }
            _ if self.causes().is_empty() && !self.message.is_empty() => {
                format!("The request is invalid: {}", self.message)
            }
            _ => "The request is invalid".to_owned(),
        };
        let mut seen = BTreeSet::new();
        let lines = self.causes().iter().map(|cause| format!("{}: {}", cause.field, cause.message));
        let causes: Vec<String> = lines.filter(|line| seen.insert(line.clone())).collect();
        match causes.as_slice() {
            [] => {}
            [one] => text.push_str(&format!(": {one}")),
            several => {
                text.push_str(": ");
                several.iter().for_each(|line| text.push_str(&format!("\n* {line}")));
            }
        }
        text
    }

    fn has_cause(&self, reason: &str) -> bool {
        self.causes().iter().any(|cause| cause.reason == reason)
    }

    /// Compares the reason; if it is absent or unknown, the code (as client-go's predicates do; docs/wire.md §5.1).
    fn is(&self, reason: &str, code: u16) -> bool {
        self.reason == reason || (self.code == code && !KNOWN_REASONS.contains(&self.reason.as_str()))
    }
}

impl std::fmt::Display for Status {
    /// The message and the reason: `pods "x" not found (NotFound)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let f = &mut Visible(f);
        match (self.message.as_str(), self.reason.as_str()) {
            ("", "") => write!(f, "the server answered with status {} and no message", self.code),
            ("", reason) => write!(f, "{reason} (status {})", self.code),
            (message, "") => write!(f, "{message} (status {})", self.code),
            (message, reason) if message == reason => write!(f, "{message} (status {})", self.code),
            (message, reason) => write!(f, "{message} ({reason})"),
        }
    }
}

/// The reasons that servers give.
const KNOWN_REASONS: [&str; 19] = [
    "Unauthorized",
    "Forbidden",
    "NotFound",
    "AlreadyExists",
    "Conflict",
    "Gone",
    "Invalid",
    "ServerTimeout",
    "StorageReadError",
    "Timeout",
    "TooManyRequests",
    "BadRequest",
    "MethodNotAllowed",
    "NotAcceptable",
    "RequestEntityTooLarge",
    "UnsupportedMediaType",
    "InternalError",
    "Expired",
    "ServiceUnavailable",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(value: serde_json::Value) -> Status {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_known_reason_counts_before_the_code() {
        type Predicate = fn(&Status) -> bool;
        let table: &[(&str, u16, Predicate, bool)] = &[
            ("NotFound", 0, Status::is_not_found, true),
            ("", 404, Status::is_not_found, true),
            ("SomethingNew", 404, Status::is_not_found, true),
            ("Forbidden", 404, Status::is_not_found, false),
            ("", 409, Status::is_conflict, true),
            ("AlreadyExists", 409, Status::is_conflict, false),
            ("AlreadyExists", 409, Status::is_already_exists, true),
            ("", 409, Status::is_already_exists, false),
            ("Expired", 410, Status::is_expired, true),
            ("Gone", 410, Status::is_expired, true),
            ("", 410, Status::is_expired, true),
            ("ServiceUnavailable", 429, Status::is_too_many_requests, true),
            ("", 413, Status::is_request_entity_too_large, true),
            ("", 500, Status::is_internal_error, true),
            ("ServerTimeout", 500, Status::is_internal_error, false),
            ("ServerTimeout", 500, Status::is_server_timeout, true),
            ("Timeout", 504, Status::is_timeout, true),
        ];
        for (at, (reason, code, predicate, expected)) in table.iter().enumerate() {
            let status = Status { reason: (*reason).into(), code: *code, ..Status::default() };
            assert_eq!(predicate(&status), *expected, "row {at}: {reason} {code}");
        }
    }

    #[test]
    fn a_missing_resource_is_not_a_missing_object() {
        // Servers name a missing object, and name nothing if they do not serve the resource.
        for (details, object, resource) in
            [(json!({"name": "a", "kind": "pods"}), true, false), (json!({}), false, true), (json!(null), true, false)]
        {
            let status = status(json!({"code": 404, "reason": "NotFound", "details": details}));
            assert_eq!((status.is_not_found(), status.is_missing_resource()), (object, resource), "{details}");
        }
    }

    #[test]
    fn each_reason_has_its_predicate() {
        type Predicate = fn(&Status) -> bool;
        let table: &[(&str, u16, Predicate)] = &[
            ("Unauthorized", 401, Status::is_unauthorized),
            ("Forbidden", 403, Status::is_forbidden),
            ("NotFound", 404, Status::is_not_found),
            ("AlreadyExists", 409, Status::is_already_exists),
            ("Conflict", 409, Status::is_conflict),
            ("Gone", 410, Status::is_expired),
            ("Invalid", 422, Status::is_invalid),
            ("ServerTimeout", 500, Status::is_server_timeout),
            ("StorageReadError", 500, Status::is_storage_read_error),
            ("Timeout", 504, Status::is_timeout),
            ("TooManyRequests", 429, Status::is_too_many_requests),
            ("BadRequest", 400, Status::is_bad_request),
            ("MethodNotAllowed", 405, Status::is_method_not_allowed),
            ("NotAcceptable", 406, Status::is_not_acceptable),
            ("RequestEntityTooLarge", 413, Status::is_request_entity_too_large),
            ("UnsupportedMediaType", 415, Status::is_unsupported_media_type),
            ("InternalError", 500, Status::is_internal_error),
            ("Expired", 410, Status::is_expired),
            ("ServiceUnavailable", 503, Status::is_service_unavailable),
        ];
        assert_eq!(table.iter().map(|row| row.0).collect::<Vec<_>>(), KNOWN_REASONS);
        for (reason, code, _) in table {
            let status = Status { reason: (*reason).into(), code: *code, ..Status::default() };
            let said: Vec<&str> = table.iter().filter(|row| row.2(&status)).map(|row| row.0).collect();
            match *reason {
                "Gone" | "Expired" => assert_eq!(said, ["Gone", "Expired"]),
                reason => assert_eq!(said, [reason]),
            }
        }
        // Without a reason, or with an unknown one, the code decides.
        let by_code: &[(u16, &[&str])] = &[
            (400, &["BadRequest"]),
            (401, &["Unauthorized"]),
            (403, &["Forbidden"]),
            (404, &["NotFound"]),
            (405, &["MethodNotAllowed"]),
            (406, &["NotAcceptable"]),
            (409, &["Conflict"]),
            (410, &["Gone", "Expired"]),
            (413, &["RequestEntityTooLarge"]),
            (415, &["UnsupportedMediaType"]),
            (422, &["Invalid"]),
            (429, &["TooManyRequests"]),
            (500, &["InternalError"]),
            (503, &["ServiceUnavailable"]),
            (504, &["Timeout"]),
        ];
        for (code, reason) in (200..600).flat_map(|code| [(code, ""), (code, "SomethingNew")]) {
            let status = Status { reason: reason.into(), code, ..Status::default() };
            let said: Vec<&str> = table.iter().filter(|row| row.2(&status)).map(|row| row.0).collect();
            let expected = by_code.iter().find(|row| row.0 == code).map_or(&[][..], |row| row.1);
            assert_eq!(said, expected, "{code} {reason}");
        }
    }

    #[test]
    fn causes_tell_more() {
        let with = |reason: &str, cause: &str| {
            status(json!({"reason": reason, "details": {"causes": [{"reason": cause, "message": "m"}]}}))
        };
        assert!(with("TooManyRequests", "DisruptionBudget").is_disruption_budget());
        assert!(with("Forbidden", "NamespaceTerminating").is_namespace_terminating());
        assert!(with("Conflict", "FieldManagerConflict").is_apply_conflict());
        assert!(with("Timeout", "ResourceVersionTooLarge").is_too_large_resource_version());
        assert!(!with("Timeout", "x").is_too_large_resource_version());
    }

    #[test]
    fn exit_codes() {
        let failed = |reason: &str, code: &str| {
            status(json!({"status": "Failure", "reason": reason,
                "details": {"causes": [{"reason": "ExitCode", "message": code}]}}))
        };
        assert_eq!(failed("NonZeroExitCode", "3").exit_code(), Some(3));
        assert_eq!(failed("NonZeroExitCode", "x").exit_code(), None);
        assert_eq!(failed("InternalError", "3").exit_code(), None);
        assert_eq!(status(json!({"metadata": {}, "status": "Success"})).exit_code(), Some(0));
    }

    #[test]
    fn texts() {
        for (code, reason, message, text) in [
            (500, "", "", "the server answered with status 500 and no message"),
            (404, "NotFound", "", "NotFound (status 404)"),
            (500, "", "boom", "boom (status 500)"),
            (401, "Unauthorized", "Unauthorized", "Unauthorized (status 401)"),
            (404, "NotFound", "pods \"x\" not found", "pods \"x\" not found (NotFound)"),
        ] {
            let status = Status { code, reason: reason.into(), message: message.into(), ..Status::default() };
            assert_eq!(status.to_string(), text);
        }
    }

    #[test]
    fn messages_as_kubectl_s() {
        let cause = |field: &str, message: &str| json!({"field": field, "message": message});
        let pod = |causes: serde_json::Value| json!({"reason": "Invalid", "message": "long", "details": {"kind": "Pod", "name": "x", "causes": causes}});
        for (value, text) in [
            (
                json!({"reason": "NotFound", "message": "pods \"x\" not found"}),
                "Error from server (NotFound): pods \"x\" not found",
            ),
            (json!({"message": "boom"}), "Error from server: boom"),
            (
                json!({"reason": "Unauthorized", "message": "Unauthorized"}),
                "error: You must be logged in to the server (Unauthorized)",
            ),
            (json!({"reason": "Invalid", "message": "m"}), "The request is invalid: m"),
            (json!({"reason": "Invalid", "message": "m", "details": {}}), "The request is invalid: m"),
            (json!({"reason": "Invalid"}), "The request is invalid"),
            (pod(json!([])), "The Pod \"x\" is invalid"),
            (pod(json!([cause("spec.a", "no")])), "The Pod \"x\" is invalid: spec.a: no"),
            (
                pod(json!([cause("a", "1"), cause("b", "2"), cause("a", "1")])),
                "The Pod \"x\" is invalid: \n* a: 1\n* b: 2",
            ),
            (
                json!({"reason": "Invalid", "message": "m", "details": {"causes": [cause("a", "1")]}}),
                "The request is invalid: a: 1",
            ),
        ] {
            assert_eq!(status(value).kubectl_message(), text);
        }
    }
}
