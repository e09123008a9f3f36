//! Webhooks over real sockets.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::net::TcpListener;
use std::thread::JoinHandle;

use kube_tests::webhooks::Serve;
use kube_transport_std::proto::admission::{Handlers, ServeOptions};
use kube_transport_std::proto::driver::wire::tls::ServerTls;
use kube_transport_std::serve;

struct Std;

impl Serve for Std {
    fn serve(
        listener: TcpListener,
        tls: Option<ServerTls>,
        handlers: Handlers,
        options: ServeOptions,
    ) -> (Box<dyn Fn() + Send + Sync>, JoinHandle<()>) {
        let server = serve(listener, tls, handlers).unwrap().options(options);
        let stopper = server.stopper();
        (Box::new(move || stopper.stop()), std::thread::spawn(move || server.run().unwrap()))
    }
}

kube_tests::webhooks!(Std);
