//! Macros over lists, maps and optionals.
//!
//! | macro | value |
//! |---|---|
//! | `all(x, p)`, `exists(x, p)` | as `&&` and `\|\|` of all items |
//! | `exists_one(x, p)`, `existsOne` | whether `p` holds for one item; a failure is no item less |
//! | `map(x, e)`, `map(x, p, e)`, `filter(x, p)`, `sortBy(x, e)` | a list |
//! | `transformList(i, v, [p,] e)`, `transformMap(k, v, [p,] e)`, `transformMapEntry(k, v, [p,] e)` | a list, a map |
//! | `all`, `exists` and `existsOne` with two names | the index and the item, or the key and the value |
//! | `optMap(x, e)`, `optFlatMap(x, e)` | an optional |

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::ast::{Fold, What};
use super::error::CelError;
use super::machine::Machine;
use super::value::{Key, Map, Value};

impl<'a> Machine<'a> {
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Result<Value<'a>, CelError> {
        let over = self.evaluate(&fold.over)?;
        if matches!(fold.what, What::OptMap | What::OptFlatMap) {
            return self.of_optional(fold, &over);
        }
        let mut entries = self.entries(&over)?;
        if fold.second.is_none() && matches!(over, Value::Map(_)) {
            entries.iter_mut().for_each(|(key, value)| *value = key.clone());
        }
        match fold.what {
            What::All => self.decided(fold, &entries, false),
            What::Exists => self.decided(fold, &entries, true),
            What::ExistsOne => {
                let mut count = 0_usize;
                for entry in entries {
                    count += usize::from(self.holds(fold, &entry)?);
                }
                Ok(Value::Bool(count == 1))
            }
            What::Filter => {
                let mut kept = Vec::new();
                for entry in entries {
                    if self.holds(fold, &entry)? {
                        kept.push(entry.1);
                    }
                }
                Ok(Value::list(kept))
            }
            What::SortBy => {
                let mut sorted = Vec::new();
                for entry in entries {
                    sorted.push((self.body(fold, &entry)?, entry.1));
                }
                self.sort(sorted)
            }
            What::TransformMap | What::TransformMapEntry => {
                let mut made = BTreeMap::new();
                for entry in entries {
                    if !self.counts(fold, &entry)? {
                        continue;
                    }
                    let value = self.body(fold, &entry)?;
                    if fold.what == What::TransformMap {
                        let Some(key) = Key::of(&entry.0) else { return CelError::no_overload("transformMap") };
                        made.insert(key, value);
                        continue;
                    }
                    let Value::Map(map) = value else { return CelError::no_overload("transformMapEntry") };
                    for key in map.keys() {
                        let Some(value) = map.get(&key).transpose()? else { continue };
                        let shown = key.shown();
                        if made.insert(key, value).is_some() {
                            return CelError::failed(format!("insert failed: key {shown} already exists"));
                        }
                    }
                }
                Ok(Value::Map(Map::Made(Rc::new(made))))
            }
            _ => {
                let mut made = Vec::new();
                for entry in entries {
                    if self.counts(fold, &entry)? {
                        made.push(self.body(fold, &entry)?);
                    }
                }
                Ok(Value::list(made))
            }
        }
    }

    /// The items of a list with their indexes, or the values of a map with their keys.
    fn entries(&mut self, over: &Value<'a>) -> Result<Vec<(Value<'a>, Value<'a>)>, CelError> {
        match over {
            Value::List(list) => {
                let items = self.items(list)?;
                let index = |index| Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
                Ok(items.into_iter().enumerate().map(|(at, item)| (index(at), item)).collect())
            }
            Value::Map(map) => {
                let keys = map.keys();
                self.spend(keys.len())?;
                let mut entries = Vec::with_capacity(keys.len());
                for key in keys {
                    let value = map.get(&key).transpose()?;
                    entries.extend(value.map(|value| (key.value(), value)));
                }
                Ok(entries)
            }
            _ => CelError::no_overload("a macro over no list and no map"),
        }
    }

    fn with(
        &mut self,
        fold: &'a Fold,
        (key, value): &(Value<'a>, Value<'a>),
        expr: &'a super::ast::Expr,
    ) -> Result<Value<'a>, CelError> {
        let known = self.names.len();
        match &fold.second {
            Some(second) => {
                self.names.push((&fold.first, key.clone()));
                self.names.push((second, value.clone()));
            }
            None => self.names.push((&fold.first, value.clone())),
        }
        let found = self.evaluate(expr);
        self.names.truncate(known);
        found
    }

    fn body(&mut self, fold: &'a Fold, entry: &(Value<'a>, Value<'a>)) -> Result<Value<'a>, CelError> {
        self.with(fold, entry, &fold.body)
    }

    fn holds(&mut self, fold: &'a Fold, entry: &(Value<'a>, Value<'a>)) -> Result<bool, CelError> {
        match self.body(fold, entry)? {
            Value::Bool(holds) => Ok(holds),
            _ => CelError::no_overload("a condition that is no bool"),
        }
    }

    fn counts(&mut self, fold: &'a Fold, entry: &(Value<'a>, Value<'a>)) -> Result<bool, CelError> {
        let Some(filter) = &fold.filter else { return Ok(true) };
        match self.with(fold, entry, filter)? {
            Value::Bool(counts) => Ok(counts),
            _ => CelError::no_overload("a condition that is no bool"),
        }
    }

    fn decided(
        &mut self,
        fold: &'a Fold,
        entries: &[(Value<'a>, Value<'a>)],
        ends: bool,
    ) -> Result<Value<'a>, CelError> {
        let mut fault = None;
        for entry in entries {
            match self.holds(fold, entry) {
                Ok(holds) if holds == ends => return Ok(Value::Bool(ends)),
                Ok(_) => {}
                Err(one) if one.may_be_ignored() => fault = fault.or(Some(one)),
                Err(one) => return Err(one),
            }
        }
        fault.map_or(Ok(Value::Bool(!ends)), Err)
    }

    fn of_optional(&mut self, fold: &'a Fold, over: &Value<'a>) -> Result<Value<'a>, CelError> {
        let Value::Optional(inner) = over else { return CelError::no_overload("optMap") };
        let Some(inner) = inner else { return Ok(Value::Optional(None)) };
        let value = self.body(fold, &(Value::Null, (**inner).clone()))?;
        match (fold.what, value) {
            (What::OptMap, value) => Ok(Value::some(value)),
            (_, Value::Optional(value)) => Ok(Value::Optional(value)),
            _ => CelError::no_overload("optFlatMap"),
        }
    }

    /// Sorts values by their keys.
    pub(super) fn sort(&mut self, mut keyed: Vec<(Value<'a>, Value<'a>)>) -> Result<Value<'a>, CelError> {
        let mut fault = None;
        self.spend(keyed.len())?;
        keyed.sort_by(|(left, _), (right, _)| match self.compare(left, right, "sort") {
            Ok(order) => order.unwrap_or(Ordering::Equal),
            Err(one) => {
                fault.get_or_insert(one);
                Ordering::Equal
            }
        });
        match fault {
            Some(fault) => Err(fault),
            None => Ok(Value::list(keyed.into_iter().map(|(_, value)| value).collect())),
        }
    }
}
