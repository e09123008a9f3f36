//! A small operator that is generic over the client: for each transport and for the simulation.

use std::time::Duration;

use kube_proto::Api;
use kube_proto::api::{DeleteParams, Patch, PatchParams};
use kube_proto::client::AsyncClient;
use kube_proto::controller::{Action, Context, Controller, ReconcileError};
use kube_proto::resource::{ApiResource, DynamicObject, Object, Scope};
use kube_proto::watch::WatchSettings;
use serde_json::{Value, json};

/// The config maps of the namespace `default`.
#[must_use]
pub fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

/// The config maps of which the operator makes copies.
#[must_use]
pub fn parents() -> WatchSettings {
    WatchSettings::default().label_selector("role=parent")
}

/// The copies.
#[must_use]
pub fn children() -> WatchSettings {
    WatchSettings::default().label_selector("role=child")
}

/// A parent with this number.
#[must_use]
pub fn parent(name: &str, number: u64) -> Value {
    let metadata = json!({"name": name, "namespace": "default", "labels": {"role": "parent"}});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"n": number.to_string()}})
}

/// The name of the copy of a parent.
#[must_use]
pub fn child(parent: &str) -> String {
    format!("{parent}-child")
}

/// Keeps a copy of each parent.
pub fn operator() -> Controller<DynamicObject> {
    Controller::new(&maps(), parents()).owns(&maps(), children())
}

/// Applies the copy of a parent.
///
/// # Errors
/// The call failed.
pub async fn reconcile<C: AsyncClient>(cx: Context<DynamicObject, C>) -> Result<Action, ReconcileError> {
    let name = child(&cx.key.name);
    let owner = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "name": cx.key.name, "uid": cx.object.meta().uid, "controller": true,
    });
    let copy = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"role": "child"}, "ownerReferences": [owner]},
        "data": cx.object.data.get("data"),
    });
    let params = PatchParams::default().field_manager("copier").force();
    cx.client.call(maps().patch(&name, &Patch::apply(&copy), &params)).await?;
    Ok(Action::Done)
}

/// Makes parents, changes them and deletes copies, and waits each time until an operator that runs elsewhere has followed.
///
/// # Panics
/// A call fails, or the operator does not follow within a minute.
#[allow(clippy::unwrap_used, reason = "a test ends that way")]
pub async fn followed<C: AsyncClient>(client: C) {
    let params = PatchParams::default().field_manager("test").force();
    for n in 1..=3 {
        for name in ["a", "b", "c"] {
            client.call(maps().patch(name, &Patch::apply(&parent(name, n)), &params)).await.unwrap();
        }
        follows(&client, n).await;
        client.call(maps().delete(&child("b"), &DeleteParams::default())).await.unwrap();
        follows(&client, n).await;
    }
}

async fn follows<C: AsyncClient>(client: &C, number: u64) {
    let deadline = client.now().after(Duration::from_secs(60)).mono;
    for name in ["a", "b", "c"] {
        let wanted = json!({"n": number.to_string()});
        while client.call(maps().get(&child(name))).await.ok().and_then(|copy| copy.data.get("data").cloned()).as_ref()
            != Some(&wanted)
        {
            assert!(client.now().mono < deadline, "the copy of {name} does not follow");
            client.sleep(Duration::from_millis(5)).await;
        }
    }
}
