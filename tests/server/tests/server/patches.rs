//! Patches and field validation through the server.

use crate::support::{Cluster, definition, deployment, parsed};
use serde_json::{Value, json};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

#[test]
fn the_three_kinds() {
    let mut cluster = Cluster::new();
    cluster.create(DEPLOYMENTS, &deployment("web", 1));
    let one = format!("{DEPLOYMENTS}/web");
    let (code, object) = cluster.patch(
        "json",
        &one,
        &json!([
            {"op": "test", "path": "/spec/replicas", "value": 1},
            {"op": "replace", "path": "/spec/replicas", "value": 3}
        ]),
    );
    assert_eq!((code, &object["spec"]["replicas"]), (200, &json!(3)));
    let (code, object) = cluster.patch("merge", &one, &json!({"metadata": {"labels": {"a": "b"}}}));
    assert_eq!((code, &object["metadata"]["labels"]), (200, &json!({"a": "b"})));
    let sidecar = json!({"spec": {"template": {"spec": {"containers": [{"name": "sidecar", "image": "s:1"}]}}}});
    let (code, object) = cluster.patch("strategic-merge", &one, &sidecar);
    let containers = object["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!((code, containers.len()), (200, 2));
    assert_eq!(containers[1]["imagePullPolicy"], "IfNotPresent");
    let (_, object) = cluster.patch("merge", &one, &sidecar);
    assert_eq!(object["spec"]["template"]["spec"]["containers"].as_array().unwrap().len(), 1);
}

#[test]
fn patches_that_are_refused() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    let one = format!("{MAPS}/a");
    let general = "the server rejected our request due to an error in our request";
    let table = [
        ("json", json!([{"op": "test", "path": "/data/x", "value": 1}]), "", 422, general),
        ("json", json!({}), "", 400, "error decoding patch"),
        ("merge", json!([1]), "", 400, "error decoding patch"),
        (
            "merge",
            json!({"metadata": {"name": "b"}}),
            "",
            400,
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        ("merge", json!({"kind": "Pod"}), "", 400, "Pod in version \"v1\" cannot be handled as a ConfigMap"),
        (
            "merge",
            json!({"data": {"x": 1}}),
            "",
            422,
            " \"\" is invalid: patch: Invalid value: \"{\\\"apiVersion\\\":\\\"v1\\\",\\\"data\\\":{\\\"x\\\":1}",
        ),
        (
            "merge",
            json!({}),
            "?force=true",
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
        ),
        (
            "merge",
            json!({"metadata": {"labels": {"x": "-"}}}),
            "",
            422,
            "ConfigMap \"a\" is invalid: metadata.labels: Invalid value",
        ),
        ("dance", json!({}), "", 415, "415: Unsupported Media Type"),
    ];
    for (kind, patch, query, code, message) in table {
        let (got, status) = cluster.patch(kind, &format!("{one}{query}"), &patch);
        assert_eq!(got, code, "{kind} {patch}: {status}");
        assert!(status["message"].as_str().unwrap().starts_with(message), "{status}");
    }
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    cluster.create(widgets, &json!({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}));
    assert_eq!(cluster.patch("strategic-merge", &format!("{widgets}/w"), &json!({})).0, 415);
}

#[test]
fn unknown_fields() {
    let mut cluster = Cluster::new();
    let body = r#"{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"extra":{"x":1}}"#;
    let json = [("content-type", "application/json")];
    let response = cluster.raw("POST", MAPS, &json, body);
    let warnings: Vec<&str> = response.headers().get_all("warning").iter().map(|w| w.to_str().unwrap()).collect();
    assert_eq!(warnings, [r#"299 - "duplicate field \"data.k\"""#, r#"299 - "unknown field \"extra\"""#]);
    let (code, object) = parsed(&response);
    assert_eq!((code, &object["extra"], &object["data"]["k"]), (201, &Value::Null, &json!("2")));
    let response = cluster.raw("POST", &format!("{MAPS}?fieldValidation=Strict"), &json, body);
    let (code, status) = parsed(&response);
    assert_eq!(code, 400);
    assert_eq!(
        status["message"],
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate field \"data.k\", unknown field \"extra\""
    );
    let response = cluster.raw("PUT", &format!("{MAPS}/a?fieldValidation=Ignore"), &json, body);
    assert!(response.status() == 200 && !response.headers().contains_key("warning"));
}

#[test]
fn custom_resources_are_pruned_and_checked() {
    let mut cluster = Cluster::new();
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    let widget = |spec: Value| json!({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec});
    let object = cluster.create(widgets, &widget(json!({"color": "red", "shape": "round"})));
    assert_eq!(object["spec"], json!({"color": "red"}));
    let (code, status) = cluster.call("POST", widgets, &widget(json!({"color": 5})));
    assert_eq!(code, 422);
    assert_eq!(
        status["message"],
        "Widget.shop.example.com \"w\" is invalid: spec.color: Invalid value: \"integer\": spec.color in body must be of type string: \"integer\""
    );
}

#[test]
fn defaults_are_filled_in() {
    let mut cluster = Cluster::new();
    let object = cluster.create(DEPLOYMENTS, &deployment("web", 1));
    assert_eq!(
        object["spec"]["strategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    );
    assert_eq!(object["spec"]["template"]["spec"]["restartPolicy"], "Always");
    let services = "/api/v1/namespaces/default/services";
    let service = cluster
        .create(services, &json!({"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}));
    let address = &service["spec"]["clusterIP"];
    assert!(address.as_str().unwrap().starts_with("10.96."));
    assert_eq!(service["spec"]["ports"][0]["targetPort"], 80);
    // A replacement without address and port keeps them.
    let (code, again) = cluster.call(
        "PUT",
        &format!("{services}/s"),
        &json!({"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}),
    );
    assert_eq!((code, &again), (200, &service));
}
