//! Quantities in their canonical form (`resource.Quantity` of apimachinery).

use serde_json::Value;

/// Nano units in a unit; a quantity has no finer ones.
const NANO: i128 = 1_000_000_000;

const DECIMAL: &[(&str, i32)] =
    &[("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: &[(&str, u32)] = &[("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// The notation of a quantity.
enum Family {
    Binary,
    Decimal,
    Scientific,
}

/// The canonical form: no fraction, and the largest suffix of the same family that allows it. `None` if malformed.
pub fn canonical(value: &Value) -> Option<String> {
    let (nanos, family) = read(value)?;
    Some(match family {
        Family::Binary => binary(nanos),
        Family::Decimal => decimal(nanos, false),
        Family::Scientific => decimal(nanos, true),
    })
}

/// The quantity in nano units, for comparisons.
pub fn exact(value: &Value) -> Option<i128> {
    read(value).map(|(nanos, _)| nanos)
}

fn read(value: &Value) -> Option<(i128, Family)> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(split)?;
    if let Some((_, bits)) = BINARY.iter().find(|(s, _)| *s == suffix) {
        let nanos = parse(number, 0)?.checked_mul(1_i128.checked_shl(*bits)?)?;
        return Some((nanos, Family::Binary));
    }
    let exponent = match suffix.strip_prefix(['e', 'E']).filter(|e| !e.is_empty()) {
        Some(exponent) => exponent.parse().ok().filter(|e: &i32| e.abs() <= 18)?,
        None => DECIMAL.iter().find(|(s, _)| *s == suffix)?.1,
    };
    let family = if suffix.len() > 1 { Family::Scientific } else { Family::Decimal };
    Some((parse(number, exponent)?, family))
}

/// The number times ten to the exponent, in nano units, rounded up away from zero.
fn parse(number: &str, exponent: i32) -> Option<i128> {
    let negative = number.starts_with('-');
    let digits = number.trim_start_matches(['+', '-']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() + fraction.len() > 30 {
        return None;
    }
    let mut value: i128 = 0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value.checked_mul(10)?.checked_add(i128::from(digit.to_digit(10)?))?;
    }
    let shift = exponent + 9 - i32::try_from(fraction.len()).ok()?;
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    value = if shift >= 0 { value.checked_mul(power)? } else { (value + power - 1) / power };
    Some(if negative { -value } else { value })
}

fn decimal(nanos: i128, scientific: bool) -> String {
    if nanos == 0 {
        return "0".into();
    }
    for (suffix, exponent) in DECIMAL.iter().rev() {
        let unit = 10_i128.pow((exponent + 9).unsigned_abs());
        if nanos % unit == 0 {
            let count = nanos / unit;
            return match (scientific, *exponent) {
                (true, 0) | (false, _) => format!("{count}{suffix}"),
                (true, exponent) => format!("{count}e{exponent}"),
            };
        }
    }
    format!("{nanos}n")
}

fn binary(nanos: i128) -> String {
    if nanos % NANO != 0 {
        return decimal(nanos, false);
    }
    let units = nanos / NANO;
    if units == 0 {
        return "0".into();
    }
    for (suffix, bits) in BINARY.iter().rev() {
        let unit = 1_i128 << bits;
        if units % unit == 0 {
            return format!("{}{suffix}", units / unit);
        }
    }
    // Not divisible by a Ki: the family has no suffix for it.
    units.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_forms() {
        let table = [
            (json!("1.5"), Some("1500m")),
            (json!("1.5Gi"), Some("1536Mi")),
            (json!("1000m"), Some("1")),
            (json!("1024Mi"), Some("1Gi")),
            (json!("0.5"), Some("500m")),
            (json!(2), Some("2")),
            (json!(0.25), Some("250m")),
            (json!("1000"), Some("1k")),
            (json!("1e3"), Some("1e3")),
            (json!("100Ki"), Some("100Ki")),
            (json!("0"), Some("0")),
            (json!("-1"), Some("-1")),
            (json!("0.0000000001"), Some("1n")),
            (json!("abc"), None),
            (json!("1Xi"), None),
            (json!(""), None),
        ];
        for (value, want) in table {
            assert_eq!(canonical(&value).as_deref(), want, "{value}");
        }
    }
}
