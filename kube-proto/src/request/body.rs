//! Bodies of requests: JSON with its own type.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::json;

/// The type and metadata of a body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Probe {
    #[serde(deserialize_with = "said")]
    api_version: bool,
    #[serde(deserialize_with = "said")]
    kind: bool,
    pub(super) metadata: Option<ProbeMeta>,
}

/// The metadata of a body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProbeMeta {
    pub(super) name: Option<String>,
    pub(super) generate_name: Option<String>,
    /// `Some` even for an empty list; `null` counts as absent, as on the server.
    pub(super) managed_fields: Option<IgnoredAny>,
}

/// Whether the field exists, whatever its value.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Probe {
    /// The object's name, or its prefix, for messages.
    pub(super) fn subject(&self) -> Option<String> {
        let meta = self.metadata.as_ref()?;
        meta.name.clone().or_else(|| meta.generate_name.as_ref().map(|prefix| format!("{prefix}*")))
    }
}

/// Serializes an object, and puts `apiVersion` and `kind` at its beginning if it has none.
///
/// Types of `k8s-openapi` and [`DynamicObject`](crate::resource::dynamic::DynamicObject) have them, most other types do
/// not. The body is written once, and read once without building a tree.
pub(super) fn document<T: Serialize + ?Sized>(
    object: &T,
    api_version: &str,
    kind: &str,
) -> Result<(Bytes, Probe), String> {
    let body = serde_json::to_vec(object).map_err(|error| format!("the object does not serialize: {error}"))?;
    complete(body, api_version, kind)
}

/// The same for a serialized object.
pub(super) fn complete(body: Vec<u8>, api_version: &str, kind: &str) -> Result<(Bytes, Probe), String> {
    if body.first() != Some(&b'{') {
        return Err("the object does not serialize to a JSON object".into());
    }
    let probe: Probe =
        json::from_slice(&body).map_err(|error| format!("the object is not one of Kubernetes: {error}"))?;
    let mut missing = String::new();
    for (said, field, text) in [(probe.api_version, "apiVersion", api_version), (probe.kind, "kind", kind)] {
        if !said {
            missing.push_str(&format!("\"{field}\":{},", serde_json::Value::from(text)));
        }
    }
    if missing.is_empty() {
        return Ok((body.into(), probe));
    }
    let rest = body.get(1..).unwrap_or_default();
    if rest == b"}" {
        missing.pop();
    }
    let mut completed = Vec::with_capacity(body.len() + missing.len());
    completed.push(b'{');
    completed.extend_from_slice(missing.as_bytes());
    completed.extend_from_slice(rest);
    Ok((completed.into(), probe))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn type_fields_are_filled_in() {
        for (object, body) in [
            (json!({}), r#"{"apiVersion":"apps/v1","kind":"Deployment"}"#),
            (json!({"spec": {}}), r#"{"apiVersion":"apps/v1","kind":"Deployment","spec":{}}"#),
            (json!({"apiVersion": null, "kind": null}), r#"{"apiVersion":null,"kind":null}"#),
            (json!({"kind": "X"}), r#"{"apiVersion":"apps/v1","kind":"X"}"#),
            (json!({"apiVersion": "v2", "kind": "X"}), r#"{"apiVersion":"v2","kind":"X"}"#),
        ] {
            assert_eq!(document(&object, "apps/v1", "Deployment").unwrap().0, body);
        }
        for wrong in [json!([]), json!("x"), json!(null)] {
            let error = document(&wrong, "v1", "Pod").unwrap_err();
            assert_eq!(error, "the object does not serialize to a JSON object", "{wrong}");
        }
    }

    #[test]
    fn what_a_body_is_about() {
        for (object, subject) in [
            (json!({"metadata": {"name": "a", "generateName": "b-"}}), Some("a")),
            (json!({"metadata": {"generateName": "b-"}}), Some("b-*")),
            (json!({"metadata": {}}), None),
            (json!({"metadata": null}), None),
        ] {
            assert_eq!(document(&object, "v1", "Pod").unwrap().1.subject().as_deref(), subject);
        }
    }
}
