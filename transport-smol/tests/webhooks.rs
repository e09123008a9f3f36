//! Webhooks over real sockets.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::net::TcpListener;
use std::thread::JoinHandle;

use kube_tests::webhooks::Serve;
use kube_transport_smol::proto::admission::{Handlers, ServeOptions};
use kube_transport_smol::proto::driver::wire::tls::ServerTls;
use kube_transport_smol::serve;

struct Smol;

impl Serve for Smol {
    fn serve(
        listener: TcpListener,
        tls: Option<ServerTls>,
        handlers: Handlers,
        options: ServeOptions,
    ) -> (Box<dyn Fn() + Send + Sync>, JoinHandle<()>) {
        let server = serve(listener, tls, handlers).unwrap().options(options);
        let stopper = server.stopper();
        (Box::new(move || stopper.stop()), std::thread::spawn(move || smol::block_on(server.run()).unwrap()))
    }
}

kube_tests::webhooks!(Smol);

mod on_an_executor {
    use super::*;

    /// Each connection in a task of its own, on two threads.
    struct Spawned;

    impl Serve for Spawned {
        fn serve(
            listener: TcpListener,
            tls: Option<ServerTls>,
            handlers: Handlers,
            options: ServeOptions,
        ) -> (Box<dyn Fn() + Send + Sync>, JoinHandle<()>) {
            let server = serve(listener, tls, handlers).unwrap().options(options);
            let stopper = server.stopper();
            let run = move || {
                let executor = smol::Executor::new();
                let over = smol::lock::Semaphore::new(0);
                std::thread::scope(|scope| {
                    scope.spawn(|| smol::block_on(executor.run(over.acquire())));
                    let served = server.run_on(|guest| executor.spawn(guest).detach());
                    smol::block_on(executor.run(served)).unwrap();
                    over.add_permits(1);
                });
            };
            (Box::new(move || stopper.stop()), std::thread::spawn(run))
        }
    }

    kube_tests::webhooks!(Spawned);
}
