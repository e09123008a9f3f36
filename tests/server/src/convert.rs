//! Views of stored objects in another version.

use serde_json::Value;
use std::borrow::Cow;

use super::kinds::Resource;
use super::meta::{self, Json};

/// Whether `resource` shows a stored object otherwise than it is stored. A custom resource whose storage version has changed has
/// objects of the one before.
pub(crate) fn differs(resource: &Resource, stored: &Json) -> bool {
    resource.converts() || (resource.custom.is_some() && meta::text(stored, &["apiVersion"]) != resource.api_version())
}

/// The stored object as `resource` shows it.
pub(crate) fn present<'a>(resource: &Resource, stored: &'a Json) -> Cow<'a, Json> {
    if !differs(resource, stored) {
        return Cow::Borrowed(stored);
    }
    let mut shown = stored.clone();
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("events.k8s.io", "events") => {
            rename(&mut shown, EVENTS, false);
            for key in ["reportingController", "reportingInstance"] {
                if meta::text(&shown, &[key]).is_empty() {
                    shown.remove(key);
                }
            }
        }
        ("autoscaling", "horizontalpodautoscalers") => hpa_to_v1(&mut shown),
        _ => {}
    }
    shown.insert("apiVersion".into(), resource.api_version().into());
    Cow::Owned(shown)
}

/// Converts an object from a client to the stored version.
pub(crate) fn to_storage(resource: &Resource, mut written: Json) -> Json {
    // A webhook converts later: until then the object stays in the version of the request.
    if !resource.converts() || resource.conversion().is_some() {
        return written;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("events.k8s.io", "events") => rename(&mut written, EVENTS, true),
        ("autoscaling", "horizontalpodautoscalers") => hpa_from_v1(&mut written),
        _ => {}
    }
    written.insert("apiVersion".into(), resource.storage_version.clone().into());
    written
}

/// Fields of core/v1 events beside their names in events.k8s.io/v1.
const EVENTS: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(object: &mut Json, names: &[(&str, &str)], back: bool) {
    for (core, new) in names {
        let (from, to) = if back { (new, core) } else { (core, new) };
        if let Some(value) = object.remove(*from) {
            object.insert((*to).to_owned(), value);
        }
    }
}

fn hpa_to_v1(object: &mut Json) {
    let utilization = |list: &[Value], field: &str| {
        list.iter()
            .find(|m| {
                m.pointer("/type") == Some(&"Resource".into()) && m.pointer("/resource/name") == Some(&"cpu".into())
            })
            .and_then(|m| m.pointer(&format!("/resource/{field}/averageUtilization")).cloned())
    };
    if let Some(target) = utilization(meta::list(object, &["spec", "metrics"]), "target") {
        meta::set(object, &["spec", "targetCPUUtilizationPercentage"], target);
    }
    meta::remove(object, &["spec", "metrics"]);
    if let Some(current) = utilization(meta::list(object, &["status", "currentMetrics"]), "current") {
        meta::set(object, &["status", "currentCPUUtilizationPercentage"], current);
    }
    meta::remove(object, &["status", "currentMetrics"]);
    meta::remove(object, &["status", "conditions"]);
    let status = meta::child_mut(object, "status");
    status.entry("currentReplicas").or_insert_with(|| 0.into());
}

fn hpa_from_v1(object: &mut Json) {
    if let Some(target) = meta::remove(object, &["spec", "targetCPUUtilizationPercentage"]) {
        let metric = serde_json::json!([{"type": "Resource", "resource":
            {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}}]);
        meta::set(object, &["spec", "metrics"], metric);
    }
}
