//! `kube-transport-std`.

use std::ops::ControlFlow;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::settings::Settings;
use kube_transport_std::{Client, Duplex};

use super::{AnyChannel, AnyOperation, AnyUpgrade, Driver, Item, TwoWay};

pub(super) fn connect(config: Config, settings: Settings) -> Result<Box<dyn Driver>, Error> {
    Ok(Box::new(Client::builder(config).settings(settings).build()?))
}

impl Driver for Client {
    fn call(&self, operation: AnyOperation) -> Result<Item, Error> {
        Client::call(self, operation)
    }

    fn stream(&self, operation: AnyOperation, each: &mut dyn FnMut(Item) -> ControlFlow<()>) -> Result<(), Error> {
        for item in Client::stream(self, operation) {
            if each(item?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, operations: Vec<AnyOperation>, concurrent: usize) -> Vec<Result<Item, Error>> {
        Client::batch(self, operations, concurrent)
    }

    fn open(&self, upgrade: AnyUpgrade) -> Result<Box<dyn TwoWay>, Error> {
        Ok(Box::new(Client::open(self, upgrade)?))
    }
}

impl TwoWay for Duplex<AnyChannel> {
    fn next(&self) -> Option<Result<Item, Error>> {
        Duplex::next(self)
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        Duplex::send(self, bytes)
    }

    fn close(&self) {
        Duplex::close(self);
    }
}
