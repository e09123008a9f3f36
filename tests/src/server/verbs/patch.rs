//! `patch`.

use serde_json::Value;
use std::sync::Arc;

use crate::server::Server;
use crate::server::context::Cx;
use crate::server::kinds::Resource;
use crate::server::meta::{self, Json};
use crate::server::negotiate;
use crate::server::reply::Reply;
use crate::server::status::{Failure, Outcome};

impl Server {
    /// A patch of an object, or of one of its subresources that has the object's own shape.
    pub(crate) fn patch(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = cx.write_options("PatchOptions")?;
        let current = self.named(cx, resource)?;
        let mut object = Server::shown(resource, &current);
        match negotiate::content_type(cx.headers).as_str() {
            "application/merge-patch+json" | "application/strategic-merge-patch+json" => {
                let patch: Value = serde_json::from_slice(cx.body)
                    .map_err(|e| Failure::bad_request(format!("error decoding patch: {e}")))?;
                let mut whole = Value::Object(object);
                merge(&mut whole, &patch);
                object = match whole {
                    Value::Object(object) => object,
                    _ => return Err(Failure::bad_request("error decoding patch: not an object")),
                };
            }
            _ => return Err(Failure::unsupported_media_type(PATCHES)),
        }
        if meta::meta(&object, "resourceVersion") != meta::meta(&current.value, "resourceVersion") {
            return Err(Failure::modified(&resource.group, &resource.plural, current.name()));
        }
        let stored = self.replace(cx, resource, &current, object, sub, &options, true)?;
        self.shaped(cx, 200, &accepted, resource, &stored)
    }
}

const PATCHES: &str = "application/json-patch+json, application/merge-patch+json, \
                       application/strategic-merge-patch+json, application/apply-patch+yaml";

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Json::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
