//! What the adapters make of a call that is repeated, of a watch, and of a connection.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]
#![cfg(all(feature = "metrics", feature = "tracing", feature = "opentelemetry"))]

mod metrics;
mod otel;
mod spans;
mod world;
