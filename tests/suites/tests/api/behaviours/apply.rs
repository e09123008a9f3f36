//! Server-side apply.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::api::{Patch, PatchParams, PatchType, WriteParams};
use kube_proto::{Api, Error, ErrorKind};
use serde_json::{Value, json};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(creates_and_then_updates),
    row!(what_is_left_out_is_removed),
    row!(a_conflict_names_its_managers),
    row!(force_takes_over),
    row!(shared_fields),
    row!(lists_by_key),
    row!(yaml),
    row!(dry),
    row!(of_a_status),
    row!(what_was_read_cannot_be_applied),
    row!(wrong_names_and_kinds),
];

fn manager(name: &str) -> PatchParams {
    PatchParams::default().field_manager(name)
}

fn apply(cx: &Context, who: &str, data: Value) -> Result<ConfigMap, Error> {
    let wanted = json!({"metadata": {"name": "a"}, "data": data});
    cx.call(config_maps(cx).patch("a", &Patch::apply(&wanted), &manager(who)))
}

fn data(found: &ConfigMap) -> Value {
    json!(found.data)
}

fn creates_and_then_updates(cx: &Context) {
    let api = config_maps(cx);
    let patch = Patch::apply(&json!({"metadata": {"name": "a", "labels": {"l": "1"}}, "data": {"k": "v"}}));
    let created = cx.call(api.patch("a", &patch, &manager("me")).with_info()).unwrap();
    assert_eq!(created.info.code, 201);
    let entry = &created.value.metadata.managed_fields.as_ref().unwrap()[0];
    assert_eq!((entry.manager.as_deref(), entry.operation.as_deref()), (Some("me"), Some("Apply")));
    assert_eq!(
        entry.fields_v1.as_ref().unwrap().0,
        json!({"f:data": {"f:k": {}}, "f:metadata": {"f:labels": {"f:l": {}}}})
    );
    let again = cx.call(api.patch("a", &patch, &manager("me")).with_info()).unwrap();
    assert_eq!(again.info.code, 200);
    assert_eq!(version(&again.value), version(&created.value), "the same apply changes nothing");
    let changed = apply(cx, "me", json!({"k": "v2"})).unwrap();
    assert_eq!(data(&changed), json!({"k": "v2"}));
}

fn what_is_left_out_is_removed(cx: &Context) {
    apply(cx, "me", json!({"one": "1", "two": "2"})).unwrap();
    let merge = Patch::merge(&json!({"data": {"three": "3"}}));
    cx.call(config_maps(cx).patch("a", &merge, &manager("other"))).unwrap();
    let left = apply(cx, "me", json!({"two": "2"})).unwrap();
    assert_eq!(data(&left), json!({"two": "2", "three": "3"}), "the manager's own fields are gone, others' stay");
}

fn a_conflict_names_its_managers(cx: &Context) {
    apply(cx, "first", json!({"k": "1", "l": "1"})).unwrap();
    let error = apply(cx, "second", json!({"k": "2", "l": "2"})).unwrap_err();
    let status = error.status().unwrap();
    assert!(error.is_conflict() && status.is_apply_conflict(), "{error}");
    let causes: Vec<_> =
        status.causes().iter().map(|c| (c.reason.as_str(), c.field.as_str(), c.message.as_str())).collect();
    let reason = "FieldManagerConflict";
    assert_eq!(
        causes,
        [(reason, ".data.k", "conflict with \"first\""), (reason, ".data.l", "conflict with \"first\"")]
    );
    says(&error, &["patch configmaps \"a\"", "Apply failed with 2 conflicts: conflicts with \"first\":", "- .data.k"]);
    let error = apply(cx, "second", json!({"k": "2"})).unwrap_err();
    says(&error, &["Apply failed with 1 conflict: conflict with \"first\": .data.k"]);
}

fn force_takes_over(cx: &Context) {
    apply(cx, "first", json!({"k": "1"})).unwrap();
    let wanted = json!({"metadata": {"name": "a"}, "data": {"k": "2"}});
    let forced = cx.call(config_maps(cx).patch("a", &Patch::apply(&wanted), &manager("second").force())).unwrap();
    assert_eq!(data(&forced), json!({"k": "2"}));
    let managers: Vec<_> =
        forced.metadata.managed_fields.unwrap().into_iter().filter_map(|entry| entry.manager).collect();
    assert_eq!(managers, ["second"], "the first owns no fields any more");
    assert!(apply(cx, "first", json!({"k": "1"})).unwrap_err().is_conflict());
}

fn shared_fields(cx: &Context) {
    apply(cx, "first", json!({"k": "1"})).unwrap();
    apply(cx, "second", json!({"k": "1", "own": "2"})).unwrap();
    // Both own the field: when one gives it up it stays.
    let left = apply(cx, "first", json!({})).unwrap();
    assert_eq!(data(&left), json!({"k": "1", "own": "2"}));
    let left = apply(cx, "second", json!({"own": "2"})).unwrap();
    assert_eq!(data(&left), json!({"own": "2"}));
}

fn lists_by_key(cx: &Context) {
    let api = Api::<Deployment>::namespaced(cx.namespace());
    let one = |container: &str| {
        let mut wanted = json!({"metadata": {"name": "web"}, "spec": deployment_spec(0)});
        wanted["spec"]["template"]["spec"]["containers"] = json!([{"name": container, "image": IMAGE}]);
        Patch::apply(&wanted)
    };
    cx.call(api.patch("web", &one("main"), &manager("first"))).unwrap();
    let both = cx.call(api.patch("web", &one("side"), &manager("second"))).unwrap();
    let names = |found: &Deployment| -> Vec<String> {
        let containers = &found.spec.as_ref().unwrap().template.spec.as_ref().unwrap().containers;
        containers.iter().map(|container| container.name.clone()).collect()
    };
    assert_eq!(names(&both), ["main", "side"]);
    let left = cx.call(api.patch("web", &one("other"), &manager("second"))).unwrap();
    assert_eq!(names(&left), ["main", "other"]);
}

fn yaml(cx: &Context) {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: |\n    two\n    lines\n";
    let patch = Patch::text(PatchType::Apply, text);
    let made = cx.call(config_maps(cx).patch("a", &patch, &manager("me"))).unwrap();
    assert_eq!(data(&made), json!({"k": "two\nlines\n"}));
}

fn dry(cx: &Context) {
    let api = config_maps(cx);
    let patch = Patch::apply(&json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let made = cx.call(api.patch("a", &patch, &manager("me").dry_run())).unwrap();
    assert_eq!(data(&made), json!({"k": "v"}));
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn of_a_status(cx: &Context) {
    let api = Api::<Deployment>::namespaced(cx.namespace());
    create(cx, &api, json!({"metadata": {"name": "web"}, "spec": deployment_spec(0)}));
    let condition = json!({"type": "Odd", "status": "True", "reason": "Test"});
    let patch = Patch::apply(&json!({"metadata": {"name": "web"}, "status": {"conditions": [condition]}}));
    let applied = cx.call(api.status().patch("web", &patch, &manager("observer"))).unwrap();
    assert!(applied.status.unwrap().conditions.unwrap().iter().any(|condition| condition.type_ == "Odd"));
    let entries = applied.metadata.managed_fields.unwrap();
    let entry = entries.iter().find(|entry| entry.manager.as_deref() == Some("observer")).unwrap();
    assert_eq!(entry.subresource.as_deref(), Some("status"));
}

fn what_was_read_cannot_be_applied(cx: &Context) {
    let api = config_maps(cx);
    let read = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let error = cx.call(api.patch("a", &Patch::apply(&read), &manager("me"))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    says(&error, &["metadata.managedFields"]);
}

fn wrong_names_and_kinds(cx: &Context) {
    let api = config_maps(cx);
    let patch = Patch::apply(&json!({"metadata": {"name": "b"}}));
    let error = cx.call(api.patch("a", &patch, &manager("me"))).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    let patch = Patch::apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}));
    let error = cx.call(api.patch("a", &patch, &manager("me"))).unwrap_err();
    assert!(error.status().is_some(), "{error}");
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}
