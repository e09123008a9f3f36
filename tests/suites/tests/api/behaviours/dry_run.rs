//! Dry runs, field validation and warnings.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::api::{DeleteParams, FieldValidation, ListParams, Patch, PatchParams, WriteParams};
use kube_proto::resource::{DynamicObject, Object as _};
use serde_json::{Value, json};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(nothing_is_created),
    row!(nothing_is_replaced_patched_or_deleted),
    row!(but_everything_is_checked),
    row!(unknown_fields_warn),
    row!(unknown_fields_are_refused),
    row!(unknown_fields_are_ignored),
    row!(duplicate_fields),
    row!(warnings_on_patches),
    row!(deprecated_fields_warn),
    row!(audit_ids),
];

fn nothing_is_created(cx: &Context) {
    let api = config_maps(cx);
    let answer =
        cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default().dry_run()).with_info()).unwrap();
    assert_eq!(answer.info.code, 201);
    assert!(answer.value.metadata.uid.is_some());
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn nothing_is_replaced_patched_or_deleted(cx: &Context) {
    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let replaced = cx.call(api.replace("a", &config_map("a", "k", "v2"), &WriteParams::default().dry_run())).unwrap();
    assert_eq!(replaced.data.unwrap()["k"], "v2");
    let patch = Patch::merge(&json!({"data": {"k": "v3"}}));
    let patched = cx.call(api.patch("a", &patch, &PatchParams::default().dry_run())).unwrap();
    assert_eq!(patched.data.unwrap()["k"], "v3");
    cx.call(api.delete("a", &DeleteParams::default().dry_run())).unwrap();
    cx.call(api.delete_collection(&DeleteParams::default().dry_run(), &ListParams::default())).unwrap();
    assert_eq!(cx.call(api.get("a")).unwrap(), created);
}

fn but_everything_is_checked(cx: &Context) {
    let api = config_maps(cx);
    let dry = WriteParams::default().dry_run();
    cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    assert!(cx.call(api.create(&config_map("a", "k", "v"), &dry)).unwrap_err().is_already_exists());
    assert!(cx.call(api.create(&config_map("Not A Name", "k", "v"), &dry)).unwrap_err().is_invalid());
    assert!(cx.call(api.delete("none", &DeleteParams::default().dry_run())).unwrap_err().is_not_found());
}

/// A deployment with unknown fields.
fn odd_deployment() -> DynamicObject {
    let mut spec = deployment_spec(0);
    spec["unheardOf"] = json!(1);
    spec["template"]["spec"]["containers"][0]["imagePullPolice"] = json!("Always");
    object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}))
}

fn deployments(cx: &Context) -> Api<DynamicObject> {
    dynamic(cx, "apps/v1", "Deployment", "deployments")
}

const UNKNOWN: [&str; 2] =
    ["unknown field \"spec.template.spec.containers[0].imagePullPolice\"", "unknown field \"spec.unheardOf\""];

fn unknown_fields_warn(cx: &Context) {
    let api = deployments(cx);
    let answer = cx.call(api.create(&odd_deployment(), &WriteParams::default()).with_info()).unwrap();
    let mut warnings = answer.info.warnings.clone();
    warnings.sort();
    assert_eq!(warnings, UNKNOWN);
    assert!(!answer.value.data["spec"].as_object().unwrap().contains_key("unheardOf"));
    let params = WriteParams::default().field_validation(FieldValidation::Warn);
    let answer = cx.call(api.replace("web", &odd_deployment(), &params).with_info()).unwrap();
    assert_eq!(answer.info.warnings.len(), 2);
}

fn unknown_fields_are_refused(cx: &Context) {
    let api = deployments(cx);
    let strict = WriteParams::default().field_validation(FieldValidation::Strict);
    let error = cx.call(api.create(&odd_deployment(), &strict)).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["create deployments.apps \"web\"", "strict decoding error:", UNKNOWN[0], UNKNOWN[1]]);
    assert!(cx.call(api.get("web")).unwrap_err().is_not_found());
}

fn unknown_fields_are_ignored(cx: &Context) {
    let api = deployments(cx);
    let ignore = WriteParams::default().field_validation(FieldValidation::Ignore);
    let answer = cx.call(api.create(&odd_deployment(), &ignore).with_info()).unwrap();
    assert_eq!(answer.info.warnings, [""; 0]);
}

fn duplicate_fields(cx: &Context) {
    let text = r#"{"metadata":{"name":"a"},"data":{"k":"1","k":"2"}}"#;
    let send = |validation: &str| {
        let path = format!("/api/v1/namespaces/{}/configmaps?fieldValidation={validation}&dryRun=All", cx.namespace());
        let request = kube_proto::api::ApiRequest::raw(http::Method::POST, path, text);
        cx.call(request.json::<ConfigMap>().with_info())
    };
    let answer = send("Warn").unwrap();
    assert_eq!(answer.info.warnings, ["duplicate field \"data.k\""]);
    assert_eq!(answer.value.data.unwrap()["k"], "2");
    let error = send("Strict").unwrap_err();
    says(&error, &["strict decoding error: duplicate field \"data.k\""]);
}

fn warnings_on_patches(cx: &Context) {
    let api = deployments(cx);
    create(cx, &api, json!({"metadata": {"name": "web"}, "spec": deployment_spec(0)}));
    let patch = Patch::merge(&json!({"spec": {"unheardOf": 1}}));
    let answer = cx.call(api.patch("web", &patch, &PatchParams::default()).with_info()).unwrap();
    assert_eq!(answer.info.warnings, ["unknown field \"spec.unheardOf\""]);
    let strict = PatchParams::default().field_validation(FieldValidation::Strict);
    let error = cx.call(api.patch("web", &patch, &strict)).unwrap_err();
    // The server checks a patched object as a whole: 422, and not 400.
    says(&error, &["unknown field \"spec.unheardOf\""]);
}

fn deprecated_fields_warn(cx: &Context) {
    let api = dynamic(cx, "v1", "Pod", "pods");
    let mut pod: Value = idle_pod("a");
    pod["metadata"]["annotations"] = json!({"container.apparmor.security.beta.kubernetes.io/main": "runtime/default"});
    let params = WriteParams::default().dry_run();
    cx.namespace_for_pods();
    let answer = cx.call(api.create(&object::<DynamicObject>(pod), &params).with_info()).unwrap();
    assert_eq!(answer.info.warnings.len(), 1, "{:?}", answer.info);
    assert!(answer.info.warnings[0].contains("deprecated"), "{:?}", answer.info.warnings);
}

fn audit_ids(cx: &Context) {
    let api = config_maps(cx);
    let first = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default()).with_info()).unwrap();
    let second = cx.call(api.get("a").with_info()).unwrap();
    let list = cx.call(api.list(&Default::default()).with_info()).unwrap();
    let (objects, _) = cx.collect(api.pages(&Default::default()).with_info()).unwrap();
    let mut answers = vec![first.info, second.info, list.info];
    answers.extend(objects.into_iter().take(1).map(|object| object.info));
    cx.stream(api.watch_once(&Default::default()).with_info(), |event| {
        answers.push(event.info);
        ControlFlow::Break(())
    })
    .unwrap();
    let ids: Vec<String> = answers.iter().map(|answered| answered.audit_id.clone().unwrap()).collect();
    let different: BTreeSet<&String> = ids.iter().collect();
    assert!(different.len() == 5 && ids.iter().all(|id| id.len() == 36), "{ids:?}");
    let error = cx.call(api.get("none")).unwrap_err();
    assert_eq!(error.response_info().unwrap().audit_id.as_ref().unwrap().len(), 36);
    let mine = "01234567-89ab-cdef-0123-456789abcdef";
    let request = api.target().get("a", &Default::default()).header("audit-id".parse().unwrap(), mine.parse().unwrap());
    let answer = cx.call(request.json::<ConfigMap>().with_info()).unwrap();
    assert_eq!(answer.info.audit_id.as_deref(), Some(mine));
    assert_eq!(answer.value.meta().name, Some("a"));
}
