//! A client of a scripted server.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test uses a part of it")]

pub use kube_tests::scripted::{Peer, Server, pods, script};
use kube_transport_hyper::Client;

pub fn client(server: &Server) -> Client {
    Client::builder(server.config()).seed(7).build().unwrap()
}

/// Waits for the server's end; tasks of the client run meanwhile.
pub async fn joined(server: Server) {
    tokio::task::spawn_blocking(move || server.join()).await.unwrap();
}
