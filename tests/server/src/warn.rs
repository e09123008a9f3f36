//! What the server has to say about requests that it carries out all the same (`Warning` headers).

use serde_json::{Value, json};

use super::kinds::Resource;
use super::meta::{self, Json};

const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Said with every request of a kind that is on its way out.
pub(crate) fn deprecated(resource: &Resource) -> Option<&'static str> {
    match (resource.storage.as_str(), resource.version.as_str()) {
        ("endpoints", "v1") => Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
        ("componentstatuses", "v1") => Some("v1 ComponentStatus is deprecated in v1.19+"),
        _ => None,
    }
}

/// Said of a new object. What was written in an old way is brought into the new one.
pub(crate) fn created(resource: &Resource, object: &mut Json) -> Vec<String> {
    if resource.custom.is_some() {
        return Vec::new();
    }
    let mut said = Vec::new();
    match resource.kind.as_str() {
        "Pod" => {
            let old = meta::at(object, &["metadata", "annotations"]).and_then(Value::as_object).cloned();
            app_armor(&old.unwrap_or_default(), object, &mut said);
            pod_spec(object.get("spec"), "spec", &mut said);
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => {
            pod_spec(meta::at(object, &["spec", "template", "spec"]), "spec.template.spec", &mut said);
        }
        "CronJob" => {
            let path = ["spec", "jobTemplate", "spec", "template", "spec"];
            pod_spec(meta::at(object, &path), &path.join("."), &mut said);
        }
        _ => {}
    }
    if resource.kind == "StatefulSet" && meta::integer(object, &["spec", "revisionHistoryLimit"]) < 0 {
        let text = "a negative value retains all historical revisions; a value >= 0 is recommended";
        said.push(format!("spec.revisionHistoryLimit: {text}"));
    }
    said
}

/// Profiles that annotations name are fields today.
fn app_armor(annotations: &Json, object: &mut Json, said: &mut Vec<String>) {
    let Some(Value::Array(containers)) = object.get_mut("spec").and_then(|s| s.get_mut("containers")) else { return };
    for container in containers.iter_mut().filter_map(Value::as_object_mut) {
        let key = format!("{APP_ARMOR}{}", meta::text(container, &["name"]));
        let Some(profile) = annotations.get(&key).and_then(Value::as_str) else { continue };
        if meta::at(container, &["securityContext", "appArmorProfile"]).is_some() {
            continue;
        }
        said.push(format!(
            "metadata.annotations[{key}]: deprecated since v1.30; use the \"appArmorProfile\" field instead"
        ));
        let field = match profile {
            "runtime/default" => json!({"type": "RuntimeDefault"}),
            "unconfined" => json!({"type": "Unconfined"}),
            other => match other.strip_prefix("localhost/") {
                Some(name) => json!({"type": "Localhost", "localhostProfile": name}),
                None => continue,
            },
        };
        meta::set(container, &["securityContext", "appArmorProfile"], field);
    }
}

fn pod_spec(spec: Option<&Value>, at: &str, said: &mut Vec<String>) {
    let Some(spec) = spec else { return };
    for (key, _) in spec.get("nodeSelector").and_then(Value::as_object).into_iter().flatten() {
        let instead = match key.as_str() {
            "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
            "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
            "failure-domain.beta.kubernetes.io/region" => {
                "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"
            }
            "failure-domain.beta.kubernetes.io/zone" => {
                "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"
            }
            _ => continue,
        };
        said.push(format!("{at}.nodeSelector[{key}]: {instead}"));
    }
    for list in ["initContainers", "containers"] {
        let containers = spec.get(list).and_then(Value::as_array).into_iter().flatten();
        for (index, container) in containers.enumerate() {
            hidden(container, &format!("{at}.{list}[{index}]"), said);
        }
    }
    if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|n| n < 0) {
        let text = "must be >= 0; negative values are invalid and will be treated as 1";
        said.push(format!("{at}.terminationGracePeriodSeconds: {text}"));
    }
}

/// Variables that take the place of earlier ones.
fn hidden(container: &Value, at: &str, said: &mut Vec<String>) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, variable) in container.get("env").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
        let value = variable.get("value").and_then(Value::as_str).unwrap_or_default();
        let reference = format!("$({name})");
        let built_on = variable.get("valueFrom").is_none() && value != reference && value.contains(&reference);
        if seen.contains(&name) && !built_on {
            let text = "which may be dropped when using apply";
            said.push(format!("{at}.env[{index}]: hides previous definition of \"{name}\", {text}"));
        }
        seen.push(name);
    }
}
