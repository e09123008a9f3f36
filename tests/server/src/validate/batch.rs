//! Jobs, and the schedules that make them.

use serde_json::{Value, json};

use super::pod::one_of;
use super::workload::{mismatch, not_negative, template};
use super::{cron, words};
use crate::meta::{self, Json};
use crate::selector::Labels;
use crate::status::FieldError;

const IMMUTABLE: &str = "field is immutable";

/// The longest name of a CronJob, to which a time is appended.
const SCHEDULED_NAME: usize = 52;

/// What is wrong with a Job.
pub(super) fn job(object: &Json, errors: &mut Vec<FieldError>) {
    generated_selector(object, errors);
    whole_spec(object, errors);
    let (name, completions) = (meta::meta(object, "name"), meta::integer(object, &["spec", "completions"]));
    if meta::text(object, &["spec", "completionMode"]) == "Indexed" && completions > 0 {
        let last = format!("{name}-{}", completions - 1);
        if !words::label(&last).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {last}");
            errors.push(FieldError::invalid("metadata.name", &name.into(), detail));
        }
    }
}

/// What is wrong with a changed Job.
pub(super) fn job_updated(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    job(after, errors);
    // The real server looks at the spec once more.
    whole_spec(after, errors);
    completions(before, after, errors);
    fixed("spec.selector", before, after, errors);
    template_updated(before, after, errors);
    for field in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        fixed(&format!("spec.{field}"), before, after, errors);
    }
}

/// What is wrong with a Job's status.
pub(super) fn job_status(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    for key in ["active", "succeeded", "failed", "ready", "terminating"] {
        not_negative(after.get("status"), key, "status", errors);
    }
    for key in ["failed", "succeeded"] {
        let (old, new) = (meta::integer(before, &["status", key]), meta::integer(after, &["status", key]));
        if new < old {
            let detail = format!("cannot decrease the {key} counter");
            errors.push(FieldError::invalid(format!("status.{key}"), &new.into(), detail));
        }
    }
}

/// What is wrong with a CronJob.
pub(super) fn cron_job(before: Option<&Json>, object: &Json, errors: &mut Vec<FieldError>) {
    let spec = object.get("spec");
    let old = |path: &[&str]| before.and_then(|b| meta::at(b, path));
    let zone = meta::at(object, &["spec", "timeZone"]).filter(|z| !z.is_null());
    match meta::text(object, &["spec", "schedule"]) {
        "" => errors.push(FieldError::required("spec.schedule", "")),
        schedule => {
            let had_zone = old(&["spec", "schedule"]).and_then(Value::as_str).is_some_and(|s| s.contains("TZ"));
            schedule_of(schedule, had_zone, zone.is_some(), errors);
        }
    }
    not_negative(spec, "startingDeadlineSeconds", "spec", errors);
    if let Some(value) = zone.filter(|zone| old(&["spec", "timeZone"]) != Some(*zone)) {
        let complaints = cron::time_zone(value.as_str().unwrap_or_default());
        errors.extend(complaints.iter().map(|c| FieldError::invalid("spec.timeZone", value, c)));
    }
    if let Some(spec) = spec {
        one_of(spec, "spec", "concurrencyPolicy", &["Allow", "Forbid", "Replace"], errors);
    }
    let (at, job) = ("spec.jobTemplate.spec", meta::at(object, &["spec", "jobTemplate", "spec"]));
    job_spec(job, at, errors);
    if let Some(selector) = job.and_then(|j| j.get("selector")).filter(|s| !s.is_null()) {
        errors.push(FieldError::invalid(format!("{at}.selector"), selector, "`selector` will be auto-generated"));
    }
    if job.and_then(|j| j.get("manualSelector")) == Some(&json!(true)) {
        errors.push(FieldError::not_supported(format!("{at}.manualSelector"), &json!(true), &["nil", "false"]));
    }
    for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        not_negative(spec, key, "spec", errors);
    }
    let name = meta::meta(object, "name");
    if before.is_none() && name.len() > SCHEDULED_NAME {
        let detail = format!("must be no more than {SCHEDULED_NAME} characters");
        errors.push(FieldError::invalid("metadata.name", &name.into(), detail));
    }
}

fn schedule_of(schedule: &str, had_zone: bool, zone: bool, errors: &mut Vec<FieldError>) {
    let mut invalid = |detail: &str| errors.push(FieldError::invalid("spec.schedule", &schedule.into(), detail));
    if let Err(complaint) = cron::schedule(schedule) {
        invalid(&complaint);
    }
    match (schedule.contains("TZ"), had_zone) {
        (true, true) if zone => invalid("cannot use both timeZone field and TZ or CRON_TZ in schedule"),
        (true, false) => invalid("cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        _ => {}
    }
}

/// Without `manualSelector` a job chooses its pods by its own identity, and by nothing else.
fn generated_selector(object: &Json, errors: &mut Vec<FieldError>) {
    let Some(selector) = meta::at(object, &["spec", "selector"]).filter(|s| !s.is_null()) else { return };
    if meta::at(object, &["spec", "manualSelector"]) == Some(&json!(true)) {
        return;
    }
    let (uid, name) = (meta::meta(object, "uid"), meta::meta(object, "name"));
    let expected = [
        ("controller-uid", uid),
        ("job-name", name),
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
    ];
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]);
    for (key, value) in expected {
        let (field, detail) = (format!("spec.template.metadata.labels[{key}]"), format!("must be '{value}'"));
        match labels.and_then(|l| l.get(key)) {
            None => errors.push(FieldError::required(field, detail)),
            Some(found) if found != value => {
                errors.push(FieldError::invalid(field, labels.unwrap_or(&Value::Null), detail));
            }
            Some(_) => {}
        }
    }
    let own: Json = expected.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    let fits = Labels::from_object(Some(selector)).is_none_or(|s| s.matches_labels(Some(&own.into())));
    if !fits {
        errors.push(FieldError::invalid("spec.selector", selector, "`selector` not auto-generated"));
    }
}

/// The spec of a Job, with its selector.
fn whole_spec(object: &Json, errors: &mut Vec<FieldError>) {
    job_spec(object.get("spec"), "spec", errors);
    let selector = meta::at(object, &["spec", "selector"]).filter(|s| !s.is_null());
    match selector {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(value) => {
            super::metadata::map_of_labels(value.get("matchLabels"), "spec.selector.matchLabels", errors);
        }
    }
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]);
    let fits = selector.is_some_and(|s| Labels::from_object(Some(s)).is_none_or(|l| l.matches_labels(labels)));
    if !fits {
        mismatch(labels, "spec.template", errors);
    }
}

/// The spec of a Job or of a CronJob's jobs.
fn job_spec(spec: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let get = |key: &str| spec.and_then(|s| s.get(key)).filter(|v| !v.is_null());
    for key in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        not_negative(spec, key, at, errors);
    }
    if get("maxFailedIndexes").is_some() && get("backoffLimitPerIndex").is_none() {
        errors.push(FieldError::required(format!("{at}.backoffLimitPerIndex"), "when maxFailedIndexes is specified"));
    }
    if let Some(manager) = get("managedBy").and_then(Value::as_str) {
        managed_by(manager, &format!("{at}.managedBy"), errors);
    }
    let mode = get("completionMode").and_then(Value::as_str);
    if let Some(other) = mode.filter(|mode| !["NonIndexed", "Indexed"].contains(mode)) {
        let known = ["NonIndexed", "Indexed"];
        errors.push(FieldError::not_supported(format!("{at}.completionMode"), &other.into(), &known));
    }
    if mode == Some("Indexed") && get("completions").is_none() {
        errors.push(FieldError::required(format!("{at}.completions"), "when completion mode is Indexed"));
    }
    if mode.is_none_or(|mode| mode == "NonIndexed") {
        for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let Some(value) = get(key) {
                errors.push(FieldError::invalid(format!("{at}.{key}"), value, "requires indexed completion mode"));
            }
        }
    }
    if let Some(policy) = get("podReplacementPolicy").and_then(Value::as_str) {
        let failed_only = get("podFailurePolicy").is_some();
        let known: &[&str] = if failed_only { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
        if !known.contains(&policy) {
            errors.push(FieldError::not_supported(format!("{at}.podReplacementPolicy"), &policy.into(), known));
        }
    }
    template(spec, at, errors);
    let field = format!("{at}.template.spec.restartPolicy");
    match spec.and_then(|s| s.pointer("/template/spec/restartPolicy")).and_then(Value::as_str) {
        None | Some("" | "Always") => {
            errors.push(FieldError::required(field, "valid values: \"OnFailure\", \"Never\""));
        }
        Some("Never") => {}
        Some("OnFailure") if get("podFailurePolicy").is_none() => {}
        Some("OnFailure") => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.push(FieldError::invalid(field, &"OnFailure".into(), detail));
        }
        Some(other) => errors.push(FieldError::not_supported(field, &other.into(), &["OnFailure", "Never"])),
    }
}

fn managed_by(manager: &str, field: &str, errors: &mut Vec<FieldError>) {
    match manager.split_once('/') {
        _ if manager.is_empty() => errors.push(FieldError::required(field, "")),
        Some((host, path)) if !host.is_empty() && !path.is_empty() => {
            let complaints = words::subdomain(host);
            errors.extend(complaints.iter().map(|c| FieldError::invalid(field, &host.into(), c)));
        }
        _ => {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            errors.push(FieldError::invalid(field, &manager.into(), detail));
        }
    }
}

/// How often a job is to succeed: for an indexed job it may change together with how often at once.
fn completions(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let path = ["spec", "completions"];
    if meta::text(after, &["spec", "completionMode"]) != "Indexed" {
        return fixed("spec.completions", before, after, errors);
    }
    let new = meta::at(after, &path);
    if let Some(value) = new.filter(|new| meta::at(before, &path) != Some(*new))
        && Some(value) != meta::at(after, &["spec", "parallelism"])
    {
        let detail = "can only be modified in tandem with spec.parallelism";
        errors.push(FieldError::invalid("spec.completions", value, detail));
    }
}

/// A job that is suspended and makes no pods may still be sent elsewhere, and given more or less.
fn template_updated(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let of = |object: &Json| meta::at(object, &["spec", "template"]).cloned().unwrap_or(Value::Null);
    let (mut old, new) = (of(before), of(after));
    let suspended = meta::at(before, &["spec", "suspend"]) == Some(&json!(true));
    let started = meta::at(before, &["status", "startTime"]).is_some_and(|t| !t.is_null());
    let reported = meta::list(before, &["status", "conditions"])
        .iter()
        .any(|c| (c.get("type"), c.get("status")) == (Some(&json!("Suspended")), Some(&json!("True"))));
    let idle = suspended && (!started || reported) && meta::integer(before, &["status", "active"]) == 0;
    if !idle {
        if old != new {
            errors.push(FieldError::invalid("spec.template", &new, IMMUTABLE));
        }
        return;
    }
    let empty = json!({});
    let wanted = new.get("spec").unwrap_or(&empty);
    let Some(Value::Object(spec)) = old.get_mut("spec") else { return };
    let free = wanted.as_object().cloned().unwrap_or_default();
    for key in ["nodeSelector", "tolerations", "schedulingGates"] {
        meta::carry(&free, spec, key);
    }
    let affinity = free.get("affinity").and_then(|a| a.get("nodeAffinity"));
    match (affinity, spec.get_mut("affinity")) {
        (Some(node), _) => meta::set(spec, &["affinity", "nodeAffinity"], node.clone()),
        (None, Some(Value::Object(own))) => {
            own.remove("nodeAffinity");
            if own.is_empty() && !free.contains_key("affinity") {
                spec.remove("affinity");
            }
        }
        (None, _) => {}
    }
    for list in ["containers", "initContainers"] {
        let containers = wanted.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let Some(Value::Array(own)) = spec.get_mut(list) else { continue };
        for (own, new) in own.iter_mut().filter_map(Value::as_object_mut).zip(containers) {
            if let Some(new) = new.as_object().filter(|new| new.get("name") == own.get("name")) {
                meta::carry(new, own, "resources");
            }
        }
    }
    if old.get("spec") != new.get("spec") {
        errors.push(FieldError::invalid("spec.template.spec", wanted, IMMUTABLE));
    }
}

/// A field that stays as it is, also where it is not there.
fn fixed(field: &str, before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let path: Vec<&str> = field.split('.').collect();
    let (old, new) = (meta::at(before, &path), meta::at(after, &path));
    if old != new {
        errors.push(FieldError::invalid(field, new.unwrap_or(&Value::Null), IMMUTABLE));
    }
}
