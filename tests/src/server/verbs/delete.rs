//! `delete` and `deletecollection`, and what follows from them.

use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use super::update::{is_dying, nothing_holds};
use crate::server::Server;
use crate::server::context::{Cx, dry_run, response};
use crate::server::kinds::Resource;
use crate::server::meta::{self, Json};
use crate::server::negotiate::{self, Shape};
use crate::server::options::Grace;
use crate::server::protobuf;
use crate::server::render::{self, ListMeta};
use crate::server::reply::Reply;
use crate::server::selector::Selection;
use crate::server::status::{self, Details, Failure, FieldError, Outcome};
use crate::server::store::Object;

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

/// What became of the object.
pub(crate) struct Deleted {
    pub(crate) object: Arc<Object>,
    pub(crate) gone: bool,
}

impl Server {
    pub(super) fn delete(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = DeleteOptions::parse(cx)?;
        let object = self.named(cx, resource)?;
        let deleted = self.delete_one(cx.now, resource, &object, &options)?;
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
        let mut gone = Vec::new();
        for object in found {
            gone.push(self.delete_one(cx.now, resource, &object, &options)?.object);
        }
        let meta = ListMeta { version: self.store.version(), ..ListMeta::default() };
        if accepted.protobuf && accepted.shape == Shape::Object {
            let values = gone.iter().map(|o| &o.value);
            let body = protobuf::list(&resource.api_version(), &resource.list_kind, &resource.kind, &meta, values);
            return Ok(Reply::Response(response(200, protobuf::MEDIA, body)));
        }
        let items: Vec<_> = gone.iter().map(|o| render::item(resource, o)).collect();
        Ok(cx.json(200, render::list(resource, &meta, &items)))
    }

    pub(crate) fn delete_one(
        &mut self,
        now: Duration,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        options: &DeleteOptions,
    ) -> Outcome<Deleted> {
        options.check(resource, object)?;
        let mut value = object.value.clone();
        let namespace = resource.kind == "Namespace" && resource.custom.is_none();
        if namespace && matches!(object.name(), "default" | "kube-system" | "kube-public") {
            let why = "this namespace may not be deleted";
            return Err(Failure::forbidden("", "namespaces", object.name(), why));
        }
        let grace = self.grace(resource, object, options);
        let holds = namespace
            || !meta::list(&value, &["metadata", "finalizers"]).is_empty()
            || grace > 0
            || options.propagation.as_deref() == Some("Foreground") && self.has_dependents(object.uid());
        if !holds {
            if options.dry_run {
                return Ok(Deleted { object: object.clone(), gone: true });
            }
            let last = self.remove_with(resource, &object.key(), options.orphans());
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
            if namespace {
                meta::set(&mut value, &["status", "phase"], "Terminating".into());
            }
        } else if grace < meta::integer(&value, &["metadata", "deletionGracePeriodSeconds"]) {
            meta::meta_mut(&mut value).insert("deletionGracePeriodSeconds".into(), grace.into());
        }
        if options.dry_run {
            return Ok(Deleted { object: Object::new(value), gone: false });
        }
        if nothing_holds(resource, &value) && !namespace && !self.has_dependents(object.uid()) {
            let last = self.remove_with(resource, &object.key(), options.orphans());
            return Ok(Deleted { object: last.unwrap_or_else(|| object.clone()), gone: true });
        }
        let marked = if value == object.value { object.clone() } else { self.commit(resource, value) };
        if namespace {
            self.empty_namespace(now, marked.name());
            self.settle_namespace(marked.name());
        } else if options.propagation.as_deref() == Some("Foreground") {
            self.delete_dependents(marked.uid());
            if nothing_holds(resource, &marked.value) {
                self.remove(resource, &marked.key());
            }
        }
        Ok(Deleted { object: marked, gone: false })
    }

    /// Seconds that the object may still live.
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

    /// Takes an object out of the store, and does what follows from that.
    pub(crate) fn remove(&mut self, resource: &Resource, key: &str) -> Option<Arc<Object>> {
        self.remove_with(resource, key, false)
    }

    fn remove_with(&mut self, resource: &Resource, key: &str, orphan: bool) -> Option<Arc<Object>> {
        let last = self.store.delete(&resource.storage, key)?;
        if resource.kind == "CustomResourceDefinition" {
            self.drop_definition(&last.value);
        }
        if resource.kind == "Pod" && resource.custom.is_none() {
            self.drop_logs(last.namespace(), last.name());
        }
        if orphan {
            self.orphan_dependents(last.uid());
        } else {
            self.delete_dependents(last.uid());
        }
        self.settle_namespace(last.namespace());
        Some(last)
    }

    /// Deletes everything in a namespace.
    fn empty_namespace(&mut self, now: Duration, namespace: &str) {
        let prefix = format!("{namespace}/");
        for storage in self.store.names() {
            let Some(resource) = self.storing(&storage).filter(|r| r.namespaced) else { continue };
            let found: Vec<Arc<Object>> = self.store.under(&storage, &prefix).cloned().collect();
            for object in found {
                let options = DeleteOptions { grace: Some(0), ..DeleteOptions::default() };
                // Nothing can be refused here: there are no preconditions.
                let _ = self.delete_one(now, &resource, &object, &options);
            }
        }
    }

    /// Lets a dying namespace go once it is empty.
    fn settle_namespace(&mut self, name: &str) {
        let Some(namespace) = self.store.read("namespaces", name).filter(|n| is_dying(&n.value)) else { return };
        let prefix = format!("{name}/");
        let names = self.store.names();
        let full = names
            .iter()
            .any(|s| self.storing(s).is_some_and(|r| r.namespaced) && self.store.under(s, &prefix).next().is_some());
        let foreign = meta::list(&namespace.value, &["spec", "finalizers"]).iter().any(|f| f != "kubernetes");
        if full || foreign || !meta::list(&namespace.value, &["metadata", "finalizers"]).is_empty() {
            return;
        }
        self.store.delete("namespaces", name);
    }

    /// The resource whose objects lie in a shelf.
    pub(crate) fn storing(&self, storage: &str) -> Option<Arc<Resource>> {
        self.registry.iter().find(|r| r.storage == storage && !r.converts()).cloned()
    }

    fn dependents(&self, uid: &str) -> Vec<(String, Arc<Object>)> {
        self.store.owned_by(uid)
    }

    fn has_dependents(&self, uid: &str) -> bool {
        !self.dependents(uid).is_empty()
    }

    /// The garbage collector's part: what has no owner left goes.
    fn delete_dependents(&mut self, uid: &str) {
        for (storage, object) in self.dependents(uid) {
            let Some(resource) = self.storing(&storage) else { continue };
            let others = meta::list(&object.value, &["metadata", "ownerReferences"])
                .iter()
                .filter_map(|o| o.get("uid").and_then(Value::as_str))
                .any(|owner| owner != uid && self.store.has_uid(owner));
            if others {
                self.disown(&resource, &object, uid);
            } else {
                let now = self.options.start;
                let _ = self.delete_one(now, &resource, &object, &DeleteOptions::default());
            }
        }
    }

    fn orphan_dependents(&mut self, uid: &str) {
        for (storage, object) in self.dependents(uid) {
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

    /// Removes pods whose grace is over.
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

impl DeleteOptions {
    pub(crate) fn parse(cx: &Cx<'_>) -> Outcome<Self> {
        if cx.body.is_empty() {
            return DeleteOptions::from_query(cx);
        }
        let body: Json = if negotiate::protobuf_body(cx.headers) && cx.offer.protobuf_metadata {
            protobuf::parse(cx.body).map_err(Failure::bad_request)?
        } else {
            negotiate::json_body(cx.headers)?;
            serde_json::from_slice(cx.body)
                .map_err(|e| Failure::bad_request(format!("couldn't get version/kind; json parse error: {e}")))?
        };
        let kind = meta::text(&body, &["kind"]);
        if !kind.is_empty() && kind != "DeleteOptions" {
            return Err(Failure::bad_request("decoded object cannot be converted to DeleteOptions"));
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

    fn orphans(&self) -> bool {
        self.orphan == Some(true) || self.propagation.as_deref() == Some("Orphan")
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
