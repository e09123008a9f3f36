//! Local ports that lead to a pod.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::{Async, Timer};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use kube_proto::port_forward::{Port, PortForwardSession};
use kube_proto::{Error, ErrorKind};

use crate::forward::{Connection, ConnectionWriter, PortForwarder};
use crate::streams::Reader;
use crate::workers::Workers;

/// A local port whose connections lead to a port of a pod: see [`PortForwarder::listen`]. Dropped, it accepts no more.
#[derive(Debug)]
pub struct PortListener {
    listener: Async<TcpListener>,
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
    /// Listens on a local address, IPv4 or IPv6; port 0 is any free one.
    ///
    /// # Errors
    /// The address is in use, or not of this machine.
    pub fn listen(&self, address: impl Into<SocketAddr>, port: impl Into<Port>) -> io::Result<PortListener> {
        let listener = Async::<TcpListener>::bind(address)?;
        Ok(PortListener { listener, forwarder: self.clone(), port: port.into() })
    }
}

impl PortListener {
    /// The local address, with the port that was chosen.
    ///
    /// # Errors
    /// The system does not know it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.get_ref().local_addr()
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
    async fn socket(&self) -> (Async<TcpStream>, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                // The peer is gone already, or this process has too many files open: others may be accepted.
                Err(_) => _ = Timer::after(Duration::from_millis(100)).await,
            }
        }
    }

    /// Forwards connections, all of them in the task that polls this future, until none can be opened any more. Dropping
    /// the future ends its connections.
    ///
    /// It calls `report` with each connection that is accepted, by its peer's address, and again with the error if it fails. Each is
    /// opened by itself: one that is slow to open holds up no other.
    /// A connection that fails affects no other one.
    ///
    /// # Errors
    /// The session has ended, and the target does not [reconnect](kube_proto::port_forward::PortForward::reconnect).
    pub async fn run(&self, report: impl Fn(SocketAddr, Option<&Error>)) -> Result<(), Error> {
        let (report, over) = (&report, &Mutex::new(None));
        let mut carried = Workers::new(std::iter::empty());
        loop {
            let mut accept = pin!(self.socket());
            let accepted = poll_fn(|cx| {
                carried.turn(cx);
                match over.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    Some(error) => Poll::Ready(Err(error)),
                    None => accept.as_mut().poll(cx).map(Ok),
                }
            });
            let (socket, peer) = accepted.await?;
            report(peer, None);
            carried.push(async move {
                match self.forwarder.connect(self.port.clone()).await {
                    Ok(connection) => {
                        if let Err(error) = carry(socket, connection).await {
                            report(peer, Some(&error));
                        }
                    }
                    Err(error) if self.forwarder.goes_on() => report(peer, Some(&error)),
                    Err(error) => *over.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
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

async fn carry(socket: Async<TcpStream>, connection: Connection) -> Result<(), Error> {
    let _ = socket.get_ref().set_nodelay(true);
    let (reader, writer) = connection.split();
    both(down(reader, &socket), up(writer, &socket)).await
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
async fn down(mut reader: Reader<PortForwardSession>, mut socket: &Async<TcpStream>) -> Result<Then, Error> {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = reader.read(&mut buffer).await.map_err(kept)?;
        if count == 0 {
            let _ = socket.get_ref().shutdown(Shutdown::Write);
            return Ok(Then::Continue);
        }
        if socket.write_all(buffer.get(..count).unwrap_or_default()).await.is_err() {
            return Ok(Then::Stop);
        }
    }
}

/// From the local socket to the pod.
async fn up(mut writer: ConnectionWriter, mut socket: &Async<TcpStream>) -> Result<(), Error> {
    let mut buffer = vec![0; PIECE];
    loop {
        match socket.read(&mut buffer).await {
            Ok(0) => return writer.close().await.or_else(over),
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
