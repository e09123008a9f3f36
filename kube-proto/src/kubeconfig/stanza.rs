//! The fields of a kubeconfig stanza as a table: how to read each, how to write it, and where unknown fields go.
//!
//! This module reads fields itself and does not use `serde`, for three reasons: an error names the field and its type
//! but never the value (which may be a token), `null` means 'not set' for every field as in `kubectl`, and unknown
//! fields are kept.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::secret::{Secret, UrlText};

/// A part of a file that this crate does not interpret. It is kept, so that writing the file back loses nothing.
/// `Debug` shows only the type of the value, which may hold a secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RawExtension(pub Value);

impl fmt::Debug for RawExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", kind(&self.0))
    }
}

/// The place and the reason of a value that could not be read. Each caller adds its step to the front of the path.
#[derive(Debug)]
pub(crate) struct Bad {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Bad {
    pub(crate) fn new(text: impl Into<String>) -> Bad {
        Bad { path: String::new(), text: text.into() }
    }

    fn expected(what: &str, found: &Value) -> Bad {
        let hint = match found {
            Value::Bool(_) | Value::Number(_) if what == "a string" => ": put the value in quotes",
            _ => "",
        };
        Bad::new(format!("expected {what}, found {}{hint}", kind(found)))
    }

    pub(crate) fn within(mut self, step: &str) -> Bad {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }
}

/// A type that a file holds as one value.
pub(crate) trait Field: Default {
    /// Reads the value. `null` becomes the default.
    fn read(value: Value) -> Result<Self, Bad>;
    /// Writes the value. `None` if the file can omit it.
    fn write(&self) -> Option<Value>;
    /// The length of a text, in bytes.
    fn length(&self) -> Option<usize> {
        None
    }
}

/// A field for `Debug`. Of PEM it shows the length: a private key may stand beside the certificate.
pub(crate) fn shown<'a, T: Field + fmt::Debug>(key: &str, field: &'a T) -> impl fmt::Debug + use<'a, T> {
    let length = field.length().filter(|_| key.ends_with("-data") || key.ends_with("Data"));
    fmt::from_fn(move |f| match length {
        Some(length) => write!(f, "[{length} bytes]"),
        None => field.fmt(f),
    })
}

/// A mapping with named fields.
pub(crate) trait Stanza: Field {}

/// Removes the field `key` from a mapping and reads it.
pub(crate) fn take<T: Field>(rest: &mut Map<String, Value>, key: &str) -> Result<T, Bad> {
    rest.remove(key).map_or_else(|| Ok(T::default()), |value| T::read(value).map_err(|bad| bad.within(key)))
}

pub(crate) fn mapping(value: Value) -> Result<Map<String, Value>, Bad> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        other => Err(Bad::expected("a mapping", &other)),
    }
}

/// Like [`take`], but an empty text does not count as absent.
pub(crate) fn take_even_empty(rest: &mut Map<String, Value>, key: &str) -> Result<Option<String>, Bad> {
    let text = rest.remove(key).filter(|value| !value.is_null());
    text.map(|text| String::read(text).map_err(|bad| bad.within(key))).transpose()
}

/// Calls [`take`], or the function that a stanza names for the field.
macro_rules! taken {
    ($rest:expr, $key:literal) => {
        $crate::kubeconfig::stanza::take($rest, $key)
    };
    ($rest:expr, $key:literal, $take:ident) => {
        $crate::kubeconfig::stanza::$take($rest, $key)
    };
}
pub(crate) use taken;

/// Declares a stanza: its fields with their names in the file, and `other` for unknown fields. A field is read by
/// [`take`], or by the function after `by`.
macro_rules! stanza {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal $(by $take:ident)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq)]
        $vis struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Unknown fields of this stanza, kept for writing back.
            pub other: std::collections::BTreeMap<String, $crate::kubeconfig::stanza::RawExtension>,
        }

        impl $crate::kubeconfig::stanza::Field for $name {
            fn read(value: serde_json::Value) -> Result<Self, $crate::kubeconfig::stanza::Bad> {
                let mut rest = $crate::kubeconfig::stanza::mapping(value)?;
                Ok($name {
                    $($field: $crate::kubeconfig::stanza::taken!(&mut rest, $key $(, $take)?)?,)*
                    other: rest.into_iter().map(|(key, value)| (key, $crate::kubeconfig::stanza::RawExtension(value))).collect(),
                })
            }

            fn write(&self) -> Option<serde_json::Value> {
                let mut map: serde_json::Map<String, serde_json::Value> =
                    self.other.iter().map(|(key, value)| (key.clone(), value.0.clone())).collect();
                $(if let Some(value) = $crate::kubeconfig::stanza::Field::write(&self.$field) {
                    map.insert($key.to_owned(), value);
                })*
                Some(serde_json::Value::Object(map))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &$crate::kubeconfig::stanza::shown($key, &self.$field)))*
                    .field("other", &self.other)
                    .finish()
            }
        }

        impl $crate::kubeconfig::stanza::Stanza for $name {}
    };
}
pub(crate) use stanza;

impl Field for String {
    fn read(value: Value) -> Result<String, Bad> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text),
            other => Err(Bad::expected("a string", &other)),
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }

    fn length(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl Field for Secret {
    fn read(value: Value) -> Result<Secret, Bad> {
        String::read(value).map(Secret::from)
    }

    fn write(&self) -> Option<Value> {
        Some(Value::String(self.expose().to_owned()))
    }
}

impl Field for UrlText {
    fn read(value: Value) -> Result<UrlText, Bad> {
        String::read(value).map(UrlText::from)
    }

    fn write(&self) -> Option<Value> {
        Some(Value::String(self.expose().to_owned()))
    }
}

/// An optional text. An empty text counts as absent.
macro_rules! optional_text {
    ($($type:ty),*) => {$(
        impl Field for Option<$type> {
            fn read(value: Value) -> Result<Self, Bad> {
                <$type as Field>::read(value).map(|text| (!text.is_empty()).then_some(text))
            }

            fn write(&self) -> Option<Value> {
                self.as_ref().and_then(Field::write)
            }

            fn length(&self) -> Option<usize> {
                self.as_ref().and_then(Field::length)
            }
        }
    )*};
}
optional_text!(String, Secret, UrlText);

impl Field for bool {
    fn read(value: Value) -> Result<bool, Bad> {
        match value {
            Value::Null => Ok(false),
            Value::Bool(yes) => Ok(yes),
            other => Err(Bad::expected("true or false", &other)),
        }
    }

    fn write(&self) -> Option<Value> {
        self.then_some(Value::Bool(true))
    }
}

impl Field for RawExtension {
    fn read(value: Value) -> Result<RawExtension, Bad> {
        Ok(RawExtension(value))
    }

    fn write(&self) -> Option<Value> {
        Some(self.0.clone())
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(value: Value) -> Result<Vec<T>, Bad> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| T::read(item).map_err(|bad| bad.within(&format!("[{index}]"))))
                .collect(),
            other => Err(Bad::expected("a list", &other)),
        }
    }

    fn write(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.iter().map(|item| item.write().unwrap_or(Value::Null)).collect())
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    fn read(value: Value) -> Result<BTreeMap<String, T>, Bad> {
        let items = mapping(value)?.into_iter();
        items.map(|(key, item)| T::read(item).map_err(|bad| bad.within(&key)).map(|item| (key, item))).collect()
    }

    fn write(&self) -> Option<Value> {
        let items = self.iter().map(|(key, item)| (key.clone(), item.write().unwrap_or(Value::Null)));
        (!self.is_empty()).then(|| items.collect())
    }
}

impl<T: Stanza> Field for Option<T> {
    fn read(value: Value) -> Result<Option<T>, Bad> {
        if value.is_null() { Ok(None) } else { T::read(value).map(Some) }
    }

    fn write(&self) -> Option<Value> {
        self.as_ref().and_then(Field::write)
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
