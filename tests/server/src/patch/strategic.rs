//! Strategic merge patches (`strategicpatch` of apimachinery), for kinds with known fields.

use serde_json::{Map, Value, json};

use crate::go;
use crate::schema::Node;
use crate::status::{Failure, Outcome};

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Applies `patch` to an object of that type.
///
/// # Errors
/// 400 for a patch that is no object, 422 for `$retainKeys` or list items that do not fit, 500 for an unknown directive
/// or an item without its merge key.
pub(crate) fn apply(document: &Value, patch: &Value, node: Node<'_>) -> Outcome<Value> {
    match (document, patch) {
        (Value::Object(document), Value::Object(patch)) => object(document, patch, node).map(Value::Object),
        (_, Value::Object(patch)) => object(&Map::new(), patch, node).map(Value::Object),
        _ => Err(Failure::bad_request(
            "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}",
        )),
    }
}

fn object(current: &Map<String, Value>, patch: &Map<String, Value>, node: Node<'_>) -> Outcome<Map<String, Value>> {
    match patch.get(PATCH).map(|v| v.as_str().unwrap_or_default()) {
        None => {}
        Some("replace") => {
            let mut result = patch.clone();
            result.remove(PATCH);
            return Ok(result);
        }
        Some("delete") => return Ok(Map::new()),
        Some("merge") => {}
        Some(other) => return Err(unknown_directive(other, patch)),
    }
    let mut result = current.clone();
    if let Some(keys) = patch.get(RETAIN) {
        retain(&mut result, patch, keys)?;
    }
    for (key, value) in patch {
        if key == PATCH || key == RETAIN {
            continue;
        }
        if let Some(list) = key.strip_prefix(DELETE_FROM) {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(Value::Array(items)) = result.get_mut(list) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if key.starts_with(ORDER) {
            continue;
        }
        if value.is_null() {
            result.remove(key);
            continue;
        }
        let child = node.child(key);
        let merged = match (value, result.get(key)) {
            (Value::Object(patch), Some(Value::Object(current))) => object(current, patch, child)?.into(),
            // Merging with an empty object removes the directives, which are not data.
            (Value::Object(patch), _) => object(&Map::new(), patch, child)?.into(),
            (Value::Array(patch), current) => {
                let current = current.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                list(current, patch, child)?.into()
            }
            (scalar, _) => scalar.clone(),
        };
        result.insert(key.clone(), merged);
    }
    for (key, order) in patch {
        let (Some(name), Value::Array(order)) = (key.strip_prefix(ORDER), order) else { continue };
        let merge_key = node.child(name).field.and_then(|f| f.merge.clone()).unwrap_or_default();
        let before = current.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        if let Some(Value::Array(items)) = result.get_mut(name) {
            *items = sorted(std::mem::take(items), order, &before, &merge_key);
        }
    }
    Ok(result)
}

fn retain(result: &mut Map<String, Value>, patch: &Map<String, Value>, keys: &Value) -> Outcome<()> {
    let keys: Vec<&str> = keys.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let stray = patch
        .iter()
        .filter(|(key, value)| !key.starts_with('$') && !value.is_null())
        .any(|(key, _)| !keys.contains(&key.as_str()));
    if stray {
        return Err(unprocessable());
    }
    result.retain(|key, _| keys.contains(&key.as_str()));
    Ok(())
}

fn unknown_directive(directive: &str, patch: &Map<String, Value>) -> Failure {
    let shown = go::show(&Value::Object(patch.clone()));
    Failure::unknown(format!("unknown patch type: {directive} in map: {shown}"))
}

fn unprocessable() -> Failure {
    let mut failure = Failure::new(422, "Invalid", "the server rejected our request due to an error in our request");
    failure.details = Some(Box::default());
    failure
}

fn list(current: &[Value], patch: &[Value], node: Node<'_>) -> Outcome<Vec<Value>> {
    let Some(merge_key) = node.field.and_then(|f| f.merge.as_deref()) else {
        return Ok(patch.to_vec());
    };
    if patch.iter().any(Value::is_array) {
        return Err(unprocessable());
    }
    if merge_key.is_empty() || patch.iter().all(|item| !item.is_object()) {
        let mut result = current.to_vec();
        for item in patch {
            if !result.contains(item) {
                result.push(item.clone());
            }
        }
        return Ok(sorted(result, patch, current, ""));
    }
    if patch.iter().any(|item| item.get(PATCH) == Some(&json!("replace"))) {
        return Ok(patch.iter().filter(|item| item.get(PATCH).is_none()).cloned().collect());
    }
    let mut result = current.to_vec();
    for item in patch {
        let Some(key) = item.get(merge_key) else {
            let text = format!("map: {} does not contain declared merge key: {merge_key}", go::show(item));
            return Err(Failure::unknown(text));
        };
        let at = result.iter().position(|c| c.get(merge_key) == Some(key));
        match item.get(PATCH).map(|v| v.as_str().unwrap_or_default()) {
            Some("delete") => result.retain(|c| c.get(merge_key) != Some(key)),
            Some("merge") => return Err(Failure::unknown("merging lists cannot yet be specified in the patch")),
            Some(other) => {
                let empty = Map::new();
                return Err(unknown_directive(other, item.as_object().unwrap_or(&empty)));
            }
            None => {
                let empty = Value::Object(Map::new());
                let before = at.and_then(|i| result.get(i)).unwrap_or(&empty).clone();
                let merged = apply(&before, item, node.item())?;
                match at.and_then(|i| result.get_mut(i)) {
                    Some(slot) => *slot = merged,
                    None => result.push(merged),
                }
            }
        }
    }
    Ok(sorted(result, patch, current, merge_key))
}

/// Sorts the items that `order` names; the others keep their place between them.
fn sorted(items: Vec<Value>, order: &[Value], before: &[Value], merge_key: &str) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| {
        list.iter().position(|other| match item.get(merge_key) {
            Some(key) => other.get(merge_key) == Some(key),
            None => other == item,
        })
    };
    let (mut named, others): (Vec<Value>, Vec<Value>) =
        items.into_iter().partition(|item| place(order, item).is_some());
    named.sort_by_key(|item| place(order, item));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut all = Vec::new();
    while let (Some(next), Some(other)) = (named.peek(), others.peek()) {
        let first = matches!((place(before, other), place(before, next)), (Some(left), Some(right)) if left < right);
        all.extend(if first { others.next() } else { named.next() });
    }
    all.extend(named);
    all.extend(others);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    fn pod(patch: &Value) -> Result<Value, u16> {
        let document = json!({
            "metadata": {"finalizers": ["a", "b"], "labels": {"x": "1", "y": "2"}},
            "spec": {
                "containers": [
                    {"name": "a", "image": "a:1", "ports": [{"containerPort": 80, "name": "http"}]},
                    {"name": "b", "image": "b:1", "args": ["1", "2"]}
                ],
                "tolerations": [{"key": "t"}],
                "volumes": [{"name": "v", "emptyDir": {}}]
            }
        });
        apply(&document, patch, Node::new(&Type::Named("Pod".into()))).map_err(|f| f.code)
    }

    #[test]
    fn lists_are_merged_by_their_keys() {
        let result =
            pod(&json!({"spec": {"containers": [{"name": "b", "image": "b:2"}, {"name": "c", "image": "c:1"}]}}))
                .unwrap();
        let containers = result["spec"]["containers"].as_array().unwrap();
        assert_eq!(containers.len(), 3);
        assert_eq!(containers[1], json!({"name": "b", "image": "b:2", "args": ["1", "2"]}));
        let third = pod(&json!({"spec": {"containers": [{"name": "a"}, {"name": "c", "image": "c:1"}]}})).unwrap();
        let names = third["spec"]["containers"].as_array().unwrap().iter().map(|c| &c["name"]);
        assert_eq!(names.collect::<Vec<_>>(), ["a", "c", "b"]);
        let result = pod(&json!({"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 81}]}]}})).unwrap();
        assert_eq!(result["spec"]["containers"][0]["ports"].as_array().unwrap().len(), 2);
        let result = pod(&json!({"spec": {"tolerations": [{"key": "u"}]}})).unwrap();
        assert_eq!(result["spec"]["tolerations"], json!([{"key": "u"}]));
    }

    #[test]
    fn directives() {
        let table = [
            (
                json!({"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}),
                "/spec/containers",
                json!([{"name": "b", "image": "b:1", "args": ["1", "2"]}]),
            ),
            (
                json!({"spec": {"containers": [{"name": "z"}, {"$patch": "replace"}]}}),
                "/spec/containers",
                json!([{"name": "z"}]),
            ),
            (json!({"metadata": {"labels": {"$patch": "replace", "z": "3"}}}), "/metadata/labels", json!({"z": "3"})),
            (json!({"metadata": {"labels": {"$patch": "delete"}}}), "/metadata/labels", json!({})),
            (json!({"metadata": {"labels": {"x": null}}}), "/metadata/labels", json!({"y": "2"})),
            (json!({"metadata": {"finalizers": ["c", "a"]}}), "/metadata/finalizers", json!(["c", "a", "b"])),
            (json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}), "/metadata/finalizers", json!(["b"])),
            (
                json!({"metadata": {"finalizers": ["c"], "$setElementOrder/finalizers": ["c", "b", "a"]}}),
                "/metadata/finalizers",
                json!(["c", "b", "a"]),
            ),
            (
                json!({"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}}),
                "/spec/volumes",
                json!([{"name": "v", "hostPath": {"path": "/x"}}]),
            ),
        ];
        for (patch, at, want) in table {
            assert_eq!(pod(&patch).unwrap().pointer(at), Some(&want), "{patch}");
        }
        let order = json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "a:2"}]}});
        let result = pod(&order).unwrap();
        assert_eq!(
            (&result["spec"]["containers"][0]["name"], &result["spec"]["containers"][1]["image"]),
            (&json!("b"), &json!("a:2"))
        );
        let refused = [
            (json!({"spec": {"containers": [{"name": "a", "$patch": "merge"}]}}), 500),
            (json!({"spec": {"$patch": "dance"}}), 500),
            (json!({"spec": {"containers": [{"image": "x"}]}}), 500),
            (json!({"spec": {"volumes": [{"name": "v", "$retainKeys": ["name"], "hostPath": {}}]}}), 422),
            (json!([1]), 400),
        ];
        for (patch, code) in refused {
            assert_eq!(pod(&patch), Err(code), "{patch}");
        }
    }
}
