//! Forwarded ports of `kube-transport-hyper`.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};

use kube_proto::Error;
use kube_proto::port_forward::PortForwardSession;
use kube_transport_hyper::{ConnectionWriter, Port, PortForwarder, Reader};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::transport_hyper::EXECUTOR;
use super::{Forwarder, HalfWriter, Halves};

impl Forwarder for PortForwarder {
    fn connect(&self, port: Port) -> Result<Halves, Error> {
        let (reader, writer) = EXECUTOR.block_on(PortForwarder::connect(self, port))?.split();
        Ok((Box::new(Half(reader)), Box::new(Half(writer))))
    }

    fn is_tunnel(&self) -> bool {
        PortForwarder::is_tunnel(self)
    }

    fn pod(&self) -> String {
        PortForwarder::pod(self)
    }

    fn listen(&self, address: IpAddr, port: Port) -> SocketAddr {
        let listener = EXECUTOR.block_on(PortForwarder::listen(self, (address, 0), port)).unwrap();
        let address = listener.local_addr().unwrap();
        EXECUTOR.spawn(async move { listener.run(|_, _| {}).await });
        address
    }

    fn close(&self) {
        PortForwarder::close(self);
    }
}

/// A half of a connection, for threads.
struct Half<T>(T);

impl Read for Half<Reader<PortForwardSession>> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        EXECUTOR.block_on(AsyncReadExt::read(&mut self.0, into))
    }
}

impl Write for Half<ConnectionWriter> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        EXECUTOR.block_on(AsyncWriteExt::write(&mut self.0, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        EXECUTOR.block_on(AsyncWriteExt::flush(&mut self.0))
    }
}

impl HalfWriter for Half<ConnectionWriter> {
    fn finish(&mut self) -> io::Result<()> {
        EXECUTOR.block_on(AsyncWriteExt::shutdown(&mut self.0))
    }
}
