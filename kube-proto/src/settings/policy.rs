//! The policies for retries, rates and the circuit breaker.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A rate limit: `per_second` requests on average, and `burst` at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests per second, above zero.
    pub per_second: f64,
    /// Requests that may be sent at once; at least 1.
    pub burst: u32,
}

/// How often a read-modify-write begins again because another writer was faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictPolicy {
    /// The most writes. 5 by default, as in client-go; 0 means 1.
    pub tries: u32,
    /// The wait before the second read. It doubles each time; jitter adds up to half of it. 10 ms by default, as in client-go,
    /// where it does not double.
    pub backoff: Duration,
}

impl Default for ConflictPolicy {
    fn default() -> Self {
        Self { tries: 5, backoff: Duration::from_millis(10) }
    }
}

/// Rate limits by class of requests, beside the one for all. None by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassRates {
    /// Calls that change nothing on the server: gets, lists, reviews, dry runs.
    pub reads: Option<Rate>,
    /// All other calls.
    pub writes: Option<Rate>,
    /// Watches, logs, and the requests of exec, attach and port-forward, each time that one begins. client-go limits no
    /// watches.
    pub streams: Option<Rate>,
}

/// How the client obeys the server's flow control: a 429 lowers the rate of its class of requests, and time without one
/// raises it step by step until it is free again.
///
/// Rates are requests per second. Without a 429 nothing is limited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptivePolicy {
    /// A 429 lowers the rate to this part of that of the last second, or of the lowered rate. 0.5 by default.
    pub lower: f64,
    /// Each step raises it by this part of the rate at the first 429. 0.1 by default: from a half, it is free after five
    /// steps.
    pub raise: f64,
    /// The time between two steps, and between two times of lowering. 1 s by default, the least `Retry-After` of API servers.
    pub every: Duration,
    /// The lowest rate. 5 by default, client-go's own limit: a few requests do not wait because of one 429.
    pub least: f64,
}

impl Default for AdaptivePolicy {
    fn default() -> Self {
        Self { lower: 0.5, raise: 0.1, every: Duration::from_secs(1), least: 5.0 }
    }
}

/// How many repetitions a session may add to its load, over all of its calls.
///
/// Each call adds `share` to the budget, and each repetition takes 1. A call that may not be repeated ends with the error of
/// its last attempt. The repetitions on a fresh connection after a dead pooled one, with another credential, and after a 429
/// with `Retry-After` are free. [`AdaptivePolicy`] bounds the last ones, and [`RetryPolicy::asked`] those of each call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    /// The repetitions for each call. 0.2 by default: in a long outage the load grows by a fifth at most.
    pub share: f64,
    /// The most that is saved up, and what there is at the beginning. 100 by default: ten calls with all of their ten
    /// repetitions.
    pub reserve: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { share: 0.2, reserve: 100 }
    }
}

/// When the circuit breaker opens. Off unless it is set.
///
/// It counts for the connections to the server, and for each API group by itself: failures of `metrics.k8s.io` do not
/// block other groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The failures in a row that open it: for the connections, failed ones; for a group, no response in time and 5xx
    /// statuses. An answer with `Retry-After`, or about a webhook, is no failure. 5 by default; 0 means 1.
    pub failures: u32,
    /// How long calls are refused before one is tried. It doubles with each try that fails; jitter adds up to half of it.
    /// 5 s by default.
    pub rest: Duration,
    /// The longest rest, without its jitter. 60 s by default: so long at most an API server that recovers is not used.
    pub longest: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 5, rest: Duration::from_secs(5), longest: Duration::from_secs(60) }
    }
}

/// When a call is repeated, and how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The most repetitions after a `Retry-After`. 10 by default, as in client-go.
    pub asked: u32,
    /// The most repetitions after a lost connection, and after the statuses that mean the same: 408, 425, 502. 3 by
    /// default.
    pub lost: u32,
    /// The longest `Retry-After` to wait for. A longer one is returned with the error. 60 s by default. A random part is
    /// added to each wait: up to half of it, and at least up to `backoff`.
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
    /// No repetitions, except once on a new connection after a dead pooled connection, a 408 or a 421.
    pub const NEVER: Self = Self { asked: 0, lost: 0, patience: Duration::ZERO, backoff: Duration::ZERO };
}

/// The credential plugins that a configuration may run.
///
/// A kubeconfig names programs, and a client runs them: who can change the file can run a program as the client's user.
/// A caller that does not trust its kubeconfig files sets this. The names are those of kubectl's `kuberc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PluginPolicy {
    /// All plugins.
    #[default]
    AllowAll,
    /// No plugin.
    DenyAll,
    /// Only these, as the configuration names them: a bare name (`aws`), which is looked up in this process's `PATH`, or
    /// a path. A relative path in a kubeconfig belongs to the folder of its file, and the path here is the absolute one.
    ///
    /// A bare name does not allow the path of the same program, nor a path the bare name; `kubectl` looks up both.
    Allowlist(BTreeSet<PathBuf>),
}

impl PluginPolicy {
    /// Allows these plugins and no other.
    #[must_use]
    pub fn allowlist<P: Into<PathBuf>>(commands: impl IntoIterator<Item = P>) -> Self {
        Self::Allowlist(commands.into_iter().map(Into::into).collect())
    }

    /// Whether the plugin with this command may run.
    #[must_use]
    pub fn allows(&self, command: &Path) -> bool {
        match self {
            Self::AllowAll => true,
            Self::DenyAll => false,
            Self::Allowlist(commands) => commands.contains(command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn which_plugins_may_run() {
        let list = PluginPolicy::allowlist(["aws", "/opt/bin/login", "./own"]);
        for (command, listed) in [
            ("aws", true),
            ("/opt/bin/login", true),
            ("/opt//bin/./login", true),
            ("./own", true),
            ("own", false),
            ("/usr/bin/aws", false),
            ("./aws", false),
            ("login", false),
            ("AWS", false),
            ("/opt/bin/../bin/login", false),
            ("/opt/bin", false),
            ("", false),
        ] {
            assert_eq!(list.allows(Path::new(command)), listed, "{command}");
            assert!(PluginPolicy::default().allows(Path::new(command)));
            assert!(!PluginPolicy::DenyAll.allows(Path::new(command)));
            assert!(!PluginPolicy::allowlist([""; 0]).allows(Path::new(command)));
        }
    }
}
