//! Through proxies, over real sockets.

use std::sync::Arc;

use bytes::Bytes;
use kube_tests::proxied;
use kube_transport_std::proto::config::Config;
use kube_transport_std::proto::session::Settings;
use kube_transport_std::proto::stream::Raw;
use kube_transport_std::proto::{Error, Operation};
use kube_transport_std::{Client, Duplex};

struct Std(Client);

struct Session(Duplex<Raw>);

impl proxied::Client for Std {
    fn make(config: Config, settings: Settings) -> Result<Self, Error> {
        Client::builder(config).settings(settings).build().map(Self)
    }

    fn call<O: Operation>(&self, operation: O) -> Result<O::Item, Error> {
        self.0.call(operation)
    }

    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn Iterator<Item = Result<O::Item, Error>>> {
        Box::new(self.0.stream(operation))
    }

    fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn proxied::Session>, Error> {
        Ok(Arc::new(Session(self.0.open(operation)?)))
    }
}

impl proxied::Session for Session {
    fn next(&self) -> Option<Result<Bytes, Error>> {
        self.0.next()
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.0.send(bytes)
    }
}

proxied!(Std);
