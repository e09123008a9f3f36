use super::ast::Expr;
use super::error::CelError;
use super::parser::parse;
use super::patterns::Patterns;

/// An expression that was read: its tree and its patterns.
#[derive(Debug)]
pub(crate) struct Parsed {
    text: Box<str>,
    pub(super) expr: Expr,
    pub(super) patterns: Patterns,
}

impl Parsed {
    pub(crate) fn new(text: &str) -> Result<Self, CelError> {
        let (expr, patterns) = parse(text)?;
        Ok(Self { text: text.into(), expr, patterns })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the expression names this variable, outside of the macros that hide it.
    pub(crate) fn uses(&self, name: &str) -> bool {
        self.expr.uses(name)
    }
}
