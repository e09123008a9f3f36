//! `patch`.

use serde_json::Value;
use std::sync::Arc;

use super::update::check_name;
use crate::server::Server;
use crate::server::context::{Cx, WriteOptions};
use crate::server::kinds::Resource;
use crate::server::meta;
use crate::server::negotiate;
use crate::server::patch;
use crate::server::reply::Reply;
use crate::server::schema::{self, Node};
use crate::server::status::{Failure, FieldError, Outcome};

const APPLY: &str = "application/apply-patch+yaml";
const PATCHES: &str = "application/json-patch+json, application/merge-patch+json, \
                       application/strategic-merge-patch+json, application/apply-patch+yaml";
const CUSTOM_PATCHES: &str = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

impl Server {
    /// A patch of an object, or of one of its subresources that has the object's own shape.
    pub(crate) fn patch(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let media = negotiate::content_type(cx.headers);
        let options = patch_options(cx, &media)?;
        if media == APPLY {
            return self.apply(cx, resource, sub, &accepted, options);
        }
        let custom = resource.custom.is_some();
        match media.as_str() {
            "application/json-patch+json" | "application/merge-patch+json" => {}
            "application/strategic-merge-patch+json" if !custom => {}
            _ => return Err(Failure::unsupported_media_type(if custom { CUSTOM_PATCHES } else { PATCHES })),
        }
        let current = self.named(cx, resource)?;
        let before = Value::Object(Server::shown(resource, &current));
        let ty = schema::of(resource);
        let patched = patched(cx, &media, &before, Node::new(&ty))?;
        let Value::Object(mut object) = patched else {
            return Err(Failure::bad_request("error decoding patch: not an object"));
        };
        cx.settle_type(resource, &resource.api_version(), &resource.kind, &mut object)?;
        let body = cx.body;
        let object = cx.settle_fields(resource, object, &[], options.validation, Some(body))?;
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
    let patch: Value =
        serde_json::from_slice(cx.body).map_err(|e| Failure::bad_request(format!("error decoding patch: {e}")))?;
    match media {
        "application/json-patch+json" => patch::json_patch(before, &patch),
        "application/merge-patch+json" => {
            if !patch.is_object() {
                return Err(Failure::bad_request(
                    "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}",
                ));
            }
            let mut result = before.clone();
            patch::merge(&mut result, &patch);
            Ok(result)
        }
        "application/strategic-merge-patch+json" => patch::strategic_merge(before, &patch, node),
        _ => Err(Failure::unsupported_media_type(PATCHES)),
    }
}

/// The options of a patch; `force` goes with apply only.
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
