//! Texts and numbers as Go writes them into errors.

use serde_json::{Number, Value};

/// A text as `%q` writes it.
pub fn quote(text: &str) -> String {
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

/// Writes one character as `%q` does, without the quotes.
pub fn escape(c: char, out: &mut String) {
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

/// A value as an error shows it: a text as `%q`, a number as `%v`, the rest as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Number(number) => number_text(number),
        other => other.to_string(),
    }
}

/// A number as `%v` writes an `int64` or a `float64`.
pub(crate) fn number_text(number: &Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => integer.to_string(),
        (None, Some(float)) => float_text(float),
        (None, None) => number.to_string(),
    }
}

/// A float as `%v` writes it: the shortest digits, with an exponent below 10^-4 and from 10^6 on.
pub(crate) fn float_text(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if float == 0.0 || (-4..6).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts() {
        assert_eq!(quote("a\u{7}b \"ä\" \\ \n\u{1}"), "\"a\\ab \\\"ä\\\" \\\\ \\n\\x01\"");
    }

    #[test]
    fn floats() {
        for (float, text) in [
            (1.5, "1.5"),
            (0.0, "0"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (0.0001, "0.0001"),
            (2_147_483_648.0, "2.147483648e+09"),
            (-0.25, "-0.25"),
            (1e21, "1e+21"),
            (1.25e-7, "1.25e-07"),
            (1_234_567.0, "1.234567e+06"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }
}
