//! Where the reader of a message is.

use super::DEPTH;
use super::error::{malformed, too_deep};
use super::row::{Field, Kind, MessageId, Shape};
use super::scalar::ZERO_TIME;
use super::wire::{Broken, Record, Value, records, wire_type};
use crate::json::error::DecodeError;
use crate::json::options::Unwanted;

/// Reads one document. serde sees the value that was found last.
pub(super) struct Reader<'a, 'de> {
    /// The records of the current message that are left.
    pub(super) rest: &'de [u8],
    /// The value that was found last, and its field. For a list or a map the value is not set: its records are the next
    /// in `rest`.
    pub(super) value: Value<'de>,
    pub(super) field: Field,
    pub(super) shape: Shape,
    /// Where in the document it is.
    pub(super) place: Place,
    /// The `apiVersion` and `kind` of the message that is entered next.
    pub(super) type_meta: Option<(&'de str, &'de str)>,
    pub(super) unwanted: Unwanted<'a>,
    /// The last of two equal keys counts in a text of JSON.
    pub(super) last_counts: bool,
    depth: u8,
    /// The document has fields in another order than by number, or in several pieces.
    disordered: bool,
}

/// A place in a document from which something may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The object itself.
    Object,
    /// Its `metadata`.
    Metadata,
    /// Its `metadata.annotations`.
    Annotations,
    /// Any other, where all is read.
    Elsewhere,
}

impl<'a, 'de> Reader<'a, 'de> {
    pub(super) fn new(
        message: MessageId,
        bytes: &'de [u8],
        type_meta: Option<(&'de str, &'de str)>,
        unwanted: Unwanted<'a>,
        last_counts: bool,
    ) -> Self {
        Self {
            rest: &[],
            value: Value { bytes, number: 0 },
            field: Field::document(message),
            shape: Shape::One,
            place: if unwanted.is_nothing() { Place::Elsewhere } else { Place::Object },
            type_meta,
            unwanted,
            last_counts,
            depth: 0,
            disordered: false,
        }
    }

    /// Makes this value the one that serde sees.
    pub(super) fn set(&mut self, field: Field, value: Value<'de>) {
        self.value = value;
        self.field = field;
        self.shape = Shape::One;
    }

    /// Reads the message, the list or the map that was found last.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        if self.depth >= DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads a message with these records, and returns to the current one, also after an error: a type may go on after
    /// it.
    pub(super) fn message<T>(
        &mut self,
        bytes: &'de [u8],
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let around = std::mem::replace(&mut self.rest, bytes);
        let result = self.nested(read);
        self.rest = around;
        result
    }

    /// The fields of the message must be put in order first.
    #[cold]
    pub(super) fn disorder(&mut self) -> DecodeError {
        self.disordered = true;
        malformed("its fields have an order that is read only after it is put right")
    }

    pub(super) fn is_disordered(&self) -> bool {
        self.disordered
    }
}

/// Checks that a record has the wire type of its field. Numbers of a list may stand together in one record of bytes.
#[inline]
pub(super) fn check_wire_type(field: Field, record: &Record<'_>) -> Result<(), Broken> {
    let wanted = if field.shape() == Shape::Map { wire_type::BYTES } else { field.kind.wire_type() };
    if record.wire_type == wanted || (field.shape() == Shape::List && record.wire_type == wire_type::BYTES) {
        Ok(())
    } else {
        Err(Broken::OtherWireType)
    }
}

/// Whether Go's type has the zero value.
#[inline]
pub(super) fn is_zero(field: Field, value: Value<'_>) -> Result<bool, Broken> {
    Ok(match field.kind {
        Kind::Bool | Kind::Int64 => value.number == 0,
        Kind::Int32 => value.number as i32 == 0,
        Kind::Double => f64::from_bits(value.number) == 0.0,
        Kind::Time | Kind::MicroTime => time(field.kind, value.bytes)?.is_none(),
        _ => value.bytes.is_empty(),
    })
}

/// The seconds and nanoseconds of a time; `None` for Go's zero time. A `Time` has no nanoseconds.
pub(super) fn time(kind: Kind, message: &[u8]) -> Result<Option<(i64, u32)>, Broken> {
    if message.is_empty() {
        return Ok(None);
    }
    let (mut seconds, mut nanos) = (0i64, 0i64);
    for record in records(message) {
        let record = record?;
        match record.number {
            1 => seconds = record.varint()? as i64,
            2 if kind == Kind::MicroTime => nanos = i64::from(record.varint()? as i32),
            _ => {}
        }
    }
    let seconds = seconds.saturating_add(nanos.div_euclid(1_000_000_000));
    let nanos = nanos.rem_euclid(1_000_000_000) as u32;
    Ok((seconds != ZERO_TIME || nanos != 0).then_some((seconds, nanos)))
}
