//! What an object is and belongs to, read from its message without decoding the rest.
//!
//! Field 1 of every kind that has metadata is the metadata, and the numbers of its fields never change, so no table is
//! needed. Go writes fields in order; any other order is read too, and of what stands twice, the last counts.

use std::borrow::Cow;

use super::envelope::{Content, Envelope};
use super::wire::{Broken, Record, last_bytes, records, text};
use crate::frame;
use crate::frame::Owner;
use crate::frame::identity::{Identity, Metadata};

/// The numbers of the fields of `metadata`.
mod field {
    pub(super) const NAME: u32 = 1;
    pub(super) const NAMESPACE: u32 = 3;
    pub(super) const UID: u32 = 5;
    pub(super) const RESOURCE_VERSION: u32 = 6;
    pub(super) const LABELS: u32 = 11;
    pub(super) const OWNER_REFERENCES: u32 = 13;
}

/// Reads the identity of an object from its document. `None` if the part that was read is broken.
#[must_use]
pub fn identity<'a>(document: &'a [u8]) -> Option<Identity<'a>> {
    let Envelope { api_version, kind, content } = Envelope::open(document).ok()?;
    let some = |text: &'a str| (!text.is_empty()).then_some(Cow::Borrowed(text));
    match content {
        Content::Message(message) => {
            Some(Identity { api_version: some(api_version), kind: some(kind), metadata: metadata(message)? })
        }
        Content::Json(json) => frame::identity(json),
    }
}

/// Reads the identity of an object from its message, which has no envelope.
#[must_use]
pub fn metadata(message: &[u8]) -> Option<Metadata<'_>> {
    let mut found = Metadata::default();
    each(message, |record| {
        let slot = match record.number {
            field::NAME => &mut found.name,
            field::NAMESPACE => &mut found.namespace,
            field::UID => &mut found.uid,
            field::RESOURCE_VERSION => &mut found.resource_version,
            _ => return Ok(()),
        };
        let bytes = record.bytes()?;
        *slot = (!bytes.is_empty()).then(|| text(bytes));
        Ok(())
    })
    .ok()?;
    Some(found)
}

/// The value of a label. `None` also if the message is broken.
#[must_use]
pub fn label<'a>(message: &'a [u8], key: &str) -> Option<Cow<'a, str>> {
    let mut found = None;
    each(message, |record| {
        if record.number == field::LABELS {
            let (found_key, value) = entry(record)?;
            if found_key == key.as_bytes() {
                found = Some(text(value));
            }
        }
        Ok(())
    })
    .ok()?;
    found
}

/// Calls `each_owner` with the uid of every owner, and whether it is the controller.
pub fn owners(message: &[u8], each_owner: &mut dyn FnMut(Owner<'_>)) {
    let _broken = each(message, |record| {
        if record.number == field::OWNER_REFERENCES {
            let (mut kind, mut name, mut uid, mut api_version) = Default::default();
            let mut controller = false;
            for record in records(record.bytes()?) {
                let record = record?;
                match record.number {
                    1 => kind = record.bytes()?,
                    3 => name = record.bytes()?,
                    4 => uid = record.bytes()?,
                    5 => api_version = record.bytes()?,
                    6 => controller = record.varint()? != 0,
                    _ => {}
                }
            }
            let [api_version, kind, name, uid] = [api_version, kind, name, uid].map(text);
            each_owner(Owner { api_version: &api_version, kind: &kind, name: &name, uid: &uid, controller });
        }
        Ok(())
    });
}

/// Calls `read` with the records of the metadata.
fn each<'a>(message: &'a [u8], mut read: impl FnMut(&Record<'a>) -> Result<(), Broken>) -> Result<(), Broken> {
    for record in records(message) {
        let record = record?;
        if record.number == METADATA {
            for record in records(record.bytes()?) {
                read(&record?)?;
            }
        }
    }
    Ok(())
}

/// The key and the value of an entry of a map of strings.
pub(super) fn entry<'a>(record: &Record<'a>) -> Result<(&'a [u8], &'a [u8]), Broken> {
    let entry = record.bytes()?;
    Ok((last_bytes(entry, 1)?.unwrap_or_default(), last_bytes(entry, 2)?.unwrap_or_default()))
}

/// The number of `metadata` in an object.
pub(super) const METADATA: u32 = 1;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protobuf::{sealed, to_document};

    #[test]
    fn identities() {
        let object = json!({"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "resourceVersion": "7"}});
        let document = to_document(&object, "v1", "Pod").unwrap();
        let found = identity(&document).unwrap();
        let some = |text| Some(Cow::Borrowed(text));
        assert_eq!((found.api_version, found.kind), (some("v1"), some("Pod")));
        let metadata =
            Metadata { name: some("web-0"), namespace: some("shop"), uid: some("u"), resource_version: some("7") };
        assert_eq!(found.metadata, metadata);
        assert!(matches!(found.metadata.name, Some(Cow::Borrowed(_))));
        // Go writes what is not set as an empty text.
        let document = to_document(&json!({"metadata": {"name": "n"}}), "v1", "Node").unwrap();
        assert_eq!(identity(&document).unwrap().metadata, Metadata { name: some("n"), ..Metadata::default() });
        let document = sealed("", "", b"\x0a\x06\x0a\x01a\x32\x01b\x12\x00\x0a\x03\x0a\x01c");
        let metadata = Metadata { name: some("c"), resource_version: some("b"), ..Metadata::default() };
        assert_eq!(identity(&document).unwrap(), Identity { metadata, ..Identity::default() });
        let json = b"k8s\0\x12\x1b{\"metadata\":{\"name\":\"web\"}}\x22\x10application/json";
        assert_eq!(identity(json).unwrap().metadata.name, some("web"));
        for broken in [&b"{}"[..], b"k8s\0\x12\x02\x0a\x01", b"k8s\0\x12\x04\x0a\x02\x08\x01"] {
            assert_eq!(identity(broken), None);
        }
    }

    #[test]
    fn labels_and_owners() {
        let object = json!({"metadata": {"labels": {"a": "1", "b": ""}, "ownerReferences": [
            {"apiVersion": "v1", "kind": "R", "name": "r", "uid": "u", "controller": true},
            {"apiVersion": "v1", "kind": "R", "name": "r", "uid": "v", "controller": false},
            {"apiVersion": "v1", "kind": "R", "name": "r", "uid": "w"}]}});
        let document = to_document(&object, "v1", "Pod").unwrap();
        let Content::Message(message) = Envelope::open(&document).unwrap().content else { panic!("a message") };
        let label = |key| super::label(message, key);
        assert_eq!((label("a").as_deref(), label("b").as_deref(), label("c")), (Some("1"), Some(""), None));
        let mut all = Vec::new();
        owners(message, &mut |owner| all.push((owner.uid.to_owned(), owner.controller)));
        assert_eq!(all, [("u".to_owned(), true), ("v".to_owned(), false), ("w".to_owned(), false)]);
        assert_eq!(super::label(b"\x0a\x05", "a"), None);
    }
}
