//! Async code that is generic over the client: the functions that the simulation runs, over a socket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::time::{Duration, Instant};

use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server};
use kube_tests::async_client::{copy_follows, promises, replica};
use kube_tests::operator::{followed, operator, reconcile};
use kube_transport_hyper::Client;
use kube_transport_hyper::proto::AsyncClient;
use kube_transport_hyper::proto::config::Config;

fn server() -> (Bound, Client) {
    let server = Bound::start(Server::new(Options::default()), Binding::plain().trusting("admin")).unwrap();
    let client = Client::new(Config::new(&server.url()).unwrap()).unwrap();
    (server, client)
}

#[tokio::test]
async fn the_promises_of_the_trait() {
    let (_server, client) = server();
    promises(client).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_on_several_threads() {
    let (_server, client) = server();
    // Where the client's type is known, a generic future is `Send`.
    let replicas = [1, 2, 3].map(|_| tokio::spawn(replica(client.clone(), Duration::from_millis(20))));
    tokio::spawn(copy_follows(client)).await.unwrap();
    for replica in replicas {
        replica.abort();
        assert!(replica.await.unwrap_err().is_cancelled());
    }
}

#[tokio::test(start_paused = true)]
async fn sleep_and_now_are_those_of_the_runtime() {
    let (began, client) = (Instant::now(), server().1);
    let before = client.now();
    client.sleep(Duration::from_secs(3600)).await;
    let slept = client.now().mono - before.mono;
    assert!(slept >= Duration::from_secs(3600) && slept < Duration::from_secs(3601), "{slept:?}");
    assert!(began.elapsed() < Duration::from_secs(600));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_on_several_threads() {
    let (_server, client) = server();
    let controller = operator();
    let (stop, theirs) = (controller.stopper(), client.clone());
    let running = tokio::spawn(async move { controller.run(&theirs, reconcile).await });
    tokio::spawn(followed(client)).await.unwrap();
    stop.stop();
    running.await.unwrap().unwrap();
}
