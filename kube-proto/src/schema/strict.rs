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
    let (value, paths) = read_twice(document, Last)?;
    Ok((value, paths.into_iter().map(FieldError::duplicate_field).collect()))
}

/// What becomes of the second value of a key, at one place of a document.
pub trait Twice: Copy {
    /// The same of a list's items.
    #[must_use]
    fn item(self) -> Self;
    /// The same of a member.
    #[must_use]
    fn key(self, key: &str) -> Self;
    /// Puts the second value of the key in the place of the first, or merges it.
    fn put(self, first: &mut Value, second: Value);
}

/// The last value counts.
#[derive(Clone, Copy, Debug)]
pub struct Last;

impl Twice for Last {
    fn item(self) -> Self {
        self
    }

    fn key(self, _: &str) -> Self {
        self
    }

    fn put(self, first: &mut Value, second: Value) {
        *first = second;
    }
}

/// Reads a document, and returns the paths of the members that one object of it has twice, each once.
///
/// # Errors
/// As [`read_strict`].
pub fn read_twice<T: Twice>(document: &[u8], twice: T) -> Result<(Value, Vec<String>), DecodeError> {
    let found = RefCell::new(Found::default());
    let value = part::seeded(document, Seed { place: Place::Root, found: &found, twice })?;
    Ok((value, found.into_inner().paths))
}

#[derive(Default)]
struct Found {
    paths: Vec<String>,
    known: BTreeSet<String>,
    bytes: usize,
}

impl Found {
    fn add(&mut self, place: &Place<'_>) {
        if self.paths.len() >= MOST || self.bytes >= MOST_BYTES {
            return;
        }
        let path = place.to_string();
        self.bytes += path.len();
        if self.known.insert(path.clone()) {
            self.paths.push(path);
        }
    }
}

struct Seed<'a, T> {
    place: Place<'a>,
    found: &'a RefCell<Found>,
    twice: T,
}

impl<'de, T: Twice> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Twice> Visitor<'de> for Seed<'_, T> {
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
        let twice = self.twice.item();
        loop {
            let place = Place::Item(&self.place, items.len());
            match access.next_element_seed(Seed { place, found: self.found, twice })? {
                Some(item) => items.push(item),
                None => return Ok(items.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let place = Place::Key(&self.place, &key);
            let first = map.get_mut(&key);
            if first.is_some() {
                self.found.borrow_mut().add(&place);
            }
            let twice = self.twice.key(&key);
            let value = access.next_value_seed(Seed { place, found: self.found, twice })?;
            match first {
                Some(first) => twice.put(first, value),
                None => {
                    map.insert(key, value);
                }
            }
        }
        Ok(map.into())
    }
}
