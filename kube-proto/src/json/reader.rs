//! The deserializer.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::error::DecodeError;
use super::key::{KeyText, Nothing, RAW_VALUE, Raw};
use super::number::Number;
use super::text::{plain_end, unescape};
use super::tokens::{Place, Reader, Result, replaced_members, truncated};

impl<'de> Reader<'de, '_> {
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

    /// One, if there is any. Most lists of objects have one element, and a `Vec` that grows by itself begins with four.
    fn size_hint(&self) -> Option<usize> {
        let is_empty = self.reader.text.as_bytes().get(self.reader.at) == Some(&b']');
        Some(usize::from(!is_empty && self.next == 0))
    }
}
