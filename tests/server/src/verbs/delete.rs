//! `delete` and `deletecollection`.

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::update::{is_dying, nothing_holds};
use crate::Server;
use crate::context::{Cx, dry_run, response};
use crate::go;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::negotiate::{self, Shape};
use crate::options::Grace;
use crate::protobuf;
use crate::render::{self, ListMeta};
use crate::reply::Reply;
use crate::selector::Selection;
use crate::status::{self, Details, Failure, FieldError, Outcome};
use crate::store::Object;
use crate::webhook::{Admission, Operation};

/// `DeleteOptions`, from the body or, without one, from the query.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    grace: Option<i64>,
    propagation: Option<String>,
    orphan: Option<bool>,
    uid: Option<String>,
    version: Option<String>,
}

/// The finalizers through which a deletion instructs the garbage collector.
pub(super) const ORPHAN: &str = "orphan";
pub(super) const FOREGROUND: &str = "foregroundDeletion";

/// Whether the kind keeps its dependents by default, as old kinds do.
fn orphans_by_default(resource: &Resource) -> bool {
    matches!(resource.storage.as_str(), "jobs.batch" | "replicationcontrollers") && resource.custom.is_none()
}

const JOBS_ORPHAN: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to \
                           remove them or set propagationPolicy=Orphan to suppress this warning";

/// The result of a deletion.
pub(crate) struct Deleted {
    pub(crate) object: Arc<Object>,
    pub(crate) gone: bool,
}

impl Server {
    pub(super) fn delete(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = DeleteOptions::parse(cx)?;
        let object = self.stored(cx, resource)?;
        let shown = self.named(cx, resource)?;
        if resource.storage == "jobs.batch" && options.left_open() {
            cx.warnings.push(JOBS_ORPHAN.into());
        }
        if self.has_webhooks(resource) {
            options.check(resource, &object)?;
            let admission = deletion(cx, resource, &shown, &options);
            self.admit_unchanged(cx, admission)?;
        }
        let mut deleted = self.delete_one(cx.now, resource, &object, &options)?;
        if !Arc::ptr_eq(&object, &shown) {
            // A deletion changes the metadata alone.
            let mut value = shown.value.clone();
            meta::carry(&deleted.object.value, &mut value, "metadata");
            deleted.object = Object::new(value);
        }
        let code = if !deleted.gone && options.orphan == Some(false) { 202 } else { 200 };
        if !deleted.gone || resource.returns_deleted {
            return self.shaped(cx, code, &accepted, resource, &deleted.object);
        }
        let details = Details {
            name: cx.info.name.clone(),
            group: resource.group.clone(),
            kind: resource.plural.clone(),
            uid: object.uid().to_owned(),
            ..Details::default()
        };
        Ok(cx.written(code, &status::success(None, Some(&details))))
    }

    pub(super) fn delete_collection(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = DeleteOptions::parse(cx)?;
        let selection = Selection::parse(&cx.query, resource)?;
        let prefix = if resource.namespaced { format!("{}/", cx.info.namespace) } else { String::new() };
        let found: Vec<Arc<Object>> =
            self.store.under(&resource.storage, &prefix).filter(|o| selection.matches(&o.value)).cloned().collect();
        let shown = self.in_version(cx, resource, found.clone())?;
        let (mut gone, mut refused) = (Vec::new(), None);
        let reviewed = self.has_webhooks(resource);
        let mut admitted = Vec::new();
        for (object, shown) in found.into_iter().zip(shown) {
            if reviewed {
                let mut admission = deletion(cx, resource, &shown, &options);
                // The request names no object.
                admission.name.clear();
                if let Err(failure) = self.admit_unchanged(cx, admission) {
                    refused = Some(failure);
                    break;
                }
            }
            admitted.push((object, shown));
        }
        if let (Some(failure), true) = (&refused, cx.calls.is_waiting()) {
            return Err(failure.clone());
        }
        for (object, shown) in admitted {
            self.delete_one(cx.now, resource, &object, &options)?;
            // The list shows the objects before their deletion.
            gone.push(shown);
        }
        if let Some(failure) = refused {
            return Err(failure);
        }
        let meta = ListMeta { version: self.store.version(), ..ListMeta::default() };
        if accepted.protobuf
            && accepted.shape == Shape::Object
            && let values = gone.iter().map(|o| &o.value)
            && let Some(body) = protobuf::list(&resource.api_version(), &resource.list_kind, &meta, values)
        {
            return Ok(Reply::Response(response(200, protobuf::MEDIA, body)));
        }
        let items: Vec<_> = gone.iter().map(|o| render::item(resource, o)).collect();
        Ok(cx.json(200, render::list(resource, &meta, &items)))
    }

    /// Deletes an object, or marks it if finalizers or a grace period keep it.
    pub(crate) fn delete_one(
        &mut self,
        now: Duration,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        options: &DeleteOptions,
    ) -> Outcome<Deleted> {
        options.check(resource, object)?;
        if resource.kind == "Namespace" && resource.custom.is_none() {
            return self.delete_namespace(now, resource, object, options);
        }
        let mut value = object.value.clone();
        let grace = self.grace(resource, object, options);
        if let Some(finalizers) = options.finalizers(resource, &value) {
            if finalizers.is_empty() {
                meta::remove(&mut value, &["metadata", "finalizers"]);
            } else {
                meta::set(&mut value, &["metadata", "finalizers"], finalizers.into());
            }
        }
        let held = !meta::list(&value, &["metadata", "finalizers"]).is_empty() || grace > 0;
        let graceful = resource.kind == "Pod" && resource.custom.is_none();
        if !held && !graceful {
            if options.dry_run {
                return Ok(Deleted { object: object.clone(), gone: true });
            }
            let last = self.remove(resource, &object.key());
            return Ok(Deleted { object: last.unwrap_or_else(|| object.clone()), gone: true });
        }
        if !is_dying(&value) {
            let at = now.saturating_add(Duration::from_secs(grace.unsigned_abs()));
            let metadata = meta::meta_mut(&mut value);
            metadata.insert("deletionTimestamp".into(), meta::time(at).into());
            metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
            if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
                metadata.insert("generation".into(), (generation + 1).into());
            }
        } else if grace < meta::integer(&value, &["metadata", "deletionGracePeriodSeconds"]) {
            meta::meta_mut(&mut value).insert("deletionGracePeriodSeconds".into(), grace.into());
        }
        if options.dry_run {
            return Ok(Deleted { object: Object::new(value), gone: false });
        }
        if nothing_holds(resource, &value) {
            // Watches see the mark first.
            let marked = if value == object.value { object.clone() } else { self.commit(resource, value) };
            let last = self.remove(resource, &object.key());
            return Ok(Deleted { object: last.unwrap_or(marked), gone: true });
        }
        let marked = if value == object.value { object.clone() } else { self.commit(resource, value) };
        self.collect_later(resource, &marked);
        Ok(Deleted { object: marked, gone: false })
    }

    /// The grace period in seconds.
    fn grace(&self, resource: &Resource, object: &Object, options: &DeleteOptions) -> i64 {
        if resource.kind != "Pod" || resource.custom.is_some() || self.options.grace == Grace::Ignored {
            return 0;
        }
        let asked = options.grace.map(|g| if g < 0 { 1 } else { g });
        let own = || meta::at(&object.value, &["spec", "terminationGracePeriodSeconds"]).and_then(Value::as_i64);
        let unscheduled = meta::text(&object.value, &["spec", "nodeName"]).is_empty();
        let over = matches!(meta::text(&object.value, &["status", "phase"]), "Succeeded" | "Failed");
        if unscheduled || over { 0 } else { asked.or_else(own).unwrap_or(30) }
    }

    /// Removes an object from the store, with all that depends on it.
    pub(crate) fn remove(&mut self, resource: &Resource, key: &str) -> Option<Arc<Object>> {
        let last = self.store.delete(&resource.storage, key)?;
        if resource.kind == "CustomResourceDefinition" {
            self.drop_definition(&last.value);
        }
        if resource.kind == "Pod" && resource.custom.is_none() {
            self.drop_logs(last.namespace(), last.name());
        }
        self.delete_dependents(last.uid());
        self.settle_namespace(last.namespace());
        Some(last)
    }

    /// Removes pods after their grace period.
    pub(crate) fn reap_pods(&mut self, now: Duration) {
        let Some(resource) = self.registry.resource("", "v1", "pods") else { return };
        let due: Vec<String> = self
            .store
            .under("pods", "")
            .filter(|pod| {
                let until = meta::parse_time(meta::meta(&pod.value, "deletionTimestamp"));
                until.is_some_and(|until| until <= now)
                    && meta::list(&pod.value, &["metadata", "finalizers"]).is_empty()
            })
            .map(|pod| pod.key())
            .collect();
        for key in due {
            self.remove(&resource, &key);
        }
    }
}

/// The deletion of one object, as admission sees it.
fn deletion<'a>(cx: &Cx<'_>, resource: &'a Arc<Resource>, object: &Object, options: &DeleteOptions) -> Admission<'a> {
    let mut admission = Server::admission(cx, resource, "", Operation::Delete);
    admission.name = object.name().to_owned();
    admission.old = Some(object.value.clone());
    admission.options = options.value();
    admission.dry_run = options.dry_run;
    admission
}

impl DeleteOptions {
    /// The options as a review has them.
    fn value(&self) -> Value {
        let mut value = json!({"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"});
        if let Some(grace) = self.grace {
            value["gracePeriodSeconds"] = grace.into();
        }
        for (key, text) in [("uid", &self.uid), ("resourceVersion", &self.version)] {
            if let Some(text) = text {
                value["preconditions"][key] = text.clone().into();
            }
        }
        if let Some(orphan) = self.orphan {
            value["orphanDependents"] = orphan.into();
        }
        if let Some(policy) = &self.propagation {
            value["propagationPolicy"] = policy.clone().into();
        }
        if self.dry_run {
            value["dryRun"] = json!(["All"]);
        }
        value
    }

    pub(crate) fn parse(cx: &Cx<'_>) -> Outcome<Self> {
        if cx.body.is_empty() {
            return DeleteOptions::from_query(cx);
        }
        let body: Json = if negotiate::protobuf_body(cx.headers) && cx.offer.protobuf_metadata {
            protobuf::parse(cx.body).map_err(Failure::bad_request)?
        } else {
            negotiate::json_body(cx.headers)?;
            if let Some(fault) = go::json_fault(cx.body) {
                return Err(Failure::bad_request(format!("couldn't get version/kind; json parse error: {fault}")));
            }
            kube_proto::json::from_slice(cx.body)
                .map_err(|e| Failure::bad_request(format!("couldn't get version/kind; json parse error: {e}")))?
        };
        let (version, kind) = (meta::text(&body, &["apiVersion"]), meta::text(&body, &["kind"]));
        if !kind.is_empty() && kind != "DeleteOptions" {
            return Err(Failure::bad_request(format!(
                "no kind \"{kind}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:111\""
            )));
        }
        DeleteOptions::from_object(&body)
    }

    pub(crate) fn from_object(body: &Json) -> Outcome<Self> {
        let mut errors = Vec::new();
        let dry_runs: Vec<&str> = meta::list(body, &["dryRun"]).iter().filter_map(Value::as_str).collect();
        let some = |path: &[&str]| meta::at(body, path).and_then(Value::as_str).map(str::to_owned);
        let options = DeleteOptions {
            dry_run: dry_run(&dry_runs, &mut errors),
            grace: body.get("gracePeriodSeconds").and_then(Value::as_i64),
            propagation: some(&["propagationPolicy"]),
            orphan: body.get("orphanDependents").and_then(Value::as_bool),
            uid: some(&["preconditions", "uid"]),
            version: some(&["preconditions", "resourceVersion"]),
        };
        options.validated(errors)
    }

    fn from_query(cx: &Cx<'_>) -> Outcome<Self> {
        let mut errors = Vec::new();
        let dry_runs: Vec<&str> = cx.query.all("dryRun").collect();
        let some = |key: &str| cx.query.text(key).map(str::to_owned);
        let options = DeleteOptions {
            dry_run: dry_run(&dry_runs, &mut errors),
            grace: cx.query.integer("gracePeriodSeconds").map_err(Failure::bad_request)?,
            propagation: some("propagationPolicy"),
            orphan: cx.query.flag_if_set("orphanDependents"),
            uid: some("uid"),
            version: some("resourceVersion"),
        };
        options.validated(errors)
    }

    fn validated(self, mut errors: Vec<FieldError>) -> Outcome<Self> {
        if let Some(policy) = &self.propagation {
            if self.orphan.is_some() {
                let detail = "orphanDependents and deletionPropagation cannot be both set";
                errors.push(FieldError::invalid("propagationPolicy", &policy.as_str().into(), detail));
            }
            let known = ["Background", "Foreground", "Orphan"];
            if !known.contains(&policy.as_str()) {
                let supported = ["Foreground", "Background", "Orphan", "nil"];
                errors.push(FieldError::not_supported("propagationPolicy", &policy.as_str().into(), &supported));
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(Failure::invalid("meta.k8s.io", "DeleteOptions", "", &errors)) }
    }

    /// The options with which controllers delete.
    pub(super) fn background() -> Self {
        DeleteOptions { propagation: Some("Background".into()), ..DeleteOptions::default() }
    }

    /// The same, without a grace period.
    pub(super) fn at_once() -> Self {
        DeleteOptions { grace: Some(0), ..DeleteOptions::background() }
    }

    /// The finalizers that follow from the propagation policy, if they differ from the current ones.
    fn finalizers(&self, resource: &Resource, object: &Json) -> Option<Vec<Value>> {
        let old = meta::list(object, &["metadata", "finalizers"]);
        let has = |name: &str| old.iter().any(|f| f == name);
        let policy = match (self.orphan, self.propagation.as_deref()) {
            (Some(true), _) | (_, Some("Orphan")) => Some(ORPHAN),
            (Some(false), _) | (_, Some("Background")) => None,
            (_, Some(_)) => Some(FOREGROUND),
            _ if has(ORPHAN) => Some(ORPHAN),
            _ if has(FOREGROUND) => Some(FOREGROUND),
            _ => orphans_by_default(resource).then_some(ORPHAN),
        };
        let kept = old.iter().filter(|f| *f != ORPHAN && *f != FOREGROUND).cloned();
        let new: Vec<Value> = kept.chain(policy.map(Value::from)).collect();
        let same = new.len() == old.len() && new.iter().all(|f| old.contains(f));
        (!same).then_some(new)
    }

    /// Whether the client set no propagation policy.
    fn left_open(&self) -> bool {
        self.orphan.is_none() && self.propagation.is_none()
    }

    fn check(&self, resource: &Resource, object: &Object) -> Outcome<()> {
        let conflict = |why: &str| Failure::conflict(&resource.group, &resource.kind, object.name(), why);
        if let Some(uid) = self.uid.as_deref().filter(|uid| *uid != object.uid()) {
            return Err(conflict(&format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                object.uid()
            )));
        }
        let current = meta::meta(&object.value, "resourceVersion");
        if let Some(version) = self.version.as_deref().filter(|v| *v != current) {
            return Err(conflict(&format!(
                "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({current}). The object might have been modified"
            )));
        }
        Ok(())
    }
}
