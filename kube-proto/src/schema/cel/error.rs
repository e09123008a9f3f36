use std::fmt;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CelError {
    /// It is no expression.
    Syntax {
        /// The byte at which the problem is.
        at: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// It is too long or nests too deep.
    TooLarge,
    /// It uses a variable, a function or a member that does not exist, or that is not supported here. The server may know
    /// it: the expression was not evaluated.
    Unknown(String),
    /// An operator or a function has no variant for the types of its arguments. The server refuses to compile most of these
    /// expressions.
    NoOverload(String),
    /// Evaluating failed, in the words of the API server: `no such key: a`, `division by zero`.
    Failed(String),
    /// Evaluating costs more than allowed.
    Budget,
}

impl CelError {
    pub(super) fn syntax(at: usize, problem: &'static str) -> Self {
        Self::Syntax { at, problem }
    }

    pub(super) fn failed<T>(text: impl Into<String>) -> Result<T, Self> {
        Err(Self::Failed(text.into()))
    }

    pub(super) fn no_overload<T>(what: &str) -> Result<T, Self> {
        Err(Self::NoOverload(what.to_owned()))
    }

    /// Whether another operand of `&&` or `||` may still decide.
    pub(super) fn may_be_ignored(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::NoOverload(_))
    }

    /// Whether the expression was not evaluated: its value on the server is not known. Otherwise it failed as it fails on the
    /// server.
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }
}

impl fmt::Display for CelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { at, problem } => write!(f, "the expression cannot be read at byte {at}: {problem}"),
            Self::TooLarge => f.write_str("the expression is too long or nests too deep"),
            Self::Unknown(what) => write!(f, "the expression uses what is not known here: {what}"),
            Self::NoOverload(what) => write!(f, "no such overload: {what}"),
            Self::Failed(what) => f.write_str(what),
            Self::Budget => f.write_str("the expression costs more than allowed"),
        }
    }
}

impl std::error::Error for CelError {}
