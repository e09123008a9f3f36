//! Arithmetic and parts of timestamps and durations.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::error::CelError;
use super::time::{Time, zone_of};
use super::value::Value;
use crate::schema::format::duration;

/// `getFullYear` and the like, of a timestamp in a zone, or of a duration.
pub(super) fn part<'a>(name: &str, of: &Value<'a>, zone: Option<&str>) -> Result<Value<'a>, CelError> {
    match of {
        Value::Duration(nanos) => {
            let unit = match name {
                "getHours" => 3_600_000_000_000,
                "getMinutes" => 60_000_000_000,
                "getSeconds" => 1_000_000_000,
                "getMilliseconds" => 1_000_000,
                _ => return CelError::no_overload(name),
            };
            Ok(Value::Int(nanos / unit))
        }
        Value::Time(time) => {
            let offset = match zone {
                None | Some("UTC" | "") => Offset::UTC,
                Some(zone) if zone.contains(':') => match zone_of(zone) {
                    Some(offset) => offset,
                    None => return CelError::failed(format!("invalid time zone {zone}")),
                },
                Some(zone) => return Err(CelError::Unknown(format!("the time zone {zone}"))),
            };
            let local = offset.to_datetime(time.at);
            let value = match name {
                "getFullYear" => i64::from(local.year()),
                "getMonth" => i64::from(local.month()) - 1,
                "getDate" => i64::from(local.day()),
                "getDayOfMonth" => i64::from(local.day()) - 1,
                "getDayOfWeek" => i64::from(local.weekday().to_sunday_zero_offset()),
                "getDayOfYear" => i64::from(local.day_of_year()) - 1,
                "getHours" => i64::from(local.hour()),
                "getMinutes" => i64::from(local.minute()),
                "getSeconds" => i64::from(local.second()),
                _ => i64::from(local.millisecond()),
            };
            Ok(Value::Int(value))
        }
        _ => CelError::no_overload(name),
    }
}

/// A time and a duration as operands; `None` for other values.
pub(super) fn arithmetic<'a>(left: &Value<'a>, plus: bool, right: &Value<'a>) -> Option<Result<Value<'a>, CelError>> {
    let moved = |time: &Time, nanos: i128| {
        let at = Timestamp::from_nanosecond(time.at.as_nanosecond() + nanos).ok().and_then(Time::utc);
        at.map_or_else(
            || CelError::failed("timestamp overflow"),
            |at| Ok(Value::Time(Time { offset: time.offset, ..at })),
        )
    };
    let sum =
        |sum: Option<i64>| sum.map_or_else(|| CelError::failed("duration overflow"), |sum| Ok(Value::Duration(sum)));
    Some(match (left, right) {
        (Value::Time(time), Value::Duration(nanos)) => moved(time, if plus { 1 } else { -1 } * i128::from(*nanos)),
        (Value::Duration(nanos), Value::Time(time)) if plus => moved(time, i128::from(*nanos)),
        (Value::Time(left), Value::Time(right)) if !plus => {
            sum(i64::try_from(left.at.as_nanosecond() - right.at.as_nanosecond()).ok())
        }
        (Value::Duration(left), Value::Duration(right)) if plus => sum(left.checked_add(*right)),
        (Value::Duration(left), Value::Duration(right)) => sum(left.checked_sub(*right)),
        _ => return None,
    })
}

/// The text of a duration: its seconds.
pub(super) fn seconds(nanos: i64) -> String {
    let (sign, all) = if nanos < 0 { ("-", nanos.unsigned_abs()) } else { ("", nanos.unsigned_abs()) };
    let text = format!("{sign}{}.{:09}", all / 1_000_000_000, all % 1_000_000_000);
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The duration that a text is.
pub(super) fn duration_of(text: &str) -> Option<i64> {
    duration::nanoseconds(text)
}
