//! `patch`.

use serde_json::Value;
use std::sync::Arc;

use super::update::check_name;
use crate::Server;
use crate::context::{Cx, WriteOptions, type_name};
use crate::decode::Origin;
use crate::go;
use crate::kinds::Resource;
use crate::meta;
use crate::negotiate;
use crate::patch;
use crate::reply::Reply;
use crate::schema::{self, Node};
use crate::status::{Failure, FieldError, Outcome};

const APPLY: &str = "application/apply-patch+yaml";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const PATCHES: &str = "application/json-patch+json, application/merge-patch+json, \
                       application/strategic-merge-patch+json, application/apply-patch+yaml";
const CUSTOM_PATCHES: &str = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

impl Server {
    /// `PATCH` of an object, or of a subresource with the object's kind.
    pub(crate) fn patch(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<Reply> {
        let media = negotiate::content_type(cx.headers);
        let custom = resource.custom.is_some();
        match media.as_str() {
            APPLY | "application/json-patch+json" | "application/merge-patch+json" => {}
            STRATEGIC if !custom => {}
            _ if custom => return Err(Failure::unsupported_media_type(CUSTOM_PATCHES)),
            _ => {
                // The routes of built-in kinds refuse it before they read the patch.
                let mut failure = Failure::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
                failure.details = Some(Box::default());
                return Err(failure);
            }
        }
        let accepted = cx.negotiate(true)?;
        let options = patch_options(cx, &media)?;
        if media == APPLY {
            return self.apply(cx, resource, sub, &accepted, options);
        }
        let current = self.named(cx, resource)?;
        let before = Value::Object(Server::shown(resource, &current));
        let ty = schema::of(resource);
        let patched = patched(cx, &media, &before, Node::new(&ty))?;
        // Errors show the whole result, or the patch in Go's format.
        let shown = match media.as_str() {
            STRATEGIC => kube_proto::json::from_slice(cx.body).map_or_else(|_| String::new(), |patch| go::show(&patch)),
            _ => patched.to_string(),
        };
        let Value::Object(mut object) = patched else {
            return Err(Failure::bad_request("error decoding patch: not an object"));
        };
        cx.settle_type(resource, &resource.api_version(), &resource.kind, &mut object)?;
        let origin = if media == STRATEGIC { Origin::Merged(&shown) } else { Origin::Patched(&shown) };
        let object = cx.settle_fields(resource, object, &[], options.validation, origin)?;
        check_name(cx, &object)?;
        if meta::meta(&object, "resourceVersion") != meta::meta(&current.value, "resourceVersion") {
            return Err(Failure::modified(&resource.group, &resource.plural, current.name()));
        }
        let stored = self.replace(cx, resource, &current, object, sub, &options, true)?;
        self.shaped(cx, 200, &accepted, resource, &stored)
    }
}

/// Applies the request's patch to a document.
pub(crate) fn patched(cx: &Cx<'_>, media: &str, before: &Value, node: Node<'_>) -> Outcome<Value> {
    let prefix = if media == STRATEGIC { "" } else { "error decoding patch: " };
    let unread = |why: &str| Failure::bad_request(format!("{prefix}{why}"));
    if let Some(fault) = go::json_fault(cx.body) {
        return Err(unread(&fault));
    }
    let patch: Value = kube_proto::json::from_slice(cx.body).map_err(|e| unread(&e.to_string()))?;
    let (fits, wanted) = match media {
        "application/json-patch+json" => (patch.is_array(), "[]handlers.jsonPatchOp"),
        _ => (patch.is_object() || patch.is_null(), "map[string]interface {}"),
    };
    if !fits {
        return Err(unread(&format!("json: cannot unmarshal {} into Go value of type {wanted}", type_name(&patch))));
    }
    match media {
        "application/json-patch+json" => patch::json_patch(before, &patch),
        "application/merge-patch+json" => {
            let mut result = before.clone();
            patch::merge(&mut result, &patch);
            Ok(result)
        }
        STRATEGIC => patch::strategic_merge(before, &patch, node),
        _ => Err(Failure::unsupported_media_type(PATCHES)),
    }
}

/// The options of a patch; only an apply may have `force`.
pub(crate) fn patch_options(cx: &Cx<'_>, media: &str) -> Outcome<WriteOptions> {
    let options = cx.write_options("PatchOptions")?;
    let apply = media == APPLY;
    let mut errors = Vec::new();
    if apply && cx.query.text("fieldManager").is_none() {
        errors.push(FieldError::required("fieldManager", "is required for apply patch"));
    }
    if !apply && cx.query.first("force").is_some() {
        errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
    }
    if errors.is_empty() { Ok(options) } else { Err(Failure::invalid("meta.k8s.io", "PatchOptions", "", &errors)) }
}
