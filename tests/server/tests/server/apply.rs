//! Field ownership and server-side apply.

use crate::support::{Cluster, definition, deployment};
use serde_json::{Value, json};
use std::time::Duration;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

fn map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
}

fn apply(cluster: &mut Cluster, manager: &str, more: &str, body: &Value) -> (u16, Value) {
    cluster.patch("apply", &format!("{MAPS}/a?fieldManager={manager}{more}"), body)
}

/// Manager, operation and fields of each entry.
fn owners(object: &Value) -> Vec<(String, Value)> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|e| {
            let sub = e["subresource"].as_str().map(|s| format!("/{s}")).unwrap_or_default();
            (
                format!("{} {}{sub}", e["operation"].as_str().unwrap(), e["manager"].as_str().unwrap()),
                e["fieldsV1"].clone(),
            )
        })
        .collect()
}

#[test]
fn writes_are_recorded() {
    let mut cluster = Cluster::new();
    let headers = [("content-type", "application/json"), ("user-agent", "kubectl/v1.36.2 (linux/amd64)")];
    let body = json!({"metadata": {"name": "a", "labels": {"x": "y"}}, "data": {"k": "v"}});
    let response = cluster.raw("POST", MAPS, &headers, &body.to_string());
    let object: Value = serde_json::from_slice(response.body()).unwrap();
    let entry = &object["metadata"]["managedFields"][0];
    assert_eq!(
        (&entry["apiVersion"], &entry["time"], &entry["fieldsType"]),
        (&json!("v1"), &json!("2026-01-01T00:00:00Z"), &json!("FieldsV1"))
    );
    let created = json!({"f:metadata": {"f:labels": {".": {}, "f:x": {}}}, "f:data": {".": {}, "f:k": {}}});
    assert_eq!(owners(&object), [("Update kubectl".to_owned(), created)]);
    cluster.now += Duration::from_secs(5);
    let (_, object) =
        cluster.call("PATCH", &format!("{MAPS}/a?fieldManager=other"), &json!({"data": {"k": "w", "n": "1"}}));
    let expect = [
        ("Update kubectl".to_owned(), json!({"f:metadata": {"f:labels": {".": {}, "f:x": {}}}, "f:data": {}})),
        ("Update other".to_owned(), json!({"f:data": {"f:k": {}, "f:n": {}}})),
    ];
    assert_eq!(owners(&object), expect);
    // An update can clear the record.
    let (_, object) = cluster.call("PATCH", &format!("{MAPS}/a"), &json!({"metadata": {"managedFields": [{}]}}));
    assert_eq!(owners(&object), []);
    let (_, object) = cluster.call("PATCH", &format!("{MAPS}/a?fieldManager=other"), &json!({"data": {"k": "x"}}));
    assert_eq!(owners(&object), [], "an update does not begin a record");
    let (_, object) = apply(&mut cluster, "m", "", &map(&json!({"z": "1"})));
    assert_eq!(
        owners(&object).iter().map(|o| o.0.as_str()).collect::<Vec<_>>(),
        ["Apply m", "Update before-first-apply"]
    );
}

#[test]
fn applying_creates_changes_and_removes() {
    let mut cluster = Cluster::new();
    let (code, object) = apply(&mut cluster, "m", "", &map(&json!({"a": "1", "b": "2"})));
    assert_eq!((code, &object["data"]), (201, &json!({"a": "1", "b": "2"})));
    assert_eq!(owners(&object), [("Apply m".to_owned(), json!({"f:data": {"f:a": {}, "f:b": {}}}))]);
    let version = cluster.server.version();
    cluster.now += Duration::from_secs(5);
    let (code, same) = apply(&mut cluster, "m", "", &map(&json!({"a": "1", "b": "2"})));
    assert_eq!((code, cluster.server.version(), &same), (200, version, &object), "nothing new, no new version");
    // A field that is no longer applied goes, unless others own it.
    cluster.call("PATCH", &format!("{MAPS}/a?fieldManager=other"), &json!({"data": {"c": "3"}}));
    let (code, object) = apply(&mut cluster, "m", "", &map(&json!({"b": "5"})));
    assert_eq!((code, &object["data"]), (200, &json!({"b": "5", "c": "3"})));
    // Two managers that apply the same value share it. If one drops it, the other still owns it.
    assert_eq!(apply(&mut cluster, "n", "", &map(&json!({"b": "5"}))).0, 200);
    let (_, object) = apply(&mut cluster, "m", "", &map(&json!({})));
    assert_eq!(object["data"], json!({"b": "5", "c": "3"}));
    let (_, object) = apply(&mut cluster, "n", "", &map(&json!({})));
    assert_eq!(object["data"], json!({"c": "3"}));
}

#[test]
fn conflicts() {
    let mut cluster = Cluster::new();
    apply(&mut cluster, "m", "", &map(&json!({"a": "1", "b": "2"})));
    cluster.call("PATCH", &format!("{MAPS}/a?fieldManager=hand"), &json!({"data": {"c": "3"}}));
    let (code, status) = apply(&mut cluster, "n", "", &map(&json!({"c": "9"})));
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
    assert_eq!(status["message"], "Apply failed with 1 conflict: conflict with \"hand\" using v1: .data.c");
    assert_eq!(
        status["details"],
        json!({"causes": [{"reason": "FieldManagerConflict", "message": "conflict with \"hand\" using v1", "field": ".data.c"}]})
    );
    let (_, status) = apply(&mut cluster, "n", "", &map(&json!({"a": "7", "b": "8", "c": "9"})));
    assert_eq!(
        status["message"],
        "Apply failed with 3 conflicts: conflicts with \"m\":\n- .data.a\n- .data.b\nconflicts with \"hand\" using v1:\n- .data.c"
    );
    let (code, object) = apply(&mut cluster, "n", "&force=true", &map(&json!({"a": "7", "c": "9"})));
    assert_eq!((code, &object["data"]), (200, &json!({"a": "7", "b": "2", "c": "9"})));
    let expect = [
        ("Apply m".to_owned(), json!({"f:data": {"f:b": {}}})),
        ("Apply n".to_owned(), json!({"f:data": {"f:a": {}, "f:c": {}}})),
        ("Update hand".to_owned(), json!({"f:data": {}})),
    ];
    let got = owners(&object);
    assert_eq!(got[..2], expect[..2]);
}

#[test]
fn containers_are_identified_by_name() {
    let mut cluster = Cluster::new();
    let one = format!("{DEPLOYMENTS}/web?fieldManager=m");
    let (code, object) = cluster.patch("apply", &one, &deployment("web", 2));
    assert_eq!((code, &object["spec"]["strategy"]["type"]), (201, &json!("RollingUpdate")));
    let mut sidecar = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"template": {"spec": {"containers": [{"name": "side", "image": "s:1"}]}}}});
    let (code, object) = cluster.patch("apply", &format!("{DEPLOYMENTS}/web?fieldManager=n"), &sidecar);
    let names = |object: &Value| -> Vec<String> {
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().unwrap();
        containers.iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((code, names(&object)), (200, vec!["main".to_owned(), "side".to_owned()]));
    sidecar["spec"]["template"]["spec"]["containers"] = json!([{"name": "main", "image": "img:2"}]);
    let (code, status) = cluster.patch("apply", &format!("{DEPLOYMENTS}/web?fieldManager=n"), &sidecar);
    assert_eq!(code, 409);
    assert_eq!(
        status["message"],
        "Apply failed with 1 conflict: conflict with \"m\": .spec.template.spec.containers[name=\"main\"].image"
    );
    sidecar["spec"] = json!({"replicas": 2});
    let (code, object) = cluster.patch("apply", &format!("{DEPLOYMENTS}/web?fieldManager=n"), &sidecar);
    assert_eq!((code, names(&object)), (200, vec!["main".to_owned()]), "a container without other owners goes whole");
}

#[test]
fn the_status_has_owners_of_its_own() {
    let mut cluster = Cluster::new();
    cluster.create(DEPLOYMENTS, &deployment("web", 1));
    let body = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 9}, "status": {"replicas": 4}});
    let (code, object) = cluster.patch("apply", &format!("{DEPLOYMENTS}/web/status?fieldManager=s"), &body);
    assert_eq!((code, &object["status"]["replicas"], &object["spec"]["replicas"]), (200, &json!(4), &json!(1)));
    assert_eq!(owners(&object)[0], ("Apply s/status".to_owned(), json!({"f:status": {"f:replicas": {}}})));
    let (code, _) = cluster.patch(
        "apply",
        &format!("{DEPLOYMENTS}/none/status?fieldManager=s"),
        &json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "none"}}),
    );
    assert_eq!(code, 404);
}

#[test]
fn what_cannot_be_applied() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    let table = [
        (
            "",
            map(&json!({})),
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ),
        ("?fieldManager=m", json!({"metadata": {"name": "a"}}), 400, "invalid object type: /, Kind="),
        (
            "?fieldManager=m",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "managedFields": []}}),
            400,
            "metadata.managedFields must be nil",
        ),
        (
            "?fieldManager=m",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}),
            400,
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        (
            "?fieldManager=m",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "date": {}}),
            500,
            "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .date: field not declared in schema",
        ),
        (
            "?fieldManager=m",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "resourceVersion": "1"}}),
            409,
            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified",
        ),
    ];
    for (query, body, code, message) in table {
        let (got, status) = cluster.patch("apply", &format!("{MAPS}/a{query}"), &body);
        assert_eq!(got, code, "{body}: {status}");
        assert!(status["message"].as_str().unwrap().starts_with(message), "{status}");
    }
    let missing = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "z", "uid": "u"}});
    let (code, status) = cluster.patch("apply", &format!("{MAPS}/z?fieldManager=m"), &missing);
    assert_eq!(code, 409);
    assert!(status["message"].as_str().unwrap().contains("uid mismatch"));
}

#[test]
fn custom_resources_are_applied_too() {
    let mut cluster = Cluster::new();
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    let body = |spec: Value| json!({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec});
    let (code, object) =
        cluster.patch("apply", &format!("{widgets}/w?fieldManager=m"), &body(json!({"color": "red", "replicas": 1})));
    assert_eq!((code, &object["metadata"]["generation"]), (201, &json!(1)));
    let (code, object) =
        cluster.patch("apply", &format!("{widgets}/w?fieldManager=m"), &body(json!({"color": "blue"})));
    assert_eq!((code, &object["spec"], &object["metadata"]["generation"]), (200, &json!({"color": "blue"}), &json!(2)));
}
