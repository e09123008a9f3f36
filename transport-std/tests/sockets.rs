//! Real sockets, and servers that misbehave as real ones do.

mod blocking;

kube_tests::sockets!(blocking::Std);
kube_tests::side_by_side!(blocking::Std);
kube_tests::observed!(blocking::Std);
