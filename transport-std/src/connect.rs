//! From an endpoint to a socket that is connected to it, or to its proxy: look up the name, try every address.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};

use kube_proto::effect::connect_share;
use kube_proto::{Deadline, Endpoint, Fault, FaultKind};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::clock::Interest;
use crate::process::Job;

/// A connection being made.
#[derive(Debug)]
pub(crate) struct Connecting {
    state: State,
    until: Deadline,
}

#[derive(Debug)]
enum State {
    Resolving(Job<std::io::Result<Vec<SocketAddr>>>),
    Trying { left: VecDeque<SocketAddr>, current: Option<Attempt>, last: Option<Fault> },
}

/// One address being tried.
#[derive(Debug)]
struct Attempt {
    socket: Socket,
    address: SocketAddr,
    until: Deadline,
}

impl Connecting {
    pub(crate) fn start(to: &Endpoint, until: Deadline) -> Result<Self, Fault> {
        let (host, port) = to.dial();
        let state = if let Ok(ip) = host.parse::<IpAddr>() {
            State::trying([SocketAddr::new(ip, port)])
        } else {
            let name = (host.to_owned(), port);
            let lookup = Job::spawn("kube-resolve", move || name.to_socket_addrs().map(Iterator::collect));
            State::Resolving(lookup.map_err(|error| Fault::local(&error))?)
        };
        Ok(Self { state, until })
    }

    /// The socket, once one is connected: to the server, or to the proxy on the way. Does not block.
    pub(crate) fn advance(&mut self, to: &Endpoint, now: Deadline) -> Option<Result<TcpStream, Fault>> {
        self.look(to.dial(), now).map(|found| found.map_err(|fault| fault.dialing(to)))
    }

    fn look(&mut self, (host, port): (&str, u16), now: Deadline) -> Option<Result<TcpStream, Fault>> {
        if let State::Resolving(lookup) = &self.state {
            match lookup.take() {
                Some(Ok(Ok(addresses))) => self.state = State::trying(addresses),
                Some(Ok(Err(error))) => {
                    let text = format!("cannot look up {host:?}: {error}");
                    return Some(Err(Fault::unsent(FaultKind::Resolve, text)));
                }
                Some(Err(fault)) => return Some(Err(fault)),
                None => return self.late(host, port, now),
            }
        }
        let State::Trying { left, current, last } = &mut self.state else { return None };
        loop {
            if let Some(attempt) = current.take() {
                match attempt.outcome(now) {
                    Some(Ok(socket)) => return Some(Ok(socket)),
                    Some(Err(fault)) => *last = Some(fault),
                    None => {
                        *current = Some(attempt);
                        return self.late(host, port, now);
                    }
                }
            }
            let Some(address) = left.pop_front() else {
                let none = || Fault::unsent(FaultKind::Resolve, format!("{host:?} has no address"));
                return Some(Err(last.take().unwrap_or_else(none)));
            };
            let share = connect_share(self.until.saturating_sub(now), left.len());
            match Attempt::start(address, now.saturating_add(share)) {
                Ok(attempt) => *current = Some(attempt),
                Err(fault) => *last = Some(fault),
            }
        }
    }

    /// What to wait for, and until when.
    pub(crate) fn waits_for(&self) -> (Option<(BorrowedFd<'_>, Interest)>, Deadline) {
        match &self.state {
            State::Resolving(lookup) => (Some((lookup.done.as_fd(), Interest::Read)), self.until),
            State::Trying { current: Some(attempt), .. } => {
                (Some((attempt.socket.as_fd(), Interest::Write)), attempt.until.min(self.until))
            }
            State::Trying { .. } => (None, self.until),
        }
    }

    /// By then it must stand, handshakes included.
    pub(crate) fn until(&self) -> Deadline {
        self.until
    }

    fn late(&self, host: &str, port: u16, now: Deadline) -> Option<Result<TcpStream, Fault>> {
        (now >= self.until).then(|| {
            let text = format!("no connection to {host}:{port} in time");
            Err(Fault::unsent(FaultKind::ConnectTimeout, text))
        })
    }
}

impl State {
    fn trying(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        State::Trying { left: addresses.into_iter().collect(), current: None, last: None }
    }
}

impl Attempt {
    fn start(address: SocketAddr, until: Deadline) -> Result<Self, Fault> {
        let begin = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            socket.set_tcp_nodelay(true)?;
            match socket.connect(&SockAddr::from(address)) {
                Err(error) if !in_progress(&error) => Err(error),
                _ => Ok(socket),
            }
        };
        begin().map(|socket| Self { socket, address, until }).map_err(|error| Self::failed(address, &error))
    }

    fn outcome(&self, now: Deadline) -> Option<Result<TcpStream, Fault>> {
        match self.socket.take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return Some(Err(Self::failed(self.address, &error))),
        }
        if self.socket.peer_addr().is_ok() {
            // The clone is the same socket; this half goes with the attempt.
            return Some(self.socket.try_clone().map(Into::into).map_err(|error| Self::failed(self.address, &error)));
        }
        (now >= self.until).then(|| {
            let text = format!("no connection to {} in time", self.address);
            Err(Fault::unsent(FaultKind::ConnectTimeout, text))
        })
    }

    fn failed(address: SocketAddr, error: &std::io::Error) -> Fault {
        let fault = Fault::connecting(error);
        Fault { text: format!("cannot connect to {address}: {}", fault.text), ..fault }
    }
}

fn in_progress(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}
