//! Functions of texts.

use super::super::error::CelError;
use super::super::machine::Machine;
use super::super::value::{Text, Value};
use super::written;
use crate::schema::text::quote;

/// The bytes of a text; 0 of anything else.
pub(super) fn length(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

fn int<'a>(number: usize) -> Value<'a> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn size<'a>(machine: &mut Machine<'a>, of: &Value<'a>) -> Result<Value<'a>, CelError> {
    machine.spend(length(of) / 10)?;
    Ok(int(match of {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return CelError::no_overload("size"),
    }))
}

pub(super) fn call<'a>(
    machine: &mut Machine<'a>,
    name: &str,
    of: &Text<'a>,
    rest: &[Value<'a>],
) -> Result<Value<'a>, CelError> {
    use Value::{Bool, Int, List, Text as T};
    machine.spend((of.len() + rest.iter().map(length).sum::<usize>()) / 10)?;
    let chars = |text: &str| -> Vec<char> { text.chars().collect() };
    match (name, rest) {
        ("contains", [T(part)]) => Ok(Bool(of.contains(&**part))),
        ("startsWith", [T(part)]) => Ok(Bool(of.starts_with(&**part))),
        ("endsWith", [T(part)]) => Ok(Bool(of.ends_with(&**part))),
        ("matches", [T(pattern)]) => {
            machine.matcher(pattern, of.len())?;
            machine.matched(pattern, |pattern| Bool(pattern.is_match(of)))
        }
        ("find", [T(pattern)]) => {
            machine.matcher(pattern, of.len())?;
            machine.matched(pattern, |pattern| Value::text(pattern.find(of, 0).map_or("", |(found, _)| found)))
        }
        ("findAll", [T(pattern), rest @ ..]) => {
            let most = match rest {
                [] | [Int(i64::MIN..0)] => usize::MAX,
                [Int(most)] => usize::try_from(*most).unwrap_or(usize::MAX),
                _ => return CelError::no_overload(name),
            };
            find_all(machine, of, pattern, most)
        }
        ("charAt", [Int(at)]) => {
            let all = chars(of);
            match usize::try_from(*at).ok().filter(|at| *at <= all.len()) {
                Some(at) => Ok(Value::text(all.get(at).map(char::to_string).unwrap_or_default())),
                None => CelError::failed(format!("index out of range: {at}")),
            }
        }
        ("indexOf" | "lastIndexOf", [T(part), rest @ ..]) => index_of(machine, name == "indexOf", of, part, rest),
        ("lowerAscii", []) => Ok(Value::text(of.to_ascii_lowercase())),
        ("upperAscii", []) => Ok(Value::text(of.to_ascii_uppercase())),
        ("trim", []) => Ok(Value::text(of.trim())),
        ("strings.quote", []) => Ok(Value::text(quote(of))),
        ("replace", [T(from), T(to), rest @ ..]) => {
            let most = match rest {
                [] | [Int(i64::MIN..0)] => usize::MAX,
                [Int(most)] => usize::try_from(*most).unwrap_or(usize::MAX),
                _ => return CelError::no_overload(name),
            };
            let count = of.matches(&**from).count().min(most);
            machine.spend((count.saturating_mul(to.len()) + of.len()) / 10)?;
            Ok(Value::text(of.replacen(&**from, to, count)))
        }
        ("split", [T(by), rest @ ..]) => {
            let most = match rest {
                [] | [Int(i64::MIN..0)] => usize::MAX,
                [Int(most)] => usize::try_from(*most).unwrap_or(usize::MAX),
                _ => return CelError::no_overload(name),
            };
            let parts: Vec<Value<'a>> = match (most, &**by) {
                (0, _) => Vec::new(),
                // Between all characters.
                (most, "") => {
                    let all = chars(of);
                    let (first, last) = all.split_at(all.len().min(most.saturating_sub(1)));
                    let mut parts: Vec<_> = first.iter().map(|c| Value::text(c.to_string())).collect();
                    if !last.is_empty() {
                        parts.push(Value::text(last.iter().collect::<String>()));
                    }
                    parts
                }
                (most, by) => of.splitn(most, by).map(Value::text).collect(),
            };
            machine.spend(parts.len())?;
            Ok(Value::list(parts))
        }
        ("substring", [Int(from), rest @ ..]) => {
            let all = chars(of);
            let to = match rest {
                [] => i64::try_from(all.len()).unwrap_or(i64::MAX),
                [Int(to)] => *to,
                _ => return CelError::no_overload(name),
            };
            let range = usize::try_from(*from).ok().zip(usize::try_from(to).ok());
            match range.and_then(|(from, to)| all.get(from..to)) {
                Some(part) => Ok(Value::text(part.iter().collect::<String>())),
                None => CelError::failed(format!("index out of range: {from}")),
            }
        }
        ("format", [List(arguments)]) => {
            let arguments = machine.items(arguments)?;
            written::format(machine, of, &arguments).map(Value::text)
        }
        _ => CelError::no_overload(name),
    }
}

fn find_all<'a>(machine: &mut Machine<'a>, of: &str, pattern: &str, most: usize) -> Result<Value<'a>, CelError> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < most && at <= of.len() {
        machine.matcher(pattern, of.len() - at)?;
        let next = machine.matched_at(pattern, of, at)?;
        let Some((text, end)) = next else { break };
        // An empty match right after another one does not count.
        let empty = text.is_empty();
        if !(empty && at > 0 && end == at && !found.is_empty()) {
            found.push(Value::text(text));
        }
        at = if empty {
            of.get(end..).and_then(|rest| rest.chars().next()).map_or(of.len() + 1, |c| end + c.len_utf8())
        } else {
            end
        };
    }
    Ok(Value::list(found))
}

fn index_of<'a>(
    machine: &mut Machine<'a>,
    first: bool,
    of: &str,
    part: &str,
    rest: &[Value<'a>],
) -> Result<Value<'a>, CelError> {
    let (all, wanted): (Vec<char>, Vec<char>) = (of.chars().collect(), part.chars().collect());
    machine.spend(all.len().saturating_mul(wanted.len().max(1)) / 10)?;
    let from = match rest {
        [] => None,
        [Value::Int(from)] => Some(*from),
        _ => return CelError::no_overload("indexOf"),
    };
    let last = all.len().saturating_sub(wanted.len());
    let start = match from {
        None if first => 0,
        None => last,
        Some(from) => match usize::try_from(from).ok().filter(|from| *from <= all.len()) {
            Some(from) => from,
            None => return CelError::failed(format!("index out of range: {from}")),
        },
    };
    let is_here = |at: &usize| all.get(*at..).is_some_and(|rest| rest.starts_with(&wanted));
    let found = if wanted.len() > all.len() {
        None
    } else if first {
        (start..=last).find(is_here)
    } else {
        (0..=start.min(last)).rev().find(is_here)
    };
    Ok(found.map_or(Value::Int(-1), int))
}
