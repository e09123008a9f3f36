//! Schedules of CronJobs, read as the real server's parser reads them, with its complaints.

use crate::go;

/// The least and the most of a field, and the names of its values.
struct Bounds {
    least: i64,
    most: i64,
    names: &'static [&'static str],
    /// The value of the first name.
    first: i64,
}

const FIELDS: [Bounds; 5] = [
    Bounds { least: 0, most: 59, names: &[], first: 0 },
    Bounds { least: 0, most: 23, names: &[], first: 0 },
    Bounds { least: 1, most: 31, names: &[], first: 0 },
    Bounds {
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        first: 1,
    },
    Bounds { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"], first: 0 },
];

/// What is wrong with a schedule: `0 0 1 1 *`, `@daily`, `@every 1h30m`, each with a `TZ=` before it.
pub(super) fn schedule(text: &str) -> Result<(), String> {
    let mut spec = text;
    if spec.starts_with("TZ=") || spec.starts_with("CRON_TZ=") {
        let Some((zone, rest)) = spec.split_once(' ') else {
            return Err("invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned());
        };
        let zone = zone.split_once('=').map_or("", |(_, zone)| zone);
        if !is_known(zone) {
            return Err(format!("provided bad location {zone}: unknown time zone {zone}"));
        }
        spec = rest.trim();
    }
    if spec.starts_with('@') {
        return descriptor(spec);
    }
    let fields: Vec<&str> = spec.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let list = fields.join(" ");
        return Err(format!("expected exactly {} fields, found {}: [{list}]", FIELDS.len(), fields.len()));
    }
    for (field, bounds) in fields.iter().zip(&FIELDS) {
        for range in field.split(',').filter(|range| !range.is_empty()) {
            bounds.check(range)?;
        }
    }
    Ok(())
}

impl Bounds {
    /// `*`, `5`, `1-5`, and each with a step: `*/10`.
    fn check(&self, range: &str) -> Result<(), String> {
        let mut parts = range.split('/');
        let ends: Vec<&str> = parts.next().unwrap_or_default().split('-').collect();
        let (start, mut end) = match ends.as_slice() {
            ["*" | "?", ..] => (self.least, self.most),
            [one] => (self.value(one)?, self.value(one)?),
            [low, high] => (self.value(low)?, self.value(high)?),
            [low, ..] => {
                self.value(low)?;
                return Err(format!("too many hyphens: {range}"));
            }
            [] => return Ok(()),
        };
        let mut step = 1;
        if let Some(text) = parts.next() {
            if parts.next().is_some() {
                return Err(format!("too many slashes: {range}"));
            }
            step = number(text)?;
            if ends.len() == 1 {
                end = self.most;
            }
        }
        let (least, most) = (self.least, self.most);
        if start < least {
            return Err(format!("beginning of range ({start}) below minimum ({least}): {range}"));
        }
        if end > most {
            return Err(format!("end of range ({end}) above maximum ({most}): {range}"));
        }
        if start > end {
            return Err(format!("beginning of range ({start}) beyond end of range ({end}): {range}"));
        }
        if step == 0 {
            return Err(format!("step of range should be a positive number: {range}"));
        }
        Ok(())
    }

    fn value(&self, text: &str) -> Result<i64, String> {
        let lower = text.to_lowercase();
        match self.names.iter().zip(self.first..).find(|(name, _)| **name == lower) {
            Some((_, value)) => Ok(value),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fault = if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        "invalid syntax"
    } else {
        match text.parse::<i64>() {
            Ok(number) if number < 0 => return Err(format!("negative number ({number}) not allowed: {text}")),
            Ok(number) => return Ok(number),
            Err(_) => "value out of range",
        }
    };
    Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {}: {fault}", go::quote(text)))
}

fn descriptor(text: &str) -> Result<(), String> {
    const KNOWN: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    if KNOWN.contains(&text) {
        return Ok(());
    }
    match text.strip_prefix("@every ") {
        Some(every) => duration(every).map_err(|fault| format!("failed to parse duration {text}: {fault}")),
        None => Err(format!("unrecognized descriptor: {text}")),
    }
}

/// A duration as Go writes it: `1h30m`, `1.5s`.
fn duration(text: &str) -> Result<(), String> {
    let invalid = || format!("time: invalid duration {}", go::quote(text));
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(unit);
        if !number.contains(|c: char| c.is_ascii_digit()) || number.matches('.').count() > 1 {
            return Err(invalid());
        }
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", go::quote(text)));
        }
        if !["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "s", "m", "h"].contains(&unit) {
            return Err(format!("time: unknown unit {} in duration {}", go::quote(unit), go::quote(text)));
        }
        rest = tail;
    }
    Ok(())
}

/// What is wrong with a time zone.
pub(super) fn time_zone(zone: &str) -> Vec<String> {
    if zone.is_empty() {
        return vec!["timeZone must be nil or non-empty string".to_owned()];
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let well_formed = zone.split('/').all(|part| {
        !matches!(part, "" | "." | "..") && part.len() <= 14 && !part.starts_with('-') && part.chars().all(allowed)
    });
    let unknown = || format!("unknown time zone {zone}");
    if !well_formed {
        return vec![unknown()];
    }
    let mut complaints = Vec::new();
    if zone.eq_ignore_ascii_case("local") {
        let where_from = "https://www.iana.org/time-zones";
        complaints.push(format!("timeZone must be an explicit time zone as defined in {where_from}"));
    }
    if zone != "Local" && !is_known(zone) {
        complaints.push(unknown());
    }
    complaints
}

/// Whether there is such a time zone. The regions are known here, their places are not.
fn is_known(zone: &str) -> bool {
    const REGIONS: [&str; 16] = [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Brazil",
        "Canada",
        "Chile",
        "Etc",
        "Europe",
        "Indian",
        "Mexico",
        "Pacific",
        "US",
    ];
    const ALONE: [&str; 13] =
        ["", "UTC", "GMT", "Local", "CET", "EET", "EST", "HST", "MET", "MST", "WET", "Universal", "Zulu"];
    match zone.split_once('/') {
        Some((region, place)) => REGIONS.contains(&region) && !place.is_empty(),
        None => ALONE.contains(&zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_the_real_server_reads_them() {
        for (text, fault) in [
            ("* * * * *", ""),
            ("*/5 0-6/2 1,15 JAN-mar MON", ""),
            ("TZ=Europe/Berlin @daily", ""),
            ("@every 1h1.5s", ""),
            ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
            ("99999999999999999999 * * * *", "value out of range"),
            ("TZ=Mars/Phobos * * * * *", "provided bad location Mars/Phobos: unknown time zone Mars/Phobos"),
            ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
            ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""),
            ("@every 5d", "time: unknown unit \"d\" in duration \"5d\""),
            ("@every ", "time: invalid duration \"\""),
        ] {
            match schedule(text) {
                Ok(()) => assert_eq!(fault, "", "{text}"),
                Err(found) => assert!(!fault.is_empty() && found.contains(fault), "{text}: {found}"),
            }
        }
    }
}
