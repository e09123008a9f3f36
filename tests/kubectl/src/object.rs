//! Objects of any kind as JSON values, and their output.

use std::borrow::Cow;

use kube_proto::error::{DecodeError, visible};
use kube_proto::resource::ApiResource;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::desk::Desk;
use super::failure::Failure;
use super::flags::Flags;
use super::output::{Documents, Output};

/// Decodes a document of the server.
pub(super) fn decode(body: &[u8]) -> Result<Value, Failure> {
    kube_proto::json::from_slice(body)
        .map_err(|error| Failure::text(format!("the server's answer is no JSON: {error}")))
}

/// Reads a value of the server as a type. Null and other liberties are as in the document itself.
pub(super) fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, DecodeError> {
    kube_proto::json::from_str(&value.to_string())
}

/// The items of a list.
pub(super) fn items(mut list: Value) -> Vec<Value> {
    match list.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Adds apiVersion and kind to a list item that omits them.
pub(super) fn adopt(item: &mut Value, resource: &ApiResource) {
    let Value::Object(members) = item else { return };
    if members.get("kind").and_then(Value::as_str).unwrap_or_default().is_empty() {
        members.insert("kind".into(), resource.kind.as_ref().into());
        members.insert("apiVersion".into(), resource.api_version().into());
    }
}

/// The object's name, or empty.
pub(super) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// `pod`, `deployment.apps`.
pub(super) fn kind_name(resource: &ApiResource) -> String {
    let kind = resource.kind.to_lowercase();
    if resource.group.is_empty() { kind } else { format!("{kind}.{}", resource.group) }
}

/// JSON in kubectl's format: four spaces for each level.
pub(super) fn to_json(value: &Value) -> String {
    let mut text = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, format);
    if serde::Serialize::serialize(value, &mut serializer).is_err() {
        return String::new();
    }
    escaped(&String::from_utf8(text).unwrap_or_default()) + "\n"
}

/// Escapes the characters that Go escapes, and those that act on a terminal. They occur only in strings.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0; 4];
        if !"<>&".contains(c) && matches!(visible(c.encode_utf8(&mut buffer)), Cow::Borrowed(_)) {
            out.push(c);
            continue;
        }
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
    }
    out
}

/// Removes `managedFields`.
pub(super) fn without_managed_fields(object: &mut Value) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.remove("managedFields");
    }
}

/// A list of objects.
pub(super) fn list_of(items: Vec<Value>) -> Value {
    let mut list = Map::new();
    list.insert("apiVersion".into(), "v1".into());
    list.insert("kind".into(), "List".into());
    list.insert("metadata".into(), serde_json::json!({"resourceVersion": ""}));
    list.insert("items".into(), items.into());
    list.into()
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum DryRun {
    #[default]
    No,
    /// Nothing is sent that changes anything.
    Client,
    /// The server stores nothing.
    Server,
}

impl DryRun {
    /// Whether requests say that it is one.
    pub(super) fn is_server(self) -> bool {
        self == DryRun::Server
    }

    /// What stands behind a message.
    pub(super) fn text(self) -> &'static str {
        match self {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }
}

/// The output of a changing command for an object.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) output: Output,
    pub(super) dry_run: DryRun,
    documents: Documents,
}

impl Report {
    pub(super) fn parse(flags: &Flags) -> Result<Self, String> {
        let dry_run = match flags.text("dry-run") {
            None | Some("none") => DryRun::No,
            Some("server") => DryRun::Server,
            Some("client") => DryRun::Client,
            Some(other) => {
                return Err(format!("Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."));
            }
        };
        let output = Output::parse(flags, &["json", "jsonpath", "jsonpath-as-json", "name", "yaml"])?;
        Ok(Self { output, dry_run, documents: Documents::default() })
    }

    /// Prints an object, or a list of objects, as a document.
    pub(super) fn show(&mut self, desk: &mut Desk<'_>, object: &Value) {
        let mut object = object.clone();
        if self.output.is_document() {
            without_managed_fields(&mut object);
            if let Some(Value::Array(items)) = object.get_mut("items") {
                items.iter_mut().for_each(without_managed_fields);
            }
        }
        match self.documents.print(&self.output, &object) {
            Ok(text) => desk.out(text),
            Err(failure) => desk.fail(failure),
        }
    }

    /// Prints an object, or a message about the action.
    pub(super) fn print(&mut self, desk: &mut Desk<'_>, resource: &ApiResource, object: &Value, done: &str) {
        let line = format!("{}/{}", kind_name(resource), name(object));
        let text = match &self.output {
            Output::Name => format!("{line}\n"),
            Output::Json | Output::Yaml | Output::Path(_) | Output::Columns(_) => return self.show(desk, object),
            Output::Text | Output::Wide => {
                // kubectl does not print this for patches.
                let dry_run = if done.starts_with("patched") { "" } else { self.dry_run.text() };
                format!("{line} {done}{dry_run}\n")
            }
        };
        desk.out(text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_go_s() {
        assert_eq!(
            to_json(&json!({"b": ["<&>"], "a": {}})),
            "{\n    \"a\": {},\n    \"b\": [\n        \"\\u003c\\u0026\\u003e\"\n    ]\n}\n"
        );
        let acts = json!("\u{9b}31m\u{202e}\u{2028}\u{e0041}é🙂");
        let text = to_json(&acts);
        assert_eq!(text, "\"\\u009b31m\\u202e\\u2028\\udb40\\udc41é🙂\"\n");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), acts);
    }

    #[test]
    fn items_get_the_kind_of_their_list() {
        let resource =
            ApiResource::new("apps/v1", "Deployment", "deployments", kube_proto::resource::Scope::Namespaced);
        let mut bare = json!({"metadata": {}});
        adopt(&mut bare, &resource);
        assert_eq!(bare, json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}}));
        let mut own = json!({"apiVersion": "v1", "kind": "Pod"});
        adopt(&mut own, &resource);
        assert_eq!(own["kind"], "Pod");
        assert_eq!(kind_name(&resource), "deployment.apps");
    }
}
