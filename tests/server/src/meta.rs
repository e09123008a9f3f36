//! Reads and writes the metadata of JSON objects.

use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// An object as JSON.
pub(crate) type Json = Map<String, Value>;

/// The deepest nesting of an object. A list of such objects with their managed fields, or an event, nests no deeper than
/// the library's reader goes.
pub(crate) const DEPTH: usize = kube_proto::json::DEPTH - 8;

/// The levels of objects and arrays in a value.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => depth_of(members),
        _ => 0,
    }
}

/// The levels of objects and arrays in an object.
pub(crate) fn depth_of(object: &Json) -> usize {
    1 + object.values().map(depth).max().unwrap_or(0)
}

/// The value at a path of keys.
pub(crate) fn at<'a>(object: &'a Json, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let mut value = object.get(*first)?;
    for key in rest {
        value = value.get(*key)?;
    }
    Some(value)
}

/// The text at a path, or an empty one.
pub(crate) fn text<'a>(object: &'a Json, path: &[&str]) -> &'a str {
    at(object, path).and_then(Value::as_str).unwrap_or_default()
}

/// The integer at a path, or 0.
pub(crate) fn integer(object: &Json, path: &[&str]) -> i64 {
    at(object, path).and_then(Value::as_i64).unwrap_or(0)
}

/// The list at a path, or an empty one.
pub(crate) fn list<'a>(object: &'a Json, path: &[&str]) -> &'a [Value] {
    at(object, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text of the metadata, or an empty one.
pub(crate) fn meta<'a>(object: &'a Json, key: &str) -> &'a str {
    text(object, &["metadata", key])
}

/// The metadata, created if it is not an object.
pub(crate) fn meta_mut(object: &mut Json) -> &mut Json {
    child_mut(object, "metadata")
}

/// The object at a key, created if it is missing or of another type.
pub(crate) fn child_mut<'a>(object: &'a mut Json, key: &str) -> &'a mut Json {
    let entry = object.entry(key).or_insert_with(|| Value::Object(Json::new()));
    if !entry.is_object() {
        *entry = Value::Object(Json::new());
    }
    match entry {
        Value::Object(map) => map,
        // Not reached: the lines above made it an object.
        _ => unreachable!("an object was just put here"),
    }
}

/// Sets the value at a path, and creates the objects above it.
pub(crate) fn set(object: &mut Json, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            object.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => set(child_mut(object, first), rest, value),
    }
}

/// Removes the value at a path.
pub(crate) fn remove(object: &mut Json, path: &[&str]) -> Option<Value> {
    match path {
        [] => None,
        [last] => object.remove(*last),
        [first, rest @ ..] => object.get_mut(*first)?.as_object_mut().and_then(|inner| remove(inner, rest)),
    }
}

/// Copies a key from one object to the other; removes it if the source has none.
pub(crate) fn carry(from: &Json, to: &mut Json, key: &str) {
    match from.get(key) {
        Some(value) => to.insert(key.to_owned(), value.clone()),
        None => to.remove(key),
    };
}

/// The resource version, 0 if there is none.
pub(crate) fn version(object: &Json) -> u64 {
    meta(object, "resourceVersion").parse().unwrap_or(0)
}

/// A label.
pub(crate) fn label<'a>(object: &'a Json, key: &str) -> Option<&'a str> {
    at(object, &["metadata", "labels", key]).and_then(Value::as_str)
}

/// `2006-01-02T15:04:05Z`.
pub(crate) fn time(at: Duration) -> String {
    stamp(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2006-01-02T15:04:05.000000Z`.
pub(crate) fn micro_time(at: Duration) -> String {
    stamp(at).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// `2006-01-02T15:04:05.000000000Z`.
pub(crate) fn nano_time(at: Duration) -> String {
    stamp(at).strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// Reads an RFC 3339 time as time since the Unix epoch.
pub(crate) fn parse_time(text: &str) -> Option<Duration> {
    let stamp: Timestamp = text.parse().ok()?;
    Duration::try_from(stamp.duration_since(Timestamp::UNIX_EPOCH)).ok()
}

fn stamp(at: Duration) -> Timestamp {
    let nanos = i32::try_from(at.subsec_nanos()).unwrap_or(0);
    i64::try_from(at.as_secs()).ok().and_then(|seconds| Timestamp::new(seconds, nanos).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        let at = Duration::new(1_767_225_600, 123_456_789);
        assert_eq!(time(at), "2026-01-01T00:00:00Z");
        assert_eq!(micro_time(at), "2026-01-01T00:00:00.123456Z");
        assert_eq!(parse_time("2026-01-01T01:00:00.5+01:00"), Some(Duration::new(1_767_225_600, 500_000_000)));
    }
}
