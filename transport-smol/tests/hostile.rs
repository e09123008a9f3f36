//! Hostile servers: always an end within the stated time, memory within the stated bound, and one clear line.

mod blocking;

kube_tests::hostile!(blocking::Smol);
