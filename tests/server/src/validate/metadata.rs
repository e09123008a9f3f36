//! The metadata of all objects (`ValidateObjectMeta` of apimachinery).

use serde_json::{Value, json};

use super::words;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::status::FieldError;

/// The largest size of annotations, in bytes.
const ANNOTATIONS: usize = 256 * 1024;

/// Checks a new object's metadata.
pub(super) fn created(resource: &Resource, object: &Json, errors: &mut Vec<FieldError>) {
    let (name, prefix) = (meta::meta(object, "name"), meta::meta(object, "generateName"));
    let complain = |field: &str, text: &str, complaints: Vec<String>, errors: &mut Vec<FieldError>| {
        errors.extend(complaints.iter().map(|c| FieldError::invalid(field, &text.into(), c)));
    };
    if !prefix.is_empty() {
        // The appended suffix makes a dash at the end valid.
        let whole = match prefix.strip_suffix('-') {
            Some(rest) if !rest.is_empty() => format!("{}a", rest.get(..rest.len() - 1).unwrap_or_default()),
            _ => prefix.to_owned(),
        };
        complain("metadata.generateName", prefix, names(resource, &whole), errors);
    }
    complain("metadata.name", name, names(resource, name), errors);
    common(object, errors);
}

/// Checks the metadata of any object.
pub(super) fn common(object: &Json, errors: &mut Vec<FieldError>) {
    labels(object, errors);
    annotations(object, errors);
    owners(object, errors);
    finalizers(object, errors);
}

/// Checks the finalizers of built-in kinds: known names, or names with a domain.
pub(super) fn qualified_finalizers(object: &Json, errors: &mut Vec<FieldError>) {
    for (index, finalizer) in meta::list(object, &["metadata", "finalizers"]).iter().enumerate() {
        let name = finalizer.as_str().unwrap_or_default();
        if !name.contains('/') && !["kubernetes", "foregroundDeletion", "orphan"].contains(&name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(format!("metadata.finalizers[{index}]"), finalizer, detail));
        }
    }
}

/// Checks a changed object's metadata.
pub(super) fn updated(before: &Json, after: &Json, errors: &mut Vec<FieldError>) {
    let texts = |object: &Json| -> Vec<String> {
        let list = meta::list(object, &["metadata", "finalizers"]);
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    if !meta::meta(before, "deletionTimestamp").is_empty() {
        let old = texts(before);
        let mut new: Vec<String> = texts(after).into_iter().filter(|f| !old.contains(f)).collect();
        new.sort();
        if !new.is_empty() {
            let list: Vec<String> = new.iter().map(|f| format!("\"{f}\"")).collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                list.join(", ")
            );
            errors.push(FieldError::forbidden("metadata.finalizers", detail));
        }
    }
    for key in ["name", "namespace", "uid"] {
        let (old, new) = (meta::meta(before, key), meta::meta(after, key));
        if old != new {
            errors.push(FieldError::invalid(format!("metadata.{key}"), &new.into(), "field is immutable"));
        }
    }
    labels(after, errors);
    annotations(after, errors);
    owners(after, errors);
}

/// The errors of an object's name.
fn names(resource: &Resource, name: &str) -> Vec<String> {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("rbac.authorization.k8s.io", _) => words::segment(name),
        ("", "Namespace") | ("apps", "StatefulSet") => words::label(name),
        ("", "Service") => words::label_1035(name),
        _ => words::subdomain(name),
    }
}

fn labels(object: &Json, errors: &mut Vec<FieldError>) {
    map_of_labels(meta::at(object, &["metadata", "labels"]), "metadata.labels", errors);
}

/// Checks labels at any path.
pub(super) fn map_of_labels(labels: Option<&Value>, field: &str, errors: &mut Vec<FieldError>) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        errors.extend(words::qualified(key).iter().map(|c| FieldError::invalid(field, &key.as_str().into(), c)));
        let text = value.as_str().unwrap_or_default();
        errors.extend(words::label_value(text).iter().map(|c| FieldError::invalid(field, value, c)));
    }
}

fn annotations(object: &Json, errors: &mut Vec<FieldError>) {
    let Some(map) = meta::at(object, &["metadata", "annotations"]).and_then(Value::as_object) else { return };
    let field = "metadata.annotations";
    for key in map.keys() {
        let complaints = words::qualified(&key.to_lowercase());
        errors.extend(complaints.iter().map(|c| FieldError::invalid(field, &key.as_str().into(), c)));
    }
    let size: usize = map.iter().map(|(k, v)| k.len() + v.as_str().map_or(0, str::len)).sum();
    if size > ANNOTATIONS {
        errors.push(FieldError::too_long(field, ANNOTATIONS));
    }
}

fn owners(object: &Json, errors: &mut Vec<FieldError>) {
    let field = "metadata.ownerReferences";
    let mut first: Option<String> = None;
    let owners = meta::list(object, &["metadata", "ownerReferences"]);
    for owner in owners {
        let part = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default();
        for (key, detail) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if part(key).is_empty() {
                errors.push(FieldError::invalid(format!("{field}.{key}"), &"".into(), detail));
            }
        }
        if (part("apiVersion"), part("kind")) == ("v1", "Event") {
            errors.push(FieldError::invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
        }
        if owner.get("controller") != Some(&json!(true)) {
            continue;
        }
        let this = format!("{}/{}", part("kind"), part("name"));
        match &first {
            Some(first) => {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                );
                errors.push(FieldError::invalid(field, &owners.into(), detail));
            }
            None => first = Some(this),
        }
    }
}

fn finalizers(object: &Json, errors: &mut Vec<FieldError>) {
    let field = "metadata.finalizers";
    let list = meta::list(object, &["metadata", "finalizers"]);
    for finalizer in list {
        let complaints = words::qualified(finalizer.as_str().unwrap_or_default());
        errors.extend(complaints.iter().map(|c| FieldError::invalid(field, finalizer, c)));
    }
    if ["orphan", "foregroundDeletion"].iter().all(|name| list.iter().any(|f| f == name)) {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(field, &list.into(), detail));
    }
}
