//! Discovery in both forms, version, health.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use kube_proto::Api;
use kube_proto::api::ApiRequest;
use kube_proto::api::ListParams;
use kube_proto::discovery::{
    Discover, Discovery, DiscoveryCache, Found, Roots, discover, find, find_kind, server_version,
};
use kube_proto::resource::Scope;
use kube_proto::response::Feature;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(aggregated),
    row!(legacy),
    row!(a_server_without_the_aggregated_form).in_memory().memory(|options| options.aggregated_discovery = false),
    row!(in_rounds),
    row!(in_rounds_of_the_old_form).in_memory().memory(|options| options.aggregated_discovery = false),
    row!(by_one_call),
    row!(by_one_call_of_the_old_form).in_memory().memory(|options| options.aggregated_discovery = false),
    row!(kept_with_tags),
    row!(one_resource_by_its_name_or_kind),
    row!(names_as_people_say_them),
    row!(what_is_found_can_be_used),
    row!(version_of_the_server),
    row!(health),
    row!(openapi),
];

fn roots(cx: &Context, accept: &'static str) -> Found {
    let mut roots = Roots::new();
    let core = cx.call(Roots::core_request().accept(accept).bytes().with_info()).unwrap();
    roots.core(&core.info.headers, &core.value).unwrap();
    let named = cx.call(Roots::named_request().accept(accept).bytes().with_info()).unwrap();
    roots.named(&named.info.headers, &named.value).unwrap();
    roots.finish()
}

fn one_by_one(cx: &Context) -> Discovery {
    let Found::Legacy(mut legacy) = roots(cx, "application/json") else { panic!("the request asked for the old form") };
    let (versions, requests): (Vec<_>, Vec<_>) = legacy.requests().into_iter().unzip();
    let answers = cx.batch(requests.into_iter().map(ApiRequest::bytes), 4);
    for (version, answer) in versions.iter().zip(answers) {
        legacy.answer(version, &answer.unwrap());
    }
    legacy.finish()
}

fn all_at_once(cx: &Context) -> Discovery {
    match roots(cx, Roots::ACCEPT) {
        Found::Complete(discovery) => discovery,
        Found::Legacy(legacy) => panic!("not the aggregated form: {legacy:?}"),
    }
}

fn discovered(cx: &Context, rounds: usize) -> Discovery {
    let mut discover = Discover::new();
    let mut done = 0;
    loop {
        let round = discover.round();
        if round.is_empty() {
            assert_eq!(done, rounds);
            return discover.finish().unwrap();
        }
        discover.answer(cx.batch(round, Discover::AT_ONCE));
        done += 1;
    }
}

fn in_rounds(cx: &Context) {
    assert_eq!(discovered(cx, 1), all_at_once(cx));
}

fn in_rounds_of_the_old_form(cx: &Context) {
    assert_eq!(discovered(cx, 2), one_by_one(cx));
}

/// Other rows define resources meanwhile.
fn built_in(discovery: &Discovery) -> Vec<String> {
    let built_in = discovery.all().filter(|one| !one.resource.group.ends_with(".example.com"));
    built_in.map(|one| format!("{one:?}")).collect()
}

fn by_one_call(cx: &Context) {
    assert_eq!(built_in(&cx.call(discover()).unwrap()), built_in(&all_at_once(cx)));
}

fn by_one_call_of_the_old_form(cx: &Context) {
    assert_eq!(cx.call(discover()).unwrap().discovery, one_by_one(cx));
}

fn kept_with_tags(cx: &Context) {
    let cache = DiscoveryCache::new(Duration::ZERO);
    let first = cx.call(discover().cached(&cache)).unwrap();
    let again = cx.call(discover().cached(&cache)).unwrap();
    assert_eq!(built_in(&first), built_in(&again));
    // A value that lives on is the same one.
    let lives = DiscoveryCache::new(Duration::from_secs(3600));
    lives.set(std::sync::Arc::clone(&again));
    assert!(std::sync::Arc::ptr_eq(&cx.call(discover().cached(&lives)).unwrap(), &again));
    // The definition of a resource is news.
    let resource = super::custom::defined(cx, Scope::Namespaced);
    let found = cx.call(find(resource.group_resource()).cached(&lives)).unwrap();
    assert_eq!(found.resource, resource);
    assert!(found.is_watchable(), "{found:?}");
    assert!(lives.value().unwrap().fetched >= again.fetched);
    let scale = found.subresource("scale").unwrap();
    assert_eq!((scale.kind.as_str(), scale.supports("patch")), ("Scale", true));
}

fn one_resource_by_its_name_or_kind(cx: &Context) {
    let found = cx.call(find("deploy")).unwrap();
    assert_eq!(found.resource.to_string(), "deployments.v1.apps");
    assert_eq!(cx.call(find_kind("apps/v1", "Deployment")).unwrap(), found);
    says(&cx.call(find("unicorns")).unwrap_err(), &["the server doesn't have a resource type \"unicorns\""]);
    says(&cx.call(find_kind("apps/v0", "Deployment")).unwrap_err(), &["no matches for kind \"Deployment\" in version"]);
}

fn aggregated(cx: &Context) {
    let discovery = all_at_once(cx);
    assert!(discovery.failures.is_empty());
    assert_eq!(discovery.groups[0].name, "", "the core group is first");
    let pods = discovery.kind("v1", "Pod").unwrap();
    assert_eq!(
        (&*pods.resource.plural, pods.singular.as_str(), pods.resource.scope),
        ("pods", "pod", Scope::Namespaced)
    );
    assert_eq!(
        (pods.short_names.as_slice(), pods.categories.as_slice()),
        (&["po".to_owned()][..], &["all".to_owned()][..])
    );
    assert!(pods.supports("watch") && !pods.supports("fly"));
    let subresources: Vec<&str> = pods.subresources.iter().map(|one| one.name.as_str()).collect();
    for name in [
        "attach",
        "binding",
        "ephemeralcontainers",
        "eviction",
        "exec",
        "log",
        "portforward",
        "proxy",
        "resize",
        "status",
    ] {
        assert!(subresources.contains(&name), "{name} in {subresources:?}");
    }
    let eviction = pods.subresource("eviction").unwrap();
    assert_eq!((eviction.api_version.as_str(), eviction.kind.as_str()), ("policy/v1", "Eviction"));
    let scale = discovery.kind("apps/v1", "Deployment").unwrap().subresource("scale").unwrap();
    assert_eq!((scale.api_version.as_str(), scale.kind.as_str()), ("autoscaling/v1", "Scale"));
    assert_eq!(discovery.kind("v1", "Namespace").unwrap().resource.scope, Scope::Cluster);
    let all: Vec<&str> = discovery.category("all").iter().map(|one| &*one.resource.plural).collect();
    for name in ["pods", "services", "deployments", "jobs"] {
        assert!(all.contains(&name), "{name} in {all:?}");
    }
    assert!(discovery.kind("v1", "Unicorn").is_err());
}

fn legacy(cx: &Context) {
    // Both forms agree, except for resources that other rows define meanwhile.
    let (old, new) = (one_by_one(cx), all_at_once(cx));
    let flat = |discovery: &Discovery| -> BTreeMap<String, String> {
        let built_in = discovery.all().filter(|one| !one.resource.group.ends_with(".example.com"));
        built_in
            .map(|one| {
                let mut one = one.clone();
                one.subresources.sort_by(|a, b| a.name.cmp(&b.name));
                one.subresources.iter_mut().for_each(|sub| sub.verbs.sort());
                one.verbs.sort();
                (one.resource.to_string(), format!("{one:?}"))
            })
            .collect()
    };
    let (old, new) = (flat(&old), flat(&new));
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
    for (name, one) in &old {
        assert_eq!(one, &new[name]);
    }
}

fn a_server_without_the_aggregated_form(cx: &Context) {
    assert!(matches!(roots(cx, Roots::ACCEPT), Found::Legacy(_)));
    assert!(one_by_one(cx).kind("apps/v1", "Deployment").is_ok());
}

fn names_as_people_say_them(cx: &Context) {
    let discovery = all_at_once(cx);
    for (said, meant) in [
        ("pods", "pods.v1"),
        ("po", "pods.v1"),
        ("Pod", "pods.v1"),
        ("POD", "pods.v1"),
        ("deploy", "deployments.v1.apps"),
        ("deployments.apps", "deployments.v1.apps"),
        ("deployments.v1.apps", "deployments.v1.apps"),
        ("events", "events.v1"),
        ("events.events.k8s.io", "events.v1.events.k8s.io"),
        ("hpa", "horizontalpodautoscalers.v2.autoscaling"),
        ("horizontalpodautoscalers.v1.autoscaling", "horizontalpodautoscalers.v1.autoscaling"),
        ("crd", "customresourcedefinitions.v1.apiextensions.k8s.io"),
        ("netpol", "networkpolicies.v1.networking.k8s.io"),
        ("sa", "serviceaccounts.v1"),
    ] {
        assert_eq!(discovery.resolve(said).unwrap().resource.to_string(), meant, "{said}");
    }
    let error = discovery.resolve("unicorns").unwrap_err();
    says(&error, &["the server doesn't have a resource type \"unicorns\""]);
}

fn what_is_found_can_be_used(cx: &Context) {
    let discovery = all_at_once(cx);
    for name in ["ns", "sa", "deployments", "leases", "crd"] {
        let found = discovery.resolve(name).unwrap();
        let api = Api::dynamic(found.resource.clone());
        let api = if found.resource.scope == Scope::Cluster { api } else { api.within(cx.namespace()) };
        let list = cx.call(api.list(&ListParams::default().limit(1))).unwrap();
        assert_eq!(list.kind, format!("{}List", found.resource.kind));
    }
}

fn version_of_the_server(cx: &Context) {
    let version = cx.call(server_version()).unwrap();
    assert!(version.has(Feature::AggregatedDiscovery), "{version:?}");
    assert_eq!(version.major, "1");
    let (major, minor) = version.numbers().unwrap();
    assert!((major, minor) >= (1, 30), "{version:?}");
    assert!(version.git_version.starts_with(&format!("v{major}.{minor}.")), "{version:?}");
}

fn health(cx: &Context) {
    for path in ["/readyz", "/livez", "/healthz", "/readyz/ping"] {
        let answer = cx.call(ApiRequest::raw(Method::GET, path, "").bytes().with_info()).unwrap();
        assert_eq!(
            (answer.value.as_ref(), answer.info.media_type().as_deref()),
            (&b"ok"[..], Some("text/plain")),
            "{path}"
        );
    }
    let verbose = cx.call(ApiRequest::raw(Method::GET, "/livez?verbose", "").bytes()).unwrap();
    let text = String::from_utf8(verbose.to_vec()).unwrap();
    assert!(text.starts_with("[+]ping ok\n") && text.ends_with("livez check passed\n"), "{text}");
    let error = cx.call(ApiRequest::raw(Method::GET, "/readyz/no-such-check", "").bytes()).unwrap_err();
    assert!(error.is_missing_resource(), "{error}");
}

fn openapi(cx: &Context) {
    let index: serde_json::Value = cx.call(ApiRequest::raw(Method::GET, "/openapi/v3", "").json()).unwrap();
    let path = index["paths"]["api/v1"]["serverRelativeURL"].as_str().unwrap().to_owned();
    let document: serde_json::Value = cx.call(ApiRequest::raw(Method::GET, path, "").json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["components"]["schemas"]["io.k8s.api.core.v1.Pod"].is_object());
}
