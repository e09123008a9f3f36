//! One object that is to be sent.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::json::error::DecodeError;
use crate::resource::{Document, Object};

/// An object as it was written, with `apiVersion` and `kind`. `Debug` shows only its identity.
#[derive(Clone, PartialEq)]
pub struct Manifest {
    object: Map<String, Value>,
}

impl Manifest {
    /// The manifest of a value: a [`DynamicObject`](crate::resource::DynamicObject), JSON, a type of `k8s-openapi`.
    ///
    /// ```
    /// use kube_proto::manifest::Manifest;
    /// use serde_json::json;
    ///
    /// let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}});
    /// assert_eq!(Manifest::new(&settings)?.name(), "settings");
    /// assert!(Manifest::new(&json!({"kind": "ConfigMap"})).is_err());
    /// # Ok::<(), kube_proto::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if it is no JSON object, or has no `apiVersion` or `kind`.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        let value = serde_json::to_value(value);
        let value = value.map_err(|error| Error::misuse(format!("the object does not serialize: {error}")))?;
        Self::of(value).map_err(|missing| Error::misuse(no_object(&missing)))
    }

    /// The same; the error is what it has not, and nothing if it is no object.
    pub(super) fn of(value: Value) -> Result<Self, Vec<&'static str>> {
        let Value::Object(object) = value else { return Err(Vec::new()) };
        let manifest = Self { object };
        let missing: Vec<_> =
            ["apiVersion", "kind"].into_iter().filter(|field| manifest.text(field).is_empty()).collect();
        if missing.is_empty() { Ok(manifest) } else { Err(missing) }
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> &Map<String, Value> {
        &self.object
    }

    /// The object, to change it.
    pub fn object_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.object
    }

    /// Takes the object out.
    #[must_use]
    pub fn into_object(self) -> Map<String, Value> {
        self.object
    }

    /// `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.text("apiVersion")
    }

    /// `Deployment`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("kind")
    }

    /// Its name; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta("name")
    }

    /// The beginning of a name that the server completes; empty if there is none.
    #[must_use]
    pub fn generate_name(&self) -> &str {
        self.meta("generateName")
    }

    /// Its namespace; empty if it has none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.meta("namespace")
    }

    /// Reads it as an object: a typed one, or a [`DynamicObject`](crate::resource::DynamicObject). The kind is not compared with
    /// that of the type.
    ///
    /// # Errors
    /// It is no such object.
    pub fn decode<K: Object>(&self) -> Result<K, DecodeError> {
        // A map of values serializes.
        let json = serde_json::to_vec(&self.object).unwrap_or_default();
        K::decode(Document::json(json))
    }

    /// Adds a label.
    pub(super) fn label(&mut self, key: &str, value: &str) -> Result<(), String> {
        let metadata = self.object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        let labels = match metadata {
            Value::Object(metadata) => metadata.entry("labels").or_insert_with(|| Value::Object(Map::new())),
            _ => return Err("its metadata is no object".into()),
        };
        if labels.is_null() {
            *labels = Value::Object(Map::new());
        }
        let Value::Object(labels) = labels else { return Err("its labels are no object".into()) };
        match labels.get(key) {
            Some(other) if *other != value => Err(format!("it has the label {key} already, with another value")),
            _ => {
                labels.insert(key.to_owned(), value.into());
                Ok(())
            }
        }
    }

    /// Sets a text in the metadata.
    pub(super) fn set_meta(&mut self, field: &str, value: &str) {
        if let Some(Value::Object(metadata)) = self.object.get_mut("metadata") {
            metadata.insert(field.to_owned(), value.into());
        }
    }

    pub(super) fn meta(&self, field: &str) -> &str {
        self.object.get("metadata").and_then(|metadata| metadata.get(field)?.as_str()).unwrap_or_default()
    }

    fn text(&self, field: &str) -> &str {
        self.object.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What is wrong with a value without these fields.
pub(super) fn no_object(missing: &[&'static str]) -> String {
    match missing {
        [] => "it is no object".to_owned(),
        missing => format!("it has no {}", missing.join(" and no ")),
    }
}

impl fmt::Debug for Manifest {
    /// Leaves out the object: it may be a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("api_version", &self.api_version())
            .field("kind", &self.kind())
            .field("namespace", &self.namespace())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
