//! Checks an applied object by its schema, before it is merged (`validate.go` of structured-merge-diff).
//!
//! Null fits every type. Go visits the keys of a map in any order, and stops at the first unknown field of a map.

use serde_json::Value;
use std::collections::BTreeSet;

use kube_proto::schema::internals::typed::{element, readable};

use crate::go;
use crate::schema::{Field, Node, Struct, Type};

/// The errors, each with its path.
pub(crate) fn check(value: &Value, node: Node<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    walk(value, node, "", &mut faults);
    faults
}

fn walk(value: &Value, node: Node<'_>, path: &str, faults: &mut Vec<String>) {
    let shown = || format!("&{{{}}}", go::show(value));
    let misfit = match (node.ty, value) {
        (_, Value::Null) | (Type::Any | Type::Raw | Type::FieldsV1, _) => return,
        (Type::Text | Type::Bytes | Type::Time | Type::MicroTime, Value::String(_)) => return,
        (Type::Int32 | Type::Int64 | Type::Number, Value::Number(_)) | (Type::Bool, Value::Bool(_)) => return,
        (Type::Text | Type::Bytes | Type::Time | Type::MicroTime, _) => {
            format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value))
        }
        (Type::Int32 | Type::Int64 | Type::Number, _) => {
            format!("expected numeric (int or float), got {}", go_type(value))
        }
        (Type::Bool, _) => format!("expected boolean, got {}", shown()),
        (Type::Quantity | Type::IntOrString, Value::Array(_) | Value::Object(_)) => {
            format!("expected any scalar, got {}", shown())
        }
        (Type::Quantity | Type::IntOrString, _) => return,
        (Type::List(item), Value::Array(items)) => return list(items, node.field, Node::new(item), path, faults),
        (Type::Extra, Value::Array(items)) => return list(items, None, Node::new(&Type::Text), path, faults),
        (Type::List(_) | Type::Extra, _) => format!("expected list, got {}", shown()),
        (Type::Map(item), Value::Object(map)) => {
            return map.iter().for_each(|(key, inner)| walk(inner, Node::new(item), &format!("{path}.{key}"), faults));
        }
        (Type::Named(_) | Type::Inline(_), Value::Object(map)) => {
            let Some(this) = node.ty.as_struct() else { return };
            for (key, inner) in map {
                let path = format!("{path}.{key}");
                if !knows(this, key) {
                    faults.push(format!("{path}: field not declared in schema"));
                    break;
                }
                walk(inner, this.child(key), &path, faults);
            }
            return;
        }
        (Type::Map(_) | Type::Named(_) | Type::Inline(_), _) => format!("expected map, got {}", shown()),
    };
    faults.push(format!("{path}: {misfit}"));
}

fn list(items: &[Value], field: Option<&Field>, item: Node<'_>, path: &str, faults: &mut Vec<String>) {
    let keys = field.map_or(&[][..], |field| field.keys.as_slice());
    let keys = if field.is_some_and(|field| field.set) { None } else { Some(keys) };
    let mut seen = BTreeSet::new();
    for (index, inner) in items.iter().enumerate() {
        if keys.is_some_and(<[String]>::is_empty) {
            walk(inner, item, &format!("{path}[{index}]"), faults);
            continue;
        }
        if let Some(fault) = no_element(keys, item, inner) {
            faults.push(format!("{path}: element {index}: {fault}"));
            return;
        }
        let name = element(keys, item, inner);
        let shown = readable(&name);
        if !seen.insert(name) {
            faults.push(format!("{path}: duplicate entries for key {shown}"));
        }
        walk(inner, item, &format!("{path}{shown}"), faults);
    }
}

/// Why an item cannot be found by its keys, or by its value.
fn no_element(keys: Option<&[String]>, node: Node<'_>, item: &Value) -> Option<String> {
    let fault = match (keys, item) {
        (Some(_), Value::Null) => "associative list with keys may not have a null element",
        (Some(keys), Value::Object(_)) => {
            if element(Some(keys), node, item) != "k:{}" {
                return None;
            }
            let keys: Vec<String> = keys.iter().map(|key| go::quote(key)).collect();
            return Some(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
                keys.join(" ")
            ));
        }
        (Some(_), _) => "associative list with keys may not have non-map elements",
        (None, Value::Object(_)) => "associative list without keys has an element that's a map type",
        (None, Value::Array(_)) => "not supported: associative list with lists as elements",
        (None, Value::Null) => "associative list without keys has an element that's an explicit null",
        (None, _) => return None,
    };
    Some(fault.to_owned())
}

/// Whether the schema has the field. The tables do not list the type of an object.
fn knows(this: &Struct, key: &str) -> bool {
    let typed = this.fields.contains_key("metadata") && matches!(key, "apiVersion" | "kind");
    this.open || typed || this.fields.contains_key(key)
}

/// A value as `%#v` writes it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::String(text) => go::quote(text),
        other => go::show(other),
    }
}

/// A value's type as `%T` writes it.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_of_an_applied_object() {
        for (spec, expected) in [
            (
                json!({"containers": [{"name": "a"}, {"name": "b", "env": null, "args": null}], "hostNetwork": null}),
                vec![],
            ),
            (
                json!({"containers": [{"name": "a"}, {"name": "a"}]}),
                vec!["containers: duplicate entries for key [name=\"a\"]"],
            ),
            (
                json!({"containers": [{"name": "a", "ports": [{"containerPort": 1}, {"containerPort": 1, "protocol": "TCP"}, {"containerPort": 1, "protocol": "UDP"}]}]}),
                vec!["containers[name=\"a\"].ports: duplicate entries for key [containerPort=1,protocol=\"TCP\"]"],
            ),
            (
                json!({"containers": [null, {}]}),
                vec!["containers: element 0: associative list with keys may not have a null element"],
            ),
            (
                json!({"containers": ["a"]}),
                vec!["containers: element 0: associative list with keys may not have non-map elements"],
            ),
            (json!({"containers": [{"image": "i"}]}), vec![]),
            (json!({"volumes": [{}, {"name": ""}]}), vec!["volumes: duplicate entries for key [name=\"\"]"]),
            (
                json!({"imagePullSecrets": [{}, {"name": ""}]}),
                vec!["imagePullSecrets: duplicate entries for key [name=\"\"]"],
            ),
            (json!({"tolerations": [{}, {"odd": 1}]}), vec!["tolerations[1].odd: field not declared in schema"]),
            (
                json!({"containers": {}, "hostNetwork": "yes", "nodeName": 1, "priority": "x"}),
                vec![
                    "containers: expected list, got &{map[]}",
                    "hostNetwork: expected boolean, got &{yes}",
                    "nodeName: expected string, got &value.valueUnstructured{Value:1}",
                    "priority: expected numeric (int or float), got string",
                ],
            ),
            (json!({"nodeSelector": []}), vec!["nodeSelector: expected map, got &{[]}"]),
            (json!({"overhead": {"cpu": {}}}), vec!["overhead.cpu: expected any scalar, got &{map[]}"]),
        ] {
            let faults = check(
                &json!({"kind": "Pod", "metadata": {"finalizers": ["a"]}, "spec": spec}),
                Node::new(&Type::Named("Pod".into())),
            );
            let expected: Vec<String> = expected.into_iter().map(|it| format!(".spec.{it}")).collect();
            assert_eq!(faults, expected);
        }
        let keys = json!({"secrets": [{"namespace": "a"}, {}]});
        assert_eq!(
            check(&keys, Node::new(&Type::Named("ServiceAccount".into()))),
            [
                ".secrets: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)"
            ]
        );
        let finalizers = json!({"metadata": {"finalizers": ["a", "b", "a"]}});
        assert_eq!(
            check(&finalizers, Node::new(&Type::Named("Pod".into()))),
            [".metadata.finalizers: duplicate entries for key [=\"a\"]"]
        );
    }
}
