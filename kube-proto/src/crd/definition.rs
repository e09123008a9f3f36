//! What a definition says, and its conditions.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::Api;
use crate::error::Error;
use crate::resource::{ApiResource, DynamicObject, Scope, null_as_default};

/// The resource that a CustomResourceDefinition (`apiextensions.k8s.io/v1`) defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name of the definition: `widgets.example.com`.
    pub name: String,
    /// The group of the resource.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its name in URLs.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// Its versions, in the order of the definition.
    pub versions: Vec<DefinedVersion>,
}

/// A version of a [`Definition`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct DefinedVersion {
    /// `v1`.
    pub name: String,
    /// Whether the server answers requests for it.
    #[serde(default)]
    pub served: bool,
    /// Whether objects are stored in it; exactly one version is.
    #[serde(default)]
    pub storage: bool,
}

/// The CustomResourceDefinitions of the cluster.
#[must_use]
pub fn definitions() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    ))
}

#[derive(Deserialize)]
struct Spec {
    group: String,
    scope: String,
    names: Names,
    #[serde(deserialize_with = "null_as_default")]
    versions: Vec<DefinedVersion>,
}

#[derive(Deserialize)]
struct Names {
    plural: String,
    kind: String,
}

impl Definition {
    /// Reads an object of kind CustomResourceDefinition.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if it is no such object, or has no storage version.
    pub fn of(object: &DynamicObject) -> Result<Self, Error> {
        Self::of_spec(object.metadata.name.as_deref().unwrap_or_default(), &object.data)
    }

    /// The same of the name and the fields beside the metadata.
    pub(crate) fn of_spec(name: &str, fields: &Map<String, Value>) -> Result<Self, Error> {
        let broken =
            |text: &str| Error::misuse(format!("the CustomResourceDefinition {name:?} cannot be used: {text}"));
        let spec = fields.get("spec").ok_or_else(|| broken("it has no spec"))?;
        let Spec { group, scope, names, versions } =
            Spec::deserialize(spec).map_err(|error| broken(&error.to_string()))?;
        if !versions.iter().any(|version| version.storage) {
            return Err(broken("none of its versions is the storage version"));
        }
        let scope = if scope == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
        Ok(Self { name: name.to_owned(), group, kind: names.kind, plural: names.plural, scope, versions })
    }

    /// The resource in one of its versions.
    #[must_use]
    pub fn resource(&self, version: &str) -> ApiResource {
        let api_version = format!("{}/{version}", self.group);
        ApiResource::new(&api_version, self.kind.clone(), self.plural.clone(), self.scope)
    }

    /// The resource in the version in which the server stores it.
    #[must_use]
    pub fn storage(&self) -> ApiResource {
        let storage = self.versions.iter().find(|version| version.storage);
        self.resource(storage.map_or("", |version| &version.name))
    }

    /// The resource in each version that the server answers for.
    #[must_use]
    pub fn served(&self) -> Vec<ApiResource> {
        self.versions.iter().filter(|version| version.served).map(|version| self.resource(&version.name)).collect()
    }
}

/// A condition in the status of a definition: its status and its message.
pub(super) fn condition<'a>(object: &'a DynamicObject, wanted: &str) -> Option<(&'a str, &'a str)> {
    let conditions = object.data.get("status")?.get("conditions")?.as_array()?;
    let text = |of: &'a Value, field: &str| of.get(field).and_then(Value::as_str).unwrap_or_default();
    let found = conditions.iter().find(|one| text(one, "type") == wanted)?;
    Some((text(found, "status"), text(found, "message")))
}

/// Whether the names are accepted and the resource is established.
pub(crate) fn is_established(object: &DynamicObject) -> bool {
    let is_true = |name| condition(object, name).is_some_and(|(status, _)| status == "True");
    is_true("Established") && is_true("NamesAccepted")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(spec: &Value) -> DynamicObject {
        serde_json::from_value(json!({"metadata": {"name": "widgets.example.com"}, "spec": spec})).unwrap()
    }

    #[test]
    fn versions_and_resources() {
        let definition = Definition::of(&object(&json!({"group": "example.com", "scope": "Cluster",
            "names": {"plural": "widgets", "kind": "Widget"}, "versions": [
                {"name": "v2", "served": true}, {"name": "v1", "served": true, "storage": true}, {"name": "v0"}]})))
        .unwrap();
        assert_eq!(definition.storage().to_string(), "widgets.v1.example.com");
        let served: Vec<_> = definition.served().iter().map(ToString::to_string).collect();
        assert_eq!(served, ["widgets.v2.example.com", "widgets.v1.example.com"]);
        assert_eq!(definition.storage().scope, Scope::Cluster);
    }

    #[test]
    fn what_is_no_definition() {
        for (spec, text) in [
            (json!(null), "invalid type: null"),
            (json!({"group": "g"}), "missing field `scope`"),
            (
                json!({"group": "g", "scope": "Cluster", "names": {"plural": "p", "kind": "K"}, "versions": null}),
                "none of its versions is the storage version",
            ),
        ] {
            let error = Definition::of(&object(&spec)).unwrap_err().to_string();
            assert!(
                error.starts_with("the CustomResourceDefinition \"widgets.example.com\" cannot be used: "),
                "{error}"
            );
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn conditions() {
        let with = |conditions: Value| {
            let mut object = object(&json!({}));
            object.data.insert("status".into(), json!({"conditions": conditions}));
            object
        };
        let one = |name: &str, status: &str| json!({"type": name, "status": status, "message": "why"});
        assert!(is_established(&with(json!([one("NamesAccepted", "True"), one("Established", "True")]))));
        assert!(!is_established(&with(json!([one("NamesAccepted", "False"), one("Established", "True")]))));
        assert!(!is_established(&with(json!([one("NamesAccepted", "True")]))));
        assert!(!is_established(&with(json!(null))));
        assert!(!is_established(&object(&json!({}))));
        assert_eq!(condition(&with(json!([one("NamesAccepted", "False")])), "NamesAccepted"), Some(("False", "why")));
    }
}
