//! Assigns connections to exchanges: idle ones, and those of HTTP/2, which several exchanges share.
//!
//! | an exchange needs | the pool has | the exchange gets |
//! |---|---|---|
//! | a connection, not `fresh` | an idle one | that one |
//! | HTTP/1.1: plain text, an upgrade, HTTP/2 switched off | none | a connection for itself |
//! | a stream of HTTP/2 | a connection of its group with room | a seat on it |
//! | the same | none with room | a seat later; the pool opens one connection at a time for all waiting exchanges |
//! | the same | a server that spoke HTTP/1.1 before | a connection for itself |
//!
//! There are two groups for each endpoint. Calls end soon, so they wait for one another, and the pool opens a further
//! connection only when that takes long. Streams stay, so it opens a further one at once.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http2::SendRequest;
use kube_proto::driver::pool::{Idle, PoolLimits};
use kube_proto::driver::{Endpoint, ExchangeKind, Fault, FaultKind, Moment};
use kube_proto::observe::ConnectionRecord;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::connect::{Opened, open, overdue};
use crate::http1::Alone;
use crate::http2::Multiplexed;
use crate::request::Once;
use crate::shared::Shared;
use crate::socket::Traffic;

/// All connections of a client, except those that one stream has for itself.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    state: Mutex<State>,
}

struct State {
    idle: Idle<Resting>,
    groups: BTreeMap<Key, Group>,
}

/// Which connections belong together: the endpoint, and whether they are for streams.
pub(crate) type Key = (Endpoint, bool);

/// A connection for one exchange.
#[derive(Debug)]
pub(crate) enum Link {
    /// HTTP/1.1: only this exchange uses it.
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
    /// The pool opens a connection for the waiting exchanges.
    opening: bool,
    /// The server used HTTP/1.1 on the last connection.
    http1: bool,
}

/// An exchange that waits for a connection, and its deadline.
struct Waiter {
    sender: oneshot::Sender<Given>,
    until: Moment,
}

/// The answer to a waiting exchange.
enum Given {
    Link(Link),
    /// The exchange opens a connection for itself.
    Own,
    Failed(Fault),
}

/// The next step of an exchange without a connection.
enum Next {
    Given(Given),
    Wait(oneshot::Receiver<Given>),
}

/// The right to one stream of a connection. When it is dropped, the next exchange gets it.
pub(crate) struct Seat {
    pool: Arc<Pool>,
    key: Key,
    connection: Arc<Multiplexed>,
    /// The answer came to its end.
    whole: bool,
}

/// A connection being opened for a group. Dropping it early fails the waiting exchanges.
struct Opening {
    pool: Arc<Pool>,
    key: Key,
    over: bool,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits, shared: Shared) -> Self {
        let state = State { idle: Idle::new(limits), groups: BTreeMap::new() };
        Self { shared: Arc::new(shared), state: Mutex::new(state) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// An idle connection for an exchange of this kind.
    pub(crate) fn idle_for(self: &Arc<Self>, to: &Endpoint, kind: ExchangeKind) -> Option<Link> {
        // Upgrades of an endpoint with HTTP/2 are too rare to search its idle connections for one of HTTP/1.1.
        if !self.speaks_http2(to, kind) && to.tls().is_some() && self.shared.http2.is_some() {
            return None;
        }
        let key = (to.clone(), kind == ExchangeKind::Stream);
        while let Some(mut link) = self.idle(&key) {
            if link.is_open() {
                return Some(link);
            }
        }
        None
    }

    /// A connection for an exchange of this kind, within this time; not an idle one of HTTP/1.1.
    pub(crate) async fn obtain(
        self: Arc<Self>,
        to: Endpoint,
        kind: ExchangeKind,
        limit: Duration,
    ) -> Result<Link, Fault> {
        let clock = &self.shared.clock;
        let until = clock.now().mono.after(limit);
        let http2 = self.speaks_http2(&to, kind);
        let key = (to, kind == ExchangeKind::Stream);
        let given = match if http2 { self.seat(&key, until) } else { Next::Given(Given::Own) } {
            Next::Given(given) => given,
            Next::Wait(mut receiver) => loop {
                let patience = clock.now().mono.after(PATIENCE).min(until);
                match clock.within(patience, &mut receiver).await {
                    Some(Ok(given)) => break given,
                    Some(Err(_)) => return Err(abandoned()),
                    None if clock.now().mono >= until => return Err(overdue(&key.0)),
                    None => self.serve(&key, true),
                }
            },
        };
        match given {
            Given::Link(link) => Ok(link),
            Given::Own => match open(&self.shared, &key.0, http2, until).await? {
                Opened::Alone(alone) => Ok(Link::Alone(alone)),
                Opened::Shared(connection) => Ok(Link::Seat(self.add(&key, connection))),
            },
            Given::Failed(fault) => Err(fault),
        }
    }

    /// Keeps an unused connection.
    pub(crate) fn rest(&self, to: Endpoint, alone: Box<Alone>) {
        let now = self.shared.clock.now().mono;
        alone.traffic().record.rests();
        let old = self.lock().idle.put(to, Resting::Alone(alone), now);
        drop(old);
    }

    pub(crate) fn close_idle(&self) {
        let idle = self.lock().idle.take_all();
        drop(idle);
    }

    fn idle(self: &Arc<Self>, key: &Key) -> Option<Link> {
        let now = self.shared.clock.now().mono;
        let mut state = self.lock();
        let state = &mut *state;
        // If a connection is shared already, the others may become too old.
        if state.groups.get(key).is_some_and(|group| !group.connections.is_empty()) {
            return None;
        }
        loop {
            match state.idle.take(&key.0, now)? {
                Resting::Alone(alone) => return Some(Link::Alone(alone)),
                Resting::Shared(connection) if connection.is_open() => {
                    state.groups.entry(key.clone()).or_default().connections.push(Arc::clone(&connection));
                    return Some(Link::Seat(self.sit(key, connection)));
                }
                Resting::Shared(_) => {}
            }
        }
    }

    /// Call this only while the pool is locked.
    fn sit(self: &Arc<Self>, key: &Key, connection: Arc<Multiplexed>) -> Seat {
        connection.take();
        Seat { pool: Arc::clone(self), key: key.clone(), connection, whole: false }
    }

    /// Whether HTTP/2 is offered to the server.
    fn speaks_http2(&self, to: &Endpoint, kind: ExchangeKind) -> bool {
        self.shared.http2.is_some() && to.tls().is_some() && kind != ExchangeKind::Upgrade
    }

    /// How many streams a connection carries.
    fn most(&self) -> usize {
        self.shared.http2.unwrap_or_default().most_streams()
    }

    fn seat(self: &Arc<Self>, key: &Key, until: Moment) -> Next {
        let mut state = self.lock();
        let group = state.groups.entry(key.clone()).or_default();
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
        drop(state);
        self.serve(key, false);
        Next::Wait(receiver)
    }

    /// Adds a connection that an exchange opened for itself and that turned out to speak HTTP/2.
    fn add(self: &Arc<Self>, key: &Key, connection: Multiplexed) -> Seat {
        let connection = Arc::new(connection);
        let mut state = self.lock();
        let group = state.groups.entry(key.clone()).or_default();
        group.http1 = false;
        group.connections.push(Arc::clone(&connection));
        self.sit(key, connection)
    }

    /// Gives the free seats to the waiting exchanges, and opens a connection if they need one. `impatient` means that
    /// one of them has waited for long. An unused connection becomes idle.
    fn serve(self: &Arc<Self>, key: &Key, impatient: bool) {
        let (now, mut given, mut old, mut rests) = (self.shared.clock.now().mono, Vec::new(), Vec::new(), Vec::new());
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(group) = state.groups.get_mut(key) else { return };
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
            let unused = |connection: &mut Arc<Multiplexed>| connection.is_unused();
            for connection in group.connections.extract_if(.., unused) {
                rests.extend(Some(&connection.traffic().record).filter(|record| record.is_observed()).cloned());
                old.extend(state.idle.put(key.0.clone(), Resting::Shared(connection), now));
            }
        }
        state.tidy(key);
        drop(guard);
        // Outside of the lock: observers learn of these.
        rests.iter().for_each(ConnectionRecord::rests);
        drop(old);
        // Outside of the lock: this wakes tasks, and if an exchange was dropped, its seat comes back at once.
        for (sender, seat) in given {
            let _ = sender.send(Given::Link(Link::Seat(seat)));
        }
        if let Some(until) = wants {
            self.open_for(key, until);
        }
    }

    fn open_for(self: &Arc<Self>, key: &Key, until: Moment) {
        let opening = Opening { pool: Arc::clone(self), key: key.clone(), over: false };
        let task = async move {
            let Opening { pool, key: (to, streams), .. } = &opening;
            let shared = &pool.shared;
            let opened = async {
                let opened = open(shared, to, true, until).await?;
                if let Opened::Shared(connection) = &opened
                    && *streams
                {
                    // A stream beyond the server's limit would wait for ever.
                    shared.clock.within(until, connection.traffic().settled()).await.ok_or_else(|| overdue(to))?;
                }
                Ok(opened)
            };
            let opened = opened.await;
            opening.end(opened);
        };
        self.shared.clock.runtime.spawn(Box::pin(task));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Removes a group without content.
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
        self.connections.iter().find(|connection| connection.has_room(most)).map(Arc::clone)
    }

    /// Decides whether the pool opens a connection for the waiting exchanges, and returns the deadline for that.
    fn wants(&mut self, streams: bool, impatient: bool) -> Option<Moment> {
        if self.opening || self.waiting.is_empty() || !(streams || impatient || self.connections.is_empty()) {
            return None;
        }
        self.waiting.retain(|waiter| !waiter.sender.is_closed());
        self.waiting.iter().map(|waiter| waiter.until).max()
    }
}

impl Link {
    /// Checks an idle connection before it is used again.
    pub(crate) fn is_open(&mut self) -> bool {
        match self {
            Link::Alone(alone) => alone.is_open(),
            Link::Seat(_) => true,
        }
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        match self {
            Link::Alone(alone) => alone.traffic(),
            Link::Seat(seat) => seat.traffic(),
        }
    }
}

impl Opening {
    fn end(mut self, opened: Result<Opened, Fault>) {
        self.over = true;
        self.tell(opened);
    }

    fn tell(&self, opened: Result<Opened, Fault>) {
        let Self { pool, key, .. } = self;
        let mut state = pool.lock();
        let group = state.groups.entry(key.clone()).or_default();
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
        drop(state);
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
            pool.rest(key.0.clone(), alone);
        }
        pool.serve(key, false);
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
        self.connection.sender()
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        self.connection.traffic()
    }

    /// Takes the connection out of use: it is broken.
    pub(crate) fn retire(&self) {
        self.connection.retire();
    }

    /// The server answers.
    pub(crate) fn heard(&self) {
        self.connection.heard();
    }

    /// The head of an answer did not come in time; `mute` means that not a byte came since the request.
    pub(crate) fn unanswered(&self, mute: bool) {
        self.connection.unanswered(mute);
    }

    /// Gives the seat back after the end of the answer.
    pub(crate) fn finish(mut self) {
        self.whole = true;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let state = self.pool.lock();
        self.connection.release(self.whole);
        drop(state);
        self.pool.serve(&self.key, false);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("key", &self.key).finish_non_exhaustive()
    }
}

fn abandoned() -> Fault {
    Fault::unsent(FaultKind::Io, "the runtime dropped the connection while it was being opened")
}

/// How long a call waits for a seat before another connection is opened.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many groups without connections the pool keeps, to remember the HTTP version of their servers.
const GROUPS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// A client may meet any number of servers: issuers, clusters behind one session, identities that rotate.
    #[test]
    fn the_http_versions_of_a_limited_number_of_servers_are_remembered() {
        let mut state = State { idle: Idle::new(PoolLimits::default()), groups: BTreeMap::new() };
        let key = |n: usize| (Endpoint::new(format!("server-{n}"), 443, None, None), false);
        for n in 0..1000 {
            state.groups.insert(key(n), Group { http1: true, ..Group::default() });
            state.tidy(&key(n));
            assert!(state.groups.len() <= GROUPS, "{}", state.groups.len());
        }
        assert!(!state.groups.is_empty());
        // A group in use stays, and one without content goes at once.
        state.groups.insert(key(1000), Group { opening: true, ..Group::default() });
        (1001..2000).for_each(|n| {
            state.groups.insert(key(n), Group::default());
            state.tidy(&key(n));
            assert!(!state.groups.contains_key(&key(n)));
        });
        assert!(state.groups.contains_key(&key(1000)));
    }
}
