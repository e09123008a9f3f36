//! The deserializer.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::error::{DecodeError, Kind};
use super::number::{Number, number};
use super::options::{DEPTH, Unwanted, levels};
use super::skip::brackets_end;
use super::text::{plain_end, unescape};

type Result<T> = std::result::Result<T, DecodeError>;

/// Reads one document of UTF-8.
pub(crate) struct Reader<'de, 'o> {
    text: &'de str,
    at: usize,
    depth: usize,
    /// The text of the last string that had escapes.
    scratch: String,
    unwanted: Unwanted<'o>,
    /// What the next object is.
    place: Place,
    /// Members that a later one of the same key replaces are left out.
    last_counts: bool,
}

/// Which object it is: members of some may be unwanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Any object.
    #[default]
    Other,
    /// The object of the document.
    Root,
    /// Its member `metadata`.
    Metadata,
    /// The member `annotations` of that.
    Annotations,
}

impl<'de, 'o> Reader<'de, 'o> {
    pub(super) fn new(text: &'de str, unwanted: Unwanted<'o>, last_counts: bool) -> Self {
        Self { text, at: 0, depth: 0, scratch: String::new(), unwanted, place: Place::Root, last_counts }
    }

    /// The position where reading stopped.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes on at another position.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Only white space follows.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(syntax("something follows the end of the document")),
        }
    }

    /// The next byte that is no white space. It is not consumed.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        match self.text.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.peek_further(),
        }
    }

    #[inline(never)]
    fn peek_further(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    /// Takes a string, and stands after it. `None`: it had escapes, and its text is in `scratch`.
    #[inline]
    fn string(&mut self) -> Result<Option<&'de str>> {
        let start = self.at + 1;
        let end = plain_end(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Some(self.text.get(start..end).unwrap_or_default()));
        }
        self.escaped(start, end)?;
        Ok(None)
    }

    #[inline(never)]
    fn escaped(&mut self, start: usize, end: usize) -> Result<()> {
        match unescape(self.text, start, end, &mut self.scratch) {
            Ok(end) => {
                self.at = end;
                Ok(())
            }
            Err((at, error)) => {
                self.at = at;
                Err(error)
            }
        }
    }

    fn word(&mut self, word: &'static str) -> Result<()> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.as_bytes().starts_with(rest) { truncated() } else { syntax("a value should stand here") })
    }

    #[inline]
    fn number(&mut self) -> Result<Number> {
        match number(self.text, self.at) {
            Ok((number, end)) => {
                self.at = end;
                Ok(number)
            }
            Err(at) => {
                self.at = at;
                Err(match self.text.as_bytes().get(at) {
                    None => truncated(),
                    Some(b'-' | b'0'..=b'9') => syntax("the number is out of range"),
                    Some(_) => syntax("a value should stand here"),
                })
            }
        }
    }

    /// Skips a value.
    fn skip(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'{' | b'[') => match brackets_end(self.text.as_bytes(), self.at) {
                Some(end) => self.at = end,
                None => {
                    self.at = self.text.len();
                    return Err(truncated());
                }
            },
            Some(b'"') => _ = self.string()?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            None => return Err(truncated()),
            Some(_) => _ = self.number()?,
        }
        Ok(())
    }

    /// Goes into an object or an array that becomes a `T`.
    #[inline]
    fn enter<T>(&mut self) -> Result<()> {
        self.depth += levels::<T>();
        if self.depth > DEPTH {
            return Err(too_deep());
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn leave<T>(&mut self, bracket: u8) -> Result<()> {
        if self.peek() != Some(bracket) {
            return Err(self.missing("the type takes no more elements: a closing bracket should stand here"));
        }
        self.depth -= levels::<T>();
        self.at += 1;
        Ok(())
    }

    fn map<V: Visitor<'de>>(&mut self, visitor: V, fields: bool) -> Result<V::Value> {
        let replaced = if self.last_counts { replaced_members(self.text, self.at) } else { Vec::new() };
        self.enter::<V::Value>()?;
        let place = std::mem::take(&mut self.place);
        let value = visitor.visit_map(Members { reader: self, first: true, place, fields, key: None, replaced })?;
        self.leave::<V::Value>(b'}')?;
        Ok(value)
    }

    #[inline]
    fn object<V: Visitor<'de>>(&mut self, visitor: V, fields: bool) -> Result<V::Value> {
        match self.peek() {
            Some(b'{') => self.map(visitor, fields),
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_map(Raw(None))
            }
            // A derived struct would take the elements of an array as its fields.
            Some(b'[') => Err(de::Error::invalid_type(de::Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn sequence<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.enter::<()>()?;
        self.place = Place::Other;
        let value = visitor.visit_seq(Elements { reader: self, next: 0 })?;
        self.leave::<()>(b']')?;
        Ok(value)
    }

    /// The error for a token that is not there.
    #[cold]
    fn missing(&mut self, text: &'static str) -> DecodeError {
        if self.peek().is_none() { truncated() } else { syntax(text) }
    }

    /// The text of an ignored value, as it stands in the document.
    fn raw(&mut self) -> Result<&'de str> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// A number, or null as zero.
    #[inline]
    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => match self.number()? {
                Number::Unsigned(value) => visitor.visit_u64(value),
                Number::Signed(value) => visitor.visit_i64(value),
                Number::Float(value) => visitor.visit_f64(value),
            },
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_u64(0)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn float<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'-') => match self.number()? {
                Number::Unsigned(_) => visitor.visit_f64(-0.0),
                Number::Signed(value) => visitor.visit_i64(value),
                Number::Float(value) => visitor.visit_f64(value),
            },
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_f64(0.0)
            }
            _ => self.deserialize_any(visitor),
        }
    }
}

/// The positions of the keys that stand again later in the object at `at`. Stops at the first fault: the reader finds
/// it.
#[cold]
fn replaced_members(text: &str, at: usize) -> Vec<usize> {
    let mut reader = Reader::new(text, Unwanted::default(), false);
    reader.at = at;
    let mut last = std::collections::BTreeMap::<String, usize>::new();
    let mut replaced = Vec::new();
    let mut members = || {
        reader.enter::<()>()?;
        let mut first = true;
        while reader.next_member(&mut first)? {
            let position = reader.at;
            let key = match reader.string()? {
                Some(key) => key.to_owned(),
                None => reader.scratch.clone(),
            };
            replaced.extend(last.insert(key, position));
            reader.colon()?;
            reader.skip()?;
        }
        Ok::<_, DecodeError>(())
    };
    // The reader itself reports a fault.
    let _ = members();
    replaced.sort_unstable();
    replaced
}

impl Reader<'_, '_> {
    /// Goes to the key of the next member; false at the end of the object.
    #[inline]
    fn next_member(&mut self, first: &mut bool) -> Result<bool> {
        let mut byte = self.peek();
        if byte == Some(b'}') {
            return Ok(false);
        }
        if !std::mem::take(first) {
            if byte != Some(b',') {
                return Err(self.missing("a comma or a closing brace should stand here"));
            }
            self.at += 1;
            byte = self.peek();
        }
        if byte != Some(b'"') {
            return Err(self.missing("a key should stand here"));
        }
        Ok(true)
    }

    #[inline]
    fn colon(&mut self) -> Result<()> {
        if self.peek() != Some(b':') {
            return Err(self.missing("a colon should stand here"));
        }
        self.at += 1;
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de, '_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'"') => match self.string()? {
                Some(text) => visitor.visit_borrowed_str(text),
                None => visitor.visit_str(&self.scratch),
            },
            Some(b'{') => self.map(visitor, false),
            Some(b'[') => self.sequence(visitor),
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_unit()
            }
            None => Err(truncated()),
            Some(_) => match self.number()? {
                Number::Unsigned(value) => visitor.visit_u64(value),
                Number::Signed(value) => visitor.visit_i64(value),
                Number::Float(value) => visitor.visit_f64(value),
            },
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == RAW_VALUE {
            let text = self.raw()?;
            return visitor.visit_map(Raw(Some(text)));
        }
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'"') => match self.string()? {
                Some(text) => visitor.visit_borrowed_str(text),
                None => visitor.visit_str(&self.scratch),
            },
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_borrowed_str("")
            }
            _ => self.deserialize_any(visitor),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_bool(false);
        }
        self.deserialize_any(visitor)
    }

    integers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
    deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.float(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.float(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.object(visitor, false)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.object(visitor, true)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'[') => self.sequence(visitor),
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_seq(Nothing)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.peek() {
            Some(b'"') => match self.string()? {
                Some(name) => visitor.visit_enum(de::value::BorrowedStrDeserializer::new(name)),
                None => visitor.visit_enum(de::value::StrDeserializer::new(&self.scratch)),
            },
            Some(b'{') => {
                self.enter::<V::Value>()?;
                self.place = Place::Other;
                let members = Members {
                    reader: self,
                    first: true,
                    place: Place::Other,
                    fields: true,
                    key: None,
                    replaced: Vec::new(),
                };
                let value = visitor.visit_enum(de::value::MapAccessDeserializer::new(members))?;
                self.leave::<V::Value>(b'}')?;
                Ok(value)
            }
            _ => Err(self.missing("the name of a variant should stand here")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { char bytes byte_buf unit unit_struct identifier }
}

/// The members of an object.
struct Members<'a, 'de, 'o> {
    reader: &'a mut Reader<'de, 'o>,
    first: bool,
    place: Place,
    /// The keys are the names of fields, which an error shows.
    fields: bool,
    /// The position of the last key.
    key: Option<usize>,
    /// The positions of the keys to leave out, in order.
    replaced: Vec<usize>,
}

impl<'de> Members<'_, 'de, '_> {
    /// Whether the member is unwanted; if not, what its value is.
    fn is_unwanted(&mut self, key: &str) -> bool {
        let next = match (self.place, key) {
            (Place::Metadata, "managedFields") if self.reader.unwanted.managed_fields => return true,
            (Place::Annotations, key) => {
                return self.reader.unwanted.annotations.iter().any(|unwanted| **unwanted == *key);
            }
            (Place::Root, "metadata") => Place::Metadata,
            (Place::Metadata, "annotations") => Place::Annotations,
            _ => Place::Other,
        };
        self.reader.place = next;
        false
    }

    #[inline(never)]
    fn leave_out(&mut self) -> Result<()> {
        self.reader.colon()?;
        self.reader.skip()
    }

    #[cold]
    fn within(&self, error: DecodeError) -> DecodeError {
        // The members of an object and of its metadata are fields, also of a type that takes any.
        let fields = self.fields || matches!(self.place, Place::Root | Place::Metadata);
        let (true, Some(at)) = (fields, self.key) else { return error.in_key() };
        let (text, mut name) = (self.reader.text, String::new());
        match unescape(text, at + 1, plain_end(text.as_bytes(), at + 1), &mut name) {
            Ok(_) => error.in_field(&name),
            Err(_) => error.in_key(),
        }
    }
}

impl<'de> MapAccess<'de> for Members<'_, 'de, '_> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        loop {
            if !self.reader.next_member(&mut self.first)? {
                return Ok(None);
            }
            let position = self.reader.at;
            let key = self.reader.string()?;
            self.key = Some(position);
            if self.place != Place::Other {
                // Rare: only in the first object and its metadata.
                let unescaped = if key.is_none() { std::mem::take(&mut self.reader.scratch) } else { String::new() };
                let unwanted = self.is_unwanted(key.unwrap_or(&unescaped));
                self.reader.scratch = unescaped;
                if unwanted {
                    self.leave_out()?;
                    continue;
                }
            }
            if !self.replaced.is_empty() && self.replaced.binary_search(&position).is_ok() {
                self.leave_out()?;
                continue;
            }
            return match key {
                Some(key) => seed.deserialize(KeyText::Borrowed(key)),
                None => seed.deserialize(KeyText::Copied(&self.reader.scratch)),
            }
            .map(Some);
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.reader.colon()?;
        seed.deserialize(&mut *self.reader).map_err(|error| self.within(error))
    }
}

/// A key is a text. For a type that wants an integer or a boolean as its key, it is the text of that.
enum KeyText<'de, 'a> {
    Borrowed(&'de str),
    Copied(&'a str),
}

impl KeyText<'_, '_> {
    fn text(&self) -> &str {
        match self {
            KeyText::Borrowed(text) => text,
            KeyText::Copied(text) => text,
        }
    }
}

macro_rules! parsed_keys {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.text().parse::<$type>() {
                Ok(key) => visitor.$visit(key),
                Err(_) => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyText<'de, '_> {
    type Error = DecodeError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self {
            KeyText::Borrowed(text) => visitor.visit_borrowed_str(text),
            KeyText::Copied(text) => visitor.visit_str(text),
        }
    }

    parsed_keys! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(de::value::StrDeserializer::new(self.text()))
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The elements of an array.
struct Elements<'a, 'de, 'o> {
    reader: &'a mut Reader<'de, 'o>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de, '_> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let byte = self.reader.peek();
        if byte == Some(b']') {
            return Ok(None);
        }
        if self.next > 0 {
            if byte != Some(b',') {
                return Err(self.reader.missing("a comma or a closing bracket should stand here"));
            }
            self.reader.at += 1;
        }
        self.next += 1;
        seed.deserialize(&mut *self.reader).map(Some).map_err(|error| error.in_element(self.next - 1))
    }
}

/// No elements.
struct Nothing;

impl<'de> SeqAccess<'de> for Nothing {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, _seed: T) -> Result<Option<T::Value>> {
        Ok(None)
    }
}

/// The one member of a `serde_json::value::RawValue`, as that crate's own reader presents it; or no member.
struct Raw<'de>(Option<&'de str>);

const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.0.is_none() {
            return Ok(None);
        }
        seed.deserialize(de::value::BorrowedStrDeserializer::new(RAW_VALUE)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(de::value::BorrowedStrDeserializer::new(self.0.take().unwrap_or_default()))
    }
}

#[cold]
fn syntax(text: &'static str) -> DecodeError {
    DecodeError::of(Kind::Syntax, text)
}

#[cold]
fn truncated() -> DecodeError {
    DecodeError::of(Kind::Truncated, "a value, a bracket or a quote is missing at the end")
}

#[cold]
fn too_deep() -> DecodeError {
    DecodeError::of(Kind::Depth, format!("the document nests deeper than {DEPTH} levels"))
}
