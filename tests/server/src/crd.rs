//! CustomResourceDefinitions: the server serves the resource that one defines.

use kube_proto::schema::Schema;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::Server;
use super::kinds::{Resource, subresource};
use super::meta::{self, Json};
use super::schema::{self, Type};

/// One version of a definition, without names.
#[derive(Debug, Clone)]
pub(crate) struct Custom {
    /// Fields that field selectors may use, such as `spec.color`.
    pub(crate) selectable: Vec<String>,
    /// The `additionalPrinterColumns`, as written.
    pub(crate) columns: Vec<Value>,
    /// The `scale` subresource's paths, as written.
    pub(crate) scale: Option<Value>,
    /// The structural schema, as written.
    pub(crate) schema: Value,
    /// The schema, read; `None` if it cannot be.
    pub(crate) checked: Option<Schema>,
    /// The schema as a type.
    pub(crate) root: Type,
    /// `spec.conversion.webhook`, if a webhook converts.
    pub(crate) conversion: Option<Json>,
    /// Shown as a `Warning` with every answer.
    pub(crate) deprecation: Option<String>,
}

/// Removes from a schema what Go does not write: nulls, empty lists and maps, and flags that are off.
fn tidy(schema: &mut Value) {
    const FLAGS: &[&str] = &[
        "nullable",
        "uniqueItems",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ];
    let Some(map) = schema.as_object_mut() else { return };
    for (key, value) in map.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "definitions", Value::Object(inner)) => {
                inner.values_mut().for_each(tidy);
            }
            ("items" | "additionalProperties" | "not", inner) => tidy(inner),
            ("allOf" | "anyOf" | "oneOf", Value::Array(inner)) => inner.iter_mut().for_each(tidy),
            _ => {}
        }
    }
    map.retain(|key, value| match value {
        Value::Null => false,
        Value::Bool(false) => !FLAGS.contains(&key.as_str()),
        Value::Array(items) => !items.is_empty() || matches!(key.as_str(), "default" | "example"),
        Value::Object(inner) => {
            !inner.is_empty() || !matches!(key.as_str(), "properties" | "patternProperties" | "definitions")
        }
        _ => true,
    });
}

/// Sets the accepted names and conditions, as the controller of a real server does, and tidies the schemas.
pub(crate) fn establish(object: &mut Json, now: Duration) {
    if let Some(Value::Array(versions)) = object.get_mut("spec").and_then(|spec| spec.get_mut("versions")) {
        for schema in versions.iter_mut().filter_map(|version| version.pointer_mut("/schema/openAPIV3Schema")) {
            tidy(schema);
        }
    }
    let names = meta::at(object, &["spec", "names"]).cloned().unwrap_or_else(|| json!({}));
    let mut names = names.as_object().cloned().unwrap_or_default();
    let kind = meta::text(&names, &["kind"]).to_owned();
    if meta::text(&names, &["singular"]).is_empty() {
        names.insert("singular".into(), kind.to_lowercase().into());
    }
    if meta::text(&names, &["listKind"]).is_empty() {
        names.insert("listKind".into(), format!("{kind}List").into());
    }
    meta::set(object, &["spec", "names"], names.clone().into());
    if meta::at(object, &["spec", "conversion"]).is_none() {
        meta::set(object, &["spec", "conversion"], json!({"strategy": "None"}));
    }
    let stored: Vec<Value> = meta::list(object, &["spec", "versions"])
        .iter()
        .filter(|v| v.get("storage") == Some(&Value::Bool(true)))
        .filter_map(|v| v.get("name").cloned())
        .collect();
    let when = match meta::list(object, &["status", "conditions"]).first().and_then(|c| c.get("lastTransitionTime")) {
        Some(time) => time.clone(),
        None => meta::time(now).into(),
    };
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": when});
    let status = json!({
        "acceptedNames": names,
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": stored,
    });
    object.insert("status".into(), status);
}

impl Server {
    /// Starts serving a definition's resources.
    pub(crate) fn serve_definition(&mut self, definition: &Json) {
        let group = meta::text(definition, &["spec", "group"]).to_owned();
        let names = |key: &str| meta::text(definition, &["spec", "names", key]).to_owned();
        let list = |key: &str| -> Vec<String> {
            let values = meta::list(definition, &["spec", "names", key]);
            values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let plural = names("plural");
        self.registry.remove_custom(&group, &plural);
        let versions = meta::list(definition, &["spec", "versions"]);
        let stored = versions.iter().find(|v| v.get("storage") == Some(&Value::Bool(true)));
        let stored = stored.and_then(|v| v.get("name")).and_then(Value::as_str).unwrap_or("v1");
        let webhook = meta::text(definition, &["spec", "conversion", "strategy"]) == "Webhook";
        let conversion = meta::at(definition, &["spec", "conversion", "webhook"]).and_then(Value::as_object);
        let conversion = conversion.filter(|_| webhook).cloned();
        for version in versions.iter().filter_map(Value::as_object) {
            if version.get("served") != Some(&Value::Bool(true)) {
                continue;
            }
            let subs: Vec<_> = ["status", "scale"]
                .iter()
                .filter(|s| meta::at(version, &["subresources", s]).is_some())
                .filter_map(|s| subresource(s))
                .collect();
            let schema = meta::at(version, &["schema", "openAPIV3Schema"]).cloned().unwrap_or(Value::Null);
            let deprecated = version.get("deprecated") == Some(&Value::Bool(true));
            let name = meta::text(version, &["name"]);
            let warning = version.get("deprecationWarning").and_then(Value::as_str);
            let custom = Custom {
                selectable: meta::list(version, &["selectableFields"])
                    .iter()
                    .filter_map(|f| f.get("jsonPath")?.as_str())
                    .map(|p| p.trim_start_matches('.').to_owned())
                    .collect(),
                columns: meta::list(version, &["additionalPrinterColumns"]).to_vec(),
                scale: meta::at(version, &["subresources", "scale"]).cloned(),
                checked: Schema::of_resource(&schema).ok(),
                root: schema::custom(&names("kind"), &schema),
                conversion: conversion.clone(),
                schema,
                deprecation: deprecated.then(|| {
                    warning.map_or_else(|| format!("{group}/{name} {} is deprecated", names("kind")), str::to_owned)
                }),
            };
            self.registry.insert(Resource {
                group: group.clone(),
                version: name.to_owned(),
                plural: plural.clone(),
                singular: names("singular"),
                kind: names("kind"),
                list_kind: names("listKind"),
                short_names: list("shortNames"),
                categories: list("categories"),
                namespaced: meta::text(definition, &["spec", "scope"]) == "Namespaced",
                // In the order of the real server's discovery.
                verbs: vec!["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
                subresources: subs,
                generation: true,
                returns_deleted: false,
                put_creates: false,
                unconditional: false,
                storage: format!("{plural}.{group}"),
                storage_version: format!("{group}/{stored}"),
                custom: Some(Arc::new(custom)),
            });
        }
    }

    /// Stops serving a definition's resources and deletes their objects.
    pub(crate) fn drop_definition(&mut self, definition: &Json) {
        let group = meta::text(definition, &["spec", "group"]).to_owned();
        let plural = meta::text(definition, &["spec", "names", "plural"]).to_owned();
        let storage = format!("{plural}.{group}");
        let keys: Vec<String> = self.store.under(&storage, "").map(|o| o.key()).collect();
        for key in keys {
            self.store.delete(&storage, &key);
        }
        self.registry.remove_custom(&group, &plural);
    }
}
