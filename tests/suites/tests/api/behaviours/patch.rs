//! Patches of each type, and their refusals.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use kube_proto::Api;
use kube_proto::api::{JsonPatch, Patch, PatchParams, PatchType, WriteParams, pointer};
use serde_json::json;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(json_patch),
    row!(json_patch_test_fails),
    row!(json_patch_of_nothing),
    row!(merge_patch),
    row!(merge_patch_with_a_stale_version_conflicts),
    row!(strategic_patch_merges_lists_by_key),
    row!(strategic_patch_directives),
    row!(a_patch_that_changes_nothing),
    row!(a_patch_of_what_is_not_there),
    row!(patches_that_cannot_be_read),
    row!(a_patch_cannot_rename),
];

fn params() -> PatchParams {
    PatchParams::default()
}

fn deployments(cx: &Context) -> Api<Deployment> {
    let api = Api::namespaced(cx.namespace());
    let mut web = json!({"metadata": {"name": "web"}, "spec": deployment_spec(0)});
    web["spec"]["template"]["spec"]["containers"] = json!([
        {"name": "main", "image": "localhost/main:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"name": "side", "image": "localhost/side:1"},
    ]);
    create(cx, &api, web);
    api
}

fn json_patch(cx: &Context) {
    let api = config_maps(cx);
    create(
        cx,
        &api,
        json!({"metadata": {"name": "a", "labels": {"old": "1", "example.com/kept": "x"}}, "data": {"k": "v", "gone": "x"}}),
    );
    let steps = JsonPatch::new()
        .test("/data/k", "v")
        .replace("/data/k", "v2")
        .remove("/data/gone")
        .copy("/data/k", "/data/copied")
        .relocate(pointer(["metadata", "labels", "old"]), pointer(["metadata", "labels", "new"]))
        .add(pointer(["metadata", "labels", "example.com/a~b"]), "y");
    let error = cx.call(api.patch("a", &Patch::json(steps.clone()), &params())).unwrap_err();
    assert!(error.is_invalid(), "a label's name has no ~: {error}");
    assert!(error.status().unwrap().causes().iter().any(|cause| cause.field == "metadata.labels"), "{error:?}");
    let steps = steps.remove(pointer(["metadata", "labels", "example.com/a~b"]));
    let patched = cx.call(api.patch("a", &Patch::json(steps), &params())).unwrap();
    let labels = patched.metadata.labels.unwrap();
    assert_eq!((labels["new"].as_str(), labels["example.com/kept"].as_str(), labels.len()), ("1", "x", 2));
    let data = patched.data.unwrap();
    assert_eq!((data["k"].as_str(), data["copied"].as_str(), data.len()), ("v2", "v2", 2));
}

fn json_patch_test_fails(cx: &Context) {
    let api = config_maps(cx);
    let created = create(cx, &api, json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let steps = JsonPatch::new().replace("/data/k", "v2").test("/data/k", "other");
    let error = cx.call(api.patch("a", &Patch::json(steps), &params())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert_eq!(cx.call(api.get("a")).unwrap(), created, "all or nothing");
}

fn json_patch_of_nothing(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    for steps in [JsonPatch::new().remove("/data/none"), JsonPatch::new().replace("/none/at/all", 1)] {
        let error = cx.call(api.patch("a", &Patch::json(steps), &params())).unwrap_err();
        assert!(error.is_invalid(), "{error}");
    }
}

fn merge_patch(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "labels": {"x": "1"}}, "data": {"k": "v", "gone": "x"}}));
    let patch = Patch::merge(&json!({"data": {"k": "v2", "gone": null, "new": "n"}, "metadata": {"labels": null}}));
    let answer = cx.call(api.patch("a", &patch, &params()).with_info()).unwrap();
    assert_eq!(answer.info.code, 200);
    let data = answer.value.data.unwrap();
    assert_eq!((data["k"].as_str(), data["new"].as_str(), data.len()), ("v2", "n", 2));
    assert_eq!(answer.value.metadata.labels, None);
}

fn merge_patch_with_a_stale_version_conflicts(cx: &Context) {
    let api = config_maps(cx);
    let created = create(cx, &api, json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let patch = Patch::merge(&json!({"metadata": {"resourceVersion": version(&created)}, "data": {"k": "v2"}}));
    cx.call(api.patch("a", &patch, &params())).unwrap();
    let error = cx.call(api.patch("a", &patch, &params())).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &["patch configmaps \"a\"", "the object has been modified"]);
}

fn strategic_patch_merges_lists_by_key(cx: &Context) {
    let api = deployments(cx);
    let containers = json!([{"name": "main", "image": "localhost/main:2", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}]);
    let patch = Patch::strategic(&json!({"spec": {"template": {"spec": {"containers": containers}}}}));
    let patched = cx.call(api.patch("web", &patch, &params())).unwrap();
    let containers = patched.spec.unwrap().template.spec.unwrap().containers;
    let images: Vec<_> = containers.iter().map(|c| (c.name.as_str(), c.image.as_deref().unwrap())).collect();
    assert_eq!(images, [("main", "localhost/main:2"), ("side", "localhost/side:1")]);
    let env = containers[0].env.as_ref().unwrap();
    let mut env: Vec<_> = env.iter().map(|e| (e.name.as_str(), e.value.as_deref().unwrap())).collect();
    env.sort_unstable();
    assert_eq!(env, [("A", "1"), ("B", "3"), ("C", "4")]);
    // The same body as a merge patch replaces the list, so the other container is gone.
    let patch = Patch::merge(
        &json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "localhost/main:3"}]}}}}),
    );
    let patched = cx.call(api.patch("web", &patch, &params())).unwrap();
    assert_eq!(patched.spec.unwrap().template.spec.unwrap().containers.len(), 1);
}

fn strategic_patch_directives(cx: &Context) {
    let api = deployments(cx);
    let patch = Patch::strategic(
        &json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}}),
    );
    let patched = cx.call(api.patch("web", &patch, &params())).unwrap();
    let names: Vec<_> = patched.spec.unwrap().template.spec.unwrap().containers.into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["main"]);
    let patch = Patch::strategic(&json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}));
    let patched = cx.call(api.patch("web", &patch, &params())).unwrap();
    let strategy = patched.spec.unwrap().strategy.unwrap();
    assert_eq!((strategy.type_.as_deref(), strategy.rolling_update), (Some("Recreate"), None));
    let services = Api::<Service>::namespaced(cx.namespace());
    create(
        cx,
        &services,
        json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "name": "http"}], "selector": {"app": "web"}}}),
    );
    let patch = Patch::strategic(&json!({"spec": {"ports": [{"port": 443, "name": "https"}]}}));
    let ports = cx.call(services.patch("s", &patch, &params())).unwrap().spec.unwrap().ports.unwrap();
    let mut ports: Vec<i32> = ports.iter().map(|port| port.port).collect();
    ports.sort_unstable();
    assert_eq!(ports, [80, 443]);
}

fn a_patch_that_changes_nothing(cx: &Context) {
    let api = config_maps(cx);
    let created = create(cx, &api, json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let same = cx.call(api.patch("a", &Patch::merge(&json!({"data": {"k": "v"}})), &params())).unwrap();
    assert_eq!(version(&same), version(&created));
}

fn a_patch_of_what_is_not_there(cx: &Context) {
    let api = config_maps(cx);
    for patch in [Patch::merge(&json!({})), Patch::strategic(&json!({})), Patch::json(JsonPatch::new())] {
        let error = cx.call(api.patch("none", &patch, &params())).unwrap_err();
        assert!(error.is_not_found() && !error.status().unwrap().is_missing_resource(), "{error}");
    }
}

fn patches_that_cannot_be_read(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    for (kind, text) in
        [(PatchType::Json, "{}"), (PatchType::Json, "["), (PatchType::Merge, "{"), (PatchType::Strategic, "7")]
    {
        let error = cx.call(api.patch("a", &Patch::text(kind, text), &params())).unwrap_err();
        assert!(error.status().unwrap().is_bad_request(), "{kind:?} {text}: {error}");
    }
}

fn a_patch_cannot_rename(cx: &Context) {
    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let error = cx.call(api.patch("a", &Patch::merge(&json!({"metadata": {"name": "b"}})), &params())).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["the name of the object (b) does not match the name on the URL (a)"]);
    let other = Patch::merge(&json!({"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}}));
    let error = cx.call(api.patch("a", &other, &params())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert_eq!(error.status().unwrap().causes()[0].field, "metadata.uid");
    assert_eq!(cx.call(api.get("a")).unwrap(), created);
}
