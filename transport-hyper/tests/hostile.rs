//! Hostile servers: an end within the time limit, memory within its bound, and one clear line of error.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod blocking;

kube_tests::hostile!(blocking::Hyper1);
