//! Port-forward: the ports of a simulated container, and the protocols that lead to them.
//!
//! Every pod with a node has two ports that listen: [`ECHO`] sends back what it receives, and [`HTTP`] answers requests.
//! A test adds its own with [`Server::listen`](crate::Server::listen). Connections to any other port are refused, as by
//! the network of a pod.
//!
//! | file | content |
//! |---|---|
//! | `ports` | what listens |
//! | `tunnel` | `SPDY/3.1+portforward.k8s.io`, and SPDY without WebSocket |
//! | `channels` | `v4.channel.k8s.io` |

mod channels;
mod ports;
mod tunnel;

pub(crate) use channels::Channels;
pub(crate) use ports::Ports;
pub use ports::{Answer, ECHO, HTTP, PortService};
pub(crate) use tunnel::Tunnel;
