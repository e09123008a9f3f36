//! JSON as values, by the schema of its place (`UnstructuredToVal` and `SchemaDeclType` of apiserver).
//!
//! | schema | value |
//! |---|---|
//! | `integer`, `number`, `boolean` | `int`, `double`, `bool` |
//! | `string` | `string`; `bytes` with the format `byte`, a timestamp with `date` and `date-time`, a duration with `duration` |
//! | `x-kubernetes-int-or-string` | `int` or `string`, whichever it is |
//! | an object with properties | its properties; names are escaped; other members cannot be seen |
//! | an object with `additionalProperties` | a map |
//! | a list of the type `set` or `map` | a list that is equal in any order, and that `+` merges |
//! | a resource | also `apiVersion`, `kind`, `metadata.name` and `metadata.generateName` |
//! | no type | cannot be seen |

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::error::CelError;
use super::time::Time;
use super::token::RESERVED;
use super::value::{Key, List, Map, Text, Value};
use crate::schema::definitions::At;
use crate::schema::format::duration;
use crate::schema::node::{Additional, Node, SchemaType};
use crate::schema::shape::META;

/// JSON without a schema.
pub(super) fn plain(value: &Json) -> Value<'_> {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Int(number),
            (None, number) => Value::Double(number.unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(Text::Borrowed(text)),
        Json::Array(items) => Value::List(List::Json { items, at: None }),
        Json::Object(map) => Value::Map(Map::Json { map, at: None, resource: false }),
    }
}

/// JSON by its schema.
pub(super) fn typed<'a>(value: &'a Json, at: At<'a>, resource: bool) -> Result<Value<'a>, CelError> {
    let node = at.node;
    if value.is_null() {
        return if node.nullable {
            Ok(Value::Null)
        } else {
            CelError::failed("invalid data, got null for schema with nullable=false")
        };
    }
    let wrong = |wanted: &str| CelError::failed(format!("invalid data, expected {wanted}"));
    if node.int_or_string {
        return match value {
            Json::String(text) => Ok(Value::Text(Text::Borrowed(text))),
            Json::Number(number) if number.is_i64() => Ok(plain(value)),
            _ => wrong("XIntOrString value to be either a string or integer"),
        };
    }
    match (node.ty, value) {
        (Some(SchemaType::Object), Json::Object(map)) => Ok(Value::Map(Map::Json { map, at: Some(at), resource })),
        (Some(SchemaType::Array), Json::Array(items)) => Ok(Value::List(List::Json { items, at: Some(at) })),
        (Some(SchemaType::Boolean), Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Some(SchemaType::Integer), Json::Number(number)) => {
            let whole = number.as_i64().or_else(|| super::floats::whole(number.as_f64()?));
            whole.map_or_else(|| wrong("int"), |number| Ok(Value::Int(number)))
        }
        (Some(SchemaType::Number), Json::Number(number)) => Ok(Value::Double(number.as_f64().unwrap_or(f64::NAN))),
        (Some(SchemaType::String), Json::String(text)) => {
            let read = match node.format.as_deref() {
                Some("byte") => STANDARD.decode(text).ok().map(|bytes| Value::Bytes(bytes.into())),
                Some("date") => Time::date(text).map(Value::Time),
                Some("date-time") => Time::of_format(text).map(Value::Time),
                Some("duration") => duration::nanoseconds(text).map(Value::Duration),
                _ => return Ok(Value::Text(Text::Borrowed(text))),
            };
            match read {
                Some(value) => Ok(value),
                None => CelError::failed(format!("Invalid {} {text}", node.format.as_deref().unwrap_or_default())),
            }
        }
        (None, _) => Ok(Value::Opaque(value)),
        (Some(wanted), _) => wrong(wanted.name()),
    }
}

/// Whether an expression can name a value of this schema.
pub(super) fn is_declared(at: At<'_>) -> bool {
    let node = at.node;
    if node.int_or_string || node.embedded {
        return true;
    }
    match node.ty {
        None => false,
        Some(SchemaType::Array) => at.item().is_some_and(is_declared),
        Some(SchemaType::Object) => match &node.additional {
            Additional::Of(inner) => at.to(inner).is_some_and(is_declared),
            _ => true,
        },
        Some(_) => true,
    }
}

/// The property that a name in an expression means.
pub(super) fn unescape(name: &str) -> Cow<'_, str> {
    if !name.contains("__") {
        return Cow::Borrowed(name);
    }
    if let Some(word) = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"))
        && RESERVED.contains(&word)
    {
        return Cow::Borrowed(word);
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("__") {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        let escapes = [("__underscores__", "__"), ("__dot__", "."), ("__dash__", "-"), ("__slash__", "/")];
        let found = escapes.iter().find_map(|(escape, plain)| Some((*plain, marked.strip_prefix(escape)?)));
        let (plain, after) = found.unwrap_or(("__", marked.get(2..).unwrap_or_default()));
        out.push_str(plain);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl<'a> Value<'a> {
    /// JSON by its schema; without one, as it is.
    pub(super) fn of(value: &'a Json, at: Option<At<'a>>, resource: bool) -> Result<Self, CelError> {
        match at {
            Some(at) => typed(value, at, resource),
            None => Ok(plain(value)),
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json { items, .. } => items.len(),
            Self::Made { items, .. } => items.len(),
        }
    }

    /// The item; `None` beyond the end.
    pub(super) fn get(&self, index: usize) -> Option<Result<Value<'a>, CelError>> {
        match self {
            Self::Json { items, at } => Some(match at {
                Some(at) => at.item().map_or_else(
                    || Ok(plain(items.get(index)?)).into(),
                    |at| Some(Value::of(items.get(index)?, Some(at), at.node.embedded)),
                )?,
                None => Ok(plain(items.get(index)?)),
            }),
            Self::Made { items, .. } => Some(Ok(items.get(index)?.clone())),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Result<Value<'a>, CelError>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The schema of the list, which says what makes two items the same.
    pub(super) fn at(&self) -> Option<At<'a>> {
        match self {
            Self::Json { at, .. } | Self::Made { at, .. } => *at,
        }
    }
}

impl<'a> Map<'a> {
    /// The members, also those that the schema does not name: they count where objects are compared.
    pub(super) fn keys(&self) -> Vec<Key> {
        match self {
            Self::Json { map, .. } => map
                .iter()
                .filter(|(_, value)| !self.is_absent(value))
                .map(|(key, _)| Key::Text(key.as_str().into()))
                .collect(),
            Self::Names(map) => ["generateName", "name"]
                .into_iter()
                .filter(|key| map.contains_key(*key))
                .map(|key| Key::Text(key.into()))
                .collect(),
            Self::Made(map) => map.keys().cloned().collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json { map, .. } => map.len(),
            Self::Names(_) => self.keys().len(),
            Self::Made(map) => map.len(),
        }
    }

    /// A null of an object with properties is no member.
    fn is_absent(&self, value: &Json) -> bool {
        let object = matches!(self, Self::Json { at: Some(at), .. } if at.node.properties.is_some());
        object && value.is_null()
    }

    fn sees(&self, key: &str) -> bool {
        match self {
            Self::Json { at: Some(at), resource, .. } => {
                at.node.field(key).is_some() || *resource && META.contains(&key)
            }
            _ => true,
        }
    }

    /// The value of a key, which is written as in JSON.
    pub(super) fn get(&self, key: &Key) -> Option<Result<Value<'a>, CelError>> {
        match self {
            Self::Json { map, at, resource } => {
                let Key::Text(key) = key else { return None };
                let value = map.get(&**key).filter(|value| !self.is_absent(value))?;
                let Some(at) = at else { return Some(Ok(plain(value))) };
                let inner = at.field(key);
                if *resource && META.contains(&&**key) {
                    // A schema may say more of the metadata than its names.
                    let named = |node: &Node| ["name", "generateName"].iter().all(|key| node.property(key).is_some());
                    return match (value, inner.filter(|inner| named(inner.node))) {
                        (Json::Object(_), Some(inner)) => Some(Value::of(value, Some(inner), false)),
                        (Json::Object(metadata), None) if &**key == "metadata" => {
                            Some(Ok(Value::Map(Map::Names(metadata))))
                        }
                        _ => Some(Ok(plain(value))),
                    };
                }
                Some(match inner {
                    Some(inner) => Value::of(value, Some(inner), inner.node.embedded),
                    None => Ok(Value::Opaque(value)),
                })
            }
            Self::Names(map) => match key {
                Key::Text(key) if matches!(&**key, "name" | "generateName") => {
                    map.get(&**key).map(|value| Ok(plain(value)))
                }
                _ => None,
            },
            Self::Made(map) => map.get(key).cloned().map(Ok),
        }
    }

    /// The value of a member by its name in an expression.
    pub(super) fn field(&self, name: &str) -> Result<Option<Value<'a>>, CelError> {
        let key = match self {
            // The names of an object are escaped, the keys of a map are not.
            Self::Json { at: Some(at), resource, .. } if at.node.properties.is_some() || *resource => {
                let key = unescape(name);
                if !self.sees(&key) || at.field(&key).is_some_and(|at| !is_declared(at)) {
                    return Err(CelError::Unknown(format!("undefined field '{name}'")));
                }
                Key::Text(key.as_ref().into())
            }
            Self::Names(_) if !matches!(name, "name" | "generateName") => {
                return Err(CelError::Unknown(format!("undefined field '{name}'")));
            }
            _ => Key::Text(name.into()),
        };
        self.get(&key).transpose()
    }
}
