//! Tests against an in-memory server of rustls.

mod connection;
mod identity;
mod peer;
mod proxy;
mod serve;
mod trust;
mod x509;
