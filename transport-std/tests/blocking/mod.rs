//! This transport, as the lists of tests want it that all transports run.

use std::sync::Arc;

use bytes::Bytes;
use kube_tests::blocking;
use kube_transport_std::proto::options::ClientOptions;
use kube_transport_std::proto::stream::Raw;
use kube_transport_std::proto::{Error, Operation};
use kube_transport_std::{Client, Duplex};

pub(crate) struct Std(Client);

struct Session(Duplex<Raw>);

impl blocking::Client for Std {
    fn make(options: ClientOptions) -> Result<Self, Error> {
        Client::builder(options).build().map(Self)
    }

    fn call<O: Operation>(&self, operation: O) -> Result<O::Item, Error> {
        self.0.call(operation)
    }

    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn Iterator<Item = Result<O::Item, Error>>> {
        Box::new(self.0.stream(operation))
    }

    fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn blocking::Session>, Error> {
        Ok(Arc::new(Session(self.0.open(operation)?)))
    }
}

impl blocking::Session for Session {
    fn next(&self) -> Option<Result<Bytes, Error>> {
        self.0.next()
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.0.send(bytes)
    }
}
