//! From an endpoint to a socket that is connected to the server, or to its proxy.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use kube_proto::driver::wire::{Dial, Dialing};
use kube_proto::driver::{Endpoint, Fault, Moment};
use kube_proto::observe::ConnectionRecord;
use kube_transport_system::{connect, is_connected, look_up};

use crate::clock::Interest;
use crate::process::Job;
use crate::shared::Shared;

/// A connection in progress.
#[derive(Debug)]
pub(crate) struct Connecting {
    dial: Dial,
    keep_alive: Option<Duration>,
    doing: Doing,
    pub(crate) record: ConnectionRecord,
}

#[derive(Debug)]
enum Doing {
    Nothing,
    LookingUp(Job<std::io::Result<Vec<SocketAddr>>>),
    Trying(TcpStream),
}

impl Connecting {
    pub(crate) fn start(shared: &Shared, to: &Endpoint, until: Moment, now: Moment) -> Self {
        Self {
            dial: Dial::new(to, until).remembering(&shared.addresses),
            keep_alive: shared.keep_alive,
            doing: Doing::Nothing,
            record: shared.session.connecting(to, now),
        }
    }

    /// The socket, once it is connected. Does not block.
    pub(crate) fn advance(&mut self, now: Moment) -> Option<Result<TcpStream, Fault>> {
        let socket = self.socket(now)?;
        match &socket {
            Ok(_) => self.record.connected(now),
            Err(fault) => self.record.failed(fault, now),
        }
        Some(socket)
    }

    fn socket(&mut self, now: Moment) -> Option<Result<TcpStream, Fault>> {
        loop {
            match std::mem::replace(&mut self.doing, Doing::Nothing) {
                Doing::Nothing => {}
                Doing::LookingUp(job) => match job.take() {
                    Some(Ok(found)) => self.dial.found(found),
                    Some(Err(fault)) => return Some(Err(fault)),
                    None => self.doing = Doing::LookingUp(job),
                },
                Doing::Trying(socket) => match is_connected(&socket) {
                    Ok(true) => {
                        self.dial.connected();
                        return Some(Ok(socket));
                    }
                    Ok(false) => self.doing = Doing::Trying(socket),
                    Err(error) => self.dial.failed(&error),
                },
            }
            match self.dial.next(now) {
                Dialing::Wait => return None,
                Dialing::Failed(fault) => return Some(Err(fault)),
                Dialing::LookUp(host, port) => match Job::spawn("kube-resolve", move || look_up(&host, port)) {
                    Ok(job) => self.doing = Doing::LookingUp(job),
                    Err(error) => return Some(Err(Fault::local(&error))),
                },
                Dialing::Try(address) => match connect(address, self.keep_alive) {
                    Ok(socket) => self.doing = Doing::Trying(socket),
                    Err(error) => self.dial.failed(&error),
                },
            }
        }
    }

    /// What to wait for, and until when.
    pub(crate) fn waits_for(&self) -> (Option<(BorrowedFd<'_>, Interest)>, Moment) {
        let on = match &self.doing {
            Doing::Nothing => None,
            Doing::LookingUp(job) => Some((job.done.as_fd(), Interest::Read)),
            Doing::Trying(socket) => Some((socket.as_fd(), Interest::Write)),
        };
        (on, self.dial.until())
    }

    /// The moment by which the connection must be ready, handshakes included.
    pub(crate) fn end(&self) -> Moment {
        self.dial.end()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use kube_proto::driver::FaultKind;

    use super::*;

    #[test]
    fn a_look_up_that_hangs_is_not_waited_for() {
        let until = Duration::from_secs(15);
        let mut dial = Dial::new(&Endpoint::new("k", 443, None, None), Moment::after_zero(until));
        assert_eq!(dial.next(Moment::ZERO), Dialing::LookUp("k".into(), 443));
        // Stands for the system's resolver, which hangs as long as `held` lives.
        let (hangs, held) = channel::<()>();
        let doing = Doing::LookingUp(
            Job::spawn("hangs", move || held.recv().map(|()| Vec::new()).map_err(std::io::Error::other)).unwrap(),
        );
        let mut connecting = Connecting { dial, keep_alive: None, doing, record: ConnectionRecord::default() };
        assert!(connecting.advance(Moment::ZERO).is_none());
        assert_eq!(connecting.waits_for().1, Moment::after_zero(until));
        let Some(Err(fault)) = connecting.advance(Moment::after_zero(until)) else { panic!("it has no socket") };
        assert_eq!(fault.kind, FaultKind::ConnectTimeout);
        drop(hangs);
    }
}
