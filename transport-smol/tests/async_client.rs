//! Async code that is generic over the client: the functions that the simulation runs, over a socket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::time::Duration;

use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server};
use kube_tests::async_client::{copy_follows, maps, promises, replica};
use kube_tests::operator::{followed, operator, reconcile};
use kube_transport_smol::Client;
use kube_transport_smol::proto::AsyncClient;
use kube_transport_smol::proto::config::Config;
use smol::{Executor, block_on};

fn server() -> (Bound, Client) {
    let server = Bound::start(Server::new(Options::default()), Binding::plain().trusting("admin")).unwrap();
    let client = Client::new(Config::new(&server.url()).unwrap()).unwrap();
    (server, client)
}

#[test]
fn the_promises_of_the_trait() {
    let (_server, client) = server();
    block_on(promises(client));
}

#[test]
fn replicas_on_several_threads() {
    let (_server, client) = server();
    let executor = Executor::new();
    // Where the client's type is known, a generic future is `Send`.
    let replicas = [1, 2, 3].map(|_| executor.spawn(replica(client.clone(), Duration::from_millis(20))));
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| block_on(executor.run(stopped.recv())));
        }
        block_on(executor.spawn(copy_follows(client.clone())));
        drop(stop);
    });
    drop(replicas);
}

#[test]
fn futures_do_not_borrow_from_the_client() {
    fn detached<C: AsyncClient>(client: C) -> impl Future<Output = usize> {
        let (call, sleep) = (client.call(maps().get("a")), client.sleep(Duration::from_millis(1)));
        let batch = client.batch([maps().get("a")], 1);
        drop(client);
        async move {
            sleep.await;
            usize::from(call.await.is_ok()) + batch.await.len()
        }
    }
    let (_server, client) = server();
    assert_eq!(block_on(detached(client)), 1);
}

#[test]
fn a_controller_on_several_threads() {
    let (_server, client) = server();
    let executor = Executor::new();
    let controller = operator();
    let (halt, theirs) = (controller.stopper(), client.clone());
    let running = executor.spawn(async move { controller.run(&theirs, reconcile).await });
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    std::thread::scope(|scope| {
        scope.spawn(|| block_on(executor.run(stopped.recv())));
        block_on(executor.spawn(followed(client)));
        halt.stop();
        block_on(running).unwrap();
        drop(stop);
    });
}
