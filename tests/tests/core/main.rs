//! The core, turned by hand: no sockets, no threads, no clock.

#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "a test ends that way")]

mod border;
mod calls;
mod certificates;
mod compression;
mod credentials;
mod issuers;
mod lists;
mod recovery;
mod reflectors;
mod script;
mod service_accounts;
mod watches;
mod write_back;
