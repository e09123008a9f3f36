//! The in-memory server against the words and codes of the real one: first without sockets, then over them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod apply;
mod demo;
mod discovery;
mod errors;
mod lists;
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
