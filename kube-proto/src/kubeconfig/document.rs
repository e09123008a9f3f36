//! From bytes to one JSON value, with every quantity bounded: nesting, number of values, copies made by aliases.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::budget::{Budget, FILE_LIMIT};
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};

/// Reads one document: JSON, or with the feature `kubeconfig` YAML. Nothing but white space and comments is `Null`.
///
/// Of several YAML documents the first is used and what follows is not looked at, as `kubectl` does.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ConfigError> {
    if bytes.len() > FILE_LIMIT {
        return Err(too_large(FILE_LIMIT));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        bad(format!("line {line}: not UTF-8")).help("save it as UTF-8 text")
    });
    let text = text.map_err(|problem| ConfigError::one(ConfigErrorKind::Parse, problem))?;
    if text.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    let json = text.trim_ascii_start().starts_with(['{', '[']);
    let result = match (json, json.then(|| parse_json(text))) {
        (_, Some(Ok(value))) => Ok(value),
        // YAML knows this kind of bracket too.
        (_, Some(Err(problem))) => parse_yaml(text).unwrap_or(Err(problem)),
        (_, None) => parse_yaml(text).unwrap_or_else(|| {
            Err(bad("not JSON, and this build reads no YAML").help("build with the feature `kubeconfig`"))
        }),
    };
    result.map_err(|problem| ConfigError::one(ConfigErrorKind::Parse, problem))
}

pub(crate) fn too_large(limit: usize) -> ConfigError {
    let problem = Problem::new(format!("the file is larger than {limit} bytes")).help("name a smaller one");
    ConfigError::one(ConfigErrorKind::Read, problem)
}

/// One JSON document in the same bounds, whatever is wrong with it otherwise: for what comes over the network.
pub(crate) fn json(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= FILE_LIMIT)?;
    parse_json(text).ok()
}

fn bad(text: impl Into<String>) -> Problem {
    Problem::new(text)
}

#[cfg(feature = "kubeconfig")]
fn parse_yaml(text: &str) -> Option<Result<Value, Problem>> {
    Some(super::yaml::parse(text).map_err(bad))
}

#[cfg(not(feature = "kubeconfig"))]
fn parse_yaml(_: &str) -> Option<Result<Value, Problem>> {
    None
}

/// JSON in the bounds of this module; nesting is bounded by `serde_json` itself, at 128.
fn parse_json(text: &str) -> Result<Value, Problem> {
    let mut budget = Budget::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Json(&mut budget).deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| bad(error.to_string()))
}

struct Json<'a>(&'a mut Budget);

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.spend(1).map_err(D::Error::custom)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
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
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Json(&mut *self.0))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = items.next_key::<String>()? {
            let value = items.next_value_seed(Json(&mut *self.0))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::VALUES;
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_read_without_the_yaml_feature() {
        assert_eq!(parse(b"\xef\xbb\xbf {\"a\": [1, -2, 1.5, null, true, \"x\"]} \n").unwrap(), {
            json!({"a": [1, -2, 1.5, null, true, "x"]})
        });
        for empty in ["", " \n\t", "\u{feff}"] {
            assert_eq!(parse(empty.as_bytes()).unwrap(), Value::Null);
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let error = parse(b"{}\n\xff").unwrap_err();
        assert!(error.to_string().starts_with("line 2: not UTF-8"), "{error}");
        let error = parse(&vec![b' '; FILE_LIMIT + 1]).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Read);
        #[cfg(not(feature = "kubeconfig"))]
        assert!(parse(b"a: b").unwrap_err().to_string().contains("feature `kubeconfig`"));
    }

    #[test]
    fn hostile_json_is_bounded() {
        for hostile in ["[".repeat(200_000), "{\"a\":".repeat(200_000), format!("[{}1]", "1,".repeat(VALUES))] {
            let error = parse(hostile.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::Parse, "{error}");
        }
    }
}
