//! Renders objects in the field order of the real server: built-in kinds start with `kind`, `apiVersion` and
//! `metadata`, and list items omit the first two; custom resources have all keys in alphabetical order.

use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

use super::convert;
use super::kinds::Resource;
use super::meta::{self, Json};
use super::status::Writer;
use super::store::Object;

/// A list's own metadata.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListMeta {
    pub(crate) version: u64,
    pub(crate) continue_token: String,
    pub(crate) remaining: Option<usize>,
}

/// The order of the metadata's fields, as in Go's struct.
const METADATA: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// The whole object, as `resource` shows it.
pub(crate) fn stored(resource: &Resource, object: &Arc<Object>) -> Bytes {
    if resource.custom.is_some() {
        return item(resource, object);
    }
    let item = item(resource, object);
    let mut out = Vec::with_capacity(item.len() + 64);
    out.extend_from_slice(head(&resource.kind, &resource.api_version()).as_bytes());
    if item.len() > 2 {
        out.push(b',');
    }
    out.extend_from_slice(item.get(1..).unwrap_or_default());
    out.into()
}

/// The object as an item of a list.
pub(crate) fn item(resource: &Resource, object: &Arc<Object>) -> Bytes {
    if convert::differs(resource, &object.value) {
        let shown = convert::present(resource, &object.value);
        return render_item(resource, &shown).into();
    }
    object.rendered.get_or_init(|| render_item(resource, &object.value).into()).clone()
}

fn render_item(resource: &Resource, value: &Json) -> Vec<u8> {
    if resource.custom.is_some() { json_bytes(value) } else { ordered(value, false) }
}

/// Any document, `kind` and `apiVersion` first.
pub(crate) fn document(value: &Json) -> Vec<u8> {
    ordered(value, true)
}

/// A list of rendered items.
pub(crate) fn list(resource: &Resource, list: &ListMeta, items: &[Bytes]) -> Bytes {
    let size: usize = items.iter().map(|i| i.len() + 1).sum();
    let mut out = Vec::with_capacity(size + 256);
    let metadata = list_meta(list, resource.custom.is_some());
    if resource.custom.is_some() {
        // An UnstructuredList is a map: its items precede the metadata.
        out.extend_from_slice(format!("{{\"apiVersion\":{},\"items\":[", json!(resource.api_version())).as_bytes());
        join(&mut out, items);
        out.extend_from_slice(format!("],\"kind\":{},\"metadata\":", json!(resource.list_kind)).as_bytes());
        out.extend_from_slice(&metadata);
        out.push(b'}');
    } else {
        out.extend_from_slice(head(&resource.list_kind, &resource.api_version()).as_bytes());
        out.extend_from_slice(b",\"metadata\":");
        out.extend_from_slice(&metadata);
        out.extend_from_slice(b",\"items\":[");
        join(&mut out, items);
        out.extend_from_slice(b"]}");
    }
    out.into()
}

/// A list of another kind (metadata only); the items have `kind` and `apiVersion`.
pub(crate) fn foreign_list(kind: &str, api_version: &str, list: &ListMeta, items: &[Bytes]) -> Bytes {
    let mut out = head(kind, api_version).into_bytes();
    out.extend_from_slice(b",\"metadata\":");
    out.extend_from_slice(&list_meta(list, false));
    out.extend_from_slice(b",\"items\":[");
    join(&mut out, items);
    out.extend_from_slice(b"]}");
    out.into()
}

pub(crate) fn join(out: &mut Vec<u8>, items: &[Bytes]) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(item);
    }
}

pub(crate) fn list_meta(list: &ListMeta, sorted: bool) -> Vec<u8> {
    let mut out = Writer::new();
    if !sorted && list.version > 0 {
        out.text("resourceVersion", &list.version.to_string());
    }
    // An UnstructuredList has an empty token on the last page.
    if sorted {
        out.field("continue", &json!(list.continue_token));
    } else {
        out.text("continue", &list.continue_token);
    }
    if let Some(remaining) = list.remaining {
        out.field("remainingItemCount", &json!(remaining));
    }
    if sorted && list.version > 0 {
        out.text("resourceVersion", &list.version.to_string());
    }
    out.finish()
}

/// The object's metadata, as `kind: PartialObjectMetadata`.
pub(crate) fn partial(value: &Json) -> Bytes {
    let mut out = head("PartialObjectMetadata", "meta.k8s.io/v1").into_bytes();
    out.extend_from_slice(b",\"metadata\":");
    out.extend_from_slice(&metadata(value.get("metadata").unwrap_or(&Value::Null)));
    out.push(b'}');
    out.into()
}

/// One event of a watch, with its line end.
pub(crate) fn event(kind: &str, object: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(object.len() + 40);
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\",\"object\":");
    out.extend_from_slice(object);
    out.extend_from_slice(b"}\n");
    out.into()
}

/// A bookmark's object: a version, and possibly the annotation that ends the initial events.
pub(crate) fn bookmark(kind: &str, api_version: &str, version: u64, initial_end: bool) -> Json {
    let mut object = Json::new();
    object.insert("kind".into(), kind.into());
    object.insert("apiVersion".into(), api_version.into());
    meta::set(&mut object, &["metadata", "resourceVersion"], version.to_string().into());
    if initial_end {
        meta::set(&mut object, &["metadata", "annotations", "k8s.io/initial-events-end"], "true".into());
    }
    object
}

fn head(kind: &str, api_version: &str) -> String {
    format!("{{\"kind\":{},\"apiVersion\":{}", json!(kind), json!(api_version))
}

fn ordered(value: &Json, with_type: bool) -> Vec<u8> {
    let mut out = Writer::new();
    for key in ["kind", "apiVersion"].iter().filter(|_| with_type) {
        if let Some(value) = value.get(*key) {
            out.field(key, value);
        }
    }
    if let Some(value) = value.get("metadata") {
        out.raw("metadata", &metadata(value));
    }
    for (key, value) in value.iter().filter(|(k, _)| !matches!(k.as_str(), "kind" | "apiVersion" | "metadata")) {
        out.field(key, value);
    }
    out.finish()
}

fn metadata(value: &Value) -> Vec<u8> {
    let Some(map) = value.as_object() else { return b"{}".to_vec() };
    let mut out = Writer::new();
    for key in METADATA {
        match (*key, map.get(*key)) {
            ("managedFields", Some(Value::Array(entries))) => out.raw(key, &managed_fields(entries)),
            (_, Some(value)) => out.field(key, value),
            (_, None) => {}
        }
    }
    for (key, value) in map.iter().filter(|(k, _)| !METADATA.contains(&k.as_str())) {
        out.field(key, value);
    }
    out.finish()
}

fn managed_fields(entries: &[Value]) -> Vec<u8> {
    let entries: Vec<Bytes> = entries
        .iter()
        .map(|entry| {
            let mut out = Writer::new();
            for key in ["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"] {
                if let Some(value) = entry.get(key) {
                    out.field(key, value);
                }
            }
            out.finish().into()
        })
        .collect();
    let mut out = vec![b'['];
    join(&mut out, &entries);
    out.push(b']');
    out
}

/// JSON of an object, keys in alphabetical order.
pub(crate) fn json_bytes(value: &Json) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Indents compact JSON by two spaces, as Go's encoder does.
pub(crate) fn pretty(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', depth * 2));
    };
    for (index, &byte) in compact.iter().enumerate() {
        if in_string {
            out.push(byte);
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => {
                in_string = true;
                out.push(byte);
            }
            b'{' | b'[' => {
                out.push(byte);
                if !matches!(compact.get(index + 1), Some(b'}' | b']')) {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                if !matches!(index.checked_sub(1).and_then(|i| compact.get(i)), Some(b'{' | b'[')) {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            b'\n' => {}
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::kinds::Registry;
    use super::*;

    fn object(value: &Value) -> Arc<Object> {
        Object::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn built_in_objects_start_with_their_identity() {
        let registry = Registry::built_in();
        let pods = registry.resource("", "v1", "pods").unwrap();
        let pod = object(&json!({"apiVersion": "v1", "kind": "Pod", "spec": {"a": 1},
            "metadata": {"uid": "u", "name": "n", "annotations": {"x": "y"}, "namespace": "ns"}}));
        let whole = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"n","namespace":"ns","uid":"u","annotations":{"x":"y"}},"spec":{"a":1}}"#;
        assert_eq!(stored(&pods, &pod), whole);
        let list_text = String::from_utf8(
            list(&pods, &ListMeta { version: 7, ..ListMeta::default() }, &[item(&pods, &pod)]).to_vec(),
        )
        .unwrap();
        assert!(list_text.starts_with(r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"n""#), "{list_text}");
    }

    #[test]
    fn indenting_changes_nothing_but_space() {
        let value = json!({"a": [], "b": {}, "c": [1, {"d": "x,\"{:"}], "e": "\\"});
        let pretty = pretty(value.to_string().as_bytes());
        assert_eq!(String::from_utf8(pretty).unwrap(), serde_json::to_string_pretty(&value).unwrap());
    }
}
