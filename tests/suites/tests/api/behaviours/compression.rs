//! Compressed answers (docs/wire.md §2.4): large ones only, on request only, and callers do not notice.

use http::{HeaderMap, Method, header};
use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::api::ApiRequest;
use kube_proto::api::{ListParams, WriteParams};
use kube_proto::config::Config;
use serde_json::{Value, json};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(large_lists_are_compressed_on_the_way),
    row!(large_objects_are_compressed_on_the_way),
    row!(compression_can_be_disabled),
    row!(watches_are_never_compressed),
];

/// Config maps of more than 128 KiB together, and their label.
fn large(cx: &Context) -> (Api<ConfigMap>, ListParams) {
    let api = config_maps(cx);
    for n in 0..3 {
        let map: ConfigMap = object(json!({
            "metadata": {"name": format!("large-{n}"), "labels": {"size": "large"}},
            "data": {"text": "all work and no play\n".repeat(3000)},
        }));
        cx.call(api.create(&map, &WriteParams::default())).unwrap();
    }
    (api, ListParams::default().label_selector("size=large"))
}

/// The list as its bytes.
fn raw(cx: &Context) -> ApiRequest {
    let path = format!("/api/v1/namespaces/{}/configmaps?labelSelector=size%3Dlarge", cx.namespace());
    ApiRequest::raw(Method::GET, path, "")
}

fn coding(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap())
}

fn large_lists_are_compressed_on_the_way(cx: &Context) {
    let (api, params) = large(cx);
    let answer = cx.call(raw(cx).bytes().with_info()).unwrap();
    assert_eq!(coding(&answer.info.headers), Some("gzip"));
    let mut vary = answer.info.headers.get_all(header::VARY).iter();
    assert!(vary.any(|value| value.to_str().unwrap() == "Accept-Encoding"));
    assert!(answer.value.len() > 128 << 10, "{}", answer.value.len());
    let list: Value = serde_json::from_slice(&answer.value).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    let typed = cx.call(api.list(&params)).unwrap().items;
    assert_eq!(serde_json::to_value(&typed[0].data).unwrap(), list["items"][0]["data"]);
    let (paged, _) = cx.collect(api.pages(&params)).unwrap();
    assert_eq!(paged, typed);
}

fn large_objects_are_compressed_on_the_way(cx: &Context) {
    let api = config_maps(cx);
    let map = config_map("large", "text", &"x".repeat(200_000));
    let created = cx.call(api.create(&map, &WriteParams::default()).with_info()).unwrap();
    assert_eq!((created.info.code.as_u16(), coding(&created.info.headers)), (201, Some("gzip")));
    assert_eq!(created.value.data, map.data);
    cx.call(api.create(&config_map("small", "text", "x"), &WriteParams::default())).unwrap();
    assert_eq!(coding(&cx.call(api.get("small").with_info()).unwrap().info.headers), None);
}

fn compression_can_be_disabled(cx: &Context) {
    let (api, params) = large(cx);
    let silent = cx.client(Config::with_compression_disabled(cx.site.admin())).unwrap();
    let answer = silent.call(raw(cx).bytes().with_info()).unwrap();
    assert_eq!(coding(&answer.info.headers), None);
    assert_eq!(answer.value.len(), cx.call(raw(cx).bytes()).unwrap().len());
    assert_eq!(silent.call(api.list(&params)).unwrap().items, cx.call(api.list(&params)).unwrap().items);
}

fn watches_are_never_compressed(cx: &Context) {
    let map = config_map("large", "text", &"x".repeat(200_000));
    cx.call(config_maps(cx).create(&map, &WriteParams::default())).unwrap();
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    let query = "watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dlarge&timeoutSeconds=1";
    let watch = ApiRequest::raw(Method::GET, format!("{path}?{query}"), "");
    // Not even if the caller sets the header.
    let watch = watch.header(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
    let (chunks, log) = cx.collect(watch.chunks()).unwrap();
    assert_eq!(coding(&log.response_info().unwrap().headers), None);
    let event: Value = serde_json::from_slice(&chunks.concat()).unwrap();
    assert_eq!((&event["type"], &event["object"]["metadata"]["name"]), (&json!("ADDED"), &json!("large")));
}
