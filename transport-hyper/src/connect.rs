//! From an endpoint to a ready HTTP connection, through its proxy and TLS.

use std::sync::Arc;

use http::Version;
use kube_proto::driver::wire::{Dial, Dialing};
use kube_proto::driver::{Endpoint, Fault, FaultKind, Moment};
use kube_proto::observe::ConnectionRecord;

use crate::http1::Alone;
use crate::http2::Multiplexed;
use crate::runtime::Socket;
use crate::shared::Shared;
use crate::socket::Wire;

/// A ready HTTP connection.
pub(crate) enum Opened {
    Alone(Box<Alone>),
    Shared(Multiplexed),
}

/// Opens a connection to this endpoint and starts HTTP; in TLS it offers HTTP/2 if `http2` is true.
pub(crate) async fn open(shared: &Arc<Shared>, to: &Endpoint, http2: bool, until: Moment) -> Result<Opened, Fault> {
    let now = || shared.clock.now().mono;
    let record = shared.session.connecting(to, now());
    let opened = async {
        let wire = connect(shared, to, http2, until, &record).await?;
        record.ready(if wire.speaks_http2() { Version::HTTP_2 } else { Version::HTTP_11 }, now());
        shared.clock.within(until, begin(shared, wire)).await.unwrap_or_else(|| Err(overdue(to)))
    };
    let opened = opened.await;
    if let Err(fault) = &opened {
        record.failed(fault, now());
    }
    opened
}

/// A connection to this endpoint; in TLS it offers HTTP/2 if `http2` is true.
async fn connect(
    shared: &Arc<Shared>,
    to: &Endpoint,
    http2: bool,
    until: Moment,
    record: &ConnectionRecord,
) -> Result<Wire, Fault> {
    if shared.tls.finds_roots(to) {
        let finds = Arc::clone(shared);
        let found = shared.clock.runtime.block(Box::new(move || finds.tls.find_roots()));
        shared.clock.within(until, found).await.ok_or_else(|| late(to))?;
    }
    let socket = dial(shared, to, until).await?;
    record.connected(shared.clock.now().mono);
    if let Some(every) = shared.keep_alive {
        socket.keep_alive(every).map_err(|error| Fault::connecting(&error).dialing(to))?;
    }
    let mut wire = Wire::new(socket, shared.connection(to, http2)?.recorded(record.clone()));
    let handshake = shared.clock.within(until, std::future::poll_fn(|cx| wire.poll_handshake(cx))).await;
    match handshake {
        Some(done) => done.map(|()| wire),
        None => Err(wire.too_slow(to)),
    }
}

/// The fault for an endpoint that did not answer in time.
fn late(to: &Endpoint) -> Fault {
    let (host, port) = to.dial();
    Fault::unsent(FaultKind::ConnectTimeout, format!("no connection to {host}:{port} in time")).dialing(to)
}

/// A socket to the address that this endpoint dials.
async fn dial(shared: &Shared, to: &Endpoint, until: Moment) -> Result<Box<dyn Socket>, Fault> {
    let (clock, mut dial) = (&shared.clock, Dial::new(to, until).remembering(&shared.addresses));
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
            // The timer fired too early.
            Dialing::Wait => _ = clock.within(dial.until(), std::future::pending::<()>()).await,
            Dialing::Failed(fault) => return Err(fault),
        }
    }
}

async fn begin(shared: &Shared, wire: Wire) -> Result<Opened, Fault> {
    let traffic = Arc::clone(wire.traffic());
    let failed = |error: hyper::Error| match traffic.fault.get() {
        Some(fault) => Fault::unsent(fault.kind, &*fault.text),
        None => Fault::unsent(FaultKind::Connect, format!("HTTP did not start: {error}")),
    };
    match shared.http2 {
        Some(http2) if wire.speaks_http2() => {
            let opened = Multiplexed::open(wire, http2, shared.limits.head, &shared.clock.runtime).await;
            opened.map(Opened::Shared).map_err(failed)
        }
        _ => Ok(Opened::Alone(Box::new(Alone::open(wire, &shared.limits).await.map_err(failed)?))),
    }
}

/// The fault for a caller whose deadline has passed, for any reason.
pub(crate) fn overdue(to: &Endpoint) -> Fault {
    match to.proxy() {
        Some(proxy) => {
            let text = format!("no connection to {to} through the proxy {proxy} in time");
            Fault::unsent(FaultKind::ConnectTimeout, text)
        }
        None => late(to),
    }
}
