//! `Status`: how the API says that something failed, or that it worked where there is no object to show.

use serde::{Deserialize, Serialize};

/// A `meta/v1` Status (WIRE: `k8s.io/apimachinery/pkg/apis/meta/v1/types.go`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// `Success` or `Failure`; may be absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// For machines: one CamelCase word such as `NotFound`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// More about the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<StatusDetails>,
    /// The HTTP status code, or 0.
    pub code: u16,
}

/// What a [`Status`] is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusDetails {
    /// The object's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The object's API group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The resource (`pods`) for most reasons, the kind (`Pod`) for `Invalid`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The object's uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// One entry for each thing that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<StatusCause>,
    /// Seconds to wait before trying again; 0 where nothing is said.
    #[serde(skip_serializing_if = "is_zero")]
    pub retry_after_seconds: u32,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusCause {
    /// For machines: `FieldValueInvalid`, `FieldManagerConflict`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The field's path, `spec.containers[0].image`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(seconds: &u32) -> bool {
    *seconds == 0
}

impl Status {
    /// The object (404 `NotFound`) does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is("NotFound", 404)
    }

    /// 404, and not about an object: the group, version or resource is not served here.
    #[must_use]
    pub fn is_missing_resource(&self) -> bool {
        self.is_not_found() && self.details.as_ref().is_none_or(|details| details.name.is_empty())
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

    /// 429, whatever the reason.
    #[must_use]
    pub fn is_too_many_requests(&self) -> bool {
        self.reason == "TooManyRequests" || self.code == 429
    }

    /// 413, whatever the reason.
    #[must_use]
    pub fn is_request_entity_too_large(&self) -> bool {
        self.reason == "RequestEntityTooLarge" || self.code == 413
    }

    /// The resource version asked for is newer than anything this server has seen yet.
    #[must_use]
    pub fn is_too_large_resource_version(&self) -> bool {
        self.reason == "Timeout"
            && self.details.iter().flat_map(|details| &details.causes).any(|c| c.reason == "ResourceVersionTooLarge")
    }

    /// The reason, or where the server gave none that is known, the code (as client-go's predicates; WIRE §5.1).
    fn is(&self, reason: &str, code: u16) -> bool {
        self.reason == reason || (self.code == code && !KNOWN_REASONS.contains(&self.reason.as_str()))
    }
}

impl std::fmt::Display for Status {
    /// The message and the reason: `pods "x" not found (NotFound)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.message.as_str(), self.reason.as_str()) {
            ("", "") => write!(f, "the server answered with status {} and no message", self.code),
            ("", reason) => write!(f, "{reason} (status {})", self.code),
            (message, "") => write!(f, "{message} (status {})", self.code),
            (message, reason) if message == reason => write!(f, "{message} (status {})", self.code),
            (message, reason) => write!(f, "{message} ({reason})"),
        }
    }
}

/// Reasons that servers are known to give.
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
