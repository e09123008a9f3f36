//! From an endpoint to a connected socket, the proxy and TLS included.

use std::sync::Arc;

use hyper::client::conn::http2::Builder;
use kube_proto::driver::wire::{Dial, Dialing};
use kube_proto::driver::{Deadline, Endpoint, Fault, FaultKind};

use crate::http1::Alone;
use crate::http2::{CONNECTION_WINDOW, MAX_FRAME, Multiplexed, Spawner, Timers};
use crate::runtime::Socket;
use crate::shared::Shared;
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
fn late(to: &Endpoint) -> Fault {
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

pub(crate) enum Opened {
    Alone(Box<Alone>),
    Shared(Multiplexed),
}

/// Begins to speak HTTP, by then.
pub(crate) async fn begin(shared: &Shared, to: &Endpoint, wire: Wire, until: Deadline) -> Result<Opened, Fault> {
    shared.clock.within(until, open(shared, wire)).await.unwrap_or_else(|| Err(overdue(to)))
}

async fn open(shared: &Shared, mut wire: Wire) -> Result<Opened, Fault> {
    let traffic = Arc::clone(wire.traffic());
    let seen = Arc::clone(&traffic);
    let failed = |error: hyper::Error| match seen.fault.get() {
        Some(fault) => Fault::unsent(fault.kind, &*fault.text),
        None => Fault::unsent(FaultKind::Connect, format!("HTTP cannot begin: {error}")),
    };
    match shared.http2 {
        Some(http2) if wire.speaks_http2() => {
            wire.expect_settings();
            let runtime = &shared.clock.runtime;
            let (sender, connection) = Builder::new(Spawner(Arc::clone(runtime)))
                .timer(Timers(Arc::clone(runtime)))
                .initial_stream_window_size(http2.window)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .max_frame_size(MAX_FRAME)
                .max_header_list_size(u32::try_from(shared.limits.head).unwrap_or(u32::MAX))
                .keep_alive_interval(http2.interval)
                .keep_alive_timeout(http2.timeout)
                .keep_alive_while_idle(true)
                .handshake(wire)
                .await
                .map_err(failed)?;
            runtime.spawn(Box::pin(async {
                // Whoever has an exchange on it is told as well.
                let _ = connection.await;
            }));
            Ok(Opened::Shared(Multiplexed { sender, traffic, taken: 0.into(), retired: false.into() }))
        }
        _ => Ok(Opened::Alone(Box::new(Alone::open(wire, &shared.limits).await.map_err(failed)?))),
    }
}

/// The fault of somebody who has waited for long enough, whatever it is that takes so long.
pub(crate) fn overdue(to: &Endpoint) -> Fault {
    match to.proxy() {
        Some(proxy) => {
            let text = format!("no connection to {to} through the proxy {proxy} in time");
            Fault::unsent(FaultKind::ConnectTimeout, text)
        }
        None => late(to),
    }
}
