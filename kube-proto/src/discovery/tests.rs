//! Both forms of the documents give the same model; names resolve as in kubectl.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::discovery::*;
use crate::error::Error;
use crate::resource::{ApiResource, Scope};

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
        // kubectl finds a kind in another than the core group only with its group, or if it is the singular name too.
        ("HorizontalPodAutoscaler", "horizontalpodautoscalers.v2.autoscaling"),
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
        ("horizontalpodautoscalers.v1.autoscaling", "horizontalpodautoscalers.v1.autoscaling"),
        // In client-go the version of a short name does not count.
        ("hpa.v1.autoscaling", "horizontalpodautoscalers.v2.autoscaling"),
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
        (known.resolve("x.apps"), r#"the server doesn't have a resource type "x""#),
        (known.resolve("x.v1.apps"), r#"the server doesn't have a resource type "x""#),
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

/// A random server, and what client-go finds in it.
#[derive(Deserialize)]
struct Server {
    groups: Vec<Group>,
    answers: Vec<Answer>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    resources: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    singular: String,
    kind: String,
    short_names: Vec<String>,
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    found: String,
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Category {
    name: String,
    found: Vec<String>,
}

fn discovery_of(groups: Vec<Group>) -> Discovery {
    let resource = |group: &str, version: &str, entry: Entry| {
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        DiscoveredResource {
            resource: ApiResource::new(&api_version, entry.kind, entry.name, Scope::Namespaced),
            singular: entry.singular,
            short_names: entry.short_names,
            categories: entry.categories,
            verbs: Vec::new(),
            subresources: Vec::new(),
        }
    };
    let groups = groups.into_iter().map(|group| {
        let versions = group.versions.into_iter().map(|version| {
            let resources = version.resources.into_iter();
            let resources = resources.map(|entry| resource(&group.name, &version.version, entry)).collect();
            DiscoveredVersion { version: version.version, resources }
        });
        DiscoveredGroup { versions: versions.collect(), name: group.name }
    });
    Discovery { groups: groups.collect(), failures: Vec::new() }
}

#[test]
fn the_same_as_client_go_on_random_servers() {
    let (mut found, mut missed, mut warned) = (0, 0, 0);
    for line in include_str!("corpus/corpus.jsonl").lines() {
        let Server { groups, answers, categories } = serde_json::from_str(line).unwrap();
        let discovery = discovery_of(groups);
        for answer in answers {
            let about = || format!("{} in {line}", answer.name);
            match discovery.resolve_with_warnings(&answer.name) {
                Ok(resolved) if answer.found.is_empty() => {
                    // Row 7 alone is not client-go's.
                    let kind = &resolved.resource.resource.kind;
                    assert!(*kind == answer.name || kind.to_lowercase() == answer.name, "{}", about());
                    assert!(!answer.name.contains('.') && !resolved.resource.resource.group.is_empty(), "{}", about());
                }
                Ok(resolved) => {
                    assert_eq!(resolved.resource.resource.to_string(), answer.found, "{}", about());
                    assert_eq!(resolved.warnings(), answer.warnings, "{}", about());
                    found += 1;
                    warned += usize::from(!answer.warnings.is_empty());
                }
                Err(_) => {
                    assert_eq!(answer.found, "", "{}", about());
                    missed += 1;
                }
            }
        }
        for category in categories {
            let all: Vec<_> =
                discovery.category(&category.name).iter().map(|one| one.resource.group_resource()).collect();
            assert_eq!(all, category.found, "{} in {line}", category.name);
        }
    }
    assert!(found > 700 && missed > 700 && warned > 20, "{found} found, {missed} missed, {warned} with warnings");
}

#[test]
fn a_category_goes_before_a_name() {
    let discovery = aggregated();
    let names = |name| -> Vec<String> {
        discovery.expand(name).unwrap().iter().map(|found| found.resource.plural.to_string()).collect()
    };
    assert_eq!(names("all").len(), 7);
    assert_eq!(names("deploy"), ["deployments"]);
    assert!(discovery.expand("x").is_err());
    assert_eq!(discovery.plural("apps", "deployments").unwrap().resource.kind, "Deployment");
    assert!(discovery.plural("app", "deployments").is_none());
}

#[test]
fn it_survives_a_file() {
    let discovery = aggregated();
    let value = Discovered { discovery, fetched: std::time::Duration::from_secs(7), ..Discovered::default() };
    assert_eq!(Discovered::from_json(&value.to_json()).unwrap(), value);
    for other in [b"{}".as_slice(), b"[]", b"null", b"{\"discovery\":{\"groups\":7}}", b""] {
        assert!(Discovered::from_json(other).is_err());
    }
    let large = vec![b' '; Discovered::LIMIT + 1];
    assert!(matches!(Discovered::from_json(&large).unwrap_err().kind(), crate::error::ErrorKind::TooLarge { .. }));
}
