//! From an endpoint to a connected socket: look up the name, try every address.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::task::Context;

use async_io::Async;
use kube_proto::effect::connect_share;
use kube_proto::wire::tls::TlsRoots;
use kube_proto::{Deadline, Endpoint, Fault, FaultKind};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::client::Shared;
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
    socket: Async<TcpStream>,
    address: SocketAddr,
    until: Deadline,
}

impl Connecting {
    pub(crate) fn start(shared: &Arc<Shared>, to: &Endpoint, until: Deadline) -> Result<Self, Fault> {
        if to.proxy().is_some() {
            return Err(Fault::unsent(FaultKind::Unsupported, "this transport cannot go through a proxy"));
        }
        let roots = to.tls().is_some_and(|tls| TlsRoots::are_needed(&tls.settings));
        let state = match to.host().parse::<IpAddr>() {
            Ok(ip) if !roots => State::trying([SocketAddr::new(ip, to.port())]),
            _ => {
                let (shared, to) = (Arc::clone(shared), to.clone());
                State::Resolving(Job::spawn(move || {
                    // The system's certificates are read here, where that may block. What is wrong is said when connected.
                    let _ = shared.connection(&to);
                    (to.host(), to.port()).to_socket_addrs().map(Iterator::collect)
                }))
            }
        };
        Ok(Self { state, until })
    }

    /// The socket, once one is connected. A look-up that is not over wakes the task when it is.
    pub(crate) fn advance(
        &mut self,
        to: &Endpoint,
        now: Deadline,
        cx: &mut Context<'_>,
    ) -> Option<Result<Async<TcpStream>, Fault>> {
        if let State::Resolving(lookup) = &mut self.state {
            match lookup.take(cx) {
                Some(Ok(addresses)) => self.state = State::trying(addresses),
                Some(Err(error)) => {
                    let text = format!("cannot look up {:?}: {error}", to.host());
                    return Some(Err(Fault::unsent(FaultKind::Resolve, text)));
                }
                None => return self.late(to, now),
            }
        }
        let State::Trying { left, current, last } = &mut self.state else { return None };
        loop {
            if let Some(attempt) = current.take() {
                match attempt.outcome(now) {
                    Some(Ok(())) => return Some(Ok(attempt.socket)),
                    Some(Err(fault)) => *last = Some(fault),
                    None => {
                        *current = Some(attempt);
                        return self.late(to, now);
                    }
                }
            }
            let Some(address) = left.pop_front() else {
                let none = || Fault::unsent(FaultKind::Resolve, format!("{:?} has no address", to.host()));
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
    pub(crate) fn waits_for(&self) -> (Option<(&Async<TcpStream>, Interest)>, Deadline) {
        match &self.state {
            State::Resolving(_) => (None, self.until),
            State::Trying { current: Some(attempt), .. } => {
                (Some((&attempt.socket, Interest::Write)), attempt.until.min(self.until))
            }
            State::Trying { .. } => (None, self.until),
        }
    }

    fn late(&self, to: &Endpoint, now: Deadline) -> Option<Result<Async<TcpStream>, Fault>> {
        (now >= self.until).then(|| {
            let text = format!("no connection to {}:{} in time", to.host(), to.port());
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
                _ => Async::new_nonblocking(socket.into()),
            }
        };
        begin().map(|socket| Self { socket, address, until }).map_err(|error| Self::failed(address, &error))
    }

    fn outcome(&self, now: Deadline) -> Option<Result<(), Fault>> {
        match self.socket.get_ref().take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return Some(Err(Self::failed(self.address, &error))),
        }
        if self.socket.get_ref().peer_addr().is_ok() {
            return Some(Ok(()));
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
