//! Quoted texts and values.

use serde_json::Value;

/// A text as `%q` writes it.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c == '"' {
            out.push_str("\\\"");
        } else {
            escape(c, &mut out);
        }
    }
    out.push('"');
    out
}

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

pub(super) fn escape(c: char, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        // Beyond ASCII, all characters but controls and spaces count as printable.
        c if !c.is_ascii() && (c.is_control() || c.is_whitespace() || c == '\u{ad}') => {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts() {
        assert_eq!(quote("a\u{7}b \"ä\" \\ \n\u{1}"), "\"a\\ab \\\"ä\\\" \\\\ \\n\\x01\"");
    }
}
