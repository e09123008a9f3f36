//! From an endpoint to a connected socket, TLS included: look up the name, try every address.

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
    if to.proxy().is_some() {
        return Err(Fault::unsent(FaultKind::Unsupported, "this transport cannot go through a proxy"));
    }
    let socket = shared.clock.within(until, try_all(shared, to, until)).await;
    let socket = socket.unwrap_or_else(|| Err(late(to)))?;
    let mut wire = Wire::new(socket, shared.connection(to, http2)?);
    let handshake = shared.clock.within(until, std::future::poll_fn(|cx| wire.poll_handshake(cx))).await;
    match handshake {
        Some(done) => done.map(|()| wire),
        None => Err(Fault::unsent(FaultKind::ConnectTimeout, format!("no TLS handshake with {to} in time"))),
    }
}

/// The fault for an endpoint that cannot be reached in time.
pub(crate) fn late(to: &Endpoint) -> Fault {
    Fault::unsent(FaultKind::ConnectTimeout, format!("no connection to {}:{} in time", to.host(), to.port()))
}

async fn try_all(shared: &Shared, to: &Endpoint, until: Deadline) -> Result<Box<dyn Socket>, Fault> {
    let runtime = Arc::clone(&shared.clock.runtime);
    let addresses = match to.host().parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, to.port())],
        Err(_) => runtime
            .resolve(to.host(), to.port())
            .await
            .map_err(|error| Fault::unsent(FaultKind::Resolve, format!("cannot look up {:?}: {error}", to.host())))?,
    };
    let mut last = Fault::unsent(FaultKind::Resolve, format!("{:?} has no address", to.host()));
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

/// For a connection over a fresh socket: plain, or the beginning of TLS.
impl Shared {
    fn connection(&self, to: &Endpoint, http2: bool) -> Result<RawConnection, Fault> {
        let Some(tls) = to.tls() else { return Ok(RawConnection::plain()) };
        let mut config = self.tls.config(tls)?;
        if !http2 && self.http2.is_some() {
            let mut http1 = (*config).clone();
            http1.alpn_protocols = vec![b"http/1.1".to_vec()];
            config = Arc::new(http1);
        }
        RawConnection::tls(config, &tls.server_name)
    }
}
