//! Whether values are equal, which comes first, and lists that know their items again.

use std::cmp::Ordering;

use super::error::CelError;
use super::machine::Machine;
use super::numbers;
use super::value::{Key, List, Map, Value};
use crate::schema::node::ListType;

impl<'a> Machine<'a> {
    /// Whether two values are equal. Values of different types are not, but for numbers.
    pub(super) fn equal(&mut self, left: &Value<'a>, right: &Value<'a>) -> Result<bool, CelError> {
        use Value as V;
        self.spend(1)?;
        if let Some(order) = numbers::compare(left, right) {
            return Ok(order == Ordering::Equal);
        }
        Ok(match (left, right) {
            (V::Null, V::Null) | (V::Optional(None), V::Optional(None)) => true,
            (V::Bool(left), V::Bool(right)) => left == right,
            (V::Text(left), V::Text(right)) => {
                self.spend(left.len().min(right.len()) / 10)?;
                **left == **right
            }
            (V::Bytes(left), V::Bytes(right)) => {
                self.spend(left.len().min(right.len()) / 10)?;
                left == right
            }
            (V::List(left), V::List(right)) => self.equal_lists(left, right)?,
            (V::Map(left), V::Map(right)) => self.equal_maps(left, right)?,
            (V::Time(left), V::Time(right)) => left.at == right.at,
            (V::Duration(left), V::Duration(right)) => left == right,
            (V::Optional(Some(left)), V::Optional(Some(right))) => self.equal(left, right)?,
            (V::Type(left), V::Type(right)) => left == right,
            (V::Quantity(left), V::Quantity(right)) => left == right,
            (V::Url(left), V::Url(right)) => left == right,
            (V::Ip(left), V::Ip(right)) => left == right,
            (V::Cidr(left, length), V::Cidr(right, other)) => left == right && length == other,
            (V::Version(left), V::Version(right)) => left.compare(right) == Ordering::Equal,
            (V::Format(left), V::Format(right)) => left == right,
            (V::Opaque(left), V::Opaque(right)) => {
                self.spend(left.to_string().len())?;
                left == right
            }
            _ => false,
        })
    }

    fn equal_lists(&mut self, left: &List<'a>, right: &List<'a>) -> Result<bool, CelError> {
        if left.len() != right.len() {
            return Ok(false);
        }
        let kind = kind(left);
        if kind == ListType::Atomic {
            for (left, right) in left.iter().zip(right.iter()) {
                if !self.equal(&left?, &right?)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let known = self.items(left)?;
        for item in right.iter() {
            let item = item?;
            match self.place_of(left, &known, &item)? {
                Some(found) if kind == ListType::Map => match known.get(found) {
                    Some(before) if self.equal(before, &item)? => {}
                    _ => return Ok(false),
                },
                Some(_) => {}
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Where the item of a set or of a map stands in a list.
    fn place_of(&mut self, list: &List<'a>, known: &[Value<'a>], item: &Value<'a>) -> Result<Option<usize>, CelError> {
        for (index, one) in known.iter().enumerate() {
            if self.same_item(list, one, item)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn same_item(&mut self, list: &List<'a>, one: &Value<'a>, other: &Value<'a>) -> Result<bool, CelError> {
        let (Some(at), ListType::Map) = (list.at(), kind(list)) else { return self.equal(one, other) };
        let (Value::Map(one), Value::Map(other)) = (one, other) else { return Ok(false) };
        for key in &at.node.list_keys {
            let key = Key::Text((&**key).into());
            let same = match (one.get(&key).transpose()?, other.get(&key).transpose()?) {
                (Some(one), Some(other)) => self.equal(&one, &other)?,
                (one, other) => one.is_none() && other.is_none(),
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `+`: sets are united, and the items of the right list replace those of the left one that have their keys.
    pub(super) fn add_lists(&mut self, left: &List<'a>, right: &List<'a>) -> Result<Value<'a>, CelError> {
        let kind = kind(left);
        let mut items = self.items(left)?;
        let added = self.items(right)?;
        if kind == ListType::Atomic {
            items.extend(added);
            return Ok(Value::List(List::Made { items: items.into(), at: None }));
        }
        for item in added {
            match self.place_of(left, &items, &item)? {
                Some(place) if kind == ListType::Map => {
                    if let Some(there) = items.get_mut(place) {
                        *there = item;
                    }
                }
                Some(_) => {}
                None => items.push(item),
            }
        }
        Ok(Value::List(List::Made { items: items.into(), at: left.at() }))
    }

    fn equal_maps(&mut self, left: &Map<'a>, right: &Map<'a>) -> Result<bool, CelError> {
        let keys = left.keys();
        if keys.len() != right.keys().len() {
            return Ok(false);
        }
        self.spend(keys.len())?;
        for key in keys {
            let (Some(left), Some(right)) = (left.get(&key).transpose()?, right.get(&key).transpose()?) else {
                return Ok(false);
            };
            if !self.equal(&left, &right)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Which of two values comes first; `None` for NaN.
    pub(super) fn compare(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        what: &str,
    ) -> Result<Option<Ordering>, CelError> {
        use Value as V;
        if let (V::Int(_) | V::Uint(_) | V::Double(_), V::Int(_) | V::Uint(_) | V::Double(_)) = (left, right) {
            return Ok(numbers::compare(left, right));
        }
        Ok(Some(match (left, right) {
            (V::Text(left), V::Text(right)) => {
                self.spend(left.len().min(right.len()) / 10)?;
                left.as_bytes().cmp(right.as_bytes())
            }
            (V::Bytes(left), V::Bytes(right)) => {
                self.spend(left.len().min(right.len()) / 10)?;
                left.cmp(right)
            }
            (V::Bool(left), V::Bool(right)) => left.cmp(right),
            (V::Time(left), V::Time(right)) => left.at.cmp(&right.at),
            (V::Duration(left), V::Duration(right)) => left.cmp(right),
            _ => return CelError::no_overload(what),
        }))
    }
}

fn kind(list: &List<'_>) -> ListType {
    list.at().map_or(ListType::Atomic, |at| at.node.list_type)
}
