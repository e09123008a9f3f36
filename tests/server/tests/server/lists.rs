//! Lists: pages, versions, selectors.

use crate::support::Cluster;
use kube_test_server::Options;
use serde_json::{Value, json};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|i| i["metadata"]["name"].as_str().unwrap()).collect()
}

fn filled() -> Cluster {
    let mut cluster = Cluster::new();
    for name in ["a", "b", "c", "d", "e"] {
        cluster.config_map(name);
    }
    cluster
}

#[test]
fn items_of_built_in_lists_have_no_kind() {
    let mut cluster = filled();
    let (_, list) = cluster.get(MAPS);
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("ConfigMapList"), &json!("v1")));
    assert_eq!((&list["items"][0]["kind"], names(&list).len()), (&Value::Null, 5));
    assert_eq!(list["metadata"]["resourceVersion"], cluster.server.version().to_string());
}

#[test]
fn pages_show_one_moment() {
    let mut cluster = filled();
    let (_, first) = cluster.get(&format!("{MAPS}?limit=2"));
    assert_eq!((names(&first), &first["metadata"]["remainingItemCount"]), (vec!["a", "b"], &json!(3)));
    // The pages do not show changes between them.
    cluster.call("DELETE", &format!("{MAPS}/c"), &Value::Null);
    cluster.config_map("cc");
    let mut token = first["metadata"]["continue"].as_str().unwrap().to_owned();
    let mut seen = Vec::new();
    loop {
        let (code, page) = cluster.get(&format!("{MAPS}?limit=2&continue={token}"));
        assert_eq!((code, &page["metadata"]["resourceVersion"]), (200, &first["metadata"]["resourceVersion"]));
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["metadata"]["continue"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["c", "d", "e"]);
}

#[test]
fn a_forgotten_token_says_how_to_go_on() {
    let mut cluster = filled();
    let (_, first) = cluster.get(&format!("{MAPS}?limit=2"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    cluster.call("DELETE", &format!("{MAPS}/c"), &Value::Null);
    cluster.server.compact(cluster.server.version());
    let (code, status) = cluster.get(&format!("{MAPS}?limit=2&continue={token}"));
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
    assert!(status["message"].as_str().unwrap().starts_with("The provided continue parameter is too old"));
    let token = status["metadata"]["continue"].as_str().unwrap();
    let (code, page) = cluster.get(&format!("{MAPS}?limit=2&continue={token}"));
    assert_eq!((code, names(&page)), (200, vec!["d", "e"]));
}

#[test]
fn which_version_is_listed() {
    let mut cluster = filled();
    let then = cluster.server.version();
    cluster.config_map("f");
    let future = cluster.server.version() + 5;
    let table = [
        (String::new(), 200, 6),
        ("?resourceVersion=0&limit=2".into(), 200, 6),
        (format!("?resourceVersion={then}"), 200, 6),
        (format!("?resourceVersion={then}&resourceVersionMatch=NotOlderThan&limit=2"), 200, 2),
        (format!("?resourceVersion={then}&resourceVersionMatch=Exact"), 200, 5),
        (format!("?resourceVersion={then}&limit=50"), 200, 5),
        (format!("?resourceVersion={future}"), 504, 0),
        ("?resourceVersion=abc".into(), 400, 0),
        ("?resourceVersionMatch=Exact".into(), 422, 0),
        ("?resourceVersion=0&resourceVersionMatch=Exact".into(), 422, 0),
        ("?resourceVersion=5&resourceVersionMatch=Fuzzy".into(), 422, 0),
        ("?sendInitialEvents=true".into(), 422, 0),
        ("?limit=ten".into(), 400, 0),
        ("?continue=nonsense!".into(), 400, 0),
    ];
    for (query, code, items) in table {
        let (got, list) = cluster.get(&format!("{MAPS}{query}"));
        assert_eq!((got, list["items"].as_array().map_or(0, Vec::len)), (code, items), "{query}: {list}");
    }
    cluster.server.compact(cluster.server.version());
    let (code, status) = cluster.get(&format!("{MAPS}?resourceVersion={then}&resourceVersionMatch=Exact"));
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
}

#[test]
fn a_version_from_the_future_is_a_timeout_to_repeat() {
    let mut cluster = Cluster::new();
    let response = cluster.raw("GET", &format!("{MAPS}?resourceVersion=999"), &[], "");
    assert_eq!(response.status(), 504);
    assert_eq!(response.headers()["retry-after"], "1");
    let status: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
}

#[test]
fn selectors_narrow_lists_and_hide_the_count() {
    let mut cluster = Cluster::new();
    for (name, app) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "x")] {
        cluster.create(MAPS, &json!({"metadata": {"name": name, "labels": {"app": app}}}));
    }
    let (_, list) = cluster.get(&format!("{MAPS}?labelSelector=app%3Dx&limit=2"));
    assert_eq!((names(&list), &list["metadata"]["remainingItemCount"]), (vec!["a", "c"], &Value::Null));
    assert!(list["metadata"]["continue"].is_string());
    let (_, list) = cluster.get(&format!("{MAPS}?fieldSelector=metadata.name%3Db"));
    assert_eq!(names(&list), ["b"]);
    let (code, status) = cluster.get(&format!("{MAPS}?fieldSelector=spec.x%3Db"));
    let known = "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
    assert_eq!((code, &status["message"]), (400, &json!(known)));
    assert_eq!(cluster.get(&format!("{MAPS}?labelSelector=a+b")).0, 400);
}

#[test]
fn all_namespaces_are_listed_in_the_order_of_keys() {
    let mut cluster = Cluster::new();
    for (namespace, name) in [("default", "z"), ("kube-system", "a"), ("default", "b")] {
        cluster.create(&format!("/api/v1/namespaces/{namespace}/configmaps"), &json!({"metadata": {"name": name}}));
    }
    let (_, list) = cluster.get("/api/v1/configmaps?limit=2");
    assert_eq!(names(&list), ["b", "z"]);
    let token = list["metadata"]["continue"].as_str().unwrap();
    assert_eq!(names(&cluster.get(&format!("/api/v1/configmaps?limit=2&continue={token}")).1), ["a"]);
}

#[test]
fn a_server_may_bound_its_pages() {
    let mut cluster = Cluster::with(Options { page_limit: Some(1), ..Options::default() });
    let (_, list) = cluster.get("/api/v1/namespaces");
    assert_eq!((names(&list).len(), list["metadata"]["continue"].is_string()), (1, true));
}

#[test]
fn metadata_only() {
    let mut cluster = filled();
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let response = cluster.raw("GET", MAPS, &[("accept", accept)], "");
    let list: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        (&list["kind"], &list["items"][0]["kind"]),
        (&json!("PartialObjectMetadataList"), &json!("PartialObjectMetadata"))
    );
    assert_eq!(response.headers()["content-type"], "application/json");
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let response = cluster.raw("GET", MAPS, &[("accept", accept)], "");
    assert_eq!(response.status(), 406);
    let response = cluster.raw("GET", &format!("{MAPS}/a"), &[("accept", accept)], "");
    let one: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((&one["kind"], &one["apiVersion"]), (&json!("PartialObjectMetadata"), &json!("meta.k8s.io/v1")));
}
