//! Compares messages and codes of the in-memory server with the real ones, without sockets and over them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod apply;
mod demo;
mod discovery;
mod errors;
mod forward;
mod lists;
mod numbers;
mod objects;
mod patches;
mod protobuf;
mod reviews;
#[cfg(feature = "serve")]
mod socket;
mod subresources;
mod support;
mod tables;
mod watches;
mod webhooks;
