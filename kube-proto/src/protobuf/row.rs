//! The rows of the table: what a field is, and how the generator writes it.

/// A message, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId(pub(super) u16);

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: u16,
    pub(super) message: u16,
    pub(super) len: u8,
    pub(super) number: u8,
    pub(super) kind: Kind,
    pub(super) flags: u8,
}

/// What one value of a field is on the wire, and in JSON.
///
/// | kind | on the wire | in JSON |
/// |---|---|---|
/// | `String` | bytes | a string |
/// | `Bytes` | bytes | a string in base64 |
/// | `Bool`, `Int32`, `Int64` | a varint | a bool, a number |
/// | `Double` | eight bytes | a number |
/// | `Message` | a message | an object |
/// | `Inline` | a message | its fields are fields of the message around it |
/// | `Strings` | a message: 1 repeated string | a list of strings |
/// | `Time` | 1 seconds, 2 nanoseconds | `"2006-01-02T15:04:05Z"`; null for an empty message |
/// | `MicroTime` | the same | `"2006-01-02T15:04:05.000000Z"`; null for an empty message |
/// | `Duration` | 1 nanoseconds | `"1h0m0.5s"` |
/// | `Json` | 1 JSON text | that JSON; null if it is empty |
/// | `Raw` | 1 JSON text, or a document in an envelope | that JSON or that document; null if it is empty |
/// | `Quantity` | 1 string | a string |
/// | `IntOrString` | 1 which (1: the string), 2 int, 3 string | a number or a string |
/// | `SchemaOrBool` | 1 bool, 2 schema | the schema, or the bool if there is none |
/// | `SchemaOrSchemas` | 1 schema, 2 repeated schema | the list unless it is empty, or the schema |
/// | `SchemaOrStrings` | 1 schema, 2 repeated string | the list unless it is empty, or the schema |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table above")]
pub(super) enum Kind {
    String,
    Bytes,
    Bool,
    Int32,
    Int64,
    Double,
    Message,
    Inline,
    Strings,
    Time,
    MicroTime,
    Duration,
    Json,
    Raw,
    Quantity,
    IntOrString,
    SchemaOrBool,
    SchemaOrSchemas,
    SchemaOrStrings,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    List,
    /// Entries of a string and a value.
    Map,
}

/// A message in the table: its fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) start: u16,
    pub(super) len: u8,
}

/// A kind in the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root {
    pub(super) kind: (u16, u8),
    pub(super) api_version: (u16, u8),
    pub(super) message: u16,
}

// The words of the table.

/// The bits of the shape.
pub(super) const SHAPE: u8 = 3;
pub(super) const ONE: u8 = 0;
pub(super) const LIST: u8 = 1;
pub(super) const MAP: u8 = 2;
pub(super) const OMIT: u8 = 4;
pub(super) const NULL: u8 = 8;
pub(super) const HOLE: Field = f(0, 0, 0, Kind::String, ONE, 0);

pub(super) const fn f(name: u16, len: u8, number: u8, kind: Kind, flags: u8, message: u16) -> Field {
    Field { name, message, len, number, kind, flags }
}

pub(super) const fn m(start: u16, len: u8) -> Message {
    Message { start, len }
}

pub(super) const fn r(kind: u16, kind_len: u8, api_version: u16, api_version_len: u8, message: u16) -> Root {
    Root { kind: (kind, kind_len), api_version: (api_version, api_version_len), message }
}
