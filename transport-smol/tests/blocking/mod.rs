//! This transport, as the lists of tests want it that all transports run.

use std::sync::Arc;

use bytes::Bytes;
use kube_tests::blocking;
use kube_transport_smol::proto::options::ClientOptions;
use kube_transport_smol::proto::stream::Raw;
use kube_transport_smol::proto::{Error, Operation};
use kube_transport_smol::{Client, Duplex};
use smol::block_on;

pub(crate) struct Smol(Client);

struct Session(Duplex<Raw>);

impl blocking::Client for Smol {
    fn make(options: ClientOptions) -> Result<Self, Error> {
        Client::builder(options).build().map(Self)
    }

    fn call<O: Operation>(&self, operation: O) -> Result<O::Item, Error> {
        block_on(self.0.call(operation))
    }

    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn Iterator<Item = Result<O::Item, Error>>> {
        let mut stream = self.0.stream(operation);
        Box::new(std::iter::from_fn(move || block_on(stream.next())))
    }

    fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn blocking::Session>, Error> {
        Ok(Arc::new(Session(block_on(self.0.open(operation))?)))
    }
}

impl blocking::Session for Session {
    fn next(&self) -> Option<Result<Bytes, Error>> {
        block_on(self.0.next())
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        block_on(self.0.send(bytes))
    }
}
