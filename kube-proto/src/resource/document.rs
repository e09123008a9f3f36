use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::DeserializeOwned;

use crate::encoding;
use crate::frame::trim::Trim;
use crate::json::error::DecodeError;
use crate::json::{self, text};

/// The document of one object as the server sent it, and what reading leaves out of it: the argument of
/// [`Object::decode`](super::Object::decode).
///
/// ```
/// use kube_proto::resource::{Document, DynamicObject, Object};
///
/// let pod = DynamicObject::decode(Document::json(br#"{"kind":"Pod","metadata":{"name":"web-0"}}"#))?;
/// assert_eq!(pod.meta().name, Some("web-0"));
/// # Ok::<(), kube_proto::error::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct Document<'a> {
    bytes: Cow<'a, [u8]>,
    trim: Option<&'a Trim>,
    /// Set once the document has been read to its end.
    read: Option<&'a AtomicBool>,
}

impl<'a> Document<'a> {
    /// A JSON document.
    #[must_use]
    pub fn json(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { bytes: bytes.into(), trim: None, read: None }
    }

    /// A document in JSON, or in protobuf in its envelope. Its first bytes show which.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self::json(bytes)
    }

    /// Whether it is protobuf: only for types, and with a [`ContentType`](crate::settings::ContentType), that ask for it.
    #[must_use]
    pub fn is_protobuf(&self) -> bool {
        encoding::is_protobuf(&self.bytes)
    }

    /// The bytes without the parts to leave out.
    pub(crate) fn trimmed(&self) -> Cow<'_, [u8]> {
        match self.trim {
            Some(trim) => encoding::cut(trim, &self.bytes),
            None => Cow::Borrowed(&self.bytes),
        }
    }

    /// Leaves these parts out.
    #[must_use]
    pub fn without(self, trim: Option<&'a Trim>) -> Self {
        Self { trim, ..self }
    }

    /// Sets this once the document has been read as one document, to its end.
    pub(crate) fn noting(self, read: &'a AtomicBool) -> Self {
        Self { read: Some(read), ..self }
    }

    /// The bytes as received, JSON or protobuf: nothing is left out.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The document as a text in JSON, without the parts to leave out. Bytes that are not UTF-8 become U+FFFD. The text of
    /// a broken document in protobuf is empty.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        if self.is_protobuf() {
            return self.read::<serde_json::Value>().map(|value| value.to_string()).unwrap_or_default().into();
        }
        match self.trim.map_or(Cow::Borrowed(&*self.bytes), |trim| trim.cut(&self.bytes)) {
            Cow::Borrowed(bytes) => text::readable(bytes),
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Cow::Owned(text),
                Err(error) => Cow::Owned(text::readable(error.as_bytes()).into_owned()),
            },
        }
    }

    /// Reads the object, by [the rules of this library](mod@crate::json). The parts to leave out are skipped.
    ///
    /// # Errors
    /// The document is no object, or no `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        if !encoding::is_object(&self.bytes) {
            // The reader takes null for any struct, and finds what is wrong with most other documents.
            json::from_slice::<serde::de::IgnoredAny>(&self.bytes)?;
            return Err(DecodeError::new("it is no JSON object"));
        }
        let object = encoding::read(&self.bytes, self.trim)?;
        if let Some(read) = self.read {
            read.store(true, Ordering::Relaxed);
        }
        Ok(object)
    }
}

impl std::fmt::Debug for Document<'_> {
    /// Leaves out the bytes: the object may be a Secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").field("bytes", &self.bytes.len()).field("trim", &self.trim).finish()
    }
}
