//! Decodes messages to objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::time::Duration;

use super::wire::{self, Field as Wire};
use crate::meta;
use crate::schema::{Field, Struct, Type};

/// The fields of a message, in order.
pub(super) fn fields(mut bytes: &[u8]) -> Result<Vec<(u32, Wire<'_>)>, String> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let (number, field, rest) = wire::next(bytes)?;
        out.push((number, field));
        bytes = rest;
    }
    Ok(out)
}

/// The object of a message; omits the zeros that Go omits.
pub(super) fn message(ty: &Type, bytes: &[u8]) -> Result<Value, String> {
    let mut object = Map::new();
    if let Some(this) = ty.as_struct() {
        into(this, &[], bytes, &mut object)?;
    }
    Ok(object.into())
}

/// Reads fields into an object; `path` is the number of this message if JSON has no such level.
fn into(this: &Struct, path: &[u32], bytes: &[u8], object: &mut Map<String, Value>) -> Result<(), String> {
    for (number, wire) in fields(bytes)? {
        let mut whole = path.to_vec();
        whole.push(number);
        if let Some((name, field)) = this.fields.iter().find(|(_, f)| f.number == whole) {
            take(object, name, field, &wire)?;
        } else if path.is_empty()
            && this.fields.values().any(|f| f.number.len() == 2 && f.number.first() == Some(&number))
        {
            into(this, &whole, wire.slice()?, object)?;
        }
    }
    Ok(())
}

fn take(object: &mut Map<String, Value>, name: &str, field: &Field, wire: &Wire<'_>) -> Result<(), String> {
    match &field.ty {
        Type::List(item) => {
            let value = one(item, wire)?;
            let list = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(value);
            }
        }
        Type::Map(item) => {
            let entry = fields(wire.slice()?)?;
            let part = |number: u32| entry.iter().rfind(|(n, _)| *n == number).map(|(_, v)| v);
            let key = part(1).map(Wire::text).transpose()?.unwrap_or_default();
            let value = match part(2) {
                Some(value) => one(item, value)?,
                None => Value::String(String::new()),
            };
            let map = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Some(map) = map.as_object_mut() {
                map.insert(key, value);
            }
        }
        ty => {
            let value = one(ty, wire)?;
            let zero = match &value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Number(number) => number.as_f64() == Some(0.0),
                Value::Bool(yes) => !yes,
                Value::Object(map) => map.is_empty(),
                Value::Array(_) => false,
            };
            if !zero || field.pointer && !value.is_null() {
                object.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

fn one(ty: &Type, wire: &Wire<'_>) -> Result<Value, String> {
    Ok(match ty {
        Type::Text => wire.text()?.into(),
        Type::Int32 | Type::Int64 => wire.integer()?.into(),
        Type::Bool => (wire.integer()? != 0).into(),
        Type::Number => wire.double()?.into(),
        Type::Bytes => STANDARD.encode(wire.slice()?).into(),
        Type::Time => timestamp(wire, meta::time)?,
        Type::MicroTime => timestamp(wire, meta::micro_time)?,
        Type::Quantity => first(wire)?.into(),
        Type::IntOrString => {
            let parts = fields(wire.slice()?)?;
            let part = |number: u32| parts.iter().rfind(|(n, _)| *n == number).map(|(_, v)| v);
            if part(1).map(Wire::integer).transpose()? == Some(1) {
                part(3).map(Wire::text).transpose()?.unwrap_or_default().into()
            } else {
                part(2).map(Wire::integer).transpose()?.unwrap_or(0).into()
            }
        }
        Type::Raw | Type::FieldsV1 => kube_proto::json::from_str(&first(wire)?).map_err(|e| e.to_string())?,
        Type::Extra => {
            let items: Result<Vec<Value>, String> =
                fields(wire.slice()?)?.iter().map(|(_, v)| v.text().map(Value::from)).collect();
            items?.into()
        }
        Type::Named(_) | Type::Inline(_) => message(ty, wire.slice()?)?,
        Type::Any | Type::List(_) | Type::Map(_) => Value::Null,
    })
}

/// The text of a message that has only this field.
fn first(wire: &Wire<'_>) -> Result<String, String> {
    fields(wire.slice()?)?.iter().rfind(|(n, _)| *n == 1).map_or(Ok(String::new()), |(_, v)| v.text())
}

fn timestamp(wire: &Wire<'_>, show: fn(Duration) -> String) -> Result<Value, String> {
    let parts = fields(wire.slice()?)?;
    if parts.is_empty() {
        return Ok(Value::Null);
    }
    let part = |number: u32| parts.iter().rfind(|(n, _)| *n == number).map_or(Ok(0), |(_, v)| v.integer());
    let seconds = u64::try_from(part(1)?).unwrap_or(0);
    let nanos = u32::try_from(part(2)?).unwrap_or(0).min(999_999_999);
    Ok(show(Duration::new(seconds, nanos)).into())
}
