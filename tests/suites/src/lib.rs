//! What the tests of every transport share: lists of tests over real sockets, and the servers, proxies and issuers for them.

pub mod blocking;
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
