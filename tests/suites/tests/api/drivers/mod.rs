//! The transports, behind one trait with the operations that a behaviour needs.
//!
//! The trait uses boxes, so that each behaviour is compiled once for all transports.

mod forwards_hyper;
mod forwards_smol;
mod forwards_std;
mod transport_hyper;
mod transport_smol;
mod transport_std;

use std::any::Any;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use kube_proto::Error;
use kube_proto::admission::Handlers;
use kube_proto::api::Upgrade;
use kube_proto::config::Config;
use kube_proto::copy::{Copied, CopyEvent, CopyFrom, CopyTo};
use kube_proto::driver::wire::tls::ServerTls;
use kube_proto::driver::{Channel, Cx, Flow, Input, Now, OneResult, Operation, Step};
use kube_proto::exec::{Exec, ExecOutput, ExecResult};
use kube_proto::port_forward::{Port, PortForward};
use kube_proto::settings::Settings;

/// An item of any operation.
pub(crate) type Item = Box<dyn Any + Send>;
/// Any operation.
pub(crate) struct AnyOperation(pub(crate) Box<dyn Operation<Item = Item> + Send>);

impl Operation for AnyOperation {
    type Item = Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Item> {
        self.0.resume(input, cx)
    }
}

/// The rows pass operations with one result to `call`, and others to `stream`.
impl OneResult for AnyOperation {}
/// Any upgrade.
pub(crate) type AnyUpgrade = Box<dyn Operation<Item = AnyChannel> + Send>;

/// A transport: how to make its clients, and its abilities.
pub(crate) struct Transport {
    pub(crate) name: &'static str,
    pub(crate) connect: fn(Config, Settings) -> Result<Box<dyn Driver>, Error>,
}

/// All transports.
pub(crate) const TRANSPORTS: &[Transport] = &[
    Transport { name: "std", connect: transport_std::connect },
    Transport { name: "smol", connect: transport_smol::connect },
    Transport { name: "hyper1", connect: transport_hyper::http1 },
    Transport { name: "hyper2", connect: transport_hyper::http2 },
];

/// A blocking client of some transport; async ones are wrapped.
pub(crate) trait Driver: Send + Sync {
    /// One result.
    fn call(&self, operation: AnyOperation) -> Result<Item, Error>;

    /// Many results, until `each` breaks. `each` may use this driver: it runs outside of any executor.
    fn stream(&self, operation: AnyOperation, each: &mut dyn FnMut(Item) -> ControlFlow<()>) -> Result<(), Error>;

    /// Many operations, with one result each.
    fn batch(&self, operations: Vec<AnyOperation>, concurrent: usize) -> Vec<Result<Item, Error>>;

    /// A two-way session.
    fn open(&self, upgrade: AnyUpgrade) -> Result<Box<dyn TwoWay>, Error>;

    /// A process in a container, with its streams.
    fn exec(&self, exec: Upgrade<Exec>) -> Result<Remote, Error>;

    /// All that a process prints.
    fn output(&self, exec: Upgrade<Exec>, limit: usize) -> Result<ExecOutput, Error>;

    /// A copy from a container.
    fn copy_from(&self, from: CopyFrom, to: &Path, report: &mut (dyn FnMut(CopyEvent) + Send))
    -> Result<Copied, Error>;

    /// A copy to a container.
    fn copy_to(&self, from: &Path, to: CopyTo, report: &mut (dyn FnMut(CopyEvent) + Send)) -> Result<Copied, Error>;

    /// Connections to the ports of a pod.
    fn port_forward(&self, target: PortForward) -> Result<Box<dyn Forwarder>, Error>;

    /// Serves webhooks, on a thread of its own, until the result is called.
    fn serve(&self, listener: TcpListener, tls: ServerTls, handlers: Handlers) -> Box<dyn Fn() + Send + Sync>;
}

/// Forwarded ports of some transport.
pub(crate) trait Forwarder: Send + Sync {
    fn connect(&self, port: Port) -> Result<Halves, Error>;

    fn is_tunnel(&self) -> bool;

    fn pod(&self) -> String;

    /// A port of this local address whose connections lead to the pod, for the rest of the process.
    fn listen(&self, address: IpAddr, port: Port) -> SocketAddr;

    fn close(&self);
}

/// The reading and the writing half of a connection.
pub(crate) type Halves = (Box<dyn Read + Send>, Box<dyn HalfWriter>);

/// The writing half of a connection.
pub(crate) trait HalfWriter: Write + Send {
    /// Ends the sending side.
    fn finish(&mut self) -> io::Result<()>;
}

/// The parts of a session with a process, for threads.
pub(crate) struct Remote {
    pub(crate) stdin: Box<dyn Stdin>,
    pub(crate) stdout: Box<dyn Read + Send>,
    pub(crate) stderr: Box<dyn Read + Send>,
    pub(crate) process: Box<dyn Process>,
}

/// The standard input of a process.
pub(crate) trait Stdin: Write + Send {
    /// Ends it.
    fn finish(&mut self) -> io::Result<()>;
}

/// The handle of a process.
pub(crate) trait Process: Send + Sync {
    fn resize(&self, width: u16, height: u16) -> Result<(), Error>;

    fn wait(&self) -> Result<ExecResult, Error>;

    fn close(&self);
}

/// A two-way session of some transport.
pub(crate) trait TwoWay: Send + Sync {
    /// The next event; `None` is the end.
    fn next(&self) -> Option<Result<Item, Error>>;

    fn send(&self, bytes: Bytes) -> Result<(), Error>;

    fn close(&self);
}

/// Any channel.
pub(crate) struct AnyChannel(pub(crate) Box<dyn Channel<Event = Item> + Send>);

impl Channel for AnyChannel {
    type Event = Item;

    fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
        self.0.receive(bytes, end);
    }

    fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.0.send(bytes)
    }

    fn poll(&mut self, now: Now) -> Flow<Item> {
        self.0.poll(now)
    }
}
