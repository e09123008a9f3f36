//! Short texts of ages (`duration.HumanDuration` of apimachinery).

use std::time::Duration;

use crate::meta::{self, Json};

/// The age of the time at a path, `<unknown>` if there is none.
pub(super) fn since(object: &Json, path: &[&str], now: Duration) -> String {
    match meta::parse_time(meta::text(object, path)) {
        Some(at) => human(at, now),
        None => "<unknown>".into(),
    }
}

/// The time from `at` to `now`.
pub(super) fn human(at: Duration, now: Duration) -> String {
    match now.checked_sub(at) {
        Some(age) => duration(age),
        None if at - now < Duration::from_secs(2) => "0s".into(),
        None => "<invalid>".into(),
    }
}

/// A length of time.
pub(super) fn duration(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let pair = |big: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big}{unit}"),
        small => format!("{big}{unit}{small}{small_unit}"),
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => pair(days, "d", hours % 24, "h"),
        () if years < 2 => format!("{days}d"),
        () if years < 8 => pair(years, "y", days % 365, "d"),
        () => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let (m, h, d) = (60, 3600, 86400);
        let table = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (10 * m, "10m"),
            (179 * m, "179m"),
            (3 * h, "3h"),
            (3 * h + 5 * m, "3h5m"),
            (8 * h, "8h"),
            (47 * h, "47h"),
            (48 * h, "2d"),
            (50 * h, "2d2h"),
            (8 * d, "8d"),
            (729 * d, "729d"),
            (731 * d, "2y1d"),
            (8 * 365 * d, "8y"),
        ];
        for (seconds, want) in table {
            assert_eq!(duration(Duration::from_secs(seconds)), want);
        }
        assert_eq!(human(Duration::from_secs(11), Duration::from_secs(10)), "0s");
        assert_eq!(human(Duration::from_secs(15), Duration::from_secs(10)), "<invalid>");
    }
}
