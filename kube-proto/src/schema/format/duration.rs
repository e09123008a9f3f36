//! Durations: Go's, `1h30m`, and Scala's, `3 days`.

/// Whether a text is a duration.
pub(super) fn is_duration(text: &str) -> bool {
    of_go(text).is_some() || of_scala(text)
}

/// The nanoseconds of a duration in Go's notation.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    of_go(text)
}

/// `[-+]?([0-9]*(\.[0-9]*)?[a-z]+)+`, or a zero without a unit; the value fits 63 bits of nanoseconds.
fn of_go(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let most: u128 = 1 << 63;
    let mut sum = 0_u128;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let value: u128 = if whole.is_empty() { 0 } else { whole.parse().ok().filter(|value| *value <= most)? };
        // A fraction of an hour has at most 13 significant digits.
        let fraction = fraction.get(..18).unwrap_or(fraction);
        let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        sum += value * unit + part * unit / scale;
        if sum > most {
            return None;
        }
        rest = after;
    }
    let sum = i128::try_from(sum).ok()?;
    i64::try_from(if negative { -sum } else { sum }).ok()
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// A number and a unit anywhere in the text. A number that does not fit 64 bits is an error.
fn of_scala(text: &str) -> bool {
    let mut found = false;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (number, after) = digits(rest.get(start..).unwrap_or_default());
        let spaced = after.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let end = spaced.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(spaced.len());
        let (unit, after_unit) = spaced.split_at(end);
        if unit.is_empty() {
            rest = after;
            continue;
        }
        if number.parse::<i64>().is_err() {
            return false;
        }
        found |= is_unit(&unit.to_lowercase());
        rest = after_unit;
    }
    found
}

/// The last name of each unit may go on: `day`, `days`.
fn is_unit(text: &str) -> bool {
    const UNITS: &[&[&str]] = &[
        &["ns", "nano"],
        &["us", "µs", "micro"],
        &["ms", "milli"],
        &["s", "sec"],
        &["m", "min"],
        &["h", "hr", "hour"],
        &["d", "day"],
        &["w", "wk", "week"],
    ];
    UNITS.iter().any(|names| names.contains(&text) || names.last().is_some_and(|last| text.starts_with(last)))
}
