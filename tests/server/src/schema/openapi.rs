//! Converts types to OpenAPI schemas.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use super::{Field, Struct, Type, built_in};

/// The schemas of `root` and of the types that it refers to, by name; references start with `prefix`.
pub(crate) fn definitions(root: &Type, name: &str, prefix: &str, into: &mut Map<String, Value>) {
    let mut wanted = BTreeSet::new();
    if let Some(this) = root.as_struct() {
        into.insert(name.to_owned(), schema(this, prefix, &mut wanted));
    }
    while let Some(next) = wanted.pop_first() {
        if !into.contains_key(&next)
            && let Some(this) = built_in().get(&next)
        {
            into.insert(next.clone(), schema(this, prefix, &mut wanted));
        }
    }
}

fn schema(this: &Struct, prefix: &str, wanted: &mut BTreeSet<String>) -> Value {
    let mut properties = Map::new();
    if this.fields.contains_key("metadata") {
        for key in ["apiVersion", "kind"] {
            properties.insert(key.into(), json!({"type": "string"}));
        }
    }
    let mut required = Vec::new();
    for (name, field) in &this.fields {
        properties.insert(name.clone(), property(field, prefix, wanted));
        if field.required {
            required.push(name.clone());
        }
    }
    let mut schema = json!({"type": "object", "description": this.name});
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("properties".into(), properties.into());
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        if this.atomic {
            schema.insert("x-kubernetes-map-type".into(), "atomic".into());
        }
        if this.open {
            schema.insert("x-kubernetes-preserve-unknown-fields".into(), true.into());
        }
    }
    schema
}

fn property(field: &Field, prefix: &str, wanted: &mut BTreeSet<String>) -> Value {
    let mut schema = of_type(&field.ty, prefix, wanted);
    let Some(map) = schema.as_object_mut() else { return schema };
    if matches!(field.ty, Type::List(_)) {
        let kind = if !field.keys.is_empty() {
            map.insert("x-kubernetes-list-map-keys".into(), field.keys.clone().into());
            "map"
        } else if field.set {
            "set"
        } else {
            "atomic"
        };
        map.insert("x-kubernetes-list-type".into(), kind.into());
    }
    if field.atomic {
        map.insert("x-kubernetes-map-type".into(), "atomic".into());
    }
    let strategy = match (field.merge.is_some(), field.retain) {
        (true, true) => "merge,retainKeys",
        (true, false) => "merge",
        (false, true) => "retainKeys",
        (false, false) => return schema,
    };
    map.insert("x-kubernetes-patch-strategy".into(), strategy.into());
    if let Some(key) = field.merge.as_ref().filter(|k| !k.is_empty()) {
        map.insert("x-kubernetes-patch-merge-key".into(), key.clone().into());
    }
    schema
}

fn of_type(ty: &Type, prefix: &str, wanted: &mut BTreeSet<String>) -> Value {
    match ty {
        Type::Text => json!({"type": "string"}),
        Type::Int32 => json!({"type": "integer", "format": "int32"}),
        Type::Int64 => json!({"type": "integer", "format": "int64"}),
        Type::Number => json!({"type": "number"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Bytes => json!({"type": "string", "format": "byte"}),
        Type::Time | Type::MicroTime => json!({"type": "string", "format": "date-time"}),
        Type::Quantity => json!({"type": "string"}),
        Type::IntOrString => json!({"type": "string", "format": "int-or-string"}),
        Type::Any | Type::Raw | Type::FieldsV1 => {
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
        }
        Type::Extra => json!({"type": "array", "items": {"type": "string"}}),
        Type::Named(name) => {
            wanted.insert(name.clone());
            // `allOf` wraps the reference, because OpenAPI ignores siblings of a reference.
            json!({"allOf": [{"$ref": format!("{prefix}{name}")}]})
        }
        Type::Inline(this) => schema(this, prefix, wanted),
        Type::Map(item) => json!({"type": "object", "additionalProperties": of_type(item, prefix, wanted)}),
        Type::List(item) => json!({"type": "array", "items": of_type(item, prefix, wanted)}),
    }
}
