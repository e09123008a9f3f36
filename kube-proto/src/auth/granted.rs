//! A fetched value that calls use until it expires or is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::driver::time::Moment;

/// A fetched value in use.
#[derive(Debug)]
pub(crate) struct Granted<T> {
    /// Numbers the values of a slot; a refusal names this number.
    pub(crate) generation: u64,
    pub(crate) value: Arc<T>,
    pub(super) expires: Option<Moment>,
    /// Whether the server has accepted it.
    pub(super) accepted: AtomicBool,
}

impl<T> Granted<T> {
    /// Records that the server accepted it.
    pub(crate) fn accept(&self) {
        // Most calls only read the flag, so that its cache line stays shared.
        if !self.accepted.load(Ordering::Relaxed) {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }
}
