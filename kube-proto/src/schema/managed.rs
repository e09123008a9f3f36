//! The owners of an object's fields, read from `metadata.managedFields` (docs/wire.md §8.1).

use serde_json::{Map, Value};

use super::field_set::{FieldSet, readable};
use crate::json;

/// The managers of an object, as `metadata.managedFields` has them.
///
/// ```
/// use kube_proto::schema::ManagedFields;
/// use serde_json::json;
///
/// let object = json!({
///     "apiVersion": "apps/v1", "kind": "Deployment",
///     "metadata": {"name": "web", "labels": {"a": "b", "c": "d"}, "managedFields": [
///         {"manager": "me", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
///             "fieldsV1": {"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:replicas": {}}}},
///         {"manager": "scaler", "operation": "Update", "apiVersion": "apps/v1", "subresource": "scale",
///             "fieldsV1": {"f:spec": {"f:replicas": {}}}},
///     ]},
///     "spec": {"replicas": 3, "paused": false},
/// });
/// let managed = ManagedFields::of(&object);
/// let owners: Vec<&str> = managed.owners(".spec.replicas").map(|entry| entry.manager.as_str()).collect();
/// assert_eq!(owners, ["me", "scaler"]);
/// // What `me` has applied, as client-go's `ExtractInto` gives it.
/// assert_eq!(managed.extract(&object, "me", ""), Some(json!({
///     "apiVersion": "apps/v1", "kind": "Deployment",
///     "metadata": {"name": "web", "labels": {"a": "b"}},
///     "spec": {"replicas": 3},
/// })));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedFields {
    /// One entry for each manager, operation, version and subresource, in the order of the object.
    pub entries: Vec<Manager>,
}

/// One entry of [`ManagedFields`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manager {
    /// The field manager: `kubectl-client-side-apply`.
    pub manager: String,
    /// Whether it applies; it updates otherwise.
    pub applies: bool,
    /// The version of the fields: `apps/v1`.
    pub api_version: String,
    /// The time of the last change, as it is written; empty if there is none.
    pub time: String,
    /// The subresource that it wrote; empty for the object itself.
    pub subresource: String,
    /// Its fields.
    pub fields: FieldSet,
}

impl ManagedFields {
    /// Reads the managers of an object. Entries that are no entries are left out; an object without `managedFields` has none.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        let entry = |value: &Value| {
            let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let applies = match value.get("operation").and_then(Value::as_str)? {
                "Apply" => true,
                "Update" => false,
                _ => return None,
            };
            Some(Manager {
                manager: text("manager"),
                applies,
                api_version: text("apiVersion"),
                time: text("time"),
                subresource: text("subresource"),
                fields: FieldSet::from_value(value.get("fieldsV1").unwrap_or(&Value::Object(Map::new())))?,
            })
        };
        Self { entries: list.into_iter().flatten().filter_map(entry).collect() }
    }

    /// The managers that own the field at a path, in the form of [`FieldSet::paths`]: `.spec.containers[name="c"].image`.
    /// An owner of a whole object or list owns what is below it.
    pub fn owners(&self, path: &str) -> impl Iterator<Item = &Manager> {
        self.entries.iter().filter(move |entry| owns(&entry.fields, path, true))
    }

    /// The configuration that a manager has applied, of the object that has these managed fields: its fields with the
    /// object's values, and `apiVersion`, `kind`, name and namespace. `None` if it has applied none. `subresource` is empty
    /// for the object itself.
    ///
    /// It is what an apply needs that changes one field of it: a field that is left out is removed.
    #[must_use]
    pub fn extract(&self, object: &Value, manager: &str, subresource: &str) -> Option<Value> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.applies && entry.manager == manager && entry.subresource == subresource)?;
        let mut applied = match extracted(object, &entry.fields) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        for key in ["apiVersion", "kind"] {
            if let Some(value) = object.get(key) {
                applied.insert(key.to_owned(), value.clone());
            }
        }
        let metadata = applied.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        for key in ["name", "namespace"] {
            let value = object.get("metadata").and_then(|metadata| metadata.get(key));
            if let (Some(value), Some(metadata)) = (value, metadata.as_object_mut()) {
                metadata.insert(key.to_owned(), value.clone());
            }
        }
        Some(applied.into())
    }
}

/// Whether a set has the path, or a value that contains it. The whole object has no owner.
fn owns(set: &FieldSet, path: &str, root: bool) -> bool {
    if path.is_empty() {
        return set.member;
    }
    if set.children.is_empty() {
        return set.member && !root;
    }
    set.children.iter().any(|(element, below)| {
        let rest = path.strip_prefix(readable(element).as_str());
        // `.spec` is no step of `.specs`.
        rest.is_some_and(|rest| (rest.is_empty() || rest.starts_with(['.', '['])) && owns(below, rest, false))
    })
}

/// The parts of a value that a set has.
fn extracted(value: &Value, set: &FieldSet) -> Option<Value> {
    if set.children.is_empty() {
        return set.member.then(|| value.clone());
    }
    match value {
        Value::Object(map) => {
            let part = |(element, below): (&String, &FieldSet)| {
                let key = element.strip_prefix("f:")?;
                Some((key.to_owned(), extracted(map.get(key)?, below)?))
            };
            Some(Value::Object(set.children.iter().filter_map(part).collect()))
        }
        Value::Array(items) => {
            let known: Vec<(Identity, &FieldSet)> =
                set.children.iter().filter_map(|(element, below)| Some((Identity::of(element)?, below))).collect();
            let part = |(index, item): (usize, &Value)| {
                let (identity, below) = known.iter().find(|(identity, _)| identity.is(index, item))?;
                let mut part = extracted(item, below)?;
                // An item needs its keys.
                if let (Identity::Keys(keys), Some(map)) = (identity, part.as_object_mut()) {
                    keys.iter().filter(|(key, _)| item.get(*key).is_some()).for_each(|(key, value)| {
                        map.insert(key.clone(), value.clone());
                    });
                }
                Some(part)
            };
            Some(items.iter().enumerate().filter_map(part).collect())
        }
        _ => None,
    }
}

/// What an element of a list is known by.
enum Identity {
    Keys(Map<String, Value>),
    Value(Value),
    Index(usize),
}

impl Identity {
    fn of(element: &str) -> Option<Self> {
        match element.split_at_checked(2)? {
            ("k:", keys) => json::from_str(keys).ok().map(Self::Keys),
            ("v:", value) => json::from_str(value).ok().map(Self::Value),
            ("i:", index) => index.parse().ok().map(Self::Index),
            _ => None,
        }
    }

    fn is(&self, index: usize, item: &Value) -> bool {
        match self {
            // The key of an item may be a default that it does not have.
            Self::Keys(keys) => keys.iter().all(|(key, value)| item.get(key).is_none_or(|there| there == value)),
            Self::Value(value) => item == value,
            Self::Index(wanted) => *wanted == index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn items_and_values_are_extracted_with_their_keys() {
        let object = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "n", "finalizers": ["x", "y"], "managedFields": [
                {"manager": "me", "operation": "Apply", "fieldsV1": {
                    "f:metadata": {"f:finalizers": {"v:\"y\"": {}}},
                    "f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:image": {}, "f:args": {}}}},
                }},
                {"manager": "me", "operation": "Update", "fieldsV1": {"f:spec": {"f:hostNetwork": {}}}},
                {"manager": "me", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {"f:phase": {}}}},
                {"manager": "odd", "operation": "Else"},
            ]},
            "spec": {"hostNetwork": true, "containers": [{"name": "b", "image": "1"}, {"name": "c", "image": "2", "args": ["x"], "tty": true}]},
            "status": {"phase": "Running", "reason": "none"},
        });
        let managed = ManagedFields::of(&object);
        assert_eq!(managed.entries.len(), 3);
        assert_eq!(
            managed.extract(&object, "me", "").unwrap(),
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "n", "finalizers": ["y"]},
                "spec": {"containers": [{"name": "c", "image": "2", "args": ["x"]}]},
            })
        );
        assert_eq!(managed.extract(&object, "me", "status").unwrap()["status"], json!({"phase": "Running"}));
        assert_eq!(managed.extract(&object, "other", ""), None);
        let count = |path: &str| managed.owners(path).count();
        assert_eq!(count(".spec.containers[name=\"c\"].image"), 1);
        assert_eq!(count(".spec.containers[name=\"c\"]"), 1);
        assert_eq!(count(".spec.containers[name=\"c\"].args[0]"), 1);
        assert_eq!(count(".spec.containers[name=\"b\"].image"), 0);
        assert_eq!(count(".spec.hostNetworks"), 0);
    }
}
