//! `update`, and the common part of all changes to an object.

use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

use crate::Server;
use crate::context::{Cx, WriteOptions};
use crate::convert;
use crate::defaults;
use crate::go;
use crate::kinds::Resource;
use crate::managed;
use crate::meta::{self, Json};
use crate::reply::Reply;
use crate::status::{Failure, FieldError, Outcome};
use crate::store::{self, Object};
use crate::validate;
use crate::webhook::Operation;

impl Server {
    /// `PUT` of an object, or of a subresource with the object's kind.
    pub(crate) fn update(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = cx.write_options("UpdateOptions")?;
        let object = cx.body_of(resource, options.validation)?;
        check_name(cx, &object)?;
        let namespace = if resource.namespaced { cx.info.namespace.as_str() } else { "" };
        let Some(_) = self.store.read(&resource.storage, &store::key(namespace, &cx.info.name)) else {
            if resource.put_creates && sub.is_empty() {
                let created = self.insert(cx, resource, object, &options)?;
                return self.shaped(cx, 201, &accepted, resource, &created);
            }
            return Err(cx.not_found(resource));
        };
        let current = self.named(cx, resource)?;
        let stored = self.replace(cx, resource, &current, object, sub, &options, false)?;
        self.shaped(cx, 200, &accepted, resource, &stored)
    }

    /// Replaces `current` with `written`: keeps fixed fields, checks and stores.
    ///
    /// With `read_modify_write`, a missing `resourceVersion` means the current one.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn replace(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        current: &Arc<Object>,
        written: Json,
        sub: &str,
        options: &WriteOptions,
        read_modify_write: bool,
    ) -> Outcome<Arc<Object>> {
        let (group, name) = (resource.group.as_str(), current.name().to_owned());
        let mut object = convert::to_storage(resource, written);
        self.place(cx, resource, &mut object)?;
        super::create::fill_custom(resource, &mut object);
        let mut options = Cow::Borrowed(options);
        // The webhooks of a scale get a Scale, and have been called.
        let reviewed = sub != "scale";
        if reviewed
            && self.has_mutating(resource)
            && let Some((mutated, managed)) = self.mutated(cx, resource, current, &object, sub, &options)?
        {
            object = mutated;
            options.to_mut().applied = Some(managed);
        }
        self.check_preconditions(resource, current, &object, read_modify_write)?;
        let object = self.merged(cx, resource, current, object, sub, &options);
        let errors = validate::updated(resource, &current.value, &object, sub);
        if !errors.is_empty() {
            return Err(Failure::invalid(group, &resource.kind, &name, &errors));
        }
        if reviewed && self.has_webhooks(resource) {
            let mut admission = Server::admission(cx, resource, sub, Operation::Update);
            admission.object = Some(object.clone());
            admission.old = Some(current.value.clone());
            self.validate(cx, &admission)?;
        }
        if object == current.value {
            return Ok(current.clone());
        }
        let (dying, dry_run) = (is_dying(&object) && nothing_holds(resource, &object), options.dry_run);
        let (object, shown) = self.to_store(cx, resource, object)?;
        let stored = self.commit_shown(dry_run, resource, object, shown);
        if dying && !dry_run {
            self.remove(resource, &stored.key());
        }
        Ok(stored)
    }

    /// The written object as mutating webhooks have changed it, and its field owners; `None` if they have not.
    fn mutated(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        current: &Arc<Object>,
        object: &Json,
        sub: &str,
        options: &WriteOptions,
    ) -> Outcome<Option<(Json, managed::Managed)>> {
        // What is drawn for this look at the result is drawn again.
        let rng = self.rng.clone();
        let candidate = self.merged(cx, resource, current, object.clone(), sub, options);
        self.rng = rng;
        let mut reviewed = object.clone();
        defaults::fill(resource, &mut reviewed);
        super::create::zeros(resource, &mut reviewed);
        let owners = managed::Managed::read(&candidate).unwrap_or_default();
        owners.clone().write(&mut reviewed);
        let mut admission = Server::admission(cx, resource, sub, Operation::Update);
        admission.object = Some(reviewed);
        admission.old = Some(current.value.clone());
        if !self.mutate(cx, &mut admission)? {
            return Ok(None);
        }
        let Some(mutated) = admission.object else { return Ok(None) };
        let managed = managed::Managed::after(&mutated, owners);
        Ok(Some((mutated, managed)))
    }

    /// The object that a write makes of the current one: fixed fields, defaults, generation, field owners.
    fn merged(
        &mut self,
        cx: &Cx<'_>,
        resource: &Arc<Resource>,
        current: &Arc<Object>,
        mut object: Json,
        sub: &str,
        options: &WriteOptions,
    ) -> Json {
        let written = meta::remove(&mut object, &["metadata", "managedFields"]);
        keep_metadata(&current.value, &mut object);
        if sub.is_empty() {
            if resource.has_status() {
                meta::carry(&current.value, &mut object, "status");
            }
            self.complete(resource, &mut object, &current.value);
        } else if sub == "scale" {
            // The object is whole and differs in one number.
        } else {
            object = merge_sub(resource, &current.value, &object, sub);
            if resource.custom.is_none() {
                defaults::fill(resource, &mut object);
            }
            super::create::zeros(resource, &mut object);
        }
        if resource.kind == "Secret" && resource.custom.is_none() {
            super::create::secret(&mut object);
        }
        if resource.kind == "CustomResourceDefinition" && sub.is_empty() {
            crate::crd::establish(&mut object, cx.now);
        }
        if resource.generation && counts(resource, &current.value, &object) {
            let next = meta::integer(&current.value, &["metadata", "generation"]) + 1;
            meta::set(&mut object, &["metadata", "generation"], next.into());
        }
        match &options.applied {
            Some(managed) => managed.clone().write(&mut object),
            None => {
                let who = cx.who(resource, options, sub, false);
                managed::updated(resource, Some(&current.value), written.as_ref(), &mut object, &who, cx.now);
            }
        }
        object
    }

    fn check_preconditions(
        &self,
        resource: &Resource,
        current: &Object,
        object: &Json,
        read_modify_write: bool,
    ) -> Outcome<()> {
        let (group, plural, name) = (&resource.group, &resource.plural, current.name());
        let uid = meta::meta(object, "uid");
        if !read_modify_write && !uid.is_empty() && uid != current.uid() {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /registry/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: \
                 Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                resource.storage,
                current.key(),
                current.uid()
            );
            return Err(Failure::conflict(group, plural, name, &why));
        }
        let version = meta::meta(object, "resourceVersion");
        if version.is_empty() || version == "0" {
            if !resource.unconditional && !read_modify_write {
                let error =
                    FieldError::invalid("metadata.resourceVersion", &json!(0), "must be specified for an update");
                return Err(Failure::invalid(group, plural, name, &[error]));
            }
            return Ok(());
        }
        if version.parse::<u64>().is_err() {
            let text = format!("strconv.ParseUint: parsing {}: invalid syntax", go::quote(version));
            return Err(Failure::unknown(text));
        }
        if version != meta::meta(&current.value, "resourceVersion") {
            return Err(Failure::modified(group, plural, name));
        }
        Ok(())
    }
}

/// Checks that the name in the body is the path's.
pub(crate) fn check_name(cx: &Cx<'_>, object: &Json) -> Outcome<()> {
    let (given, wanted) = (meta::meta(object, "name"), cx.info.name.as_str());
    if given.is_empty() {
        return Err(Failure::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        )));
    }
    if given != wanted {
        return Err(Failure::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({wanted})"
        )));
    }
    Ok(())
}

/// Keeps the metadata that clients cannot change.
fn keep_metadata(current: &Json, object: &mut Json) {
    let empty = Json::new();
    let from = current.get("metadata").and_then(Value::as_object).unwrap_or(&empty);
    let to = meta::meta_mut(object);
    for key in ["resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        meta::carry(from, to, key);
    }
    // Validation refuses another uid later.
    if to.get("uid").and_then(Value::as_str).is_none_or(str::is_empty) {
        meta::carry(from, to, "uid");
    }
    to.remove("selfLink");
}

/// Merges the fields that a write of the subresource may change into the current object.
fn merge_sub(resource: &Resource, current: &Json, object: &Json, sub: &str) -> Json {
    let mut merged = current.clone();
    match sub {
        "status" => {
            meta::carry(object, &mut merged, "status");
            let kept: &[&str] = match resource.kind.as_str() {
                _ if resource.custom.is_some() => return merged,
                "CustomResourceDefinition" | "FlowSchema" | "PriorityLevelConfiguration" => return merged,
                "Deployment" => &["labels"],
                "Pod" => &["ownerReferences"],
                _ => &[],
            };
            // Most built-in kinds accept changes of the metadata through the status.
            meta::carry(object, &mut merged, "metadata");
            let old = current.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
            for key in kept {
                meta::carry(&old, meta::meta_mut(&mut merged), key);
            }
        }
        "finalize" => {
            let finalizers = meta::at(object, &["spec", "finalizers"]).cloned().unwrap_or_else(|| json!([]));
            meta::set(&mut merged, &["spec", "finalizers"], finalizers);
        }
        "approval" => {
            let conditions = meta::at(object, &["status", "conditions"]).cloned().unwrap_or_else(|| json!([]));
            meta::set(&mut merged, &["status", "conditions"], conditions);
        }
        "ephemeralcontainers" => {
            let empty = Json::new();
            let spec = object.get("spec").and_then(Value::as_object).unwrap_or(&empty);
            meta::carry(spec, meta::child_mut(&mut merged, "spec"), "ephemeralContainers");
        }
        "resize" => merge_resize(object, &mut merged),
        _ => {}
    }
    merged
}

fn merge_resize(object: &Json, merged: &mut Json) {
    for list in ["containers", "initContainers"] {
        let wanted = meta::list(object, &["spec", list]).to_vec();
        let Some(Value::Array(containers)) = merged.get_mut("spec").and_then(|s| s.get_mut(list)) else { continue };
        for container in containers.iter_mut().filter_map(Value::as_object_mut) {
            let same = wanted.iter().find(|w| w.get("name") == container.get("name"));
            if let Some(same) = same.and_then(Value::as_object) {
                meta::carry(same, container, "resources");
                meta::carry(same, container, "resizePolicy");
            }
        }
    }
}

/// Whether the change increments `metadata.generation`.
fn counts(resource: &Resource, before: &Json, after: &Json) -> bool {
    let without = |object: &Json| {
        let mut object = object.clone();
        object.remove("metadata");
        if resource.has_status() {
            object.remove("status");
        }
        object
    };
    without(before) != without(after)
}

pub(super) fn is_dying(object: &Json) -> bool {
    !meta::meta(object, "deletionTimestamp").is_empty()
}

/// Whether neither finalizers nor a grace period keep the object.
pub(super) fn nothing_holds(resource: &Resource, object: &Json) -> bool {
    let namespace_done = resource.kind != "Namespace"
        || resource.custom.is_some()
        || meta::list(object, &["spec", "finalizers"]).is_empty();
    let grace_over = meta::integer(object, &["metadata", "deletionGracePeriodSeconds"]) == 0;
    meta::list(object, &["metadata", "finalizers"]).is_empty() && namespace_done && grace_over
}
