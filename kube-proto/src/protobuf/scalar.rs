//! The texts of times and durations in JSON, as Go writes them.

/// The second of Go's zero time, January 1 of the year 1. Go writes it as null.
pub(super) const ZERO_TIME: i64 = -62_135_596_800;

/// A time as text, in a buffer of its own.
pub(super) struct TimeText {
    bytes: [u8; 27],
    len: usize,
}

impl TimeText {
    /// `2006-01-02T15:04:05Z`, with six digits after the second if there are microseconds. `None` before the year 0 and
    /// after the year 9999.
    pub(super) fn new(seconds: i64, micros: Option<u32>) -> Option<Self> {
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days)?;
        let mut bytes = *b"0000-00-00T00:00:00.000000Z";
        let mut put = |at: usize, number: i64| {
            if let Some(two) = bytes.get_mut(at..at + 2) {
                two.copy_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
            }
        };
        put(0, year / 100);
        put(2, year % 100);
        put(5, month);
        put(8, day);
        put(11, second / 3600);
        put(14, second / 60 % 60);
        put(17, second % 60);
        let len = match micros.map(i64::from) {
            Some(micros) => {
                put(20, micros / 10_000 % 100);
                put(22, micros / 100 % 100);
                put(24, micros % 100);
                27
            }
            None => {
                bytes[19] = b'Z';
                20
            }
        };
        Some(Self { bytes, len })
    }

    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// The days of 400 years.
const CYCLE: i64 = 146_097;

/// The date of a day, counted from January 1, 1970. Years begin in March here, so that a leap day is the last of its
/// year, and come in cycles of 400.
fn date(days: i64) -> Option<(i64, i64, i64)> {
    let days = days.checked_add(719_468)?; // since March 1 of the year 0
    let (cycle, day) = (days.div_euclid(CYCLE), days.rem_euclid(CYCLE));
    let year = (day - day / 1460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // 0 is March
    let day = day - (153 * month + 2) / 5 + 1;
    let year = year + cycle * 400 + i64::from(month >= 10);
    (0..=9999).contains(&year).then_some((year, if month < 10 { month + 3 } else { month - 9 }, day))
}

/// The seconds and nanoseconds of a time in RFC 3339, as strict as Go. Digits beyond nanoseconds are dropped.
pub(super) fn parse_time(text: &str) -> Option<(i64, u32)> {
    let mut rest = text;
    let mut number = |digits: usize, end: &[char]| {
        let (number, after) = rest.split_at_checked(digits)?;
        rest = if end.is_empty() { after } else { after.strip_prefix(end)? };
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse::<i64>().ok())?
    };
    let (year, month, day) = (number(4, &['-'])?, number(2, &['-'])?, number(2, &['T'])?);
    let (hour, minute, second) = (number(2, &[':'])?, number(2, &[':'])?, number(2, &[])?);
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, after) = fraction.split_at_checked(digits)?;
        let nine = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
        nanos = nine.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
        rest = after;
        if digits == 0 {
            return None;
        }
    }
    let offset = match rest.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit()) => {
            let two = |ten: u8, one: u8| i64::from(ten - b'0') * 10 + i64::from(one - b'0');
            let (hours, minutes) = (two(*h1, *h2), two(*m1, *m2));
            let seconds = (hours <= 24 && minutes < 60).then_some((hours * 60 + minutes) * 60)?;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let days = day_of(year, month, day)?;
    let valid = (0..24).contains(&hour) && minute < 60 && second < 60 && date(days)? == (year, month, day);
    valid.then_some((days * 86_400 + (hour * 60 + minute) * 60 + second - offset, nanos))
}

/// The day of a date, counted from January 1, 1970; nonsense for a date that does not exist.
fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // As in `date`.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
    Some(cycle * CYCLE + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// A duration in Go's form: `1h0m0.5s`, `1.5ms`, `0s`.
pub(super) fn duration(nanos: i64) -> String {
    let all = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    // The number without the zeros at the end of its fraction, which has this many digits.
    let decimal = |number: u64, digits: usize| {
        let unit = 10u64.pow(digits as u32);
        let fraction = format!("{:0digits$}", number % unit);
        match fraction.trim_end_matches('0') {
            "" => (number / unit).to_string(),
            fraction => format!("{}.{fraction}", number / unit),
        }
    };
    match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{all}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", decimal(all, 3)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", decimal(all, 6)),
        _ => {
            let (minutes, rest) = (all / MINUTE, all % MINUTE);
            let seconds = decimal(rest, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

const MINUTE: u64 = 60_000_000_000;

/// The nanoseconds of a duration in Go's form; fractions of a nanosecond are dropped.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut nanos: i128 = 0;
    loop {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at_checked(digits(rest))?;
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at_checked(digits(after))?,
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => i128::from(MINUTE),
            "h" => 60 * i128::from(MINUTE),
            _ => return None,
        };
        let whole: i128 = if whole.is_empty() { 0 } else { i128::from(whole.parse::<u64>().ok()?) };
        // Digits beyond the 18th are far below a nanosecond.
        let fraction = fraction.get(..18).unwrap_or(fraction);
        let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        nanos = nanos.checked_add(whole * unit + part * unit / 10i128.pow(fraction.len() as u32))?;
        if after.is_empty() {
            return i64::try_from(if negative { -nanos } else { nanos }).ok();
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times() {
        for (seconds, micros, text) in [
            (0, None, "1970-01-01T00:00:00Z"),
            (ZERO_TIME, None, "0001-01-01T00:00:00Z"),
            (-62_167_219_200, None, "0000-01-01T00:00:00Z"),
            (253_402_300_799, Some(999_999), "9999-12-31T23:59:59.999999Z"),
            (951_827_696, Some(7), "2000-02-29T12:34:56.000007Z"),
            (-1, None, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(TimeText::new(seconds, micros).unwrap().as_str(), text);
            let nanos = micros.unwrap_or(0) * 1000;
            assert_eq!(parse_time(text), Some((seconds, nanos)));
        }
        for seconds in [i64::MIN, -62_167_219_201, 253_402_300_800, i64::MAX] {
            assert!(TimeText::new(seconds, None).is_none());
        }
        assert_eq!(parse_time("2024-01-02T03:04:05.5+01:00"), Some((1_704_161_045, 500_000_000)));
        assert_eq!(parse_time("1969-12-31T23:59:59.5Z"), Some((-1, 500_000_000)));
        assert_eq!(parse_time("2024-02-29T00:00:00,1234567899-00:30"), Some((1_709_166_600, 123_456_789)));
        for text in [
            "yesterday",
            "",
            "2024-01-02T03:04:05",
            "2024-01-02 03:04:05Z",
            "2024-01-02T03:04:05z",
            "2024-01-02T03:04:05.Z",
            "2024-01-02T03:04:05+0100",
            "2024-01-02T03:04:05+01:00x",
            "2024-01-02T3:04:05Z",
            "+024-01-02T03:04:05Z",
            "2023-02-29T00:00:00Z",
            "2024-00-02T03:04:05Z",
            "2024-13-02T03:04:05Z",
            "2024-04-31T03:04:05Z",
            "2024-01-02T24:00:00Z",
            "2024-01-02T03:60:05Z",
            "2024-01-02T03:04:60Z",
            "2024-01-02T03:04:05+25:00",
            "202é-01-02T03:04:05Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (-2_500_000, "-2.5ms"),
            (1_000_000_000, "1s"),
            (61_500_000_000, "1m1.5s"),
            (5_400_000_000_000, "1h30m0s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!((duration(nanos).as_str(), parse_duration(text)), (text, Some(nanos)));
        }
        for (text, nanos) in [
            ("0", Some(0)),
            ("+1.5h", Some(5_400_000_000_000)),
            (".5us", Some(500)),
            ("1.s", Some(1_000_000_000)),
            ("1s1s", Some(2_000_000_000)),
            ("0.9999999999999999999999ns", Some(0)),
            ("2562047h47m16.854775808s", None),
            ("", None),
            ("-", None),
            ("1", None),
            (".s", None),
            ("1d", None),
            ("1s ", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(parse_duration(text), nanos, "{text}");
        }
    }

    proptest! {
        #[test]
        fn jiff_reads_the_same(seconds in -62_135_596_800i64..253_402_207_200, micros in 0u32..1_000_000) {
            let text = TimeText::new(seconds, Some(micros)).unwrap();
            prop_assert_eq!(parse_time(text.as_str()), Some((seconds, micros * 1000)));
            let read: jiff::Timestamp = text.as_str().parse().unwrap();
            let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(micros) * 1000;
            prop_assert_eq!(read.as_nanosecond(), nanos);
        }

        #[test]
        fn a_duration_is_read_back(nanos in any::<i64>()) {
            prop_assert_eq!(parse_duration(&duration(nanos)), Some(nanos));
        }
    }
}
