//! Values as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map as JsonMap, Number, Value as Json};

use super::convert::string;
use super::error::CelError;
use super::machine::Machine;
use super::value::Value;

/// The JSON of a value. Each part costs a unit: a small value may have the same large part many times.
pub(super) fn json<'a>(machine: &mut Machine<'a>, value: &Value<'a>) -> Result<Json, CelError> {
    machine.spend(1)?;
    Ok(match value {
        Value::Null | Value::Optional(None) => Json::Null,
        Value::Optional(Some(inner)) => json(machine, inner)?,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => Json::from(*number),
        Value::Uint(number) => Json::from(*number),
        Value::Double(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) => {
            machine.spend(text.len() / 10)?;
            Json::from(&**text)
        }
        Value::List(list) => {
            let mut items = Vec::new();
            for item in machine.items(list)? {
                items.push(json(machine, &item)?);
            }
            Json::Array(items)
        }
        Value::Map(map) => {
            let mut made = JsonMap::new();
            for key in map.keys() {
                if let Some(value) = map.get(&key).transpose()? {
                    machine.spend(1)?;
                    made.insert(key.shown(), json(machine, &value)?);
                }
            }
            Json::Object(made)
        }
        Value::Opaque(value) => {
            machine.spend(1_000)?;
            (*value).clone()
        }
        Value::Bytes(bytes) => Json::from(STANDARD.encode(bytes)),
        Value::Type(name) => Json::from(&**name),
        value => string(value).map_or(Json::Null, Json::from),
    })
}
