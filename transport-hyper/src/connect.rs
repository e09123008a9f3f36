//! From an endpoint to a connected socket, the proxy and TLS included.

use std::sync::Arc;

use kube_proto::driver::wire::{Dial, Dialing, RawConnection};
use kube_proto::driver::{Deadline, Endpoint, Fault, FaultKind};

use crate::client::Shared;
use crate::runtime::Socket;
use crate::socket::Wire;

/// A connection to this endpoint; in TLS it offers HTTP/2 if `http2` says so.
pub(crate) async fn connect(shared: &Arc<Shared>, to: &Endpoint, http2: bool, until: Deadline) -> Result<Wire, Fault> {
    if shared.tls.finds_roots(to) {
        let finds = Arc::clone(shared);
        let found = shared.clock.runtime.block(Box::new(move || finds.tls.find_roots()));
        shared.clock.within(until, found).await.ok_or_else(|| late(to))?;
    }
    let socket = dial(shared, to, until).await?;
    if let Some(every) = shared.keep_alive {
        socket.keep_alive(every).map_err(|error| Fault::connecting(&error))?;
    }
    let mut wire = Wire::new(socket, shared.connection(to, http2)?);
    let handshake = shared.clock.within(until, std::future::poll_fn(|cx| wire.poll_handshake(cx))).await;
    match handshake {
        Some(done) => done.map(|()| wire),
        None => Err(wire.too_slow(to)),
    }
}

/// The fault for an endpoint that nothing was heard of in time.
pub(crate) fn late(to: &Endpoint) -> Fault {
    let (host, port) = to.dial();
    Fault::unsent(FaultKind::ConnectTimeout, format!("no connection to {host}:{port} in time"))
}

/// A socket to where this endpoint dials.
async fn dial(shared: &Shared, to: &Endpoint, until: Deadline) -> Result<Box<dyn Socket>, Fault> {
    let (clock, mut dial) = (&shared.clock, Dial::new(to, until).remembering(&shared.answered));
    loop {
        match dial.next(clock.now().mono) {
            Dialing::LookUp(host, port) => {
                if let Some(found) = clock.within(dial.until(), clock.runtime.resolve(&host, port)).await {
                    dial.found(found);
                }
            }
            Dialing::Try(address) => match clock.within(dial.until(), clock.runtime.connect(address)).await {
                Some(Ok(socket)) => {
                    dial.connected();
                    return Ok(socket);
                }
                Some(Err(error)) => dial.failed(&error),
                None => {}
            },
            // A timer rang too early.
            Dialing::Wait => _ = clock.within(dial.until(), std::future::pending::<()>()).await,
            Dialing::Failed(fault) => return Err(fault),
        }
    }
}

impl Shared {
    /// For a fresh socket to where this endpoint dials: plain, or the beginning of TLS; through its proxy if it has one.
    fn connection(&self, to: &Endpoint, http2: bool) -> Result<RawConnection, Fault> {
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
