//! Counters of a session.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the session began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Exchanges started, repetitions included.
    pub exchanges: u64,
    /// Heads of responses received.
    pub responses: u64,
    /// Calls that got the response of another call's exchange.
    pub shared: u64,
    /// Repeated requests, for any reason.
    pub retries: u64,
    /// Repetitions that the session's budget did not allow.
    pub unrepeated: u64,
    /// Faults: failed connections, and responses that broke off.
    pub faults: u64,
    /// Fetches of credentials, failed ones included.
    pub refreshes: u64,
    /// Bytes of response bodies as received, before decompression.
    pub received: u64,
    /// Bytes of compressed response bodies after decompression.
    pub inflated: u64,
}

/// The running counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    exchanges: AtomicU64,
    responses: AtomicU64,
    shared: AtomicU64,
    retries: AtomicU64,
    unrepeated: AtomicU64,
    faults: AtomicU64,
    refreshes: AtomicU64,
    received: AtomicU64,
    inflated: AtomicU64,
}

impl Counters {
    pub(crate) fn count_exchange(&self) {
        self.exchanges.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_response(&self) {
        self.responses.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_shared(&self) {
        self.shared.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_unrepeated(&self) {
        self.unrepeated.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_refresh(&self) {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_inflated(&self, bytes: usize) {
        self.inflated.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            exchanges: read(&self.exchanges),
            responses: read(&self.responses),
            shared: read(&self.shared),
            retries: read(&self.retries),
            unrepeated: read(&self.unrepeated),
            faults: read(&self.faults),
            refreshes: read(&self.refreshes),
            received: read(&self.received),
            inflated: read(&self.inflated),
        }
    }
}
