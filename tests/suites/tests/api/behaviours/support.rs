//! Short forms for many behaviours.

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::api::WriteParams;
use kube_proto::resource::{ApiResource, DynamicObject, Object, Scope};
use kube_proto::{Api, Error};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::context::Context;

/// An object of any type, from JSON.
pub(crate) fn object<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

/// The config maps of this row.
pub(crate) fn config_maps(cx: &Context) -> Api<ConfigMap> {
    Api::namespaced(cx.namespace())
}

/// A config map of one entry.
pub(crate) fn config_map(name: &str, key: &str, value: &str) -> ConfigMap {
    object(json!({"metadata": {"name": name}, "data": {key: value}}))
}

/// A namespaced resource of any kind.
pub(crate) fn dynamic(cx: &Context, api_version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new(api_version, kind, plural, Scope::Namespaced)).within(cx.namespace())
}

/// A cluster-scoped resource of any kind.
pub(crate) fn cluster_wide(api_version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new(api_version, kind, plural, Scope::Cluster))
}

pub(crate) fn create<K: Object + serde::Serialize + Send>(cx: &Context, api: &Api<K>, value: Value) -> K {
    try_create(cx, api, value).unwrap()
}

pub(crate) fn try_create<K: Object + serde::Serialize + Send>(
    cx: &Context,
    api: &Api<K>,
    value: Value,
) -> Result<K, Error> {
    cx.call(api.create(&object::<K>(value), &WriteParams::default()))
}

/// The resource version of an object.
pub(crate) fn version<K: Object>(object: &K) -> String {
    object.meta().resource_version.unwrap().to_owned()
}

pub(crate) fn name<K: Object>(object: &K) -> String {
    object.meta().name.unwrap().to_owned()
}

/// Checks that the message of an error contains all of these.
#[track_caller]
pub(crate) fn says(error: &Error, texts: &[&str]) {
    let message = error.to_string();
    for text in texts {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
}

/// The spec of a deployment of one container.
pub(crate) fn deployment_spec(replicas: i32) -> Value {
    json!({
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": IMAGE}]}},
    })
}

/// A pod without a scheduler: it exists, and nothing happens to it.
pub(crate) fn idle_pod(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"schedulerName": "none", "containers": [{"name": "main", "image": IMAGE}]},
    })
}

/// The image that the node of `tests/cluster` has.
pub(crate) const IMAGE: &str = "localhost/busybox:1";
