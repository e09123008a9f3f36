//! Messages into anything that is `Deserialize`. serde sees the object's JSON form.

use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Entries, Fields, Items};
use super::envelope::{Content, Envelope};
use super::order;
use super::reader::{Reader, time};
use super::row::{Kind, MessageId, Shape};
use super::special::{Embedded, message_of, visit_text};
use super::wire::text;
use crate::frame::trim::Trim;
use crate::json::error::DecodeError;
use crate::json::{self, embedded, error};

/// Decodes a document in its envelope, without the parts that `trim` names.
///
/// # Errors
/// The document is broken, of a kind that is not in the table, or no `T`.
pub fn from_document<T: DeserializeOwned>(document: &[u8], trim: &Trim) -> Result<T, DecodeError> {
    let Envelope { api_version, kind, content } = Envelope::open(document)?;
    match content {
        Content::Message(bytes) => from_message(bytes, message_of(api_version, kind)?, (api_version, kind), trim),
        Content::Json(json) => json::without(json, trim.unwanted()),
    }
}

/// Decodes a message without an envelope, such as an item of a list. `T` sees the type that is given, unless it is
/// empty.
///
/// # Errors
/// The message is broken, or no `T`.
pub fn from_message<T: DeserializeOwned>(
    bytes: &[u8],
    message: MessageId,
    type_meta: (&str, &str),
    trim: &Trim,
) -> Result<T, DecodeError> {
    let read = |bytes, last_counts| {
        let mut reader = Reader::new(message, bytes, Some(type_meta), trim.unwanted(), last_counts);
        let result = T::deserialize(&mut reader);
        (result, reader.is_disordered())
    };
    let read_ordered = |bytes| match read(bytes, false) {
        // In a text of JSON a key stands twice, which no server writes.
        (Err(error), false) if error.kind() == error::Kind::Duplicate => read(bytes, true),
        result => result,
    };
    match read_ordered(bytes) {
        // A type may have dropped the error.
        (_, true) => read_ordered(&order::ordered(message, bytes)?).0,
        (result, false) => result,
    }
}

impl<'de> Reader<'_, 'de> {
    fn one<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let value = self.value;
        match self.field.kind {
            Kind::String => visit_text(text(value.bytes), visitor),
            Kind::Message => {
                let (message, place) = (self.field.message(), self.place);
                self.message(value.bytes, |reader| visitor.visit_map(Fields::new(reader, message, place)))
            }
            Kind::Bool => visitor.visit_bool(value.number != 0),
            Kind::Int32 => visitor.visit_i64(i64::from(value.number as i32)),
            Kind::Int64 => visitor.visit_i64(value.number as i64),
            Kind::Double => visit_double(f64::from_bits(value.number), visitor),
            _ => self.special(visitor),
        }
    }

    fn is(&self, kind: Kind) -> bool {
        self.field.kind == kind && self.shape == Shape::One
    }

    fn is_embedded(&self) -> bool {
        self.shape == Shape::One && self.field.kind.is_embedded()
    }

    /// An option whose value may be null.
    #[inline(never)]
    fn option<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let null = match self.field.kind {
            kind @ (Kind::Time | Kind::MicroTime) => time(kind, self.value.bytes)?.is_none(),
            Kind::SchemaOrSchemas | Kind::SchemaOrStrings => self.value.bytes.is_empty(),
            Kind::Json | Kind::Raw => match self.embedded()? {
                Embedded::Null => true,
                Embedded::Json(json) => {
                    return embedded(json, self.last_counts, |json| json.deserialize_option(visitor));
                }
                Embedded::Document(_) => false,
            },
            _ => false,
        };
        if null { visitor.visit_none() } else { visitor.visit_some(self) }
    }
}

/// A number without a fraction is an integer in the JSON that Go writes, and readers take it as such if it has 64 bits.
fn visit_double<'de, V: Visitor<'de>>(number: f64, visitor: V) -> Result<V::Value, DecodeError> {
    // These casts saturate.
    let (positive, negative) = (number as u64, number as i64);
    if number < 0.0 && negative as f64 == number && negative != i64::MIN {
        visitor.visit_i64(negative)
    } else if number.is_sign_positive() && positive as f64 == number && positive != u64::MAX {
        visitor.visit_u64(positive)
    } else {
        visitor.visit_f64(number)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'_, 'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.shape {
            Shape::One => self.one(visitor),
            Shape::List => self.nested(|reader| visitor.visit_seq(Items::next(reader))),
            Shape::Map => self.nested(|reader| visitor.visit_map(Entries::next(reader))),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.shape == Shape::One && self.field.kind.may_be_null() {
            self.option(visitor)
        } else {
            visitor.visit_some(self)
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if self.is_embedded()
            && let Embedded::Json(json) = self.embedded()?
        {
            return embedded(json, self.last_counts, |json| json.deserialize_newtype_struct(name, visitor));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if self.is_embedded()
            && let Embedded::Json(json) = self.embedded()?
        {
            return embedded(json, self.last_counts, |json| json.deserialize_enum(name, variants, visitor));
        }
        if self.is(Kind::String) {
            return match text(self.value.bytes) {
                Cow::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
                Cow::Owned(text) => visitor.visit_enum(StringDeserializer::new(text)),
            };
        }
        if self.is(Kind::Message) {
            let (message, place) = (self.field.message(), self.place);
            return self.message(self.value.bytes, |reader| {
                visitor.visit_enum(MapAccessDeserializer::new(Fields::new(reader, message, place)))
            });
        }
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is(Kind::String) { visit_text(text(self.value.bytes), visitor) } else { self.deserialize_any(visitor) }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is(Kind::Double) {
            visitor.visit_f64(f64::from_bits(self.value.number))
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_f64(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier
    }
}
