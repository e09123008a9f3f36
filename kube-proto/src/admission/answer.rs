//! The answer to an admission review.

use std::collections::BTreeMap;
use std::fmt;

use crate::request::JsonPatch;
use crate::response::status::{Status, StatusCause, StatusDetails};

/// Whether a request is admitted, and with which changes, warnings and audit annotations.
///
/// ```
/// use kube_proto::admission::Answer;
///
/// let fine = Answer::allow().warn("spec.size is deprecated: use spec.storage");
/// assert!(fine.is_allowed());
/// let no = Answer::deny("the schedule is not valid")
///     .invalid("spec.schedule", "must have five fields")
///     .audit("rule", "schedule");
/// assert!(!no.is_allowed());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub(super) denial: Option<Status>,
    pub(super) patch: Option<JsonPatch>,
    pub(super) warnings: Vec<String>,
    pub(super) audit: BTreeMap<String, String>,
    /// Why the webhook cannot answer.
    pub(super) failure: Option<String>,
}

impl Answer {
    /// The most bytes of one warning: API servers may cut longer ones. 256.
    pub const WARNING: usize = 256;
    /// The most bytes of all warnings of an answer: API servers ignore those beyond. 4096.
    pub const WARNINGS: usize = 4096;

    /// The request is admitted as it is.
    #[must_use]
    pub fn allow() -> Self {
        Self { denial: None, patch: None, warnings: Vec::new(), audit: BTreeMap::new(), failure: None }
    }

    /// The request is denied: 403 `Forbidden`, with this message for the user. The API server puts the name of the webhook
    /// before it.
    #[must_use]
    pub fn deny(message: impl Into<String>) -> Self {
        let status = Status {
            status: "Failure".into(),
            message: message.into(),
            reason: "Forbidden".into(),
            code: 403,
            ..Status::default()
        };
        Self { denial: Some(status), ..Self::allow() }
    }

    /// The request is denied with this status. Its `status` becomes `Failure`, and a code below 400 becomes 400, as API
    /// servers read it.
    #[must_use]
    pub fn deny_with(mut status: Status) -> Self {
        status.status = "Failure".into();
        status.code = status.code.max(400);
        Self { denial: Some(status), ..Self::allow() }
    }

    /// The webhook cannot say. It answers with HTTP 500 and this text, and the API server applies its `failurePolicy`.
    #[must_use]
    pub fn fail(text: impl Into<String>) -> Self {
        Self { failure: Some(text.into()), ..Self::allow() }
    }

    /// Sets the code and reason of a denial: `(422, "Invalid")`. It changes no other answer.
    #[must_use]
    pub fn status(mut self, code: u16, reason: impl Into<String>) -> Self {
        if let Some(status) = &mut self.denial {
            status.code = code.max(400);
            status.reason = reason.into();
        }
        self
    }

    /// Adds the fault of a field to a denial, by its path (`spec.containers[0].image`), a reason (`FieldValueRequired`)
    /// and a message. It changes no other answer.
    #[must_use]
    pub fn cause(mut self, field: impl Into<String>, reason: impl Into<String>, message: impl Into<String>) -> Self {
        if let Some(status) = &mut self.denial {
            let details = status.details.get_or_insert_with(StatusDetails::default);
            details.causes.push(StatusCause { reason: reason.into(), message: message.into(), field: field.into() });
        }
        self
    }

    /// Adds a field with an invalid value to a denial, which becomes 422 `Invalid`.
    #[must_use]
    pub fn invalid(self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.status(422, "Invalid").cause(field, "FieldValueInvalid", message)
    }

    /// Adds a warning for the user: one line, at best of at most 120 characters. Control characters become spaces. The
    /// [limits](Self::WARNING) cut it.
    #[must_use]
    pub fn warn(mut self, text: impl AsRef<str>) -> Self {
        let line = text.as_ref().replace(char::is_control, " ");
        let line = line.get(..line.floor_char_boundary(Self::WARNING)).unwrap_or_default();
        let sum: usize = self.warnings.iter().map(String::len).sum();
        if !line.is_empty() && sum + line.len() <= Self::WARNINGS {
            self.warnings.push(line.to_owned());
        }
        self
    }

    /// Adds an annotation to the audit event of the request. The API server puts the name of the webhook and a `/` before
    /// the key. A character that such a key may not have becomes `_`, and it is cut at 63 bytes.
    #[must_use]
    pub fn audit(mut self, key: impl AsRef<str>, value: impl Into<String>) -> Self {
        let valid = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let key: String = key.as_ref().chars().take(63).map(valid).collect();
        let key = key.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if !key.is_empty() {
            self.audit.insert(key.to_owned(), value.into());
        }
        self
    }

    /// Changes the object by these operations (RFC 6902). [`Review::changed`](super::Review::changed) makes them of a
    /// changed object. They replace an earlier patch.
    #[must_use]
    pub fn patch(mut self, patch: JsonPatch) -> Self {
        self.patch = Some(patch);
        self
    }

    /// The request is admitted.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.denial.is_none() && self.failure.is_none()
    }

    /// The status of a denial.
    #[must_use]
    pub fn denial(&self) -> Option<&Status> {
        self.denial.as_ref()
    }

    /// The operations that change the object.
    #[must_use]
    pub fn operations(&self) -> Option<&JsonPatch> {
        self.patch.as_ref()
    }

    /// The warnings, as they are sent.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl fmt::Debug for Answer {
    /// Without the values of the patch and of the annotations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("denial", &self.denial)
            .field("patch", &self.patch)
            .field("warnings", &self.warnings)
            .field("audit", &self.audit.keys().collect::<Vec<_>>())
            .field("failure", &self.failure)
            .finish()
    }
}

/// What a handler may return.
pub trait IntoAnswer {
    /// The answer.
    fn into_answer(self) -> Answer;
}

impl IntoAnswer for Answer {
    fn into_answer(self) -> Answer {
        self
    }
}

impl<E: fmt::Display> IntoAnswer for Result<Answer, E> {
    /// An error is [`Answer::fail`] with its text.
    fn into_answer(self) -> Answer {
        self.unwrap_or_else(|error| Answer::fail(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_and_annotations_have_their_limits() {
        let long = "ä".repeat(300);
        let answer = Answer::allow().warn("a\nb").warn(&long).warn("");
        assert_eq!(answer.warnings(), ["a b".to_owned(), "ä".repeat(128)]);
        let many = (0..100).fold(Answer::allow(), |answer, _| answer.warn("x".repeat(100)));
        assert_eq!(many.warnings().len(), 40);
        let answer = Answer::allow().audit("/a/b c/", "1").audit("///", "2").audit("k".repeat(99), "3");
        assert_eq!(answer.audit.keys().map(String::as_str).collect::<Vec<_>>(), ["a_b_c", &"k".repeat(63)]);
        assert!(!format!("{answer:?}").contains('1'));
    }

    #[test]
    fn a_denial_has_a_code_of_an_error() {
        let status = Status { code: 200, status: "Success".into(), ..Status::default() };
        let denial = Answer::deny_with(status);
        assert_eq!((denial.denial().unwrap().code, &*denial.denial().unwrap().status), (400, "Failure"));
        assert_eq!(Answer::deny("x").status(100, "y").denial().unwrap().code, 400);
        assert_eq!(Answer::allow().invalid("a", "b"), Answer::allow());
        assert!(!Answer::fail("x").is_allowed());
    }
}
