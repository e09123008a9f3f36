//! The records of one value.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use super::assemble::put_zero;
use super::error::EncodeError;
use super::row::{Field, Kind, Shape};
use super::scalar::{ZERO_TIME, parse_duration, parse_time};
use super::wire::{put_bytes, put_length, put_number, put_tag, wire_type};

/// Writes the value of a field: all its records, or nothing for null.
pub(super) struct Put<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) field: Field,
    pub(super) shape: Shape,
}

impl<'o> Put<'o> {
    /// All values of a field.
    pub(super) fn all<T: Serialize + ?Sized>(out: &'o mut Vec<u8>, field: Field, value: &T) -> Result<(), EncodeError>
    where
        Self: Serializer<Ok = (), Error = EncodeError>,
    {
        Self { out, field, shape: field.shape() }.value(value)
    }

    /// One value of a list or a map. Null is the zero value there.
    pub(super) fn element<T: Serialize + ?Sized>(out: &mut Vec<u8>, field: Field, value: &T) -> Result<(), EncodeError>
    where
        for<'a> Put<'a>: Serializer<Ok = (), Error = EncodeError>,
    {
        let before = out.len();
        Put { out, field, shape: Shape::One }.value(value)?;
        if out.len() == before {
            put_zero(field, out);
        }
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError>
    where
        Self: Serializer<Ok = (), Error = EncodeError>,
    {
        if self.shape == Shape::One && self.field.kind.is_embedded() { self.json(value) } else { value.serialize(self) }
    }

    /// A record that is a message; or the document itself, which has no number.
    pub(super) fn message(
        self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let Self { out, field, .. } = self;
        if field.number == 0 {
            return write(out);
        }
        put_tag(out, field.number, wire_type::BYTES);
        let start = out.len();
        write(out)?;
        put_length(out, start);
        Ok(())
    }

    /// The kind of the value; `None` for a list or a map.
    pub(super) fn kind(&self) -> Option<Kind> {
        (self.shape == Shape::One).then_some(self.field.kind)
    }

    /// The error for a value of another type.
    #[cold]
    pub(super) fn refuse(&self, given: &str) -> EncodeError {
        let wanted = match (self.shape, self.field.kind) {
            (Shape::List, _) => "a list",
            (Shape::Map, _) => "an object",
            (_, Kind::Strings) => "a list",
            (_, Kind::Bool) => "a bool",
            (_, Kind::Int32 | Kind::Int64 | Kind::Double) => "a number",
            (_, Kind::Message | Kind::Inline) => "an object",
            (_, Kind::IntOrString) => "a number or a string",
            (_, Kind::SchemaOrBool) => "an object or a bool",
            (_, Kind::SchemaOrSchemas | Kind::SchemaOrStrings) => "an object or a list",
            _ => "a string",
        };
        EncodeError::new(format!("it is {given}, and the API has {wanted}"))
    }

    fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        match serde_json::to_vec(value) {
            Ok(json) if json == b"null" => Ok(()),
            Ok(json) => self.message(|out| {
                put_bytes(out, 1, &json);
                Ok(())
            }),
            Err(error) => Err(EncodeError::new(format!("it does not become JSON: {error}"))),
        }
    }

    pub(super) fn bool(self, value: bool) -> Result<(), EncodeError> {
        match self.kind() {
            Some(Kind::Bool) => put_number(self.out, self.field.number, value.into()),
            Some(Kind::SchemaOrBool) => {
                return self.message(|out| {
                    put_number(out, 1, value.into());
                    Ok(())
                });
            }
            _ => return Err(self.refuse("a bool")),
        }
        Ok(())
    }

    pub(super) fn int(self, number: i64) -> Result<(), EncodeError> {
        let short = || i32::try_from(number).map_err(|_| EncodeError::new("the number has more than 32 bits"));
        match self.kind() {
            Some(Kind::Int64) => put_number(self.out, self.field.number, number as u64),
            Some(Kind::Int32) => put_number(self.out, self.field.number, i64::from(short()?) as u64),
            Some(Kind::Double) => self.double(number as f64)?,
            Some(Kind::Quantity) => self.text(&number.to_string())?,
            Some(Kind::IntOrString) => {
                let number = i64::from(short()?) as u64;
                self.message(|out| {
                    put_int_or_string(out, 0, number, "");
                    Ok(())
                })?;
            }
            _ => return Err(self.refuse("a number")),
        }
        Ok(())
    }

    pub(super) fn double(self, number: f64) -> Result<(), EncodeError> {
        match self.kind() {
            Some(Kind::Double) => {
                put_tag(self.out, self.field.number, wire_type::FIXED64);
                self.out.extend_from_slice(&number.to_bits().to_le_bytes());
                Ok(())
            }
            Some(Kind::Int32 | Kind::Int64 | Kind::IntOrString) if number as i64 as f64 == number => {
                self.int(number as i64)
            }
            Some(Kind::Quantity) => self.text(&number.to_string()),
            _ => Err(self.refuse("a number with a fraction")),
        }
    }

    pub(super) fn text(self, text: &str) -> Result<(), EncodeError> {
        let number = self.field.number;
        match self.kind() {
            Some(Kind::String) => put_bytes(self.out, number, text.as_bytes()),
            Some(Kind::Bytes) => {
                // Go ignores the ends of lines in base64.
                let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
                let bytes = STANDARD.decode(text).map_err(|_| EncodeError::new("it is no base64"))?;
                put_bytes(self.out, number, &bytes);
            }
            Some(Kind::Quantity) => self.message(|out| {
                put_bytes(out, 1, text.as_bytes());
                Ok(())
            })?,
            Some(Kind::IntOrString) => self.message(|out| {
                put_int_or_string(out, 1, 0, text);
                Ok(())
            })?,
            Some(kind @ (Kind::Time | Kind::MicroTime)) => {
                let (seconds, nanos) = parse_time(text).ok_or_else(|| EncodeError::new("it is no time in RFC 3339"))?;
                let nanos = if kind == Kind::MicroTime { nanos / 1000 * 1000 } else { 0 };
                self.message(|out| {
                    if (seconds, nanos) != (ZERO_TIME, 0) {
                        put_number(out, 1, seconds as u64);
                        put_number(out, 2, nanos.into());
                    }
                    Ok(())
                })?;
            }
            Some(Kind::Duration) => {
                let nanos = parse_duration(text).ok_or_else(|| EncodeError::new("it is no duration like 1h2m3.5s"))?;
                self.message(|out| {
                    put_number(out, 1, nanos as u64);
                    Ok(())
                })?;
            }
            _ => return Err(self.refuse("a string")),
        }
        Ok(())
    }
}

fn put_int_or_string(out: &mut Vec<u8>, which: u64, number: u64, text: &str) {
    put_number(out, 1, which);
    put_number(out, 2, number);
    put_bytes(out, 3, text.as_bytes());
}
