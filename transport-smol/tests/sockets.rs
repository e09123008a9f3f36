//! Real sockets, and servers that misbehave as real ones do.

mod blocking;

kube_tests::sockets!(blocking::Smol);
kube_tests::side_by_side!(blocking::Smol);
kube_tests::observed!(blocking::Smol);
