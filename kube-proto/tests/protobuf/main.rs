//! Protobuf against Go's own encoders, and by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test may read a file and say that there is none"
)]

mod typed;
mod vectors;
