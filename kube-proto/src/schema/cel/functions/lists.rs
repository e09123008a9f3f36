//! Functions of lists and sets.

use std::cmp::Ordering;

use super::super::ast::Operator;
use super::super::error::CelError;
use super::super::machine::Machine;
use super::super::moments;
use super::super::numbers;
use super::super::value::{List, Text, Value};
use crate::schema::definitions::At;
use crate::schema::node::SchemaType;

pub(super) fn call<'a>(
    machine: &mut Machine<'a>,
    name: &str,
    list: &List<'a>,
    rest: &[Value<'a>],
) -> Result<Value<'a>, CelError> {
    let mut items = machine.items(list)?;
    match (name, rest) {
        ("isSorted", []) => {
            for pair in items.windows(2) {
                if let [left, right] = pair
                    && machine.compare(left, right, name)? == Some(Ordering::Greater)
                {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }
        ("sum", []) => {
            let Some((first, rest)) = items.split_first() else { return Ok(nothing(list)) };
            let add = |left: &Value<'a>, right: &Value<'a>| {
                let number = numbers::arithmetic(left, Operator::Add, right);
                number.or_else(|| moments::arithmetic(left, true, right)).unwrap_or_else(|| CelError::no_overload(name))
            };
            rest.iter().try_fold(first.clone(), |sum, item| add(&sum, item))
        }
        ("min" | "max", []) => {
            let wanted = if name == "min" { Ordering::Less } else { Ordering::Greater };
            let Some((first, rest)) = items.split_first() else {
                return CelError::failed(format!("{name} called on empty list"));
            };
            let mut best = first;
            for item in rest {
                if machine.compare(item, best, name)? == Some(wanted) {
                    best = item;
                }
            }
            Ok(best.clone())
        }
        ("indexOf" | "lastIndexOf", [wanted]) => {
            let mut found = -1;
            for (at, item) in items.iter().enumerate() {
                if machine.equal(item, wanted)? {
                    found = i64::try_from(at).unwrap_or(i64::MAX);
                    if name == "indexOf" {
                        break;
                    }
                }
            }
            Ok(Value::Int(found))
        }
        ("join", rest) => {
            let by = match rest {
                [] => Text::Borrowed(""),
                [Value::Text(by)] => by.clone(),
                _ => return CelError::no_overload(name),
            };
            let mut out = String::new();
            for (at, item) in items.iter().enumerate() {
                let Value::Text(text) = item else { return CelError::no_overload(name) };
                out.push_str(if at > 0 { &by } else { "" });
                out.push_str(text);
                machine.spend((by.len() + text.len()) / 10)?;
            }
            Ok(Value::text(out))
        }
        ("slice", [Value::Int(from), Value::Int(to)]) => {
            let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            if let Some(part) = range.and_then(|(from, to)| items.get(from..to)) {
                return Ok(Value::list(part.to_vec()));
            }
            let why = match range {
                None => "negative indexes not supported".to_owned(),
                Some((from, to)) if from > to => "start index must be less than or equal to end index".to_owned(),
                Some(_) => format!("list is length {}", items.len()),
            };
            CelError::failed(format!("cannot slice({from}, {to}), {why}"))
        }
        ("flatten", rest) => {
            let levels = match rest {
                [] => 1,
                [Value::Int(levels @ 0..)] => *levels,
                [Value::Int(_)] => return CelError::failed("level must be non-negative"),
                _ => return CelError::no_overload(name),
            };
            let mut out = Vec::new();
            flatten(machine, items, levels, &mut out)?;
            Ok(Value::list(out))
        }
        ("sort", []) => machine.sort(items.into_iter().map(|item| (item.clone(), item)).collect()),
        ("distinct", []) => {
            let mut kept: Vec<Value<'a>> = Vec::new();
            'items: for item in items {
                for known in &kept {
                    if machine.equal(known, &item)? {
                        continue 'items;
                    }
                }
                kept.push(item);
            }
            Ok(Value::list(kept))
        }
        ("reverse", []) => {
            items.reverse();
            Ok(Value::list(items))
        }
        ("first", []) => Ok(Value::optional(items.first().cloned())),
        ("last", []) => Ok(Value::optional(items.pop())),
        _ => CelError::no_overload(name),
    }
}

/// The sum of no items, by the schema of the items.
fn nothing<'a>(list: &List<'a>) -> Value<'a> {
    let node = list.at().and_then(At::item).map(|at| at.node);
    match node.map(|node| (node.ty, node.format.as_deref())) {
        Some((Some(SchemaType::Number), _)) => Value::Double(0.0),
        Some((Some(SchemaType::String), Some("duration"))) => Value::Duration(0),
        _ => Value::Int(0),
    }
}

fn flatten<'a>(
    machine: &mut Machine<'a>,
    items: Vec<Value<'a>>,
    levels: i64,
    out: &mut Vec<Value<'a>>,
) -> Result<(), CelError> {
    for item in items {
        machine.spend(1)?;
        match item {
            Value::List(list) if levels > 0 => {
                let inner = machine.items(&list)?;
                flatten(machine, inner, levels - 1, out)?;
            }
            item => out.push(item),
        }
    }
    Ok(())
}

pub(super) fn of_sets<'a>(machine: &mut Machine<'a>, name: &str, values: &[Value<'a>]) -> Result<Value<'a>, CelError> {
    let (left, right) = match values {
        [Value::List(left), Value::List(right)] => (machine.items(left)?, machine.items(right)?),
        [Value::Int(count)] if name == "lists.range" => {
            let count = usize::try_from(*count).unwrap_or(0);
            machine.spend(count)?;
            return Ok(Value::list((0..count).map(|at| Value::Int(i64::try_from(at).unwrap_or(i64::MAX))).collect()));
        }
        _ => return CelError::no_overload(name),
    };
    let mut in_all = |all: &[Value<'a>], one: &Value<'a>| -> Result<bool, CelError> {
        for item in all {
            if machine.equal(item, one)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let mut count = |all: &[Value<'a>], of: &[Value<'a>]| -> Result<usize, CelError> {
        let mut count = 0;
        for one in of {
            count += usize::from(in_all(all, one)?);
        }
        Ok(count)
    };
    Ok(Value::Bool(match name {
        "sets.contains" => count(&left, &right)? == right.len(),
        "sets.equivalent" => count(&left, &right)? == right.len() && count(&right, &left)? == left.len(),
        _ => count(&left, &right)? > 0,
    }))
}
