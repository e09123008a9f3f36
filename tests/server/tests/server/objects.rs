//! Create, read, update, delete: metadata, concurrency, finalizers, namespaces, definitions.

use crate::support::{Cluster, definition, deployment, pod};
use kube_test_server::{Grace, Options};
use serde_json::{Value, json};
use std::time::Duration;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

#[test]
fn a_new_object_gets_its_metadata() {
    let mut cluster = Cluster::new();
    let object = cluster.create(DEPLOYMENTS, &deployment("web", 2));
    let metadata = &object["metadata"];
    assert_eq!(metadata["namespace"], "default");
    assert_eq!(metadata["generation"], 1);
    assert_eq!(metadata["creationTimestamp"], "2026-01-01T00:00:00Z");
    assert_eq!(metadata["uid"].as_str().unwrap().len(), 36);
    assert!(metadata["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap() > 4);
    assert_eq!(cluster.get(&format!("{DEPLOYMENTS}/web")), (200, object));
}

#[test]
fn the_same_requests_give_the_same_bytes() {
    let run = || {
        let mut cluster = Cluster::new();
        cluster.create(
            PODS,
            &json!({"metadata": {"generateName": "p-"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}),
        );
        cluster.raw("GET", PODS, &[], "").into_body()
    };
    assert_eq!(run(), run());
}

#[test]
fn generated_names_are_prefix_and_five_letters() {
    let mut cluster = Cluster::new();
    let object = cluster.create(MAPS, &json!({"metadata": {"generateName": "cm-"}}));
    let name = object["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("cm-") && name.len() == 8, "{name}");
    assert_eq!(object["metadata"]["generateName"], "cm-");
}

#[test]
fn generation_counts_changes_of_the_spec_only() {
    let mut cluster = Cluster::new();
    cluster.create(DEPLOYMENTS, &deployment("web", 2));
    let one = format!("{DEPLOYMENTS}/web");
    let table = [
        (one.clone(), json!({"metadata": {"labels": {"a": "b"}}}), 1),
        (one.clone(), json!({"spec": {"replicas": 3}}), 2),
        (format!("{one}/status"), json!({"status": {"replicas": 3}}), 2),
        (one.clone(), json!({"status": {"replicas": 9}, "spec": {"replicas": 4}}), 3),
    ];
    for (target, patch, generation) in table {
        let (code, object) = cluster.call("PATCH", &target, &patch);
        assert_eq!((code, &object["metadata"]["generation"]), (200, &json!(generation)), "{patch}");
    }
    // Only the path `status` writes the status, and it does not write the spec.
    let (_, object) = cluster.get(&one);
    assert_eq!((&object["status"]["replicas"], &object["spec"]["replicas"]), (&json!(3), &json!(4)));
    let (_, object) = cluster.call("PATCH", &format!("{one}/status"), &json!({"spec": {"replicas": 7}}));
    assert_eq!(object["spec"]["replicas"], 4);
}

#[test]
fn an_update_that_changes_nothing_has_no_new_version() {
    let mut cluster = Cluster::new();
    let object = cluster.config_map("a");
    let before = cluster.server.version();
    let (code, same) = cluster.call("PUT", &format!("{MAPS}/a"), &object);
    assert_eq!((code, cluster.server.version()), (200, before));
    assert_eq!(same, object);
}

#[test]
fn stale_updates_are_conflicts() {
    let mut cluster = Cluster::new();
    let old = cluster.config_map("a");
    let (code, _) = cluster.call("PATCH", &format!("{MAPS}/a"), &json!({"data": {"k": "v"}}));
    assert_eq!(code, 200);
    let (code, status) = cluster.call("PUT", &format!("{MAPS}/a"), &old);
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
    assert_eq!(
        status["message"],
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    // For most kinds, a write without a version is unconditional.
    let (code, _) = cluster.call("PUT", &format!("{MAPS}/a"), &json!({"metadata": {"name": "a"}}));
    assert_eq!(code, 200);
    let (code, status) = cluster.call("PATCH", &format!("{MAPS}/a"), &json!({"metadata": {"resourceVersion": "1"}}));
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
    let mut other = old;
    other["metadata"]["uid"] = json!("someone-else");
    other["metadata"]["resourceVersion"] = Value::Null;
    let (code, status) = cluster.call("PUT", &format!("{MAPS}/a"), &other);
    assert_eq!(code, 409);
    assert!(status["message"].as_str().unwrap().contains("Precondition failed: UID in precondition: someone-else"));
}

#[test]
fn dry_runs_change_nothing() {
    let mut cluster = Cluster::new();
    let before = cluster.server.version();
    let object = cluster.create(&format!("{MAPS}?dryRun=All"), &json!({"metadata": {"name": "a"}}));
    assert_eq!(object["metadata"]["name"], "a");
    assert_eq!(object["metadata"]["resourceVersion"], Value::Null);
    assert_eq!((cluster.get(&format!("{MAPS}/a")).0, cluster.server.version()), (404, before));
    cluster.config_map("b");
    cluster.call("PATCH", &format!("{MAPS}/b?dryRun=All"), &json!({"data": {"x": "y"}}));
    cluster.call("DELETE", &format!("{MAPS}/b?dryRun=All"), &Value::Null);
    assert_eq!(cluster.get(&format!("{MAPS}/b")).1["data"], Value::Null);
}

#[test]
fn put_creates_only_where_the_kind_allows_it() {
    let mut cluster = Cluster::new();
    let (code, _) = cluster.call("PUT", &format!("{MAPS}/new"), &json!({"metadata": {"name": "new"}}));
    assert_eq!(code, 404);
    let leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases/new";
    let (code, _) = cluster.call("PUT", leases, &json!({"metadata": {"name": "new"}}));
    assert_eq!(code, 201);
}

#[test]
fn deletion_answers_with_a_status_or_the_object() {
    let mut cluster = Cluster::new();
    let map = cluster.config_map("a");
    let (code, status) = cluster.call("DELETE", &format!("{MAPS}/a"), &Value::Null);
    let want = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {"name": "a", "kind": "configmaps", "uid": map["metadata"]["uid"]}});
    assert_eq!((code, status), (200, want));
    cluster.create(PODS, &pod("p"));
    let (code, object) = cluster.call("DELETE", &format!("{PODS}/p"), &Value::Null);
    assert_eq!((code, &object["kind"]), (200, &json!("Pod")));
    assert_eq!(cluster.get(&format!("{PODS}/p")).0, 404);
}

#[test]
fn finalizers_keep_an_object() {
    let mut cluster = Cluster::new();
    cluster.create(MAPS, &json!({"metadata": {"name": "a", "finalizers": ["x.io/y"]}}));
    let (code, object) = cluster.call("DELETE", &format!("{MAPS}/a"), &Value::Null);
    assert_eq!((code, &object["metadata"]["deletionTimestamp"]), (200, &json!("2026-01-01T00:00:00Z")));
    assert_eq!(object["metadata"]["deletionGracePeriodSeconds"], 0);
    let (code, _) = cluster.call("PATCH", &format!("{MAPS}/a"), &json!({"metadata": {"finalizers": null}}));
    assert_eq!(code, 200);
    assert_eq!(cluster.get(&format!("{MAPS}/a")).0, 404);
}

#[test]
fn preconditions_of_a_deletion() {
    let mut cluster = Cluster::new();
    let map = cluster.config_map("a");
    let uid = map["metadata"]["uid"].as_str().unwrap();
    let (code, status) = cluster.call("DELETE", &format!("{MAPS}/a"), &json!({"preconditions": {"uid": "other"}}));
    assert_eq!(code, 409);
    assert_eq!(
        status["message"],
        format!(
            "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (other) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )
    );
    let (code, _) = cluster.call("DELETE", &format!("{MAPS}/a?resourceVersion=1"), &Value::Null);
    assert_eq!(code, 409);
    // The body takes precedence over the query.
    let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}});
    let (code, _) = cluster.call("DELETE", &format!("{MAPS}/a?dryRun=All&resourceVersion=1"), &body);
    assert_eq!((code, cluster.get(&format!("{MAPS}/a")).0), (200, 404));
}

#[test]
fn a_collection_is_deleted_by_selector() {
    let mut cluster = Cluster::new();
    for name in ["a", "b", "c"] {
        let group = if name == "c" { "keep" } else { "go" };
        cluster.create(MAPS, &json!({"metadata": {"name": name, "labels": {"g": group}}}));
    }
    let (code, list) = cluster.call("DELETE", &format!("{MAPS}?labelSelector=g%3Dgo"), &Value::Null);
    assert_eq!((code, &list["kind"], list["items"].as_array().unwrap().len()), (200, &json!("ConfigMapList"), 2));
    let (_, list) = cluster.get(MAPS);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_namespace_goes_with_its_contents() {
    let mut cluster = Cluster::new();
    cluster.create("/api/v1/namespaces", &json!({"metadata": {"name": "shop"}}));
    let maps = "/api/v1/namespaces/shop/configmaps";
    cluster.create(maps, &json!({"metadata": {"name": "a"}}));
    cluster.create(maps, &json!({"metadata": {"name": "b", "finalizers": ["x.io/y"]}}));
    let (code, object) = cluster.call("DELETE", "/api/v1/namespaces/shop", &Value::Null);
    assert_eq!((code, &object["status"]["phase"]), (200, &json!("Terminating")));
    assert_eq!(cluster.get(&format!("{maps}/a")).0, 404);
    let (code, status) = cluster.call("POST", maps, &json!({"metadata": {"name": "c"}}));
    assert_eq!((code, &status["details"]["causes"][0]["reason"]), (403, &json!("NamespaceTerminating")));
    assert_eq!(
        status["message"],
        "configmaps \"c\" is forbidden: unable to create new content in namespace shop because it is being terminated"
    );
    cluster.call("PATCH", &format!("{maps}/b"), &json!({"metadata": {"finalizers": null}}));
    assert_eq!(cluster.get("/api/v1/namespaces/shop").0, 404);
    let (code, status) = cluster.call("POST", maps, &json!({"metadata": {"name": "c"}}));
    assert_eq!((code, &status["message"]), (404, &json!("namespaces \"shop\" not found")));
}

#[test]
fn dependents_go_with_their_owner_unless_orphaned() {
    let mut cluster = Cluster::new();
    for (query, left) in [("", 0), ("?propagationPolicy=Orphan", 1), ("?propagationPolicy=Foreground", 0)] {
        let owner = cluster.config_map("owner");
        cluster.create(
            MAPS,
            &json!({"metadata": {"name": "child", "ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}]}}),
        );
        cluster.call("DELETE", &format!("{MAPS}/owner{query}"), &Value::Null);
        let (_, list) = cluster.get(MAPS);
        assert_eq!(list["items"].as_array().unwrap().len(), left, "{query}");
        cluster.call("DELETE", MAPS, &Value::Null);
    }
}

#[test]
fn graceful_pods_go_when_their_time_is_up() {
    let mut cluster = Cluster::with(Options { grace: Grace::Kept, ..Options::default() });
    let mut body = pod("p");
    body["spec"]["nodeName"] = json!("n1");
    cluster.create(PODS, &body);
    let (code, object) = cluster.call("DELETE", &format!("{PODS}/p?gracePeriodSeconds=5"), &Value::Null);
    assert_eq!((code, &object["metadata"]["deletionTimestamp"]), (200, &json!("2026-01-01T00:00:05Z")));
    cluster.now += Duration::from_secs(4);
    cluster.server.tick(cluster.now);
    assert_eq!(cluster.get(&format!("{PODS}/p")).0, 200);
    cluster.now += Duration::from_secs(1);
    cluster.server.tick(cluster.now);
    assert_eq!(cluster.get(&format!("{PODS}/p")).0, 404);
}

#[test]
fn a_definition_makes_a_resource() {
    let mut cluster = Cluster::new();
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    let (code, text) = cluster.get(widgets);
    assert_eq!((code, text), (404, json!("404 page not found\n")));
    let created = cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let conditions: Vec<_> = created["status"]["conditions"].as_array().unwrap().iter().map(|c| &c["type"]).collect();
    assert_eq!(conditions, ["NamesAccepted", "Established"]);
    assert_eq!(created["status"]["acceptedNames"]["listKind"], "WidgetList");
    let body = json!({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"},
        "spec": {"color": "red"}, "status": {"ignored": true}});
    let widget = cluster.create(widgets, &body);
    assert_eq!((&widget["metadata"]["generation"], &widget["status"]), (&json!(1), &Value::Null));
    // A custom resource cannot be replaced without a version.
    let (code, status) = cluster.call("PUT", &format!("{widgets}/w"), &body);
    assert_eq!(code, 422);
    assert_eq!(
        status["message"],
        "widgets.shop.example.com \"w\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    );
    let (code, status) = cluster.call("PATCH", &format!("{widgets}/w/status"), &json!({"status": {"ok": true}}));
    assert_eq!((code, &status["metadata"]["generation"]), (200, &json!(1)));
    // Lists of custom resources have `kind` in every item, and the metadata last.
    let text = cluster.raw("GET", widgets, &[], "").into_body();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(
        text.starts_with(
            r#"{"apiVersion":"shop.example.com/v1","items":[{"apiVersion":"shop.example.com/v1","kind":"Widget""#
        ),
        "{text}"
    );
    let (_, list) = cluster.get(&format!("{widgets}?fieldSelector=spec.color%3Dblue"));
    assert_eq!(list["items"], json!([]));
    cluster.call(
        "DELETE",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.shop.example.com",
        &Value::Null,
    );
    assert_eq!(cluster.get(widgets).0, 404);
}

#[test]
fn one_event_is_seen_through_two_groups() {
    let mut cluster = Cluster::new();
    cluster.create(
        "/api/v1/namespaces/default/events",
        &json!({"metadata": {"name": "e"}, "message": "hello",
        "involvedObject": {"kind": "Pod", "name": "p"}, "reason": "Test", "type": "Normal"}),
    );
    let (_, event) = cluster.get("/apis/events.k8s.io/v1/namespaces/default/events/e");
    assert_eq!((&event["note"], &event["regarding"]["name"]), (&json!("hello"), &json!("p")));
    assert_eq!((&event["apiVersion"], &event["message"]), (&json!("events.k8s.io/v1"), &Value::Null));
}

#[test]
fn logs_are_read_and_followed() {
    use kube_test_server::Chunk;
    let mut cluster = Cluster::new();
    cluster.create(PODS, &pod("p"));
    cluster.server.set_log("default", "p", "c", "one\n");
    let response = cluster.raw("GET", &format!("{PODS}/p/log"), &[], "");
    assert_eq!(
        (response.headers()["content-type"].to_str().unwrap(), &response.body()[..]),
        ("text/plain", &b"one\n"[..])
    );
    let mut follow = cluster.watch(&format!("{PODS}/p/log?follow=true&container=c"));
    let mut next = |cluster: &Cluster| cluster.server.poll_watch(&mut follow.state, cluster.now);
    assert_eq!(next(&cluster), Chunk::Data("one\n".into()));
    assert_eq!(next(&cluster), Chunk::Idle { until: None });
    cluster.server.append_log("default", "p", "c", "two\n");
    assert_eq!(next(&cluster), Chunk::Data("two\n".into()));
    cluster.call("DELETE", &format!("{PODS}/p"), &Value::Null);
    assert_eq!(next(&cluster), Chunk::End);
}
