//! A connection of HTTP/1.1.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use kube_proto::driver::wire::{Limits, READ};

use crate::request::Once;
use crate::socket::{Traffic, Wire};

/// A connection of HTTP/1.1. No task drives it: like everything in flight it moves when its stream is polled, and an idle
/// one does not move at all.
pub(crate) struct Alone {
    pub(crate) sender: SendRequest<Once>,
    pub(crate) connection: Connection<Wire, Once>,
    pub(crate) traffic: Arc<Traffic>,
    /// Bytes that a server may say without an input that comes of them.
    pub(crate) patience: u64,
    pub(crate) over: bool,
}

impl Alone {
    pub(crate) async fn open(wire: Wire, limits: &Limits) -> hyper::Result<Self> {
        let traffic = Arc::clone(wire.traffic());
        let most = limits.head.max(LEAST);
        let mut builder = Builder::new();
        builder.max_buf_size(most).max_header_size(limits.head).max_headers(limits.headers);
        let (sender, connection) = builder.handshake(wire).await?;
        // hyper reads ahead as much as its buffer holds.
        let patience = (most + READ) as u64;
        Ok(Self { sender, connection, traffic, patience, over: false })
    }

    /// Moves bytes, as far as hyper wants to.
    pub(crate) fn advance(&mut self, cx: &mut Context<'_>) {
        // What went wrong is told to the exchange as well.
        self.over = self.over || self.connection.poll_without_shutdown(cx).is_ready();
    }

    /// After an exchange: fit for another.
    pub(crate) fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        self.advance(cx);
        let idle = !self.over && self.sender.is_ready() && !self.traffic.blocked.load(Ordering::Relaxed);
        self.traffic.allow(self.patience);
        idle
    }

    pub(crate) fn is_open(&mut self) -> bool {
        self.traffic.probing.store(true, Ordering::Relaxed);
        self.advance(&mut Context::from_waker(Waker::noop()));
        self.traffic.probing.store(false, Ordering::Relaxed);
        !self.over && self.sender.is_ready()
    }
}

impl fmt::Debug for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alone").field("over", &self.over).finish_non_exhaustive()
    }
}

/// The smallest buffer that hyper takes, in bytes.
const LEAST: usize = 8 * 1024;
