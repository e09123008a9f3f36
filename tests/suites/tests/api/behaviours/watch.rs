//! Watches: their events, in which order, and their end.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::api::{DeleteParams, ListParams, Patch, PatchParams, WatchParams};
use kube_proto::resource::{DynamicObject, PartialObject};
use kube_proto::watch::WatchEvent;
use serde_json::json;

use super::paging::history;
use super::support::*;
use crate::context::Context;
use crate::rows::{Need, Row, row};
use crate::servers::Site;

pub(crate) const ROWS: &[Row] = &[
    row!(events_in_order),
    row!(what_is_there_first),
    row!(initial_events_and_their_end),
    row!(initial_events_of_nothing),
    row!(from_where_another_ended),
    row!(bookmarks).memory(|options| options.bookmark_every = Duration::from_millis(300)),
    row!(the_time_is_up),
    row!(objects_enter_and_leave_a_selection),
    row!(one_object_by_its_name),
    row!(metadata_only),
    row!(all_namespaces),
    row!(many_events),
    row!(large_events),
    row!(history_is_forgotten).needs(&[Need::Compaction]),
    row!(versions_that_cannot_be_read),
    row!(parameters_that_contradict),
    row!(an_unknown_resource),
    row!(calls_beside_watches),
];

fn from(version: impl Into<String>) -> WatchParams {
    WatchParams::default().resource_version(version).timeout_seconds(20)
}

/// The type of the event and the name of its object.
fn short(event: &WatchEvent<ConfigMap>) -> String {
    match event {
        WatchEvent::Added(object) => format!("+{}", name(object)),
        WatchEvent::Modified(object) => format!("~{}", name(object)),
        WatchEvent::Deleted(object) => format!("-{}", name(object)),
        WatchEvent::Bookmark(bookmark) if bookmark.initial_events_end => "synced".to_owned(),
        WatchEvent::Bookmark(_) => "bookmark".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Reads this many events.
fn take(cx: &Context, api: &Api<ConfigMap>, params: &WatchParams, count: usize) -> Vec<WatchEvent<ConfigMap>> {
    let mut events = Vec::new();
    cx.stream(api.watch_once(params), |event| {
        events.push(event);
        if events.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(events.len(), count, "the watch ended: {events:?}");
    events
}

fn all_short(events: &[WatchEvent<ConfigMap>]) -> Vec<String> {
    events.iter().map(short).collect()
}

/// This row's config maps, without those that controllers create in every namespace.
fn own() -> WatchParams {
    WatchParams::default().label_selector("own=yes").timeout_seconds(20)
}

fn make(cx: &Context, name: &str) -> ConfigMap {
    create(cx, &config_maps(cx), json!({"metadata": {"name": name, "labels": {"own": "yes"}}, "data": {"k": "v"}}))
}

fn now(cx: &Context) -> String {
    cx.call(config_maps(cx).list(&ListParams::default())).unwrap().metadata.resource_version
}

fn events_in_order(cx: &Context) {
    let _history = history(cx);
    let api = config_maps(cx);
    let start = now(cx);
    let first = make(cx, "a");
    make(cx, "b");
    let patch = Patch::merge(&json!({"data": {"k": "v2"}}));
    let changed = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    cx.call(api.delete("a", &DeleteParams::default())).unwrap();
    let again = make(cx, "a");
    let events = take(cx, &api, &own().resource_version(start), 5);
    assert_eq!(all_short(&events), ["+a", "+b", "~a", "-a", "+a"]);
    let (WatchEvent::Added(one), WatchEvent::Modified(two), WatchEvent::Deleted(three), WatchEvent::Added(four)) =
        (&events[0], &events[2], &events[3], &events[4])
    else {
        panic!("{events:?}")
    };
    assert_eq!((one, two, four), (&first, &changed, &again));
    assert_eq!(three.metadata.uid, first.metadata.uid);
    assert_eq!(three.data.as_ref().unwrap()["k"], "v2", "the last state");
    let number = |object: &ConfigMap| version(object).parse::<u64>().unwrap();
    assert!(number(three) > number(two) && number(four) > number(three), "a deletion has a version of its own");
}

fn what_is_there_first(cx: &Context) {
    make(cx, "a");
    make(cx, "b");
    // Without a version, and with 0: existing objects come as if they were new.
    let there = |names: &[&str], params: WatchParams, new: &str| {
        let mut seen = Vec::new();
        cx.stream(config_maps(cx).watch_once(&params), |event| {
            seen.push(short(&event));
            if seen.len() == names.len() {
                make(cx, new);
            }
            if seen.len() > names.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        seen[..names.len()].sort();
        assert_eq!(seen, [names, &[&*format!("+{new}")]].concat());
    };
    there(&["+a", "+b"], own(), "c");
    // The event of `c` shows that the cache has it.
    there(&["+a", "+b", "+c"], own().resource_version("0"), "d");
}

fn initial_events_and_their_end(cx: &Context) {
    for name in ["a", "b", "c"] {
        make(cx, name);
    }
    let params = own().send_initial_events(true).allow_bookmarks();
    let (mut seen, mut synced_at) = (Vec::new(), String::new());
    cx.stream(config_maps(cx).watch_once(&params), |event| {
        if let WatchEvent::Bookmark(bookmark) = &event {
            // A server may send other bookmarks at any time.
            if !bookmark.initial_events_end {
                return ControlFlow::Continue(());
            }
            synced_at.clone_from(&bookmark.resource_version);
            make(cx, "d");
        }
        seen.push(short(&event));
        if seen.last().is_some_and(|last| last == "+d") { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    seen[..3].sort();
    assert_eq!(seen, ["+a", "+b", "+c", "synced", "+d"]);
    // A watch can continue from this version: no event is missed or repeated.
    let events = take(cx, &config_maps(cx), &own().resource_version(synced_at), 1);
    assert_eq!(all_short(&events), ["+d"]);
}

fn initial_events_of_nothing(cx: &Context) {
    let params = own().send_initial_events(true).allow_bookmarks();
    let events = take(cx, &config_maps(cx), &params, 1);
    assert_eq!(all_short(&events), ["synced"], "no event can come before it");
}

fn from_where_another_ended(cx: &Context) {
    let _history = history(cx);
    let api = config_maps(cx);
    let start = now(cx);
    for name in ["a", "b", "c", "d"] {
        make(cx, name);
    }
    let first = take(cx, &api, &own().resource_version(&start), 2);
    let WatchEvent::Added(last) = &first[1] else { panic!("{first:?}") };
    let rest = take(cx, &api, &own().resource_version(version(last)), 2);
    assert_eq!(all_short(&[first, rest].concat()), ["+a", "+b", "+c", "+d"]);
}

fn bookmarks(cx: &Context) {
    // Real servers send one shortly before the time is up.
    let params = own().resource_version(now(cx)).allow_bookmarks().timeout_seconds(4);
    let (events, _) = cx.collect(config_maps(cx).watch_once(&params)).unwrap();
    assert!(!events.is_empty());
    for event in events {
        let WatchEvent::Bookmark(bookmark) = event else { panic!("{event:?}") };
        assert!(!bookmark.initial_events_end && bookmark.resource_version.parse::<u64>().unwrap() > 0);
    }
}

fn the_time_is_up(cx: &Context) {
    let begin = Instant::now();
    let (events, _) = cx.collect(config_maps(cx).watch_once(&from(now(cx)).timeout_seconds(1))).unwrap();
    assert!(events.iter().all(|event| matches!(event, WatchEvent::Added(_))), "{events:?}");
    assert!(begin.elapsed() >= Duration::from_millis(900), "{:?}", begin.elapsed());
}

fn objects_enter_and_leave_a_selection(cx: &Context) {
    let _history = history(cx);
    let api = config_maps(cx);
    let start = now(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    for labels in
        [json!({"own": "yes"}), json!({"own": "yes", "more": "x"}), json!({"own": "no"}), json!({"own": "yes"})]
    {
        let patch = Patch::merge(&json!({"metadata": {"labels": labels}}));
        cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    }
    cx.call(api.delete("a", &DeleteParams::default())).unwrap();
    let events = take(cx, &api, &own().resource_version(start), 5);
    assert_eq!(all_short(&events), ["+a", "~a", "-a", "+a", "-a"]);
}

fn one_object_by_its_name(cx: &Context) {
    let _history = history(cx);
    let start = now(cx);
    for name in ["a", "b", "c"] {
        make(cx, name);
    }
    let params = from(start).field_selector("metadata.name=b").timeout_seconds(2);
    let (events, _) = cx.collect(config_maps(cx).watch_once(&params)).unwrap();
    assert_eq!(all_short(&events), ["+b"]);
}

fn metadata_only(cx: &Context) {
    let _history = history(cx);
    let start = now(cx);
    make(cx, "a");
    let mut found = Vec::new();
    cx.stream(config_maps(cx).metadata().watch_once(&own().resource_version(start)), |event| {
        found.push(event);
        ControlFlow::Break(())
    })
    .unwrap();
    let [WatchEvent::Added(PartialObject { kind, metadata, .. })] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((kind.as_str(), metadata.name.as_deref()), ("PartialObjectMetadata", Some("a")));
}

fn all_namespaces(cx: &Context) {
    let _history = history(cx);
    let start = now(cx);
    let mark = cx.unique("mark");
    create(cx, &config_maps(cx), json!({"metadata": {"name": "a", "labels": {"mark": mark}}}));
    let everywhere = Api::<ConfigMap>::all();
    let events = take(cx, &everywhere, &from(start).label_selector(format!("mark={mark}")), 1);
    let WatchEvent::Added(found) = &events[0] else { panic!("{events:?}") };
    assert_eq!(found.metadata.namespace.as_deref(), Some(cx.namespace()));
}

fn many_events(cx: &Context) {
    let _history = history(cx);
    let api = config_maps(cx);
    let start = now(cx);
    make(cx, "a");
    for n in 0..200 {
        let patch = Patch::merge(&json!({"data": {"n": n.to_string()}}));
        cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    }
    let events = take(cx, &api, &own().resource_version(start), 201);
    let numbers: Vec<String> = events[1..]
        .iter()
        .map(|event| match event {
            WatchEvent::Modified(found) => found.data.as_ref().unwrap()["n"].clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, (0..200).map(|n| n.to_string()).collect::<Vec<_>>());
}

fn large_events(cx: &Context) {
    let _history = history(cx);
    let start = now(cx);
    let text: String = ('a'..='z').cycle().take(900_000).collect();
    for name in ["a", "b"] {
        create(
            cx,
            &config_maps(cx),
            json!({"metadata": {"name": name, "labels": {"own": "yes"}}, "data": {"text": text}}),
        );
    }
    for event in take(cx, &config_maps(cx), &own().resource_version(start), 2) {
        let WatchEvent::Added(found) = event else { panic!("{event:?}") };
        assert_eq!(found.data.unwrap()["text"], text);
    }
}

/// Pod templates: see [`super::paging`].
fn history_is_forgotten(cx: &Context) {
    let api = dynamic(cx, "v1", "PodTemplate", "podtemplates");
    let spec = json!({"template": {"spec": {"containers": [{"name": "main", "image": IMAGE}]}}});
    let make = |name: &str| {
        let mut template = spec.clone();
        template["metadata"] = json!({"name": name});
        create(cx, &api, template)
    };
    let old = version(&make("a"));
    for name in ["b", "c", "d"] {
        make(name);
    }
    match &cx.site {
        Site::Memory(memory) => memory.bound.with(|server| server.compact(server.version())),
        Site::Real(cluster) => {
            let _all = cluster.history.write().unwrap();
            cluster.compact();
        }
    }
    let error =
        cx.stream(api.watch_once(&from(old)), |event: WatchEvent<DynamicObject>| panic!("{event:?}")).unwrap_err();
    assert!(error.is_expired(), "{error}");
    says(&error, &["watch podtemplates in namespace", "(Expired)"]);
}

fn versions_that_cannot_be_read(cx: &Context) {
    let error = cx.stream(config_maps(cx).watch_once(&from("not-a-number")), |event| panic!("{event:?}")).unwrap_err();
    // Current servers report an internal error, without a reason.
    assert_eq!(error.status().unwrap().code, 500, "{error}");
    says(&error, &["resourceVersion: Invalid value: \"not-a-number\""]);
}

fn parameters_that_contradict(cx: &Context) {
    use kube_proto::api::VersionMatch;
    let params = own().resource_version("0").resource_version_match(VersionMatch::NotOlderThan);
    let error = cx.stream(config_maps(cx).watch_once(&params), |event| panic!("{event:?}")).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"]);
    let params = own().send_initial_events(true).resource_version_match(VersionMatch::Exact).resource_version("1");
    let error = cx.stream(config_maps(cx).watch_once(&params), |event| panic!("{event:?}")).unwrap_err();
    assert!(error.is_invalid(), "{error}");
}

fn an_unknown_resource(cx: &Context) {
    let api = dynamic(cx, "example.invalid/v1", "Nothing", "nothings");
    let error = cx.stream(api.watch_once(&own()), |event| panic!("{event:?}")).unwrap_err();
    assert!(!error.is_not_found() && error.is_missing_resource(), "{error}");
}

fn calls_beside_watches(cx: &Context) {
    let _history = history(cx);
    let start = now(cx);
    make(cx, "a");
    // Watches within a watch, and calls within all of them.
    let mut depth = 0;
    let api = config_maps(cx);
    cx.stream(api.watch_once(&own().resource_version(&start)), |_| {
        cx.stream(api.watch_once(&own().resource_version(&start)), |_| {
            assert!(cx.call(api.get("a")).is_ok());
            depth += 1;
            ControlFlow::Break(())
        })
        .unwrap();
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(depth, 1);
}
