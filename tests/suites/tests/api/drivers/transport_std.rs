//! `kube-transport-std`.

use std::io;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::admission::Handlers;
use kube_proto::api::Upgrade;
use kube_proto::config::Config;
use kube_proto::copy::{Copied, CopyEvent, CopyFrom, CopyTo};
use kube_proto::driver::io_error;
use kube_proto::driver::wire::tls::ServerTls;
use kube_proto::exec::{Exec, ExecOutput, ExecResult};
use kube_proto::settings::Settings;
use kube_transport_std::{Client, Duplex, ExecParts, PortForward, Writer};

use super::{AnyChannel, AnyOperation, AnyUpgrade, Driver, Forwarder, Item, Process, Remote, Stdin, TwoWay};

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

    fn exec(&self, exec: Upgrade<Exec>) -> Result<Remote, Error> {
        let ExecParts { stdin, stdout, stderr, process } = Client::open(self, exec)?.split();
        let (stdout, stderr) = (Box::new(stdout), Box::new(stderr));
        Ok(Remote { stdin: Box::new(stdin), stdout, stderr, process: Box::new(process) })
    }

    fn output(&self, exec: Upgrade<Exec>, limit: usize) -> Result<ExecOutput, Error> {
        Client::open(self, exec)?.output(limit)
    }

    fn copy_from(
        &self,
        from: CopyFrom,
        to: &Path,
        report: &mut (dyn FnMut(CopyEvent) + Send),
    ) -> Result<Copied, Error> {
        Client::copy_from(self, from, to, report)
    }

    fn copy_to(&self, from: &Path, to: CopyTo, report: &mut (dyn FnMut(CopyEvent) + Send)) -> Result<Copied, Error> {
        Client::copy_to(self, from, to, report)
    }

    fn port_forward(&self, target: PortForward) -> Result<Box<dyn Forwarder>, Error> {
        Ok(Box::new(Client::port_forward(self, target)?))
    }

    fn serve(&self, listener: TcpListener, tls: ServerTls, handlers: Handlers) -> Box<dyn Fn() + Send + Sync> {
        let server = kube_transport_std::serve(listener, Some(tls), handlers).unwrap();
        let stopper = server.stopper();
        std::thread::spawn(move || server.run());
        Box::new(move || stopper.stop())
    }
}

impl Stdin for Writer<Exec> {
    fn finish(&mut self) -> io::Result<()> {
        Writer::finish(self).map_err(io_error)
    }
}

impl Process for kube_transport_std::Process {
    fn resize(&self, width: u16, height: u16) -> Result<(), Error> {
        Self::resize(self, width, height)
    }

    fn wait(&self) -> Result<ExecResult, Error> {
        Self::wait(self)
    }

    fn close(&self) {
        Self::close(self);
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
