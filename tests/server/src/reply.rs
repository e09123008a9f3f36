//! What the server answers with.

use bytes::Bytes;
use http::Response;
use std::time::Duration;

use super::echo::Echo;
use super::watch::WatchState;

/// The answer to one request.
#[derive(Debug)]
pub enum Reply {
    /// Complete. (A binding leaves the body away when the request was a `HEAD`.)
    Response(Response<Bytes>),
    /// A head now, and a body that grows: a watch, or a log that is followed.
    Watch(Box<Watch>),
    /// `101 Switching Protocols`, and from then on bytes in both directions.
    Upgrade(Box<Upgrade>),
}

/// A response whose body comes piece by piece: ask [`poll_watch`](super::Server::poll_watch).
#[derive(Debug)]
pub struct Watch {
    /// Status and headers, to be sent at once.
    pub head: Response<()>,
    /// Where this reader stands.
    pub state: WatchState,
}

/// A connection that leaves HTTP.
#[derive(Debug)]
pub struct Upgrade {
    /// Status 101 and its headers.
    pub head: Response<()>,
    /// Bytes of the new protocol that go out in the same packet as the head.
    pub first: Bytes,
    /// What speaks from then on.
    pub echo: Echo,
}

/// The next piece of a growing body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Bytes to send now, then ask again.
    Data(Bytes),
    /// Nothing until the server's [generation](super::Server::generation) changes or this time (since the Unix epoch) comes.
    Idle {
        /// When time alone will bring something.
        until: Option<Duration>,
    },
    /// The body ends here, cleanly.
    End,
}

impl Reply {
    /// The complete response, if it is one.
    pub fn response(self) -> Option<Response<Bytes>> {
        match self {
            Reply::Response(response) => Some(response),
            _ => None,
        }
    }

    /// Status and headers of any answer.
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
