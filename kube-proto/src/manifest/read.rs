//! Reads manifests from YAML and JSON.

use std::collections::VecDeque;
use std::fmt;

use serde_json::Value;

use super::value::{Manifest, no_object};
use crate::yaml::{self, Documents};

/// Reads the objects of a stream of YAML and JSON documents. Lists of any kind become their items, in any depth; an item without
/// `apiVersion` and `kind` has those of its list. Documents without content are no objects.
///
/// What cannot be read is an error in its place, and what follows is read all the same. The [`yaml`] module has the rules and the
/// limits of the reader.
///
/// ```
/// use kube_proto::manifest::read;
///
/// let stream = "\
/// apiVersion: v1
/// kind: Namespace
/// metadata: {name: shop}
/// ---
/// apiVersion: v1
/// kind: ConfigMapList
/// items: [{metadata: {name: a}}, {metadata: {name: b}}]
/// ---
/// kind: Pod
/// ";
/// let read: Vec<_> = read(stream).map(|read| read.map(|one| format!("{}/{}", one.kind(), one.name()))).collect();
/// let names: Vec<_> = read.iter().flatten().collect();
/// assert_eq!(names, ["Namespace/shop", "ConfigMap/a", "ConfigMap/b"]);
/// assert_eq!(read[3].as_ref().unwrap_err().to_string(), "document 3: it has no apiVersion");
/// ```
pub fn read<'a>(stream: &'a (impl AsRef<[u8]> + ?Sized)) -> Manifests<'a> {
    Manifests { documents: yaml::documents(stream), document: 0, waiting: VecDeque::new() }
}

/// The objects of a stream, from [`read`].
#[derive(Debug)]
#[must_use = "it reads as far as it is asked to"]
pub struct Manifests<'a> {
    documents: Documents<'a>,
    /// The number of the current document, from 1.
    document: usize,
    /// What is left of the current document.
    waiting: VecDeque<Waiting>,
}

/// A document or an item of a list that has not been looked at.
struct Waiting {
    value: Value,
    /// The number of the item in its list, from 1.
    item: Option<usize>,
    /// `apiVersion` and `kind` that it has if it names none.
    of_list: Option<(String, String)>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("item", &self.item).finish_non_exhaustive()
    }
}

/// A document or an item that is no manifest. It shows no value of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestError {
    /// The document is neither YAML nor JSON.
    Unreadable(yaml::Error),
    /// It is, but no object of Kubernetes.
    NoObject {
        /// The number of the document, from 1.
        document: usize,
        /// The number of the item in its list, from 1.
        item: Option<usize>,
        /// `apiVersion`, `kind` or both: what it has not. Empty if it is no JSON object at all.
        missing: Vec<&'static str>,
    },
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ManifestError::Unreadable(error) => error.fmt(f),
            ManifestError::NoObject { document, item: None, missing } => {
                write!(f, "document {document}: {}", no_object(missing))
            }
            ManifestError::NoObject { document, item: Some(item), missing } => {
                write!(f, "document {document}, item {item}: {}", no_object(missing))
            }
        }
    }
}

impl std::error::Error for ManifestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ManifestError::Unreadable(error) => Some(error),
            ManifestError::NoObject { .. } => None,
        }
    }
}

impl Manifests<'_> {
    /// Refuses a document with a duplicate key, as the API server does under strict validation. By default the last value counts.
    pub fn unique_keys(mut self) -> Self {
        self.documents = self.documents.unique_keys();
        self
    }

    /// Refuses a document that begins like JSON and is no valid JSON.
    pub fn strict_json(mut self) -> Self {
        self.documents = self.documents.strict_json();
        self
    }

    /// The object of a value; `None` if it was a list, whose items now wait.
    fn look(&mut self, Waiting { mut value, item, of_list }: Waiting) -> Option<Result<Manifest, ManifestError>> {
        let document = self.document;
        if let (Value::Object(object), Some((api_version, kind))) = (&mut value, of_list)
            && !object.contains_key("apiVersion")
            && !object.contains_key("kind")
        {
            object.insert("apiVersion".into(), api_version.into());
            object.insert("kind".into(), kind.into());
        }
        let mut manifest = match Manifest::of(value) {
            Ok(manifest) => manifest,
            Err(missing) => return Some(Err(ManifestError::NoObject { document, item, missing })),
        };
        let Some(kind) = manifest.kind().strip_suffix("List").map(str::to_owned) else { return Some(Ok(manifest)) };
        if !manifest.object().get("items").is_some_and(|items| items.is_array() || items.is_null()) {
            // The kind of an object may end so.
            return Some(Ok(manifest));
        }
        let of_list = (!kind.is_empty()).then(|| (manifest.api_version().to_owned(), kind));
        if let Some(Value::Array(items)) = manifest.object_mut().remove("items") {
            for (number, value) in items.into_iter().enumerate().rev() {
                self.waiting.push_front(Waiting { value, item: Some(number + 1), of_list: of_list.clone() });
            }
        }
        None
    }
}

impl Iterator for Manifests<'_> {
    type Item = Result<Manifest, ManifestError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let waiting = match self.waiting.pop_front() {
                Some(waiting) => waiting,
                None => {
                    let document = self.documents.next()?;
                    self.document += 1;
                    match document {
                        Ok(Value::Null) => continue,
                        Ok(value) => Waiting { value, item: None, of_list: None },
                        Err(error) => return Some(Err(ManifestError::Unreadable(error))),
                    }
                }
            };
            if let Some(read) = self.look(waiting) {
                return Some(read);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::DynamicObject;

    fn names(text: &str) -> Vec<String> {
        let name = |one: Manifest| format!("{} {}/{}", one.api_version(), one.kind(), one.name());
        read(text).map(|read| read.map_or_else(|error| error.to_string(), name)).collect()
    }

    #[test]
    fn documents_and_lists() {
        for (text, expected) in [
            ("", &[][..]),
            ("---\n# nothing\n---\n", &[]),
            ("{apiVersion: v1, kind: Pod, metadata: {name: a}}", &["v1 Pod/a"]),
            (r#"{"apiVersion":"v1","kind":"Pod"} {"apiVersion":"v1","kind":"Node"}"#, &["v1 Pod/", "v1 Node/"]),
            (
                "{apiVersion: v1, kind: List, items: [{apiVersion: apps/v1, kind: DeploymentList, items: [{metadata: {name: a}}, \
                 {metadata: {name: b}}]}, {apiVersion: v1, kind: Pod, metadata: {name: c}}]}",
                &["apps/v1 Deployment/a", "apps/v1 Deployment/b", "v1 Pod/c"],
            ),
            ("{apiVersion: v1, kind: PodList, items: null}", &[]),
            ("{apiVersion: v1, kind: PodList, items: []}", &[]),
            // A kind whose name ends so.
            ("{apiVersion: v1, kind: WishList, metadata: {name: x}}", &["v1 WishList/x"]),
            ("{apiVersion: v1, kind: WishList, items: 7, metadata: {name: x}}", &["v1 WishList/x"]),
            (
                "{apiVersion: v1, kind: List, items: [{metadata: {}}]}",
                &["document 1, item 1: it has no apiVersion and no kind"],
            ),
            (
                "- a\n---\nkind: Pod\n---\n7",
                &["document 1: it is no object", "document 2: it has no apiVersion", "document 3: it is no object"],
            ),
            ("{apiVersion: 1, kind: Pod}", &["document 1: it has no apiVersion"]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
        let broken = names("a: [\n---\napiVersion: v1\nkind: Pod\n");
        assert!(broken[0].starts_with("line ") && broken[1] == "v1 Pod/", "{broken:?}");
        assert_eq!(read("a: 1\na: 2\n").unique_keys().count(), 1);
        assert!(matches!(read("a: 1\na: 2\n").unique_keys().next(), Some(Err(ManifestError::Unreadable(_)))));
    }

    #[test]
    fn an_object_is_read_as_any_type_and_not_shown() {
        let secret = "{apiVersion: v1, kind: Secret, metadata: {name: s, labels: null}, stringData: {a: hush}}";
        let mut manifest = read(secret).next().unwrap().unwrap();
        assert!(!format!("{manifest:?}").contains("hush"));
        let object: DynamicObject = manifest.decode().unwrap();
        assert_eq!(object.data["stringData"]["a"], "hush");
        manifest.label("x", "y").unwrap();
        manifest.label("x", "y").unwrap();
        assert!(manifest.label("x", "z").is_err());
        assert_eq!(manifest.object()["metadata"]["labels"]["x"], "y");
        for wrong in ["{apiVersion: v1, kind: A, metadata: 7}", "{apiVersion: v1, kind: A, metadata: {labels: 7}}"] {
            assert!(read(wrong).next().unwrap().unwrap().label("x", "y").is_err());
        }
    }
}
