//! Lists in pages: every object once, one version, and the end of its history.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::api::{DeleteParams, ListParams, VersionMatch, WriteParams};
use kube_proto::resource::{DynamicObject, PartialObject};
use kube_proto::settings::RetryPolicy;
use serde_json::json;

use super::support::*;
use crate::context::{Context, settings};
use crate::rows::{Need, Row, row};
use crate::servers::Site;

pub(crate) const ROWS: &[Row] = &[
    row!(every_object_once),
    row!(by_hand),
    row!(one_state_of_the_world),
    row!(stopped_in_the_middle),
    row!(metadata_only),
    row!(with_selectors),
    row!(a_page_limit_of_the_server).in_memory().memory(|options| options.page_limit = Some(7)),
    row!(versions),
    row!(tokens_that_cannot_be_read),
    row!(history_is_forgotten_in_the_middle).needs(&[Need::Compaction]),
];

/// This number of config maps for this row, with names in order; every fifth has the label `five`.
fn crowd(cx: &Context, count: usize) -> Api<ConfigMap> {
    let api = config_maps(cx);
    let creates = (0..count).map(|n| {
        let labels = if n % 5 == 0 { json!({"five": "yes"}) } else { json!({}) };
        let made: ConfigMap =
            object(json!({"metadata": {"name": format!("n-{n:03}"), "labels": labels}, "data": {"n": n.to_string()}}));
        api.create(&made, &WriteParams::default())
    });
    for result in cx.batch(creates, 8) {
        result.unwrap();
    }
    api
}

/// The objects of this row: controllers of a real cluster create config maps of their own in every namespace.
fn own(found: &[ConfigMap]) -> Vec<String> {
    found.iter().map(name).filter(|name| name.starts_with("n-")).collect()
}

fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("n-{n:03}")).collect()
}

fn every_object_once(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 260);
    let (items, pages) = cx.collect(api.pages(&ListParams::default().limit(50))).unwrap();
    assert_eq!(own(&items), numbered(0..260));
    let end = pages.metadata().unwrap();
    assert!(end.continue_token.is_empty() && !end.resource_version.is_empty());
    let whole = cx.call(api.list(&ListParams::default())).unwrap();
    assert_eq!(own(&whole.items), own(&items));
    // The default is 500 per page: one page.
    let (items, _) = cx.collect(api.pages(&ListParams::default())).unwrap();
    assert_eq!(own(&items), numbered(0..260));
}

fn by_hand(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 30);
    if cx.site.is_real() {
        // A controller creates this one in every namespace, and it counts.
        cx.eventually("the root certificates", || cx.call(api.get("kube-root-ca.crt")).ok());
    }
    let total = cx.call(api.list(&ListParams::default())).unwrap().items.len();
    let mut params = ListParams::default().limit(9);
    let (mut seen, mut versions) = (0, BTreeSet::new());
    loop {
        let page = cx.call(api.list(&params)).unwrap();
        seen += page.items.len();
        versions.insert(page.metadata.resource_version.clone());
        if page.metadata.continue_token.is_empty() {
            assert_eq!(page.metadata.remaining_item_count, None);
            break;
        }
        assert_eq!(page.items.len(), 9);
        assert_eq!(page.metadata.remaining_item_count, Some(i64::try_from(total - seen).unwrap()));
        params = params.continue_token(page.metadata.continue_token);
    }
    assert_eq!(seen, total);
    assert_eq!(versions.len(), 1, "all pages are of one version: {versions:?}");
}

fn one_state_of_the_world(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 30);
    let first = cx.call(api.list(&ListParams::default().limit(10))).unwrap();
    cx.call(api.create(&config_map("n-999", "k", "v"), &WriteParams::default())).unwrap();
    cx.call(api.delete("n-020", &DeleteParams::default())).unwrap();
    let rest = cx.call(api.list(&ListParams::default().continue_token(first.metadata.continue_token))).unwrap();
    let names = own(&[first.items, rest.items].concat());
    assert_eq!(names, numbered(0..30), "the state at the first page");
    assert_eq!(rest.metadata.resource_version, first.metadata.resource_version);
    let now = cx.call(api.list(&ListParams::default())).unwrap();
    assert_eq!(own(&now.items), numbered((0..20).chain(21..30).chain([999])));
}

fn stopped_in_the_middle(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 30);
    let mut seen = 0;
    cx.stream(api.pages(&ListParams::default().limit(4)), |_| {
        seen += 1;
        if seen == 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(seen, 6);
    assert_eq!(cx.call(api.get("n-007")).unwrap().data.unwrap()["n"], "7", "the client still works");
}

fn metadata_only(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 30);
    let (items, _) = cx.collect(api.metadata().pages(&ListParams::default().limit(7))).unwrap();
    let names: Vec<String> =
        items.iter().map(|item: &PartialObject| name(item)).filter(|name| name.starts_with("n-")).collect();
    assert_eq!(names, numbered(0..30));
}

fn with_selectors(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 30);
    let params = ListParams::default().label_selector("five=yes").limit(4);
    let first = cx.call(api.list(&params)).unwrap();
    assert_eq!(first.metadata.remaining_item_count, None, "not counted with a selector");
    let (items, _) = cx.collect(api.pages(&params)).unwrap();
    assert_eq!(own(&items), numbered((0..30).step_by(5)));
}

fn a_page_limit_of_the_server(cx: &Context) {
    let api = crowd(cx, 30);
    let (items, _) = cx.collect(api.pages(&ListParams::default())).unwrap();
    assert_eq!(own(&items), numbered(0..30), "a server may give less than requested");
}

fn versions(cx: &Context) {
    let _history = history(cx);
    let api = crowd(cx, 3);
    let before = cx.call(api.list(&ListParams::default())).unwrap().metadata.resource_version;
    cx.call(api.delete("n-001", &DeleteParams::default())).unwrap();
    let exact = ListParams::default().resource_version(&before).resource_version_match(VersionMatch::Exact);
    let list = cx.call(api.list(&exact)).unwrap();
    assert_eq!(own(&list.items), numbered(0..3));
    assert_eq!(list.metadata.resource_version, before);
    // In pages too: the version is that of the first page, and then that of the token.
    let (items, pages) = cx.collect(api.pages(&exact.limit(1))).unwrap();
    assert_eq!(own(&items), numbered(0..3));
    assert_eq!(pages.metadata().unwrap().resource_version, before);
    let at_least = ListParams::default().resource_version(&before).resource_version_match(VersionMatch::NotOlderThan);
    assert!(cx.call(api.list(&at_least)).is_ok());
    let error = cx.call(api.list(&ListParams::default().resource_version_match(VersionMatch::Exact))).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    let error = cx.call(api.list(&ListParams::default().resource_version("not-a-number"))).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    let far = ListParams::default().resource_version("999999999999").resource_version_match(VersionMatch::NotOlderThan);
    // The server asks for a retry, ten times: not in this test.
    let mut settings = settings();
    settings.retry = RetryPolicy::NEVER;
    let impatient = cx.client_with(cx.site.admin(), settings).unwrap();
    let error = impatient.call(api.list(&far)).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert!(error.status().unwrap().is_too_large_resource_version(), "{error}");
}

fn tokens_that_cannot_be_read(cx: &Context) {
    let error = cx.call(config_maps(cx).list(&ListParams::default().continue_token("nonsense"))).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["list configmaps in namespace", "continue"]);
}

/// Pod templates: the servers of `tests/cluster` do not cache them, so a compaction takes effect at once.
fn history_is_forgotten_in_the_middle(cx: &Context) {
    let api = dynamic(cx, "v1", "PodTemplate", "podtemplates");
    let template = |n: usize| {
        let spec = json!({"containers": [{"name": "main", "image": IMAGE}]});
        object::<DynamicObject>(json!({"metadata": {"name": format!("n-{n:03}")}, "template": {"spec": spec}}))
    };
    for n in 0..12 {
        cx.call(api.create(&template(n), &WriteParams::default())).unwrap();
    }
    let first = cx.call(api.list(&ListParams::default().limit(5))).unwrap();
    let token = first.metadata.continue_token.clone();
    cx.call(api.delete("n-011", &DeleteParams::default())).unwrap();
    cx.call(api.create(&template(12), &WriteParams::default())).unwrap();
    match &cx.site {
        Site::Memory(memory) => memory.bound.with(|server| server.compact(server.version())),
        Site::Real(cluster) => {
            let _all = cluster.history.write().unwrap();
            cluster.compact();
        }
    }
    let error = cx.call(api.list(&ListParams::default().limit(5).continue_token(&token))).unwrap_err();
    assert!(error.is_expired(), "{error}");
    says(&error, &["The provided continue parameter is too old", "`continue_token`"]);
    // The error says how to continue, without consistency.
    let onward = error.continue_token().unwrap().to_owned();
    let rest = cx.call(api.list(&ListParams::default().continue_token(onward))).unwrap();
    let names: Vec<String> = first.items.iter().chain(&rest.items).map(name).collect();
    assert_eq!(names, numbered((0..11).chain([12])));
}

/// No history is compacted while this is held.
pub(super) fn history(cx: &Context) -> Option<std::sync::RwLockReadGuard<'_, ()>> {
    match &cx.site {
        Site::Memory(_) => None,
        Site::Real(cluster) => Some(cluster.history.read().unwrap()),
    }
}
