//! The head of a response: status code, warnings, audit id.

use std::fmt;

use http::response::Parts;
use http::{HeaderMap, StatusCode, header};

use super::warning::warnings;

/// The head of a response, for callers.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ResponseInfo {
    /// The HTTP status code: 201 rather than 200 if the request created something.
    pub code: StatusCode,
    /// Texts of the `Warning` headers with code 299, in order, each once, without control characters (docs/wire.md §2.5). A
    /// server sends at most 4096 characters of them.
    pub warnings: Vec<String>,
    /// The `Audit-Id` header, which names this request in the server's audit log.
    pub audit_id: Option<String>,
    /// All headers. `Debug` shows only their number: some set cookies.
    pub headers: HeaderMap,
}

impl fmt::Debug for ResponseInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("code", &self.code)
            .field("warnings", &self.warnings)
            .field("audit_id", &self.audit_id)
            .field("headers", &self.headers.len())
            .finish()
    }
}

impl ResponseInfo {
    /// Reads a head.
    #[must_use]
    pub fn of(head: &Parts) -> Self {
        let audit_id = head.headers.get("audit-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        Self { code: head.status, warnings: warnings(&head.headers), audit_id, headers: head.headers.clone() }
    }

    /// The media type of the body, lower case, without parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        media_type(&self.headers)
    }
}

/// The media type of a body, lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}
