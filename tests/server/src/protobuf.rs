//! The protobuf encoding of the built-in kinds (`application/vnd.kubernetes.protobuf`), by the library's table.
//!
//! An object that it cannot express has no document here: the server returns it as JSON, and a watch ends with an error.

use bytes::Bytes;
use kube_proto::api::Trim;
use kube_proto::internals::protobuf::{Content, Envelope, MessageId, framed, from_message, to_document};
use serde::Serialize;
use serde_json::{Value, json};

use super::meta::Json;
use super::render::ListMeta;
use super::status::Failure;

/// The media type.
pub(crate) const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// Whether the kind has an encoding.
pub(crate) fn knows(api_version: &str, kind: &str) -> bool {
    MessageId::of(api_version, kind).is_some()
}

/// A whole document: the object in its envelope.
pub(crate) fn document(api_version: &str, kind: &str, object: &Json) -> Option<Bytes> {
    to_document(object, api_version, kind).ok().map(Bytes::from)
}

/// The metadata of an object as a document.
pub(crate) fn partial(object: &Json) -> Option<Bytes> {
    to_document(&Partial { metadata: object.get("metadata") }, PARTIAL, "PartialObjectMetadata").ok().map(Bytes::from)
}

/// A list in its envelope.
pub(crate) fn list<'a>(
    api_version: &str,
    list_kind: &str,
    list: &ListMeta,
    items: impl Iterator<Item = &'a Json>,
) -> Option<Bytes> {
    let list = List { metadata: metadata(list), items: items.collect::<Vec<_>>() };
    to_document(&list, api_version, list_kind).ok().map(Bytes::from)
}

/// The list of the metadata of objects.
pub(crate) fn partial_list<'a>(list: &ListMeta, objects: impl Iterator<Item = &'a Json>) -> Option<Bytes> {
    let items = objects.map(|object| Partial { metadata: object.get("metadata") }).collect::<Vec<_>>();
    let list = List { metadata: metadata(list), items };
    to_document(&list, PARTIAL, "PartialObjectMetadataList").ok().map(Bytes::from)
}

/// One event of a watch, after its length.
pub(crate) fn event(kind: &str, document: Option<Bytes>) -> Bytes {
    match document {
        Some(document) => framed(kind, &document).into(),
        None => failed(&Failure::new(500, "InternalError", "the object has no form in protobuf")),
    }
}

/// The event of a watch that ends it with a failure.
pub(crate) fn failed(failure: &Failure) -> Bytes {
    let status: Json = kube_proto::json::from_slice(&failure.document()).unwrap_or_default();
    framed("ERROR", &document("v1", "Status", &status).unwrap_or_default()).into()
}

/// Reads a document: an object with its `apiVersion` and `kind`.
///
/// # Errors
/// A description of the malformed bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, String> {
    if !bytes.starts_with(MAGIC) {
        return Err("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]".into());
    }
    let Envelope { api_version, kind, content } = Envelope::open(bytes).map_err(|error| error.to_string())?;
    // The options of a deletion are registered in every group.
    let options = || (kind == "DeleteOptions").then(|| MessageId::of("v1", kind)).flatten();
    let message = MessageId::of(api_version, kind)
        .or_else(options)
        .ok_or_else(|| format!("no kind \"{kind}\" is registered for version \"{api_version}\""))?;
    let Content::Message(content) = content else { return Err("the content is not protobuf".into()) };
    match from_message::<Value>(content, message, (api_version, kind), &Trim::default()) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Ok(Json::new()),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Serialize)]
struct List<T> {
    metadata: Value,
    items: Vec<T>,
}

#[derive(Serialize)]
struct Partial<'a> {
    metadata: Option<&'a Value>,
}

fn metadata(list: &ListMeta) -> Value {
    let version = if list.version == 0 { String::new() } else { list.version.to_string() };
    json!({"resourceVersion": version, "continue": list.continue_token, "remainingItemCount": list.remaining})
}

const MAGIC: &[u8] = b"k8s\0";
const PARTIAL: &str = "meta.k8s.io/v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_go_there_and_back() {
        for object in [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y", "a": ""}},
                "data": {"k": "v"}, "binaryData": {"b": "AAEC"}}),
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
                "spec": {"renewTime": "2026-01-01T00:00:00.123456Z", "leaseTransitions": 0}}),
            json!({"apiVersion": "apps/v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}),
        ] {
            let (version, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
            let written = to_document(&object, if kind == "DeleteOptions" { "v1" } else { version }, kind).unwrap();
            let mut read: Value = parse(&written).unwrap().into();
            read["apiVersion"] = version.into();
            assert_eq!(read, object);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for bytes in [&b"{}"[..], b"k8s\0\xff", b"k8s\0\x0a\x7f", b"k8s\0\x0a\x00", b""] {
            assert!(parse(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn an_object_without_a_form_ends_a_watch() {
        let strange = json!({"metadata": {"name": "a"}, "new": 1});
        let document = document("v1", "ConfigMap", strange.as_object().unwrap());
        assert_eq!(document, None);
        assert!(event("ADDED", document).windows(5).any(|bytes| bytes == b"ERROR"));
    }
}
