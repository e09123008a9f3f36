//! Encodes objects as messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;

use super::wire::Writer;
use crate::meta::{self, Json};
use crate::schema::{Field, Type};

/// The message of an object of that type.
pub(super) fn message(ty: &Type, object: &Json) -> Vec<u8> {
    let Some(this) = ty.as_struct() else { return Vec::new() };
    let mut order: BTreeMap<&[u32], (&str, &Field)> = BTreeMap::new();
    for (name, field) in &this.fields {
        order.insert(&field.number, (name, field));
    }
    let mut out = Writer::default();
    // A message that is no level of the JSON: it is complete when the outer number changes.
    let mut inner: Option<(u32, Writer)> = None;
    for (number, (name, field)) in order {
        let value = object.get(name);
        let outer = number.first().copied().unwrap_or(0);
        if let Some((open, _)) = &inner
            && *open != outer
            && let Some((open, part)) = inner.take()
        {
            out.bytes(open, &part.finish());
        }
        match number {
            [only] if *only > 0 => put(&mut out, *only, field, value),
            [_, below] => {
                let (_, part) = inner.get_or_insert_with(|| (outer, Writer::default()));
                put(part, *below, field, value);
            }
            _ => {}
        }
    }
    if let Some((open, part)) = inner {
        out.bytes(open, &part.finish());
    }
    out.finish()
}

fn put(out: &mut Writer, number: u32, field: &Field, value: Option<&Value>) {
    match value.filter(|v| !v.is_null()) {
        Some(value) => one(out, number, &field.ty, value),
        None if field.pointer => {}
        None => zero(out, number, &field.ty),
    }
}

/// Writes the zero of a missing field that is not a pointer.
fn zero(out: &mut Writer, number: u32, ty: &Type) {
    match ty {
        Type::Text | Type::Time | Type::MicroTime => out.bytes(number, b""),
        Type::Int32 | Type::Int64 | Type::Bool => out.varint(number, 0),
        Type::Number => out.double(number, 0.0),
        Type::Quantity => out.bytes(number, &text_message("0")),
        Type::IntOrString => out.bytes(number, &int_or_string(&Value::from(0))),
        Type::Named(_) => out.bytes(number, &message(ty, &Json::new())),
        _ => {}
    }
}

fn one(out: &mut Writer, number: u32, ty: &Type, value: &Value) {
    let text = || value.as_str().unwrap_or_default();
    match ty {
        Type::Text => out.bytes(number, text().as_bytes()),
        Type::Int32 | Type::Int64 => out.varint(number, u64::from_le_bytes(integer(value).to_le_bytes())),
        Type::Bool => out.varint(number, u64::from(value.as_bool().unwrap_or(false))),
        Type::Number => out.double(number, value.as_f64().unwrap_or(0.0)),
        Type::Bytes => out.bytes(number, &STANDARD.decode(text()).unwrap_or_default()),
        Type::Time => out.bytes(number, &timestamp(text(), false)),
        Type::MicroTime => out.bytes(number, &timestamp(text(), true)),
        Type::Quantity => {
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out.bytes(number, &text_message(&plain));
        }
        Type::IntOrString => out.bytes(number, &int_or_string(value)),
        Type::Raw | Type::FieldsV1 => out.bytes(number, &text_message(&value.to_string())),
        Type::Extra => {
            let mut inner = Writer::default();
            for item in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
                inner.bytes(1, item.as_bytes());
            }
            out.bytes(number, &inner.finish());
        }
        Type::Named(_) | Type::Inline(_) => {
            if let Some(object) = value.as_object() {
                out.bytes(number, &message(ty, object));
            }
        }
        Type::List(item) => {
            for inner in value.as_array().into_iter().flatten() {
                one(out, number, item, inner);
            }
        }
        Type::Map(item) => {
            for (key, inner) in value.as_object().into_iter().flatten() {
                let mut entry = Writer::default();
                entry.bytes(1, key.as_bytes());
                one(&mut entry, 2, item, inner);
                out.bytes(number, &entry.finish());
            }
        }
        Type::Any => {}
    }
}

fn integer(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_f64().map(|f| f as i64)).unwrap_or(0)
}

/// A message that has only a text.
fn text_message(text: &str) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes(1, text.as_bytes());
    out.finish()
}

fn int_or_string(value: &Value) -> Vec<u8> {
    let mut out = Writer::default();
    let number = u64::from_le_bytes(value.as_i64().unwrap_or(0).to_le_bytes());
    out.varint(1, u64::from(value.is_string()));
    out.varint(2, number);
    out.bytes(3, value.as_str().unwrap_or_default().as_bytes());
    out.finish()
}

fn timestamp(text: &str, fine: bool) -> Vec<u8> {
    let mut out = Writer::default();
    if let Some(at) = meta::parse_time(text) {
        out.varint(1, at.as_secs());
        out.varint(2, if fine { u64::from(at.subsec_micros()) * 1000 } else { 0 });
    }
    out.finish()
}
