//! Integers of floats, and floats of integers.

/// 2^63, the first float beyond the integers.
const BEYOND: f64 = 9_223_372_036_854_775_808.0;

/// The integer that a float is exactly.
pub(super) fn whole(float: f64) -> Option<i64> {
    (float.trunc() == float).then(|| truncated(float)).flatten()
}

/// The integer part of a float, if it is an integer of 64 bits.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn truncated(float: f64) -> Option<i64> {
    (float > -BEYOND && float < BEYOND).then_some(float as i64)
}

/// The same without a sign.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn truncated_unsigned(float: f64) -> Option<u64> {
    (float > -1.0 && float < 2.0 * BEYOND).then_some(float as u64)
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn float(number: i64) -> f64 {
    number as f64
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn float_of_unsigned(number: u64) -> f64 {
    number as f64
}
