//! Moments as text: RFC 3339 §5.6, as Kubernetes writes them.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// The time from 1970-01-01T00:00:00Z to a moment; `None` if the text is no RFC 3339.
///
/// Not a [`jiff::Timestamp`], because that ends before 9999-12-31T23:59:59Z, with which some programs say 'never', and
/// its parser takes more than RFC 3339. Digits after the ninth of a fraction are dropped, as in Go. There is no second
/// 60, as in Go.
pub(crate) fn since_1970(text: &str) -> Option<SignedDuration> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let rest = rest.strip_prefix(['T', 't'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let (nanosecond, offset) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let (digits, offset) = rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
            let nine = digits.bytes().map(|digit| i32::from(digit - b'0')).chain(std::iter::repeat(0)).take(9);
            (nine.fold(0, |sum, digit| sum * 10 + digit), offset)
        }
    };
    let small = |number: i16| i8::try_from(number).ok();
    let local =
        DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, nanosecond);
    let local = local.ok()?.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    local.checked_sub(SignedDuration::from_mins(minutes(offset)?))
}

/// The second in which this time since 1970-01-01T00:00:00Z ends.
pub(crate) fn second(since: Duration) -> String {
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| format!("second {seconds}"), |time| time.to_string())
}

/// An offset from UTC, in minutes.
fn minutes(offset: &str) -> Option<i64> {
    if matches!(offset, "Z" | "z") {
        return Some(0);
    }
    let (sign, time) = match offset.split_at_checked(1)? {
        ("+", time) => (1, time),
        ("-", time) => (-1, time),
        _ => return None,
    };
    let [hours @ 0..24, minutes @ 0..60] = numbers(time, ':', [2, 2])? else { return None };
    Some(sign * (i64::from(hours) * 60 + i64::from(minutes)))
}

/// Numbers of exactly these lengths.
fn numbers<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i16; N]> {
    let mut parts = text.split(between);
    let mut all = [0; N];
    for (number, length) in all.iter_mut().zip(lengths) {
        let part =
            parts.next().filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, seconds, nanoseconds) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2001-09-09T01:46:40Z", 1_000_000_000, 0),
            ("2001-09-09t01:46:40z", 1_000_000_000, 0),
            ("2001-09-09T03:46:40.5+02:00", 1_000_000_000, 500_000_000),
            ("2001-09-08T20:16:40-05:30", 1_000_000_000, 0),
            ("2001-09-09T01:46:40-00:00", 1_000_000_000, 0),
            ("2001-09-09T01:46:40.000000001Z", 1_000_000_000, 1),
            ("2001-09-09T01:46:40.1234567899999Z", 1_000_000_000, 123_456_789),
            ("2000-02-29T00:00:00Z", 951_782_400, 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
            ("9999-12-31T23:59:59.999999999-23:59", 253_402_387_139, 999_999_999),
            ("1950-01-01T00:00:00Z", -631_152_000, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ] {
            assert_eq!(since_1970(text), Some(SignedDuration::new(seconds, nanoseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_rfc_3339() {
        for text in [
            "",
            "2001-09-09",
            "2001-09-09T01:46:40",
            "2001-09-09 01:46:40Z",
            "2001-09-09T01:46Z",
            "2001-09-09T01:46:40 Z",
            " 2001-09-09T01:46:40Z",
            "2001-09-09T01:46:40Z ",
            "2001-09-09T01:46:40ZZ",
            "2001-09-09T01:46:40+02",
            "2001-09-09T01:46:40+0200",
            "2001-09-09T01:46:40+24:00",
            "2001-09-09T01:46:40+02:60",
            "2001-09-09T01:46:40+02:00:00",
            "2001-09-09T01:46:40+02:00[Europe/Berlin]",
            "2001-09-09T01:46:40.Z",
            "2001-09-09T01:46:40,5Z",
            "2001-09-09T01:46:60Z",
            "2001-09-09T24:00:00Z",
            "2001-13-09T01:46:40Z",
            "2001-02-29T01:46:40Z",
            "2001-9-9T1:46:40Z",
            "02001-09-09T01:46:40Z",
            "-001-09-09T01:46:40Z",
            "+001-09-09T01:46:40Z",
            "20010909T014640Z",
            "2001-W36-7T01:46:40Z",
            "1000000000",
            "２001-09-09T01:46:40Z",
        ] {
            assert_eq!(since_1970(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn as_jiff_where_that_reads_it(second in -60_000_000_000i64..253_402_207_200, nanosecond in 0i32..1_000_000_000) {
            let time = jiff::Timestamp::new(second, nanosecond.rem_euclid(1_000_000_000)).unwrap();
            let text = time.to_string();
            proptest::prop_assume!(second > -62_135_596_800);
            proptest::prop_assert_eq!(since_1970(&text), Some(time.as_duration()), "{}", text);
        }

        #[test]
        fn garbage_ends(text: String) {
            let _ = since_1970(&text);
        }
    }
}
