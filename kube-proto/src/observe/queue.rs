//! The reports of a work queue.

use std::fmt;
use std::sync::Arc;

use super::Observers;
use super::event::{Event, Observation};
use super::work::{QueueInfo, QueueStep};
use crate::controller::queue::QueueStats;
use crate::driver::time::Now;

/// What a program reports of a work queue, for observers.
///
/// A [`Controller`](crate::controller::Controller) with [observers](crate::controller::Controller::observed) makes these reports itself. A
/// program with a [`Queue`](crate::controller::Queue) of its own makes one after each change, without its lock. Without an observer a
/// report does nothing.
///
/// ```
/// use kube_proto::controller::{Priority, Queue, QueueSettings};
/// use kube_proto::driver::Now;
/// use kube_proto::observe::{Observers, QueueRecord, QueueStep};
///
/// let record = QueueRecord::new("carts", Observers::none());
/// let mut queue = Queue::new(QueueSettings::default(), 42);
/// let now = Now::default();
/// queue.add(now.mono, "shop/cart", Priority::NORMAL);
/// record.report(now, || queue.stats(now.mono), QueueStep::Added);
/// ```
#[derive(Clone)]
pub struct QueueRecord {
    name: Arc<str>,
    observers: Observers,
}

impl QueueRecord {
    /// The record of the queue of this name: a label of metrics, so it differs from those of the program's other queues.
    pub fn new(name: impl Into<Arc<str>>, observers: Observers) -> Self {
        Self { name: name.into(), observers }
    }

    /// Whether there is an observer.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.observers.any()
    }

    /// Tells the observers. `stats` is called only if there is one.
    pub fn report(&self, now: Now, stats: impl FnOnce() -> QueueStats, step: QueueStep) {
        if self.observers.any() {
            let info = QueueInfo { name: &self.name, stats: stats() };
            self.observers.tell(&Observation { now, event: Event::Queue(info, step) });
        }
    }
}

impl fmt::Debug for QueueRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueRecord").field("name", &self.name).finish_non_exhaustive()
    }
}
