//! Labels and owners of an object, read from its document without decoding the rest.

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde::Deserialize;

use super::scan::{Cursor, text};
use crate::json;

/// The parts of an object's metadata from which indexes are made, as bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Description<'a> {
    labels: Option<&'a [u8]>,
    owners: Option<&'a [u8]>,
}

/// Finds the labels and owners. `None` if the document, as far as it was read, is no JSON object.
pub(crate) fn describe(document: &[u8]) -> Option<Description<'_>> {
    let mut found = Description::default();
    Cursor::new(document).members(|key, cursor| {
        if key != "metadata" {
            cursor.value()?;
            return Some(ControlFlow::Continue(()));
        }
        if cursor.peek()? == b'{' {
            cursor.members(|key, cursor| {
                let value = cursor.value()?;
                match key {
                    "labels" => found.labels = found.labels.or(Some(value)),
                    "ownerReferences" => found.owners = found.owners.or(Some(value)),
                    _ => {}
                }
                let all = found.labels.is_some() && found.owners.is_some();
                Some(if all { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
        }
        Some(ControlFlow::Break(()))
    })?;
    Some(found)
}

impl<'a> Description<'a> {
    /// The value of a label, if it is a string.
    pub(crate) fn label(&self, key: &str) -> Option<Cow<'a, str>> {
        let mut value = None;
        Cursor::new(self.labels?).members(|found, cursor| {
            let bytes = cursor.value()?;
            if found != key {
                return Some(ControlFlow::Continue(()));
            }
            value = text(bytes);
            Some(ControlFlow::Break(()))
        })?;
        value
    }

    /// Calls `each` with every owner.
    pub(crate) fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Reference<'a> {
            #[serde(borrow, default)]
            api_version: Cow<'a, str>,
            #[serde(borrow, default)]
            kind: Cow<'a, str>,
            #[serde(borrow, default)]
            name: Cow<'a, str>,
            #[serde(borrow, default)]
            uid: Cow<'a, str>,
            controller: Option<bool>,
        }
        let owners = json::text::readable(self.owners.unwrap_or(b"[]"));
        for owner in json::from_str::<Vec<Reference<'_>>>(&owners).unwrap_or_default() {
            each(Owner {
                api_version: &owner.api_version,
                kind: &owner.kind,
                name: &owner.name,
                uid: &owner.uid,
                controller: owner.controller == Some(true),
            });
        }
    }
}

/// An owner of an object: one of its `metadata.ownerReferences`. Texts that the reference does not have are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Its group and version: `apps/v1`.
    pub api_version: &'a str,
    /// Its kind: `ReplicaSet`.
    pub kind: &'a str,
    /// Its name. It is in the namespace of the object, or in none.
    pub name: &'a str,
    /// Its uid.
    pub uid: &'a str,
    /// Whether this owner manages the object.
    pub controller: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(document: &str) -> Vec<(String, bool)> {
        let mut all = Vec::new();
        let owners = describe(document.as_bytes()).unwrap();
        owners.owners(&mut |owner| {
            all.push((format!("{}{}{}{}", owner.api_version, owner.kind, owner.name, owner.uid), owner.controller));
        });
        all
    }

    #[test]
    fn labels() {
        let text = r#"{"spec":{"metadata":{"labels":{"a":"no"}}},"metadata":{"x":{"labels":{"a":"no"}},"labels":{"\u0061":"\u0031","b":2,"c":""}}}"#;
        let found = describe(text.as_bytes()).unwrap();
        assert_eq!(found.label("a").as_deref(), Some("1"));
        assert_eq!((found.label("b"), found.label("c").as_deref(), found.label("d")), (None, Some(""), None));
        for text in ["{}", r#"{"metadata":7}"#, r#"{"metadata":{"labels":null}}"#, r#"{"metadata":{"labels":[]}}"#] {
            assert_eq!(describe(text.as_bytes()).unwrap().label("a"), None, "{text}");
        }
        assert!(describe(b"[]").is_none());
    }

    #[test]
    fn owner_references() {
        let text = r#"{"metadata":{"ownerReferences":[{"uid":"u\u0031","controller":true,"name":"n","kind":"K","apiVersion":"a/v1"},{"uid":"v"},{}]}}"#;
        assert_eq!(owners(text), [("a/v1Knu1".into(), true), ("v".into(), false), (String::new(), false)]);
        assert_eq!(owners(r#"{"metadata":{"ownerReferences":null}}"#), []);
        assert_eq!(owners("{}"), []);
    }
}
