//! Why a document in protobuf could not be read or written.

use std::fmt;

use serde::ser;

use super::wire::Broken;
use crate::json::error::{DecodeError, Kind};

/// Why an object could not be written as protobuf: the path of the field, and what is wrong there. The text shows no value
/// of the object.
pub struct EncodeError(Box<Inner>);

struct Inner {
    text: Box<str>,
    /// From the inside to the outside.
    path: Vec<Step>,
}

/// One step from a value to the one around it.
enum Step {
    Field(&'static str),
    Index(usize),
    Key,
}

/// The bytes are protobuf, but no document.
#[cold]
pub(super) fn malformed(text: &'static str) -> DecodeError {
    DecodeError::of(Kind::Protobuf, text)
}

/// The document is nested too deeply.
#[cold]
pub(super) fn too_deep() -> DecodeError {
    DecodeError::of(Kind::Depth, format!("it is nested more than {} levels deep", super::DEPTH))
}

/// The table does not have this kind.
#[cold]
pub(super) fn unknown_kind(api_version: &str, kind: &str) -> DecodeError {
    DecodeError::of(Kind::Data, unknown(api_version, kind))
}

fn unknown(api_version: &str, kind: &str) -> String {
    format!("the kind {kind:?} of {api_version:?} has no protobuf in this version of the library")
}

impl From<Broken> for DecodeError {
    #[cold]
    fn from(broken: Broken) -> Self {
        malformed(broken.text())
    }
}

impl EncodeError {
    #[cold]
    pub(super) fn new(text: impl Into<Box<str>>) -> Self {
        Self(Box::new(Inner { text: text.into(), path: Vec::new() }))
    }

    #[cold]
    pub(super) fn unknown_kind(api_version: &str, kind: &str) -> Self {
        Self::new(unknown(api_version, kind))
    }

    /// The same error of the value around.
    #[cold]
    pub(super) fn in_field(self, name: &'static str) -> Self {
        self.within(Step::Field(name))
    }

    /// The same error of the list around.
    #[cold]
    pub(super) fn in_element(self, index: usize) -> Self {
        self.within(Step::Index(index))
    }

    /// The same error of the map around.
    #[cold]
    pub(super) fn in_key(self) -> Self {
        self.within(Step::Key)
    }

    fn within(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }
}

impl fmt::Display for EncodeError {
    /// `spec.containers[1].image: it is a number, and the API has a string`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.path.iter().rev().enumerate() {
            match step {
                Step::Field(name) => write!(f, "{}{name}", if at == 0 { "" } else { "." })?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key => f.write_str("[…]")?,
            }
        }
        if !self.0.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodeError({self})")
    }
}

impl std::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    #[cold]
    fn custom<T: fmt::Display>(text: T) -> Self {
        // The same text as that of an error of reading, without quoted values.
        Self::new(DecodeError::new(text).to_string())
    }
}
