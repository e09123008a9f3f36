//! The bytes of a message from its fields, in the order and with the zero values that Go writes.

use super::row::{Field, Kind, MessageId, Shape};
use super::wire::{put_bytes, put_length, put_number, put_tag, wire_type};

/// The numbers of a field and of the messages around it that are inlined in JSON, from the outside; then zeros.
pub(super) type Path = [u8; 3];

/// The fields of a message in any order, each with its records.
#[derive(Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    /// The path of each, and where it begins and ends.
    pieces: Vec<(Path, usize, usize)>,
}

impl Pieces {
    /// Adds a field. If `write` writes nothing, its value is null, and it is left out.
    pub(super) fn add<E>(&mut self, path: Path, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let start = self.bytes.len();
        write(&mut self.bytes)?;
        if self.bytes.len() > start {
            self.pieces.push((path, start, self.bytes.len()));
        }
        Ok(())
    }

    /// Writes the message. Of a field that was added twice, the last counts.
    pub(super) fn write(mut self, message: MessageId, out: &mut Vec<u8>) {
        self.pieces.sort_by_key(|(path, ..)| *path);
        self.level(message, 0, &self.pieces, out);
    }

    fn level(&self, message: MessageId, level: usize, pieces: &[(Path, usize, usize)], out: &mut Vec<u8>) {
        let number = |path: &Path| path.get(level).copied().unwrap_or_default();
        let mut rest = pieces;
        for field in message.fields().iter().filter(|field| !field.is_hole()) {
            let count = rest.iter().take_while(|(path, ..)| number(path) == field.number).count();
            let (own, after) = rest.split_at(count);
            rest = after;
            match own.last() {
                _ if field.kind == Kind::Inline => {
                    put_tag(out, field.number, wire_type::BYTES);
                    let start = out.len();
                    self.level(field.message(), level + 1, own, out);
                    put_length(out, start);
                }
                Some((_, start, end)) => out.extend_from_slice(self.bytes.get(*start..*end).unwrap_or_default()),
                None if field.is_nullable() => {}
                None => put_zero(*field, out),
            }
        }
    }
}

/// Writes the zero value of Go's type.
pub(super) fn put_zero(field: Field, out: &mut Vec<u8>) {
    let number = field.number;
    match field.kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 => put_number(out, number, 0),
        Kind::Double => {
            put_tag(out, number, wire_type::FIXED64);
            out.extend_from_slice(&[0; 8]);
        }
        Kind::Quantity => put_bytes(out, number, b"\x0a\x010"),
        Kind::IntOrString => put_bytes(out, number, b"\x08\x00\x10\x00\x1a\x00"),
        Kind::Duration => put_bytes(out, number, b"\x08\x00"),
        Kind::Message | Kind::Inline | Kind::SchemaOrBool => {
            put_tag(out, number, wire_type::BYTES);
            let start = out.len();
            for field in field.message().fields() {
                if !field.is_hole() && !field.is_nullable() && field.shape() == Shape::One {
                    put_zero(*field, out);
                }
            }
            put_length(out, start);
        }
        _ => put_bytes(out, number, b""),
    }
}
