use std::fmt::{self, Write as _};

use serde::de::{Expected, Unexpected};

/// Why a document could not be read as a type: the path of the field, the type that was expected there, and the place.
///
/// The text never shows a value of the document, which may be a Secret, nor the key of a map. It shows the names of the
/// fields of a type, up to 256 bytes of them.
///
/// A type that implements [`Object::decode`](crate::resource::Object::decode) itself makes one with
/// [`DecodeError::new`].
#[derive(Clone)]
pub struct DecodeError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    text: Box<str>,
    /// From the innermost step to the outermost.
    path: Vec<Step>,
    place: Option<Place>,
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is not JSON.
    Syntax,
    /// It is not the protobuf of the message that should be there.
    #[cfg(feature = "protobuf")]
    Protobuf,
    /// It ends before its end.
    Truncated,
    /// It nests deeper than the limit.
    Depth,
    /// A field is there twice, and the type does not take that.
    Duplicate,
    /// It is well formed, but not of this type.
    Data,
}

#[derive(Clone)]
enum Step {
    Field(Box<str>),
    Key,
    Index(usize),
}

/// A place in a text, both counted from 1. Columns are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

/// The longest path in a text, in bytes.
const PATH_MAX: usize = 256;

impl DecodeError {
    /// An error of a type that decodes itself. Quoted parts of the text are hidden, because they may be values of the
    /// document.
    #[must_use]
    pub fn new(text: impl fmt::Display) -> Self {
        Self::of(Kind::Data, without_values(&text.to_string()))
    }

    /// The path of the field, such as `spec.containers[0].ports[1]`; empty for the document as a whole. The key of a map is
    /// shown as `[…]`, because a Secret has keys too.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.path.iter().rev() {
            let length = path.len();
            match step {
                Step::Index(index) => _ = write!(path, "[{index}]"),
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Key => path.push_str("[…]"),
            }
            if path.len() > PATH_MAX {
                path.truncate(length);
                path.push('…');
                break;
            }
        }
        path
    }

    /// The line and the column of the place, counted from 1, if the document is a text: the end of a value of the wrong
    /// type, the first byte of what is no JSON. Columns are bytes.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        self.0.place.map(|place| (place.line, place.column))
    }

    pub(crate) fn of(kind: Kind, text: impl Into<Box<str>>) -> Self {
        Self(Box::new(Inner { kind, text: text.into(), path: Vec::new(), place: None }))
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The error happened in this field of a type.
    #[cold]
    #[cfg(any(test, feature = "protobuf"))]
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        self.add_field(name);
        self
    }

    /// The error happened in the value of a key.
    #[cold]
    #[cfg(any(test, feature = "protobuf"))]
    pub(crate) fn in_key(mut self) -> Self {
        self.add_key();
        self
    }

    /// The error happened in this element.
    #[cold]
    #[cfg(any(test, feature = "protobuf"))]
    pub(crate) fn in_element(mut self, index: usize) -> Self {
        self.add_element(index);
        self
    }

    /// The error happened in this field, noted in place: a result is not moved for it. A name that is no identifier is
    /// shown as a key.
    pub(crate) fn add_field(&mut self, name: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$');
        let is_plain = (1..=PATH_MAX).contains(&name.len()) && name.bytes().all(plain);
        self.0.path.push(if is_plain { Step::Field(name.into()) } else { Step::Key });
    }

    /// The error happened in the value of a key, noted in place.
    pub(crate) fn add_key(&mut self) {
        self.0.path.push(Step::Key);
    }

    /// The error happened in this element, noted in place.
    #[cold]
    pub(crate) fn add_element(&mut self, index: usize) {
        self.0.path.push(Step::Index(index));
    }

    /// Reading stopped before the byte `at` of this text: after a value that is not the expected one, or before what is
    /// no JSON.
    #[cold]
    pub(crate) fn before(mut self, at: usize, text: &[u8]) -> Self {
        let read = text.get(..at).unwrap_or(text);
        let start = memchr::memrchr(b'\n', read).map_or(0, |newline| newline + 1);
        let line = memchr::memchr_iter(b'\n', read).count() + 1;
        let after = usize::from(self.0.kind != Kind::Data);
        self.0.place = Some(Place { line, column: (read.len() - start + after).max(1) });
        self
    }
}

impl fmt::Display for DecodeError {
    /// `spec.replicas: invalid type: string, expected i32 at line 1 column 40`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            path if path.is_empty() => {}
            path => write!(f, "{path}: ")?,
        }
        match self.0.kind {
            Kind::Syntax => write!(f, "it is no JSON: {}", self.0.text)?,
            #[cfg(feature = "protobuf")]
            Kind::Protobuf => write!(f, "it is no protobuf: {}", self.0.text)?,
            Kind::Truncated => write!(f, "it ends in the middle: {}", self.0.text)?,
            Kind::Depth | Kind::Duplicate | Kind::Data => f.write_str(&self.0.text)?,
        }
        match self.0.place {
            Some(Place { line, column }) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    #[cold]
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(text)
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of(Kind::Data, format!("invalid type: {}, expected {expected}", Found(found)))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of(Kind::Data, format!("invalid value: {}, expected {expected}", Found(found)))
    }

    #[cold]
    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Kind::Data, format!("unknown variant, expected {}", OneOf(expected)))
    }

    #[cold]
    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Kind::Data, format!("unknown field, expected {}", OneOf(expected)))
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Self::of(Kind::Data, format!("missing field `{field}`"))
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        Self::of(Kind::Duplicate, format!("duplicate field `{field}`"))
    }
}

/// The type of a value, without the value.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Unexpected::Bool(_) => "boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
            Unexpected::Float(_) => "floating point",
            Unexpected::Char(_) => "character",
            Unexpected::Str(_) => "string",
            Unexpected::Bytes(_) => "byte array",
            // Serde's word for JSON's null.
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::NewtypeStruct => "newtype struct",
            Unexpected::Seq => "sequence",
            Unexpected::Map => "map",
            Unexpected::Enum | Unexpected::UnitVariant | Unexpected::NewtypeVariant => "enum",
            Unexpected::TupleVariant | Unexpected::StructVariant => "enum",
            // A text of the type that decodes itself.
            Unexpected::Other(_) => "another value",
        })
    }
}

struct OneOf(&'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (n, name) in self.0.iter().enumerate() {
            write!(f, "{}`{name}`", if n == 0 { "" } else { " or " })?;
        }
        Ok(())
    }
}

/// A text of serde without the values that it quotes. Keeps the names of fields and variants of the type, and the
/// expected type.
///
/// A quoted value reaches from the first quotation mark to the last, because the value may contain some.
fn without_values(text: &str) -> Box<str> {
    let mut text = text.to_owned();
    for (before, after) in [
        ("integer `", &["`"][..]),
        ("floating point `", &["`"]),
        // The value may be any text, backquotes included.
        ("character `", &["`, expected ", "`"]),
        ("unknown variant `", &["`, expected ", "`, there are no variants"]),
        ("unknown field `", &["`, expected ", "`, there are no fields"]),
    ] {
        if let Some(from) = text.find(before).map(|at| at + before.len()) {
            let rest = text.get(from..).unwrap_or_default();
            let first = |end: &&str| if before.starts_with("unknown") { rest.rfind(*end) } else { rest.find(*end) };
            let to = after.iter().find_map(first).map_or(text.len(), |length| from + length);
            text.replace_range(from..to, HIDDEN);
        }
    }
    if let Some(from) = text.find('"').map(|at| at + 1) {
        let to = text.rfind('"').filter(|to| *to >= from).unwrap_or(text.len());
        text.replace_range(from..to, HIDDEN);
    }
    text.into()
}

const HIDDEN: &str = "…";

#[cfg(test)]
mod tests {
    use serde::de::Error as _;

    use super::*;

    #[test]
    fn paths() {
        let error = || DecodeError::custom("no");
        for (error, path) in [
            (error(), ""),
            (
                error().in_element(1).in_field("ports").in_element(0).in_field("containers").in_field("spec"),
                "spec.containers[0].ports[1]",
            ),
            (error().in_key().in_field("annotations"), "annotations[…]"),
            (error().in_field("\n\u{202e}").in_field("x-y_z"), "x-y_z[…]"),
            (error().in_field(&"k".repeat(300)).in_field("data"), "data[…]"),
            (error().in_field(&"k".repeat(200)).in_field(&"k".repeat(200)), &("k".repeat(200) + "…")),
        ] {
            assert_eq!(error.path(), path);
        }
    }

    #[test]
    fn no_text_shows_a_value() {
        let secret = "hunter2";
        for (error, text) in [
            (DecodeError::invalid_type(Unexpected::Str(secret), &"a map"), "invalid type: string, expected a map"),
            (DecodeError::invalid_type(Unexpected::Other(secret), &"u8"), "invalid type: another value, expected u8"),
            (DecodeError::invalid_value(Unexpected::Unsigned(1234), &"u8"), "invalid value: integer, expected u8"),
            (DecodeError::unknown_variant(secret, &["A", "B"]), "unknown variant, expected `A` or `B`"),
            (DecodeError::unknown_variant(secret, &[]), "unknown variant, expected none"),
            (DecodeError::unknown_field(secret, &["a"]), "unknown field, expected `a`"),
            (DecodeError::missing_field("metadata"), "missing field `metadata`"),
            (DecodeError::custom(format!("\"{secret}\" is no date")), "\"…\" is no date"),
        ] {
            assert_eq!(error.to_string(), text);
            assert!(!format!("{error:?}").contains(secret));
        }
    }

    #[test]
    fn texts_without_values() {
        for (text, shown) in [
            (r#"invalid type: string "hunter2", expected a map"#, r#"invalid type: string "…", expected a map"#),
            (
                r#"invalid type: string "a\"b\", expected c", expected a map"#,
                r#"invalid type: string "…", expected a map"#,
            ),
            (r#"invalid type: string "hunter2"#, r#"invalid type: string "…"#),
            (
                r#"invalid value: string "hunter2", expected RFC 3339"#,
                r#"invalid value: string "…", expected RFC 3339"#,
            ),
            ("invalid type: integer `1234`, expected a string", "invalid type: integer `…`, expected a string"),
            ("invalid value: integer `-7`, expected u8", "invalid value: integer `…`, expected u8"),
            ("invalid type: floating point `1.5`, expected u8", "invalid type: floating point `…`, expected u8"),
            ("invalid value: character ```, expected a digit", "invalid value: character `…`, expected a digit"),
            ("unknown variant `hunter2`, expected `A` or `B`", "unknown variant `…`, expected `A` or `B`"),
            ("unknown variant `a`, expected b`, expected `A`", "unknown variant `…`, expected `A`"),
            ("unknown variant `hunter2`, there are no variants", "unknown variant `…`, there are no variants"),
            ("unknown field `hunter2`, expected `a`", "unknown field `…`, expected `a`"),
            ("missing field `metadata`", "missing field `metadata`"),
            ("duplicate field `name`", "duplicate field `name`"),
            ("invalid type: null, expected a sequence", "invalid type: null, expected a sequence"),
            ("invalid type: map, expected a string", "invalid type: map, expected a string"),
            ("invalid length 3, expected a tuple of size 2", "invalid length 3, expected a tuple of size 2"),
            (r#"failed to parse "a "b" c" as a date"#, r#"failed to parse "…" as a date"#),
            ("data did not match any variant of untagged enum E", "data did not match any variant of untagged enum E"),
        ] {
            assert_eq!(&*without_values(text), shown);
        }
    }

    #[test]
    fn places() {
        let text = b"{\n\"a\": 1\n}";
        for (at, place) in [(0, (1, 1)), (1, (1, 2)), (2, (2, 1)), (5, (2, 4)), (100, (3, 2))] {
            assert_eq!(DecodeError::of(Kind::Syntax, "no").before(at, text).place(), Some(place), "{at}");
            let (line, column) = place;
            assert_eq!(DecodeError::custom("no").before(at, text).place(), Some((line, (column - 1).max(1))), "{at}");
        }
    }
}
