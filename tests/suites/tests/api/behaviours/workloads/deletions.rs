//! Deletions of workloads, and what becomes of the objects that they own.
//!
//! | policy | the answer | what is owned |
//! |---|---|---|
//! | `Background` | a `Status`: the object is gone | is deleted later |
//! | `Foreground` | the object, with the finalizer `foregroundDeletion` | is deleted first |
//! | `Orphan` | the object, with the finalizer `orphan` | stays, and loses its owner |
//! | none | as `Background`; of a `Job` as `Orphan`, with a warning | |

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::api::{DeleteParams, Patch, PatchParams, PropagationPolicy};
use kube_proto::response::Deleted;
use kube_proto::{Api, Error};
use serde_json::{Value, json};

use super::kinds::Workload;
use super::objects::*;
use crate::behaviours::support::*;
use crate::context::Context;

/// An object, and a config map that it owns.
fn with_a_dependent<K: Workload>(cx: &Context) -> Api<ConfigMap> {
    let owner = created::<K>(cx, "a");
    let uid = at(&owner, "/metadata/uid");
    let reference = json!({
        "apiVersion": format!("{}/{}", K::GROUP, K::VERSION), "kind": K::KIND, "name": "a", "uid": uid,
        "blockOwnerDeletion": true,
    });
    create(cx, &config_maps(cx), json!({"metadata": {"name": "owned", "ownerReferences": [reference.clone()]}}));
    until_collected(cx, reference);
    config_maps(cx)
}

/// Waits until the garbage collector of a real cluster knows the config map that was made before.
///
/// It learns of owners and of config maps from two watches. If the deletion of an owner overtakes the creation of what it
/// owns, the collector finds nothing to orphan, and then an object without its owner. It takes the config maps in their
/// order: once it has deleted a later one, whose owner never existed, it knows the earlier one.
fn until_collected(cx: &Context, mut reference: Value) {
    if !cx.site.is_real() {
        return;
    }
    reference["name"] = json!("never-existed");
    reference["uid"] = json!("00000000-0000-0000-0000-000000000001");
    create(cx, &config_maps(cx), json!({"metadata": {"name": "later", "ownerReferences": [reference]}}));
    cx.eventually("the collector deletes what has no owner", || gone(cx.call(config_maps(cx).get("later"))));
}

/// That the server has it no more.
fn gone<T>(result: Result<T, Error>) -> Option<()> {
    result.err().map(|error| assert!(error.is_not_found(), "{error}"))
}

pub(super) fn background_deletes_what_is_owned<K: Workload>(cx: &Context) {
    let (api, maps) = (api::<K>(cx), with_a_dependent::<K>(cx));
    let error =
        cx.call(api.delete("a", &DeleteParams::default().uid("00000000-0000-0000-0000-000000000000"))).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let background = DeleteParams::default().propagation_policy(PropagationPolicy::Background);
    let deleted = cx.call(api.delete("a", &background).with_info()).unwrap();
    assert_eq!(deleted.info.warnings, [""; 0]);
    let Deleted::Status(status) = deleted.value else { panic!("it is gone at once: {:?}", deleted.value) };
    let details = status.details.unwrap();
    assert_eq!((details.name.as_str(), details.group.as_str(), details.kind.as_str()), ("a", K::GROUP, K::PLURAL));
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
    cx.eventually("what is owned is gone", || gone(cx.call(maps.get("owned"))));
    assert!(cx.call(api.delete("a", &background)).unwrap_err().is_not_found());
}

pub(super) fn foreground_waits_for_what_is_owned<K: Workload>(cx: &Context) {
    let (api, maps) = (api::<K>(cx), with_a_dependent::<K>(cx));
    let hold = Patch::merge(&json!({"metadata": {"finalizers": ["example.com/wait"]}}));
    cx.call(maps.patch("owned", &hold, &PatchParams::default())).unwrap();
    let foreground = DeleteParams::default().propagation_policy(PropagationPolicy::Foreground);
    let deleted = cx.call(api.delete("a", &foreground)).unwrap();
    let leaving = deleted.object().unwrap_or_else(|| panic!("it stays for now"));
    assert_eq!(at(leaving, "/metadata/finalizers"), Some(json!(["foregroundDeletion"])));
    assert!(at(leaving, "/metadata/deletionTimestamp").is_some());
    cx.eventually("what is owned is deleted", || cx.call(maps.get("owned")).unwrap().metadata.deletion_timestamp);
    assert!(at(&cx.call(api.get("a")).unwrap(), "/metadata/deletionTimestamp").is_some());
    let none = Patch::merge(&json!({"metadata": {"finalizers": null}}));
    cx.call(maps.patch("owned", &none, &PatchParams::default())).unwrap();
    cx.eventually("what is owned is gone", || gone(cx.call(maps.get("owned"))));
    cx.eventually("the owner is gone", || gone(cx.call(api.get("a"))));
}

pub(super) fn a_deletion_without_a_policy<K: Workload>(cx: &Context) {
    let (api, maps) = (api::<K>(cx), with_a_dependent::<K>(cx));
    let deleted = cx.call(api.delete("a", &DeleteParams::default()).with_info()).unwrap();
    if !K::ABOUT.orphans {
        assert_eq!(deleted.info.warnings, [""; 0]);
        assert!(matches!(deleted.value, Deleted::Status(_)), "it is gone at once: {:?}", deleted.value);
        cx.eventually("what is owned is gone", || gone(cx.call(maps.get("owned"))));
        return;
    }
    let warning = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to \
                   remove them or set propagationPolicy=Orphan to suppress this warning";
    assert_eq!(deleted.info.warnings, [warning]);
    let leaving = deleted.value.object().unwrap_or_else(|| panic!("it stays for now"));
    assert_eq!(at(leaving, "/metadata/finalizers"), Some(json!(["orphan"])));
    cx.eventually("the owner is gone", || gone(cx.call(api.get("a"))));
    assert_eq!(cx.call(maps.get("owned")).unwrap().metadata.owner_references, None);
}

pub(super) fn orphans_stay<K: Workload>(cx: &Context) {
    let (api, maps) = (api::<K>(cx), with_a_dependent::<K>(cx));
    let orphan = DeleteParams::default().propagation_policy(PropagationPolicy::Orphan);
    let deleted = cx.call(api.delete("a", &orphan)).unwrap();
    let leaving = deleted.object().unwrap_or_else(|| panic!("it stays for now"));
    assert_eq!(at(leaving, "/metadata/finalizers"), Some(json!(["orphan"])));
    cx.eventually("the owner is gone", || gone(cx.call(api.get("a"))));
    assert_eq!(cx.call(maps.get("owned")).unwrap().metadata.owner_references, None);
}
