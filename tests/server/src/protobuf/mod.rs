//! The protobuf encoding of the built-in kinds (`application/vnd.kubernetes.protobuf`), by the numbers of `types.txt`.
//!
//! As in Go, fields that are not pointers are written also if they are zero. Fields of type `any` have no encoding
//! here: the server returns an object that has one as JSON, and omits the field in a watch.

mod read;
mod wire;
mod write;

use bytes::Bytes;
use serde_json::Value;

use super::meta::Json;
use super::render::ListMeta;
use super::schema::{Type, built_in};
use wire::Writer;

/// The first bytes of every document.
const MAGIC: &[u8] = b"k8s\0";

/// The media type.
pub(crate) const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// Whether the kind has an encoding.
pub(crate) fn knows(kind: &str) -> bool {
    built_in().get(kind).is_some()
}

/// Whether the encoding keeps all of the object: it has no field without a number.
pub(crate) fn carries(kind: &str, object: &Json) -> bool {
    fn whole(ty: &Type, value: &Value) -> bool {
        match (ty, value) {
            (Type::Any, value) => value.is_null(),
            (Type::List(item), Value::Array(items)) => items.iter().all(|inner| whole(item, inner)),
            (Type::Map(item), Value::Object(map)) => map.values().all(|inner| whole(item, inner)),
            (Type::Named(_), Value::Object(map)) => ty
                .as_struct()
                .is_none_or(|this| this.fields.iter().all(|(k, f)| map.get(k).is_none_or(|v| whole(&f.ty, v)))),
            _ => true,
        }
    }
    built_in()
        .get(kind)
        .is_some_and(|this| this.fields.iter().all(|(k, f)| object.get(k).is_none_or(|v| whole(&f.ty, v))))
}

/// A whole document: the object in its envelope.
pub(crate) fn document(api_version: &str, kind: &str, object: &Json) -> Bytes {
    envelope(api_version, kind, &write::message(&Type::Named(kind.to_owned()), object))
}

/// A list in its envelope; the items are of `kind`.
pub(crate) fn list<'a>(
    api_version: &str,
    list_kind: &str,
    kind: &str,
    list: &ListMeta,
    items: impl Iterator<Item = &'a Json>,
) -> Bytes {
    let mut body = Writer::default();
    body.bytes(1, &list_meta(list));
    let ty = Type::Named(kind.to_owned());
    for item in items {
        body.bytes(2, &write::message(&ty, item));
    }
    envelope(api_version, list_kind, &body.finish())
}

/// One event of a watch, after its length.
pub(crate) fn event(kind: &str, document: &[u8]) -> Bytes {
    let mut object = Writer::default();
    object.bytes(1, document);
    let mut event = Writer::default();
    event.bytes(1, kind.as_bytes());
    event.bytes(2, &object.finish());
    let event = event.finish();
    let mut frame = Vec::with_capacity(event.len() + 4);
    frame.extend_from_slice(&u32::try_from(event.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(&event);
    frame.into()
}

/// Reads a document: an object with its `apiVersion` and `kind`.
///
/// # Errors
/// A description of the malformed bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, String> {
    let Some(body) = bytes.strip_prefix(MAGIC) else {
        return Err("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]".into());
    };
    let unknown = read::fields(body)?;
    let part = |number: u32| unknown.iter().rfind(|(n, _)| *n == number).map(|(_, value)| value);
    let meta = part(1).map(|v| read::fields(v.slice()?)).transpose()?.unwrap_or_default();
    let text = |number: u32| -> Result<String, String> {
        match meta.iter().rfind(|(n, _)| *n == number) {
            Some((_, value)) => value.text(),
            None => Ok(String::new()),
        }
    };
    let (api_version, kind) = (text(1)?, text(2)?);
    let raw = part(2).map(wire::Field::slice).transpose()?.unwrap_or_default();
    if !knows(&kind) {
        return Err(format!("no kind \"{kind}\" is registered for version \"{api_version}\""));
    }
    let mut object = match read::message(&Type::Named(kind.clone()), raw)? {
        Value::Object(object) => object,
        _ => Json::new(),
    };
    object.insert("apiVersion".into(), api_version.into());
    object.insert("kind".into(), kind.into());
    Ok(object)
}

fn envelope(api_version: &str, kind: &str, body: &[u8]) -> Bytes {
    let mut meta = Writer::default();
    meta.bytes(1, api_version.as_bytes());
    meta.bytes(2, kind.as_bytes());
    let mut unknown = Writer::default();
    unknown.bytes(1, &meta.finish());
    unknown.bytes(2, body);
    unknown.bytes(3, b"");
    unknown.bytes(4, b"");
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&unknown.finish());
    out.into()
}

fn list_meta(list: &ListMeta) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes(1, b"");
    let version = if list.version == 0 { String::new() } else { list.version.to_string() };
    out.bytes(2, version.as_bytes());
    out.bytes(3, list.continue_token.as_bytes());
    if let Some(remaining) = list.remaining {
        out.varint(4, remaining as u64);
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn there_and_back(value: &Value) -> Value {
        let object = value.as_object().unwrap();
        let bytes = document("v1", value["kind"].as_str().unwrap(), object);
        assert!(bytes.starts_with(MAGIC));
        parse(&bytes).unwrap().into()
    }

    #[test]
    fn objects_go_there_and_back() {
        let table = [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y", "a": ""}},
                "data": {"k": "v"}, "binaryData": {"b": "AAEC"}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
                    "ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "n", "uid": "u", "controller": false}]},
                "spec": {"terminationGracePeriodSeconds": 0, "volumes": [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"secretName": "x", "defaultMode": 420}}],
                    "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}],
                        "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": true}}}],
                        "resources": {"limits": {"cpu": "100m", "memory": "1Gi"}},
                        "livenessProbe": {"httpGet": {"port": "http", "path": "/"}, "periodSeconds": 10},
                        "readinessProbe": {"tcpSocket": {"port": 8080}}}],
                    "securityContext": {"supplementalGroups": [1, 2]}, "nodeSelector": {"a": "b"}},
                "status": {"phase": "Running", "containerStatuses": [{"name": "c", "ready": true, "restartCount": 2, "image": "i", "imageID": "",
                    "state": {"running": {"startedAt": "2026-01-01T00:00:01Z"}}}]}}),
            json!({"apiVersion": "v1", "kind": "Lease", "metadata": {"name": "l"}, "spec": {"renewTime": "2026-01-01T00:00:00.123456Z", "leaseTransitions": 0}}),
            json!({"apiVersion": "v1", "kind": "SubjectAccessReview", "spec": {"user": "u", "extra": {"k": ["a", "b"]}}}),
        ];
        for value in table {
            let got = there_and_back(&value);
            assert_eq!(contained(&value, &got), Ok(()), "{got}");
        }
    }

    /// Checks that `got` has all values of `want`, and otherwise only zeros.
    fn contained(want: &Value, got: &Value) -> Result<(), String> {
        match (want, got) {
            (Value::Object(want), Value::Object(got)) => {
                for (key, value) in want {
                    contained(value, got.get(key).unwrap_or(&Value::Null)).map_err(|e| format!("{key}.{e}"))?;
                }
                match got.iter().find(|(k, v)| !want.contains_key(*k) && !is_zero(v)) {
                    Some((key, _)) => Err(format!("{key} was not there")),
                    None => Ok(()),
                }
            }
            (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
                want.iter().zip(got).try_for_each(|(want, got)| contained(want, got))
            }
            (want, got) if want == got || is_zero(want) && is_zero(got) => Ok(()),
            (want, got) => Err(format!("{want} became {got}")),
        }
    }

    fn is_zero(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Object(map) => map.values().all(is_zero),
            Value::String(text) => text.is_empty() || text == "0",
            Value::Number(n) => n.as_i64() == Some(0),
            Value::Bool(b) => !b,
            Value::Array(items) => items.is_empty(),
        }
    }

    #[test]
    fn zeros_are_written_and_pointers_left_out() {
        // Namespace{metadata{name: "a"}}: empty texts are written, an absent generation is 0, absent lists are omitted.
        let object = json!({"metadata": {"name": "a"}});
        let body = write::message(&Type::Named("Namespace".into()), object.as_object().unwrap());
        let metadata: &[u8] = &[0x0a, 0x01, b'a', 0x12, 0, 0x1a, 0, 0x22, 0, 0x2a, 0, 0x32, 0, 0x38, 0, 0x42, 0];
        let mut want = vec![0x0a, u8::try_from(metadata.len()).unwrap()];
        want.extend_from_slice(metadata);
        want.extend_from_slice(&[0x12, 0, 0x1a, 2, 0x0a, 0]);
        assert_eq!(body, want);
    }

    #[test]
    fn nonsense_is_refused() {
        for bytes in [&b"{}"[..], b"k8s\0\xff", b"k8s\0\x0a\x7f", b"k8s\0\x0a\x00", b""] {
            assert!(parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
