//! Validation of objects (`validation` of apimachinery and of the kinds), one file for each subject.

mod batch;
mod cron;
mod definition;
mod metadata;
mod pod;
mod service;
mod words;
mod workload;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube_proto::schema::Limits;
use serde_json::Value;

pub(crate) use pod::class;
pub use words::label_value;
pub(crate) use words::qualified;

use super::crd::Custom;
use super::kinds::Resource;
use super::meta::{self, Json};
use super::status::FieldError;

/// The largest size of a config map's or secret's data, in bytes.
const DATA: usize = 1 << 20;

/// The errors of a new object.
pub(crate) fn created(resource: &Resource, object: &Json) -> Vec<FieldError> {
    let mut errors = Vec::new();
    metadata::created(resource, object, &mut errors);
    if resource.custom.is_none() {
        metadata::qualified_finalizers(object, &mut errors);
    }
    match &resource.custom {
        Some(custom) => structural(custom, object, None, &mut errors),
        None if resource.kind == "Pod" => pod::created(object, &mut errors),
        None => by_kind(resource, object, &mut errors),
    }
    errors
}

/// The errors of a changed object.
pub(crate) fn updated(resource: &Resource, before: &Json, after: &Json, sub: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    // The real server checks the metadata for all kinds, and each kind checks it again.
    metadata::common(after, &mut errors);
    metadata::updated(before, after, &mut errors);
    metadata::updated(before, after, &mut errors);
    if resource.custom.is_none() && sub.is_empty() && matches!(resource.kind.as_str(), "ConfigMap" | "Pod" | "Secret") {
        metadata::created(resource, after, &mut errors);
    }
    if let Some(custom) = &resource.custom {
        structural(custom, after, Some(before), &mut errors);
        return errors;
    }
    match (resource.kind.as_str(), sub) {
        ("Pod", "") => pod::updated(before, after, &mut errors),
        ("Pod", "ephemeralcontainers") => pod::debugged(before, after, &mut errors),
        ("Pod", "resize") => pod::resized(before, after, &mut errors),
        ("CertificateSigningRequest", "" | "status") => decided_elsewhere(before, after, &mut errors),
        ("Service", "") => service::updated(before, after, &mut errors),
        ("StatefulSet", "") => workload::stateful_set_updated(before, after, &mut errors),
        ("StatefulSet", "status") => workload::stateful_set_status(after, &mut errors),
        ("DaemonSet", "") => {
            immutable("spec.selector", before, after, &mut errors);
            workload::daemon_set(after, &mut errors);
        }
        ("DaemonSet", "status") => workload::daemon_set_status(after, &mut errors),
        ("Job", "") => batch::job_updated(before, after, &mut errors),
        ("Job", "status") => batch::job_status(before, after, &mut errors),
        ("CronJob", "") => batch::cron_job(Some(before), after, &mut errors),
        (_, "") => {
            unchanged(resource, before, after, &mut errors);
            by_kind(resource, after, &mut errors);
            replaced(resource, before, after, &mut errors);
        }
        _ => {}
    }
    errors
}

/// Checks a custom resource by its schema.
fn structural(custom: &Custom, object: &Json, before: Option<&Json>, errors: &mut Vec<FieldError>) {
    let Some(schema) = &custom.checked else { return };
    let before = before.map(|before| Value::Object(before.clone()));
    let report = schema.check(&Value::Object(object.clone()), before.as_ref(), Limits::default());
    errors.extend(report.into_errors());
}

fn by_kind(resource: &Resource, object: &Json, errors: &mut Vec<FieldError>) {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "ConfigMap") => config_map(object, errors),
        ("", "Secret") => secret(object, errors),
        ("", "Service") => service::check(object, errors),
        ("", "ReplicationController") => workload::replication_controller(object, errors),
        ("", "PodTemplate") => {
            pod::spec(meta::at(object, &["template", "spec"]), "template.spec", errors);
        }
        ("apps", "Deployment" | "ReplicaSet") => workload::check(object, errors),
        ("apps", "StatefulSet") => workload::stateful_set(object, true, errors),
        ("apps", "DaemonSet") => workload::daemon_set(object, errors),
        ("batch", "Job") => batch::job(object, errors),
        ("batch", "CronJob") => batch::cron_job(None, object, errors),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::check(object, errors),
        _ => {}
    }
}

/// Checks the immutable fields that precede the other checks.
fn unchanged(resource: &Resource, before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    if resource.kind == "Secret" {
        immutable("type", before, after, errors);
    }
    if matches!(resource.kind.as_str(), "ConfigMap" | "Secret") && before.get("immutable") == Some(&Value::Bool(true)) {
        let detail = "field is immutable when `immutable` is set";
        if after.get("immutable") != Some(&Value::Bool(true)) {
            errors.push(FieldError::forbidden("immutable", detail));
        }
        for key in ["data", "binaryData"] {
            if before.get(key) != after.get(key) {
                errors.push(FieldError::forbidden(key, detail));
            }
        }
    }
}

/// Checks the immutable fields that follow the other checks.
fn replaced(resource: &Resource, before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let fields: &[&str] = match resource.kind.as_str() {
        "Deployment" | "ReplicaSet" => &["spec.selector"],
        "RoleBinding" | "ClusterRoleBinding" => &["roleRef"],
        "StorageClass" => &["provisioner", "parameters"],
        "PriorityClass" => &["value"],
        _ => &[],
    };
    for field in fields {
        immutable(field, before, after, errors);
    }
}

fn immutable(field: &str, before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let path: Vec<&str> = field.split('.').collect();
    let (old, new) = (meta::at(before, &path), meta::at(after, &path));
    if old.is_some() && old != new {
        let value = new.cloned().unwrap_or(Value::Null);
        errors.push(FieldError::invalid(field, &value, "field is immutable"));
    }
}

fn config_map(object: &Json, errors: &mut Vec<FieldError>) {
    let mut size = 0;
    for (bag, encoded) in [("data", false), ("binaryData", true)] {
        size += bag_of(object, bag, encoded, errors);
    }
    if size > DATA {
        // Go's path for the whole object.
        errors.push(FieldError::too_long("[]", DATA));
    }
}

fn secret(object: &Json, errors: &mut Vec<FieldError>) {
    if bag_of(object, "data", true, errors) > DATA {
        errors.push(FieldError::too_long("data", DATA));
    }
    let missing: &[&str] = match meta::text(object, &["type"]) {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        _ => &[],
    };
    for key in missing.iter().filter(|key| meta::at(object, &["data", key]).is_none()) {
        errors.push(FieldError::required(format!("data[{key}]"), ""));
    }
}

/// Checks the keys; returns the size of the values.
fn bag_of(object: &Json, bag: &str, encoded: bool, errors: &mut Vec<FieldError>) -> usize {
    let mut size = 0;
    for (key, value) in object.get(bag).and_then(Value::as_object).into_iter().flatten() {
        let field = format!("{bag}[{key}]");
        let complaints = words::config_key(key);
        errors.extend(complaints.iter().map(|c| FieldError::invalid(&field, &key.as_str().into(), c)));
        if bag == "data" && meta::at(object, &["binaryData", key]).is_some() {
            let detail = "duplicate of key present in binaryData";
            errors.push(FieldError::invalid(&field, &key.as_str().into(), detail));
        }
        let text = value.as_str().unwrap_or_default();
        size += if encoded { STANDARD.decode(text).map_or(0, |bytes| bytes.len()) } else { text.len() };
    }
    size
}

/// Only `approval` may change the approval of a certificate signing request.
fn decided_elsewhere(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let path = ["status", "conditions"];
    let of = |object: &Json, kind: &str| -> Vec<Value> {
        meta::list(object, &path)
            .iter()
            .filter(|c| c.get("type").and_then(Value::as_str) == Some(kind))
            .cloned()
            .collect()
    };
    for kind in ["Approved", "Denied"] {
        let (old, new) = (of(before, kind), of(after, kind));
        let what = match new.len().cmp(&old.len()) {
            std::cmp::Ordering::Greater => "add",
            std::cmp::Ordering::Less => "remove",
            std::cmp::Ordering::Equal if old != new => "modify",
            std::cmp::Ordering::Equal => continue,
        };
        let detail = format!("updates may not {what} a condition of type \"{kind}\"");
        errors.push(FieldError::forbidden("status.conditions", detail));
    }
}
