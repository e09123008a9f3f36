//! Values of built-in kinds, which the server decodes into Go's structs.
//!
//! | value | verdict |
//! |---|---|
//! | null | as if it were absent |
//! | a member that the schema does not name | unknown |
//! | an object whose schema names no members | anything |
//! | an integer | must be written as one, and fit its format |
//! | a quantity | a text or a number in the notation of quantities |
//! | a text with the format `byte`, `date-time` | base64, or a list of bytes; a time as Go reads it |
//! | a required member that is missing | an error, unless the schema has a default |
//! | the `status` of the whole object | decoded, but neither required members nor enums are looked at |
//! | items with the same keys | no error: only server-side apply needs them to differ |
//!
//! An error shows the type of a value and not the value.

use serde_json::{Map, Value};

use super::walk::Walk;
use crate::schema::definitions::At;
use crate::schema::format::time::{Layout, time};
use crate::schema::node::{Additional, SchemaType};
use crate::schema::place::Place;
use crate::schema::{FieldError, quantity};

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const MICRO_TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
/// What the schema requires and the server does not: it takes an empty list here.
const OPTIONAL: &[(&str, &str)] =
    &[("io.k8s.api.storage.v1.CSINodeSpec", "drivers"), ("io.k8s.api.core.v1.LimitRangeSpec", "limits")];
/// Managed fields are the server's own, and older servers wrote other ones.
const FIELDS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1";

/// Checks a value.
pub(super) fn check(walk: &mut Walk, value: &Value, at: At<'_>, place: &Place<'_>, level: usize) {
    if value.is_null() || at.name == Some(FIELDS) || !walk.step(1, level, place) {
        return;
    }
    let node = at.node;
    let format = node.format.as_deref().unwrap_or_default();
    let wanted = match (at.name, node.ty, format, value) {
        (Some(QUANTITY), _, _, Value::String(_) | Value::Number(_)) => {
            if quantity::canonical(value).is_some() {
                return;
            }
            let detail = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
            return walk.error(FieldError::invalid(place.to_string(), &"".into(), detail).shown_as("\"string\""));
        }
        (Some(QUANTITY), ..) => "string,number",
        (_, _, "int-or-string", Value::String(_)) => return,
        (_, _, "int-or-string", Value::Number(number)) => match number.as_i64().map(i32::try_from) {
            Some(Ok(_)) => return,
            _ => "int32",
        },
        (_, _, "int-or-string", _) => "integer,string",
        (_, Some(SchemaType::String), "byte", Value::Array(items)) => {
            if items.iter().all(|item| item.is_null() || item.as_u64().is_some_and(|byte| byte < 256)) {
                return;
            }
            "byte"
        }
        (name, Some(SchemaType::String), _, Value::String(text)) => {
            let layout = if name == Some(MICRO_TIME) { Layout::Micros } else { Layout::Seconds };
            let fits = match format {
                "byte" => is_base64(text),
                "date-time" => time(text, layout).is_ok(),
                _ => true,
            };
            if fits {
                return allowed(walk, value, at, place);
            }
            format
        }
        (_, Some(SchemaType::Integer), _, Value::Number(number)) => match number.as_i64() {
            Some(int) if format != "int32" || i32::try_from(int).is_ok() => return,
            Some(_) => "int32",
            None => "integer",
        },
        (_, Some(SchemaType::Number), _, Value::Number(_)) | (_, Some(SchemaType::Boolean), _, Value::Bool(_)) => {
            return;
        }
        (_, Some(SchemaType::Array), _, Value::Array(items)) => return list(walk, items, at, place, level),
        (_, Some(SchemaType::Object), _, Value::Object(map)) => return members(walk, map, at, place, level),
        (_, None, ..) => return,
        (_, Some(wanted), ..) => wanted.name(),
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let detail = format!("{place} in body must be of type {wanted}: \"{found}\"");
    walk.error(FieldError::type_invalid(place.to_string(), &found.into(), detail));
}

fn allowed(walk: &mut Walk, value: &Value, at: At<'_>, place: &Place<'_>) {
    let count = at.node.bounds.as_ref().map_or(0, |bounds| bounds.allowed.len());
    // The server drops the status of a new object before it validates.
    if count == 0 || place.top() == Some("status") || !walk.step(count as u64, 0, place) {
        return;
    }
    if let Some(error) = super::values::enum_fault(value, at.node, place) {
        walk.error(error.shown_as("\"string\""));
    }
}

fn list(walk: &mut Walk, items: &[Value], at: At<'_>, place: &Place<'_>, level: usize) {
    let Some(item) = &at.node.items else { return };
    let Some(item) = walk.to(at, item, place) else { return };
    for (index, value) in items.iter().enumerate() {
        check(walk, value, item, &Place::Item(place, index), level + 1);
        if walk.is_stopped() {
            return;
        }
    }
}

fn members(walk: &mut Walk, map: &Map<String, Value>, at: At<'_>, place: &Place<'_>, level: usize) {
    let node = at.node;
    if node.is_open() || node.preserve_unknown {
        return;
    }
    for (key, value) in map {
        let place = Place::Key(place, key);
        match (node.property(key), &node.additional) {
            (Some(inner), _) | (None, Additional::Of(inner)) => {
                let Some(there) = walk.to(at, inner, &place) else { continue };
                check(walk, value, there, &place, level + 1);
            }
            (None, Additional::Any(true)) => {}
            (None, _) => walk.error(FieldError::unknown(place.to_string())),
        }
        if walk.is_stopped() {
            return;
        }
    }
    // The server drops the status of a new object before it validates.
    if matches!(place.top(), Some("status")) {
        return;
    }
    let missing = |key: &&str| map.get(*key).is_none_or(Value::is_null);
    for key in node.required.iter().map(|key| &**key).filter(missing) {
        let has_default = node.property(key).is_some_and(|inner| inner.default.is_some());
        if !has_default && !is_optional(at.name, key) {
            walk.error(FieldError::required(Place::Key(place, key).to_string(), ""));
        }
    }
}

/// Whether the server does not require the member.
fn is_optional(name: Option<&str>, key: &str) -> bool {
    OPTIONAL.contains(&(name.unwrap_or_default(), key))
}

/// Base64 as Go's decoder of JSON reads it: the standard alphabet with its padding; line ends are ignored.
fn is_base64(text: &str) -> bool {
    let mut count = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        count += 1;
    }
    count.is_multiple_of(4) && padding <= 2
}
