//! Forwarded ports: connections to a pod as readers and writers of futures-io.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_lite::{AsyncRead, AsyncWrite};
use kube_proto::port_forward::{ConnectionId, Destination, Port, PortForward, PortForwardSession};
use kube_proto::{Error, ErrorKind};

use crate::client::Client;
use crate::duplex::Duplex;
use crate::streams::{Reader, Writer};

/// Connections to the ports of a pod: see [`Client::port_forward`]. A clone is cheap, and shares the session.
#[derive(Clone)]
pub struct PortForwarder {
    client: Client,
    target: Arc<PortForward>,
    state: Arc<Mutex<State>>,
}

#[derive(Clone)]
struct State {
    destination: Destination,
    /// `None` if the server has no tunnels: then each connection has a session of its own.
    tunnel: Option<Duplex<PortForwardSession>>,
}

impl Client {
    /// Finds the pod of a target, and opens the session that its connections share.
    ///
    /// ```no_run
    /// use kube_transport_smol::{Client, PortForward};
    /// use smol::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # smol::block_on(async {
    /// let client = Client::from_env().await?;
    /// let web = client.port_forward(PortForward::service("web").within("shop")).await?;
    /// let mut connection = web.connect("http").await?;
    /// connection.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
    /// let mut answer = String::new();
    /// connection.read_to_string(&mut answer).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// No pod runs, or the server refused the session.
    pub async fn port_forward(&self, target: PortForward) -> Result<PortForwarder, Error> {
        let state = open(self, &target).await?;
        Ok(PortForwarder { client: self.clone(), target: Arc::new(target), state: Arc::new(Mutex::new(state)) })
    }
}

async fn open(client: &Client, target: &PortForward) -> Result<State, Error> {
    let destination = client.call(target.find()).await?;
    let tunnel = match client.open(target.tunnel(&destination.pod)).await {
        Ok(tunnel) => Some(tunnel),
        Err(error) if PortForward::is_without_tunnel(&error) => None,
        Err(error) => return Err(error),
    };
    Ok(State { destination, tunnel })
}

impl PortForwarder {
    /// Opens a connection to a port: its number or its name, in the service or in the pod. It waits until
    /// the pod's node has accepted it. If nothing listens there, the first read says so.
    ///
    /// # Errors
    /// There is no port of this name, or the session has ended: see [`PortForward::reconnect`].
    pub async fn connect(&self, port: impl Into<Port>) -> Result<Connection, Error> {
        let port = port.into();
        match connect(&self.client, &self.target, &self.state(), &port).await {
            Err(error) if self.target.reconnects() && !matches!(error.kind(), ErrorKind::Misuse(_)) => {
                let state = open(&self.client, &self.target).await?;
                let old = std::mem::replace(&mut *self.lock(), state.clone());
                drop(old);
                connect(&self.client, &self.target, &state, &port).await
            }
            result => result,
        }
    }

    /// The number of the pod's port behind a port of the target.
    ///
    /// # Errors
    /// There is no port of this name.
    pub fn port(&self, port: impl Into<Port>) -> Result<u16, Error> {
        self.lock().destination.port(&port.into())
    }

    /// The pod's name.
    #[must_use]
    pub fn pod(&self) -> String {
        self.lock().destination.pod.clone()
    }

    /// Whether all connections share one session, a tunnel. Without a tunnel a connection has no half-close.
    #[must_use]
    pub fn is_tunnel(&self) -> bool {
        self.lock().tunnel.is_some()
    }

    /// Waits until the session of a tunnel has ended, and returns its error. It carries the session on meanwhile: the
    /// server is pinged, and a dead one is noticed, also while no connection is read.
    ///
    /// Without a tunnel, there is no such session: it returns at once.
    pub async fn closed(&self) -> Error {
        let Some(tunnel) = self.state().tunnel else {
            return Error::misuse("without a tunnel, each connection has a session of its own");
        };
        let ended = tunnel.wait_for(PortForwardSession::END, |session| session.ended());
        ended.await.unwrap_or_else(|error| error)
    }

    /// Ends the session of a tunnel, and all its connections.
    pub fn close(&self) {
        if let Some(tunnel) = self.state().tunnel {
            tunnel.act(PortForwardSession::close);
            tunnel.close();
        }
    }

    /// Whether another connection may succeed after one that failed.
    pub(crate) fn goes_on(&self) -> bool {
        let tunnel = self.state().tunnel;
        tunnel.is_none_or(|tunnel| {
            let mut runs = false;
            tunnel.act(|session| runs = session.is_running());
            runs || self.target.reconnects()
        })
    }

    fn state(&self) -> State {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(client: &Client, target: &PortForward, state: &State, port: &Port) -> Result<Connection, Error> {
    let port = state.destination.port(port)?;
    let session = match &state.tunnel {
        Some(tunnel) => tunnel.clone(),
        None => client.open(target.channels(&state.destination.pod, port)).await?,
    };
    let mut connected = Err(ErrorKind::Stopped.into());
    session.act(|session| connected = session.connect(port));
    let id = connected?;
    let (reader, writer) = (session.reader(id), session.writer(id));
    let connection = Connection { reader, writer: ConnectionWriter { session: session.clone(), id, writer } };
    session.wait_for(PortForwardSession::writing(id), |session| session.accepted(id)).await.flatten()?;
    Ok(connection)
}

impl fmt::Debug for PortForwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortForwarder").field("target", &self.target).finish_non_exhaustive()
    }
}

/// A connection to a port of a pod. Closing it ends the sending side: the pod gets the end after all bytes written before,
/// and may still answer; that fails if the server has no tunnels ([`PortForwarder::is_tunnel`]). An [`io::Error`] contains
/// the error of the connection or of its session.
#[derive(Debug)]
pub struct Connection {
    reader: Reader<PortForwardSession>,
    writer: ConnectionWriter,
}

/// The writing half of a connection. Dropping it does not tell the pod. With both halves dropped, the connection is reset,
/// unless it has ended.
#[derive(Debug)]
pub struct ConnectionWriter {
    session: Duplex<PortForwardSession>,
    id: ConnectionId,
    writer: Writer<PortForwardSession>,
}

impl Connection {
    /// Splits the connection for two tasks. A reader that is dropped discards what the pod sends.
    #[must_use]
    pub fn split(self) -> (Reader<PortForwardSession>, ConnectionWriter) {
        (self.reader, self.writer)
    }
}

impl ConnectionWriter {
    /// From now on what the pod sends is discarded, and a reader that waits gets the end.
    pub(crate) fn stop_reading(&self) {
        self.session.act(|session| session.drop_reader(self.id));
    }
}

impl AsyncWrite for ConnectionWriter {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_close(cx)
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.reader).poll_read(cx, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_close(cx)
    }
}

impl Drop for ConnectionWriter {
    fn drop(&mut self) {
        self.session.act(|session| session.drop_writer(self.id));
    }
}
