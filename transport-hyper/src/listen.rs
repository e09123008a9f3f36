//! Local ports that lead to a pod.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use kube_proto::port_forward::{Port, PortForwardSession};
use kube_proto::{Error, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::forward::{Connection, ConnectionWriter, PortForwarder};
use crate::streams::Reader;

/// A local port whose connections lead to a port of a pod: see [`PortForwarder::listen`]. Dropped, it accepts no more.
#[derive(Debug)]
pub struct PortListener {
    listener: TcpListener,
    forwarder: PortForwarder,
    port: Port,
}

/// A connection that was accepted: a future that opens one to the pod for it, and carries its bytes until both directions have
/// ended. Dropping it ends the connection.
///
/// | event | what follows |
/// |---|---|
/// | the local end | the end of the sending side, if the session can say so |
/// | the pod's end | the end of the local sending side |
/// | a failure of the local socket | the connection is given up |
/// | a failure of the connection, or none can be opened | the local socket is closed; the future ends with the failure |
#[must_use = "no bytes are carried until it is polled"]
pub struct Forwarded {
    peer: SocketAddr,
    carry: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

impl PortForwarder {
    /// Listens on a local address, IPv4 or IPv6; port 0 is any free one. Needs tokio's runtime, as the listener does.
    ///
    /// # Errors
    /// The address is in use, or not of this machine.
    pub async fn listen(&self, address: impl Into<SocketAddr>, port: impl Into<Port>) -> io::Result<PortListener> {
        let listener = TcpListener::bind(address.into()).await?;
        Ok(PortListener { listener, forwarder: self.clone(), port: port.into() })
    }
}

impl PortListener {
    /// The local address, with the port that was chosen.
    ///
    /// # Errors
    /// The system does not know it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for the next local connection. Poll the result on any executor: it opens a connection to the pod, so that one that
    /// is slow to open holds up no other. A failure to open one is that of the result.
    pub async fn accept(&self) -> Forwarded {
        let (socket, peer) = self.socket().await;
        let (forwarder, port) = (self.forwarder.clone(), self.port.clone());
        let carry = async move { carry(socket, forwarder.connect(port).await?).await };
        Forwarded { peer, carry: Box::pin(carry) }
    }

    /// The next local connection.
    async fn socket(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                // The peer is gone already, or this process has too many files open: others may be accepted.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Forwards connections, each in a task of its own, until none can be opened any more. Dropping the future accepts no
    /// more; connections go on to their end.
    ///
    /// It calls `report` with each connection that is accepted, by its peer's address, and again with the error if it fails. Each is
    /// opened by itself: one that is slow to open holds up no other.
    /// A connection that fails affects no other one.
    ///
    /// # Errors
    /// The session has ended, and the target does not [reconnect](kube_proto::port_forward::PortForward::reconnect).
    pub async fn run(&self, report: impl Fn(SocketAddr, Option<&Error>) + Send + Sync + 'static) -> Result<(), Error> {
        let report = Arc::new(report);
        let (over, mut ended) = mpsc::channel(1);
        loop {
            let mut accept = pin!(self.socket());
            let accepted = poll_fn(|cx| match ended.poll_recv(cx) {
                Poll::Ready(Some(error)) => Poll::Ready(Err(error)),
                _ => accept.as_mut().poll(cx).map(Ok),
            });
            let (socket, peer) = accepted.await?;
            report(peer, None);
            let (forwarder, port) = (self.forwarder.clone(), self.port.clone());
            let (report, over) = (Arc::clone(&report), over.clone());
            tokio::spawn(async move {
                match forwarder.connect(port).await {
                    Ok(connection) => {
                        if let Err(error) = carry(socket, connection).await {
                            report(peer, Some(&error));
                        }
                    }
                    Err(error) if forwarder.goes_on() => report(peer, Some(&error)),
                    // The first one is enough.
                    Err(error) => _ = over.try_send(error),
                }
            });
        }
    }
}

impl Forwarded {
    /// The address of the local peer.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}

impl Future for Forwarded {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.carry.as_mut().poll(cx)
    }
}

impl fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarded").field("peer", &self.peer).finish_non_exhaustive()
    }
}

async fn carry(socket: TcpStream, connection: Connection) -> Result<(), Error> {
    let _ = socket.set_nodelay(true);
    let (reader, writer) = connection.split();
    let (local_reader, local_writer) = socket.into_split();
    both(down(reader, local_writer), up(writer, local_reader)).await
}

/// Both directions at once. A failure of either, or of the local socket, ends both.
async fn both(
    down: impl Future<Output = Result<Then, Error>>,
    up: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let (mut down, mut up) = (pin!(down), pin!(up));
    let (mut downs, mut ups) = (true, true);
    poll_fn(|cx| {
        if downs && let Poll::Ready(ended) = down.as_mut().poll(cx) {
            match ended? {
                Then::Continue => downs = false,
                Then::Stop => return Poll::Ready(Ok(())),
            }
        }
        if ups && let Poll::Ready(ended) = up.as_mut().poll(cx) {
            ended?;
            ups = false;
        }
        if downs || ups { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await
}

/// What follows the end of the direction from the pod.
enum Then {
    /// The other direction goes on.
    Continue,
    /// The local socket is gone.
    Stop,
}

/// From the pod to the local socket.
async fn down(mut reader: Reader<PortForwardSession>, mut socket: OwnedWriteHalf) -> Result<Then, Error> {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = reader.read(&mut buffer).await.map_err(kept)?;
        if count == 0 {
            let _ = socket.shutdown().await;
            return Ok(Then::Continue);
        }
        if socket.write_all(buffer.get(..count).unwrap_or_default()).await.is_err() {
            return Ok(Then::Stop);
        }
    }
}

/// From the local socket to the pod.
async fn up(mut writer: ConnectionWriter, mut socket: OwnedReadHalf) -> Result<(), Error> {
    let mut buffer = vec![0; PIECE];
    loop {
        match socket.read(&mut buffer).await {
            Ok(0) => return writer.shutdown().await.or_else(over),
            Ok(count) => {
                if let Err(error) = writer.write_all(buffer.get(..count).unwrap_or_default()).await {
                    return over(error);
                }
            }
            Err(_) => {
                // The reader would wait for a pod that has nothing to say.
                writer.stop_reading();
                return Ok(());
            }
        }
    }
}

/// A connection that the pod has ended takes no more, and a session without a half-close cannot say that there is no more:
/// both are no failure.
fn over(error: io::Error) -> Result<(), Error> {
    let error = kept(error);
    if matches!(error.kind(), ErrorKind::Misuse(_)) { Ok(()) } else { Err(error) }
}

/// The error inside an error of a reader or writer.
fn kept(error: io::Error) -> Error {
    let text = error.to_string();
    let inner = error.into_inner().and_then(|inner| inner.downcast::<Error>().ok());
    inner.map_or_else(|| Error::misuse(text), |inner| *inner)
}

const PIECE: usize = 64 * 1024;
