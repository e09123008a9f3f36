//! Expressions in CEL, the language of `x-kubernetes-validations`, of `matchConditions` and of admission policies.
//!
//! ```
//! use kube_proto::schema::cel::Expression;
//! use serde_json::json;
//!
//! let condition = Expression::parse("request.operation == 'UPDATE' && object.spec.replicas > oldObject.spec.replicas")?;
//! let (old, new) = (json!({"spec": {"replicas": 1}}), json!({"spec": {"replicas": 3}}));
//! let request = json!({"operation": "UPDATE"});
//! let variables = [("object", &new), ("oldObject", &old), ("request", &request)];
//! assert_eq!(condition.evaluate(&variables)?, json!(true));
//! # Ok::<(), kube_proto::schema::cel::CelError>(())
//! ```
//!
//! # What is there
//!
//! The language of [cel-spec](https://github.com/google/cel-spec) with optionals and comprehensions of two variables, and
//! the libraries of Kubernetes 1.36: strings, lists, sets, regular expressions, URLs, addresses and networks, quantities,
//! versions, named formats. Macros, the absorption of failures by `&&` and `||`, comparisons across the types of numbers,
//! and the texts of failures are those of cel-go. Messages with a type, time zones by name, and the `authorizer` are
//! missing: an expression that needs them is not evaluated, and the error says so ([`CelError::is_unchecked`]).
//!
//! Expressions have no types before they are evaluated. The server refuses an expression whose types cannot fit when it is
//! stored; here the operator that has no variant for its operands is an error when it is reached.
//!
//! # Limits
//!
//! An expression has at most 64 KiB and 64 levels; chains of one operator are one level. Evaluating has a budget. A step
//! costs one unit; texts, lists and patterns cost by what is read and built. [`Expression::evaluate`] allows
//! [`COST_MAX`] units, as many as the server allows for one call, though the server counts a little differently.
//! So neither an expression nor a value from a stranger takes long or needs much memory.

mod ast;
mod compare;
mod convert;
mod error;
mod eval;
mod floats;
mod fold;
mod functions;
mod known;
mod machine;
mod matching;
mod moments;
mod numbers;
pub(crate) mod parsed;
mod parser;
mod patterns;
pub(crate) mod rule;
mod semver;
#[cfg(test)]
mod tests;
mod time;
mod token;
mod url;
mod value;
mod view;
mod written;

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

pub use error::CelError;
use parsed::Parsed;

/// The units that an evaluation may cost: the server's limit for one call.
pub const COST_MAX: u64 = 1_000_000;

/// An expression that was read. It is cheap to clone.
#[derive(Clone)]
pub struct Expression(Arc<Parsed>);

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// It is malformed, too large, or calls a function that is not known here.
    pub fn parse(text: &str) -> Result<Self, CelError> {
        Parsed::new(text).map(|parsed| Self(Arc::new(parsed)))
    }

    /// The text of the expression.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The value, with these variables. Integers of JSON are of the type `int`, other numbers `double`. The members of
    /// objects have the names that they have in JSON. Of two variables with one name, the last counts.
    ///
    /// Timestamps, durations, quantities and the like become the texts that `string()` makes of them; an optional becomes
    /// its value, or null.
    ///
    /// # Errors
    /// Evaluating failed as on the server ([`CelError::Failed`]), or the expression cannot be evaluated here.
    pub fn evaluate(&self, variables: &[(&str, &Json)]) -> Result<Json, CelError> {
        self.evaluate_within(variables, &mut COST_MAX.clone())
    }

    /// The value, for at most that many units, from which what it cost is taken.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), or [`CelError::Budget`].
    pub fn evaluate_within(&self, variables: &[(&str, &Json)], budget: &mut u64) -> Result<Json, CelError> {
        let names = variables.iter().map(|(name, value)| (*name, view::plain(value))).collect();
        rule::run(&self.0, names, budget)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text()).finish()
    }
}
