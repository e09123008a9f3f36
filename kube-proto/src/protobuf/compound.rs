//! What serde gives for a list, a map or a message.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Value;

use super::assemble::{Path, Pieces};
use super::error::EncodeError;
use super::put::Put;
use super::row::{Field, Kind, MessageId};
use super::wire::{put_bytes, put_length, put_tag, wire_type};

/// The elements of a list.
pub(super) struct List<'o> {
    out: &'o mut Vec<u8>,
    field: Field,
    /// Where the message begins that the list is by itself.
    start: Option<usize>,
    index: usize,
}

impl<'o> List<'o> {
    /// The records of a field.
    pub(super) fn of(Put { out, field, .. }: Put<'o>) -> Self {
        Self { out, field, start: None, index: 0 }
    }

    /// A message of its own, in which the elements are this field.
    pub(super) fn within(Put { out, field: around, .. }: Put<'o>, field: Field) -> Self {
        put_tag(out, around.number, wire_type::BYTES);
        let start = out.len();
        Self { out, field, start: Some(start), index: 0 }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        Put::element(self.out, self.field, value).map_err(|error| error.in_element(self.index))?;
        self.index += 1;
        Ok(())
    }

    fn close(self) {
        if let Some(start) = self.start {
            put_length(self.out, start);
        }
    }
}

/// The members of an object: a map, or the fields of a message.
pub(super) enum Members<'o> {
    Map(Entries<'o>),
    Message(Message<'o>),
}

/// The entries of a map.
pub(super) struct Entries<'o> {
    out: &'o mut Vec<u8>,
    field: Field,
    key: String,
    /// Go writes them by key.
    entries: Vec<(String, Vec<u8>)>,
}

/// The fields of a message.
pub(super) struct Message<'o> {
    put: Put<'o>,
    message: MessageId,
    /// The message is an alternative of this union, and what comes before it there.
    union: Option<(u8, &'static [u8])>,
    pieces: Pieces,
    /// The field of the last key.
    next: Option<(Path, Field)>,
}

impl<'o> Members<'o> {
    pub(super) fn map(Put { out, field, .. }: Put<'o>) -> Self {
        Self::Map(Entries { out, field, key: String::new(), entries: Vec::new() })
    }

    pub(super) fn message(put: Put<'o>, message: MessageId) -> Self {
        Self::Message(Message { put, message, union: None, pieces: Pieces::default(), next: None })
    }

    /// The schema in a union.
    pub(super) fn schema(put: Put<'o>, field: Field, before: &'static [u8]) -> Self {
        let (message, union) = (field.message(), Some((field.number, before)));
        Self::Message(Message { put, message, union, pieces: Pieces::default(), next: None })
    }

    fn key(&mut self, key: String) -> Result<(), EncodeError> {
        match self {
            Self::Map(entries) => entries.key = key,
            Self::Message(message) => message.next = message.find(&key)?,
        }
        Ok(())
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        match self {
            Self::Map(entries) => entries.value(value),
            Self::Message(message) => message.value(value),
        }
    }

    pub(super) fn member<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
        match self {
            Self::Map(_) => self.key(key.to_owned())?,
            Self::Message(message) => message.next = message.find(key)?,
        }
        self.value(value)
    }

    pub(super) fn close(self) -> Result<(), EncodeError> {
        match self {
            Self::Map(entries) => {
                entries.close();
                Ok(())
            }
            Self::Message(message) => message.close(),
        }
    }
}

impl Entries<'_> {
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = std::mem::take(&mut self.key);
        let mut entry = Vec::new();
        put_bytes(&mut entry, 1, key.as_bytes());
        let field = Field { number: 2, ..self.field };
        Put::element(&mut entry, field, value).map_err(EncodeError::in_key)?;
        self.entries.push((key, entry));
        Ok(())
    }

    fn close(mut self) {
        self.entries.sort_by(|a, b| a.0.cmp(&b.0));
        for of_one_key in self.entries.chunk_by(|a, b| a.0 == b.0) {
            if let Some((_, last)) = of_one_key.last() {
                put_bytes(self.out, self.field.number, last);
            }
        }
    }
}

impl Message<'_> {
    /// The field of this name. `None` for the type of an object, which stands in the envelope.
    fn find(&self, name: &str) -> Result<Option<(Path, Field)>, EncodeError> {
        match find(self.message, name, [0; 3], 0) {
            None if !matches!(name, "apiVersion" | "kind") => {
                Err(EncodeError::new(format!("the field {name:?} is not known, and would be lost in protobuf")))
            }
            found => Ok(found),
        }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let Some((path, field)) = self.next.take() else { return Ok(()) };
        self.pieces.add(path, |out| Put::all(out, field, value)).map_err(|error| error.in_field(field.name()))
    }

    fn close(self) -> Result<(), EncodeError> {
        let Self { put, message, union, pieces, .. } = self;
        put.message(|out| {
            let Some((number, before)) = union else {
                pieces.write(message, out);
                return Ok(());
            };
            out.extend_from_slice(before);
            put_tag(out, number, wire_type::BYTES);
            let start = out.len();
            pieces.write(message, out);
            put_length(out, start);
            Ok(())
        })
    }
}

/// Finds a field in a message, or in those that are inlined in it.
fn find(message: MessageId, name: &str, mut path: Path, level: usize) -> Option<(Path, Field)> {
    let mut at = |number| {
        if let Some(place) = path.get_mut(level) {
            *place = number;
        }
        path
    };
    let fields = message.fields();
    if let Some(field) = fields.iter().find(|field| field.is_called(name)) {
        return Some((at(field.number), *field));
    }
    let mut inlined = fields.iter().filter(|field| field.kind == Kind::Inline && !field.is_hole());
    inlined.find_map(|field| find(field.message(), name, at(field.number), level + 1))
}

/// A key of an object. It is what it would be in JSON.
fn key_text<T: Serialize + ?Sized>(key: &T) -> Result<String, EncodeError> {
    match serde_json::to_value(key) {
        Ok(Value::String(text)) => Ok(text),
        Ok(Value::Number(number)) => Ok(number.to_string()),
        Ok(Value::Bool(bool)) => Ok(bool.to_string()),
        _ => Err(EncodeError::new("a key is no string")),
    }
}

/// A variant of an enum with several values.
pub(super) struct Variant<'o, C> {
    pub(super) put: Put<'o>,
    pub(super) name: &'static str,
    pub(super) content: C,
}

impl<C: Into<Value>> Variant<'_, C> {
    /// `{"Name": content}`, as in JSON.
    fn close(self) -> Result<(), EncodeError>
    where
        for<'a> Put<'a>: Serializer<Ok = (), Error = EncodeError>,
    {
        let whole = serde_json::Map::from_iter([(self.name.to_owned(), self.content.into())]);
        whole.serialize(self.put)
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Value, EncodeError> {
    serde_json::to_value(value).map_err(|error| EncodeError::new(format!("it does not become JSON: {error}")))
}

macro_rules! lists {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for List<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

lists!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key(key_text(key)?)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.value(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
        self.member(key, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl SerializeTupleVariant for Variant<'_, Vec<Value>> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.content.push(json(value)?);
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl SerializeStructVariant for Variant<'_, serde_json::Map<String, Value>> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
        self.content.insert(key.to_owned(), json(value)?);
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}
