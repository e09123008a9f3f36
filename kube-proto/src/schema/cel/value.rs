//! Values while an expression is evaluated.
//!
//! JSON is not copied: lists and objects of it are views, with their schema where there is one.

use std::collections::BTreeMap;
use std::rc::Rc;

use core::net::IpAddr;
use serde_json::{Map as JsonMap, Value as Json};

use super::semver::Version;
use super::time::Time;
use super::url::Url;
use crate::schema::definitions::At;

#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Text<'a>),
    Bytes(Rc<[u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Time(Time),
    /// Nanoseconds.
    Duration(i64),
    Optional(Option<Rc<Value<'a>>>),
    Type(Rc<str>),
    /// Nano units.
    Quantity(i128),
    Url(Rc<Url>),
    Ip(IpAddr),
    /// An address with the length of its prefix.
    Cidr(IpAddr, u8),
    Version(Rc<Version>),
    /// The name of a format.
    Format(&'static str),
    /// What the schema says nothing of: it can only be compared.
    Opaque(&'a Json),
}

#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Shared(Rc<str>),
}

#[derive(Clone, Debug)]
pub(super) enum List<'a> {
    Json { items: &'a [Json], at: Option<At<'a>> },
    Made { items: Rc<[Value<'a>]>, at: Option<At<'a>> },
}

#[derive(Clone, Debug)]
pub(super) enum Map<'a> {
    /// A whole resource, or an embedded one, has more members than its schema says.
    Json {
        map: &'a JsonMap<String, Json>,
        at: Option<At<'a>>,
        resource: bool,
    },
    /// The metadata of a resource: its names alone.
    Names(&'a JsonMap<String, Json>),
    Made(Rc<BTreeMap<Key, Value<'a>>>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Text(Rc<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Text(Text::Shared(text.into()))
    }

    pub(super) fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(List::Made { items: items.into(), at: None })
    }

    pub(super) fn some(value: Value<'a>) -> Self {
        Self::Optional(Some(Rc::new(value)))
    }

    pub(super) fn optional(value: Option<Value<'a>>) -> Self {
        Self::Optional(value.map(Rc::new))
    }

    /// The name of the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Time(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(..) => "net.CIDR",
            Self::Version(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Opaque(_) => "dyn",
        }
    }
}

impl Key {
    pub(super) fn value<'a>(&self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Text(text) => Value::Text(Text::Shared(text.clone())),
        }
    }

    /// The key that a value is; numbers that are the same are the same key.
    pub(super) fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => i64::try_from(*value).map_or(Self::Uint(*value), Self::Int),
            Value::Double(value) => Self::Int(super::floats::whole(*value)?),
            Value::Text(text) => Self::Text(match text {
                Text::Borrowed(text) => Rc::from(*text),
                Text::Shared(text) => text.clone(),
            }),
            _ => return None,
        })
    }

    /// The text of the key in a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Uint(value) => value.to_string(),
            Self::Text(text) => text.to_string(),
        }
    }
}
