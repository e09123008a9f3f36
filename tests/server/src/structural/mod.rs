//! Validates custom resources by the schema of their definition: required fields, types, bounds, formats, sets.

mod duration;
mod email;
mod formats;
mod lists;
mod uri;

use regex_lite::Regex;
use serde_json::Value;

use super::go;
use super::meta::Json;
use super::status::FieldError;

pub(crate) use formats::is_known as is_known_format;

/// Checks an object, without its metadata.
pub(crate) fn object(object: &Json, schema: &Value, errors: &mut Vec<FieldError>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (key, value) in object.iter().filter(|(k, _)| !matches!(k.as_str(), "metadata" | "apiVersion" | "kind")) {
        if let Some(inner) = properties.get(key) {
            check(value, inner, key, errors);
        }
    }
    required(object, schema, "", errors);
}

/// The type of a value and the wanted one, if they differ.
fn of_another_type(value: &Value, schema: &Value) -> Option<(&'static str, String)> {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.as_f64().is_some_and(is_exact) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = match schema.get("type").and_then(Value::as_str) {
        _ if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) => vec!["integer", "string"],
        Some(one) => vec![one],
        None => return None,
    };
    let fits = wanted.contains(&got) || got == "integer" && wanted.contains(&"number");
    (!fits).then(|| (got, wanted.join(",")))
}

/// Whether a float is an integer, and the only one that becomes this float.
fn is_exact(float: f64) -> bool {
    float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0
}

/// The complaint about a number that its format cannot hold.
fn number_fault(value: &Value, schema: &Value, path: &str) -> Option<String> {
    let number = value.as_f64()?;
    let of_type = schema.get("type").and_then(Value::as_str)?;
    let format = schema.get("format").and_then(Value::as_str)?;
    let fits = match (of_type, format) {
        ("integer", "int32") => (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number),
        ("number", "float") => number.abs() <= f64::from(f32::MAX),
        _ => true,
    };
    (!fits).then(|| format!("Checked value must be of type {of_type} with format {format} in {path}"))
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
    if let Value::Array(items) = value {
        lists::check(items, schema, path, errors);
    }
    let nullable = schema.get("nullable") == Some(&Value::Bool(true));
    if let Some((got, wanted)) = of_another_type(value, schema).filter(|_| !(nullable && value.is_null())) {
        let detail = format!("{path} in body must be of type {wanted}: \"{got}\"");
        if value.is_number() && wanted == "integer" {
            let fault = format!("Checked value must be of type integer (default format) in {path}");
            errors.push(FieldError::invalid("<nil>", &"".into(), fault));
        }
        errors.push(FieldError::type_invalid(path, &got.into(), detail));
        return;
    }
    if let Some(fault) = number_fault(value, schema, path) {
        // The real server does not name the field.
        errors.push(FieldError::invalid("<nil>", &"".into(), fault));
    }
    if let (Some(format), Value::String(text)) = (schema.get("format").and_then(Value::as_str), value)
        && !formats::fits(format, text)
    {
        let detail = format!("{path} in body must be of type {format}: {}", go::quote(text));
        errors.push(FieldError::type_invalid(path, value, detail));
    }
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
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
            let length = text.chars().count();
            // The real server reports only the first error of a text.
            if let Some(most) = limit("maxLength").filter(|n| length > *n) {
                errors.push(FieldError::too_long(path, most));
            } else if let Some(least) = limit("minLength").filter(|n| length < *n) {
                wrong(format!("should be at least {least} chars long"));
            } else if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
                && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
            {
                wrong(format!("should match '{pattern}'"));
            }
        }
        Value::Array(items) => {
            if let Some(least) = limit("minItems").filter(|n| items.len() < *n) {
                wrong(format!("should have at least {least} items"));
            }
            if let Some(most) = limit("maxItems").filter(|n| items.len() > *n) {
                errors.push(FieldError::too_many(path, items.len(), most));
            }
        }
        Value::Object(map) => {
            if let Some(least) = limit("minProperties").filter(|n| map.len() < *n) {
                let detail = format!("{path} in body should have at least {least} properties");
                errors.push(FieldError::invalid(path, &map.len().into(), detail));
            }
            if let Some(most) = limit("maxProperties").filter(|n| map.len() > *n) {
                errors.push(FieldError::too_many(path, map.len(), most));
            }
        }
        _ => {}
    }
    // The real server compares null with nothing, also where the enum has it.
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && (value.is_null() || !allowed.contains(value))
    {
        let texts: Vec<String> =
            allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        errors.push(FieldError::not_supported(path, value, &texts));
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let own = schema.get("properties").and_then(|p| p.get(key));
                if let Some(own) = own.or_else(|| schema.get("additionalProperties").filter(|s| s.is_object())) {
                    check(inner, own, &join(path, key), errors);
                }
            }
            required(map, schema, path, errors);
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
            "a": {"enum": ["x", "y"]}, "n": {"minimum": 1, "maximum": 5}, "t": {"type": "string", "minLength": 2},
            "p": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 3}, "i": {"x-kubernetes-int-or-string": true},
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
                json!({"spec": {"a": "x", "p": "AB", "i": true, "l": [{}, {}], "t": 7}}),
                vec![
                    "spec.i: Invalid value: \"boolean\": spec.i in body must be of type integer,string: \"boolean\"",
                    "spec.l: Too many: 2: must have at most 1 item",
                    "spec.p: Invalid value: \"AB\": spec.p in body should match '^[a-z]+$'",
                    "spec.t: Invalid value: \"integer\": spec.t in body must be of type string: \"integer\"",
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

    #[test]
    fn nulls_sets_and_counts() {
        let schema = json!({"properties": {
            "null": {"type": "string", "nullable": true}, "enum": {"nullable": true, "enum": ["a", null]}, "text": {"type": "string"},
            "set": {"x-kubernetes-list-type": "set"}, "atomic": {"x-kubernetes-list-type": "atomic"},
            "map": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {"type": "object"}},
            "pairs": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"]},
            "counts": {"minProperties": 1, "maxProperties": 2}, "time": {"type": "string", "format": "date-time"},
            "small": {"type": "integer", "format": "int32"}, "float": {"type": "number", "format": "float"}
        }});
        let table = [
            (
                json!({"null": null, "set": ["a", 1, "1"], "atomic": [1, 1], "pairs": [{"a": 1}, {"b": 1}], "counts": {"a": 1}}),
                vec![],
            ),
            (
                json!({"text": null}),
                vec!["text: Invalid value: \"null\": text in body must be of type string: \"null\""],
            ),
            (json!({"enum": null}), vec!["enum: Unsupported value: null: supported values: \"a\", \"null\""]),
            (
                json!({"set": ["a", "b", "a", "a", "b"]}),
                vec!["set[2]: Duplicate value: \"a\"", "set[4]: Duplicate value: \"b\""],
            ),
            (json!({"map": [{"k": "a", "v": 1}, {"k": "a", "v": 2}]}), vec!["map[1]: Duplicate value: {\"k\":\"a\"}"]),
            (json!({"map": [{}, {"v": 1}]}), vec!["map[1]: Duplicate value: {}"]),
            (
                json!({"map": [1]}),
                vec![
                    "map[0]: Invalid value: 1: must be an object for an array of list-type map",
                    "map[0]: Invalid value: \"integer\": map[0] in body must be of type object: \"integer\"",
                ],
            ),
            (
                json!({"pairs": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]}),
                vec!["pairs[1]: Duplicate value: {\"a\":1,\"b\":2}"],
            ),
            (json!({"counts": {}}), vec!["counts: Invalid value: 0: counts in body should have at least 1 properties"]),
            (json!({"counts": {"a": 1, "b": 2, "c": 3}}), vec!["counts: Too many: 3: must have at most 2 items"]),
            (
                json!({"time": "now"}),
                vec!["time: Invalid value: \"now\": time in body must be of type date-time: \"now\""],
            ),
            (
                json!({"small": 2_147_483_648_u64, "float": 1e300}),
                vec![
                    "<nil>: Invalid value: \"\": Checked value must be of type number with format float in float",
                    "<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in small",
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
