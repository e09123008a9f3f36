//! The server's side of HTTP/1.1, for webhooks and for servers in tests. Like the client's side it does no IO of its own.
//!
//! | file | takes | gives |
//! |---|---|---|
//! | `head` | one head | method, target, headers, and what frames the body: a table |
//! | `http1` | bytes | [`Http1ServerEvent`]s: the machine, its states and their table; heads and bodies of answers to bytes |
//! | `connection` | a socket and the time | whole requests; sends the answers; deadlines |
//! | `seats` | connections | which may stay, when there are more than the limit |
//! | `limits` | | the limits, with their defaults |
//!
//! Requests are answered in their order. A client may send the next request before it has the answer to the last one
//! (pipelining): its bytes wait.

pub(crate) mod connection;
mod head;
pub(crate) mod http1;
pub(crate) mod limits;
pub(crate) mod seats;
