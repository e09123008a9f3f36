//! Against a server of rustls, in memory.

mod connection;
mod identity;
mod peer;
mod proxy;
