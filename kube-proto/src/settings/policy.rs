//! The policies for retries, rates and the circuit breaker.

use std::time::Duration;

/// A rate limit: `per_second` requests on average, and `burst` at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests per second, above zero.
    pub per_second: f64,
    /// Requests that may be sent at once; at least 1.
    pub burst: u32,
}

/// When the circuit breaker opens. Off unless it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The failures in a row that open it: failed or timed-out exchanges, and the statuses 502, 503 and 504.
    pub failures: u32,
    /// How long calls are refused before one is tried.
    pub rest: Duration,
}

/// When a call is repeated, and how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The most repetitions after a `Retry-After`. 10 by default, as in client-go.
    pub asked: u32,
    /// The most repetitions after a lost connection. 3 by default.
    pub lost: u32,
    /// The longest `Retry-After` to wait for. A longer one is returned with the error. 60 s by default.
    pub patience: Duration,
    /// The first wait after a lost connection. It doubles each time; jitter adds up to half of it. 500 ms by default.
    pub backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let (patience, backoff) = (Duration::from_secs(60), Duration::from_millis(500));
        Self { asked: 10, lost: 3, patience, backoff }
    }
}

impl RetryPolicy {
    /// No repetitions, except once on a new connection after a dead pooled connection.
    pub const NEVER: Self = Self { asked: 0, lost: 0, patience: Duration::ZERO, backoff: Duration::ZERO };
}
