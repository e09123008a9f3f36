//! Converts the structural schemas of custom resources to types.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Field, Struct, Type};

/// The type of a custom resource with that `openAPIV3Schema`.
pub(crate) fn custom(kind: &str, schema: &Value) -> Type {
    let mut root = properties(kind, schema);
    root.fields.insert("metadata".into(), Field { always: true, ..Field::plain(Type::Named("ObjectMeta".into())) });
    for key in ["apiVersion", "kind"] {
        root.fields.insert(key.into(), Field::plain(Type::Text));
    }
    Type::Inline(Arc::new(root))
}

fn properties(name: &str, schema: &Value) -> Struct {
    let mut fields = BTreeMap::new();
    if let Some(all) = schema.get("properties").and_then(Value::as_object) {
        for (key, value) in all {
            fields.insert(key.clone(), field(&format!("{name}.{key}"), value));
        }
    }
    for key in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if let Some(field) = fields.get_mut(key) {
            field.required = true;
        }
    }
    Struct {
        name: name.to_owned(),
        fields,
        atomic: schema.get("x-kubernetes-map-type") == Some(&"atomic".into()),
        open: flag(schema, "x-kubernetes-preserve-unknown-fields"),
    }
}

fn flag(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn field(name: &str, schema: &Value) -> Field {
    let mut field = Field::plain(ty(name, schema));
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("map") => {
            let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
            field.keys = keys.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        Some("set") => field.set = true,
        _ => {}
    }
    field.atomic = schema.get("x-kubernetes-map-type") == Some(&"atomic".into());
    field.default = schema.get("default").cloned();
    field
}

fn ty(name: &str, schema: &Value) -> Type {
    if flag(schema, "x-kubernetes-int-or-string") {
        return Type::IntOrString;
    }
    if flag(schema, "x-kubernetes-embedded-resource") {
        return Type::Any;
    }
    match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "string" => match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => Type::Time,
            Some("byte") => Type::Bytes,
            _ => Type::Text,
        },
        "integer" => match schema.get("format").and_then(Value::as_str) {
            Some("int32") => Type::Int32,
            _ => Type::Int64,
        },
        "number" => Type::Number,
        "boolean" => Type::Bool,
        "array" => Type::List(Box::new(schema.get("items").map_or(Type::Any, |items| ty(name, items)))),
        "object" => match schema.get("additionalProperties") {
            Some(values) if values.is_object() => Type::Map(Box::new(ty(name, values))),
            Some(Value::Bool(true)) => Type::Any,
            _ => Type::Inline(Arc::new(properties(name, schema))),
        },
        _ => Type::Any,
    }
}
