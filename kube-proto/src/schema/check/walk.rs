//! What all checks share: the budget, the findings, and the old value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::report::{Report, Unchecked, Why};
use crate::schema::definitions::At;
use crate::schema::limits::Limits;
use crate::schema::node::{ListType, Node};
use crate::schema::place::Place;
use crate::schema::{DEPTH, FieldError};

/// A check that is going on.
pub(super) struct Walk {
    pub(super) report: Report,
    steps: u64,
    /// What rules may still cost.
    pub(super) rules: u64,
    limits: Limits,
    bytes: usize,
    /// A limit was reached: nothing more is checked.
    stopped: bool,
}

impl Walk {
    pub(super) fn new(limits: Limits) -> Self {
        Self { report: Report::default(), steps: limits.steps, rules: limits.rules, limits, bytes: 0, stopped: false }
    }

    /// Whether the check may go on at this place.
    pub(super) fn step(&mut self, cost: u64, level: usize, place: &Place<'_>) -> bool {
        if self.stopped {
            return false;
        }
        let why = match self.steps.checked_sub(cost) {
            // A level of the value, and one of `anyOf` and the like.
            Some(steps) if level <= 2 * DEPTH => {
                self.steps = steps;
                return true;
            }
            Some(_) => Why::Depth,
            None => Why::Steps,
        };
        self.stop(place, why)
    }

    fn stop(&mut self, place: &Place<'_>, why: Why) -> bool {
        self.stopped = true;
        self.report.unchecked.push(Unchecked { field: place.to_string(), why });
        false
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Reports an error, once.
    pub(super) fn error(&mut self, error: FieldError) {
        if self.stopped || self.report.errors.contains(&error) {
            return;
        }
        self.bytes = self.bytes.saturating_add(error.size());
        if self.report.errors.len() >= self.limits.errors || self.bytes > self.limits.error_bytes {
            self.stopped = true;
            self.report.unchecked.push(Unchecked { field: error.field().to_owned(), why: Why::Errors });
            return;
        }
        self.report.errors.push(error);
    }

    pub(super) fn unchecked(&mut self, place: &Place<'_>, why: Why) {
        if self.report.unchecked.len() < self.limits.errors {
            self.report.unchecked.push(Unchecked { field: place.to_string(), why });
        }
    }

    /// The place of a node; what leads nowhere is reported.
    pub(super) fn to<'s>(&mut self, at: At<'s>, node: &'s Node, place: &Place<'_>) -> Option<At<'s>> {
        let there = at.to(node);
        if there.is_none() {
            self.unchecked(place, Why::Reference);
        }
        there
    }
}

/// The value of before an update at one place, by the schema of that place.
#[derive(Clone, Copy)]
pub(super) struct Old<'s, 'v> {
    pub(super) value: &'v Value,
    pub(super) at: At<'s>,
}

impl<'s, 'v> Old<'s, 'v> {
    /// The value of a member, which the schema must name.
    pub(super) fn field(self, key: &str) -> Option<Self> {
        Some(Self { value: self.value.get(key)?, at: self.at.field(key)? })
    }

    /// The values of the items of a list with keys, by these keys.
    pub(super) fn items(self) -> Option<BTreeMap<String, Self>> {
        let at = self.at.item()?;
        let items = self.value.as_array().filter(|_| self.at.node.list_type == ListType::Map)?;
        let mut found = BTreeMap::new();
        for value in items {
            // Of items with the same keys, the first counts.
            if let Some(keys) = keys_of(value, &self.at.node.list_keys) {
                found.entry(keys).or_insert(Self { value, at });
            }
        }
        Some(found)
    }

    /// Whether nothing changed. A preserved member that the schema does not name counts as a change, as in the server.
    pub(super) fn is_same(self, value: &Value) -> bool {
        match (self.value, value) {
            (Value::Array(before), Value::Array(after)) => {
                let Some(known) = self.items() else { return before == after };
                let of = |item| known.get(&keys_of(item, &self.at.node.list_keys)?);
                before.len() == after.len() && after.iter().all(|item| of(item).is_some_and(|old| old.is_same(item)))
            }
            (Value::Object(before), Value::Object(after)) => {
                before.len() == after.len()
                    && after.iter().all(|(key, inner)| self.field(key).is_some_and(|old| old.is_same(inner)))
            }
            (before, after) => before == after,
        }
    }
}

/// The keys of an item as one text; `None` if one is missing, or is no scalar.
pub(super) fn keys_of(item: &Value, names: &[Box<str>]) -> Option<String> {
    let mut text = String::new();
    for name in names {
        match item.get(&**name)? {
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
            value => text.push_str(&value.to_string()),
        }
        text.push('\n');
    }
    Some(text)
}
