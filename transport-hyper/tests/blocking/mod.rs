//! This transport, behind the trait of the shared suites.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use kube_tests::blocking;
use kube_transport_hyper::proto::Error;
use kube_transport_hyper::proto::driver::Raw;
use kube_transport_hyper::proto::driver::options::ClientOptions;
use kube_transport_hyper::proto::driver::{Group, OneResult, Operation};
use kube_transport_hyper::{Client, Duplex, Stream, TogetherStream};
use tokio::runtime::{Builder, Runtime};

/// Over HTTP/1.1 only.
pub(crate) struct Hyper1(Client);

/// Over HTTP/2 if the server supports it.
pub(crate) struct Hyper2(Client);

struct Session(Duplex<Raw>);

static EXECUTOR: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

macro_rules! client {
    ($name:ident, $http2:literal) => {
        impl blocking::Client for $name {
            fn make(options: ClientOptions) -> Result<Self, Error> {
                let _inside = EXECUTOR.enter();
                Client::builder(options).http2($http2).build().map(Self)
            }

            fn call<O: OneResult>(&self, operation: O) -> Result<O::Item, Error> {
                EXECUTOR.block_on(self.0.call(operation))
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
                EXECUTOR.block_on(self.0.batch(operations, concurrent))
            }

            fn close_idle(&self) {
                self.0.close_idle();
            }

            fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn blocking::Session>, Error> {
                Ok(Arc::new(Session(EXECUTOR.block_on(self.0.open(operation))?)))
            }
        }
    };
}

client!(Hyper1, false);
client!(Hyper2, true);

/// The results of an operation.
struct Items<O>(Stream<O>);

impl<O: Operation> Iterator for Items<O> {
    type Item = Result<O::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        EXECUTOR.block_on(self.0.next())
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
        EXECUTOR.block_on(self.0.next())
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
        EXECUTOR.block_on(self.0.next())
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        EXECUTOR.block_on(self.0.send(bytes))
    }

    fn close(&self) {
        self.0.close();
    }
}
