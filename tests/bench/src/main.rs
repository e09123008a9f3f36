//! `kube-bench MODE URL COUNT`: the tasks of `probe` with the crate `kube` on one thread of tokio. It prints the same
//! line.
//!
//! | mode | task |
//! |---|---|
//! | `get`, `get64` | COUNT GETs of one pod, one after the other or 64 at once |
//! | `list` | `Api::list` of COUNT pods |
//! | `list-meta` | `Api::list_metadata` of the same |
//! | `watch` | COUNT events of `Api::watch` |
//! | `watch-meta` | the same of `Api::watch_metadata` |
//! | `sorted-meta` | the same of custom resources, whose keys are sorted |
//! | `store`, `store-meta` | a reflector's store of COUNT pods, until its first list is complete |
//! | `idle` | COUNT idle watches at once |
//! | `serde` | without a client: `serde_json::from_slice` of one event, COUNT times |

#[path = "../../probe/src/bin/probe/gauge.rs"]
mod gauge;

use std::hint::black_box;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Instant;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind, PartialObjectMeta};
use kube::runtime::reflector::{self, Lookup};
use kube::runtime::watcher::{self, Event};
use kube::{Client, Config};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, url, count] = arguments.as_slice() else {
        eprintln!("usage: kube-bench MODE URL COUNT");
        return ExitCode::from(2);
    };
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(mode, url, count)));
    match done {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("kube-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mode: &str, url: &str, count: &str) -> Result<String, Failure> {
    let count = count.parse::<usize>()?;
    let mut config = Config::new(url.parse()?);
    config.accept_invalid_certs = url.starts_with("https:");
    let event = event();
    let began = Instant::now();
    let client = Client::try_from(config)?;
    let pods = Api::<Pod>::all(client.clone());
    let mut more = String::new();
    let done = match mode {
        "get" => {
            let pods = Api::<Pod>::namespaced(client, "default");
            for _ in 0..count {
                black_box(pods.get("x").await?);
            }
            count
        }
        "get64" => {
            let pods = Api::<Pod>::namespaced(client, "default");
            let gets = stream::iter(0..count).map(|_| pods.get("x")).buffer_unordered(64);
            gets.try_fold(0, |done, pod| async move { Ok(done + usize::from(pod.metadata.name.is_some())) }).await?
        }
        "list" => {
            // Leaks the list, so that freeing it is not measured.
            ManuallyDrop::new(pods.list(&ListParams::default()).await?).items.len()
        }
        "list-meta" => {
            ManuallyDrop::new(pods.list_metadata(&ListParams::default()).await?).items.len()
        }
        "watch" => events(pods.watch(&WatchParams::default(), "1000").await?).await?,
        "watch-meta" => events(pods.watch_metadata(&WatchParams::default(), "1000").await?).await?,
        "sorted-meta" => {
            let kind = GroupVersionKind::gvk("bench.example.com", "v1", "Widget");
            let widgets = Api::<DynamicObject>::all_with(client, &ApiResource::from_gvk(&kind));
            events(widgets.watch_metadata(&WatchParams::default(), "1000").await?).await?
        }
        "store" => {
            let (stored, bytes) = store(watcher::watcher(pods, watcher::Config::default())).await?;
            more = format!(" rss_per_object_bytes={bytes}");
            stored
        }
        "store-meta" => {
            let pods = Api::<PartialObjectMeta<Pod>>::all(client);
            let (stored, bytes) = store(watcher::watcher(pods, watcher::Config::default())).await?;
            more = format!(" rss_per_object_bytes={bytes}");
            stored
        }
        "idle" => {
            more = format!(" threads={}", idle(&client, count).await?);
            count
        }
        "serde" => {
            for _ in 0..count {
                black_box(serde_json::from_slice::<WatchEvent<Pod>>(black_box(event.as_bytes()))?);
            }
            count
        }
        other => return Err(format!("unknown mode {other:?}").into()),
    };
    let wall = began.elapsed().as_secs_f64();
    let (rate, cpu, peak) = (done as f64 / wall, gauge::cpu()?, gauge::peak()?);
    Ok(format!("{mode}: count={done} wall={wall:.3} cpu={cpu:.4} per_s={rate:.0} rss_kib={peak}{more}"))
}

async fn events<K>(stream: impl Stream<Item = kube::Result<WatchEvent<K>>>) -> Result<usize, Failure> {
    let mut stream = std::pin::pin!(stream);
    let mut count = 0;
    while let Some(event) = stream.next().await {
        count += usize::from(matches!(black_box(event?), WatchEvent::Modified(_)));
    }
    Ok(count)
}

/// The number of stored objects, and the memory of each.
async fn store<K>(pods: impl Stream<Item = watcher::Result<Event<K>>>) -> Result<(usize, u64), Failure>
where
    K: Lookup + Clone + 'static,
    K::DynamicType: Eq + std::hash::Hash + Clone + Default,
{
    let (store, writer) = reflector::store::<K>();
    let before = gauge::resident()?;
    let mut stream = std::pin::pin!(reflector::reflector(writer, pods));
    while let Some(event) = stream.next().await {
        if matches!(event?, Event::InitDone) {
            let after = gauge::resident()?;
            let count = store.len();
            return Ok((count, after.saturating_sub(before) * 1024 / count.max(1) as u64));
        }
    }
    Err("the store was never synced".into())
}

/// The number of threads while `count` watches are open, each after its first event.
async fn idle(client: &Client, count: usize) -> Result<u64, Failure> {
    let pods = Api::<Pod>::namespaced(client.clone(), "idle");
    let mut open: Vec<Pin<Box<dyn Stream<Item = kube::Result<WatchEvent<Pod>>>>>> = Vec::new();
    for _ in 0..count {
        let mut stream = Box::pin(pods.watch(&WatchParams::default(), "0").await?);
        stream.try_next().await?.ok_or("a watch ended")?;
        open.push(stream);
    }
    gauge::threads()
}

/// An event of the feeder.
fn event() -> String {
    let pod = include_str!("../../probe/src/feed/pod.json").replace('\n', "").replace("NNNNN", "00000");
    let pod = pod.replacen('{', r#"{"kind":"Pod","apiVersion":"v1","#, 1);
    format!(r#"{{"type":"MODIFIED","object":{pod}}}"#)
}
