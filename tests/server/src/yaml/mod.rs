//! YAML to JSON values and back, as far as manifests need it.
//!
//! Reading follows YAML 1.1, as kubectl does: `yes` is a boolean and `0123` a number. Writing is kubectl's block style.

mod emit;
mod read;

pub use emit::emit;
pub use read::documents;

/// What an unquoted text means: `None` for a text.
fn plain(text: &str) -> Option<serde_json::Value> {
    use serde_json::Value;
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Some(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(false.into());
        }
        _ => {}
    }
    let number = text.replace('_', "");
    integer(&number).or_else(|| float(&number)).map(Value::Number)
}

fn integer(text: &str) -> Option<serde_json::Number> {
    let (sign, magnitude) = match text.as_bytes().first()? {
        b'-' => ("-", text.get(1..)?),
        b'+' => ("", text.get(1..)?),
        _ => ("", text),
    };
    let prefixed = |prefix: &str| magnitude.strip_prefix(prefix);
    let (radix, digits) = if let Some(digits) = prefixed("0x").or(prefixed("0X")) {
        (16, digits)
    } else if let Some(digits) = prefixed("0b").or(prefixed("0B")) {
        (2, digits)
    } else if let Some(digits) = prefixed("0o").or(prefixed("0O")) {
        (8, digits)
    } else if let Some(digits) = prefixed("0").filter(|digits| !digits.is_empty()) {
        (8, digits)
    } else {
        (10, magnitude)
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let signed = format!("{sign}{digits}");
    let small = i64::from_str_radix(&signed, radix).ok().map(Into::into);
    small.or_else(|| u64::from_str_radix(&signed, radix).ok().map(Into::into))
}

fn float(text: &str) -> Option<serde_json::Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !digits.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    // JSON is the last step, and has no point in a whole number.
    let whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    if whole { Some((value as i64).into()) } else { serde_json::Number::from_f64(value) }
}
