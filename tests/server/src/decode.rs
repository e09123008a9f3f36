//! Decodes bodies to objects; finds duplicate keys and unknown fields.

use kube_proto::error::DecodeError;
use kube_proto::schema::internals::{Twice, read_twice};
use serde_json::Value;

use super::context::{Cx, FieldValidation};
use super::kinds::Resource;
use super::meta::{self, Json};
use super::schema::{self, Field, Findings, Node, Reading, Type};
use super::status::{Failure, FieldError, Outcome};

/// The value of a key that an object has twice.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Doubled<'a> {
    /// The last value, as in custom resources and in YAML.
    Last,
    /// As Go decodes into a struct of this type: objects are merged, and null does not change a field that is no
    /// pointer. Otherwise the last value.
    Merged(Node<'a>),
}

impl Twice for Doubled<'_> {
    fn item(self) -> Self {
        match self {
            Doubled::Last => Doubled::Last,
            Doubled::Merged(node) => Doubled::Merged(node.item()),
        }
    }

    fn key(self, key: &str) -> Self {
        match self {
            Doubled::Last => Doubled::Last,
            Doubled::Merged(node) => Doubled::Merged(node.child(key)),
        }
    }

    fn put(self, first: &mut Value, second: Value) {
        match self {
            Doubled::Last => *first = second,
            Doubled::Merged(node) => merge(first, second, node),
        }
    }
}

/// Parses a document; returns the paths of duplicate keys with it.
///
/// # Errors
/// The error of the library's reader, also where values nest deeper than [`kube_proto::json::DEPTH`].
pub(crate) fn parse(bytes: &[u8], merge: Doubled<'_>) -> Result<(Value, Vec<String>), DecodeError> {
    read_twice(bytes, merge)
}

/// Merges the second value of a key into the first.
fn merge(first: &mut Value, second: Value, node: Node<'_>) {
    let is_pointer = |field: &Field| field.pointer || matches!(field.ty, Type::Map(_) | Type::List(_) | Type::Bytes);
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => {
            for (key, value) in second {
                match first.get_mut(&key) {
                    Some(there) => merge(there, value, node.child(&key)),
                    None => {
                        first.insert(key, value);
                    }
                }
            }
        }
        (_, Value::Null) if node.field.is_some_and(|field| !is_pointer(field)) => {}
        (first, second) => *first = second,
    }
}

/// Where an object comes from. A patch is as errors show it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// The body of a request.
    Body,
    /// A patch that changed JSON.
    Patched(&'a str),
    /// A strategic merge, which changes values.
    Merged(&'a str),
}

impl Cx<'_> {
    /// Normalises an object to its kind and drops unknown fields. `validation` chooses how to report them.
    pub(crate) fn settle_fields(
        &mut self,
        resource: &Resource,
        object: Json,
        doubled: &[String],
        validation: FieldValidation,
        origin: Origin<'_>,
    ) -> Outcome<Json> {
        let mut findings = Findings::default();
        let (patch, reading) = match origin {
            Origin::Body => (None, Reading::Decoded),
            Origin::Patched(patch) => (Some(patch), Reading::Decoded),
            Origin::Merged(patch) => (Some(patch), Reading::Converted),
        };
        check_depth(&object)?;
        let mut object = normalised(resource, object, reading, &mut findings);
        if let Some(custom) = &resource.custom {
            let mut value = Value::Object(object);
            if let Some(schema) = &custom.checked {
                schema.drop_nulls(&mut value);
            }
            object = into_object(value);
        }
        let (kind, version) = (&resource.kind, &resource.version);
        if let Some(misfit) = findings.misfit {
            if let Some(patch) = patch {
                let error = FieldError::invalid("patch", &patch.into(), misfit.text);
                return Err(Failure::invalid("", "", "", &[error]));
            }
            return Err(Failure::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {kind}: {}",
                misfit.text
            )));
        }
        // Go reads an unknown field of a struct without its keys.
        let unread = |path: &&String| resource.custom.is_none() && findings.unknown.iter().any(|at| is_at(path, at));
        let doubled = doubled.iter().filter(|path| !unread(path));
        let mut stray: Vec<String> = doubled.map(|path| format!("duplicate field \"{path}\"")).collect();
        stray.extend(findings.unknown.iter().map(|path| format!("unknown field \"{path}\"")));
        match (validation, stray.is_empty(), patch) {
            (FieldValidation::Strict, false, None) => {
                return Err(Failure::bad_request(format!(
                    "{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {}",
                    stray.join(", ")
                )));
            }
            (FieldValidation::Strict, false, Some(patch)) => {
                let detail = format!("strict decoding error: {}", stray.join(", "));
                let error = FieldError::invalid("patch", &patch.into(), detail);
                return Err(Failure::invalid("", "", "", &[error]));
            }
            (FieldValidation::Warn, ..) => self.warnings.append(&mut stray),
            _ => {}
        }
        Ok(object)
    }

    /// Normalises the result of an apply to its kind. `name` is that of the applied object, with its namespace.
    pub(crate) fn settle_applied(&self, resource: &Resource, object: Json, name: &str) -> Outcome<Json> {
        let mut findings = Findings::default();
        let object = normalised(resource, object, Reading::Converted, &mut findings);
        let Some(misfit) = findings.misfit else { return Ok(object) };
        let to = format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind);
        Err(Failure::unknown(format!(
            "failed to convert new object ({name}; {to}) to proper version: unable to convert unstructured object to {to}: {}",
            misfit.converted
        )))
    }
}

/// The real server takes 10,000 levels.
pub(crate) fn check_depth(object: &Json) -> Outcome<()> {
    // The managed fields nest deeper than the fields.
    let own = |(key, value): (&String, &Value)| if key == "metadata" { 0 } else { meta::depth(value) };
    if object.iter().map(own).max().unwrap_or(0) < meta::DEPTH {
        return Ok(());
    }
    Err(Failure::bad_request(format!("the object nests deeper than {} levels", meta::DEPTH)))
}

/// The object as the server's decoder reads it.
fn normalised(resource: &Resource, object: Json, reading: Reading, findings: &mut Findings) -> Json {
    if resource.converts() && resource.conversion().is_none() {
        return object;
    }
    let ty = schema::of(resource);
    let mut object = object;
    if let Some(custom) = &resource.custom {
        schema::normalise_custom(&mut object, custom, findings);
        return object;
    }
    let mut value = Value::Object(object);
    schema::normalise(&mut value, Node::new(&ty), reading, findings);
    into_object(value)
}

fn into_object(value: Value) -> Json {
    match value {
        Value::Object(object) => object,
        _ => Json::new(),
    }
}

/// Whether a path is another, or below it.
fn is_at(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn doubled_keys_are_noticed() {
        let text =
            br#"{"a":1,"b":{"c":1,"c":2},"a":3,"l":[{"x":1,"x":1}],"f":1.5,"n":null,"b":{"c":null,"d":{}},"a":4}"#;
        let (value, doubled) = parse(text, Doubled::Last).unwrap();
        assert_eq!(value, json!({"a": 4, "b": {"c": null, "d": {}}, "l": [{"x": 1}], "f": 1.5, "n": null}));
        assert_eq!(doubled, ["b.c", "a", "l[0].x", "b"]);
        let text =
            br#"{"metadata":{"name":"a","labels":{"b":"c","d":"e"}},"metadata":{"name":null,"labels":{"b":null}},
            "metadata":null,"data":{"f":"g"},"data":null,"immutable":true,"immutable":null}"#;
        let config_map = Type::Named("ConfigMap".into());
        let (value, doubled) = parse(text, Doubled::Merged(Node::new(&config_map))).unwrap();
        let metadata = json!({"name": "a", "labels": {"b": null, "d": "e"}});
        assert_eq!(value, json!({"metadata": metadata, "data": null, "immutable": null}));
        assert_eq!(doubled, ["metadata", "data", "immutable"]);
        let (value, doubled) = parse(b"{\"a\":[{\"\\ud800\":1,\"\xff\":-0.5}]}", Doubled::Last).unwrap();
        // Half a pair is one replacement; a byte that is no UTF-8 too.
        assert_eq!((value, doubled), (json!({"a": [{"\u{fffd}": -0.5}]}), vec!["a[0].\u{fffd}".to_owned()]));
        assert!(parse(b"{} x", Doubled::Last).is_err());
        assert!(parse(&[b'['; 1000], Doubled::Last).is_err());
    }
}
