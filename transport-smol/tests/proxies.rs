//! Connections through proxies, over real sockets.

mod blocking;

kube_tests::proxied!(blocking::Smol);
