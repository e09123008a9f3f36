//! Normalises objects as decoding into Go's structs and encoding again does.
//!
//! | value | becomes |
//! |---|---|
//! | an unknown field | absent |
//! | a null field, an empty list or map, a zero that is no pointer | absent |
//! | a null item of a list, a null value of a map | the zero of its type |
//! | base64, a time, a quantity | its canonical text; the zero time is null |
//! | a list of numbers where bytes are wanted | base64 |
//! | an integer, decoded | an error unless it is written as one and fits |
//! | an integer, converted from a patch or an applied object | a whole float is an integer; one that does not fit is cut |
//! | another type, or a text that is not what it should be | an error |
//!
//! Custom resources have Go's structs only in their metadata. Elsewhere, only unknown fields are dropped, and numbers are
//! as Go keeps them: `1e3` is 1000, `-0.0` is 0, an integer above 2^63 is a float.

use serde_json::{Map, Value};

use super::quantity;
use super::{Node, Struct, Type};
use crate::context::type_name;
use crate::crd::Custom;
use crate::go;

/// The problems of an object.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Paths of unknown fields.
    pub(crate) unknown: Vec<String>,
    /// The first value that does not fit.
    pub(crate) misfit: Option<Misfit>,
}

/// A value that Go cannot decode.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// The message of Go's decoder.
    pub(crate) text: String,
    /// The message of the conversion that follows an apply.
    pub(crate) converted: String,
}

/// How the server makes the object of a built-in kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It decodes JSON: a body, or the result of a patch that changes JSON.
    Decoded,
    /// It converts values that were read before: an applied object, or the result of a strategic merge.
    Converted,
}

/// Normalises the object of a built-in kind.
pub(crate) fn normalise(value: &mut Value, node: Node<'_>, reading: Reading, findings: &mut Findings) {
    let mut findings = Walk { reading, findings };
    let findings = &mut findings;
    walk(value, node, &Path { text: "", bare: "", owner: "" }, findings);
}

/// Normalises a custom resource.
pub(crate) fn normalise_custom(object: &mut Map<String, Value>, custom: &Custom, findings: &mut Findings) {
    let node = Node::new(&custom.root);
    object.values_mut().for_each(go::kept_numbers);
    if let Some(this) = node.ty.as_struct()
        && let Some(metadata) = object.get_mut("metadata")
    {
        let path = Path { text: "metadata", bare: "", owner: "" };
        let mut walked = Walk { reading: Reading::Converted, findings: &mut *findings };
        walk(metadata, this.child("metadata"), &path, &mut walked);
    }
    if let Some(schema) = &custom.checked {
        let mut whole = Value::Object(std::mem::take(object));
        findings.unknown.extend(schema.prune(&mut whole));
        if let Value::Object(pruned) = whole {
            *object = pruned;
        }
    }
}

/// Adds the fields that the server always writes, with zeros.
pub(crate) fn complete(value: &mut Value, ty: &Type) {
    match (ty, value) {
        (Type::List(item), Value::Array(items)) => items.iter_mut().for_each(|inner| complete(inner, item)),
        (Type::Map(item), Value::Object(map)) => map.values_mut().for_each(|inner| complete(inner, item)),
        (Type::Named(_), Value::Object(map)) => {
            for (name, field) in ty.as_struct().into_iter().flat_map(|this| &this.fields) {
                if field.always && !map.contains_key(name) {
                    map.insert(name.clone(), if field.pointer { Value::Null } else { zero(&field.ty) });
                }
                if let Some(inner) = map.get_mut(name) {
                    complete(inner, &field.ty);
                }
            }
        }
        _ => {}
    }
}

/// The zero of a type, as Go writes it.
pub(super) fn zero(ty: &Type) -> Value {
    match ty {
        Type::Text => "".into(),
        Type::Quantity => "0".into(),
        Type::Int32 | Type::Int64 | Type::Number | Type::IntOrString => 0.into(),
        Type::Bool => false.into(),
        Type::Named(_) => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

/// The findings of a walk, and how it takes numbers.
struct Walk<'a> {
    reading: Reading,
    findings: &'a mut Findings,
}

struct Path<'a> {
    /// With indexes: `spec.containers[0].image`.
    text: &'a str,
    /// Without: `spec.containers.image`.
    bare: &'a str,
    /// The struct that has the field.
    owner: &'a str,
}

fn walk(value: &mut Value, node: Node<'_>, path: &Path<'_>, findings: &mut Walk<'_>) {
    if findings.reading == Reading::Converted && value.is_number() && convert_number(value, node.ty) == Err(Fraction) {
        report(findings, format!("cannot convert float64 to {}", go_type(node.ty)), "");
        return;
    }
    let fits = match node.ty {
        Type::Text => value.is_string(),
        Type::Int32 => is_int32(value),
        Type::Int64 => value.is_i64(),
        Type::Number => value.is_number(),
        Type::Bool => value.is_boolean(),
        Type::Bytes => value.is_string() || value.is_array(),
        Type::Time | Type::MicroTime => value.is_string(),
        Type::IntOrString => value.is_string() || value.is_number(),
        Type::Quantity => value.is_string() || value.is_number(),
        Type::Named(_) | Type::Inline(_) | Type::Map(_) => value.is_object(),
        Type::List(_) | Type::Extra => value.is_array(),
        Type::Raw | Type::FieldsV1 => value.is_object(),
        Type::Any => true,
    };
    if !fits {
        misfit(value, &go_type(node.ty), path, findings);
        return;
    }
    match (node.ty, &mut *value) {
        (Type::Quantity, text) => match quantity::canonical(text) {
            Some(canonical) => *text = canonical.into(),
            None => {
                let words =
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
                report(findings, words.into(), "");
            }
        },
        (Type::Number, number) => go::kept_numbers(number),
        (Type::IntOrString, number @ Value::Number(_)) if !is_int32(number) => misfit(number, "int32", path, findings),
        (Type::Bytes, Value::String(text)) => match go::base64(text) {
            Ok(bytes) => *text = go::to_base64(&bytes),
            Err(words) => report(findings, words, "error decoding from json: "),
        },
        (Type::Bytes, Value::Array(items)) => bytes(items, path, findings).map_or((), |text| *value = text.into()),
        (Type::Time | Type::MicroTime, Value::String(text)) => {
            let layout = if matches!(node.ty, Type::Time) { go::Layout::Seconds } else { go::Layout::Micros };
            match go::time(text, layout) {
                Ok(Some(time)) => *text = time,
                Ok(None) => *value = Value::Null,
                Err(words) => report(findings, words, ""),
            }
        }
        (Type::List(item), Value::Array(items)) => {
            for (index, inner) in items.iter_mut().enumerate() {
                let text = format!("{}[{index}]", path.text);
                one_of(inner, item, &Path { text: &text, bare: path.bare, owner: path.owner }, findings);
            }
        }
        (Type::Map(item), Value::Object(map)) => {
            for (key, inner) in map {
                // Go's path omits the key.
                let text = join(path.text, key);
                one_of(inner, item, &Path { text: &text, bare: path.bare, owner: path.owner }, findings);
            }
        }
        (Type::Named(_) | Type::Inline(_), Value::Object(map)) => {
            if let Some(this) = node.ty.as_struct() {
                fields(map, this, path, findings);
            }
        }
        _ => {}
    }
}

/// An item of a list or a value of a map. Null is the zero of the type.
fn one_of(value: &mut Value, ty: &Type, path: &Path<'_>, findings: &mut Walk<'_>) {
    if value.is_null() {
        *value = if matches!(ty, Type::Bytes) { "".into() } else { zero(ty) };
    } else {
        walk(value, Node::new(ty), path, findings);
    }
}

/// The base64 of a list of bytes.
fn bytes(items: &[Value], path: &Path<'_>, findings: &mut Walk<'_>) -> Option<String> {
    let byte = |item: &Value| if item.is_null() { Some(0) } else { u8::try_from(item.as_u64()?).ok() };
    if let Some(other) = items.iter().find(|item| byte(item).is_none()) {
        misfit(other, "uint8", path, findings);
        return None;
    }
    Some(go::to_base64(&items.iter().filter_map(byte).collect::<Vec<u8>>()))
}

fn fields(map: &mut Map<String, Value>, this: &Struct, path: &Path<'_>, findings: &mut Walk<'_>) {
    let typed = this.fields.contains_key("metadata");
    let keys: Vec<String> = map.keys().cloned().collect();
    for key in keys {
        let text = join(path.text, &key);
        let Some(field) = this.fields.get(&key) else {
            if !(this.open || typed && matches!(key.as_str(), "apiVersion" | "kind")) {
                map.remove(&key);
                findings.findings.unknown.push(text);
            }
            continue;
        };
        let Some(value) = map.get_mut(&key) else { continue };
        if !value.is_null() {
            let bare = join(path.bare, &key);
            let inner = Path { text: &text, bare: &bare, owner: &this.name };
            walk(value, Node { ty: &field.ty, field: Some(field) }, &inner, findings);
        }
        let empty = match &*value {
            Value::Null => true,
            Value::Array(items) => items.is_empty() && !field.always,
            Value::Object(map) => map.is_empty() && matches!(field.ty, Type::Map(_)),
            scalar => {
                let plain = matches!(field.ty, Type::Text | Type::Int32 | Type::Int64 | Type::Number | Type::Bool);
                plain && !field.pointer && !field.always && *scalar == zero(&field.ty)
            }
        };
        if empty {
            map.remove(&key);
        }
    }
}

fn misfit(value: &Value, wanted: &str, path: &Path<'_>, findings: &mut Walk<'_>) {
    let what = match value {
        Value::Number(number) if matches!(wanted, "uint8" | "int32" | "int64" | "float64") => {
            format!("number {number}")
        }
        other => type_name(other).to_owned(),
    };
    let owner = path.owner.rsplit('.').next().unwrap_or_default();
    let place = if path.bare.is_empty() { "value".to_owned() } else { format!("struct field {owner}.{}", path.bare) };
    report(findings, format!("json: cannot unmarshal {what} into Go {place} of type {wanted}"), "");
}

/// Keeps the first error. `prefix` stands before it in the message of a conversion.
fn report(findings: &mut Walk<'_>, text: String, prefix: &str) {
    if findings.findings.misfit.is_none() {
        findings.findings.misfit = Some(Misfit { converted: format!("{prefix}{text}"), text });
    }
}

fn is_int32(value: &Value) -> bool {
    value.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

/// A number with a fraction where an integer should be.
#[derive(Debug, PartialEq, Eq)]
struct Fraction;

/// Converts a number to the type of its field, as Go does: digits that do not fit are lost without an error.
fn convert_number(value: &mut Value, ty: &Type) -> Result<(), Fraction> {
    if !matches!(ty, Type::Int32 | Type::Int64 | Type::IntOrString) {
        return Ok(());
    }
    go::kept_numbers(value);
    let integer = match (value.as_i64(), value.as_f64()) {
        (Some(integer), _) => integer,
        (None, Some(float)) if float.fract() == 0.0 => i64::MIN,
        // The field has a decoder of its own, which complains.
        _ if matches!(ty, Type::IntOrString) => return Ok(()),
        _ => return Err(Fraction),
    };
    #[allow(clippy::cast_possible_truncation, reason = "Go's conversion keeps the lowest 32 bits")]
    let cut = i64::from(integer as i32);
    match ty {
        Type::Int32 => *value = cut.into(),
        Type::Int64 => *value = integer.into(),
        _ => {}
    }
    Ok(())
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn go_type(ty: &Type) -> String {
    match ty {
        Type::Text => "string".into(),
        Type::Int32 => "int32".into(),
        Type::Int64 => "int64".into(),
        Type::Number => "float64".into(),
        Type::Bool => "bool".into(),
        Type::Bytes => "[]uint8".into(),
        // Go decodes these into a text first.
        Type::Time | Type::MicroTime => "string".into(),
        Type::Quantity => "resource.Quantity".into(),
        Type::IntOrString => "intstr.IntOrString".into(),
        Type::Any => "interface {}".into(),
        Type::Raw => "runtime.RawExtension".into(),
        Type::FieldsV1 => "v1.FieldsV1".into(),
        Type::Extra => "v1.ExtraValue".into(),
        Type::Named(name) => format!("v1.{name}"),
        Type::Inline(this) => this.name.clone(),
        Type::Map(item) => format!("map[string]{}", go_type(item)),
        Type::List(item) => format!("[]{}", go_type(item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_lose_unknown_fields() {
        let ty = Type::Named("Deployment".into());
        let mut value = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "oops": 1,
            "metadata": {"name": "d", "labels": {}, "annotations": {"a": null, "b": "c"}, "finalizers": []},
            "spec": {"replicas": 0, "paused": null, "template": {"spec": {
                "volumes": [{"name": "v", "emptyDir": {}}],
                "containers": [{"name": "c", "imag": "x", "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}}}]
            }}}
        });
        let mut findings = Findings::default();
        normalise(&mut value, Node::new(&ty), Reading::Decoded, &mut findings);
        assert_eq!(findings.unknown, ["oops", "spec.template.spec.containers[0].imag"]);
        assert!(findings.misfit.is_none());
        assert_eq!(
            value,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "d", "annotations": {"a": "", "b": "c"}},
                "spec": {"replicas": 0, "template": {"spec": {
                    "volumes": [{"name": "v", "emptyDir": {}}],
                    "containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]
                }}}
            })
        );
    }

    #[test]
    fn zeros_nulls_bytes_and_times() {
        for (kind, value, want) in [
            (
                "ConfigMap",
                json!({"data": {"a": null}, "binaryData": {"b": null, "c": [104, null, 105], "d": "aG\nl="}}),
                json!({"data": {"a": ""}, "binaryData": {"b": "", "c": "aABp", "d": "aGk="}}),
            ),
            (
                "PodSpec",
                json!({"hostNetwork": false, "hostname": "", "activeDeadlineSeconds": 0, "enableServiceLinks": false, "containers": [null],
                "overhead": {"cpu": null}, "imagePullSecrets": [{"name": ""}]}),
                json!({"activeDeadlineSeconds": 0, "enableServiceLinks": false, "containers": [{}], "overhead": {"cpu": "0"}, "imagePullSecrets": [{}]}),
            ),
            (
                "LeaseSpec",
                json!({"acquireTime": "2001-02-03T04:05:06.500000+01:00", "renewTime": "0001-01-01T00:00:00.000000Z"}),
                json!({"acquireTime": "2001-02-03T03:05:06.500000Z"}),
            ),
            (
                "Condition",
                json!({"lastTransitionTime": "2001-02-03T4:05:06,7Z"}),
                json!({"lastTransitionTime": "2001-02-03T04:05:06Z"}),
            ),
        ] {
            let (mut value, mut findings) = (value, Findings::default());
            normalise(&mut value, Node::new(&Type::Named(kind.into())), Reading::Decoded, &mut findings);
            assert_eq!((value, findings.misfit.map(|misfit| misfit.text)), (want, None));
        }
    }

    #[test]
    fn misfits_have_the_messages_of_go() {
        let table = [
            (
                json!({"spec": {"replicas": "3"}}),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"spec": {"replicas": 1.5}}),
                "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"metadata": {"labels": {"a": 1}}}),
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
            ),
            (
                json!({"metadata": {"creationTimestamp": 12}}),
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string",
            ),
            (
                json!({"metadata": {"creationTimestamp": ""}}),
                "parsing time \"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"2006\"",
            ),
            (
                json!({"spec": {"template": {"spec": {"containers": {}}}}}),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
        ];
        for (mut value, want) in table {
            let mut findings = Findings::default();
            normalise(&mut value, Node::new(&Type::Named("Deployment".into())), Reading::Decoded, &mut findings);
            assert_eq!(findings.misfit.unwrap().text, want);
        }
    }
}
