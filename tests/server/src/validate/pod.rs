//! Pods, and the specs of pods in templates.

use serde_json::{Value, json};

use super::metadata::map_of_labels;
use super::words;
use crate::meta::{self, Json};
use crate::schema::quantity;
use crate::status::FieldError;

/// Checks the spec of a pod or template.
pub(super) fn spec(spec: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let empty = json!({});
    let spec = spec.unwrap_or(&empty);
    containers(spec, at, errors);
    further_containers(spec, at, "initContainers", errors);
    further_containers(spec, at, "ephemeralContainers", errors);
    one_of(spec, at, "restartPolicy", &["Always", "OnFailure", "Never"], errors);
    one_of(spec, at, "dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], errors);
    map_of_labels(spec.get("nodeSelector"), &format!("{at}.nodeSelector"), errors);
    let mut named = |key: &str, complain: fn(&str) -> Vec<String>| {
        let text = spec.get(key).and_then(Value::as_str).unwrap_or_default();
        if !text.is_empty() {
            let complaints = complain(text);
            errors.extend(complaints.iter().map(|c| FieldError::invalid(format!("{at}.{key}"), &text.into(), c)));
        }
    };
    named("serviceAccountName", words::subdomain);
    named("nodeName", words::subdomain);
    named("hostname", words::label);
    named("subdomain", words::label);
    named("priorityClassName", words::subdomain);
    if let Some(seconds) = spec.get("activeDeadlineSeconds")
        && !seconds.as_i64().is_some_and(|n| (1..=i64::from(i32::MAX)).contains(&n))
    {
        let detail = "must be between 1 and 2147483647, inclusive";
        errors.push(FieldError::invalid(format!("{at}.activeDeadlineSeconds"), seconds, detail));
    }
}

/// Checks a new pod.
pub(super) fn created(object: &Json, errors: &mut Vec<FieldError>) {
    spec(object.get("spec"), "spec", errors);
    if !meta::list(object, &["spec", "ephemeralContainers"]).is_empty() {
        errors.push(FieldError::forbidden("spec.ephemeralContainers", "cannot be set on create"));
    }
    let gated = !meta::list(object, &["spec", "schedulingGates"]).is_empty();
    if gated && !meta::text(object, &["spec", "nodeName"]).is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        errors.push(FieldError::forbidden("spec.nodeName", detail));
    }
}

/// Checks a changed pod: only a few fields of its spec may change.
pub(super) fn updated(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    spec(after.get("spec"), "spec", errors);
    for list in ["containers", "initContainers"] {
        let (old, new) = (meta::list(before, &["spec", list]), meta::list(after, &["spec", list]));
        if old.len() != new.len() {
            errors.push(FieldError::forbidden(format!("spec.{list}"), "pod updates may not add or remove containers"));
            return;
        }
    }
    let blank = |object: &Json| {
        let mut spec = object.get("spec").cloned().unwrap_or(Value::Null);
        if let Some(spec) = spec.as_object_mut() {
            for key in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
                spec.remove(key);
            }
            for list in ["containers", "initContainers"] {
                for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    if let Some(container) = container.as_object_mut() {
                        container.remove("image");
                    }
                }
            }
        }
        spec
    };
    if blank(before) != blank(after) {
        // The real server adds the difference in Go's format.
        errors.push(FieldError::forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        ));
    }
}

/// Checks that ephemeral containers are only added.
pub(super) fn debugged(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    spec(after.get("spec"), "spec", errors);
    let path = ["spec", "ephemeralContainers"];
    for old in meta::list(before, &path) {
        let name = old.get("name").and_then(Value::as_str).unwrap_or_default();
        let detail = match meta::list(after, &path).iter().find(|new| new.get("name") == old.get("name")) {
            None => format!("existing ephemeral containers \"{name}\" may not be removed\n"),
            Some(new) if new != old => format!("existing ephemeral containers \"{name}\" may not be changed\n"),
            Some(_) => continue,
        };
        errors.push(FieldError::forbidden("spec.ephemeralContainers", detail));
    }
}

/// Checks that a resize keeps the pod's quality of service.
pub(super) fn resized(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    spec(after.get("spec"), "spec", errors);
    if class(before) != class(after) {
        let value = meta::at(after, &["status", "qosClass"]).cloned().unwrap_or_else(|| "".into());
        let detail = "Pod QOS Class may not change as a result of resizing";
        errors.push(FieldError::invalid("spec", &value, detail));
    }
    for list in ["containers", "initContainers"] {
        let (old, new) = (meta::list(before, &["spec", list]), meta::list(after, &["spec", list]));
        if old.len() != new.len() {
            let detail = format!("{list} may not be added or removed on resize");
            errors.push(FieldError::forbidden(format!("spec.{list}"), detail));
            return;
        }
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            let field = format!("spec.{list}[{index}]");
            if old.get("name") != new.get("name") {
                let detail = format!("{list} may not be renamed or reordered on resize");
                errors.push(FieldError::forbidden(format!("{field}.name"), detail));
                return;
            }
            for what in ["requests", "limits"] {
                let keys = |container: &Value| -> Vec<String> {
                    let map = container.pointer(&format!("/resources/{what}")).and_then(Value::as_object);
                    map.into_iter().flatten().map(|(key, _)| key.clone()).collect()
                };
                let kept = keys(new);
                if keys(old).iter().any(|key| !kept.contains(key)) {
                    let detail = format!("resource {what} cannot be removed");
                    errors.push(FieldError::forbidden(format!("{field}.resources.{what}"), detail));
                }
            }
        }
    }
}

/// The quality of service by the pod's requests and limits.
pub(crate) fn class(pod: &Json) -> &'static str {
    let all = ["containers", "initContainers"].map(|list| meta::list(pod, &["spec", list])).concat();
    let value = |container: &Value, what: &str, key: &str| {
        let text = container.pointer(&format!("/resources/{what}/{key}"))?;
        quantity::exact(text).filter(|n| *n != 0)
    };
    let (mut any, mut guaranteed) = (false, true);
    for container in &all {
        for key in ["cpu", "memory"] {
            let (request, limit) = (value(container, "requests", key), value(container, "limits", key));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn containers(spec: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let all = list(spec, "containers");
    if all.is_empty() {
        errors.push(FieldError::required(format!("{at}.containers"), ""));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (index, one) in all.iter().enumerate() {
        let here = format!("{at}.containers[{index}]");
        container(one, &here, errors);
        let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
        if seen.contains(&name) {
            errors.push(FieldError::duplicate(format!("{here}.name"), &name.into()));
        }
        seen.push(name);
    }
}

fn further_containers(spec: &Value, at: &str, which: &str, errors: &mut Vec<FieldError>) {
    let name = |one: &Value| one.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut seen: Vec<String> = list(spec, "containers").iter().map(name).collect();
    if which == "ephemeralContainers" {
        seen.extend(list(spec, "initContainers").iter().map(name));
    }
    for (index, one) in list(spec, which).iter().enumerate() {
        let here = format!("{at}.{which}[{index}]");
        container(one, &here, errors);
        let own = name(one);
        if !own.is_empty() && seen.contains(&own) {
            errors.push(FieldError::duplicate(format!("{here}.name"), &own.as_str().into()));
        }
        if which == "ephemeralContainers" {
            let target = one.get("targetContainerName").and_then(Value::as_str).unwrap_or_default();
            if !target.is_empty() && !seen.iter().any(|s| s == target) {
                errors.push(FieldError::not_found(format!("{here}.targetContainerName"), &target.into()));
            }
            for key in ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] {
                if one.get(key).is_some() {
                    let detail = "cannot be set for an Ephemeral Container";
                    errors.push(FieldError::forbidden(format!("{here}.{key}"), detail));
                }
            }
        }
        seen.push(own);
    }
}

fn container(one: &Value, here: &str, errors: &mut Vec<FieldError>) {
    let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        errors.push(FieldError::required(format!("{here}.name"), ""));
    } else {
        let complaints = words::label(name);
        errors.extend(complaints.iter().map(|c| FieldError::invalid(format!("{here}.name"), &name.into(), c)));
    }
    if one.get("image").and_then(Value::as_str).unwrap_or_default().is_empty() {
        errors.push(FieldError::required(format!("{here}.image"), ""));
    }
    one_of(one, here, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"], errors);
    ports(one, here, errors);
    for (index, variable) in list(one, "env").iter().enumerate() {
        if variable.get("name").and_then(Value::as_str).unwrap_or_default().is_empty() {
            errors.push(FieldError::required(format!("{here}.env[{index}].name"), ""));
        }
    }
    one_of(one, here, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], errors);
    resources(one, here, errors);
}

fn ports(one: &Value, here: &str, errors: &mut Vec<FieldError>) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, port) in list(one, "ports").iter().enumerate() {
        let here = format!("{here}.ports[{index}]");
        let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
        if !name.is_empty() {
            let complaints = words::port_name(name);
            if complaints.is_empty() && seen.contains(&name) {
                errors.push(FieldError::duplicate(format!("{here}.name"), &name.into()));
            }
            errors.extend(complaints.iter().map(|c| FieldError::invalid(format!("{here}.name"), &name.into(), c)));
            seen.push(name);
        }
        let number = |key: &str| port.get(key).and_then(Value::as_i64).unwrap_or(0);
        if number("containerPort") == 0 {
            errors.push(FieldError::required(format!("{here}.containerPort"), ""));
        }
        for key in ["containerPort", "hostPort"] {
            if let (true, Some(detail)) = (number(key) != 0, words::port_number(number(key))) {
                errors.push(FieldError::invalid(format!("{here}.{key}"), &number(key).into(), detail));
            }
        }
        one_of(port, &here, "protocol", &["SCTP", "TCP", "UDP"], errors);
    }
}

fn resources(one: &Value, here: &str, errors: &mut Vec<FieldError>) {
    let map = |key: &str| one.pointer(&format!("/resources/{key}")).and_then(Value::as_object);
    for what in ["limits", "requests"] {
        for (key, value) in map(what).into_iter().flatten() {
            if quantity::exact(value).is_some_and(|n| n < 0) {
                let detail = "must be greater than or equal to 0";
                errors.push(FieldError::invalid(format!("{here}.resources.{what}[{key}]"), value, detail));
            }
        }
    }
    for (key, request) in map("requests").into_iter().flatten() {
        let limit = map("limits").and_then(|limits| limits.get(key));
        let (Some(limit), Some(asked)) = (limit, quantity::exact(request)) else { continue };
        if quantity::exact(limit).is_some_and(|most| asked > most) {
            let text = limit.as_str().unwrap_or_default();
            let detail = format!("must be less than or equal to {key} limit of {text}");
            errors.push(FieldError::invalid(format!("{here}.resources.requests"), request, detail));
        }
    }
}

/// Checks a required field with a fixed set of values.
pub(super) fn one_of(object: &Value, at: &str, key: &str, known: &[&str], errors: &mut Vec<FieldError>) {
    match object.get(key).and_then(Value::as_str) {
        None | Some("") => errors.push(FieldError::required(format!("{at}.{key}"), "")),
        Some(text) if !known.contains(&text) => {
            errors.push(FieldError::not_supported(format!("{at}.{key}"), &text.into(), known));
        }
        Some(_) => {}
    }
}
