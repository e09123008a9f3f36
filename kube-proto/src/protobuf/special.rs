//! Values with a JSON form of their own.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Visitor};

use super::access::{Fields, Items};
use super::descriptor::field_of;
use super::envelope::{Content, Envelope, MAGIC};
use super::error::{malformed, unknown_kind};
use super::reader::{Place, Reader, time};
use super::row::{Field, Kind, MessageId};
use super::scalar::{TimeText, duration};
use super::wire::{Value, last_bytes, records, text};
use crate::json::embedded;
use crate::json::error::DecodeError;

/// What the value of a `Json` or a `Raw` field holds.
pub(super) enum Embedded<'de> {
    Null,
    Json(&'de [u8]),
    Document(Envelope<'de>),
}

impl<'de> Reader<'_, 'de> {
    /// Gives serde a value that is one of the kinds below `Message` in the table of kinds, or bytes.
    pub(super) fn special<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let Value { bytes, .. } = self.value;
        match self.field.kind {
            Kind::Bytes => visitor.visit_string(STANDARD.encode(bytes)),
            Kind::Quantity => match last_bytes(bytes, 1)? {
                Some(quantity) => visit_text(text(quantity), visitor),
                None => visitor.visit_borrowed_str("0"),
            },
            kind @ (Kind::Time | Kind::MicroTime) => {
                let Some((seconds, nanos)) = time(kind, bytes)? else { return visitor.visit_unit() };
                let micros = (kind == Kind::MicroTime).then_some(nanos / 1000);
                match TimeText::new(seconds, micros) {
                    Some(text) => visitor.visit_str(text.as_str()),
                    None => Err(malformed("a time is not in the years 0 to 9999")),
                }
            }
            Kind::Duration => {
                let mut nanos = 0;
                for record in records(bytes) {
                    let record = record?;
                    if record.number == 1 {
                        nanos = record.varint()? as i64;
                    }
                }
                visitor.visit_string(duration(nanos))
            }
            Kind::IntOrString => {
                let (mut which, mut number, mut string) = (0, 0, &[][..]);
                for record in records(bytes) {
                    let record = record?;
                    match record.number {
                        1 => which = record.varint()?,
                        2 => number = record.varint()? as i32,
                        3 => string = record.bytes()?,
                        _ => {}
                    }
                }
                match which {
                    0 => visitor.visit_i64(i64::from(number)),
                    1 => visit_text(text(string), visitor),
                    _ => Err(malformed("a value is neither an int nor a string")),
                }
            }
            Kind::Strings => self.message(bytes, |reader| visitor.visit_seq(Items::all(reader, Field::STRING))),
            Kind::SchemaOrBool => {
                let (mut allows, mut schema) = (false, None);
                for record in records(bytes) {
                    let record = record?;
                    match record.number {
                        1 => allows = record.varint()? != 0,
                        2 => schema = Some(record.bytes()?),
                        _ => {}
                    }
                }
                match schema {
                    Some(schema) => self.schema(field_of(self.field.message(), 2), schema, visitor),
                    None => visitor.visit_bool(allows),
                }
            }
            Kind::SchemaOrSchemas | Kind::SchemaOrStrings => {
                let union = self.field.message();
                let items = field_of(union, 2);
                if last_bytes(bytes, 2)?.is_some() {
                    return self.message(bytes, |reader| visitor.visit_seq(Items::all(reader, items)));
                }
                match last_bytes(bytes, 1)? {
                    Some(schema) => self.schema(field_of(union, 1), schema, visitor),
                    None => visitor.visit_unit(),
                }
            }
            Kind::Json | Kind::Raw => match self.embedded()? {
                Embedded::Null => visitor.visit_unit(),
                Embedded::Json(json) => embedded(json, self.last_counts, |json| json.deserialize_any(visitor)),
                Embedded::Document(document) => self.document(document, visitor),
            },
            _ => Err(malformed("the table has no such value")),
        }
    }

    fn schema<V: Visitor<'de>>(&mut self, field: Field, bytes: &'de [u8], visitor: V) -> Result<V::Value, DecodeError> {
        let message = field.message();
        self.message(bytes, |reader| visitor.visit_map(Fields::new(reader, message, Place::Elsewhere)))
    }

    /// What the value holds, if it is of the kind `Json` or `Raw`.
    pub(super) fn embedded(&self) -> Result<Embedded<'de>, DecodeError> {
        let raw = last_bytes(self.value.bytes, 1)?.unwrap_or_default();
        Ok(if raw.is_empty() {
            Embedded::Null
        } else if self.field.kind == Kind::Raw && raw.starts_with(MAGIC) {
            Embedded::Document(Envelope::open(raw)?)
        } else {
            Embedded::Json(raw)
        })
    }

    /// A document within a document.
    pub(super) fn document<V: Visitor<'de>>(
        &mut self,
        document: Envelope<'de>,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let Envelope { api_version, kind, content } = document;
        match content {
            Content::Json(json) => embedded(json, self.last_counts, |json| json.deserialize_any(visitor)),
            Content::Message(bytes) => {
                let message = message_of(api_version, kind)?;
                self.type_meta = Some((api_version, kind));
                self.message(bytes, |reader| visitor.visit_map(Fields::new(reader, message, Place::Elsewhere)))
            }
        }
    }
}

/// The message of a kind.
pub(super) fn message_of(api_version: &str, kind: &str) -> Result<MessageId, DecodeError> {
    MessageId::of(api_version, kind).ok_or_else(|| unknown_kind(api_version, kind))
}

pub(super) fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, DecodeError> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}
