//! Who uses which connection: the idle ones, and those of HTTP/2, which many use at once.
//!
//! | somebody wants | and there is | then |
//! |---|---|---|
//! | a connection, not `fresh` | an idle one | that one |
//! | HTTP/1.1: plain text, an upgrade, HTTP/2 switched off | none | a connection of his own |
//! | a stream of HTTP/2 | a connection of its group with room | a seat on it |
//! | the same | none with room | waits for a seat; and one connection at a time is opened for all who wait |
//! | the same | a server that spoke HTTP/1.1 before | a connection of his own |
//!
//! There are two groups for each endpoint: calls end soon, so they wait for one another, and a further connection is
//! opened only when that takes long; streams stay, so a further one is opened at once.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::client::conn::http2::SendRequest;
use kube_proto::driver::pool::{Idle, PoolLimits};
use kube_proto::driver::{Deadline, Endpoint, Fault, FaultKind, Kind};
use tokio::sync::oneshot;

use crate::connect::{Opened, begin, connect, overdue};
use crate::http1::Alone;
use crate::http2::{CONNECTION_WINDOW, Multiplexed};
use crate::request::Once;
use crate::shared::Shared;
use crate::socket::Traffic;

/// All connections of a client that are not one stream's own.
pub(crate) struct Pool {
    idle: Idle<Resting>,
    groups: BTreeMap<Key, Group>,
}

/// Whose connections: the endpoint, and whether they are for streams.
pub(crate) type Key = (Endpoint, bool);

/// A connection for one exchange.
#[derive(Debug)]
pub(crate) enum Link {
    /// HTTP/1.1: it is this exchange's alone.
    Alone(Box<Alone>),
    /// HTTP/2: others use it too.
    Seat(Seat),
}

enum Resting {
    Alone(Box<Alone>),
    Shared(Arc<Multiplexed>),
}

#[derive(Default)]
struct Group {
    connections: Vec<Arc<Multiplexed>>,
    waiting: VecDeque<Waiter>,
    /// A connection is being opened for those who wait.
    opening: bool,
    /// The server spoke HTTP/1.1 when it was last asked.
    http1: bool,
}

/// Somebody who waits, and until when he does.
struct Waiter {
    sender: oneshot::Sender<Given>,
    until: Deadline,
}

/// What those who wait are given.
enum Given {
    Link(Link),
    /// They shall open a connection of their own.
    Own,
    Failed(Fault),
}

/// What comes next for somebody who wants a connection.
enum Next {
    Given(Given),
    Wait(oneshot::Receiver<Given>),
}

/// The right to one stream of a connection; dropped, it is the next one's.
pub(crate) struct Seat {
    shared: Arc<Shared>,
    key: Key,
    connection: Arc<Multiplexed>,
}

/// A connection being opened for a group. Dropped without an end, those who wait are told.
struct Opening {
    shared: Arc<Shared>,
    key: Key,
    over: bool,
}

/// A connection for an exchange of this kind; `fresh` asks for one that was not idle.
pub(crate) async fn obtain(
    shared: Arc<Shared>,
    to: Endpoint,
    kind: Kind,
    fresh: bool,
    limit: Duration,
) -> Result<Link, Fault> {
    let until = shared.clock.now().mono.saturating_add(limit);
    let http2 = shared.http2.is_some() && to.tls().is_some() && kind != Kind::Upgrade;
    // Upgrades of an endpoint with HTTP/2 are too rare to look among its idle connections for one without.
    let pooled = !fresh && (http2 || to.tls().is_none() || shared.http2.is_none());
    let key = (to, kind == Kind::Stream);
    while pooled && let Some(mut link) = shared.idle(&key) {
        if link.is_open() {
            return Ok(link);
        }
    }
    let given = match if http2 { shared.seat(&key, until) } else { Next::Given(Given::Own) } {
        Next::Given(given) => given,
        Next::Wait(mut receiver) => loop {
            let patience = shared.clock.now().mono.saturating_add(PATIENCE).min(until);
            match shared.clock.within(patience, &mut receiver).await {
                Some(Ok(given)) => break given,
                Some(Err(_)) => return Err(abandoned()),
                None if shared.clock.now().mono >= until => return Err(overdue(&key.0)),
                None => shared.serve(&key, true),
            }
        },
    };
    match given {
        Given::Link(link) => Ok(link),
        Given::Own => {
            let wire = connect(&shared, &key.0, http2, until).await?;
            match begin(&shared, &key.0, wire, until).await? {
                Opened::Alone(alone) => Ok(Link::Alone(alone)),
                Opened::Shared(connection) => Ok(Link::Seat(shared.add(&key, connection))),
            }
        }
        Given::Failed(fault) => Err(fault),
    }
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self { idle: Idle::new(limits), groups: BTreeMap::new() }
    }

    /// Forgets about groups that have nothing to remember.
    fn tidy(&mut self, key: &Key) {
        if self.groups.get(key).is_some_and(|group| group.is_quiet() && !group.http1) {
            self.groups.remove(key);
        }
        if self.groups.len() > GROUPS {
            self.groups.retain(|_, group| !group.is_quiet());
        }
    }
}

impl Group {
    fn is_quiet(&self) -> bool {
        self.connections.is_empty() && self.waiting.is_empty() && !self.opening
    }

    /// A connection with room.
    fn room(&self, most: usize) -> Option<Arc<Multiplexed>> {
        let free = |connection: &&Arc<Multiplexed>| {
            let room = connection.traffic.streams().min(most);
            connection.is_open() && connection.taken.load(Ordering::Relaxed) < room
        };
        self.connections.iter().find(free).map(Arc::clone)
    }

    /// Whether a connection is to be opened for those who wait, and until when that may take.
    fn wants(&mut self, streams: bool, impatient: bool) -> Option<Deadline> {
        if self.opening || self.waiting.is_empty() || !(streams || impatient || self.connections.is_empty()) {
            return None;
        }
        self.waiting.retain(|waiter| !waiter.sender.is_closed());
        self.waiting.iter().map(|waiter| waiter.until).max()
    }
}

impl Link {
    /// A look at an idle connection before it is used again.
    pub(crate) fn is_open(&mut self) -> bool {
        match self {
            Link::Alone(alone) => alone.is_open(),
            Link::Seat(_) => true,
        }
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        match self {
            Link::Alone(alone) => &alone.traffic,
            Link::Seat(seat) => seat.traffic(),
        }
    }
}

impl Shared {
    /// Keeps a connection that nobody uses.
    pub(crate) fn rest(&self, to: Endpoint, alone: Box<Alone>) {
        let now = self.clock.now().mono;
        self.pool().idle.put(to, Resting::Alone(alone), now);
    }

    pub(crate) fn close_idle(&self) {
        let idle = self.pool().idle.take_all();
        drop(idle);
    }

    fn idle(self: &Arc<Self>, key: &Key) -> Option<Link> {
        let now = self.clock.now().mono;
        let mut pool = self.pool();
        let pool = &mut *pool;
        // Where a connection is shared already, the others may age.
        if pool.groups.get(key).is_some_and(|group| !group.connections.is_empty()) {
            return None;
        }
        loop {
            match pool.idle.take(&key.0, now)? {
                Resting::Alone(alone) => return Some(Link::Alone(alone)),
                Resting::Shared(connection) if connection.is_open() => {
                    pool.groups.entry(key.clone()).or_default().connections.push(Arc::clone(&connection));
                    return Some(Link::Seat(self.sit(key, connection)));
                }
                Resting::Shared(_) => {}
            }
        }
    }

    /// Under the pool's lock.
    fn sit(self: &Arc<Self>, key: &Key, connection: Arc<Multiplexed>) -> Seat {
        connection.taken.fetch_add(1, Ordering::Relaxed);
        Seat { shared: Arc::clone(self), key: key.clone(), connection }
    }

    /// How many streams a connection carries: together their windows must fit into its own.
    fn most(&self) -> usize {
        let window = self.http2.unwrap_or_default().window;
        usize::try_from(CONNECTION_WINDOW / window.max(1)).unwrap_or(usize::MAX).max(1)
    }

    fn seat(self: &Arc<Self>, key: &Key, until: Deadline) -> Next {
        let mut pool = self.pool();
        let group = pool.groups.entry(key.clone()).or_default();
        if let Some(connection) = group.room(self.most()).filter(|_| group.waiting.is_empty()) {
            return Next::Given(Given::Link(Link::Seat(self.sit(key, connection))));
        }
        if group.http1 && group.connections.is_empty() {
            return Next::Given(Given::Own);
        }
        if group.waiting.len() == group.waiting.capacity() {
            group.waiting.retain(|waiter| !waiter.sender.is_closed());
        }
        let (sender, receiver) = oneshot::channel();
        group.waiting.push_back(Waiter { sender, until });
        drop(pool);
        self.serve(key, false);
        Next::Wait(receiver)
    }

    /// A connection that somebody opened for himself turned out to speak HTTP/2.
    fn add(self: &Arc<Self>, key: &Key, connection: Multiplexed) -> Seat {
        let connection = Arc::new(connection);
        let mut pool = self.pool();
        let group = pool.groups.entry(key.clone()).or_default();
        group.http1 = false;
        group.connections.push(Arc::clone(&connection));
        self.sit(key, connection)
    }

    /// Gives seats to those who wait, as far as there are some, and sees to more; `impatient` says that somebody has
    /// waited for long. What nobody wants rests.
    fn serve(self: &Arc<Self>, key: &Key, impatient: bool) {
        let (now, mut given) = (self.clock.now().mono, Vec::new());
        let mut guard = self.pool();
        let pool = &mut *guard;
        let Some(group) = pool.groups.get_mut(key) else { return };
        group.connections.retain(|connection| connection.is_open());
        while let Some(connection) = group.room(self.most())
            && let Some(Waiter { sender, .. }) = group.waiting.pop_front()
        {
            if !sender.is_closed() {
                given.push((sender, self.sit(key, connection)));
            }
        }
        let wants = group.wants(key.1, impatient);
        group.opening |= wants.is_some();
        if group.waiting.is_empty() {
            let unused = |connection: &mut Arc<Multiplexed>| connection.taken.load(Ordering::Relaxed) == 0;
            for connection in group.connections.extract_if(.., unused) {
                pool.idle.put(key.0.clone(), Resting::Shared(connection), now);
            }
        }
        pool.tidy(key);
        drop(guard);
        // Outside of the lock: this wakes tasks, and a seat that nobody takes any more comes back at once.
        for (sender, seat) in given {
            let _ = sender.send(Given::Link(Link::Seat(seat)));
        }
        if let Some(until) = wants {
            self.open_for(key, until);
        }
    }

    fn open_for(self: &Arc<Self>, key: &Key, until: Deadline) {
        let opening = Opening { shared: Arc::clone(self), key: key.clone(), over: false };
        let task = async move {
            let Opening { shared, key: (to, streams), .. } = &opening;
            let opened = async {
                let opened = begin(shared, to, connect(shared, to, true, until).await?, until).await?;
                if let Opened::Shared(connection) = &opened
                    && *streams
                {
                    // A stream beyond what the server allows would wait for ever.
                    shared.clock.within(until, connection.traffic.settled()).await.ok_or_else(|| overdue(to))?;
                }
                Ok(opened)
            };
            let opened = opened.await;
            opening.end(opened);
        };
        self.clock.runtime.spawn(Box::pin(task));
    }
}

impl Opening {
    fn end(mut self, opened: Result<Opened, Fault>) {
        self.over = true;
        self.tell(opened);
    }

    fn tell(&self, opened: Result<Opened, Fault>) {
        let Self { shared, key, .. } = self;
        let mut pool = shared.pool();
        let group = pool.groups.entry(key.clone()).or_default();
        group.opening = false;
        let (waiting, mut alone, fault) = match opened {
            Ok(Opened::Shared(connection)) => {
                group.http1 = false;
                group.connections.push(Arc::new(connection));
                (VecDeque::new(), None, None)
            }
            Ok(Opened::Alone(connection)) => {
                group.http1 = true;
                (std::mem::take(&mut group.waiting), Some(connection), None)
            }
            Err(fault) => (std::mem::take(&mut group.waiting), None, Some(fault)),
        };
        drop(pool);
        for Waiter { sender, .. } in waiting {
            let given = match (&fault, alone.take()) {
                (Some(fault), _) => Given::Failed(fault.clone()),
                (None, Some(alone)) => Given::Link(Link::Alone(alone)),
                (None, None) => Given::Own,
            };
            if let Err(Given::Link(Link::Alone(unwanted))) = sender.send(given) {
                alone = Some(unwanted);
            }
        }
        if let Some(alone) = alone {
            shared.rest(key.0.clone(), alone);
        }
        shared.serve(key, false);
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if !self.over {
            self.tell(Err(abandoned()));
        }
    }
}

impl Seat {
    pub(crate) fn sender(&self) -> SendRequest<Once> {
        self.connection.sender.clone()
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.connection.traffic
    }

    /// The connection is no good any more.
    pub(crate) fn retire(&self) {
        self.connection.retired.store(true, Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let pool = self.shared.pool();
        self.connection.taken.fetch_sub(1, Ordering::Relaxed);
        drop(pool);
        self.shared.serve(&self.key, false);
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("key", &self.key).finish_non_exhaustive()
    }
}

fn abandoned() -> Fault {
    Fault::unsent(FaultKind::Io, "the runtime gave up the connection that was being opened")
}

/// How long a call waits for a seat before another connection is opened.
const PATIENCE: Duration = Duration::from_secs(1);

/// Groups without connections that are remembered for the HTTP version of their server.
const GROUPS: usize = 64;
