//! The effects of a deletion, which a cluster's garbage collector and namespace controller carry out.
//!
//! These finalizers keep a deleted object until their work is done:
//!
//! | finalizer | work | then |
//! |---|---|---|
//! | `foregroundDeletion` | deletes the dependents | the finalizer goes after the last dependent |
//! | `orphan` | removes the owner from the dependents | the finalizer goes at once |
//! | `kubernetes.io/pvc-protection`, `kubernetes.io/pv-protection` | none, nothing uses storage here | the finalizer goes at once |
//!
//! Controllers work beside the API server, so the server does this at the next request or `tick`.

use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use super::delete::{DeleteOptions, Deleted, FOREGROUND, ORPHAN};
use super::update::{is_dying, nothing_holds};
use crate::Server;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::status::{Failure, Outcome};
use crate::store::Object;

/// The finalizers of storage that is in use.
pub(crate) const CLAIM_IN_USE: &str = "kubernetes.io/pvc-protection";
pub(crate) const VOLUME_IN_USE: &str = "kubernetes.io/pv-protection";

impl Server {
    /// Queues an object that waits for the garbage collector.
    pub(super) fn collect_later(&mut self, resource: &Resource, object: &Object) {
        if [ORPHAN, FOREGROUND, CLAIM_IN_USE, VOLUME_IN_USE].iter().any(|f| waits_for(&object.value, f)) {
            self.uncollected.insert((resource.storage.clone(), object.key()));
        }
    }

    /// Does the garbage collector's pending work, and removes the namespaces that are due.
    pub(crate) fn collect(&mut self, now: Duration) {
        for (storage, key) in std::mem::take(&mut self.uncollected) {
            let found = self.store.read(&storage, &key).filter(|o| is_dying(&o.value));
            let (Some(object), Some(resource)) = (found, self.storing(&storage)) else { continue };
            if waits_for(&object.value, ORPHAN) {
                self.orphan_dependents(object.uid());
                self.release(&resource, &object, ORPHAN);
            } else if waits_for(&object.value, FOREGROUND) {
                self.delete_dependents(object.uid());
                if self.store.owned_by(object.uid()).is_empty() {
                    self.release(&resource, &object, FOREGROUND);
                } else {
                    self.uncollected.insert((storage, key));
                }
            } else {
                for finalizer in [CLAIM_IN_USE, VOLUME_IN_USE] {
                    self.release(&resource, &object, finalizer);
                }
            }
        }
        let delay = self.options.namespace_delay;
        let due: Vec<String> = self
            .store
            .under("namespaces", "")
            .filter(|n| is_over(n, now, delay))
            .map(|n| n.name().to_owned())
            .collect();
        for name in due {
            self.empty_namespace(now, &name);
            self.settle_namespace(&name);
        }
    }

    /// Removes a finalizer, and with the last one the object.
    fn release(&mut self, resource: &Arc<Resource>, object: &Object, finalizer: &str) {
        let mut value = object.value.clone();
        let mut finalizers = meta::list(&value, &["metadata", "finalizers"]).to_vec();
        if !finalizers.iter().any(|f| f == finalizer) {
            return;
        }
        finalizers.retain(|f| f != finalizer);
        if finalizers.is_empty() {
            meta::remove(&mut value, &["metadata", "finalizers"]);
        } else {
            meta::set(&mut value, &["metadata", "finalizers"], finalizers.into());
        }
        let released = self.commit(resource, value);
        if nothing_holds(resource, &released.value) {
            self.remove(resource, &released.key());
        }
    }

    /// Marks a namespace; if it is due, deletes its objects and then the namespace.
    pub(super) fn delete_namespace(
        &mut self,
        now: Duration,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        options: &DeleteOptions,
    ) -> Outcome<Deleted> {
        if matches!(object.name(), "default" | "kube-system" | "kube-public") {
            let why = "this namespace may not be deleted";
            return Err(Failure::forbidden("", "namespaces", object.name(), why));
        }
        let mut value = object.value.clone();
        if !is_dying(&value) {
            meta::meta_mut(&mut value).insert("deletionTimestamp".into(), meta::time(now).into());
            meta::set(&mut value, &["status", "phase"], "Terminating".into());
        }
        if options.dry_run {
            return Ok(Deleted { object: Object::new(value), gone: false });
        }
        let marked = if value == object.value { object.clone() } else { self.commit(resource, value) };
        if is_over(&marked, now, self.options.namespace_delay) {
            self.empty_namespace(now, marked.name());
            self.settle_namespace(marked.name());
        }
        Ok(Deleted { object: marked, gone: false })
    }

    /// Deletes everything in a namespace.
    fn empty_namespace(&mut self, now: Duration, namespace: &str) {
        let prefix = format!("{namespace}/");
        for storage in self.store.names() {
            let Some(resource) = self.storing(&storage).filter(|r| r.namespaced) else { continue };
            let found: Vec<Arc<Object>> =
                self.store.under(&storage, &prefix).filter(|o| !is_dying(&o.value)).cloned().collect();
            for object in found {
                // Without preconditions, a deletion does not fail.
                let _ = self.delete_one(now, &resource, &object, &DeleteOptions::at_once());
            }
        }
    }

    /// Removes a deleted namespace if it is empty.
    pub(super) fn settle_namespace(&mut self, name: &str) {
        let Some(namespace) = self.store.read("namespaces", name).filter(|n| is_dying(&n.value)) else { return };
        let prefix = format!("{name}/");
        let names = self.store.names();
        let full = names
            .iter()
            .any(|s| self.storing(s).is_some_and(|r| r.namespaced) && self.store.under(s, &prefix).next().is_some());
        let foreign = meta::list(&namespace.value, &["spec", "finalizers"]).iter().any(|f| f != "kubernetes");
        let early = !is_over(&namespace, self.now, self.options.namespace_delay);
        if full || foreign || early || !meta::list(&namespace.value, &["metadata", "finalizers"]).is_empty() {
            return;
        }
        self.store.delete("namespaces", name);
    }

    /// The resource that a shelf stores.
    pub(crate) fn storing(&self, storage: &str) -> Option<Arc<Resource>> {
        self.registry.iter().find(|r| r.storage == storage && !r.converts()).cloned()
    }

    /// Deletes the dependents that have no other owner.
    pub(super) fn delete_dependents(&mut self, uid: &str) {
        for (storage, object) in self.store.owned_by(uid) {
            let Some(resource) = self.storing(&storage) else { continue };
            let others = meta::list(&object.value, &["metadata", "ownerReferences"])
                .iter()
                .filter_map(|o| o.get("uid").and_then(Value::as_str))
                .any(|owner| owner != uid && self.store.has_uid(owner));
            if others {
                self.disown(&resource, &object, uid);
            } else {
                let _ = self.delete_one(self.now, &resource, &object, &DeleteOptions::background());
            }
        }
    }

    fn orphan_dependents(&mut self, uid: &str) {
        for (storage, object) in self.store.owned_by(uid) {
            if let Some(resource) = self.storing(&storage) {
                self.disown(&resource, &object, uid);
            }
        }
    }

    fn disown(&mut self, resource: &Resource, object: &Object, uid: &str) {
        let mut value = object.value.clone();
        let mut owners = meta::list(&value, &["metadata", "ownerReferences"]).to_vec();
        owners.retain(|o| o.get("uid").and_then(Value::as_str) != Some(uid));
        if owners.is_empty() {
            meta::remove(&mut value, &["metadata", "ownerReferences"]);
        } else {
            meta::set(&mut value, &["metadata", "ownerReferences"], owners.into());
        }
        self.commit(resource, value);
    }
}

fn waits_for(object: &Json, finalizer: &str) -> bool {
    meta::list(object, &["metadata", "finalizers"]).iter().any(|f| f == finalizer)
}

/// Whether the namespace is deleted and its delay is over.
fn is_over(namespace: &Object, now: Duration, delay: Duration) -> bool {
    let since = meta::parse_time(meta::meta(&namespace.value, "deletionTimestamp"));
    since.is_some_and(|since| since.saturating_add(delay) <= now.max(since))
}
