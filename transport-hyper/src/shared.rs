//! The shared state of a client's connections.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use kube_proto::driver::wire::{AddressMemory, HttpLimits, RawConnection, TlsConfigs};
use kube_proto::driver::{Endpoint, Fault, Session};

use crate::clock::Clock;
use crate::http2::Http2;
use crate::runtime::Socket;

/// The parameters and the runtime with which a client opens its connections.
pub(crate) struct Shared {
    pub(crate) session: Session,
    pub(crate) tls: TlsConfigs,
    pub(crate) limits: HttpLimits,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) addresses: AddressMemory,
    pub(crate) http2: Option<Http2>,
    pub(crate) clock: Clock,
}

/// A connection after its 101.
pub(crate) struct RawLink {
    pub(crate) socket: Box<dyn Socket>,
    pub(crate) connection: RawConnection,
    /// The bytes that came with the 101.
    pub(crate) incoming: BytesMut,
}

impl Shared {
    /// For a new socket to the address that this endpoint dials: plain, or the beginning of TLS; through its proxy if
    /// it has one.
    pub(crate) fn connection(&self, to: &Endpoint, http2: bool) -> Result<RawConnection, Fault> {
        let connection = match to.tls() {
            None => RawConnection::plain(),
            Some(tls) => {
                let mut config = self.tls.config(tls)?;
                if !http2 && self.http2.is_some() {
                    let mut http1 = (*config).clone();
                    http1.alpn_protocols = vec![b"http/1.1".to_vec()];
                    config = Arc::new(http1);
                }
                RawConnection::tls(config, &tls.server_name)?
            }
        };
        match to.proxy_tls() {
            None => connection.through(to, self.limits),
            Some(tls) => connection.through_tls(to, self.limits, self.tls.config(tls)?),
        }
    }
}
