//! Operations, turned by hand: what a call and an event cost beside the socket and the decoder.

use std::io::{Error, ErrorKind, Read, Write};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use k8s_openapi::api::core::v1::Pod;
use kube_observe::{Metrics, OtelTraces};
use kube_proto::Api;
use kube_proto::api::WatchParams;
use kube_proto::config::Config;
use kube_proto::driver::wire::{Connection, HttpLimits, Pump};
use kube_proto::driver::{Effect, Input, Moment, Now, Operation, Session, SessionOptions, Step, Task};
use kube_proto::observe::{Observation, Observer, Observers};
use kube_proto::resource::Identified;
use kube_proto::settings::Settings;
use kube_proto::store::StoreEvent;
use kube_proto::watch::WatchSettings;

use opentelemetry::trace::noop::NoopTracer;

use crate::{Benchmark, count, feed};

pub(crate) const ALL: &[Benchmark] = &[
    ("an event of a watch, by its task", || {
        let mut watch = Turned::new(pods().watch_once(&WatchParams::default()));
        watch.answer([feed::head()]);
        let mut events = Events::default();
        count(|| watch.item(events.next()));
    }),
    ("a turn without anything", || {
        let mut watch = Turned::new(pods().watch_once(&WatchParams::default()));
        watch.answer([feed::head()]);
        count(|| watch.rests());
    }),
    ("an event of a store without subscribers", || {
        let mut store = Turned::new(pods().reflect(WatchSettings::default().streaming(false), []));
        let list = Input::Data(feed::list(500).into());
        store.answer([feed::head(), list, Input::End]);
        while !matches!(store.turn(None), Step::Yield(StoreEvent::Synced { .. })) {}
        store.answer([feed::head()]);
        let mut events = Events::default();
        count(|| store.item(events.next()));
    }),
    ("a get", || get(&session())),
    ("a get, with an observer that does nothing", || get(&observed(Observers::to(Idle)))),
    ("a get, with metrics", || get(&observed(Observers::to(Metrics::new())))),
    ("a get, with traces", || get(&observed(Observers::to(OtelTraces::with(NoopTracer::new()))))),
    ("an event of a watch, with metrics and traces", || {
        let observers = Observers::to(Metrics::new()).and(OtelTraces::with(NoopTracer::new()));
        let mut watch = Turned::of(pods().watch_once(&WatchParams::default()), &observed(observers));
        watch.answer([feed::head()]);
        let mut events = Events::default();
        count(|| watch.item(events.next()));
    }),
    ("an event of a watch, by HTTP and its task", || {
        let mut watch = Turned::new(pods().watch_once(&WatchParams::default()));
        let mut connection = Connection::plain(HttpLimits::default());
        let Step::Do(Effect::Exchange(exchange)) = watch.turn(None) else { panic!("no exchange") };
        connection.start(&exchange);
        let mut socket = Socket::default();
        count(|| {
            loop {
                let ready = || match connection.pump(&mut socket) {
                    Pump::Input(input) => Some(input),
                    Pump::Blocked { .. } => None,
                };
                match watch.task.turn(NOW, Waker::noop(), ready) {
                    Step::Yield(event) => return event,
                    Step::Wait(_) => socket.fill(),
                    _ => panic!("the watch ended"),
                }
            }
        });
    }),
];

/// An operation and its task.
struct Turned<O> {
    task: Task<O>,
}

impl<O: Operation> Turned<O> {
    fn new(operation: O) -> Self {
        Self::of(operation, &session())
    }

    fn of(operation: O, session: &Session) -> Self {
        Self { task: Task::new(operation, session.clone()) }
    }

    fn turn(&mut self, input: Option<Input>) -> Step<O::Item> {
        let mut input = input;
        self.task.turn(NOW, Waker::noop(), || input.take())
    }

    /// Starts an exchange, and answers it.
    fn answer<const N: usize>(&mut self, inputs: [Input; N]) {
        assert!(matches!(self.turn(None), Step::Do(Effect::Exchange(_))));
        let last = inputs.len().saturating_sub(1);
        for (n, input) in inputs.into_iter().enumerate() {
            // The end of a list makes items at once, which the caller takes.
            if n < last || !matches!(input, Input::End) {
                assert!(matches!(self.turn(Some(input)), Step::Wait(_)));
            } else {
                let _first = self.turn(Some(input));
            }
        }
    }

    fn item(&mut self, input: Input) -> O::Item {
        match self.turn(Some(input)) {
            Step::Yield(item) => item,
            _ => panic!("no item"),
        }
    }

    fn rests(&mut self) {
        assert!(matches!(self.turn(None), Step::Wait(_)));
    }
}

fn pods() -> Api<Identified<Pod>> {
    Api::new(Api::<Pod>::all().target().clone())
}

/// A get, from the call to its object of 70 bytes.
fn get(session: &Session) {
    let pod = Bytes::from_static(br#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-0","uid":"1"}}"#);
    count(|| {
        let mut get = Turned::of(pods().within("shop").get("web-0"), session);
        get.answer([feed::head(), Input::Data(pod.clone())]);
        get.item(Input::End)
    });
}

/// An observer that does nothing.
struct Idle;

impl Observer for Idle {
    fn observe(&self, _: &Observation<'_>) {}
}

fn observed(observers: Observers) -> Session {
    let config = Config::new("http://k.test").unwrap();
    Session::new(&config, SessionOptions { observers, ..SessionOptions::new(Settings::default(), 7) }).unwrap()
}

fn session() -> Session {
    let config = Config::new("http://k.test").unwrap();
    Session::new(&config, SessionOptions::new(Settings::default(), 7)).unwrap()
}

const NOW: Now = Now { mono: Moment::after_zero(Duration::from_secs(1)), unix: Duration::from_secs(1_800_000_000) };

/// The events of a watch, each in its own chunk, made before they are counted.
struct Events(std::iter::Cycle<std::vec::IntoIter<Bytes>>);

impl Default for Events {
    fn default() -> Self {
        let events: Vec<Bytes> = (0..=crate::REPEATS).map(|n| version_up(&feed::event(n)).into()).collect();
        Self(events.into_iter().cycle())
    }
}

impl Events {
    fn next(&mut self) -> Input {
        Input::Data(self.0.next().unwrap())
    }
}

/// A later version than that of the list.
fn version_up(event: &str) -> String {
    event.replace(r#""resourceVersion":"2"#, r#""resourceVersion":"3"#)
}

/// A server's answer as a socket gives it: the head, and then events, each in its own chunk.
struct Socket {
    events: Vec<u8>,
    bytes: Vec<u8>,
    at: usize,
}

impl Default for Socket {
    fn default() -> Self {
        let event = feed::event(7);
        let events = format!("{:x}\r\n{event}\r\n", event.len()).repeat(16).into_bytes();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        Self { events, bytes: head.as_bytes().to_vec(), at: 0 }
    }
}

impl Socket {
    /// Sixteen events more.
    fn fill(&mut self) {
        self.bytes.clone_from(&self.events);
        self.at = 0;
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.bytes.get(self.at..).unwrap_or_default().read(into)? {
            0 => Err(Error::from(ErrorKind::WouldBlock)),
            read => {
                self.at += read;
                Ok(read)
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
