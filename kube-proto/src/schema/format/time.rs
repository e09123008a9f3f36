//! Times as Go's `time.Parse` reads them for `metav1.Time` and `metav1.MicroTime`.
//!
//! Go is laxer than RFC 3339: an hour of one digit, a comma before the fraction, and a zone up to `+24:60` are read.
//! The value is written in UTC, and the fraction is cut to what the layout has.

/// The format of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `metav1.Time`: a fraction may be there, and is dropped.
    Seconds,
    /// `metav1.MicroTime`: exactly six digits of fraction.
    Micros,
}

impl Layout {
    /// The layout in Go's notation.
    fn text(self) -> &'static str {
        match self {
            Layout::Seconds => "2006-01-02T15:04:05Z07:00",
            Layout::Micros => "2006-01-02T15:04:05.000000Z07:00",
        }
    }
}

/// Reads a time and writes it as Go does; `None` for Go's zero time, which Go writes as null.
///
/// # Errors
/// Go's message.
pub fn time(text: &str, layout: Layout) -> Result<Option<String>, String> {
    let reader = &mut Reader { layout, whole: text, rest: text.as_bytes() };
    let year = reader.year()?;
    reader.literal("-")?;
    let month = reader.number("01", 1, 12, "month")?;
    reader.literal("-")?;
    let day = reader.number("02", 0, 99, "day")?;
    reader.literal("T")?;
    let hour = reader.hour()?;
    reader.literal(":")?;
    let minute = reader.number("04", 0, 59, "minute")?;
    reader.literal(":")?;
    let second = reader.number("05", 0, 59, "second")?;
    let nanos = reader.fraction()?;
    let offset = reader.zone()?;
    if !reader.rest.is_empty() {
        return Err(reader.whole_fault(&format!("extra text: {}", quote(reader.rest))));
    }
    if day < 1 || day > days_in(month, year) {
        return Err(reader.whole_fault("day out of range"));
    }
    let seconds = days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    if seconds == days_before(1, 1, 1) * 86_400 && nanos == 0 {
        return Ok(None);
    }
    Ok(Some(written(seconds, nanos, layout)))
}

fn written(seconds: i64, nanos: i64, layout: Layout) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let sign = if year < 0 { "-" } else { "" };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = match layout {
        Layout::Seconds => String::new(),
        Layout::Micros => format!(".{:06}", nanos / 1000),
    };
    format!("{sign}{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z", year.abs())
}

struct Reader<'a> {
    layout: Layout,
    whole: &'a str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A message about the part of the layout that does not fit.
    fn fault(&self, at: &[u8], part: &str) -> String {
        let (whole, layout) = (quote(self.whole.as_bytes()), self.layout.text());
        format!("parsing time {whole} as \"{layout}\": cannot parse {} as \"{part}\"", quote(at))
    }

    /// A message about the whole text.
    fn whole_fault(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quote(self.whole.as_bytes()))
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn literal(&mut self, text: &str) -> Result<(), String> {
        match self.rest.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.fault(self.rest, text)),
        }
    }

    fn year(&mut self) -> Result<i64, String> {
        let before = self.rest;
        let digits = self.take(4).and_then(decimal);
        digits.ok_or_else(|| self.fault(before, "2006"))
    }

    /// Two digits.
    fn number(&mut self, part: &str, least: i64, most: i64, name: &str) -> Result<i64, String> {
        let before = self.rest;
        let value = self.take(2).and_then(decimal).ok_or_else(|| self.fault(before, part))?;
        self.within(value, least, most, name)
    }

    /// One or two digits.
    fn hour(&mut self) -> Result<i64, String> {
        let count = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        let before = self.rest;
        let value = self.take(count).and_then(decimal).ok_or_else(|| self.fault(before, "15"))?;
        self.within(value, 0, 23, "hour")
    }

    fn within(&self, value: i64, least: i64, most: i64, name: &str) -> Result<i64, String> {
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        Err(self.whole_fault(&format!("{name} out of range")))
    }

    /// The nanoseconds.
    fn fraction(&mut self) -> Result<i64, String> {
        let before = self.rest;
        match (self.layout, before) {
            (Layout::Micros, _) => {
                let part = self.take(7).and_then(|part| part.strip_prefix(b".").or(part.strip_prefix(b",")));
                // Go reads a sign here.
                let micros = part.and_then(|part| match part {
                    [b'-', digits @ ..] => decimal(digits).map(|micros| -micros),
                    [b'+', digits @ ..] | digits => decimal(digits),
                });
                let micros = micros.ok_or_else(|| self.fault(before, ".000000"))?;
                self.within(micros * 1000, 0, 999_999_999, "fractional second")
            }
            (Layout::Seconds, [b'.' | b',', rest @ ..]) => {
                let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if count > 0 {
                    self.rest = rest.get(count..).unwrap_or_default();
                }
                let digits = rest.get(..count.min(9)).unwrap_or_default();
                Ok((0..9).fold(0, |nanos, at| nanos * 10 + digits.get(at).map_or(0, |digit| i64::from(digit - b'0'))))
            }
            (Layout::Seconds, _) => Ok(0),
        }
    }

    /// The offset from UTC in seconds.
    fn zone(&mut self) -> Result<i64, String> {
        if let Some(rest) = self.rest.strip_prefix(b"Z") {
            self.rest = rest;
            return Ok(0);
        }
        let before = self.rest;
        let read = |part: &[u8]| match part {
            [sign @ (b'+' | b'-'), hour @ .., b':', ten, one] => {
                let (hour, minute) = (decimal(hour)?, decimal(&[*ten, *one])?);
                Some((if *sign == b'-' { -1 } else { 1 }, hour, minute))
            }
            _ => None,
        };
        let part = self.take(6).and_then(read);
        let (sign, hour, minute) = part.ok_or_else(|| self.fault(before, "Z07:00"))?;
        self.within(hour, 0, 24, "time zone offset hour")?;
        self.within(minute, 0, 60, "time zone offset minute")?;
        Ok(sign * (hour * 3600 + minute * 60))
    }
}

/// The value of decimal digits; `None` if there is none, or something else.
fn decimal(digits: &[u8]) -> Option<i64> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all.then(|| digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// A text in quotes as Go's package `time` writes it.
fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'~' | 0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

fn days_in(month: i64, year: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 0000-03-01 to a date. Years begin in March, so that the leap day is the last.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1
}

/// The year, month and day that many days after 0000-03-01.
fn date(days: i64) -> (i64, i64, i64) {
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (month * 153 + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days() {
        for days in (-800_000..4_000_000).step_by(37) {
            let (year, month, day) = date(days);
            assert_eq!(days_before(year, month, day), days);
            assert!((1..=12).contains(&month) && (1..=days_in(month, year)).contains(&day));
        }
    }
}
