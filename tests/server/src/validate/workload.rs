//! Controllers of pods: their selector chooses what their template makes.

use serde_json::{Value, json};

use super::metadata::map_of_labels;
use super::{pod, words};
use crate::meta::{self, Json};
use crate::selector::Labels;
use crate::status::FieldError;

/// The settings of a strategy, by their names in Go and in JSON.
const SETS: [(&str, &str); 2] = [("Partition", "partition"), ("MaxUnavailable", "maxUnavailable")];
const DAEMONS: [(&str, &str); 2] = [("MaxUnavailable", "maxUnavailable"), ("MaxSurge", "maxSurge")];

/// What is wrong with a Deployment or a ReplicaSet.
pub(super) fn check(object: &Json, errors: &mut Vec<FieldError>) {
    let Some(spec) = object.get("spec") else { return };
    counted(object, "replicas", errors);
    match spec.get("selector").filter(|s| !s.is_null()) {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(value) => selector_of(value, "deployment", errors),
    }
    matching(spec, errors);
    template(Some(spec), "spec", errors);
    only_always(Some(spec), errors);
    for key in ["minReadySeconds", "revisionHistoryLimit"] {
        counted(object, key, errors);
    }
}

/// What is wrong with a ReplicationController.
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

/// What is wrong with a StatefulSet. That its service has a proper name is asked of new ones only.
pub(super) fn stateful_set(object: &Json, new: bool, errors: &mut Vec<FieldError>) {
    let Some(spec) = object.get("spec") else { return };
    let policy = text(spec, "/podManagementPolicy");
    if !["OrderedReady", "Parallel"].contains(&policy) {
        let detail = "must be 'OrderedReady' or 'Parallel'";
        errors.push(FieldError::invalid("spec.podManagementPolicy", &policy.into(), detail));
    }
    let at = "spec.updateStrategy";
    let rolling = spec.pointer("/updateStrategy/rollingUpdate");
    match text(spec, "/updateStrategy/type") {
        "OnDelete" => {
            if let Some(rolling) = rolling {
                let detail = "only allowed for updateStrategy 'RollingUpdate'";
                let shown = rolling_shown(Some(rolling), &SETS);
                let field = format!("{at}.rollingUpdate");
                errors.push(FieldError::invalid(field, rolling, detail).shown_as(shown));
            }
        }
        "RollingUpdate" => not_negative(rolling, "partition", &format!("{at}.rollingUpdate"), errors),
        other => {
            let (value, detail) = (Value::from(other), "must be 'RollingUpdate' or 'OnDelete'");
            let shown = strategy_shown(other, rolling, &SETS);
            errors.push(FieldError::invalid(at, &value, detail).shown_as(shown));
        }
    }
    let at = "spec.persistentVolumeClaimRetentionPolicy";
    for key in ["whenDeleted", "whenScaled"] {
        let policy = text(spec, &format!("/persistentVolumeClaimRetentionPolicy/{key}"));
        if !["Retain", "Delete"].contains(&policy) {
            errors.push(FieldError::not_supported(format!("{at}.{key}"), &policy.into(), &["Retain", "Delete"]));
        }
    }
    for key in ["replicas", "minReadySeconds"] {
        not_negative(Some(spec), key, "spec", errors);
    }
    not_negative(spec.get("ordinals"), "start", "spec.ordinals", errors);
    let service = text(spec, "/serviceName");
    if new && !service.is_empty() {
        let complaints = words::label(service);
        errors.extend(complaints.iter().map(|c| FieldError::invalid("spec.serviceName", &service.into(), c)));
    }
    match spec.get("selector").filter(|s| !s.is_null()) {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(value) => selector_of(value, "statefulset", errors),
    }
    matching(spec, errors);
    template(Some(spec), "spec", errors);
    only_always(Some(spec), errors);
    no_deadline(spec, "StatefulSet", errors);
}

/// What is wrong with a changed StatefulSet: most of its spec stays as it was.
pub(super) fn stateful_set_updated(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    stateful_set(after, false, errors);
    let kept = |object: &Json| {
        let mut spec = object.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
        for key in [
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ] {
            spec.remove(key);
        }
        spec
    };
    if kept(before) != kept(after) {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                      'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                      'minReadySeconds' are forbidden";
        errors.push(FieldError::forbidden("spec", detail));
    }
}

/// What is wrong with a StatefulSet's status.
pub(super) fn stateful_set_status(object: &Json, errors: &mut Vec<FieldError>) {
    let status = object.get("status");
    let counts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
    for key in ["replicas"].iter().chain(&counts).chain(&["observedGeneration", "collisionCount"]) {
        not_negative(status, key, "status", errors);
    }
    let count = |key: &str| meta::integer(object, &["status", key]);
    let most = |key: &str, of: &str, errors: &mut Vec<FieldError>| {
        if count(key) > count(of) {
            let detail = format!("cannot be greater than status.{of}");
            errors.push(FieldError::invalid(format!("status.{key}"), &count(key).into(), detail));
        }
    };
    for key in counts {
        most(key, "replicas", errors);
    }
    most("availableReplicas", "readyReplicas", errors);
}

/// What is wrong with a DaemonSet.
pub(super) fn daemon_set(object: &Json, errors: &mut Vec<FieldError>) {
    let Some(spec) = object.get("spec") else { return };
    let selector = spec.get("selector").filter(|s| !s.is_null());
    map_of_labels(selector.and_then(|s| s.get("matchLabels")), "spec.selector.matchLabels", errors);
    matching(spec, errors);
    if let Some(value) = selector {
        empty_selector(value, "daemonset", errors);
    }
    template(Some(spec), "spec", errors);
    only_always(Some(spec), errors);
    no_deadline(spec, "DaemonSet", errors);
    not_negative(Some(spec), "minReadySeconds", "spec", errors);
    let rolling = spec.pointer("/updateStrategy/rollingUpdate");
    match text(spec, "/updateStrategy/type") {
        "OnDelete" => {}
        "RollingUpdate" => rolling_daemons(rolling, "spec.updateStrategy.rollingUpdate", errors),
        other => {
            let (value, known) = (Value::from(other), ["RollingUpdate", "OnDelete"]);
            let shown = strategy_shown(other, rolling, &DAEMONS);
            errors.push(FieldError::not_supported("spec.updateStrategy", &value, &known).shown_as(shown));
        }
    }
    not_negative(Some(spec), "revisionHistoryLimit", "spec", errors);
}

/// What is wrong with a DaemonSet's status.
pub(super) fn daemon_set_status(object: &Json, errors: &mut Vec<FieldError>) {
    for key in [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
    ] {
        not_negative(object.get("status"), key, "status", errors);
    }
}

/// Pods are replaced by more or by fewer of them, not both and not neither.
fn rolling_daemons(rolling: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let Some(rolling) = rolling else {
        errors.push(FieldError::required(at, ""));
        return;
    };
    let zero = json!(0);
    let [fewer, more] = ["maxUnavailable", "maxSurge"].map(|key| rolling.get(key).unwrap_or(&zero));
    for (key, value) in [("maxUnavailable", fewer), ("maxSurge", more)] {
        let field = format!("{at}.{key}");
        match value {
            Value::String(text) => {
                let complaints = words::percent(text);
                errors.extend(complaints.iter().map(|c| FieldError::invalid(&field, value, c)));
            }
            _ => not_negative(Some(rolling), key, at, errors),
        }
    }
    for (key, value) in [("maxUnavailable", fewer), ("maxSurge", more)] {
        if value.is_string() && share(value) > 100 {
            errors.push(FieldError::invalid(format!("{at}.{key}"), value, "must not be greater than 100%"));
        }
    }
    match (share(fewer) != 0, share(more) != 0) {
        (true, true) => {
            let detail = "may not be set when maxUnavailable is non-zero";
            errors.push(FieldError::invalid(format!("{at}.maxSurge"), more, detail));
        }
        (false, false) => {
            errors.push(FieldError::required(format!("{at}.maxUnavailable"), "cannot be 0 when maxSurge is 0"));
        }
        _ => {}
    }
}

/// The number of a number or of a percentage; what is neither counts as 0.
fn share(value: &Value) -> i64 {
    match value {
        Value::String(text) => text.strip_suffix('%').and_then(|n| n.parse().ok()).unwrap_or(0),
        other => other.as_i64().unwrap_or(0),
    }
}

/// Settings of a strategy as the real server shows them: each field by the name that Go has for it.
fn rolling_shown(rolling: Option<&Value>, fields: &[(&str, &str)]) -> String {
    let Some(rolling) = rolling.filter(|r| !r.is_null()) else { return "null".to_owned() };
    let shown = fields.iter().map(|(name, key)| format!("\"{name}\":{}", rolling.get(key).unwrap_or(&Value::Null)));
    format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
}

fn strategy_shown(kind: &str, rolling: Option<&Value>, fields: &[(&str, &str)]) -> String {
    format!("{{\"Type\":{},\"RollingUpdate\":{}}}", Value::from(kind), rolling_shown(rolling, fields))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn selector_of(value: &Value, whose: &str, errors: &mut Vec<FieldError>) {
    map_of_labels(value.get("matchLabels"), "spec.selector.matchLabels", errors);
    empty_selector(value, whose, errors);
}

fn empty_selector(value: &Value, whose: &str, errors: &mut Vec<FieldError>) {
    if Labels::from_object(Some(value)).is_some_and(|labels| labels.is_empty()) {
        let detail = format!("empty selector is invalid for {whose}");
        errors.push(FieldError::invalid("spec.selector", value, detail));
    }
}

/// The selector chooses the pods that the template makes. Without a selector nothing matches.
fn matching(spec: &Value, errors: &mut Vec<FieldError>) {
    let labels = spec.pointer("/template/metadata/labels");
    let selector = spec.get("selector").filter(|s| !s.is_null());
    if !selector.is_some_and(|s| Labels::from_object(Some(s)).is_some_and(|l| l.matches_labels(labels))) {
        mismatch(labels, "spec.template", errors);
    }
}

fn no_deadline(spec: &Value, kind: &str, errors: &mut Vec<FieldError>) {
    if spec.pointer("/template/spec/activeDeadlineSeconds").is_some_and(|v| !v.is_null()) {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.push(FieldError::forbidden("spec.template.spec.activeDeadlineSeconds", detail));
    }
}

/// A number that may be missing.
pub(super) fn not_negative(object: Option<&Value>, key: &str, at: &str, errors: &mut Vec<FieldError>) {
    if let Some(value) = object.and_then(|o| o.get(key)).filter(|v| v.as_i64().is_some_and(|n| n < 0)) {
        errors.push(FieldError::invalid(format!("{at}.{key}"), value, "must be greater than or equal to 0"));
    }
}

pub(super) fn mismatch(labels: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let value = labels.cloned().unwrap_or(Value::Null);
    let detail = "`selector` does not match template `labels`";
    errors.push(FieldError::invalid(format!("{at}.metadata.labels"), &value, detail));
}

pub(super) fn template(spec: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let labels = spec.and_then(|s| s.pointer("/template/metadata/labels"));
    map_of_labels(labels, &format!("{at}.template.labels"), errors);
    pod::spec(spec.and_then(|s| s.pointer("/template/spec")), &format!("{at}.template.spec"), errors);
}

/// What these make does not end by itself.
fn only_always(spec: Option<&Value>, errors: &mut Vec<FieldError>) {
    let policy = spec.and_then(|s| s.pointer("/template/spec/restartPolicy")).cloned().unwrap_or_else(|| json!(""));
    if policy != "Always" {
        errors.push(FieldError::not_supported("spec.template.spec.restartPolicy", &policy, &["Always"]));
    }
}

fn counted(object: &Json, key: &str, errors: &mut Vec<FieldError>) {
    not_negative(object.get("spec"), key, "spec", errors);
}
