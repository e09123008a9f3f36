//! Timestamps.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// A moment, with the offset that it was written with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub(super) at: Timestamp,
    pub(super) offset: Offset,
}

impl Time {
    pub(super) fn utc(at: Timestamp) -> Option<Self> {
        // The years 1 to 9999.
        (at.as_second() >= -62_135_596_800).then_some(Self { at, offset: Offset::UTC })
    }

    /// A time as RFC 3339 writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, clock) = (text.get(..10)?, text.get(11..)?);
        let between = text.get(10..11)?;
        let date = Self::day(date)?;
        let end = clock.find(['Z', '+', '-']).filter(|_| between == "T")?;
        let (clock, zone) = clock.split_at(end);
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (clock, None),
        };
        let nanos = match fraction {
            None => 0,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{digits:0<9}").get(..9)?.parse().ok()?
            }
            Some(_) => return None,
        };
        let mut parts = clock.split(':').map(two);
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
        let time = jiff::civil::Time::new(hour, minute, second, nanos).ok().filter(|_| parts.next().is_none())?;
        let offset = if zone == "Z" { Offset::UTC } else { zone_of(zone)? };
        let at = offset.to_timestamp(DateTime::from_parts(date, time)).ok()?;
        Self::utc(at).map(|time| Self { offset, ..time })
    }

    /// A value of the format `date-time`, which also takes a space and a small `t`.
    pub(super) fn of_format(text: &str) -> Option<Self> {
        let zoned = text.ends_with(['Z', 'z']) || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
        let mut text = text.replacen(['t', ' '], "T", 1).replace('z', "Z");
        if !zoned {
            text.push('Z');
        }
        Self::parse(&text)
    }

    /// A value of the format `date`.
    pub(super) fn date(text: &str) -> Option<Self> {
        let date = Self::day(text)?;
        Self::utc(Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()?)
    }

    fn day(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let year = parts.next().filter(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))?;
        let (month, day) = (two(parts.next()?)?, two(parts.next()?)?);
        Date::new(year.parse().ok()?, month, day).ok().filter(|_| parts.next().is_none())
    }

    /// The time as RFC 3339 writes it, with as many digits of the fraction as it takes.
    pub(super) fn text(self) -> String {
        let local = self.offset.to_datetime(self.at);
        let zone = self.offset.seconds();
        let mut text = local.to_string();
        if zone == 0 {
            text.push('Z');
        } else {
            let sign = if zone < 0 { '-' } else { '+' };
            let zone = zone.abs();
            text.push_str(&format!("{sign}{:02}:{:02}", zone / 3600, zone % 3600 / 60));
        }
        text
    }
}

fn two(text: &str) -> Option<i8> {
    text.parse().ok().filter(|_| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The offset that `+01:00`, `-01:00` or `01:00` means.
pub(super) fn zone_of(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (i32::from(two(hours)?), i32::from(two(minutes)?));
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}
