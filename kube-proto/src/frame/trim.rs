//! Removes parts of an object before it is decoded.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::scan::Cursor;
use crate::json::options::Unwanted;

/// Parts of an object's metadata that the caller does not need. They are cut from the bytes before decoding, and cost
/// neither time nor memory there.
///
/// `managedFields` is often half of an object; the annotation of `kubectl apply` is a copy of the rest.
///
/// ```
/// use kube_proto::api::Trim;
///
/// let trim = Trim::managed_fields().annotation("kubectl.kubernetes.io/last-applied-configuration");
/// let pod = br#"{"kind":"Pod","metadata":{"name":"a","managedFields":[{"manager":"x"}],"uid":"u"},"spec":{}}"#;
/// assert_eq!(&*trim.cut(pod), br#"{"kind":"Pod","metadata":{"name":"a","uid":"u"},"spec":{}}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trim {
    managed_fields: bool,
    annotations: Arc<[Box<str>]>,
}

impl Trim {
    /// Leaves out `metadata.managedFields`.
    #[must_use]
    pub fn managed_fields() -> Self {
        Self { managed_fields: true, ..Self::default() }
    }

    /// Leaves out this annotation too.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<Box<str>>) -> Self {
        self.annotations = self.annotations.iter().cloned().chain([key.into()]).collect();
        self
    }

    /// The document without these parts; borrowed if it has none of them. All other bytes stay, except commas and white
    /// space beside a cut.
    ///
    /// If `metadata` stands twice, the first counts. A document that is no JSON object, or ends before the end of its
    /// metadata, stays unchanged.
    #[must_use]
    pub fn cut<'a>(&self, document: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(cuts) = self.cuts(document).filter(|cuts| !cuts.is_empty()) else { return Cow::Borrowed(document) };
        let mut kept = Vec::with_capacity(document.len() - cuts.iter().map(Range::len).sum::<usize>());
        let mut at = 0;
        for cut in cuts {
            kept.extend_from_slice(document.get(at..cut.start).unwrap_or_default());
            at = cut.end;
        }
        kept.extend_from_slice(document.get(at..).unwrap_or_default());
        Cow::Owned(kept)
    }

    /// The same for the reader, which skips them.
    pub(crate) fn unwanted(&self) -> Unwanted<'_> {
        Unwanted { managed_fields: self.managed_fields, annotations: &self.annotations }
    }

    /// The ranges to leave out, in order and without overlap; `None` if the document, as far as it was read, is not
    /// JSON.
    fn cuts(&self, document: &[u8]) -> Option<Vec<Range<usize>>> {
        let mut cuts = Vec::new();
        Cursor::new(document).members(|key, cursor| {
            if key != "metadata" {
                cursor.value()?;
                return Some(ControlFlow::Continue(()));
            }
            if cursor.peek()? == b'{' {
                self.metadata(document, cursor, &mut cuts)?;
            }
            Some(ControlFlow::Break(()))
        })?;
        Some(cuts)
    }

    fn metadata<'a>(&self, document: &'a [u8], cursor: &mut Cursor<'a>, cuts: &mut Cuts) -> Option<()> {
        let unwanted = |key: &str| self.managed_fields && key == "managedFields";
        without(document, cursor, cuts, unwanted, |key, cursor, cuts| {
            if key != "annotations" || self.annotations.is_empty() || cursor.peek()? != b'{' {
                return cursor.value().map(drop);
            }
            let unwanted = |key: &str| self.annotations.iter().any(|unwanted| **unwanted == *key);
            without(document, cursor, cuts, unwanted, |_, cursor, _| cursor.value().map(drop))
        })
    }
}

type Cuts = Vec<Range<usize>>;

/// Reads the object at the cursor, and cuts its unwanted members. `inside` takes the value of each other member.
fn without<'a>(
    document: &'a [u8],
    cursor: &mut Cursor<'a>,
    cuts: &mut Cuts,
    unwanted: impl Fn(&str) -> bool,
    mut inside: impl FnMut(&str, &mut Cursor<'a>, &mut Cuts) -> Option<()>,
) -> Option<()> {
    let at = |cursor: &Cursor<'_>| document.len() - cursor.left();
    cursor.peek()?;
    // The position after the opening brace or the last kept member, and the end of the cut after it, if there is one.
    let (mut kept, mut cut) = (at(cursor) + 1, None);
    let mut first = true;
    cursor.members(|key, cursor| {
        if unwanted(key) {
            cursor.value()?;
            cut = Some(at(cursor));
            return Some(ControlFlow::Continue(()));
        }
        if let Some(end) = cut.take() {
            // A superfluous comma follows the cut. It separates this member from the one before, if there is one.
            let gap = document.get(end..)?.iter().position(|byte| *byte == b'"')?;
            cuts.push(kept..if first { end + gap } else { end });
        }
        first = false;
        inside(key, cursor, cuts)?;
        kept = at(cursor);
        Some(ControlFlow::Continue(()))
    })?;
    cuts.extend(cut.map(|end| kept..end));
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::frame::testing;

    fn trim() -> Trim {
        Trim::managed_fields().annotation("a").annotation("b/c")
    }

    #[test]
    fn cuts() {
        for (document, left) in [
            (r#"{"metadata":{"managedFields":[]}}"#, r#"{"metadata":{}}"#),
            (r#"{"metadata":{"managedFields":[],"name":"x"}}"#, r#"{"metadata":{"name":"x"}}"#),
            (r#"{"metadata":{"name":"x","managedFields":[1,{"a":"]"}]},"b":1}"#, r#"{"metadata":{"name":"x"},"b":1}"#),
            (r#"{"metadata":{"x":1,"managedFields":0,"y":2}}"#, r#"{"metadata":{"x":1,"y":2}}"#),
            (r#"{"metadata":{"managedFields":0,"managedFields":1,"y":2}}"#, r#"{"metadata":{"y":2}}"#),
            (r#"{"metadata":{"managedF\u0069elds":0}}"#, r#"{"metadata":{}}"#),
            (
                "{ \"metadata\" : { \"x\" : 1 , \"managedFields\" : 0 , \"y\" : 2 } }",
                "{ \"metadata\" : { \"x\" : 1 , \"y\" : 2 } }",
            ),
            (
                r#"{"metadata":{"annotations":{"a":"1","k":"2","b/c":"3"},"managedFields":0,"z":1}}"#,
                r#"{"metadata":{"annotations":{"k":"2"},"z":1}}"#,
            ),
            (r#"{"metadata":{"annotations":{"a":"1","b/c":"3"}}}"#, r#"{"metadata":{"annotations":{}}}"#),
            (
                r#"{"metadata":{"managedFields":0},"metadata":{"managedFields":0}}"#,
                r#"{"metadata":{},"metadata":{"managedFields":0}}"#,
            ),
        ] {
            assert_eq!(String::from_utf8_lossy(&trim().cut(document.as_bytes())), left, "{document}");
        }
    }

    #[test]
    fn what_has_none_of_it_is_borrowed() {
        for document in [
            r#"{"metadata":{"name":"x","annotations":{"k":"managedFields"}},"managedFields":0}"#,
            r#"{"spec":{"metadata":{"managedFields":0}}}"#,
            r#"{"metadata":[{"managedFields":0}]}"#,
            r#"{"metadata":{"annotations":null}}"#,
            r#"{"metadata":{"managedFields":0"#,
            "[]",
            "",
        ] {
            assert!(matches!(trim().cut(document.as_bytes()), Cow::Borrowed(_)), "{document}");
        }
        let document = br#"{"metadata":{"managedFields":0,"annotations":{"a":"1"}}}"#;
        assert!(matches!(Trim::default().cut(document), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn serde_sees_the_same_without(
            before in prop::collection::btree_map(testing::text(), testing::json(), 0..3),
            metadata in prop::collection::btree_map(
                prop_oneof![testing::text(), Just("managedFields".to_owned())], testing::json(), 0..6),
            annotations in prop::option::of(prop::collection::btree_map(
                prop_oneof![testing::text(), Just("a".to_owned()), Just("b/c".to_owned())], testing::text(), 0..6)),
            pretty in any::<bool>(),
        ) {
            let mut document = json!(before);
            document["metadata"] = json!(metadata);
            if let Some(annotations) = annotations {
                document["metadata"]["annotations"] = json!(annotations);
            }
            let text = if pretty { format!("{document:#}") } else { document.to_string() };
            let metadata = document["metadata"].as_object_mut().unwrap();
            metadata.remove("managedFields");
            if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
                annotations.retain(|key, _| key != "a" && key != "b/c");
            }
            let cut = trim().cut(text.as_bytes()).into_owned();
            prop_assert_eq!(&serde_json::from_slice::<Value>(&cut).unwrap(), &document);
            if !pretty {
                prop_assert_eq!(String::from_utf8(cut).unwrap(), document.to_string());
            }
        }

        #[test]
        fn bytes_of_any_kind_do_not_panic(text in "\\{\"metadata\":\\{([\\[\\]{},:\" 1\\\\]|\"managedFields\":|\"annotations\":|\"a\":){0,20}") {
            let _whatever = trim().cut(text.as_bytes());
        }
    }
}
