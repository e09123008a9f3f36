//! Values and bodies in the words of Go's errors.

use serde_json::Value;

/// A value as `%v` writes it.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let parts: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", show(value))).collect();
            format!("map[{}]", parts.join(" "))
        }
        other => other.to_string(),
    }
}

/// The beginning of a body, as errors quote it.
pub(crate) fn summary(body: &[u8]) -> String {
    let (first, more) = if body.len() > 30 { (body.get(..30).unwrap_or(body), " ...") } else { (body, "") };
    match first.first() {
        None => "<empty>".into(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(first)),
        Some(_) => {
            let hex: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{hex}{more}")
        }
    }
}
