//! Discovery, health, version.

use crate::support::{Cluster, definition};
use serde_json::{Value, json};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

#[test]
fn the_old_documents() {
    let mut cluster = Cluster::new();
    assert_eq!(cluster.get("/api").1["versions"], json!(["v1"]));
    let (_, groups) = cluster.get("/apis");
    assert_eq!(groups["kind"], "APIGroupList");
    let apps = groups["groups"].as_array().unwrap().iter().find(|g| g["name"] == "apps").unwrap();
    assert_eq!(apps["preferredVersion"], json!({"groupVersion": "apps/v1", "version": "v1"}));
    let (_, group) = cluster.get("/apis/autoscaling");
    assert_eq!((&group["kind"], &group["preferredVersion"]["version"]), (&json!("APIGroup"), &json!("v2")));
    let (_, core) = cluster.get("/api/v1");
    let resource = |name: &str| {
        let list = core["resources"].as_array().unwrap();
        list.iter().find(|r| r["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    let pods = resource("pods");
    assert_eq!(
        (&pods["kind"], &pods["shortNames"], &pods["namespaced"]),
        (&json!("Pod"), &json!(["po"]), &json!(true))
    );
    assert_eq!(resource("pods/eviction")["group"], "policy");
    assert_eq!(resource("namespaces")["verbs"], json!(["create", "delete", "get", "list", "patch", "update", "watch"]));
    assert_eq!(cluster.get("/apis/apps/v1").1["groupVersion"], "apps/v1");
}

#[test]
fn the_aggregated_documents() {
    let mut cluster = Cluster::new();
    let response = cluster.raw("GET", "/apis", &[("accept", AGGREGATED)], "");
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    assert_eq!((&headers["vary"], &headers["cache-control"]), (&"Accept".parse().unwrap(), &"public".parse().unwrap()));
    let list: Value = serde_json::from_slice(response.body()).unwrap();
    let apps = list["items"].as_array().unwrap().iter().find(|g| g["metadata"]["name"] == "apps").unwrap();
    let deployments =
        apps["versions"][0]["resources"].as_array().unwrap().iter().find(|r| r["resource"] == "deployments").unwrap();
    assert_eq!(deployments["responseKind"], json!({"group": "", "version": "", "kind": "Deployment"}));
    assert_eq!(deployments["subresources"][0]["responseKind"]["kind"], "Scale");
    let tag = headers["etag"].to_str().unwrap();
    assert_eq!(tag.len(), 130);
    let again = cluster.raw("GET", "/apis", &[("accept", AGGREGATED), ("if-none-match", tag)], "");
    assert_eq!((again.status().as_u16(), again.body().len()), (304, 0));
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let changed = cluster.raw("GET", "/apis", &[("accept", AGGREGATED), ("if-none-match", tag)], "");
    assert_eq!(changed.status(), 200);
    let text = String::from_utf8(changed.into_body().to_vec()).unwrap();
    assert!(text.contains(r#""resource":"widgets""#) && text.contains(r#""shortNames":["wd"]"#));
    cluster.server.options_mut().aggregated_discovery = false;
    let old = cluster.raw("GET", "/apis", &[("accept", AGGREGATED)], "");
    assert_eq!(old.headers()["content-type"], "application/json");
}

#[test]
fn health_and_version() {
    let mut cluster = Cluster::new();
    assert_eq!(cluster.get("/readyz"), (200, json!("ok")));
    let (_, verbose) = cluster.get("/readyz?verbose");
    let text = verbose.as_str().unwrap();
    assert!(text.starts_with("[+]ping ok\n") && text.ends_with("readyz check passed\n"), "{text}");
    assert_eq!(cluster.get("/livez/ping").0, 200);
    let (_, version) = cluster.get("/version");
    assert_eq!((&version["major"], &version["minor"]), (&json!("1"), &json!("36")));
    let (_, index) = cluster.get("/");
    assert!(index["paths"].as_array().unwrap().contains(&json!("/apis/apps/v1")));
}

#[test]
fn what_every_answer_has() {
    let mut cluster = Cluster::new();
    let response = cluster.raw("GET", "/version", &[], "");
    let headers = response.headers();
    assert_eq!(headers["cache-control"], "no-cache, private");
    assert_eq!(headers["audit-id"].len(), 36);
    assert!(headers.contains_key("x-kubernetes-pf-flowschema-uid"));
    let response = cluster.raw("GET", "/version", &[("audit-id", "mine"), ("user-agent", "curl/8")], "");
    assert_eq!(response.headers()["audit-id"], "mine");
    assert!(response.body().starts_with(b"{\n  \"major\": \"1\""), "indented for people");
}
