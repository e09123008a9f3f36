//! Expressions of rules: their variables have schemas.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::error::CelError;
use super::machine::Machine;
use super::parsed::Parsed;
use super::value::Value;
use super::written;
use crate::schema::definitions::At;

/// A value with the schema of its place.
#[derive(Clone, Copy)]
pub(crate) struct Typed<'a> {
    pub(crate) value: &'a Json,
    pub(crate) at: At<'a>,
    /// It is a whole object, or an embedded one.
    pub(crate) resource: bool,
}

/// What `oldSelf` is.
#[derive(Clone, Copy)]
pub(crate) enum Old<'a> {
    Value(Typed<'a>),
    /// An optional, which is empty where there was no value.
    Optional(Option<Typed<'a>>),
    /// It is no variable.
    Absent,
}

impl<'a> Typed<'a> {
    fn read(self) -> Result<Value<'a>, CelError> {
        Value::of(self.value, Some(self.at), self.resource)
    }
}

/// The value of a rule or of its message.
pub(crate) fn evaluate<'a>(
    parsed: &'a Parsed,
    this: Typed<'a>,
    old: Old<'a>,
    budget: &mut u64,
) -> Result<Json, CelError> {
    let mut names = vec![("self", this.read()?)];
    match old {
        Old::Value(old) => names.push(("oldSelf", old.read()?)),
        Old::Optional(old) => names.push(("oldSelf", Value::optional(old.map(Typed::read).transpose()?))),
        Old::Absent => {}
    }
    run(parsed, names, budget)
}

/// The value of an expression; what it costs is taken from the budget.
pub(super) fn run<'a>(
    parsed: &'a Parsed,
    names: Vec<(&'a str, Value<'a>)>,
    budget: &mut u64,
) -> Result<Json, CelError> {
    let mut machine = Machine { names, budget: *budget, patterns: &parsed.patterns, compiled: BTreeMap::new() };
    let value = machine.evaluate(&parsed.expr);
    let found = value.and_then(|value| written::json(&mut machine, &value));
    *budget = machine.budget;
    found
}
