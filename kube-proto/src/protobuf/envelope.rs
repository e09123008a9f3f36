//! The envelope of a document: four bytes, and a message with the type and the content (docs/wire.md §3).

use super::error::malformed;
use super::wire::{put_bytes, put_length, put_tag, records, wire_type};
use crate::json::error::DecodeError;

/// What every document begins with.
pub(crate) const MAGIC: &[u8; 4] = b"k8s\0";

/// A document without its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// `v1`, `apps/v1`
    pub api_version: &'a str,
    /// `Pod`
    pub kind: &'a str,
    /// The object.
    pub content: Content<'a>,
}

/// The content of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A message. It has neither `apiVersion` nor `kind`.
    Message(&'a [u8]),
    /// A document in JSON.
    Json(&'a [u8]),
}

impl<'a> Envelope<'a> {
    /// Opens a document. The content is not looked at.
    ///
    /// # Errors
    /// The document has no envelope, a broken one, or content in another encoding.
    pub fn open(document: &'a [u8]) -> Result<Self, DecodeError> {
        let Some(unknown) = document.strip_prefix(MAGIC) else {
            return Err(malformed("it does not begin as a document does"));
        };
        let [mut api_version, mut kind, mut raw, mut encoding, mut media_type]: [&[u8]; 5] = [&[]; 5];
        for record in records(unknown) {
            let record = record?;
            match record.number {
                1 => {
                    for record in records(record.bytes()?) {
                        let record = record?;
                        match record.number {
                            1 => api_version = record.bytes()?,
                            2 => kind = record.bytes()?,
                            _ => {}
                        }
                    }
                }
                2 => raw = record.bytes()?,
                3 => encoding = record.bytes()?,
                4 => media_type = record.bytes()?,
                _ => {}
            }
        }
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| malformed("its type is no text"));
        let content = match (encoding, media_type) {
            (b"", b"" | b"application/vnd.kubernetes.protobuf") => Content::Message(raw),
            (b"", b"application/json") => Content::Json(raw),
            _ => return Err(malformed("its content is neither protobuf nor JSON")),
        };
        Ok(Self { api_version: text(api_version)?, kind: text(kind)?, content })
    }
}

/// Puts a message in an envelope, exactly as Go does it.
pub fn sealed(api_version: &str, kind: &str, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + api_version.len() + kind.len() + 24);
    out.extend_from_slice(MAGIC);
    put_tag(&mut out, 1, wire_type::BYTES);
    let start = out.len();
    put_bytes(&mut out, 1, api_version.as_bytes());
    put_bytes(&mut out, 2, kind.as_bytes());
    put_length(&mut out, start);
    put_bytes(&mut out, 2, message);
    put_bytes(&mut out, 3, b"");
    put_bytes(&mut out, 4, b"");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope() {
        let document = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x02\x0a\x00\x1a\x00\x22\x00";
        let envelope = Envelope { api_version: "v1", kind: "ConfigMap", content: Content::Message(b"\x0a\x00") };
        assert_eq!(Envelope::open(document).unwrap(), envelope);
        assert_eq!(sealed("v1", "ConfigMap", b"\x0a\x00"), document);
    }

    #[test]
    fn other_layouts() {
        for (document, api_version, kind, content) in [
            (&b"k8s\0"[..], "", "", Content::Message(b"")),
            // The content first, and the type in two parts.
            (b"k8s\0\x12\x01x\x0a\x04\x0a\x02v1\x0a\x05\x12\x03Pod", "v1", "Pod", Content::Message(b"x")),
            (b"k8s\0\x12\x01x\x12\x01y\x2a\x01z", "", "", Content::Message(b"y")),
            (b"k8s\0\x12\x02{}\x22\x10application/json", "", "", Content::Json(b"{}")),
        ] {
            assert_eq!(Envelope::open(document).unwrap(), Envelope { api_version, kind, content }, "{document:?}");
        }
    }

    #[test]
    fn what_is_no_document() {
        for (document, text) in [
            (&b""[..], "it is no protobuf: it does not begin as a document does"),
            (b"k8s", "it is no protobuf: it does not begin as a document does"),
            (b"{\"kind\":\"Pod\"}", "it is no protobuf: it does not begin as a document does"),
            (b"k8s\0\x0a\x05v1", "it is no protobuf: a record is longer than the message around it"),
            (b"k8s\0\x08\x05", "it is no protobuf: a record has another wire type than its field"),
            (b"k8s\0\x0a\x03\x0a\x01\xff", "it is no protobuf: its type is no text"),
            (b"k8s\0\x1a\x04gzip", "it is no protobuf: its content is neither protobuf nor JSON"),
            (b"k8s\0\x22\x04text", "it is no protobuf: its content is neither protobuf nor JSON"),
        ] {
            assert_eq!(Envelope::open(document).unwrap_err().to_string(), text, "{document:?}");
        }
    }
}
