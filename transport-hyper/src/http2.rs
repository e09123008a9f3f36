//! Connections of HTTP/2.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::client::conn::http2::SendRequest;
use hyper::rt::{Executor, Sleep, Timer};

use crate::request::Once;
use crate::runtime::Runtime;
use crate::socket::Traffic;

/// How HTTP/2 is spoken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Http2 {
    /// Bytes that a server may send on a stream before its reader has taken them.
    pub(crate) window: u32,
    /// A ping is sent after so much silence,
    pub(crate) interval: Duration,
    /// and the connection is given up when it is not answered within this.
    pub(crate) timeout: Duration,
}

impl Default for Http2 {
    fn default() -> Self {
        Self { window: 1 << 20, interval: Duration::from_secs(30), timeout: Duration::from_secs(15) }
    }
}

/// A connection of HTTP/2. A task of the runtime drives it; it ends with the last sender.
pub(crate) struct Multiplexed {
    pub(crate) sender: SendRequest<Once>,
    pub(crate) traffic: Arc<Traffic>,
    /// Seats taken; changed under the pool's lock.
    pub(crate) taken: AtomicUsize,
    /// Nobody new gets a seat.
    pub(crate) retired: AtomicBool,
}

impl Multiplexed {
    pub(crate) fn is_open(&self) -> bool {
        !self.retired.load(Ordering::Relaxed) && !self.sender.is_closed()
    }
}

/// hyper's tasks, on the runtime.
#[derive(Clone)]
pub(crate) struct Spawner(pub(crate) Arc<dyn Runtime>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner {
    fn execute(&self, task: F) {
        self.0.spawn(Box::pin(task));
    }
}

/// hyper's timers, of the runtime.
pub(crate) struct Timers(pub(crate) Arc<dyn Runtime>);

impl Timer for Timers {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.0.sleep(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.0.sleep_until(deadline)
    }

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
        self.0.reset(sleep, deadline);
    }
}

/// What a server may send on one connection before it is taken: the sum of what its streams may, and some more.
pub(crate) const CONNECTION_WINDOW: u32 = 1 << 30;

/// The largest frame that is accepted, in bytes: what one input may hold.
pub(crate) const MAX_FRAME: u32 = 64 << 10;
