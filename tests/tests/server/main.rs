//! The in-memory server against the words and codes of the real one: first without sockets, then over them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod discovery;
mod errors;
mod lists;
mod objects;
mod socket;
mod support;
mod watches;
