//! Something that was fetched, and that calls use until it expires or is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::driver::time::Moment;

/// What was fetched, in use.
#[derive(Debug)]
pub(crate) struct Granted<T> {
    /// Counts what a slot held: what is refused is refused by its number.
    pub(crate) generation: u64,
    pub(crate) value: Arc<T>,
    pub(super) expires: Option<Moment>,
    /// The server accepted it.
    pub(super) accepted: AtomicBool,
}

impl<T> Granted<T> {
    /// The server accepted it.
    pub(crate) fn accept(&self) {
        // Most calls only read this: the line of memory stays shared.
        if !self.accepted.load(Ordering::Relaxed) {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }
}
