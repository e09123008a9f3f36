//! Any executor: several threads, one thread with values that are not `Send`, or none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Barrier};

use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server as ApiServer};
use kube_transport_smol::Client;
use kube_transport_smol::proto::Api;
use kube_transport_smol::proto::api::Upgrade;
use kube_transport_smol::proto::api::{ApiRequest, WatchParams};
use kube_transport_smol::proto::config::Config;
use kube_transport_smol::proto::driver::Raw;
use kube_transport_smol::proto::driver::{Cx, Input, OneResult, Operation, Step};
use kube_transport_smol::proto::resource::{ApiResource, DynamicObject, Scope};
use smol::{Executor, LocalExecutor, block_on};

use support::{Peer, Server, client, pods, script};

/// An operation that lives on one thread.
struct Local<O>(O, Rc<Cell<usize>>);

impl<O: Operation> OneResult for Local<O> {}

impl<O: Operation> Operation for Local<O> {
    type Item = (O::Item, Rc<Cell<usize>>);

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        self.1.set(self.1.get() + 1);
        self.0.resume(input, cx).map(|item| (item, Rc::clone(&self.1)))
    }
}

fn server() -> (Bound, Client) {
    let server = Bound::start(ApiServer::new(Options::default()), Binding::plain().trusting("admin")).unwrap();
    let client = Client::new(Config::new(&server.url()).unwrap()).unwrap();
    (server, client)
}

fn namespaces() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Namespace", "namespaces", Scope::Cluster))
}

#[test]
fn everything_is_send_where_the_operation_is() {
    fn assert_send<T: Send>(_: T) {}
    fn assert_sync<T: Sync>(_: &T) {}
    let (_server, client) = server();
    assert_sync(&client);
    assert_send(client.call(pods().get("a")));
    assert_send(client.batch([pods().get("a")], 1));
    assert_send(client.open(Upgrade::new(ApiRequest::raw(http::Method::GET, "/", ""), |_| Ok(Raw::new()))));
    assert_send(Client::from_env());
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    assert_send(stream.stopper());
    assert_send(stream.next());
    assert_send(stream);
    fn session(session: &kube_transport_smol::Duplex<Raw>) {
        assert_sync(session);
        assert_send(session.next());
        assert_send(session.send(bytes::Bytes::new()));
        assert_send(session.clone());
    }
    let _ = session;
}

#[test]
fn a_call_outlives_its_client() {
    let (_server, client) = server();
    let task = smol::spawn(client.call(namespaces().get("default")));
    drop(client);
    assert_eq!(block_on(task).unwrap().metadata.name.as_deref(), Some("default"));
}

#[test]
fn what_cannot_leave_its_thread() {
    let (_server, client) = server();
    let turns = Rc::<Cell<usize>>::default();
    let local = || Local(namespaces().get("default"), Rc::clone(&turns));
    let executor = LocalExecutor::new();
    let tasks: Vec<_> = (0..8).map(|_| executor.spawn(client.call(local()))).collect();
    let batch = executor.spawn(client.batch((0..8).map(|_| local()), 3));
    block_on(executor.run(async {
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(batch.await.into_iter().filter(Result::is_ok).count(), 8);
    }));
    assert!(turns.get() >= 16);
}

#[test]
fn no_executor_at_all() {
    let (_server, client) = server();
    // This executor does not know the reactor.
    futures_lite::future::block_on(client.call(namespaces().get("default"))).unwrap();
}

#[test]
fn many_calls_on_many_threads() {
    let (server, client) = server();
    let executor = Executor::new();
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| block_on(executor.run(stopped.recv())));
        }
        let tasks: Vec<_> =
            (0..8).map(|_| executor.spawn(client.batch((0..50).map(|_| namespaces().get("default")), 4))).collect();
        for task in tasks {
            for result in block_on(task) {
                result.unwrap();
            }
        }
        drop(stop);
    });
    assert!(server.connections_opened() <= 32, "{}", server.connections_opened());
}

#[test]
fn a_batch_runs_as_many_as_it_may() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let four = Arc::new(Barrier::new(4));
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (socket, four) = (socket.unwrap(), Arc::clone(&four));
            std::thread::spawn(move || {
                let mut peer = Peer::new(socket);
                while peer.request().is_some() {
                    // No call gets an answer before four have arrived.
                    four.wait();
                    peer.answer(200, "{}");
                }
            });
        }
    });
    let client = Client::new(Config::new(&format!("http://127.0.0.1:{port}")).unwrap()).unwrap();
    for result in block_on(client.batch((0..12).map(|_| pods().get("a")), 4)) {
        result.unwrap();
    }
    assert!(
        block_on(client.batch(Vec::<Local<kube_transport_smol::proto::api::Unary<DynamicObject>>>::new(), 4))
            .is_empty()
    );
}

#[test]
fn a_stream_that_never_waits_lets_others_run() {
    let (said, heard) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nx\n\r\n");
        peer.say("2\r\nx\n\r\n".repeat(1000) + "0\r\n\r\n");
        said.send(()).unwrap();
    })]);
    let mut stream = client(&server).stream(pods().logs("a", &Default::default()));
    block_on(stream.next()).unwrap().unwrap();
    heard.recv().unwrap();
    // All of it has arrived. The stream must still not keep the executor for a thousand lines.
    let mut lines = pin!(async { while stream.next().await.is_some() {} });
    let mut polls = 0;
    block_on(poll_fn(|cx| {
        polls += 1;
        lines.as_mut().poll(cx)
    }));
    assert!(polls > 20, "{polls}");
    server.join();
}
