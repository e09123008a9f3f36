//! `scale`: one number of an object, as an `autoscaling/v1` Scale.

use serde_json::{Value, json};
use std::sync::Arc;

use crate::Server;
use crate::context::{Cx, FieldValidation, WriteOptions};
use crate::decode::Origin;
use crate::kinds::Resource;
use crate::managed;
use crate::meta::{self, Json};
use crate::negotiate;
use crate::render;
use crate::reply::Reply;
use crate::schema::{Node, Type};
use crate::selector::Labels;
use crate::status::{Failure, FieldError, Outcome};
use crate::store::Object;
use crate::verbs::{check_name, patch_options, patched, written};
use crate::webhook::Operation;

const API_VERSION: &str = "autoscaling/v1";

/// The paths of the numbers.
struct Places {
    spec: Vec<String>,
    status: Vec<String>,
    selector: Vec<String>,
}

impl Places {
    fn of(resource: &Resource) -> Self {
        let path = |text: &str| text.trim_start_matches('.').split('.').map(str::to_owned).collect();
        let written = resource.custom.as_ref().and_then(|c| c.scale.as_ref());
        let named = |key: &str| written.and_then(|s| s.get(key)?.as_str());
        Places {
            spec: path(named("specReplicasPath").unwrap_or(".spec.replicas")),
            status: path(named("statusReplicasPath").unwrap_or(".status.replicas")),
            selector: path(named("labelSelectorPath").unwrap_or(".spec.selector")),
        }
    }
}

fn at<'a>(object: &'a Json, path: &[String]) -> Option<&'a Value> {
    meta::at(object, &path.iter().map(String::as_str).collect::<Vec<_>>())
}

impl Server {
    pub(super) fn scale(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        cx.negotiate(true)?;
        let object = self.named(cx, resource)?;
        let before = view(resource, &object)?;
        match cx.info.verb.as_str() {
            "get" => Ok(cx.written(200, &render::document(&before))),
            "update" => {
                let options = cx.write_options("UpdateOptions")?;
                let (mut scale, _) = cx.body_object(resource, "Scale")?;
                cx.settle_type(resource, API_VERSION, "Scale", &mut scale)?;
                check_name(cx, &scale)?;
                self.rescale(cx, resource, &object, &scale, &options)
            }
            _ => {
                let media = negotiate::content_type(cx.headers);
                let options = patch_options(cx, &media)?;
                if media == "application/apply-patch+yaml" {
                    return self.apply_scale(cx, resource, &object, options);
                }
                let ty = Type::Named("Scale".into());
                let Value::Object(scale) = patched(cx, &media, &Value::Object(before), Node::new(&ty))? else {
                    return Err(Failure::bad_request("error decoding patch: not an object"));
                };
                self.rescale(cx, resource, &object, &scale, &options)
            }
        }
    }

    fn rescale(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        scale: &Json,
        options: &WriteOptions,
    ) -> Outcome<Reply> {
        let scale = &self.mutated_scale(cx, resource, object, scale)?;
        let replicas = wanted(scale, object)?;
        let uid = meta::meta(scale, "uid");
        if !uid.is_empty() && uid != object.uid() {
            let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", object.uid());
            let plural = format!("{}/scale", resource.plural);
            return Err(Failure::conflict(&resource.group, &plural, object.name(), &why));
        }
        let mut next = Server::shown(resource, object);
        let path = Places::of(resource).spec;
        meta::set(&mut next, &path.iter().map(String::as_str).collect::<Vec<_>>(), replicas.into());
        let version = meta::meta(scale, "resourceVersion").to_owned();
        if version.is_empty() {
            meta::meta_mut(&mut next).remove("resourceVersion");
        } else {
            meta::meta_mut(&mut next).insert("resourceVersion".into(), version.into());
        }
        self.keep_scale(cx, resource, object, next, options)
    }

    fn apply_scale(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        mut options: WriteOptions,
    ) -> Outcome<Reply> {
        let (scale, _) = written(cx.body).map_err(|e| Failure::bad_request(format!("error decoding YAML: {e}")))?;
        let mut config = Json::new();
        if let Some(replicas) = scale.pointer("/spec/replicas") {
            let path = Places::of(resource).spec;
            meta::set(&mut config, &path.iter().map(String::as_str).collect::<Vec<_>>(), replicas.clone());
        }
        let mut next = view(resource, object)?;
        if let Some(replicas) = scale.pointer("/spec/replicas") {
            meta::set(&mut next, &["spec", "replicas"], replicas.clone());
        }
        self.mutated_scale(cx, resource, object, &next)?;
        let who = cx.who(resource, &options, "scale", true);
        let applied = managed::apply(resource, &object.value, &config, &who, options.force, cx.now)?;
        options.applied = Some(applied.managed);
        self.keep_scale(cx, resource, object, applied.object, &options)
    }

    /// The Scale as mutating webhooks have changed it.
    fn mutated_scale(
        &self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        scale: &Json,
    ) -> Outcome<Json> {
        if !self.has_mutating(resource) {
            return Ok(scale.clone());
        }
        let mut admission = Server::admission(cx, resource, "scale", Operation::Update);
        admission.object = Some(scale.clone());
        admission.old = Some(view(resource, object)?);
        self.mutate(cx, &mut admission)?;
        Ok(admission.object.unwrap_or_default())
    }

    fn keep_scale(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        next: Json,
        options: &WriteOptions,
    ) -> Outcome<Reply> {
        let next = cx.settle_fields(resource, next, &[], FieldValidation::Ignore, Origin::Body)?;
        if self.has_webhooks(resource) {
            let mut admission = Server::admission(cx, resource, "scale", Operation::Update);
            let mut reviewed = next.clone();
            for key in ["uid", "resourceVersion"] {
                meta::set(&mut reviewed, &["metadata", key], meta::meta(&object.value, key).into());
            }
            admission.object = Some(view(resource, &Object::new(reviewed))?);
            admission.old = Some(view(resource, object)?);
            self.validate(cx, &admission)?;
        }
        let stored = self.replace(cx, resource, object, next, "scale", options, true)?;
        Ok(cx.written(200, &render::document(&view(resource, &stored)?)))
    }
}

/// The wanted number of a Scale.
fn wanted(scale: &Json, object: &Object) -> Outcome<i64> {
    let value = meta::at(scale, &["spec", "replicas"]).cloned().unwrap_or(json!(0));
    let Some(replicas) = value.as_i64() else {
        return Err(Failure::bad_request(format!(
            "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {} into Go struct field ScaleSpec.spec.replicas of type int32",
            crate::context::type_name(&value)
        )));
    };
    if replicas < 0 {
        let error = FieldError::invalid("spec.replicas", &value, "must be greater than or equal to 0");
        return Err(Failure::invalid("autoscaling", "Scale", object.name(), &[error]));
    }
    Ok(replicas)
}

/// The object as a Scale.
fn view(resource: &Resource, object: &Object) -> Outcome<Json> {
    let places = Places::of(resource);
    let Some(replicas) = at(&object.value, &places.spec).and_then(Value::as_i64) else {
        let path = format!(".{}", places.spec.join("."));
        let text = format!("Internal error occurred: the spec replicas field \"{path}\" does not exist");
        return Err(Failure::new(500, "InternalError", text));
    };
    let selector = match at(&object.value, &places.selector) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(map)) if map.values().all(Value::is_string) => {
            map.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(",")
        }
        other => Labels::from_object(other).unwrap_or_default().to_string(),
    };
    let mut status = json!({"replicas": at(&object.value, &places.status).and_then(Value::as_i64).unwrap_or(0)});
    if let (false, Some(status)) = (selector.is_empty(), status.as_object_mut()) {
        status.insert("selector".into(), selector.into());
    }
    let mut scale = Json::new();
    scale.insert("kind".into(), "Scale".into());
    scale.insert("apiVersion".into(), API_VERSION.into());
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        let value = meta::meta(&object.value, key);
        if !value.is_empty() {
            meta::set(&mut scale, &["metadata", key], value.into());
        }
    }
    // Go omits a zero here.
    scale.insert("spec".into(), if replicas == 0 { json!({}) } else { json!({"replicas": replicas}) });
    scale.insert("status".into(), status);
    Ok(scale)
}
