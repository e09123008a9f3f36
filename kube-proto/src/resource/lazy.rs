//! Objects that stay bytes until they are decoded.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::described::{Described, Owner};
use super::document::Document;
use super::{Meta, Object, Part, Protobuf};
use crate::encoding;
use crate::error::Error;
use crate::frame::identity;
use crate::frame::identity::Metadata;
use crate::json::error::DecodeError;

/// The bytes of an object, with its identity. Each call of [`parse`](Self::parse) decodes the object.
///
/// A typed pod takes several times the memory of its document, and a program never looks at most objects of a cache. This
/// is a copy of the document and some 80 bytes. [`WatchSettings::trim`](crate::watch::settings::WatchSettings) makes the
/// document smaller.
///
/// ```
/// use kube_proto::resource::{DynamicObject, Lazy, Object};
///
/// let pod: Lazy<DynamicObject> = Lazy::new(r#"{"kind":"Pod","metadata":{"name":"web-0"},"spec":{"nodeName":"n1"}}"#)?;
/// assert_eq!(pod.meta().name, Some("web-0"));
/// assert_eq!(pod.parse()?.data["spec"]["nodeName"], "n1");
/// # Ok::<(), kube_proto::Error>(())
/// ```
///
/// [`new`](Self::new) reports a document that is no object, and `parse` one that is no `K`. A list's items get the
/// list's `apiVersion` and `kind`.
///
/// The document is as the server sent it: protobuf for the types of `k8s-openapi` of kinds that have it, and JSON for all
/// others. [`Api::content_type`](crate::Api::content_type) chooses it. [`text`](Self::text) is JSON in either case.
pub struct Lazy<K> {
    document: Held,
    identity: Spans,
    kind: PhantomData<fn() -> K>,
}

/// A document, and the text that the identity's positions are in.
#[derive(Clone)]
enum Held {
    /// JSON that has the identity as it is. It is a text, so that no read of the identity checks it again.
    Text(Box<str>),
    /// Protobuf in its envelope, or JSON that has the identity with escapes.
    Bytes {
        document: Box<[u8]>,
        /// The texts of the identity, if the document has them with escapes or wrong bytes.
        unescaped: Option<Box<str>>,
    },
}

/// The identity of an object and nothing else: for caches that only need to know which objects exist.
///
/// It is read from the whole object without decoding it. For a [`PartialObject`](super::dynamic::PartialObject), in
/// contrast, the server sends the metadata only.
pub struct Identified<K> {
    texts: Box<str>,
    identity: Spans,
    kind: PhantomData<fn() -> K>,
}

/// The positions of texts in another text.
#[derive(Clone, Copy, Debug, Default)]
struct Spans {
    name: Span,
    namespace: Span,
    uid: Span,
    resource_version: Span,
}

/// The start and end of a text, or nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Span(Option<(u32, std::num::NonZeroU32)>);

impl<K> Lazy<K> {
    /// Wraps the JSON of an object.
    ///
    /// # Errors
    /// The document, up to the end of its metadata, is no JSON object.
    pub fn new(document: impl Into<String>) -> Result<Self, Error> {
        let document: Box<str> = document.into().into();
        let is_protobuf = encoding::is_protobuf(document.as_bytes());
        let new = if is_protobuf { Self::of_protobuf(document.into()) } else { Self::of_text(document) };
        new.map_err(|error| Error::decode(error.to_string(), &[]))
    }

    /// The document, in either encoding.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        Document::of(self.document.bytes())
    }

    /// The document's JSON. If it is protobuf, each call decodes it, and fields that this version of the library does not
    /// know are not in it.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match &self.document {
            Held::Text(text) => Cow::Borrowed(text),
            Held::Bytes { document, .. } => match std::str::from_utf8(document) {
                Ok(text) if !encoding::is_protobuf(document) => Cow::Borrowed(text),
                _ => Cow::Owned(self.document().text().into_owned()),
            },
        }
    }

    /// Returns the document: JSON, or protobuf in its envelope.
    #[must_use]
    pub fn into_bytes(self) -> Box<[u8]> {
        match self.document {
            Held::Text(text) => text.into_boxed_bytes(),
            Held::Bytes { document, .. } => document,
        }
    }

    fn of_text(document: Box<str>) -> Result<Self, DecodeError> {
        let (identity, unescaped) = Self::identity(document.as_bytes())?;
        let document = match unescaped {
            None => Held::Text(document),
            unescaped => Held::Bytes { document: document.into_boxed_bytes(), unescaped },
        };
        Ok(Self { document, identity, kind: PhantomData })
    }

    fn of_protobuf(document: Box<[u8]>) -> Result<Self, DecodeError> {
        let (identity, unescaped) = Self::identity(&document)?;
        Ok(Self { document: Held::Bytes { document, unescaped }, identity, kind: PhantomData })
    }

    /// The positions of the identity in the document, or in a text of its own.
    fn identity(document: &[u8]) -> Result<(Spans, Option<Box<str>>), DecodeError> {
        let found =
            encoding::metadata(document).ok_or_else(|| DecodeError::new("it is no object in JSON or protobuf"))?;
        let texts = [&found.name, &found.namespace, &found.uid, &found.resource_version];
        if texts.iter().any(|text| matches!(text, Some(Cow::Owned(_)))) {
            let (texts, spans) = Spans::collect(&found);
            return Ok((spans, Some(texts)));
        }
        Ok((Spans::within(document, &found), None))
    }
}

impl Held {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes { document, .. } => document,
        }
    }
}

impl<K: Object> Lazy<K> {
    /// Decodes the object; each call decodes anew.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the document is no `K`.
    pub fn parse(&self) -> Result<K, Error> {
        K::decode(self.document()).map_err(|error| Error::undecodable("the object", &error, self.document.bytes()))
    }
}

impl<K: Object> Object for Lazy<K> {
    const PART: Part = K::PART;
    const PROTOBUF: Protobuf = match K::PROTOBUF {
        Protobuf::Undecoded => Protobuf::ByDefault,
        other => other,
    };

    fn meta(&self) -> Meta<'_> {
        match &self.document {
            Held::Text(texts) | Held::Bytes { unescaped: Some(texts), .. } => self.identity.read(|at| texts.get(at)),
            Held::Bytes { document, unescaped: None } => {
                self.identity.read(|at| std::str::from_utf8(document.get(at)?).ok())
            }
        }
    }

    fn decode(document: Document<'_>) -> Result<Self, DecodeError> {
        if document.is_protobuf() {
            return Self::of_protobuf(document.trimmed().into());
        }
        Self::of_text(document.text().into())
    }

    /// The document is assembled once, and not copied again. In protobuf each item has its type in its envelope.
    fn decode_item(document: Document<'_>, list_api_version: &str, list_kind: &str) -> Result<Self, DecodeError> {
        if document.is_protobuf() {
            return Self::decode(document);
        }
        let text = document.text();
        Self::of_text(match completed(&text, list_api_version, list_kind) {
            Some(whole) => whole.into(),
            None => text.into(),
        })
    }

    fn adopt(&mut self, list_api_version: &str, list_kind: &str) {
        let document = self.document();
        if document.is_protobuf() {
            return;
        }
        let whole = completed(&document.text(), list_api_version, list_kind);
        if let Some(Ok(whole)) = whole.map(|whole| Self::of_text(whole.into())) {
            *self = whole;
        }
    }
}

/// The document with the `apiVersion` and `kind` of its list, unless it has either.
fn completed(document: &str, list_api_version: &str, list_kind: &str) -> Option<String> {
    if document.starts_with("{\"kind\":") || document.starts_with("{\"apiVersion\":") {
        return None;
    }
    let kind = list_kind.strip_suffix("List").filter(|kind| !kind.is_empty())?;
    let rest = document.trim_start().strip_prefix('{')?;
    // Any other layout may still have either, so the document is searched for them.
    let found = identity(document.as_bytes()).unwrap_or_default();
    if found.kind.is_some() || found.api_version.is_some() {
        return None;
    }
    let plain = |text: &str| !text.contains(['"', '\\']) && !text.contains(char::is_control);
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    Some(if plain(list_api_version) && plain(kind) {
        ["{\"apiVersion\":\"", list_api_version, "\",\"kind\":\"", kind, "\"", comma, rest].concat()
    } else {
        let (api_version, kind) = (quoted(list_api_version), quoted(kind));
        ["{\"apiVersion\":", &api_version, ",\"kind\":", &kind, comma, rest].concat()
    })
}

impl<K: Object> Described for Lazy<K> {
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        encoding::label(self.document.bytes(), key)
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        encoding::owners(self.document.bytes(), each);
    }
}

impl<'de, K> Deserialize<'de> for Lazy<K> {
    /// Works only with a JSON deserializer.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document: Box<str> = Box::<RawValue>::deserialize(deserializer)?.into();
        Self::of_text(document).map_err(D::Error::custom)
    }
}

impl<K> Clone for Lazy<K> {
    fn clone(&self) -> Self {
        Self { document: self.document.clone(), identity: self.identity, kind: PhantomData }
    }
}

impl<K: Object> fmt::Debug for Lazy<K> {
    /// Leaves out the document: it may be a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").field("meta", &self.meta()).field("bytes", &self.document.bytes().len()).finish()
    }
}

impl<K: Object> Object for Identified<K> {
    const PART: Part = K::PART;
    /// The identity is the same in either encoding.
    const PROTOBUF: Protobuf = Protobuf::ByDefault;

    fn meta(&self) -> Meta<'_> {
        self.identity.read(|at| self.texts.get(at))
    }

    fn decode(document: Document<'_>) -> Result<Self, DecodeError> {
        let found = encoding::metadata(document.bytes())
            .ok_or_else(|| DecodeError::new("it is no object in JSON or protobuf"))?;
        let (texts, identity) = Spans::collect(&found);
        Ok(Self { texts, identity, kind: PhantomData })
    }
}

impl<'de, K: Object> Deserialize<'de> for Identified<K> {
    /// Works only with a JSON deserializer.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Box::<RawValue>::deserialize(deserializer)?;
        Self::decode(Document::json(document.get().as_bytes())).map_err(D::Error::custom)
    }
}

impl<K> Clone for Identified<K> {
    fn clone(&self) -> Self {
        Self { texts: self.texts.clone(), identity: self.identity, kind: PhantomData }
    }
}

impl<K: Object> fmt::Debug for Identified<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identified").field(&self.meta()).finish()
    }
}

impl Spans {
    /// The positions of texts that are slices of the document.
    fn within(document: &[u8], found: &Metadata<'_>) -> Self {
        let span = |text: &Option<Cow<'_, str>>| match text {
            Some(Cow::Borrowed(text)) => {
                let start = (text.as_ptr() as usize).checked_sub(document.as_ptr() as usize);
                start.map_or(Span::default(), |start| Span::new(start, text.len()))
            }
            _ => Span::default(),
        };
        Self {
            name: span(&found.name),
            namespace: span(&found.namespace),
            uid: span(&found.uid),
            resource_version: span(&found.resource_version),
        }
    }

    /// All texts in one, and the position of each.
    fn collect(found: &Metadata<'_>) -> (Box<str>, Self) {
        let parts = [&found.name, &found.namespace, &found.uid, &found.resource_version];
        let mut all = String::with_capacity(parts.iter().copied().flatten().map(|part| part.len()).sum());
        let [name, namespace, uid, resource_version] = parts.map(|part| match part {
            Some(part) => {
                all.push_str(part);
                Span::new(all.len() - part.len(), part.len())
            }
            None => Span::default(),
        });
        (all.into_boxed_str(), Self { name, namespace, uid, resource_version })
    }

    /// The identity, by a function that gives a part of the text.
    fn read<'a>(self, part: impl Fn(Range<usize>) -> Option<&'a str>) -> Meta<'a> {
        let read = |span: Span| {
            let (start, end) = span.0?;
            part(start as usize..end.get() as usize - 1)
        };
        Meta {
            name: read(self.name),
            namespace: read(self.namespace),
            uid: read(self.uid),
            resource_version: read(self.resource_version),
        }
    }
}

impl Span {
    /// The end is stored plus one, so that it is never zero. Texts beyond 4 GiB are left out.
    fn new(start: usize, len: usize) -> Self {
        let end = u32::try_from(start + len + 1).ok().and_then(std::num::NonZeroU32::new);
        Self(u32::try_from(start).ok().zip(end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::frame::testing;
    use crate::resource::dynamic::DynamicObject;
    use crate::response::list::List;

    type Dynamic = Lazy<DynamicObject>;

    const POD: &str = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"7","labels":{"app":"web","x":"\u0061"},"ownerReferences":[{"kind":"R","uid":"o","controller":true},{"uid":"p"}]},"spec":{}}"#;

    #[test]
    fn it_is_small() {
        assert!(size_of::<Dynamic>() <= 64, "{}", size_of::<Dynamic>());
    }

    #[test]
    fn identity_and_document() {
        let pod = Dynamic::new(POD).unwrap();
        let meta = Meta { name: Some("a"), namespace: Some("n"), uid: Some("u"), resource_version: Some("7") };
        assert_eq!((pod.meta(), pod.text()), (meta, POD.into()));
        assert_eq!(pod.parse().unwrap().kind, "Pod");
        assert_eq!(serde_json::from_str::<Dynamic>(POD).unwrap().text(), POD);
        assert_eq!(Identified::<DynamicObject>::decode(Document::json(POD.as_bytes())).unwrap().meta(), meta);
        assert_eq!(serde_json::from_str::<Identified<DynamicObject>>(POD).unwrap().meta(), meta);
    }

    #[test]
    fn labels_and_owners_are_found() {
        let pod = Dynamic::new(POD).unwrap();
        assert_eq!(pod.label("app").as_deref(), Some("web"));
        assert_eq!(pod.label("x").as_deref(), Some("a"));
        assert_eq!(pod.label("y"), None);
        let mut owners = Vec::new();
        pod.owners(&mut |owner| owners.push((owner.uid.to_owned(), owner.controller)));
        assert_eq!(owners, [("o".to_owned(), true), ("p".to_owned(), false)]);
    }

    #[test]
    fn escapes_in_the_identity() {
        let text = r#"{"metadata":{"name":"\u0061b","uid":"plain"}}"#;
        let pod = Dynamic::new(text).unwrap();
        assert_eq!((pod.meta().name, pod.meta().uid, pod.text()), (Some("ab"), Some("plain"), text.into()));
    }

    #[test]
    fn what_is_no_object_and_what_is_no_k() {
        for text in ["", "7", "[]", "{\"metadata\":{\"name\":\"a\"", "{\"metadata\" 7}"] {
            assert!(Dynamic::new(text).is_err(), "{text}");
        }
        let replaced = Dynamic::decode(Document::json(b"{\"a\":\"\xff\"}")).unwrap();
        assert_eq!(replaced.text(), "{\"a\":\"\u{fffd}\"}");
        let strange = Dynamic::new(r#"{"metadata":{"name":"s","labels":7},"data":"s3cret"}"#).unwrap();
        let error = strange.parse().unwrap_err().to_string();
        assert!(error.contains("\"s\"") && !error.contains("s3cret"), "{error}");
        assert!(!format!("{strange:?}").contains("s3cret"));
    }

    #[test]
    fn items_of_lists_learn_their_kind() {
        for (item, whole) in [
            (r#"{"metadata":{"name":"a"}}"#, r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#),
            (" { } ", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\" } "),
            (r#"{"kind":"X","metadata":{}}"#, r#"{"kind":"X","metadata":{}}"#),
            (r#"{"metadata":{},"kind":"X"}"#, r#"{"metadata":{},"kind":"X"}"#),
        ] {
            let list = format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{item}]}}"#);
            let mut one = Dynamic::decode(Document::json(item.as_bytes())).unwrap();
            one.adopt("v1", "PodList");
            assert_eq!(one.text(), whole);
            let list = List::<Dynamic>::decode(list.as_bytes()).unwrap();
            assert_eq!(list.items[0].text(), whole.trim_end());
            assert!(list.items[0].parse().is_ok());
        }
    }

    proptest! {
        #[test]
        fn any_object_says_who_it_is(
            meta in prop::collection::btree_map("name|namespace|uid|resourceVersion|labels", testing::json(), 0..5),
            rest in prop::collection::btree_map(testing::text(), testing::json(), 0..4),
        ) {
            let mut document = json!(rest);
            document["metadata"] = json!(meta);
            let lazy = Dynamic::new(document.to_string()).unwrap();
            let text = |key: &str| document["metadata"].get(key).and_then(Value::as_str);
            prop_assert_eq!(lazy.meta().name, text("name"));
            prop_assert_eq!(lazy.meta().namespace, text("namespace"));
            prop_assert_eq!(lazy.meta().uid, text("uid"));
            prop_assert_eq!(lazy.meta().resource_version, text("resourceVersion"));
            prop_assert_eq!(lazy.text(), document.to_string());
        }
    }
}
