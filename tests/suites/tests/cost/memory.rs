//! What a list and a store of pods hold, for each way to read them: the table of `kube-proto/docs/encodings.md`.
//!
//! `KUBE_COST_PODS=10000 cargo test --release -p kube-tests --test cost -- --nocapture memory` prints the table. The bytes are those that
//! the client asks the allocator for; what the allocator adds is not among them. They do not depend on the machine.

use k8s_openapi::api::core::v1::Pod;
use kube_proto::resource::{Meta, ObjectMeta};
use kube_proto::settings::ContentType;
use serde::Deserialize;

use super::*;

/// A projection: five fields of a pod.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only its size counts")]
struct Projection {
    metadata: ProjectedMeta,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectedMeta {
    name: String,
    namespace: String,
    resource_version: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    node_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    phase: String,
}

impl Object for Projection {
    fn meta(&self) -> Meta<'_> {
        let ProjectedMeta { name, namespace, resource_version } = &self.metadata;
        Meta { name: Some(name), namespace: Some(namespace), uid: None, resource_version: Some(resource_version) }
    }
}

/// All metadata of a pod, from the whole pod.
#[derive(Deserialize)]
struct Metadata {
    metadata: ObjectMeta,
}

impl Object for Metadata {
    fn meta(&self) -> Meta<'_> {
        self.metadata.meta()
    }
}

/// Bytes for one object: the most at any time while a list is read, and what a store holds.
#[derive(Clone, Copy)]
struct Held {
    list: u64,
    store: u64,
}

const JSON: ContentType = ContentType::Json;
const PROTOBUF: ContentType = ContentType::Protobuf;

const COUNT_BY_DEFAULT: usize = 500;

/// How many pods.
fn count() -> usize {
    std::env::var("KUBE_COST_PODS").map_or(COUNT_BY_DEFAULT, |count| count.parse().unwrap())
}

fn answer_of(content_type: ContentType, count: usize) -> Vec<u8> {
    let (media_type, body) = match content_type {
        ContentType::Protobuf => ("application/vnd.kubernetes.protobuf", feed::list_in_protobuf(count)),
        _ => {
            let items: Vec<String> = (0..count).map(feed::item).collect();
            let head = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":["#;
            ("application/json", [head, &items.join(","), "]}"].concat().into_bytes())
        }
    };
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(30_000) {
        answer.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}

fn held<K: Object>(content_type: ContentType, skipped: bool) -> Held {
    let count = count();
    let socket = || Socket { answer: answer_of(content_type, count), endless: Vec::new(), read: 0 };
    let api = || pods::<K>().content_type(content_type);
    let trim = if skipped { Trim::managed_fields() } else { Trim::default() };
    let each = |bytes: u64| bytes / count as u64;

    // The server's bytes are not the client's.
    let (mut answer, mut kept) = (Some(socket()), None);
    let list = measure(|| {
        let list = api().list(&ListParams::default()).trim(trim.clone());
        kept = Driven::with(list, Settings::default(), answer.take().unwrap()).next();
    });
    assert_eq!(kept.unwrap().items.len(), count);

    let mut settings = WatchSettings::default().streaming(false);
    settings.trim = Some(trim);
    let (mut answer, mut kept) = (Some(socket()), None);
    let size = answer.as_ref().unwrap().answer.capacity();
    let store = measure(|| {
        let reflector = api().reflect(settings.clone(), []);
        kept = Some(reflector.store());
        let mut driven = Driven::with(reflector, Settings::default(), answer.take().unwrap());
        while !matches!(driven.next().unwrap(), StoreEvent::Synced { .. }) {}
    });
    assert_eq!(kept.unwrap().snapshot().len(), count);
    // The answer was there before, and is freed within.
    let store = u64::try_from(store.bytes_current + i64::try_from(size).unwrap()).unwrap();
    Held { list: each(list.bytes_max), store: each(store) }
}

#[test]
fn memory_of_each_way_to_read() {
    // Bytes for one pod in a store: what it is, and at most a twentieth more.
    let rows: [(&str, Held, u64); 14] = [
        ("typed, JSON", held::<Pod>(JSON, false), 31252),
        ("typed, JSON, managedFields skipped", held::<Pod>(JSON, true), 16424),
        ("typed, protobuf", held::<Pod>(PROTOBUF, false), 29188),
        ("typed, protobuf, managedFields skipped", held::<Pod>(PROTOBUF, true), 14712),
        ("projection of five fields", held::<Projection>(JSON, false), 194),
        ("`Lazy`, JSON", held::<Lazy<Pod>>(JSON, false), 4786),
        ("`Lazy`, JSON, managedFields cut", held::<Lazy<Pod>>(JSON, true), 3258),
        ("`Lazy`, protobuf", held::<Lazy<Pod>>(PROTOBUF, false), 3011),
        ("`Lazy`, protobuf, managedFields cut", held::<Lazy<Pod>>(PROTOBUF, true), 1666),
        ("metadata, JSON", held::<Metadata>(JSON, false), 16831),
        ("metadata, managedFields skipped", held::<Metadata>(JSON, true), 1963),
        ("metadata, protobuf, managedFields skipped", held::<Metadata>(PROTOBUF, true), 1963),
        ("`Identified`, JSON", held::<Identified<Pod>>(JSON, false), 142),
        ("`Identified`, protobuf", held::<Identified<Pod>>(PROTOBUF, false), 142),
    ];
    println!("| a pod | peak of a list | in a store |\n|---|---|---|");
    for (name, held, _) in &rows {
        println!("| {name} | {} | {} |", held.list, held.store);
    }
    println!("a `Pod` has {} bytes before anything on the heap", size_of::<Pod>());
    println!("its document: {} bytes of JSON, {} of protobuf", feed::pod(0).len(), feed::pod_in_protobuf(0).len());
    for (name, held, most) in rows.into_iter().filter(|_| count() == COUNT_BY_DEFAULT) {
        assert!(held.store <= most + most / 20, "{name}: {} bytes, and not {most}", held.store);
    }
}
