//! Numbers as Go's server keeps them in values of any type.

use serde_json::{Number, Value};

/// Replaces the numbers of a value by what the server keeps of them: an `int64`, or else a float. Its JSON has no point in
/// a whole float below 10^21, so that is an integer when it is read again.
pub(crate) fn kept_numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(kept_numbers),
        Value::Object(members) => members.values_mut().for_each(kept_numbers),
        Value::Number(number) if !number.is_i64() => {
            if let Some(kept) = number.as_f64().and_then(kept) {
                *number = kept;
            }
        }
        _ => {}
    }
}

fn kept(float: f64) -> Option<Number> {
    if float == 0.0 {
        return Some(0.into());
    }
    let whole = float.fract() == 0.0 && float.abs() < 1e21;
    // The shortest digits that name this float, and zeros.
    let text = if whole { float.to_string() } else { String::new() };
    let integer = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    integer.ok().or_else(|| Number::from_f64(float))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_as_go_keeps_them() {
        for (written, kept) in [
            ("985.6906946328695", "985.6906946328695"),
            ("1e3", "1000"),
            ("1.5E+2", "150"),
            ("3.0", "3"),
            ("-0.0", "0"),
            ("-0", "0"),
            ("5e-7", "5e-7"),
            ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854776000"),
            ("18446744073709551615", "1.8446744073709552e+19"),
            ("1e20", "1e+20"),
            ("1e22", "1e+22"),
        ] {
            let mut value: Value = kube_proto::json::from_str(&format!("[{{\"a\":{written}}}]")).unwrap();
            kept_numbers(&mut value);
            assert_eq!(value.to_string(), format!("[{{\"a\":{kept}}}]"));
        }
    }
}
