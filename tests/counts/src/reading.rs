//! One pod, read as different types.

use k8s_openapi::api::core::v1::Pod;
use kube_proto::api::Trim;
use kube_proto::internals::protobuf;
use kube_proto::json;
use kube_proto::resource::{Document, DynamicObject, Identified, Lazy, Object};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Benchmark, count, feed};

pub(crate) const ALL: &[Benchmark] = &[
    ("read a pod with serde_json, whole", || {
        let pod = feed::pod(1);
        count(|| serde_json::from_slice::<Pod>(pod.as_bytes()).unwrap());
    }),
    ("clone and drop a pod", || {
        let pod: Pod = json::from_str(&feed::pod(1)).unwrap();
        count(|| pod.clone());
    }),
    ("read a pod, whole", || read::<Pod>(None)),
    ("read a pod, managedFields skipped", || read::<Pod>(Some(&Trim::managed_fields()))),
    ("read a pod, five fields", || read::<Own>(None)),
    ("read a pod, any value", || read::<serde_json::Value>(None)),
    ("read a pod, dynamic", || decode::<DynamicObject>(None)),
    ("read a pod, lazy", || decode::<Lazy<Pod>>(None)),
    ("read a pod, lazy, managedFields cut", || decode::<Lazy<Pod>>(Some(&Trim::managed_fields()))),
    ("read a pod, identity", || decode::<Identified<Pod>>(None)),
    ("read a pod in protobuf, whole", || from_protobuf::<Pod>(&Trim::default())),
    ("read a pod in protobuf, managedFields skipped", || from_protobuf::<Pod>(&Trim::managed_fields())),
    ("read a pod in protobuf, five fields", || from_protobuf::<Own>(&Trim::default())),
    ("read a pod in protobuf, identity", || {
        let pod = in_protobuf();
        count(|| Identified::<Pod>::decode(Document::json(&pod)).unwrap());
    }),
    ("write a pod as protobuf", || {
        let pod: Pod = json::from_str(&feed::pod(1)).unwrap();
        count(|| protobuf::to_document(&pod, "v1", "Pod").unwrap());
    }),
];

/// A projection: `metadata.name`, `metadata.namespace`, `metadata.resourceVersion`, `spec.nodeName`, `status.phase`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct Own {
    metadata: OwnMeta,
    spec: OwnSpec,
    status: OwnStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct OwnMeta {
    name: String,
    namespace: Option<String>,
    resource_version: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct OwnSpec {
    node_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[allow(dead_code, reason = "the benchmark only reads it")]
struct OwnStatus {
    phase: Option<String>,
}

fn read<T: DeserializeOwned>(trim: Option<&Trim>) {
    let pod = feed::pod(1);
    count(|| Document::json(pod.as_bytes()).without(trim).read::<T>().unwrap());
}

fn decode<K: Object>(trim: Option<&Trim>) {
    let pod = feed::pod(1);
    count(|| K::decode(Document::json(pod.as_bytes()).without(trim)).unwrap());
}

fn from_protobuf<T: DeserializeOwned>(trim: &Trim) {
    let pod = in_protobuf();
    count(|| protobuf::from_document::<T>(&pod, trim).unwrap());
}

pub(crate) fn in_protobuf() -> Vec<u8> {
    let pod: Pod = json::from_str(&feed::pod(1)).unwrap();
    protobuf::to_document(&pod, "v1", "Pod").unwrap()
}
