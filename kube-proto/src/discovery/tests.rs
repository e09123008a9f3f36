//! Both forms of the documents give the same model; names resolve as in kubectl.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::discovery::*;
use crate::resource::Scope;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

fn headers(content_type: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))])
}

fn resource(name: &str, kind: &str, scope: &str, short: &[&str]) -> Value {
    json!({"resource": name, "responseKind": {"group": "", "version": "", "kind": kind}, "scope": scope,
        "singularResource": kind.to_lowercase(), "verbs": ["get", "list"], "shortNames": short, "categories": ["all"]})
}

fn entry(name: &str, kind: &str, namespaced: bool, short: &[&str]) -> Value {
    json!({"name": name, "kind": kind, "namespaced": namespaced, "singularName": "", "verbs": ["get", "list"],
        "shortNames": short, "categories": ["all"]})
}

fn aggregated() -> Discovery {
    let mut pods = resource("pods", "Pod", "Namespaced", &["po"]);
    pods["subresources"] = json!([
        {"subresource": "eviction", "responseKind": {"group": "policy", "version": "v1", "kind": "Eviction"}, "verbs": ["create"]},
        {"subresource": "log", "responseKind": {"group": "", "version": "", "kind": "Pod"}, "verbs": ["get"]}]);
    let core = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": [
        {"metadata": {"creationTimestamp": null}, "versions": [{"version": "v1", "freshness": "Current", "resources":
            [pods, resource("nodes", "Node", "Cluster", &["no"]), resource("events", "Event", "Namespaced", &["ev"])]}]}]});
    let named = json!({"items": [
        {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "freshness": "Current",
            "resources": [resource("deployments", "Deployment", "Namespaced", &["deploy"])]}]},
        {"metadata": {"name": "events.k8s.io"}, "versions": [{"version": "v1", "freshness": "Current",
            "resources": [resource("events", "Event", "Namespaced", &["ev"])]}]},
        {"metadata": {"name": "autoscaling"}, "versions": [
            {"version": "v2", "freshness": "Current",
                "resources": [resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", "Namespaced", &["hpa"])]},
            {"version": "v1", "freshness": "Current", "resources": [
                resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", "Namespaced", &["hpa"]),
                resource("olds", "Old", "Namespaced", &[])]}]},
        {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale", "resources": []}]}]});
    let mut roots = Roots::new();
    roots.core(&headers(AGGREGATED), core.to_string().as_bytes()).unwrap();
    roots.named(&headers(AGGREGATED), named.to_string().as_bytes()).unwrap();
    match roots.finish() {
        Found::Complete(discovery) => discovery,
        Found::Legacy(legacy) => panic!("{legacy:?}"),
    }
}

fn legacy() -> Discovery {
    let gv = |group: &str, version: &str| json!({"groupVersion": format!("{group}/{version}"), "version": version});
    let mut roots = Roots::new();
    roots.core(&headers("application/json"), br#"{"kind":"APIVersions","versions":["v1"]}"#).unwrap();
    let groups = json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [
        {"name": "apps", "versions": [gv("apps", "v1")], "preferredVersion": gv("apps", "v1")},
        {"name": "events.k8s.io", "versions": [gv("events.k8s.io", "v1")], "preferredVersion": gv("events.k8s.io", "v1")},
        {"name": "autoscaling", "versions": [gv("autoscaling", "v1"), gv("autoscaling", "v2")],
            "preferredVersion": gv("autoscaling", "v2")},
        {"name": "metrics.k8s.io", "versions": [gv("metrics.k8s.io", "v1beta1")], "preferredVersion": null}]});
    roots.named(&headers("application/json"), groups.to_string().as_bytes()).unwrap();
    let Found::Legacy(mut legacy) = roots.finish() else { panic!("there is more to ask") };
    let urls: Vec<_> =
        legacy.requests().iter().map(|(_, request)| request.build("", "").unwrap().uri().to_string()).collect();
    assert_eq!(
        urls,
        [
            "/api/v1",
            "/apis/apps/v1",
            "/apis/events.k8s.io/v1",
            "/apis/autoscaling/v2",
            "/apis/autoscaling/v1",
            "/apis/metrics.k8s.io/v1beta1"
        ]
    );
    let hpa = entry("horizontalpodautoscalers", "HorizontalPodAutoscaler", true, &["hpa"]);
    // The answers come in another order than the requests.
    for (group_version, resources) in [
        ("autoscaling/v1", json!([hpa.clone(), entry("olds", "Old", true, &[])])),
        ("autoscaling/v2", json!([hpa])),
        ("events.k8s.io/v1", json!([entry("events", "Event", true, &["ev"])])),
        (
            "v1",
            json!([
                entry("pods", "Pod", true, &["po"]),
                {"name": "pods/eviction", "kind": "Eviction", "group": "policy", "version": "v1", "namespaced": true, "verbs": ["create"]},
                {"name": "pods/log", "kind": "Pod", "namespaced": true, "verbs": ["get"]},
                entry("nodes", "Node", false, &["no"]),
                entry("events", "Event", true, &["ev"]),
            ]),
        ),
        ("apps/v1", json!([entry("deployments", "Deployment", true, &["deploy"])])),
        ("unasked/v1", json!([])),
    ] {
        let body = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": resources});
        legacy.answer(group_version, body.to_string().as_bytes());
    }
    legacy.fail("metrics.k8s.io/v1beta1", &Error::misuse("stale GroupVersion discovery: metrics.k8s.io/v1beta1"));
    assert!(legacy.requests().is_empty());
    legacy.finish()
}

#[test]
fn both_forms_give_the_same_model() {
    assert_eq!(aggregated(), legacy());
    let failure = &aggregated().failures[0];
    assert_eq!(failure.group_version, "metrics.k8s.io/v1beta1");
    assert_eq!(failure.text, "stale GroupVersion discovery: metrics.k8s.io/v1beta1");
}

#[test]
fn names_as_kubectl_understands_them() {
    let discovery = aggregated();
    for (name, expected) in [
        ("pods", "pods.v1"),
        ("pod", "pods.v1"),
        ("po", "pods.v1"),
        ("Pod", "pods.v1"),
        ("PODS", "pods.v1"),
        ("no", "nodes.v1"),
        ("deploy", "deployments.v1.apps"),
        ("deployments.apps", "deployments.v1.apps"),
        ("deploy.app", "deployments.v1.apps"),
        ("deployments.v1.apps", "deployments.v1.apps"),
        ("Deployment.v1.apps", "deployments.v1.apps"),
        // The core group is the most important one.
        ("events", "events.v1"),
        ("ev", "events.v1"),
        ("events.events.k8s.io", "events.v1.events.k8s.io"),
        ("events.v1.events.k8s.io", "events.v1.events.k8s.io"),
        ("events.events", "events.v1.events.k8s.io"),
        // The preferred version, or the only one that has the resource.
        ("hpa", "horizontalpodautoscalers.v2.autoscaling"),
        ("hpa.v1.autoscaling", "horizontalpodautoscalers.v1.autoscaling"),
        ("olds", "olds.v1.autoscaling"),
    ] {
        assert_eq!(discovery.resolve(name).unwrap().resource.to_string(), expected, "{name}");
    }
    assert_eq!(discovery.resolve("nodes").unwrap().resource.scope, Scope::Cluster);
}

#[test]
fn unknown_types_in_kubectl_s_words() {
    let discovery = aggregated();
    let known = Discovery { failures: Vec::new(), ..discovery.clone() };
    for (error, text) in [
        (known.resolve("x"), r#"the server doesn't have a resource type "x""#),
        (known.resolve("x.apps"), r#"the server doesn't have a resource type "x" in group "apps""#),
        (
            known.find("x", Some("apps"), Some("v1")),
            r#"the server doesn't have a resource type "x" in group "apps" and version "v1""#,
        ),
        (
            discovery.resolve("x"),
            r#"the server doesn't have a resource type "x"; nothing is known of metrics.k8s.io/v1beta1, which did not answer"#,
        ),
        (
            known.kind("apps/v2", "Deployment"),
            r#"no matches for kind "Deployment" in version "apps/v2"; is the CustomResourceDefinition installed?"#,
        ),
    ] {
        assert_eq!(error.unwrap_err().to_string(), text);
    }
    assert_eq!(discovery.kind("apps/v1", "Deployment").unwrap().resource.plural, "deployments");
}

#[test]
fn categories_and_subresources() {
    let discovery = aggregated();
    let all: Vec<_> = discovery.category("all").iter().map(|found| found.resource.to_string()).collect();
    assert_eq!(
        all,
        [
            "pods.v1",
            "nodes.v1",
            "events.v1",
            "deployments.v1.apps",
            "events.v1.events.k8s.io",
            "horizontalpodautoscalers.v2.autoscaling",
            "olds.v1.autoscaling"
        ]
    );
    let pods = discovery.resolve("pods").unwrap();
    assert!(pods.supports("list") && !pods.supports("watch"));
    let eviction = pods.subresource("eviction").unwrap();
    assert_eq!((eviction.api_version.as_str(), eviction.kind.as_str()), ("policy/v1", "Eviction"));
    assert_eq!(pods.subresource("log").unwrap().api_version, "v1");
}

#[test]
fn the_form_is_known_by_the_content_type() {
    let body =
        br#"{"items":[{"metadata":{"name":"apps"},"versions":[{"version":"v1","freshness":"Current"}]}],"groups":[]}"#;
    for (content_type, groups) in [
        (AGGREGATED, 1),
        ("application/json; as=APIGroupDiscoveryList; v=v2beta1; x=y; g=apidiscovery.k8s.io", 1),
        ("application/json", 0),
        ("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList", 0),
    ] {
        let mut roots = Roots::new();
        roots.named(&headers(content_type), body).unwrap();
        let Found::Complete(discovery) = roots.finish() else { panic!("nothing more to ask") };
        assert_eq!(discovery.groups.len(), groups, "{content_type}");
    }
    assert!(Roots::new().core(&HeaderMap::new(), b"<html>").is_err());
    for other in [br#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#.as_slice(), br#"{"kind":"PodList"}"#] {
        for content_type in [AGGREGATED, "application/json"] {
            assert!(Roots::new().core(&headers(content_type), other).is_err());
            assert!(Roots::new().named(&headers(content_type), other).is_err());
        }
    }
}

#[test]
fn a_server_without_a_core_group_is_whole() {
    let mut roots = Roots::new();
    roots.named(&headers(AGGREGATED), b"{}").unwrap();
    assert!(matches!(roots.finish(), Found::Complete(discovery) if discovery == Discovery::default()));
    let accept = Roots::named_request().accept;
    assert_eq!(
        accept,
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
         application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
    );
}
