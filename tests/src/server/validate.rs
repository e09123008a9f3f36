//! Whether an object is one (`validation` of apimachinery and of the kinds).

use serde_json::{Value, json};

use super::kinds::Resource;
use super::meta::{self, Json};
use super::selector::Labels;
use super::status::FieldError;
use super::structural;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// What is wrong with a new object.
pub(crate) fn created(resource: &Resource, object: &Json) -> Vec<FieldError> {
    let mut errors = Vec::new();
    name(resource, meta::meta(object, "name"), &mut errors);
    metadata(object, &mut errors);
    match &resource.custom {
        None => by_kind(resource, object, &mut errors),
        Some(custom) => structural::object(object, &custom.schema, &mut errors),
    }
    errors
}

/// What is wrong with a changed object.
pub(crate) fn updated(resource: &Resource, before: &Json, after: &Json, sub: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    metadata(after, &mut errors);
    if let Some(custom) = &resource.custom {
        structural::object(after, &custom.schema, &mut errors);
    }
    if resource.custom.is_some() || !sub.is_empty() {
        return errors;
    }
    by_kind(resource, after, &mut errors);
    let immutable: &[&[&str]] = match resource.kind.as_str() {
        "Deployment" | "ReplicaSet" | "DaemonSet" => &[&["spec", "selector"]],
        "Job" => &[&["spec", "selector"], &["spec", "template"]],
        "RoleBinding" | "ClusterRoleBinding" => &[&["roleRef"]],
        "StorageClass" => &[&["provisioner"], &["parameters"]],
        "Secret" => &[&["type"]],
        "PriorityClass" => &[&["value"]],
        _ => &[],
    };
    for path in immutable {
        let (old, new) = (meta::at(before, path), meta::at(after, path));
        if old.is_some() && old != new {
            let value = new.cloned().unwrap_or(Value::Null);
            errors.push(FieldError::invalid(path.join("."), &value, "field is immutable"));
        }
    }
    if matches!(resource.kind.as_str(), "ConfigMap" | "Secret") && before.get("immutable") == Some(&Value::Bool(true)) {
        for key in ["data", "binaryData"] {
            if before.get(key) != after.get(key) {
                errors.push(FieldError::forbidden(key, "field is immutable when `immutable` is set"));
            }
        }
    }
    if resource.kind == "Pod" {
        pod_update(before, after, &mut errors);
    }
    errors
}

/// `a.b-c`: a lower-case DNS subdomain.
pub(crate) fn is_subdomain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.split('.').all(is_label_chars)
}

/// A lower-case DNS label.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_label_chars(text)
}

fn is_label_chars(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    edge(text.chars().next())
        && edge(text.chars().last())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn name(resource: &Resource, name: &str, errors: &mut Vec<FieldError>) {
    let value = Value::from(name);
    let mut wrong = |detail: &str| errors.push(FieldError::invalid("metadata.name", &value, detail));
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("rbac.authorization.k8s.io", _) => {
            if name.contains(['/', '%']) || matches!(name, "." | "..") {
                wrong("may not contain '/' or '%'");
            }
        }
        ("", "Namespace") => {
            if name.len() > 63 {
                wrong("must be no more than 63 bytes");
            } else if !is_label_chars(name) {
                wrong(LABEL);
            }
        }
        ("", "Service") => {
            if name.len() > 63 {
                wrong("must be no more than 63 bytes");
            } else if !is_label_chars(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                wrong(LABEL_1035);
            }
        }
        _ => {
            if name.len() > 253 {
                wrong("must be no more than 253 bytes");
            } else if !is_subdomain(name) {
                wrong(SUBDOMAIN);
            }
        }
    }
}

fn metadata(object: &Json, errors: &mut Vec<FieldError>) {
    if let Some(labels) = meta::at(object, &["metadata", "labels"]).and_then(Value::as_object) {
        for (key, value) in labels {
            qualified_name("metadata.labels", key, errors);
            let text = value.as_str().unwrap_or_default();
            if text.len() > 63 {
                errors.push(FieldError::invalid("metadata.labels", value, "must be no more than 63 bytes"));
            } else if !super::selector::is_label_text(text) {
                let advice = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
                errors.push(FieldError::invalid("metadata.labels", value, advice));
            }
        }
    }
    if let Some(annotations) = meta::at(object, &["metadata", "annotations"]).and_then(Value::as_object) {
        let size: usize = annotations.iter().map(|(k, v)| k.len() + v.as_str().map_or(0, str::len)).sum();
        if size > 256 * 1024 {
            errors.push(FieldError::too_long("metadata.annotations", 256 * 1024));
        }
        for key in annotations.keys() {
            qualified_name("metadata.annotations", key, errors);
        }
    }
}

fn qualified_name(field: &str, key: &str, errors: &mut Vec<FieldError>) {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    let good = !name.is_empty() && name.len() <= 63 && super::selector::is_label_text(name);
    if !good || prefix.is_some_and(|p| !is_subdomain(&p.to_lowercase())) {
        let advice = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        errors.push(FieldError::invalid(field, &key.into(), advice));
    }
}

fn by_kind(resource: &Resource, object: &Json, errors: &mut Vec<FieldError>) {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => pod_spec(object.get("spec"), "spec", errors),
        ("", "ReplicationController") => {
            let spec = object.get("spec");
            pod_spec(spec.and_then(|s| s.pointer("/template/spec")), "spec.template.spec", errors);
        }
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") => workload(object, errors),
        ("batch", "Job") => {
            pod_spec(object.get("spec").and_then(|s| s.pointer("/template/spec")), "spec.template.spec", errors);
        }
        ("batch", "CronJob") => {
            if meta::text(object, &["spec", "schedule"]).is_empty() {
                errors.push(FieldError::required("spec.schedule", ""));
            }
            let template = object.get("spec").and_then(|s| s.pointer("/jobTemplate/spec/template/spec"));
            pod_spec(template, "spec.jobTemplate.spec.template.spec", errors);
        }
        ("", "Service") => service(object, errors),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object, errors),
        _ => {}
    }
}

fn workload(object: &Json, errors: &mut Vec<FieldError>) {
    let selector = meta::at(object, &["spec", "selector"]);
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]);
    if meta::at(object, &["spec", "replicas"]).and_then(Value::as_i64).is_some_and(|n| n < 0) {
        let value = meta::at(object, &["spec", "replicas"]).cloned().unwrap_or(Value::Null);
        errors.push(FieldError::invalid("spec.replicas", &value, "must be greater than or equal to 0"));
    }
    match selector {
        None | Some(Value::Null) => errors.push(FieldError::required("spec.selector", "")),
        Some(_) => {
            let parsed = Labels::from_object(selector).unwrap_or_default();
            if parsed.is_empty() {
                let value = selector.cloned().unwrap_or(Value::Null);
                errors.push(FieldError::invalid("spec.selector", &value, "empty selector is invalid for deployment"));
            } else if !parsed.matches_labels(labels) {
                let value = labels.cloned().unwrap_or(Value::Null);
                let detail = "`selector` does not match template `labels`";
                errors.push(FieldError::invalid("spec.template.metadata.labels", &value, detail));
            }
        }
    }
    let spec = object.get("spec").and_then(|s| s.pointer("/template/spec"));
    pod_spec(spec, "spec.template.spec", errors);
}

fn pod_spec(spec: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
    let empty = Vec::new();
    let containers = spec.and_then(|s| s.get("containers")).and_then(Value::as_array).unwrap_or(&empty);
    if containers.is_empty() {
        errors.push(FieldError::required(format!("{at}.containers"), ""));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        let here = format!("{at}.containers[{index}]");
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            errors.push(FieldError::required(format!("{here}.name"), ""));
        } else if !is_label(name) {
            errors.push(FieldError::invalid(format!("{here}.name"), &name.into(), LABEL));
        } else if seen.contains(&name) {
            errors.push(FieldError::duplicate(format!("{here}.name"), &name.into()));
        }
        seen.push(name);
        if container.get("image").and_then(Value::as_str).unwrap_or_default().is_empty() {
            errors.push(FieldError::required(format!("{here}.image"), ""));
        }
    }
    if let Some(policy) = spec.and_then(|s| s.get("restartPolicy"))
        && !["Always", "OnFailure", "Never"].iter().any(|p| policy == p)
    {
        errors.push(FieldError::not_supported(
            format!("{at}.restartPolicy"),
            policy,
            &["Always", "OnFailure", "Never"],
        ));
    }
}

fn service(object: &Json, errors: &mut Vec<FieldError>) {
    let kind = meta::text(object, &["spec", "type"]);
    let ports = meta::list(object, &["spec", "ports"]);
    let headless = meta::text(object, &["spec", "clusterIP"]) == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        errors.push(FieldError::required("spec.ports", ""));
    }
    if !["", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"].contains(&kind) {
        let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        errors.push(FieldError::not_supported("spec.type", &kind.into(), &known));
    }
    for (index, port) in ports.iter().enumerate() {
        let number = port.get("port").and_then(Value::as_i64).unwrap_or(0);
        if !(1..=65535).contains(&number) {
            let detail = "must be between 1 and 65535, inclusive";
            errors.push(FieldError::invalid(format!("spec.ports[{index}].port"), &json!(number), detail));
        }
        let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() && ports.len() > 1 {
            errors.push(FieldError::required(format!("spec.ports[{index}].name"), ""));
        }
    }
}

fn definition(object: &Json, errors: &mut Vec<FieldError>) {
    let (group, plural) = (meta::text(object, &["spec", "group"]), meta::text(object, &["spec", "names", "plural"]));
    let wanted = format!("{plural}.{group}");
    let name = meta::meta(object, "name");
    if name != wanted {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        errors.push(FieldError::invalid("metadata.name", &name.into(), detail));
    }
    if group.is_empty() {
        errors.push(FieldError::required("spec.group", ""));
    }
    let scope = meta::text(object, &["spec", "scope"]);
    if scope.is_empty() {
        errors.push(FieldError::required("spec.scope", ""));
    } else if scope != "Namespaced" && scope != "Cluster" {
        errors.push(FieldError::not_supported("spec.scope", &scope.into(), &["Cluster", "Namespaced"]));
    }
    if meta::text(object, &["spec", "names", "kind"]).is_empty() {
        errors.push(FieldError::required("spec.names.kind", ""));
    }
    let versions = meta::list(object, &["spec", "versions"]);
    let storing = versions.iter().filter(|v| v.get("storage") == Some(&Value::Bool(true))).count();
    if storing != 1 {
        let detail = "must have exactly one version marked as storage version";
        errors.push(FieldError::invalid("spec.versions", &Value::Array(versions.to_vec()), detail));
    }
    for (index, version) in versions.iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            errors.push(FieldError::required(
                format!("spec.versions[{index}].schema.openAPIV3Schema"),
                "schemas are required",
            ));
        }
    }
}

/// A pod's spec may change in a few places only.
fn pod_update(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let blank = |object: &Json| {
        let mut spec = object.get("spec").cloned().unwrap_or(Value::Null);
        if let Some(spec) = spec.as_object_mut() {
            for key in [
                "activeDeadlineSeconds",
                "terminationGracePeriodSeconds",
                "tolerations",
                "schedulingGates",
                "ephemeralContainers",
            ] {
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
        errors.push(FieldError::forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        ));
    }
}
