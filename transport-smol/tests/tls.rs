//! Configurations of TLS, headers and proxies, over real sockets.

mod blocking;

kube_tests::secured!(blocking::Smol);
