//! `DaemonSet`: the generation of its template, and what is valid.

use k8s_openapi::api::apps::v1::DaemonSet;
use kube_proto::api::{Patch, PatchParams};
use serde_json::json;

use super::objects::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &super::rows::<DaemonSet>();
pub(crate) const OWN: &[Row] =
    &[row!(the_generation_of_the_template), row!(specs_that_are_refused), row!(there_is_no_scale)];

fn the_generation_of_the_template(cx: &Context) {
    let api = api::<DaemonSet>(cx);
    created::<DaemonSet>(cx, "a");
    let key = "deprecated.daemonset.template.generation";
    for (spec, template, whole) in [
        (json!({"minReadySeconds": 1}), "1", 2),
        (json!({"template": {"spec": {"terminationGracePeriodSeconds": 5}}}), "2", 3),
        (json!({"template": {"metadata": {"labels": {"more": "yes"}}}}), "3", 4),
    ] {
        let patch = Patch::strategic(&json!({"spec": spec}));
        let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
        assert_eq!(patched.metadata.annotations.as_ref().unwrap()[key], template, "{spec}");
        assert_eq!(patched.metadata.generation, Some(whole), "{spec}");
    }
    // It is the server that counts.
    let patch = Patch::merge(&json!({"metadata": {"annotations": {key: "9"}}}));
    let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.metadata.annotations.unwrap()[key], "3");
}

fn specs_that_are_refused(cx: &Context) {
    let rolling = |unavailable, surge| json!({"updateStrategy": {"rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}}});
    for (spec, field, text) in [
        (json!({"minReadySeconds": -1}), "spec.minReadySeconds", "must be greater than or equal to 0"),
        (json!({"revisionHistoryLimit": -1}), "spec.revisionHistoryLimit", "must be greater than or equal to 0"),
        (
            json!({"updateStrategy": {"type": "Odd"}}),
            "spec.updateStrategy",
            "supported values: \"RollingUpdate\", \"OnDelete\"",
        ),
        (
            rolling(json!(0), json!(0)),
            "spec.updateStrategy.rollingUpdate.maxUnavailable",
            "cannot be 0 when maxSurge is 0",
        ),
        (
            rolling(json!(1), json!("10%")),
            "spec.updateStrategy.rollingUpdate.maxSurge",
            "may not be set when maxUnavailable is non-zero",
        ),
        (
            rolling(json!("ten"), json!(0)),
            "spec.updateStrategy.rollingUpdate.maxUnavailable",
            "a valid percent string must be a numeric string followed by an ending '%'",
        ),
        (
            rolling(json!("101%"), json!(0)),
            "spec.updateStrategy.rollingUpdate.maxUnavailable",
            "must not be greater than 100%",
        ),
        (
            json!({"selector": {"matchLabels": {"app": "other"}}}),
            "spec.template.metadata.labels",
            "`selector` does not match template `labels`",
        ),
        (
            json!({"template": {"spec": {"restartPolicy": "OnFailure"}}}),
            "spec.template.spec.restartPolicy",
            "supported values: \"Always\"",
        ),
        (
            json!({"template": {"spec": {"activeDeadlineSeconds": 5}}}),
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in DaemonSet is not Supported",
        ),
    ] {
        refused::<DaemonSet>(cx, spec, field, text);
    }
}

fn there_is_no_scale(cx: &Context) {
    let api = api::<DaemonSet>(cx);
    created::<DaemonSet>(cx, "a");
    let error = cx.call(api.scale().get("a")).unwrap_err();
    assert!(error.status().unwrap().is_missing_resource(), "{error}");
}
