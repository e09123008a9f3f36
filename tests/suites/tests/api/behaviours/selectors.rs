//! Label and field selectors.

use k8s_openapi::api::core::v1::{ConfigMap, Event, Secret};
use kube_proto::Api;
use kube_proto::api::{FieldSelector, LabelSelector, ListParams};
use kube_proto::resource::DynamicObject;
use serde_json::json;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(labels),
    row!(built_selectors_choose_as_the_server_does),
    row!(strange_values),
    row!(fields),
    row!(fields_of_pods),
    row!(fields_of_events_and_secrets),
    row!(both),
    row!(selectors_that_cannot_be_read),
    row!(fields_that_are_not_served),
];

fn labelled(cx: &Context) -> Api<ConfigMap> {
    let api = config_maps(cx);
    for (name, labels) in [
        ("a", json!({"set": "x", "app": "web", "tier": "front"})),
        ("b", json!({"set": "x", "app": "web", "tier": ""})),
        ("c", json!({"set": "x", "app": "db", "size": "7"})),
        ("d", json!({"set": "x"})),
    ] {
        create(cx, &api, json!({"metadata": {"name": name, "labels": labels}}));
    }
    api
}

fn chosen(cx: &Context, api: &Api<ConfigMap>, params: &ListParams) -> String {
    cx.call(api.list(params)).unwrap().items.iter().map(name).collect::<Vec<_>>().concat()
}

fn labels(cx: &Context) {
    let api = labelled(cx);
    for (selector, expected) in [
        ("set=x", "abcd"),
        ("set=x,app=web", "ab"),
        ("set==x,app==db", "c"),
        ("set=x,app!=web", "cd"),
        ("set=x,app in (web, db)", "abc"),
        ("set=x,app notin (web)", "cd"),
        ("set=x,app", "abc"),
        ("set=x,!app", "d"),
        ("set=x,tier=", "b"),
        ("set=x,tier in (,front)", "ab"),
        ("set=x,size>6", "c"),
        ("set=x,size<7", ""),
        ("set=y", ""),
    ] {
        assert_eq!(chosen(cx, &api, &ListParams::default().label_selector(selector)), expected, "{selector}");
    }
}

fn built_selectors_choose_as_the_server_does(cx: &Context) {
    let api = labelled(cx);
    let all = cx.call(api.list(&ListParams::default().label_selector("set=x"))).unwrap().items;
    let x = || LabelSelector::new().equals("set", "x").unwrap();
    for selector in [
        x(),
        x().exists("app").unwrap(),
        x().does_not_exist("app").unwrap(),
        x().not_equals("app", "web").unwrap(),
        x().is_in("app", ["web", "db"]).unwrap(),
        x().not_in("app", ["db"]).unwrap(),
        x().equals("tier", "").unwrap(),
    ] {
        let here: String = all
            .iter()
            .filter(|item| selector.matches(item.metadata.labels.as_ref().unwrap()))
            .map(name)
            .collect::<Vec<_>>()
            .concat();
        let there = chosen(cx, &api, &ListParams::default().label_selector(selector.to_string()));
        assert_eq!(here, there, "{selector}");
    }
}

fn strange_values(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "labels": {"example.com/a.b_c-d": "V.1_2-3"}}}));
    let selector = LabelSelector::new().equals("example.com/a.b_c-d", "V.1_2-3").unwrap();
    assert_eq!(chosen(cx, &api, &ListParams::default().label_selector(selector.to_string())), "a");
}

fn fields(cx: &Context) {
    let api = labelled(cx);
    for (selector, expected) in [
        (FieldSelector::name("b").to_string(), "b"),
        ("metadata.name==b".to_owned(), "b"),
        ("metadata.name=b,metadata.name=c".to_owned(), ""),
        (format!("metadata.namespace={},metadata.name=a", cx.namespace()), "a"),
        ("metadata.namespace=elsewhere".to_owned(), ""),
    ] {
        assert_eq!(chosen(cx, &api, &ListParams::default().field_selector(&selector)), expected, "{selector}");
    }
    let others = FieldSelector::new().not_equals("metadata.name", "b").unwrap().to_string();
    let params = ListParams::default().field_selector(others).label_selector("set=x");
    assert_eq!(chosen(cx, &api, &params), "acd");
}

fn fields_of_pods(cx: &Context) {
    cx.namespace_for_pods();
    let api = dynamic(cx, "v1", "Pod", "pods");
    for name in ["one", "two"] {
        create(cx, &api, idle_pod(name));
    }
    for (selector, expected) in [
        ("status.phase=Pending", 2),
        ("status.phase!=Pending", 0),
        ("spec.nodeName=", 2),
        ("spec.schedulerName=none,metadata.name=one", 1),
        ("spec.restartPolicy=Always", 2),
    ] {
        let list = cx.call(api.list(&ListParams::default().field_selector(selector))).unwrap();
        assert_eq!(list.items.len(), expected, "{selector}");
    }
}

fn fields_of_events_and_secrets(cx: &Context) {
    let events = Api::<Event>::namespaced(cx.namespace());
    for (name, reason) in [("e1", "Started"), ("e2", "Stopped")] {
        let about = json!({"kind": "ConfigMap", "name": "a", "namespace": cx.namespace(), "apiVersion": "v1"});
        create(
            cx,
            &events,
            json!({"metadata": {"name": name}, "involvedObject": about, "reason": reason, "type": "Normal"}),
        );
    }
    let found =
        |selector: &str| cx.call(events.list(&ListParams::default().field_selector(selector))).unwrap().items.len();
    assert_eq!(found("involvedObject.name=a,involvedObject.kind=ConfigMap"), 2);
    assert_eq!(found("involvedObject.name=a,reason=Started"), 1);
    assert_eq!(found("involvedObject.name=b"), 0);
    let secrets = Api::<Secret>::namespaced(cx.namespace());
    create(cx, &secrets, json!({"metadata": {"name": "s"}, "type": "example.com/odd"}));
    let list = cx.call(secrets.list(&ListParams::default().field_selector("type=example.com/odd"))).unwrap();
    assert_eq!(list.items.len(), 1);
}

fn both(cx: &Context) {
    let api = labelled(cx);
    let params = ListParams::default().label_selector("app=web").field_selector("metadata.name!=a");
    assert_eq!(chosen(cx, &api, &params), "b");
}

fn selectors_that_cannot_be_read(cx: &Context) {
    let api = config_maps(cx);
    for (params, text) in [
        (ListParams::default().label_selector("a in (x"), "unable to parse requirement"),
        (ListParams::default().label_selector("a=b=c"), "found '=', expected: ',' or 'end of string'"),
        (ListParams::default().label_selector("-a=b"), "unable to parse requirement"),
        (ListParams::default().field_selector("metadata.name"), "invalid selector"),
    ] {
        let error = cx.call(api.list(&params)).unwrap_err();
        assert!(error.status().unwrap().is_bad_request(), "{params:?}: {error}");
        says(&error, &[text]);
    }
}

fn fields_that_are_not_served(cx: &Context) {
    let known = "only \"metadata.name\", \"metadata.namespace\"";
    for (api, field, text) in [
        (dynamic(cx, "v1", "ConfigMap", "configmaps"), "data.k", known),
        (dynamic(cx, "apps/v1", "Deployment", "deployments"), "spec.replicas", known),
        (dynamic(cx, "v1", "Pod", "pods"), "spec.hostname", "field label not supported: spec.hostname"),
    ] {
        let api: Api<DynamicObject> = api;
        let error = cx.call(api.list(&ListParams::default().field_selector(format!("{field}=1")))).unwrap_err();
        assert!(error.status().unwrap().is_bad_request(), "{error}");
        says(&error, &[text]);
    }
}
