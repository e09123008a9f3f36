//! Hostile servers: always an end within the stated time, memory within the stated bound, and one clear line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod blocking;

kube_tests::hostile!(blocking::Hyper1);
