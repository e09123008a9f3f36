//! Through proxies, over real sockets.

use std::sync::Arc;

use bytes::Bytes;
use kube_tests::proxied;
use kube_transport_smol::proto::config::Config;
use kube_transport_smol::proto::session::Settings;
use kube_transport_smol::proto::stream::Raw;
use kube_transport_smol::proto::{Error, Operation};
use kube_transport_smol::{Client, Duplex};
use smol::block_on;

struct Smol(Client);

struct Session(Duplex<Raw>);

impl proxied::Client for Smol {
    fn make(config: Config, settings: Settings) -> Result<Self, Error> {
        Client::builder(config).settings(settings).build().map(Self)
    }

    fn call<O: Operation>(&self, operation: O) -> Result<O::Item, Error> {
        block_on(self.0.call(operation))
    }

    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn Iterator<Item = Result<O::Item, Error>>> {
        let mut stream = self.0.stream(operation);
        Box::new(std::iter::from_fn(move || block_on(stream.next())))
    }

    fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn proxied::Session>, Error> {
        Ok(Arc::new(Session(block_on(self.0.open(operation))?)))
    }
}

impl proxied::Session for Session {
    fn next(&self) -> Option<Result<Bytes, Error>> {
        block_on(self.0.next())
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        block_on(self.0.send(bytes))
    }
}

proxied!(Smol);
