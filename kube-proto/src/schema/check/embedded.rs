//! Objects in objects (`x-kubernetes-embedded-resource`; `objectmeta` of apiextensions-apiserver).
//!
//! The names, labels and annotations of their metadata are not checked.

use serde_json::Value;

use super::built_in;
use super::walk::Walk;
use crate::schema::FieldError;
use crate::schema::definitions::At;
use crate::schema::metadata::object_meta;
use crate::schema::place::Place;

/// Checks the embedded resources of a value.
pub(super) fn check(walk: &mut Walk, value: &Value, at: At<'_>, place: &Place<'_>, level: usize) {
    if at.built_in || !walk.step(1, level, place) {
        return;
    }
    match value {
        Value::Object(map) => {
            if at.node.embedded {
                for key in ["apiVersion", "kind"] {
                    let place = Place::Key(place, key);
                    match map.get(key) {
                        None => walk.error(FieldError::required(place.to_string(), "")),
                        Some(value) => kind(walk, key, value, &place),
                    }
                }
                if let Some(metadata) = map.get("metadata") {
                    built_in::check(walk, metadata, object_meta(), &Place::Key(place, "metadata"), level + 1);
                }
            }
            for (key, inner) in map {
                let Some(there) = at.field(key) else { continue };
                let named = at.node.property(key).is_some();
                let place = if named { Place::Key(place, key) } else { Place::Entry(place, key) };
                check(walk, inner, there, &place, level + 1);
            }
        }
        Value::Array(items) => {
            let Some(at) = at.item() else { return };
            for (index, item) in items.iter().enumerate() {
                check(walk, item, at, &Place::Item(place, index), level + 1);
            }
        }
        _ => {}
    }
}

/// Checks an `apiVersion` or a `kind`.
fn kind(walk: &mut Walk, key: &str, value: &Value, place: &Place<'_>) {
    let detail = match value.as_str() {
        None => "must be a string".to_owned(),
        Some("") => "must not be empty".to_owned(),
        Some(text) if key == "apiVersion" => {
            if text.matches('/').count() < 2 {
                return;
            }
            format!("unexpected GroupVersion string: {text}")
        }
        Some(text) => {
            let first = text.starts_with(|c: char| c.is_ascii_alphabetic());
            let last = text.ends_with(|c: char| c.is_ascii_alphanumeric());
            if first && last && text.len() <= 63 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                return;
            }
            "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric \
             characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. \
             'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned()
        }
    };
    walk.error(FieldError::invalid(place.to_string(), value, detail));
}
