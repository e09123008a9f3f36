//! Comparisons in filters, as Go's templates make them.

use std::cmp::Ordering;

use super::node::{Item, JsonPathError};

/// What can be compared: only values of one kind.
enum Kind<'a> {
    Bool(bool),
    Int(i64),
    /// A byte: it is compared with integers.
    Uint(u8),
    Float(f64),
    Text(&'a str),
}

fn kind<'a>(item: &Item<'a>) -> Result<Kind<'a>, JsonPathError> {
    use serde_json::Value;
    Ok(match item {
        Item::Json(Value::Bool(bool)) => Kind::Bool(*bool),
        Item::Json(Value::String(text)) => Kind::Text(text),
        Item::Json(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Kind::Int(integer),
            (None, Some(float)) => Kind::Float(float),
            (None, None) => return Err(JsonPathError(NO_TYPE.into())),
        },
        Item::Text(text) => Kind::Text(text),
        Item::Int(integer) => Kind::Int(*integer),
        Item::Float(float) => Kind::Float(*float),
        Item::Bool(bool) => Kind::Bool(*bool),
        Item::Byte(byte) => Kind::Uint(*byte),
        Item::Json(Value::Null | Value::Array(_) | Value::Object(_)) | Item::Nothing => {
            return Err(JsonPathError(NO_TYPE.into()));
        }
    })
}

/// Whether the comparison holds.
pub(super) fn holds(left: &Item<'_>, operator: &str, right: &Item<'_>) -> Result<bool, JsonPathError> {
    let ordered = !matches!(operator, "==" | "!=");
    if !matches!(operator, "==" | "!=" | "<" | "<=" | ">" | ">=") {
        return Err(JsonPathError(format!("unrecognized filter operator {operator}")));
    }
    let order = match (kind(left)?, kind(right)?) {
        (Kind::Bool(_), Kind::Bool(_)) if ordered => return Err(JsonPathError(NO_TYPE.into())),
        (Kind::Bool(left), Kind::Bool(right)) => Some(left.cmp(&right)),
        (Kind::Int(left), Kind::Int(right)) => Some(left.cmp(&right)),
        (Kind::Int(left), Kind::Uint(right)) => Some(left.cmp(&i64::from(right))),
        (Kind::Uint(left), Kind::Int(right)) => Some(i64::from(left).cmp(&right)),
        (Kind::Uint(left), Kind::Uint(right)) => Some(left.cmp(&right)),
        (Kind::Float(left), Kind::Float(right)) => left.partial_cmp(&right),
        (Kind::Text(left), Kind::Text(right)) => Some(left.cmp(right)),
        _ => return Err(JsonPathError("incompatible types for comparison".into())),
    };
    let (less, equal) = (order == Some(Ordering::Less), order == Some(Ordering::Equal));
    Ok(match operator {
        "==" => equal,
        "!=" => !equal,
        "<" => less,
        "<=" => less || equal,
        ">" => !less && !equal,
        _ => !less,
    })
}

const NO_TYPE: &str = "invalid type for comparison";
