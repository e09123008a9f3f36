use std::collections::BTreeMap;

use super::error::CelError;
use super::patterns::Patterns;
use super::value::{List, Value};
use crate::schema::pattern::Pattern;

/// One evaluation.
pub(super) struct Machine<'a> {
    /// The variables, the innermost last.
    pub(super) names: Vec<(&'a str, Value<'a>)>,
    pub(super) budget: u64,
    pub(super) patterns: &'a Patterns,
    /// The patterns that do not stand in the expression.
    pub(super) compiled: BTreeMap<String, Option<Pattern>>,
}

impl<'a> Machine<'a> {
    pub(super) fn spend(&mut self, cost: usize) -> Result<(), CelError> {
        let left = u64::try_from(cost).ok().and_then(|cost| self.budget.checked_sub(cost));
        self.budget = left.unwrap_or(0);
        left.map(|_| ()).ok_or(CelError::Budget)
    }

    /// The items of a list, which may be many.
    pub(super) fn items(&mut self, list: &List<'a>) -> Result<Vec<Value<'a>>, CelError> {
        self.spend(list.len())?;
        list.iter().collect()
    }
}
