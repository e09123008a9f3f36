//! `kube-transport-hyper` on tokio, behind the blocking trait; one transport for each version of HTTP.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::settings::Settings;
use kube_transport_hyper::{Client, Duplex};
use tokio::runtime::Runtime;

use super::{AnyChannel, AnyOperation, AnyUpgrade, Driver, Item, TwoWay};

/// The executor of all rows.
static EXECUTOR: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

pub(super) fn http1(config: Config, settings: Settings) -> Result<Box<dyn Driver>, Error> {
    connect(config, settings, false)
}

pub(super) fn http2(config: Config, settings: Settings) -> Result<Box<dyn Driver>, Error> {
    connect(config, settings, true)
}

fn connect(config: Config, settings: Settings, http2: bool) -> Result<Box<dyn Driver>, Error> {
    let _inside = EXECUTOR.enter();
    Ok(Box::new(Client::builder(config).settings(settings).http2(http2).build()?))
}

impl Driver for Client {
    fn call(&self, operation: AnyOperation) -> Result<Item, Error> {
        EXECUTOR.block_on(Client::call(self, operation))
    }

    fn stream(&self, operation: AnyOperation, each: &mut dyn FnMut(Item) -> ControlFlow<()>) -> Result<(), Error> {
        let mut stream = Client::stream(self, operation);
        while let Some(item) = EXECUTOR.block_on(stream.next()) {
            if each(item?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, operations: Vec<AnyOperation>, concurrent: usize) -> Vec<Result<Item, Error>> {
        EXECUTOR.block_on(Client::batch(self, operations, concurrent))
    }

    fn open(&self, upgrade: AnyUpgrade) -> Result<Box<dyn TwoWay>, Error> {
        Ok(Box::new(EXECUTOR.block_on(Client::open(self, upgrade))?))
    }
}

impl TwoWay for Duplex<AnyChannel> {
    fn next(&self) -> Option<Result<Item, Error>> {
        EXECUTOR.block_on(Duplex::next(self))
    }

    fn send(&self, bytes: Bytes) -> Result<(), Error> {
        EXECUTOR.block_on(Duplex::send(self, bytes))
    }

    fn close(&self) {
        Duplex::close(self);
    }
}
