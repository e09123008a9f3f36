//! The value of an expression.
//!
//! Each visit of an expression costs one unit, and each call what it reads and builds: a tenth of the bytes of texts, the
//! items of lists. So the time and the memory of a rule are bounded by its budget, whatever the rule is.
//!
//! `&&`, `||`, `all` and `exists` ignore the failure of an operand where another operand decides.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ast::{Expr, Kind, Literal, Operator};
use super::error::CelError;
use super::floats;
use super::functions;
use super::machine::Machine;
use super::moments;
use super::numbers;
use super::value::{Key, Map, Text, Value};

type Outcome<'a> = Result<Value<'a>, CelError>;

impl<'a> Machine<'a> {
    pub(super) fn evaluate(&mut self, expr: &'a Expr) -> Outcome<'a> {
        self.spend(1)?;
        match &expr.kind {
            Kind::Literal(literal) => Ok(of_literal(literal)),
            Kind::Name(name) => self.name(name),
            Kind::Select { of, field, optional } => self.select(of, field, *optional),
            Kind::Has { of, field } => self.has(of, field),
            Kind::Index { of, index, optional } => {
                let (of, index) = (self.evaluate(of)?, self.evaluate(index)?);
                self.index(&of, &index, *optional)
            }
            Kind::Call { target, name, arguments } => {
                let mut values = Vec::with_capacity(1 + arguments.len());
                if let Some(target) = target {
                    values.push(self.evaluate(target)?);
                    if let Some(found) = self.alternative(name, &values, arguments) {
                        return found;
                    }
                }
                for argument in arguments {
                    values.push(self.evaluate(argument)?);
                }
                functions::call(self, name, target.is_some(), &values)
            }
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::And(operands) => self.decide(operands.iter(), false),
            Kind::Or(operands) => self.decide(operands.iter(), true),
            Kind::Not(of) => match self.evaluate(of)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                _ => CelError::no_overload("!"),
            },
            Kind::Negate(of) => match self.evaluate(of)? {
                Value::Int(number) => match number.checked_neg() {
                    Some(number) => Ok(Value::Int(number)),
                    None => CelError::failed("integer overflow"),
                },
                Value::Double(number) => Ok(Value::Double(-number)),
                _ => CelError::no_overload("-"),
            },
            Kind::Choice { cases, otherwise } => {
                for (when, then) in cases {
                    match self.evaluate(when)? {
                        Value::Bool(true) => return self.evaluate(then),
                        Value::Bool(false) => {}
                        _ => return CelError::no_overload("?:"),
                    }
                }
                self.evaluate(otherwise)
            }
            Kind::Sum { first, rest } => {
                let mut sum = self.evaluate(first)?;
                for (operator, operand) in rest {
                    let operand = self.evaluate(operand)?;
                    sum = self.operate(&sum, *operator, &operand)?;
                }
                Ok(sum)
            }
            Kind::Relation { left, operator, right } => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                self.relate(&left, *operator, &right)
            }
            Kind::Fold(fold) => self.fold(fold),
        }
    }

    /// A boolean of `&&` or `||`: the first operand with the value `ends` decides.
    fn decide(&mut self, operands: impl Iterator<Item = &'a Expr>, ends: bool) -> Outcome<'a> {
        let mut fault = None;
        for operand in operands {
            match self.evaluate(operand) {
                Ok(Value::Bool(value)) if value == ends => return Ok(Value::Bool(ends)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => fault = fault.or(Some(CelError::NoOverload(if ends { "||" } else { "&&" }.into()))),
                Err(one) if one.may_be_ignored() => fault = fault.or(Some(one)),
                Err(one) => return Err(one),
            }
        }
        fault.map_or(Ok(Value::Bool(!ends)), Err)
    }

    fn name(&self, name: &str) -> Outcome<'a> {
        if let Some((_, value)) = self.names.iter().rev().find(|(known, _)| *known == name) {
            return Ok(value.clone());
        }
        let ty = match name {
            "int" | "uint" | "double" | "string" | "bytes" | "bool" | "list" | "map" | "null_type" | "type"
            | "optional_type" => name,
            _ => return Err(CelError::Unknown(name.to_owned())),
        };
        Ok(Value::Type(ty.into()))
    }

    fn select(&mut self, of: &'a Expr, field: &str, optional: bool) -> Outcome<'a> {
        if let Some(name) = type_of_path(of, field).filter(|_| !self.names.iter().any(|(name, _)| *name == "google")) {
            return Ok(Value::Type(name.into()));
        }
        let of = self.evaluate(of)?;
        match &of {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => Ok(Value::optional(field_of(inner, field)?)),
            _ if optional => Ok(Value::optional(field_of(&of, field)?)),
            _ => field_of(&of, field)?.map_or_else(|| CelError::failed(format!("no such key: {field}")), Ok),
        }
    }

    fn has(&mut self, of: &'a Expr, field: &str) -> Outcome<'a> {
        let of = self.evaluate(of)?;
        let there = match &of {
            Value::Optional(None) => false,
            Value::Optional(Some(inner)) => field_of(inner, field)?.is_some(),
            _ => field_of(&of, field)?.is_some(),
        };
        Ok(Value::Bool(there))
    }

    pub(super) fn index(&mut self, of: &Value<'a>, index: &Value<'a>, optional: bool) -> Outcome<'a> {
        let found = match of {
            Value::Optional(None) => return Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => return self.index(&inner.clone(), index, true),
            Value::List(list) => {
                let position = match index {
                    Value::Int(index) => Some(*index),
                    Value::Uint(index) => i64::try_from(*index).ok(),
                    Value::Double(index) => floats::whole(*index),
                    _ => return CelError::no_overload("_[_]"),
                };
                let found = position.and_then(|at| usize::try_from(at).ok()).and_then(|at| list.get(at)).transpose()?;
                if found.is_none() && !optional {
                    return CelError::failed(format!("index out of bounds: {}", position.unwrap_or(-1)));
                }
                found
            }
            Value::Map(map) => {
                let Some(key) = Key::of(index) else { return CelError::no_overload("_[_]") };
                let found = map.get(&key).transpose()?;
                if found.is_none() && !optional {
                    return CelError::failed(format!("no such key: {}", key.shown()));
                }
                found
            }
            _ => return CelError::no_overload("_[_]"),
        };
        match found {
            Some(value) if !optional => Ok(value),
            found => Ok(Value::optional(found)),
        }
    }

    /// `or` and `orValue` of optionals evaluate their argument only where it is needed.
    fn alternative(&mut self, name: &str, values: &[Value<'a>], arguments: &'a [Expr]) -> Option<Outcome<'a>> {
        let ([Value::Optional(inner)], [other]) = (values, arguments) else { return None };
        match (name, inner) {
            ("or", Some(_)) => Some(Ok(Value::Optional(inner.clone()))),
            ("or", None) => Some(match self.evaluate(other) {
                Ok(Value::Optional(other)) => Ok(Value::Optional(other)),
                Ok(_) => CelError::no_overload("or"),
                Err(fault) => Err(fault),
            }),
            ("orValue", Some(inner)) => Some(Ok((**inner).clone())),
            ("orValue", None) => Some(self.evaluate(other)),
            _ => None,
        }
    }

    fn list(&mut self, items: &'a [(Expr, bool)]) -> Outcome<'a> {
        let mut made = Vec::with_capacity(items.len());
        for (item, optional) in items {
            match (self.evaluate(item)?, optional) {
                (value, false) => made.push(value),
                (Value::Optional(value), true) => made.extend(value.map(|value| (*value).clone())),
                (_, true) => return CelError::no_overload("[?_]"),
            }
        }
        Ok(Value::list(made))
    }

    fn map(&mut self, entries: &'a [(Expr, Expr, bool)]) -> Outcome<'a> {
        let mut made = BTreeMap::new();
        for (key, value, optional) in entries {
            let Some(key) = Key::of(&self.evaluate(key)?) else { return CelError::no_overload("{_: _}") };
            let value = match (self.evaluate(value)?, optional) {
                (value, false) => Some(value),
                (Value::Optional(value), true) => value.map(|value| (*value).clone()),
                (_, true) => return CelError::no_overload("{?_: _}"),
            };
            let shown = key.shown();
            if let Some(value) = value
                && made.insert(key, value).is_some()
            {
                return CelError::failed(format!("Failed with repeated key: {shown}"));
            }
        }
        Ok(Value::Map(Map::Made(Rc::new(made))))
    }

    fn operate(&mut self, left: &Value<'a>, operator: Operator, right: &Value<'a>) -> Outcome<'a> {
        if let Some(number) = numbers::arithmetic(left, operator, right) {
            return number;
        }
        let plus = operator == Operator::Add;
        if matches!(operator, Operator::Add | Operator::Subtract)
            && let Some(moment) = moments::arithmetic(left, plus, right)
        {
            return moment;
        }
        match (left, right) {
            (Value::Text(left), Value::Text(right)) if plus => {
                self.spend((left.len() + right.len()) / 10)?;
                Ok(Value::text([&**left, &**right].concat()))
            }
            (Value::Bytes(left), Value::Bytes(right)) if plus => {
                self.spend((left.len() + right.len()) / 10)?;
                Ok(Value::Bytes([&**left, &**right].concat().into()))
            }
            (Value::List(left), Value::List(right)) if plus => self.add_lists(left, right),
            _ => CelError::no_overload(sign(operator)),
        }
    }

    pub(super) fn relate(&mut self, left: &Value<'a>, operator: Operator, right: &Value<'a>) -> Outcome<'a> {
        use std::cmp::Ordering;
        let found = match operator {
            Operator::Equal => self.equal(left, right)?,
            Operator::Unequal => !self.equal(left, right)?,
            Operator::In => self.contains(right, left)?,
            _ => {
                let order = self.compare(left, right, sign(operator))?;
                match operator {
                    Operator::Less => order == Some(Ordering::Less),
                    Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
                    Operator::Greater => order == Some(Ordering::Greater),
                    _ => order.is_some_and(Ordering::is_ge),
                }
            }
        };
        Ok(Value::Bool(found))
    }

    fn contains(&mut self, all: &Value<'a>, one: &Value<'a>) -> Result<bool, CelError> {
        match all {
            Value::List(list) => {
                for item in list.iter() {
                    if self.equal(&item?, one)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Map(map) => match Key::of(one) {
                Some(key) => Ok(map.get(&key).is_some()),
                None => Ok(false),
            },
            _ => CelError::no_overload("in"),
        }
    }
}

fn field_of<'a>(of: &Value<'a>, field: &str) -> Result<Option<Value<'a>>, CelError> {
    match of {
        Value::Map(map) => map.field(field),
        _ => CelError::no_overload("member"),
    }
}

fn of_literal(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(number) => Value::Int(*number),
        Literal::Uint(number) => Value::Uint(*number),
        Literal::Double(number) => Value::Double(*number),
        Literal::Text(text) => Value::Text(Text::Borrowed(text)),
        Literal::Bytes(bytes) => Value::Bytes(bytes.to_vec().into()),
    }
}

/// The type that a path names: `google.protobuf.Duration`.
fn type_of_path(of: &Expr, field: &str) -> Option<&'static str> {
    let Kind::Select { of: root, field: space, .. } = &of.kind else {
        let Kind::Name(root) = &of.kind else { return None };
        return match (&**root, field) {
            ("net", "IP") => Some("net.IP"),
            ("net", "CIDR") => Some("net.CIDR"),
            _ => None,
        };
    };
    let Kind::Name(root) = &root.kind else { return None };
    match (&**root, &**space, field) {
        ("google", "protobuf", "Duration") => Some("google.protobuf.Duration"),
        ("google", "protobuf", "Timestamp") => Some("google.protobuf.Timestamp"),
        _ => None,
    }
}

pub(super) fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::Unequal => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::In => "in",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Modulo => "%",
    }
}
