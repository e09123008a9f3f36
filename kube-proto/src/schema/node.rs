//! One schema: the keywords that Kubernetes knows, read from JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::cel::parsed::Parsed;
use super::pattern::Pattern;

/// A schema that is none.
///
/// Its text has the place in the schema and the problem, and no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    place: String,
    problem: &'static str,
}

impl SchemaError {
    pub(crate) fn new(place: impl Into<String>, problem: &'static str) -> Self {
        Self { place: place.into(), problem }
    }

    /// The error of a schema that is a keyword's value.
    pub(crate) fn within(mut self, keyword: &str) -> Self {
        // A place of many levels is cut at its end.
        if self.place.len() < 512 {
            self.place = if self.place.is_empty() { keyword.to_owned() } else { format!("{keyword}.{}", self.place) };
        }
        self
    }

    /// The keywords that lead to the place: `properties.spec.items`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "the schema cannot be read: {}", self.problem),
            place => write!(f, "the schema cannot be read: {place}: {}", self.problem),
        }
    }
}

impl std::error::Error for SchemaError {}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaType {
    /// `string`
    String,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
    /// `array`
    Array,
    /// `object`
    Object,
}

impl SchemaType {
    /// The type's name in a schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }
}

/// The group, version and kind of objects that a schema describes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// `apps`; empty for the core group.
    pub group: String,
    /// `v1`
    pub version: String,
    /// `Deployment`
    pub kind: String,
}

impl GroupVersionKind {
    /// A kind of a group and version.
    pub fn new(group: impl Into<String>, version: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// The kind of an `apiVersion` (`apps/v1`, `v1`).
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self::new(group, version, kind)
    }

    pub(crate) fn read(value: &Value) -> Vec<Self> {
        let one = |value: &Value| {
            let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            Self { group: text("group"), version: text("version"), kind: text("kind") }
        };
        match value {
            Value::Array(all) => all.iter().map(one).collect(),
            Value::Object(_) => vec![one(value)],
            _ => Vec::new(),
        }
    }
}

/// What makes two items of a list the same (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListType {
    /// The list has one owner, and equal items may be in it.
    #[default]
    Atomic,
    /// Each value is there once.
    Set,
    /// Each item is an object, and its keys are there once.
    Map,
}

/// A rule in CEL (`x-kubernetes-validations`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The expression.
    pub rule: String,
    /// The message of a failure; empty if there is none.
    pub message: String,
    /// The expression of the message; empty if there is none.
    pub message_expression: String,
    /// `FieldValueInvalid` and others; empty for the default.
    pub reason: String,
    /// The field that the failure is about, below the place of the rule; empty for the place itself.
    pub field_path: String,
    /// Whether the rule also runs without an old value.
    pub optional_old_self: bool,
}

/// The expressions of a rule, each read at the first use; `None` if it cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    rule: OnceLock<Option<Parsed>>,
    message: OnceLock<Option<Parsed>>,
}

impl Expressions {
    pub(crate) fn rule(&self, rule: &Rule) -> Option<&Parsed> {
        self.rule.get_or_init(|| Parsed::new(&rule.rule).ok()).as_ref()
    }

    pub(crate) fn message(&self, rule: &Rule) -> Option<&Parsed> {
        self.message.get_or_init(|| Parsed::new(&rule.message_expression).ok()).as_ref()
    }
}

/// What an object's keys may be that its properties do not name.
#[derive(Debug, Default)]
pub(crate) enum Additional {
    /// The schema says nothing.
    #[default]
    Unsaid,
    /// `true` or `false`
    Any(bool),
    /// Their values have this schema.
    Of(Arc<Node>),
}

/// The bounds of values.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) allowed: Vec<Value>,
    pub(crate) minimum: Option<f64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_maximum: bool,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) unique_items: bool,
    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
    pub(crate) pattern: Option<Box<str>>,
    pub(crate) compiled: OnceLock<Option<Pattern>>,
}

impl Bounds {
    /// The pattern, compiled at the first call; `None` if it cannot be checked.
    pub(crate) fn pattern(&self) -> Option<&Pattern> {
        let pattern = self.pattern.as_deref()?;
        self.compiled.get_or_init(|| Pattern::new(pattern)).as_ref()
    }
}

/// Schemas that a value has to fit besides.
#[derive(Debug, Default)]
pub(crate) struct Logic {
    pub(crate) all_of: Vec<Arc<Node>>,
    pub(crate) any_of: Vec<Arc<Node>>,
    pub(crate) one_of: Vec<Arc<Node>>,
    pub(crate) not: Option<Arc<Node>>,
}

/// Where more is written (`externalDocs`).
#[derive(Debug)]
pub(crate) struct Docs {
    pub(crate) description: Option<Box<str>>,
    pub(crate) url: Option<Box<str>>,
}

/// How strategic merge patches treat a member of a built-in kind (`x-kubernetes-patch-strategy`).
#[derive(Debug)]
pub(crate) struct Strategy {
    /// Items of a list merge, by the key if there is one.
    pub(crate) merge: bool,
    /// A patch names all members that stay.
    pub(crate) retain: bool,
    pub(crate) key: Option<Box<str>>,
}

/// One schema.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The name of the definition that it stands for. Only the description, the default and the marks of the node itself
    /// count besides.
    pub(crate) reference: Option<Box<str>>,
    /// The reference stands in `allOf`, because the node has a description or a default of its own.
    pub(crate) wrapped: bool,
    pub(crate) ty: Option<SchemaType>,
    pub(crate) format: Option<Box<str>>,
    /// The format is one that the server checks in custom resources.
    pub(crate) checks_format: bool,
    pub(crate) nullable: bool,
    pub(crate) description: Option<Box<str>>,
    pub(crate) docs: Option<Box<Docs>>,
    pub(crate) default: Option<Value>,
    pub(crate) properties: Option<BTreeMap<Box<str>, Arc<Node>>>,
    pub(crate) required: Vec<Box<str>>,
    pub(crate) additional: Additional,
    pub(crate) items: Option<Arc<Node>>,
    pub(crate) bounds: Option<Box<Bounds>>,
    pub(crate) logic: Option<Box<Logic>>,
    pub(crate) preserve_unknown: bool,
    pub(crate) embedded: bool,
    pub(crate) int_or_string: bool,
    pub(crate) list_type: ListType,
    pub(crate) list_keys: Vec<Box<str>>,
    pub(crate) strategy: Option<Box<Strategy>>,
    pub(crate) rules: Vec<Rule>,
    /// The expressions of the rules, in their order.
    pub(crate) expressions: Vec<Expressions>,
    /// It has rules, or a schema below does.
    pub(crate) has_rules: bool,
    /// It is a reference, or a schema below is.
    pub(crate) refers: bool,
    /// The members of an old object are not those of the new one (`x-kubernetes-map-type: atomic`).
    pub(crate) atomic: bool,
}

impl Node {
    /// The format, if the server checks it in custom resources.
    pub(crate) fn checked_format(&self) -> Option<&str> {
        self.format.as_deref().filter(|_| self.checks_format)
    }

    /// The schema of a property, or of the values of a map.
    pub(crate) fn field(&self, key: &str) -> Option<&Arc<Node>> {
        self.property(key).or(match &self.additional {
            Additional::Of(node) => Some(node),
            _ => None,
        })
    }

    pub(crate) fn property(&self, key: &str) -> Option<&Arc<Node>> {
        self.properties.as_ref()?.get(key)
    }

    /// Whether it says nothing about the members of an object.
    pub(crate) fn is_open(&self) -> bool {
        self.properties.is_none() && matches!(self.additional, Additional::Unsaid)
    }
}
