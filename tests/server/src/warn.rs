//! What the server has to say about requests that it carries out all the same (`Warning` headers).

use kube_proto::schema::internals::is_known as is_known_format;
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
        "CustomResourceDefinition" => {
            let versions = meta::list(object, &["spec", "versions"]);
            let schemas = versions.iter().filter_map(|version| version.pointer("/schema/openAPIV3Schema"));
            schemas.for_each(|schema| formats(schema, &mut said));
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
    ports(spec, at, said);
    if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|n| n < 0) {
        let text = "must be >= 0; negative values are invalid and will be treated as 1";
        said.push(format!("{at}.terminationGracePeriodSeconds: {text}"));
    }
}

/// Formats that the schema of a custom resource names and that no check knows.
fn formats(schema: &Value, said: &mut Vec<String>) {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    let known = match (text("type"), text("format")) {
        (_, "") => true,
        ("" | "string", format) => is_known_format(format),
        ("integer", format) => matches!(format, "int32" | "int64"),
        ("number", format) => matches!(format, "float" | "double"),
        _ => false,
    };
    if !known {
        said.push(format!("unrecognized format \"{}\"", text("format")));
    }
    for (_, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        formats(inner, said);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key) {
            formats(inner, said);
        }
    }
}

/// Ports that containers of a pod define twice, or that may collide.
fn ports(spec: &Value, at: &str, said: &mut Vec<String>) {
    let containers = ["initContainers", "containers"].into_iter().flat_map(|list| {
        let containers = spec.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
        containers.map(move |(index, container)| (format!("{at}.{list}[{index}]"), container))
    });
    let mut seen: Vec<(String, &Value)> = Vec::new();
    for (at, container) in containers {
        for (index, port) in container.get("ports").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let place = format!("{at}.ports[{index}]");
            let same = |other: &Value, key: &str| port.get(key) == other.get(key);
            for (other_place, other) in &seen {
                if !same(other, "containerPort") || !same(other, "protocol") {
                    continue;
                }
                let on_host = |port: &Value| port.get("hostPort").and_then(Value::as_i64).unwrap_or(0) != 0;
                let what = if same(other, "hostIP") && same(other, "hostPort") {
                    "duplicate"
                } else if !on_host(port) || !on_host(other) {
                    "overlapping"
                } else if same(other, "hostPort") && port.get("hostIP").is_none() != other.get("hostIP").is_none() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                said.push(format!("{place}: {what} port definition with {other_place}"));
            }
            seen.push((place, port));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_formats() {
        let spec = json!({
            "initContainers": [{"ports": [{"containerPort": 1}]}],
            "containers": [
                {"ports": [{"containerPort": 1}, {"containerPort": 2, "hostPort": 2}, {"containerPort": 3, "hostPort": 3}]},
                {"ports": [
                    {"containerPort": 1, "protocol": "UDP"}, {"containerPort": 2},
                    {"containerPort": 3, "hostPort": 3, "hostIP": "::1"}, {"containerPort": 3, "hostPort": 4}
                ]}
            ]
        });
        let mut said = Vec::new();
        ports(&spec, "spec", &mut said);
        assert_eq!(
            said,
            [
                "spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]",
                "spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[1]",
                "spec.containers[1].ports[2]: dangerously ambiguous port definition with spec.containers[0].ports[2]",
            ]
        );
        let schema = json!({"properties": {
            "a": {"type": "string", "format": "odd"}, "b": {"type": "integer", "format": "int16"},
            "c": {"items": {"type": "number", "format": "double"}}, "d": {"additionalProperties": {"type": "boolean", "format": "uuid"}},
            "e": {"type": "string", "format": "date-time"}
        }});
        let mut said = Vec::new();
        formats(&schema, &mut said);
        let expected = ["odd", "int16", "uuid"].map(|format| format!("unrecognized format \"{format}\""));
        assert_eq!(said, expected);
    }
}
