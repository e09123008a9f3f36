//! Deletions: preconditions, finalizers, grace, propagation, collections.

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube_proto::Api;
use kube_proto::api::{DeleteParams, ListParams, Patch, PatchParams, PropagationPolicy};
use kube_proto::resource::Object as _;
use kube_proto::response::Deleted;
use kube_test_server::Grace;
use serde_json::{Value, json};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(preconditions),
    row!(finalizers),
    row!(collections),
    row!(collections_with_finalizers),
    row!(grace_of_pods).memory(|options| options.grace = Grace::Kept),
    row!(pods_that_never_ran_go_at_once),
    row!(foreground_waits_with_a_finalizer),
    row!(background_deletes_what_is_owned).real(),
    row!(orphans_stay).real(),
    row!(the_old_way_to_orphan).real(),
    row!(both_ways_at_once_are_a_mistake),
    row!(namespaces_end),
    row!(twice),
    row!(metadata_of_what_was_deleted),
];

fn params() -> DeleteParams {
    DeleteParams::default()
}

fn preconditions(cx: &Context) {
    let api = config_maps(cx);
    let created = create(cx, &api, json!({"metadata": {"name": "a"}}));
    let uid = created.metadata.uid.clone().unwrap();
    let error = cx.call(api.delete("a", &params().uid("00000000-0000-0000-0000-000000000000"))).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &["delete configmaps \"a\"", "the UID in the precondition", "does not match the UID in record", &uid]);
    let error = cx.call(api.delete("a", &params().resource_version("1"))).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &["the ResourceVersion in the precondition (1) does not match the ResourceVersion in record"]);
    cx.call(api.delete("a", &params().uid(uid).resource_version(version(&created)))).unwrap();
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn finalizers(cx: &Context) {
    let api = config_maps(cx);
    let created = create(cx, &api, json!({"metadata": {"name": "a", "finalizers": ["example.com/wait"]}}));
    let deleted = cx.call(api.delete("a", &params())).unwrap();
    let Deleted::Object(leaving) = deleted else { panic!("it is still there: {deleted:?}") };
    assert!(leaving.metadata.deletion_timestamp.is_some());
    assert_eq!(leaving.metadata.deletion_grace_period_seconds, Some(0));
    assert_ne!(version(&leaving), version(&created));
    // A second deletion changes nothing; new finalizers are refused.
    let again = cx.call(api.delete("a", &params())).unwrap();
    assert_eq!(version(again.object().unwrap()), version(&leaving));
    let more = Patch::merge(&json!({"metadata": {"finalizers": ["example.com/wait", "example.com/more"]}}));
    let error = cx.call(api.patch("a", &more, &PatchParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"]);
    // Other fields can still change.
    let patch = Patch::merge(&json!({"data": {"k": "v"}}));
    assert_eq!(cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap().data.unwrap()["k"], "v");
    // It goes with the last finalizer.
    let none = Patch::merge(&json!({"metadata": {"finalizers": null}}));
    let last = cx.call(api.patch("a", &none, &PatchParams::default())).unwrap();
    assert!(last.metadata.deletion_timestamp.is_some());
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn collections(cx: &Context) {
    let api = config_maps(cx);
    for (name, labels) in [("a", json!({"go": "yes"})), ("b", json!({"go": "yes"})), ("c", json!({}))] {
        create(cx, &api, json!({"metadata": {"name": name, "labels": labels}}));
    }
    let choice = ListParams::default().label_selector("go=yes");
    let deleted = cx.call(api.delete_collection(&params(), &choice)).unwrap();
    let Deleted::Object(list) = deleted else { panic!("a list: {deleted:?}") };
    assert_eq!(
        (list.kind.as_str(), list.items.iter().map(name).collect::<Vec<_>>()),
        ("ConfigMapList", vec!["a".into(), "b".into()])
    );
    assert!(cx.call(api.list(&choice)).unwrap().items.is_empty());
    assert!(cx.call(api.get("c")).is_ok());
    let by_field = ListParams::default().field_selector("metadata.name=c");
    assert_eq!(cx.call(api.delete_collection(&params(), &by_field)).unwrap().object().unwrap().items.len(), 1);
    let nothing = cx.call(api.delete_collection(&params(), &by_field)).unwrap();
    assert!(nothing.object().unwrap().items.is_empty());
}

fn collections_with_finalizers(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "labels": {"go": "yes"}, "finalizers": ["example.com/wait"]}}));
    let choice = ListParams::default().label_selector("go=yes");
    cx.call(api.delete_collection(&params(), &choice)).unwrap();
    let left = cx.call(api.list(&choice)).unwrap().items;
    assert!(left[0].metadata.deletion_timestamp.is_some());
    let none = Patch::merge(&json!({"metadata": {"finalizers": null}}));
    cx.call(api.patch("a", &none, &PatchParams::default())).unwrap();
    assert!(cx.call(api.list(&choice)).unwrap().items.is_empty());
}

/// A pod on a node that does not exist: no kubelet runs it or reports its end.
fn lost_pod(cx: &Context, name: &str) -> Api<Pod> {
    let api = Api::<Pod>::namespaced(cx.namespace_for_pods());
    let mut pod = idle_pod(name);
    pod["spec"]["nodeName"] = json!("no-such-node");
    create(cx, &api, pod);
    api
}

fn grace_of_pods(cx: &Context) {
    let api = lost_pod(cx, "a");
    let deleted = cx.call(api.delete("a", &params().grace_period_seconds(600))).unwrap();
    let leaving = deleted.object().unwrap();
    assert_eq!(leaving.metadata.deletion_grace_period_seconds, Some(600));
    assert!(leaving.metadata.deletion_timestamp.is_some());
    // The grace period can be made shorter, and not longer.
    let shorter = cx.call(api.delete("a", &params().grace_period_seconds(300))).unwrap();
    assert_eq!(shorter.object().unwrap().metadata.deletion_grace_period_seconds, Some(300));
    let longer = cx.call(api.delete("a", &params().grace_period_seconds(900))).unwrap();
    assert_eq!(longer.object().unwrap().metadata.deletion_grace_period_seconds, Some(300));
    cx.call(api.delete("a", &params().grace_period_seconds(0))).unwrap();
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn pods_that_never_ran_go_at_once(cx: &Context) {
    let api = Api::<Pod>::namespaced(cx.namespace_for_pods());
    create(cx, &api, idle_pod("a"));
    let deleted = cx.call(api.delete("a", &params())).unwrap();
    assert_eq!(deleted.object().unwrap().meta().name, Some("a"), "pods answer with themselves");
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn owned_by(owner: &ConfigMap, name: &str) -> Value {
    let reference =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner.metadata.name, "uid": owner.metadata.uid});
    json!({"metadata": {"name": name, "ownerReferences": [reference]}})
}

fn foreground_waits_with_a_finalizer(cx: &Context) {
    let api = config_maps(cx);
    // A finalizer of this test keeps it until the test has looked.
    create(cx, &api, json!({"metadata": {"name": "a", "finalizers": ["example.com/wait"]}}));
    let deleted = cx.call(api.delete("a", &params().propagation_policy(PropagationPolicy::Foreground))).unwrap();
    let finalizers = deleted.object().unwrap().metadata.finalizers.clone().unwrap();
    assert!(finalizers.contains(&"foregroundDeletion".to_owned()), "{finalizers:?}");
    let none = Patch::merge(&json!({"metadata": {"finalizers": null}}));
    cx.call(api.patch("a", &none, &PatchParams::default())).unwrap();
    cx.eventually("it is gone", || cx.call(api.get("a")).err());
}

fn background_deletes_what_is_owned(cx: &Context) {
    let api = config_maps(cx);
    let owner = create(cx, &api, json!({"metadata": {"name": "owner"}}));
    create(cx, &api, owned_by(&owner, "owned"));
    cx.call(api.delete("owner", &params().propagation_policy(PropagationPolicy::Background))).unwrap();
    assert!(cx.call(api.get("owner")).unwrap_err().is_not_found());
    cx.eventually("the owned object is gone", || {
        cx.call(api.get("owned")).err().filter(kube_proto::Error::is_not_found)
    });
}

fn orphans_stay(cx: &Context) {
    orphaned(cx, &params().propagation_policy(PropagationPolicy::Orphan));
}

fn the_old_way_to_orphan(cx: &Context) {
    orphaned(cx, &params().orphan_dependents(true));
}

fn orphaned(cx: &Context, params: &DeleteParams) {
    let api = config_maps(cx);
    let owner = create(cx, &api, json!({"metadata": {"name": "owner"}}));
    create(cx, &api, owned_by(&owner, "owned"));
    let deleted = cx.call(api.delete("owner", params)).unwrap();
    let finalizers = deleted.object().unwrap().metadata.finalizers.clone().unwrap();
    assert_eq!(finalizers, ["orphan"]);
    cx.eventually("the owner is gone", || cx.call(api.get("owner")).err());
    assert_eq!(cx.call(api.get("owned")).unwrap().metadata.owner_references, None);
}

fn both_ways_at_once_are_a_mistake(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    let both = params().orphan_dependents(true).propagation_policy(PropagationPolicy::Orphan);
    let error = cx.call(api.delete("a", &both)).unwrap_err();
    assert!(matches!(error.kind(), kube_proto::ErrorKind::Misuse(_)), "{error}");
    assert!(cx.call(api.get("a")).is_ok());
}

fn namespaces_end(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "finalizers": ["example.com/wait"]}}));
    let namespaces = Api::<k8s_openapi::api::core::v1::Namespace>::all();
    let deleted = cx.call(namespaces.delete(cx.namespace(), &params())).unwrap();
    let leaving = deleted.object().unwrap();
    assert_eq!(leaving.status.as_ref().unwrap().phase.as_deref(), Some("Terminating"));
    // No new object can be created in it.
    let error = try_create(cx, &api, json!({"metadata": {"name": "b"}})).unwrap_err();
    assert!(error.is_forbidden() && error.status().unwrap().is_namespace_terminating(), "{error}");
    says(&error, &["because it is being terminated"]);
    let none = Patch::merge(&json!({"metadata": {"finalizers": null}}));
    cx.call(api.patch("a", &none, &PatchParams::default())).unwrap();
}

fn twice(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    cx.call(api.delete("a", &params())).unwrap();
    let error = cx.call(api.delete("a", &params())).unwrap_err();
    assert!(error.is_not_found() && !error.status().unwrap().is_missing_resource(), "{error}");
    says(&error, &["delete configmaps \"a\" in namespace", "configmaps \"a\" not found (NotFound)"]);
}

fn metadata_of_what_was_deleted(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a", "finalizers": ["example.com/wait"]}, "data": {"k": "v"}}));
    let deleted = cx.call(api.metadata().delete("a", &params())).unwrap();
    let leaving = deleted.object().unwrap();
    assert_eq!(leaving.kind, "PartialObjectMetadata");
    assert!(leaving.metadata.is_being_deleted());
    let none = Patch::merge(&json!({"metadata": {"finalizers": null}}));
    cx.call(api.patch("a", &none, &PatchParams::default())).unwrap();
}
