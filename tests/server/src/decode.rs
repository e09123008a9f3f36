//! Decodes bodies to objects; finds duplicate keys and unknown fields.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;

use super::context::{Cx, FieldValidation};
use super::kinds::Resource;
use super::meta::Json;
use super::schema::{self, Findings, Misfit, Node};
use super::status::{Failure, FieldError, Outcome};

/// How deep documents may be nested.
const DEPTH: usize = 100;

/// Parses a document; returns the paths of duplicate keys with it (the last value counts).
///
/// # Errors
/// The error of `serde_json`.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let doubled = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { path: "", doubled: &doubled, depth: 0 }.deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, doubled.into_inner()))
}

struct Seed<'a> {
    path: &'a str,
    doubled: &'a RefCell<Vec<String>>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > DEPTH {
            return Err(D::Error::custom("exceeded max depth"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
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

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            let seed = Seed { path: &path, doubled: self.doubled, depth: self.depth + 1 };
            match access.next_element_seed(seed)? {
                Some(item) => items.push(item),
                None => return Ok(items.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            let seed = Seed { path: &path, doubled: self.doubled, depth: self.depth + 1 };
            let value = access.next_value_seed(seed)?;
            if map.insert(key, value).is_some() {
                self.doubled.borrow_mut().push(path);
            }
        }
        Ok(map.into())
    }
}

impl Cx<'_> {
    /// Normalises an object to its kind and drops unknown fields. `validation` chooses how to report them.
    pub(crate) fn settle_fields(
        &mut self,
        resource: &Resource,
        object: Json,
        doubled: &[String],
        validation: FieldValidation,
        patch: Option<&str>,
    ) -> Outcome<Json> {
        let ty = schema::of(resource);
        let mut findings = Findings { keep_empty: resource.custom.is_some(), ..Findings::default() };
        let mut value = Value::Object(object);
        if !resource.converts() {
            schema::normalise(&mut value, Node::new(&ty), &mut findings);
        }
        let (kind, version) = (&resource.kind, &resource.version);
        // `structural` reports values of a wrong type in custom resources, together with its other errors.
        let of_schema = |misfit: &Misfit| resource.custom.is_some() && !misfit.field.starts_with("metadata");
        if let Some(misfit) = findings.misfit.filter(|misfit| !of_schema(misfit)) {
            if let Some(patch) = patch {
                let error = FieldError::invalid("patch", &patch.into(), misfit.text);
                return Err(Failure::invalid("", "", "", &[error]));
            }
            return Err(Failure::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {kind}: {}",
                misfit.text
            )));
        }
        let mut stray: Vec<String> = doubled.iter().map(|path| format!("duplicate field \"{path}\"")).collect();
        stray.extend(findings.unknown.iter().map(|path| format!("unknown field \"{path}\"")));
        match (validation, stray.is_empty(), patch) {
            (FieldValidation::Strict, false, None) => {
                return Err(Failure::bad_request(format!(
                    "{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {}",
                    stray.join(", ")
                )));
            }
            (FieldValidation::Strict, false, Some(patch)) => {
                let detail = format!("strict decoding error: {}", stray.join(", "));
                let error = FieldError::invalid("patch", &patch.into(), detail);
                return Err(Failure::invalid("", "", "", &[error]));
            }
            (FieldValidation::Warn, ..) => self.warnings.append(&mut stray),
            _ => {}
        }
        match value {
            Value::Object(object) => Ok(object),
            _ => Ok(Json::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn doubled_keys_are_noticed() {
        let (value, doubled) =
            parse(br#"{"a":1,"b":{"c":1,"c":2},"a":3,"l":[{"x":1,"x":1}],"f":1.5,"n":null}"#).unwrap();
        assert_eq!(value, json!({"a": 3, "b": {"c": 2}, "l": [{"x": 1}], "f": 1.5, "n": null}));
        assert_eq!(doubled, ["b.c", "a", "l[0].x"]);
        assert!(parse(b"{} x").is_err());
        assert!(parse(&[b'['; 1000]).is_err());
    }
}
