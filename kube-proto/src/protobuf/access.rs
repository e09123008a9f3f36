//! What serde asks for the parts of a message, a list and a map.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::key::Key;
use super::reader::{Place, Reader, check_wire_type, is_zero};
use super::row::{Field, Kind, MessageId, Shape};
use super::wire::{Broken, Record, Value, record, records, text, varint, wire_type};
use crate::json::error::DecodeError;
use crate::json::options::Unwanted;

/// The fields of a message, those of inlined messages among them.
pub(super) struct Fields<'r, 'a, 'de> {
    reader: &'r mut Reader<'a, 'de>,
    level: Level<'de>,
    /// The messages around an inlined one. More than two is not in the table.
    around: [Level<'de>; 2],
    inlined: usize,
    place: Place,
    head: Head<'de>,
}

/// A message whose fields are read.
#[derive(Clone, Copy)]
struct Level<'de> {
    /// What is left of it, while an inlined one is read.
    rest: &'de [u8],
    fields: &'static [Field],
    /// The number of the last field that is in the table.
    last: u8,
    /// An unknown field has come since.
    closed: bool,
}

/// The type of the object comes first.
#[derive(Clone, Copy)]
enum Head<'de> {
    ApiVersion(&'de str, &'de str),
    Kind(&'de str),
    Over,
}

impl<'r, 'a, 'de> Fields<'r, 'a, 'de> {
    pub(super) fn new(reader: &'r mut Reader<'a, 'de>, message: MessageId, place: Place) -> Self {
        let head = match reader.type_meta.take() {
            Some((api_version, kind)) => Head::ApiVersion(api_version, kind),
            None => Head::Over,
        };
        Self { reader, level: Level::of(message), around: [Level::NONE; 2], inlined: 0, place, head }
    }

    /// Finds the next field, and sets it as the reader's value. Its name, or `None` at the end.
    #[inline]
    fn step(&mut self) -> Result<Option<&'static str>, DecodeError> {
        if !matches!(self.head, Head::Over)
            && let Some(name) = self.type_meta()
        {
            return Ok(Some(name));
        }
        loop {
            let mut rest = self.reader.rest;
            if rest.is_empty() {
                if self.inlined == 0 {
                    return Ok(None);
                }
                self.leave();
                continue;
            }
            let record = record(&mut rest)?;
            let fields = self.level.fields;
            let known = usize::try_from(record.number - 1).ok().and_then(|at| fields.get(at).copied());
            let Some(field) = known.filter(|field| !field.is_hole()) else {
                self.level.closed = true;
                self.reader.rest = rest;
                continue;
            };
            check_wire_type(field, &record).map_err(|broken| DecodeError::from(broken).in_field(field.name()))?;
            if field.number <= self.level.last {
                // serde did not want all elements of a list.
                if field.number == self.level.last && !self.level.closed && field.shape() != Shape::One {
                    self.reader.rest = rest;
                    continue;
                }
                return Err(self.reader.disorder());
            }
            self.level.last = field.number;
            self.level.closed = false;
            let place = self.place_of(field);
            if field.shape() == Shape::One {
                self.reader.rest = rest;
                if field.kind == Kind::Inline {
                    self.enter(field, record.value);
                    continue;
                }
                if field.omits_zero() && is_zero(field, record.value)? {
                    continue;
                }
            } else if place.is_none() {
                self.reader.rest = rest;
            }
            let Some(place) = place else { continue };
            self.reader.place = place;
            self.reader.value = record.value;
            self.reader.field = field;
            self.reader.shape = field.shape();
            return Ok(Some(field.name()));
        }
    }

    /// The place of a field's value; `None` if the field is left out.
    #[inline]
    fn place_of(&self, field: Field) -> Option<Place> {
        if self.place == Place::Elsewhere { Some(Place::Elsewhere) } else { self.trimmed(field) }
    }

    #[inline(never)]
    fn trimmed(&self, field: Field) -> Option<Place> {
        match (self.place, field.name()) {
            (Place::Object, "metadata") => Some(Place::Metadata),
            (Place::Metadata, "managedFields") if self.reader.unwanted.managed_fields => None,
            (Place::Metadata, "annotations") => Some(Place::Annotations),
            _ => Some(Place::Elsewhere),
        }
    }

    #[cold]
    fn type_meta(&mut self) -> Option<&'static str> {
        loop {
            let (name, value) = match self.head {
                Head::ApiVersion(api_version, kind) => {
                    self.head = Head::Kind(kind);
                    ("apiVersion", api_version)
                }
                Head::Kind(kind) => {
                    self.head = Head::Over;
                    ("kind", kind)
                }
                Head::Over => return None,
            };
            if !value.is_empty() {
                self.reader.place = Place::Elsewhere;
                self.reader.set(Field::STRING, Value { bytes: value.as_bytes(), number: 0 });
                return Some(name);
            }
        }
    }

    /// Goes on with the fields of an inlined message.
    fn enter(&mut self, field: Field, value: Value<'de>) {
        self.level.rest = std::mem::replace(&mut self.reader.rest, value.bytes);
        let around = std::mem::replace(&mut self.level, Level::of(field.message()));
        if let Some(level) = self.around.get_mut(self.inlined) {
            *level = around;
            self.inlined += 1;
        }
    }

    /// Goes on with the message around an inlined one.
    fn leave(&mut self) {
        self.inlined = self.inlined.saturating_sub(1);
        self.level = self.around.get(self.inlined).copied().unwrap_or(Level::NONE);
        self.reader.rest = self.level.rest;
    }
}

impl Level<'_> {
    const NONE: Self = Self { rest: &[], fields: &[], last: 0, closed: false };

    fn of(message: MessageId) -> Self {
        Self { fields: message.fields(), ..Self::NONE }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        match self.step()? {
            Some(name) => seed.deserialize(Key(&Cow::Borrowed(name))).map(Some),
            None => Ok(None),
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let field = self.reader.field;
        seed.deserialize(&mut *self.reader).map_err(|error| error.in_field(field.name()))
    }
}

/// The elements of a list.
pub(super) struct Items<'r, 'a, 'de> {
    reader: &'r mut Reader<'a, 'de>,
    field: Field,
    /// The list is the whole message, and not only the next records of it.
    whole: bool,
    /// Numbers that stand together in one record.
    packed: &'de [u8],
    index: usize,
}

impl<'r, 'a, 'de> Items<'r, 'a, 'de> {
    /// The elements that come next in the message.
    pub(super) fn next(reader: &'r mut Reader<'a, 'de>) -> Self {
        let field = reader.field;
        Self { reader, field, whole: false, packed: &[], index: 0 }
    }

    /// All elements of the message, which has nothing else that counts.
    pub(super) fn all(reader: &'r mut Reader<'a, 'de>, field: Field) -> Self {
        Self { reader, field, whole: true, packed: &[], index: 0 }
    }

    #[inline]
    fn step(&mut self) -> Result<bool, DecodeError> {
        loop {
            if !self.packed.is_empty() {
                let number = packed(self.field, &mut self.packed)?;
                self.reader.set(self.field, Value { bytes: &[], number });
                return Ok(true);
            }
            let Some(record) = self.record()? else { return Ok(false) };
            if record.wire_type == wire_type::BYTES && self.field.kind.wire_type() != wire_type::BYTES {
                self.packed = record.value.bytes;
                continue;
            }
            self.reader.set(self.field, record.value);
            return Ok(true);
        }
    }

    fn record(&mut self) -> Result<Option<Record<'de>>, DecodeError> {
        while !self.reader.rest.is_empty() {
            let mut rest = self.reader.rest;
            let record = record(&mut rest)?;
            if record.number == u32::from(self.field.number) {
                check_wire_type(self.field, &record)?;
                self.reader.rest = rest;
                return Ok(Some(record));
            }
            if !self.whole {
                break;
            }
            self.reader.rest = rest;
        }
        Ok(None)
    }
}

/// Takes a number of those that stand together.
fn packed(field: Field, rest: &mut &[u8]) -> Result<u64, Broken> {
    if field.kind == Kind::Double {
        let (bytes, after) = rest.split_first_chunk::<8>().ok_or(Broken::Truncated)?;
        *rest = after;
        return Ok(u64::from_le_bytes(*bytes));
    }
    varint(rest)
}

impl<'de> SeqAccess<'de> for Items<'_, '_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        if !self.step()? {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        seed.deserialize(&mut *self.reader).map(Some).map_err(|error| error.in_element(index))
    }

    /// The number of records; so a list has room for its elements and no more.
    fn size_hint(&self) -> Option<usize> {
        let number = u32::from(self.field.number);
        let next = records(self.reader.rest).take_while(|record| record.is_ok_and(|record| record.number == number));
        Some(next.count())
    }
}

/// The entries of a map.
pub(super) struct Entries<'r, 'a, 'de> {
    reader: &'r mut Reader<'a, 'de>,
    field: Field,
    key: Cow<'de, str>,
    value: Value<'de>,
    /// Entries that are left out.
    annotations: bool,
}

impl<'r, 'a, 'de> Entries<'r, 'a, 'de> {
    /// The entries that come next in the message.
    pub(super) fn next(reader: &'r mut Reader<'a, 'de>) -> Self {
        let (field, annotations) = (reader.field, reader.place == Place::Annotations);
        reader.place = Place::Elsewhere;
        Self { reader, field, key: Cow::Borrowed(""), value: Value::default(), annotations }
    }

    fn step(&mut self) -> Result<bool, DecodeError> {
        while !self.reader.rest.is_empty() {
            let mut rest = self.reader.rest;
            let record = record(&mut rest)?;
            if record.number != u32::from(self.field.number) {
                break;
            }
            let (key, value) = entry(self.field.kind, record.bytes()?)?;
            self.reader.rest = rest;
            self.key = text(key);
            self.value = value;
            if !(self.annotations && is_unwanted(self.reader.unwanted, &self.key)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn is_unwanted(unwanted: Unwanted<'_>, annotation: &str) -> bool {
    unwanted.annotations.iter().any(|unwanted| **unwanted == *annotation)
}

/// The key and the value of an entry. What is absent is zero; of what stands twice, the last counts.
pub(super) fn entry(kind: Kind, entry: &[u8]) -> Result<(&[u8], Value<'_>), Broken> {
    let (mut key, mut value) = (&[][..], Value::default());
    for record in records(entry) {
        let record = record?;
        match record.number {
            1 => key = record.bytes()?,
            2 if record.wire_type == kind.wire_type() => value = record.value,
            2 => return Err(Broken::OtherWireType),
            _ => {}
        }
    }
    Ok((key, value))
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        if self.step()? { seed.deserialize(Key(&self.key)).map(Some) } else { Ok(None) }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        self.reader.set(self.field, self.value);
        seed.deserialize(&mut *self.reader).map_err(DecodeError::in_key)
    }
}
