//! Normalises objects as decoding into Go's structs does: drops unknown fields and nulls, refuses wrong types.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use serde_json::{Map, Value};

use super::quantity;
use super::{Node, Struct, Type};
use crate::context::type_name;

/// The problems of an object.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Paths of unknown fields.
    pub(crate) unknown: Vec<String>,
    /// The first value that does not fit.
    pub(crate) misfit: Option<Misfit>,
    /// Empty lists and maps stay (as in custom resources).
    pub(crate) keep_empty: bool,
}

/// A value of the wrong type.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// The message of Go's decoder.
    pub(crate) text: String,
    pub(crate) field: String,
    pub(crate) value: Value,
    /// The wanted type.
    pub(crate) wanted: &'static str,
}

/// Normalises `value` as the server's decoder does.
pub(crate) fn normalise(value: &mut Value, node: Node<'_>, findings: &mut Findings) {
    walk(value, node, &Path { text: "", bare: "", owner: "" }, findings);
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
fn zero(ty: &Type) -> Value {
    match ty {
        Type::Text => "".into(),
        Type::Quantity => "0".into(),
        Type::Int32 | Type::Int64 | Type::Number | Type::IntOrString => 0.into(),
        Type::Bool => false.into(),
        Type::Named(_) => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

struct Path<'a> {
    /// With indexes: `spec.containers[0].image`.
    text: &'a str,
    /// Without: `spec.containers.image`.
    bare: &'a str,
    /// The struct that has the field.
    owner: &'a str,
}

fn walk(value: &mut Value, node: Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    let fits = match node.ty {
        Type::Text => value.is_string(),
        Type::Int32 | Type::Int64 => value.is_i64() || value.is_u64() || whole(value),
        Type::Number => value.is_number(),
        Type::Bool => value.is_boolean(),
        Type::Bytes | Type::Time | Type::MicroTime => value.is_string(),
        Type::IntOrString => value.is_string() || value.is_number(),
        Type::Quantity => value.is_string() || value.is_number(),
        Type::Named(_) | Type::Inline(_) | Type::Map(_) => value.is_object(),
        Type::List(_) | Type::Extra => value.is_array(),
        Type::Raw | Type::FieldsV1 => value.is_object(),
        Type::Any => true,
    };
    if !fits {
        misfit(value, node, path, findings);
        return;
    }
    match (node.ty, &mut *value) {
        (Type::Quantity, text) => match quantity::canonical(text) {
            Some(canonical) => *text = canonical.into(),
            None => {
                let words =
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
                report(findings, words.into(), text, node, path);
            }
        },
        (Type::Bytes, Value::String(text)) => {
            if let Some(at) = not_base64(text) {
                let words = format!("illegal base64 data at input byte {at}");
                report(findings, words, &Value::Null, node, path);
            }
        }
        (Type::List(item), Value::Array(items)) => {
            for (index, inner) in items.iter_mut().enumerate() {
                let text = format!("{}[{index}]", path.text);
                walk(inner, Node::new(item), &Path { text: &text, bare: path.bare, owner: path.owner }, findings);
            }
        }
        (Type::Map(item), Value::Object(map)) => {
            map.retain(|_, v| !v.is_null());
            for (key, inner) in map {
                // Go's path omits the key.
                let text = join(path.text, key);
                walk(inner, Node::new(item), &Path { text: &text, bare: path.bare, owner: path.owner }, findings);
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

fn fields(map: &mut Map<String, Value>, this: &Struct, path: &Path<'_>, findings: &mut Findings) {
    let typed = this.fields.contains_key("metadata");
    let keys: Vec<String> = map.keys().cloned().collect();
    for key in keys {
        let text = join(path.text, &key);
        let Some(field) = this.fields.get(&key) else {
            if !(this.open || typed && matches!(key.as_str(), "apiVersion" | "kind")) {
                map.remove(&key);
                findings.unknown.push(text);
            }
            continue;
        };
        let Some(value) = map.get_mut(&key) else { continue };
        if !value.is_null() {
            let bare = join(path.bare, &key);
            let inner = Path { text: &text, bare: &bare, owner: &this.name };
            walk(value, Node { ty: &field.ty, field: Some(field) }, &inner, findings);
        }
        let keep = findings.keep_empty && this.name != "ObjectMeta";
        let empty = match &*value {
            Value::Null => true,
            Value::Array(items) => items.is_empty() && !field.always && !keep,
            Value::Object(map) => map.is_empty() && matches!(field.ty, Type::Map(_)) && !keep,
            _ => false,
        };
        if empty {
            map.remove(&key);
        }
    }
}

fn misfit(value: &Value, node: Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    let what = match value {
        Value::Number(number) if !matches!(node.ty, Type::Text | Type::Bool) && !value.is_i64() => {
            format!("number {number}")
        }
        other => type_name(other).to_owned(),
    };
    let owner = path.owner.rsplit('.').next().unwrap_or_default();
    let text = format!(
        "json: cannot unmarshal {what} into Go struct field {owner}.{} of type {}",
        path.bare,
        go_type(node.ty)
    );
    report(findings, text, value, node, path);
}

fn report(findings: &mut Findings, text: String, value: &Value, node: Node<'_>, path: &Path<'_>) {
    if findings.misfit.is_none() {
        let wanted = match node.ty {
            Type::Int32 | Type::Int64 | Type::Number => "numeric (int or float)",
            Type::Bool => "boolean",
            Type::List(_) | Type::Extra => "list",
            Type::Named(_) | Type::Inline(_) | Type::Map(_) | Type::Raw | Type::FieldsV1 => "map",
            _ => "string",
        };
        findings.misfit = Some(Misfit { text, field: path.text.to_owned(), value: value.clone(), wanted });
    }
}

/// The position of the first byte that is not base64, as Go counts.
fn not_base64(text: &str) -> Option<usize> {
    let lines = |byte: &u8| !matches!(byte, b'\n' | b'\r');
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if let Some(at) = text.bytes().position(|byte| lines(&byte) && !known(&byte)) {
        return Some(at);
    }
    let bytes: Vec<u8> = text.bytes().filter(lines).collect();
    STANDARD.decode(&bytes).err().map(|error| match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => bytes.len(),
    })
}

fn whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|n| n.fract() == 0.0)
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
        Type::Time => "v1.Time".into(),
        Type::MicroTime => "v1.MicroTime".into(),
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
        normalise(&mut value, Node::new(&ty), &mut findings);
        assert_eq!(findings.unknown, ["oops", "spec.template.spec.containers[0].imag"]);
        assert!(findings.misfit.is_none());
        assert_eq!(
            value,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "d", "annotations": {"b": "c"}},
                "spec": {"replicas": 0, "template": {"spec": {
                    "volumes": [{"name": "v", "emptyDir": {}}],
                    "containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]
                }}}
            })
        );
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
                json!({"spec": {"template": {"spec": {"containers": {}}}}}),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
        ];
        for (mut value, want) in table {
            let mut findings = Findings::default();
            normalise(&mut value, Node::new(&Type::Named("Deployment".into())), &mut findings);
            assert_eq!(findings.misfit.unwrap().text, want);
        }
    }
}
