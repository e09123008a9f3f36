//! Webhooks over real sockets.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::net::TcpListener;
use std::thread::JoinHandle;

use kube_tests::webhooks::Serve;
use kube_transport_hyper::proto::admission::{Handlers, ServeOptions};
use kube_transport_hyper::proto::driver::wire::tls::ServerTls;
use kube_transport_hyper::serve;
use tokio::runtime::Builder;

struct Hyper;

impl Serve for Hyper {
    fn serve(
        listener: TcpListener,
        tls: Option<ServerTls>,
        handlers: Handlers,
        options: ServeOptions,
    ) -> (Box<dyn Fn() + Send + Sync>, JoinHandle<()>) {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = {
            let _inside = runtime.enter();
            serve(listener, tls, handlers).unwrap().options(options)
        };
        let stopper = server.stopper();
        (Box::new(move || stopper.stop()), std::thread::spawn(move || runtime.block_on(server.run()).unwrap()))
    }
}

kube_tests::webhooks!(Hyper);
