//! Discovery in both forms, version, health.

use std::collections::BTreeMap;

use http::Method;
use kube_proto::Api;
use kube_proto::api::ApiRequest;
use kube_proto::api::ListParams;
use kube_proto::discovery::{Discover, Discovery, Found, Roots};
use kube_proto::resource::Scope;
use kube_proto::response::Version;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(aggregated),
    row!(legacy),
    row!(a_server_without_the_aggregated_form).in_memory().memory(|options| options.aggregated_discovery = false),
    row!(in_rounds),
    row!(in_rounds_of_the_old_form).in_memory().memory(|options| options.aggregated_discovery = false),
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
    let version: Version = cx.call(ApiRequest::raw(Method::GET, "/version", "").json()).unwrap();
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
