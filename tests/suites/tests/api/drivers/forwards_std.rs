//! Forwarded ports of `kube-transport-std`.

use std::io;
use std::net::{IpAddr, SocketAddr};

use kube_proto::Error;
use kube_transport_std::{ConnectionWriter, Port, PortForwarder};

use super::{Forwarder, HalfWriter, Halves};

impl Forwarder for PortForwarder {
    fn connect(&self, port: Port) -> Result<Halves, Error> {
        let (reader, writer) = PortForwarder::connect(self, port)?.split();
        Ok((Box::new(reader), Box::new(writer)))
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
        std::thread::spawn(move || listener.run(|_, _| {}));
        address
    }

    fn close(&self) {
        PortForwarder::close(self);
    }
}

impl HalfWriter for ConnectionWriter {
    fn finish(&mut self) -> io::Result<()> {
        ConnectionWriter::finish(self).map_err(io::Error::other)
    }
}
