//! What the tests of every transport share: an in-memory API server that is itself a machine without IO.

pub mod blocking;
pub mod feed;
pub mod hostile;
pub mod issuer;
pub mod leaks;
pub mod plugins;
pub mod polled;
pub mod proxied;
pub mod proxy;
pub mod scripted;
pub mod secured;
pub mod sockets;

/// The examples of the README are compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
