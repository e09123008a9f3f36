//! Hostile servers: an end within the time limit, memory within its bound, and one clear line of error.

mod blocking;

kube_tests::hostile!(blocking::Smol);
