//! Connections of HTTP/2.
//!
//! | a connection | is |
//! |---|---|
//! | on which two heads in a row did not come in time | retired: its streams may end, and it gets no more |
//! | that took a request and sent no byte until the head was due | retired |
//! | without a stream, on which more than [`Multiplexed::open`]'s `head` bytes came | closed |
//! | whose pings are not answered | closed |
//!
//! What the server sends on a stream that the client has reset does not count: it may have been on the way, up to the
//! window of the stream.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::rt::{Executor, Sleep, Timer};

use crate::request::Once;
use crate::runtime::Runtime;
use crate::socket::{Traffic, Wire};

/// The parameters of HTTP/2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Http2 {
    /// The bytes that a server may send on a stream before its reader has taken them.
    pub(crate) window: u32,
    /// The silence before a ping.
    pub(crate) interval: Duration,
    /// How long the answer to a ping may take. Then the client gives the connection up.
    pub(crate) timeout: Duration,
}

impl Default for Http2 {
    fn default() -> Self {
        Self { window: 1 << 20, interval: Duration::from_secs(30), timeout: Duration::from_secs(15) }
    }
}

/// A connection of HTTP/2. A task of the runtime drives it, and ends with the last sender.
pub(crate) struct Multiplexed {
    sender: SendRequest<Once>,
    traffic: Arc<Traffic>,
    /// Seats taken; changes only while the pool is locked.
    taken: AtomicUsize,
    /// Streams that were reset since the connection was last unused.
    cut: AtomicUsize,
    /// Heads in a row that did not come in time.
    unanswered: AtomicUsize,
    /// The bytes that may come without a stream, and those of a stream that was reset.
    idle: u64,
    window: u64,
    /// The connection gives no more seats.
    retired: AtomicBool,
}

impl Http2 {
    /// The most streams on one connection: their windows together fit into the window of the connection.
    pub(crate) fn most_streams(self) -> usize {
        usize::try_from(CONNECTION_WINDOW / self.window.max(1)).unwrap_or(usize::MAX).max(1)
    }
}

impl Multiplexed {
    /// Starts HTTP/2 on a connection whose server has chosen it; `head` limits a response head, in bytes, and what the
    /// server may send while the connection has no stream.
    pub(crate) async fn open(
        mut wire: Wire,
        http2: Http2,
        head: usize,
        runtime: &Arc<dyn Runtime>,
    ) -> hyper::Result<Self> {
        wire.expect_settings();
        let traffic = Arc::clone(wire.traffic());
        let idle = head.max(LEAST) as u64;
        traffic.allow(idle);
        let (sender, connection) = Builder::new(Spawner(Arc::clone(runtime)))
            .timer(Timers(Arc::clone(runtime)))
            .initial_stream_window_size(http2.window)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME)
            .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
            .keep_alive_interval(http2.interval)
            .keep_alive_timeout(http2.timeout)
            .keep_alive_while_idle(true)
            .handshake(wire)
            .await?;
        runtime.spawn(Box::pin(async {
            // Each exchange on the connection gets its failure as well.
            let _ = connection.await;
        }));
        let (taken, cut, unanswered, retired) = (0.into(), 0.into(), 0.into(), false.into());
        Ok(Self { sender, traffic, taken, cut, unanswered, idle, window: http2.window.into(), retired })
    }

    pub(crate) fn sender(&self) -> SendRequest<Once> {
        self.sender.clone()
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// Takes one more seat. Call this and [`Self::release`] only while the pool is locked.
    pub(crate) fn take(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.traffic.allow_all();
    }

    /// Gives one seat back; `whole` means that its answer came to its end, and is not reset.
    pub(crate) fn release(&self, whole: bool) {
        self.cut.fetch_add(usize::from(!whole), Ordering::Relaxed);
        if self.taken.fetch_sub(1, Ordering::Relaxed) == 1 {
            let under_way = self.window.saturating_mul(self.cut.swap(0, Ordering::Relaxed) as u64);
            self.traffic.allow(self.idle.saturating_add(under_way));
        }
    }

    /// The server answers.
    pub(crate) fn heard(&self) {
        self.unanswered.store(0, Ordering::Relaxed);
    }

    /// The head of an answer did not come in time; `mute` means that not a byte came since the request.
    pub(crate) fn unanswered(&self, mute: bool) {
        if self.unanswered.fetch_add(1, Ordering::Relaxed) + 1 >= UNANSWERED || mute {
            self.retire();
        }
    }

    /// Whether the connection is open and has a free seat: fewer are taken than `most` and than the server allows.
    pub(crate) fn has_room(&self, most: usize) -> bool {
        self.is_open() && self.taken.load(Ordering::Relaxed) < self.traffic.streams().min(most)
    }

    /// Whether no seat is taken.
    pub(crate) fn is_unused(&self) -> bool {
        self.taken.load(Ordering::Relaxed) == 0
    }

    /// Gives no more seats: the connection is broken.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.retired.load(Ordering::Relaxed) && !self.sender.is_closed()
    }
}

/// Runs hyper's tasks on the runtime.
#[derive(Clone)]
struct Spawner(Arc<dyn Runtime>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner {
    fn execute(&self, task: F) {
        self.0.spawn(Box::pin(task));
    }
}

/// Gives hyper the timers of the runtime.
struct Timers(Arc<dyn Runtime>);

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

/// After this many heads in a row that did not come in time, a connection is retired.
const UNANSWERED: usize = 2;

/// The least bytes that an unused connection may bring: settings, answers to pings, a GOAWAY.
const LEAST: usize = 16 << 10;

/// How many bytes a server may send on one connection before the client has read them: more than the sum for its
/// streams.
const CONNECTION_WINDOW: u32 = 1 << 30;

/// The largest frame that the client accepts, in bytes: as much as one input holds.
const MAX_FRAME: u32 = 64 << 10;
