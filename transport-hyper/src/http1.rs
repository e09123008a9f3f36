//! A connection of HTTP/1.1.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use bytes::BytesMut;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use kube_proto::driver::wire::{HttpLimits, READ};

use crate::clock::Alarm;
use crate::request::Once;
use crate::shared::RawLink;
use crate::socket::{Traffic, Wire};

/// A connection of HTTP/1.1. No task drives it: it makes progress when its stream is polled. An idle connection makes
/// none.
pub(crate) struct Alone {
    sender: SendRequest<Once>,
    connection: Connection<Wire, Once>,
    traffic: Arc<Traffic>,
    /// How many bytes the server may send without an input for the exchange.
    patience: u64,
    over: bool,
    /// The timer of its exchanges.
    pub(crate) alarm: Alarm,
}

impl Alone {
    pub(crate) async fn open(wire: Wire, limits: &HttpLimits) -> hyper::Result<Self> {
        let traffic = Arc::clone(wire.traffic());
        let most = limits.head.max(LEAST);
        let mut builder = Builder::new();
        builder.max_buf_size(most).max_header_size(limits.head).max_headers(limits.headers);
        let (sender, connection) = builder.handshake(wire).await?;
        // hyper reads ahead until its buffer is full.
        let patience = (most + READ) as u64;
        Ok(Self { sender, connection, traffic, patience, over: false, alarm: Alarm::default() })
    }

    /// Gives hyper a request; the answer comes while [`Self::advance`] is called.
    pub(crate) fn send(
        &mut self,
        request: Request<Once>,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request<Once>>>> + Send + use<> {
        self.heard();
        self.sender.try_send_request(request)
    }

    /// An answer makes progress: from now on the server may again send as much as hyper's buffer holds.
    pub(crate) fn heard(&self) {
        self.traffic.allow(self.patience);
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// Whether hyper has finished with the connection.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The connection after its 101.
    pub(crate) fn into_raw(self) -> RawLink {
        let parts = self.connection.into_parts();
        let (socket, connection, rest) = parts.io.into_parts();
        let mut incoming = BytesMut::from(parts.read_buf);
        incoming.unsplit(rest);
        RawLink { socket, connection, incoming }
    }

    /// Moves bytes, as far as hyper allows.
    pub(crate) fn advance(&mut self, cx: &mut Context<'_>) {
        // The exchange gets the error as well.
        self.over = self.over || self.connection.poll_without_shutdown(cx).is_ready();
    }

    /// Whether another exchange can use the connection after this one.
    pub(crate) fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        self.advance(cx);
        let idle = !self.over && self.sender.is_ready() && !self.traffic.blocked.load(Ordering::Relaxed);
        self.heard();
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

/// The smallest buffer that hyper accepts, in bytes.
const LEAST: usize = 8 * 1024;
