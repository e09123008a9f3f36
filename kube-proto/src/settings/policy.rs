//! When calls are sent again, how many may be sent, and when none is.

use std::time::Duration;

/// A rate: `per_second` requests on average, `burst` at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests a second, above zero.
    pub per_second: f64,
    /// Requests that may come at once; at least 1.
    pub burst: u32,
}

/// When the circuit breaker opens. Off unless it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// This many failures in a row open it: connections that fail or time out, and answers 502, 503, 504.
    pub failures: u32,
    /// How long calls are then refused before one is tried.
    pub rest: Duration,
}

/// How often and how patiently a call is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The most repetitions because the server said `Retry-After`. The official client's number is 10.
    pub asked: u32,
    /// The most repetitions after a lost connection.
    pub lost: u32,
    /// A `Retry-After` above this is not waited for: the error is returned, and says it.
    pub patience: Duration,
    /// The first wait after a lost connection; doubles each time, and is jittered upwards by half.
    pub backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let (patience, backoff) = (Duration::from_secs(60), Duration::from_millis(500));
        Self { asked: 10, lost: 3, patience, backoff }
    }
}

impl RetryPolicy {
    /// Nothing is sent again but what a dead pooled connection swallowed unprocessed.
    pub const NEVER: Self = Self { asked: 0, lost: 0, patience: Duration::ZERO, backoff: Duration::ZERO };
}
