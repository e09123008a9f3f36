//! Reads JSON within the same limits as YAML.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::budget::Budget;
use super::scalar;
use crate::json::error::DecodeError;
use crate::json::part::{ended, first};

/// Reads a text that is one JSON value.
pub(crate) fn whole(text: &str, budget: &mut Budget) -> Result<Value, DecodeError> {
    let (value, end) = first(text, Bounded { budget, keys: &mut Keys::default() })?;
    ended(text, end).map(|()| value)
}

/// Reads one value and counts its parts. A whole number becomes an integer, as in YAML: `1.0` is 1.
pub(super) struct Bounded<'a> {
    pub(super) budget: &'a mut Budget,
    pub(super) keys: &'a mut Keys,
}

/// How to treat a duplicate key.
#[derive(Default)]
pub(super) struct Keys {
    /// Reject it. Otherwise the last value applies.
    pub(super) unique: bool,
    /// The key that was rejected.
    pub(super) duplicate: Option<String>,
}

impl Keys {
    /// Checks a key before it is set.
    pub(super) fn check(&mut self, map: &Map<String, Value>, key: &str) -> Result<(), String> {
        if !self.unique || !map.contains_key(key) {
            return Ok(());
        }
        self.duplicate = Some(key.to_owned());
        Err(twice(key))
    }
}

/// The text for a duplicate key.
pub(super) fn twice(key: &str) -> String {
    format!("key {key:?} already set in map")
}

impl Bounded<'_> {
    fn again(&mut self) -> Bounded<'_> {
        Bounded { budget: self.budget, keys: self.keys }
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.spend(1).map_err(D::Error::custom)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(scalar::number(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.again())? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = items.next_key::<String>()? {
            self.keys.check(&map, &key).map_err(A::Error::custom)?;
            let value = items.next_value_seed(self.again())?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
