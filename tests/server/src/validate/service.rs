//! Services.

use serde_json::{Value, json};

use super::metadata::map_of_labels;
use super::words;
use crate::meta::{self, Json};
use crate::status::FieldError;

/// Checks a service.
pub(super) fn check(object: &Json, errors: &mut Vec<FieldError>) {
    let kind = meta::text(object, &["spec", "type"]);
    let ports = meta::list(object, &["spec", "ports"]);
    let headless = meta::text(object, &["spec", "clusterIP"]) == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        errors.push(FieldError::required("spec.ports", ""));
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let detail = format!("may not be set to 'None' for {kind} services");
        errors.push(FieldError::invalid("spec.clusterIPs[0]", &"None".into(), detail));
    }
    if kind == "ExternalName" {
        let name = meta::text(object, &["spec", "externalName"]);
        match name.strip_suffix('.').unwrap_or(name) {
            "" => errors.push(FieldError::required("spec.externalName", "")),
            name => {
                let complaints = words::subdomain(name);
                errors.extend(complaints.iter().map(|c| FieldError::invalid("spec.externalName", &name.into(), c)));
            }
        }
    }
    let mut names = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        one_port(port, &format!("spec.ports[{index}]"), ports.len() > 1, &mut names, errors);
    }
    map_of_labels(meta::at(object, &["spec", "selector"]), "spec.selector", errors);
    let affinity = meta::text(object, &["spec", "sessionAffinity"]);
    if !["ClientIP", "None"].contains(&affinity) {
        errors.push(FieldError::not_supported("spec.sessionAffinity", &affinity.into(), &["ClientIP", "None"]));
    }
    let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !known.contains(&kind) {
        errors.push(FieldError::not_supported("spec.type", &kind.into(), &known));
    }
    let mut seen: Vec<(&Value, &Value)> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        if kind == "ClusterIP" && port.get("nodePort").and_then(Value::as_i64).unwrap_or(0) != 0 {
            let detail = "may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::forbidden(format!("{field}.nodePort"), detail));
        }
        let this = (port.get("port").unwrap_or(&Value::Null), port.get("protocol").unwrap_or(&Value::Null));
        if seen.contains(&this) {
            let value = json!({"Name": "", "Protocol": this.1, "AppProtocol": null, "Port": this.0, "TargetPort": 0, "NodePort": 0});
            errors.push(FieldError::duplicate(field, &value));
        }
        seen.push(this);
    }
}

/// Checks that a service keeps its addresses.
pub(super) fn updated(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let kind = |object| meta::text(object, &["spec", "type"]);
    if kind(before) != "ExternalName" && kind(after) != "ExternalName" {
        let path = ["spec", "clusterIPs"];
        let (old, new) = (meta::list(before, &path), meta::list(after, &path));
        let value = Value::from(new);
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            if old != new {
                let field = format!("spec.clusterIPs[{index}]");
                errors.push(FieldError::invalid(field, &value, "may not change once set"));
            }
        }
        if new.is_empty() && !old.is_empty() {
            let detail = "primary clusterIP can not be unset";
            errors.push(FieldError::invalid("spec.clusterIPs[0]", &value, detail));
        }
    }
    check(after, errors);
}

fn one_port<'a>(port: &'a Value, at: &str, named: bool, names: &mut Vec<&'a str>, errors: &mut Vec<FieldError>) {
    let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        if named {
            errors.push(FieldError::required(format!("{at}.name"), ""));
        }
    } else {
        let complaints = words::label(name);
        errors.extend(complaints.iter().map(|c| FieldError::invalid(format!("{at}.name"), &name.into(), c)));
        if names.contains(&name) {
            errors.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
        }
        names.push(name);
    }
    let number = port.get("port").and_then(Value::as_i64).unwrap_or(0);
    if let Some(detail) = words::port_number(number) {
        errors.push(FieldError::invalid(format!("{at}.port"), &number.into(), detail));
    }
    super::pod::one_of(port, at, "protocol", &["SCTP", "TCP", "UDP"], errors);
    match port.get("targetPort") {
        Some(Value::Number(target)) => {
            if let Some(detail) = words::port_number(target.as_i64().unwrap_or(0)) {
                errors.push(FieldError::invalid(format!("{at}.targetPort"), &target.clone().into(), detail));
            }
        }
        Some(Value::String(target)) => {
            let complaints = words::port_name(target);
            let field = format!("{at}.targetPort");
            errors.extend(complaints.iter().map(|c| FieldError::invalid(&field, &target.as_str().into(), c)));
        }
        _ => {}
    }
}
