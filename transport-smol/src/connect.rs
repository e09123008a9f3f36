//! From an endpoint to a socket that is connected to the server, or to its proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::Async;
use kube_proto::driver::wire::{Dial, Dialing};
use kube_proto::driver::{Endpoint, Fault, Moment};
use kube_proto::observe::ConnectionRecord;
use kube_transport_system::{connect, is_connected, look_up};

use crate::process::Job;
use crate::shared::Shared;
use crate::socket::{Interest, Socket};

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
    /// A thread that may block reads the system's certificates. An error is reported when the socket is connected.
    FindingRoots(Job<()>),
    LookingUp(Job<std::io::Result<Vec<SocketAddr>>>),
    Trying(Socket),
}

impl Connecting {
    pub(crate) fn start(shared: &Arc<Shared>, to: &Endpoint, until: Moment, now: Moment) -> Self {
        let record = shared.session.connecting(to, now);
        let doing = if shared.finds_roots(to) {
            let shared = Arc::clone(shared);
            Doing::FindingRoots(Job::spawn(move || shared.find_roots()))
        } else {
            Doing::Nothing
        };
        let dial = Dial::new(to, until).remembering(&shared.addresses);
        Self { dial, keep_alive: shared.keep_alive, doing, record }
    }

    /// The socket, once it is connected. A job wakes the task when it ends.
    pub(crate) fn advance(&mut self, now: Moment, cx: &mut Context<'_>) -> Option<Result<Socket, Fault>> {
        let socket = self.socket(now, cx)?;
        match &socket {
            Ok(_) => self.record.connected(now),
            Err(fault) => self.record.failed(fault, now),
        }
        Some(socket)
    }

    fn socket(&mut self, now: Moment, cx: &mut Context<'_>) -> Option<Result<Socket, Fault>> {
        loop {
            match std::mem::replace(&mut self.doing, Doing::Nothing) {
                Doing::Nothing => {}
                Doing::FindingRoots(mut job) => {
                    if job.take(cx).is_none() {
                        self.doing = Doing::FindingRoots(job);
                        return self.dial.late(now).map(Err);
                    }
                }
                Doing::LookingUp(mut job) => match job.take(cx) {
                    Some(found) => self.dial.found(found),
                    None => self.doing = Doing::LookingUp(job),
                },
                Doing::Trying(socket) => match is_connected(socket.bare()) {
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
                Dialing::LookUp(host, port) => {
                    self.doing = Doing::LookingUp(Job::spawn(move || look_up(&host, port)));
                }
                Dialing::Try(address) => match connect(address, self.keep_alive).and_then(Async::new_nonblocking) {
                    Ok(socket) => self.doing = Doing::Trying(Socket::new(socket)),
                    Err(error) => self.dial.failed(&error),
                },
            }
        }
    }

    /// Ready if the connection may have made progress. Otherwise the task is woken then, or must come again at
    /// [`until`](Self::until).
    pub(crate) fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.doing {
            Doing::Trying(socket) => socket.wait(Interest::Write, cx),
            // A job wakes the task by itself.
            Doing::Nothing | Doing::FindingRoots(_) | Doing::LookingUp(_) => Poll::Pending,
        }
    }

    /// When to come again, whatever happens.
    pub(crate) fn until(&self) -> Moment {
        self.dial.until()
    }

    /// The moment by which the connection must be ready, handshakes included.
    pub(crate) fn end(&self) -> Moment {
        self.dial.end()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::Waker;
    use std::time::Duration;

    use kube_proto::config::Config;
    use kube_proto::driver::FaultKind;
    use kube_proto::driver::options::{ClientOptions, ClientParts, Platform};
    use kube_proto::driver::pool::Idle;
    use kube_transport_system::platform;

    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_search_for_certificates_that_hangs_is_not_waited_for() {
        // Stands for the system's certificates on a file system that hangs.
        let roots = || loop {
            std::thread::park();
        };
        let options = ClientOptions::new(Config::new("https://k").unwrap());
        let ClientParts { session, tls, pool, limits, keep_alive, addresses } =
            options.start(Platform { roots, ..platform(&[]) }).unwrap();
        let idle = Idle::new(pool).into();
        let clock = Clock::start();
        let shared = Shared { idle, session: session.clone(), tls, limits, keep_alive, addresses, clock };
        let shared = Arc::new(shared);
        let until = Moment::after_zero(Duration::from_secs(15));
        let mut connecting = Connecting::start(&shared, session.endpoint(), until, Moment::ZERO);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(connecting.advance(Moment::ZERO, cx).is_none());
        assert!(matches!(connecting.doing, Doing::FindingRoots(_)), "{connecting:?}");
        assert_eq!(connecting.until(), until);
        let Some(Err(fault)) = connecting.advance(until, cx) else { panic!("it has no socket") };
        assert_eq!(fault.kind, FaultKind::ConnectTimeout);
    }

    #[test]
    fn a_look_up_that_hangs_is_not_waited_for() {
        let until = Duration::from_secs(15);
        let mut dial = Dial::new(&Endpoint::new("k", 443, None, None), Moment::after_zero(until));
        assert_eq!(dial.next(Moment::ZERO), Dialing::LookUp("k".into(), 443));
        // Stands for the system's resolver, which hangs as long as `held` lives.
        let (hangs, held) = channel::<()>();
        let doing =
            Doing::LookingUp(Job::spawn(move || held.recv().map(|()| Vec::new()).map_err(std::io::Error::other)));
        let mut connecting = Connecting { dial, keep_alive: None, doing, record: ConnectionRecord::default() };
        assert!(connecting.advance(Moment::ZERO, &mut Context::from_waker(Waker::noop())).is_none());
        assert_eq!(connecting.until(), Moment::after_zero(until));
        let Some(Err(fault)) = connecting.advance(Moment::after_zero(until), &mut Context::from_waker(Waker::noop()))
        else {
            panic!("it has no socket")
        };
        assert_eq!(fault.kind, FaultKind::ConnectTimeout);
        drop(hangs);
    }
}
