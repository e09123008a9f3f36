//! Documents with members that are there twice.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::field_error::FieldError;
use super::place::Place;
use crate::error::DecodeError;
use crate::json::part;

/// The most duplicate members that are reported.
const MOST: usize = 1_000;
/// The most bytes of their paths.
const MOST_BYTES: usize = 1 << 20;

/// Reads a document in JSON, and reports the members that one object of it has twice, as a server does for
/// `fieldValidation=Strict`. Of two members with one key, the last counts. At most 1,000 are reported, with 1 MiB of
/// paths.
///
/// ```
/// let (value, errors) = kube_proto::schema::read_strict(br#"{"spec": {"a": 1, "a": 2}}"#)?;
/// assert_eq!((value["spec"]["a"].as_i64(), errors[0].to_string().as_str()), (Some(2), "duplicate field \"spec.a\""));
/// # Ok::<(), kube_proto::error::DecodeError>(())
/// ```
///
/// # Errors
/// It is no JSON, or nests deeper than [`json::DEPTH`](crate::json::DEPTH).
pub fn read_strict(document: &[u8]) -> Result<(Value, Vec<FieldError>), DecodeError> {
    let found = RefCell::new(Found::default());
    let value = part::seeded(document, Seed { place: Place::Root, found: &found })?;
    Ok((value, found.into_inner().errors))
}

#[derive(Default)]
struct Found {
    errors: Vec<FieldError>,
    known: BTreeSet<String>,
    bytes: usize,
}

impl Found {
    fn add(&mut self, place: &Place<'_>) {
        if self.errors.len() >= MOST || self.bytes >= MOST_BYTES {
            return;
        }
        let path = place.to_string();
        self.bytes += path.len();
        if self.known.insert(path.clone()) {
            self.errors.push(FieldError::duplicate_field(path));
        }
    }
}

struct Seed<'a> {
    place: Place<'a>,
    found: &'a RefCell<Found>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            let place = Place::Item(&self.place, items.len());
            match access.next_element_seed(Seed { place, found: self.found })? {
                Some(item) => items.push(item),
                None => return Ok(items.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let place = Place::Key(&self.place, &key);
            if map.contains_key(&key) {
                self.found.borrow_mut().add(&place);
            }
            let value = access.next_value_seed(Seed { place, found: self.found })?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}
