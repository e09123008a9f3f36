//! Refusals, word for word.

use crate::support::{Cluster, deployment, pod};
use serde_json::{Value, json};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";

#[test]
fn paths_that_are_not_served() {
    let mut cluster = Cluster::new();
    let plain = json!("404 page not found\n");
    for target in ["/nothing", "/apis/nope.io", "/apis/nope.io/v1", "/apis/nope.io/v1/things", "/api/v2"] {
        assert_eq!(cluster.get(target), (404, plain.clone()), "{target}");
    }
    let response = cluster.raw("GET", "/nothing", &[], "");
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let document = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "the server could not find the requested resource", "reason": "NotFound", "details": {}, "code": 404});
    for target in [
        "/api/v1/things",
        "/apis/apps/v9/deployments",
        "/apis/apps/v1/things",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/pods/p",
        &format!("{PODS}/p/nothing"),
    ] {
        assert_eq!(cluster.get(target), (404, document.clone()), "{target}");
    }
    let (code, status) = cluster.get(&format!("{MAPS}/none"));
    assert_eq!((code, &status["message"]), (404, &json!("configmaps \"none\" not found")));
    assert_eq!(status["details"], json!({"name": "none", "kind": "configmaps"}));
    let (_, status) = cluster.get("/apis/apps/v1/namespaces/default/deployments/none");
    assert_eq!(status["message"], "deployments.apps \"none\" not found");
}

#[test]
fn methods_that_are_not_served() {
    let mut cluster = Cluster::new();
    for (method, target) in [
        ("POST", "/api/v1/pods"),
        ("PUT", PODS),
        ("DELETE", "/api/v1/namespaces"),
        ("POST", "/api/v1/componentstatuses"),
    ] {
        let (code, status) = cluster.call(method, target, &json!({}));
        assert_eq!((code, &status["reason"]), (405, &json!("MethodNotAllowed")), "{method} {target}");
        assert_eq!(status["message"], "the server does not allow this method on the requested resource");
    }
}

#[test]
fn bodies_that_make_no_sense() {
    let mut cluster = Cluster::new();
    let table = [
        (
            "not json",
            400,
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ",
        ),
        (
            r#"{"apiVersion":"apps/v1","kind":"ConfigMap"}"#,
            400,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: no kind \"ConfigMap\" is registered for version \"apps/v1\"",
        ),
        (
            r#"{"apiVersion":"apps/v1","kind":"Deployment"}"#,
            400,
            "the API version in the data (apps/v1) does not match the expected API version (v1)",
        ),
        (
            r#"{"apiVersion":"v1","kind":"Pod"}"#,
            400,
            "Pod in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion",
        ),
        (
            r#"{"metadata":{}}"#,
            422,
            "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required",
        ),
        (
            r#"{"metadata":{"name":"a","namespace":"other"}}"#,
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            r#"{"metadata":{"name":"A_b"}}"#,
            422,
            "ConfigMap \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of",
        ),
        (
            r#"{"metadata":{"name":"a","resourceVersion":"5"}}"#,
            500,
            "resourceVersion should not be set on objects to be created",
        ),
        (
            r#"{"metadata":{"name":"a","labels":{"a/b/c":"x"}}}"#,
            422,
            "ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"a/b/c\"",
        ),
    ];
    for (body, code, message) in table {
        let response = cluster.raw("POST", MAPS, &[("content-type", "application/json")], body);
        let status: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status().as_u16(), code, "{body}: {status}");
        assert!(status["message"].as_str().unwrap().starts_with(message), "{body}: {}", status["message"]);
    }
    cluster.config_map("a");
    let (code, status) = cluster.call("POST", MAPS, &json!({"metadata": {"name": "a"}}));
    assert_eq!(
        (code, &status["reason"], &status["message"]),
        (409, &json!("AlreadyExists"), &json!("configmaps \"a\" already exists"))
    );
    let (code, status) = cluster.call("PUT", &format!("{MAPS}/a"), &json!({"metadata": {"name": "b"}}));
    assert_eq!(
        (code, &status["message"]),
        (400, &json!("the name of the object (b) does not match the name on the URL (a)"))
    );
}

#[test]
fn media_types() {
    let mut cluster = Cluster::new();
    let response = cluster.raw("POST", MAPS, &[("content-type", "text/html")], "{}");
    let status: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &status["reason"]), (415, &json!("UnsupportedMediaType")));
    assert!(status["message"].as_str().unwrap().starts_with(
        "the body of the request was in an unknown format - accepted media types include: application/json"
    ));
    let response = cluster.raw("GET", MAPS, &[("accept", "image/png")], "");
    let status: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &status["reason"]), (406, &json!("NotAcceptable")));
}

#[test]
fn too_large_bodies() {
    let mut cluster = Cluster::new();
    let limit = 3 * 1024 * 1024;
    let (code, status) = cluster.call("POST", MAPS, &json!("x".repeat(limit)));
    assert_eq!((code, &status["reason"]), (413, &json!("RequestEntityTooLarge")));
    assert_eq!(status["message"], "Request entity too large: limit is 3145728");
}

#[test]
fn invalid_objects_name_the_fields() {
    let mut cluster = Cluster::new();
    let (code, status) =
        cluster.call("POST", PODS, &json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}));
    assert_eq!((code, &status["reason"]), (422, &json!("Invalid")));
    assert_eq!(status["message"], "Pod \"p\" is invalid: spec.containers[0].image: Required value");
    assert_eq!(
        status["details"],
        json!({"name": "p", "kind": "Pod", "causes": [
        {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.containers[0].image"}]})
    );
    let mut wrong = deployment("web", 1);
    wrong["spec"]["template"]["metadata"]["labels"]["app"] = json!("other");
    let (code, status) = cluster.call("POST", "/apis/apps/v1/namespaces/default/deployments", &wrong);
    assert_eq!(code, 422);
    assert_eq!(
        status["message"],
        "Deployment.apps \"web\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`"
    );
    cluster.create(PODS, &pod("p"));
    let (code, status) = cluster.call("PATCH", &format!("{PODS}/p"), &json!({"spec": {"nodeSelector": {"a": "b"}}}));
    assert_eq!(code, 422);
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .starts_with("Pod \"p\" is invalid: spec: Forbidden: pod updates may not change")
    );
}

#[test]
fn options_of_writes_are_checked() {
    let mut cluster = Cluster::new();
    let table = [
        (
            "dryRun=Some",
            "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"",
        ),
        (
            "fieldManager=a%07b",
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"a\\ab\": invalid character U+0007 (at position 1)",
        ),
        (
            "fieldValidation=Maybe",
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Maybe\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
        ),
    ];
    for (query, message) in table {
        let (code, status) = cluster.call("POST", &format!("{MAPS}?{query}"), &json!({"metadata": {"name": "a"}}));
        assert_eq!((code, &status["message"]), (422, &json!(message)), "{query}");
        assert_eq!(status["details"]["group"], "meta.k8s.io");
    }
}
