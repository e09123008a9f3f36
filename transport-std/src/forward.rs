//! Forwarded ports: connections to a pod as readers and writers.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use kube_proto::port_forward::{Attempt, ConnectionId, Port, PortForward, PortForwardSession, Route, RouteStep};
use kube_proto::{Error, ErrorKind};

use crate::client::Client;
use crate::duplex::Duplex;
use crate::streams::{Reader, Writer};

/// Connections to the ports of a pod: see [`Client::port_forward`]. A clone is cheap, and shares the session.
#[derive(Clone)]
pub struct PortForwarder {
    client: Client,
    route: Arc<Route<Session>>,
}

type Session = Duplex<PortForwardSession>;

impl Client {
    /// Finds the pod of a target, and opens the session that its connections share.
    ///
    /// ```no_run
    /// use std::io::{Read, Write};
    ///
    /// use kube_transport_std::{Client, PortForward};
    ///
    /// let client = Client::from_env()?;
    /// let web = client.port_forward(PortForward::service("web").within("shop"))?;
    /// let mut connection = web.connect("http")?;
    /// connection.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    /// let mut answer = String::new();
    /// connection.read_to_string(&mut answer)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// No pod runs, or the server refused the session.
    pub fn port_forward(&self, target: PortForward) -> Result<PortForwarder, Error> {
        let forwarder = PortForwarder { client: self.clone(), route: Arc::new(Route::new(target)) };
        let mut begin = forwarder.route.begin();
        while forwarder.carry_out(&mut begin)?.is_some() {}
        drop(begin);
        Ok(forwarder)
    }
}

impl PortForwarder {
    /// Opens a connection to a port: its number or its name, in the service or in the pod. It waits until
    /// the pod's node has accepted it. If nothing listens there, the first read says so.
    ///
    /// If the session takes no more connections ([`PortForwardSession::is_leaving`]), it opens another one.
    ///
    /// # Errors
    /// There is no port of this name, or the session has ended: see [`PortForward::reconnect`].
    pub fn connect(&self, port: impl Into<Port>) -> Result<Connection, Error> {
        let mut attempt = self.route.attempt(port.into());
        loop {
            let Some((session, port)) = self.carry_out(&mut attempt)? else { return Err(ErrorKind::Stopped.into()) };
            match connect(&session, port) {
                Ok(connection) => return Ok(connection),
                Err(error) => attempt.failed(error, is_leaving(&session))?,
            }
        }
    }

    /// Carries out the steps of an attempt, until there is a session for it.
    fn carry_out(&self, attempt: &mut Attempt<'_, Session>) -> Result<Option<(Session, u16)>, Error> {
        let target = self.route.target();
        loop {
            match attempt.next(is_leaving)? {
                RouteStep::Find => attempt.found(self.client.call(target.find()))?,
                RouteStep::Tunnel(pod) => {
                    if let Some(before) = attempt.opened(self.client.open(target.tunnel(&pod)))? {
                        before.act(PortForwardSession::retire);
                    }
                }
                RouteStep::Channels(pod, port) => match self.client.open(target.channels(&pod, port)) {
                    Ok(session) => return Ok(Some((session, port))),
                    Err(error) => attempt.failed(error, false)?,
                },
                RouteStep::Connect(session, port) => return Ok(Some((session, port))),
                RouteStep::Ready => return Ok(None),
            }
        }
    }

    /// The number of the pod's port behind a port of the target.
    ///
    /// # Errors
    /// There is no port of this name.
    pub fn port(&self, port: impl Into<Port>) -> Result<u16, Error> {
        self.route.port(&port.into())
    }

    /// The pod's name.
    #[must_use]
    pub fn pod(&self) -> String {
        self.route.pod()
    }

    /// Whether another connection may succeed after one that failed.
    pub(crate) fn goes_on(&self) -> bool {
        self.route.target().reconnects()
            || self.route.tunnel().is_none_or(|(tunnel, _)| asked(&tunnel, |session| session.ended().is_none()))
    }

    /// Whether connections share a session, a tunnel. Without a tunnel a connection has no half-close.
    #[must_use]
    pub fn is_tunnel(&self) -> bool {
        self.route.tunnel().is_some()
    }

    /// Blocks until the session of a tunnel has ended, and no other one took its place. Returns its error. It carries the
    /// session on meanwhile: the server is pinged, and a dead one is noticed, also while no connection is read.
    ///
    /// Without a tunnel, there is no such session: it returns at once.
    pub fn closed(&self) -> Error {
        let mut last = None;
        loop {
            match (self.route.tunnel(), last.take()) {
                (None, _) => return Error::misuse("without a tunnel, each connection has a session of its own"),
                (Some((_, number)), Some((before, error))) if number == before => return error,
                (Some((tunnel, number)), _) => {
                    let ended = tunnel.wait_for(PortForwardSession::END, |session| session.ended());
                    last = Some((number, ended.unwrap_or_else(|error| error)));
                }
            }
        }
    }

    /// Ends the session of a tunnel, and all its connections. Connections of sessions before it go on.
    pub fn close(&self) {
        if let Some((tunnel, _)) = self.route.tunnel() {
            tunnel.act(PortForwardSession::close);
            tunnel.close();
        }
    }
}

fn is_leaving(session: &Session) -> bool {
    asked(session, PortForwardSession::is_leaving)
}

fn asked(session: &Session, question: impl FnOnce(&PortForwardSession) -> bool) -> bool {
    let mut answer = false;
    session.act(|session| answer = question(session));
    answer
}

fn connect(session: &Session, port: u16) -> Result<Connection, Error> {
    let mut connected = Err(ErrorKind::Stopped.into());
    session.act(|session| connected = session.connect(port));
    let id = connected?;
    let (reader, writer) = (session.reader(id), session.writer(id));
    let connection = Connection { reader, writer: ConnectionWriter { session: session.clone(), id, writer } };
    session.wait_for(PortForwardSession::writing(id), |session| session.accepted(id)).flatten()?;
    Ok(connection)
}

impl fmt::Debug for PortForwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortForwarder").field("route", &self.route).finish_non_exhaustive()
    }
}

/// A connection to a port of a pod. An [`io::Error`] contains the error of the connection or of its session.
#[derive(Debug)]
pub struct Connection {
    reader: Reader<PortForwardSession>,
    writer: ConnectionWriter,
}

/// The writing half of a connection. Dropping it does not tell the pod: see [`finish`](Self::finish). With both halves
/// dropped, the connection is reset, unless it has ended.
#[derive(Debug)]
pub struct ConnectionWriter {
    session: Duplex<PortForwardSession>,
    id: ConnectionId,
    writer: Writer<PortForwardSession>,
}

impl Connection {
    /// Splits the connection for two threads. A reader that is dropped discards what the pod sends.
    #[must_use]
    pub fn split(self) -> (Reader<PortForwardSession>, ConnectionWriter) {
        (self.reader, self.writer)
    }

    /// Ends the sending side: see [`ConnectionWriter::finish`].
    ///
    /// # Errors
    /// As there.
    pub fn finish(&self) -> Result<(), Error> {
        self.writer.finish()
    }
}

impl ConnectionWriter {
    /// Ends the sending side: the pod gets the end after all bytes written before, and may still answer.
    ///
    /// # Errors
    /// The connection has failed; or the server has no tunnels ([`PortForwarder::is_tunnel`]), and cannot be told.
    pub fn finish(&self) -> Result<(), Error> {
        self.writer.finish()
    }

    /// From now on what the pod sends is discarded, and a reader that waits gets the end.
    pub(crate) fn stop_reading(&self) {
        self.session.act(|session| session.drop_reader(self.id));
    }
}

impl Read for Connection {
    /// Blocks until there are bytes; 0 at the end.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reader.read(into)
    }
}

impl Write for ConnectionWriter {
    /// Blocks until the system has taken the bytes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ConnectionWriter {
    fn drop(&mut self) {
        self.session.act(|session| session.drop_writer(self.id));
    }
}
