//! Definitions of custom resources.

use serde_json::Value;

use crate::meta::{self, Json};
use crate::status::FieldError;

/// Checks a definition.
pub(super) fn check(object: &Json, errors: &mut Vec<FieldError>) {
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
            errors.push(FieldError::required(format!("spec.versions[{index}].schema.openAPIV3Schema"), ""));
        }
    }
}
