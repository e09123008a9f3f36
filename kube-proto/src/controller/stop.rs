//! A request to end, for another task or thread.

use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

use crate::lock::lock;

/// Stops a [`Controller`](super::Controller): a cheap clone.
#[derive(Clone, Debug)]
pub struct StopController(pub(super) Stopping);

impl StopController {
    /// No further run begins. The controller ends when those under way have ended, or after
    /// [`stop_timeout`](super::ControllerSettings::stop_timeout).
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// Whether something is to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopping(Arc<Mutex<(bool, Option<Waker>)>>);

impl Stopping {
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.0 = true;
        let waker = state.1.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// If not, the waker is kept until it is.
    pub(super) fn is_set(&self, waker: &Waker) -> bool {
        let new = waker.clone();
        let mut state = self.lock();
        let set = state.0;
        let old = if set { None } else { state.1.replace(new) };
        drop(state);
        drop(old);
        set
    }

    fn lock(&self) -> MutexGuard<'_, (bool, Option<Waker>)> {
        lock(&self.0)
    }
}
