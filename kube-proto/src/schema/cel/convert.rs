//! Conversions between types.

use super::error::CelError;
use super::floats::{float, float_of_unsigned, truncated, truncated_unsigned};
use super::moments;
use super::time::Time;
use super::value::Value;
use crate::schema::text::float_text;

/// `int(value)` and the like.
pub(super) fn convert<'a>(to: &str, value: &Value<'a>) -> Result<Value<'a>, CelError> {
    use Value::{Bool, Bytes, Double, Duration, Int, Text, Uint};
    let fault = || CelError::failed(format!("type conversion error from '{}' to '{to}'", value.type_name()));
    let overflow = || CelError::failed("integer overflow");
    match (to, value) {
        ("dyn", _)
        | ("int", Int(_))
        | ("uint", Uint(_))
        | ("double", Double(_))
        | ("string", Text(_))
        | ("bytes", Bytes(_))
        | ("bool", Bool(_))
        | ("duration", Duration(_))
        | ("timestamp", Value::Time(_)) => Ok(value.clone()),
        ("int", Uint(number)) => i64::try_from(*number).map_or_else(|_| overflow(), |number| Ok(Int(number))),
        ("int", Double(number)) => truncated(*number).map_or_else(overflow, |number| Ok(Int(number))),
        ("int", Text(text)) => text.parse().map_or_else(|_| fault(), |number| Ok(Int(number))),
        ("int", Value::Time(time)) => {
            Ok(Int(time.at.as_nanosecond().div_euclid(1_000_000_000).try_into().unwrap_or(0)))
        }
        ("int", Duration(nanos)) => Ok(Int(*nanos)),
        ("uint", Int(number)) => u64::try_from(*number).map_or_else(|_| overflow(), |number| Ok(Uint(number))),
        ("uint", Double(number)) => truncated_unsigned(*number).map_or_else(overflow, |number| Ok(Uint(number))),
        ("uint", Text(text)) => text.parse().map_or_else(|_| fault(), |number| Ok(Uint(number))),
        ("double", Int(number)) => Ok(Double(float(*number))),
        ("double", Uint(number)) => Ok(Double(float_of_unsigned(*number))),
        ("double", Text(text)) => text.parse().map_or_else(|_| fault(), |number| Ok(Double(number))),
        ("string", _) => string(value).map_or_else(fault, |text| Ok(Value::text(text))),
        ("bytes", Text(text)) => Ok(Bytes(text.as_bytes().into())),
        ("bool", Text(text)) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Bool(false)),
            _ => fault(),
        },
        ("duration", Text(text)) => moments::duration_of(text).map_or_else(fault, |nanos| Ok(Duration(nanos))),
        ("duration", Int(nanos)) => Ok(Duration(*nanos)),
        ("timestamp", Text(text)) => Time::parse(text).map_or_else(fault, |time| Ok(Value::Time(time))),
        ("timestamp", Int(seconds)) => {
            let time = jiff::Timestamp::from_second(*seconds).ok().and_then(Time::utc);
            time.map_or_else(fault, |time| Ok(Value::Time(time)))
        }
        _ => CelError::no_overload(to),
    }
}

/// The text of a value that `string()` takes.
pub(super) fn string(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => float_text(*number),
        Value::Text(text) => text.to_string(),
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok()?,
        Value::Time(time) => time.text(),
        Value::Duration(nanos) => moments::seconds(*nanos),
        Value::Ip(address) => address.to_string(),
        Value::Cidr(address, length) => format!("{address}/{length}"),
        Value::Version(version) => version.to_string(),
        _ => return None,
    })
}
