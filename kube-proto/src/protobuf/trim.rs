//! Parts of an object are left out of its bytes, without decoding it.

use std::borrow::Cow;

use super::descriptor::field_of;
use super::envelope::{Content, Envelope, MAGIC};
use super::identity::{METADATA, entry};
use super::row::MessageId;
use super::wire::{Broken, Record, put_bytes, record, text};
use crate::frame::trim::Trim;
use crate::json::options::Unwanted;

/// The number of the content in the envelope.
const CONTENT: u32 = 2;
const ANNOTATIONS: u32 = 12;
const MANAGED_FIELDS: u32 = 17;

/// The document without the parts that `trim` names; borrowed if it has none of them. All other fields stay, also those
/// that are not in the table.
///
/// A broken document stays unchanged.
#[must_use]
pub fn cut<'a>(trim: &Trim, document: &'a [u8]) -> Cow<'a, [u8]> {
    let Ok(Envelope { api_version, kind, content: Content::Message(_) }) = Envelope::open(document) else {
        return Cow::Borrowed(document);
    };
    // Of the kinds in the table, some have no metadata. All others have it.
    let has_metadata =
        MessageId::of(api_version, kind).is_none_or(|message| field_of(message, METADATA as u8).is_called("metadata"));
    if !has_metadata {
        return Cow::Borrowed(document);
    }
    let envelope = document.strip_prefix(MAGIC).unwrap_or_default();
    let shorter = rewritten(envelope, |record| match record.number {
        CONTENT => Ok(trimmed(trim, record.bytes()?)?.map_or(Change::Keep, Change::Become)),
        _ => Ok(Change::Keep),
    });
    match shorter {
        Ok(Some(envelope)) => Cow::Owned([MAGIC, &envelope[..]].concat()),
        _ => Cow::Borrowed(document),
    }
}

/// The same for the message of an object, without an envelope.
#[must_use]
pub fn cut_message<'a>(trim: &Trim, message: &'a [u8]) -> Cow<'a, [u8]> {
    trimmed(trim, message).ok().flatten().map_or(Cow::Borrowed(message), Cow::Owned)
}

/// The message without these parts; `None` if it has none of them.
fn trimmed(trim: &Trim, message: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
    let unwanted = trim.unwanted();
    if unwanted.is_nothing() {
        return Ok(None);
    }
    rewritten(message, |record| match record.number {
        METADATA => {
            Ok(rewritten(record.bytes()?, |record| without(unwanted, record))?.map_or(Change::Keep, Change::Become))
        }
        _ => Ok(Change::Keep),
    })
}

/// What becomes of a record.
enum Change {
    Keep,
    Drop,
    /// It becomes a record of these bytes.
    Become(Vec<u8>),
}

/// Decides about a record of the metadata.
fn without(unwanted: Unwanted<'_>, record: &Record<'_>) -> Result<Change, Broken> {
    let drop = match record.number {
        MANAGED_FIELDS => unwanted.managed_fields,
        ANNOTATIONS => {
            let key = text(entry(record)?.0);
            unwanted.annotations.iter().any(|unwanted| **unwanted == *key)
        }
        _ => false,
    };
    Ok(if drop { Change::Drop } else { Change::Keep })
}

/// A message with some records changed; `None` if none is.
fn rewritten<'a>(
    message: &'a [u8],
    mut change: impl FnMut(&Record<'a>) -> Result<Change, Broken>,
) -> Result<Option<Vec<u8>>, Broken> {
    let mut out: Option<Vec<u8>> = None;
    let mut rest = message;
    while !rest.is_empty() {
        let from = rest;
        let record = record(&mut rest)?;
        let change = change(&record)?;
        if out.is_none() && !matches!(change, Change::Keep) {
            let mut kept = Vec::with_capacity(message.len());
            kept.extend_from_slice(message.get(..message.len() - from.len()).unwrap_or_default());
            out = Some(kept);
        }
        let Some(out) = &mut out else { continue };
        match change {
            Change::Keep => out.extend_from_slice(from.get(..from.len() - rest.len()).unwrap_or_default()),
            Change::Drop => {}
            Change::Become(bytes) => put_bytes(out, record.number as u8, &bytes),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protobuf::{from_document, sealed, to_document};

    fn trim() -> Trim {
        Trim::managed_fields().annotation("a").annotation("b/c")
    }

    #[test]
    fn cutting_and_skipping_leave_the_same() {
        let managed = json!([{"manager": "x", "fieldsV1": {"f:a": {}}}, {"manager": "y"}]);
        for (metadata, left) in [
            (json!({"name": "x", "managedFields": managed}), json!({"name": "x"})),
            (json!({"name": "x", "uid": "u"}), json!({"name": "x", "uid": "u"})),
            (json!({"annotations": {"a": "1", "k": "2", "b/c": "3"}}), json!({"annotations": {"k": "2"}})),
            (json!({"managedFields": managed, "annotations": {"k": "2"}}), json!({"annotations": {"k": "2"}})),
        ] {
            // The template has metadata of its own, which stays.
            let object = |metadata: &Value| {
                let template = json!({"metadata": {"managedFields": managed, "annotations": {"a": "1"}}, "spec": {}});
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
                    "spec": {"template": template}})
            };
            let written = |metadata| to_document::<Value>(&object(metadata), "apps/v1", "Deployment").unwrap();
            let (document, wanted) = (written(&metadata), written(&left));
            assert_eq!(cut(&trim(), &document), wanted, "{metadata}");
            let read = |document: &[u8], trim: &Trim| from_document::<Value>(document, trim).unwrap();
            assert_eq!(read(&document, &trim()), read(&wanted, &Trim::default()), "{metadata}");
            assert_eq!(matches!(cut(&trim(), &document), Cow::Borrowed(_)), metadata == left, "{metadata}");
            assert!(matches!(cut(&Trim::default(), &document), Cow::Borrowed(_)));
        }
        // An entry that goes away leaves no empty map behind.
        let document = to_document(&json!({"metadata": {"annotations": {"a": "1"}}}), "v1", "Pod").unwrap();
        assert_eq!(cut(&trim(), &document), to_document(&json!({"metadata": {}}), "v1", "Pod").unwrap());
    }

    #[test]
    fn fields_that_are_not_known_stay() {
        let message = b"\x0a\x09\x0a\x01n\x8a\x01\x00\x98\x7d\x07\x12\x00\xba\x3f\x01?";
        assert_eq!(&*cut_message(&trim(), message), b"\x0a\x06\x0a\x01n\x98\x7d\x07\x12\x00\xba\x3f\x01?");
    }

    #[test]
    fn what_has_no_metadata_and_what_is_broken_stay() {
        let message = b"\x0a\x03\x8a\x01\x00";
        for document in [
            sealed("admission.k8s.io/v1", "AdmissionReview", message),
            sealed("v1", "Pod", b"\x0a\x03\x8a\x01"),
            sealed("v1", "Pod", b"\x0a\x04\x62\x02\x0a\x05"),
            b"k8s\0\x12\x05".to_vec(),
            b"{}".to_vec(),
        ] {
            assert!(matches!(cut(&trim(), &document), Cow::Borrowed(_)), "{document:?}");
        }
        assert_eq!(cut(&trim(), &sealed("x.io/v1", "Thing", message)), sealed("x.io/v1", "Thing", b"\x0a\x00"));
    }
}
