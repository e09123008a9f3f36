//! The value of a scalar: the rules of YAML 1.1, as far as kubectl follows them.

use serde_json::Number;
#[cfg(feature = "yaml")]
use serde_json::Value;

/// A scalar's value in YAML, before its conversion to JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    Float(f64),
    /// A string: the text itself.
    Text,
}

/// The value of a scalar without quotes and without a tag.
pub(crate) fn plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ if text.starts_with('.') => without_separators(text).and_then(|text| float(&text)).unwrap_or(Scalar::Text),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) => {
            let digits = text.replace('_', "");
            let found = integer(&digits).or_else(|| float(&digits)).or_else(|| binary(&digits));
            found.unwrap_or(Scalar::Text)
        }
        _ => Scalar::Text,
    }
}

/// The text without the `_` between digits. `None` if a `_` is elsewhere.
fn without_separators(text: &str) -> Option<String> {
    let digits = |part: &str, at: Option<u8>| !part.is_empty() && at.is_some_and(|byte| byte.is_ascii_digit());
    let mut parts = text.split('_').peekable();
    let mut first = true;
    while let Some(part) = parts.next() {
        let begins = first || digits(part, part.bytes().next());
        let ends = parts.peek().is_none() || digits(part, part.bytes().last());
        if !begins || !ends {
            return None;
        }
        first = false;
    }
    Some(text.replace('_', ""))
}

/// An integer: `[-+]?`, then decimal digits, or digits after `0x`, `0o`, `0b` or `0`.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, magnitude) = match text.as_bytes().first()? {
        b'-' => (Some(true), text.get(1..)?),
        b'+' => (Some(false), text.get(1..)?),
        _ => (None, text),
    };
    let (radix, digits) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, magnitude.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, magnitude.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, magnitude.get(2..)?),
        [b'0', _, ..] => (8, magnitude.get(1..)?),
        _ => (10, magnitude),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    let signed = match sign {
        Some(true) => 0_i64.checked_sub_unsigned(value),
        _ => i64::try_from(value).ok(),
    };
    // kubectl's reader takes an integer with a sign only as an `i64`.
    signed.map(Scalar::Int).or_else(|| sign.is_none().then_some(Scalar::Uint(value)))
}

/// A float: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<Scalar> {
    let shape = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = if shape { text.parse().ok()? } else { return None };
    value.is_finite().then_some(Scalar::Float(value))
}

/// A binary integer with a sign after `0b`, which kubectl reads too.
fn binary(text: &str) -> Option<Scalar> {
    i64::from_str_radix(text.strip_prefix("0b")?, 2).ok().map(Scalar::Int)
}

#[cfg(feature = "yaml")]
impl Scalar {
    /// The value in JSON. An infinity or a NaN is an error, because JSON has none.
    pub(crate) fn value(self, text: &str) -> Result<Value, &'static str> {
        match self {
            Scalar::Null => Ok(Value::Null),
            Scalar::Bool(value) => Ok(value.into()),
            Scalar::Int(value) => Ok(value.into()),
            Scalar::Uint(value) => Ok(value.into()),
            Scalar::Float(value) => number(value).map(Value::Number).ok_or(NOT_JSON),
            Scalar::Text => Ok(text.into()),
        }
    }

    /// The JSON key for a scalar key.
    pub(crate) fn key(self, text: &str) -> Result<String, &'static str> {
        match self {
            Scalar::Bool(value) => Ok(value.to_string()),
            Scalar::Int(value) => Ok(value.to_string()),
            Scalar::Float(value) => Ok(float_key(value)),
            Scalar::Text => Ok(text.to_owned()),
            Scalar::Null | Scalar::Uint(_) => Err(KEY),
        }
    }
}

/// A float in JSON. A whole number below 10^21 that fits 64 bits becomes an integer, because kubectl's JSON writes it
/// without a point. `None` if the float is not finite.
pub(crate) fn number(value: f64) -> Option<Number> {
    let whole = value.fract() == 0.0 && value.abs() < 1e21 && !(value == 0.0 && value.is_sign_negative());
    let integer = whole.then(|| value.to_string()).and_then(|text| {
        let signed = text.parse::<i64>().ok().map(Number::from);
        signed.or_else(|| text.parse::<u64>().ok().map(Number::from))
    });
    integer.or_else(|| Number::from_f64(value))
}

/// A float as a key: the shortest digits of a 32-bit float. It has an exponent below 10^-4 and from 10^6 on.
#[cfg(feature = "yaml")]
pub(crate) fn float_key(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "sigs.k8s.io/yaml writes keys with 32 bits")]
    let short = value as f32;
    if short.is_nan() {
        return ".nan".to_owned();
    }
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{short:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    // The exponent of zero is 0 here, so zero has none in the text.
    if (-4..6).contains(&exponent) {
        return short.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(feature = "yaml")]
const NOT_JSON: &str = "JSON has no infinity and no NaN";
/// The error for a key of another type.
#[cfg(feature = "yaml")]
pub(crate) const KEY: &str = "a key must be a string, a number or a boolean";
