//! The latest time that any operation of a session has received.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::driver::time::{Moment, Now};

/// Keeps the latest time. Used where no `Now` is at hand: when a lease is dropped, and inside rustls.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    mono_nanos: AtomicU64,
    /// The wall clock minus the monotonic clock, modulo 2^64.
    ahead_nanos: AtomicU64,
    /// Shared with TLS, which reads the time from here.
    unix_seconds: Arc<AtomicU64>,
}

impl Clock {
    pub(crate) fn observe(&self, now: Now) {
        let nanos = u64::try_from(now.mono.since_zero().as_nanos()).unwrap_or(u64::MAX);
        self.mono_nanos.fetch_max(nanos, Ordering::Relaxed);
        let unix = u64::try_from(now.unix.as_nanos()).unwrap_or(u64::MAX);
        self.ahead_nanos.store(unix.wrapping_sub(nanos), Ordering::Relaxed);
        self.unix_seconds.store(now.unix.as_secs(), Ordering::Relaxed);
    }

    pub(crate) fn mono(&self) -> Moment {
        Moment::after_zero(Duration::from_nanos(self.mono_nanos.load(Ordering::Relaxed)))
    }

    /// Both clocks at this moment.
    pub(crate) fn at(&self, moment: Moment) -> Now {
        let nanos = u64::try_from(moment.since_zero().as_nanos()).unwrap_or(u64::MAX);
        let unix = nanos.wrapping_add(self.ahead_nanos.load(Ordering::Relaxed));
        Now { mono: moment, unix: Duration::from_nanos(unix) }
    }

    pub(crate) fn unix_seconds(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.unix_seconds)
    }
}
