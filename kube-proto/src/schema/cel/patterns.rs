//! The patterns that stand in an expression: each is compiled once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::ast::{Expr, Kind, Literal};
use crate::schema::pattern::Pattern;

#[derive(Debug, Default)]
pub(super) struct Patterns(BTreeMap<Box<str>, OnceLock<Option<Pattern>>>);

impl Patterns {
    /// Notes the pattern of a call, if it is a literal.
    pub(super) fn note(&mut self, name: &str, arguments: &[Expr]) {
        let at = usize::from(name == "matches" && arguments.len() == 2);
        if matches!(name, "matches" | "find" | "findAll")
            && let Some(Kind::Literal(Literal::Text(pattern))) = arguments.get(at).map(|argument| &argument.kind)
        {
            self.0.insert(pattern.clone(), OnceLock::new());
        }
    }

    pub(super) fn get(&self, pattern: &str) -> Option<Option<&Pattern>> {
        let known = self.0.get(pattern)?;
        Some(known.get_or_init(|| Pattern::new(pattern)).as_ref())
    }
}
