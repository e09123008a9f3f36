//! The tests that every transport must pass, as lists of tests over real sockets.
//!
//! A transport implements [`blocking::Client`] for its client and names it in a macro for each list:
//!
//! ```text
//! kube_tests::hostile!(blocking::Std);
//! ```
//!
//! | macro or module | what it tests |
//! |---|---|
//! | [`sockets!`] | calls, streams, uploads, upgraded sessions and the pool of connections |
//! | [`hostile!`] | servers that lie, drip, flood and break off |
//! | [`secured!`] | TLS: verification, client certificates, overrides |
//! | [`proxied!`] | HTTP and SOCKS proxies, and `NO_PROXY` |
//! | [`plugins!`] | credential plugins and token files of the system |
//! | [`files!`] | files that are replaced, also by another user |
//! | [`operator`] | a controller, on the transports that have async code and in the simulation |
//! | [`async_client`] | the core's client trait for async code, on the transports that have it and in the simulation |
//! | [`side_by_side!`] | operations that run side by side, and the merged logs of the in-memory server |
//! | [`observed!`] | what observers see of connections and sessions |
//! | [`webhooks!`] | webhook servers: reviews, hostile clients, the stop, certificates that rotate |
//! | [`leaks`] | descriptors, threads and connections that a client leaves behind |
//!
//! [`scripted`], [`proxy`] and [`issuer`] are the servers of these tests, beside `kube-test-server`. [`polled`] polls
//! futures a given number of times. The conformance suite is the test `api` of this package, and `cost` counts
//! allocations.

pub mod async_client;
pub mod blocking;
pub mod files;
pub mod hostile;
pub mod issuer;
pub mod leaks;
pub mod observed;
pub mod operator;
pub mod plugins;
pub mod polled;
pub mod proxied;
pub mod proxy;
pub mod scripted;
pub mod secured;
pub mod side_by_side;
pub mod sockets;
pub mod webhooks;

/// The examples of the README are compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
