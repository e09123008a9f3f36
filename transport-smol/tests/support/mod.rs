//! A client of a scripted server.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test uses a part of it")]

pub use kube_tests::polled::{Bell, poll_times};
pub use kube_tests::scripted::{POD, Peer, Server, pods, script};
use kube_transport_smol::Client;

pub fn client(server: &Server) -> Client {
    Client::builder(server.config()).seed(7).build().unwrap()
}
