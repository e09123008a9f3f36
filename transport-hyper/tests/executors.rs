//! Any executor: tokio's from another thread, and one that is not tokio.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod net;

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use kube_transport_hyper::hyper::rt::{Sleep, Timer};
use kube_transport_hyper::proto::ErrorKind;
use kube_transport_hyper::proto::api::Upgrade;
use kube_transport_hyper::proto::api::{ApiRequest, WatchParams};
use kube_transport_hyper::proto::driver::Raw;
use kube_transport_hyper::proto::driver::{Cx, Input, OneResult, Operation, Step};
use kube_transport_hyper::{Client, Duplex, Job, Runtime, Socket};
use net::{Net, http2, pods};
use smol::{Async, LocalExecutor};

/// Waits for one future, without a runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let (waker, mut future) = (Waker::from(Arc::new(Unpark(std::thread::current()))), pin!(future));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Objects over HTTP/2, at a real address.
async fn listen() -> (Net, SocketAddr) {
    let net = Net::serve(&[b"h2"], |number, peer| http2(number, peer, 100, |mut ask| async move { ask.found() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connect = net.connector();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (mut ours, theirs) = tokio::io::duplex(64 << 10);
            connect.send(theirs).unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut socket, &mut ours).await });
        }
    });
    (net, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_tokio_is_used_on_threads_that_know_nothing_of_it() {
    let (net, address) = listen().await;
    let client = Client::new(net.config_at(address)).unwrap();
    let thread = std::thread::spawn(move || {
        for name in ["a", "b"] {
            assert_eq!(block_on(client.call(pods().get(name))).unwrap().metadata.name.as_deref(), Some(name));
        }
    });
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
    assert_eq!(net.opened(), 1);
}

#[test]
fn outside_of_tokio_a_client_needs_a_runtime() {
    let config = kube_transport_hyper::proto::config::Config::new("http://localhost").unwrap();
    let error = Client::new(config).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
}

/// smol as a runtime: sockets and timers of async-io, tasks of the global executor.
struct Smol;

struct SmolSleep(smol::Timer);

impl Future for SmolSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

impl Sleep for SmolSleep {}

impl Timer for Smol {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(SmolSleep(smol::Timer::after(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(SmolSleep(smol::Timer::at(deadline)))
    }
}

struct SmolSocket(Async<std::net::TcpStream>);

impl Socket for SmolSocket {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        smol::io::AsyncRead::poll_read(Pin::new(&mut self.0), cx, into)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        smol::io::AsyncWrite::poll_write(Pin::new(&mut self.0), cx, bytes)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        smol::io::AsyncWrite::poll_close(Pin::new(&mut self.0), cx)
    }
}

impl Runtime for Smol {
    fn spawn(&self, task: Job<()>) {
        smol::spawn(task).detach();
    }

    fn resolve(&self, host: &str, port: u16) -> Job<io::Result<Vec<SocketAddr>>> {
        let name = format!("{host}:{port}");
        Box::pin(async move { smol::net::resolve(name).await })
    }

    fn connect(&self, to: SocketAddr) -> Job<io::Result<Box<dyn Socket>>> {
        Box::pin(async move {
            let socket = Async::<std::net::TcpStream>::connect(to).await?;
            Ok(Box::new(SmolSocket(socket)) as Box<dyn Socket>)
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_runtime_than_tokio() {
    let (net, address) = listen().await;
    let config = net.config_at(address);
    let thread = std::thread::spawn(move || {
        let client = Client::builder(config).runtime(Smol).build().unwrap();
        smol::block_on(async {
            let results = client.batch((0..50).map(|n| pods().get(&n.to_string())), 50).await;
            assert!(results.iter().all(Result::is_ok));
            // A missing ability of this runtime is an error.
            let mut config = kube_transport_hyper::proto::config::Config::new("http://localhost").unwrap();
            config.credential = kube_transport_hyper::proto::config::CredentialConfig::TokenFile {
                path: "token".into(),
                fallback: None,
            };
            let unable = Client::builder(config).runtime(Smol).build().unwrap();
            let error = unable.call(pods().get("a")).await.unwrap_err().to_string();
            assert!(error.contains("this runtime cannot read files"), "{error}");
        });
    });
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
    assert_eq!(net.opened(), 1);
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_leave_its_thread() {
    let (net, address) = listen().await;
    let client = Client::new(net.config_at(address)).unwrap();
    let thread = std::thread::spawn(move || {
        let turns = Rc::<Cell<usize>>::default();
        let local = || Local(pods().get("a"), Rc::clone(&turns));
        let executor = LocalExecutor::new();
        let tasks: Vec<_> = (0..8).map(|_| executor.spawn(client.call(local()))).collect();
        let batch = executor.spawn(client.batch((0..8).map(|_| local()), 3));
        smol::block_on(executor.run(async {
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(batch.await.into_iter().filter(Result::is_ok).count(), 8);
        }));
        assert!(turns.get() >= 16);
    });
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn everything_is_send_where_the_operation_is() {
    fn assert_send<T: Send>(_: T) {}
    fn assert_static<T: Send + 'static>(_: T) {}
    fn assert_sync<T: Sync>(_: &T) {}
    let (net, address) = listen().await;
    let client = Client::new(net.config_at(address)).unwrap();
    assert_sync(&client);
    assert_static(client.call(pods().get("a")));
    assert_static(client.batch([pods().get("a")], 1));
    assert_static(client.open(Upgrade::new(ApiRequest::raw(http::Method::GET, "/", ""), |_| Ok(Raw::new()))));
    assert_static(Client::from_env());
    let mut stream = client.stream(pods().watch_once(&WatchParams::default()));
    assert_static(stream.stopper());
    assert_send(stream.next());
    assert_static(stream);
    fn session(session: &Duplex<Raw>) {
        assert_sync(session);
        assert_send(session.next());
        assert_send(session.send(bytes::Bytes::new()));
        assert_static(session.clone());
    }
    let _ = session;
}
