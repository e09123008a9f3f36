//! Port-forward: connections to the ports of a pod, through the API server and the kubelet.
//!
//! Most programs use a transport's `Client::port_forward`, which gives connections as readers and writers and listens on
//! local ports. What is here is what all transports share:
//!
//! | item | what it is |
//! |---|---|
//! | [`PortForward`] | the target: a pod, or what leads to one |
//! | [`Find`], [`Destination`], [`Port`] | the running pod behind it, and its ports by number or name |
//! | [`PortForwardSession`] | the session that [`PortForward::tunnel`] and [`PortForward::channels`] open |
//! | [`Route`], [`Attempt`], [`RouteStep`] | which session gets the next connection |
//! | [`ConnectionId`], [`ROOM`], [`ACCEPT`], [`ASK`], [`ANSWER`], [`SLOW`], [`HELD`], [`REASON`] | a connection of a session, and the limits |
//!
//! ```
//! use kube_proto::port_forward::{Port, PortForward};
//!
//! // A service's port may have a name, and leads to another port of the pod.
//! let web = PortForward::service("web").within("shop");
//! let find = web.find();
//! assert_eq!("http".parse::<Port>()?, Port::Name("http".into()));
//! # let _ = find;
//! # Ok::<(), kube_proto::Error>(())
//! ```
//!
//! # Protocols
//!
//! A transport asks for a tunnel first, `SPDY/3.1+portforward.k8s.io` (servers since 1.31). One session then carries up to
//! 1,000 connections at once, and each direction of a connection ends by itself. A server without it is asked for
//! `v4.channel.k8s.io`: one session for each connection, and no half-close, because the server cannot be told that the
//! client sends no more. `SPDY/3.1` without WebSocket is not spoken.
//!
//! What the end of a direction does in the pod is up to its runtime. containerd closes the whole connection a second
//! after the end of either direction.
//!
//! # Memory and slow readers
//!
//! There is no flow control between the connections of a tunnel. The session keeps [`ROOM`] bytes for each connection, and
//! while the next bytes belong to a connection without room, it receives nothing: its slowest reader holds all its
//! connections. Use a session of its own for a connection whose reader may be slow for long. A session holds at most
//! [`ROOM`] bytes for each connection, 64 KiB that every writer has under way, and 128 KiB of its own.
//!
//! # Failures
//!
//! The node reports why a connection failed, at the latest [`REASON`] after the connection has ended: until then a reader
//! that is at the end waits.
//!
//! A failure affects no other connection. But after the failure of a connection that has sent bytes, the pod's node may
//! stop to read parts of the tunnel. So the session takes no more connections then
//! ([`PortForwardSession::is_leaving`]), and a transport opens another one for the next connection.
//!
//! # Dead peers
//!
//! The session pings the server every [`ASK`], and fails when nothing comes for [`ANSWER`] after a ping: a dead server is an
//! error after at most 40 seconds, if a reader or [`END`](PortForwardSession::END) waits. It is [`SLOW`] instead
//! if more than [`HELD`] bytes are under way that the server has not confirmed: it answers no pings while it holds bytes that
//! a container does not take. The runtime of the node, behind the server, is pinged as well, and has [`SLOW`].
//! While the session receives nothing, because a reader is slow, it asks nothing. A connection that the server does not
//! accept fails after [`ACCEPT`].

mod alive;
mod channel;
mod connection;
pub(crate) mod direct;
mod find;
mod mux;
mod open;
mod port;
mod route;
mod target;

pub use alive::{ANSWER, ASK, HELD, SLOW};
pub use channel::PortForwardSession;
pub use connection::{ACCEPT, ConnectionId, REASON, ROOM};
pub use find::{Destination, Find};
pub use port::{Port, PortPair};
pub use route::{Attempt, Route, RouteStep};
pub use target::PortForward;

#[cfg(test)]
mod tests;
