//! `kube-transport-smol`, behind the blocking trait.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::pin::Pin;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::admission::Handlers;
use kube_proto::api::Upgrade;
use kube_proto::config::Config;
use kube_proto::copy::{Copied, CopyEvent, CopyFrom, CopyTo};
use kube_proto::driver::wire::tls::ServerTls;
use kube_proto::exec::{Exec, ExecOutput, ExecResult};
use kube_proto::settings::Settings;
use kube_transport_smol::{Client, Duplex, ExecParts, PortForward, Reader, Writer};
use smol::block_on;
use smol::io::{AsyncRead, AsyncWrite};

use super::{AnyChannel, AnyOperation, AnyUpgrade, Driver, Forwarder, Item, Process, Remote, Stdin, TwoWay};

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

    fn exec(&self, exec: Upgrade<Exec>) -> Result<Remote, Error> {
        let ExecParts { stdin, stdout, stderr, process } = block_on(Client::open(self, exec))?.split();
        let (stdout, stderr) = (Box::new(Blocking(stdout)), Box::new(Blocking(stderr)));
        Ok(Remote { stdin: Box::new(Blocking(stdin)), stdout, stderr, process: Box::new(process) })
    }

    fn output(&self, exec: Upgrade<Exec>, limit: usize) -> Result<ExecOutput, Error> {
        block_on(async { Client::open(self, exec).await?.output(limit).await })
    }

    fn copy_from(
        &self,
        from: CopyFrom,
        to: &Path,
        report: &mut (dyn FnMut(CopyEvent) + Send),
    ) -> Result<Copied, Error> {
        block_on(Client::copy_from(self, from, to, report))
    }

    fn copy_to(&self, from: &Path, to: CopyTo, report: &mut (dyn FnMut(CopyEvent) + Send)) -> Result<Copied, Error> {
        block_on(Client::copy_to(self, from, to, report))
    }

    fn port_forward(&self, target: PortForward) -> Result<Box<dyn Forwarder>, Error> {
        Ok(Box::new(block_on(Client::port_forward(self, target))?))
    }

    fn serve(&self, listener: TcpListener, tls: ServerTls, handlers: Handlers) -> Box<dyn Fn() + Send + Sync> {
        let server = kube_transport_smol::serve(listener, Some(tls), handlers).unwrap();
        let stopper = server.stopper();
        std::thread::spawn(move || block_on(server.run()));
        Box::new(move || stopper.stop())
    }
}

/// A reader or writer of the runtime, for threads.
struct Blocking<T>(T);

impl Read for Blocking<Reader<Exec>> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        block_on(poll_fn(|cx| Pin::new(&mut self.0).poll_read(cx, into)))
    }
}

impl Write for Blocking<Writer<Exec>> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        block_on(poll_fn(|cx| Pin::new(&mut self.0).poll_write(cx, bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        block_on(poll_fn(|cx| Pin::new(&mut self.0).poll_flush(cx)))
    }
}

impl Stdin for Blocking<Writer<Exec>> {
    fn finish(&mut self) -> io::Result<()> {
        block_on(poll_fn(|cx| Pin::new(&mut self.0).poll_close(cx)))
    }
}

impl Process for kube_transport_smol::Process {
    fn resize(&self, width: u16, height: u16) -> Result<(), Error> {
        block_on(Self::resize(self, width, height))
    }

    fn wait(&self) -> Result<ExecResult, Error> {
        block_on(Self::wait(self))
    }

    fn close(&self) {
        Self::close(self);
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
