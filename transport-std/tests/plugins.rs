//! Real programs and files as credentials.

mod blocking;

kube_tests::plugins!(blocking::Std);
