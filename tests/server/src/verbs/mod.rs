//! The verbs, one file for each.

mod apply;
mod collect;
mod create;
mod delete;
mod patch;
mod read;
mod update;

use std::sync::Arc;

pub(crate) use apply::written;
pub(crate) use collect::{CLAIM_IN_USE, VOLUME_IN_USE};
pub(crate) use delete::DeleteOptions;
pub(crate) use patch::{patch_options, patched};
pub(crate) use update::check_name;

use super::Server;
use super::context::{Cx, response, wrong_shape};
use super::convert;
use super::go;
use super::kinds::{GROUPS, Resource};
use super::meta::{self, Json};
use super::negotiate::{self, Accepted, Shape};
use super::protobuf;
use super::render;
use super::reply::Reply;
use super::status::{Failure, FieldError, Outcome};
use super::store::{self, Object};
use super::warn;

impl Server {
    /// Answers a request whose path names a resource.
    pub(crate) fn resource(&mut self, cx: &mut Cx<'_>) -> Outcome<Reply> {
        let info = &cx.info;
        let served = self.registry.versions(&info.group).is_some_and(|v| v.contains(&info.version));
        if !served {
            // A built-in group has its own answer for unknown versions.
            let known = GROUPS.iter().any(|(group, _)| *group == info.group) || info.group.is_empty();
            return Err(if known { Failure::no_such_resource() } else { Failure::no_such_path() });
        }
        let Some(resource) = self.registry.resource(&info.group, &info.version, &info.resource) else {
            let ours = self.registry.in_version(&info.group, &info.version).any(|r| r.custom.is_none());
            return Err(if ours { Failure::no_such_resource() } else { Failure::no_such_path() });
        };
        if self.options.protobuf {
            let typed = resource.custom.is_none()
                && !resource.converts()
                && protobuf::knows(&resource.api_version(), &resource.kind);
            cx.offer.protobuf = typed;
            cx.offer.protobuf_metadata = true;
        }
        if let Some(text) = resource.custom.as_ref().and_then(|c| c.deprecation.clone()) {
            cx.warnings.push(text);
        }
        if let (Some(text), None) = (warn::deprecated(&resource), &resource.custom) {
            cx.warnings.push(text.to_owned());
        }
        let info = &cx.info;
        let scoped = !info.namespace.is_empty() && info.resource != "namespaces";
        let misplaced = if resource.namespaced { !scoped && !info.name.is_empty() } else { scoped };
        if misplaced || !info.rest.is_empty() && !matches!(info.subresource.as_str(), "proxy") {
            return Err(Failure::no_such_resource());
        }
        if !info.subresource.is_empty() {
            let Some(sub) = resource.sub(&info.subresource) else {
                return Err(if resource.custom.is_some() {
                    cx.not_found(&resource)
                } else {
                    Failure::no_such_resource()
                });
            };
            if !sub.verbs.contains(&info.verb.as_str()) {
                return Err(unsupported(&resource, &info.verb));
            }
            return self.subresource(cx, &resource, sub.name);
        }
        let verb = info.verb.clone();
        if info.head && resource.custom.is_none() {
            return Err(Failure::no_such_method());
        }
        let collection_only = verb == "create" && (!info.name.is_empty() || resource.namespaced && !scoped);
        let item_only = matches!(verb.as_str(), "update" | "patch") && info.name.is_empty();
        let whole = verb == "deletecollection" && resource.namespaced && !scoped;
        if !resource.verbs.contains(&verb.as_str()) || collection_only || item_only || whole {
            return Err(unsupported(&resource, &verb));
        }
        if resource.custom.is_none() {
            negotiate::routed(cx.headers, matches!(verb.as_str(), "list" | "watch"))?;
        }
        match verb.as_str() {
            "create" if resource.verbs == ["create"] => self.review(cx, &resource),
            "create" => self.create(cx, &resource),
            "get" => self.read(cx, &resource),
            "list" => self.list(cx, &resource),
            "watch" => self.watch(cx, &resource),
            "update" => self.update(cx, &resource, ""),
            "patch" => self.patch(cx, &resource, ""),
            "delete" => self.delete(cx, &resource),
            "deletecollection" => self.delete_collection(cx, &resource),
            _ => Err(unsupported(&resource, &verb)),
        }
    }

    /// The object that the path names, in the version of the path.
    pub(crate) fn named(&self, cx: &Cx<'_>, resource: &Arc<Resource>) -> Outcome<Arc<Object>> {
        let stored = self.stored(cx, resource)?;
        let shown = self.in_version(cx, resource, vec![Arc::clone(&stored)])?;
        Ok(shown.into_iter().next().unwrap_or(stored))
    }

    /// The object that the path names, as it is stored.
    pub(crate) fn stored(&self, cx: &Cx<'_>, resource: &Resource) -> Outcome<Arc<Object>> {
        let namespace = if resource.namespaced { cx.info.namespace.as_str() } else { "" };
        let key = store::key(namespace, &cx.info.name);
        self.store.read(&resource.storage, &key).ok_or_else(|| cx.not_found(resource))
    }

    /// Replies with one object, in the chosen representation.
    pub(crate) fn shaped(
        &self,
        cx: &Cx<'_>,
        code: u16,
        accepted: &Accepted,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
    ) -> Outcome<Reply> {
        let value = &object.value;
        let (version, kind) = (resource.api_version(), resource.kind.as_str());
        let protobuf = match accepted.shape {
            Shape::Object if accepted.protobuf => protobuf::document(&version, kind, value),
            Shape::Partial if accepted.protobuf => protobuf::partial(value),
            _ => None,
        };
        if let Some(body) = protobuf {
            return Ok(Reply::Response(response(code, protobuf::MEDIA, body)));
        }
        let body = match accepted.shape {
            Shape::Object => render::stored(resource, object),
            Shape::Partial => render::partial(value),
            Shape::PartialList => return Err(wrong_shape(accepted.shape, false, resource)),
            Shape::Table(version) => self.table(cx, version, resource, std::slice::from_ref(object), None)?,
        };
        Ok(cx.json(code, body))
    }

    /// Stores an object. The server serves the resources of a stored definition at once.
    pub(crate) fn commit(&mut self, resource: &Resource, value: Json) -> Arc<Object> {
        let object = self.store.put(&resource.storage, value);
        if resource.kind == "CustomResourceDefinition" {
            self.serve_definition(&object.value);
        }
        object
    }

    /// Stores an object, unless `dry_run`.
    pub(crate) fn commit_unless(&mut self, dry_run: bool, resource: &Resource, value: Json) -> Arc<Object> {
        if dry_run { Object::new(value) } else { self.commit(resource, value) }
    }

    /// The same. `shown` is the object in the version of `resource`, if that is not the stored one: the result is it.
    pub(crate) fn commit_shown(
        &mut self,
        dry_run: bool,
        resource: &Resource,
        value: Json,
        shown: Option<Json>,
    ) -> Arc<Object> {
        let stored = self.commit_unless(dry_run, resource, value);
        let Some(mut shown) = shown else { return stored };
        let version = meta::meta(&stored.value, "resourceVersion").to_owned();
        if !dry_run {
            meta::meta_mut(&mut shown).insert("resourceVersion".into(), version.into());
        }
        let shown = Object::new(shown);
        stored.keep_view(&resource.api_version(), Arc::clone(&shown));
        shown
    }

    /// Stores a copy of an object with another name and uid.
    pub(crate) fn copy(&mut self, storage: &str, namespace: &str, from: &str, to: &str) {
        let Some(object) = self.store.read(storage, &store::key(namespace, from)) else { return };
        let mut value = object.value.clone();
        let uid = self.rng.uuid();
        let metadata = meta::meta_mut(&mut value);
        metadata.insert("name".into(), to.into());
        metadata.insert("uid".into(), uid.into());
        self.store.put(storage, value);
        self.generation += 1;
    }

    /// A copy of the stored object, as `resource` shows it.
    pub(crate) fn shown(resource: &Resource, object: &Object) -> Json {
        convert::present(resource, &object.value).into_owned()
    }
}

/// The failure of a `resourceVersion` that is not a number. The storage reads it, so the error has no reason.
pub(crate) fn unreadable_version(text: &str) -> Failure {
    let detail = format!("strconv.ParseUint: parsing {}: invalid syntax", go::quote(text));
    Failure::unknown(FieldError::invalid("resourceVersion", &text.into(), detail).to_string())
}

/// The failure of a method that a path does not have.
pub(crate) fn unsupported(resource: &Resource, verb: &str) -> Failure {
    if resource.custom.is_some() || verb == "watch" {
        Failure::method_not_supported(&resource.group, &resource.plural, verb)
    } else {
        Failure::no_such_method()
    }
}
