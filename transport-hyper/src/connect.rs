//! From an endpoint to a connected socket, the proxy and TLS included: look up the name, try every address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use kube_proto::effect::connect_share;
use kube_proto::wire::RawConnection;
use kube_proto::{Deadline, Endpoint, Fault, FaultKind};

use crate::client::Shared;
use crate::runtime::Socket;
use crate::socket::Wire;

/// A connection to this endpoint; in TLS it offers HTTP/2 if `http2` says so.
pub(crate) async fn connect(shared: &Shared, to: &Endpoint, http2: bool, until: Deadline) -> Result<Wire, Fault> {
    let socket = shared.clock.within(until, try_all(shared, to, until)).await;
    let socket = socket.unwrap_or_else(|| Err(late(to))).map_err(|fault| fault.dialing(to))?;
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

async fn try_all(shared: &Shared, to: &Endpoint, until: Deadline) -> Result<Box<dyn Socket>, Fault> {
    let (runtime, (host, port)) = (Arc::clone(&shared.clock.runtime), to.dial());
    let addresses = match host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => runtime
            .resolve(host, port)
            .await
            .map_err(|error| Fault::unsent(FaultKind::Resolve, format!("cannot look up {host:?}: {error}")))?,
    };
    let mut last = Fault::unsent(FaultKind::Resolve, format!("{host:?} has no address"));
    for (tried, address) in addresses.iter().enumerate() {
        let now = shared.clock.now().mono;
        let share = connect_share(until.saturating_sub(now), addresses.len() - tried - 1);
        last = match shared.clock.within(now.saturating_add(share), runtime.connect(*address)).await {
            Some(Ok(socket)) => return Ok(socket),
            Some(Err(error)) => {
                let fault = Fault::connecting(&error);
                Fault { text: format!("cannot connect to {address}: {}", fault.text), ..fault }
            }
            None => Fault::unsent(FaultKind::ConnectTimeout, format!("no connection to {address} in time")),
        };
    }
    Err(last)
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
