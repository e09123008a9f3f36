//! What observers see of connections and sessions, as a list of tests that every transport runs.
//!
//! A transport names its [`Client`] in [`observed!`](crate::observed!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::Read;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::config::Config;
use kube_proto::driver::options::ClientOptions;
use kube_proto::observe::{ConnectionEvent, Event, Observation, Observer, Observers, SessionEvent};

use crate::blocking::Client;
use crate::scripted::{ClosedPort, POD, Server, pods, script};
use crate::sockets::echo;

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! observed {
    ($client:ty) => {
        $crate::tests_of!(
            observed, $client:
            a_connection_is_seen_from_its_dial_to_its_end,
            a_dial_that_fails_is_seen,
            a_dead_pooled_connection_is_seen,
            the_end_of_the_client_is_the_end_of_its_connections,
            an_observer_may_use_the_client,
        );
    };
}

/// A line for each event of connections and sessions.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// The lines so far; the next call begins anew.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The lines, once the last one begins like this: a driver may close a connection in another thread.
    #[must_use]
    pub fn until(&self, last: &str) -> Vec<String> {
        for _ in 0..6000 {
            if self.0.lock().unwrap().last().is_some_and(|line| line.starts_with(last)) {
                return self.take();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no `{last}` after {:#?}", self.take());
    }
}

impl Observer for Seen {
    fn observe(&self, seen: &Observation<'_>) {
        let line = match seen.event {
            Event::Connection(connection, event) => {
                let event = match event {
                    ConnectionEvent::Dialing => "dials".to_owned(),
                    ConnectionEvent::Connected { .. } => "connected".to_owned(),
                    ConnectionEvent::Ready { version, .. } => format!("ready for {version:?}"),
                    ConnectionEvent::Failed { fault, .. } => format!("failed: {:?}", fault.kind),
                    ConnectionEvent::Used { call, reused, .. } => {
                        format!("carries call {call}{}", if reused { ", used before" } else { "" })
                    }
                    ConnectionEvent::Rested => "rests".to_owned(),
                    ConnectionEvent::Closed { exchanges, resting, .. } => {
                        format!("closed after {exchanges}{}", if resting { ", at rest" } else { "" })
                    }
                    other => format!("{other:?}"),
                };
                format!("{}: {event}", connection.number)
            }
            Event::Session(connection, SessionEvent::Opened { call }) => {
                format!("{}: session of call {call}", connection.number)
            }
            Event::Session(connection, SessionEvent::Ended { sent, received, error, .. }) => {
                format!("{}: session over: {sent} out, {received} in, {error:?}", connection.number)
            }
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

fn observed<C: Client>(config: Config) -> (C, Seen) {
    let seen = Seen::default();
    let observers = Observers::to(seen.clone());
    (C::make(ClientOptions::new(config).seed(7).observers(observers)).unwrap(), seen)
}

/// Calls one after the other, and an upgrade, on one connection.
pub fn a_connection_is_seen_from_its_dial_to_its_end<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        for _ in 0..2 {
            peer.request();
            peer.answer(200, POD);
        }
        peer.request();
        peer.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
        let mut buffer = [0; 7];
        peer.reader.read_exact(&mut buffer).unwrap();
        peer.say("bye");
    })]);
    let (client, seen) = observed::<C>(server.config());
    client.call(pods().get("a")).unwrap();
    let first = ["1: dials", "1: connected", "1: ready for HTTP/1.1", "1: carries call 1", "1: rests"];
    assert_eq!(seen.take(), first);
    client.call(pods().get("a")).unwrap();
    assert_eq!(seen.take(), ["1: carries call 2, used before", "1: rests"]);
    let session = client.open(echo()).unwrap();
    assert_eq!(seen.take(), ["1: carries call 3, used before", "1: session of call 3"]);
    assert_eq!(session.next().unwrap().unwrap(), "hello");
    session.send(Bytes::from_static(b"goodbye")).unwrap();
    while let Some(bytes) = session.next() {
        bytes.unwrap();
    }
    assert_eq!(seen.take(), ["1: session over: 7 out, 8 in, None"]);
    drop(session);
    assert_eq!(seen.until("1: closed"), ["1: closed after 3"]);
    server.join();
}

/// It has its fault.
pub fn a_dial_that_fails_is_seen<C: Client>() {
    let closed = ClosedPort::new();
    let (client, seen) = observed::<C>(Config::new(&format!("http://127.0.0.1:{}", closed.port)).unwrap());
    client.call(pods().get("a")).unwrap_err();
    assert_eq!(seen.until("1: failed"), ["1: dials", "1: failed: Refused"]);
}

/// The client finds out when it looks for a connection.
pub fn a_dead_pooled_connection_is_seen<C: Client>() {
    let (gone, wait) = std::sync::mpsc::channel();
    let (rests, may_go) = std::sync::mpsc::channel::<()>();
    let server = Server::run(vec![
        script(move |mut peer| {
            peer.request();
            peer.answer(200, POD);
            may_go.recv().unwrap();
            drop(peer);
            gone.send(()).unwrap();
        }),
        script(|mut peer| {
            peer.request();
            peer.answer(200, POD);
            assert!(peer.request().is_none());
        }),
    ]);
    let (client, seen) = observed::<C>(server.config());
    client.call(pods().get("a")).unwrap();
    assert_eq!(seen.take().last().unwrap(), "1: rests");
    rests.send(()).unwrap();
    wait.recv().unwrap();
    // The end may take a moment to come from the other side of the socket.
    std::thread::sleep(Duration::from_millis(50));
    client.call(pods().get("a")).unwrap();
    let mut lines = seen.until("2: rests");
    lines.retain(|line| !line.starts_with("2: connected") && !line.starts_with("2: ready"));
    assert_eq!(lines, ["1: closed after 1, at rest", "2: dials", "2: carries call 2", "2: rests"]);
    drop(client);
    server.join();
}

/// Idle connections are closed with it.
pub fn the_end_of_the_client_is_the_end_of_its_connections<C: Client>() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.answer(200, POD);
        assert!(peer.request().is_none());
    })]);
    let (client, seen) = observed::<C>(server.config());
    client.call(pods().get("a")).unwrap();
    drop(client);
    assert_eq!(seen.until("1: closed").last().unwrap(), "1: closed after 1, at rest");
    server.join();
}

/// No lock of the client is held while an observer runs.
pub fn an_observer_may_use_the_client<C: Client + Send + Sync + 'static>() {
    /// Closes the idle connections on every event.
    struct Closes<C>(Arc<OnceLock<Weak<C>>>);
    impl<C: Client + Send + Sync> Observer for Closes<C> {
        fn observe(&self, _: &Observation<'_>) {
            if let Some(client) = self.0.get().and_then(Weak::upgrade) {
                client.close_idle();
            }
        }
    }
    let server = Server::each(|mut peer| {
        while peer.request().is_some() {
            peer.answer(200, POD);
        }
    });
    let of = Arc::<OnceLock<Weak<C>>>::default();
    let observers = Observers::to(Closes(Arc::clone(&of)));
    let pool = kube_proto::driver::pool::PoolLimits { per_endpoint: 2, total: 2, age: Duration::from_secs(60) };
    let client = C::make(ClientOptions::new(server.config()).pool(pool).observers(observers)).unwrap();
    let client = Arc::new(client);
    of.set(Arc::downgrade(&client)).unwrap();
    for result in client.batch((0..40).map(|_| pods().get("a")).collect(), 8) {
        result.unwrap();
    }
}
