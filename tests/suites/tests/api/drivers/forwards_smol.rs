//! Forwarded ports of `kube-transport-smol`.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};

use kube_proto::Error;
use kube_proto::port_forward::PortForwardSession;
use kube_transport_smol::{ConnectionWriter, Port, PortForwarder, Reader};
use smol::block_on;
use smol::io::{AsyncReadExt, AsyncWriteExt};

use super::{Forwarder, HalfWriter, Halves};

impl Forwarder for PortForwarder {
    fn connect(&self, port: Port) -> Result<Halves, Error> {
        let (reader, writer) = block_on(PortForwarder::connect(self, port))?.split();
        Ok((Box::new(Half(reader)), Box::new(Half(writer))))
    }

    fn is_tunnel(&self) -> bool {
        PortForwarder::is_tunnel(self)
    }

    fn pod(&self) -> String {
        PortForwarder::pod(self)
    }

    fn listen(&self, address: IpAddr, port: Port) -> SocketAddr {
        let listener = PortForwarder::listen(self, (address, 0), port).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || block_on(listener.run(|_, _| {})));
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
        block_on(AsyncReadExt::read(&mut self.0, into))
    }
}

impl Write for Half<ConnectionWriter> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        block_on(AsyncWriteExt::write(&mut self.0, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        block_on(AsyncWriteExt::flush(&mut self.0))
    }
}

impl HalfWriter for Half<ConnectionWriter> {
    fn finish(&mut self) -> io::Result<()> {
        block_on(AsyncWriteExt::close(&mut self.0))
    }
}
