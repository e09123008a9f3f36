//! Numbers: arithmetic that cannot overflow unseen, and comparisons across types.

use std::cmp::Ordering;

use super::ast::Operator;
use super::error::CelError;
use super::floats::{float, float_of_unsigned, truncated, truncated_unsigned};
use super::value::Value;

/// Compares two numbers of any types; `None` if one is none, or is NaN.
pub(super) fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    use Value::{Double, Int, Uint};
    match (left, right) {
        (Int(left), Int(right)) => Some(left.cmp(right)),
        (Uint(left), Uint(right)) => Some(left.cmp(right)),
        (Double(left), Double(right)) => left.partial_cmp(right),
        (Int(left), Uint(right)) => Some(u64::try_from(*left).map_or(Ordering::Less, |left| left.cmp(right))),
        (Uint(_), Int(_)) | (Double(_), Int(_) | Uint(_)) => compare(right, left).map(Ordering::reverse),
        (Int(left), Double(right)) => match truncated(*right) {
            // The integer parts decide, then the fraction.
            Some(whole) => Some(left.cmp(&whole).then_with(|| float(whole).total_cmp(right))),
            None => float(*left).partial_cmp(right),
        },
        (Uint(left), Double(right)) => match truncated_unsigned(*right) {
            Some(whole) if *right >= 0.0 => {
                Some(left.cmp(&whole).then_with(|| float_of_unsigned(whole).total_cmp(right)))
            }
            _ => float_of_unsigned(*left).partial_cmp(right),
        },
        _ => None,
    }
}

/// Arithmetic on two numbers of the same type; `None` for other values.
pub(super) fn arithmetic<'a>(
    left: &Value<'a>,
    operator: Operator,
    right: &Value<'a>,
) -> Option<Result<Value<'a>, CelError>> {
    use Operator::{Add, Divide, Modulo, Multiply, Subtract};
    use Value::{Double, Int, Uint};
    macro_rules! whole {
        ($left:expr, $right:expr, $variant:ident, $overflow:literal) => {{
            let result = match operator {
                Divide if *$right == 0 => return Some(CelError::failed("division by zero")),
                Modulo if *$right == 0 => return Some(CelError::failed("modulus by zero")),
                Add => $left.checked_add(*$right),
                Subtract => $left.checked_sub(*$right),
                Multiply => $left.checked_mul(*$right),
                Divide => $left.checked_div(*$right),
                Modulo => $left.checked_rem(*$right),
                _ => return None,
            };
            result.map_or_else(|| CelError::failed($overflow), |result| Ok($variant(result)))
        }};
    }
    Some(match (left, right) {
        (Int(left), Int(right)) => whole!(left, right, Int, "integer overflow"),
        (Uint(left), Uint(right)) => whole!(left, right, Uint, "unsigned integer overflow"),
        (Double(left), Double(right)) => Ok(Double(match operator {
            Add => left + right,
            Subtract => left - right,
            Multiply => left * right,
            Divide => left / right,
            _ => return None,
        })),
        _ => return None,
    })
}
