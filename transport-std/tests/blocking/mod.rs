//! This transport, behind the trait of the shared suites.

use std::sync::Arc;

use bytes::Bytes;
use kube_tests::blocking;
use kube_transport_std::proto::Error;
use kube_transport_std::proto::driver::Raw;
use kube_transport_std::proto::driver::options::ClientOptions;
use kube_transport_std::proto::driver::{Group, OneResult, Operation};
use kube_transport_std::{Client, Duplex, Stream, TogetherStream};

pub(crate) struct Std(Client);

struct Session(Duplex<Raw>);

impl blocking::Client for Std {
    fn make(options: ClientOptions) -> Result<Self, Error> {
        Client::builder(options).build().map(Self)
    }

    fn call<O: OneResult>(&self, operation: O) -> Result<O::Item, Error> {
        self.0.call(operation)
    }

    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn blocking::Stream<O::Item>> {
        Box::new(Items(self.0.stream(operation)))
    }

    fn together<G: Group + 'static>(&self, group: G) -> Box<dyn blocking::Stream<G::Item>> {
        Box::new(GroupItems(self.0.together(group)))
    }

    fn batch<O>(&self, operations: Vec<O>, concurrent: usize) -> Vec<Result<O::Item, Error>>
    where
        O: OneResult + Send,
        O::Item: Send,
    {
        self.0.batch(operations, concurrent)
    }

    fn close_idle(&self) {
        self.0.close_idle();
    }

    fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn blocking::Session>, Error> {
        Ok(Arc::new(Session(self.0.open(operation)?)))
    }
}

/// The results of an operation.
struct Items<O>(Stream<O>);

impl<O: Operation> Iterator for Items<O> {
    type Item = Result<O::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl<O: Operation> blocking::Stream<O::Item> for Items<O> {
    fn stopper(&self) -> Box<dyn FnOnce() + Send> {
        let stopper = self.0.stopper();
        Box::new(move || stopper.stop())
    }
}

/// The results of a group.
struct GroupItems<G: Group>(TogetherStream<G>);

impl<G: Group> Iterator for GroupItems<G> {
    type Item = Result<G::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl<G: Group> blocking::Stream<G::Item> for GroupItems<G> {
    fn stopper(&self) -> Box<dyn FnOnce() + Send> {
        let stopper = self.0.stopper();
        Box::new(move || stopper.stop())
    }
}

impl blocking::Session for Session {
    fn next(&self) -> Option<Result<Bytes, Error>> {
        self.0.next()
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        self.0.send(bytes)
    }

    fn close(&self) {
        self.0.close();
    }
}
