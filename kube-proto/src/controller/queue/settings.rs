use std::time::Duration;

use crate::settings::policy::Rate;

/// How urgent a key is. Ready keys run in the order of their priorities, and keys of one priority in the order in which they
/// became ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub i32);

impl Priority {
    /// The objects of a first list, and objects that come again without a change. As in controller-runtime.
    pub const LOW: Self = Self(-100);
    /// Changes.
    pub const NORMAL: Self = Self(0);
}

/// The limits of a [`Queue`](super::Queue).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct QueueSettings {
    /// The delay after the first failed run of a key; it doubles with each further one. 5 ms, as in client-go: most first
    /// failures are conflicts with a cache that is a moment old.
    pub first_delay: Duration,
    /// The longest delay, without its jitter. 1,000 s, as in client-go.
    pub longest_delay: Duration,
    /// Each delay is longer by a random part of this share of it. 0.1: keys that failed together do not come back together.
    /// client-go has no jitter here. Values below zero count as zero.
    pub jitter: f64,
    /// How often runs may start, over all keys. None: the API server's own limits hold for calls, and delays hold for
    /// failures. client-go has 10 a second with a burst of 100, for failures alone.
    pub rate: Option<Rate>,
    /// Of this many runs, one is of the key that has waited longest, whatever its priority. 8; zero or one means that
    /// priorities count for nothing.
    pub turn_of_the_oldest: u32,
    /// The most keys that wait, run or have a delay. 1,000,000: more is a fault of the program, because a queue has no
    /// more keys than the cluster has objects.
    pub limit: usize,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(5),
            longest_delay: Duration::from_secs(1000),
            jitter: 0.1,
            rate: None,
            turn_of_the_oldest: 8,
            limit: 1_000_000,
        }
    }
}
