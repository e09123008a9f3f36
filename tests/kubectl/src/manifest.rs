//! Reads objects from files: JSON or YAML, several documents in a file, items of lists.

use kube_proto::manifest::{self, ManifestError};
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

/// The annotation with the configuration that was applied last.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Manifest {
    /// Sets the namespace if the object names none, so that the server's errors name it, as in kubectl.
    pub(super) fn within(&mut self, namespace: Option<&str>) {
        if let (Some(namespace), "") = (namespace, self.meta("namespace")) {
            let metadata = self.object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(metadata) = metadata {
                metadata.insert("namespace".into(), namespace.into());
            }
        }
    }

    /// A text field; empty if it is not a text.
    pub(super) fn text(&self, field: &str) -> &str {
        self.object.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text field of the metadata; empty if it is not a text.
    pub(super) fn meta(&self, field: &str) -> &str {
        self.object.get("metadata").and_then(|metadata| metadata.get(field)?.as_str()).unwrap_or_default()
    }
}

/// The objects of one file. A document or an item that cannot be read is an error, and the others are read all the same;
/// kubectl reads none behind it.
pub(super) fn manifests(source: &Source, content: &[u8]) -> Vec<Result<Manifest, Failure>> {
    let name = source.name();
    let one = |read: Result<manifest::Manifest, ManifestError>| match read {
        Ok(manifest) => Ok(Manifest { source: name.to_owned(), object: manifest.into_object() }),
        Err(ManifestError::Unreadable(error)) => Err(unread(name, &error)),
        Err(ManifestError::NoObject { missing, .. }) => Err(match missing.as_slice() {
            [] => Failure::text(format!("error parsing {name}: a document is no object")),
            [one] => invalid(name, &format!("{one} not set")),
            both => invalid(name, &format!("[{} not set]", both.join(" not set, "))),
        }),
        Err(other) => Err(Failure::text(format!("error parsing {name}: {other}"))),
    };
    manifest::read(content).strict_json().map(one).collect()
}

fn invalid(name: &str, said: &str) -> Failure {
    let hint = "if you choose to ignore these errors, turn validation off with --validate=false";
    Failure::text(format!("error validating {name:?}: error validating data: {said}; {hint}"))
}

fn unread(name: &str, error: &yaml::Error) -> Failure {
    let broken = |text: &dyn std::fmt::Display| Failure::text(format!("error parsing {name}: {text}"));
    match (error.is_eof(), error.is_json()) {
        (true, _) => broken(&"unexpected EOF"),
        (false, true) => broken(error),
        (false, false) => broken(&format_args!("yaml: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<Result<String, String>> {
        let found = manifests(&Source::Path("f.yaml".into()), text.as_bytes());
        let name = |manifest: Manifest| format!("{}/{}", manifest.text("kind"), manifest.meta("name"));
        found.into_iter().map(|read| read.map(name).map_err(|failure| failure.0)).collect()
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
            (
                r#"{"apiVersion":"v1","kind":"ConfigMapList","items":[{"metadata":{"name":"a"}},
                    {"apiVersion":"v1","kind":"Secret"}]}"#,
                "ConfigMap/a Secret/",
            ),
            ("apiVersion: v1\nkind: ConfigMapList\nitems: []\n", ""),
            ("", ""),
        ] {
            let names: Result<Vec<String>, String> = names(text).into_iter().collect();
            assert_eq!(names.map(|names| names.join(" ")).as_deref(), Ok(found), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_does_not_hide_the_rest() {
        let text = "a: [\n---\napiVersion: v1\nkind: A\n---\nkind: B\n---\n{\"k\":NaN}\n---\n- list\n---\n\
            apiVersion: v1\nkind: List\nitems: [{kind: C}, 7, {apiVersion: v1, kind: D}]\n---\napiVersion: v1\nkind: E\n";
        let found: Vec<String> = names(text).into_iter().map(|it| it.unwrap_or_else(|error| error)).collect();
        let starts = [
            "error: error parsing f.yaml: yaml: line 1, column ",
            "A/",
            "error: error validating \"f.yaml\": error validating data: apiVersion not set; ",
            "error: error parsing f.yaml: document 4, k: it is no JSON: a value should stand here at line 8 column ",
            "error: error parsing f.yaml: a document is no object",
            "error: error validating \"f.yaml\": error validating data: apiVersion not set; ",
            "error: error parsing f.yaml: a document is no object",
            "D/",
            "E/",
        ];
        assert_eq!(found.len(), starts.len(), "{found:?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
    }

    #[test]
    fn files_that_are_none() {
        for (text, error) in [
            ("a: [", "error: error parsing f.yaml: yaml: line 1, column "),
            (
                "{\"a\": ]}",
                "error: error parsing f.yaml: a: it is no JSON: a value should stand here at line 1 column 7",
            ),
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
            let found = names(text);
            assert!(matches!(found.as_slice(), [Err(found)] if found.starts_with(error)), "{found:?}");
        }
    }
}
