//! Real sockets, and servers that misbehave as real ones do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod blocking;

kube_tests::sockets!(blocking::Hyper1);
kube_tests::side_by_side!(blocking::Hyper1);
kube_tests::observed!(blocking::Hyper1);
