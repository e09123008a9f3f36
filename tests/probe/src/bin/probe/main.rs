//! `probe TRANSPORT MODE URL COUNT`: one client that does one task COUNT times, for benchmarks. It prints one line:
//! `MODE: count=N wall=S cpu=S per_s=N rss_kib=N`, where the last is the peak memory; a store adds
//! ` rss_per_object_bytes=N`, and `idle` adds ` threads=N`.
//!
//! | mode | task |
//! |---|---|
//! | `get`, `get64` | COUNT GETs of one pod, one after the other or 64 at once |
//! | `list` | a list of COUNT pods, decoded as it arrives and kept |
//! | `list-lazy` | the same, with each pod kept as its bytes |
//! | `list-whole` | the same list as one body, then decoded at once with serde_json, to compare with `list` |
//! | `pages`, `pages-lazy` | the same, with each pod dropped at once |
//! | `watch` | COUNT events of one watch, decoded |
//! | `watch2` | the same with two threads: one reads and both decode |
//! | `watch-lazy` | the same, with each object's bytes and identity |
//! | `watch-meta` | the same, with only each object's identity |
//! | `sorted-lazy`, `sorted-meta` | `watch-lazy` and `watch-meta` of custom resources, whose keys are sorted |
//! | `watch-own`, `list-own` | the same, with the five fields of a projection |
//! | `list-meta`, `list-metadata` | the list, with each pod's identity, or all of its metadata |
//! | `store`, `store-lazy`, `store-meta`, `store-metadata` | an informer's cache of COUNT pods, until it is synced |
//! | `idle` | COUNT idle watches at once |
//! | `serde` | without a client: one event decoded with serde_json, COUNT times |
//! | `memchr` | without a client: the end of one event found by the crate memchr, COUNT times |
//! | `get-bare` | without a client: fixed bytes written to one blocking socket, the answer read and decoded, COUNT times |
//!
//! With the suffix `-trim`, modes that list or watch skip `managedFields` while they read; without it stores keep them
//! too. With the suffix `-pb` a mode asks for protobuf, and without it for JSON, whatever the type's default is. The
//! answers of `feeder` are whole objects also where only the metadata is read. TRANSPORT is `std`, `smol` or `hyper`, each
//! on one thread (but `get64` and `idle` of `std`: one thread for each call or watch). The server is
//! `feeder`, or another one with the same paths. The certificate of an `https` URL is not verified.

mod drivers;
mod gauge;

use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::mpsc::{TrySendError, sync_channel};
use std::time::Instant;

use k8s_openapi::api::core::v1::Pod;
use kube_proto::api::ApiRequest;
use kube_proto::api::Trim;
use kube_proto::api::{ListParams, WatchParams};
use kube_proto::config::Config;
use kube_proto::resource::{ApiResource, DynamicObject, Identified, Lazy, Meta, Object, ObjectMeta, Scope};
use kube_proto::response::List;
use kube_proto::settings::ContentType;
use kube_proto::store::StoreEvent;
use kube_proto::watch::{WatchEvent, WatchOnce, WatchSettings};
use kube_proto::{Api, Error};
use serde::Deserialize;

use drivers::{Driver, Tokio};

type Failure = Box<dyn std::error::Error>;

/// The number of items, and further fields of the printed line.
struct Done {
    count: usize,
    more: String,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [transport, mode, url, count] = arguments.as_slice() else {
        eprintln!("usage: probe std|smol|hyper MODE URL COUNT");
        return ExitCode::from(2);
    };
    match run(transport, mode, url, count) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(transport: &str, mode: &str, url: &str, count: &str) -> Result<String, Failure> {
    let count = count.parse::<usize>()?;
    let mut config = Config::new(url)?;
    if url.starts_with("https:") {
        config = config.with_insecure_skip_verify();
    }
    let began = Instant::now();
    let done = match transport {
        "std" => measure(&kube_transport_std::Client::new(config)?, mode, url, count)?,
        "smol" => measure(&kube_transport_smol::Client::new(config)?, mode, url, count)?,
        "hyper" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let client = runtime.block_on(async { kube_transport_hyper::Client::new(config) })?;
            measure(&Tokio(runtime, client), mode, url, count)?
        }
        other => return Err(format!("unknown transport {other:?}").into()),
    };
    let wall = began.elapsed().as_secs_f64();
    let Done { count, more } = done;
    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    let rate = count as f64 / wall;
    let (cpu, peak) = (gauge::cpu()?, gauge::peak()?);
    Ok(format!("{mode}: count={count} wall={wall:.3} cpu={cpu:.4} per_s={rate:.0} rss_kib={peak}{more}"))
}

fn measure(driver: &impl Driver, mode: &str, url: &str, count: usize) -> Result<Done, Failure> {
    let mut reads = Reads { trim: None, content_type: ContentType::Json };
    let mut what = mode;
    loop {
        if let Some(rest) = what.strip_suffix("-trim") {
            (what, reads.trim) = (rest, Some(Trim::managed_fields()));
        } else if let Some(rest) = what.strip_suffix("-pb") {
            (what, reads.content_type) = (rest, ContentType::Protobuf);
        } else {
            break;
        }
    }
    let plain = mode == what;
    let gets = || (0..count).map(|_| reads.api(Api::<Pod>::namespaced("default")).get("x"));
    let done = match what {
        "get" if reads.trim.is_none() => driver.calls(gets(), 1)?,
        "get64" if reads.trim.is_none() => driver.calls(gets(), 64)?,
        "list-whole" if plain => list_whole(driver)?,
        "list" => list::<Pod>(driver, &reads)?,
        "list-lazy" => list::<Lazy<Pod>>(driver, &reads)?,
        "list-own" => list::<Own>(driver, &reads)?,
        "list-meta" => list::<Identified<Pod>>(driver, &reads)?,
        "list-metadata" => list::<Metadata>(driver, &reads)?,
        "pages" => pages::<Pod>(driver, &reads)?,
        "pages-lazy" => pages::<Lazy<Pod>>(driver, &reads)?,
        "watch" => watch::<Pod>(driver, &reads)?,
        "watch2" => watch_in_two(driver, &reads)?,
        "watch-own" => watch::<Own>(driver, &reads)?,
        "watch-lazy" => watch::<Lazy<Pod>>(driver, &reads)?,
        "watch-meta" => watch::<Identified<Pod>>(driver, &reads)?,
        "store" => return store::<Pod>(driver, &reads),
        "store-lazy" => return store::<Lazy<Pod>>(driver, &reads),
        "store-meta" => return store::<Identified<Pod>>(driver, &reads),
        "store-metadata" => return store::<Metadata>(driver, &reads),
        "idle" if plain => return idle(driver, count),
        "sorted-lazy" if plain => sorted::<Lazy<DynamicObject>>(driver)?,
        "sorted-meta" if plain => sorted::<Identified<DynamicObject>>(driver)?,
        "serde" if plain => serde(count)?,
        "memchr" if plain => ends(count),
        "get-bare" if plain => get_bare(url, count)?,
        _ => return Err(format!("unknown mode {mode:?}").into()),
    };
    Ok(Done { count: done, more: String::new() })
}

/// How objects are read.
struct Reads {
    trim: Option<Trim>,
    content_type: ContentType,
}

impl Reads {
    fn api<K: Object>(&self, api: Api<K>) -> Api<K> {
        api.content_type(self.content_type)
    }

    /// The pods of all namespaces, read as this type.
    fn pods<K: Object>(&self) -> Api<K> {
        self.api(Api::new(Api::<Pod>::all().target().clone()))
    }
}

/// All of a pod's metadata, and nothing else.
#[derive(Deserialize)]
struct Metadata {
    metadata: ObjectMeta,
}

impl Object for Metadata {
    fn meta(&self) -> Meta<'_> {
        self.metadata.meta()
    }
}

/// A projection: `metadata.name`, `metadata.namespace`, `metadata.resourceVersion`, `spec.nodeName`, `status.phase`.
#[derive(Deserialize)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct Own {
    metadata: OwnMeta,
    #[serde(default)]
    spec: OwnSpec,
    #[serde(default)]
    status: OwnStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnMeta {
    name: String,
    namespace: String,
    resource_version: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct OwnSpec {
    node_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct OwnStatus {
    phase: String,
}

impl Object for Own {
    fn meta(&self) -> Meta<'_> {
        let OwnMeta { name, namespace, resource_version } = &self.metadata;
        let version = Some(resource_version.as_str());
        Meta { name: Some(name), namespace: Some(namespace), uid: None, resource_version: version }
    }
}

fn list<K: Object>(driver: &impl Driver, reads: &Reads) -> Result<usize, Error> {
    let mut list = reads.pods::<K>().list(&ListParams::default());
    if let Some(trim) = &reads.trim {
        list = list.trim(trim.clone());
    }
    let mut kept = None;
    driver.items(list, |list| {
        kept = Some(list);
        ControlFlow::Continue(())
    })?;
    Ok(held(kept))
}

/// The number of items of a list. Leaks the list, so that freeing it is not measured.
fn held<K>(list: Option<List<K>>) -> usize {
    list.map_or(0, |list| ManuallyDrop::new(list).items.len())
}

fn list_whole(driver: &impl Driver) -> Result<usize, Error> {
    let mut kept = None;
    let request = ApiRequest::raw(http::Method::GET, "/api/v1/pods", "");
    driver.items(request.json::<List<Pod>>(), |list| {
        kept = Some(list);
        ControlFlow::Continue(())
    })?;
    Ok(held(kept))
}

fn pages<K: Object>(driver: &impl Driver, reads: &Reads) -> Result<usize, Error> {
    let mut pages = reads.pods::<K>().pages(&ListParams::default());
    if let Some(trim) = &reads.trim {
        pages = pages.trim(trim.clone());
    }
    let mut count = 0;
    driver.items(pages, |_| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

fn events<K: Object>(reads: &Reads) -> WatchOnce<K> {
    let events = reads.pods::<K>().watch_once(&WatchParams::default().resource_version("1000"));
    match &reads.trim {
        Some(trim) => events.trim(trim.clone()),
        None => events,
    }
}

fn watch<K: Object>(driver: &impl Driver, reads: &Reads) -> Result<usize, Error> {
    let mut count = 0;
    driver.items(events::<K>(reads), |event| {
        count += usize::from(matches!(event, WatchEvent::Modified(_)));
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

/// The reading thread passes events to the other thread while that has capacity, and decodes the rest.
fn watch_in_two(driver: &impl Driver, reads: &Reads) -> Result<usize, Failure> {
    let decode = |pods: Vec<Lazy<Pod>>| pods.iter().try_fold(0, |count, pod| pod.parse().map(|_| count + 1));
    let (sender, receiver) = sync_channel::<Vec<Lazy<Pod>>>(2);
    std::thread::scope(|scope| {
        let other =
            scope.spawn(move || receiver.into_iter().try_fold(0, |count, pods| decode(pods).map(|n| count + n)));
        let (mut count, mut batch, mut failed) = (0, Vec::new(), None);
        driver.items(events::<Lazy<Pod>>(reads), |event| {
            if let WatchEvent::Modified(pod) = event {
                batch.push(pod);
            }
            if batch.len() < 16 {
                return ControlFlow::Continue(());
            }
            let decoded = match sender.try_send(std::mem::take(&mut batch)) {
                Ok(()) => Ok(0),
                Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => decode(batch),
            };
            match decoded {
                Ok(decoded) => {
                    count += decoded;
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        drop(sender);
        if let Some(failed) = failed {
            return Err(failed.into());
        }
        let other = other.join().map_err(|_| "the other thread panicked")??;
        Ok(count + decode(batch)? + other)
    })
}

fn store<K: Object>(driver: &impl Driver, reads: &Reads) -> Result<Done, Failure> {
    let mut settings = WatchSettings::default();
    settings.trim = Some(reads.trim.clone().unwrap_or_default());
    let reflector = reads.pods::<K>().reflect(settings, []);
    let store = reflector.store();
    let before = gauge::resident()?;
    let mut more = None;
    driver.items(reflector, |notice| match notice {
        StoreEvent::Synced { .. } => {
            more = Some((store.snapshot().len(), gauge::resident()));
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })?;
    let (count, after) = more.ok_or("the store was never synced")?;
    let bytes = after?.saturating_sub(before) * 1024 / (count.max(1) as u64);
    Ok(Done { count, more: format!(" rss_per_object_bytes={bytes}") })
}

/// Custom resources of the feeder.
fn sorted<K: Object>(driver: &impl Driver) -> Result<usize, Error> {
    let widgets = ApiResource::new("bench.example.com/v1", "Widget", "widgets", Scope::Namespaced);
    let widgets = Api::<DynamicObject>::dynamic(widgets).target().clone();
    let mut count = 0;
    driver.items(Api::<K>::new(widgets).watch_once(&WatchParams::default()), |event| {
        count += usize::from(matches!(event, WatchEvent::Modified(_)));
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

/// The baseline for modes that decode.
fn serde(count: usize) -> Result<usize, Failure> {
    #[derive(serde::Deserialize)]
    struct Event {
        r#type: String,
        object: Pod,
    }
    let line = kube_probe::feed::event(0);
    for _ in 0..count {
        let Event { r#type, object } = std::hint::black_box(serde_json::from_slice(line.as_bytes())?);
        drop((r#type, object));
    }
    Ok(count)
}

/// The baseline for modes that do not decode.
fn ends(count: usize) -> usize {
    let line = kube_probe::feed::event(0);
    (0..count).filter(|_| memchr::memchr(b'\n', std::hint::black_box(line.as_bytes())).is_some()).count()
}

/// The baseline for GETs: the least work that a client can do, without any checks.
fn get_bare(url: &str, count: usize) -> Result<usize, Failure> {
    let address = url.strip_prefix("http://").ok_or("without a client there is only http")?;
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let request = format!("GET /api/v1/namespaces/default/pods/x HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let (mut piece, mut answer) = (vec![0; 64 << 10], Vec::new());
    for _ in 0..count {
        socket.write_all(request.as_bytes())?;
        answer.clear();
        let body = loop {
            let read = socket.read(&mut piece)?;
            answer.extend_from_slice(piece.get(..read).filter(|piece| !piece.is_empty()).ok_or("the server closed")?);
            let text = std::str::from_utf8(&answer)?;
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).ok_or("no length")?;
            if body.len() == length.parse::<usize>()? {
                break body;
            }
        };
        drop(std::hint::black_box(serde_json::from_str::<Pod>(body)?));
    }
    Ok(count)
}

fn idle(driver: &impl Driver, count: usize) -> Result<Done, Failure> {
    let watch = || Api::<Pod>::namespaced("idle").watch_once(&WatchParams::default().allow_bookmarks());
    let mut threads = None;
    driver.idle((0..count).map(|_| watch()).collect(), || threads = Some(gauge::threads()))?;
    let threads = threads.ok_or("not all watches were open at once")??;
    Ok(Done { count, more: format!(" threads={threads}") })
}
