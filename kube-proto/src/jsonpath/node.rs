//! What a template is made of, and what can be wrong with it.

use std::fmt;

use serde_json::Value;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block {
    Text(String),
    /// What stands in braces.
    Action(Vec<Node>),
}

/// A step of an action: from some values to others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// One constant, whatever is there.
    Text(String),
    /// Constants, one for each value.
    Int(i64),
    Float(f64),
    Bool(bool),
    Field(String),
    Slice(Slice),
    Wildcard,
    Recursive,
    Union(Vec<Vec<Node>>),
    Exists(Vec<Node>),
    Filter {
        left: Vec<Node>,
        operator: String,
        right: Vec<Node>,
    },
    /// `range`, `end`, and what is an error once it is evaluated.
    Word(String),
}

/// `[from:to:step]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) from: i64,
    /// `None` up to the end.
    pub(super) to: Option<i64>,
    /// `to` is the one after `from`.
    pub(super) single: bool,
    pub(super) step: Option<i64>,
}

/// A value on the way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Json(&'a Value),
    Text(&'a str),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A byte of a text, which `[*]` gives.
    Byte(u8),
    /// A null that a range is at: it has no value at all.
    Nothing,
}

/// A template that cannot be read, or does not fit the object. It shows parts of the template, and of an object no more than the type
/// of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPathError(pub(super) String);

impl fmt::Display for JsonPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonPathError {}
