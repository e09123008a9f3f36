//! The replies of the server.

use bytes::Bytes;
use http::Response;
use std::time::Duration;

use super::switch::Protocol;
use super::watch::WatchState;

/// The reply to one request.
#[derive(Debug)]
pub enum Reply {
    /// A complete response. (A binding omits the body for a `HEAD` request.)
    Response(Response<Bytes>),
    /// A head, and a body that grows: a watch, or a log with `follow`.
    Watch(Box<Watch>),
    /// `101 Switching Protocols`, then bytes in both directions.
    Upgrade(Box<Upgrade>),
}

/// A response whose body [`poll_watch`](super::Server::poll_watch) returns in pieces.
#[derive(Debug)]
pub struct Watch {
    /// Status and headers; send them at once.
    pub head: Response<()>,
    /// The reader's position.
    pub state: WatchState,
}

/// A connection that leaves HTTP.
#[derive(Debug)]
pub struct Upgrade {
    /// Status 101 and its headers.
    pub head: Response<()>,
    /// Bytes of the new protocol to send together with the head.
    pub first: Bytes,
    /// The new protocol.
    pub protocol: Box<dyn Protocol>,
}

/// The next piece of a growing body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Bytes to send now. Then poll again.
    Data(Bytes),
    /// Nothing until the server's [generation](super::Server::generation) changes or this time since the Unix epoch.
    Idle {
        /// When to poll again even without a change.
        until: Option<Duration>,
    },
    /// The regular end of the body.
    End,
}

impl Reply {
    /// The response, if the reply is complete.
    pub fn response(self) -> Option<Response<Bytes>> {
        match self {
            Reply::Response(response) => Some(response),
            _ => None,
        }
    }

    /// The status of any reply.
    pub fn status(&self) -> http::StatusCode {
        match self {
            Reply::Response(response) => response.status(),
            Reply::Watch(watch) => watch.head.status(),
            Reply::Upgrade(upgrade) => upgrade.head.status(),
        }
    }

    pub(crate) fn headers_mut(&mut self) -> &mut http::HeaderMap {
        match self {
            Reply::Response(response) => response.headers_mut(),
            Reply::Watch(watch) => watch.head.headers_mut(),
            Reply::Upgrade(upgrade) => upgrade.head.headers_mut(),
        }
    }
}
