//! Objects whose kind is known only at run time.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::meta::ObjectMeta;
use super::{ApiResource, Meta, Object, Part, Protobuf, is_default, null_as_default};

/// An object of any kind: its metadata, and everything else as JSON.
///
/// ```
/// use kube_proto::resource::DynamicObject;
///
/// let object: DynamicObject = kube_proto::json::from_str(
///     r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"colour":"blue"}}"#,
/// )?;
/// assert_eq!(object.data["data"]["colour"], "blue");
/// # Ok::<(), kube_proto::error::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DynamicObject {
    /// `apps/v1`; empty if the document does not have it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// `Deployment`; empty if the document does not have it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The object's metadata.
    pub metadata: ObjectMeta,
    /// All other fields: `spec`, `status`, `data`, ...
    #[serde(flatten)]
    pub data: Map<String, Value>,
}

impl DynamicObject {
    /// An object of this resource, with only a name.
    #[must_use]
    pub fn new(resource: &ApiResource, name: impl Into<String>) -> Self {
        Self {
            api_version: resource.api_version().into_owned(),
            kind: resource.kind.to_string(),
            metadata: ObjectMeta::named(name),
            data: Map::new(),
        }
    }

    /// The same object in a namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.metadata.namespace = Some(namespace.into());
        self
    }

    /// The same object with a further field beside the metadata: `spec`, `data`.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.data.insert(field.into(), value.into());
        self
    }
}

impl Object for DynamicObject {
    /// A field that this version of the library does not know would be lost, and missing in a write.
    const PROTOBUF: Protobuf = Protobuf::Never;

    fn meta(&self) -> Meta<'_> {
        self.metadata.meta()
    }

    fn adopt(&mut self, list_api_version: &str, list_kind: &str) {
        adopt(&mut self.api_version, &mut self.kind, list_api_version, list_kind);
    }
}

/// Sets the type of an item of this list, unless it has one.
fn adopt(api_version: &mut String, kind: &mut String, list_api_version: &str, list_kind: &str) {
    let of_the_list = list_kind.strip_suffix("List").unwrap_or_default();
    if kind.is_empty() && !of_the_list.is_empty() {
        of_the_list.clone_into(kind);
        if api_version.is_empty() {
            list_api_version.clone_into(api_version);
        }
    }
}

/// The metadata of an object of any kind: the request asks the server to leave out the rest (docs/wire.md §2.3).
///
/// The kind is `PartialObjectMetadata`: servers do not send the object's own kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartialObject {
    /// `meta.k8s.io/v1`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub api_version: String,
    /// `PartialObjectMetadata`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub kind: String,
    /// The object's metadata.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
}

impl Object for PartialObject {
    const PART: Part = Part::Metadata;
    const PROTOBUF: Protobuf = Protobuf::ByDefault;

    fn meta(&self) -> Meta<'_> {
        self.metadata.meta()
    }

    fn adopt(&mut self, list_api_version: &str, list_kind: &str) {
        adopt(&mut self.api_version, &mut self.kind, list_api_version, list_kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_takes_its_kind_from_the_list() {
        for (own, list, then) in [
            (("", ""), ("v1", "PodList"), ("v1", "Pod")),
            (("", ""), ("apps/v1", "DeploymentList"), ("apps/v1", "Deployment")),
            (("apps/v1", "Deployment"), ("v1", "PodList"), ("apps/v1", "Deployment")),
            (("", ""), ("v1", "List"), ("", "")),
            (("", ""), ("v1", "Playbook"), ("", "")),
        ] {
            let mut item = DynamicObject { api_version: own.0.into(), kind: own.1.into(), ..DynamicObject::default() };
            item.adopt(list.0, list.1);
            assert_eq!((item.api_version.as_str(), item.kind.as_str()), then, "{own:?} in {list:?}");
        }
    }

    #[test]
    fn a_document_survives() {
        let text =
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","x":1},"spec":{"replicas":2}}"#;
        let object: DynamicObject = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&object).unwrap(), text);
        let partial: PartialObject = serde_json::from_str(text).unwrap();
        assert_eq!(partial.meta().name, Some("web"));
        let bare: DynamicObject = serde_json::from_str(r#"{"metadata":null}"#).unwrap();
        assert_eq!(bare, DynamicObject::default());
    }
}
