//! The cost of the busiest paths, counted and not timed: the allocations for an event, an item of a list and a small
//! answer, from the bytes of a socket to the object.
//!
//! The numbers do not depend on the machine. A failure means that the client copies or allocates more than before.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::{Error, ErrorKind, Read, Write};
use std::task::Waker;
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use k8s_openapi::api::core::v1::Pod;
use kube_probe::feed;
use kube_proto::Api;
use kube_proto::api::Trim;
use kube_proto::api::{ListParams, WatchParams};
use kube_proto::config::Config;
use kube_proto::driver::wire::{Connection, HttpLimits, Pump};
use kube_proto::driver::{Effect, Moment, Now, Operation, Step, Task};
use kube_proto::driver::{Session, SessionOptions};
use kube_proto::resource::{Identified, Lazy, Object};
use kube_proto::settings::Settings;
use kube_proto::store::StoreEvent;
use kube_proto::watch::{WatchEvent, WatchSettings};

mod calls;
mod floods;
mod memory;

/// A server's answer, in the pieces of a socket.
struct Socket {
    answer: Vec<u8>,
    /// Bytes that follow over and over.
    endless: Vec<u8>,
    read: usize,
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let beyond = self.read.saturating_sub(self.answer.len());
        let rest = match self.answer.get(self.read..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => self.endless.get(beyond.checked_rem(self.endless.len()).unwrap_or(0)..).unwrap_or_default(),
        };
        match { rest }.read(into)? {
            0 => Err(Error::from(ErrorKind::WouldBlock)),
            read => {
                self.read += read;
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

/// An operation over a socket, driven as the transports do.
struct Driven<O> {
    task: Task<O>,
    connection: Connection,
    socket: Socket,
}

impl<O: Operation> Driven<O> {
    fn new(operation: O, answer: Vec<u8>) -> Self {
        Self::with(operation, Settings::default(), Socket { answer, endless: Vec::new(), read: 0 })
    }

    fn with(operation: O, settings: Settings, socket: Socket) -> Self {
        let config = Config::new("http://k.test").unwrap();
        let session = Session::new(&config, SessionOptions::new(settings, 7)).unwrap();
        let connection = Connection::plain(HttpLimits::default());
        Self { task: Task::new(operation, session), connection, socket }
    }

    /// The next item; `None` if the socket has no more bytes.
    fn next(&mut self) -> Option<O::Item> {
        self.step().unwrap()
    }

    fn step(&mut self) -> Result<Option<O::Item>, kube_proto::Error> {
        let now = Now { mono: Moment::after_zero(Duration::from_secs(1)), unix: Duration::from_secs(1_800_000_000) };
        loop {
            let (connection, socket) = (&mut self.connection, &mut self.socket);
            let ready = || match connection.pump(socket) {
                Pump::Input(input) => Some(input),
                Pump::Blocked { .. } => None,
            };
            match self.task.turn(now, Waker::noop(), ready) {
                Step::Yield(item) => return Ok(Some(item)),
                Step::Do(Effect::Exchange(exchange)) => self.connection.start(&exchange),
                // The connection is closed; the end follows.
                Step::Do(Effect::Abort) => {}
                Step::Do(other) => panic!("{other:?}"),
                Step::Wait(_) => return Ok(None),
                Step::Done(result) => return result.map(|()| None),
            }
        }
    }

    /// The cost of this many items, after the first ones.
    fn cost(&mut self, items: u64, of: impl Fn(O::Item)) -> AllocationInfo {
        for _ in 0..WARM {
            of(self.next().unwrap());
        }
        let mut left = items;
        measure(|| {
            while left > 0 {
                of(self.next().unwrap());
                left -= 1;
            }
        })
    }
}

fn chunked(chunks: impl Iterator<Item = String>) -> Vec<u8> {
    let mut answer =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    chunks.for_each(|chunk| answer += &format!("{:x}\r\n{chunk}\r\n", chunk.len()));
    answer.into_bytes()
}

fn pods<K: Object>() -> Api<K> {
    Api::new(Api::<Pod>::all().target().clone())
}

fn events() -> Vec<u8> {
    chunked((0..WARM + COUNT as usize).map(feed::event))
}

fn list() -> Vec<u8> {
    let items: Vec<String> = (0..WARM + COUNT as usize).map(feed::item).collect();
    let list = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"9"}},"items":[{}]}}"#,
        items.join(",")
    );
    let mut answer = chunked(list.as_bytes().chunks(30_000).map(|chunk| String::from_utf8(chunk.to_vec()).unwrap()));
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}

/// Allocations for one item, rounded up to a tenth.
#[track_caller]
fn at_most(tenths: u64, cost: &AllocationInfo) {
    let found = (cost.count_total * 10).div_ceil(COUNT);
    assert!(found <= tenths, "{found} tenths of an allocation per item, the bound is {tenths}");
}

fn watch<K: Object>(trim: Option<Trim>) -> AllocationInfo {
    let watch = pods::<K>().watch_once(&WatchParams::default());
    let watch = trim.into_iter().fold(watch, kube_proto::watch::WatchOnce::trim);
    Driven::new(watch, events()).cost(COUNT, |event| assert!(matches!(event, WatchEvent::Modified(_))))
}

#[test]
fn a_lazy_event_is_one_copy() {
    at_most(13, &watch::<Lazy<Pod>>(None));
}

#[test]
fn a_lazy_event_without_managed_fields_is_one_copy() {
    at_most(23, &watch::<Lazy<Pod>>(Some(Trim::managed_fields())));
}

#[test]
fn an_identity_is_one_small_copy() {
    let cost = watch::<Identified<Pod>>(None);
    at_most(13, &cost);
    // An event that lies in two reads is joined; of the others only the identity is copied.
    assert!(cost.bytes_total / COUNT < 2000, "{} bytes", cost.bytes_total / COUNT);
}

#[test]
fn a_lazy_item_of_a_list_is_one_copy() {
    let pages = pods::<Lazy<Pod>>().pages(&ListParams::default());
    at_most(20, &Driven::new(pages, list()).cost(COUNT, drop));
}

#[test]
fn a_typed_event_costs_what_its_decoder_does() {
    let document = feed::pod(1);
    let decoder = measure(|| drop(kube_proto::json::from_str::<Pod>(&document).unwrap()));
    let cost = watch::<Pod>(None);
    at_most(5, &AllocationInfo { count_total: cost.count_total - decoder.count_total * COUNT, ..cost });
}

/// The memory for each object beside its document, in bytes: the object itself, and its entry in the store.
#[test]
fn a_lazy_store_holds_little_more_than_the_documents() {
    for trim in [None, Some(Trim::managed_fields())] {
        let document = feed::pod(0).into_bytes();
        let document = trim.as_ref().map_or(document.len(), |trim| trim.cut(&document).len());
        let mut settings = WatchSettings::default().streaming(false);
        // Without a choice of the caller a reflector leaves managedFields out.
        settings.trim = Some(trim.unwrap_or_default());
        let answer = list();
        let mut kept = None;
        let held = measure(|| {
            let reflector = pods::<Lazy<Pod>>().reflect(settings.clone(), []);
            kept = Some(reflector.store());
            let mut driven = Driven::new(reflector, answer.clone());
            while !matches!(driven.next().unwrap(), StoreEvent::Synced { .. }) {}
        });
        assert_eq!(kept.unwrap().snapshot().len(), WARM + COUNT as usize);
        let held = usize::try_from(held.bytes_current).unwrap() / (WARM + COUNT as usize);
        assert!((document..document + 160).contains(&held), "{held} bytes for {document}");
    }
}

/// After this many items the buffers have their size.
const WARM: usize = 50;
const COUNT: u64 = 300;
