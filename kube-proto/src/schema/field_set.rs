//! Sets of fields, in the shape of `fieldsV1` (`fieldpath` of structured-merge-diff).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::json;

/// A set of fields, as `fieldsV1` of managed fields has them.
///
/// ```
/// use kube_proto::schema::FieldSet;
/// use serde_json::json;
///
/// let set = FieldSet::from_value(&json!({"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {"f:image": {}}}}})).unwrap();
/// assert_eq!(set.paths(), [".spec.containers[name=\"c\"].image"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path to this node is in the set.
    pub member: bool,
    /// The fields below, by the element that leads there: `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
    pub children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// The set of only the path to this node.
    #[must_use]
    pub fn leaf() -> Self {
        FieldSet { member: true, children: BTreeMap::new() }
    }

    /// Whether no path is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(FieldSet::is_empty)
    }

    /// Adds the paths below an element.
    pub fn put(&mut self, element: String, below: FieldSet) {
        if !below.is_empty() {
            match self.children.get_mut(&element) {
                Some(there) => there.join(&below),
                None => {
                    self.children.insert(element, below);
                }
            }
        }
    }

    /// Adds all paths of another set.
    pub fn join(&mut self, other: &FieldSet) {
        self.member |= other.member;
        for (element, below) in &other.children {
            self.put(element.clone(), below.clone());
        }
    }

    /// The paths that are not in the other set.
    #[must_use]
    pub fn without(&self, other: &FieldSet) -> FieldSet {
        let mut out = FieldSet { member: self.member && !other.member, children: BTreeMap::new() };
        for (element, below) in &self.children {
            match other.children.get(element) {
                Some(others) => out.put(element.clone(), below.without(others)),
                None => out.put(element.clone(), below.clone()),
            }
        }
        out
    }

    /// The paths that are in both sets.
    #[must_use]
    pub fn common(&self, other: &FieldSet) -> FieldSet {
        let mut out = FieldSet { member: self.member && other.member, children: BTreeMap::new() };
        for (element, below) in &self.children {
            if let Some(others) = other.children.get(element) {
                out.put(element.clone(), below.common(others));
            }
        }
        out
    }

    /// The readable paths: `.spec.containers[name="c"].image`.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect("", &mut out);
        out
    }

    fn collect(&self, path: &str, out: &mut Vec<String>) {
        if self.member {
            out.push(path.to_owned());
        }
        for (element, below) in &self.children {
            below.collect(&format!("{path}{}", readable(element)), out);
        }
    }

    /// Reads `fieldsV1`; `None` if it is malformed.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let map = value.as_object()?;
        let mut set = FieldSet::default();
        for (element, below) in map {
            if element == "." {
                set.member = true;
                continue;
            }
            if !["f:", "k:", "v:", "i:"].iter().any(|p| element.starts_with(p)) {
                return None;
            }
            let mut below = FieldSet::from_value(below)?;
            if below.children.is_empty() {
                below.member = true;
            }
            set.children.insert(element.clone(), below);
        }
        Some(set)
    }

    /// Writes `fieldsV1`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        if self.member && !self.children.is_empty() {
            map.insert(".".into(), Value::Object(Map::new()));
        }
        for (element, below) in &self.children {
            map.insert(element.clone(), below.to_value());
        }
        map.into()
    }
}

/// An element as a path shows it: `.image`, `[name="c"]`.
pub fn readable(element: &str) -> String {
    if let Some(name) = element.strip_prefix("f:") {
        return format!(".{name}");
    }
    if let Some(keys) = element.strip_prefix("k:") {
        let keys: Map<String, Value> = json::from_str(keys).unwrap_or_default();
        let parts: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
        return format!("[{}]", parts.join(","));
    }
    if let Some(value) = element.strip_prefix("v:") {
        return format!("[={value}]");
    }
    format!("[{}]", element.trim_start_matches("i:"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(value: &Value) -> FieldSet {
        FieldSet::from_value(value).unwrap()
    }

    #[test]
    fn there_and_back() {
        for value in [
            json!({"f:spec": {"f:replicas": {}, "f:list": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}}),
            json!({"f:metadata": {"f:labels": {".": {}, "f:a": {}}, "f:finalizers": {"v:\"x\"": {}}}}),
        ] {
            assert_eq!(set(&value).to_value(), value);
        }
        assert!(FieldSet::from_value(&json!({"bad": {}})).is_none());
    }

    #[test]
    fn algebra() {
        let a = set(&json!({"f:a": {".": {}, "f:b": {}, "f:c": {}}, "f:d": {}}));
        let b = set(&json!({"f:a": {"f:b": {}}, "f:e": {}}));
        assert_eq!(a.without(&b).to_value(), json!({"f:a": {".": {}, "f:c": {}}, "f:d": {}}));
        assert_eq!(a.common(&b).to_value(), json!({"f:a": {"f:b": {}}}));
        let mut both = a.clone();
        both.join(&b);
        assert_eq!(both.to_value(), json!({"f:a": {".": {}, "f:b": {}, "f:c": {}}, "f:d": {}, "f:e": {}}));
        assert!(a.without(&both).is_empty());
    }

    #[test]
    fn paths_for_people() {
        let set =
            set(&json!({"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {"f:image": {}}}}, "f:f": {"v:\"x\"": {}}}));
        assert_eq!(set.paths(), [".f[=\"x\"]", ".spec.containers[name=\"c\"].image"]);
    }
}
