//! Numbers: exact, as they are written.

/// A number of a document. Floats are the nearest `f64` (so what is written back is what was read); integers keep all
/// their digits up to 64 bits, and are the nearest `f64` beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// The number that begins at `at`, and the position after it.
///
/// `None` if it is no JSON number (RFC 8259 §6), or too large for an `f64`. The position is then that of the first byte
/// that does not fit.
#[inline]
pub(super) fn number(text: &str, at: usize) -> Result<(Number, usize), usize> {
    let bytes = text.as_bytes();
    let negative = bytes.get(at) == Some(&b'-');
    let first = at + usize::from(negative);
    let mut end = first;
    let mut value = 0u64;
    while let Some(digit) = digit(bytes, end) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        end += 1;
    }
    if matches!(bytes.get(end), Some(b'.' | b'e' | b'E'))
        || end - first > 18
        || end == first
        || bytes.get(first) == Some(&b'0')
    {
        return unusual(text, at);
    }
    Ok(match i64::try_from(value) {
        Ok(value) if negative => (Number::Signed(-value), end),
        _ => (Number::Unsigned(value), end),
    })
}

/// Zero, a fraction, an exponent, a long integer, or no number.
#[inline(never)]
fn unusual(text: &str, at: usize) -> Result<(Number, usize), usize> {
    let bytes = text.as_bytes();
    let mut end = at + usize::from(bytes.get(at) == Some(&b'-'));
    let whole = end;
    if bytes.get(end) == Some(&b'0') {
        end += 1;
    } else {
        end = digits(bytes, end)?;
    }
    let mut integer = true;
    if bytes.get(end) == Some(&b'.') {
        integer = false;
        end = digits(bytes, end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        integer = false;
        end = digits(bytes, end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-'))))?;
    }
    let written = text.get(at..end).unwrap_or_default();
    if integer {
        if let Ok(value) = written.parse::<u64>() {
            return Ok((Number::Unsigned(value), end));
        }
        if let Ok(value) = written.parse::<i64>() {
            // `-0` is an integer: Go reads it as 0.
            return Ok((if value == 0 { Number::Unsigned(0) } else { Number::Signed(value) }, end));
        }
    }
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Number::Float(value), end)),
        _ => Err(whole),
    }
}

/// The position after one digit or more.
fn digits(bytes: &[u8], at: usize) -> Result<usize, usize> {
    let mut end = at;
    while digit(bytes, end).is_some() {
        end += 1;
    }
    if end == at { Err(at) } else { Ok(end) }
}

#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Number::{Float, Signed, Unsigned};
    use super::*;

    #[test]
    fn numbers() {
        for (text, found) in [
            ("0", Ok((Unsigned(0), 1))),
            ("-0", Ok((Unsigned(0), 2))),
            ("7,", Ok((Unsigned(7), 1))),
            ("-7]", Ok((Signed(-7), 2))),
            ("-0.0", Ok((Float(-0.0), 4))),
            ("1e3", Ok((Float(1000.0), 3))),
            ("1.50E-1", Ok((Float(0.15), 7))),
            ("985.6906946328695", Ok((Float(985.690_694_632_869_5), 17))),
            ("9223372036854775807", Ok((Unsigned(i64::MAX as u64), 19))),
            ("-9223372036854775808", Ok((Signed(i64::MIN), 20))),
            ("18446744073709551615", Ok((Unsigned(u64::MAX), 20))),
            ("18446744073709551616", Ok((Float(18_446_744_073_709_551_616.0), 20))),
            ("-9223372036854775809", Ok((Float(-9_223_372_036_854_775_809.0), 20))),
            ("01", Ok((Unsigned(0), 1))),
            ("", Err(0)),
            ("-", Err(1)),
            ("-a", Err(1)),
            (".5", Err(0)),
            ("1.", Err(2)),
            ("1e+", Err(3)),
            ("1e309", Err(0)),
        ] {
            assert_eq!(number(text, 0), found, "{text}");
        }
        assert!(matches!(number("-0.0", 0), Ok((Float(zero), _)) if zero.is_sign_negative()));
    }

    proptest! {
        /// The standard library's own writer and parser are the oracle.
        #[test]
        fn a_float_is_read_as_it_is_written(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            for text in [format!("{value}"), format!("{value:e}"), serde_json::to_string(&value).unwrap()] {
                let found = match number(&text, 0).unwrap().0 {
                    Float(value) => value,
                    Unsigned(value) => value as f64,
                    Signed(value) => value as f64,
                };
                prop_assert_eq!(found, value, "{}", text);
            }
        }

        #[test]
        fn an_integer_keeps_its_digits(value in any::<i128>(), small in any::<i64>(), large in any::<u64>()) {
            for text in [small.to_string(), large.to_string(), value.to_string()] {
                let (found, end) = number(&text, 0).unwrap();
                prop_assert_eq!(end, text.len());
                let expected = match (text.parse::<u64>(), text.parse::<i64>()) {
                    (Ok(value), _) => Unsigned(value),
                    (_, Ok(value)) => Signed(value),
                    _ => Float(text.parse().unwrap()),
                };
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn what_serde_json_rejects_is_no_number(text in "[-+]?[0-9]{0,3}[.]?[0-9]{0,3}([eE][-+]?[0-9]{0,3})?") {
            let whole = number(&text, 0).is_ok_and(|(_, end)| end == text.len());
            prop_assert_eq!(whole, serde_json::from_str::<f64>(&text).is_ok(), "{}", text);
        }
    }
}
