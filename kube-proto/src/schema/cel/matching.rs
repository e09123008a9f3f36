//! Matching patterns. One that does not stand in the expression is compiled for each evaluation.

use super::error::CelError;
use super::machine::Machine;
use super::value::Value;
use crate::schema::pattern::Pattern;

/// The most patterns that one evaluation compiles.
const COMPILED_MAX: usize = 64;

impl<'a> Machine<'a> {
    /// Pays for matching a pattern with a text of that length, and compiles it.
    pub(super) fn matcher(&mut self, pattern: &str, length: usize) -> Result<(), CelError> {
        let cost = match self.patterns.get(pattern) {
            Some(known) => known.map(|pattern| pattern.cost(length)),
            None => {
                if !self.compiled.contains_key(pattern) {
                    self.spend(1_000 + pattern.len())?;
                    if self.compiled.len() >= COMPILED_MAX {
                        return Err(CelError::Budget);
                    }
                    self.compiled.insert(pattern.to_owned(), Pattern::new(pattern));
                }
                self.compiled.get(pattern).and_then(Option::as_ref).map(|pattern| pattern.cost(length))
            }
        };
        match cost {
            Some(cost) => self.spend(usize::try_from(cost).unwrap_or(usize::MAX)),
            None => Err(CelError::Unknown(format!("the pattern {pattern}"))),
        }
    }

    fn pattern(&self, pattern: &str) -> Option<&Pattern> {
        match self.patterns.get(pattern) {
            Some(known) => known,
            None => self.compiled.get(pattern)?.as_ref(),
        }
    }

    /// What a pattern says that was paid for.
    pub(super) fn matched(&self, pattern: &str, what: impl Fn(&Pattern) -> Value<'a>) -> Result<Value<'a>, CelError> {
        self.pattern(pattern).map(what).ok_or_else(|| CelError::Unknown(format!("the pattern {pattern}")))
    }

    /// The first match from a place on, and where it ends.
    pub(super) fn matched_at(&self, pattern: &str, of: &str, at: usize) -> Result<Option<(String, usize)>, CelError> {
        let pattern = self.pattern(pattern).ok_or_else(|| CelError::Unknown(format!("the pattern {pattern}")))?;
        Ok(pattern.find(of, at).map(|(found, end)| (found.to_owned(), end)))
    }
}
