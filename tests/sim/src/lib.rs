//! Deterministic simulation of Kubernetes clients: a cluster, a network and a clock that come from a seed.
//!
//! A [`Sim`] carries out operations of `kube-proto`, and ordinary async code around them, as a transport does, but against a
//! server in memory and in virtual time. The seed decides everything that happens: the order in which operations run, where bytes are cut, which request
//! fails and how. A day of resets, restarts and compactions takes milliseconds, and a seed that failed once fails again.
//!
//! # Async code
//!
//! Write the code under test against [`AsyncClient`](kube_proto::client::AsyncClient), the client trait of the core. The same
//! `async fn` then runs on `kube-transport-smol`, on `kube-transport-hyper` and here, where its calls, streams and sleeps take
//! virtual time. This is the whole test of a controller with two replicas, over 200 seeds:
//!
//! ```
//! use std::time::Duration;
//!
//! use kube_proto::api::WriteParams;
//! use kube_proto::client::AsyncClient;
//! use kube_proto::resource::{ApiResource, DynamicObject, Scope};
//! use kube_proto::{Api, Error};
//! use kube_test_sim::{Observer, explore};
//! use serde_json::json;
//!
//! fn maps() -> ApiResource {
//!     ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)
//! }
//!
//! /// Makes the config map `copy` hold the data of `source`.
//! async fn reconcile<C: AsyncClient>(client: &C) -> Result<(), Error> {
//!     let api = Api::<DynamicObject>::dynamic(maps()).within("default");
//!     // The copy is read first. Then the source is at least as new as all that stands in this version of the copy.
//!     let copy = match client.call(api.get("copy")).await {
//!         Ok(copy) => Some(copy),
//!         Err(error) if error.is_not_found() => None,
//!         Err(error) => return Err(error),
//!     };
//!     let source = client.call(api.get("source")).await?;
//!     let data = source.data["data"].clone();
//!     let write = match copy {
//!         Some(copy) if copy.data["data"] == data => return Ok(()),
//!         // The copy's resource version goes with it: the server refuses the write if the copy has changed.
//!         Some(copy) => api.replace("copy", &copy.with("data", data.clone()), &WriteParams::default()),
//!         None => {
//!             let copy = DynamicObject::new(&maps(), "copy").with("data", data.clone());
//!             api.create(&copy, &WriteParams::default())
//!         }
//!     };
//!     client.trace(|| format!("the copy becomes {data}"));
//!     client.call(write).await.map(drop)
//! }
//!
//! async fn controller<C: AsyncClient>(client: C) {
//!     loop {
//!         let result = reconcile(&client).await;
//!         client.sleep(Duration::from_secs(if result.is_ok() { 10 } else { 1 })).await;
//!     }
//! }
//!
//! fn number(cluster: &mut Observer<'_>, name: &str) -> u64 {
//!     let object = cluster.get(&format!("/api/v1/namespaces/default/configmaps/{name}"));
//!     object["data"]["n"].as_str().and_then(|n| n.parse().ok()).unwrap_or(0)
//! }
//!
//! explore("two replicas", 200, |sim| {
//!     sim.put("default", "source", "", r#"{"n":"1"}"#);
//!     let mut newest = 0;
//!     sim.always("the copy only goes forward", move |cluster| {
//!         let before = std::mem::replace(&mut newest, number(cluster, "copy"));
//!         if newest >= before { Ok(()) } else { Err(format!("from {before} back to {newest}")) }
//!     });
//!     sim.spawn_async("one", controller);
//!     sim.spawn_async("two", controller);
//!     for n in 2..=10 {
//!         sim.run_for(Duration::from_secs(7));
//!         sim.put("default", "source", "", &format!(r#"{{"n":"{n}"}}"#));
//!     }
//!     sim.calm();
//!     let done = sim.run_until(Duration::from_secs(1800), |sim| number(&mut sim.observer(), "copy") == 10);
//!     assert!(done, "the copy never equals the source");
//! });
//! ```
//!
//! A controller that reads the source before the copy, writes without the resource version, or ends with the first conflict
//! fails on one of the first thousand seeds; this package's tests show that. The report has the requests of each replica,
//! their faults, and the lines of [`AsyncClient::trace`](kube_proto::client::AsyncClient::trace).
//!
//! - [`Sim::spawn_async`] starts a task with a [`Client`] and a session of its own, as one replica has them. A number of tasks
//!   run at once; [`Sim::cancel`] kills one wherever it waits. [`Sim::run_async`] runs one to its end.
//! - The task must wait through its client alone. A timer or a thread of a runtime is not part of the simulation, and a clock of
//!   the system makes a seed unrepeatable.
//! - [`Sim::observer`] reads the cluster for the test. Its reads take no virtual time, meet no faults and stay out of the
//!   trace. [`Sim::always`] checks an invariant after every change.
//!
//! # An informer under faults
//!
//! ```
//! use std::time::Duration;
//!
//! use kube_proto::watch::WatchSettings;
//! use kube_proto::Api;
//! use kube_proto::resource::{ApiResource, DynamicObject, Scope};
//! use kube_test_sim::{Faults, Sim};
//! use serde_json::json;
//!
//! let mut sim = Sim::new(7);
//! let maps = ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
//! let reflector = Api::<DynamicObject>::dynamic(maps).within("default").reflect(WatchSettings::default(), []);
//! let store = reflector.store();
//! sim.spawn("informer", reflector, |_, _| {});
//!
//! // For ten minutes each kind of fault hits two of a hundred requests; after that, none does.
//! sim.faults(Faults::all(20));
//! sim.run_for(Duration::from_secs(600));
//! sim.calm();
//!
//! sim.create("/api/v1/namespaces/default/configmaps", &json!({"metadata": {"name": "a"}}));
//! let seen = sim.run_until(Duration::from_secs(1200), |_| store.get("default", "a").is_some());
//! assert!(seen, "{}", sim.trace());
//! ```
//!
//! # A controller of operations
//!
//! Code that drives operations itself, without async, is tested the same way: [`Sim::spawn`] calls a function with each result.
//! When a seed fails, [`explore()`] prints how to run it again, and what happened, with as few faults as the failure needs:
//!
//! ```
//! use std::time::Duration;
//!
//! use kube_proto::watch::WatchSettings;
//! use kube_proto::Api;
//! use kube_proto::api::{Patch, PatchParams};
//! use kube_proto::resource::{ApiResource, DynamicObject, Object, Scope};
//! use kube_proto::store::StoreEvent;
//! use kube_test_sim::{Heard, Sim, explore};
//! use serde_json::json;
//!
//! fn maps() -> Api<DynamicObject> {
//!     Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
//! }
//!
//! /// Labels every config map.
//! fn controller(sim: &mut Sim) {
//!     let reflector = maps().reflect(WatchSettings::default(), []);
//!     // What failed is done again: each object is looked at once a minute.
//!     let subscriber = reflector.store().subscribe(100).resync(Duration::from_secs(60));
//!     sim.spawn("reflector", reflector, |_, _| {});
//!     sim.spawn("controller", subscriber, |heard, sim| {
//!         let object = match &heard {
//!             Heard::Item(StoreEvent::Changed { change, .. }) => change.object(),
//!             Heard::Item(StoreEvent::Resync(object)) => object,
//!             _ => return,
//!         };
//!         if !object.metadata.labels.contains_key("seen") {
//!             let patch = Patch::merge(&json!({"metadata": {"labels": {"seen": "yes"}}}));
//!             let name = object.meta().name.unwrap_or_default();
//!             sim.spawn("patch", maps().patch(name, &patch, &PatchParams::default()), |_, _| {});
//!         }
//!     });
//! }
//!
//! explore("labels", 50, |sim| {
//!     let all = "/api/v1/namespaces/default/configmaps";
//!     controller(sim);
//!     for name in ["a", "b", "c"] {
//!         sim.create(all, &json!({"metadata": {"name": name}}));
//!         sim.run_for(Duration::from_secs(60));
//!     }
//!     sim.calm();
//!     let done = sim.run_until(Duration::from_secs(3600), |sim| {
//!         let list = sim.get(&format!("{all}?labelSelector=seen%3Dyes"));
//!         list["items"].as_array().is_some_and(|items| items.len() == 3)
//!     });
//!     assert!(done, "not all are labelled");
//! });
//! ```
//!
//! # What a run checks
//!
//! Every run fails when an operation sends more than [so many requests](Sim::most_requests) within a minute, goes on asking
//! while nothing works, or waits for a moment that has passed; and when a task goes round without waiting. Informers have more: a [`Witness`] knows the server's
//! history, and a [`Mirror`] compares with it what a subscriber receives.
//!
//! # Two servers
//!
//! [`Sim::new`] simulates the whole [in-memory server](kube_test_server). [`Sim::plain`] has config maps alone, which can
//! be listed and watched: it is much faster, and a test compares its responses with those of the other.

// Published documentation shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod async_task;
mod batch;
mod border;
mod client;
mod cluster;
mod dice;
mod explore;
mod line;
mod mirror;
mod mishap;
mod network;
mod observer;
mod plain;
mod replay;
mod run;
mod sleep;
mod stream;
mod tally;
mod together;
mod trace;
mod witness;
mod writer;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kube_proto::config::Config;
use kube_proto::driver::{Moment, Now};
use kube_proto::driver::{Session, SessionOptions};
use kube_proto::settings::Settings;
use kube_test_server::{Gone, Options, Server};
use serde_json::Value;

/// The in-memory server that [`Sim::new`] simulates: [`Sim::with_options`] takes its options.
pub use kube_test_server as server;

pub use client::Client;
pub use dice::Dice;
pub use explore::{Failed, any_failure, explore, explore_plain, first_failure};
pub use mirror::Mirror;
pub use mishap::{Cuts, Faults, Mishap, NotOlder};
pub use observer::Observer;
pub use replay::{Departure, Replayed, replay, replay_session};
pub use run::Heard;
pub use stream::Stream;
pub use together::TogetherStream;
pub use trace::Trace;
pub use witness::{Seen, Witness};
pub use writer::{Writer, Written};

use border::Border;
use cluster::Cluster;
use line::Line;
use mishap::Allowed;
use observer::Check;
use plain::Plain;
use run::{Actor, Outage};

/// A simulated cluster with all who talk to it.
pub struct Sim {
    seed: u64,
    now: Now,
    /// The server's clock at the beginning.
    epoch: Duration,
    cluster: Cluster,
    /// The version at the beginning, and up to which history is forgotten.
    first: u64,
    compacted: u64,
    faults: Faults,
    allowed: Allowed,
    /// How many mishaps were drawn.
    drawn: u64,
    outage: Option<Outage>,
    session: Option<Session>,
    dice: Dice,
    actors: Vec<Option<Actor>>,
    scratch: Vec<usize>,
    lines: BTreeMap<u64, Line>,
    lines_begun: u64,
    timers: BTreeMap<(Moment, u64), Timer>,
    timers_begun: u64,
    /// Which of the series of timed mishaps is in force: an older one is over.
    series: u64,
    witnesses: Vec<Rc<RefCell<Witness>>>,
    witnessed: Option<u64>,
    checks: Vec<Check>,
    observing: Option<Session>,
    files: BTreeMap<PathBuf, Bytes>,
    /// What is shared with the async clients.
    border: Rc<Border>,
    clients: u64,
    most_requests: usize,
    trace: Trace,
    violation: Option<String>,
}

type Timer = Box<dyn FnOnce(&mut Sim)>;

/// The example of the README is compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

impl Sim {
    /// A cluster with nothing in it but its own namespaces, and a network that delays and splits but loses nothing. The
    /// server is [the in-memory one](kube_test_server): whatever it can do.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_options(seed, Options { seed, ..Options::default() })
    }

    /// The same, with these settings of the server.
    #[must_use]
    pub fn with_options(seed: u64, options: Options) -> Self {
        Self::of(seed, Cluster::Whole(Box::new(Server::new(options))))
    }

    /// A cluster that has config maps and nothing else, and knows only to list and watch them; they are written by
    /// [`put`](Self::put) and [`delete`](Self::delete). It is some fifty times as fast.
    #[must_use]
    pub fn plain(seed: u64) -> Self {
        Self::of(seed, Cluster::Plain(Box::new(Plain::new())))
    }

    fn of(seed: u64, mut cluster: Cluster) -> Self {
        let mut dice = Dice::new(seed, 0);
        let (gone, bookmarks) = (if dice.chance(500) { Gone::Event } else { Gone::Http }, 5 + dice.below(56));
        let bookmark_every = Duration::from_secs(bookmarks);
        match &mut cluster {
            Cluster::Whole(server) => {
                (server.options_mut().gone, server.options_mut().bookmark_every) = (gone, bookmark_every);
            }
            Cluster::Plain(plain) => (plain.gone, plain.bookmark_every) = (gone, bookmark_every),
        }
        let epoch = Duration::from_secs(1_767_225_600);
        let now = Now { mono: Moment::ZERO, unix: epoch };
        Self {
            seed,
            now,
            epoch,
            first: cluster.version(),
            compacted: 0,
            cluster,
            faults: Faults::none(),
            allowed: Allowed::default(),
            drawn: 0,
            outage: None,
            session: None,
            dice,
            actors: Vec::new(),
            scratch: Vec::new(),
            lines: BTreeMap::new(),
            lines_begun: 0,
            timers: BTreeMap::new(),
            timers_begun: 0,
            series: 0,
            witnesses: Vec::new(),
            witnessed: None,
            checks: Vec::new(),
            observing: None,
            files: BTreeMap::new(),
            border: Rc::new(Border::new(now)),
            clients: 0,
            most_requests: MOST_REQUESTS,
            trace: Trace::default(),
            violation: None,
        }
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The client's clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        self.now
    }

    /// A source of chance of its own: its draws change no other.
    #[must_use]
    pub fn dice(&self, stream: u64) -> Dice {
        Dice::new(self.seed, 10_000_000 + stream)
    }

    /// The session that operations are carried out in unless another is given: default settings, no credential.
    pub fn session(&mut self) -> Session {
        if let Some(session) = &self.session {
            return session.clone();
        }
        let session = new_session(self.seed);
        self.session.insert(session).clone()
    }

    /// From now on these things go wrong.
    pub fn faults(&mut self, faults: Faults) {
        let faults = self.allowed.mend(faults);
        match &mut self.cluster {
            Cluster::Whole(server) => server.options_mut().watch_list = !faults.no_streaming,
            Cluster::Plain(plain) => plain.streaming = !faults.no_streaming,
        }
        self.faults = faults;
        self.series += 1;
        self.next_timed();
    }

    /// From now on nothing goes wrong any more but what always does: an outage is over, and so is what was drawn for
    /// requests under way. A connection that has died silently stays dead.
    pub fn calm(&mut self) {
        let now = self.now.mono;
        self.trace.note(now, || "calm".to_owned());
        let faults = self.faults.clone().calm();
        self.faults(faults);
        self.outage = None;
        for line in self.lines.values_mut() {
            line.mishap = None;
            if let line::Side::Growing(growing) = &mut line.side {
                growing.strikes = None;
            }
        }
    }

    /// What goes wrong.
    #[must_use]
    pub fn current_faults(&self) -> &Faults {
        &self.faults
    }

    /// A file that operations can read.
    pub fn file(&mut self, path: impl Into<PathBuf>, content: impl Into<Bytes>) {
        self.files.insert(path.into(), content.into());
    }

    /// Does this so much later.
    pub fn after(&mut self, span: Duration, what: impl FnOnce(&mut Sim) + 'static) {
        self.timers_begun += 1;
        self.timers.insert((self.now.mono.after(span), self.timers_begun), Box::new(what));
    }

    /// The server, to be asked or told anything; `None` for a [plain](Self::plain) one.
    pub fn server(&mut self) -> Option<&mut Server> {
        match &mut self.cluster {
            Cluster::Whole(server) => Some(server),
            Cluster::Plain(_) => None,
        }
    }

    /// One request of an administrator, without a network: status code and answer.
    pub fn request(&mut self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let now = self.server_time();
        let what = method.clone();
        let answer = self.cluster.ask(method, path, body, now);
        self.trace.note(self.now.mono, || format!("{what} {path}: {}", answer.0));
        answer
    }

    /// What is at this path, without a network between; null if nothing is.
    pub fn get(&mut self, path: &str) -> Value {
        match self.request(Method::GET, path, &Value::Null) {
            (200, found) => found,
            _ => Value::Null,
        }
    }

    /// Creates an object, without a network between; a violation if that fails.
    pub fn create(&mut self, path: &str, object: &Value) -> Value {
        let (code, created) = self.request(Method::POST, path, object);
        if code != 201 {
            self.violate(format!("POST {path}: {created}"));
        }
        created
    }

    /// Creates or changes a config map, without a network between; gives its version. `data` is JSON.
    pub fn put(&mut self, namespace: &str, name: &str, app: &str, data: &str) -> u64 {
        let version = self.cluster.put(namespace, name, app, data, self.server_time());
        self.trace.note(self.now.mono, || format!("put {namespace}/{name} app={app} {data}: {version}"));
        version
    }

    /// Removes a config map, without a network between; gives the version of its deletion, if it was there.
    pub fn delete(&mut self, namespace: &str, name: &str) -> Option<u64> {
        let version = self.cluster.delete(namespace, name, self.server_time());
        self.trace.note(self.now.mono, || format!("delete {namespace}/{name}: {version:?}"));
        version
    }

    /// The version of the latest change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.cluster.version()
    }

    /// Forgets the history up to this version.
    pub fn compact(&mut self, version: u64) {
        self.trace.note(self.now.mono, || format!("compacted to {version}"));
        self.compacted = self.compacted.max(version.min(self.cluster.version()));
        self.cluster.compact(version);
    }

    /// The most requests of one operation within a minute, later pages of a list not counted; 80 by default. The most
    /// that a watch makes is five at once, one a second, and what it backs off from.
    pub fn most_requests(&mut self, within_a_minute: usize) {
        self.most_requests = within_a_minute;
    }

    /// Of all operations that live, the most requests of one within a minute.
    #[must_use]
    pub fn busiest(&self) -> usize {
        self.actors.iter().flatten().map(|actor| actor.tally.busiest).max().unwrap_or(0).max(self.border.busiest())
    }

    /// Something is not as it has to be: nothing goes on after this.
    pub fn violate(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.trace.note(self.now.mono, || format!("VIOLATION: {what}"));
        self.violation.get_or_insert(what);
    }

    /// What was not as it has to be, first.
    #[must_use]
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// Writes down what happens from now on.
    pub fn write_down(&mut self) {
        self.trace.want(true);
    }

    /// A line for what is written down.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        self.trace.note(self.now.mono, line);
    }

    /// What was written down.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The server's time since the Unix epoch.
    fn server_time(&self) -> Duration {
        self.epoch.saturating_add(self.now.mono.since_zero())
    }

    fn timers(&mut self) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > self.now.mono {
                return;
            }
            entry.remove()(self);
        }
    }

    /// Of this kind one was drawn: does it happen?
    fn happens(&mut self, mishap: Mishap) -> bool {
        self.drawn += 1;
        self.allowed.allows(mishap, self.drawn)
    }

    /// The next mishap that has its own time.
    fn next_timed(&mut self) {
        let Some((mishap, after)) = self.faults.draw_timed(&mut self.dice) else { return };
        let series = self.series;
        self.after(after, move |sim| {
            if sim.series != series {
                return;
            }
            let mut dice = Dice::new(sim.seed, 2_000_000_000 + sim.timers_begun);
            if sim.happens(mishap) {
                sim.trace.note(sim.now.mono, || format!("{mishap:?}"));
                sim.befall(mishap, &mut dice);
            }
            sim.next_timed();
        });
    }

    fn befall(&mut self, mishap: Mishap, dice: &mut Dice) {
        match mishap {
            Mishap::Compaction => {
                let version = self.cluster.version().saturating_sub(dice.pick([0, 0, 3, 10]));
                self.compact(version);
            }
            Mishap::Restart => {
                self.break_all(dice.chance(300));
                if dice.chance(600) {
                    self.compact(self.cluster.version());
                }
                let how = dice.pick([Mishap::Refused, Mishap::Refused, Mishap::Busy]);
                self.outage(how, dice);
            }
            Mishap::Outage => {
                let how = [Mishap::Refused, Mishap::Busy, Mishap::Failed, Mishap::Unavailable, Mishap::Timeout];
                if dice.chance(700) {
                    self.break_all(dice.chance(100));
                }
                let how = dice.pick(how);
                self.outage(how, dice);
            }
            Mishap::ClockJump => {
                let span = dice.span(Duration::from_secs(dice.clone().below(100_000)));
                let unix = self.now.unix;
                self.now.unix = if dice.chance(500) { unix.saturating_sub(span) } else { unix.saturating_add(span) };
            }
            _ => {}
        }
    }

    fn outage(&mut self, mishap: Mishap, dice: &mut Dice) {
        let began = self.now.mono;
        for actor in self.actors.iter_mut().flatten() {
            actor.tally.in_outage = 0;
        }
        self.border.outage_begins();
        self.outage = Some(Outage { mishap, began });
        let most = dice.pick([20, 20, 20, 20, 300]);
        let lasts = dice.span(Duration::from_secs(most));
        self.after(lasts, move |sim| {
            if sim.outage.as_ref().is_some_and(|outage| outage.began == began) {
                sim.trace.note(sim.now.mono, || "the outage is over".to_owned());
                sim.outage = None;
            }
        });
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("seed", &self.seed).field("now", &self.now.mono).finish_non_exhaustive()
    }
}

/// Default settings, no credential.
#[allow(clippy::expect_used, reason = "the configuration is a constant")]
fn new_session(seed: u64) -> Session {
    let config = Config::new("http://sim.test").expect("a URL");
    Session::new(&config, SessionOptions::new(Settings::default(), seed)).expect("a session")
}

const MOST_REQUESTS: usize = 80;
