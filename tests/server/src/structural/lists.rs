//! Lists of the types `set` and `map`.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

use crate::status::FieldError;

/// Reports items that are in a set twice, or that have the keys of another in a map: once for each.
pub(super) fn check(items: &[Value], schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let keys: Vec<Value> = match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => items.to_vec(),
        Some("map") => {
            if let Some(index) = items.iter().position(|item| !item.is_object() && !item.is_null()) {
                let detail = "must be an object for an array of list-type map";
                let item = items.get(index).unwrap_or(&Value::Null);
                errors.push(FieldError::invalid(format!("{path}[{index}]"), item, detail));
                return;
            }
            let names = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
            let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
            items.iter().map(|item| keys_of(item, &names)).collect()
        }
        _ => return,
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        let times = seen.entry(key.to_string()).or_default();
        *times += 1;
        if *times == 2 {
            errors.push(FieldError::duplicate(format!("{path}[{index}]"), key));
        }
    }
}

fn keys_of(item: &Value, names: &[&str]) -> Value {
    let key = |name: &&str| item.get(name).map(|value| ((*name).to_owned(), value.clone()));
    Value::Object(names.iter().filter_map(key).collect::<Map<_, _>>())
}
