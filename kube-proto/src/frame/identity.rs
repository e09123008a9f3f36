//! An object's identity, read from its document without decoding it.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::scan::{Cursor, text};

/// The type and the identity of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The member `apiVersion`.
    pub api_version: Option<Cow<'a, str>>,
    /// The member `kind`.
    pub kind: Option<Cow<'a, str>>,
    /// The identifying members of `metadata`.
    pub metadata: Metadata<'a>,
}

/// The identity of an object among those of its kind. A member that is absent, or no string, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// The object's name.
    pub name: Option<Cow<'a, str>>,
    /// Its namespace; objects of the cluster have none.
    pub namespace: Option<Cow<'a, str>>,
    /// Its uid.
    pub uid: Option<Cow<'a, str>>,
    /// Its resource version.
    pub resource_version: Option<Cow<'a, str>>,
}

/// Reads an object's identity, and stops once it is complete.
///
/// If apiVersion and kind come first, as all API servers write them, only `metadata` and what stands before it is read.
/// An item of a list of built-in objects has neither (the list has them): use [`metadata`] for it, because this
/// function would search the whole document for them. Text is borrowed unless it has escapes, and then nothing is
/// allocated.
///
/// `None` if the part that was read is no JSON object; the rest may still be broken. A document that decodes to no
/// known type still has an identity, and so a watch can go on after it. If a key stands twice, the first counts.
#[must_use]
pub fn identity(document: &[u8]) -> Option<Identity<'_>> {
    let mut found = Identity::default();
    let mut metadata = None;
    Cursor::new(document).members(|key, cursor| {
        let mut known = found.api_version.is_some() && found.kind.is_some();
        match key {
            "apiVersion" => string(cursor, &mut found.api_version)?,
            "kind" => string(cursor, &mut found.kind)?,
            "metadata" if metadata.is_none() => metadata = Some(read_metadata(cursor, known)?),
            _ => cursor.skip()?,
        }
        known = found.api_version.is_some() && found.kind.is_some() && metadata.is_some();
        Some(stop_if(known))
    })?;
    Some(Identity { metadata: metadata.unwrap_or_default(), ..found })
}

/// Reads the identifying metadata, and stops once it is complete, at the latest after `metadata`. Otherwise as
/// [`identity`].
#[must_use]
pub fn metadata(document: &[u8]) -> Option<Metadata<'_>> {
    let mut found = Metadata::default();
    Cursor::new(document).members(|key, cursor| {
        if key == "metadata" {
            found = read_metadata(cursor, true)?;
            return Some(ControlFlow::Break(()));
        }
        cursor.skip().map(ControlFlow::Continue)
    })?;
    Some(found)
}

/// Reads an object's apiVersion and kind, and stops once both are known. Otherwise as [`identity`].
pub(crate) fn types(document: &[u8]) -> Option<[Option<Cow<'_, str>>; 2]> {
    let (mut api_version, mut kind) = (None, None);
    Cursor::new(document).members(|key, cursor| {
        match key {
            "apiVersion" => string(cursor, &mut api_version)?,
            "kind" => string(cursor, &mut kind)?,
            _ => drop(cursor.value()?),
        }
        Some(stop_if(api_version.is_some() && kind.is_some()))
    })?;
    Some([api_version, kind])
}

/// Takes the value of `metadata`. If it is the `last` part that is wanted, reading stops once it is complete.
fn read_metadata<'a>(cursor: &mut Cursor<'a>, last: bool) -> Option<Metadata<'a>> {
    let mut found = Metadata::default();
    if cursor.peek()? != b'{' {
        cursor.skip()?;
        return Some(found);
    }
    cursor.members(|key, cursor| {
        match key {
            "name" => string(cursor, &mut found.name)?,
            "namespace" => string(cursor, &mut found.namespace)?,
            "uid" => string(cursor, &mut found.uid)?,
            "resourceVersion" => string(cursor, &mut found.resource_version)?,
            _ => cursor.skip()?,
        }
        let members = [&found.name, &found.namespace, &found.uid, &found.resource_version];
        Some(stop_if(last && members.into_iter().all(Option::is_some)))
    })?;
    Some(found)
}

/// Takes a value, and keeps it if it is the first string for this slot.
fn string<'a>(cursor: &mut Cursor<'a>, slot: &mut Option<Cow<'a, str>>) -> Option<()> {
    if slot.is_none()
        && cursor.peek()? == b'"'
        && let Some(text) = cursor.plain()
    {
        *slot = Some(Cow::Borrowed(text));
        return Some(());
    }
    let value = cursor.value()?;
    if slot.is_none() && value.starts_with(b"\"") {
        *slot = Some(text(value)?);
    }
    Some(())
}

fn stop_if(known: bool) -> ControlFlow<()> {
    if known { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::frame::testing;

    fn of<'a>(kind: [&'a str; 2], metadata: [&'a str; 4]) -> Identity<'a> {
        let some = |text: &'a str| (!text.is_empty()).then_some(Cow::Borrowed(text));
        let [api_version, kind] = kind.map(some);
        let [name, namespace, uid, resource_version] = metadata.map(some);
        Identity { api_version, kind, metadata: Metadata { name, namespace, uid, resource_version } }
    }

    #[test]
    fn identities() {
        let pod = ["web-0", "default", "u-1", "42"];
        let table = [
            (
                r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-0","namespace":"default","uid":"u-1","resourceVersion":"42","labels":{"name":"no"}},"spec":{}}"#,
                of(["v1", "Pod"], pod),
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"uid":"no"},"managedFields":[{"name":"no"}],"name":"web-0","namespace":"default","resourceVersion":"42","uid":"u-1"}}"#,
                of(["v1", "Pod"], pod),
            ),
            (
                r#" { "spec" : {"kind":"no"} , "metadata" : { "resourceVersion" : "42" } , "kind" : "Node" } "#,
                of(["", "Node"], ["", "", "", "42"]),
            ),
            (r#"{"m\u0065tadata":{"n\u0061me":"web\u002d0"}}"#, of(["", ""], ["web-0", "", "", ""])),
            (r#"{"kind":7,"metadata":{"name":null,"resourceVersion":"9"}}"#, of(["", ""], ["", "", "", "9"])),
            (r#"{"metadata":[]}"#, of(["", ""], ["", "", "", ""])),
            ("{}", of(["", ""], ["", "", "", ""])),
        ];
        for (document, identity) in table {
            assert_eq!(super::identity(document.as_bytes()).as_ref(), Some(&identity), "{document}");
            assert_eq!(super::metadata(document.as_bytes()), Some(identity.metadata), "{document}");
            assert_eq!(types(document.as_bytes()), Some([identity.api_version, identity.kind]), "{document}");
        }
        for broken in ["", "[]", "null", "{", r#"{"a"}"#, r#"{"a":1"#, r#"{"metadata":{"name":"x"#, r#"{"kind":"\x"}"#]
        {
            assert_eq!(identity(broken.as_bytes()), None, "{broken}");
            assert_eq!(types(broken.as_bytes()), None, "{broken}");
        }
    }

    #[test]
    fn what_comes_after_the_metadata_is_not_looked_at() {
        let start = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"uid":"u","name":"a","resourceVersion":"1","namespace":"b","#;
        assert!(identity(start.as_bytes()).is_some());
        assert!(metadata(start.as_bytes()).is_some());
        assert!(metadata(br#"{"metadata":{"name":"a"},"#).is_some());
        assert!(identity(br#"{"metadata":{"name":"a"},"#).is_none(), "apiVersion and kind may still come");
    }

    #[test]
    fn plain_text_is_borrowed() {
        let found = identity(br#"{"kind":"Pod","metadata":{"name":"a"}}"#).unwrap();
        assert!(matches!(found.kind, Some(Cow::Borrowed(_))));
        assert!(matches!(found.metadata.name, Some(Cow::Borrowed(_))));
    }

    fn oracle(object: &Map<String, Value>) -> Identity<'static> {
        let string = |value: Option<&Value>| value.and_then(Value::as_str).map(|text| Cow::Owned(text.to_owned()));
        let member = |key| string(object.get("metadata").and_then(|metadata| metadata.get(key)));
        Identity {
            api_version: string(object.get("apiVersion")),
            kind: string(object.get("kind")),
            metadata: Metadata {
                name: member("name"),
                namespace: member("namespace"),
                uid: member("uid"),
                resource_version: member("resourceVersion"),
            },
        }
    }

    proptest! {
        #[test]
        fn identity_is_what_serde_finds(
            order in Just(vec!["kind", "spec", "metadata", "apiVersion", "é\""]).prop_shuffle(),
            inner in Just(vec!["name", "uid", "namespace", "labels", "resourceVersion"]).prop_shuffle(),
            values in prop::collection::vec(prop_oneof![testing::text().prop_map(Value::from), testing::json()], 10),
            left_out in prop::collection::vec(any::<bool>(), 10),
            pretty in any::<bool>(),
        ) {
            let write = |keys: &[&str], skip: &[bool], values: &[Value]| {
                let members: Vec<String> = keys.iter().zip(values).zip(skip).filter(|(_, skip)| !**skip)
                    .map(|((key, value), _)| if pretty { format!(" {} : {value:#}\n", json!(key)) } else { format!("{}:{value}", json!(key)) })
                    .collect();
                format!("{{{}}}", members.join(","))
            };
            let mut values = values;
            let metadata = write(&inner, &left_out[5..], &values[5..]);
            let at = order.iter().position(|key| *key == "metadata").unwrap();
            values[at] = serde_json::from_str(&metadata).unwrap();
            let document = write(&order, &left_out[..5], &values);
            let oracle = oracle(&serde_json::from_str(&document).unwrap());
            prop_assert_eq!(super::metadata(document.as_bytes()).unwrap(), oracle.metadata.clone());
            prop_assert_eq!(types(document.as_bytes()).unwrap(), [oracle.api_version.clone(), oracle.kind.clone()]);
            prop_assert_eq!(identity(document.as_bytes()).unwrap(), oracle);
        }

        #[test]
        fn garbage_does_not_panic(text in "\\{?([\\[\\]{},:\" 1\\\\]|\"metadata\":|\"name\":|\"a\"){0,20}") {
            let found = identity(text.as_bytes());
            if let Ok(object) = serde_json::from_str::<Map<String, Value>>(&text) {
                prop_assert!(found.is_some(), "{object:?}");
            }
        }
    }
}
