//! JSON patches (RFC 6902).

use serde_json::Value;

use crate::meta;
use crate::status::{Failure, Outcome};

/// The most operations of a patch.
const OPERATIONS: usize = 10_000;

/// The most bytes that the copies of a patch add, as on the real server.
const COPIED: usize = 3 * 1024 * 1024;

/// Applies the operations of `patch`, all or none.
///
/// # Errors
/// 400 if the patch is malformed, 413 if it is too long, 422 if it does not fit the document.
pub(crate) fn apply(document: &Value, patch: &Value) -> Outcome<Value> {
    let Some(operations) = patch.as_array() else {
        return Err(Failure::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        ));
    };
    if operations.len() > OPERATIONS {
        let message = format!(
            "Request entity too large: The allowed maximum operations in a JSON patch is {OPERATIONS}, got {}",
            operations.len()
        );
        return Err(Failure::new(413, "RequestEntityTooLarge", message));
    }
    let (mut result, mut copied) = (document.clone(), 0);
    for operation in operations {
        step(&mut result, operation, &mut copied).ok_or_else(unfit)?;
    }
    Ok(result)
}

/// The failure without details, as the real server returns it.
fn unfit() -> Failure {
    let mut failure = Failure::new(422, "Invalid", "the server rejected our request due to an error in our request");
    failure.details = Some(Box::default());
    failure
}

fn step(document: &mut Value, operation: &Value, copied: &mut usize) -> Option<()> {
    let path = operation.get("path")?.as_str()?;
    let from = || operation.get("from")?.as_str();
    match operation.get("op")?.as_str()? {
        "add" => add(document, path, operation.get("value")?.clone()),
        "remove" => remove(document, path).map(drop),
        "replace" => {
            let value = operation.get("value")?;
            fits(path, value)?;
            *document.pointer_mut(path)? = value.clone();
            Some(())
        }
        "move" => {
            let value = remove(document, from()?)?;
            add(document, path, value)
        }
        "copy" => {
            let value = document.pointer(from()?)?.clone();
            *copied += value.to_string().len();
            if *copied > COPIED {
                return None;
            }
            add(document, path, value)
        }
        "test" => {
            let want = operation.get("value").unwrap_or(&Value::Null);
            (document.pointer(path).unwrap_or(&Value::Null) == want).then_some(())
        }
        _ => None,
    }
}

fn split(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// A value at a path that does not nest deeper than an object may: else a few operations make one that no stack holds.
fn fits(path: &str, value: &Value) -> Option<()> {
    (path.matches('/').count() + meta::depth(value) <= meta::DEPTH).then_some(())
}

fn add(document: &mut Value, path: &str, value: Value) -> Option<()> {
    fits(path, &value)?;
    if path.is_empty() {
        *document = value;
        return Some(());
    }
    let (parent, last) = split(path)?;
    match document.pointer_mut(parent)? {
        Value::Object(map) => {
            map.insert(last, value);
        }
        Value::Array(items) => {
            let index = if last == "-" { items.len() } else { index(&last)? };
            if index > items.len() {
                return None;
            }
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(document: &mut Value, path: &str) -> Option<Value> {
    let (parent, last) = split(path)?;
    match document.pointer_mut(parent)? {
        Value::Object(map) => map.remove(&last),
        Value::Array(items) => {
            let index = index(&last).filter(|i| *i < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

fn index(text: &str) -> Option<usize> {
    if text.len() > 1 && text.starts_with('0') { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations() {
        let document = json!({"a": {"b": 1}, "l": [1, 2], "x/y": 0});
        let table = [
            (
                json!([{"op": "add", "path": "/a/c", "value": 2}]),
                Ok(json!({"a": {"b": 1, "c": 2}, "l": [1, 2], "x/y": 0})),
            ),
            (json!([{"op": "add", "path": "/l/-", "value": 3}]), Ok(json!({"a": {"b": 1}, "l": [1, 2, 3], "x/y": 0}))),
            (json!([{"op": "add", "path": "/l/0", "value": 0}]), Ok(json!({"a": {"b": 1}, "l": [0, 1, 2], "x/y": 0}))),
            (
                json!([{"op": "replace", "path": "/x~1y", "value": 5}]),
                Ok(json!({"a": {"b": 1}, "l": [1, 2], "x/y": 5})),
            ),
            (
                json!([{"op": "test", "path": "/a/b", "value": 1}, {"op": "remove", "path": "/a"}]),
                Ok(json!({"l": [1, 2], "x/y": 0})),
            ),
            (
                json!([{"op": "move", "from": "/a/b", "path": "/z"}]),
                Ok(json!({"a": {}, "l": [1, 2], "x/y": 0, "z": 1})),
            ),
            (
                json!([{"op": "copy", "from": "/l", "path": "/m"}]),
                Ok(json!({"a": {"b": 1}, "l": [1, 2], "m": [1, 2], "x/y": 0})),
            ),
            (json!([{"op": "test", "path": "/a/b", "value": 2}]), Err(422)),
            (json!([{"op": "remove", "path": "/nothing"}]), Err(422)),
            (json!([{"op": "replace", "path": "/nothing", "value": 1}]), Err(422)),
            (json!([{"op": "add", "path": "/l/9", "value": 1}]), Err(422)),
            (json!([{"op": "add", "path": "/no/where", "value": 1}]), Err(422)),
            (json!([{"op": "dance", "path": "/a"}]), Err(422)),
            (json!({"op": "add"}), Err(400)),
        ];
        for (patch, want) in table {
            assert_eq!(apply(&document, &patch).map_err(|f| f.code), want, "{patch}");
        }
        let long = Value::Array(vec![json!({"op": "test", "path": "/a/b", "value": 1}); OPERATIONS + 1]);
        assert_eq!(apply(&document, &long).unwrap_err().code, 413);
    }
}
