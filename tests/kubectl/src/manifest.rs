//! Reads objects from files: JSON or YAML, several documents in a file, items of lists.

use std::collections::VecDeque;

use kube_proto::yaml;
use serde_json::{Map, Value};

use super::failure::Failure;

/// A file of the command line; `main` reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The file of this path.
    Path(String),
    /// Standard input, to its end.
    Stdin,
}

impl Source {
    /// The value of `-f`: a path, or `-`.
    pub(super) fn of(text: &str) -> Self {
        if text == "-" { Source::Stdin } else { Source::Path(text.to_owned()) }
    }

    /// The name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Source::Path(path) => path,
            Source::Stdin => "STDIN",
        }
    }
}

/// An object of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Manifest {
    /// The file's name in messages.
    pub(super) source: String,
    /// The object, with apiVersion and kind.
    pub(super) object: Map<String, Value>,
}

impl Manifest {
    /// A text field; empty if it is not a text.
    pub(super) fn text(&self, field: &str) -> &str {
        self.object.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text field of the metadata; empty if it is not a text.
    pub(super) fn meta(&self, field: &str) -> &str {
        self.object.get("metadata").and_then(|metadata| metadata.get(field)?.as_str()).unwrap_or_default()
    }
}

/// The objects of one file.
pub(super) fn manifests(source: &Source, content: &[u8]) -> Result<Vec<Manifest>, Failure> {
    let name = source.name();
    let broken = |text: &dyn std::fmt::Display| Failure::text(format!("error parsing {name}: {text}"));
    let documents = yaml::documents(content).strict_json().collect::<Result<VecDeque<Value>, _>>();
    let mut queue = documents.map_err(|error| match (error.is_eof(), error.is_json()) {
        (true, _) => broken(&"unexpected EOF"),
        (false, true) => broken(&error),
        (false, false) => broken(&format_args!("yaml: {error}")),
    })?;
    let mut found = Vec::new();
    while let Some(document) = queue.pop_front() {
        let object = match document {
            Value::Null => continue,
            Value::Object(object) => object,
            _ => return Err(broken(&"a document is no object")),
        };
        let manifest = Manifest { source: name.to_owned(), object };
        let missing: Vec<String> = ["apiVersion", "kind"]
            .into_iter()
            .filter(|field| manifest.text(field).is_empty())
            .map(|field| format!("{field} not set"))
            .collect();
        let said = match missing.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            both => Some(format!("[{}]", both.join(", "))),
        };
        if let Some(said) = said {
            let hint = "if you choose to ignore these errors, turn validation off with --validate=false";
            return Err(Failure::text(format!("error validating {name:?}: error validating data: {said}; {hint}")));
        }
        let is_list = manifest.text("kind").ends_with("List");
        match manifest.object.get("items") {
            Some(Value::Array(items)) if is_list => {
                items.iter().rev().for_each(|item| queue.push_front(item.clone()));
            }
            _ => found.push(manifest),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<String, Failure> {
        let found = manifests(&Source::Path("f.yaml".into()), text.as_bytes())?;
        let names = found.iter().map(|manifest| format!("{}/{}", manifest.text("kind"), manifest.meta("name")));
        Ok(names.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn objects_of_a_file() {
        for (text, found) in [
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: Node\n",
                "Pod/a Node/",
            ),
            (r#"{"apiVersion":"v1","kind":"Pod"} {"apiVersion":"v1","kind":"Node"}"#, "Pod/ Node/"),
            ("{apiVersion: v1, kind: Pod}", "Pod/"),
            (
                r#"{"apiVersion":"v1","kind":"List","items":[
                    {"apiVersion":"v1","kind":"A"},
                    {"apiVersion":"v1","kind":"PodList","items":[{"apiVersion":"v1","kind":"B"}]},
                    {"apiVersion":"v1","kind":"C"}]}"#,
                "A/ B/ C/",
            ),
            ("", ""),
        ] {
            assert_eq!(names(text).as_deref(), Ok(found), "{text}");
        }
    }

    #[test]
    fn files_that_are_none() {
        for (text, error) in [
            ("a: [", "error: error parsing f.yaml: yaml: line 1, column "),
            ("{\"a\": ]}", "error: error parsing f.yaml: expected value at line 1 column 7"),
            ("just text", "error: error parsing f.yaml: a document is no object"),
            (
                "kind: Pod\nmetadata: {name: x}",
                "error: error validating \"f.yaml\": error validating data: apiVersion not set; if you choose",
            ),
            (
                "a: b",
                "error: error validating \"f.yaml\": error validating data: [apiVersion not set, kind not set]; if",
            ),
        ] {
            let found = names(text).unwrap_err().0;
            assert!(found.starts_with(error), "{found}");
        }
    }
}
