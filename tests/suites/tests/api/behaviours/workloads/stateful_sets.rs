//! `StatefulSet`: its scale, its names and what is valid.

use k8s_openapi::api::apps::v1::StatefulSet;
use kube_proto::Api;
use kube_proto::api::{JsonPatch, Patch, PatchParams, WriteParams};
use kube_proto::resource::{ObjectMeta, Scale, ScaleSpec};
use serde_json::json;

use super::objects::*;
use crate::behaviours::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &super::rows::<StatefulSet>();
pub(crate) const OWN: &[Row] = &[
    row!(scale),
    row!(scale_conflicts),
    row!(scale_of_an_apply),
    row!(names_are_labels),
    row!(specs_that_are_refused),
    row!(defaults_of_a_strategy_that_is_named),
    row!(statuses_that_are_refused),
    row!(a_history_without_end_is_a_warning),
];

fn sets(cx: &Context) -> Api<StatefulSet> {
    created::<StatefulSet>(cx, "a");
    api(cx)
}

fn replicas(cx: &Context, api: &Api<StatefulSet>) -> Option<i32> {
    cx.call(api.get("a")).unwrap().spec.unwrap().replicas
}

fn scale(cx: &Context) {
    let api = sets(cx);
    let found: Scale = cx.call(api.scale().get("a")).unwrap();
    assert_eq!((found.metadata.name.as_deref(), found.spec.replicas, found.status.replicas), (Some("a"), 0, 0));
    assert_eq!(
        (found.metadata.namespace.as_deref(), found.status.selector.as_str()),
        (Some(cx.namespace()), "app=web")
    );
    let object = cx.call(api.get("a")).unwrap();
    assert_eq!((&found.metadata.uid, &found.metadata.creation_timestamp.is_some()), (&object.metadata.uid, &true));

    let dry = WriteParams::default().dry_run();
    let replaced = cx.call(api.scale().replace("a", &Scale::to("a", 5), &dry)).unwrap();
    assert_eq!((replaced.spec.replicas, replicas(cx, &api)), (5, Some(0)));
    let replaced = cx.call(api.scale().replace("a", &Scale::to("a", 2), &WriteParams::default())).unwrap();
    assert_eq!((replaced.spec.replicas, replicas(cx, &api)), (2, Some(2)));
    let object = cx.call(api.get("a")).unwrap();
    assert_eq!(object.metadata.generation, Some(2));
    assert_ne!(replaced.metadata.resource_version, found.metadata.resource_version);
    let patch = Patch::merge(&json!({"spec": {"replicas": 1}}));
    let patched = cx.call(api.scale().patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!((patched.spec.replicas, replicas(cx, &api)), (1, Some(1)));
    let patch = Patch::json(JsonPatch::new().replace("/spec/replicas", 0));
    let patched = cx.call(api.scale().patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!((patched.spec.replicas, replicas(cx, &api)), (0, Some(0)));

    let error = cx.call(api.scale().replace("a", &Scale::to("a", -1), &WriteParams::default())).unwrap_err();
    caused(&error, "spec.replicas", "must be greater than or equal to 0");
    assert_eq!(replicas(cx, &api), Some(0));
}

fn scale_conflicts(cx: &Context) {
    let api = sets(cx);
    let old: Scale = cx.call(api.scale().get("a")).unwrap();
    let patch = Patch::merge(&json!({"metadata": {"labels": {"more": "yes"}}}));
    cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    let metadata = ObjectMeta { resource_version: old.metadata.resource_version, ..ObjectMeta::named("a") };
    let stale = Scale { metadata, spec: ScaleSpec { replicas: 1 }, ..Scale::default() };
    let error = cx.call(api.scale().replace("a", &stale, &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &["update statefulsets.apps/scale \"a\"", "the object has been modified"]);
    assert_eq!(replicas(cx, &api), Some(0));
    let error = cx.call(api.scale().get("none")).unwrap_err();
    assert!(error.is_not_found() && !error.status().unwrap().is_missing_resource(), "{error}");
}

fn scale_of_an_apply(cx: &Context) {
    let api = sets(cx);
    let manager = |name: &str| PatchParams::default().field_manager(name);
    let wanted = |replicas: i32| Patch::apply(&json!({"metadata": {"name": "a"}, "spec": {"replicas": replicas}}));
    let error = cx.call(api.scale().patch("a", &wanted(1), &manager("scaler"))).unwrap_err();
    assert!(error.is_conflict() && error.status().unwrap().is_apply_conflict(), "{error}");
    let scaled = cx.call(api.scale().patch("a", &wanted(1), &manager("scaler").force())).unwrap();
    assert_eq!((scaled.spec.replicas, replicas(cx, &api)), (1, Some(1)));
    let entries = cx.call(api.get("a")).unwrap().metadata.managed_fields.unwrap();
    let entry = entries.iter().find(|entry| entry.manager.as_deref() == Some("scaler")).unwrap();
    assert_eq!(entry.subresource.as_deref(), Some("scale"));
    assert_eq!(entry.fields_v1.as_ref().unwrap().0, json!({"f:spec": {"f:replicas": {}}}));
    // The object's own manager sees whose the number is.
    let error = cx.call(api.patch("a", &wanted(2), &manager("owner"))).unwrap_err();
    says(&error, &["conflict with \"scaler\" with subresource \"scale\": .spec.replicas"]);
    let error = cx.call(api.scale().patch("a", &wanted(2), &manager("other"))).unwrap_err();
    assert!(error.status().unwrap().is_apply_conflict(), "{error}");
}

fn names_are_labels(cx: &Context) {
    // Its pods get a number behind it, and a host name.
    let error = try_create(cx, &api::<StatefulSet>(cx), document::<StatefulSet>("a.b")).unwrap_err();
    caused(&error, "metadata.name", "must not contain dots");
}

fn specs_that_are_refused(cx: &Context) {
    let rolling = json!({"type": "OnDelete", "rollingUpdate": {"partition": 1}});
    for (spec, field, text) in [
        (json!({"replicas": -1}), "spec.replicas", "must be greater than or equal to 0"),
        (json!({"minReadySeconds": -1}), "spec.minReadySeconds", "must be greater than or equal to 0"),
        (json!({"podManagementPolicy": "Odd"}), "spec.podManagementPolicy", "must be 'OrderedReady' or 'Parallel'"),
        (json!({"updateStrategy": {"type": "Odd"}}), "spec.updateStrategy", "must be 'RollingUpdate' or 'OnDelete'"),
        (json!({"updateStrategy": rolling}), "spec.updateStrategy.rollingUpdate", "only allowed for updateStrategy"),
        (
            json!({"updateStrategy": {"rollingUpdate": {"partition": -1}}}),
            "spec.updateStrategy.rollingUpdate.partition",
            "must be greater than or equal to 0",
        ),
        (
            json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Odd"}}),
            "spec.persistentVolumeClaimRetentionPolicy.whenScaled",
            "supported values: \"Retain\", \"Delete\"",
        ),
        (json!({"ordinals": {"start": -1}}), "spec.ordinals.start", "must be greater than or equal to 0"),
        (json!({"serviceName": "a.b"}), "spec.serviceName", "must not contain dots"),
        (
            json!({"selector": {"matchLabels": {"app": "other"}}}),
            "spec.template.metadata.labels",
            "`selector` does not match template `labels`",
        ),
        (
            json!({"template": {"spec": {"restartPolicy": "Never"}}}),
            "spec.template.spec.restartPolicy",
            "supported values: \"Always\"",
        ),
        (
            json!({"template": {"spec": {"activeDeadlineSeconds": 5}}}),
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in StatefulSet is not Supported",
        ),
    ] {
        refused::<StatefulSet>(cx, spec, field, text);
    }
}

fn defaults_of_a_strategy_that_is_named(cx: &Context) {
    let api = api::<StatefulSet>(cx);
    for (name, strategy, filled) in [
        ("a", json!({"type": "RollingUpdate"}), json!({"type": "RollingUpdate"})),
        ("b", json!({"type": "OnDelete"}), json!({"type": "OnDelete"})),
        (
            "c",
            json!({"type": "RollingUpdate", "rollingUpdate": {}}),
            json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
        ),
    ] {
        let mut wanted = document::<StatefulSet>(name);
        wanted["spec"]["updateStrategy"] = strategy;
        wanted["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenDeleted": "Delete"});
        let created = create(cx, &api, wanted);
        assert_eq!(at(&created, "/spec/updateStrategy"), Some(filled));
        let policy = json!({"whenDeleted": "Delete", "whenScaled": "Retain"});
        assert_eq!(at(&created, "/spec/persistentVolumeClaimRetentionPolicy"), Some(policy));
    }
}

fn statuses_that_are_refused(cx: &Context) {
    let api = sets(cx);
    for (status, field, text) in [
        (json!({"replicas": 1, "readyReplicas": 2}), "status.readyReplicas", "cannot be greater than status.replicas"),
        (
            json!({"replicas": 2, "readyReplicas": 1, "availableReplicas": 2}),
            "status.availableReplicas",
            "cannot be greater than status.readyReplicas",
        ),
        (json!({"replicas": -1}), "status.replicas", "must be greater than or equal to 0"),
    ] {
        let patch = Patch::merge(&json!({"status": status}));
        let error = cx.call(api.status().patch("a", &patch, &PatchParams::default())).unwrap_err();
        caused(&error, field, text);
    }
}

fn a_history_without_end_is_a_warning(cx: &Context) {
    let mut wanted = document::<StatefulSet>("a");
    wanted["spec"]["revisionHistoryLimit"] = json!(-1);
    let api = api::<StatefulSet>(cx);
    let created = cx.call(api.create(&object(wanted), &WriteParams::default()).with_info()).unwrap();
    let warning =
        "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
    assert_eq!(created.info.warnings, [warning]);
    assert_eq!(created.value.spec.unwrap().revision_history_limit, Some(-1));
}
