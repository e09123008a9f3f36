//! A blocking Kubernetes client: plain sockets and threads, no async runtime.
//!
//! All knowledge of the API is in [`kube_proto`], re-exported as [`proto`]; this crate carries its operations out.

mod client;
mod clock;
mod connect;
mod duplex;
mod exchange;
mod process;

pub use client::{Builder, Client, Stopper, Stream};
pub use duplex::Duplex;
pub use kube_proto as proto;
