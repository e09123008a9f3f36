//! `kube-transport-smol`, behind the blocking trait.

use std::ops::ControlFlow;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::settings::Settings;
use kube_transport_smol::{Client, Duplex};
use smol::block_on;

use super::{AnyChannel, AnyOperation, AnyUpgrade, Driver, Item, TwoWay};

pub(super) fn connect(config: Config, settings: Settings) -> Result<Box<dyn Driver>, Error> {
    Ok(Box::new(Client::builder(config).settings(settings).build()?))
}

impl Driver for Client {
    fn call(&self, operation: AnyOperation) -> Result<Item, Error> {
        block_on(Client::call(self, operation))
    }

    fn stream(&self, operation: AnyOperation, each: &mut dyn FnMut(Item) -> ControlFlow<()>) -> Result<(), Error> {
        let mut stream = Client::stream(self, operation);
        while let Some(item) = block_on(stream.next()) {
            if each(item?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, operations: Vec<AnyOperation>, concurrent: usize) -> Vec<Result<Item, Error>> {
        block_on(Client::batch(self, operations, concurrent))
    }

    fn open(&self, upgrade: AnyUpgrade) -> Result<Box<dyn TwoWay>, Error> {
        Ok(Box::new(block_on(Client::open(self, upgrade))?))
    }
}

impl TwoWay for Duplex<AnyChannel> {
    fn next(&self) -> Option<Result<Item, Error>> {
        block_on(Duplex::next(self))
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        block_on(Duplex::send(self, bytes))
    }

    fn close(&self) {
        Duplex::close(self);
    }
}
