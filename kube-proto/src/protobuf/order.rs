//! Puts the fields of a message in the order in which they can be read in one go.
//!
//! Go writes fields in the order of their numbers, and each once; so does every server of Kubernetes. Protobuf allows
//! any order, and a field in several pieces. Readers take the last of several values, put the pieces of a message
//! together, and append those of a list. A message of that kind is rewritten first:
//!
//! | field | becomes |
//! |---|---|
//! | one value | its last record |
//! | a message | one record of all its pieces, in order itself |
//! | a list, a map | all its records, one after the other |
//! | not in the table | nothing |

use super::DEPTH;
use super::access::entry;
use super::envelope::{Content, Envelope, MAGIC, sealed};
use super::error::too_deep;
use super::row::{Field, Kind, MessageId, Shape};
use super::special::message_of;
use super::wire::{Record, Value, last_bytes, put_bytes, put_number, put_tag, records, wire_type};
use crate::json::error::DecodeError;

/// The same message with its fields in order.
///
/// # Errors
/// The message is broken, or nested too deeply.
pub(super) fn ordered(message: MessageId, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(bytes.len());
    put_message(message, bytes, &mut out, DEPTH)?;
    Ok(out)
}

fn put_message(message: MessageId, bytes: &[u8], out: &mut Vec<u8>, depth: u8) -> Result<(), DecodeError> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    let mut all = records(bytes).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|record| record.number);
    for of_one_field in all.chunk_by(|a, b| a.number == b.number) {
        let Some(field) = of_one_field.first().and_then(|first| known(message, first.number)) else { continue };
        match field.shape() {
            Shape::One => put_one(field, of_one_field, out, depth)?,
            Shape::List => {
                for record in of_one_field {
                    match nested(field, record, depth)? {
                        Some(nested) => put_bytes(out, field.number, &nested),
                        None => put(field, record, out),
                    }
                }
            }
            Shape::Map => {
                for record in of_one_field {
                    put_entry(field, record, out, depth)?;
                }
            }
        }
    }
    Ok(())
}

fn known(message: MessageId, number: u32) -> Option<Field> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    message.fields().get(at).copied().filter(|field| !field.is_hole())
}

fn put_one(field: Field, pieces: &[Record<'_>], out: &mut Vec<u8>, depth: u8) -> Result<(), DecodeError> {
    let Some(last) = pieces.last() else { return Ok(()) };
    if matches!(field.kind, Kind::String | Kind::Bytes) || last.wire_type != wire_type::BYTES {
        put(field, last, out);
        return Ok(());
    }
    let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.value.bytes).copied().collect();
    let whole = Record { value: Value { bytes: &whole, number: 0 }, ..*last };
    match nested(field, &whole, depth)? {
        Some(nested) => put_bytes(out, field.number, &nested),
        None => put(field, &whole, out),
    }
    Ok(())
}

fn put_entry(field: Field, record: &Record<'_>, out: &mut Vec<u8>, depth: u8) -> Result<(), DecodeError> {
    let (key, value) = entry(field.kind, record.bytes()?)?;
    let value = Record { number: 2, wire_type: field.kind.wire_type(), value };
    let mut whole = Vec::with_capacity(record.value.bytes.len());
    put_bytes(&mut whole, 1, key);
    match nested(field, &value, depth)? {
        Some(nested) => put_bytes(&mut whole, 2, &nested),
        None => put(Field { number: 2, ..field }, &value, &mut whole),
    }
    put_bytes(out, field.number, &whole);
    Ok(())
}

/// A value with the messages in it in order; `None` if it has none.
fn nested(field: Field, record: &Record<'_>, depth: u8) -> Result<Option<Vec<u8>>, DecodeError> {
    if record.wire_type != wire_type::BYTES {
        return Ok(None);
    }
    let bytes = record.value.bytes;
    let mut out = Vec::with_capacity(bytes.len());
    match field.kind {
        Kind::Message | Kind::Inline | Kind::SchemaOrBool | Kind::SchemaOrSchemas | Kind::SchemaOrStrings => {
            put_message(field.message(), bytes, &mut out, depth)?;
        }
        Kind::Raw => match last_bytes(bytes, 1)? {
            Some(raw) if raw.starts_with(MAGIC) => {
                let Envelope { api_version, kind, content: Content::Message(content) } = Envelope::open(raw)? else {
                    return Ok(None);
                };
                put_message(message_of(api_version, kind)?, content, &mut out, depth)?;
                let document = sealed(api_version, kind, &out);
                out.clear();
                put_bytes(&mut out, 1, &document);
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }
    Ok(Some(out))
}

/// A record as it is, under the number of the field.
fn put(field: Field, record: &Record<'_>, out: &mut Vec<u8>) {
    let Value { bytes, number } = record.value;
    match record.wire_type {
        wire_type::BYTES => put_bytes(out, field.number, bytes),
        wire_type::FIXED64 => {
            put_tag(out, field.number, wire_type::FIXED64);
            out.extend_from_slice(&number.to_le_bytes());
        }
        wire_type::FIXED32 => {
            put_tag(out, field.number, wire_type::FIXED32);
            out.extend_from_slice(&(number as u32).to_le_bytes());
        }
        _ => put_number(out, field.number, number),
    }
}
