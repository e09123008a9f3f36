//! The shared state of a client's operations, and its connections.

use std::fmt;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube_proto::driver::pool::Idle;
use kube_proto::driver::wire::{AddressMemory, Connection, HttpLimits, RawConnection, TlsConfigs};
use kube_proto::driver::{Endpoint, Fault, Session};

use crate::clock::Clock;

/// The shared state of a client's operations.
pub(crate) struct Shared {
    pub(crate) idle: Mutex<Idle<Link>>,
    pub(crate) session: Session,
    pub(crate) tls: TlsConfigs,
    pub(crate) limits: HttpLimits,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) addresses: AddressMemory,
    pub(crate) clock: Clock,
}

/// An idle connection: a socket and its HTTP machine.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    pub(crate) connection: Connection,
}

/// A connection after its 101.
#[derive(Debug)]
pub(crate) struct RawLink {
    pub(crate) socket: TcpStream,
    pub(crate) connection: RawConnection,
}

impl Shared {
    pub(crate) fn idle(&self) -> MutexGuard<'_, Idle<Link>> {
        lock(&self.idle)
    }

    /// A connection for a new socket to this endpoint.
    pub(crate) fn connection(&self, to: &Endpoint) -> Result<Connection, Fault> {
        if self.tls.finds_roots(to) {
            self.tls.find_roots();
        }
        self.tls.connection(to, self.limits)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
