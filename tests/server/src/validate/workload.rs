//! Controllers of pods: the selector must match the template's labels.

use serde_json::{Value, json};

use super::metadata::map_of_labels;
use super::pod;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::selector::Labels;
use crate::status::FieldError;

/// Checks a Deployment, ReplicaSet, StatefulSet or DaemonSet.
pub(super) fn check(resource: &Resource, object: &Json, errors: &mut Vec<FieldError>) {
    counted(object, "replicas", errors);
    let kind = resource.kind.as_str();
    let selector = meta::at(object, &["spec", "selector"]).filter(|s| !s.is_null());
    match selector {
        None if kind == "DaemonSet" => {}
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(value) => {
            map_of_labels(value.get("matchLabels"), "spec.selector.matchLabels", errors);
            if Labels::from_object(Some(value)).is_some_and(|labels| labels.is_empty()) {
                let whose = match kind {
                    "StatefulSet" => "statefulset",
                    "DaemonSet" => "daemonset",
                    _ => "deployment",
                };
                let detail = format!("empty selector is invalid for {whose}");
                errors.push(FieldError::invalid("spec.selector", value, detail));
            }
        }
    }
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]);
    // A missing selector matches no labels.
    let fits = selector.is_some_and(|s| Labels::from_object(Some(s)).is_some_and(|l| l.matches_labels(labels)));
    if !fits {
        mismatch(labels, "spec.template", errors);
    }
    template(object.get("spec"), "spec", errors);
    only_always(object.get("spec"), errors);
    for key in ["minReadySeconds", "revisionHistoryLimit"] {
        counted(object, key, errors);
    }
}

/// Checks a ReplicationController.
pub(super) fn replication_controller(object: &Json, errors: &mut Vec<FieldError>) {
    counted(object, "replicas", errors);
    let selector = meta::at(object, &["spec", "selector"]).and_then(Value::as_object);
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]);
    match selector.filter(|s| !s.is_empty()) {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(selector) => {
            if !selector.iter().all(|(key, value)| labels.and_then(|l| l.get(key)) == Some(value)) {
                mismatch(labels, "spec.template", errors);
            }
        }
    }
    template(object.get("spec"), "spec", errors);
    only_always(object.get("spec"), errors);
}

/// Checks a Job's spec.
pub(super) fn job(spec: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    for key in ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] {
        if let Some(value) = spec.and_then(|s| s.get(key)).filter(|v| v.as_i64().is_some_and(|n| n < 0)) {
            let detail = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(format!("{at}.{key}"), value, detail));
        }
    }
    template(spec, at, errors);
    let field = format!("{at}.template.spec.restartPolicy");
    match spec.and_then(|s| s.pointer("/template/spec/restartPolicy")).and_then(Value::as_str) {
        None | Some("" | "Always") => {
            errors.push(FieldError::required(field, "valid values: \"OnFailure\", \"Never\""));
        }
        Some("OnFailure" | "Never") => {}
        Some(other) => errors.push(FieldError::not_supported(field, &other.into(), &["OnFailure", "Never"])),
    }
}

fn mismatch(labels: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let value = labels.cloned().unwrap_or(Value::Null);
    let detail = "`selector` does not match template `labels`";
    errors.push(FieldError::invalid(format!("{at}.metadata.labels"), &value, detail));
}

fn template(spec: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let labels = spec.and_then(|s| s.pointer("/template/metadata/labels"));
    map_of_labels(labels, &format!("{at}.template.labels"), errors);
    pod::spec(spec.and_then(|s| s.pointer("/template/spec")), &format!("{at}.template.spec"), errors);
}

/// Checks that the pods always restart.
fn only_always(spec: Option<&Value>, errors: &mut Vec<FieldError>) {
    let policy = spec.and_then(|s| s.pointer("/template/spec/restartPolicy")).cloned().unwrap_or_else(|| json!(""));
    if policy != "Always" {
        errors.push(FieldError::not_supported("spec.template.spec.restartPolicy", &policy, &["Always"]));
    }
}

fn counted(object: &Json, key: &str, errors: &mut Vec<FieldError>) {
    if let Some(value) = meta::at(object, &["spec", key]).filter(|v| v.as_i64().is_some_and(|n| n < 0)) {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid(format!("spec.{key}"), value, detail));
    }
}
