//! Local ports that lead to a pod.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube_proto::port_forward::Port;
use kube_proto::{Error, ErrorKind};

use crate::clock::{Clock, Interest, Parker, wait};
use crate::forward::{Connection, PortForwarder};

/// A local port whose connections lead to a port of a pod: see [`PortForwarder::listen`].
#[derive(Debug)]
pub struct PortListener {
    listener: TcpListener,
    forwarder: PortForwarder,
    port: Port,
    clock: Clock,
    parker: Arc<Parker>,
}

/// Ends a [`PortListener`] from another thread.
#[derive(Clone, Debug)]
pub struct PortStopper(Arc<Parker>);

impl PortStopper {
    /// The listener accepts no more connections, and [`PortListener::run`] returns. Connections go on to their end.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl PortForwarder {
    /// Listens on a local address, IPv4 or IPv6; port 0 is any free one. [`PortListener::run`] then forwards its
    /// connections.
    ///
    /// # Errors
    /// The address is in use, or not of this machine.
    pub fn listen(&self, address: impl ToSocketAddrs, port: impl Into<Port>) -> io::Result<PortListener> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let parker = Arc::<Parker>::default();
        parker.arm();
        Ok(PortListener { listener, forwarder: self.clone(), port: port.into(), clock: Clock::start(), parker })
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

    /// Ends [`run`](Self::run) from another thread.
    #[must_use]
    pub fn stopper(&self) -> PortStopper {
        PortStopper(Arc::clone(&self.parker))
    }

    /// Forwards connections until it is stopped, or until none can be opened any more. Each has two threads, and is opened on
    /// its own: one that is slow to open holds up no other.
    ///
    /// It calls `report` when a connection is accepted, with the peer's address and nothing else, and again with the error
    /// if it fails. A connection that fails affects no other one.
    ///
    /// # Errors
    /// The session has ended, and the target does not [reconnect](kube_proto::port_forward::PortForward::reconnect); or
    /// the system refused to accept connections.
    pub fn run(&self, report: impl Fn(SocketAddr, Option<&Error>) + Send + Sync + 'static) -> Result<(), Error> {
        let (report, over) = (Arc::new(report), Arc::new(Mutex::new(None)));
        while !self.parker.is_stopped() {
            let (socket, peer) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let now = self.clock.now().mono;
                    wait(Some((self.listener.as_fd(), Interest::Read)), &self.parker, None, now);
                    continue;
                }
                // The peer is gone already, or this process has too many files open: others may be accepted.
                Err(_) => {
                    let now = self.clock.now().mono;
                    wait(None, &self.parker, Some(now.after(Duration::from_millis(100))), now);
                    continue;
                }
            };
            report(peer, None);
            let (forwarder, port) = (self.forwarder.clone(), self.port.clone());
            let (parker, report, over) = (Arc::clone(&self.parker), Arc::clone(&report), Arc::clone(&over));
            // Opened on its own thread: a slow one holds up no other.
            let carry = move || match forwarder.connect(port) {
                Ok(connection) => {
                    if let Err(error) = carry(&socket, connection) {
                        report(peer, Some(&error));
                    }
                }
                Err(error) if forwarder.goes_on() => report(peer, Some(&error)),
                Err(error) => {
                    over.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    parker.stop();
                }
            };
            if let Err(error) = std::thread::Builder::new().name("kube-forward".into()).spawn(carry) {
                return Err(Error::misuse(format!("the system gives no more threads: {error}")));
            }
        }
        match over.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// Carries bytes between a local socket and a connection, until both directions have ended.
///
/// | event | what follows |
/// |---|---|
/// | the local end | the end of the sending side, if the session can say so |
/// | the pod's end | the end of the local sending side |
/// | a failure of the local socket | the connection is given up |
/// | a failure of the connection | the local socket is closed; the failure is reported |
fn carry(socket: &TcpStream, connection: Connection) -> Result<(), Error> {
    let local = |error: io::Error| Error::misuse(format!("the local connection failed: {error}"));
    socket.set_nonblocking(false).map_err(local)?;
    let _ = socket.set_nodelay(true);
    let (mut reader, mut writer) = connection.split();
    std::thread::scope(|scope| {
        let up =
            std::thread::Builder::new().name("kube-forward-up".into()).spawn_scoped(scope, || -> Result<(), Error> {
                let mut buffer = vec![0; PIECE];
                loop {
                    match { socket }.read(&mut buffer) {
                        Ok(0) => return writer.finish().or_else(over),
                        Ok(count) => {
                            let written = writer.write_all(buffer.get(..count).unwrap_or_default());
                            if let Err(error) = written {
                                return over(kept(error));
                            }
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(_) => {
                            // The reader would wait for a pod that has nothing to say.
                            writer.stop_reading();
                            return Ok(());
                        }
                    }
                }
            });
        let Ok(up) = up else { return Err(Error::misuse("the system gives no more threads")) };
        let mut buffer = vec![0; PIECE];
        let down = loop {
            match reader.read(&mut buffer) {
                Ok(0) => {
                    let _ = socket.shutdown(Shutdown::Write);
                    break Ok(());
                }
                Ok(count) => {
                    if { socket }.write_all(buffer.get(..count).unwrap_or_default()).is_err() {
                        let _ = socket.shutdown(Shutdown::Both);
                        break Ok(());
                    }
                }
                Err(error) => {
                    let _ = socket.shutdown(Shutdown::Both);
                    break Err(kept(error));
                }
            }
        };
        match (down, up.join()) {
            (Err(error), _) | (Ok(()), Ok(Err(error))) => Err(error),
            _ => Ok(()),
        }
    })
}

/// The error inside an error of a reader or writer.
fn kept(error: io::Error) -> Error {
    let text = error.to_string();
    let inner = error.into_inner().and_then(|inner| inner.downcast::<Error>().ok());
    inner.map_or_else(|| Error::misuse(text), |inner| *inner)
}

/// A connection that the pod has ended takes no more, and a session without a half-close cannot say that there is no more:
/// both are no failure.
fn over(error: Error) -> Result<(), Error> {
    if matches!(error.kind(), ErrorKind::Misuse(_)) { Ok(()) } else { Err(error) }
}

const PIECE: usize = 64 * 1024;
