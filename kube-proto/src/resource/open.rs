//! Reads the types that keep fields which they do not know.
//!
//! `#[serde(flatten)]` holds each unknown field in a form of its own before it becomes JSON, and for that serde copies every key.
//! Here each field is read once, into its place. Of a field that stands twice, the last counts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::dynamic::DynamicObject;
use super::meta::ObjectMeta;

/// A type with fields of its own, and a place for all others.
trait Open: Default {
    /// What it is, for errors.
    const WHAT: &'static str;

    /// Reads the value of one of its own fields; `false` if it has no such field.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, value: &mut A) -> Result<bool, A::Error>;

    fn others(&mut self) -> &mut Map<String, Value>;
}

/// Reads the next value, or nothing in place of null.
fn next<'de, T: Default + Deserialize<'de>, A: MapAccess<'de>>(value: &mut A, into: &mut T) -> Result<bool, A::Error> {
    *into = value.next_value::<Option<T>>()?.unwrap_or_default();
    Ok(true)
}

impl Open for ObjectMeta {
    const WHAT: &'static str = "struct ObjectMeta";

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, value: &mut A) -> Result<bool, A::Error> {
        match key {
            "name" => next(value, &mut self.name),
            "generateName" => next(value, &mut self.generate_name),
            "namespace" => next(value, &mut self.namespace),
            "selfLink" => next(value, &mut self.self_link),
            "uid" => next(value, &mut self.uid),
            "resourceVersion" => next(value, &mut self.resource_version),
            "generation" => next(value, &mut self.generation),
            "creationTimestamp" => next(value, &mut self.creation_timestamp),
            "deletionTimestamp" => next(value, &mut self.deletion_timestamp),
            "deletionGracePeriodSeconds" => next(value, &mut self.deletion_grace_period_seconds),
            "labels" => next(value, &mut self.labels),
            "annotations" => next(value, &mut self.annotations),
            "ownerReferences" => next(value, &mut self.owner_references),
            "finalizers" => next(value, &mut self.finalizers),
            "managedFields" => next(value, &mut self.managed_fields),
            _ => Ok(false),
        }
    }

    fn others(&mut self) -> &mut Map<String, Value> {
        &mut self.other
    }
}

impl Open for DynamicObject {
    const WHAT: &'static str = "struct DynamicObject";

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, value: &mut A) -> Result<bool, A::Error> {
        match key {
            "apiVersion" => next(value, &mut self.api_version),
            "kind" => next(value, &mut self.kind),
            "metadata" => next(value, &mut self.metadata),
            _ => Ok(false),
        }
    }

    fn others(&mut self) -> &mut Map<String, Value> {
        &mut self.data
    }
}

impl<'de> Deserialize<'de> for ObjectMeta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(Self::default()))
    }
}

impl<'de> Deserialize<'de> for DynamicObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(Self::default()))
    }
}

struct Fields<T>(T);

impl<'de, T: Open> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let Self(mut read) = self;
        while let Some(key) = map.next_key_seed(Key)? {
            if !read.read(&key, &mut map)? {
                let value = map.next_value()?;
                read.others().insert(key.into_owned(), value);
            }
        }
        Ok(read)
    }
}

/// A key, which is copied only if it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_stay_and_the_last_of_two_counts() {
        let text = r#"{"kind":"A","x":[1],"\u006bind":"B","metadata":{"name":"a","n\u0061me":"b","new":{"y":null}},"x":2,"data":null}"#;
        let read: DynamicObject = serde_json::from_str(text).unwrap();
        assert_eq!((read.kind.as_str(), read.metadata.name.as_deref()), ("B", Some("b")));
        assert_eq!(Value::from(read.data), json!({"x": 2, "data": null}));
        assert_eq!(Value::from(read.metadata.other), json!({"new": {"y": null}}));
        let read: DynamicObject = serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": 1})).unwrap();
        assert_eq!((read.metadata.name.as_deref(), &read.data["spec"]), (Some("a"), &json!(1)));
        for wrong in ["7", "[]", r#"{"metadata":7}"#, r#"{"metadata":{"labels":{"a":1}}}"#, r#"{"kind":1}"#] {
            assert!(serde_json::from_str::<DynamicObject>(wrong).is_err(), "{wrong}");
        }
    }
}
