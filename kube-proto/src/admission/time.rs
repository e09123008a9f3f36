//! How long a webhook may take.

use std::time::Duration;

use crate::config::overrides::go_duration;

/// The time that an API server waits for an admission webhook, from the query of its request (`timeout=10s`); 10 s
/// without one, as in the API's default.
pub(super) fn admission(query: Option<&str>) -> Duration {
    let pairs = query.unwrap_or_default().split('&');
    let timeout = pairs.filter_map(|pair| pair.strip_prefix("timeout=")).find_map(go_duration);
    less(timeout.unwrap_or(Duration::from_secs(10)).min(LONGEST))
}

/// The time that an API server waits for a conversion: it does not say, and it is 30 s.
pub(super) fn conversion() -> Duration {
    less(LONGEST)
}

/// Less a tenth, at most a second: the answer has a way to go.
fn less(timeout: Duration) -> Duration {
    timeout.saturating_sub((timeout / 10).min(Duration::from_secs(1)))
}

/// The longest time that an API server waits for a webhook.
const LONGEST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_answer() {
        for (query, millis) in [
            (None, 9_000),
            (Some("timeout=10s"), 9_000),
            (Some("a=b&timeout=1s"), 900),
            (Some("timeout=30s"), 29_000),
            (Some("timeout=1m30s"), 29_000),
            (Some("timeout=1.5s"), 1_350),
            (Some("timeout=500ms"), 450),
            (Some("timeout=0s"), 0),
            (Some("timeout="), 9_000),
            (Some("timeout=10"), 9_000),
            (Some("timeout=-1s"), 9_000),
            (Some("timeout=1e400s"), 9_000),
            (Some("timeout=99999999999999999999999999999h"), 9_000),
        ] {
            assert_eq!(admission(query), Duration::from_millis(millis), "{query:?}");
        }
    }
}
