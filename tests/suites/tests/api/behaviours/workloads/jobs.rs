//! `Job`: the selector that it gets, what may change of its template, and what is valid.

use k8s_openapi::api::batch::v1::Job;
use kube_proto::api::{Patch, PatchParams, WriteParams};
use serde_json::{Value, json};

use super::kinds::{Workload as _, template};
use super::objects::*;
use crate::behaviours::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &super::rows::<Job>();
pub(crate) const OWN: &[Row] = &[
    row!(a_selector_of_its_own),
    row!(a_selector_of_the_user),
    row!(the_selector_stays_in_a_replace),
    row!(labels_are_those_of_the_template),
    row!(the_template_of_a_suspended_job),
    row!(the_template_of_a_job_that_runs),
    row!(completions_of_an_indexed_job),
    row!(conditions_are_applied_as_one_field),
    row!(specs_that_are_refused),
    row!(defaults_that_depend_on_others),
];

fn a_selector_of_its_own(cx: &Context) {
    let job = created::<Job>(cx, "a");
    let uid = at(&job, "/metadata/uid").unwrap();
    let selector = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    assert_eq!(at(&job, "/spec/selector"), Some(selector));
    let labels = json!({
        "app": "web",
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "a",
        "controller-uid": uid,
        "job-name": "a",
    });
    assert_eq!(at(&job, "/spec/template/metadata/labels"), Some(labels));
}

fn a_selector_of_the_user(cx: &Context) {
    let api = api::<Job>(cx);
    let selector = json!({"matchLabels": {"app": "web"}});
    // It is added to.
    let mut wanted = document::<Job>("a");
    wanted["spec"]["selector"] = selector.clone();
    let error = try_create(cx, &api, wanted.clone()).unwrap_err();
    caused(&error, "spec.selector", "`selector` not auto-generated");
    // Unless the user says that it is meant.
    wanted["spec"]["manualSelector"] = json!(true);
    let created = create(cx, &api, wanted);
    assert_eq!(at(&created, "/spec/selector"), Some(selector));
    assert_eq!(at(&created, "/spec/template/metadata/labels"), Some(json!({"app": "web"})));
    refused::<Job>(cx, json!({"manualSelector": true}), "spec.selector", "Required value");
    let other = json!({"manualSelector": true, "selector": {"matchLabels": {"app": "other"}}});
    refused::<Job>(cx, other, "spec.template.metadata.labels", "`selector` does not match template `labels`");
}

fn the_selector_stays_in_a_replace(cx: &Context) {
    let api = api::<Job>(cx);
    created::<Job>(cx, "a");
    // The document that made the job does not replace it: the server fills in nothing of this any more.
    let error = cx.call(api.replace("a", &object(document::<Job>("a")), &WriteParams::default())).unwrap_err();
    caused(&error, "spec.selector", "Required value");
    caused(&error, "spec.selector", "field is immutable");
}

fn labels_are_those_of_the_template(cx: &Context) {
    let api = api::<Job>(cx);
    let mut wanted = document::<Job>("a");
    wanted["metadata"] = json!({"name": "a"});
    let created = create(cx, &api, wanted);
    assert_eq!(at(&created, "/metadata/labels"), at(&created, "/spec/template/metadata/labels"));
    assert_eq!(at(&created, "/metadata/labels/job-name"), Some(json!("a")));
    // Unless it has labels of its own.
    let mut wanted = document::<Job>("b");
    wanted["metadata"]["labels"] = json!({"app": "web"});
    let created = create(cx, &api, wanted);
    assert_eq!(at(&created, "/metadata/labels"), Some(json!({"app": "web"})));
}

fn pod(change: Value) -> Patch {
    Patch::strategic(&json!({"spec": {"template": {"spec": change}}}))
}

fn the_template_of_a_suspended_job(cx: &Context) {
    let api = api::<Job>(cx);
    created::<Job>(cx, "a");
    // Where it may run, and what it asks for, until it starts.
    let resources = json!({"requests": {"cpu": "10m"}});
    for change in [
        json!({"nodeSelector": {"example.com/disk": "fast"}}),
        json!({"tolerations": [{"key": "example.com/odd", "operator": "Exists"}]}),
        json!({"containers": [{"name": "main", "resources": resources}]}),
    ] {
        let patched = cx.call(api.patch("a", &pod(change.clone()), &PatchParams::default())).unwrap();
        assert!(holds(&at(&patched, "/spec/template/spec").unwrap(), &change), "{patched:?}");
    }
    let labels = Patch::strategic(&json!({"spec": {"template": {"metadata": {"labels": {"more": "yes"}}}}}));
    cx.call(api.patch("a", &labels, &PatchParams::default())).unwrap();
    for change in [json!({"terminationGracePeriodSeconds": 5}), json!({"restartPolicy": "OnFailure"})] {
        let error = cx.call(api.patch("a", &pod(change), &PatchParams::default())).unwrap_err();
        caused(&error, "spec.template.spec", "field is immutable");
    }
}

fn the_template_of_a_job_that_runs(cx: &Context) {
    let api = api::<Job>(cx);
    let mut wanted = document::<Job>("a");
    wanted["spec"]["suspend"] = json!(false);
    create(cx, &api, wanted);
    for change in [
        json!({"nodeSelector": {"example.com/disk": "fast"}}),
        json!({"containers": [{"name": "main", "image": "localhost/other:1"}]}),
    ] {
        let error = cx.call(api.patch("a", &pod(change), &PatchParams::default())).unwrap_err();
        caused(&error, "spec.template", "field is immutable");
    }
    let patch = Patch::merge(&json!({"spec": {"suspend": true, "parallelism": 0, "ttlSecondsAfterFinished": 100}}));
    let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.spec.unwrap().suspend, Some(true));
}

fn completions_of_an_indexed_job(cx: &Context) {
    let api = api::<Job>(cx);
    let mut wanted = document::<Job>("a");
    merge(&mut wanted, &json!({"spec": {"completionMode": "Indexed", "completions": 2, "parallelism": 2}}));
    create(cx, &api, wanted);
    let patch = Patch::merge(&json!({"spec": {"completions": 3}}));
    let error = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap_err();
    caused(&error, "spec.completions", "can only be modified in tandem with spec.parallelism");
    let patch = Patch::merge(&json!({"spec": {"completions": 3, "parallelism": 3}}));
    let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.spec.unwrap().completions, Some(3));
}

fn conditions_are_applied_as_one_field(cx: &Context) {
    let api = api::<Job>(cx);
    created::<Job>(cx, "a");
    let [seen, wanted] = (Job::ABOUT.statuses)();
    let patch = Patch::strategic(&json!({"status": seen}));
    let patched = cx.call(api.status().patch("a", &patch, &PatchParams::default())).unwrap();
    assert!(holds(&at(&patched, "/status").unwrap(), &seen), "{patched:?}");
    let apply = Patch::apply(&json!({"metadata": {"name": "a"}, "status": wanted}));
    let params = PatchParams::default().field_manager("observer");
    let error = cx.call(api.status().patch("a", &apply, &params)).unwrap_err();
    assert!(error.status().unwrap().is_apply_conflict(), "{error}");
    assert_eq!(error.status().unwrap().causes()[0].field, ".status.conditions");
    let applied = cx.call(api.status().patch("a", &apply, &params.force())).unwrap();
    assert_eq!(at(&applied, "/status/conditions"), wanted.get("conditions").cloned());
}

fn specs_that_are_refused(cx: &Context) {
    let negative = "must be greater than or equal to 0";
    for (spec, field, text) in [
        (json!({"parallelism": -1}), "spec.parallelism", negative),
        (json!({"completions": -1}), "spec.completions", negative),
        (json!({"backoffLimit": -1}), "spec.backoffLimit", negative),
        (json!({"activeDeadlineSeconds": -1}), "spec.activeDeadlineSeconds", negative),
        (json!({"ttlSecondsAfterFinished": -1}), "spec.ttlSecondsAfterFinished", negative),
        (json!({"completionMode": "Odd"}), "spec.completionMode", "supported values: \"NonIndexed\", \"Indexed\""),
        (json!({"completionMode": "Indexed", "parallelism": 2}), "spec.completions", "when completion mode is Indexed"),
        (json!({"backoffLimitPerIndex": 1}), "spec.backoffLimitPerIndex", "requires indexed completion mode"),
        (json!({"managedBy": "me"}), "spec.managedBy", "must be a domain-prefixed path"),
        (
            json!({"podReplacementPolicy": "Odd"}),
            "spec.podReplacementPolicy",
            "supported values: \"Failed\", \"TerminatingOrFailed\"",
        ),
        (
            json!({"template": template("Always")}),
            "spec.template.spec.restartPolicy",
            "valid values: \"OnFailure\", \"Never\"",
        ),
    ] {
        refused::<Job>(cx, spec, field, text);
    }
}

fn defaults_that_depend_on_others(cx: &Context) {
    let api = api::<Job>(cx);
    let mut wanted = document::<Job>("a");
    wanted["spec"]["parallelism"] = json!(2);
    let created = create(cx, &api, wanted);
    assert_eq!((at(&created, "/spec/parallelism"), at(&created, "/spec/completions")), (Some(json!(2)), None));
    let mut wanted = document::<Job>("b");
    let index = json!({"completionMode": "Indexed", "completions": 2, "backoffLimitPerIndex": 1});
    merge(&mut wanted, &json!({"spec": index}));
    let created = create(cx, &api, wanted);
    assert_eq!(at(&created, "/spec/backoffLimit"), Some(json!(i32::MAX)));
    let mut wanted = document::<Job>("c");
    let codes = json!({"operator": "In", "values": [42]});
    wanted["spec"]["podFailurePolicy"] = json!({"rules": [{"action": "FailJob", "onExitCodes": codes}]});
    let created = create(cx, &api, wanted);
    assert_eq!(at(&created, "/spec/podReplacementPolicy"), Some(json!("Failed")));
}
