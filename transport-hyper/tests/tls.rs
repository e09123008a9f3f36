//! Configurations of TLS, headers and proxies, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod blocking;

mod http1 {
    kube_tests::secured!(crate::blocking::Hyper1);
}

mod http2 {
    kube_tests::secured!(crate::blocking::Hyper2);
}
