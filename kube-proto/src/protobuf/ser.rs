//! Anything that is `Serialize` into messages. serde gives the object's JSON form.

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::compound::{List, Members, Variant};
use super::descriptor::field_of;
use super::envelope::sealed;
use super::error::EncodeError;
use super::put::Put;
use super::row::{Field, Kind, MessageId, Shape};

/// Encodes an object of this type, in its envelope, as Go does it: fields and keys in order, and the zero values that
/// JSON leaves out.
///
/// # Errors
/// The kind is not in the table, or the object has a field that is not, or a value of another type. An object with such
/// a field is never written without it: use JSON.
pub fn to_document<T: Serialize + ?Sized>(object: &T, api_version: &str, kind: &str) -> Result<Vec<u8>, EncodeError> {
    let message = MessageId::of(api_version, kind).ok_or_else(|| EncodeError::unknown_kind(api_version, kind))?;
    let message = to_message(object, message)?;
    Ok(sealed(api_version, kind, &message))
}

/// Encodes a message without an envelope.
///
/// # Errors
/// As [`to_document`].
pub fn to_message<T: Serialize + ?Sized>(object: &T, message: MessageId) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    Put::all(&mut out, Field::document(message), object)?;
    Ok(out)
}

impl<'o> Serializer for Put<'o> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = List<'o>;
    type SerializeTuple = List<'o>;
    type SerializeTupleStruct = List<'o>;
    type SerializeTupleVariant = Variant<'o, Vec<Value>>;
    type SerializeMap = Members<'o>;
    type SerializeStruct = Members<'o>;
    type SerializeStructVariant = Variant<'o, Map<String, Value>>;

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.bool(value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.int(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.int(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.int(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        self.int(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.int(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.int(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.int(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        match i64::try_from(value) {
            Ok(value) => self.int(value),
            Err(_) if self.kind() == Some(Kind::Double) => self.double(value as f64),
            Err(_) => Err(EncodeError::new("the number has more than 63 bits")),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.double(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        self.double(value)
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.text(value)
    }

    /// In JSON, bytes are a list of numbers; the API has no such list.
    fn serialize_bytes(self, _: &[u8]) -> Result<(), EncodeError> {
        Err(self.refuse("a list of bytes"))
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EncodeError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let mut members = self.serialize_map(Some(1))?;
        members.member(variant, value)?;
        members.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'o>, EncodeError> {
        let union = self.field.message();
        match (self.shape, self.field.kind) {
            (Shape::List, _) => Ok(List::of(self)),
            (Shape::One, Kind::Strings) => Ok(List::within(self, Field::STRING)),
            (Shape::One, Kind::SchemaOrSchemas | Kind::SchemaOrStrings) => Ok(List::within(self, field_of(union, 2))),
            _ => Err(self.refuse("a list")),
        }
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'o>, EncodeError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List<'o>, EncodeError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Variant<'o, Vec<Value>>, EncodeError> {
        Ok(Variant { put: self, name, content: Vec::with_capacity(length) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o>, EncodeError> {
        let message = self.field.message();
        match (self.shape, self.field.kind) {
            (Shape::Map, _) => Ok(Members::map(self)),
            (Shape::One, Kind::Message) => Ok(Members::message(self, message)),
            // A schema is also an answer to the question that the bool answers.
            (Shape::One, Kind::SchemaOrBool) => Ok(Members::schema(self, field_of(message, 2), b"\x08\x01")),
            (Shape::One, Kind::SchemaOrSchemas | Kind::SchemaOrStrings) => {
                Ok(Members::schema(self, field_of(message, 1), b""))
            }
            _ => Err(self.refuse("an object")),
        }
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members<'o>, EncodeError> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Variant<'o, Map<String, Value>>, EncodeError> {
        Ok(Variant { put: self, name, content: Map::new() })
    }
}
