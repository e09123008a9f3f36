//! Real programs and files as credentials, and files that are replaced.

mod blocking;

kube_tests::plugins!(blocking::Std);
kube_tests::files!(blocking::Std);
