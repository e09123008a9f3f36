//! Parts of objects: metadata only, and tables.

use kube_proto::Api;
use kube_proto::api::{GetParams, IncludeObject, ListParams, Patch, PatchParams, WatchParams};
use kube_proto::resource::{ApiResource, PartialObject, Scope};
use kube_proto::response::Table;
use serde_json::json;
use std::ops::ControlFlow;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(metadata_of_one),
    row!(metadata_of_many),
    row!(metadata_is_patched),
    row!(a_table),
    row!(a_table_of_one),
    row!(tables_with_and_without_objects),
    row!(a_table_is_watched),
    row!(a_table_in_pages),
];

fn metadata_of_one(cx: &Context) {
    let api = config_maps(cx);
    let created = create(cx, &api, json!({"metadata": {"name": "a", "labels": {"l": "1"}}, "data": {"k": "v"}}));
    let found: PartialObject = cx.call(api.metadata().get("a")).unwrap();
    assert_eq!((found.api_version.as_str(), found.kind.as_str()), ("meta.k8s.io/v1", "PartialObjectMetadata"));
    assert_eq!(found.metadata.uid, created.metadata.uid);
    assert_eq!(found.metadata.labels["l"], "1");
    let bytes = cx.call(api.metadata().target().get("a", &GetParams::default()).bytes()).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("\"data\""), "the server leaves out the rest");
}

fn metadata_of_many(cx: &Context) {
    let api =
        Api::<PartialObject>::of(ApiResource::new("v1", "Secret", "secrets", Scope::Namespaced)).within(cx.namespace());
    let secrets = dynamic(cx, "v1", "Secret", "secrets");
    for name in ["a", "b"] {
        create(cx, &secrets, json!({"metadata": {"name": name}, "stringData": {"k": "s3cret"}}));
    }
    let list = cx.call(api.list(&ListParams::default())).unwrap();
    assert_eq!(list.kind, "PartialObjectMetadataList");
    assert_eq!(list.items.iter().map(name).collect::<Vec<_>>(), ["a", "b"]);
    let bytes = cx.call(api.target().list(&ListParams::default()).bytes()).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("czNjcmV0"));
}

fn metadata_is_patched(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let patch = Patch::merge(&json!({"metadata": {"annotations": {"a": "b"}}}));
    let patched = cx.call(api.metadata().patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.kind, "PartialObjectMetadata");
    assert_eq!(patched.metadata.annotations["a"], "b");
    assert_eq!(cx.call(api.get("a")).unwrap().data.unwrap()["k"], "v");
}

fn columns(table: &Table) -> Vec<&str> {
    table.column_definitions.iter().map(|column| column.name.as_str()).collect()
}

fn a_table(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "labels": {"own": "yes"}}, "data": {"k": "v", "l": "w"}}));
    let params = ListParams::default().label_selector("own=yes");
    let table: Table = cx.call(api.target().list(&params).as_table(IncludeObject::Metadata).json()).unwrap();
    assert_eq!(columns(&table), ["Name", "Data", "Age"]);
    assert_eq!(table.column_definitions[0].format, "name");
    assert!(!table.metadata.resource_version.is_empty());
    assert_eq!(table.rows.len(), 1);
    assert_eq!(table.rows[0].cells[..2], [json!("a"), json!(2)]);
    let row = table.rows[0].object.as_ref().unwrap();
    assert_eq!((row.kind.as_str(), row.metadata.name.as_deref()), ("PartialObjectMetadata", Some("a")));
    assert!(table.to_text(false).starts_with("NAME   DATA   AGE\na      2      "), "{}", table.to_text(false));
}

fn a_table_of_one(cx: &Context) {
    cx.namespace_for_pods();
    let api = dynamic(cx, "v1", "Pod", "pods");
    create(cx, &api, idle_pod("a"));
    let request = api.target().get("a", &GetParams::default()).as_table(IncludeObject::Metadata);
    let table: Table = cx.call(request.json()).unwrap();
    assert_eq!(columns(&table)[..5], ["Name", "Ready", "Status", "Restarts", "Age"]);
    assert_eq!(table.rows[0].cells[..3], [json!("a"), json!("0/1"), json!("Pending")]);
    assert!(table.column_definitions.iter().any(|column| column.priority > 0));
}

fn tables_with_and_without_objects(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "labels": {"own": "yes"}}, "data": {"k": "v"}}));
    let params = ListParams::default().label_selector("own=yes");
    let table: Table = cx.call(api.target().list(&params).as_table(IncludeObject::None).json()).unwrap();
    assert!(table.rows[0].object.is_none());
    let table: Table = cx.call(api.target().list(&params).as_table(IncludeObject::Object).json()).unwrap();
    assert_eq!(table.rows[0].object.as_ref().unwrap().data["data"]["k"], "v");
}

fn a_table_is_watched(cx: &Context) {
    let api = config_maps(cx);
    for name in ["a", "b"] {
        create(cx, &api, json!({"metadata": {"name": name, "labels": {"own": "yes"}}}));
    }
    // The watch is built from the request, as an operation of another type.
    let params = WatchParams::default().label_selector("own=yes").timeout_seconds(20);
    let request = api.target().watch(&params).as_table(IncludeObject::Metadata);
    let mut text = Vec::new();
    cx.stream(request.chunks(), |chunk| {
        text.extend_from_slice(&chunk);
        let lines = text.iter().filter(|&&byte| byte == b'\n').count();
        if lines == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    let tables: Vec<serde_json::Value> = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert!(tables.iter().all(|event| event["type"] == "ADDED" && event["object"]["kind"] == "Table"));
    assert_eq!(tables[0]["object"]["columnDefinitions"].as_array().unwrap().len(), 3);
    assert!(tables[1]["object"]["columnDefinitions"].as_array().is_none_or(Vec::is_empty), "said once");
}

fn a_table_in_pages(cx: &Context) {
    let api = dynamic(cx, "v1", "Secret", "secrets");
    for name in ["a", "b", "c"] {
        create(cx, &api, json!({"metadata": {"name": name}}));
    }
    let first = api.target().list(&ListParams::default().limit(2)).as_table(IncludeObject::None);
    let table: Table = cx.call(first.json()).unwrap();
    assert_eq!((table.rows.len(), table.metadata.remaining_item_count), (2, Some(1)));
    let rest = ListParams::default().limit(2).continue_token(table.metadata.continue_token);
    let table: Table = cx.call(api.target().list(&rest).as_table(IncludeObject::None).json()).unwrap();
    assert_eq!(table.rows[0].cells[0], "c");
    assert!(table.metadata.continue_token.is_empty());
}
