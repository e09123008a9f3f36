//! `create`.

use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

use crate::Server;
use crate::context::{Cx, WriteOptions};
use crate::convert;
use crate::defaults;
use crate::kinds::Resource;
use crate::managed;
use crate::meta::{self, Json};
use crate::reply::Reply;
use crate::schema;
use crate::status::{Failure, FieldError, Outcome};
use crate::store::{self, Object};
use crate::validate;
use crate::warn;
use crate::webhook::Operation;

impl Server {
    pub(super) fn create(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = cx.write_options("CreateOptions")?;
        let object = cx.body_of(resource, options.validation)?;
        let stored = self.insert(cx, resource, object, &options)?;
        self.shaped(cx, 201, &accepted, resource, &stored)
    }

    /// Creates an object from a client's document: metadata, defaults, checks, storage.
    pub(crate) fn insert(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        written: Json,
        options: &WriteOptions,
    ) -> Outcome<Arc<Object>> {
        let mut object = convert::to_storage(resource, written);
        self.place(cx, resource, &mut object)?;
        let namespace = meta::meta(&object, "namespace").to_owned();
        self.namespace_takes(resource, &namespace, &mut object)?;
        if meta::version(&object) != 0 {
            return Err(Failure::unknown("resourceVersion should not be set on objects to be created"));
        }
        fill_custom(resource, &mut object);
        let mut options = Cow::Borrowed(options);
        if self.has_mutating(resource)
            && let Some((mutated, managed)) = self.mutated_new(cx, resource, &object, &options)?
        {
            object = mutated;
            options.to_mut().applied = Some(managed);
        }
        self.name(resource, &mut object)?;
        let name = meta::meta(&object, "name").to_owned();
        self.initialise(resource, &mut object, cx.now);
        let labelled =
            meta::at(&object, &["metadata", "labels"]).and_then(|l| l.as_object()).is_some_and(|l| !l.is_empty());
        if resource.custom.is_none() {
            defaults::fill(resource, &mut object);
        }
        match &options.applied {
            Some(managed) => managed.clone().write(&mut object),
            None => {
                let who = cx.who(resource, &options, "", false);
                managed::updated(resource, None, None, &mut object, &who, cx.now);
            }
        }
        // Fields that the server decides have no owner.
        if resource.kind == "CertificateSigningRequest" && resource.custom.is_none() {
            meta::set(&mut object, &["spec", "username"], cx.user.name.clone().into());
            meta::set(&mut object, &["spec", "groups"], cx.user.groups.clone().into());
        }
        defaults::decide(resource, &mut object);
        defaults::choose_pods(resource, &mut object, labelled);
        zeros(resource, &mut object);
        if resource.storage == "services" {
            self.allocate(&mut object, None);
        }
        if resource.kind == "Pod" && resource.custom.is_none() {
            let class = validate::class(&object);
            meta::set(&mut object, &["status", "qosClass"], class.into());
        }
        let errors = validate::created(resource, &object);
        if !errors.is_empty() {
            return Err(Failure::invalid(&resource.group, &resource.kind, &name, &errors));
        }
        cx.warnings.extend(warn::created(resource, &mut object));
        if self.has_webhooks(resource) {
            let mut admission = Server::admission(cx, resource, "", Operation::Create);
            admission.name.clone_from(&name);
            if resource.storage == "namespaces" {
                admission.namespace.clone_from(&name);
            }
            admission.object = Some(object.clone());
            self.validate(cx, &admission)?;
        }
        let (object, shown) = self.to_store(cx, resource, object)?;
        let key = store::key(&namespace, &name);
        if self.store.read(&resource.storage, &key).is_some() {
            return Err(Failure::already_exists(&resource.group, &resource.plural, &name));
        }
        Ok(self.commit_shown(options.dry_run, resource, object, shown))
    }

    /// The object of a create as mutating webhooks have changed it, and its field owners; `None` if they have not.
    fn mutated_new(
        &self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        object: &Json,
        options: &WriteOptions,
    ) -> Outcome<Option<(Json, managed::Managed)>> {
        let mut reviewed = object.clone();
        for key in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            meta::meta_mut(&mut reviewed).remove(key);
        }
        defaults::fill(resource, &mut reviewed);
        zeros(resource, &mut reviewed);
        let owners = options.applied.clone().unwrap_or_else(|| {
            let mut candidate = object.clone();
            if resource.has_status() {
                candidate.remove("status");
            }
            defaults::fill(resource, &mut candidate);
            let who = cx.who(resource, options, "", false);
            managed::updated(resource, None, None, &mut candidate, &who, cx.now);
            managed::Managed::read(&candidate).unwrap_or_default()
        });
        owners.clone().write(&mut reviewed);
        let mut admission = Server::admission(cx, resource, "", Operation::Create);
        admission.name = meta::meta(&reviewed, "name").to_owned();
        if resource.storage == "namespaces" {
            admission.namespace.clone_from(&admission.name);
        }
        admission.object = Some(reviewed);
        if !self.mutate(cx, &mut admission)? {
            return Ok(None);
        }
        let Some(mut mutated) = admission.object else { return Ok(None) };
        // A webhook that breaks the owners changes nothing in them.
        let managed = managed::Managed::after(&mutated, owners);
        meta::meta_mut(&mut mutated).remove("managedFields");
        Ok(Some((mutated, managed)))
    }

    /// Sets the namespace of the path.
    pub(super) fn place(&self, cx: &Cx<'_>, resource: &Resource, object: &mut Json) -> Outcome<()> {
        let wanted = if resource.namespaced { cx.info.namespace.as_str() } else { "" };
        let given = meta::meta(object, "namespace");
        if wanted.is_empty() {
            meta::meta_mut(object).remove("namespace");
        } else if given.is_empty() {
            meta::meta_mut(object).insert("namespace".into(), wanted.into());
        } else if given != wanted {
            return Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        Ok(())
    }

    /// Checks that the namespace exists and is not terminating.
    fn namespace_takes(&self, resource: &Resource, namespace: &str, object: &mut Json) -> Outcome<()> {
        if !resource.namespaced {
            return Ok(());
        }
        let Some(found) = self.store.read("namespaces", namespace) else {
            return Err(Failure::not_found("", "namespaces", namespace));
        };
        if meta::meta(&found.value, "deletionTimestamp").is_empty() {
            return Ok(());
        }
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        Err(Failure::forbidden(&resource.group, &resource.plural, meta::meta(object, "name"), &why).with_cause(
            "NamespaceTerminating",
            format!("namespace {namespace} is being terminated"),
            "metadata.namespace",
        ))
    }

    /// Generates a name from `generateName`, if the object has none.
    fn name(&mut self, resource: &Resource, object: &mut Json) -> Outcome<()> {
        if !meta::meta(object, "name").is_empty() {
            return Ok(());
        }
        let prefix = meta::meta(object, "generateName").to_owned();
        if prefix.is_empty() {
            let error = FieldError::required("metadata.name", "name or generateName is required");
            return Err(Failure::invalid(&resource.group, &resource.kind, "", &[error]));
        }
        let namespace = meta::meta(object, "namespace").to_owned();
        let mut name = String::new();
        for _ in 0..8 {
            let room: String = prefix.chars().take(58).collect();
            name = format!("{room}{}", self.rng.suffix(5));
            if self.store.read(&resource.storage, &store::key(&namespace, &name)).is_none() {
                meta::meta_mut(object).insert("name".into(), name.into());
                return Ok(());
            }
        }
        let mut failure = Failure::already_exists(&resource.group, &resource.plural, &name).retry_after(1);
        failure.message.push_str(", the server was not able to generate a unique name for the object");
        Err(failure)
    }

    /// Sets the initial metadata and status of a new object.
    pub(super) fn initialise(&mut self, resource: &Resource, object: &mut Json, now: std::time::Duration) {
        let uid = self.rng.uuid();
        let metadata = meta::meta_mut(object);
        for key in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] {
            metadata.remove(key);
        }
        metadata.insert("uid".into(), uid.into());
        metadata.insert("creationTimestamp".into(), meta::time(now).into());
        if resource.generation {
            metadata.insert("generation".into(), 1.into());
        }
        if resource.has_status() {
            object.remove("status");
        }
        if resource.custom.is_some() {
            return;
        }
        match resource.kind.as_str() {
            "Namespace" => {
                object.insert("status".into(), json!({"phase": "Active"}));
            }
            "Pod" => {
                object.insert("status".into(), json!({"phase": "Pending"}));
            }
            "PersistentVolumeClaim" | "PersistentVolume" => {
                object.insert("status".into(), json!({"phase": "Pending"}));
            }
            "Service" => {
                object.insert("status".into(), json!({"loadBalancer": {}}));
            }
            "Secret" => secret(object),
            "CustomResourceDefinition" => super::super::crd::establish(object, now),
            _ if resource.has_status() => {
                object.insert("status".into(), Value::Object(Json::new()));
            }
            _ => {}
        }
    }

    /// Completes the object of an update: defaults, addresses and ports.
    pub(super) fn complete(&mut self, resource: &Resource, object: &mut Json, before: &Json) {
        if resource.custom.is_none() {
            defaults::fill(resource, object);
        }
        defaults::follow(resource, object, before);
        defaults::decide(resource, object);
        zeros(resource, object);
        if resource.storage == "services" {
            self.allocate(object, Some(before));
        }
    }

    /// Keeps a service's address and node ports, or allocates them.
    fn allocate(&mut self, object: &mut Json, before: Option<&Json>) {
        let kind = meta::text(object, &["spec", "type"]).to_owned();
        let spec = meta::child_mut(object, "spec");
        if kind == "ExternalName" {
            return;
        }
        spec.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
        spec.entry("ipFamilyPolicy").or_insert_with(|| json!("SingleStack"));
        if meta::text(spec, &["clusterIP"]).is_empty() {
            let old = before.map_or("", |b| meta::text(b, &["spec", "clusterIP"]));
            let address = if old.is_empty() {
                format!("10.96.{}.{}", self.rng.below(256), 1 + self.rng.below(254))
            } else {
                old.to_owned()
            };
            spec.insert("clusterIP".into(), address.into());
        }
        let address = spec.get("clusterIP").cloned().unwrap_or(Value::Null);
        spec.entry("clusterIPs").or_insert_with(|| json!([address]));
        if !matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
            return;
        }
        let old = before.map_or(&[][..], |b| meta::list(b, &["spec", "ports"]));
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            let same =
                old.iter().find(|o| o.get("port") == port.get("port") && o.get("protocol") == port.get("protocol"));
            let kept = same.and_then(|o| o.get("nodePort")).cloned();
            if let Some(port) = port.as_object_mut()
                && !port.contains_key("nodePort")
            {
                let number = kept.unwrap_or_else(|| json!(30_000 + self.rng.below(2768)));
                port.insert("nodePort".into(), number);
            }
        }
    }

    /// Creates one of the server's initial namespaces.
    pub(crate) fn create_namespace(&mut self, name: &str) {
        let Some(resource) = self.registry.resource("", "v1", "namespaces") else { return };
        let mut object = Json::new();
        object.insert("apiVersion".into(), "v1".into());
        object.insert("kind".into(), "Namespace".into());
        meta::set(&mut object, &["metadata", "name"], name.into());
        let start = self.options.start;
        self.initialise(&resource, &mut object, start);
        defaults::fill(&resource, &mut object);
        defaults::decide(&resource, &mut object);
        self.commit(&resource, object);
    }
}

/// Fills in the defaults of a custom resource: before admission, as the decoder of the real server does. A webhook that gets
/// the object in another version may lose them.
pub(super) fn fill_custom(resource: &Resource, object: &mut Json) {
    if resource.custom.is_some() {
        defaults::fill(resource, object);
    }
}

/// Adds the fields that a built-in kind always has.
pub(super) fn zeros(resource: &Resource, object: &mut Json) {
    if resource.custom.is_none() {
        let mut value = Value::Object(std::mem::take(object));
        schema::complete(&mut value, &schema::of(resource));
        if let Value::Object(completed) = value {
            *object = completed;
        }
    }
}

/// Moves the write-only `stringData` into `data`.
pub(super) fn secret(object: &mut Json) {
    use base64::Engine as _;
    if let Some(Value::Object(plain)) = object.remove("stringData") {
        let data = meta::child_mut(object, "data");
        for (key, value) in plain {
            let text = value.as_str().unwrap_or_default();
            data.insert(key, base64::engine::general_purpose::STANDARD.encode(text).into());
        }
    }
    object.entry("type").or_insert_with(|| "Opaque".into());
}
