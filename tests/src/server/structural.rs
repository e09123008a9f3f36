//! Custom resources against the schema of their definition: what must be there, and within which bounds.

use serde_json::Value;

use super::meta::Json;
use super::status::FieldError;

/// Checks an object; its own metadata is not the schema's business.
pub(crate) fn object(object: &Json, schema: &Value, errors: &mut Vec<FieldError>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    required(object, schema, "", errors);
    for (key, value) in object.iter().filter(|(k, _)| !matches!(k.as_str(), "metadata" | "apiVersion" | "kind")) {
        if let Some(inner) = properties.get(key) {
            check(value, inner, key, errors);
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn required(map: &Json, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for key in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(key) {
            errors.push(FieldError::required(join(path, key), ""));
        }
    }
}

fn check(value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let mut wrong = |detail: String| errors.push(FieldError::invalid(path, value, format!("{path} in body {detail}")));
    let exclusive = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(0.0);
            if let Some(least) = bound("minimum") {
                if exclusive("exclusiveMinimum") && number <= least {
                    wrong(format!("should be greater than {least}"));
                } else if number < least {
                    wrong(format!("should be greater than or equal to {least}"));
                }
            }
            if let Some(most) = bound("maximum") {
                if exclusive("exclusiveMaximum") && number >= most {
                    wrong(format!("should be less than {most}"));
                } else if number > most {
                    wrong(format!("should be less than or equal to {most}"));
                }
            }
            if let Some(step) = bound("multipleOf").filter(|s| *s != 0.0 && (number / s).fract() != 0.0) {
                wrong(format!("should be a multiple of {step}"));
            }
        }
        Value::String(text) => {
            let length = text.chars().count() as f64;
            if let Some(least) = bound("minLength").filter(|n| length < *n) {
                wrong(format!("should be at least {least} chars long"));
            }
            if let Some(most) = bound("maxLength").filter(|n| length > *n) {
                wrong(format!("should be at most {most} chars long"));
            }
        }
        Value::Array(items) => {
            let count = items.len() as f64;
            if let Some(least) = bound("minItems").filter(|n| count < *n) {
                wrong(format!("should have at least {least} items"));
            }
            if let Some(most) = bound("maxItems").filter(|n| count > *n) {
                wrong(format!("should have at most {most} items"));
            }
        }
        _ => {}
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let texts: Vec<String> =
            allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        errors.push(FieldError::not_supported(path, value, &texts));
    }
    match value {
        Value::Object(map) => {
            required(map, schema, path, errors);
            for (key, inner) in map {
                let own = schema.get("properties").and_then(|p| p.get(key));
                if let Some(own) = own.or_else(|| schema.get("additionalProperties").filter(|s| s.is_object())) {
                    check(inner, own, &join(path, key), errors);
                }
            }
        }
        Value::Array(items) => {
            if let Some(own) = schema.get("items") {
                for (index, inner) in items.iter().enumerate() {
                    check(inner, own, &format!("{path}[{index}]"), errors);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds() {
        let schema = json!({"required": ["spec"], "properties": {"spec": {"required": ["a"], "properties": {
            "a": {"enum": ["x", "y"]}, "n": {"minimum": 1, "maximum": 5}, "t": {"minLength": 2},
            "l": {"maxItems": 1, "items": {"properties": {"k": {"maximum": 3}}}},
            "m": {"additionalProperties": {"multipleOf": 2}}
        }}}});
        let table = [
            (json!({"spec": {"a": "x", "n": 3, "t": "ab", "l": [{"k": 1}], "m": {"p": 4}}}), vec![]),
            (json!({}), vec!["spec: Required value"]),
            (json!({"spec": {}}), vec!["spec.a: Required value"]),
            (json!({"spec": {"a": "z"}}), vec!["spec.a: Unsupported value: \"z\": supported values: \"x\", \"y\""]),
            (
                json!({"spec": {"a": "x", "n": 0, "t": "a"}}),
                vec![
                    "spec.n: Invalid value: 0: spec.n in body should be greater than or equal to 1",
                    "spec.t: Invalid value: \"a\": spec.t in body should be at least 2 chars long",
                ],
            ),
            (
                json!({"spec": {"a": "x", "l": [{"k": 9}], "m": {"p": 3}}}),
                vec![
                    "spec.l[0].k: Invalid value: 9: spec.l[0].k in body should be less than or equal to 3",
                    "spec.m.p: Invalid value: 3: spec.m.p in body should be a multiple of 2",
                ],
            ),
        ];
        for (value, want) in table {
            let mut errors = Vec::new();
            object(value.as_object().unwrap(), &schema, &mut errors);
            assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), want, "{value}");
        }
    }
}
