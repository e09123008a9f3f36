//! The observation of one connection, and of the session that it may carry.
//!
//! | state | report | next | told |
//! |---|---|---|---|
//! | `Dialing` | `connected` | `Handshaking` | `Connected` |
//! | `Dialing`, `Handshaking` | `ready` | `Open` | `Ready` |
//! | `Dialing`, `Handshaking` | `failed` | `Closed` | `Failed` |
//! | `Dialing`, `Handshaking` | `closed`, or dropped | `Closed` | `Abandoned` |
//! | `Open` | `carries` | `Open` | `Used` |
//! | `Open` | `rests` | `Open` | `Rested`, unless it rests already |
//! | `Open` | `closed`, or dropped | `Closed` | `Closed` |
//! | `Closed` | any | `Closed` | nothing |

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::Version;

use super::Observers;
use super::event::{ConnectionEvent, ConnectionInfo, Event, Observation, SessionEvent};
use crate::driver::effect::ExchangeTag;
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::Fault;
use crate::driver::time::Moment;
use crate::lease::clock::Clock;
use crate::lock::lock;

/// What a driver reports of one connection, for the observers of its session.
///
/// [`Session::connecting`](crate::driver::Session::connecting) makes one when the driver begins to dial. The driver says
/// [`connected`](Self::connected), and gives the record to the connection: `Connection::recorded` or
/// `RawConnection::recorded` of [`wire`](crate::driver::wire), which tell of its end. [`Talk`](crate::driver::wire::Talk) makes
/// all other reports. A driver with an HTTP of its own makes them itself.
///
/// Clones are of the same connection. Without an observer it is empty, and a report does nothing. Do not report while you
/// hold a lock: observers run in the call.
///
/// ```
/// use kube_proto::config::Config;
/// use kube_proto::driver::{Moment, Session, SessionOptions};
/// use kube_proto::observe::{Event, Observation, Observer, Observers};
/// use kube_proto::settings::Settings;
///
/// struct Print;
/// impl Observer for Print {
///     fn observe(&self, seen: &Observation<'_>) {
///         if let Event::Connection(connection, what) = seen.event {
///             println!("connection {} to {}: {what:?}", connection.number, connection.endpoint);
///         }
///     }
/// }
///
/// let options = SessionOptions { observers: Observers::to(Print), ..SessionOptions::new(Settings::default(), 1) };
/// let session = Session::new(&Config::new("https://k.example")?, options)?;
/// let record = session.connecting(session.endpoint(), Moment::ZERO);
/// record.connected(Moment::ZERO);
/// record.ready(http::Version::HTTP_2, Moment::ZERO);
/// record.closed();
/// # Ok::<(), kube_proto::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ConnectionRecord(Option<Arc<Recorded>>);

struct Recorded {
    observers: Observers,
    clock: Arc<Clock>,
    number: u64,
    endpoint: Endpoint,
    began: Moment,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Dialing,
    Handshaking,
    /// `call` is the last one that it carried, 0 if none.
    Open {
        since: Moment,
        exchanges: u64,
        resting: bool,
        call: u64,
    },
    Closed,
}

impl ConnectionRecord {
    /// Tells that a dial begins.
    pub(crate) fn dialing(
        observers: &Observers,
        clock: &Arc<Clock>,
        number: u64,
        endpoint: &Endpoint,
        now: Moment,
    ) -> Self {
        let record = Self(Some(Arc::new(Recorded {
            observers: observers.clone(),
            clock: Arc::clone(clock),
            number,
            endpoint: endpoint.clone(),
            began: now,
            state: Mutex::new(State::Dialing),
        })));
        record.step(now, |_, _| Some(ConnectionEvent::Dialing));
        record
    }

    /// The socket is connected: to the server, or to its proxy.
    pub fn connected(&self, now: Moment) {
        self.step(now, |state, took| match *state {
            State::Dialing => {
                *state = State::Handshaking;
                Some(ConnectionEvent::Connected { took })
            }
            _ => None,
        });
    }

    /// The handshakes are over. Later reports of this do nothing.
    pub fn ready(&self, version: Version, now: Moment) {
        self.step(now, |state, took| match *state {
            State::Dialing | State::Handshaking => {
                *state = State::Open { since: now, exchanges: 0, resting: false, call: 0 };
                Some(ConnectionEvent::Ready { version, took })
            }
            _ => None,
        });
    }

    /// The connection cannot be made. After [`ready`](Self::ready) this does nothing: the exchange has the fault.
    pub fn failed(&self, fault: &Fault, now: Moment) {
        self.step(now, |state, took| match *state {
            State::Dialing | State::Handshaking => {
                *state = State::Closed;
                Some(ConnectionEvent::Failed { fault, took })
            }
            _ => None,
        });
    }

    /// The connection carries this exchange from now on: [`Exchange::tag`](crate::driver::Exchange::tag).
    pub fn carries(&self, tag: ExchangeTag) {
        let now = self.latest();
        self.step(now, |state, _| match state {
            State::Open { exchanges, resting, call, .. } => {
                let (reused, rested, waited) = (*exchanges > 0, *resting, now.since(tag.since));
                (*exchanges, *resting, *call) = (exchanges.saturating_add(1), false, tag.call);
                Some(ConnectionEvent::Used { call: tag.call, reused, rested, waited })
            }
            _ => None,
        });
    }

    /// The connection carries nothing, and waits for an exchange in a pool.
    pub fn rests(&self) {
        self.step(self.latest(), |state, _| match state {
            State::Open { resting: resting @ false, .. } => {
                *resting = true;
                Some(ConnectionEvent::Rested)
            }
            _ => None,
        });
    }

    /// The connection is closed, by either side. Nothing follows.
    pub fn closed(&self) {
        if let Some(recorded) = &self.0 {
            recorded.closed();
        }
    }

    /// Whether there is an observer: without one, reports do nothing.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.0.is_some()
    }

    /// The latest time that the session knows.
    fn latest(&self) -> Moment {
        self.0.as_ref().map_or(Moment::ZERO, |recorded| recorded.latest())
    }

    /// Changes the state under its lock, and tells without it.
    fn step<'a>(&self, now: Moment, change: impl FnOnce(&mut State, Duration) -> Option<ConnectionEvent<'a>>) {
        if let Some(recorded) = &self.0 {
            recorded.step(now, change);
        }
    }
}

impl Recorded {
    fn closed(&self) {
        let now = self.latest();
        self.step(now, |state, took| match std::mem::replace(state, State::Closed) {
            State::Dialing | State::Handshaking => Some(ConnectionEvent::Abandoned { took }),
            State::Open { since, exchanges, resting, .. } => {
                Some(ConnectionEvent::Closed { age: now.since(since), exchanges, resting })
            }
            State::Closed => None,
        });
    }

    /// The latest time that the session knows.
    fn latest(&self) -> Moment {
        self.clock.mono().max(self.began)
    }

    fn step<'a>(&self, now: Moment, change: impl FnOnce(&mut State, Duration) -> Option<ConnectionEvent<'a>>) {
        let event = change(&mut self.state(), now.since(self.began));
        if let Some(event) = event {
            self.tell(|info| Event::Connection(info, event), now);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn tell<'a>(&'a self, event: impl FnOnce(ConnectionInfo<'a>) -> Event<'a>, now: Moment) {
        let event = event(ConnectionInfo { number: self.number, endpoint: &self.endpoint });
        self.observers.tell(&Observation { now: self.clock.at(now), event });
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.closed();
    }
}

impl fmt::Debug for ConnectionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionRecord").field(&self.0.as_ref().map(|recorded| recorded.number)).finish()
    }
}

/// Tells of the end of its connection when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Ends(pub(crate) ConnectionRecord);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// The session that a connection carries after its 101.
#[derive(Debug, Default)]
pub(crate) struct SessionRecord {
    of: ConnectionRecord,
    began: Moment,
    call: u64,
    sent: u64,
    received: u64,
}

impl SessionRecord {
    /// Tells that the session begins.
    pub(crate) fn begin(of: &ConnectionRecord) -> Self {
        let Some(recorded) = &of.0 else { return Self::default() };
        let (began, state) = (of.latest(), *recorded.state());
        let call = if let State::Open { call, .. } = state { call } else { 0 };
        recorded.tell(|info| Event::Session(info, SessionEvent::Opened { call }), began);
        Self { of: of.clone(), began, call, sent: 0, received: 0 }
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes as u64);
    }

    pub(crate) fn received(&mut self, bytes: usize) {
        self.received = self.received.saturating_add(bytes as u64);
    }

    /// Tells of the end, once.
    pub(crate) fn end(&mut self, fault: Option<&crate::error::Error>) {
        let of = std::mem::take(&mut self.of);
        let Some(recorded) = &of.0 else { return };
        let now = of.latest();
        let Self { call, sent, received, began, .. } = *self;
        let event = SessionEvent::Ended { call, sent, received, took: now.since(began), error: fault };
        recorded.tell(|info| Event::Session(info, event), now);
    }
}

impl Drop for SessionRecord {
    fn drop(&mut self) {
        self.end(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::fault::FaultKind;
    use crate::observe::Observer;

    #[derive(Default)]
    struct Names(Mutex<Vec<&'static str>>);

    impl Observer for Names {
        fn observe(&self, seen: &Observation<'_>) {
            self.0.lock().unwrap().push(match seen.event {
                Event::Connection(_, event) => match event {
                    ConnectionEvent::Dialing => "Dialing",
                    ConnectionEvent::Connected { .. } => "Connected",
                    ConnectionEvent::Ready { .. } => "Ready",
                    ConnectionEvent::Failed { .. } => "Failed",
                    ConnectionEvent::Abandoned { .. } => "Abandoned",
                    ConnectionEvent::Used { .. } => "Used",
                    ConnectionEvent::Rested => "Rested",
                    ConnectionEvent::Closed { .. } => "Closed",
                },
                _ => "other",
            });
        }
    }

    fn report(record: &ConnectionRecord, what: &str) {
        match what {
            "connected" => record.connected(Moment::ZERO),
            "ready" => record.ready(Version::HTTP_11, Moment::ZERO),
            "failed" => record.failed(&Fault::unsent(FaultKind::Refused, ""), Moment::ZERO),
            "carries" => record.carries(ExchangeTag::default()),
            "rests" => record.rests(),
            "closed" => record.closed(),
            other => panic!("{other}"),
        }
    }

    /// Every report in every state: the table of this module.
    #[test]
    fn the_table() {
        let ways =
            [("Dialing", &[][..]), ("Handshaking", &["connected"]), ("Open", &["ready"]), ("Closed", &["closed"])];
        for (state, way) in ways {
            for what in ["connected", "ready", "failed", "carries", "rests", "closed"] {
                let names = Arc::<Names>::default();
                let observers = Observers::to(Arc::clone(&names));
                let to = Endpoint::new("k", 443, None, None);
                let record = ConnectionRecord::dialing(&observers, &Arc::default(), 1, &to, Moment::ZERO);
                way.iter().for_each(|step| report(&record, step));
                let before = names.0.lock().unwrap().len();
                report(&record, what);
                let told: Vec<_> = names.0.lock().unwrap()[before..].to_vec();
                let expected: &[&str] = match (state, what) {
                    ("Dialing", "connected") => &["Connected"],
                    ("Dialing" | "Handshaking", "ready") => &["Ready"],
                    ("Dialing" | "Handshaking", "failed") => &["Failed"],
                    ("Dialing" | "Handshaking", "closed") => &["Abandoned"],
                    ("Open", "carries") => &["Used"],
                    ("Open", "rests") => &["Rested"],
                    ("Open", "closed") => &["Closed"],
                    _ => &[],
                };
                assert_eq!(told, expected, "{what} in {state}");
                // The last clone tells of the end, once.
                drop(record);
                let names = names.0.lock().unwrap();
                let ends = names.iter().filter(|name| ["Closed", "Failed", "Abandoned"].contains(name)).count();
                assert_eq!(ends, 1, "{what} in {state}: {names:?}");
            }
        }
    }
}
