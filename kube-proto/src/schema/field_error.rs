use std::fmt;

use serde_json::Value;

use super::text;

/// What is wrong with one field, in the words of the API server (`field.Error` of apimachinery).
///
/// Its text is what the server writes: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. Like the
/// server's, it shows values of custom resources. Errors of built-in kinds show the type of a value and not the value,
/// which may be a secret.
///
/// ```
/// use kube_proto::schema::FieldError;
///
/// let error = FieldError::required("spec.selector", "");
/// assert_eq!((error.field(), error.to_string().as_str()), ("spec.selector", "spec.selector: Required value"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    kind: FieldErrorKind,
    field: String,
    value: String,
    detail: String,
}

/// The kind of a [`FieldError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// The schema has no such field.
    Unknown,
    /// An object of the document has the field twice.
    DuplicateField,
    /// The field is missing.
    Required,
    /// The value is wrong.
    Invalid,
    /// The type of the value is wrong.
    TypeInvalid,
    /// The value is in a list twice that takes it once.
    Duplicate,
    /// The value is none of those that are supported.
    NotSupported,
    /// The field may not be set.
    Forbidden,
    /// The value refers to nothing.
    NotFound,
    /// The text is too long.
    TooLong,
    /// There are too many items or members.
    TooMany,
}

impl FieldErrorKind {
    /// The reason of the cause in a `Status`: `FieldValueRequired`. The server reports unknown and duplicate fields in
    /// its message alone; their reason is empty.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unknown | Self::DuplicateField => "",
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::Duplicate => "FieldValueDuplicate",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::NotFound => "FieldValueNotFound",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
        }
    }
}

impl FieldError {
    fn new(kind: FieldErrorKind, field: impl Into<String>, value: String, detail: impl Into<String>) -> Self {
        Self { kind, field: field.into(), value, detail: detail.into() }
    }

    /// The schema has no such field.
    pub fn unknown(field: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Unknown, field, String::new(), "")
    }

    /// An object of the document has the field twice.
    pub fn duplicate_field(field: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::DuplicateField, field, String::new(), "")
    }

    /// The field is missing.
    pub fn required(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Required, field, String::new(), detail)
    }

    /// The value is wrong.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, field, text::shown(value), detail)
    }

    /// The type of the value is wrong.
    pub fn type_invalid(field: impl Into<String>, value: &Value, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::TypeInvalid, field, text::shown(value), detail)
    }

    /// The value is in a list twice.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(FieldErrorKind::Duplicate, field, text::shown(value), "")
    }

    /// The value is none of these.
    pub fn not_supported(field: impl Into<String>, value: &Value, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|one| format!("\"{one}\"")).collect();
        let detail = format!("supported values: {}", list.join(", "));
        Self::new(FieldErrorKind::NotSupported, field, text::shown(value), detail)
    }

    /// The field may not be set.
    pub fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Forbidden, field, String::new(), detail)
    }

    /// The value refers to nothing.
    pub fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self::new(FieldErrorKind::NotFound, field, text::shown(value), "")
    }

    /// The text is longer than `limit`. The server says bytes, and counts characters in the texts of custom resources.
    pub fn too_long(field: impl Into<String>, limit: usize) -> Self {
        let bytes = if limit == 1 { "byte" } else { "bytes" };
        Self::new(FieldErrorKind::TooLong, field, String::new(), format!("may not be more than {limit} {bytes}"))
    }

    /// There are more than `limit` items or members.
    pub fn too_many(field: impl Into<String>, count: usize, limit: usize) -> Self {
        let items = if limit == 1 { "item" } else { "items" };
        let detail = format!("must have at most {limit} {items}");
        Self::new(FieldErrorKind::TooMany, field, count.to_string(), detail)
    }

    /// Says more.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Shows no value.
    #[must_use]
    pub fn without_value(mut self) -> Self {
        self.value.clear();
        self
    }

    /// Shows the value in other words.
    #[must_use]
    pub fn shown_as(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> FieldErrorKind {
        self.kind
    }

    /// The path of the field: `spec.containers[0].image`. Empty for the whole object, and `<nil>` where the server writes
    /// that: for `anyOf`, `oneOf`, `allOf`, `not`, and numbers that their format cannot hold. The detail names the path
    /// then.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What follows the kind and the value.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The bytes of its texts.
    pub(crate) fn size(&self) -> usize {
        self.field.len() + self.value.len() + self.detail.len()
    }

    /// The text without the path, which is the message of the cause in a `Status`.
    #[must_use]
    pub fn body(&self) -> String {
        let head = match self.kind {
            FieldErrorKind::Unknown => return format!("unknown field {}", text::quote(&self.field)),
            FieldErrorKind::DuplicateField => return format!("duplicate field {}", text::quote(&self.field)),
            FieldErrorKind::Required => "Required value".to_owned(),
            FieldErrorKind::Forbidden => "Forbidden".to_owned(),
            FieldErrorKind::TooLong => "Too long".to_owned(),
            FieldErrorKind::TooMany => format!("Too many: {}", self.value),
            FieldErrorKind::Invalid | FieldErrorKind::TypeInvalid if self.value.is_empty() => {
                "Invalid value".to_owned()
            }
            FieldErrorKind::Duplicate if self.value.is_empty() => "Duplicate value".to_owned(),
            FieldErrorKind::Invalid | FieldErrorKind::TypeInvalid => format!("Invalid value: {}", self.value),
            FieldErrorKind::Duplicate => format!("Duplicate value: {}", self.value),
            FieldErrorKind::NotSupported => format!("Unsupported value: {}", self.value),
            FieldErrorKind::NotFound => format!("Not found: {}", self.value),
        };
        if self.detail.is_empty() { head } else { format!("{head}: {}", self.detail) }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FieldErrorKind::Unknown | FieldErrorKind::DuplicateField => f.write_str(&self.body()),
            _ if self.field.is_empty() => f.write_str(&self.body()),
            _ => write!(f, "{}: {}", self.field, self.body()),
        }
    }
}

impl std::error::Error for FieldError {}
