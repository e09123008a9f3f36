//! The deserializer.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::error::DecodeError;
use super::key::{KeyText, RAW_VALUE, Raw};
use super::number::Number;
use super::options::levels;
use super::text::{plain_end, unescape};
use super::tokens::{Place, Reader, Result, truncated};

impl<'de> Reader<'de, '_> {
    /// An object, or null as one without members: a second way into the visitor would double its code.
    fn map<V: Visitor<'de>>(&mut self, visitor: V, fields: bool, null: bool) -> Result<V::Value> {
        let levels = levels::<V::Value>();
        let mut members = Members::new(self, levels, fields, null)?;
        let mut result = visitor.visit_map(&mut members);
        // In place, so that the value is not moved.
        if result.is_ok()
            && let Err(error) = members.leave(levels)
        {
            result = Err(error);
        }
        result
    }

    #[inline]
    fn object<V: Visitor<'de>>(&mut self, visitor: V, fields: bool) -> Result<V::Value> {
        match self.peek() {
            Some(byte @ (b'{' | b'n')) => self.map(visitor, fields, byte == b'n'),
            // A derived struct would take the elements of an array as its fields.
            Some(b'[') => Err(de::Error::invalid_type(de::Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    /// An array, or null as one without elements.
    fn sequence<V: Visitor<'de>>(&mut self, visitor: V, null: bool) -> Result<V::Value> {
        let mut elements = Elements::new(self, null)?;
        let mut result = visitor.visit_seq(&mut elements);
        if result.is_ok()
            && let Err(error) = elements.leave()
        {
            result = Err(error);
        }
        result
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
            Some(b'{') => self.map(visitor, false, false),
            Some(b'[') => self.sequence(visitor, false),
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
            Some(byte @ (b'[' | b'n')) => self.sequence(visitor, byte == b'n'),
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
                let levels = levels::<V::Value>();
                self.place = Place::Other;
                let mut members = Members::new(self, levels, true, false)?;
                let value = visitor.visit_enum(de::value::MapAccessDeserializer::new(&mut members))?;
                members.leave(levels)?;
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
    /// It is null, which has no members.
    null: bool,
    /// The keys are the names of fields, which an error shows.
    fields: bool,
    place: Place,
    /// The position of the last key.
    key: usize,
    /// No member is left out.
    complete: bool,
}

/// A key of an object.
enum Key<'de> {
    Plain(&'de str),
    /// It had escapes, and its text is in the reader's `scratch`.
    Escaped,
    /// There is no further member.
    End,
}

impl<'a, 'de, 'o> Members<'a, 'de, 'o> {
    #[inline(always)]
    fn new(reader: &'a mut Reader<'de, 'o>, levels: usize, fields: bool, null: bool) -> Result<Self> {
        let place = std::mem::take(&mut reader.place);
        if null {
            reader.word("null")?;
        } else {
            if reader.last_counts {
                reader.find_replaced();
            }
            reader.enter(levels)?;
        }
        let complete = place == Place::Other && !reader.last_counts;
        Ok(Self { reader, first: true, null, fields, place, key: 0, complete })
    }

    #[inline(always)]
    fn leave(self, levels: usize) -> Result<()> {
        if self.null { Ok(()) } else { self.reader.leave(levels, b'}') }
    }

    /// Goes to the next value that is wanted, and returns its key.
    #[inline(always)]
    fn advance(&mut self) -> Result<Key<'de>> {
        loop {
            let key = match self.usual_key() {
                Some(key) => key,
                None => self.any_key()?,
            };
            if self.complete || !self.leaves_out(&key) {
                return Ok(key);
            }
            self.reader.skip()?;
        }
    }

    /// The next key in the layout of servers, without white space and escapes; `None` means that it must be read in another
    /// way.
    #[inline(always)]
    fn usual_key(&mut self) -> Option<Key<'de>> {
        if self.null {
            return None;
        }
        let (text, mut at) = (self.reader.text, self.reader.at);
        let bytes = text.as_bytes();
        match bytes.get(at)? {
            b'}' => return Some(Key::End),
            b',' if !self.first => at += 1,
            b'"' if self.first => {}
            _ => return None,
        }
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = plain_end(bytes, at + 1);
        if bytes.get(end) != Some(&b'"') || bytes.get(end + 1) != Some(&b':') {
            return None;
        }
        (self.first, self.key, self.reader.at) = (false, at, end + 2);
        text.get(at + 1..end).map(Key::Plain)
    }

    #[cold]
    fn any_key(&mut self) -> Result<Key<'de>> {
        if self.null || !self.reader.next_member(&mut self.first)? {
            return Ok(Key::End);
        }
        self.key = self.reader.at;
        let key = match self.reader.string()? {
            Some(key) => Key::Plain(key),
            None => Key::Escaped,
        };
        self.reader.colon()?;
        Ok(key)
    }

    /// Whether the member is unwanted, or a later one replaces it.
    #[inline(never)]
    fn leaves_out(&mut self, key: &Key<'_>) -> bool {
        let unwanted = match key {
            Key::Plain(key) => self.is_unwanted(key),
            Key::Escaped => {
                let unescaped = std::mem::take(&mut self.reader.scratch);
                let unwanted = self.is_unwanted(&unescaped);
                self.reader.scratch = unescaped;
                unwanted
            }
            Key::End => return false,
        };
        unwanted || self.reader.replaced.contains(&self.key)
    }

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

    /// The error happened in the value of the last key.
    #[cold]
    fn within(&self, error: &mut DecodeError) {
        // The members of an object and of its metadata are fields, also of a type that takes any.
        if !self.fields && !matches!(self.place, Place::Root | Place::Metadata) {
            return error.add_key();
        }
        let (text, at, mut name) = (self.reader.text, self.key + 1, String::new());
        match unescape(text, at, plain_end(text.as_bytes(), at), &mut name) {
            Ok(_) => error.add_field(&name),
            Err(_) => error.add_key(),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Members<'_, 'de, '_> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        match self.advance()? {
            Key::End => return Ok(None),
            Key::Plain(key) => seed.deserialize(KeyText::Borrowed(key)),
            Key::Escaped => seed.deserialize(KeyText::Copied(&self.reader.scratch)),
        }
        .map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let mut result = seed.deserialize(&mut *self.reader);
        if let Err(error) = &mut result {
            self.within(error);
        }
        result
    }
}

/// The elements of an array.
struct Elements<'a, 'de, 'o> {
    reader: &'a mut Reader<'de, 'o>,
    next: usize,
    /// It is null, which has no elements.
    null: bool,
}

impl<'a, 'de, 'o> Elements<'a, 'de, 'o> {
    #[inline(always)]
    fn new(reader: &'a mut Reader<'de, 'o>, null: bool) -> Result<Self> {
        reader.place = Place::Other;
        if null {
            reader.word("null")?;
        } else {
            reader.enter(1)?;
        }
        Ok(Self { reader, next: 0, null })
    }

    #[inline(always)]
    fn leave(self) -> Result<()> {
        if self.null { Ok(()) } else { self.reader.leave(1, b']') }
    }

    /// Goes to the next element; false at the end of the array.
    #[inline(always)]
    fn advance(&mut self) -> Result<bool> {
        if self.null {
            return Ok(false);
        }
        let byte = self.reader.peek();
        if byte == Some(b']') {
            return Ok(false);
        }
        if self.next > 0 {
            if byte != Some(b',') {
                return Err(self.reader.missing("a comma or a closing bracket should stand here"));
            }
            self.reader.at += 1;
        }
        self.next += 1;
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de, '_> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.advance()? {
            return Ok(None);
        }
        match seed.deserialize(&mut *self.reader) {
            Ok(value) => Ok(Some(value)),
            Err(mut error) => {
                error.add_element(self.next - 1);
                Err(error)
            }
        }
    }

    /// One, if there is any. Most lists of objects have one element, and a `Vec` that grows by itself begins with four.
    fn size_hint(&self) -> Option<usize> {
        let is_empty = self.reader.text.as_bytes().get(self.reader.at) == Some(&b']');
        Some(usize::from(!is_empty && self.next == 0))
    }
}
