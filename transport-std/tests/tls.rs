//! What a client may be told about TLS and the like, over real sockets.

mod blocking;

kube_tests::secured!(blocking::Std);
