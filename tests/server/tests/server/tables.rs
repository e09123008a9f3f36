//! Tables of lists, single objects and watches.

use crate::support::{Cluster, Watching, definition, deployment, parsed, pod};
use bytes::Bytes;
use http::Request;
use kube_test_server::Reply;
use serde_json::{Value, json};
use std::time::Duration;

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn table(cluster: &mut Cluster, target: &str) -> Value {
    let (code, value) = parsed(&cluster.raw("GET", target, &[("accept", TABLE)], ""));
    assert_eq!(
        (code, &value["kind"], &value["apiVersion"]),
        (200, &json!("Table"), &json!("meta.k8s.io/v1")),
        "{value}"
    );
    value
}

#[test]
fn lists_become_rows() {
    let mut cluster = Cluster::new();
    cluster.create(PODS, &pod("p"));
    cluster.now += Duration::from_secs(90);
    let table = table(&mut cluster, &format!("{PODS}?limit=5"));
    let names: Vec<&Value> = table["columnDefinitions"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(names[..5], ["Name", "Ready", "Status", "Restarts", "Age"]);
    assert_eq!(
        (&table["columnDefinitions"][0]["format"], &table["columnDefinitions"][5]["priority"]),
        (&json!("name"), &json!(1))
    );
    let row = &table["rows"][0];
    assert_eq!(row["cells"], json!(["p", "0/1", "Pending", "0", "90s", "<none>", "<none>", "<none>", "<none>"]));
    assert_eq!(
        (&row["object"]["kind"], &row["object"]["metadata"]["name"]),
        (&json!("PartialObjectMetadata"), &json!("p"))
    );
    assert_eq!(table["metadata"]["resourceVersion"], cluster.server.version().to_string());
}

#[test]
fn include_object() {
    let mut cluster = Cluster::new();
    cluster.create(PODS, &pod("p"));
    for (include, kind) in
        [("None", Value::Null), ("Metadata", json!("PartialObjectMetadata")), ("Object", json!("Pod"))]
    {
        let table = table(&mut cluster, &format!("{PODS}/p?includeObject={include}"));
        assert_eq!(table["rows"][0]["object"]["kind"], kind, "{include}");
    }
    assert_eq!(cluster.raw("GET", &format!("{PODS}?includeObject=x"), &[("accept", TABLE)], "").status(), 400);
}

#[test]
fn definitions_name_their_columns() {
    let mut cluster = Cluster::new();
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    cluster.create(widgets, &json!({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"color": "red"}}));
    let found = table(&mut cluster, widgets);
    assert_eq!(found["rows"][0]["cells"], json!(["w", "red"]));
    assert_eq!(found["columnDefinitions"][1]["name"], "Color");
    let kinds = table(&mut cluster, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions");
    assert_eq!(kinds["rows"][0]["cells"], json!(["widgets.shop.example.com", "2026-01-01T00:00:00Z"]));
}

#[test]
fn a_watch_names_its_columns_once() {
    let mut cluster = Cluster::new();
    cluster.create("/apis/apps/v1/namespaces/default/deployments", &deployment("a", 1));
    cluster.create("/apis/apps/v1/namespaces/default/deployments", &deployment("b", 2));
    let request =
        Request::get("/apis/apps/v1/deployments?watch=true").header("accept", TABLE).body(Bytes::new()).unwrap();
    let Reply::Watch(watch) = cluster.send(request) else { panic!() };
    let mut watch = Watching { state: watch.state, head: watch.head };
    let first = cluster.event(&mut watch);
    assert_eq!((&first["type"], first["object"]["columnDefinitions"].is_array()), (&json!("ADDED"), true));
    let second = cluster.event(&mut watch);
    assert_eq!(
        (&second["object"]["columnDefinitions"], &second["object"]["rows"][0]["cells"][1]),
        (&Value::Null, &json!("0/2"))
    );
}
