//! Audit ids on a real cluster, on every transport, through a proxy that cuts connections.
//!
//! Each attempt of a client with an observer has an `Audit-Id` of its own, and the server writes it to its audit log:
//!
//! - every id in the log is one that the client counted, and it is there once;
//! - every attempt that the log lacks has failed with its connection, and had no response;
//! - every attempt has a span with its id.
//!
//! Recordings of operations under the same proxy are replayed: [`kube_proto::flight`].
//!
//! `AUDIT_CALLS` is the number of calls for each transport, 2,000 by default. The test needs the cluster of
//! `tests/cluster/up`, and is left out without one, unless `KUBE_TEST_REQUIRE_CLUSTER` is set.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

#[path = "../../../transport-hyper/tests/blocking/mod.rs"]
mod of_hyper;
#[path = "../../../transport-smol/tests/blocking/mod.rs"]
mod of_smol;
#[path = "../../../transport-std/tests/blocking/mod.rs"]
mod of_std;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_observe::OtelTraces;
use kube_proto::Api;
use kube_proto::api::{DeleteParams, ListParams, WriteParams};
use kube_proto::config::{Config, Loader, Overrides};
use kube_proto::driver::options::ClientOptions;
use kube_proto::driver::{Cx, Input, OneResult, Operation, Random, Step};
use kube_proto::flight::{LIMIT, record};
use kube_proto::observe::{AttemptOutcome, CallEvent, Event, Observation, Observer, Observers};
use kube_proto::settings::{ContentType, Settings};
use kube_proto::watch::WatchSettings;
use kube_test_sim::replay;
use kube_tests::blocking::Client;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use serde_json::Value;

/// The attempts of a client, by their ids.
#[derive(Default)]
struct Attempts(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The ids of the attempts under way, by call.
    open: BTreeMap<u64, String>,
    ended: BTreeMap<String, End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// A head arrived.
    Answered,
    /// The connection failed before a head.
    Fault,
    Other,
}

impl Observer for Attempts {
    fn observe(&self, seen: &Observation<'_>) {
        let Event::Call(call, event) = seen.event else { return };
        let mut kept = self.0.lock().unwrap();
        match event {
            CallEvent::AttemptStarted { request_id, .. } => {
                assert!(kept.open.insert(call.number, request_id.to_owned()).is_none());
            }
            CallEvent::AttemptEnded { outcome, status, .. } => {
                let id = kept.open.remove(&call.number).unwrap();
                let end = match (status, outcome) {
                    (Some(_), _) => End::Answered,
                    (None, AttemptOutcome::Failed(_)) => End::Fault,
                    (None, _) => End::Other,
                };
                assert!(kept.ended.insert(id, end).is_none());
            }
            _ => {}
        }
    }
}

/// Carries bytes to a server, and cuts each connection after some bytes of the server's: in handshakes, in heads, in
/// bodies, between exchanges.
struct Cutter {
    address: SocketAddr,
    cuts: Arc<AtomicUsize>,
}

impl Cutter {
    fn start(to: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, cuts) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let (counted, mut random) = (Arc::clone(&cuts), Random::new(seed));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(to) else { continue };
                // A handshake has some 3 KB, an answer about 1 KB.
                let left = 1000 + usize::try_from(random.draw() % 60_000).unwrap();
                let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || carry(&from, &into, usize::MAX));
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || {
                    counted.fetch_add(usize::from(carry(&server, &client, left)), Ordering::Relaxed)
                });
            }
        });
        Self { address, cuts }
    }
}

/// Carries at most this many bytes; true if there were more. Both connections end then.
fn carry(mut from: &TcpStream, mut into: &TcpStream, most: usize) -> bool {
    let (mut left, mut buffer) = (most, [0; 4096]);
    let cut = loop {
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => break false,
            Ok(count) => {
                let part = count.min(left);
                if into.write_all(&buffer[..part]).is_err() {
                    break false;
                }
                left -= part;
                if left == 0 {
                    break true;
                }
            }
        }
    };
    let _ = (from.shutdown(Shutdown::Both), into.shutdown(Shutdown::Both));
    cut
}

/// The facts of the cluster, if one runs.
fn facts() -> Option<BTreeMap<String, String>> {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cluster/state");
    let state = std::env::var_os("KUBE_TEST_STATE").map_or_else(usual, PathBuf::from);
    let text = std::fs::read_to_string(state.join("env")).ok()?;
    let fact =
        |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()));
    Some(text.lines().filter_map(fact).collect())
}

/// The ids of this client in the log, and how often each is there.
fn logged(log: &Path, agent: &str) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for entry in std::fs::read_dir(log.parent().unwrap()).unwrap().flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with("audit") {
            continue;
        }
        for line in std::fs::read_to_string(entry.path()).unwrap().lines() {
            let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
            if event["userAgent"] == agent && event["stage"] == "ResponseComplete" {
                *ids.entry(event["auditID"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
    }
    ids
}

/// Calls in batches: reads, refused reads, creates, deletes, lists.
fn calls<C: Client>(client: &C, transport: &str, count: usize) -> usize {
    let maps = Api::<ConfigMap>::namespaced("default");
    let (mut made, mut failed) = (0, 0);
    while made < count {
        let names: Vec<String> = (0..50).map(|n| format!("audit-{transport}-{n}")).collect();
        let creates = names.iter().map(|name| {
            let mut map = ConfigMap::default();
            map.metadata.name = Some(name.clone());
            maps.create(&map, &WriteParams::default())
        });
        failed += client.batch(creates.collect(), 8).iter().filter(|result| result.is_err()).count();
        for _ in 0..2 {
            failed += client
                .batch(names.iter().map(|name| maps.get(name)).collect(), 8)
                .iter()
                .filter(|result| result.is_err())
                .count();
        }
        let lists = (0..10).map(|_| maps.list(&ListParams::default()));
        failed += client.batch(lists.collect(), 8).iter().filter(|result| result.is_err()).count();
        let deletes = names.iter().map(|name| maps.delete(name, &DeleteParams::default()));
        failed += client.batch(deletes.collect(), 8).iter().filter(|result| result.is_err()).count();
        made += 210;
    }
    failed
}

fn run<C: Client>(transport: &str) {
    let Some(facts) = facts().filter(|facts| facts.contains_key("AUDIT_LOG")) else {
        assert!(std::env::var_os("KUBE_TEST_REQUIRE_CLUSTER").is_none(), "there is no cluster");
        eprintln!("left out: there is no cluster; tests/cluster/up starts one");
        return;
    };
    let count = std::env::var("AUDIT_CALLS").map_or(2_000, |count| count.parse().unwrap());
    let (agent, log) = (format!("audit-{transport}-{}/1", std::process::id()), PathBuf::from(&facts["AUDIT_LOG"]));
    let (config, cutter) = through_cutter(&facts, 7);
    let mut settings = Settings::default();
    settings.user_agent.clone_from(&agent);
    let (attempts, exporter) = (Arc::<Attempts>::default(), InMemorySpanExporter::default());
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let observers = Observers::to(Arc::clone(&attempts)).and(OtelTraces::with(provider.tracer("audit")));
    let client = C::make(ClientOptions::new(config).settings(settings).observers(observers)).unwrap();
    let failed = calls(&client, transport, count);
    drop(client);
    // The server ends what was cut, and writes it down.
    std::thread::sleep(Duration::from_secs(3));
    let kept = attempts.0.lock().unwrap();
    assert!(kept.open.is_empty());
    let logged = logged(&log, &agent);
    let unknown: Vec<_> = logged.keys().filter(|id| !kept.ended.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "the log has ids that were not counted: {unknown:?}");
    let twice: Vec<_> = logged.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "twice in the log: {twice:?}");
    let mut lacking = BTreeMap::<End, usize>::new();
    for (_, end) in kept.ended.iter().filter(|(id, _)| !logged.contains_key(*id)) {
        *lacking.entry(*end).or_default() += 1;
    }
    let stats: BTreeMap<End, usize> = kept.ended.values().fold(BTreeMap::new(), |mut ends, end| {
        *ends.entry(*end).or_default() += 1;
        ends
    });
    let cuts = cutter.cuts.load(Ordering::Relaxed);
    eprintln!(
        "{transport}: {count} calls, {failed} failed, {cuts} connections cut, {} attempts {stats:?}, {} in the log, lacking {lacking:?}",
        kept.ended.len(),
        logged.len(),
    );
    assert!(lacking.keys().all(|end| *end == End::Fault), "the log lacks {lacking:?}");
    let spans = exporter.get_finished_spans().unwrap();
    let of_spans: BTreeSet<String> = spans
        .iter()
        .flat_map(|span| &span.attributes)
        .filter(|attribute| attribute.key.as_str() == "k8s.audit_id")
        .map(|attribute| attribute.value.to_string())
        .collect();
    assert!(of_spans.iter().eq(kept.ended.keys()), "each attempt has a span");
    assert!(cuts > count / 1000, "too few connections were cut: {cuts}");
}

/// Three faults on the real cluster: a read whose connection is cut and that is repeated, a conflict, and a watch that recovers
/// from cut connections. Each recording is replayed to the same steps.
#[test]
fn recordings_are_replayed() {
    let Some(facts) = facts().filter(|facts| facts.contains_key("KUBECONFIG")) else {
        assert!(std::env::var_os("KUBE_TEST_REQUIRE_CLUSTER").is_none(), "there is no cluster");
        eprintln!("left out: there is no cluster; tests/cluster/up starts one");
        return;
    };
    let (config, _cutter) = through_cutter(&facts, 11);
    let mut settings = Settings::default();
    settings.compression = false;
    settings.content_type = ContentType::Json;
    // Several recordings of one session, one after the other.
    let client = kube_transport_std::Client::builder(config.clone()).settings(settings.clone()).build().unwrap();
    let maps = Api::<ConfigMap>::namespaced("default");
    let mut map = ConfigMap::default();
    map.metadata.name = Some("flight".into());
    map.data = Some([("key".to_owned(), "c4n4ry".to_owned())].into());
    let _ = client.call(maps.create(&map, &WriteParams::default()));
    let replayed = |file: &str, operation: AnyOperation| {
        assert!(!file.contains("c4n4ry"), "{file}");
        replay(file, operation, &config, settings.clone()).unwrap_or_else(|error| panic!("{error}\n{file}"))
    };
    let get = |name: &str| AnyOperation(Box::new(Silent(maps.get(name))));
    let cut = (0..20_000).find_map(|_| {
        let (operation, recording) = record(get("flight"), LIMIT);
        let _ = client.call(operation);
        Some(recording.file()).filter(|file| file.matches("< do call").count() > 1)
    });
    let cut = cut.expect("a read that is repeated");
    eprintln!("a repeated read: {} turns", replayed(&cut, get("flight")));
    let create = || AnyOperation(Box::new(Silent(maps.create(&map, &WriteParams::default()))));
    let conflict = (0..100).find_map(|_| {
        let (operation, recording) = record(create(), LIMIT);
        let _ = client.call(operation);
        Some(recording.file()).filter(|file| file.ends_with("< failed 409\n"))
    });
    eprintln!("a conflict: {} turns", replayed(&conflict.expect("it exists"), create()));
    let watch = || AnyOperation(Box::new(Silent(maps.watch(WatchSettings::default()))));
    let (operation, recording) = record(watch(), LIMIT);
    let mut stream = client.stream(operation);
    let writer = kube_transport_std::Client::builder(load(&facts, Overrides::default())).build().unwrap();
    // Each write is an event of some hundred bytes, and a connection carries 60 KB at most.
    for count in 0..400 {
        map.data =
            Some([("key".to_owned(), format!("c4n4ry{count}")), ("more".to_owned(), "c4n4ry".repeat(100))].into());
        writer.call(maps.replace("flight", &map, &WriteParams::default())).unwrap();
        let _ = stream.next();
    }
    drop(stream);
    let file = recording.file();
    assert!(file.matches("< do stream").count() > 1, "{file}");
    eprintln!("a watch with cut connections: {} turns", replayed(&file, watch()));
    writer.call(maps.delete("flight", &DeleteParams::default())).unwrap();
}

/// Any operation, without its items.
struct AnyOperation(Box<dyn Operation<Item = ()> + Send>);

impl Operation for AnyOperation {
    type Item = ();

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<()> {
        self.0.resume(input, cx)
    }
}

impl OneResult for AnyOperation {}

struct Silent<O>(O);

impl<O: Operation> Operation for Silent<O> {
    type Item = ();

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<()> {
        self.0.resume(input, cx).map(drop)
    }
}

fn load(facts: &BTreeMap<String, String>, overrides: Overrides) -> Config {
    let mut locate = kube_transport_std::locate();
    locate.kubeconfig = Some(facts["KUBECONFIG"].clone().into());
    kube_transport_std::load(Loader::new(locate, overrides)).unwrap().config
}

/// The configuration of a client that goes through a cutter.
fn through_cutter(facts: &BTreeMap<String, String>, seed: u64) -> (Config, Cutter) {
    let server = load(facts, Overrides::default()).server;
    let cutter = Cutter::start(format!("{}:{}", server.host, server.port).parse().unwrap(), seed);
    let overrides = Overrides {
        server: Some(format!("https://{}", cutter.address).as_str().into()),
        tls_server_name: Some(server.host),
        ..Overrides::default()
    };
    (load(facts, overrides), cutter)
}

#[test]
fn std() {
    run::<of_std::Std>("std");
}

#[test]
fn smol() {
    run::<of_smol::Smol>("smol");
}

#[test]
fn hyper1() {
    run::<of_hyper::Hyper1>("hyper1");
}

#[test]
fn hyper2() {
    run::<of_hyper::Hyper2>("hyper2");
}
